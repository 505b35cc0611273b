"""Reads a submission, however damaged, by comparison with the released notebook.

The file's own structure is not trusted. Cells are matched with the release by grade id, or by their text if
the id is lost. What can be read is used and the rest is noted; for an unreadable file there is a sentence
that says what to do.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from autograder.course.jupyter import parses, strip_magics
from autograder.course.release import EXPERIMENTS, SHOWING, Release, squeezed
from autograder.course.told import without_points
from autograder.submissions.display import Shown, shown_cells
from autograder.submissions.notebook_file import (
    Cell,
    Handed,
    Unreadable,
    cells_of,
    defined,
    load_notebook,
    read_handed,
    read_timestamp,
    similar_name,
)

MAX_CELL_CHARS = 2**18  # Python's parser needs a thousand times its input in memory
MAX_CODE_CHARS = 2**20
MAX_CELLS = 2_000
MAX_NOTES = 20


@dataclass(frozen=True)
class Submission:
    """The content of a submission.

    ``sources`` are the student's code cells in order, without setup and check cells. ``answers`` maps an
    exercise to the cell that answers it, in code or in words, and ``places`` to that cell's place among
    ``sources``. ``experiments`` are the cells below the line of
    that name, which do not run. If nothing was readable, ``problem`` says why and the other fields, except
    ``timestamp``, are empty.
    """

    sources: tuple[str, ...] = ()
    answers: dict[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    timestamp: str | None = None
    problem: str | None = None
    experiments: tuple[Shown, ...] = ()
    places: dict[str, int] = field(default_factory=dict)

    def place(self, exercise: str) -> int:
        """Which of ``sources`` is the last one to answer ``exercise`` in code; -1 if none does."""
        return self.places.get(exercise, -1)

    @cached_property
    def defined(self) -> tuple[str, ...]:
        """The names of the sources' top-level functions and classes, once for each definition."""
        return tuple(name for source in self.sources for name in defined(source))


def read_submission(path: Path, release: Release, handed: Handed | None = None) -> Submission:
    """Read the notebook at ``path``, or what was ``handed`` in there; never raises, whatever that holds.

    Where another notebook in its folder answers more exercises, or as many in another way, a note says so.
    If this one answers none or cannot be read, nothing is graded: the other may be the one that was meant.
    """
    handed = handed or read_handed(path)
    own = _read(handed, release, read_timestamp(path.parent))
    done = _attempted(own, release)
    others = {name: _read(one, release) for name, one in handed.beside.items()}
    name = max(others, key=lambda one: len(_attempted(others[one], release)), default="")
    answered = _attempted(others[name], release) if name else {}
    if not name or len(answered) < max(1, len(done)) or answered == done:
        return own
    many = f"{len(answered)} exercise{'s' if len(answered) > 1 else ''}"
    if own.problem or not done:
        why = own.problem or f"{path.name} is as it was given out."
        cure = f"If that is the one to grade, hand it in alone, under the name {path.name}."
        problem = f"{why} {name} beside it answers {many}. {cure}"
        return Submission(timestamp=own.timestamp, problem=problem)
    here = f"this one {len(done)}" if len(answered) > len(done) else "as many as this one, in another way"
    more = f"{name} beside {path.name} answers {many}, {here}; this one was graded."
    return replace(own, notes=(*own.notes, more))


def _attempted(submission: Submission, release: Release) -> dict[str, str]:
    """The answers without white space, of those exercises that are not the released stub any more."""
    stubs = {exercise.name: squeezed(exercise.stub) for exercise in release.coded}
    answers = {name: squeezed(text) for name, text in submission.answers.items()}
    return {name: text for name, text in answers.items() if text != stubs.get(name)}


