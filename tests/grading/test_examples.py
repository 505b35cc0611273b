"""Public examples: which there are, which count, and which of them is shown."""

from __future__ import annotations

import doctest
from pathlib import Path
from typing import Any

import pytest

from autograder.calls.backends import LocalBackend
from autograder.course import examples as course_examples
from autograder.course.course import Course, CourseError
from autograder.course.examples import examples, in_docstring
from autograder.grading.exam import load_exam
from autograder.grading.examples import MAX_SHOWN, PublicExample, agreed, first_difference

COURSE = Course(Path(__file__).parents[2])


def space(source: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    exec(source, found)
    return found


def test_the_examples_in_its_docstring_hold() -> None:
    """An example about examples."""
    assert doctest.testmod(course_examples).failed == 0


def test_what_stands_above_an_expression_belongs_to_it() -> None:
    """Statements are carried along; a refusal, which is given, and what is no Python are left out."""
    source = '''def f(x):
    """F.

    >>> a = 1
    >>> b = a + 1
    >>> f(b)
    4
    >>> f("x")
    Traceback (most recent call last):
    TypeError: no
    >>> for i in range(2):
    ...     a = i
    >>> f(a)
    2
    """
'''
    assert in_docstring(source) == (
        "a = 1\nb = a + 1\nf(b)",
        "a = 1\nb = a + 1\nfor i in range(2):\n    a = i\nf(a)",
    )
    assert in_docstring("def f(x):\n    return x") == ()


def test_a_chapters_own_example_ends_with_an_expression() -> None:
    """Otherwise there is nothing to show."""
    assert examples("f", "f(1)\n", "x = 2\nf(x)") == (("f", "f(1)"), ("f", "x = 2\nf(x)"))
    for wrong in ("x = 1", "", "f(", "def f(): pass"):
        with pytest.raises(CourseError, match="must end with an expression"):
            examples("f", wrong)


RIGHT, OTHER = space("def f(x):\n    return 2.0 * x"), space("def f(x):\n    return x + x")
ODD = space("def f(x):\n    return 2.0 * x if x > 0 else 7.0")


def test_only_what_all_right_answers_agree_on_counts() -> None:
    """A variant that answers otherwise, a fault and None take an example out; none comes twice."""
    sources = ["f(1)", "f(-1)", "f(1)", "f(undefined)", "None", "f(3)"]
    assert [one.source for one in agreed(sources, RIGHT, [OTHER])] == ["f(1)", "f(-1)", "f(3)"]
    found = agreed(sources, RIGHT, [OTHER, ODD])
    assert found == (PublicExample("f(1)", 2.0), PublicExample("f(3)", 6.0))


def test_the_first_that_differs_is_shown() -> None:
    """Input, what is expected, what came, and how they differ; for an exception why there is no answer."""
    public = agreed(["f(0)", "f(1)", "f(2)"], RIGHT, [])
    wrong = LocalBackend(space("def f(x):\n    return 6.0 * x"))
    shown = first_difference(lambda: wrong, public)
    assert shown is not None
    assert (shown.source, shown.expected, shown.got) == ("f(1)", "2.0", "6.0")
    assert shown.difference == "Every number is 3 times the expected one."
    raises = first_difference(lambda: LocalBackend(space("def f(x):\n    return x / 0")), public)
    assert raises is not None and (raises.source, raises.got) == ("f(0)", "")
    assert "ZeroDivisionError" in raises.difference
    assert first_difference(lambda: LocalBackend(OTHER), public) is None


def test_what_is_shown_has_an_end() -> None:
    """A huge answer is cut, and a float has six digits."""
    public = agreed(["[1 / 3]"], {}, [])
    other = [PublicExample(one.source, [0.5]) for one in public]
    shown = first_difference(lambda: LocalBackend({}), other)
    assert shown is not None and shown.got == "[0.333333]"
    long = [PublicExample("'x' * 5000", "x")]
    shown = first_difference(lambda: LocalBackend({}), long)
    assert shown is not None and len(shown.got) <= MAX_SHOWN + 2


@pytest.mark.parametrize("slug", COURSE.slugs)
def test_the_reference_agrees_with_the_examples_of_the_course(slug: str) -> None:
    """Each that counts is answered by the reference as it is expected to be."""
    exam = load_exam(COURSE, slug, "public")
    counted = 0
    for exercise in exam.release.exercises:
        public = exam.check_set.examples_of(exercise)
        assert first_difference(lambda: LocalBackend(dict(exam.check_set.reference)), public) is None
        counted += bool(public)
    assert counted >= len(exam.release.exercises) / 2
