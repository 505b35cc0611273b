"""Marks out, in the columns that each platform documents for reading them in.

============ ===========================================================================================
canvas       the gradebook's import: ``Student``, ``ID``, ``SIS User ID``, ``SIS Login ID``, ``Section``, a
             column for each assignment, a row "Points Possible"; blank changes nothing, EX excuses
             (instructure/canvas-lms, lib/gradebook_importer.rb)
moodle       an assignment's grading worksheet: ``Identifier``, ``Grade``, ``Last modified (grade)``
             (moodle/moodle, mod/assign/feedback/offline/importgradeslib.php); the term: a table for the
             gradebook's import, which asks for each column what it is
gradescope   the columns of Gradescope's own download of marks, for what reads that: Gradescope itself takes
             marks from its autograder only
csv          our own table; the term: a row a student
============ ===========================================================================================

Ids are as the platform wrote them. Names are disarmed for spreadsheets: no platform matches by them.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from autograder.classroom.results import Results
from autograder.course.course import Course, CourseError
from autograder.course.release import Release
from autograder.publish import class_marks, export_marks
from autograder.reporting.marks import number
from autograder.reporting.marks_csv import disarmed
from autograder.reporting.rows import MarkRow
from autograder.safe_text import one_line
from autograder.term.collect import load_participants
from autograder.term.people import person
from autograder.term.policy import term_total
from autograder.term.roster import Roster, Student, load_roster
from autograder.term.settings import Settings, term_settings
from autograder.term.tables import Table, read_table, write_table

CANVAS_HEAD = ("Student", "ID", "SIS User ID", "SIS Login ID", "Integration ID", "Root Account", "Section")
MOODLE_HEAD = (
    "Identifier", "Full name", "ID number", "Email address", "Grade", "Maximum Grade",
    "Last modified (grade)", "Feedback comments",
)  # fmt: skip  # a list to read across
GRADESCOPE_HEAD = (
    "First Name", "Last Name", "SID", "Email", "Sections", "Total Score", "Max Points", "Status",
    "Lateness (H:M:S)",
)  # fmt: skip  # likewise
_CANVAS_ID = re.compile(r"\s*\(\d+\)$")


@dataclass(frozen=True)
class Marks:
    """The marks of one assignment or several: what an export is made of."""

    settings: Settings
    roster: Roster
    releases: Mapping[str, Release]
    rows: Mapping[str, Mapping[str, MarkRow]]  # by assignment and student

    @property
    def students(self) -> list[str]:
        """Everybody who is enrolled or handed in."""
        found = {one.student: None for one in self.roster.enrolled}
        for rows in self.rows.values():
            found |= dict.fromkeys(rows)
        return list(found)

    def student(self, student: str) -> Student:
        return self.roster.find(student) or Student(student)

    def total(self, student: str) -> float | None:
        """Percent of the term."""
        mine = {slug: rows[student] for slug, rows in self.rows.items() if student in rows}
        excused = [slug for slug, row in mine.items() if row.standing.excused]
        return term_total(
            {slug: (row.final, row.maximum) for slug, row in mine.items()}, self.settings, excused
        )


def gather(course: Course, term: Path, slug: str = "") -> Marks:
    """The marks of ``slug``, or of every assignment that has results."""
    roster = load_roster(term)
    settings = term_settings(course, term, roster.students)
    slugs = [course.require(slug)] if slug else [one for one in course.slugs if Results(term).any(one)]
    if not slugs:
        raise CourseError(f"no results in {term}: run `autograder grade ASSIGNMENT` first.")
    found = {one: class_marks(course, one, term) for one in slugs}
    releases = {one: release for one, (release, _) in found.items()}
    rows = {one: {row.student: row for row in rows} for one, (_, rows) in found.items()}
    return Marks(settings, roster, releases, rows)


def export(
    course: Course, term: Path, slug: str = "", platform: str = "", into: Path | None = None
) -> tuple[str, list[str]]:
    """The table for a platform (that of the settings, if none is named), and what could not go into it."""
    marks = gather(course, term, slug)
    platform = platform or marks.settings.platform
    if into is not None and platform != "moodle":
        raise CourseError("--into fills in Moodle's grading worksheet: use it with --for moodle.")
    if platform == "canvas":
        return _canvas(marks)
    if platform == "moodle":
        return _moodle(marks, slug, load_participants(term, slug) if slug else {}, into)
    if platform == "gradescope":
        return _gradescope(marks, slug)
    return (export_marks(course, slug, term), []) if slug else (_wide(marks), [])


def _canvas(marks: Marks) -> tuple[str, list[str]]:
    columns = {slug: canvas_column(marks, slug) for slug in marks.releases}
    ids = {student: marks.student(student).ids.get("canvas", {}) for student in marks.students}
    has = {name for cells in ids.values() for name in cells}
    head = [name for name in CANVAS_HEAD if name in has or name in ("Student", "ID", "Section")]
    points = [number(sum(one.points for one in release.marked)) for release in marks.releases.values()]
    rows = [["    Points Possible", *[""] * (len(head) - 1), *points]]
    left = []
    for student, cells in ids.items():
        if not cells.get("ID"):
            left.append(
                f"{one_line(student)} has no id of Canvas's; read its gradebook export in (`roster`)."
            )
            continue
        who = [cells.get(name, "") for name in head]
        who[0] = disarmed(cells.get("Student") or marks.student(student).sortable)
        rows.append([*who, *[_cell(marks.rows[slug].get(student), "EX") for slug in columns]])
    there = "; ".join(one for one in marks.roster.columns.get("canvas", ()) if _CANVAS_ID.search(one))
    which = f"its assignments are {one_line(there)}" if there else "`roster` saw none in its gradebook"
    left += [
        f"{name}: Canvas has no such column and will make a new assignment ({which}); to fill one that is "
        f'there, put its heading into course.toml: [assignment.{slug}] column = "{name} (…)".'
        for slug, name in columns.items()
        if not _CANVAS_ID.search(name)
    ]
    return write_table([*head, *columns.values()], rows), left


def canvas_column(marks: Marks, slug: str) -> str:
    """The heading in Canvas's table: that of the settings, or the one with the title or the slug."""
    wanted = marks.settings.assignment(slug).column
    there = marks.roster.columns.get("canvas", ())
    title = marks.releases[slug].title
    same = [
        name
        for name in there
        if _CANVAS_ID.sub("", name).strip().casefold()
        in (title.casefold(), slug.casefold(), wanted.casefold())
    ]
    return same[0] if len(same) == 1 and not _CANVAS_ID.search(wanted) else wanted or title


