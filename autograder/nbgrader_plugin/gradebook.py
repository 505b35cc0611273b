"""nbgrader's gradebook, written in bulk through its own tables."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy
from alembic.script import ScriptDirectory
from nbgrader import api, dbutil, utils
from sqlalchemy import select
from sqlalchemy.orm import Session

from autograder.course import Release
from autograder.marks import Override
from autograder.nbgrader_plugin.book import Book
from autograder.store import write_whole
from autograder.verdict import Report

Entry = tuple[Report, dict, str | None]  # a report, its rebuilt notebook, the text of its timestamp.txt


def database_url(term: Path) -> str:
    """The gradebook of a class; a second writer waits up to a minute for the first."""
    return f"sqlite:///{term.resolve() / 'gradebook.db'}?timeout=60"


def create_database(url: str) -> None:
    """Make nbgrader's tables at ``url``, and its schema's version, unless they stand there already.

    nbgrader itself asks a command called ``alembic`` from PATH for that version; its library is asked here.
    """
    with _transaction(url) as session:
        connection = session.connection()
        if sqlalchemy.inspect(connection).get_table_names():
            return
        api.Base.metadata.create_all(bind=connection)
        head = ScriptDirectory(dbutil.ALEMBIC_DIR).get_current_head()
        session.execute(sqlalchemy.text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)"))
        session.execute(sqlalchemy.text("INSERT INTO alembic_version VALUES (:head)"), {"head": head})


def ensure_assignment(term: Path, release: Release) -> None:
    """Make the assignment's rows where they are missing, and bring them up to the release."""
    term.mkdir(parents=True, exist_ok=True)
    create_database(database_url(term))
    with _transaction(database_url(term)) as session:
        Book(session, release)


def write_gradebook(term: Path, release: Release, entries: Iterable[Entry], files: bool = True) -> None:
    """Write reports into the gradebook in one commit, and (``files``) each student's autograded notebook.

    Whatever row is missing is made: database, assignment, notebook, cells, students, submissions. An
    ungraded exercise has no score and asks for a manual one. What a person entered (scores, extra credit,
    comments, flags, extensions) stands. A crash leaves the gradebook as it was.
    """
    term.mkdir(parents=True, exist_ok=True)
    create_database(database_url(term))
    with _transaction(database_url(term)) as session:
        book = Book(session, release)
        for report, notebook, timestamp in entries:
            book.enter(report, gradebook_moment(timestamp))
            if files:
                _write_autograded(term, report, notebook, timestamp)
        book.write()


def read_overrides(term: Path, slug: str) -> dict[str, dict[str, Override]]:
    """What people entered in formgrader: by student and exercise, only where there is something."""
    if not (term / "gradebook.db").exists():
        return {}
    entered = api.Grade.manual_score.is_not(None) | api.Grade.extra_credit.is_not(None)
    graded = _rows_of(slug, api.Grade, api.Grade.manual_score, api.Grade.extra_credit).where(entered)
    commented = _rows_of(slug, api.Comment, api.Comment.manual_comment).where(
        api.Comment.manual_comment.is_not(None)
    )
    found: dict[str, dict[str, dict[str, Any]]] = {}
    with _transaction(database_url(term)) as session:
        for student, cell, score, extra in session.execute(graded):
            entry = found.setdefault(student, {}).setdefault(cell.removeprefix("check_"), {})
            entry.update(score=score, extra=extra or 0.0)
        for student, cell, comment in session.execute(commented):
            found.setdefault(student, {}).setdefault(cell, {})["comment"] = comment
    return {
        student: {name: Override(**values) for name, values in entries.items()}
        for student, entries in found.items()
    }


def _rows_of(slug: str, table: type, *columns: Any) -> sqlalchemy.Select:
    """A query for (student, cell's name, columns) of every row of ``table`` in an assignment."""
    notebook, submitted = api.SubmittedNotebook, api.SubmittedAssignment
    return (
        select(submitted.student_id, api.BaseCell.name, *columns)
        .select_from(table)
        .join(notebook, notebook.id == table.notebook_id)
        .join(submitted, submitted.id == notebook.assignment_id)
        .join(api.Assignment, api.Assignment.id == submitted.assignment_id)
        .join(api.BaseCell, api.BaseCell.id == table.cell_id)
        .where(api.Assignment.name == slug)
    )


def notebook_text(notebook: dict) -> str:
    return json.dumps(notebook, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def gradebook_moment(timestamp: str | None) -> datetime | None:
    """The moment as nbgrader reads it, in UTC without a zone; None where it cannot.

    A zone's name is a file's to nbgrader: one that leads out of the list of zones is not asked for.
    """
    if timestamp and (".." in timestamp or " /" in timestamp or timestamp.startswith("/")):
        return None
    try:
        return utils.parse_utc(timestamp)
    except (ValueError, OverflowError):
        return None


def _write_autograded(term: Path, report: Report, notebook: dict, timestamp: str | None) -> None:
    """The notebook and the timestamp by which formgrader knows that this hand-in is graded."""
    folder = term / "autograded" / report.student / report.assignment
    write_whole(folder / f"{report.assignment}.ipynb", notebook_text(notebook).encode("utf-8", "replace"))
    if timestamp is None:
        (folder / "timestamp.txt").unlink(missing_ok=True)
    else:
        write_whole(folder / "timestamp.txt", f"{timestamp}\n".encode("utf-8", "replace"))


class _transaction:
    """A session on the database at ``url``, alone from the start: committed at the end, or undone."""

    def __init__(self, url: str) -> None:
        self.engine = sqlalchemy.create_engine(url)
        self.session = Session(self.engine)

    def __enter__(self) -> Session:
        self.session.execute(sqlalchemy.text("BEGIN IMMEDIATE"))
        return self.session

    def __exit__(self, kind: type | None, *_: object) -> None:
        try:
            if kind is None:
                self.session.commit()
        finally:
            self.session.close()
            self.engine.dispose()
