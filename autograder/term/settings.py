"""The settings of a term, from ``course.toml`` in its folder: read, checked key by key, and explained.

A key that does not exist is refused with the one that was probably meant. Without the file every setting has
its default, and marks are what the grader gave.
"""

from __future__ import annotations

import contextlib
import datetime
import json
import math
import tomllib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from autograder.course.course import Course, CourseError
from autograder.near import meant

PLATFORMS = ("canvas", "moodle", "gradescope", "csv")
LAYOUTS = ("canvas", "moodle", "mail", "exchange")  # of feedback pages


@dataclass(frozen=True)
class Key:
    """One setting: the kind of its value, its default and what it is for."""

    kind: str
    default: Any
    about: str


GENERAL = {
    "name": Key("text", "", "the course's name, on the term's page"),
    "book": Key("text", "", "the published book's address; feedback pages link to its sections"),
    "time_zone": Key("zone", "UTC", "the zone of every time here and of times that name none"),
    "platform": Key("canvas|moodle|gradescope|csv", "csv", "where marks and feedback go"),
    "missing": Key("blank|zero", "blank", "the mark of somebody who handed in nothing"),
    "leave_out": Key("names", (), "chapters and assignments that are not in this term's course"),
    "attempts": Key("count", 0, "so many hand-ins of an assignment count, the first in time; 0: all"),
    "counts": Key("last|best", "last", "which of a student's attempts counts: the last in time, or the best"),
    "markers": Key("people", (), "who marks answers in words; the class is split among them"),
    "second_marker_percent": Key("percent", 0.0, "of those answers, so many are read by a second marker too"),
    "sandbox": Key(
        "required|if there", "required", "whether anything is graded where a protection is missing"
    ),
    "cool_down_minutes": Key("number", 0.0, "`watch` grades one student's work again only after so long"),
    "drop_lowest": Key("count", 0, "so many of a student's lowest assignments do not count for the term"),
}
LATE = {
    "grace_minutes": Key("number", 0.0, "so many minutes after the due time are in time"),
    "percent_per_day": Key("percent", 0.0, "what each day that has begun costs; 0: late work costs nothing"),
    "percent_max": Key("percent", 100.0, "lateness costs no more than this"),
    "of": Key("earned|maximum", "earned", "percent of the points that were earned, or of all that there are"),
    "days_accepted": Key("number", math.inf, "work that is later than so many days earns nothing"),
}
LIMITS = {
    "call_wall_seconds": Key("limit", 2.0, "a call of a student's function; it has one retry"),
    "cell_wall_seconds": Key("limit", 5.0, "a cell of the notebook"),
    "notebook_wall_seconds": Key("limit", 60.0, "all cells of a notebook"),
    "submission_wall_seconds": Key("limit", 600.0, "everything that is asked of one submission"),
    "memory_mib": Key("whole limit", 1024, "the memory of the process that runs a submission"),
}
ASSIGNMENT = {
    "due": Key("time", None, "the due time, in place of the one in the released notebook"),
    "leave_out": Key("exercises", (), "exercises that are not in this term's notebook, and earn nothing"),
    "points": Key(
        "points", {}, "other points, by exercise; 0: it is asked and graded, and counts for nothing"
    ),
    "weight": Key("number", 1.0, "how much it counts for the term; 0: not at all"),
    "column": Key("text", "", "its heading in the platform's table of marks, as in Homework 1 (5551)"),
}
STUDENT = {
    "due": Key("times", {}, "an extension: a due time of one's own, by assignment"),
    "handed_in": Key("times", {}, "when the work came in, where the platform does not say, by assignment"),
    "excused": Key("names", (), "assignments that do not count, and have no mark"),
    "penalty": Key("percents", {}, "what lateness costs this student in percent, by assignment"),
}


@dataclass(frozen=True)
class Late:
    """What lateness costs."""

    grace_minutes: float = 0.0
    percent_per_day: float = 0.0
    percent_max: float = 100.0
    of: str = "earned"
    days_accepted: float = math.inf


@dataclass(frozen=True)
class OfAssignment:
    due: datetime.datetime | None = None
    leave_out: tuple[str, ...] = ()
    points: Mapping[str, float] = field(default_factory=dict)
    weight: float = 1.0
    column: str = ""


