"""The files that a class handed in, when each was handed in, and how late that was."""

from __future__ import annotations

import hashlib
import math
import os
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo

from dateutil import parser

from autograder.submissions.notebook_file import read_timestamp

NOTEBOOK = re.compile(r"^[^.].*\.ipynb(\.(json|txt))?$", re.I)  # browsers and mail programs add endings


# Names of zones that mean one offset wherever they are used; IST, CST, BST and others mean several.
HOURS = {
    "UTC": 0, "GMT": 0, "Z": 0, "WEST": 1, "CET": 1, "CEST": 2, "EET": 2, "EEST": 3, "MSK": 3, "JST": 9,
    "KST": 9, "AEST": 10, "AEDT": 11, "NZST": 12, "NZDT": 13, "EST": -5, "EDT": -4, "CDT": -5, "MDT": -6,
    "MST": -7, "PST": -8, "PDT": -7, "AKST": -9, "AKDT": -8, "HST": -10,
}  # fmt: skip  # a list to read across
MAX_TIME = 100  # characters
UNKNOWN = math.nan  # seconds late, where the time of a hand-in cannot be read


@dataclass(frozen=True)
class Handin:
    """One student's submission: ``path`` may not exist, ``timestamp`` is the text of ``timestamp.txt``.

    ``timestamp`` is None where there is no such file, and may be any text where there is one.
    """

    student: str
    path: Path
    timestamp: str | None

    @property
    def time_unknown(self) -> bool:
        """Whether there is a timestamp that is no time."""
        return self.timestamp is not None and moment(self.timestamp) is None

    @property
    def known_timestamp(self) -> str | None:
        """The timestamp where it is a time."""
        return None if self.time_unknown else self.timestamp

    def seconds_late(self, due: str) -> float:
        """Seconds after ``due`` (ISO 8601); 0 if in time or if nothing says when; NaN for a time unknown.

        >>> handin = Handin("ada", Path("ada.ipynb"), "2030-01-01 12:00:30 UTC")
        >>> handin.seconds_late("2030-01-01T13:00:00+01:00")
        30.0
        """
        if self.time_unknown:
            return UNKNOWN
        handed, limit = moment(self.timestamp), moment(due)
        return max(0.0, (handed - limit).total_seconds()) if handed and limit else 0.0


def handed_in(term: Path, slug: str) -> set[str]:
    """The students who have handed in something for ``slug``, be it graded or not."""
    return {one.student for one in handins(term, slug)}


def handins(term: Path, slug: str, students: Iterable[str] | None = None) -> tuple[Handin, ...]:
    """The submissions to ``slug`` in the folder ``term``, by student; of ``students`` only, if given.

    A folder that is a link is listed, and what it leads to is not looked at.
    """
    folder = term / "submitted"
    names = shown_names(child.name for child in folder.iterdir()) if folder.is_dir() else {}
    wanted = None if students is None else set(students)
    return tuple(
        Handin(student, _notebook(folder / name / slug, slug), _timestamp(folder / name / slug))
        for name, student in sorted(names.items())
        if (wanted is None or student in wanted) and (folder / name / slug).is_dir()
    )


def moment(text: str | None) -> datetime | None:
    """The time that ``text`` gives, parsed as nbgrader does (UTC if it has no zone), or None; never raises.

    A zone that is not known, or that stands for several, gives no time: nbgrader takes it for UTC, hours off.

    >>> str(moment("2030-02-02 15:58:23 UTC")), moment("soon"), moment("2030-02-02 15:58:23 IST")
    ('2030-02-02 15:58:23+00:00', None, None)
    """
    words = (text or "")[:MAX_TIME].split()
    zone: tzinfo | None = UTC
    try:
        if len(words) == 3 and not re.fullmatch(r"[+-][\d:]+", words[2]):  # day, clock and a zone's name
            zone = _zone(words.pop())
        found = parser.parse(" ".join(words), tzinfos=_zone)
        return (found.replace(tzinfo=zone) if found.tzinfo is None else found).astimezone(UTC)
    except Exception:  # noqa: BLE001 - students write it, and the parser raises more than it says
        return None


def _zone(name: str | None, seconds: int | None = None) -> tzinfo | None:
    """The time zone of that offset or name, or None; raises for a name that is unknown."""
    if seconds is not None:
        return timezone(timedelta(seconds=seconds))
    if name in HOURS:
        return timezone(timedelta(hours=HOURS[name]))
    return ZoneInfo(name) if name is not None else None


def shown_names(names: Iterable[str]) -> dict[str, str]:
    """By the name of each folder: the student's name, which no other folder has.

    Bytes that are not UTF-8 (from an old archive) become escapes; where another folder is called just so,
    the start of a hash follows.

    >>> [*shown_names(["ada", os.fsdecode(b"\\xff"), r"\\xff"]).values()]
    ['\\\\xff', 'ada', '\\\\xff a8100ae6']
    """
    found: dict[str, str] = {}
    taken: set[str] = set()
    for name in sorted(names, key=lambda name: (not _is_text(name), name)):
        content = os.fsencode(name)
        student = content.decode("utf-8", "backslashreplace")
        while student in taken:
            student += f" {hashlib.sha256(content).hexdigest()[:8]}"
        taken.add(student)
        found[name] = student
    return found


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


# Letters that look like Latin ones, those that names are most often faked with.
_ALIKE = str.maketrans("аеорсухіјѕԁһΑΒΕΖΗΙΚΜΝΟΡΤΥΧοιαυνρ", "aeopcyxijsdhABEZHIKMNOPTYXoiauvp")


def look_alike(students: Iterable[str]) -> list[tuple[str, ...]]:
    """Groups of names that look the same: they differ in Unicode form, in case, or in what is not seen.

    >>> look_alike(["Ann", "ann", "bob", "b\u200bob", "\u0430nn", "eve"])
    [('Ann', 'ann', 'аnn'), ('bob', 'b\u200bob')]
    """
    groups: dict[str, list[str]] = {}
    for student in students:
        plain = unicodedata.normalize("NFKC", student).translate(_ALIKE).casefold()
        seen = "".join(c for c in plain if unicodedata.category(c) not in ("Cf", "Cc", "Mn", "Zs"))
        groups.setdefault(seen, []).append(student)
    return [tuple(names) for names in groups.values() if len(names) > 1]


def _notebook(folder: Path, slug: str) -> Path:
    """The file to grade: ``<slug>.ipynb``, or the folder's only notebook if it was renamed."""
    expected = folder / f"{slug}.ipynb"
    if os.path.lexists(expected) or _linked(folder):
        return expected
    found = [path for path in folder.iterdir() if NOTEBOOK.search(path.name)]
    return found[0] if len(found) == 1 else expected


def _timestamp(folder: Path) -> str | None:
    if not os.path.lexists(folder / "timestamp.txt") or _linked(folder):
        return None
    return read_timestamp(folder) or ""


def _linked(folder: Path) -> bool:
    """Whether the folder of a submission, or the student's, is a link."""
    return folder.is_symlink() or folder.parent.is_symlink()
