"""Specimens: one definition of a wrong or an unusual answer, as source and as running code."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.course.course import CourseError
from autograder.course.specimens import Specimen, functions_of, load_specimens

SOURCE = '''\
"""A module."""

import numpy as np

RATE = 0.5


def walk_init(x):
    return {"n": 0, "sum": x}


def walk_step(x, state):
    total = state["sum"] + x
    return total, {"n": state["n"] + 1, "sum": total}


def stroll(x):
    total = RATE * x
    return total


@property
def odd(self):
    return 1


class Walker:
    def go(self, x):
        return walk_step(x, walk_init(x))
'''


def changed(exercise: str, *swaps: tuple[str, str]) -> dict[str, str]:
    return Specimen(exercise, "name", "note", swaps).functions(SOURCE)


def test_a_swap_gives_the_whole_changed_function() -> None:
    """Only what differs is rendered, each function whole."""
    found = changed("walk_step", ('state["n"] + 1', 'state["n"]'))
    assert list(found) == ["walk_step"]
    assert found["walk_step"].startswith("def walk_step") and '"n": state["n"], "sum"' in found["walk_step"]


def test_swaps_follow_each_other_and_reach_the_init() -> None:
    """A later swap sees what an earlier one wrote; the stem's init belongs to the exercise."""
    found = changed("walk_step", ('"n": 0', '"n": 7'), ("+ x", "- x"), ("- x", "* x"))
    assert sorted(found) == ["walk_init", "walk_step"]
    assert '"n": 7' in found["walk_init"] and 'state["sum"] * x' in found["walk_step"]


def test_the_exercises_own_text_is_meant() -> None:
    """A text that stands in two exercises' functions is looked for in the specimen's own."""
    assert list(changed("stroll", ("return total", "return -total"))) == ["stroll"]
    assert list(changed("walk_step", ("return total", "return -total"))) == ["walk_step"]


def test_a_text_of_another_function_is_found_where_it_is_unique() -> None:
    """A mistake may sit in a helper that the exercise calls."""
    assert list(changed("elsewhere", ("RATE * x", "x"))) == ["stroll"]


@pytest.mark.parametrize(
    ("exercise", "old", "times"),
    [("walk_step", "nowhere", 0), ("walk_step", "state[", 2), ("elsewhere", "return total", 2)],
)
def test_an_ambiguous_swap_is_refused(exercise: str, old: str, times: int) -> None:
    """A text that is gone or stands twice is an author's slip, told with the count and the cure."""
    with pytest.raises(CourseError) as caught:
        changed(exercise, (old, "x"))
    assert f"{exercise}/name: {old!r} must occur exactly once" in str(caught.value)
    assert f"occurs {times} times; give more of the line" in str(caught.value)


def test_a_swap_that_is_no_python_is_refused() -> None:
    """A slip in the new text is told before any student is compared with it."""
    with pytest.raises(CourseError, match="stroll/name: with its swaps stroll is not Python"):
        changed("stroll", ("RATE * x", "RATE *"))


def test_a_swap_without_effect_is_refused() -> None:
    """A mistake that changes nothing would call right work wrong."""
    with pytest.raises(CourseError, match="stroll/name: it does not differ from the reference"):
        changed("stroll", ("RATE * x", "RATE * x"))


class Other:
    def walk_init(x):
        # a comment stays
        return [x]

    def walk_step(x, state):
        return helper(x, state)  # noqa: F821

    @staticmethod
    def helper(x, state):
        return state[0] + x, [state[0] + x]


def test_a_class_gives_functions_without_self() -> None:
    """Methods are whole functions, comments and helpers among them."""
    found = Specimen("walk_step", "list", "note", code=Other).functions(SOURCE)
    assert list(found) == ["walk_init", "walk_step", "helper"]
    assert found["walk_init"] == "def walk_init(x):\n    # a comment stays\n    return [x]\n"
    assert found["helper"].startswith("def helper")


class Another:
    class Walker:
        # a comment stays
        def go(self, x):
            return x


def test_a_class_in_a_class_stands_for_a_class() -> None:
    """An exercise that is a class is replaced whole, its methods with their self."""
    specimen = Specimen("Walker", "idle", "note", code=Another)
    assert specimen.functions(SOURCE) == {
        "Walker": "class Walker:\n    # a comment stays\n    def go(self, x):\n        return x\n"
    }
    assert specimen.namespace(SOURCE)["Walker"]().go(7) == 7


def test_a_specimen_runs_beside_the_reference() -> None:
    """Its functions call each other and the module's; the reference itself stays as it is."""
    wrong = Specimen("walk_step", "list", "note", code=Other).namespace(SOURCE)
    right = Specimen("", "reference", "").namespace(SOURCE)
    assert wrong["walk_step"](2, wrong["walk_init"](1)) == (3, [3])
    assert wrong["stroll"](4) == 2.0 and wrong["Walker"]().go(1)[0] == 2
    assert right["walk_init"](1) == {"n": 0, "sum": 1}


def test_functions_of_a_module_are_whole() -> None:
    """Functions and classes with their decorators; constants and imports aside."""
    found = functions_of(SOURCE)
    assert list(found) == ["walk_init", "walk_step", "stroll", "odd", "Walker"]
    assert found["odd"].startswith("@property\ndef odd") and found["Walker"].endswith("walk_init(x))\n")


def test_a_file_of_specimens_is_read_and_may_be_missing(tmp_path: Path) -> None:
    """No file, or no such tuple in it, is no specimens."""
    path = tmp_path / "thing.py"
    assert load_specimens(path, "MISTAKES") == ()
    path.write_text(
        "from autograder.course.specimens import Specimen\nclass Code:\n    def f(x):\n        return x\n"
        "MISTAKES = [Specimen('f', 'a', 'n', code=Code)]\n"
    )
    (found,) = load_specimens(path, "MISTAKES")
    assert found.functions("def f(x):\n    return 1\n") == {"f": "def f(x):\n    return x\n"}
    assert load_specimens(path, "VARIANTS") == ()


def test_a_changed_file_of_specimens_is_read_again(tmp_path: Path) -> None:
    """Sources come from the file as it is now, also for classes, and two courses may call a file alike."""
    text = (
        "from autograder.course.specimens import Specimen\nclass Code:\n    def f(x):\n        return {}\n"
        "MISTAKES = (Specimen('f', 'a', 'n', code=Code),)\n"
    )
    for folder, value in (("one", 1), ("two", 22222), ("one", 333)):
        path = tmp_path / folder / "mistakes" / "thing.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.format(value))
        (found,) = load_specimens(path, "MISTAKES")
        assert found.functions("def f(x):\n    return x\n")["f"].endswith(f"return {value}\n")


def test_a_broken_file_of_specimens_says_so(tmp_path: Path) -> None:
    """An author's slip is one sentence with the file, not a traceback."""
    path = tmp_path / "thing.py"
    path.write_text("MISTAKES = (Specimen('f'),)\n")
    with pytest.raises(CourseError, match=r"thing\.py cannot be read: NameError: "):
        load_specimens(path, "MISTAKES")
