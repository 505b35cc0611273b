"""Runs the corpus of attacks through the whole grader on this machine, and finds out what each achieved.

Every attack is one submission of a class with two honest neighbours. After grading, publishing and export it
is tested which attacks gained a point, read a secret, changed a file, reached a socket, left a process, got
markup into a page, or changed a neighbour's result.
"""

from __future__ import annotations

import math
import os
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from autograder.attacks.arena import (
    FULL,
    NEIGHBOURS,
    SECRET,
    Arena,
    Listener,
    findings,
    fingerprints,
    mark,
    survivors,
    written,
)
from autograder.attacks.cases import CORPUS, Attack, hand_in, read_attack, read_corpus
from autograder.attacks.cases import FULL as FULL_SCORE
from autograder.attacks.target import SLUG, write_target
from autograder.authoring.release import release
from autograder.classroom.results import Results
from autograder.classroom.runner import grade_class
from autograder.course.course import Course, CourseError
from autograder.course.source import reference_text
from autograder.grading.verdict import overall
from autograder.publish import export_marks, feedback_path, grade_and_publish, report_path
from autograder.sandbox.handle import Limits
from autograder.sandbox.sandbox import Sandbox

LIMITS = Limits(1.0, 2.0, notebook_wall_seconds=5.0, submission_wall_seconds=30.0, trusted_wall_seconds=10.0)
LIMITS_ON = Limits(trusted_wall_seconds=10.0, trusted_memory_mib=1024)  # of the course's own assignments


@dataclass(frozen=True)
class Outcome:
    """The result of one attack: its verdict, its marks, and its other effects in words."""

    attack: Attack
    verdict: str
    score: float | None
    seconds: float
    effects: tuple[str, ...] = ()
    full: float | None = None  # infinite where it has all points of a real assignment

    @property
    def held(self) -> bool:
        """Whether it got the expected verdict and marks, and had no other effect."""
        score = self.attack.score
        fits = self.score == score or (score is not None and (math.isnan(score) or score == self.full))
        return self.verdict in self.attack.verdicts and fits and not self.effects


def attack_test(course: Course, names: Iterable[str] = ()) -> tuple[str, int]:
    """The table of the corpus on this machine; 0 if every attack was held, else 1."""
    corpus = chosen(course, names)
    with tempfile.TemporaryDirectory(prefix="attacks-") as folder:
        outcomes, shared = run_all(course, corpus, Path(folder))
    return table(outcomes, shared), int(bool(shared) or not all(one.held for one in outcomes))


def run_all(course: Course, corpus: Sequence[Attack], folder: Path) -> tuple[tuple[Outcome, ...], list[str]]:
    """The attacks on the target, and those on the assignments of ``course``, each in a class of its own."""
    plain = [attack for attack in corpus if not attack.on]
    outcomes: list[Outcome] = []
    shared: list[str] = []
    if plain:
        found, shared = run_corpus(plain, folder / "target")
        outcomes += found
    for slug in course.slugs:
        here = [attack for attack in corpus if attack.on == "all" or slug in attack.on.split()]
        if here and course.released(slug).exists():
            found, more = run_on(course, slug, here, folder / slug)
            outcomes += found
            shared += more
    return tuple(outcomes), shared


def run_on(
    course: Course, slug: str, corpus: Sequence[Attack], folder: Path
) -> tuple[tuple[Outcome, ...], list[str]]:
    """Grade and publish attacks on one of the course's own assignments, beside an honest neighbour."""
    arena, release = Arena(folder, slug=slug), course.release(slug)
    honest = read_attack("aaa-honest", "tries: nothing\nverdict: correct\nscore: full\nsolves: all\n")
    solution = reference_text(course.solution(slug))
    for attack in (honest, *corpus):
        hand_in(attack, release, solution, arena.notebook(attack.name), {"MARK": mark(attack.name)})
    grade_class(course, slug, arena.term, sandbox=partial(Sandbox, LIMITS_ON), without_sandbox=True)
    shown = grade_and_publish(course, slug, arena.term, without_sandbox=True)
    shown += export_marks(course, slug, arena.term).replace("\r\n", "\n")
    shown += report_path(arena.term, slug).read_text(encoding="utf-8")
    results = Results(arena.term)
    seconds = results.seconds(slug)
    points = sum(exercise.points for exercise in release.exercises)

    def outcome(attack: Attack) -> Outcome:
        report = results.read(slug, attack.name)
        named = replace(attack, name=f"{attack.name}@{slug}")
        if report is None:
            return Outcome(named, "none", None, 0.0, ("stopped the batch",))
        coded = [item for item in report.exercises if item.name in release.names]
        scores = [item.score for item in coded]
        score = None if None in scores else sum(score for score in scores if score is not None)
        page = feedback_path(arena.term, attack.name, slug).read_text(encoding="utf-8")
        full = FULL_SCORE if score == points else None
        effects = tuple(findings(page, arena))
        return Outcome(
            named, overall(tuple(coded)).value, score, seconds.get(attack.name, 0.0), effects, full
        )

    first, *others = map(outcome, (honest, *corpus))
    shared = [f"{slug}: {what}" for what in findings(shown, arena)]
    shared += [] if first.held else [f"{slug}: the honest neighbour got {first.verdict} {first.score}"]
    return tuple(others), shared


