"""The notebook that goes to the gradebook: the release, with a student's answers and our results inserted.

Nothing of the submission's own structure is kept, so a damaged, reordered or doctored file still gives a
notebook that nbgrader can show.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from autograder.course.jupyter import strip_magics
from autograder.course.release import EXPERIMENTS, Release
from autograder.files import write_if_new
from autograder.grading.verdict import Report, Verdict
from autograder.reporting.feedback import exercise_html, exercise_text, render, ungraded
from autograder.reporting.marks import without
from autograder.safe_text import markdown, visible
from autograder.submissions.display import Shown

ADDED = "A cell that the student added."


def rebuild(
    release: Release,
    answers: Mapping[str, str],
    sources: Sequence[str],
    report: Report,
    experiments: Sequence[Shown] = (),
) -> dict:
    """The release notebook with each answer in its solution cell and each result under its check cell.

    Cells that the student added are inserted, unlocked and tagged, before the answer that they preceded, or
    at the end. ``experiments`` replace the released cells below the line of experiments, unchanged. A check
    cell's outputs are our feedback and, if there is a score, the score. nbgrader reads a check cell without
    a score as full marks, so only our exporter may read the grades.
    """
    results = {result.name: result for result in report.exercises}
    added = added_cells(release, answers, sources)
    cells: list[dict] = []
    for cell in copy.deepcopy(release.notebook["cells"]):
        mark = cell["metadata"].get("nbgrader", {})
        cell["source"] = "".join(cell["source"])
        if cell["cell_type"] == "code":
            cell["outputs"], cell["execution_count"] = [], None
        if mark.get("solution") and mark.get("grade"):
            cell["source"] = markdown(answers.get(mark["grade_id"], cell["source"]))
        elif mark.get("solution"):
            name = mark["grade_id"]
            cells += [
                _added(source, f"{name}-{place}") for place, source in enumerate(added.get(name, ()), 1)
            ]
            cell["source"] = visible(answers.get(name, cell["source"]))
        elif mark.get("grade"):
            name = mark["grade_id"].removeprefix("check_")
            result = results.get(name) or ungraded(report, name, float(mark["points"]))
            notes = report.notes if result.verdict is Verdict.NOT_GRADED else ()
            notes += (without(report),) if report.protections_off else ()
            cell["outputs"] = [
                _output("display_data", exercise_text(result, notes), exercise_html(result, notes))
            ]
            if result.score is not None:
                score = min(max(float(result.score), 0.0), float(mark["points"]))
                cell["outputs"].append({**_output("execute_result", repr(score)), "execution_count": None})
        cells.append(cell)
    cells += [_added(source, f"end-{place}") for place, source in enumerate(added.get("", ()), 1)]
    if experiments:
        cells = _with_experiments(cells, experiments)
    notebook = copy.deepcopy({key: value for key, value in release.notebook.items() if key != "cells"})
    return {**notebook, "cells": cells}


def _with_experiments(cells: list[dict], experiments: Sequence[Shown]) -> list[dict]:
    """``cells`` with the student's own below the line of experiments; every answer in words is kept once."""
    line = next(place for place, cell in enumerate(cells) if _grade_id(cell) == EXPERIMENTS)
    below = {_grade_id(cell): cell for cell in cells[line + 1 :] if cell["metadata"].get("nbgrader")}
    given = {cell["source"] for cell in cells[line + 1 :] if cell["cell_type"] == "markdown"}
    own = []
    for place, cell in enumerate(experiments, 1):
        text = visible(cell.source)
        if cell.grade_id in below:
            own.append(below.pop(cell.grade_id))
        elif cell.kind == "code":
            code = {"source": text, "outputs": list(cell.outputs), "execution_count": None}
            own.append({"cell_type": "code", "id": f"experiment-{place}", "metadata": {}, **code})
        else:
            text = text if text in given else markdown(text)
            own.append({"cell_type": "markdown", "id": f"experiment-{place}", "metadata": {}, "source": text})
    return [*cells[: line + 1], *own, *below.values()]


def _grade_id(cell: dict) -> str:
    return cell["metadata"].get("nbgrader", {}).get("grade_id", "")


def added_cells(release: Release, answers: Mapping[str, str], sources: Sequence[str]) -> dict[str, list[str]]:
    """The student's own cells, by the exercise whose answer they precede; "" holds those after the last one.

    A cell whose source is also in the release is not the student's own.
    """
    last = {source: place for place, source in enumerate(sources)}
    places = {last.get(strip_magics(answer)): name for name, answer in answers.items()}
    plain = [cell["source"] for cell in release.notebook["cells"] if cell["cell_type"] == "code"]
    given = {strip_magics("".join(source)).strip() for source in plain}
    added: dict[str, list[str]] = {}
    waiting: list[str] = []
    for place, source in enumerate(sources):
        if place in places:
            if waiting:
                added[places[place]], waiting = waiting, []
        elif source.strip() not in given:
            waiting.append(source)
    return {**added, "": waiting} if waiting else added


def _added(source: str, ending: str) -> dict:
    note = render("note.html.jinja", note=ADDED).strip()
    return {
        "cell_type": "code",
        "id": f"added-{ending}"[:64],
        "metadata": {"tags": ["added-by-student"]},
        "source": visible(source),
        "outputs": [_output("display_data", ADDED, note)],
        "execution_count": None,
    }


def _output(kind: str, text: str, html: str = "") -> dict[str, Any]:
    data = {"text/plain": text, **({"text/html": html} if html else {})}
    return {"output_type": kind, "data": data, "metadata": {}}


def gradebook_text(notebook: dict) -> str:
    return json.dumps(notebook, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def write_autograded(term: Path, report: Report, notebook: dict, timestamp: str | None) -> None:
    """Write the notebook, and the timestamp that tells formgrader which hand-in was graded."""
    folder = term / "autograded" / report.student / report.assignment
    content = gradebook_text(notebook).encode("utf-8", "replace")
    write_if_new(folder / f"{report.assignment}.ipynb", content)
    if timestamp is None:
        (folder / "timestamp.txt").unlink(missing_ok=True)
    else:
        write_if_new(folder / "timestamp.txt", f"{timestamp}\n".encode("utf-8", "replace"))
