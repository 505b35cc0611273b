"""No message, hint, title or note that a student can read holds a number of the hidden probes.

The audit provokes every message there is a specimen for and looks at each; here it is shown that it can see.
"""

from __future__ import annotations

import json
import shutil

import pytest
import toy

from autograder.course.course import Course
from autograder.grading.exam import load_exam
from autograder.grading.verdict import CheckResult, ExerciseResult, Report, Verdict
from autograder.measure.audit import DISCLOSES, audit
from autograder.measure.disclosure import HiddenNumbers, Numbers, disclosed, hidden_numbers, probes


@pytest.fixture(scope="module")
def course(released_toy: Course, tmp_path_factory: pytest.TempPathFactory) -> Course:
    """The released toy course, to plant leaks in."""
    return Course(shutil.copytree(released_toy.root, tmp_path_factory.mktemp("leaking") / "course"))


def write(course: Course, old: str = "", new: str = "") -> None:
    """The toy's own files, with a text in one of them replaced."""
    for name, text in (("heavy_step", toy.HEAVY_STEP), ("fit_line", toy.FIT_LINE)):
        path = course.content("toy") / f"{name}.py"
        path.write_text(text.replace(old, new, 1) if old else text, encoding="utf-8")


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
    assert (toy.HEAVY_STEP + toy.FIT_LINE).count(old) == 1 or not old
    write(course, old, new)
    lines = [row.problem.removeprefix(DISCLOSES) for row in audit(course, "toy", "planted") if row.problem]
    assert sorted({line.partition(":")[0] for line in lines}) == where


def planted(course: Course, **told: str) -> list[str]:
    """What is reported of a hint, a convention and a note with these texts."""
    write(course)
    exam = load_exam(course, "toy", "planted")
    data = json.loads(audit(course, "toy", "planted")[0].report.to_json())
    data["notes"], data["exercises"][0]["hints"] = [told["note"]], [told["hint"]]
    data["exercises"][0]["convention"] = told["convention"]
    return disclosed(hidden_numbers(exam), Report.from_json(json.dumps(data)))


def drawn(course: Course) -> float:
    """A number of the probes that only this seed has."""
    exam = load_exam(course, "toy", "planted")
    return next(value for value in probes(exam, "planted") if value != int(value))


def test_a_leaking_hint_and_a_leaking_note_are_found(course: Course) -> None:
    """Hints and conventions are searched for what every seed has, notes for all."""
    secret = drawn(course)
    assert len(planted(course, note=f"about {secret:.5f}", hint="a rate of 0.04", convention="4.00e-2")) == 3


def test_a_hint_says_nothing_of_what_was_drawn_later(course: Course) -> None:
    """A year in a hint that happens to be a probe's number gives nothing away; in a note it may."""
    secret = repr(drawn(course))
    assert [
        line.partition(":")[0] for line in planted(course, note=secret, hint=secret, convention=secret)
    ] == ["note"]


def test_a_shape_is_no_secret() -> None:
    """What an answer is built like follows from the arguments; a number beside it is searched for."""
    secrets = HiddenNumbers(Numbers([150.2, 77.125], ""), Numbers([], ""))
    told = (
        ("shape (150, 3), got None", 0),
        ("has shape (0,), expected (150, 3)", 0),
        ("shape (150,), expected 150", 1),
        ("77.125 for shape (2, 2)", 1),
    )
    for message, count in told:
        check = CheckResult("c", "title", 1.0, Verdict.WRONG, f"f: the answer has {message}")
        result = ExerciseResult("f", 1.0, 0.0, Verdict.WRONG, (check,))
        assert len(disclosed(secrets, Report("toy", "Ada", Verdict.WRONG, (result,)))) == count


def test_which_numbers_count() -> None:
    """Rounded to three digits or more a number is given away; small whole ones and public ones are not."""
    secrets = Numbers([0.0731482, -1234.567, 0.05, 0.3], "the usual rate is 0.3, or 1.23e3")
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
