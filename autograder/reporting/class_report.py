"""The class report: each student's marks and the class's most frequent mistakes, as a page and as a table."""

from __future__ import annotations

import itertools
import math
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from autograder.course.release import Release
from autograder.grading.verdict import MARKLESS, UNGRADED, ExerciseResult, Report, Verdict
from autograder.reporting.feedback import kind, render, title, ungraded
from autograder.reporting.marks import lateness, number
from autograder.reporting.rows import NOTHING, WAITING, MarkRow
from autograder.reporting.sentences import SYMBOLS
from autograder.safe_text import one_line

EXCUSED = "excused"
MAX_LETTERS = 4  # a column, combining marks included; more is cut off


@dataclass(frozen=True)
class Row:
    """One student in the class report. ``remark`` says why there is no grade, or the first hint.

    ``total`` is the mark that counts; ``verdict`` is None where there is no result, and ``outcome`` says why.
    """

    student: str
    verdict: Verdict | None
    marks: tuple[float | None, ...]
    total: float | None
    late: float
    remark: str
    standing: str
    outcome: str


def class_rows(found: Iterable[MarkRow]) -> list[Row]:
    """One row per student: the ungraded first, then the late, then the others, each group by name.

    Those without a result come last.
    """
    rows = [
        Row(
            one.student,
            one.report.verdict if one.report else None,
            one.marks,
            one.final,
            one.standing.seconds,
            _remark(one.report) if one.report else "",
            one.remark,
            one.verdict,
        )
        for one in found
    ]
    return sorted(
        rows,
        key=lambda row: (
            row.verdict is None,
            row.total is not None or row.standing == EXCUSED,
            row.late <= 0,
            row.student,
        ),
    )


def gradebook_table(
    found: Iterable[MarkRow],
    release: Release,
    width: int = 120,
    alike: Iterable[Sequence[str]] = (),
    remarks: Iterable[str] = (),
) -> str:
    """The class as a table for the terminal, and a summary; an ungraded mark is a dash.

    If the exercises' names do not fit, their columns are numbered and explained in a line below. ``remarks``
    are sentences on the class as a whole.
    """
    found = list(found)
    reports = [one.report for one in found if one.report]
    rows = class_rows(found)
    names = [f"{exercise.name} /{number(exercise.points)}" for exercise in release.marked]
    fits = sum(map(len, names)) + 2 * len(names) <= width // 2
    key = [] if fits else [", ".join(f"{place} {name}" for place, name in enumerate(names, 1)), ""]
    head = ["student", "verdict", *(names if fits else map(str, range(1, len(names) + 1)))]
    head += [f"total /{number(_points(release))}", "late", "remark"]
    lines = [head]
    for row in rows:
        cells = [number(mark) or "–" for mark in (*row.marks, row.total)]
        when = lateness(row.late).removesuffix(" late")
        remark = "; ".join(filter(None, (row.standing, row.remark)))
        lines.append([one_line(row.student), row.outcome, *cells, when, one_line(remark)])
    right = range(2, len(head) - 2)
    sizes = [max(_columns(line[column]) for line in lines) for column in range(len(head))]
    between = sum(sizes[1:-1]) + 2 * (len(head) - 1)  # the width of the middle columns and the gaps
    sizes[0] = min(sizes[0], max(12, min(32, width - between - 12)))
    sizes[-1] = min(sizes[-1], max(12, width - between - sizes[0]))
    lines.insert(1, ["─" * size for size in sizes])
    table = []
    for line in lines:
        cells = [
            _fit(cell, size, column in right)
            for column, (cell, size) in enumerate(zip(line, sizes, strict=True))
        ]
        table.append("  ".join(cells).rstrip())
    reasons = [
        f"{one_line(row.student)}: {one_line(row.remark)}"
        for row in rows
        if row.verdict in UNGRADED and row.total is None and row.remark
    ]
    reasons += [
        one_line(f"{report.student}: {sentence}") for report in reports for sentence in report.borrowed
    ]
    reasons += map(one_line, (*_alike(alike), *remarks))
    if off := _protections_off(reports):
        reasons.append(
            f"Protections that were off: {', '.join(off)}; `autograder doctor` says what it costs."
        )
    return "\n".join([*table, "", *key, *reasons, *([""] if reasons else []), summary(rows, release)]) + "\n"


def summary(rows: Sequence[Row], release: Release) -> str:
    """One sentence: how many of each verdict, how many late, the mean of those graded."""
    counts = Counter(row.verdict for row in rows)
    parts = [f"{counts[verdict]} {verdict.value}" for verdict in Verdict if counts[verdict]]
    absent = Counter(row.outcome for row in rows if row.verdict is None)
    rows = [row for row in rows if row.verdict is not None]
    graded = [row.total for row in rows if row.total is not None]
    sentence = f"{len(rows)} {'submission' if len(rows) == 1 else 'submissions'}: {', '.join(parts)}"
    if absent[NOTHING]:
        sentence += f"; {absent[NOTHING]} handed in nothing"
    if absent[WAITING]:
        sentence += f"; of {absent[WAITING]} there is a hand-in and no result: grade again"
    late = sum(row.late > 0 for row in rows)
    if late:
        sentence += f"; {late} late"
    if unknown := sum(math.isnan(row.late) for row in rows):
        sentence += f"; of {unknown} the time is unknown"
    if excused := sum(row.standing == EXCUSED for row in rows):
        sentence += f"; {excused} excused"
    waiting = sum(
        row.total is None and row.verdict not in UNGRADED and row.standing != EXCUSED for row in rows
    )
    if waiting:
        sentence += f"; {waiting} waiting for a person's marks"
    if graded:
        mean = number(sum(graded) / len(graded))
        sentence += f"; mean {mean} of {number(_points(release))} over the {len(graded)} graded"
    return sentence + "."


