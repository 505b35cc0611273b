"""The data of the site's search: every section of every page with its words, fetched when a reader searches.

``search-data.js`` holds one row a section, ``[page, place, title, page's title, text]``, and the groups of
words that mean the same: the entries of the glossary that share an explanation, and ``SAME``.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import NamedTuple

from docutils import nodes
from formula_words import readable
from page_head import plain
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.builders.html import StandaloneHTMLBuilder

# Letters and what they are called, and names that readers use for what the book calls otherwise.
SAME = (
    ("kappa", "κ", "condition number"),
    ("eta", "η", "lr", "learning rate", "step size"),
    ("epsilon", "ε", "eps"),
    ("beta", "β", "betas"),
    ("alpha", "α"),
    ("gamma", "γ"),
    ("delta", "δ"),
    ("rho", "ρ"),
    ("theta", "θ"),
    ("phi", "φ"),
    ("pytorch", "torch"),
    ("mu", "μ", "momentum"),
    ("lambda", "λ", "curvature", "eigenvalue"),
    ("sigma", "σ", "deviation"),
    ("dead relu", "dying relu", "dead unit"),
    ("batch norm", "batchnorm", "batch normalisation"),
    ("layer norm", "layernorm", "layer normalisation"),
    ("l2", "weight decay"),
    ("he", "kaiming"),
    ("xavier", "glorot"),
    ("sgd", "stochastic gradient descent"),
    ("hyperparameter", "hyper-parameter", "knob"),
    ("inference", "evaluation mode", "eval"),
)
LONGEST = 2400  # characters of a section: what stands further down is found by its own heading
SKIPPED = (nodes.section, nodes.image, nodes.comment, nodes.title, nodes.term, addnodes.glossary)


class Store(NamedTuple):
    rows: list[list[str]]
    same: list[list[str]]


STORE = Store([], [])  # of the build that runs in this process


def words(section: nodes.Element) -> str:
    """The text of a section without that of the sections in it, on one line."""
    found: list[str] = []

    def walk(node: nodes.Node) -> None:
        if isinstance(node, nodes.Text):
            found.append(node.astext())
        elif isinstance(node, nodes.raw):
            found.append(plain(node) if node.astext().startswith('<a class="term"') else "")
        elif isinstance(node, nodes.math | nodes.math_block):
            found.append(readable(node.astext()))
        elif not isinstance(node, SKIPPED):
            for child in node.children:
                walk(child)
            if isinstance(node, nodes.TextElement) and not isinstance(node, nodes.Inline):
                found.append(" ")

    for child in section.children:
        walk(child)
    return re.sub(r"\s+", " ", "".join(found)).strip()[:LONGEST]


def note_page(
    app: Sphinx, pagename: str, template: str, context: dict, doctree: nodes.document | None
) -> None:
    """Keep the sections of a page and the entries of a glossary."""
    if doctree is None:
        return
    rows = STORE.rows
    page_title = " ".join(app.env.titles[pagename].astext().split())
    for section in doctree.findall(nodes.section):
        title = " ".join(section[0].astext().split())
        rows.append([pagename, section["ids"][0], title, page_title, words(section)])
    for entry in doctree.findall(nodes.definition_list_item):
        terms = [node for node in entry.children if isinstance(node, nodes.term)]
        if terms and terms[0]["ids"]:
            names = [" ".join(term.astext().split()) for term in terms]
            rows.append([pagename, terms[0]["ids"][0], ", ".join(names), page_title, words(entry)])
            if len(names) > 1:
                STORE.same.append([name.lower() for name in names])


def write(app: Sphinx, exception: Exception | None) -> None:
    if exception is not None or app.builder.format != "html":
        return
    data = {"rows": STORE.rows, "same": [*STORE.same, *SAME]}
    text = "window.searchData = " + json.dumps(data, ensure_ascii=False, separators=(",", ":")) + ";\n"
    (Path(app.outdir) / "_static/search-data.js").write_text(text, encoding="utf-8")


def start(app: Sphinx) -> None:
    STORE.rows.clear()
    STORE.same.clear()
    if isinstance(app.builder, StandaloneHTMLBuilder):
        app.builder.search = False  # Sphinx's own index, which no page uses


def setup(app: Sphinx) -> dict:
    app.connect("builder-inited", start)
    app.connect("html-page-context", note_page)
    app.connect("build-finished", write, priority=900)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": False}
