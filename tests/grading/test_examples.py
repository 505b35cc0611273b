"""Public examples: most named mistakes are shown by one, and every right answer agrees on each."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest

from autograder.calls.backends import LocalBackend
from autograder.course.course import Course
from autograder.course.examples import load_examples
from autograder.course.specimens import load_specimens
from autograder.grading.exam import CheckSet, load_checks
from autograder.grading.examples import agreed, first_difference

COURSE = Course(Path(__file__).parents[2])
LEAST = 0.9  # of a chapter's named mistakes
MOST_ADDED = 4  # to an exercise: a student reads one of them, and an author keeps all


@cache
def checks_of(slug: str) -> CheckSet:
    return load_checks(COURSE, slug, "examples")


@pytest.mark.parametrize("slug", COURSE.slugs)
def test_most_named_mistakes_are_shown(slug: str) -> None:
    """A mistake is shown if some public example is answered otherwise, with a sentence on how."""
    check_set, release = checks_of(slug), COURSE.release(slug)
    exercises = {exercise.name: exercise for exercise in release.exercises}
    mistakes = load_specimens(COURSE.content(slug), "MISTAKES", release.names)
    hidden = []
    for mistake in mistakes:
        backend = LocalBackend(mistake.namespace(check_set.source))
        found = first_difference(lambda it=backend: it, check_set.examples_of(exercises[mistake.exercise]))
        if found is None:
            hidden.append(f"{mistake.exercise}/{mistake.name}")
        else:
            assert found.difference
    assert len(hidden) <= (1 - LEAST) * len(mistakes), f"no public example shows {', '.join(hidden)}"


@pytest.mark.parametrize("slug", COURSE.slugs)
def test_right_answers_agree_on_every_added_example(slug: str) -> None:
    """An example on which a variant differs is left out in silence, so none of the chapters' may be one."""
    check_set, release = checks_of(slug), COURSE.release(slug)
    added = load_examples(COURSE.content(slug), release.names)
    assert {name for name, _ in added} <= set(release.names)
    for exercise in release.exercises:
        own = [source for name, source in added if name == exercise.name]
        counting = [example.source for example in check_set.examples_of(exercise)]
        assert [source for source in own if source not in counting] == []
        assert len(own) <= MOST_ADDED


def test_answers_in_another_form_agree() -> None:
    """A variant may return a list for an array or a 0-d array for a number, but no other number."""
    reference = {"np": np, "f": lambda: (np.array([1.0, 2.0]), 3.0), "g": lambda: 1.0}
    variant = {"np": np, "f": lambda: ([1.0, 2.0], np.array(3.0)), "g": lambda: 2.0}
    assert [one.source for one in agreed(["f()", "g()", "h()"], reference, [variant])] == ["f()"]


def test_the_first_example_that_differs_is_shown() -> None:
    """Input, both answers and the difference; a fault is told in its own words."""
    examples = agreed(["f(0.0)", "f(1.0)"], {"f": lambda x: 2 * x}, [])
    wrong = first_difference(lambda: LocalBackend({"f": lambda x: 6 * x}), examples)
    assert wrong is not None
    assert (wrong.source, wrong.expected, wrong.got) == ("f(1.0)", "2.0", "6.0")
    assert wrong.difference == "It is 3 times the expected one."
    failing = first_difference(lambda: LocalBackend({"f": lambda x: 1 / x}), examples)
    assert failing is not None and "ZeroDivisionError" in failing.difference and not failing.got
    assert first_difference(lambda: LocalBackend({"f": lambda x: x + x}), examples) is None