def class_report(
    found: Iterable[MarkRow],
    release: Release,
    links: Mapping[str, str] | None = None,
    alike: Iterable[Sequence[str]] = (),
    remarks: Iterable[str] = (),
) -> str:
    """The page for the instructor; ``links`` holds the address of each student's feedback page.

    ``alike`` are groups of names that look the same, ``remarks`` sentences on the class as a whole.
    """
    found = list(found)
    reports = [one.report for one in found if one.report]
    rows = class_rows(found)
    students = [
        {
            "student": row.student,
            "link": (links or {}).get(row.student, ""),
            "verdict": row.outcome,
            "symbol": SYMBOLS[row.verdict] if row.verdict else "–",
            "kind": kind(row.verdict) if row.verdict else "none",
            "marks": [number(mark) for mark in row.marks],
            "total": number(row.total),
            "late": lateness(row.late),
            "came": row.outcome != NOTHING,
            "remark": row.remark,
            "standing": row.standing,
        }
        for row in rows
    ]
    return render(
        "report.html.jinja",
        title=release.title,
        due=bool(release.due),
        summary=summary(rows, release),
        exercises=[_exercise(exercise.name, exercise.points, reports) for exercise in release.marked],
        points=number(_points(release)),
        students=students,
        ungraded=[row for row in students if not row["total"] and row["verdict"] in UNGRADED],
        remarks=list(remarks),
        borrowed=[
            {"student": report.student, "sentences": report.borrowed} for report in reports if report.borrowed
        ],
        alike=_alike(alike),
        protections_off=_protections_off(reports),
    )


def _alike(groups: Iterable[Sequence[str]]) -> list[str]:
    """A sentence for each group of names that look the same."""
    return [
        f"Names that look alike: {', '.join(map(ascii, names))}. Each has its own files and marks; is it one "
        "person, or does one pass for another?"
        for names in groups
    ]


def _protections_off(reports: Iterable[Report]) -> list[str]:
    return sorted({name for report in reports for name in report.protections_off})


def _exercise(name: str, points: float, reports: Sequence[Report]) -> dict[str, Any]:
    """How the class did in one exercise: verdicts, mean, named mistakes, checks most often failed."""
    results = [
        next((result for result in report.exercises if result.name == name), ungraded(report, name, points))
        for report in reports
    ]
    counts = Counter(result.verdict for result in results)
    scores = [result.score for result in results if result.score is not None]
    hints: dict[str, list[str]] = {}
    for report, result in zip(reports, results, strict=True):
        for hint in (*result.hints, *filter(None, [result.convention])):
            hints.setdefault(hint, []).append(report.student)
    return {
        "name": name,
        "points": number(points),
        "mean": number(sum(scores) / len(scores)) if scores else "",
        "graded": len(scores),
        "verdicts": [
            {
                "name": verdict.value,
                "symbol": SYMBOLS[verdict],
                "kind": kind(verdict),
                "count": counts[verdict],
                "share": round(100 * counts[verdict] / len(results), 2),
            }
            for verdict in Verdict
            if counts[verdict]
        ],
        "hints": [
            {"text": hint, "count": len(students), "students": sorted(students)}
            for hint, students in sorted(hints.items(), key=lambda item: (-len(item[1]), item[0]))
        ],
        "checks": _failed_checks(results),
    }


def _failed_checks(results: Sequence[ExerciseResult]) -> list[dict[str, Any]]:
    """The checks that some attempt failed, the most frequently failed first."""
    tried: Counter[str] = Counter()
    failed: Counter[str] = Counter()
    attempts, own = 0, set()
    for result in results:
        if result.verdict in MARKLESS or result.verdict is Verdict.NOT_ATTEMPTED:
            continue
        attempts += 1
        for check in result.checks:
            tried[title(check)] += 1
            failed[title(check)] += not check.passed
            if not check.weight:
                own.add(title(check))  # a row on form is listed where it failed; all attempts were tested
    tried |= dict.fromkeys(own, attempts)
    order = sorted((name for name in tried if failed[name]), key=lambda name: (-failed[name], name))
    return [
        {
            "title": name,
            "failed": failed[name],
            "tried": tried[name],
            "share": round(100 * failed[name] / tried[name], 2),
        }
        for name in order
    ]


def _remark(report: Report) -> str:
    """The reason for no grade; else the first hint or convention, error or timeout, or note."""
    messages = [check.message for result in report.exercises for check in result.checks if check.message]
    if report.verdict in UNGRADED:
        return next(iter((*report.notes, *messages)), "")
    hints = [hint for result in report.exercises for hint in (*result.hints, result.convention) if hint]
    stopped = [
        check.message
        for result in report.exercises
        for check in result.checks
        if check.verdict in (Verdict.ERROR, Verdict.TIMEOUT) and check.message
    ]
    return next(iter((*hints, *stopped, *report.notes)), "")


def _points(release: Release) -> float:
    return sum(exercise.points for exercise in release.marked)


def _columns(text: str) -> int:
    """The width of ``text`` in a terminal's columns."""
    return sum(
        2 if unicodedata.east_asian_width(letter) in "WF" else not unicodedata.combining(letter)
        for letter in text
    )


def _fit(text: str, size: int, right: bool) -> str:
    """``text`` cut or padded to ``size`` columns."""
    ends = [*itertools.accumulate(map(_columns, text[: MAX_LETTERS * size]), initial=0)]
    if ends[-1] > size or len(text) > MAX_LETTERS * size:
        text = text[: max(place for place, end in enumerate(ends) if end < size)] + "…"
    space = " " * (size - _columns(text))
    return space + text if right else text + space
