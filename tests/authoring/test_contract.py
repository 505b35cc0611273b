"""A docstring as a rendered contract and as a short one: nothing is lost, and the short one still runs."""

from __future__ import annotations

import ast
import doctest
import re
from pathlib import Path

import pytest

from autograder.authoring import contract
from autograder.authoring.contract import (
    MAX_DOCSTRING_LINES,
    MAX_EXAMPLE_LINES,
    markdown,
    read_contract,
    shortened,
)
from autograder.course.course import Course
from autograder.course.source import functions_of, reference_text

COURSE = Course(Path(__file__).parents[2])
FUNCTION = '''def walk(x, *, lr=0.1):
    r"""One step down, as ``lr`` says.

    .. math::
        w \\leftarrow w - \\eta g

    The step is :math:`\\eta` long.

    Args:
        x: (n,) array, not changed,
            of any size.
        lr: the rate, above 0.
    Returns:
        The array after the step,
        a new one.
    Raises:
        ValueError: if ``lr`` is not above 0.
    Example:
        >>> walk(1.0)
        0.9
        >>> walk(2.0)
        1.8

    Source: a book. torch's SGD is the same.
    """
    if lr <= 0:
        raise ValueError("no")
    return x - lr
'''


def test_the_examples_hold() -> None:
    """Those in its docstrings."""
    assert doctest.testmod(contract).failed == 0


def test_the_parts_of_a_docstring() -> None:
    """The summary, paragraphs above and below, and the sections between."""
    parts = read_contract(ast.get_docstring(ast.parse(FUNCTION).body[0]) or "")  # type: ignore[arg-type]  # a function
    assert parts.summary == "One step down, as ``lr`` says."
    assert [text.split()[0] for text in parts.body] == [".."] and parts.below[0].startswith("Source: a book.")
    assert list(parts.sections) == ["Args", "Returns", "Raises", "Example"]
    assert parts.sections["Returns"] == "The array after the step,\na new one."


def test_a_contract_is_markdown_that_jupyter_renders() -> None:
    """Formula between dollars, one table of what comes in and goes out, no directive, no double backtick."""
    text = markdown(FUNCTION)
    assert text.startswith("One step down, as `lr` says.")
    assert markdown(FUNCTION, helper=True).startswith(
        "**`walk(x, *, lr=0.1)`**\n\nOne step down, as `lr` says."
    )
    assert "$$\nw \\leftarrow w - \\eta g\n$$" in text and "$\\eta$ long" in text
    assert "| `x` | (n,) array, not changed, of any size. |\n| `lr` | the rate, above 0. |" in text
    assert "| **returns** | The array after the step, a new one. |\n| **raises** | ValueError: if" in text
    assert "```python\n>>> walk(1.0)\n0.9\n" in text and text.endswith("torch's SGD is the same.")
    assert not re.search(r"^\.\. |:math:|(?<!`)``(?!`)", text, re.M)
    assert markdown("def f():\n    return 1") == ""
    assert markdown('class Box:\n    """A box."""', helper=True) == "**`class Box`**\n\nA box."
    assert "**Source, and where books differ.** A book." in text


def test_an_init_is_one_paragraph_and_has_no_example() -> None:
    """Its example calls the step, whose own example stands right below."""
    source = FUNCTION.replace("def walk", "def walk_init").replace("The array", "the array")
    assert markdown(source, helper=True) == (
        "**`walk_init(x, *, lr=0.1)`** One step down, as `lr` says. "
        "Returns the array after the step, a new one."
    )
    assert ">>>" not in shortened(source)


def test_an_example_stands_once() -> None:
    """What the short docstring holds whole is not repeated above it."""
    one = FUNCTION.replace("        >>> walk(2.0)\n        1.8\n", "")
    assert "```" in markdown(FUNCTION) and "```" not in markdown(one) and ">>> walk(1.0)" in shortened(one)


def test_a_short_docstring_keeps_what_is_needed_at_hand() -> None:
    """The first sentence, what comes back, the first example with its output; the body is untouched."""
    text = shortened(FUNCTION)
    docstring = ast.get_docstring(ast.parse(text).body[0])  # type: ignore[arg-type]  # a function
    assert docstring == (
        "One step down, as ``lr`` says.\n\nReturns The array after the step, a new one.\n\n>>> walk(1.0)\n0.9"
    )
    assert text.endswith('    if lr <= 0:\n        raise ValueError("no")\n    return x - lr\n')
    assert shortened("def f():\n    return 1") == "def f():\n    return 1"
    assert shortened(text) != "" and text.startswith("def walk(x, *, lr=0.1):\n")


def test_a_long_example_is_left_to_the_contract() -> None:
    """It would push the code out of sight."""
    lines = "\n".join(f"    ... {n}" for n in range(MAX_EXAMPLE_LINES))
    source = f'def f():\n    """F.\n\n    Example:\n    >>> f(\n{lines}\n    1\n    """\n'
    assert ">>>" not in shortened(source)


@pytest.mark.parametrize("slug", COURSE.slugs)
def test_every_function_of_the_course_keeps_its_code(slug: str) -> None:
    """With either docstring a function is the same but for it, and its short one is short."""
    for name, source in functions_of(reference_text(COURSE.solution(slug))).items():
        long, short = (ast.parse(text).body[0] for text in (source, shortened(source)))
        assert isinstance(long, ast.FunctionDef | ast.ClassDef)
        assert isinstance(short, ast.FunctionDef | ast.ClassDef)
        if ast.get_docstring(long):
            assert ast.dump(ast.Module(long.body[1:], [])) == ast.dump(ast.Module(short.body[1:], [])), name
            assert len((ast.get_docstring(short) or "").splitlines()) <= MAX_DOCSTRING_LINES, name
