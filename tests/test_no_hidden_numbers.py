"""No message, hint, title or note that a student can read holds a number of the hidden probes.

The audit provokes every message there is a specimen for. Its probes' numbers are the arguments and answers in
the reference's journals under the same seed; a message may hold none of them, rounded forms included.
"""

from __future__ import annotations

import json
import math
import re
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import toy

from autograder.audit import Row, audit
from autograder.backends import LocalBackend
from autograder.course import Course, Release
from autograder.grading import Exam, load_exam
from autograder.student import Player, State
from autograder.verdict import Report

COURSE = Course(Path(__file__).parents[1])
SEEDS = ("audit", "another")
NUMBER = re.compile(r"(?<![\w.])\d+(?:\.\d*)?(?:[eE][-+]?\d+)?(?![\w])|(?<![\w.])\.\d+(?:[eE][-+]?\d+)?")
SMALL = 100  # whole numbers up to here are counts and sizes, not secrets
ROUNDED = 3  # with so many digits or more, a rounded form gives its number away


def numbers_in(text: str) -> list[str]:
    """The numbers that stand in a text, signs aside.

    >>> numbers_in("lr=0.05, got [1.5e-3, -12.] at step_3, v2 and x.5")
    ['0.05', '1.5e-3', '12.']
    """
    return NUMBER.findall(text)


def digits(token: str) -> int:
    """How many significant digits a number shows."""
    return len(re.sub(r"[eE].*|\.", "", token).lstrip("0")) or 1


def rounded(value: float, count: int) -> str:
    return f"{value:.{count - 1}e}"


class Secrets:
    """The probes' numbers of one audit, less those that the released text itself shows."""

    def __init__(self, values: Iterable[float], told: str) -> None:
        self.told = {float(token) for token in numbers_in(told)}
        self.values = {abs(value) for value in values} - self.told
        self._rounded: dict[int, set[str]] = {}

    def leaks(self, text: str) -> list[str]:
        """The numbers in ``text`` that are a probe's number, or one rounded to three digits or more."""
        return [token for token in numbers_in(text) if self._is_one(token)]

    def _is_one(self, token: str) -> bool:
        value, count = float(token), digits(token)
        if value in self.told or (value == int(value) and value <= SMALL):
            return False
        if count < ROUNDED:
            return value in self.values
        if count not in self._rounded:
            self._rounded[count] = {rounded(value, count) for value in self.values}
        return rounded(value, count) in self._rounded[count]


def probes(exam: Exam) -> Iterator[float]:
    """Every number in the arguments, questions and answers of all checks, run against the reference."""
    for check in exam.checks:
        players = (Player(LocalBackend(exam.reference), exam.reference), Player(LocalBackend(exam.reference)))
        check.run(*players, exam.seed)
        for player in players:
            for call in player.journal:
                yield from leaves((call.args, call.kwargs, call.each, call.value, call.asked))


def leaves(item: Any) -> Iterator[float]:
    """The finite numbers of a nest of values."""
    if isinstance(item, State):
        yield from leaves(item.own)
    elif isinstance(item, dict):
        yield from leaves(list(item.values()))
    elif isinstance(item, list | tuple):
        for member in item:
            yield from leaves(member)
    elif isinstance(item, np.ndarray) and item.dtype.kind in "fiu":
        yield from leaves(item.ravel().tolist())
    elif isinstance(item, int | float) and math.isfinite(item):
        yield float(item)


def public(released: Release) -> str:
    """What the student notebook shows."""
    return "\n".join("".join(cell["source"]) for cell in released.notebook["cells"])


def sentences(report: Report) -> Iterator[tuple[str, str]]:
    """(where, text) of everything in a report that a student reads."""
    for note in report.notes:
        yield "note", note
    for exercise in report.exercises:
        for text in (*exercise.hints, exercise.convention):
            yield exercise.name, text
        for check in exercise.checks:
            yield check.name, check.title
            yield check.name, check.message