@dataclass(frozen=True)
class OfStudent:
    """A student's own settings, each by assignment."""

    due: Mapping[str, datetime.datetime] = field(default_factory=dict)
    handed_in: Mapping[str, datetime.datetime] = field(default_factory=dict)
    excused: tuple[str, ...] = ()
    penalty: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Settings:
    """All settings of a term; ``given`` are the dotted names of those that the file sets."""

    name: str = ""
    book: str = ""
    time_zone: str = "UTC"
    platform: str = "csv"
    missing: str = "blank"
    leave_out: tuple[str, ...] = ()
    attempts: int = 0
    counts: str = "last"
    markers: tuple[str, ...] = ()
    second_marker_percent: float = 0.0
    sandbox: str = "required"
    cool_down_minutes: float = 0.0
    drop_lowest: int = 0
    late: Late = field(default_factory=Late)
    limits: Mapping[str, float] = field(default_factory=dict)
    assignments: Mapping[str, OfAssignment] = field(default_factory=dict)
    students: Mapping[str, OfStudent] = field(default_factory=dict)
    given: frozenset[str] = frozenset()

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    def assignment(self, slug: str) -> OfAssignment:
        return self.assignments.get(slug, OfAssignment())

    def student(self, student: str) -> OfStudent:
        return self.students.get(student, OfStudent())


def settings_path(term: Path) -> Path:
    return term / "course.toml"


def term_settings(course: Course, term: Path, students: Iterable[str] = ()) -> Settings:
    """The settings of a term of ``course``, whatever they leave out of it."""
    return load_settings(term, course.whole.slugs, students, course.order)


def load_settings(
    term: Path, slugs: Iterable[str] = (), students: Iterable[str] = (), pages: Iterable[str] = ()
) -> Settings:
    """The settings of a term. ``slugs`` and ``students``, where given, are all that may be named in it.

    ``pages`` are the book's: those without an assignment can be left out too.
    """
    path = settings_path(term)
    if not path.exists():
        return Settings()
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise CourseError(f"{path}: {error}.") from error
    return _Reader(path, tuple(slugs), tuple(students), tuple(pages)).settings(data)


