"""A class's results on disk: reports, written whole or not at all, and what was handed in."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dateutil import parser

from autograder.grading.verdict import Report
from autograder.submissions.notebook_file import read_timestamp

MAX_NAME_BYTES = 250  # a file system's 255, less what is put behind
_NOTEBOOK = re.compile(r"^[^.].*\.ipynb(\.(json|txt))?$", re.I)  # browsers and mail programs add endings


@dataclass(frozen=True)
class Handin:
    """What one student handed in: ``path`` need not exist, ``timestamp`` is the text of ``timestamp.txt``."""

    student: str
    path: Path
    timestamp: str | None

    def seconds_late(self, due: str) -> float:
        """Seconds after ``due`` (ISO 8601); 0 when in time, or when either moment is unknown.

        >>> handin = Handin("ada", Path("ada.ipynb"), "2030-01-01 12:00:30 UTC")
        >>> handin.seconds_late("2030-01-01T13:00:00+01:00")
        30.0
        """
        handed, limit = moment(self.timestamp), moment(due)
        return max(0.0, (handed - limit).total_seconds()) if handed and limit else 0.0


@dataclass(frozen=True)
class Results:
    """Reports in ``term/results/<slug>/<student>.json``; the seconds they took stand in a sidecar."""

    term: Path

    def path(self, slug: str, student: str) -> Path:
        """Where a report stands: a file in its assignment's folder, whatever the student's name is."""
        return self.term / "results" / slug / f"{file_name(student)}.json"

    def trouble(self, slug: str, student: str) -> Path:
        """Where it stands how the grader failed over a submission, to be sent to who can mend it."""
        return self.path(slug, student).parent / "faults" / f"{file_name(student)}.txt"

    def write(self, report: Report, seconds: float | None = None, trouble: str = "") -> None:
        """Store ``report`` and how long it took; a crash leaves the old report or the new one.

        ``trouble`` is how it came to a fault of ours; without any, what was told of an earlier one goes.
        """
        faults = self.trouble(report.assignment, report.student)
        if trouble:
            write_whole(faults, trouble.encode("utf-8", "backslashreplace"))
        else:
            faults.unlink(missing_ok=True)
        path = self.path(report.assignment, report.student)
        # A lone surrogate, which UTF-8 cannot hold, becomes its JSON escape and is read back the same.
        write_whole(path, report.to_json().encode("utf-8", "backslashreplace"))
        if seconds is not None:
            line = json.dumps({"student": report.student, "seconds": round(seconds, 6)}) + "\n"
            with open(path.with_name("timings.jsonl"), "ab", buffering=0) as sidecar:
                sidecar.write(line.encode())

    def read(self, slug: str, student: str) -> Report | None:
        """The stored report, or None where there is none that can be read: it is then graded again."""
        return _report(self.path(slug, student))

    def fresh(self, slug: str, student: str, key: str) -> bool:
        """Whether the stored report still holds: it has this ``key``."""
        report = self.read(slug, student)
        return report is not None and bool(key) and report.key == key

    def reports(self, slug: str, at_hand: Iterable[Report] = ()) -> tuple[Report, ...]:
        """Every stored report of ``slug``, by student; those ``at_hand`` are not read again."""
        known = {self.path(slug, report.student): report for report in at_hand}
        folder = self.term / "results" / slug
        found = [known.get(path) or _report(path) for path in folder.glob("*.json")]
        return tuple(sorted((report for report in found if report), key=lambda report: report.student))

    def seconds(self, slug: str) -> dict[str, float]:
        """How long each student's last grading took."""
        path = self.term / "results" / slug / "timings.jsonl"
        if not path.exists():
            return {}
        taken = {}
        for line in path.read_text(encoding="utf-8").splitlines():
            try:
                entry = json.loads(line)
            except ValueError:  # the line that a crash cut short
                continue
            taken[entry["student"]] = entry["seconds"]
        return taken

    def handins(self, slug: str, students: Iterable[str] | None = None) -> tuple[Handin, ...]:
        """What was handed in for ``slug``, by student; only of ``students`` where they are given."""
        folder = self.term / "submitted"
        names = sorted(child.name for child in folder.iterdir()) if folder.is_dir() else []
        wanted = None if students is None else set(students)
        return tuple(
            Handin(_shown(name), _notebook(folder / name / slug, slug), _timestamp(folder / name / slug))
            for name in names
            if (wanted is None or _shown(name) in wanted) and (folder / name / slug).is_dir()
        )


def write_whole(path: Path, content: bytes, lasting: bool = True, mode: int | None = None) -> None:
    """Replace ``path`` by ``content`` in one step: no reader ever sees a part of it.

    ``lasting`` waits until it is safely on the disk; what the next run would make again need not be.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.parent / f".{os.getpid()}.partial"
    try:
        with open(partial, "wb") as file:
            if mode is not None:
                os.fchmod(file.fileno(), mode)
            file.write(content)
            file.flush()
            if lasting:
                os.fsync(file.fileno())
        partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def write_if_new(path: Path, content: bytes) -> None:
    """Write what can be made again at any time, unless it stands there already."""
    try:
        if path.read_bytes() == content:
            return
    except OSError:  # nothing there, or nothing that can be read
        pass
    write_whole(path, content, lasting=False)


def moment(text: str | None) -> datetime | None:
    """The moment that ``text`` names, read as nbgrader does (UTC where it names no zone), or None.

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
    """The zone of that offset or name, or None; a name that nobody knows is UTC, as in nbgrader."""
    if seconds is not None:
        return timezone(timedelta(seconds=seconds))
    try:
        return ZoneInfo(name) if name is not None else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC


def file_name(student: str) -> str:
    """A file's name for any student's name: no path, never too long, and no two share one.

    >>> file_name("o'hara, ann"), file_name("../eve")
    ("o'hara, ann", '..%2Feve')
    """
    name = student.replace("%", "%25").replace("/", "%2F").replace("\0", "%00")
    content = name.encode("utf-8", "surrogatepass")
    if len(content) <= MAX_NAME_BYTES:
        return name
    start = content[: MAX_NAME_BYTES - 33].decode("utf-8", "ignore")
    return f"{start}%{hashlib.sha256(content).hexdigest()[:32]}"


def _shown(name: str) -> str:
    """A folder's name as text; bytes that are not UTF-8 (an old archive's) are shown as escapes."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def _report(path: Path) -> Report | None:
    try:
        return Report.from_json(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _notebook(folder: Path, slug: str) -> Path:
    """The file to grade: ``<slug>.ipynb``, or the folder's only notebook when that was renamed."""
    expected = folder / f"{slug}.ipynb"
    if os.path.lexists(expected):
        return expected
    found = [path for path in folder.iterdir() if _NOTEBOOK.search(path.name)]
    return found[0] if len(found) == 1 else expected


def _timestamp(folder: Path) -> str | None:
    text = read_timestamp(folder)
    return text if text and "\ufffd" not in text else None
