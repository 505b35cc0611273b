"""One assignment, ready to grade: loaded once, before any submission is looked at."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from autograder.calls.reference_cache import Rotes
from autograder.calls.replay import Memory
from autograder.course.checks import Check, collect
from autograder.course.course import Course
from autograder.course.release import Release
from autograder.course.source import reference_text
from autograder.course.specimens import REFERENCE, load_specimens
from autograder.grading.carried import Origin, load_origins
from autograder.grading.diagnosis import Diagnosis, prepare
from autograder.submissions.static import NOTHING, Allowed, allowed


@dataclass(frozen=True)
class Exam:
    """The release, its checks, the reference, what is known of wrong answers.

    ``known`` are mistakes, ``conventions`` answers that are right elsewhere, ``free`` what anybody may call;
    ``origins`` are the assignments that carried parts come from.
    """

    release: Release
    checks: tuple[Check, ...]
    source: str
    reference: dict[str, Any]
    known: tuple[Diagnosis, ...]
    seed: str
    conventions: tuple[Diagnosis, ...] = ()
    free: Allowed = NOTHING
    memory: Memory = field(default_factory=Memory, compare=False)
    rotes: Rotes = field(default_factory=Rotes, compare=False)
    origins: dict[str, Origin] = field(default_factory=dict, compare=False)

    def of(self, exercise: str) -> tuple[Check, ...]:
        return tuple(check for check in self.checks if check.exercise == exercise)


def load_exam(course: Course, slug: str, seed: str) -> Exam:
    """Collect the checks of ``slug``, replay mistakes and conventions; CourseError if a piece is missing."""
    release = course.release(slug)
    source = reference_text(course.solution(slug))
    reference = REFERENCE.namespace(source)
    checks = collect(course.content(slug), release.names)
    rotes = Rotes()
    known, conventions = (
        prepare(specimens, source, reference, checks, seed, rotes)
        for specimens in (
            load_specimens(course.content(slug), kind, release.names) for kind in ("MISTAKES", "CONVENTIONS")
        )
    )
    free = allowed(release.setup, source)
    more = {"rotes": rotes, "origins": load_origins(course, release)}
    return Exam(release, checks, source, reference, known, seed, conventions, free, **more)
