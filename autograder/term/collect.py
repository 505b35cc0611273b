"""Takes hand-ins out of a download: each file is placed, doubtful or left out, and says why."""

from __future__ import annotations

import datetime
import json
import os
import re
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from dateutil import parser

from autograder.course.course import Course, CourseError
from autograder.files import write_whole
from autograder.safe_text import one_line
from autograder.submissions.handin import NOTEBOOK, moment
from autograder.submissions.notebook_file import Unreadable
from autograder.term.attempts import LYING, SECRET, Attempts
from autograder.term.people import person
from autograder.term.roster import Roster, composed
from autograder.term.schemes import METADATA, Claim, Schemes
from autograder.term.settings import Settings
from autograder.term.sources import SourceFile, source_files
from autograder.term.tables import heading, read_table

COMPANIONS = ("timestamp.txt", SECRET, METADATA)
GIT = (
    "git", "-c", "core.fsmonitor=false", "-c", "log.showSignature=false", "-c", "protocol.allow=never",
    "--no-pager", "log", "-1", "--format=%cI", "--",
)  # fmt: skip  # a command line


class State(StrEnum):
    PLACED = "placed"
    THERE = "there already"
    DOUBTFUL = "doubtful"
    LEFT_OUT = "left out"


@dataclass(frozen=True)
class Entry:
    """What becomes of one file, and why."""

    file: SourceFile
    state: State
    reason: str = ""
    student: str = ""
    slug: str = ""
    claim: Claim | None = None
    time: datetime.datetime | None = None
    content: bytes = b""
    secret: bytes | None = None


@dataclass(frozen=True)
class Worksheet:
    """Moodle's grading worksheet of one assignment: who each participant is, and when the work came in."""

    who: Mapping[str, Mapping[str, str]]
    times: Mapping[str, datetime.datetime]


def read_worksheet(path: Path, settings: Settings) -> Worksheet:
    """The rows of a grading worksheet by participant's number."""
    table = read_table(path)
    if "Identifier" not in table.head:
        raise CourseError(f"{path} is no grading worksheet of Moodle's: it has no column Identifier.")
    when = heading(table.head, ("Last modified (submission)",))
    who, times = {}, {}
    for _, row in table.dicts():
        number = re.search(r"\d+$", row["Identifier"].strip())
        if number is None:
            continue
        cells = {"student": "ID number", "email": "Email address", "name": "Full name"}
        who[number[0]] = {key: row[name] for key, name in cells.items() if row.get(name, "").strip()}
        if when and (found := local_time(row[when], settings)):
            times[number[0]] = found
    return Worksheet(who, times)


def local_time(text: str, settings: Settings) -> datetime.datetime | None:
    """A time as Moodle writes it, in the zone of the settings; None for a dash."""
    if not re.search(r"\d", text):
        return None
    try:
        found = parser.parse(text, dayfirst=True)
    except (ValueError, OverflowError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=settings.zone)


