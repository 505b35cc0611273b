"""Attacks as data: reads the files of ``corpus`` and writes the submissions that they describe.

A file holds a header of ``key: value`` lines, then parts, each after a line ``--- kind``::

    tries: the attack in one sentence
    verdict: the expected one of the whole submission (``error or timeout`` where it depends on timing)
    score: the expected marks, or none
    solves: exercises that are answered honestly, by the reference
    nbgrader: why it is not run against stock nbgrader (without this key it is run)
    note: words that the report's notes must hold
    named: words that the report's sentences on borrowed work must hold
    link: the handed-in file is a symbolic link to this       pipe: it is a named pipe
    sparse: it is a hole of so many bytes       folder_link: the student's folder is a link to this
    on: the course's own assignments that it is tried on, or ``all``; then ``solves`` may be ``all``, and
        ``score`` is ``full``, ``any`` or a number, of the exercises that are answered in code

    --- heavy_step           the source of that exercise's answer cell
    --- first                a cell of the student's own at the top; also ``last``
    --- first, 2000 cells    this many of them; ``@N@`` is each one's number
    --- slope, 5000 times    the text this many times in one cell
    --- patch                JSON: ``cells`` by grade id (an object is merged, null deletes), ``metadata``,
                             ``add`` more cells
    --- file, 9000 times     the whole file, instead of a notebook
    --- timestamp            the text of timestamp.txt

``@COURSE@``, ``@TERM@``, ``@HOME@``, ``@PORT@`` (of the listener), ``@PID@`` (the grader's) and ``@MARK@``
(the word that identifies traces of this attack) are filled in.
"""

from __future__ import annotations

import copy
import json
import math
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from autograder.course.cells import written
from autograder.course.course import Course, CourseError
from autograder.course.release import EXPERIMENTS, Release
from autograder.course.source import functions_of
from autograder.grading.verdict import Verdict

KEYS = {"tries", "verdict", "score", "solves", "nbgrader", "note", "named", "link", "pipe"}
KEYS |= {"sparse", "folder_link", "on"}
FULL, ANY = math.inf, math.nan  # scores of an attack on a real assignment
_PART = re.compile(r"^--- (\w+)(?:, (\d+) (times|cells))?$", re.M)


@dataclass(frozen=True)
class Part:
    kind: str
    text: str
    count: int = 1
    unit: str = "times"

    def texts(self) -> list[str]:
        """The sources of the cells of this part, or its one text."""
        each = [self.text.replace("@N@", str(number)) for number in range(self.count)]
        return each if self.unit == "cells" else ["".join(each)]


CORPUS = Path(__file__).with_name("corpus")


@dataclass(frozen=True)
class Attack:
    """One file of the corpus; ``family`` is the first word of its name."""

    name: str
    tries: str
    verdicts: tuple[str, ...]
    score: float | None
    parts: tuple[Part, ...] = ()
    solves: tuple[str, ...] = ()
    nbgrader: str = ""
    note: str = ""
    named: str = ""
    link: str = ""
    pipe: str = ""
    sparse: str = ""
    folder_link: str = ""
    on: str = ""

    @property
    def family(self) -> str:
        return self.name.partition("_")[0]


def read_corpus(folder: Path, course: Course | None = None) -> tuple[Attack, ...]:
    """Every attack of ``folder``, and those on the exercises of ``course``, by name."""
    own = course.chapters.glob("*/attacks/*.txt") if course else ()
    paths = sorted((*folder.glob("*.txt"), *own), key=lambda path: path.name)
    if not paths:
        raise CourseError(f"no attacks in {folder}: they are part of the package; install it anew.")
    return tuple(read_attack(path.stem, path.read_text(encoding="utf-8")) for path in paths)


def read_attack(name: str, text: str) -> Attack:
    """Parse one file; a wrong key, part or verdict raises CourseError."""
    head, *rest = _PART.split(text)
    keys = dict(line.partition(": ")[::2] for line in head.strip().splitlines())
    if not {"tries", "verdict", "score"} <= keys.keys() <= KEYS:
        raise CourseError(f"{name}: the header has tries, verdict, score; it may have {sorted(KEYS)}")
    groups = zip(rest[::4], rest[1::4], rest[2::4], rest[3::4], strict=True)
    parts = (Part(kind, body.strip("\n"), int(n or 1), unit or "times") for kind, n, unit, body in groups)
    score = keys.pop("score")
    return Attack(
        name,
        verdicts=tuple(Verdict(one).value for one in keys.pop("verdict").split(" or ")),
        score={"none": None, "full": FULL, "any": ANY}[score] if score.isalpha() else float(score),
        parts=tuple(
            part if part.unit == "cells" or part.count == 1 else Part(part.kind, part.text + "\n", part.count)
            for part in parts
        ),
        solves=tuple(keys.pop("solves", "").split()),
        **keys,
    )


