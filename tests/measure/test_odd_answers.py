"""Odd answers to every hidden check of every chapter: they are wrong, never the grader's fault."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from autograder.calls.backends import LocalBackend
from autograder.course.course import Course
from autograder.course.source import functions_of
from autograder.grading.exam import load_exam
from autograder.grading.judging import _run_check
from autograder.grading.verdict import Verdict

COURSE = Course(Path(__file__).parents[2])
WHOLE = (None, 2**64, -1, float("nan"), float("inf"), "odd", [], {}, (), True, np.zeros(0))
LEAVES: tuple[Callable[[Any], Any], ...] = (
    lambda x: x + 1,
    lambda x: x + 0.5,
    lambda x: -x,
    lambda _: 2**64,
    lambda _: float("nan"),
    lambda _: None,
)
JUDGED = {Verdict.WRONG, Verdict.ERROR, Verdict.CORRECT, Verdict.NOT_ATTEMPTED}


def changed_leaf(value: Any, change: Callable[[Any], Any], last: bool) -> Any:
    """``value`` with its first or last number changed."""
    if isinstance(value, dict) and value:
        key = [*value][-1 if last else 0]
        return {**value, key: changed_leaf(value[key], change, last)}
    if isinstance(value, list | tuple) and value:
        place = len(value) - 1 if last else 0
        return type(value)(
            changed_leaf(member, change, last) if i == place else member for i, member in enumerate(value)
        )
    if isinstance(value, np.ndarray) and value.size and value.dtype.kind in "fiu":
        flat = value.ravel().tolist()
        flat[-1 if last else 0] = change(flat[-1 if last else 0])
        return flat if value.ndim == 1 else np.array(flat, dtype=object).reshape(value.shape).tolist()
    return change(value) if isinstance(value, int | float | np.number) else value


def odd_ones() -> Iterator[Callable[[Any], Any]]:
    for value in WHOLE:
        yield lambda _, value=value: value
    for change in LEAVES:
        for last in (False, True):
            yield functools.partial(changed_leaf, change=change, last=last)


@pytest.mark.parametrize("slug", COURSE.slugs)
def test_no_odd_answer_is_the_graders_fault(slug: str) -> None:
    """A check that meets a number out of range, a name that is none or another type says *wrong*."""
    exam = load_exam(COURSE, slug, "odd")
    reference = exam.check_set.reference
    run = SimpleNamespace(restart=lambda: None, names=list)
    for exercise in exam.release.exercises:
        own = [name for name in functions_of(exercise.stub) if inspect.isfunction(reference[name])]
        for odd in odd_ones():
            space = dict(reference)
            space |= {
                name: lambda *args, f=reference[name], odd=odd, **kwargs: odd(f(*args, **kwargs))
                for name in own
            }
            for check in exam.check_set.of(exercise.name):
                assert _run_check(exam, run, check, LocalBackend(space)).result.verdict in JUDGED
