"""Keeps the site from asking other hosts for anything, and mends what the stock theme gets wrong.

* sphinx-thebe, which Jupyter Book always loads, writes its loader and a remote address into every page:
  dropped.
* Roles and labels that axe refuses are taken out of the written pages (``MENDED``).
* A heading is called by its own words and not by the sign of its link, and the link says where it leads.
* ``.nojekyll`` stands in the site, so that GitHub Pages serves the folders that begin with an underscore.
"""

from __future__ import annotations

import re
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx

# What docutils and the theme write, and what stands there instead. A label that does not repeat the words on
# a button is worse than none; docutils' list of sources has children that a list may not have.
MENDED = {
    ' role="doc-biblioentry"': "",
    "tex2jax_ignore mathjax_ignore": "",
    '<div role="list" class="citation-list">': '<div class="citation-list">',
    '<summary aria-label="Toggle hidden content">': "<summary>",
}

# axe takes a head of MathML alone for an empty one
HEAD = re.compile(r"<th(?P<tag>(?: [^>]*)?)>(?P<inner>.*?)</th>", re.S)
SAID = r'<span class="katex-mathml">\1</span>'


def mend_head(found: re.Match[str]) -> str:
    """A cell of a table's head without words: an empty one is no head, a formula gets its source as words."""
    tag, inner = found["tag"], found["inner"]
    if re.sub(r"<[^>]+>|\s", "", re.sub(r'<span class="math.*', "", inner, flags=re.S)):
        return found[0]
    if 'class="math' not in inner:
        return f"<td{tag}>{inner}</td>"
    source = r'<span class="katex-mathml">.*?<annotation[^>]*>(.*?)</annotation>.*?</math></span>'
    return f"<th{tag}>{re.sub(source, SAID, inner, flags=re.S)}</th>"


HEADING = re.compile(
    r"<(?P<tag>h[2-4])>(?P<inner>(?:(?!</h\d>).)*?)"
    r'<a class="headerlink" href="#(?P<place>[^"]+)" title="(?P<says>[^"]*)">#</a></(?P=tag)>',
    re.S,
)
LINK = re.compile(r'(<a class="headerlink" href="[^"]*" title="([^"]*)")>')


def mend_heading(found: re.Match[str]) -> str:
    """A heading whose name for a screen reader is its words, with a link that says where it leads."""
    tag, inner, place, says = found.group("tag", "inner", "place", "says")
    words = " ".join(re.sub(r"<[^>]+>", "", inner).split())
    label = says if 'class="katex' in inner else f"Link to: {words}"
    label = label.replace('"', "&quot;")
    link = f'<a class="headerlink" href="#{place}" title="{says}" aria-label="{label}">#</a>'
    return f'<{tag} aria-labelledby="name-{place}"><span id="name-{place}">{inner}</span>{link}</{tag}>'


def mend_pages(app: Sphinx, exception: Exception | None) -> None:
    if exception is not None or app.builder.format != "html":
        return
    (Path(app.outdir) / ".nojekyll").touch()
    for page in Path(app.outdir).rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        mended = text
        for written, instead in MENDED.items():
            mended = mended.replace(written, instead)
        mended = HEADING.sub(mend_heading, HEAD.sub(mend_head, mended))
        mended = LINK.sub(r'\1 aria-label="\2">', mended)
        if mended != text:
            page.write_text(mended, encoding="utf-8")


def names_thebe(text: object) -> bool:
    return bool(re.search("thebe|kernelName", str(text)))


def drop_thebe_nodes(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Remove the raw HTML that sphinx-thebe appends to each page."""
    for node in list(doctree.findall(nodes.raw)):
        if node.astext().lstrip().startswith("<script") and names_thebe(node.astext()):
            node.parent.remove(node)


def drop_thebe_files(app: Sphinx, pagename: str, templatename: str, context: dict, doctree: object) -> None:
    """Remove its scripts and its stylesheet from the page's head."""
    context["script_files"] = [
        js
        for js in context["script_files"]
        if not names_thebe(getattr(js, "filename", js)) and not names_thebe(getattr(js, "attributes", ""))
    ]
    context["css_files"] = [
        css for css in context["css_files"] if not names_thebe(getattr(css, "filename", css))
    ]


def setup(app: Sphinx) -> dict:
    app.connect("doctree-resolved", drop_thebe_nodes, priority=900)
    app.connect("html-page-context", drop_thebe_files, priority=900)
    app.connect("build-finished", mend_pages)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
