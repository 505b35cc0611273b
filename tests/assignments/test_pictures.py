"""The pictures of the notebooks: what a student's function does shows in them, and quickly."""

from __future__ import annotations

import ast
import time
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograder.authoring.build import complete_notebook
from autograder.course.course import Course
from autograder.course.release import CHALLENGE, PICTURE, TALLY
from autograder.course.source import reference_text
from autograder.course.specimens import Specimen, load_specimens

COURSE = Course(Path(__file__).parents[2])
VISIBLE = 0.05  # of the range of a curve or an image
LEAST_PICTURES, LEAST_MISTAKES = 3, 2
MAX_SECONDS = 4.0  # of processor time, on a busy machine; 0.8 s for the slowest on a quiet one


def drawn(slug: str) -> tuple[dict[str, Any], dict[str, str]]:
    """The notebook's names with every answer right, and the code of its pictures by exercise."""
    space: dict[str, Any] = {"__name__": "notebook"}
    pictures = {}
    for cell in complete_notebook(COURSE, slug).cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id", "")
        if name.startswith(PICTURE):
            pictures[name.removeprefix(PICTURE)] = cell.source
        elif cell.cell_type == "code" and name and not name.startswith(("check_", TALLY, CHALLENGE)):
            exec(compile(cell.source, name, "exec"), space)
    return space, pictures


def data_of(code: str) -> tuple[str, str]:
    """(the function in a picture's code that computes what is drawn, its name)."""
    (function,) = (node for node in ast.parse(code).body if isinstance(node, ast.FunctionDef))
    return ast.unparse(function), function.name


def shown_in(name: str, code: str, named: set[str], mistakes: Sequence[Specimen]) -> set[str]:
    """A picture's exercises: the one of its name, and those that it calls and no picture is named after."""
    called = {node.id for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Name)}
    return {name} | (called & {one.exercise for one in mistakes}) - (named - {name})


def numbers(found: Any) -> list[np.ndarray]:
    """All arrays in what a picture is drawn from."""
    if isinstance(found, dict):
        return [array for part in found.values() for array in numbers(part)]
    if isinstance(found, tuple | list):
        return [array for part in found for array in numbers(part)]
    return [np.asarray(found, dtype=float)]


def differ(got: list[np.ndarray], right: list[np.ndarray]) -> bool:
    """Whether two pictures can be told apart by eye."""
    if [one.shape for one in got] != [one.shape for one in right]:
        return True
    pairs = zip(got, right, strict=True)
    return any(np.any(np.isnan(a) != np.isnan(b)) or gap(a, b) > VISIBLE for a, b in pairs)


def gap(got: np.ndarray, right: np.ndarray) -> float:
    """The largest difference, as a share of the right one's range; where both are NaN nothing is drawn."""
    drawn = ~np.isnan(right)
    if not drawn.any():
        return 0.0
    return float(np.max(np.abs(got - right)[drawn]) / max(np.ptp(right[drawn]), 1e-12))


@pytest.mark.parametrize("slug", COURSE.slugs)
def test_every_exercise_is_drawn(slug: str) -> None:
    """By a picture of its own, or by one that a neighbour shares with it."""
    cells = {
        cell.metadata.get("nbgrader", {}).get("grade_id", ""): cell
        for cell in complete_notebook(COURSE, slug).cells
    }
    pictures = {
        name.removeprefix(PICTURE): cell.source for name, cell in cells.items() if name.startswith(PICTURE)
    }
    mistakes = load_specimens(COURSE.content(slug), "MISTAKES")
    drawn_here = {
        one for name, code in pictures.items() for one in shown_in(name, code, set(pictures), mistakes)
    }
    assert {one.name for one in COURSE.release(slug).exercises} - drawn_here == set()


@pytest.mark.usefixtures("notebook_data")
@pytest.mark.parametrize("slug", COURSE.slugs)
def test_a_picture_tells_right_from_wrong(slug: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It differs visibly with two named mistakes, of its exercise and of each that has no other picture."""
    monkeypatch.chdir(COURSE.released(slug).parent)
    (space, pictures), source = drawn(slug), reference_text(COURSE.solution(slug))
    mistakes = load_specimens(COURSE.content(slug), "MISTAKES")
    assert len(pictures) >= LEAST_PICTURES
    for name, code in pictures.items():
        function, called = data_of(code)
        exec(function, space)
        right = numbers(space[called]())
        seen_of: dict[str, list[str]] = {one: [] for one in shown_in(name, code, set(pictures), mistakes)}
        for mistake in (one for one in mistakes if one.exercise in seen_of):
            apart = seen_of[mistake.exercise]
            if len(apart) == LEAST_MISTAKES:
                continue
            kept = dict(space)
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore")
                for text in mistake.functions(source).values():
                    exec(text, space)
                try:
                    seen = differ(numbers(space[called]()), right)
                except Exception:  # noqa: BLE001 - then there is a sentence in place of a picture
                    seen = True
            space.update(kept)
            apart += [mistake.name] if seen else []
        for exercise, apart in seen_of.items():
            assert len(apart) == LEAST_MISTAKES, f"{name}: of {exercise} only {apart} can be seen"


@pytest.mark.usefixtures("notebook_data")
@pytest.mark.parametrize("slug", COURSE.slugs)
def test_a_picture_is_drawn_soon_and_says_what_is_seen(
    slug: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """An image with a sentence made from its data; nothing is printed about an error."""
    from IPython.display import HTML

    shown: list[str] = []
    monkeypatch.setattr("IPython.display.display", lambda one: shown.append(one.data))
    monkeypatch.chdir(COURSE.released(slug).parent)
    space, pictures = drawn(slug)
    assert HTML
    for name, code in pictures.items():
        began = time.process_time()
        exec(code, space)
        assert time.process_time() - began < MAX_SECONDS, name
        assert capsys.readouterr().out == "", name
        alt = shown[-1].partition('alt="')[2].partition('"')[0]
        assert len(alt) > 30 and any(letter.isdigit() for letter in alt), name
    assert len(shown) == len(pictures)


@pytest.mark.parametrize("slug", COURSE.slugs)
def test_without_an_answer_a_sentence_stands_in_its_place(
    slug: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In the notebook as it is given out, no picture raises and none is drawn."""
    monkeypatch.chdir(COURSE.released(slug).parent)
    space: dict[str, Any] = {"__name__": "notebook"}
    count = 0
    for cell in COURSE.release(slug).notebook["cells"]:
        name = cell["metadata"].get("nbgrader", {}).get("grade_id", "")
        if cell["cell_type"] == "code" and name and not name.startswith(("check_", TALLY, CHALLENGE)):
            exec(compile("".join(cell["source"]), name, "exec"), space)
            count += name.startswith(PICTURE)
    said = capsys.readouterr().out.splitlines()
    assert len(said) == count >= LEAST_PICTURES
    assert all("The picture appears when" in line or "No picture yet" in line for line in said)
