r"""Sets every formula when the book is built, so that a page needs no script for its mathematics.

KaTeX runs in Node, on the copy that ``sphinxcontrib-katex`` carries, and writes HTML with MathML inside of it
for screen readers. (That package's own server is not used: it may be asked before it listens.) A formula that
KaTeX does not know, or takes only out of kindness, is a warning with its place: the strict build stops.

The stylesheet and the fonts in ``_theme/course/static/katex`` are of the same version of KaTeX. Wide formulas
scroll in their own box; ``page.js`` lets the Tab key stop at boxes that do scroll, and at no others.
"""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
import subprocess
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number

LOGGER = logging.getLogger(__name__)
OPTIONS = {"throwOnError": True, "strict": "error", "trust": False}

# Faces of KaTeX that the site does not carry: others would stand in for them.
MISSING = re.compile(r'class="[^"]*\b(mathfrak|mathscr|mathsf|mathtt|textsf|texttt)\b')
BEFORE, AFTER = re.compile(r"[(\[–—]$"), re.compile(r"^[.,;:!?)\]’%–-]")
SHORT = 18  # characters of a formula that stays on one line
JOIN = "\u2060"  # the word joiner: no line breaks between a formula and the full stop behind it


@cache
def setter() -> subprocess.Popen[str]:
    """The process that sets formulas, started once; it ends with this process, which closes its input."""
    node, spec = shutil.which("node"), importlib.util.find_spec("sphinxcontrib.katex")
    if node is None:
        raise ExtensionError("Node sets the book's formulas and is missing; type: sudo apt install nodejs")
    if spec is None or spec.origin is None:
        raise ExtensionError("KaTeX is not installed: pip install sphinxcontrib-katex==0.9.11")
    library = Path(spec.origin).with_name("katex.min.js")
    command = [node, str(Path(__file__).with_name("formulas.js")), str(library)]
    return subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
    )


@cache
def set_latex(latex: str, display: bool) -> dict[str, str]:
    """What KaTeX makes of a formula: ``html``, or ``error``."""
    process = setter()
    assert process.stdin and process.stdout
    process.stdin.write(json.dumps({"latex": latex, "options": {**OPTIONS, "displayMode": display}}) + "\n")
    process.stdin.flush()
    line = process.stdout.readline()
    if not line:
        raise ExtensionError(f"Node ended while it was setting {latex!r}; its words stand above.")
    answer: dict[str, str] = json.loads(line)
    return answer


def set_formula(latex: str, node: nodes.Node, display: bool) -> str:
    """The HTML of a formula; where there is none, a warning at the node and the formula as it was typed."""
    answer = set_latex(latex, display)
    html = answer.get("html", f"<code>{escape(latex)}</code>")
    if "error" in answer:
        LOGGER.warning("KaTeX refuses %r: %s", latex, answer["error"], location=node, type="maths")
    elif face := MISSING.search(html):
        LOGGER.warning("the site has no %s face, which %r needs", face[1], latex, location=node, type="maths")
    return html


def beside(node: nodes.Node, step: int) -> str:
    """The text before (-1) or behind (1) a node in its paragraph."""
    index = node.parent.index(node) + step
    other = node.parent[index] if 0 <= index < len(node.parent) else None
    return other.astext() if isinstance(other, nodes.Text) else ""


def visit_inline(self: Any, node: nodes.math) -> None:
    html = set_formula(node.astext(), node, display=False)
    before = JOIN if BEFORE.search(beside(node, -1)) else ""
    behind = JOIN if AFTER.search(beside(node, 1)) else ""
    short = " nowrap" if len(node.astext()) <= SHORT else ""
    self.body.append(f'{before}<span class="math{short}">{html}</span>{behind}')
    raise nodes.SkipNode


def visit_display(self: Any, node: nodes.math_block) -> None:
    self.body.append(self.starttag(node, "div", CLASS="math display"))
    if node.get("number"):
        number = get_node_equation_number(self, node)
        self.body.append(f'<span class="eqno">({number})')
        self.add_permalink_ref(node, "Link to this formula")
        self.body.append("</span>")
    latex = node.astext()
    if not node.get("nowrap") and "\\\\" in latex and "\\begin" not in latex:
        latex = f"\\begin{{gathered}}{latex}\\end{{gathered}}"
    self.body.append(set_formula(latex, node, display=True) + "</div>\n")
    raise nodes.SkipNode


def read_titles(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Make formulas of what stands between dollars in the list of sources, where titles come from BibTeX."""
    for citation in doctree.findall(nodes.citation):
        for text in list(citation.findall(nodes.Text)):
            pieces = re.split(r"\$([^$]+)\$", text.astext())
            if len(pieces) > 1:
                made = [
                    nodes.math(piece, piece) if odd % 2 else nodes.Text(piece)
                    for odd, piece in enumerate(pieces)
                ]
                text.parent.replace(text, made)


def start(app: Sphinx) -> None:
    if app.builder.format == "html":
        setter()  # what is missing is said before any chapter is executed


def setup(app: Sphinx) -> dict:
    app.add_html_math_renderer("set", (visit_inline, None), (visit_display, None))
    app.connect("doctree-resolved", read_titles)
    app.connect("builder-inited", start)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