def chosen(course: Course, names: Iterable[str]) -> tuple[Attack, ...]:
    """The whole corpus, or the attacks and families called ``names``."""
    corpus, wanted = read_corpus(CORPUS, course), set(names)
    found = tuple(one for one in corpus if not wanted or {one.name, one.family} & wanted)
    if not found:
        raise CourseError(
            f"no such attack: {', '.join(sorted(wanted))}; the files of autograder/attacks/corpus name them."
        )
    return found


def run_corpus(
    corpus: Sequence[Attack],
    folder: Path,
    sandbox: Callable[..., Sandbox] = lambda **more: Sandbox(LIMITS, **more),
    jobs: int | None = None,
) -> tuple[tuple[Outcome, ...], list[str]]:
    """Grade and publish the corpus in ``folder`` as one class.

    Returns the outcomes, and a sentence for each effect that cannot be attributed to one attack.
    """
    arena = Arena(folder)
    course = write_target(arena.course, arena.canary)
    release(course, SLUG)
    os.environ["COURSE_CANARY"] = arena.canary
    try:
        with Listener() as listener:
            arena.hand_in(corpus, course.release(SLUG), listener.port)
            before = fingerprints(arena.course, arena.home, arena.term / "submitted")
            stateful = [one.name for one in corpus if one.family == "state"]
            anyhow = partial(grade_class, course, SLUG, arena.term, sandbox=sandbox, without_sandbox=True)
            if stateful:  # these need to be graded by one process, one after another
                anyhow(students=stateful, jobs=1)
            anyhow(jobs=jobs)
            shown = grade_and_publish(course, SLUG, arena.term, without_sandbox=True)
            shown += export_marks(course, SLUG, arena.term)
            received = listener.received()
    finally:
        del os.environ["COURSE_CANARY"]
    shown = shown.replace("\r\n", "\n") + report_path(arena.term, SLUG).read_text(encoding="utf-8")
    traces = [*written(before, arena), *survivors(one.name for one in corpus)]
    shared = [f"the class report or the marks: {what}" for what in findings(shown, arena)]
    shared += [trace for trace in traces if trace.startswith("?: ")]
    shared += [f"somebody sent {line!r}" for line in received.splitlines() if "mark-" not in line]
    results = Results(arena.term)
    seconds = results.seconds(SLUG)
    for name in NEIGHBOURS:
        report = results.read(SLUG, name)
        if report is None or report.score != FULL:
            shared.append(f"{name} did not get the {FULL:g} points")

    def outcome(attack: Attack) -> Outcome:
        report = results.read(SLUG, attack.name)
        if report is None:
            return Outcome(attack, "none", None, 0.0, ("stopped the batch",))
        effects = [trace.partition(": ")[2] for trace in traces if trace.startswith(f"{attack.name}: ")]
        effects += ["sent a message"] if mark(attack.name) in received else []
        effects += findings(feedback_path(arena.term, attack.name, SLUG).read_text(encoding="utf-8"), arena)
        effects += [what for what in findings(report.to_json(), arena) if what == SECRET]
        effects += [f"found {word}" for word in ("mark-state_left",) if word in report.to_json()]
        if attack.note not in " ".join(report.notes):
            effects.append(f"is not noted: {attack.note}")
        if attack.named not in " ".join(report.borrowed):
            effects.append(f"is not named: {attack.named}")
        if (report.score or 0.0) > (attack.score or 0.0):
            effects.append("gained points")
        taken = seconds.get(attack.name, 0.0)
        return Outcome(attack, report.verdict.value, report.score, taken, tuple(dict.fromkeys(effects)))

    return tuple(outcome(attack) for attack in corpus), shared


def table(outcomes: Sequence[Outcome], shared: Sequence[str] = ()) -> str:
    """One line per attack, with its effects; then the counts."""
    width = max(len(one.attack.name) for one in outcomes)
    lines = [f"{'attack':<{width}}  {'expected':<20} {'got':<20} {'seconds':>7}  achieved"]
    for one in outcomes:
        want, got = (
            verdict_and_score(" or ".join(one.attack.verdicts), one.attack.score),
            verdict_and_score(one.verdict, one.score),
        )
        achieved = "; ".join(one.effects) or ("nothing" if one.held else "ANOTHER VERDICT")
        lines.append(f"{one.attack.name:<{width}}  {want:<20} {got:<20} {one.seconds:7.2f}  {achieved}")
    lines += [f"For all: {sentence}" for sentence in shared]
    return "\n".join([*lines, counts(outcomes)])


def verdict_and_score(verdict: str, score: float | None) -> str:
    if score is None:
        return verdict
    return f"{verdict} {'full' if math.isinf(score) else 'any' if math.isnan(score) else f'{score:g}'}"


def counts(outcomes: Sequence[Outcome]) -> str:
    held = sum(one.held for one in outcomes)
    families = Counter(one.attack.family for one in outcomes)
    named = ", ".join(f"{name} {count}" for name, count in sorted(families.items()))
    return f"{held} of {len(outcomes)} were held ({named}); {sum(one.seconds for one in outcomes):.0f} s."
