"""The visible checks of the assignments: strict enough to teach, and never stricter than the grader."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest

from autograder.authoring.build import complete_notebook
from autograder.course.course import Course
from autograder.course.release import SHOWING
from autograder.course.source import reference_text
from autograder.course.specimens import load_specimens

REPOSITORY = Course(Path(__file__).parents[2])


def marked_cells(slug: str) -> dict[str, str]:
    """Grade id -> source of the code cells of the complete notebook that the assignment gives a role."""
    marked = [
        (cell.metadata.get("nbgrader", {}).get("grade_id"), cell)
        for cell in complete_notebook(REPOSITORY, slug).cells
    ]
    return {name: cell.source for name, cell in marked if name and cell.cell_type == "code"}


def says(cells: dict[str, str], exercise: str, functions: dict[str, str]) -> str:
    """What the visible check of ``exercise`` has against these functions; empty where it passes."""
    space = {"__name__": "notebook"}
    for name, source in cells.items():
        if name == f"check_{exercise}":
            break
        if not name.startswith(("check_", *SHOWING)):
            exec(compile(source, name, "exec"), space)
    for name, source in functions.items():
        exec(compile(source, name, "exec"), space)
    try:
        exec(compile(cells[f"check_{exercise}"], f"check_{exercise}", "exec"), space)
    except Exception as error:  # noqa: BLE001 - a visible check may fail in any way
        return f"{type(error).__name__}: {error}"
    return ""


@pytest.mark.usefixtures("notebook_data")
@pytest.mark.parametrize("slug", REPOSITORY.slugs)
def test_no_visible_check_refuses_a_right_answer(slug: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every variant, which the grader gives full marks, passes the check that its writer would see first."""
    monkeypatch.chdir(REPOSITORY.released(slug).parent)  # beside the data that the checks read
    cells, source = marked_cells(slug), reference_text(REPOSITORY.solution(slug))
    variants = load_specimens(REPOSITORY.content(slug), "VARIANTS")
    assert variants
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        refused = {
            f"{variant.exercise}/{variant.name}": objection
            for variant in variants
            if (objection := says(cells, variant.exercise, variant.functions(source)))
        }
    assert not refused
