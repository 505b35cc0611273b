"""The directive ``{course-table}``: chapters in reading order with what each assignment asks.

Hours, exercises and points are read from the assignments' texts and minutes are counted in the chapters, so
that the front page cannot disagree with them; the order is that of ``_toc.yml``.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import yaml
from docutils import nodes
from docutils.statemachine import StringList
from minutes import core_minutes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective


class Row(NamedTuple):
    """A chapter, the minutes that its core takes to read, and what its assignment asks.

    ``hardest`` are the exercises that take the longest.
    """

    slug: str
    hours: int
    exercises: int
    points: float
    hardest: tuple[str, ...]
    title: str
    minutes: int


def read_rows(root: Path) -> list[Row]:
    """What every assignment below ``root`` asks, in the contents' order."""
    toc = yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8"))
    files = [entry["file"] for part in toc["parts"] for entry in part["chapters"]]
    texts = [root / "assignments" / f"{Path(file).name}.md" for file in files]
    return [
        read_row(text.stem, text.read_text(encoding="utf-8"), (root / f"{file}.md").read_text("utf-8"))
        for file, text in zip(files, texts, strict=True)
        if text.exists()
    ]


def read_row(slug: str, text: str, chapter: str) -> Row:
    front = yaml.safe_load(text.split("---")[1])
    exercises = re.findall(r"^:exercise:", text, re.M)
    points = [float(number) for number in re.findall(r"^:points: *([\d.]+)$", text, re.M)]
    (title, *_) = re.findall(r"^# (.+)$", chapter, re.M)
    hardest = tuple(front["hardest"])
    return Row(slug, front["hours"], len(exercises), sum(points), hardest, title, core_minutes(chapter))


def table(rows: list[Row]) -> str:
    lines = [
        ["", "chapter", "core, min", "assignment, h", "exercises", "points"],
        ["--:", "---", "--:", "--:", "--:", "--:"],
    ]
    numbers = [[row.minutes, row.hours, row.exercises, row.points] for row in rows]
    for count, (row, counts) in enumerate(zip(rows, numbers, strict=True), start=1):
        link = f"{{ref}}`{row.title} <{row.slug}>`, {{ref}}`assignment <{row.slug}-assignment>`"
        lines.append([str(count), link, *(f"{number:g}" for number in counts)])
    sums = [sum(column) for column in zip(*numbers, strict=True)]
    lines.append(["", "**in all**", *(f"{number:g}" for number in sums)])
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
