"""Who is enrolled: read from the platforms' own tables, kept with each platform's ids for the way back.

The forms that are read, by their headings:

============ ===========================================================================================
canvas       the gradebook's export: ``Student`` (or ``LastName``, ``FirstName``), ``ID``, ``SIS User ID``,
             ``SIS Login ID``, ``Section``, then assignments; the row "Points Possible" is no student
             (instructure/canvas-lms, lib/gradebook_importer.rb)
moodle       the list of participants (``First name``, ``Last name``, ``ID number``, ``Email address``), or an
             assignment's grading worksheet (``Identifier``, ``Full name``, ``Email address``, ``Grade``;
             moodle/moodle, mod/assign/feedback/offline)
gradescope   the roster (``Name`` or ``First Name`` and ``Last Name``, ``Email``, ``SID``, ``Role``;
             guides.gradescope.com, "Adding Students and Staff")
csv          any other table with a column ``id`` (or ``student``, ``username``, ``login``)
============ ===========================================================================================
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from autograder.course.course import CourseError
from autograder.files import write_whole
from autograder.safe_text import json_text, one_line
from autograder.term.tables import Table, heading, read_table

FIRST = ("first name", "firstname", "given name", "vorname", "prénom", "nombre")
LAST = ("last name", "lastname", "surname", "nachname", "nom", "apellido(s)", "family name")
NAME = ("student", "full name", "name", "student name", "vollständiger name", "nom complet")
EMAIL = ("email address", "email", "e-mail-adresse", "mail", "adresse de courriel", "dirección de correo")
SECTION = ("section", "sections", "section name", "group", "groups", "gruppen")
IDS = {  # by preference: the column that names a student's folder
    "canvas": ("SIS Login ID", "SIS User ID", "ID"),
    "moodle": ("Username", "ID number", "ID-Nummer", "Email address", "E-Mail-Adresse"),
    "gradescope": ("SID", "Email"),
    "csv": ("student", "id", "username", "login", "student id", "sid", "matriculation number"),
}
WAY_BACK = {  # what a platform matches by, kept as it stands there
    "canvas": ("Student", "LastName", "FirstName", "ID", "SIS User ID", "SIS Login ID", "Integration ID",
               "Root Account", "Section"),
    "moodle": ("Username", "ID number", "ID-Nummer", "Email address", "E-Mail-Adresse"),
    "gradescope": ("First Name", "Last Name", "Name", "SID", "Email", "Sections", "Section"),
    "csv": ("id",),
}  # fmt: skip  # a list to read across
_POINTS = "points possible"
_WRAPPED = re.compile(r'="(.*)"')  # how some tables keep a number's leading zeros


@dataclass(frozen=True)
class Student:
    """One student: ``student`` names the folder, ``ids`` holds each platform's own cells by heading."""

    student: str
    name: str = ""
    email: str = ""
    section: str = ""
    enrolled: bool = True
    ids: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @property
    def sortable(self) -> str:
        """Last name first, as registers are sorted; the folder's name where there is no name."""
        if "," in self.name or " " not in self.name:
            return self.name or self.student
        first, last = self.name.rsplit(" ", 1)
        return f"{last}, {first}"


@dataclass(frozen=True)
class Roster:
    """The students by folder, and the headings of assignments that a platform's table had."""

    students: Mapping[str, Student] = field(default_factory=dict)
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def enrolled(self) -> tuple[Student, ...]:
        return tuple(one for one in self.students.values() if one.enrolled)

    def find(self, name: str) -> Student | None:
        """The student of that folder, whatever its Unicode form (a Mac's folders have another)."""
        return self.students.get(name) or self.students.get(composed(name))

    def by_id(self, platform: str, heading: str, value: str) -> Student | None:
        """The one student with that cell in a platform's table."""
        found = [one for one in self.students.values() if one.ids.get(platform, {}).get(heading) == value]
        return found[0] if len(found) == 1 and value else None


def composed(text: str) -> str:
    """``text`` in Unicode's composed form, in which names are compared."""
    return unicodedata.normalize("NFC", text)


