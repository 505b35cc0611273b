"""Builds an assignment's complete notebook from one text and one solution module, the same bytes every time.

The text is a MyST notebook whose code cells have one option each. ``:exercise:``: functions of the solution
module are put in, and feedback leads to the sections of the book that ``:read:`` lists; ``:check:``: the
visible check of an exercise, with ``:points:``; ``:setup:``: locked code, ``:given:`` appends whole functions
of the solution module; ``:carry:``: cells of an earlier assignment, for answers that students bring along;
``:manual:``: an answer in words, with ``:points:``, that a person marks; ``:experiments:``: the line below
which nothing runs while grading. A code cell without an option is copied as it is, for the student to change.
"""

from __future__ import annotations

import datetime
import difflib
import re
import time
from pathlib import Path
from typing import Any

import nbformat
from myst_nb.core.read import MystMetadataParsingError, read_myst_markdown_notebook

from autograder.authoring.contract import markdown, shortened
from autograder.authoring.notebooks import canonical_text, misplaced_name, run_notebook
from autograder.course.course import Course, CourseError
from autograder.course.release import EXPERIMENTS, read_release
from autograder.course.source import BEGIN, END, Piece, cut, read_pieces

ROLES = ("exercise", "check", "setup", "carry", "manual", "experiments")
ALLOWED = {
    "exercise": {"with", "read"},
    "check": {"points"},
    "setup": {"given"},
    "carry": {"from"},
    "manual": {"points"},
    "experiments": set(),
    "": set(),
}

# A directive, role or label of Sphinx; also a code cell that is nested in a directive.
SPHINX_ONLY = re.compile(r"^[ \t>]*(?:`{3,}|~{3,}|:{3,})\{[\w-]+\}|\{[\w:-]+\}`|^\([\w-]+\)=", re.M)


def build(course: Course, slug: str, check: bool = False) -> Path:
    """Write the complete notebook of ``slug`` and return its path.

    With ``check`` nothing is written, and a notebook that differs from its sources raises CourseError. (One
    that was never built does not.) Sources that make no notebook always raise CourseError.
    """
    wanted = canonical_text(complete_notebook(course, slug))
    path = built_path(course, slug)
    shown = path.relative_to(course.root)
    existing = path.read_text(encoding="utf-8") if path.exists() else None
    if check and existing not in {None, wanted}:
        raise CourseError(f"{shown} is not what its sources give now: run `autograder build {slug}` again.")
    if not check and existing != wanted:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(wanted, encoding="utf-8")
    return path


def built_path(course: Course, slug: str) -> Path:
    """The path of the complete notebook, which holds every solution and is never published."""
    return course.build / "source" / slug / f"{slug}.ipynb"


def complete_notebook(course: Course, slug: str) -> nbformat.NotebookNode:
    """The notebook with every solution: cells in order, with nbgrader's metadata, and validated."""
    course.require(slug)
    text_name, solution_name = course.shown(course.text(slug)), course.shown(course.solution(slug))
    pieces = read_pieces(course.solution(slug), solution_name)
    try:
        text = read_myst_markdown_notebook(course.text(slug).read_text(encoding="utf-8"))
    except (MystMetadataParsingError, IndexError) as error:
        raise CourseError(f"{text_name} cannot be read as a MyST notebook: {error}") from error
    assembly = _Assembly(course, slug, pieces)
    for cell in text.cells:
        assembly.add(cell)
    assembly.finish()
    notebook = nbformat.v4.new_notebook(cells=assembly.cells, metadata=_metadata(text_name, text.metadata))
    nbformat.validate(notebook)
    return notebook


def run_solution(course: Course, slug: str, wall_seconds: float = 120.0) -> float:
    """Run the code cells of the built notebook in one fresh namespace; return the seconds it took.

    The assignment's data files are in its working directory, as for students. Raises CourseError with the
    cell and its error, for example where the reference fails a visible check or a name is used too early.
    """
    path = build(course, slug)
    began = time.perf_counter()
    problem = run_notebook(path, wall_seconds, course.data(slug))
    if problem:
        raise CourseError(f"{slug}: the solution notebook does not run: {problem}")
    return time.perf_counter() - began


