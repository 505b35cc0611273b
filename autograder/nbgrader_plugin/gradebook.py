"""nbgrader's gradebook, written in bulk through its own tables."""

from __future__ import annotations

import os
from collections.abc import Container, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import sqlalchemy
from alembic.script import ScriptDirectory
from nbgrader import api, dbutil
from sqlalchemy.orm import Session

from autograder.course.course import CourseError
from autograder.course.release import Release
from autograder.grading.verdict import Report
from autograder.nbgrader_plugin.book import Book
from autograder.reporting.autograded import write_autograded
from autograder.submissions.handin import moment

# A report, its rebuilt notebook (None if that is not to be written), the text of its timestamp.txt.
Entry = tuple[Report, dict | None, str | None]


def database_url(term: Path) -> str:
    """The gradebook of a class; a second writer waits up to a minute for the first."""
    return f"sqlite:///{term.resolve() / 'gradebook.db'}?timeout=60"


def create_database(url: str) -> None:
    """Make nbgrader's tables at ``url`` and record the schema's version, unless there are tables already.

    nbgrader itself gets the version by running ``alembic`` from PATH; this uses alembic as a library.
    """
    path = Path(sqlalchemy.make_url(url).database or "")
    os.close(
        os.open(path, os.O_WRONLY | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600)  # Windows has none
    )  # SQLite would take the umask's mode
    with _transaction(url) as session:
        connection = session.connection()
        if sqlalchemy.inspect(connection).get_table_names():
            return
        api.Base.metadata.create_all(bind=connection)
        head = ScriptDirectory(dbutil.ALEMBIC_DIR).get_current_head()
        session.execute(sqlalchemy.text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)"))
        session.execute(sqlalchemy.text("INSERT INTO alembic_version VALUES (:head)"), {"head": head})


def ensure_assignment(term: Path, release: Release) -> None:
    """Insert the assignment's missing rows and make the others agree with the release."""
    term.mkdir(parents=True, exist_ok=True)
    create_database(database_url(term))
    with _transaction(database_url(term)) as session:
        Book(session, release)


def write_gradebook(
    term: Path,
    release: Release,
    entries: Iterable[Entry],
    files: bool = True,
    penalties: Mapping[str, float] | None = None,
    look: Container[tuple[str, str]] = (),
) -> None:
    """Write reports into the gradebook in one commit, and (``files``) each student's autograded notebook.

    Missing rows are inserted: assignment, notebook, cells, students, submissions. An ungraded exercise has
    no score and is marked for manual grading. A person's entries (scores, extra credit, comments, flags,
    extensions) are kept. A crash leaves the gradebook unchanged. ``penalties`` are the points that lateness
    takes, by student; ``look`` are the (student, exercise) whose mark by a person needs another look.
    """
    term.mkdir(parents=True, exist_ok=True)
    create_database(database_url(term))
    with _transaction(database_url(term)) as session:
        book = Book(session, release)
        for report, notebook, timestamp in entries:
            penalty = (penalties or {}).get(report.student, 0.0)
            book.enter(report, gradebook_moment(timestamp), penalty, look)
            if files and notebook is not None:
                write_autograded(term, report, notebook, timestamp)
        with _database_errors(session.get_bind().engine):
            book.write()


def write_students(term: Path, students: Iterable[tuple[str, str, str, str]]) -> None:
    """Enter students (id, first name, last name, e-mail), whether they hand in or not; none is removed."""
    term.mkdir(parents=True, exist_ok=True)
    create_database(database_url(term))
    with _transaction(database_url(term)) as session:
        known = {one.id: one for one in session.scalars(sqlalchemy.select(api.Student))}
        for student, first, last, email in students:
            one = known.get(student)
            if one is None:
                one = api.Student(id=student)
                session.add(one)
            one.first_name, one.last_name, one.email = first or None, last or None, email or None


def gradebook_moment(timestamp: str | None) -> datetime | None:
    """The time in UTC without a zone, as nbgrader keeps it; None if it cannot be read.

    `autograder.nbgrader_plugin.timestamps` has nbgrader read the same.
    """
    found = moment(timestamp)
    return found.replace(tzinfo=None) if found else None


class _transaction:
    """A session on the database at ``url``, with the write lock from the start; commits, or rolls back."""

    def __init__(self, url: str) -> None:
        self.engine = sqlalchemy.create_engine(url)
        self.session = Session(self.engine)

    def __enter__(self) -> Session:
        with _database_errors(self.engine):
            self.session.execute(sqlalchemy.text("BEGIN IMMEDIATE"))
        return self.session

    def __exit__(self, kind: type | None, *_: object) -> None:
        try:
            if kind is None:
                with _database_errors(self.engine):
                    self.session.commit()
        finally:
            self.session.close()
            self.engine.dispose()


@contextmanager
def _database_errors(engine: sqlalchemy.Engine) -> Iterator[None]:
    """Turn a database error, such as a full disk or missing rights, into a CourseError of one sentence."""
    try:
        yield
    except sqlalchemy.exc.OperationalError as error:
        raise CourseError(
            f"{engine.url.database}: {error.orig}; mend that and run the command again: nothing is lost."
        ) from error