class _Reader:
    """Turns what TOML holds into settings; a sentence names the file, the key and the cure."""

    def __init__(
        self, path: Path, slugs: tuple[str, ...], students: tuple[str, ...], pages: tuple[str, ...] = ()
    ) -> None:
        self._path, self._slugs, self._students, self._pages = path, slugs, students, pages
        self._zone = ZoneInfo("UTC")
        self._given: set[str] = set()

    def settings(self, data: dict[str, Any]) -> Settings:
        tables = ("late", "limits", "assignment", "student")
        parts = {name: self._table(name, data.pop(name, {})) for name in tables}
        if "time_zone" in data:
            self._zone = ZoneInfo(self._value("time_zone", GENERAL["time_zone"].kind, data["time_zone"]))
        general = self._section("", GENERAL, data, also=tables)
        late = Late(**self._section("late.", LATE, parts["late"]))
        limits = self._section("limits.", LIMITS, parts["limits"])
        assignments = {
            slug: OfAssignment(**self._section(f"assignment.{slug}.", ASSIGNMENT, values))
            for slug, values in self._named("assignment", parts["assignment"], self._slugs)
        }
        students = {
            student: OfStudent(**self._section(f"student.{student}.", STUDENT, values))
            for student, values in self._named("student", parts["student"], self._students)
        }
        return Settings(
            **general,
            late=late,
            limits=limits,
            assignments=assignments,
            students=students,
            given=frozenset(self._given),
        )

    def _named(
        self, what: str, data: dict[str, Any], names: tuple[str, ...]
    ) -> list[tuple[str, dict[str, Any]]]:
        for name in data:
            self._known(f"{what}.", name, names or data)
        return [(name, self._table(f"{what}.{name}", values)) for name, values in data.items()]

    def _section(
        self, prefix: str, keys: Mapping[str, Key], data: dict[str, Any], also: tuple[str, ...] = ()
    ) -> dict[str, Any]:
        found = {}
        for name, value in data.items():
            self._known(prefix, name, (*keys, *also))
            found[name] = self._value(f"{prefix}{name}", keys[name].kind, value)
            self._given.add(f"{prefix}{name}")
        return found

    def _known(self, prefix: str, name: str, names: Collection[str]) -> None:
        if name not in names:
            raise CourseError(f"{self._path}: there is no {prefix}{name}. {meant(name, names)}")

    def _table(self, name: str, value: object) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise self._wrong(name, "a table", value, f"[{name}]")
        return dict(value)

    def _value(self, name: str, kind: str, value: object) -> Any:
        """The value of one key, of its kind."""
        if kind == "text" and isinstance(value, str):
            return value
        if kind in ("number", "percent", "count") and _is_number(value):
            number = float(value)  # type: ignore[arg-type]  # it is a number
            if 0 <= number <= (100 if kind == "percent" else math.inf) and (
                kind != "count" or number.is_integer()
            ):
                return int(number) if kind == "count" else number
        if kind == "zone" and isinstance(value, str):
            try:
                return ZoneInfo(value).key
            except (ZoneInfoNotFoundError, ValueError, OSError):
                pass
        if kind == "time":
            return self._time(name, value)
        if kind.endswith("limit") and _is_number(value):
            number = float(value)  # type: ignore[arg-type]  # it is a number
            if 0 < number < math.inf and (kind == "limit" or number.is_integer()):
                return number if kind == "limit" else int(number)
        listed = isinstance(value, list) and all(isinstance(one, str) and one for one in value)
        if kind in ("names", "people", "exercises") and listed:
            for one in value if kind == "names" else ():  # type: ignore[attr-defined]  # it is a list
                self._known(f"{name}: ", one, dict.fromkeys((*self._slugs, *self._pages)) or value)  # type: ignore[arg-type]  # it is a list
            return tuple(dict.fromkeys(value))  # type: ignore[call-overload]  # it is a list
        if kind == "points" and isinstance(value, dict):
            return {
                exercise: self._value(f"{name}.{exercise}", "number", one) for exercise, one in value.items()
            }
        if kind in ("times", "percents") and isinstance(value, dict):
            for slug in value:
                self._known(f"{name}.", slug, self._slugs or value)
            inner = "time" if kind == "times" else "percent"
            return {slug: self._value(f"{name}.{slug}", inner, one) for slug, one in value.items()}
        if "|" in kind and value in kind.split("|"):
            return value
        raise self._wrong(
            name, _KINDS.get(kind, f"one of {kind.replace('|', ', ')}"), value, _EXAMPLES.get(kind, "")
        )

    def _time(self, name: str, value: object) -> datetime.datetime:
        found = value
        if isinstance(value, str):
            with contextlib.suppress(ValueError):
                found = datetime.datetime.fromisoformat(value)
        if not isinstance(found, datetime.datetime):
            raise self._wrong(name, _KINDS["time"], value, _EXAMPLES["time"])
        return found if found.tzinfo else found.replace(tzinfo=self._zone)

    def _wrong(self, name: str, wanted: str, value: object, example: str) -> CourseError:
        shown = value if isinstance(value, datetime.date | datetime.time) else repr(value)
        like = f", as in {example}" if example else ""
        return CourseError(f"{self._path}: {name} must be {wanted}{like}; it is {shown}.")


_KINDS = {
    "text": "a text",
    "number": "a number from 0",
    "percent": "a number from 0 to 100",
    "count": "a whole number from 0",
    "zone": "a time zone",
    "time": "a day and a time",
    "names": "a list of assignments' names",
    "people": "a list of names",
    "exercises": "a list of exercises' names",
    "points": "a table of points by exercise",
    "limit": "a number above 0",
    "whole limit": "a whole number above 0",
    "times": "a table of times by assignment",
    "percents": "a table of percents by assignment",
}
_EXAMPLES = {
    "text": '"text"',
    "zone": '"Europe/Berlin"',
    "time": '"2026-11-20 23:59"',
    "names": '["first", "second"]',
    "people": '["Ada", "Ben"]',
    "exercises": '["first", "second"]',
    "points": "{ first = 4 }",
    "times": '{ first = "2026-11-27 23:59" }',
    "percents": "{ first = 0 }",
}


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and not math.isnan(value)


