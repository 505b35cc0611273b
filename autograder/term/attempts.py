"""The attempts of a term: everything that was handed in, kept apart; the one that counts is what is graded.

``attempts/<assignment>/<student>/<number>/`` holds a notebook as it came and ``attempt.json``, which says
from where and when. ``submitted/<student>/<assignment>/`` is a copy of the one that counts.
"""

from __future__ import annotations

import datetime
import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

from autograder.files import write_whole
from autograder.submissions.handin import moment
from autograder.submissions.notebook_file import MAX_FILE_BYTES, Unreadable, content_of, read_timestamp

LYING = "submitted"  # the origin of what lay there before anything was collected
ABOUT, SECRET = "attempt.json", "submission_secret.txt"
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

    def counting(self) -> Attempt | None:
        """The last in time; the last that was collected, where a time is missing."""
        found = self.all()
        if not found:
            return None
        if all(attempt.time for attempt in found):
            return max(found, key=lambda attempt: (attempt.moment, attempt.number))
        return found[-1]

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
        folder = self.folder / f"{attempt.number:03}"
        write_whole(self.submitted / f"{self.slug}.ipynb", (folder / f"{self.slug}.ipynb").read_bytes())
        if (folder / SECRET).exists():
            write_whole(self.submitted / SECRET, (folder / SECRET).read_bytes(), mode=0o600)
        stamp = self.submitted / "timestamp.txt"
        if attempt.moment:
            write_whole(stamp, f"{attempt.moment.astimezone(datetime.UTC).strftime(FORMAT)}\n".encode())
        else:
            stamp.unlink(missing_ok=True)


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
