"""What lateness and excuses do to marks: one place, so that every output shows the same number."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from autograder.course.release import Release
from autograder.submissions.handin import UNKNOWN, Handin, handins, moment
from autograder.term.attempts import Attempt, Attempts
from autograder.term.settings import Settings

DAY = 86_400


@dataclass(frozen=True)
class Standing:
    """How one student stands to one assignment's due time.

    ``seconds`` late is 0 for work in time and NaN where the time is unknown. ``cost`` is the share that
    lateness takes, of what was ``earned`` or of the maximum.
    """

    seconds: float = 0.0
    cost: float = 0.0
    of: str = "earned"
    excused: bool = False
    extended: bool = False

    def penalty(self, total: float | None, maximum: float) -> float:
        """The points that lateness takes from a total; never more than there are."""
        if total is None or self.excused:
            return 0.0
        return min(max(total, 0.0), self.cost * (maximum if self.of == "maximum" else max(total, 0.0)))

    def final(self, total: float | None, maximum: float) -> float | None:
        """The mark that counts; None where there is none, and for who is excused.

        >>> Standing(cost=0.25).final(8.0, 10.0), Standing(excused=True).final(8.0, 10.0)
        (6.0, None)
        """
        return None if total is None or self.excused else total - self.penalty(total, maximum)


IN_TIME = Standing()


def standing(
    settings: Settings,
    slug: str,
    student: str,
    handin: Handin | None,
    released_due: str,
    said_late: bool = False,
) -> Standing:
    """How ``student`` stands to ``slug``; ``released_due`` is the due time of the notebook.

    ``said_late``: the platform says that it was late, and not how late; the time is then unknown.
    """
    own = settings.student(student)
    due = own.due.get(slug) or settings.assignment(slug).due or moment(released_due)
    handed = own.handed_in.get(slug)
    seconds = 0.0
    if handed is not None and due is not None:
        seconds = max(0.0, (handed - due).total_seconds())
    elif handin is not None and due is not None:
        seconds = UNKNOWN if said_late else handin.seconds_late(due.isoformat())
    if not math.isnan(seconds) and seconds <= 60 * settings.late.grace_minutes:
        seconds = 0.0
    cost = own.penalty[slug] / 100 if slug in own.penalty else _cost(settings, seconds)
    return Standing(seconds, cost, settings.late.of, slug in own.excused, slug in own.due)


def standing_of_attempt(
    settings: Settings, slug: str, student: str, attempt: Attempt, released_due: str
) -> Standing:
    """How a student would stand if this attempt counted."""
    handin = Handin(student, Path(), attempt.time or None)
    said_late = attempt.late and not attempt.time
    return standing(settings, slug, student, handin, released_due, said_late)


def standings(settings: Settings, term: Path, slug: str, released_due: str) -> dict[str, Standing]:
    """How everybody who handed in stands, and everybody for whom there are settings."""
    found = {handin.student: handin for handin in handins(term, slug)}
    late = said_late(term, slug)
    return {
        student: standing(settings, slug, student, found.get(student), released_due, student in late)
        for student in dict.fromkeys((*found, *settings.students))
    }


def with_own_due(release: Release, settings: Settings) -> Release:
    """The release with the term's own due time, where the settings have one."""
    due = settings.assignment(release.slug).due
    return replace(release, due=due.isoformat()) if due else release


def said_late(term: Path, slug: str) -> set[str]:
    """The students whose counting attempt a platform calls late without a time."""
    folders = (term / "attempts" / slug).glob("*")
    counting = {folder.name: Attempts(term, slug, folder.name).placed() for folder in folders}
    return {student for student, one in counting.items() if one and one.late and not one.time}


def _cost(settings: Settings, seconds: float) -> float:
    """The share that lateness takes by the general policy; nothing where the time is unknown."""
    late = settings.late
    if math.isnan(seconds) or seconds <= 0:
        return 0.0
    if seconds > late.days_accepted * DAY:
        return 1.0
    days = math.ceil(seconds / DAY)
    return min(late.percent_per_day * days, late.percent_max) / 100


def term_total(
    marks: Mapping[str, tuple[float | None, float]],
    settings: Settings,
    excused: Iterable[str] = (),
) -> float | None:
    """Percent of a term: the weighted mean of the assignments' shares, the lowest dropped; None without any.

    ``marks`` holds (mark that counts, maximum) by assignment. An assignment without a mark does not count,
    unless ``missing`` makes it a zero; whoever is excused from it has it neither counted nor dropped.
    """
    excused = set(excused)
    shares = []
    for slug, (mark, maximum) in marks.items():
        weight = settings.assignment(slug).weight
        if weight and maximum and slug not in excused and mark is not None:
            shares.append((mark / maximum, weight))
    shares.sort()
    kept = shares[min(settings.drop_lowest, max(0, len(shares) - 1)) :]
    return (
        100 * sum(share * weight for share, weight in kept) / sum(weight for _, weight in kept)
        if kept
        else None
    )
