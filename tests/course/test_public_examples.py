"""The public examples of an exercise, from docstrings and from the chapter."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.course.course import CourseError
from autograder.course.examples import examples, in_docstring, load_examples

FUNCTION = '''def f(x):
    """F.

    >>> y = 2
    >>> f(y)
    2
    >>> f(-1)
    Traceback (most recent call last):
    ValueError: no
    >>> f(3)
    3
    """
'''


def test_examples_of_a_docstring_come_with_what_they_need() -> None:
    """Statements above an expression go with it; an example of an error is left out."""
    assert in_docstring(FUNCTION) == ("y = 2\nf(y)", "y = 2\nf(3)")
    assert in_docstring("def f(x):\n    return x") == ()


def test_a_chapter_adds_its_own(tmp_path: Path) -> None:
    """EXAMPLES of an exercise's file are read with its name; the last line is an expression."""
    (tmp_path / "f.py").write_text(
        "from autograder.checking import examples\nEXAMPLES = examples('f', 'f(1)', 'x = 2\\nf(x)')\n",
        encoding="utf-8",
    )
    assert load_examples(tmp_path, ("f",)) == (("f", "f(1)"), ("f", "x = 2\nf(x)"))
    with pytest.raises(CourseError, match="must end with an expression"):
        examples("f", "x = 2")