def _moodle(
    marks: Marks, slug: str, participants: Mapping[str, str], into: Path | None
) -> tuple[str, list[str]]:
    if not slug:
        return _moodle_term(marks), []
    if into is not None:
        return _filled_in(marks, slug, participants, read_table(into))
    if not participants:
        raise CourseError(
            f"Moodle knows its participants by a number of its own for each assignment: download the grading "
            f"worksheet of {slug} and fill it in with --into FILE."
        )
    maximum = number(sum(one.points for one in marks.releases[slug].marked))
    rows = []
    for participant, student in sorted(participants.items()):
        one = marks.student(student)
        cells = one.ids.get("moodle", {})
        who = [disarmed(one.name), cells.get("ID number", ""), one.email]
        rows.append(
            [f"Participant {participant}", *who, _cell(marks.rows[slug].get(student)), maximum, "-", ""]
        )
    left = [
        f"{one_line(student)} has no participant's number; fill the worksheet in with --into FILE."
        for student in marks.students
        if student not in participants.values()
    ]
    return write_table(MOODLE_HEAD, rows), left


def _filled_in(
    marks: Marks, slug: str, participants: Mapping[str, str], table: Table
) -> tuple[str, list[str]]:
    """The worksheet with its marks filled in, and every other cell as it was."""
    for name in ("Identifier", "Grade", "Last modified (grade)"):
        if name not in table.head:
            raise CourseError(
                f"the worksheet has no column {name}; download it again, with offline grading on."
            )
    comma = any("," in cells.get("Maximum Grade", "") for _, cells in table.dicts())
    rows, left, found = [], _another_maximum(marks, slug, table), set()
    for line, cells in table.dicts():
        student = _participant(marks, participants, cells)
        if student is None:
            left.append(
                f"line {line}: {one_line(cells.get('Full name', cells['Identifier']))} is not in the roster."
            )
        else:
            found.add(student)
            mark = _cell(marks.rows[slug].get(student))
            cells = {**cells, "Grade": mark.replace(".", ",") if comma else mark}
        rows.append([cells[name] for name in table.head])
    left += [
        f"{one_line(student)} is not in the worksheet."
        for student, row in marks.rows[slug].items()
        if student not in found and row.report is not None
    ]
    return write_table(table.head, rows), left