class _Assembly:
    """The cells made so far, and the names that they have taken from the solution module."""

    def __init__(self, course: Course, slug: str, pieces: dict[str, Piece]) -> None:
        self.course, self.slug = course, slug
        self.text_name, self.solution_name = (
            course.shown(path) for path in (course.text(slug), course.solution(slug))
        )
        self.pieces = pieces
        self.earlier: dict[str, nbformat.NotebookNode] = {}
        self.cells: list[nbformat.NotebookNode] = []
        self.asked: list[str] = []  # functions of the solution module, once each
        self.exercises: list[str] = []
        self.checked: list[str] = []
        self.setups = 0

    def add(self, cell: nbformat.NotebookNode) -> None:
        if cell.cell_type != "code":
            foreign = SPHINX_ONLY.search(cell.source)
            if cell.cell_type == "raw" or foreign:
                shown = foreign[0].strip() if foreign else "{raw-cell}"
                raise self.error(
                    f"Jupyter shows {shown} as it stands; a student's notebook is plain Markdown"
                )
            self.cells.append(nbformat.v4.new_markdown_cell(cell.source))
            return
        options = dict(cell.metadata)
        roles = [role for role in ROLES if role in options]
        if len(roles) > 1:
            raise self.error(f"a cell is either :{roles[0]}: or :{roles[1]}:, not both")
        role = roles[0] if roles else ""
        unknown = sorted(set(options) - {role} - ALLOWED[role])
        if unknown:
            allowed = ", ".join(f":{name}:" for name in sorted({*ROLES} if not role else ALLOWED[role]))
            raise self.error(f"a code cell has the option :{unknown[0]}:, known here: {allowed}")
        getattr(self, f"_{role or 'free'}")(cell.source, options)

    def finish(self) -> None:
        unchecked = [name for name in self.exercises if name not in self.checked]
        if unchecked:
            raise self.error(
                f"the exercise {unchecked[0]} has no visible check; add a cell with `:check: {unchecked[0]}`"
            )
        try:
            misplaced = misplaced_name([cell for cell in self.cells if cell.cell_type == "code"])
        except SyntaxError as error:
            line = (error.text or "").strip()
            raise self.error(f"a code cell is not Python: {error.msg}: {line}") from error
        if misplaced:
            raise self.error(misplaced)

    def error(self, what: str) -> CourseError:
        return CourseError(f"{self.text_name}: {what}.")

    def _free(self, source: str, options: dict[str, Any]) -> None:
        self.cells.append(nbformat.v4.new_code_cell(source))

    def _exercise(self, source: str, options: dict[str, Any]) -> None:
        name = str(options["exercise"] or "")
        if source.strip():
            raise self.error(f"the cell of the exercise {name} holds code; its code comes from the solution")
        names = [name, *_listed(options.get("with"))]
        for wanted in names:
            piece = self.piece(wanted)
            if not piece.graded:
                raise self.error(
                    f"{wanted} of {self.solution_name} has no line `{BEGIN}`; put the body to be written "
                    f"between `{BEGIN}` and `{END}`, or give it whole by `:given:` in a setup cell"
                )
            try:
                piece.graded_lines()
            except ValueError as error:
                raise CourseError(f"{self.solution_name}: {wanted} has {error}.") from error
        self.exercises.append(name)
        ordered = [known for known in self.pieces if known in names]
        contracts = [markdown(self.pieces[known].source) for known in ordered]
        self.cells.append(nbformat.v4.new_markdown_cell("\n\n".join(filter(None, contracts))))
        code = "\n\n\n".join(shortened(self.pieces[known].source) for known in ordered)
        self._marked(code, name, solution=True, locked=False)

    def _check(self, source: str, options: dict[str, Any]) -> None:
        name = str(options["check"] or "")
        if name not in self.exercises:
            raise self.error(
                f"there is a check of {name} without an exercise above it; "
                f"add a cell with `:exercise: {name}`{_near(name, self.exercises)}"
            )
        if name in self.checked:
            raise self.error(f"the exercise {name} has two visible checks; join them in one cell")
        points = self._points(options.get("points"), name)
        self.checked.append(name)
        self._marked(source, f"check_{name}", grade=True, points=points)

    def _carry(self, source: str, options: dict[str, Any]) -> None:
        """Copy cells of an earlier assignment by their grade ids, for answers that students bring along."""
        origin = str(options.get("from") or "")
        if source.strip():
            raise self.error("a cell with :carry: holds code; its code comes from the earlier assignment")
        if origin == self.slug:
            raise self.error(f"it carries cells from {origin}, which is this assignment itself")
        if origin not in self.earlier:
            self.earlier[origin] = complete_notebook(self.course, origin)
        cells = {
            cell.metadata.get("nbgrader", {}).get("grade_id"): cell for cell in self.earlier[origin].cells
        }
        asked = read_release(origin, self.earlier[origin]).names
        for name in _listed(options["carry"]):
            if name not in asked:
                raise self.error(f"{origin} has no exercise {name or 'without a name'}{_near(name, asked)}")
            for function in cut(cells[name].source):
                self.piece(function)
            self._marked(cells[name].source, name, solution=True, locked=False)
            self.cells[-1].metadata["carried"] = origin

    def _manual(self, source: str, options: dict[str, Any]) -> None:
        name = str(options["manual"] or "")
        if source.strip() or not name.isidentifier():
            raise self.error(
                f"the cell `:manual: {name}` needs a name and no text; what is asked stands above it"
            )
        points = self._points(options.get("points"), name)
        self._marked("", name, markdown=True, solution=True, grade=True, locked=False, points=points)

    def _experiments(self, source: str, options: dict[str, Any]) -> None:
        if any(cell.metadata.get("nbgrader", {}).get("grade_id") == EXPERIMENTS for cell in self.cells):
            raise self.error("it has two lines of :experiments:; one ends the graded code")
        self._marked(source, EXPERIMENTS, markdown=True)

    def _points(self, points: Any, name: str) -> float | int:
        try:
            value = float(points)
        except (TypeError, ValueError):
            value = 0.0
        if not 0 < value < float("inf"):
            got = "none" if points is None else points
            raise self.error(f"the check of {name} needs points above 0, got {got}; add `:points: 4`")
        return int(value) if value == int(value) else value

    def _setup(self, source: str, options: dict[str, Any]) -> None:
        given = []
        for name in _listed(options.get("given")):
            piece = self.piece(name)
            if piece.graded:
                raise self.error(f"{name} is the student's to write; ask for it by `:exercise:` or `:with:`")
            given.append(piece.source)
        self.setups += 1
        code = "\n\n\n".join(part for part in (source.strip("\n"), *given) if part)
        self._marked(code, f"setup_{self.setups}")

    def piece(self, name: str) -> Piece:
        """The piece of the solution module called ``name``; CourseError if it is missing or used already."""
        if name not in self.pieces:
            raise self.error(
                f"it asks for {name or 'a function without a name'}, which {self.solution_name} "
                f"does not define{_near(name, self.pieces)}"
            )
        if name in self.asked:
            raise self.error(f"it asks for {name} twice; each function stands in one cell")
        self.asked.append(name)
        return self.pieces[name]

    def _marked(self, text: str, grade_id: str, *, markdown: bool = False, **mark: Any) -> None:
        nbgrader = {
            "schema_version": 3,
            "grade_id": grade_id,
            "grade": False,
            "solution": False,
            "locked": True,
            "task": False,
        } | mark
        made = nbformat.v4.new_markdown_cell if markdown else nbformat.v4.new_code_cell
        self.cells.append(made(text, metadata={"nbgrader": nbgrader}))