class Collector:
    """Makes a plan for one download and carries it out."""

    def __init__(
        self,
        course: Course,
        term: Path,
        settings: Settings,
        roster: Roster,
        slug: str = "",
        worksheet: Worksheet | None = None,
    ) -> None:
        self._course, self._term, self._settings, self._roster = course, term, settings, roster
        self._slug, self._worksheet = slug, worksheet

    def plan(self, place: Path) -> list[Entry]:
        """What will become of each file in ``place``, in the order in which attempts are kept."""
        files = source_files(place)
        schemes = Schemes(files)
        beside = {file.parts: file for file in files if file.parts and file.parts[-1] in COMPANIONS}
        entries = [self._entry(file, schemes, beside, place) for file in files]
        entries = _one_of_each_folder(entries)
        return sorted(entries, key=_in_time)

    def carry_out(self, entries: Iterable[Entry]) -> list[Entry]:
        """Keep every attempt and put those that count where they are graded; the entries as they ended."""
        done: list[Entry] = []
        touched: dict[Path, Attempts] = {}
        people: dict[str, dict[str, str]] = {}
        for entry in entries:
            if entry.state is not State.PLACED:
                done.append(entry)
                continue
            mine = Attempts(self._term, entry.slug, entry.student)
            if mine.folder not in touched:
                mine.keep_what_is_there()
                touched[mine.folder] = mine
            claim = entry.claim
            if known := mine.known(entry.content, entry.time, entry.file.name):
                if claim and known.origin == LYING:
                    mine.note(replace(known, origin=claim.platform, file=entry.file.name, late=claim.late))
                done.append(replace(entry, state=State.THERE, reason="the same file and time"))
            else:
                late = bool(claim and claim.late)
                kept = mine.add(
                    entry.content,
                    entry.time,
                    claim.platform if claim else "",
                    entry.file.name,
                    late,
                    entry.secret,
                )
                done.append(replace(entry, reason=f"attempt {kept.number}"))
            if claim and "participant" in claim.who:
                people.setdefault(entry.slug, {})[claim.who["participant"]] = entry.student
        for mine in touched.values():
            if counting := mine.counting(self._settings.attempts):
                mine.place(counting)
        done = [self._over_the_limit(entry) for entry in done]
        for slug, found in people.items():
            save_participants(self._term, slug, {**load_participants(self._term, slug), **found})
        return done

    def _over_the_limit(self, entry: Entry) -> Entry:
        """The entry, with a word on an attempt that is kept and cannot count."""
        limit, number = self._settings.attempts, entry.reason.removeprefix("attempt ")
        if not limit or entry.state is not State.PLACED:
            return entry
        counted = {one.number for one in Attempts(self._term, entry.slug, entry.student).admissible(limit)}
        if int(number) in counted:
            return entry
        return replace(entry, reason=f"{entry.reason}, over the limit of {limit}: kept, and does not count")

    def _entry(
        self, file: SourceFile, schemes: Schemes, beside: Mapping[tuple[str, ...], SourceFile], place: Path
    ) -> Entry:
        if file.why_not:
            return Entry(file, State.LEFT_OUT, file.why_not)
        if file.parts[-1] in COMPANIONS:
            return Entry(file, State.LEFT_OUT, "read, with the notebook beside it")
        claim = schemes.claim(file)
        if not NOTEBOOK.search(claim.file):
            archive = claim.file.lower().endswith((".zip", ".gz", ".rar", ".7z", ".tar"))
            return Entry(
                file,
                State.DOUBTFUL if archive else State.LEFT_OUT,
                "an archive: unpack it and collect the folder" if archive else "no notebook",
            )
        if claim.problem:
            return Entry(file, State.DOUBTFUL, claim.problem)
        try:
            content = file.read()
        except (Unreadable, OSError) as error:
            return Entry(file, State.DOUBTFUL, f"cannot be read: {error}")
        slug, why = self._assignment(claim, file, content)
        if why:
            return Entry(file, State.DOUBTFUL, why)
        student, why = self._student(claim, file, slug)
        if why:
            return Entry(file, State.DOUBTFUL, why, slug=slug)
        folder = file.parts[:-1]
        time = self._time(claim, file, beside.get((*folder, "timestamp.txt")), place)
        secret = beside.get((*folder, SECRET))
        return Entry(
            file, State.PLACED, "", student, slug, claim, time, content, secret.read() if secret else None
        )

    def _student(self, claim: Claim, file: SourceFile, slug: str) -> tuple[str, str]:
        who: Mapping[str, str] = claim.who
        if claim.platform == "moodle" and self._worksheet:
            known = self._worksheet.who.get(who["participant"])
            if known is None:
                return "", f"participant {who['participant']} is not in the worksheet"
            who = known
        if claim.platform == "folder":
            return self._of_folder(file, slug)
        if not self._roster.students and claim.platform in ("canvas", "moodle"):
            return (
                "",
                f"{one_line(who.get('name', 'somebody'))} is in no roster: `autograder roster FILE` first",
            )
        one, why = person(self._roster, who)
        return (one.student, "") if one else ("", why)

    def _of_folder(self, file: SourceFile, slug: str) -> tuple[str, str]:
        """The student whom a folder on the way names, or the file itself."""
        folders = [one for one in file.parts[:-1] if one.casefold() != slug.casefold()]
        stem = _stem(file.parts[-1])
        rest = re.sub(rf"[-_ ]*{re.escape(slug)}[-_ ]*", "", stem, flags=re.I)
        candidates = [*folders, *(_without(slug, folder) for folder in folders), rest, stem]
        candidates = [one for one in dict.fromkeys(candidates) if one]
        if not self._roster.students:
            if not folders:
                return "", "no folder names its student; put it into <student>/<assignment>/"
            candidates = [folders[-1]]
        reasons = []
        for candidate in candidates:
            one, why = person(self._roster, {"student": composed(candidate)})
            if one:
                return one.student, ""
            reasons.append(why)
        return "", reasons[0] if reasons else "no folder names its student"

    def _assignment(self, claim: Claim, file: SourceFile, content: bytes) -> tuple[str, str]:
        slugs = self._course.slugs
        stem = _stem(claim.file)
        exact = [slug for slug in slugs if slug.casefold() == stem.casefold()]
        if self._slug:
            if exact and exact != [self._slug]:
                return "", f"named for {exact[0]}, but {self._slug} is collected"
            return self._slug, ""
        words = [slug for slug in slugs if re.search(rf"(?<![a-z]){re.escape(slug)}(?![a-z])", stem, re.I)]
        given = {claim.assignment.casefold(), *(part.casefold() for part in file.parts[:-1])}
        folders = [slug for slug in slugs if slug.casefold() in given]
        found = exact or folders or words or self._by_title(content)
        if len(found) == 1:
            return found[0], ""
        return "", "which assignment it is, nothing says; name it with --assignment"

    def _by_title(self, content: bytes) -> list[str]:
        """The assignments whose title stands in the notebook's metadata."""
        try:
            title = json.loads(content)["metadata"]["course"]["title"]
        except (ValueError, KeyError, TypeError, RecursionError):
            return []
        released = [slug for slug in self._course.slugs if self._course.released(slug).exists()]
        return [slug for slug in released if self._course.release(slug).title == title]

    def _time(
        self, claim: Claim, file: SourceFile, stamp: SourceFile | None, place: Path
    ) -> datetime.datetime | None:
        if stamp is not None and not stamp.why_not:
            try:
                if found := moment(stamp.read().decode("utf-8", "replace").strip()):
                    return found
            except (Unreadable, OSError):
                return None
        if claim.platform == "moodle" and self._worksheet:
            return self._worksheet.times.get(claim.who["participant"])
        if claim.time is None and claim.platform == "folder" and file.path is not None:
            return _commit_time(file.path, place)
        return claim.time