def found(exam: Exam, rows: Iterable[Row]) -> list[str]:
    """A line for each sentence that gives a probe's number away."""
    secrets = Secrets(probes(exam), public(exam.release))
    assert len(secrets.values) > 20
    return sorted(
        {
            f"{where}: {', '.join(leaked)} in: {text}"
            for row in rows
            for where, text in sentences(row.report)
            if (leaked := secrets.leaks(text))
        }
    )


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("slug", [slug for slug in COURSE.slugs if COURSE.released(slug).exists()])
def test_no_message_of_the_audit_holds_a_number_of_its_probes(slug: str, seed: str) -> None:
    """Whatever a specimen provokes, its sentences hold no number of that run's probes."""
    assert found(load_exam(COURSE, slug, seed), audit(COURSE, slug, seed)) == []


# --- The search itself can see ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def course(released_toy: Course, tmp_path_factory: pytest.TempPathFactory) -> Course:
    """The released toy course, to plant leaks in."""
    return Course(shutil.copytree(released_toy.root, tmp_path_factory.mktemp("leaking") / "course"))


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ("", "", []),
        (  # the expected answer, rounded
            'assert close(got, want), "From rest',
            """assert close(got, want), f"It should be {want[0]['w'][0]:.4g}." "From rest""",
            ["test_first_step_is_plain_descent"],
        ),
        (  # an argument in full
            'assert close(got, want), "The losses differ',
            'assert close(got, want), f"With {X}: " "The losses differ',
            ["test_losses_are_those_seen_on_the_way"],
        ),
        (  # a round hyperparameter that the text does not show
            "From rest the first step",
            "With a rate of 0.3 the first step",
            ["test_first_step_is_plain_descent"],
        ),
        (  # in a title, which students see even where the check passes
            "The returned parameters are those",
            "With a rate of 0.04 the returned parameters are those",
            ["test_parameters_end_where_momentum_ends"],
        ),
    ],
)
def test_a_leaking_check_is_found(course: Course, old: str, new: str, where: list[str]) -> None:
    """A planted number is reported with its check and its sentence; without one nothing is."""
    assert toy.CHECKS.count(old) == 1 or not old
    course.checks("toy").write_text(toy.CHECKS.replace(old, new, 1) if old else toy.CHECKS, encoding="utf-8")
    lines = found(load_exam(course, "toy", "planted"), audit(course, "toy", "planted"))
    assert sorted({line.partition(":")[0] for line in lines}) == where


def test_a_leaking_hint_and_a_leaking_note_are_found(course: Course) -> None:
    """Hints, conventions and notes are searched like messages."""
    course.checks("toy").write_text(toy.CHECKS, encoding="utf-8")
    exam = load_exam(course, "toy", "planted")
    secret = next(value for value in probes(exam) if value != int(value))
    row = audit(course, "toy", "planted")[0]
    data = json.loads(row.report.to_json())
    data["notes"], data["exercises"][0]["hints"] = [f"about {secret:.5f}"], [repr(secret)]
    data["exercises"][0]["convention"] = f"{secret:.2e}"
    lines = found(exam, [Row("f", "mistake", "m", row.result, (), "", Report.from_json(json.dumps(data)))])
    assert len(lines) == 3


def test_which_numbers_count() -> None:
    """Rounded to three digits or more a number is given away; small whole ones and public ones are not."""
    secrets = Secrets([0.0731482, -1234.567, 0.05, 0.3], "the usual rate is 0.3, or 1.23e3")
    for text, leaked in (
        ("0.0731482", 1),
        ("0.0731", 1),
        ("-1234.6 and 1.2346e+03", 2),
        ("1230", 0),  # public as 1.23e3
        ("0.073", 0),
        ("0.05", 1),
        ("0.3", 0),
        ("step 3 of (100, 2), m2, x0.05y", 0),
        ("0.0732", 0),
    ):
        assert len(secrets.leaks(text)) == leaked, text
