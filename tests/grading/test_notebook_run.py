"""The run by itself: which cells run in which order, what ends a worker, what is noted, by script."""

from __future__ import annotations

from typing import Any

import pytest

from autograder.course.release import Release
from autograder.grading.notebook_run import MAX_FATAL_CELLS, MAX_NOTES, NotebookRun
from autograder.sandbox.handle import Limits
from autograder.submissions.submission import Submission
from autograder.worker.channel import Closed, DeadlineError
from autograder.worker.wire import WireError

SETUP = ("import numpy as np\n%matplotlib inline\ndef given(x):\n    return x", "SCALE = 2.0")
OWN = tuple(f"cell_{number} = {number}" for number in range(8))
GIVEN = "def given(x):\n    return x"


class Box:
    """A sandbox whose workers note what they are asked and fail on the sources that are told."""

    wall_seconds = 7.5

    def __init__(self, **fails: Any) -> None:
        self.fails, self.limits = fails, Limits(cell_wall_seconds=7.5)
        self.asked: list[list[dict]] = []
        self.closed = 0

    def fork(self, until: float) -> Box:
        self.asked.append([])
        return self

    def ask(self, request: dict, *, wall_seconds: float | None = None) -> dict:
        if request["op"] == "run":
            assert wall_seconds == self.wall_seconds
        self.asked[-1].append(request)
        what = self.fails.get(request["op"], self.fails.get(request.get("source", "").partition(" ")[0], {}))
        if isinstance(what, Exception):
            raise what
        return what

    def close(self) -> None:
        self.closed += 1

    def ran(self) -> list[str]:
        """The sources that the last worker ran."""
        return [request["source"] for request in self.asked[-1] if request["op"] == "run"]


def run(box: Box, own: tuple[str, ...] = OWN) -> NotebookRun:
    release = Release("toy", "A toy", "", (), SETUP, {"cells": []})
    return NotebookRun(release, Submission(own), box)


def test_the_releases_cells_surround_the_students() -> None:
    """Setup without magics, every own cell, lost names, the given functions; numbered from one."""
    box = Box()
    run(box)
    setup = [SETUP[0].replace("%matplotlib inline", ""), SETUP[1]]
    expected = [(source, True) for source in setup] + [(source, False) for source in OWN] + [(GIVEN, True)]
    requests = [
        {"op": "run", "number": number, "source": source, "given": given}
        for number, (source, given) in enumerate(expected, 1)
    ]
    assert box.asked == [[*requests[:-1], {"op": "restore", "names": []}, requests[-1]]]


@pytest.mark.parametrize(
    ("error", "what"),
    [
        (DeadlineError(), "did not end in time"),
        (Closed(), "ended the process it ran in"),
        (WireError("x"), "wrote where only answers go"),
    ],
)
def test_a_cell_that_ends_the_worker_is_left_out(error: Exception, what: str) -> None:
    """It is noted with the first line's first sixty letters, and a new worker runs all the others."""
    long = "cell_x = " + "1" * 100
    box = Box(cell_x=error)
    at = run(box, (OWN[0], f"\n{long}\nmore = 1", OWN[1]))
    assert at.notes == []
    box = Box(**{"\ncell_x": error})
    at = run(box, (OWN[0], f"\ncell_x = {'1' * 100}\nmore = 1", OWN[1]))
    assert at.notes == [f"The cell that begins with {long[:60]!r} {what} and was left out."]
    times = 2 if isinstance(error, Closed) else 1
    assert (len(box.asked), box.closed) == (times + 1, times)
    assert box.ran()[2:] == [OWN[0], OWN[1], GIVEN]


def test_a_cell_that_crashed_once_is_not_blamed() -> None:
    """Somebody may have ended the process: the second time all cells run, and nothing is noted."""

    class Ended(Box):
        def ask(self, request: dict, *, wall_seconds: float | None = None) -> dict:
            reply = super().ask(request, wall_seconds=wall_seconds)
            if len(self.asked) == 1 and request["source"] == OWN[3]:
                raise Closed
            return reply

    box = Ended()
    assert run(box).notes == []
    assert len(box.asked) == 2 and box.ran()[2:] == [*OWN, GIVEN]


def test_after_five_such_cells_the_rest_is_left_out() -> None:
    """The student's other cells do not run, the given functions do, and it is said once."""
    assert MAX_FATAL_CELLS == 5
    box = Box(**{f"cell_{number}": Closed() for number in range(6)})
    at = run(box)
    assert len(box.asked) == 2 * 5 + 1 and box.ran()[2:] == [GIVEN]
    assert len(at.notes) == 6
    assert at.notes[-1] == "The cells after it did not run: too many had to be left out."
    box = Box(**{f"cell_{number}": Closed() for number in range(4)})
    at = run(box)
    assert len(at.notes) == 4 and box.ran()[2:] == [*OWN[4:], GIVEN]


def test_given_functions_that_end_the_worker_too_are_left_out_last() -> None:
    """Nothing is said twice, and the run still gets its worker."""
    box = Box(**{f"cell_{number}": Closed() for number in range(5)}, **{"def": Closed()})
    at = run(box)
    assert len(box.asked) == 2 * 6 + 1 and len(box.ran()) == 2
    assert sum("too many" in note for note in at.notes) == 1


