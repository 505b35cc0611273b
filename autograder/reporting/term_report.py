"""The term on one page, and as one tidy table: progress, spread, mistakes, who needs a word."""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from autograder.course.release import Release
from autograder.grading.verdict import UNGRADED, ExerciseResult, Verdict
from autograder.reporting.feedback import render
from autograder.reporting.marks import number
from autograder.reporting.marks_csv import figure, text
from autograder.reporting.rows import MarkRow

BINS = 10  # of a distribution
FEW = 5  # with fewer marks nothing is said about an exercise's discrimination
LOW = 0.4  # the share of a term's points below which somebody may need a word
MISSED = 2  # assignments without a hand-in, after which somebody may need a word
TIDY_HEAD = (
    "student", "name", "section", "assignment", "exercise", "mark", "points", "verdict", "hints", "timeout",
    "assignment_total", "assignment_points", "assignment_penalty", "assignment_max", "seconds_late",
    "excused", "attempts",
)  # fmt: skip  # a list to read across


@dataclass(frozen=True)
class TermMarks:
    """All marks of a term, by assignment and student; ``names`` and ``sections`` are those of the roster."""

    releases: Mapping[str, Release]
    rows: Mapping[str, Mapping[str, MarkRow]]
    students: Sequence[str]
    percents: Mapping[str, float | None]
    names: Mapping[str, str] = field(default_factory=dict)
    sections: Mapping[str, str] = field(default_factory=dict)
    attempts: Mapping[tuple[str, str], int] = field(default_factory=dict)


def tidy(term: TermMarks) -> str:
    """A row for each student, assignment and exercise, for pandas and the like; no mark is an empty cell."""
    lines = [",".join(text(name) for name in TIDY_HEAD)]
    for slug, release in term.releases.items():
        for student in term.students:
            row = term.rows[slug].get(student)
            if row is None:
                continue
            found = {one.name: one for one in row.report.exercises} if row.report else {}
            for exercise, mark in zip(release.marked, row.marks, strict=True):
                result = found.get(exercise.name)
                hints = " | ".join((*result.hints, *filter(None, [result.convention]))) if result else ""
                verdict = result.verdict.value if result else row.verdict
                cells = [text(student, known=True), text(term.names.get(student, ""))]
                cells += [text(term.sections.get(student, "")), text(slug), text(exercise.name)]
                cells += [figure(mark), figure(exercise.points), text(verdict), text(hints)]
                cells.append(str(int(bool(result and result.verdict is Verdict.TIMEOUT))))
                cells += [figure(row.final), figure(row.points), figure(row.penalty), figure(row.maximum)]
                cells += [figure(row.standing.seconds), str(int(row.standing.excused))]
                cells.append(str(term.attempts.get((slug, student), 1 if row.report else 0)))
                lines.append(",".join(cells))
    return "".join(f"{line}\r\n" for line in lines)


def term_report(term: TermMarks, title: str, where: Mapping[str, str] | None = None) -> str:
    """The page, self-contained. ``where`` says by assignment where its idea is taught, in words."""
    return render(
        "term.html.jinja",
        title=title or "The term",
        students=len(term.students),
        assignments=[_assignment(term, slug) for slug in term.releases],
        exercises=[one for slug in term.releases for one in _exercises(term, slug)],
        misconceptions=_misconceptions(term, where or {}),
        words=_who_needs_a_word(term),
        ungraded=_ungraded(term),
        percents=_histogram([one / 100 for one in term.percents.values() if one is not None]),
    )


def _assignment(term: TermMarks, slug: str) -> dict[str, Any]:
    rows = [row for row in term.rows[slug].values() if not row.standing.excused]
    handed = [row for row in rows if row.report]
    shares = [row.final / row.maximum for row in handed if row.final is not None and row.maximum]
    return {
        "slug": slug,
        "title": term.releases[slug].title,
        "of": len(rows),
        "handed": len(handed),
        "late": _late([row.standing.seconds for row in handed]),
        "graded": len(shares),
        "mean": number(100 * statistics.fmean(shares)) if shares else "",
        "median": number(100 * statistics.median(shares)) if shares else "",
        "bars": _histogram(shares),
    }


def _late(seconds: Sequence[float]) -> str:
    """How many are late; those of which a platform says no time are counted apart.

    >>> _late([0.0, 60.0, math.nan]), _late([0.0])
    ('1, and 1 of unknown time', '0')
    """
    unknown = sum(map(math.isnan, seconds))
    late = str(sum(one > 0 for one in seconds))
    return f"{late}, and {unknown} of unknown time" if unknown else late


