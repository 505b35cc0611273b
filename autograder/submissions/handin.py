"""The files that a class handed in, when each was handed in, and how late that was."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dateutil import parser

from autograder.submissions.notebook_file import read_timestamp

_NOTEBOOK = re.compile(r"^[^.].*\.ipynb(\.(json|txt))?$", re.I)  # browsers and mail programs add endings


@dataclass(frozen=True)
class Handin:
    """One student's submission: ``path`` may not exist, ``timestamp`` is the text of ``timestamp.txt``."""

    student: str
    path: Path
    timestamp: str | None

    def seconds_late(self, due: str) -> float:
        """Seconds after ``due`` (ISO 8601); 0 if in time, or if either time is unknown.

        >>> handin = Handin("ada", Path("ada.ipynb"), "2030-01-01 12:00:30 UTC")
        >>> handin.seconds_late("2030-01-01T13:00:00+01:00")
        30.0
        """
        handed, limit = moment(self.timestamp), moment(due)
        return max(0.0, (handed - limit).total_seconds()) if handed and limit else 0.0


def handins(term: Path, slug: str, students: Iterable[str] | None = None) -> tuple[Handin, ...]:
    """The submissions to ``slug`` in the folder ``term``, by student; of ``students`` only, if given."""
    folder = term / "submitted"
    names = sorted(child.name for child in folder.iterdir()) if folder.is_dir() else []
    wanted = None if students is None else set(students)
    return tuple(
        Handin(_shown(name), _notebook(folder / name / slug, slug), _timestamp(folder / name / slug))
        for name in names
        if (wanted is None or _shown(name) in wanted) and (folder / name / slug).is_dir()
    )


def moment(text: str | None) -> datetime | None:
    """The time that ``text`` gives, parsed as nbgrader does (UTC if it has no zone), or None.

    >>> str(moment("2030-02-02 15:58:23 UTC")), moment("soon")
    ('2030-02-02 15:58:23+00:00', None)
    """
    words = (text or "").split()
    zone: tzinfo | None = UTC
    try:
        if len(words) == 3 and not re.fullmatch(r"[+-][\d:]+", words[2]):  # day, clock and a zone's name
            zone = _zone(words.pop())
        found = parser.parse(" ".join(words), tzinfos=_zone)
    except (ValueError, OverflowError):
        return None
    return (found.replace(tzinfo=zone) if found.tzinfo is None else found).astimezone(UTC)


def _zone(name: str | None, seconds: int | None = None) -> tzinfo | None:
    """The time zone of that offset or name, or None; an unknown name means UTC, as in nbgrader."""
    if seconds is not None:
        return timezone(timedelta(seconds=seconds))
    try:
        return ZoneInfo(name) if name is not None else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC


def _shown(name: str) -> str:
    """A folder's name as text; bytes that are not UTF-8 (from an old archive) become escapes."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def _notebook(folder: Path, slug: str) -> Path:
    """The file to grade: ``<slug>.ipynb``, or the folder's only notebook if it was renamed."""
    expected = folder / f"{slug}.ipynb"
    if os.path.lexists(expected):
        return expected
    found = [path for path in folder.iterdir() if _NOTEBOOK.search(path.name)]
    return found[0] if len(found) == 1 else expected


def _timestamp(folder: Path) -> str | None:
    text = read_timestamp(folder)
    return text if text and "\ufffd" not in text else None
