"""Links from an assignment to sections of the book, by their labels.

They lead to the published page if ``_config.yml`` says where the book is (``html: baseurl:``). Otherwise they
are named: a notebook lies in a folder of its own, and a link would lead nowhere.
"""

from __future__ import annotations

from functools import lru_cache

import yaml

from autograder.course.course import Course
from autograder.course.reading import Section, sections
from autograder.near import nearest


def links(course: Course, labels: list[str]) -> str:
    """A line of Markdown that links the sections with these labels; empty without any.

    Raises ValueError, as the end of a sentence, if the book has no such section.
    """
    found = sections(course) if labels else {}
    for label in labels:
        if label not in found:
            near = nearest(label, found)
            meant = f"; did you mean {near}?" if near else ""
            raise ValueError(f"the section {label}, which no page of the book has{meant}")
    base = book_address(course)
    told = [link(found[label], base) for label in labels]
    return f"**Read on.** {' · '.join(told)}" if told else ""


def link(section: Section, base: str) -> str:
    """A section in Markdown: a link if the book's address is known, else its name and its chapter's."""
    if base:
        return f"[{section.heading}]({base}/{section.address})"
    inside = f" ({section.chapter})" if section.chapter != section.heading else ""
    return f"*{section.heading}*{inside}"


def book_address(course: Course) -> str:
    """Where the book is published, without a slash at its end; empty if ``_config.yml`` does not say."""
    path = course.root / "_config.yml"
    return _base(path.read_text(encoding="utf-8")) if path.exists() else ""


@lru_cache(maxsize=8)  # a notebook asks once an exercise
def _base(settings: str) -> str:
    html = (yaml.safe_load(settings) or {}).get("html") or {}
    return str(html.get("baseurl") or "").rstrip("/")