def hand_in(attack: Attack, release: Release, solution: str, path: Path, places: Mapping[str, str]) -> None:
    """Write the submission's notebook to ``path``, and its timestamp beside it."""
    if attack.folder_link:
        path.parents[2].mkdir(parents=True, exist_ok=True)
        path.parents[1].symlink_to(fill(attack.folder_link, places))
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    stamps = [part for part in attack.parts if part.kind == "timestamp"]
    for part in stamps:
        path.with_name("timestamp.txt").write_text(fill(part.texts()[0], places), encoding="utf-8")
    if attack.link:
        path.symlink_to(fill(attack.link, places))
    elif attack.pipe:
        os.mkfifo(path)
    elif attack.sparse:
        path.touch()
        os.truncate(path, int(attack.sparse))
    else:
        whole = [part for part in attack.parts if part.kind == "file"]
        text = whole[0].texts()[0] if whole else json.dumps(_notebook(attack, release, solution), indent=1)
        path.write_text(fill(text, places), encoding="utf-8")


def fill(text: str, places: Mapping[str, str]) -> str:
    """``text`` with each ``@NAME@`` replaced by the value in ``places``."""
    return re.sub(r"@([A-Z]+)@", lambda found: places.get(found[1], found[0]), text)


def answer(release: Release, solution: str, name: str) -> str:
    """The reference's answer to one exercise, as a cell."""
    stub = next(exercise.stub for exercise in release.exercises if exercise.name == name)
    functions = functions_of(solution)
    return "\n\n".join(functions[function] for function in functions_of(stub))


def _notebook(attack: Attack, release: Release, solution: str) -> dict:
    notebook = copy.deepcopy(release.notebook)
    cells = notebook["cells"]
    if attack.solves == ("all",):
        for name, text in written(release.coded, solution, {}).items():
            _cell(cells, name)["source"] = text
    for name in attack.solves if attack.solves != ("all",) else ():
        _cell(cells, name)["source"] = answer(release, solution, name)
    for part in attack.parts:
        if part.kind in release.names:
            _cell(cells, part.kind)["source"] = part.texts()[0]
        elif part.kind == "first":
            cells[1:1] = [_own(f"first-{number}", text) for number, text in enumerate(part.texts())]
        elif part.kind == "last":
            line = [place for place, cell in enumerate(cells) if _grade_id(cell) == EXPERIMENTS]
            end = line[0] if line else len(cells)  # what stands below that line does not run
            cells[end:end] = [_own(f"last-{number}", text) for number, text in enumerate(part.texts())]
        elif part.kind == "patch":
            notebook = _patched(notebook, json.loads(part.text))
            cells = notebook["cells"]
        elif part.kind not in {"file", "timestamp"}:
            raise CourseError(f"{attack.name}: no such part as {part.kind}")
    return notebook


def _patched(notebook: dict, patch: dict) -> dict:
    for grade_id, change in patch.get("cells", {}).items():
        cell = _cell(notebook["cells"], grade_id)
        if change is None:
            notebook["cells"].remove(cell)
        else:
            cell.update(_merged(cell, change))
    notebook["metadata"] = _merged(notebook["metadata"], patch.get("metadata", {}))
    notebook["cells"] += [{**_own(f"added-{n}", ""), **cell} for n, cell in enumerate(patch.get("add", ()))]
    return notebook


def _merged(old: dict, new: dict) -> dict:
    both = {key: _merged(old[key], new[key]) for key in old.keys() & new.keys() if isinstance(new[key], dict)}
    return {**old, **new, **both}


def _cell(cells: list[dict], grade_id: str) -> dict:
    return next(cell for cell in cells if _grade_id(cell) == grade_id)


def _grade_id(cell: dict) -> str:
    return cell["metadata"].get("nbgrader", {}).get("grade_id", "")


def _own(ending: str, source: str) -> dict:
    plain: dict = {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": []}
    return {**plain, "id": ending, "source": source}
