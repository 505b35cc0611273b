"""Each student's notebook with our results in it, where nbgrader's formgrader looks for it."""

from __future__ import annotations

import json
from pathlib import Path

from autograder.files import write_if_new
from autograder.grading.verdict import Report


def notebook_text(notebook: dict) -> str:
    return json.dumps(notebook, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def write_autograded(term: Path, report: Report, notebook: dict, timestamp: str | None) -> None:
    """The notebook and the timestamp by which formgrader knows that this hand-in is graded."""
    folder = term / "autograded" / report.student / report.assignment
    content = notebook_text(notebook).encode("utf-8", "replace")
    write_if_new(folder / f"{report.assignment}.ipynb", content)
    if timestamp is None:
        (folder / "timestamp.txt").unlink(missing_ok=True)
    else:
        write_if_new(folder / "timestamp.txt", f"{timestamp}\n".encode("utf-8", "replace"))
