"""Who marks whose words, and who marked what: kept in ``marking/<assignment>.json`` of the term."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from autograder.files import write_whole


@dataclass(frozen=True)
class Marked:
    """One mark by a person: who gave it, and for which words (their digest)."""

    by: str
    score: float
    comment: str = ""
    words: str = ""


@dataclass(frozen=True)
class Marking:
    """``first`` and ``second`` say by student who marks; marks are by student, exercise and marker."""

    first: dict[str, str] = field(default_factory=dict)
    second: dict[str, str] = field(default_factory=dict)
    marks: dict[str, dict[str, dict[str, Marked]]] = field(default_factory=dict)

    def mark(self, student: str, exercise: str, marker: str) -> Marked | None:
        return self.marks.get(student, {}).get(exercise, {}).get(marker)

    def markers_of(self, student: str) -> tuple[str, ...]:
        return tuple(one for one in (self.first.get(student), self.second.get(student)) if one)

    def add(self, student: str, exercise: str, mark: Marked) -> None:
        self.marks.setdefault(student, {}).setdefault(exercise, {})[mark.by] = mark


def marking_path(term: Path, slug: str) -> Path:
    return term / "marking" / f"{slug}.json"


def load_marking(term: Path, slug: str) -> Marking:
    path = marking_path(term, slug)
    if not path.exists():
        return Marking()
    data = json.loads(path.read_text(encoding="utf-8"))
    marks = {
        student: {name: {by: Marked(**one) for by, one in given.items()} for name, given in theirs.items()}
        for student, theirs in data["marks"].items()
    }
    return Marking(data["first"], data["second"], marks)


def save_marking(term: Path, slug: str, marking: Marking) -> None:
    text = json.dumps(asdict(marking), indent=1, sort_keys=True, ensure_ascii=False)
    write_whole(marking_path(term, slug), f"{text}\n".encode("utf-8", "backslashreplace"), mode=0o600)


def split(
    marking: Marking, slug: str, students: Iterable[str], markers: Sequence[str], second_percent: float
) -> Marking:
    """Give everybody without one a marker, and some a second; who has one keeps it.

    Whoever is no marker any more keeps the students they have marked; the others go to the rest. The students
    of a second marker are chosen by a hash, so that nobody can choose them.
    """
    everybody = sorted(set(students))
    first = {one: by for one, by in marking.first.items() if by in markers or _marked_by(marking, one, by)}
    loads = Counter({marker: 0 for marker in markers})
    loads.update(by for by in first.values() if by in markers)
    for student in everybody:
        if student not in first:
            first[student] = min(markers, key=lambda one: loads[one])
            loads[first[student]] += 1
    second = {one: by for one, by in marking.second.items() if by in markers and by != first.get(one)}
    again = Counter(second.values())
    others = len(markers) > 1
    for student in everybody:
        if others and student not in second and _drawn(slug, student, second_percent):
            free = [one for one in markers if one != first[student]]
            second[student] = min(free, key=lambda one: again[one])
            again[second[student]] += 1
    return Marking(first, second, marking.marks)


def _marked_by(marking: Marking, student: str, marker: str) -> bool:
    return any(marker in given for given in marking.marks.get(student, {}).values())


def _drawn(slug: str, student: str, percent: float) -> bool:
    digest = hashlib.sha256(f"{slug}\0{student}".encode("utf-8", "backslashreplace")).digest()
    return int.from_bytes(digest[:4], "big") / 2**32 < percent / 100


@dataclass(frozen=True)
class Difference:
    """One answer that two markers judged otherwise."""

    student: str
    exercise: str
    first: Marked
    second: Marked


def differences(marking: Marking) -> list[Difference]:
    """Where first and second marker gave other marks, by student."""
    found = []
    for student, by in sorted(marking.second.items()):
        for exercise in sorted(marking.marks.get(student, {})):
            one = marking.mark(student, exercise, marking.first.get(student, ""))
            other = marking.mark(student, exercise, by)
            if one and other and abs(one.score - other.score) > 1e-9:
                found.append(Difference(student, exercise, one, other))
    return found


def both(marking: Marking) -> int:
    """How many answers two markers have judged."""
    return sum(len(given) > 1 for theirs in marking.marks.values() for given in theirs.values())


def counts(
    marking: Marking, exercises: Sequence[str], which: Mapping[str, str]
) -> dict[str, tuple[int, int]]:
    """By marker: how many answers of ``which`` (students by marker) are marked, and how many there are."""
    found: dict[str, tuple[int, int]] = {}
    for student, by in which.items():
        done = sum(marking.mark(student, one, by) is not None for one in exercises)
        before = found.get(by, (0, 0))
        found[by] = (before[0] + done, before[1] + len(exercises))
    return found
