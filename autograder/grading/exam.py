"""One assignment, ready to grade: loaded once, before the first submission."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from autograder.calls.backends import LocalBackend
from autograder.calls.reference_cache import ReferenceCache
from autograder.calls.replay import ReplayCache
from autograder.calls.side_effects import AskedSideEffects
from autograder.calls.stories import special, stories
from autograder.course.checks import Check, collect
from autograder.course.course import Course
from autograder.course.examples import in_docstring, load_examples
from autograder.course.release import Exercise, Release
from autograder.course.source import functions_of, reference_text
from autograder.course.specimens import REFERENCE, Specimen, load_specimens
from autograder.grading.diagnosis import Diagnosis, Traced, prepare
from autograder.grading.examples import PublicExample, agreed
from autograder.grading.form import what_right_answers_do
from autograder.sandbox.handle import Limits
from autograder.submissions.static import NOTHING, Allowed, allowed


@dataclass(frozen=True)
class CheckSet:
    """The hidden checks of one assignment and its reference, with caches of check runs and answers.

    ``source`` is the reference's text; ``variants`` are other right answers; ``added`` are public examples
    beside those in the docstrings, each with its exercise.
    """

    checks: tuple[Check, ...]
    reference: dict[str, Any]
    source: str
    seed: str
    variants: tuple[Specimen, ...] = ()
    replays: ReplayCache = field(default_factory=ReplayCache, compare=False)
    references: ReferenceCache = field(default_factory=ReferenceCache, compare=False)
    asked: dict[str, AskedSideEffects] = field(default_factory=dict, compare=False)
    added: tuple[tuple[str, str], ...] = ()
    shown: dict[str, tuple[PublicExample, ...]] = field(default_factory=dict, compare=False)

    def of(self, exercise: str) -> tuple[Check, ...]:
        return tuple(check for check in self.checks if check.exercise == exercise)

    def side_effects_of(self, exercise: str) -> AskedSideEffects:
        """What side effects an exercise's functions are tried for; worked out once."""
        if exercise not in self.asked:
            journals = [*Traced(lambda: self.reference, self.reference, self.of(exercise), self.seed)]
            backends = [LocalBackend(space) for space in (self.reference, *self._others(exercise))]
            told = stories(journals)
            allowed = what_right_answers_do(backends, told)
            for place, story in enumerate(told):
                longer = (*story, *special(story, journals))
                if what_right_answers_do(backends, [longer]) <= allowed:
                    told[place] = longer
            self.asked[exercise] = AskedSideEffects(told, allowed)
        return self.asked[exercise]

    def examples_of(self, exercise: Exercise) -> tuple[PublicExample, ...]:
        """The exercise's public examples, smallest first; worked out once."""
        name = exercise.name
        if name not in self.shown:
            whole = functions_of(self.source)
            sources = [one for own in functions_of(exercise.stub) for one in in_docstring(whole[own])]
            sources += [source for owner, source in self.added if owner == name]
            self.shown[name] = agreed(sources, self.reference, self._others(name))
        return self.shown[name]

    def _others(self, exercise: str) -> list[dict[str, Any]]:
        return [one.namespace(self.source) for one in self.variants if one.exercise == exercise]


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
    limits: Limits = field(default_factory=Limits)


def load_exam(course: Course, slug: str, seed: str) -> Exam:
    """Collect the checks, mistakes and conventions of ``slug``; CourseError if a file is missing or wrong."""
    release, source = course.release(slug), reference_text(course.solution(slug))
    check_set = load_checks(course, slug, seed)
    known, conventions = (
        prepare(
            _asked(load_specimens(course.content(slug), kind, release.names), release.names),
            source,
            check_set.reference,
            check_set.checks,
            seed,
            check_set.references,
        )
        for kind in ("MISTAKES", "CONVENTIONS")
    )
    origins = {part.origin: load_checks(course.whole, part.origin, seed) for part in release.carried}
    free = allowed(release.setup, source)
    limits = replace(Limits(), **dict(course.selection.limits))  # type: ignore[arg-type]  # of the settings' kinds
    return Exam(release, check_set, source, known, seed, conventions, free, origins, limits)


def load_checks(course: Course, slug: str, seed: str) -> CheckSet:
    """The hidden checks of ``slug`` and its reference."""
    content, names, source = (
        course.content(slug),
        course.release(slug).names,
        reference_text(course.solution(slug)),
    )
    variants, added = load_specimens(content, "VARIANTS", names), load_examples(content, names)
    reference = REFERENCE.namespace(source)
    every = course.whole.release(slug).names
    checks = tuple(check for check in collect(content, every) if check.exercise in names)
    return CheckSet(checks, reference, source, seed, _asked(variants, names), added=added)


def _asked(found: tuple[Specimen, ...], names: tuple[str, ...]) -> tuple[Specimen, ...]:
    """The specimens of the exercises that the term asks for."""
    return tuple(one for one in found if one.exercise in names)
