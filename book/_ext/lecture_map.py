"""The directive ``{lecture-map}``: the lectures' items as tables, written anew at every build.

Its argument is a lecture (``L0`` … ``L4``) for that lecture's table, or ``counts`` for the two sentences at
the top. Sections are linked by their labels, so the strict build refuses a label that does not exist.
"""

from __future__ import annotations

from pathlib import Path

from docutils import nodes
from docutils.statemachine import StringList
from lecture_rows import read_items, read_written, summary, table
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective


class LectureMap(SphinxDirective):
    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        book = Path(self.env.doc2path(self.env.docname)).parent
        items, written = read_items(book / "lectures.csv"), read_written(book.parent)
        (part,) = self.arguments
        chosen = [item for item in items if item.lecture == part]
        if part != "counts" and not chosen:
            raise self.error(f"lecture-map: lectures.csv has no lecture {part}")
        self.env.note_reread()  # what is covered changes with any chapter
        text = summary(items, written) if part == "counts" else table(chosen, written)
        lines, found = StringList(text.splitlines(), source="lectures.csv"), nodes.Element()
        self.state.nested_parse(lines, self.content_offset, found)
        return found.children


def setup(app: Sphinx) -> dict:
    app.add_directive("lecture-map", LectureMap)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
