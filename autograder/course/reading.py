"""What feedback on an assignment refers to in the book: sections to read again, hard exercises, what is next.

The assignment's text says it: ``:read:`` beside ``:exercise:`` lists labels of the book's sections, and
``hardest`` in the front matter names exercises. Titles are the headings that stand below the labels.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from autograder.course.course import Course

_LABELLED = re.compile(r"^((?:\([\w-]+\)=\n)+)#+ (.+)$", re.M)
_TITLE = re.compile(r"^# (.+)$", re.M)
_CELL = re.compile(r"^:exercise: *(\w+)\n((?::[\w-]+:.*\n)*)", re.M)
_READ = re.compile(r"^:read: *(.+)$", re.M)
_HARDEST = re.compile(r"^hardest: *\[(.*)\]$", re.M)


@dataclass(frozen=True)
class Section:
    """A section of the book: its label and heading, its chapter's title, and its address in the book."""

    label: str
    heading: str
    chapter: str
    address: str


@dataclass(frozen=True)
class Reading:
    """``sections`` are by exercise, ``following`` is the next chapter, ``book`` the published book's address.

    Without that address sections are named and not linked.
    """

    sections: Mapping[str, tuple[Section, ...]] = field(default_factory=dict)
    hardest: tuple[str, ...] = ()
    following: Section | None = None
    book: str = ""

    def link(self, section: Section) -> str:
        """The section's whole address; empty if nobody has said where the book is."""
        return f"{self.book.rstrip('/')}/{section.address}" if self.book else ""


NOTHING_TO_READ = Reading()


def load_reading(course: Course, slug: str, book: str = "") -> Reading:
    """What feedback on ``slug`` refers to; labels that the book does not have are left out."""
    known, path = sections(course), course.text(slug)
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    found = {
        name: tuple(known[label] for label in labels if label in known)
        for name, labels in to_read(text).items()
    }
    hardest = _listed(match[1]) if (match := _HARDEST.search(text)) else ()
    later = course.slugs[course.slugs.index(slug) + 1 :] if slug in course.slugs else ()
    return Reading(found, hardest, _chapter(course, later[0]) if later else None, book)


def to_read(text: str) -> dict[str, tuple[str, ...]]:
    """The labels by exercise in an assignment's text.

    >>> to_read("```{code-cell}\\n:exercise: heavy_step\\n:read: toy-ball, toy-law\\n```\\n")
    {'heavy_step': ('toy-ball', 'toy-law')}
    """
    return {
        cell[1]: _listed(read[1]) if (read := _READ.search(cell[2])) else () for cell in _CELL.finditer(text)
    }


def sections(course: Course) -> dict[str, Section]:
    """Every labelled section of the book, by its label."""
    found: dict[str, Section] = {}
    for slug in course.order:
        text = course.chapter(slug).read_text(encoding="utf-8") if course.chapter(slug).exists() else ""
        found |= {section.label: section for section in _labelled(text, slug, _page(course, slug))}
    return found


@lru_cache(maxsize=64)  # a notebook asks once an exercise
def _labelled(text: str, slug: str, page: str) -> tuple[Section, ...]:
    """The labelled sections of one chapter's text."""
    title = match[1] if (match := _TITLE.search(text)) else slug
    return tuple(
        Section(
            label,
            heading.replace("`", "").strip(),
            title,
            f"{page}#{label.lower().replace('_', '-')}",  # as Sphinx writes ids
        )
        for labels, heading in _LABELLED.findall(text)
        for label in re.findall(r"\((.+)\)=", labels)
    )


def _chapter(course: Course, slug: str) -> Section | None:
    path = course.chapter(slug)
    match = _TITLE.search(path.read_text(encoding="utf-8")) if path.exists() else None
    return Section(slug, match[1], match[1], _page(course, slug)) if match else None


def _page(course: Course, slug: str) -> str:
    return course.shown(course.chapter(slug).with_suffix(".html"))


def _listed(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())
