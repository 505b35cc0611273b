"""One assignment, ready to grade: loaded once, before any submission is looked at."""

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
    """The hidden checks of one assignment, the reference that they ask, and what both are known to answer."""

    checks: tuple[Check, ...]
    reference: dict[str, Any]
    replays: ReplayCache = field(default_factory=ReplayCache, compare=False)
    references: ReferenceCache = field(default_factory=ReferenceCache, compare=False)

    def of(self, exercise: str) -> tuple[Check, ...]:
        return tuple(check for check in self.checks if check.exercise == exercise)


@dataclass(frozen=True)
class Exam:
    """The release, its checks, what is known of wrong answers.

    ``source`` is the reference's text, ``known`` are mistakes, ``conventions`` answers that are right
    elsewhere, ``free`` what anybody may call; ``origins`` are the checks of the assignments that carried
    parts come from.
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
    """Collect the checks of ``slug``, replay mistakes and conventions; CourseError if a piece is missing."""
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
