"""`autograder regrade`: who would get another mark, by how much and why, before anybody does."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from autograder import nbgrader_plugin
from autograder.classroom.best_attempt import best_attempts
from autograder.classroom.published import Change, Published, changes, load_published
from autograder.classroom.results import Results
from autograder.classroom.runner import grade_class
from autograder.course.course import Course, CourseError
from autograder.grading.verdict import Report
from autograder.publish import grade_and_publish, to_publish, told_changes
from autograder.reporting.rows import mark_rows
from autograder.submissions.handin import handed_in, handins
from autograder.term.attempts import Attempt, Attempts
from autograder.term.policy import standing_of_attempt, standings, with_own_due
from autograder.term.roster import load_roster
from autograder.term.settings import Settings, term_settings

Ask = Callable[[str], bool]


@dataclass(frozen=True)
class Regrade:
    """A class graded again, without anything of it being stored."""

    reports: tuple[Report, ...]
    before: Published
    after: Published

    @property
    def changes(self) -> list[Change]:
        return changes(self.before, self.after)


def try_regrade(
    course: Course, slug: str, term: Path, force: bool = False, without_sandbox: bool = False
) -> Regrade:
    """Grade the class again in a folder of its own, beside its last published marks."""
    before = load_published(term, slug)
    if before is None:
        raise CourseError(f"no marks of {slug} were published from {term}: run `autograder grade {slug}`.")
    roster = load_roster(term)
    settings = term_settings(course, term, roster.students)
    with tempfile.TemporaryDirectory(prefix="regrade-") as folder:
        trial = Path(folder)
        without = without_sandbox or settings.sandbox == "if there"
        chosen = _lay_out(course, slug, term, settings, trial, without)
        shutil.copy(term / "seed", trial)
        for name in ("rounds", "results"):
            if (term / name).exists():
                shutil.copytree(term / name, trial / name)
        graded = grade_class(course, slug, trial, force=force, without_sandbox=without)
        reports = Results(trial).reports(slug, [one.report for one in graded])
        release = with_own_due(course.release(slug), settings)
        overrides = nbgrader_plugin.read_overrides(term, slug)
        absent = [one.student for one in roster.enrolled]
        how = standings(settings, term, slug, release.due) | {
            student: standing_of_attempt(settings, slug, student, attempt, release.due)
            for student, attempt in chosen.items()
        }
        rows = mark_rows(reports, release, how, overrides, absent, settings.missing, handed_in(term, slug))
        return Regrade(reports, before, to_publish(course, slug, term, rows, overrides, trial))


def _lay_out(
    course: Course, slug: str, term: Path, settings: Settings, trial: Path, without: bool
) -> dict[str, Attempt]:
    """Put what would be graded into ``trial``: the best attempts, which are returned, if these count."""
    best = settings.counts == "best"
    chosen = best_attempts(course, slug, term, settings, None, without) if best else {}
    if not chosen:
        (trial / "submitted").symlink_to((term / "submitted").resolve())
        return chosen
    for handin in handins(term, slug):
        shutil.copytree(handin.path.parent, trial / "submitted" / handin.student / slug, symlinks=True)
    for student, attempt in chosen.items():
        Attempts(term, slug, student).copy(attempt, trial / "submitted" / student / slug)
    return chosen


def regrade(
    course: Course,
    slug: str,
    term: Path,
    ask: Ask,
    diff_only: bool = False,
    force: bool = False,
    without_sandbox: bool = False,
) -> str:
    """Tell the changes; unless only they are wanted, publish the new marks, after asking about losses."""
    found = try_regrade(course, slug, term, force, without_sandbox)
    told = told_changes(found.changes, len(found.changes)) or ["No mark changes."]
    losing = [one for one in found.changes if one.loses]
    text = "\n".join([*told, f"{len(found.changes)} marks change, {len(losing)} of them for the worse."])
    if diff_only:
        return f"{text}\nNothing was written: --diff."
    if losing and not ask(f"{text}\nPublish these marks?"):
        return "Nothing was written."
    results = Results(term)
    for report in found.reports:
        if report != results.read(slug, report.student):
            results.write(report)
    return f"{text}\n{grade_and_publish(course, slug, term, without_sandbox=without_sandbox)}"
