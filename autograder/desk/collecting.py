"""`autograder collect`: what becomes of each file of a download, as text, and done."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from autograder.course.course import Course
from autograder.files import private
from autograder.safe_text import one_line
from autograder.term.collect import Collector, Entry, State, read_worksheet
from autograder.term.roster import Roster, load_roster
from autograder.term.settings import term_settings

SHOWN_ALIKE = 5  # files with one reason; more are counted


def collect(
    course: Course,
    term: Path,
    place: Path,
    slug: str = "",
    worksheet: Path | None = None,
    dry_run: bool = False,
) -> tuple[str, bool]:
    """Collect ``place`` into the term; the account of every file, and whether one is doubtful."""
    settings, roster = term_settings(course, term), load_roster(term)
    slug = course.require(slug) if slug else ""
    sheet = read_worksheet(worksheet, settings) if worksheet else None
    collector = Collector(course, term, settings, roster, slug, sheet)
    entries = collector.plan(place)
    if not dry_run:
        private(term)
        entries = collector.carry_out(entries)
    lines = [f"{place}: {len(entries)} files."]
    for state in State:
        lines += _account(state, [entry for entry in entries if entry.state is state])
    lines += _nothing_from(roster, entries)
    lines += ["Nothing was written: --dry-run."] if dry_run else []
    return "\n".join(lines), any(entry.state is State.DOUBTFUL for entry in entries)


def _account(state: State, entries: Sequence[Entry]) -> list[str]:
    if not entries:
        return []
    lines = [f"{state.value}: {len(entries)}"]
    if state in (State.PLACED, State.THERE):
        width = max(len(one_line(entry.student)) for entry in entries)
        for entry in entries:
            what = f"  {one_line(entry.student):<{width}}  {entry.slug}  {_when(entry)}"
            lines.append(
                f"{what}  {one_line(entry.reason)}  ({one_line(entry.file.name)})".replace("    (", "  (")
            )
        return lines
    reasons: dict[str, list[Entry]] = {}
    for entry in entries:
        reasons.setdefault(entry.reason, []).append(entry)
    for reason, alike in reasons.items():
        few = alike if state is State.DOUBTFUL else alike[:SHOWN_ALIKE]
        lines += [f"  {one_line(entry.file.name)}: {one_line(reason)}" for entry in few]
        if len(alike) > len(few):
            lines.append(f"  … and {len(alike) - len(few)} more: {one_line(reason)}")
    return lines


def _when(entry: Entry) -> str:
    if entry.time:
        return f"{entry.time:%Y-%m-%d %H:%M:%S%z}"
    late = entry.claim is not None and entry.claim.late
    return "LATE, no time: set handed_in in course.toml" if late else "no time"


def _nothing_from(roster: Roster, entries: Iterable[Entry]) -> list[str]:
    slugs = {entry.slug for entry in entries if entry.student}
    if len(slugs) != 1:
        return []
    came = {entry.student for entry in entries}
    missing = [one.student for one in roster.enrolled if one.student not in came]
    return [f"nothing from: {', '.join(map(one_line, missing))}"] if missing else []
