"""Whose file it is, by the schemes in which platforms name what they let instructors download.

============ ===========================================================================================
canvas       ``<name>_[LATE_]<user id>_<file id>_<file>``: the name in small letters without marks; a later
             file of one student has the larger file id (instructure/canvas-lms, lib/content_zipper.rb)
moodle       ``<Full name>_<participant>_assignsubmission_file/<file>``, before 4.1 with a ``_`` at the end,
             or all in the file's name (moodle/moodle, mod/assign/feedback/file/importziplib.php)
gradescope   ``submission_<id>/<file>`` with ``submission_metadata.yml``, which says whose and when
nbgrader     ``<student>+<assignment>+<time>[+<random>]/<file>``, the folders of an exchange's ``inbound``
             (nbgrader, exchange/default/submit.py)
folder       ``<student>/<assignment>/<file>``, ``<student>/<file>`` or ``<student>.ipynb``; a cloned
             repository is a folder, too
============ ===========================================================================================
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from autograder.course.course import CourseError
from autograder.submissions.handin import moment
from autograder.submissions.notebook_file import Unreadable
from autograder.term.sources import SourceFile

CANVAS = re.compile(r"(?P<name>.+?)_(?P<late>LATE_)?(?P<user>\d+)_(?P<file>\d+)_(?P<rest>.+)", re.S)
ANONYMOUS = re.compile(r"(?:.+_)?(?:LATE_)?anon_(?P<user>\w+?)_(?P<file>\d+)_(?P<rest>.+)", re.S)
MOODLE = re.compile(
    r"(?P<name>.+)_(?P<participant>\d+)_assignsubmission_(?P<plugin>[a-z]+)(?:_(?P<rest>.+)|_)?", re.S
)
SUBMISSION = re.compile(r"submission_\d+(\.\w+)?")
EXCHANGE = re.compile(r"(?P<student>[^+]+)\+(?P<assignment>[^+]+)\+(?P<time>[^+]+?)(?:\+[^+]*)?", re.S)
METADATA = "submission_metadata.yml"


@dataclass(frozen=True)
class Claim:
    """What a file's path says: the platform, who by which of its ids, when, which assignment.

    ``order`` sorts attempts of one student where no time is known; ``file`` is the name as handed in.
    """

    platform: str
    file: str
    who: Mapping[str, str]
    time: datetime.datetime | None = None
    late: bool = False
    assignment: str = ""
    order: int = 0
    problem: str = ""


class Schemes:
    """Reads the claims of one download; what holds for the whole of it is looked at once."""

    def __init__(self, files: Sequence[SourceFile]) -> None:
        self._metadata: dict[tuple[str, ...], dict[str, Any]] = {}
        for file in files:
            if file.parts[-1:] == (METADATA,) and not file.why_not:
                self._metadata[file.parts[:-1]] = _metadata(file)

    def claim(self, file: SourceFile) -> Claim:
        """The claim of the first scheme that a path follows."""
        *folders, name = file.parts
        for place, folder in enumerate(folders):
            if SUBMISSION.fullmatch(folder) and tuple(folders[:place]) in self._metadata:
                return self._gradescope(tuple(folders[:place]), folder, name)
            if found := MOODLE.fullmatch(folder):
                return _moodle(found, name)
            if found := EXCHANGE.fullmatch(folder):
                when = moment(found["time"])
                who = {"student": found["student"]}
                return Claim("nbgrader", name, who, when, assignment=found["assignment"])
        if found := MOODLE.fullmatch(name):
            return _moodle(found, found["rest"] or name)
        if found := CANVAS.fullmatch(name):
            late, who = bool(found["late"]), {"canvas": found["user"], "name": found["name"]}
            return Claim("canvas", found["rest"], who, late=late, order=int(found["file"]))
        if found := ANONYMOUS.fullmatch(name):
            problem = "Canvas gave it out without a name; turn anonymous grading off and download again"
            return Claim("canvas", found["rest"], {}, order=int(found["file"]), problem=problem)
        return Claim("folder", name, {})

    def _gradescope(self, root: tuple[str, ...], folder: str, name: str) -> Claim:
        about = self._metadata[root].get(folder)
        if not isinstance(about, dict):
            return Claim("gradescope", name, {}, problem=f"{METADATA} does not tell whose {folder} is")
        submitters = about.get(":submitters") or []
        if len(submitters) != 1:
            return Claim("gradescope", name, {}, problem=f"{len(submitters)} people handed it in together")
        one = submitters[0] if isinstance(submitters[0], dict) else {}
        cells = {"sid": one.get(":sid"), "email": one.get(":email"), "name": one.get(":name")}
        who = {key: str(value) for key, value in cells.items() if value not in (None, "")}
        return Claim("gradescope", name, who, _instant(about.get(":created_at")))


def _moodle(found: re.Match[str], name: str) -> Claim:
    who = {"name": found["name"], "participant": found["participant"]}
    kind = "" if found["plugin"] == "file" else f"handed in as {found['plugin']}, no file"
    return Claim("moodle", name, who, problem=kind)


def _instant(value: object) -> datetime.datetime | None:
    """The time that YAML gives: with a zone it is an instant, and UTC without one."""
    if isinstance(value, datetime.datetime):
        return value if value.tzinfo else value.replace(tzinfo=datetime.UTC)
    return moment(str(value)) if value else None


def _metadata(file: SourceFile) -> dict[str, Any]:
    try:
        found = yaml.safe_load(file.read().decode("utf-8", "replace"))
    except (yaml.YAMLError, Unreadable, OSError) as error:
        raise CourseError(f"{file.name} cannot be read ({error}); download the export again.") from error
    return found if isinstance(found, dict) else {}
