"""The bounds of one student's whole term are added up from what the checks really call."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.authoring.release import release
from autograder.cli import main
from autograder.course.course import Course
from autograder.laws import error_budget
from autograder.measure import audit
from autograder.measure.error_budget import overspent, spent

ROOT = Path(__file__).parents[2]
LAW_CHECK = '''

from autograder.checking import laws


@pytest.mark.exercise("fit_line")
@pytest.mark.parametrize("p", [0.2, 0.7])
def test_three_shares(rng, p):
    """A check that draws for itself, three times."""
    for _ in range(3):
        assert laws.share(rng.random(2000) < p, p, against=1 - p{refuse}), "No message."
'''


@pytest.fixture
def spending(toy_course):
    """The toy course, released, with a check that calls a helper six times at the given bound."""

    def write(refuse: str) -> Course:
        path = toy_course.content("toy") / "fit_line.py"
        path.write_text(path.read_text() + LAW_CHECK.replace("{refuse}", refuse))
        release(toy_course, "toy")
        return toy_course

    return write


def test_loops_and_parameters_are_counted(spending):
    """Each call counts with its own bound, as often as it runs."""
    course = spending("")
    assert spent(course, "toy") == (("share", error_budget.REFUSE),) * 6
    assert overspent(course) == ""


def test_too_many_calls_are_named(spending):
    """Above the term's bound the sentence says what is spent, where, and what to do."""
    sentence = overspent(spending(", refuse=2e-10"))
    assert "1.2e-09" in sentence and "toy 6" in sentence and "drop some" in sentence


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [(["audit"], 1, 1), (["audit", "toy"], 0, 0)],
    ids=["all", "one assignment"],
)
def test_an_audit_of_all_assignments_fails_above_the_terms_bound(
    spending,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture,
    arguments: list,
    code: int,
    said: int,
) -> None:
    """Without an assignment the audit prints the sentence and fails; with one it is about that one alone."""
    course = spending(", refuse=2e-10")
    monkeypatch.setattr(audit, "audit", lambda *_: ())  # no specimen: nothing else is wrong
    capsys.readouterr()
    assert main(["--course", str(course.root), *arguments]) == code
    output = capsys.readouterr().out
    assert output.count("may refuse right work with probability 1.2e-09") == said
    assert "all as they should be" in output


def test_this_course_keeps_to_the_terms_bound():
    """All statistical checks of all assignments together refuse right work with at most 1e-9."""
    assert overspent(Course(ROOT)) == ""
