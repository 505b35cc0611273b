"""The first use of a glossary's word in a chapter leads to the glossary and carries the explanation.

``notes.js`` shows the explanation by mouse, focus and touch. Words in titles, links, code, fold-outs and
question boxes are left alone, as are entries whose explanation holds a formula.
"""

from __future__ import annotations

import re
from functools import cache
from html import escape
from typing import NamedTuple

from docutils import nodes
from sphinx.application import Sphinx

GLOSSARY = "book/glossary"
# Too common: links everywhere would help nobody.
COMMON = {
    "batch",
    "bias",
    "budget",
    "epoch",
    "inference",
    "interval",
    "optimiser",
    "parameters",
    "rate",
    "seed",
    "step",
    "test set",
    "update",
}
LEFT_ALONE = (
    nodes.title,
    nodes.reference,
    nodes.literal,
    nodes.caption,
    nodes.Admonition,
    nodes.raw,
    nodes.citation,
    nodes.strong,
)


class Term(NamedTuple):
    """A word of the glossary, the place of its entry and the entry's sentence."""

    name: str
    place: str
    says: str


@cache
def terms(app: Sphinx) -> list[Term]:
    """The entries that a word can carry, the longest names first, so that they win over their parts."""
    if GLOSSARY not in app.env.found_docs:
        return []
    found = []
    for entry in app.env.get_doctree(GLOSSARY).findall(nodes.definition_list_item):
        *names, definition = entry.children
        if next(iter(definition.findall(nodes.math)), None) is not None:
            continue
        says = " ".join(" ".join(_words(definition)).split())
        for name in names:
            if isinstance(name, nodes.term) and name["ids"] and name.astext().lower() not in COMMON:
                found.append(Term(name.astext(), name["ids"][0], says))
    return sorted(found, key=lambda term: -len(term.name))


def _words(definition: nodes.Node) -> list[str]:
    """The words of an explanation without the link at its end."""
    paragraph = next(iter(definition.findall(nodes.paragraph)))
    kept = (nodes.Text, nodes.emphasis, nodes.literal)
    return [child.astext() for child in paragraph.children if isinstance(child, kept)]


def prose(doctree: nodes.document) -> list[nodes.Text]:
    """The pieces of running text in which a word may become a link."""
    found = []
    for paragraph in doctree.findall(nodes.paragraph):
        above: nodes.Node | None = paragraph
        while (
            above is not None
            and not isinstance(above, LEFT_ALONE)
            and "dropdown" not in str(above.get("classes", "") if isinstance(above, nodes.Element) else "")
        ):
            above = above.parent
        if above is None:
            found += [child for child in paragraph.children if isinstance(child, nodes.Text)]
    return found


def link(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Link the first use of each term in a chapter; a chapter is a page with code cells."""
    if "book/" not in docname or docname in (GLOSSARY, app.config.root_doc) or app.builder.format != "html":
        return
    if not any("cell" in node.get("classes", []) for node in doctree.findall(nodes.container)):
        return
    address = app.builder.get_relative_uri(docname, GLOSSARY)
    texts = prose(doctree)
    words = "\n".join(text.astext() for text in texts).lower()
    for term in terms(app):
        if term.name.lower() not in words:  # most are not; looking into each text for each takes seconds
            continue
        pattern = re.compile(rf"(?<![\w-]){re.escape(term.name)}s?(?![\w-])", re.I)
        for place, text in enumerate(texts):
            found = pattern.search(text.astext())
            if not found:
                continue
            html = (
                f'<a class="term" href="{address}#{term.place}" data-note="{escape(term.says)}">'
                f"{escape(found[0])}</a>"
            )
            before, behind = text.astext()[: found.start()], text.astext()[found.end() :]
            pieces = [nodes.Text(before), nodes.raw("", html, format="html"), nodes.Text(behind)]
            pieces = [piece for piece in pieces if piece.astext()]
            text.parent.replace(text, pieces)
            texts[place : place + 1] = [piece for piece in pieces if isinstance(piece, nodes.Text)]
            break


def setup(app: Sphinx) -> dict:
    app.connect("doctree-resolved", link, priority=800)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
