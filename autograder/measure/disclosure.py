"""Whether a text that students read discloses a number of a hidden check's inputs or answers.

These numbers are the arguments and answers in the reference's journals under the same seed. A message, hint,
title or note must hold none of them, not even rounded; the audit examines all texts that its specimens cause.
Hints and titles are written before a seed is drawn, so they can disclose only numbers that are the same under
every seed.
"""

from __future__ import annotations

import contextlib
import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograder.calls.backends import LocalBackend
from autograder.calls.proxy import Proxy
from autograder.course.release import Release
from autograder.grading.exam import Exam
from autograder.grading.verdict import Report

NUMBER = re.compile(r"(?<![\w.])\d+(?:\.\d*)?(?:[eE][-+]?\d+)?(?![\w])|(?<![\w.])\.\d+(?:[eE][-+]?\d+)?")
# No secrets: a shape follows from the arguments, which a student sees, and the line is one of their own.
TOLD = re.compile(r"\b(?:shape|expected) \([\d, ]*\)|\bline \d+ of (?:its|the) cell")
SMALL = 100  # whole numbers up to here are counts and sizes, not secrets
ROUNDED = 3  # with so many digits or more, a rounded form discloses its number


def numbers_in(text: str) -> list[str]:
    """The numbers in a text, without their signs.

    >>> numbers_in("lr=0.05, got [1.5e-3, -12.] at step_3, v2 and x.5")
    ['0.05', '1.5e-3', '12.']
    """
    return NUMBER.findall(text)


def digits(token: str) -> int:
    """How many significant digits a number shows."""
    return len(re.sub(r"[eE].*|\.", "", token).lstrip("0")) or 1


def rounded(value: float, count: int) -> str:
    return f"{value:.{count - 1}e}"


class Numbers:
    """The numbers of an exam's hidden checks, without those that the released text shows."""

    def __init__(self, values: Iterable[float], shown: str) -> None:
        self.shown = {float(token) for token in numbers_in(shown)}
        self.values = {abs(value) for value in values} - self.shown
        self._rounded: dict[int, set[str]] = {}

    def leaks(self, text: str) -> list[str]:
        """The tokens in ``text`` that are a hidden number, or one rounded to three digits or more."""
        return [token for token in numbers_in(text) if self._is_one(token)]

    def _is_one(self, token: str) -> bool:
        value, count = float(token), digits(token)
        if value in self.shown or (value == int(value) and value <= SMALL):
            return False
        if count < ROUNDED:
            return value in self.values
        if count not in self._rounded:
            self._rounded[count] = {rounded(value, count) for value in self.values}
        return rounded(value, count) in self._rounded[count]


@dataclass(frozen=True)
class HiddenNumbers:
    """An exam's hidden numbers: all of them, and those that are the same under another seed."""

    all: Numbers
    fixed: Numbers


def probes(exam: Exam, seed: str) -> Iterator[float]:
    """Every number in the arguments, callbacks and answers of all checks, run against the reference."""
    for check in exam.check_set.checks:
        reference = exam.check_set.reference
        proxies = (Proxy(LocalBackend(reference), reference), Proxy(LocalBackend(reference)))
        with contextlib.suppress(Exception):  # a reference that fails is reported in its own row
            check.run(*proxies, seed)
        for proxy in proxies:
            for call in proxy.journal:
                yield from leaves((call.args, call.kwargs, call.steps, call.value, call.asked))


def leaves(item: Any) -> Iterator[float]:
    """The finite numbers in a nested value."""
    if isinstance(item, dict):
        yield from leaves(list(item.values()))
    elif isinstance(item, list | tuple):
        for member in item:
            yield from leaves(member)
    elif isinstance(item, np.ndarray) and item.dtype.kind in "fiu":
        yield from leaves(item.ravel().tolist())
    elif isinstance(item, int | float) and math.isfinite(item):
        yield float(item)


def public(released: Release) -> str:
    """The text of the student notebook."""
    return "\n".join("".join(cell["source"]) for cell in released.notebook["cells"])


def sentences(report: Report) -> Iterator[tuple[str, str, bool]]:
    """(where, text, whether it is the same under every seed) of each text that the report shows a student."""
    for note in report.notes:
        yield "note", note, False
    for exercise in report.exercises:
        for text in (*exercise.hints, exercise.convention):
            yield exercise.name, text, True
        for check in exercise.checks:
            yield check.name, check.title, True
            yield check.name, TOLD.sub("", check.message), False


def hidden_numbers(exam: Exam) -> HiddenNumbers:
    """The numbers that no text to a student may hold under the exam's seed."""
    shown, values = public(exam.release), set(probes(exam, exam.seed))
    again = set(probes(exam, f"{exam.seed}, another"))
    return HiddenNumbers(Numbers(values, shown), Numbers(values & again, shown))


def disclosed(secrets: HiddenNumbers, report: Report) -> list[str]:
    """A line for each text of a report that discloses a hidden number."""
    return sorted(
        {
            f"{where}: {', '.join(leaked)} in: {text}"
            for where, text, fixed in sentences(report)
            if (leaked := (secrets.fixed if fixed else secrets.all).leaks(text))
        }
    )
