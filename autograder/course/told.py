"""What a notebook tells about its exercises: number and points in headings, checks and the tally.

The build writes these lines; a term that leaves exercises out or gives other points has them rewritten.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_HEADING = re.compile(r"^(#{2,3}) Exercise \d+ of \d+ · `(\w+)`(?: · [\d.]+ points?)?$", re.M)
_CHECK = re.compile(r"\A# Check of (\w+): [\d.]+ points?$", re.M)
_ROW = re.compile(r'^    "(\w+)": [\d.]+,\n', re.M)


def counted(points: float) -> str:
    """The points in words.

    >>> counted(1), counted(2.5)
    ('1 point', '2.5 points')
    """
    return f"{points:g} point{'' if points == 1 else 's'}"


def heading(marks: str, number: int, count: int, name: str, points: float | None) -> str:
    worth = "" if points is None else f" · {counted(points)}"
    return f"{marks} Exercise {number} of {count} · `{name}`{worth}"


def check_title(name: str, points: float) -> str:
    """The first line of a visible check, by which the tally knows it."""
    return f"# Check of {name}: {counted(points)}"


def without_points(source: str) -> str:
    """A visible check without the points in its first line, which a term's settings may change.

    >>> without_points("# Check of step: 4 points\\nassert step")
    '# Check of step\\nassert step'
    """
    return _CHECK.sub(r"# Check of \1", source)


def tally_rows(points: Mapping[str, float]) -> str:
    """The lines of a dict from exercises to points."""
    return "".join(f'    "{name}": {worth:g},\n' for name, worth in points.items())


def retold(sources: list[str], points: Mapping[str, float]) -> list[str]:
    """The sources of a notebook's cells with what they tell put right.

    ``points`` are those of the exercises that the notebook has, in order; rows of others leave the tally.
    """
    order = list(points)

    def headed(found: re.Match[str]) -> str:
        name = found[2]
        return (
            heading(found[1], order.index(name) + 1, len(order), name, points[name]) if name in points else ""
        )

    def checked(found: re.Match[str]) -> str:
        return check_title(found[1], points[found[1]]) if found[1] in points else found[0]

    def row(found: re.Match[str]) -> str:
        return tally_rows({found[1]: points[found[1]]}) if found[1] in points else ""

    told = []
    for source in sources:
        source = _CHECK.sub(checked, _HEADING.sub(headed, source))
        told.append(_ROW.sub(row, source) if "\ndef tally(" in source else source)
    return told
