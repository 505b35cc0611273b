"""One assignment, ready to grade: loaded once, before the first submission."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from autograder.calls.reference_cache import ReferenceCache
from autograder.calls.replay import ReplayCache
from autograder.course.checks import Check, collect
from autograder.course.course import Course
from autograder.course.release import Release
from autograder.course.source import reference_text
from autograder.course.specimens import REFERENCE, load_specimens
from autograder.grading.diagnosis import Diagnosis, prepare
from autograder.submissions.static import NOTHING, Allowed, allowed


@dataclass(frozen=True)
class CheckSet:
    """The hidden checks of one assignment and its reference, with caches of check runs and answers."""

    checks: tuple[Check, ...]
    reference: dict[str, Any]
    replays: ReplayCache = field(default_factory=ReplayCache, compare=False)
    references: ReferenceCache = field(default_factory=ReferenceCache, compare=False)

    def of(self, exercise: str) -> tuple[Check, ...]:
        return tuple(check for check in self.checks if check.exercise == exercise)


@dataclass(frozen=True)
class Exam:
    """The release, its checks, and the wrong answers that can be recognised.

    ``source`` is the reference's text, ``known`` are the mistakes, ``conventions`` answers that are right by
    another convention, ``free`` the names that every answer may use; ``origins`` holds, by slug, the checks
    of the assignments that carried parts come from.
    """

    release: Release
    check_set: CheckSet
    source: str
    known: tuple[Diagnosis, ...]
    seed: str
    conventions: tuple[Diagnosis, ...] = ()
    free: Allowed = NOTHING
    origins: dict[str, CheckSet] = field(default_factory=dict, compare=False)


def load_exam(course: Course, slug: str, seed: str) -> Exam:
    """Collect the checks, mistakes and conventions of ``slug``; CourseError if a file is missing or wrong."""
    release, source = course.release(slug), reference_text(course.solution(slug))
    check_set = load_checks(course, slug)
    known, conventions = (
        prepare(
            load_specimens(course.content(slug), kind, release.names),
            source,
            check_set.reference,
            check_set.checks,
            seed,
            check_set.references,
        )
        for kind in ("MISTAKES", "CONVENTIONS")
    )
    origins = {part.origin: load_checks(course, part.origin) for part in release.carried}
    free = allowed(release.setup, source)
    return Exam(release, check_set, source, known, seed, conventions, free, origins)


def load_checks(course: Course, slug: str) -> CheckSet:
    """The hidden checks of ``slug`` and its reference."""
    checks = collect(course.content(slug), course.release(slug).names)
    return CheckSet(checks, REFERENCE.namespace(reference_text(course.solution(slug))))