def explained(settings: Settings, dues: Mapping[str, str]) -> str:
    """Every setting with its value and what it is for; ``dues`` are the due times as released."""
    lines = _lines("", GENERAL, vars(settings), settings.given)
    lines += ["", "[late]", *_lines("late.", LATE, vars(settings.late), settings.given)]
    limits = {name: settings.limits.get(name, key.default) for name, key in LIMITS.items()}
    lines += ["", "[limits]", *_lines("limits.", LIMITS, limits, settings.given)]
    lines += ["", "One calendar (the zone is that of time_zone):"]
    for slug, due in dues.items():
        own = settings.assignment(slug)
        when = own.due or (datetime.datetime.fromisoformat(due) if due else None)
        shown = f"{when.astimezone(settings.zone):%a %d %b %Y %H:%M}" if when else "no due time"
        counts = f"weight {own.weight:g}" if own.weight else "does not count"
        where = "here" if own.due else "in its notebook" if due else "nowhere"
        line = f"  {slug:<20} {shown:<22} set {where}; {counts}"
        line += f"; without {', '.join(own.leave_out)}" if own.leave_out else ""
        line += "".join(f"; {name} has {points:g} points" for name, points in own.points.items())
        lines.append("  " + slug.ljust(20) + " is left out" if slug in settings.leave_out else line)
    for student, of_student in settings.students.items():
        told = [
            f"{slug} due {when.astimezone(settings.zone):%d %b %H:%M}"
            for slug, when in of_student.due.items()
        ]
        told += [
            f"{slug} handed in {when.astimezone(settings.zone):%d %b %H:%M}"
            for slug, when in of_student.handed_in.items()
        ]
        told += [f"{slug} excused" for slug in of_student.excused]
        told += [f"{slug} costs {percent:g} %" for slug, percent in of_student.penalty.items()]
        lines.append(f"  {student}: {', '.join(told)}")
    lines += ["", "For each assignment ([assignment.NAME]):", *_abouts(ASSIGNMENT)]
    lines += ["", 'For a student ([student."NAME"]):', *_abouts(STUDENT)]
    return "\n".join(lines)


def _lines(
    prefix: str, keys: Mapping[str, Key], values: Mapping[str, Any], given: frozenset[str]
) -> list[str]:
    default = {name: "" if f"{prefix}{name}" in given else " (default)" for name in keys}
    return [f"{name} = {_toml(values[name]):<12} # {key.about}{default[name]}" for name, key in keys.items()]


def _abouts(keys: Mapping[str, Key]) -> list[str]:
    return [f"  {name:<10} {key.about}" for name, key in keys.items()]


def _toml(value: object) -> str:
    if isinstance(value, tuple):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, str):
        return f'"{value}"'
    return f"{value:g}" if isinstance(value, float) else str(value)


def template(name: str, dues: Mapping[str, str], time_zone: str = "UTC") -> str:
    """A first file of settings: every key with its default, and the calendar as released."""
    lines = ["# The settings of a term; `autograder settings` explains each."]
    for key, about in GENERAL.items():
        value = {"name": name, "time_zone": time_zone}.get(key, about.default)
        lines.append(f"{key} = {_toml(value):<12} # {about.about}")
    lines += ["", "[late]"]
    for key, about in LATE.items():
        comment = "# " if about.default == math.inf else ""
        value = 7 if about.default == math.inf else about.default
        lines.append(f"{comment}{key} = {_toml(value):<6} # {about.about}")
    lines += ["", "[limits]"]
    lines += [f"# {key} = {_toml(about.default)}  # {about.about}" for key, about in LIMITS.items()]
    for slug, due in dues.items():
        when = f"{due}" if due else ""
        lines += ["", f"[assignment.{slug}]", f'due = "{when}"' if when else '# due = "2026-11-20 23:59"']
    lines += [
        "",
        '# [student."a-login"]',
        '# due = { NAME = "2026-11-27 23:59" }',
        '# excused = ["NAME"]',
        "",
    ]
    return "\n".join(lines)
