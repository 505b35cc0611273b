"""The public files as a term has them: without what its settings leave out, and without links to it.

References to a page, a section or a file that is left out become the words that they show.
"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from autograder.course.course import ASSIGNMENTS, BOOK, Course
from autograder.course.selection import EVERYTHING, FENCE

LABEL = re.compile(r"^\(([^()\s]+)\)=[ \t]*$", re.M)
NAMED = re.compile(r"^[ \t]*:?(?:label|name):[ \t]*(\S+)[ \t]*$", re.M)  # of an equation, a figure, a table
TITLE = re.compile(
    r"^\(([^()\s]+)\)=[ \t]*\n(?:\([^()\s]+\)=[ \t]*\n|[ \t]*\n)*#{1,6}[ \t]+(.+?)[ \t]*$", re.M
)
ROLE = re.compile(r"\{(ref|numref|eq|doc|download|nb-download)\}`(?:([^`<]*?)[ \t]*<([^`<>]+)>|([^`<>]+))`")
LINK = re.compile(r"(?<!!)\[([^\[\]]*)\]\(<?([^()\s<>]+)>?\)")
CELL = re.compile(r"^```\{code-cell\}[^\n]*\n(.*?)^```[ \t]*\n?", re.M | re.S)
ROLE_OF_CELL = re.compile(r"^:(exercise|check|manual|picture):[ \t]*(\w+)[ \t]*$", re.M)
POINTS = re.compile(r"^(:points:[ \t]*)\S+", re.M)

Change = Callable[[bytes], bytes]


def changed_files(course: Course, names: Mapping[Path, Path]) -> dict[Path, bytes | None]:
    """The public files that are others in this term: their content, or None for those that are left out."""
    selection = course.selection
    if selection == EVERYTHING:
        return {}
    texts = {name: path.read_text(encoding="utf-8") for name, path in names.items() if _is_page(name)}
    gone = {name for name in names if _left_out(name, selection.chapters)}
    plain = _Plain(gone, {name: text for name, text in texts.items() if name in gone})
    found: dict[Path, bytes | None] = dict.fromkeys(gone)
    for name, text in texts.items():
        if name not in gone and (new := plain.page(name, text)) != text:
            found[name] = new.encode()
    toc = Path("_toc.yml")
    if toc in names and selection.chapters:
        found[toc] = _contents(names[toc].read_text(encoding="utf-8"), selection.chapters).encode()
    for slug in course.slugs:
        left_out, points = selection.left_out_of(slug), selection.points_of(slug)
        page, notebook = (Path(course.shown(path)) for path in (course.text(slug), course.released(slug)))
        if (left_out or points) and page in names:
            source = names[page].read_text(encoding="utf-8")
            found[page] = assignment_text(source, left_out, points).encode()
        if (left_out or points) and notebook in names:
            found[notebook] = (
                json.dumps(course.notebook(slug), indent=1, ensure_ascii=False, sort_keys=True) + "\n"
            ).encode()
    return found


def _is_page(name: Path) -> bool:
    return name.suffix == ".md" and name.parts[0] == BOOK


def _left_out(name: Path, chapters: frozenset[str]) -> bool:
    """Whether a public file belongs to a chapter that is left out."""
    parts = name.with_suffix("").parts
    return (
        len(parts) > 1
        and parts[0] in (BOOK, ASSIGNMENTS)
        and parts[1] in chapters
        and (name.suffix == ".md" or len(parts) > 2)
    )


def _contents(text: str, chapters: frozenset[str]) -> str:
    """``_toc.yml`` without the chapters, and without a part that has none left."""

    def kept(value: Any) -> Any:
        if isinstance(value, dict):
            inner = {key: kept(one) for key, one in value.items()}
            return {key: one for key, one in inner.items() if one != []}
        if isinstance(value, list):
            entries = [kept(one) for one in value if not _is_entry(one, chapters)]
            return [
                one for one in entries if not (isinstance(one, dict) and set(one) <= {"caption", "numbered"})
            ]
        return value

    return yaml.safe_dump(kept(yaml.safe_load(text)), sort_keys=False, allow_unicode=True)


def _is_entry(value: Any, chapters: frozenset[str]) -> bool:
    file = value.get("file", "") if isinstance(value, dict) else ""
    return PurePosixPath(file).parent.as_posix() == BOOK and PurePosixPath(file).name in chapters


class _Plain:
    """Turns references to pages and labels that are gone into plain text."""

    def __init__(self, gone: set[Path], pages: Mapping[Path, str]) -> None:
        self._gone = {path.as_posix() for path in gone}
        self._labels = {
            label for text in pages.values() for pattern in (LABEL, NAMED) for label in pattern.findall(text)
        }
        self._titles = {
            label: _words(title) for text in pages.values() for label, title in TITLE.findall(text)
        }

    def page(self, name: Path, text: str) -> str:
        """A page's text; code is left alone, but not text in a directive's fence."""
        pieces, end = [], 0
        for fence in FENCE.finditer(text):
            opening = fence[0].partition("\n")[0].strip("`~ ")
            if opening.startswith("{") and not opening.startswith(("{code", "{math", "{eval")):
                continue
            pieces += [self._prose(name, text[end : fence.start()]), fence[0]]
            end = fence.end()
        return "".join([*pieces, self._prose(name, text[end:])])

    def _prose(self, name: Path, text: str) -> str:
        def role(found: re.Match[str]) -> str:
            kind, shown, target, bare = found.groups()
            wanted = (target or bare).strip()
            if not (
                self._is_gone(name, wanted)
                if kind in ("doc", "download", "nb-download")
                else wanted in self._labels
            ):
                return found[0]
            return shown or self._titles.get(wanted) or PurePosixPath(wanted).stem.replace("_", " ")

        def link(found: re.Match[str]) -> str:
            shown, target = found.groups()
            page, _, label = target.partition("#")
            if not (self._is_gone(name, page) if page else label in self._labels):
                return found[0]
            return shown or self._titles.get(label) or (PurePosixPath(page).stem or label).replace("_", " ")

        return LINK.sub(link, ROLE.sub(role, text))

    def _is_gone(self, page: Path, target: str) -> bool:
        if "://" in target:
            return False
        path = posixpath.normpath(posixpath.join(page.parent.as_posix(), target))
        return path in self._gone or f"{path}.md" in self._gone


def _words(title: str) -> str:
    """A heading as plain text."""
    return re.sub(r"\s*\{[^{}]*\}$", "", title).strip()


def assignment_text(text: str, left_out: frozenset[str], points: Mapping[str, float]) -> str:
    """An assignment's text without the cells of exercises that are left out, and with other points.

    The book's table of assignments counts from it; students get the notebook.
    """

    def cell(found: re.Match[str]) -> str:
        role = ROLE_OF_CELL.search(found[1])
        if role is None:
            return found[0]
        if role[2] in left_out:
            return ""
        if role[1] != "exercise" and role[2] in points:
            return POINTS.sub(lambda line: f"{line[1]}{points[role[2]]:g}", found[0], count=1)
        return found[0]

    head = re.match(r"---\n.*?^---\n", text, re.M | re.S)
    front, body = (head[0], text[head.end() :]) if head else ("", text)
    hardest = re.search(r"^hardest:[ \t]*\[(.*)\][ \t]*$", front, re.M)
    if hardest:
        names = [name.strip() for name in hardest[1].split(",")]
        kept = ", ".join(name for name in names if name not in left_out)
        front = front[: hardest.start(1)] + kept + front[hardest.end(1) :]
    return front + CELL.sub(cell, body)
