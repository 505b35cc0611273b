"""The last cells of a notebook: the tally says what holds now, and how to hand in names the file."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.authoring.closing import hand_in, tally_code
from autograder.course.course import Course
from autograder.course.release import read_release

COURSE = Course(Path(__file__).parents[2])
CHECKS = {
    "good": "# Check of good: 2 points\nassert one == 1\nprint('x')",
    "bad": "# Check of bad: 1 point\nassert one == 2, 'one is wrong'",
    "open": "# Check of open: 3 points\nraise NotImplementedError",
}


def test_the_tally_runs_the_checks_again(capsys: pytest.CaptureFixture[str]) -> None:
    """Passed, failed with its message, not written, not run yet; points; the first that is open."""
    code = tally_code({"good": 2, "bad": 1, "open": 3, "later": 0.5})
    names: dict = {"In": ["", "one = 1", *CHECKS.values()], "one": 1}
    exec(code, names)
    lines = capsys.readouterr().out.splitlines()
    assert [" ".join(line.split()) for line in lines[:4]] == [
        "good 2 passed",
        "bad 1 not yet: AssertionError: one is wrong",
        "open 3 not written yet",
        "later 0.5 its check has not run yet",
    ]
    assert lines[-2:] == ["The visible checks of 2 of 6.5 points pass.", "Next: bad."]


def test_what_waits_for_an_earlier_exercise_is_told_apart(capsys: pytest.CaptureFixture[str]) -> None:
    """A written function that calls an unwritten one is not called unwritten itself."""
    first = "def first():\n    raise NotImplementedError\n"
    checks = ["# Check of first: 1 point\nfirst()", "# Check of second: 1 point\nsecond()"]
    exec(f"{first}second = lambda: first()\n{tally_code({'first': 1, 'second': 1})}", {"In": checks})
    told = [line.split(maxsplit=2)[2] for line in capsys.readouterr().out.splitlines()[:2]]
    assert told == ["not written yet", "first is not written yet"]


def test_an_unwritten_method_is_told_by_its_class(capsys: pytest.CaptureFixture[str]) -> None:
    """Students know the exercise's class, not the name that Python gives to `+`."""
    number = "class Number:\n    def __add__(self, other):\n        raise NotImplementedError\n"
    checks = ["# Check of Number: 1 point\nNumber() + 1", "# Check of total: 1 point\ntotal()"]
    exec(number + "total = lambda: Number() + 1\n" + tally_code({"Number": 1, "total": 1}), {"In": checks})
    told = [line.split(maxsplit=2)[2] for line in capsys.readouterr().out.splitlines()[:2]]
    assert told == ["not written yet", "Number is not written yet"]


def test_the_tally_is_never_stale(capsys: pytest.CaptureFixture[str]) -> None:
    """What passed when it ran and fails now is said to fail; nothing open is said so."""
    names: dict = {"In": [CHECKS["good"]], "one": 1}
    exec(tally_code({"good": 2}), names)
    assert "Nothing is open: save, and hand in." in capsys.readouterr().out
    exec("one = 3\n" + tally_code({"good": 2}), names)
    assert "not yet: AssertionError" in capsys.readouterr().out


def test_outside_of_a_notebook_it_says_that_nothing_ran(capsys: pytest.CaptureFixture[str]) -> None:
    """There is no history of inputs."""
    exec(tally_code({"good": 2}), {})
    assert "its check has not run yet" in capsys.readouterr().out


@pytest.mark.parametrize("slug", COURSE.slugs)
def test_every_notebook_ends_with_how_to_hand_in_and_the_tally(slug: str) -> None:
    """The file's name, no date, all exercises in code; and the grader does not run it."""
    *_, text, code = COURSE.release(slug).notebook["cells"]
    assert f"`{slug}.ipynb`" in "".join(text["source"]) and COURSE.release(slug).due[:10] not in str(text)
    assert all(f'"{name}": ' in "".join(code["source"]) for name in COURSE.release(slug).names)
    setup = read_release(slug, COURSE.release(slug).notebook).setup
    assert not any("def tally(" in source for source in setup)


def test_the_next_chapter_is_linked() -> None:
    """By the book's order, and none after the last."""
    order = COURSE.slugs
    assert "**Read next:** *Mini-batch SGD*." in hand_in(COURSE, order[0], by_hand=False, base="")
    assert f"(https://a.b/book/{order[1]}.html)" in hand_in(
        COURSE, order[0], by_hand=False, base="https://a.b"
    )
    assert "Read next" not in hand_in(COURSE, order[-1], by_hand=True, base="")
