"""Where a course keeps its pieces: one slug names a chapter in every room.

Paths only: nothing of the course is imported here. Reading order stands in ``_toc.yml`` and nowhere else.
"""

from __future__ import annotations

import difflib
import json
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

EXPERIMENTS = "experiments"  # the grade id of the line below which nothing runs while grading


class CourseError(Exception):
    """Bad input from the person at the keyboard: one sentence with the rule, the value, the cure."""


def squeezed(text: str) -> str:
    """``text`` without whitespace: what stays the same when a cell is indented or wrapped otherwise.

    >>> squeezed("x = [1,\\n     2]")
    'x=[1,2]'
    """
    return "".join(text.split())


@dataclass(frozen=True)
class Exercise:
    """One exercise as released: its name, its points and the stub that the student is given."""

    name: str
    points: float
    stub: str
    origin: str = ""  # of a carried part: the assignment that asked for it


@dataclass(frozen=True)
class Release:
    """A released student notebook, read from its JSON.

    ``setup`` are the locked cells' sources (imports, data, adapters) in order; ``due`` is an ISO 8601
    time with its zone, or empty. ``manual`` are the answers that a person marks, ``carried`` the parts that
    students bring along from earlier assignments.
    """

    slug: str
    title: str
    due: str
    exercises: tuple[Exercise, ...]
    setup: tuple[str, ...]
    notebook: dict
    manual: tuple[Exercise, ...] = ()
    carried: tuple[Exercise, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(exercise.name for exercise in self.exercises)

    @property
    def marked(self) -> tuple[Exercise, ...]:
        """All that there are points for, the answers that a person marks last."""
        return (*self.exercises, *self.manual)

    @property
    def coded(self) -> tuple[Exercise, ...]:
        """All that students answer in code."""
        return (*self.carried, *self.exercises)

    @cached_property
    def locked(self) -> dict[str, str]:
        """Grade id -> squeezed text of the code cells that are the course's: setup and checks."""
        found = {}
        for cell in self.notebook["cells"]:
            mark = cell["metadata"].get("nbgrader", {})
            if cell["cell_type"] == "code" and mark.get("locked"):
                found[mark.get("grade_id", "")] = squeezed("".join(cell["source"]))
        return found


@dataclass(frozen=True)
class Course:
    """The rooms of one course, below ``root``."""

    root: Path

    def chapter(self, slug: str) -> Path:
        return self.root / "book" / f"{slug}.md"

    def text(self, slug: str) -> Path:
        return self.root / "assignments" / f"{slug}.md"

    def released(self, slug: str) -> Path:
        return self.root / "assignments" / slug / f"{slug}.ipynb"

    def data(self, slug: str) -> tuple[Path, ...]:
        """The files beside the student notebook that it reads, by name; hidden ones are left out."""
        beside = self.released(slug).parent.glob("[!.]*")
        return tuple(sorted(path for path in beside if path.is_file() and path.suffix != ".ipynb"))

    def solution(self, slug: str) -> Path:
        return self.root / "solutions" / f"{slug}.py"

    def checks(self, slug: str) -> Path:
        return self.root / "autograder" / "checks" / f"test_{slug}.py"

    def mistakes(self, slug: str) -> Path:
        return self.root / "autograder" / "mistakes" / f"{slug}.py"

    def variants(self, slug: str) -> Path:
        return self.root / "autograder" / "variants" / f"{slug}.py"

    @property
    def build(self) -> Path:
        """Generated files; may be deleted at any time."""
        return self.root / "_build"

    @property
    def slugs(self) -> tuple[str, ...]:
        """The chapters that have an assignment, in reading order."""
        order = re.findall(r"^\s*-\s*file:\s*book/(\S+)\s*$", (self.root / "_toc.yml").read_text(), re.M)
        found = {path.stem for path in (self.root / "assignments").glob("*.md")}
        return tuple(
            sorted(found, key=lambda slug: (order.index(slug) if slug in order else len(order), slug))
        )

    def require(self, slug: str) -> str:
        """Return ``slug``, or say which assignment was probably meant."""
        if slug in self.slugs:
            return slug
        near = difflib.get_close_matches(slug, self.slugs, n=1, cutoff=0.5)
        cure = f"Did you mean {near[0]}?" if near else f"There are: {', '.join(self.slugs)}."
        raise CourseError(f"{slug}: no such assignment. {cure}")

    def release(self, slug: str) -> Release:
        """Read the released notebook of ``slug``; raises CourseError if it is missing."""
        path = self.released(self.require(slug))
        if not path.exists():
            raise CourseError(f"{slug} is not released yet: run `autograder release {slug}` first.")
        return read_release(slug, json.loads(path.read_text(encoding="utf-8")))


def read_release(slug: str, notebook: dict) -> Release:
    """The exercises, points and setup cells of a released notebook, in order."""
    exercises: dict[str, Exercise] = {}
    stubs: dict[str, str] = {}
    setup: list[str] = []
    manual: list[Exercise] = []
    carried: list[Exercise] = []
    for cell in notebook["cells"]:
        mark = cell["metadata"].get("nbgrader", {})
        source = cell["source"] if isinstance(cell["source"], str) else "".join(cell["source"])
        if mark.get("solution") and mark.get("grade"):
            manual.append(Exercise(mark["grade_id"], float(mark["points"]), source))
        elif mark.get("solution"):
            stubs[mark["grade_id"]] = source
            if origin := cell["metadata"].get("carried"):
                carried.append(Exercise(mark["grade_id"], 0.0, source, origin))
        elif mark.get("grade"):
            name = mark["grade_id"].removeprefix("check_")
            exercises[name] = Exercise(name, float(mark["points"]), stubs[name])
        elif mark.get("locked") and cell["cell_type"] == "code":
            setup.append(source)
    about = notebook["metadata"].get("course", {})
    return Release(
        slug,
        about.get("title", slug),
        about.get("due", ""),
        tuple(exercises.values()),
        tuple(setup),
        notebook,
        tuple(manual),
        tuple(carried),
    )


def find_root(start: Path) -> Path:
    """The course's root: the nearest folder at or above ``start`` that holds a ``_toc.yml``."""
    for folder in (start.resolve(), *start.resolve().parents):
        if (folder / "_toc.yml").exists():
            return folder
    raise CourseError(f"no course here: no _toc.yml in {start} or above; change into the course's folder.")
