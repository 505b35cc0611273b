"""`autograder roster`: reads a platform's table of students in, and shows what changed."""

from __future__ import annotations

from pathlib import Path

from autograder import nbgrader_plugin
from autograder.files import private
from autograder.safe_text import one_line
from autograder.term.roster import Roster, Student, load_roster, merged, read_roster, save_roster


def enrol(term: Path, file: Path | None, id_heading: str = "", dry_run: bool = False) -> str:
    """Read ``file`` into the term's roster and its gradebook; without one, the roster as it is."""
    before = load_roster(term)
    if file is None:
        return _listed(before)
    read = read_roster(file, id_heading)
    roster, changes = merged(before, read)
    lines = [f"{file}: a table of {read.platform}, {_count(len(read.students), 'student')}."]
    lines += [f"  left out, {reason}" for reason in read.left_out]
    lines += [f"  {change}" for change in changes] or ["  nothing has changed"]
    if dry_run:
        return "\n".join([*lines, "Nothing was written: --dry-run."])
    private(term)
    save_roster(term, roster)
    nbgrader_plugin.write_students(term, [_for_nbgrader(one) for one in roster.students.values()])
    gone = len(roster.students) - len(roster.enrolled)
    left = f", {gone} who left" if gone else ""
    return "\n".join([*lines, f"The roster has {_count(len(roster.enrolled), 'student')}{left}."])


def _for_nbgrader(one: Student) -> tuple[str, str, str, str]:
    """The id, first name, last name and e-mail address."""
    last, _, first = one.sortable.partition(", ")
    return (one.student, first, last, one.email) if one.name else (one.student, "", "", one.email)


def _listed(roster: Roster) -> str:
    if not roster.students:
        return "The roster is empty: `autograder roster FILE` reads a platform's table in."
    width = max(len(one_line(one.student)) for one in roster.students.values())
    lines = []
    for one in roster.students.values():
        ids = ", ".join(one.ids)
        state = "" if one.enrolled else "; has left"
        mail = f"  <{one_line(one.email)}>" if one.email else ""
        lines.append(f"{one_line(one.student):<{width}}  {one_line(one.name)}{mail}  {ids}{state}")
    return "\n".join([*lines, f"{_count(len(roster.enrolled), 'student')} enrolled."])


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