def _stem(name: str) -> str:
    """A notebook's name without its endings and the marks of copies.

    >>> _stem("toy (1).ipynb"), _stem("Toy-2.ipynb.json"), _stem("toy - Copy.ipynb")
    ('toy', 'Toy', 'toy')
    """
    stem = re.sub(r"\.ipynb(\.(json|txt))?$", "", name, flags=re.I)
    return re.sub(r"(\s*\(\d+\)|[-_]\d{1,2}|\s*-?\s*copy\d*)$", "", stem, flags=re.I)


def _without(slug: str, folder: str) -> str:
    """A repository's name without the assignment, as classrooms write it: ``toy-ada``."""
    return re.sub(rf"^{re.escape(slug)}[-_]", "", folder, flags=re.I)


def _commit_time(path: Path, place: Path) -> datetime.datetime | None:
    """When a file of a cloned repository was last committed; None outside of one."""
    for folder in path.parents:
        if (folder / ".git").exists():
            quiet = {
                **os.environ,
                "GIT_NO_LAZY_FETCH": "1",
                "GIT_OPTIONAL_LOCKS": "0",
                "GIT_TERMINAL_PROMPT": "0",
            }
            name = path.relative_to(folder).as_posix()
            try:
                done = subprocess.run(
                    [*GIT, name], cwd=folder, env=quiet, capture_output=True, text=True, timeout=30
                )
            except (OSError, subprocess.TimeoutExpired):
                return None
            return moment(done.stdout.strip()) if done.returncode == 0 else None
        if folder == place:
            break
    return None


def _one_of_each_folder(entries: Sequence[Entry]) -> list[Entry]:
    """Of several notebooks in one hand-in that with the assignment's name counts; the others are doubtful."""
    groups: dict[tuple, list[Entry]] = {}
    for entry in entries:
        if entry.state is State.PLACED and entry.claim and entry.claim.platform != "canvas":
            who = entry.claim.who.get("participant", "")
            groups.setdefault((entry.student, entry.slug, who, entry.file.parts[:-1]), []).append(entry)
    doubtful: dict[int, Entry] = {}
    for (_, slug, _, folder), group in groups.items():
        if len(group) == 1 or not folder:
            continue
        named = [
            one for one in group if one.claim and one.claim.file.casefold() == f"{slug}.ipynb".casefold()
        ]
        for one in group:
            if one not in named[:1]:
                why = (
                    f"beside {named[0].file.parts[-1]}, which counts"
                    if named
                    else "one of several in the folder"
                )
                why += "; if this is the one, collect it alone"
                doubtful[id(one)] = Entry(one.file, State.DOUBTFUL, why)
    return [doubtful.get(id(entry), entry) for entry in entries]


def _in_time(entry: Entry) -> tuple:
    first = datetime.datetime.min.replace(tzinfo=datetime.UTC)
    order = entry.claim.order if entry.claim else 0
    return (entry.student, entry.slug, entry.time or first, order, entry.file.parts)


def participants_path(term: Path, slug: str) -> Path:
    return term / "participants" / f"{slug}.json"


def load_participants(term: Path, slug: str) -> dict[str, str]:
    """Moodle's participants of one assignment: number -> student."""
    path = participants_path(term, slug)
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def save_participants(term: Path, slug: str, found: Mapping[str, str]) -> None:
    text = json.dumps(found, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
    write_whole(participants_path(term, slug), text.encode("utf-8", "backslashreplace"), mode=0o600)
