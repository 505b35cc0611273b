"""A released notebook without what a term leaves out: cells, contract, prose, points."""

from __future__ import annotations

import builtins
from dataclasses import replace
from pathlib import Path

import pytest

from autograder.course.course import Course
from autograder.course.names import names_of
from autograder.course.release import read_release
from autograder.course.selection import EVERYTHING, Selection, selected
from autograder.term.chosen import unfit


def cell(kind: str, source: str, **mark: object) -> dict:
    return {"cell_type": kind, "id": "c", "source": source, "metadata": {"nbgrader": mark} if mark else {}}


def asked(name: str, points: float = 2) -> list[dict]:
    return [
        cell("markdown", f"`{name}(x)`\n\nThe contract of {name}."),
        cell("code", f"def {name}(x):\n    raise NotImplementedError()", grade_id=name, solution=True),
        cell("code", f"assert {name}(1)", grade_id=f"check_{name}", grade=True, locked=True, points=points),
    ]


NOTEBOOK = {
    "metadata": {},
    "cells": [
        cell("markdown", "# Title\n\nOpening.\n\n## First\n\nOf first."),
        *asked("first"),
        cell("markdown", "Then the second."),
        *asked("second", 3.5),
        cell("code", "half = second(3)"),
        cell("code", "fourth = half + 1"),
        cell("code", "print(3)"),
        cell("markdown", "## Third\n\nProse of third.\n\n```\n## no heading\n```"),
        cell("code", "LIST = [1]", grade_id="setup_1", locked=True),
        *asked("third"),
        cell("markdown", "## Words"),
        cell("markdown", "", grade_id="choice", grade=True, solution=True, points=4),
    ],
}


def shown(left_out: set[str], points: dict[str, float] | None = None) -> tuple[str, list[str]]:
    found = selected(NOTEBOOK, frozenset(left_out), points or {})
    text = "\n".join("".join(one["source"]) for one in found["cells"])
    return text, [one.name for one in read_release("x", found).marked]


def test_a_challenge_goes_with_its_text_if_it_needs_what_is_left_out():
    """The text alone would ask for a number that nothing computes; with its functions there it stays."""
    more = [cell("markdown", "## A challenge"), cell("code", "number = second(1)", grade_id="challenge")]
    notebook = {**NOTEBOOK, "cells": [*NOTEBOOK["cells"], *more]}
    left = ["".join(one["source"]) for one in selected(notebook, frozenset({"second"}), {})["cells"]]
    assert not {"## A challenge", "number = second(1)"} & set(left)
    left = ["".join(one["source"]) for one in selected(notebook, frozenset({"third"}), {})["cells"]]
    assert left[-2:] == ["## A challenge", "number = second(1)"]


def test_with_nothing_left_out_it_is_the_same():
    """The released notebook itself."""
    assert selected(NOTEBOOK, frozenset(), {}) is NOTEBOOK
    assert EVERYTHING.text("x") == "" and Selection(points=frozenset({("x", "first", 0.0)})).text("y") == ""


def test_a_section_of_its_own_goes_with_its_prose_and_setup_stays():
    """Heading, text, contract, stub and check of third; its setup cell may be needed below."""
    text, names = shown({"third"})
    assert "third" not in text.casefold() and "no heading" not in text and "LIST = [1]" in text
    assert names == ["first", "second", "choice"] and "Prose" not in text and "Opening." in text


def test_of_a_section_with_others_only_its_own_cells_go():
    """The contract right above it, the stub, the check, and a free cell that calls it."""
    text, names = shown({"second"})
    assert names == ["first", "third", "choice"] and "contract of second" not in text
    assert (
        "second(3)" not in text and "print(3)" in text and "Then the second." in text and "## First" in text
    )


def test_an_answer_in_words_can_be_left_out():
    """Its heading goes too."""
    text, names = shown({"choice"})
    assert names == ["first", "second", "third"] and "## Words" not in text


@pytest.mark.parametrize("points", [0, 7, 2.5])
def test_points_are_those_of_the_term(points):
    """In the check's own cell, where everybody reads them; a whole number stays one."""
    found = selected(NOTEBOOK, frozenset(), {"second": float(points)})
    release = read_release("x", found)
    assert [one.points for one in release.exercises] == [2, points, 2]
    mark = found["cells"][7]["metadata"]["nbgrader"]
    assert mark["points"] == points and type(mark["points"]) is type(points)
    assert NOTEBOOK["cells"][7]["metadata"]["nbgrader"]["points"] == 3.5


@pytest.mark.parametrize("slug", ["modern", "capstone"])
def test_any_exercise_can_be_left_out_or_says_what_needs_it(slug):
    """Every cell that stays uses only what is still defined, and no heading of the exercise is left."""
    course = Course(Path(__file__).parents[2])
    for name in course.release(slug).names:
        chosen = replace(course, selection=Selection(exercises=frozenset({(slug, name)})))
        if unfit(chosen):
            continue
        cells = [(one["cell_type"], "".join(one["source"])) for one in chosen.notebook(slug)["cells"]]
        assert f"· `{name}`" not in "\n".join(text for _, text in cells)
        known = {*dir(builtins), "__name__"}
        for text in (text for kind, text in cells if kind == "code"):
            bound, used = names_of(text)
            known |= bound
            assert used <= known, (slug, name, used - known)
