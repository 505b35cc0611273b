"""Makes the student notebook from the complete one: nbgrader clears the solutions, the bytes are fixed."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat

from autograder.authoring.build import build, run_built, run_solution
from autograder.authoring.extract import fragments_of
from autograder.authoring.leaks import remembered
from autograder.authoring.notebooks import canonical_text
from autograder.course.course import Course, CourseError
from autograder.course.release import read_release
from autograder.course.source import BEGIN, END
from autograder.nbgrader_plugin import generate_assignment

Gate = Callable[[Course, str], list[str]]  # sentences about what is wrong with a released assignment


def release_all(
    course: Course, slugs: Sequence[str], check: bool = False, gates: Sequence[Gate] = ()
) -> Iterator[str]:
    """Release ``slugs`` one after the other; as many solution notebooks as there are cores run before."""
    for slug in slugs:
        build(course, slug)
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        # The last assignments train longest, so they start first.
        running = {slug: threads.submit(run_built, course, slug) for slug in reversed(slugs)}
        try:
            ran = {slug: running[slug].result() for slug in slugs}
        except BaseException:
            threads.shutdown(cancel_futures=True)
            raise
    for slug in slugs:
        yield release(course, slug, check, gates, ran[slug])


def release(
    course: Course, slug: str, check: bool = False, gates: Sequence[Gate] = (), ran: float | None = None
) -> str:
    """Build ``slug``, write its student notebook, and return a sentence about it.

    With ``check`` nothing is written: a student notebook that is missing, or differs from what its sources
    give, raises CourseError. Before it is written, the solution notebook must run and the student's must
    hold no graded line. ``gates`` examine the written assignment; a sentence of theirs raises CourseError.
    ``ran`` is how many seconds the solution notebook took, if it has just been run.
    """
    seconds = run_solution(course, slug) if ran is None else ran
    wanted = student_notebook(course, slug)
    path = course.released(slug)
    shown = path.relative_to(course.root)
    existing = path.read_bytes() if path.exists() else None
    if check and existing is None:
        raise CourseError(f"{shown} is not there: run `autograder release {slug}` first.")
    if check and existing != wanted:
        raise CourseError(f"{shown} is not what its sources give now: run `autograder release {slug}` again.")
    if existing != wanted:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(wanted)
    wrong = [sentence for gate in gates for sentence in gate(course, slug)]
    if wrong:
        more = f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else ""
        raise CourseError(f"{slug} is not fit for students: {wrong[0]}{more}")
    exercises = course.release(slug).marked
    points = sum(exercise.points for exercise in exercises)
    names = ", ".join(exercise.name for exercise in exercises)
    state = "is fresh" if existing == wanted else "written"
    return f"{shown} {state}: {names}; {points:g} points; the solution notebook runs in {seconds:.1f} s."


def student_notebook(course: Course, slug: str) -> bytes:
    """The bytes of the student notebook of ``slug``, the same every time."""
    path = build(course, slug)
    raw = generate_assignment(path, slug)
    text = canonical_text(nbformat.reads(raw.decode("utf-8"), as_version=4))
    _refuse_solutions(slug, text, path)
    secrets = remembered(course).secrets.found_in(fragments_of(text, ".ipynb"))
    if secrets:
        raise CourseError(f"{slug}: the student notebook would hold {secrets[0]}; it was not written.")
    return text.encode("utf-8")


def _refuse_solutions(slug: str, text: str, built: Path) -> None:
    """Raise CourseError if nbgrader left a marker, or did not replace every graded body by a stub."""
    if BEGIN in text or END in text:
        raise CourseError(f"{slug}: a solution marker is left in the student notebook; it was not written.")
    complete = read_release(slug, nbformat.reads(built.read_text(encoding="utf-8"), as_version=4))
    cleared = read_release(slug, nbformat.reads(text, as_version=4))
    for before, after in zip(complete.coded, cleared.coded, strict=True):
        if after.stub.count("raise NotImplementedError()") != before.stub.count(BEGIN):
            raise CourseError(f"{slug}: {before.name} has a body without a stub; nothing was written.")
