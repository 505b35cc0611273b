"""The directive ``{course-table}``: chapters in reading order with what each assignment asks.

Hours, exercises, points and the hardest exercises are read from the assignments' texts, so that the front
page cannot disagree with them; the order is that of ``_toc.yml``.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import yaml
from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective


class Row(NamedTuple):
    """What one assignment asks; ``hardest`` are the exercises that take the longest."""

    slug: str
    hours: int
    exercises: int
    points: float
    hardest: tuple[str, ...]


def read_rows(root: Path) -> list[Row]:
    """What every assignment below ``root`` asks, in the contents' order."""
    toc = yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8"))
    files = [entry["file"] for part in toc["parts"] for entry in part["chapters"]]
    texts = [root / "assignments" / f"{Path(file).name}.md" for file in files]
    return [read_row(text.stem, text.read_text(encoding="utf-8")) for text in texts if text.exists()]


def read_row(slug: str, text: str) -> Row:
    front = yaml.safe_load(text.split("---")[1])
    exercises = re.findall(r"^:exercise:", text, re.M)
    points = [float(number) for number in re.findall(r"^:points: *([\d.]+)$", text, re.M)]
    return Row(slug, front["hours"], len(exercises), sum(points), tuple(front["hardest"]))


def table(rows: list[Row]) -> str:
    lines = [
        ["assignment", "hours", "exercises", "points", "the hardest"],
        ["---", "--:", "--:", "--:", "---"],
    ]
    for slug, *counts, hardest in rows:
        names = ", ".join(f"`{name}`" for name in hardest)
        lines.append([f"{{ref}}`{slug} <{slug}-assignment>`", *(f"{count:g}" for count in counts), names])
    numbers = [[row.hours, row.exercises, row.points] for row in rows]
    lines.append(["**in all**", *(f"{sum(row[column] for row in numbers):g}" for column in range(3)), ""])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


class CourseTable(SphinxDirective):
    def run(self) -> list[nodes.Node]:
        root = Path(self.env.doc2path(self.env.docname)).parent.parent
        self.env.note_reread()  # an assignment may change without this page
        lines, found = StringList(table(read_rows(root)).splitlines(), source="assignments"), nodes.Element()
        self.state.nested_parse(lines, self.content_offset, found)
        return found.children


def setup(app: Sphinx) -> dict:
    app.add_directive("course-table", CourseTable)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
