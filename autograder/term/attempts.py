"""The attempts of a term: everything that was handed in, kept apart; the one that counts is what is graded.

``attempts/<assignment>/<student>/<number>/`` holds a notebook as it came and ``attempt.json``, which says
from where and when. ``submitted/<student>/<assignment>/`` is a copy of the one that counts; ``counts.txt``
has its number.
"""

from __future__ import annotations

import datetime
import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

from autograder.files import write_if_new, write_whole
from autograder.submissions.handin import moment
from autograder.submissions.notebook_file import MAX_FILE_BYTES, Unreadable, content_of, read_timestamp

LYING = "submitted"  # the origin of what lay there before anything was collected
ABOUT, COUNTS, SECRET = "attempt.json", "counts.txt", "submission_secret.txt"
FORMAT = "%Y-%m-%d %H:%M:%S UTC"  # nbgrader's


@dataclass(frozen=True)
class Attempt:
    """One hand-in: where it came from, when (UTC, ISO 8601; empty if nothing says so), its digest.

    ``late`` is what the platform says where it tells no time.
    """

    number: int
    digest: str
    time: str = ""
    late: bool = False
    origin: str = ""
    file: str = ""

    @property
    def moment(self) -> datetime.datetime | None:
        return datetime.datetime.fromisoformat(self.time) if self.time else None


@dataclass(frozen=True)
class Attempts:
    """The attempts of one student at one assignment, in the folder of a term."""

    term: Path
    slug: str
    student: str

    @property
    def folder(self) -> Path:
        return self.term / "attempts" / self.slug / self.student

    @property
    def submitted(self) -> Path:
        return self.term / "submitted" / self.student / self.slug

    def all(self) -> list[Attempt]:
        """Every attempt, in the order in which they were collected."""
        found = []
        for path in self.folder.glob(f"*/{ABOUT}"):
            found.append(Attempt(**json.loads(path.read_text(encoding="utf-8"))))
        return sorted(found, key=lambda attempt: attempt.number)

    def admissible(self, limit: int = 0) -> list[Attempt]:
        """The first ``limit`` in time, or all for 0; in the order of collection, where a time is missing."""
        found = self.all()
        if all(attempt.time for attempt in found):
            found.sort(key=lambda attempt: (attempt.moment, attempt.number))
        return found[:limit] if limit else found

    def counting(self, limit: int = 0) -> Attempt | None:
        """The last of those that are admissible."""
        found = self.admissible(limit)
        return found[-1] if found else None

    def placed(self) -> Attempt | None:
        """The attempt that was put where it is graded, and so counts."""
        path = self.folder / COUNTS
        number = int(path.read_text(encoding="ascii")) if path.exists() else 0
        return next((one for one in self.all() if one.number == number), None) or self.counting()

    def path(self, attempt: Attempt) -> Path:
        """The notebook of an attempt."""
        return self.folder / f"{attempt.number:03}" / f"{self.slug}.ipynb"

    def known(self, content: bytes, time: datetime.datetime | None, file: str = "") -> Attempt | None:
        """The attempt with this content at this time.

        Where a time is missing, it is the last attempt, or one that came as the same ``file``: an older
        version that is handed in again is an attempt of its own.
        """
        wanted, attempts = digest(content), self.all()
        for attempt in attempts:
            if attempt.digest != wanted:
                continue
            if time and attempt.time:
                if attempt.moment == time:
                    return attempt
            elif attempt is attempts[-1] or attempt.file == file:
                return attempt
        return None

    def add(
        self,
        content: bytes,
        time: datetime.datetime | None,
        origin: str,
        file: str,
        late: bool = False,
        secret: bytes | None = None,
    ) -> Attempt:
        """Keep an attempt as the next one; ``secret`` is what nbgrader's exchange returns feedback by."""
        number = max((attempt.number for attempt in self.all()), default=0) + 1
        when = time.astimezone(datetime.UTC).isoformat() if time else ""
        attempt = Attempt(number, digest(content), when, late, origin, file)
        folder = self.folder / f"{number:03}"
        write_whole(folder / f"{self.slug}.ipynb", content)
        if secret is not None:
            write_whole(folder / SECRET, secret, mode=0o600)
        self.note(attempt)  # last: without it there is no attempt
        return attempt

    def note(self, attempt: Attempt) -> None:
        """Write what is known of an attempt."""
        text = json.dumps(asdict(attempt), indent=1, ensure_ascii=False).encode("utf-8", "backslashreplace")
        write_whole(self.folder / f"{attempt.number:03}" / ABOUT, text + b"\n")

    def keep_what_is_there(self) -> Attempt | None:
        """Keep what lies in ``submitted`` and is no attempt yet, so that nothing is overwritten."""
        path = self.submitted / f"{self.slug}.ipynb"
        try:
            content = content_of(path, MAX_FILE_BYTES)
        except (OSError, Unreadable):
            return None
        time = moment(read_timestamp(self.submitted))
        if any(attempt.digest == digest(content) for attempt in self.all()):
            return None
        return self.add(content, time, LYING, path.name)

    def place(self, attempt: Attempt) -> None:
        """Put an attempt where it is graded; the time goes with it, or no time."""
        self.copy(attempt, self.submitted)
        write_whole(self.folder / COUNTS, f"{attempt.number}\n".encode())

    def copy(self, attempt: Attempt, place: Path) -> None:
        """Copy an attempt into the folder ``place`` of a term, unless it lies there already."""
        folder, target = self.folder / f"{attempt.number:03}", place / f"{self.slug}.ipynb"
        write_if_new(target, self.path(attempt).read_bytes())
        if (folder / SECRET).exists():
            write_whole(place / SECRET, (folder / SECRET).read_bytes(), mode=0o600)
        stamp = place / "timestamp.txt"
        if attempt.moment:
            write_if_new(stamp, f"{attempt.moment.astimezone(datetime.UTC).strftime(FORMAT)}\n".encode())
        else:
            stamp.unlink(missing_ok=True)


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
