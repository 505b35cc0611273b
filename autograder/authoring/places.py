"""Links from an assignment to sections of the book, by their labels.

They lead to the published page if ``_config.yml`` says where the book is (``html: baseurl:``), otherwise to
the page's text in the bundle.
"""

from __future__ import annotations

import difflib

import yaml

from autograder.course.course import Course
from autograder.course.reading import sections


def links(course: Course, labels: list[str]) -> str:
    """A line of Markdown that links the sections with these labels; empty without any.

    Raises ValueError, as the end of a sentence, if the book has no such section.
    """
    found = sections(course) if labels else {}
    for label in labels:
        if label not in found:
            near = difflib.get_close_matches(label, found, n=1, cutoff=0.5)
            meant = f"; did you mean {near[0]}?" if near else ""
            raise ValueError(f"the section {label}, which no page of the book has{meant}")
    base = book_address(course)
    told = [f"[{found[label].heading}]({place(found[label].address, base)})" for label in labels]
    return f"**Read on.** {' · '.join(told)}" if told else ""


def place(address: str, base: str) -> str:
    """Where a link to a page or section leads; without the book's address, to the text, from a notebook."""
    page, _, _ = address.partition("#")
    return f"{base}/{address}" if base else f"../../{page.removesuffix('.html')}.md"


def book_address(course: Course) -> str:
    """Where the book is published, without a slash at its end; empty if ``_config.yml`` does not say."""
    path = course.root / "_config.yml"
    settings = yaml.safe_load(path.read_text(encoding="utf-8")) if path.exists() else {}
    html = (settings or {}).get("html") or {}
    return str(html.get("baseurl") or "").rstrip("/")