def _read(handed: Handed, release: Release, timestamp: str | None = None) -> Submission:
    try:
        notebook = load_notebook(handed)
        notes: list[str] = []
        found = _first(cells_of(notebook), notes)
        if found and not _belongs(notebook, found, release):
            raise Unreadable(
                f"None of this assignment's exercises ({', '.join(release.names)}) is in the notebook; it "
                "may be another assignment's. Hand in the one that you wrote your answers to "
                f"{release.title!r} in."
            )
    except Unreadable as error:
        return Submission(timestamp=timestamp, problem=str(error))
    sources: list[str] = []
    places: dict[str, int] = {}
    answers = _in_words(found, release)
    found, below = _divided(found, release)
    for cell in _own(found, release, notes):
        sources.append(strip_magics(cell.source))
        name, again = _answered(cell, release, answers)
        if again:
            notes.append(f"There are two cells for {again}; both ran, the later definition counts.")
        if name:
            answers[name], places[name] = cell.source, len(sources) - 1
    if not sources:
        return Submission(
            timestamp=timestamp,
            problem="The notebook holds no code cell; hand in the notebook that you wrote your answers in.",
        )
    experiments = shown_cells([cell for cell in below if cell not in found])
    return Submission(tuple(sources), answers, _bounded(notes), timestamp, None, experiments, places)


def _belongs(notebook: dict, cells: list[Cell], release: Release) -> bool:
    """Whether anything in the notebook shows that it belongs to this assignment."""
    metadata = notebook.get("metadata")
    about = metadata.get("course") if isinstance(metadata, dict) else None
    if isinstance(about, dict) and about.get("title") == release.title:
        return True
    ids = {*release.names, *(f"check_{name}" for name in release.names)}
    texts = {text for name, text in release.locked.items() if name.startswith("check_")}
    if any(cell.grade_id in ids or _as_given(cell) in texts for cell in cells):
        return True
    found = frozenset().union(*(cell.defines for cell in cells))
    return any(similar_name(name, found, 0.8) for name in release.names)


def _first(cells: list[Cell], notes: list[str]) -> list[Cell]:
    """The first cells, up to the limits on number and size; ``notes`` says which were left out."""
    if len(cells) > MAX_CELLS:
        notes.append(
            f"The notebook has {len(cells)} cells; those after the first {MAX_CELLS} were left out. "
            "Delete what is not yours."
        )
    total = 0
    for place, cell in enumerate(cells[:MAX_CELLS]):
        if len(cell.source) <= MAX_CELL_CHARS and (cell.kind == "code" or cell.defines):
            total += len(cell.source)
        if total > MAX_CODE_CHARS:
            notes.append(
                f"The notebook holds more than {MAX_CODE_CHARS // 10**6} million characters of code; cell "
                f"{place + 1} and those after it were left out. Put data into a file, not into cells."
            )
            return cells[:place]
    return cells[:MAX_CELLS]


def _in_words(cells: list[Cell], release: Release) -> dict[str, str]:
    """The answers that a person marks, without those that are unchanged from the release."""
    stubs = {exercise.name: squeezed(exercise.stub) for exercise in release.manual}
    return {
        cell.grade_id: cell.source
        for cell in cells
        if cell.grade_id in stubs and cell.squeezed != stubs[cell.grade_id]
    }


def _divided(cells: list[Cell], release: Release) -> tuple[list[Cell], list[Cell]]:
    """The cells that are graded, and the cells below the line of experiments.

    A cell that defines a requested function is an answer wherever it is, so it may be in both lists.
    """
    line = next((place for place, cell in enumerate(cells) if cell.grade_id == EXPERIMENTS), len(cells))
    asked = {name for exercise in release.coded for name in defined(exercise.stub)}
    below = cells[line + 1 :]
    return cells[:line] + [cell for cell in below if cell.kind == "code" and cell.defines & asked], below