def _listed(option: Any) -> list[str]:
    return [name.strip() for name in str(option or "").split(",") if name.strip()]


def _near(name: str, known: Any) -> str:
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f". Did you mean {near[0]}?" if near else ""


def _metadata(text_name: str, front: dict[str, Any]) -> dict[str, Any]:
    """The notebook's metadata from the text's front matter; CourseError if a field is wrong."""
    title = front.get("title")
    if not isinstance(title, str) or not title.strip():
        raise CourseError(f"{text_name}: the front matter has no title; add `title: …` between `---` lines.")
    course: dict[str, Any] = {"title": title, "due": _due(text_name, front.get("due"))}
    if front.get("hours") is not None:
        if not isinstance(front["hours"], int | float) or front["hours"] <= 0:
            raise CourseError(f"{text_name}: hours must be a number above 0, got {front['hours']}.")
        course["hours"] = front["hours"]
    return {
        "course": course,
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }


def _due(text_name: str, due: Any) -> str:
    """The due date as ISO 8601 with its zone, or an empty string if there is none."""
    if due is None or due == "":
        return ""
    if isinstance(due, str):
        try:
            due = datetime.datetime.fromisoformat(due)
        except ValueError:
            due = str(due)
    if not isinstance(due, datetime.datetime) or due.tzinfo is None:
        raise CourseError(
            f"{text_name}: due must be a time with its zone, got {due}; write 2026-11-20T23:59:00+01:00."
        )
    return due.isoformat()
