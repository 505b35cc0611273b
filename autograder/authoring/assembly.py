"""Puts a notebook together, cell by cell, from an assignment's text and the pieces of its solution module."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import nbformat

from autograder.authoring.argument_checks import PREFIX, apart
from autograder.authoring.closing import hand_in, tally_code
from autograder.authoring.contract import markdown, shortened
from autograder.authoring.notebooks import misplaced_name
from autograder.authoring.places import book_address, links
from autograder.course.course import ASSIGNMENTS, Course, CourseError
from autograder.course.names import names_of
from autograder.course.release import CHALLENGE, DRAWING, EXPERIMENTS, PICTURE, TALLY, read_release
from autograder.course.source import BEGIN, END, Piece, cut, functions_of, read_pieces
from autograder.course.told import check_title, heading
from autograder.near import nearest

Complete = Callable[[Course, str], nbformat.NotebookNode]  # the complete notebook of another assignment

ROLES = ("exercise", "check", "setup", "carry", "manual", "picture", "experiments", "challenge")
ALLOWED = {
    "exercise": {"with", "read"},
    "check": {"points"},
    "setup": {"given"},
    "carry": {"from"},
    "manual": {"points"},
    "picture": set(),
    "experiments": set(),
    "challenge": set(),
    "": set(),
}

LONG_LINES = 12  # a given cell with more is folded

# A directive, role or label of Sphinx; also a code cell that is nested in a directive.
SPHINX_ONLY = re.compile(r"^[ \t>]*(?:`{3,}|~{3,}|:{3,})\{[\w-]+\}|\{[\w:-]+\}`|^\([\w-]+\)=", re.M)


class Assembly:
    """The cells made so far, and the names that they have taken from the solution module."""

    def __init__(
        self, course: Course, slug: str, text: list[nbformat.NotebookNode], complete: Complete
    ) -> None:
        self.course, self.slug, self.complete = course, slug, complete
        self.text_name, self.solution_name = (
            course.shown(path) for path in (course.text(slug), course.solution(slug))
        )
        self.pieces = read_pieces(course.solution(slug), self.solution_name)
        self.earlier: dict[str, nbformat.NotebookNode] = {}
        self.cells: list[nbformat.NotebookNode] = []
        self.asked: list[str] = []  # functions of the solution module, once each
        self.exercises: list[str] = []
        self.checked: list[str] = []
        self.setups = 0
        self.worth = {
            cell.metadata["check"]: cell.metadata.get("points") for cell in text if "check" in cell.metadata
        }
        self.count = sum(1 for cell in text if "exercise" in cell.metadata)

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
        self._close()
        try:
            misplaced = misplaced_name([cell for cell in self.cells if cell.cell_type == "code"])
        except SyntaxError as error:
            line = (error.text or "").strip()
            raise self.error(f"a code cell is not Python: {error.msg}: {line}") from error
        if misplaced:
            raise self.error(misplaced)

    def _close(self) -> None:
        """Fold long given cells, and add the tally and how to hand in."""
        for cell in self.cells:
            if _is_setup(cell) and cell.source.count("\n") >= LONG_LINES:
                _fold(cell, "# @title Given: run this cell, there is nothing to write in it")
        if not self.exercises:
            return
        by_hand = any(cell.cell_type == "markdown" and "nbgrader" in cell.metadata for cell in self.cells)
        base = book_address(self.course)
        self.cells.append(nbformat.v4.new_markdown_cell(hand_in(self.course, self.slug, by_hand, base)))
        points = {name: self._points(self.worth.get(name), name) for name in self.exercises}
        self._marked(tally_code(points), TALLY)
        _fold(self.cells[-1])

    def head(self, sentence: str) -> None:
        """Put a sentence below the notebook's title."""
        if self.cells[0].cell_type != "markdown" or not self.cells[0].source.startswith("# "):
            raise self.error("the first cell must be text that begins with the title, '# …'")
        title, _, text = self.cells[0].source.partition("\n")
        self.cells[0].source = f"{title}\n\n{sentence}\n{text}"

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
        self._describe(name, [name, *(other for other in ordered if other != name)], options.get("read"))
        code = "\n\n\n".join(self._short(known) for known in ordered)
        self._marked(code, name, solution=True, locked=False)

    def _describe(self, name: str, functions: list[str], read: Any) -> None:
        """The Markdown above an exercise: a heading, the contracts of its functions, where to read on."""
        points = self._points(self.worth[name], name) if name in self.worth else None
        text = [cell for cell in self.cells if cell.cell_type == "markdown"]
        marks = "###" if any(re.search(r"^## ", cell.source, re.M) for cell in text) else "##"
        parts = [heading(marks, len(self.exercises), self.count, name, points)]
        if text and text[-1] is self.cells[-1]:
            before, own = own_words(self.cells.pop().source)
            self.cells += [nbformat.v4.new_markdown_cell(before)] if before else []
            parts.append(own)
        parts += [markdown(self.pieces[known].source, helper=known != name) for known in functions]
        try:
            parts.append(links(self.course, _listed(read)))
        except ValueError as error:
            raise self.error(f"the exercise {name} names {error}") from error
        self.cells.append(nbformat.v4.new_markdown_cell("\n\n".join(filter(None, parts))))

    def _short(self, name: str) -> str:
        """The code of a function to write, its docstring shortened, its argument checks in a setup cell."""
        given = [cell for cell in self.cells if _is_setup(cell)]
        source = shortened(self.pieces[name].source)
        if not given:
            return source
        known = set().union(*(names_of(cell.source)[0] for cell in given))
        source, checks = apart(source, known)
        _append(given[-1], checks)
        return source

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
        source = f"{check_title(name, points)}\n{source}"
        self._marked(source, f"check_{name}", grade=True, points=points)
        self.cells[-1].metadata["tags"] = ["raises-exception"]  # what is below runs all the same

    def _carry(self, source: str, options: dict[str, Any]) -> None:
        """Copy cells of an earlier assignment by their grade ids, for answers that students bring along."""
        origin = str(options.get("from") or "")
        if source.strip():
            raise self.error("a cell with :carry: holds code; its code comes from the earlier assignment")
        if origin == self.slug:
            raise self.error(f"it carries cells from {origin}, which is this assignment itself")
        if origin not in self.earlier:
            self.earlier[origin] = self.complete(self.course, origin)
        cells = {
            cell.metadata.get("nbgrader", {}).get("grade_id"): cell for cell in self.earlier[origin].cells
        }
        asked = read_release(origin, self.earlier[origin]).names
        for name in _listed(options["carry"]):
            if name not in asked:
                raise self.error(f"{origin} has no exercise {name or 'without a name'}{_near(name, asked)}")
            for function in cut(cells[name].source):
                self.piece(function)
            self._bring_argument_checks(cells[name].source, self.earlier[origin])
            self._marked(cells[name].source, name, solution=True, locked=False)
            self.cells[-1].metadata["carried"] = origin

    def _bring_argument_checks(self, answer: str, earlier: nbformat.NotebookNode) -> None:
        """Put the argument checks that a carried answer calls into a setup cell of this notebook."""
        theirs = "\n\n\n".join(cell.source for cell in earlier.cells if _is_setup(cell))
        checks = [
            source
            for name, source in functions_of(theirs).items()
            if name.startswith(PREFIX) and f"{name}(" in answer
        ]
        given = [cell for cell in self.cells if _is_setup(cell)]
        if checks and not given:
            raise self.error(
                "it carries cells above its first :setup: cell; their argument checks belong there"
            )
        for source in checks:
            _append(given[-1], source.rstrip())

    def _manual(self, source: str, options: dict[str, Any]) -> None:
        name = str(options["manual"] or "")
        if source.strip() or not name.isidentifier():
            raise self.error(
                f"the cell `:manual: {name}` needs a name and no text; what is asked stands above it"
            )
        points = self._points(options.get("points"), name)
        self._marked("", name, markdown=True, solution=True, grade=True, locked=False, points=points)

    def _picture(self, source: str, options: dict[str, Any]) -> None:
        """A picture of what a student's function does; the first one brings the tools that draw."""
        name = str(options["picture"] or "")
        if not name.isidentifier():
            raise self.error("a cell with :picture: needs the name of its exercise")
        ids = [cell.metadata.get("nbgrader", {}).get("grade_id", "") for cell in self.cells]
        if DRAWING not in ids:
            path = self.course.root / ASSIGNMENTS / f"{DRAWING}.py"
            if not path.exists():
                raise self.error(f"a :picture: is drawn with {self.course.shown(path)}, which is missing")
            self._marked(path.read_text(encoding="utf-8").rstrip("\n"), DRAWING)
            tools = self.cells.pop()
            _fold(tools, "# @title Given: draws the pictures, never while grading")
            first = next((n for n, one in enumerate(ids) if one.startswith("setup_")), -1)
            self.cells.insert(first + 1, tools)
        self._marked(source, f"{PICTURE}{name}", locked=False)  # students turn its numbers
        _fold(self.cells[-1], f"# @title Picture: what your {name} does")

    def _experiments(self, source: str, options: dict[str, Any]) -> None:
        if any(cell.metadata.get("nbgrader", {}).get("grade_id") == EXPERIMENTS for cell in self.cells):
            raise self.error("it has two lines of :experiments:; one ends the graded code")
        self._marked(source, EXPERIMENTS, markdown=True)

    def _challenge(self, source: str, options: dict[str, Any]) -> None:
        if any(cell.metadata.get("nbgrader", {}).get("grade_id") == CHALLENGE for cell in self.cells):
            raise self.error("it has two cells of :challenge:; one number to beat is enough")
        self._marked(source, CHALLENGE, locked=False)
        self.cells[-1].metadata["tags"] = ["raises-exception"]  # what is below runs all the same

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


def _is_setup(cell: nbformat.NotebookNode) -> bool:
    return cell.metadata.get("nbgrader", {}).get("grade_id", "").startswith("setup_")


def _fold(cell: nbformat.NotebookNode, title: str = "") -> None:
    """Let Jupyter and Colab show the first line of a given cell only, until somebody unfolds it."""
    cell.source = "\n".join(filter(None, (title, cell.source)))
    cell.metadata["jupyter"] = {"source_hidden": True}
    cell.metadata["cellView"] = "form"


def _append(cell: nbformat.NotebookNode, source: str) -> None:
    """Put a function below the code of ``cell``, unless there is none."""
    if source:
        cell.source = "\n\n\n".join(filter(None, (cell.source, source)))


def _listed(option: Any) -> list[str]:
    return [name.strip() for name in str(option or "").split(",") if name.strip()]


def _near(name: str, known: Any) -> str:
    near = nearest(name, known)
    return f". Did you mean {near}?" if near else ""


def own_words(text: str) -> tuple[str, str]:
    """What stands above an exercise: what belongs to the one before or opens a section, and its own words."""
    before, fold, own = text.rpartition("</details>")
    return (text, "") if re.search(r"^#", own, re.M) else (before + fold, own.strip())