def _histogram(shares: Sequence[float]) -> list[dict[str, Any]]:
    """Bars of a distribution: from, count, and the height in percent of the highest."""
    counts = Counter(min(BINS - 1, max(0, int(share * BINS + 1e-9))) for share in shares)
    most = max(counts.values(), default=1)
    return [
        {"from": 100 * place // BINS, "to": 100 * (place + 1) // BINS, "count": counts[place],
         "height": round(100 * counts[place] / most, 1)}
        for place in range(BINS)
    ]  # fmt: skip  # one bar


def _exercises(term: TermMarks, slug: str) -> list[dict[str, Any]]:
    """Each exercise: how much of its points the class gets, and how well it tells strong from weak."""
    release = term.releases[slug]
    rows = [row for row in term.rows[slug].values() if row.report and row.points is not None]
    found = []
    for place, exercise in enumerate(release.marked):
        marks = [row.marks[place] or 0.0 for row in rows]
        rests = [(row.points or 0.0) - mark for row, mark in zip(rows, marks, strict=True)]
        share = statistics.fmean(marks) / exercise.points if marks and exercise.points else None
        told = discrimination(marks, rests)
        results = [_result(row, exercise.name) for row in rows]
        found.append(
            {
                "assignment": slug,
                "name": exercise.name,
                "share": number(100 * share) if share is not None else "",
                "discrimination": f"{told:.2f}" if told is not None else "",
                "weak": told is not None and told < 0.1,
                "timeouts": sum(one is not None and one.verdict is Verdict.TIMEOUT for one in results),
                "untouched": sum(one is not None and one.verdict is Verdict.NOT_ATTEMPTED for one in results),
                "graded": len(rows),
            }
        )
    return found


def discrimination(marks: Sequence[float], rests: Sequence[float]) -> float | None:
    """The correlation of an exercise's marks with the rest of the assignment's; None where it means nothing.

    >>> discrimination([0, 0, 1, 1, 1, 0], [1, 2, 8, 9, 7, 3]) > 0.9
    True
    """
    if len(marks) < FEW or len(set(marks)) == 1 or len(set(rests)) == 1:
        return None
    return statistics.correlation(marks, rests)


def _misconceptions(term: TermMarks, where: Mapping[str, str]) -> list[dict[str, Any]]:
    """The named mistakes of the whole term, the most frequent first."""
    found: dict[tuple[str, str, str], list[str]] = {}
    for slug, rows in term.rows.items():
        for row in rows.values():
            for result in row.report.exercises if row.report else ():
                for hint in (*result.hints, *filter(None, [result.convention])):
                    found.setdefault((slug, result.name, hint), []).append(row.student)
    order = sorted(found.items(), key=lambda item: (-len(item[1]), item[0]))
    return [
        {"assignment": slug, "exercise": exercise, "hint": hint, "count": len(students),
         "students": sorted(students), "where": where.get(slug, slug)}
        for (slug, exercise, hint), students in order
    ]  # fmt: skip  # one mistake


def _who_needs_a_word(term: TermMarks) -> list[dict[str, Any]]:
    """Those who miss assignments, are low, or fall from one assignment to the next; each with the reason."""
    found = []
    for student in term.students:
        rows = [rows[student] for rows in term.rows.values() if student in rows]
        mine = [row for row in rows if not row.standing.excused]
        missed = sum(row.report is None for row in mine)
        shares = [
            row.final / row.maximum for row in mine if row.report and row.final is not None and row.maximum
        ]
        reasons = []
        if missed >= min(MISSED, max(1, len(term.releases))):
            reasons.append(f"handed in nothing {missed} times")
        if shares and statistics.fmean(shares) < LOW:
            reasons.append(f"{number(100 * statistics.fmean(shares))} % of the points so far")
        if len(shares) >= 3 and shares[-1] < shares[-2] < shares[-3] and shares[-3] - shares[-1] > 0.3:
            reasons.append("falls from one assignment to the next")
        if reasons:
            found.append({"student": student, "name": term.names.get(student, ""), "reasons": reasons})
    return found


def _ungraded(term: TermMarks) -> list[dict[str, str]]:
    return [
        {
            "student": row.student,
            "assignment": slug,
            "verdict": row.verdict,
            "why": next(iter(row.report.notes), ""),
        }
        for slug, rows in term.rows.items()
        for row in rows.values()
        if row.report and row.report.verdict in UNGRADED and row.final is None
    ]


def _result(row: MarkRow, name: str) -> ExerciseResult | None:
    return next((one for one in row.report.exercises if one.name == name), None) if row.report else None
