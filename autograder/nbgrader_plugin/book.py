"""One assignment's rows in nbgrader's gradebook: read once, compared with the release, written in bulk."""

from __future__ import annotations

import json
from collections.abc import Container
from datetime import UTC, datetime
from typing import Any

from nbgrader import api
from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from autograder.course.course import CourseError
from autograder.course.release import Release
from autograder.grading.verdict import ExerciseResult, Report, Verdict
from autograder.reporting.marks import without
from autograder.submissions.handin import moment


class Book:
    """One assignment's rows: those in the database, and the inserts and updates for the end."""

    def __init__(self, session: Session, release: Release) -> None:
        self.session = session
        self.inserts: dict[type, list[dict]] = {}
        self.updates: dict[type, list[dict]] = {}
        assignment = self._assignment(release)
        self.assignment_id, self.notebook_id = assignment.id, self._notebook(assignment, release).id
        self.points = {exercise.name: exercise.points for exercise in release.marked}
        self.grade_cells = self._cells(api.GradeCell, _wanted(release, "grade"))
        self.solution_cells = self._cells(api.SolutionCell, _wanted(release, "solution"))
        self._source_cells(release)
        session.flush()
        self._load()

    def enter(
        self,
        report: Report,
        handed_in: datetime | None,
        penalty: float = 0.0,
        look: Container[tuple[str, str]] = (),
    ) -> None:
        """Add one report; nothing is written before `write`. ``penalty`` is what lateness takes."""
        notebook_id = self._submission(report.student, handed_in, penalty)
        results = {result.name: result for result in report.exercises}
        for name, points in self.points.items():
            result = results.get(name) or ExerciseResult(name, points, None, report.verdict)
            cell = self.grade_cells.get(f"check_{name}") or self.grade_cells[name]
            self._grade(notebook_id, cell, result, (report.student, name) in look)
            comment = "No response." if result.verdict is Verdict.NOT_ATTEMPTED else None
            if report.protections_off:
                comment = f"{comment or ''} {without(report)}".strip()
            self._comment(notebook_id, self.solution_cells[name], comment)
        for name in (
            self.solution_cells.keys() - self.points.keys()
        ):  # formgrader needs a comment row for each
            self._comment(notebook_id, self.solution_cells[name], None)

    def write(self) -> None:
        for table, rows in self.inserts.items():  # in the order of first use: parents before children
            self.session.execute(insert(table), rows)
        for table, rows in self.updates.items():
            self.session.execute(update(table), rows)

    def _assignment(self, release: Release) -> api.Assignment:
        due = moment(release.due)
        due = due.astimezone(UTC).replace(tzinfo=None) if due else None
        found = self.session.scalar(select(api.Assignment).where(api.Assignment.name == release.slug))
        if found is None:
            if self.session.get(api.Course, "default_course") is None:
                self.session.add(api.Course(id="default_course"))
            found = api.Assignment(name=release.slug, course_id="default_course")
            self.session.add(found)
        if due is not None and found.duedate != due:
            found.duedate = due
        self.session.flush()
        return found

    def _notebook(self, assignment: api.Assignment, release: Release) -> api.Notebook:
        ours = select(api.Notebook).where(
            api.Notebook.assignment_id == assignment.id, api.Notebook.name == release.slug
        )
        found = self.session.scalar(ours)
        if found is None:
            kernel = json.dumps(release.notebook["metadata"].get("kernelspec", {}))
            found = api.Notebook(name=release.slug, assignment_id=assignment.id, kernelspec=kernel)
            self.session.add(found)
            self.session.flush()
        return found

    def _cells(self, table: type[api.BaseCell], wanted: dict[str, dict]) -> dict[str, str]:
        """Make one kind of cell agree with the release; return their ids by name."""
        existing = {
            cell.name: cell
            for cell in self.session.scalars(select(table).where(table.notebook_id == self.notebook_id))
        }
        for name, cell in existing.items():
            if name not in wanted:
                self._drop(cell)
        for name, values in wanted.items():
            cell = existing.get(name)
            if cell is None:
                existing[name] = cell = table(name=name, notebook_id=self.notebook_id, **values)
                self.session.add(cell)
            for key, value in values.items():
                if getattr(cell, key) != value:
                    setattr(cell, key, value)
        self.session.flush()
        return {name: existing[name].id for name in wanted}

    def _drop(self, cell: api.BaseCell) -> None:
        """Delete a cell that the release no longer has; CourseError if a person graded or commented on it."""
        grade, comment = api.Grade, api.Comment
        entered = (
            select(grade.id).where(grade.cell_id == cell.id, grade.manual_score.is_not(None)),
            select(grade.id).where(grade.cell_id == cell.id, grade.extra_credit.is_not(None)),
            select(comment.id).where(comment.cell_id == cell.id, comment.manual_comment.is_not(None)),
        )
        if any(self.session.scalar(query.limit(1)) for query in entered):
            raise CourseError(
                f"the gradebook holds manual marks or comments for {cell.name}, which the released notebook "
                "no longer has; release it again with that exercise, or grade into another term folder."
            )
        self.session.execute(delete(grade).where(grade.cell_id == cell.id))
        self.session.execute(delete(comment).where(comment.cell_id == cell.id))
        table, key = type(cell).__table__, cell.id
        self.session.expunge(cell)
        for part in (table, api.BaseCell.__table__):
            self.session.execute(delete(part).where(part.c.id == key))

    def _source_cells(self, release: Release) -> None:
        existing = {
            cell.name: cell
            for cell in self.session.scalars(
                select(api.SourceCell).where(api.SourceCell.notebook_id == self.notebook_id)
            )
        }
        wanted = _wanted(release, "source")
        for name in existing.keys() - wanted.keys():
            self.session.delete(existing[name])
        for name, values in wanted.items():
            if name not in existing:
                self.session.add(api.SourceCell(name=name, notebook_id=self.notebook_id, **values))
                continue
            for key, value in values.items():
                if getattr(existing[name], key) != value:
                    setattr(existing[name], key, value)

    def _load(self) -> None:
        """Read the rows that the database already holds for this assignment."""
        submitted, notebook = api.SubmittedAssignment, api.SubmittedNotebook
        run = self.session.execute
        self.students = set(self.session.scalars(select(api.Student.id)))
        ours = submitted.assignment_id == self.assignment_id
        rows = run(select(submitted.student_id, submitted.id, submitted.timestamp).where(ours))
        self.submissions = {student: (key, timestamp) for student, key, timestamp in rows}
        ours = notebook.notebook_id == self.notebook_id
        columns = (notebook.assignment_id, notebook.id, notebook.late_submission_penalty)
        self.notebooks = {row[0]: (row[1], row[2]) for row in run(select(*columns).where(ours))}
        self.grades = self._existing(api.Grade, api.Grade.auto_score, api.Grade.manual_score)
        self.comments = self._existing(api.Comment, api.Comment.auto_comment)

    def _existing(self, table: Any, *columns: Any) -> dict[tuple[str, str], tuple]:
        """(id, columns) of every row of ``table``, by its submitted notebook and its cell."""
        notebook = api.SubmittedNotebook
        query = select(table.notebook_id, table.cell_id, table.id, *columns)
        ours = query.join(notebook, notebook.id == table.notebook_id).where(
            notebook.notebook_id == self.notebook_id
        )
        return {(row[0], row[1]): tuple(row[2:]) for row in self.session.execute(ours)}

    def _submission(self, student: str, handed_in: datetime | None, penalty: float) -> str:
        """The id of the student's submitted notebook."""
        if student not in self.students:
            self.students.add(student)
            self._insert(api.Student, id=student)
        if student not in self.submissions:
            key = self._insert(
                api.SubmittedAssignment,
                assignment_id=self.assignment_id,
                student_id=student,
                timestamp=handed_in,
            )
            self.submissions[student] = (key, handed_in)
        key, before = self.submissions[student]
        if before != handed_in:
            self.updates.setdefault(api.SubmittedAssignment, []).append({"id": key, "timestamp": handed_in})
        if key not in self.notebooks:
            row = {"assignment_id": key, "notebook_id": self.notebook_id, "flagged": False}
            new = self._insert(api.SubmittedNotebook, **row, late_submission_penalty=penalty or None)
            self.notebooks[key] = (new, penalty)
        notebook, known = self.notebooks[key]
        if (known or 0.0) != penalty:
            row = {"id": notebook, "late_submission_penalty": penalty or None}
            self.updates.setdefault(api.SubmittedNotebook, []).append(row)
        return notebook

    def _grade(self, notebook_id: str, cell_id: str, result: ExerciseResult, look: bool) -> None:
        """Set the autograder's score; a manual score stays, and needs another look if this one changed.

        ``look``: the answer changed after a person marked it.
        """
        score = None if result.score is None else min(max(float(result.score), 0.0), result.points)
        existing = self.grades.get((notebook_id, cell_id))
        if existing is None:
            row = {"auto_score": score, "needs_manual_grade": score is None}
            self._insert(api.Grade, notebook_id=notebook_id, cell_id=cell_id, **row)
            return
        key, before, manual = existing
        if manual is None or before != score or look:
            look = look or score is None or manual is not None
            self.updates.setdefault(api.Grade, []).append(
                {"id": key, "auto_score": score, "needs_manual_grade": look}
            )

    def _comment(self, notebook_id: str, cell_id: str, text: str | None) -> None:
        existing = self.comments.get((notebook_id, cell_id))
        if existing is None:
            self._insert(api.Comment, notebook_id=notebook_id, cell_id=cell_id, auto_comment=text)
        elif existing[1] != text:
            self.updates.setdefault(api.Comment, []).append({"id": existing[0], "auto_comment": text})

    def _insert(self, table: type, **values: Any) -> str:
        values.setdefault("id", api.new_uuid())
        self.inserts.setdefault(table, []).append(values)
        return values["id"]


def _wanted(release: Release, kind: str) -> dict[str, dict]:
    """The rows that the release asks for: its ``grade``, ``solution`` or (all marked) ``source`` cells."""
    rows = {}
    for cell in release.notebook["cells"]:
        mark = cell["metadata"].get("nbgrader", {})
        if kind == "grade" and mark.get("grade"):
            rows[mark["grade_id"]] = {"max_score": float(mark["points"]), "cell_type": cell["cell_type"]}
        elif kind == "solution" and mark.get("solution"):
            rows[mark["grade_id"]] = {}
        elif kind == "source" and mark:
            rows[mark["grade_id"]] = {
                "cell_type": cell["cell_type"],
                "locked": bool(mark.get("locked")),
                "source": "".join(cell["source"]),
                "checksum": mark.get("checksum"),
            }
    return rows