def roster_path(term: Path) -> Path:
    return term / "roster.json"


def load_roster(term: Path) -> Roster:
    """The roster of a term; an empty one if none was read in."""
    path = roster_path(term)
    if not path.exists():
        return Roster()
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        students = {one["student"]: Student(**one) for one in data["students"]}
        return Roster(students, {name: tuple(found) for name, found in data["columns"].items()})
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise CourseError(
            f"{path} cannot be read ({error}); restore it from your backup, or delete it and read the "
            "platform's table in again."
        ) from error


def save_roster(term: Path, roster: Roster) -> None:
    data = {
        "students": [asdict(one) for one in roster.students.values()],
        "columns": {name: list(found) for name, found in roster.columns.items()},
    }
    text = json_text(json.dumps(data, indent=1, ensure_ascii=False)) + "\n"
    write_whole(roster_path(term), text.encode(), mode=0o600)


@dataclass(frozen=True)
class Read:
    """What one table says: its platform, the students, and each row that is none, with the reason."""

    platform: str
    students: tuple[Student, ...]
    left_out: tuple[str, ...]
    columns: tuple[str, ...] = ()


def read_roster(path: Path, id_heading: str = "") -> Read:
    """The students in a platform's table. ``id_heading`` names another column for the folders' names."""
    table = read_table(path)
    platform = platform_of(table)
    wanted = (id_heading,) if id_heading else IDS[platform]
    if not heading(table.head, wanted):
        raise CourseError(
            f"{path} has no column {' or '.join(wanted)} that names the students; it has: "
            f"{', '.join(table.head)}. Choose one with --id."
        )
    students: dict[str, Student] = {}
    lines: dict[str, int] = {}
    left_out = []
    for line, row in table.dicts():
        one, why = _student(platform, table.head, row, wanted)
        if why:
            left_out.append(f"line {line}: {why}")
        elif one.student in students:
            raise CourseError(
                f"{path}: lines {lines[one.student]} and {line} are both {one.student!r}; choose a column "
                "that tells them apart with --id."
            )
        else:
            students[one.student], lines[one.student] = one, line
    _not_alike(path, students)
    own = {*WAY_BACK[platform], *IDS[platform]}
    columns = tuple(name for name in table.head if platform == "canvas" and name not in own)
    return Read(platform, tuple(students.values()), tuple(left_out), columns)


def platform_of(table: Table) -> str:
    """Whose table it is, by its headings."""
    has = {name.casefold() for name in table.head}
    if "id" in has and ({"student", "section"} <= has or {"lastname", "firstname", "section"} <= has):
        return "canvas"
    if "identifier" in has or heading(table.head, ("ID number", "ID-Nummer")) or "surname" in has:
        return "moodle"
    if "sid" in has and heading(table.head, EMAIL):
        return "gradescope"
    if {"first name", "last name"} <= has and heading(table.head, EMAIL) and "id" not in has:
        return "moodle" if "email address" in has else "gradescope"
    return "csv"


def _student(
    platform: str, head: tuple[str, ...], row: Mapping[str, str], wanted: Sequence[str]
) -> tuple[Student, str]:
    """The student of a row, or the reason why it is none."""
    name = _cell(row, head, NAME)
    if platform == "csv" and heading(head, wanted) == heading(head, NAME):
        name = ""  # a column called student holds the id
    first, last = _cell(row, head, FIRST), _cell(row, head, LAST)
    name = name or f"{first} {last}".strip()
    nobody = Student("")
    if platform == "canvas" and _POINTS in name.casefold():
        return nobody, "the points of each assignment, no student"
    if platform == "canvas" and not name and not row.get("ID", "").strip():
        return nobody, "how marks are posted, no student"
    if platform == "canvas" and name in ("Student, Test", "Test Student"):
        return nobody, "Canvas's test student"
    role = row.get("Role", "").strip() if platform == "gradescope" else ""
    if role and role.casefold() != "student":
        return nobody, f"{one_line(name)} is {role}, no student"
    ids = (_cell(row, head, (one,)) for one in wanted)
    student = composed(next(filter(None, ids), ""))
    if not student:
        return nobody, f"{one_line(name) or 'a row'} has no id"
    if "/" in student or "\0" in student or student[0] == "." or len(student.encode()) > 200:
        return nobody, f"the id {one_line(student)!r} can be no folder's name"
    kept = {column: row[column] for column in WAY_BACK[platform] if row.get(column, "").strip()}
    email, section = _cell(row, head, EMAIL), _cell(row, head, SECTION)
    return Student(student, composed(name), email, section, True, {platform: kept}), ""