def _another_maximum(marks: Marks, slug: str, table: Table) -> list[str]:
    """A sentence, if Moodle's assignment has another maximum than ours: marks would be of another scale."""
    ours = number(sum(one.points for one in marks.releases[slug].marked))
    for _, cells in table.dicts():
        there = cells.get("Maximum Grade", "").strip().replace(",", ".")
        if re.fullmatch(r"\d+(\.\d+)?", there) and number(float(there)) != ours:
            return [
                f"the worksheet's maximum is {number(float(there))}, and {slug} has {ours} points: "
                f"marks are written in points; set the maximum grade of Moodle's assignment to {ours}."
            ]
    return []


def _participant(marks: Marks, participants: Mapping[str, str], cells: Mapping[str, str]) -> str | None:
    participant = re.sub(r"\D", "", cells["Identifier"])
    if participant in participants:
        return participants[participant]
    keys = {"student": "ID number", "email": "Email address", "name": "Full name"}
    who = {key: cells[name] for key, name in keys.items() if cells.get(name, "").strip()}
    one, _ = person(marks.roster, who)
    return one.student if one else None


def _moodle_term(marks: Marks) -> str:
    rows = []
    for student in marks.students:
        one = marks.student(student)
        who = [one.ids.get("moodle", {}).get("ID number", "" if student == one.email else student), one.email]
        rows.append([*who, *[_cell(rows_.get(student)) for rows_ in marks.rows.values()]])
    titles = [
        marks.settings.assignment(slug).column or release.title for slug, release in marks.releases.items()
    ]
    return write_table(["ID number", "Email address", *titles], rows)


def _gradescope(marks: Marks, slug: str) -> tuple[str, list[str]]:
    if not slug:
        raise CourseError(
            "Gradescope has a table for each assignment: name one, as in `export NAME --for gradescope`."
        )
    rows = []
    for student in marks.students:
        one, row = marks.student(student), marks.rows[slug].get(student)
        cells = one.ids.get("gradescope", {})
        last, _, first = one.sortable.partition(", ")
        status = (
            "Missing"
            if row is None or (row.report is None and not row.waiting)
            else "Graded"
            if row.final is not None
            else "Ungraded"
        )
        late = _clock(row.standing.seconds) if row else ""
        who = [disarmed(first), disarmed(last), cells.get("SID", student), one.email, one.section]
        maximum = number(sum(part.points for part in marks.releases[slug].marked))
        rows.append([*who, _cell(row), maximum, status, late])
    return write_table(GRADESCOPE_HEAD, rows), []


def _wide(marks: Marks) -> str:
    """The term, a row a student: marks, and percent of the term by weights and the lowest dropped."""
    rows: list[Sequence[str]] = []
    for student in marks.students:
        one = marks.student(student)
        who = [disarmed(student, known=True), disarmed(one.name), disarmed(one.email), disarmed(one.section)]
        found = [_cell(rows_.get(student), "excused") for rows_ in marks.rows.values()]
        rows.append([*who, *found, number(marks.total(student))])
    return write_table(["student", "name", "email", "section", *marks.releases, "percent"], rows)


def _cell(row: MarkRow | None, excused: str = "") -> str:
    if row is None:
        return ""
    return excused if row.standing.excused else number(row.final)


def _clock(seconds: float) -> str:
    if math.isnan(seconds):  # unknown
        return ""
    whole = round(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"


def notices(left: Iterable[str]) -> str:
    """What could not go into an export, for the terminal."""
    return "".join(f"autograder: {sentence}\n" for sentence in left)
