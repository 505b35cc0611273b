"""nbgrader reads times as this engine does: an unreadable ``timestamp.txt`` stops no list."""

from __future__ import annotations

from datetime import datetime

from nbgrader import coursedir, utils
from nbgrader.apps import api

from autograder.submissions.handin import moment


def parse_utc(timestamp: datetime | str | None) -> datetime | None:
    """The time in UTC without a zone, as nbgrader keeps it; None for a text that is no time.

    nbgrader's own function raises there, for the whole class's page, and takes unknown zones for UTC.
    """
    if isinstance(timestamp, datetime) and timestamp.tzinfo is None:
        return timestamp
    found = moment(timestamp.isoformat() if isinstance(timestamp, datetime) else timestamp)
    return found.replace(tzinfo=None) if found else None


def read_times_as_we_do() -> None:
    """Put `parse_utc` in the place of nbgrader's, wherever it reads the time of a hand-in."""
    for module in (utils, coursedir, api):
        module.parse_utc = parse_utc