def _own(cells: list[Cell], release: Release, notes: list[str]) -> list[Cell]:
    """The cells with the student's own code, in order, without given cells and superfluous stubs.

    An answer in a given cell, or in a cell that was turned into text, still counts; ``notes`` says so.
    """
    given = release.locked
    texts, names = set(given.values()), frozenset(exercise.name for exercise in release.coded)
    coded = frozenset().union(*(cell.defines for cell in cells if cell.kind == "code"))
    own, changed = [], []
    for cell in cells:
        answers = cell.defines & names
        if _as_given(cell) in texts:
            continue
        if len(cell.source) > MAX_CELL_CHARS:
            if cell.kind == "code":
                size = f"{len(cell.source) // 1000} thousand characters"
                notes.append(f"A cell of {size} was left out; put data into a file, not into a cell.")
            continue
        if cell.kind != "code":
            if not answers or answers & coded or not parses(cell.source):
                continue
            name = min(answers)
            notes.append(
                f"The cell of {name} is no code cell any more; it was run all the same. "
                "Turn it back into code (Esc, then Y)."
            )
        elif cell.grade_id.startswith(("check_", "setup_", *SHOWING)) and not answers:
            if cell.grade_id in given and not cell.grade_id.startswith(SHOWING):
                changed.append(cell.grade_id)
            continue
        own.append(cell)
    if changed:
        notes.append(_used_as_released(changed))
    return _without_stubs(own, release, notes)


def _as_given(cell: Cell) -> str:
    """The cell's text as ``Release.locked`` has it: a copy of an earlier release may tell other points."""
    return squeezed(without_points(cell.source)) if cell.source.startswith("# Check of ") else cell.squeezed


def _used_as_released(names: list[str]) -> str:
    """One sentence on given cells that the student changed.

    >>> _used_as_released(["check_a", "check_b"])[:66]
    'The cells check_a, check_b are given and were used as released, wi'
    """
    given = (
        f"cells {', '.join(names)} are given and were"
        if len(names) > 1
        else f"cell {names[0]} is given and was"
    )
    return f"The {given} used as released, without your changes; put code of yours into a cell of your own."


def _without_stubs(cells: list[Cell], release: Release, notes: list[str]) -> list[Cell]:
    """``cells`` without copies of a released stub whose functions other cells define.

    In Jupyter a stub below the answer would undo it, until the answer's cell runs again: ``notes`` says so.
    """
    for exercise in release.coded:
        name, stub = exercise.name, squeezed(exercise.stub)
        asked = frozenset(defined(exercise.stub))
        others = [cell for cell in cells if cell.squeezed != stub]
        stubs = [cell for cell in cells if cell.squeezed == stub]
        if not (asked and stubs and asked <= frozenset().union(*(cell.defines for cell in others))):
            continue
        if any(cell.grade_id == name for cell in others) or not any(cell.grade_id == name for cell in stubs):
            notes.append(
                f"A copy of {name} as released was left out; what you wrote in the other cell counts."
            )
            cells = others
        elif max(cells.index(cell) for cell in others if cell.defines & asked) < cells.index(stubs[-1]):
            notes.append(f"The cell of {name} as released stands below your answer; it was left out.")
            cells = others
    return cells


def _answered(cell: Cell, release: Release, answers: dict[str, str]) -> tuple[str | None, str | None]:
    """The exercise that a cell answers, and one that it answers again; definitions count before grade ids."""
    names = [exercise.name for exercise in release.coded]
    here = [name for name in names if name in cell.defines]
    if cell.grade_id in names and (cell.grade_id in here or not here):
        return cell.grade_id, cell.grade_id if cell.grade_id in answers else None
    new = next((name for name in here if name not in answers), None)
    return new, here[0] if here and not new else None


def _bounded(notes: list[str]) -> tuple[str, ...]:
    """The notes without repeats, at most MAX_NOTES of them and the number of the others."""
    once = list(dict.fromkeys(notes))
    more = [f"There are {len(once) - MAX_NOTES} more notes of this kind."] if len(once) > MAX_NOTES else []
    return (*once[:MAX_NOTES], *more)
