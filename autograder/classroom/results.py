"""A class's results on disk: reports, each written atomically."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from autograder.files import file_name, write_whole
from autograder.grading.verdict import Report
from autograder.safe_text import visible


@dataclass(frozen=True)
class Results:
    """Reports in ``term/results/<slug>/<student>.json``; the seconds they took are in ``timings.jsonl``."""

    term: Path

    def path(self, slug: str, student: str) -> Path:
        """The report's file: inside of its assignment's folder, whatever the student's name is."""
        return self.term / "results" / slug / f"{file_name(student)}.json"

    def traceback_path(self, slug: str, student: str) -> Path:
        """The file that holds the traceback of a grader fault, for the bug report."""
        return self.path(slug, student).parent / "faults" / f"{file_name(student)}.txt"

    def write(self, report: Report, seconds: float | None = None, traceback: str = "") -> None:
        """Store ``report`` and how long it took; a crash leaves the old report or the new one.

        ``traceback`` is that of a grader fault; without one, the traceback of an earlier fault is deleted.
        """
        faults = self.traceback_path(report.assignment, report.student)
        if traceback:
            write_whole(faults, visible(traceback).encode())
        else:
            faults.unlink(missing_ok=True)
        path = self.path(report.assignment, report.student)
        # A lone surrogate, which UTF-8 cannot hold, becomes its JSON escape and is read back the same.
        content = report.to_json().encode("utf-8", "backslashreplace")
        self._keep(path, content)
        write_whole(path, content)
        if seconds is not None:
            line = json.dumps({"student": report.student, "seconds": round(seconds, 6)}) + "\n"
            with open(path.with_name("timings.jsonl"), "ab", buffering=0) as timings:
                timings.write(line.encode())

    def _keep(self, path: Path, new: bytes) -> None:
        """Keep the report that another one is about to replace, as the next of the earlier ones."""
        if not path.exists() or path.read_bytes() == new:
            return
        folder = path.parent / "history" / path.stem
        number = sum(1 for _ in folder.glob("*.json")) + 1 if folder.exists() else 1
        write_whole(folder / f"{number:03}.json", path.read_bytes(), lasting=False)

    def history(self, slug: str, student: str) -> tuple[Report, ...]:
        """The student's earlier reports, the oldest first."""
        path = self.path(slug, student)
        found = [_read_report(one) for one in sorted((path.parent / "history" / path.stem).glob("*.json"))]
        return tuple(report for report in found if report)

    def read(self, slug: str, student: str) -> Report | None:
        """The stored report; None if it is missing or cannot be read, and the submission must be graded."""
        return _read_report(self.path(slug, student))

    def reports(self, slug: str, at_hand: Iterable[Report] = ()) -> tuple[Report, ...]:
        """Every stored report of ``slug``, by student; those ``at_hand`` are not read again."""
        known = {self.path(slug, report.student): report for report in at_hand}
        folder = self.term / "results" / slug
        found = [known.get(path) or _read_report(path) for path in folder.glob("*.json")]
        return tuple(sorted((report for report in found if report), key=lambda report: report.student))

    def any(self, slug: str) -> bool:
        """Whether there is a report of ``slug``."""
        return next((self.term / "results" / slug).glob("*.json"), None) is not None

    def seconds(self, slug: str) -> dict[str, float]:
        """How long each student's last grading took."""
        path = self.term / "results" / slug / "timings.jsonl"
        if not path.exists():
            return {}
        seconds = {}
        for line in path.read_text(encoding="utf-8").splitlines():
            try:
                entry = json.loads(line)
            except ValueError:  # a crash cut this line short
                continue
            seconds[entry["student"]] = entry["seconds"]
        return seconds


def _read_report(path: Path) -> Report | None:
    try:
        return Report.from_json(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, KeyError, TypeError):
        return None
