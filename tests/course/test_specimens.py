"""Specimens: one definition of a wrong or an unusual answer, as source and as running code."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.course.course import CourseError
from autograder.course.specimens import (
    ONE_MISTAKE,
    OTHER_CONVENTION,
    Specimen,
    conventions,
    functions_of,
    load_specimens,
    mistakes,
    variants,
)

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
        return helper(x, state)  # noqa: F821 - a function of the notebook, where it is known

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


def chapter(root: Path, text: str) -> Path:
    """The folder of a chapter with one file."""
    folder = root / "chapters" / "thing"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "f.py").write_text(f"from autograder.checking import mistakes\n{text}", encoding="utf-8")
    return folder


CODE = "class Code:\n    def f(x):\n        return {}\nMISTAKES = mistakes('f', ('a', 'n', Code))\n"


def test_a_chapters_specimens_are_read_and_may_be_missing(tmp_path: Path) -> None:
    """No folder, or no such tuple in its files, is no specimens."""
    assert load_specimens(tmp_path / "chapters" / "thing", "MISTAKES") == ()
    folder = chapter(tmp_path, CODE.format("x"))
    (found,) = load_specimens(folder, "MISTAKES")
    assert found.functions("def f(x):\n    return 1\n") == {"f": "def f(x):\n    return x\n"}
    assert load_specimens(folder, "VARIANTS") == ()


def test_specimens_come_in_the_order_of_the_exercises(tmp_path: Path) -> None:
    """The assignment's order of exercises, and for one exercise the order in which they stand."""
    text = "MISTAKES = mistakes('b', ('y', 'n'), ('x', 'n'))\nMISTAKES += mistakes('a', ('z', 'n'))\n"
    found = load_specimens(chapter(tmp_path, text), "MISTAKES", ("a", "b"))
    assert [one.name for one in found] == ["z", "y", "x"]


def test_a_changed_file_of_specimens_is_read_again(tmp_path: Path) -> None:
    """A class keeps the text that it was loaded with, and two courses may call a file alike."""
    found = [
        load_specimens(chapter(tmp_path / course, CODE.format(value)), "MISTAKES")[0]
        for course, value in (("one", 1), ("two", 2), ("one", 3))
    ]
    sources = [one.functions("def f(x):\n    return x\n")["f"] for one in found]
    assert sources == [f"def f(x):\n    return {value}\n" for value in (1, 2, 3)]


def test_a_broken_file_of_specimens_says_so(tmp_path: Path) -> None:
    """An author's slip is one sentence with the file, not a traceback."""
    with pytest.raises(CourseError, match=r"f\.py cannot be read: NameError: "):
        load_specimens(chapter(tmp_path, "MISTAKES = (Specimen('f'),)\n"), "MISTAKES")


# --- makers -------------------------------------------------------------------------------------------------


def test_mistakes_are_made_of_swaps_or_of_a_class() -> None:
    """Their order is kept: an answer is compared with them in turn. Conventions cost less."""
    entries = (("swapped", "a hint", ("a", "b"), ("c", "d")), ("whole", "another", Other))
    found = mistakes("walk_step", *entries)
    others = conventions("walk_step", *entries)
    assert [(one.name, one.cost) for one in (*found, *others)] == [
        *(("swapped", ONE_MISTAKE), ("whole", ONE_MISTAKE)),
        *(("swapped", OTHER_CONVENTION), ("whole", OTHER_CONVENTION)),
    ]
    assert [(one.exercise, one.name, one.note) for one in found] == [
        ("walk_step", "swapped", "a hint"),
        ("walk_step", "whole", "another"),
    ]
    assert (found[0].swaps, found[0].code) == ((("a", "b"), ("c", "d")), None)
    assert (found[1].swaps, found[1].code) == ((), Other)


def test_variants_are_named_by_their_classes() -> None:
    """A class names and describes itself, may be given another name, and swaps will do as for mistakes."""

    class Loops:
        """A loop,
        not an array."""

    found = variants("f", Loops, ("by_hand", Loops), ("swapped", "One swap.", ("a", "b")))
    assert [(one.name, one.note, one.code) for one in found] == [
        ("Loops", "A loop, not an array.", Loops),
        ("by_hand", "A loop, not an array.", Loops),
        ("swapped", "One swap.", None),
    ]
    assert found[2].swaps == (("a", "b"),)


@pytest.mark.parametrize(
    "how", [("old", "new"), (("old", "new"), Other), (("old", "new", "more"),), (Other, Other)]
)
def test_an_entry_of_another_form_is_refused(how: tuple) -> None:
    """A forgotten bracket is told when the file is read, with the entry's name."""
    with pytest.raises(CourseError, match="f/slip: the note is followed by swaps"):
        mistakes("f", ("slip", "a hint", *how))
