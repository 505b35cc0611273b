"""The files and folders of a course: a chapter has the same slug in all of them.

Only paths are computed; nothing of the course is imported here. The reading order is defined by ``_toc.yml``
alone.
"""

from __future__ import annotations

import datetime
import json
import re
from dataclasses import dataclass, replace
from pathlib import Path

from autograder.course.release import Release, read_release
from autograder.course.selection import EVERYTHING, Selection, selected
from autograder.near import meant

BOOK, ASSIGNMENTS, SOLUTIONS, INSTRUCTORS = "book", "assignments", "solutions", "autograder"
PRIVATE = (SOLUTIONS, INSTRUCTORS)
PUBLIC = (
    BOOK,
    ASSIGNMENTS,
    "environment.yml",
    "requirements-students.txt",
    "_config.yml",
    "_toc.yml",
    "LICENSE",
)  # what the bundle is made of


class CourseError(Exception):
    """Bad input from the user; the message is one sentence with the rule, the value and the cure."""


@dataclass(frozen=True)
class Course:
    """The files and folders of one course, below ``root``.

    ``selection`` is what a term leaves out: its assignments are none of the course's, and its notebooks are
    read without what is left out of them.
    """

    root: Path
    selection: Selection = EVERYTHING

    @property
    def whole(self) -> Course:
        """The same course with nothing left out."""
        return replace(self, selection=EVERYTHING)

    def chapter(self, slug: str) -> Path:
        return self.root / BOOK / f"{slug}.md"

    def text(self, slug: str) -> Path:
        return self.root / ASSIGNMENTS / f"{slug}.md"

    def released(self, slug: str) -> Path:
        return self.root / ASSIGNMENTS / slug / f"{slug}.ipynb"

    def data(self, slug: str) -> tuple[Path, ...]:
        """The data files next to the student notebook, sorted by name, without hidden ones."""
        files = self.released(slug).parent.glob("[!.]*")
        return tuple(sorted(path for path in files if path.is_file() and path.suffix != ".ipynb"))

    def solution(self, slug: str) -> Path:
        return self.solutions / f"{slug}.py"

    @property
    def solutions(self) -> Path:
        """Where every chapter has its reference implementations, beside what several chapters share."""
        return self.root / SOLUTIONS

    @property
    def chapters(self) -> Path:
        """The folder with one folder for each chapter, and the files that several chapters share."""
        return self.root / INSTRUCTORS / "chapters"

    def content(self, slug: str) -> Path:
        """The folder of a chapter's hidden checks, mistakes and variants, with one file for each exercise."""
        return self.chapters / slug

    @property
    def build(self) -> Path:
        """Generated files; may be deleted at any time."""
        return self.root / "_build"

    @property
    def order(self) -> list[str]:
        """The chapters of the book in reading order, whether they have an assignment or not."""
        toc = (self.root / "_toc.yml").read_text(encoding="utf-8")
        return re.findall(rf"^\s*-\s*file:\s*{BOOK}/(\S+)\s*$", toc, re.M)

    def shown(self, path: Path) -> str:
        """``path`` as it is named to people: from the course's folder."""
        return path.relative_to(self.root).as_posix()

    @property
    def slugs(self) -> tuple[str, ...]:
        """The chapters that have an assignment, in reading order."""
        order = self.order
        found = {path.stem for path in (self.root / ASSIGNMENTS).glob("*.md")} - self.selection.chapters
        return tuple(
            sorted(found, key=lambda slug: (order.index(slug) if slug in order else len(order), slug))
        )

    def require(self, slug: str) -> str:
        """Return ``slug``; CourseError, with the assignment that was probably meant, if there is none."""
        if slug in self.slugs:
            return slug
        if slug in self.selection.chapters:
            raise CourseError(f"{slug} is left out of this term; its settings (`leave_out`) say so.")
        raise CourseError(f"{slug}: no such assignment. {meant(slug, self.slugs)}")

    def release(self, slug: str) -> Release:
        """Read the released notebook of ``slug``; raises CourseError if it is missing."""
        path = self.released(self.require(slug))
        if not path.exists():
            raise CourseError(f"{slug} is not released yet: run `autograder release {slug}` first.")
        return read_release(slug, self.notebook(slug), self.due(slug))

    def due(self, slug: str) -> str:
        """The due time in an assignment's text: a term without one of its own goes by it; empty without it.

        ISO 8601 with its zone; anything else is a CourseError.
        """
        path = self.text(slug)
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        head = re.match(r"---\n(.*?\n)---\n", text, re.S)
        said = re.search(r"""^due: *["']?([^"'\n]+)""", head[1], re.M) if head else None
        if said is None:
            return ""
        try:
            due = datetime.datetime.fromisoformat(said[1].strip())
        except ValueError:
            due = None
        if due is None or due.tzinfo is None:
            raise CourseError(
                f"{self.shown(path)}: due must be a time with its zone, got {said[1].strip()}; write "
                "2026-11-20T23:59:00+01:00."
            )
        return due.isoformat()

    def notebook(self, slug: str) -> dict:
        """The released notebook of ``slug`` as the term has it."""
        whole = json.loads(self.released(slug).read_text(encoding="utf-8"))
        return selected(whole, self.selection.left_out_of(slug), self.selection.points_of(slug))


def find_root(start: Path) -> Path:
    """The course's root: the nearest folder at or above ``start`` that holds a ``_toc.yml``."""
    for folder in (start.resolve(), *start.resolve().parents):
        if (folder / "_toc.yml").exists():
            return folder
    raise CourseError(f"no course here: no _toc.yml in {start} or above; change into the course's folder.")
