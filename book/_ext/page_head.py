"""What the page template is told of each page: contents with numbers and minutes, description, version.

The publisher gives what this repository cannot know, in the environment of the build: ``SITE_URL`` (the
site's address, for its map and for what others show of it), ``SITE_MISTAKES`` (where readers say that
something is wrong) and ``SOURCE_DATE_EPOCH`` (the time of the last change). Without them the pages say less,
and nothing untrue.
"""

from __future__ import annotations

import hashlib
import os
import re
from datetime import UTC, datetime
from functools import cache
from html import escape, unescape
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from docutils import nodes
from minutes import core_minutes
from sphinx.application import Sphinx
from start_links import elsewhere

AFTER = ("Summary", "Quiz", "Exercises", "The assignment", "Sources")
TITLES = {
    "404": "Not found",
    "search": "Search",
    "run": "Open a notebook in the browser",
}  # no pages of the book
LABELS = {"core": "Core", "after": "To finish with", "deeper": "Going deeper", "all": ""}


class Entry(NamedTuple):
    """A page in the contents; ``number`` is empty where pages are not counted."""

    page: str
    number: str
    title: str
    current: bool


def parts(app: Sphinx, pagename: str) -> list[dict[str, Any]]:
    """The parts of ``_toc.yml`` with their pages."""
    toc = yaml.safe_load((Path(app.srcdir) / "_toc.yml").read_text(encoding="utf-8"))
    found = []
    for part in toc.get("parts", []):
        pages = [entry["file"] for entry in part["chapters"]]
        entries = [
            Entry(
                page,
                str(count) if part.get("numbered") else "",
                plain(app.env.titles[page]),
                page == pagename,
            )
            for count, page in enumerate(pages, start=1)
        ]
        found.append({"caption": part["caption"], "entries": entries})
    return found


def plain(node: nodes.Node) -> str:
    """The text of a node on one line; of raw HTML, as glossary words have it, what a reader sees."""
    seen = [
        unescape(re.sub(r"<[^>]*>", "", text)) if isinstance(text.parent, nodes.raw) else str(text)
        for text in node.findall(nodes.Text)
    ]
    return " ".join("".join(seen).split())


def groups(doctree: nodes.document, source: str) -> list[dict[str, Any]]:
    """The sections of a page: in a chapter, what is core, what follows it, and what goes deeper.

    A page without a section *Going deeper* has one group, which has no name for its readers.
    """
    top = next(iter(doctree.findall(nodes.section)), None)
    if top is None:
        return []
    found: dict[str, list[dict[str, str]]] = {}
    sections = [node for node in top.children if isinstance(node, nodes.section)]
    apart = any(plain(section[0]) == "Going deeper" for section in sections)
    for section in sections:
        title = plain(section[0])
        if title == "Going deeper":
            section["classes"].append("deeper")
            inner = [node for node in section.children if isinstance(node, nodes.section)]
            found["deeper"] = [{"id": node["ids"][0], "title": plain(node[0])} for node in inner]
            continue
        kind = "all" if not apart else "after" if title in AFTER else "core"
        if apart:
            section["classes"].append(kind)
        found.setdefault(kind, []).append({"id": section["ids"][0], "title": title})
    minutes = {"core": core_minutes(source)}
    return [
        {"name": name, "label": LABELS[name], "minutes": minutes.get(name), "sections": found[name]}
        for name in ("core", "after", "deeper", "all")
        if found.get(name)
    ]


def description(doctree: nodes.document | None, otherwise: str) -> str:
    """The first words of a page, cut at the end of a sentence or of a word, at most 160 characters."""
    first = [plain(node) for node in doctree.findall(nodes.paragraph)] if doctree else []
    text = next((words for words in first if len(words) > 50), otherwise)
    if len(text) <= 160:
        return text
    cut = text[:160]
    sentence = re.match(r".{70,}[.?!](?= )", cut)
    return sentence[0] if sentence else cut.rsplit(" ", 1)[0] + " …"


@cache
def digest(root: Path) -> str:
    """Changes when a style or a script of the site does, so that browsers fetch it anew."""
    folders = (root / "book/_theme/course/static", root / "book/_static")
    files = sorted(path for folder in folders for path in folder.rglob("*") if path.suffix in (".css", ".js"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()[:8]


def tell(
    app: Sphinx, pagename: str, templatename: str, context: dict, doctree: nodes.document | None
) -> None:
    project = app.config.html_title
    context["project"] = project
    site = os.environ.get("SITE_URL", "")
    title = plain(app.env.titles[pagename]) if pagename in app.env.titles else TITLES.get(pagename, pagename)
    when = os.environ.get("SOURCE_DATE_EPOCH")
    source = Path(app.env.doc2path(pagename)).read_text(encoding="utf-8") if doctree else ""
    context["nav"] = {"parts": parts(app, pagename), "groups": groups(doctree, source) if doctree else []}
    chapter = any(
        entry.number and entry.current for part in context["nav"]["parts"] for entry in part["entries"]
    )
    front = pagename == app.config.root_doc
    context["head"] = {
        "title": escape(project if front else f"{title} – {project}"),
        "description": description(doctree, f"{title}: a page of the course {project}."),
        "pdf": "-".join(project.lower().split()) + ".pdf",  # tools/book_pdf.py makes it
        "digest": digest(Path(app.srcdir)),
        "site": site.rstrip("/") + "/" if site else "",
        "base": site.rstrip("/") + "/" if site and pagename == "404" else "",
        "release": app.config.release,
        "date": datetime.fromtimestamp(int(when), UTC).strftime("%-d %B %Y") if when else "",
        "mistakes": os.environ.get("SITE_MISTAKES", ""),
        "elsewhere": elsewhere(app.config.html_theme_options),
        "kind": "front" if front else "chapter" if chapter else "page",
    }
    context["has_errata"] = "book/errata" in app.env.found_docs


def mark_sections(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Give a chapter's sections the classes ``core``, ``after`` and ``deeper`` before they are written."""
    groups(doctree, "")


def setup(app: Sphinx) -> dict:
    app.connect("doctree-resolved", mark_sections)
    app.connect("html-page-context", tell)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
