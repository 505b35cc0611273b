"""The entries from formgrader, read from the gradebook by SQL: loading nbgrader takes a second."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path
from typing import Any
from urllib.parse import quote

from autograder.course.course import CourseError
from autograder.reporting.marks import Override

LOCK_SECONDS = 60  # a second reader waits so long for a writer

_OF_ASSIGNMENT = """
    FROM {table} AS entry
    JOIN submitted_notebook ON submitted_notebook.id = entry.notebook_id
    JOIN submitted_assignment ON submitted_assignment.id = submitted_notebook.assignment_id
    JOIN assignment ON assignment.id = submitted_assignment.assignment_id
    JOIN base_cell ON base_cell.id = entry.cell_id
    WHERE assignment.name = ? AND ({entered})
"""
_GRADES = (
    "SELECT student_id, base_cell.name, manual_score, extra_credit, needs_manual_grade"
    + _OF_ASSIGNMENT.format(table="grade", entered="manual_score IS NOT NULL OR extra_credit IS NOT NULL")
)
_COMMENTS = "SELECT student_id, base_cell.name, manual_comment" + _OF_ASSIGNMENT.format(
    table="comment", entered="manual_comment IS NOT NULL"
)


def read_overrides(term: Path, slug: str) -> dict[str, dict[str, Override]]:
    """The entries from formgrader by student and exercise; those without any are left out."""
    try:
        return _read_overrides(term, slug)
    except sqlite3.OperationalError as error:
        path = term.resolve() / "gradebook.db"
        cure = "close what writes to it, and run the command again: nothing is lost"
        raise CourseError(f"{path}: {error}; {cure}.") from error
    except sqlite3.DatabaseError as error:
        path = term.resolve() / "gradebook.db"
        cure = "put its copy back from a backup: marks that people entered are in it alone"
        raise CourseError(f"{path} is damaged: {error}; {cure}.") from error


def _read_overrides(term: Path, slug: str) -> dict[str, dict[str, Override]]:
    path = term.resolve() / "gradebook.db"
    if not path.exists():
        return {}
    found: dict[str, dict[str, dict[str, Any]]] = {}
    # Opened read-write, so that SQLite can roll back the journal of a writer that was killed
    # (https://www.sqlite.org/lockingv3.html).
    address = f"file:{quote(str(path))}?mode=rw"
    with contextlib.closing(sqlite3.connect(address, timeout=LOCK_SECONDS, uri=True)) as book:
        if not book.execute("SELECT 1 FROM sqlite_master WHERE name = 'grade'").fetchone():
            return {}
        for student, cell, score, extra, look in book.execute(_GRADES, (slug,)):
            entry = found.setdefault(student, {}).setdefault(cell.removeprefix("check_"), {})
            entry.update(score=score, extra=extra or 0.0, look=bool(look) and score is not None)
        for student, cell, comment in book.execute(_COMMENTS, (slug,)):
            found.setdefault(student, {}).setdefault(cell, {})["comment"] = comment
    return {
        student: {name: Override(**values) for name, values in entries.items()}
        for student, entries in found.items()
    }
