"""The two exporters by which nbgrader's own commands and formgrader's buttons use our engine.

``Autograde`` converts each file twice, first from ``submitted`` and then what that wrote to ``autograded``.
`GradingExporter` grades in the first pass and leaves the second to nbgrader, whose result it does not read.
"""

from __future__ import annotations

import fnmatch
import json
from functools import cached_property
from pathlib import Path
from typing import Any

from nbconvert.exporters import Exporter, NotebookExporter
from nbgrader.converters.base import NbGraderException
from traitlets import Bool, Unicode, default

from autograder.classroom.results import Results
from autograder.classroom.runner import Graded, grade_class
from autograder.course.course import Course
from autograder.course.reading import load_reading
from autograder.course.release import read_release
from autograder.nbgrader_plugin.gradebook import ensure_assignment, write_gradebook
from autograder.nbgrader_plugin.overrides import read_overrides
from autograder.reporting.autograded import gradebook_text, rebuild
from autograder.reporting.feedback import render_feedback
from autograder.reporting.rows import mark_rows
from autograder.safe_text import visible
from autograder.submissions.handin import handins
from autograder.term.chosen import in_term
from autograder.term.policy import said_late, with_own_due
from autograder.term.policy import standing as standing_of
from autograder.term.settings import load_settings

# Text and resources; for nbconvert's base class, whose subclasses give text too, the first is a notebook.
Exported = tuple[Any, dict[str, Any]]


class _OfOurCourse(Exporter):
    """Gives both exporters the course, and the class's folder, which is nbgrader's course root."""

    parent: Any  # nbgrader's command
    course_root = Unicode(help="The course's root folder, where _toc.yml stands.").tag(config=True)

    @property
    def course(self) -> Course:
        return in_term(Course(Path(self.course_root)), self.term)

    @property
    def term(self) -> Path:
        return Path(self.parent.coursedir.root)


class GradingExporter(_OfOurCourse, NotebookExporter):
    """``Autograde.exporter_class``: grades by our engine, whatever the file holds.

    The export is the release notebook with the student's answers and our results, so the file's structure
    does not reach the gradebook. Preprocessors run in the second pass only.
    """

    without_sandbox = Bool(False, help="Grade although a protection is missing, and say so.").tag(config=True)

    def from_filename(self, filename: str, resources: dict | None = None, **kwargs: Any) -> Exported:
        assert resources is not None  # nbgrader's commands give them
        about = resources["nbgrader"]
        slug, student = about["assignment"], about["student"]
        if not Path(filename).resolve().is_relative_to(self._submitted):
            return super().from_filename(filename, resources=resources, **kwargs)
        graded = self._graded(slug, student)
        settings, said = load_settings(self.term), student in said_late(self.term, slug)
        release = with_own_due(self.course.release(slug), settings)
        handed = graded.submission
        notebook = rebuild(release, handed.answers, handed.sources, graded.report, handed.experiments)
        entry = (graded.report, notebook, graded.handin.known_timestamp)
        standing = standing_of(settings, slug, student, graded.handin, release.due, said)
        overrides = read_overrides(self.term, slug)
        (row,) = mark_rows([graded.report], release, {student: standing}, overrides)
        write_gradebook(self.term, release, [entry], files=False, penalties={student: row.penalty})
        self.log.info("%s, %s: %s", slug, visible(student), graded.report.verdict.value)
        return gradebook_text(notebook), {**resources, "output_extension": self.file_extension}

    @property
    def _submitted(self) -> Path:
        return (self.term / self.parent.coursedir.submitted_directory).resolve()

    def _graded(self, slug: str, student: str) -> Graded:
        """The student's result; the first call grades all students that the command was given."""
        if (slug, student) not in self._known:
            wanted = self.parent.coursedir.student_id
            names = {handin.student for handin in handins(self.term, slug)}
            names = {name for name in names if name == student or fnmatch.fnmatchcase(name, wanted)}
            for graded in grade_class(
                self.course, slug, self.term, students=names, without_sandbox=self.without_sandbox
            ):
                self._known[slug, graded.handin.student] = graded
        return self._known[slug, student]

    @cached_property
    def _known(self) -> dict[tuple[str, str], Graded]:
        return {}


class FeedbackExporter(_OfOurCourse):
    """``GenerateFeedback.exporter_class``: our feedback page, with a person's entries in formgrader."""

    @default("file_extension")
    def _file_extension_default(self) -> str:
        return ".html"

    def from_filename(self, filename: str, resources: dict | None = None, **kwargs: Any) -> Exported:
        assert resources is not None  # nbgrader's commands give them
        about = resources["nbgrader"]
        slug, student = about["assignment"], about["student"]
        results = Results(self.term)
        report = results.read(slug, student)
        if report is None:
            raise NbGraderException(
                f"there is no result for {student} in {results.path(slug, student).parent}; "
                f"run `autograder grade {slug}` or `nbgrader autograde {slug} --force` first."
            )
        release = self.course.release(slug)
        rebuilt = read_release(slug, json.loads(Path(filename).read_text(encoding="utf-8")))
        answers = {exercise.name: exercise.stub for exercise in rebuilt.marked}
        handin = next(iter(handins(self.term, slug, [student])), None)
        said = student in said_late(self.term, slug)
        settings = load_settings(self.term)
        standing = standing_of(settings, slug, student, handin, release.due, said)
        overrides = self._overrides(slug).get(student, {})
        reading = load_reading(self.course, slug, settings.book)
        page = render_feedback(report, release, answers, overrides, standing, reading)
        return page, {**resources, "output_extension": self.file_extension}

    def _overrides(self, slug: str) -> dict:
        if slug not in self._read:
            self._read[slug] = read_overrides(self.term, slug)
        return self._read[slug]

    @cached_property
    def _read(self) -> dict[str, dict]:
        return {}


class Prepare:
    """``Autograde.pre_convert_hook``: makes the assignment's rows, which nbgrader reads first."""

    def __init__(self, course_root: str, term: str) -> None:
        self.course, self.term = Course(Path(course_root)), Path(term)

    def __call__(self, *, assignment: str, student: str, notebooks: list[str]) -> None:
        course = in_term(self.course, self.term)
        release = with_own_due(course.release(assignment), load_settings(self.term))
        ensure_assignment(self.term, release)
