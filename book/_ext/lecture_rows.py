"""The items of the five lectures and where the book covers them: read, counted, checked, written as tables.

``book/lectures.csv`` has one row an item. ``chapter``, ``section`` and ``exercise`` hold names separated by
spaces: an item that belongs to two pages (a method with a slip in it: its chapter and ``errata``) needs a
section on both, and its exercise stands in the first page's assignment. No page at all means left out.
"""

from __future__ import annotations

import csv
import difflib
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

COLUMNS = ("id", "lecture", "lines", "kind", "item", "chapter", "section", "exercise", "reason")
ITEMS = {"L0": 43, "L1": 88, "L2": 72, "L3": 68, "L4": 105}  # the inventory that the book answers to
STATUSES = ("covered", "waiting", "left out")


@dataclass(frozen=True)
class Item:
    """One row: what a lecture says, the pages and sections that treat it, or why none does."""

    id: str
    lecture: str
    lines: str
    kind: str
    item: str
    pages: tuple[str, ...]
    sections: tuple[str, ...]
    exercises: tuple[str, ...]
    reason: str


@dataclass(frozen=True)
class Written:
    """What exists so far: the labels of each page in ``book/``, the exercises of each assignment."""

    labels: dict[str, frozenset[str]]
    exercises: dict[str, frozenset[str]]

    def missing(self, item: Item) -> tuple[str, ...]:
        """The item's pages that hold none of its sections yet."""
        return tuple(p for p in item.pages if not self.labels.get(p, frozenset()) & set(item.sections))

    def status(self, item: Item) -> str:
        """``left out`` without a page; ``waiting`` while one of its pages lacks it; else ``covered``."""
        if not item.pages:
            return "left out"
        return "waiting" if self.missing(item) else "covered"


def read_items(path: Path) -> tuple[Item, ...]:
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file, strict=True)
        if tuple(reader.fieldnames or ()) != COLUMNS:
            wanted, got = ", ".join(COLUMNS), ", ".join(reader.fieldnames or ())
            raise ValueError(f"{path.name} must have the columns {wanted}; it has {got or 'none'}")
        return tuple(parse_row(row, reader.line_num) for row in reader)


def parse_row(row: dict, line: int) -> Item:
    if None in row or None in row.values():
        raise ValueError(f"line {line} ({row['id']}) must have {len(COLUMNS)} fields; quote what has a comma")
    pages, sections, exercises = (tuple(row[name].split()) for name in ("chapter", "section", "exercise"))
    words = {name: row[name].strip() for name in ("id", "lecture", "lines", "kind", "item", "reason")}
    return Item(pages=pages, sections=sections, exercises=exercises, **words)


def read_written(root: Path) -> Written:
    """Look at the pages and the assignment texts below ``root`` (a checkout or the public bundle)."""
    pages = {path.stem: path.read_text(encoding="utf-8") for path in (root / "book").glob("*.md")}
    texts = {path.stem: path.read_text(encoding="utf-8") for path in (root / "assignments").glob("*.md")}
    return Written(
        {page: frozenset(section_labels(text)) for page, text in pages.items()},
        {slug: frozenset(re.findall(r"^:exercise:\s*(\S+)", text, re.M)) for slug, text in texts.items()},
    )


def section_labels(text: str) -> list[str]:
    """The labels ``(name)=`` directly above a section's heading; the page's own label is no section."""
    prose = re.sub(r"^(`{3,}|~{3,}).*?^\1", "", text, flags=re.M | re.S)
    return re.findall(r"^\(([^()\s]+)\)=[ \t]*\n+(?=##)", prose, re.M)


def problems(items: Sequence[Item], written: Written) -> list[str]:
    """Everything that is wrong, one sentence each; nothing when the map is whole."""
    return [
        *wrong_inventory(items),
        *misspelt_pages(items, written),
        *(sentence for item in items for sentence in wrong_row(item, written)),
    ]


def wrong_inventory(items: Iterable[Item]) -> list[str]:
    seen = Counter(item.id for item in items)
    wanted = {f"{name}-{n:02d}" for name, count in ITEMS.items() for n in range(1, count + 1)}
    found = []
    if seen.total() != len(wanted):
        found.append(f"The map must have {len(wanted)} rows, one an item; it has {seen.total()}.")
    found += [f"{i}: the id stands in {n} rows; each item has one." for i, n in seen.items() if n > 1]
    found += [f"{i}: no such item in the lectures." for i in seen if i not in wanted]
    found += [f"{i}: this item has no row." for i in sorted(wanted - set(seen))]
    return found


