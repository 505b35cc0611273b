"""Answers in words that changed after a person marked them: the mark is kept, and asks for another look."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from autograder.classroom.runner import Graded
from autograder.course.release import Release
from autograder.files import write_whole


def words_path(term: Path, slug: str) -> Path:
    return term / "results" / slug / "words" / "digests.txt"


def changed_words(
    term: Path, release: Release, graded: Iterable[Graded], marked: Mapping[str, Iterable[str]]
) -> set[tuple[str, str]]:
    """The (student, exercise) whose words are others than at the last grading, and were ``marked``.

    The digests of the present words are stored for the next time.
    """
    if not release.manual:
        return set()
    path = words_path(term, release.slug)
    known = json.loads(path.read_text(encoding="ascii")) if path.exists() else {}
    found, changed = dict(known), set()
    for one in graded:
        student = one.handin.student
        if not one.now and student in known:
            continue
        digests = {
            exercise.name: digest(one.submission.answers.get(exercise.name, ""))
            for exercise in release.manual
        }
        before = known.get(student, {})
        changed |= {
            (student, name)
            for name in marked.get(student, ())
            if name in digests and before.get(name, digests[name]) != digests[name]
        }
        found[student] = digests
    if found != known:
        write_whole(path, (json.dumps(found, sort_keys=True, indent=0) + "\n").encode("ascii"))
    return changed


def digest(words: str) -> str:
    """A digest of what somebody wrote, white space aside."""
    return hashlib.sha256(" ".join(words.split()).encode("utf-8", "backslashreplace")).hexdigest()[:16]
