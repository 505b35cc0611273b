"""The directive ``{course-table}``: chapters in reading order with what each assignment asks.

Hours, exercises and points are read from the assignments' texts, so that the front page cannot disagree with
them; the order is that of ``_toc.yml``.
"""

from __future__ import annotations

import re
from pathlib import Path

import yaml
from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective


def read_rows(root: Path) -> list[tuple[str, int, int, int]]:
    """Slug, hours, exercises and points of every assignment below ``root``, in the contents' order."""
    toc = yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8"))
    files = [entry["file"] for part in toc["parts"] for entry in part["chapters"]]
    texts = [root / "assignments" / f"{Path(file).name}.md" for file in files]
    return [read_row(text.stem, text.read_text(encoding="utf-8")) for text in texts if text.exists()]


def read_row(slug: str, text: str) -> tuple[str, int, int, int]:
    hours = int(re.search(r"^hours: *(\d+)$", text, re.M)[1])
    exercises = re.findall(r"^:exercise:", text, re.M)
    points = [int(number) for number in re.findall(r"^:points: *(\d+)$", text, re.M)]
    return slug, hours, len(exercises), sum(points)


def table(rows: list[tuple[str, int, int, int]]) -> str:
    total = ["**in all**", *(str(sum(row[column] for row in rows)) for column in (1, 2, 3))]
    cells = [[f"{{ref}}`{slug} <{slug}-assignment>`", *map(str, numbers)] for slug, *numbers in rows]
    lines = [["assignment", "hours", "exercises", "points"], ["---", *["--:"] * 3], *cells, total]
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