def misspelt_pages(items: Iterable[Item], written: Written) -> list[str]:
    """A page that is not written yet and is spelt almost like one named more often is a typing slip."""
    named = Counter(page for item in items for page in item.pages)
    found = []
    for page in named.keys() - written.labels.keys():
        better = [other for other in named if named[other] > named[page]]
        if near := difflib.get_close_matches(page, better, n=1, cutoff=0.8):
            found.append(f"No page is called {page}. Did you mean {near[0]}?")
    return found


def wrong_row(item: Item, written: Written) -> list[str]:
    if item.lecture != item.id[:2] or not item.item or not item.kind or not item.lines:
        return [f"{item.id}: lecture, lines, kind and item must be filled, the lecture as the id begins."]
    if not item.pages:
        if item.sections or item.exercises:
            return [f"{item.id}: it names a section or an exercise but no chapter that holds them."]
        return [] if item.reason else [f"{item.id}: without a chapter it is left out, which needs a reason."]
    return [*strange_labels(item, written), *untaught(item, written), *strange_exercises(item, written)]


def strange_labels(item: Item, written: Written) -> list[str]:
    there = frozenset().union(*(written.labels.get(page, frozenset()) for page in item.pages))
    pages = " and ".join(item.pages)
    return [
        f"{item.id}: {pages} has no section labelled {label}; write ({label})= above the section's heading."
        for label in item.sections
        if label not in there
    ]


def untaught(item: Item, written: Written) -> list[str]:
    """A written page owes each of its items a section or a reason, and never both."""
    due = [page for page in written.missing(item) if page in written.labels]
    if due and not item.reason:
        return [f"{item.id}: book/{due[0]}.md is written, so this item needs a section there, or a reason."]
    if item.reason and not due:
        return [f"{item.id}: no written page lacks it, so the reason no longer holds; empty the field."]
    return []


def strange_exercises(item: Item, written: Written) -> list[str]:
    slug = item.pages[0]
    if slug not in written.exercises:
        return []
    asked = ", ".join(sorted(written.exercises[slug])) or "none"
    return [
        f"{item.id}: assignments/{slug}.md has no exercise {name}; it has {asked}."
        for name in item.exercises
        if name not in written.exercises[slug]
    ]


def summary(items: Sequence[Item], written: Written) -> str:
    """Two sentences with the counts, for the top of the page; of what waits only if something does."""
    count = Counter(written.status(item) for item in items)
    waiting = f"{count['waiting']} wait for a page or section that this book does not have, "
    return (
        f"This page lists the {len(items)} things that the lectures say, and where the book teaches them. "
        f"{count['covered']} are covered, {waiting if count['waiting'] else ''}"
        f"and {count['left out']} are left out, each with its reason."
    )


def table(items: Iterable[Item], written: Written) -> str:
    """The items as a MyST table: the id as the row's header, what it says and, below that, where.

    Two columns, because a third leaves no room for sentences on a phone.
    """
    rows = [("Item", "What the lecture says, and where the book treats it")]
    rows += [(anchored(item.id), f"{item.item}\n\n    {where(item, written)}") for item in items]
    cells = "\n".join(f"* - {first}\n  - {second}" for first, second in rows)
    options = ":header-rows: 1\n:stub-columns: 1\n:widths: 12 88\n:class: lecture-map"
    return f"~~~~{{list-table}}\n{options}\n\n{cells}\n~~~~"


def anchored(name: str) -> str:
    """The id, which does not break at its hyphen, with a target that other pages can link: ``#l1-10``."""
    unbroken = name.replace("-", "\u2011")
    return f"[{unbroken}]{{#{name.lower()}}}"


def where(item: Item, written: Written) -> str:
    """One or two sentences: links to the sections, the exercise, what is still missing and why."""
    if not item.pages:
        return f"Left out. {item.reason}"
    parts = []
    absent = [page for page in item.pages if page not in written.labels]
    there = frozenset().union(*written.labels.values())
    sections = [label for label in item.sections if not absent or label in there]
    if sections:
        parts.append("In " + " and ".join(f"{{ref}}`{label}`" for label in sections))
    asked = written.exercises.get(item.pages[0], frozenset())
    if built := [name for name in item.exercises if name in asked]:
        parts.append("built as " + " and ".join(f"`{name}`" for name in built))
    if absent:
        parts.append("not in this book: " + " and ".join(f"*{page.replace('_', ' ')}*" for page in absent))
    if missing := [page for page in written.missing(item) if page not in absent]:
        parts.append("waits for " + " and ".join(f"*{page.replace('_', ' ')}*" for page in missing))
    said = ", ".join(parts)
    return f"{said[0].upper()}{said[1:]}. {item.reason}".rstrip()