def _cell(row: Mapping[str, str], head: tuple[str, ...], names: Iterable[str]) -> str:
    found = heading(head, tuple(names))
    text = row[found].strip() if found else ""
    wrapped = _WRAPPED.fullmatch(text)
    return wrapped[1] if wrapped else text


def _not_alike(path: Path, students: Mapping[str, Student]) -> None:
    """Two ids that differ in case only are one folder on some machines."""
    seen: dict[str, str] = {}
    for student in students:
        other = seen.setdefault(student.casefold(), student)
        if other != student:
            raise CourseError(
                f"{path}: {other!r} and {student!r} differ in case only, which is one folder on some "
                "machines; choose another column with --id."
            )


def merged(roster: Roster, read: Read) -> tuple[Roster, tuple[str, ...]]:
    """The roster after a table was read, and a sentence for each change.

    A table of a second platform adds its ids to those who are there: by folder, by e-mail, else by an id
    that both tables hold. Whoever a platform no longer lists stays, as somebody who has left.
    """
    students = dict(roster.students)
    changes, seen = [], set()
    for one in read.students:
        known = _known(students, one)
        if known is None:
            students[one.student] = one
            seen.add(one.student)
            changes.append(f"new: {_shown(one)}")
            continue
        seen.add(known.student)
        after = replace(
            known,
            name=one.name or known.name,
            email=one.email or known.email,
            section=one.section or known.section,
            enrolled=True,
            ids={**known.ids, **one.ids},
        )
        students[known.student] = after
        changes += _differences(known, after)
    for student, known in students.items():
        if student not in seen and known.enrolled and read.platform in known.ids:
            students[student] = replace(known, enrolled=False)
            changes.append(f"no longer listed: {_shown(known)}; files and marks are kept")
    order = sorted(students.values(), key=lambda one: (one.sortable.casefold(), one.student))
    columns = {**roster.columns, **({read.platform: read.columns} if read.columns else {})}
    return Roster({one.student: one for one in order}, columns), tuple(changes)


def _known(students: Mapping[str, Student], one: Student) -> Student | None:
    if one.student in students:
        return students[one.student]
    if one.email:
        same = [known for known in students.values() if known.email.casefold() == one.email.casefold()]
        if len(same) == 1:
            return same[0]
    values = {value for cells in one.ids.values() for name, value in cells.items() if name in _NAMING}
    same = [known for known in students.values() if known.student in values]
    return same[0] if len(same) == 1 else None


_NAMING = ("SIS User ID", "SIS Login ID", "ID number", "ID-Nummer", "Username", "SID", "id")


def _differences(before: Student, after: Student) -> list[str]:
    told = [
        f"{_shown(before)}: {name} was {one_line(old) or 'empty'}, is {one_line(new)}"
        for name, old, new in (
            ("name", before.name, after.name),
            ("e-mail", before.email, after.email),
            ("section", before.section, after.section),
        )
        if old != new
    ]
    if not before.enrolled:
        told.append(f"listed again: {_shown(before)}")
    for platform, cells in after.ids.items():
        old_cells = before.ids.get(platform)
        if old_cells is None:
            told.append(f"{_shown(before)}: ids of {platform} added")
            continue
        told += [
            f"{_shown(before)}: {platform}'s {name} was {old_cells[name]}, is {value}"
            for name, value in cells.items()
            if name in (*_NAMING, "ID") and old_cells.get(name, value) != value
        ]
    return told


def _shown(one: Student) -> str:
    return f"{one_line(one.student)} ({one_line(one.name)})" if one.name else one_line(one.student)
