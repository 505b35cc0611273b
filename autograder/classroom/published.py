"""The marks as they were last published, and under what circumstances: what a change is told against."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from autograder.classroom.grader import content_files, engine_files
from autograder.classroom.runner import secret_seed
from autograder.course.course import Course
from autograder.files import write_if_new
from autograder.submissions.handin import Handin
from autograder.submissions.notebook_file import read_handed


@dataclass(frozen=True)
class Mark:
    """One student's published mark: what counts, the points before lateness, a person's part, the file."""

    final: float | None
    points: float | None
    by_hand: str = ""
    file: str = ""


@dataclass(frozen=True)
class Published:
    """The marks of one assignment; ``under`` holds a hash for each thing that marks depend on."""

    marks: Mapping[str, Mark]
    under: Mapping[str, str]


@dataclass(frozen=True)
class Change:
    """One student whose mark is another than before, and why."""

    student: str
    before: float | None
    after: float | None
    why: str

    @property
    def loses(self) -> bool:
        """Whether a point is lost; a mark that is gone is a loss."""
        return self.before is not None and (self.after is None or self.after < self.before - 1e-9)


def published_path(term: Path, slug: str) -> Path:
    return term / "published" / f"{slug}.json"


def load_published(term: Path, slug: str) -> Published | None:
    path = published_path(term, slug)
    if not path.exists():
        return None
    data = json.loads(path.read_text(encoding="utf-8"))
    return Published({student: Mark(**mark) for student, mark in data["marks"].items()}, data["under"])


def save_published(term: Path, slug: str, published: Published) -> None:
    marks = {student: asdict(mark) for student, mark in published.marks.items()}
    text = json.dumps({"marks": marks, "under": dict(published.under)}, indent=1, sort_keys=True)
    write_if_new(published_path(term, slug), f"{text}\n".encode())


def circumstances(course: Course, slug: str, term: Path) -> dict[str, str]:
    """A hash for each of: the assignment with its checks, the engine, the round of hidden questions."""
    return {
        "the checks": _hash([*content_files(course, slug), course.solution(slug)]),
        "the grader": _hash(engine_files()),
        "the settings": hashlib.sha256(course.selection.text(slug).encode()).hexdigest()[:16],
        "the round": hashlib.sha256(secret_seed(term, slug).encode()).hexdigest()[:16],
    }


def file_digest(handin: Handin) -> str:
    return read_handed(handin.path).digest.hex()[:16]


def _hash(paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.name.encode() + b"\0" + (path.read_bytes() if path.exists() else b"") + b"\0")
    return digest.hexdigest()[:16]


def changes(before: Published | None, after: Published) -> list[Change]:
    """Whose mark changed, by name; nothing if none was published before."""
    if before is None:
        return []
    found = []
    for student, mark in sorted(after.marks.items()):
        old = before.marks.get(student)
        if old is not None and not _same(old.final, mark.final):
            why = ", ".join(_reasons(old, mark, before.under, after.under))
            found.append(Change(student, old.final, mark.final, why))
    return found


def _reasons(old: Mark, new: Mark, before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    if _same(old.points, new.points):
        return ["the settings"]
    if old.file != new.file:
        return ["another hand-in"]
    if old.by_hand != new.by_hand:
        return ["a person's mark"]
    return [name for name in after if before.get(name, after[name]) != after[name]] or ["graded again"]


def _same(one: float | None, other: float | None) -> bool:
    return one is other is None or (one is not None and other is not None and abs(one - other) < 1e-9)