def test_a_cell_that_raises_is_noted_once() -> None:
    """The rest runs; a new worker repeats no note."""
    box = Box(cell_3={"error": "ValueError", "message": "odd"}, cell_4={"error": "KeyError"})
    at = run(box)
    notes = [
        "The cell that begins with 'cell_3 = 3' raised ValueError: odd",
        "The cell that begins with 'cell_4 = 4' raised KeyError: ",
    ]
    assert at.notes == notes and box.ran()[2:] == [*OWN, GIVEN]
    at.restart()
    assert at.worker is box and at.notes == notes


def test_a_worker_that_nobody_asks_is_not_started() -> None:
    """After the last exercise nothing runs the notebook again."""
    box = Box()
    with run(box) as at:
        at.restart()
        at.restart()
    assert (len(box.asked), box.closed) == (1, 1)


def test_lent_functions_are_defined_after_all_cells() -> None:
    """A new worker has them until they are given up; a worker that dies of them is met by the next call."""
    box = Box()
    at = run(box)
    assert at.lent == {}
    at.restart()
    at.lend({"f": len})
    assert at.worker is box
    assert box.asked[-1][-1] == {"op": "define", "functions": {"f": len}}
    assert (at.lent, box.closed) == ({"f": len}, 1)
    at.restart()
    assert at.worker is box and at.lent == {"f": len}
    assert box.asked[-1][-1] == {"op": "define", "functions": {"f": len}}
    at.restart(keep_lent=False)
    assert at.worker is box
    assert at.lent == {} and box.asked[-1][-1]["op"] == "run"
    at.lend({"f": len})
    for error in (DeadlineError(), Closed(), WireError("x")):
        box.fails = {"define": error}
        at.restart()
        assert at.worker is box


def test_functions_are_lent_to_the_worker_at_hand() -> None:
    """No cell runs again, and nothing lent outlives the worker; one that ended is started with them."""
    box = Box()
    at = run(box)
    at.lend({"f": len})
    assert len(box.asked) == 1 and box.asked[-1][-1] == {"op": "define", "functions": {"f": len}}
    assert at.lent == {"f": len}
    at.restart(keep_lent=False)
    assert (at.lent, box.closed) == ({}, 1)
    at.lend({"f": len})
    assert len(box.asked) == 1
    assert at.worker is box and len(box.asked) == 2
    assert [request["op"] for request in box.asked[-1]][-2:] == ["run", "define"]
    for error in (DeadlineError(), Closed(), WireError("x")):
        box.fails = {"define": error}
        at.lend({"f": len})
        assert at.worker is box


def test_the_notebooks_names() -> None:
    """Names that are none are dropped; a worker that dies over it is replaced, what is lent kept."""
    box = Box(names={"value": ["f", "g h", 3, "C"]})
    at = run(box)
    assert at.names() == ["f", "C"]
    box.fails = {"names": {"value": "f"}}
    assert at.names() == []
    for error in (DeadlineError(), Closed(), WireError("x")):
        at.restart()
        at.lend({"f": len})
        forks, box.fails = len(box.asked), {"names": error}
        assert at.names() == []
        assert len(box.asked) == forks + 1 and at.lent == {"f": len}


def test_a_given_function_defined_anew_is_noted() -> None:
    """The note names it; other functions of the student's are their own."""
    at = run(Box(), ("def given(x):\n    return 0", "def mine(x):\n    return 0"))
    assert at.notes == ["The notebook defines given anew; the given one counts."]


def test_a_desk_closes_its_worker() -> None:
    """At the end of the block, whatever happened."""
    box = Box()
    with pytest.raises(KeyError), run(box):
        raise KeyError
    assert box.closed == 1


@pytest.mark.parametrize("limit", ["notebook_wall_seconds", "submission_wall_seconds"])
def test_cells_that_take_too_long_together_end_where_the_time_does(limit: str) -> None:
    """When the time of all cells, or of the submission, is used up, the cells that are left do not run."""
    box = Box(cell_3=DeadlineError())
    box.limits = Limits(cell_wall_seconds=7.5, **{limit: 0.0})
    box.wall_seconds = 0.0 if limit.startswith("notebook") else 7.5
    at_work = run(box)
    assert [source for source in box.ran() if source in OWN] == list(OWN[:3])
    assert box.ran()[-1] == GIVEN
    assert at_work.notes[-1] == "The cells after it did not run: together they take more than " + (
        "0 s." if limit.startswith("notebook") else "60 s."
    )


def test_notes_are_as_many_as_somebody_reads() -> None:
    """A notebook of a thousand faults does not fill the report with them."""
    own = tuple(f"wrong_{number} = {number}" for number in range(50))
    box = Box(**{f"wrong_{number}": {"error": "E", "message": str(number)} for number in range(50)})
    notes = run(box, own).notes
    assert len(notes) == MAX_NOTES + 1 and notes[-1] == "There are more notes than can be shown."
