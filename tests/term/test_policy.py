"""What lateness costs, extensions, excuses, and the total of a term."""

import doctest
import math
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from autograder.submissions.handin import Handin
from autograder.term import policy
from autograder.term.policy import IN_TIME, Standing, standing, standings, term_total
from autograder.term.settings import Late, OfAssignment, OfStudent, Settings

DUE = datetime(2030, 1, 1, 12, tzinfo=UTC)
LATE = Late(grace_minutes=10, percent_per_day=10, percent_max=50, days_accepted=7)


def at(settings, hours, student="ann", due="2030-01-01T12:00:00+00:00"):
    when = (DUE + timedelta(hours=hours)).strftime("%Y-%m-%d %H:%M:%S UTC")
    return standing(settings, "toy", student, Handin(student, Path("x"), when), due)


@pytest.mark.parametrize(
    ("hours", "cost"),
    [(-1, 0), (0, 0), (10 / 60, 0), (11 / 60, 0.1), (24, 0.1), (24.1, 0.2), (24 * 6.9, 0.5), (24 * 7.1, 1.0)],
)
def test_each_day_that_has_begun_costs(hours, cost):
    """After the grace, up to the cap, and everything once nothing is accepted."""
    assert at(Settings(late=LATE), hours).cost == pytest.approx(cost)


def test_without_a_policy_lateness_is_told_and_costs_nothing():
    """The seconds are there, the points stay."""
    found = at(Settings(), 30)
    assert found.seconds == 30 * 3600 and found.final(8.0, 10.0) == 8.0


def test_an_extension_moves_the_due_time_of_one_student():
    """The others keep theirs; the assignment's own due time goes before the notebook's."""
    own = {"ann": OfStudent(due={"toy": DUE + timedelta(days=7)})}
    settings = Settings(
        late=LATE, students=own, assignments={"toy": OfAssignment(due=DUE + timedelta(hours=1))}
    )
    assert (at(settings, 48).cost, at(settings, 48).extended) == (0, True)
    assert at(settings, 48, "bob").cost == 0.2
    assert at(settings, 1, "bob", due="").seconds == 0


def test_a_time_that_the_platform_did_not_tell():
    """``handed_in`` of the settings counts, whatever the file says."""
    settings = Settings(late=LATE, students={"ann": OfStudent(handed_in={"toy": DUE + timedelta(days=2)})})
    assert at(settings, -5).cost == 0.2
    assert standing(settings, "toy", "ann", None, DUE.isoformat()).seconds == 2 * 86_400


def test_an_unknown_time_costs_nothing_and_stays_unknown():
    """Nobody loses points by a file that cannot be read; every table says it."""
    found = standing(
        Settings(late=LATE), "toy", "ann", Handin("ann", Path("x"), "yesterday"), DUE.isoformat()
    )
    assert math.isnan(found.seconds) and found.cost == 0


def test_a_waiver_and_an_excuse():
    """A penalty of one's own replaces the general one; who is excused has no mark."""
    settings = Settings(
        late=LATE, students={"ann": OfStudent(penalty={"toy": 0}), "bob": OfStudent(excused=("toy",))}
    )
    assert at(settings, 48).final(8.0, 10.0) == 8.0
    assert at(settings, 48, "bob").final(8.0, 10.0) is None


def test_percent_of_the_maximum_never_goes_below_zero():
    """The two ways to count, and a total that is smaller than the penalty."""
    assert Standing(cost=0.5, of="maximum").final(8.0, 10.0) == 3.0
    assert Standing(cost=0.5, of="maximum").final(2.0, 10.0) == 0.0
    assert Standing(cost=0.5).final(8.0, 10.0) == 4.0
    assert IN_TIME.final(None, 10.0) is None


def test_everybody_has_a_standing(tmp_path):
    """Those who handed in, and those whom the settings name."""
    (tmp_path / "submitted" / "ann" / "toy").mkdir(parents=True)
    settings = Settings(students={"bob": OfStudent(excused=("toy",))})
    found = standings(settings, tmp_path, "toy", "")
    assert set(found) == {"ann", "bob"} and found["bob"].excused and not found["ann"].excused


def test_the_total_of_a_term():
    """Weights, the lowest dropped, an excuse, a blank: each does what the settings say."""
    marks = {"a": (5.0, 10.0), "b": (20.0, 20.0), "c": (0.0, 5.0), "d": (None, 10.0)}
    assert term_total(marks, Settings()) == pytest.approx(50)
    assert term_total(marks, Settings(drop_lowest=1)) == pytest.approx(75)
    assert term_total(marks, Settings(drop_lowest=9)) == pytest.approx(100)
    assert term_total(marks, Settings(assignments={"b": OfAssignment(weight=2)})) == pytest.approx(62.5)
    assert term_total(marks, Settings(assignments={"c": OfAssignment(weight=0)})) == pytest.approx(75)
    assert term_total(marks, Settings(), excused=["c"]) == pytest.approx(75)
    assert term_total({"d": (None, 10.0)}, Settings()) is None


def test_its_examples_run():
    """The docstrings say what is true."""
    assert doctest.testmod(policy).failed == 0
