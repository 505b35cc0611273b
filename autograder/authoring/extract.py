"""Extracts the Python code and the words of a public file: module, Markdown, notebook, page or script."""

from __future__ import annotations

import ast
import json
import re
import textwrap
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

FENCE = re.compile(r"^(?P<indent>[ \t>]*)(?P<ticks>`{3,}|~{3,}|:{3,})(?P<info>.*)$")
INDENT = re.compile(r"^(?: {4}|\t)|^\s*>>> ")
LITERAL = re.compile(r'"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'|`(?:[^`\\]|\\.)*`', re.S)
TEXT = frozenset(
    {".md", ".rst", ".txt", ".csv", ".bib", ".yml", ".yaml", ".cfg", ".toml", ".tex", ".css", ""}
)


@dataclass
class Fragments:
    """``trees`` are the syntax trees of the code in a file, ``words`` all of its text."""

    trees: list[ast.Module] = field(default_factory=list)
    words: list[str] = field(default_factory=list)

    def code(self, text: str) -> None:
        """Add ``text`` as Python, without the lines that are not."""
        tree = _parse_python_lines(text)
        if tree.body:
            self.trees.append(tree)
        constants = (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant))
        self.words.extend(value for value in constants if isinstance(value, str))

    def prose(self, text: str) -> None:
        """Add ``text`` as Markdown: its words, and the code in fences, prompts and indented blocks."""
        self.words.append(text)
        for block in _blocks(text):
            self.code(block)
        if "<pre" in text or "<code" in text:
            _Page(self).feed(text)


def read_fragments(path: Path) -> Fragments:
    """The code and words of a public file; none if it is not UTF-8 text."""
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return Fragments()
    return fragments_of(text, path.suffix.lower())


def fragments_of(text: str, kind: str) -> Fragments:
    """The code and words of ``text``, the content of a file with the suffix ``kind``."""
    found = Fragments()
    if kind == ".py":
        _module(text, found)
        found.words.append(text)
    elif kind in {".ipynb", ".json"}:
        _json(text, found)
    elif kind in {".html", ".htm", ".svg", ".xml"}:
        _Page(found).feed(text)
    elif kind in {".js", ".mjs"}:
        _script(text, found)
    elif kind in TEXT:
        found.prose(text)
    return found


def _module(text: str, found: Fragments) -> None:
    """Add a module's code and that of its doctests; if it is not Python, the lines that are."""
    try:
        found.trees.append(ast.parse(text))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        found.code(text)
        return
    if ">>> " in text:
        found.code(text)


def _parse_python_lines(text: str) -> ast.Module:
    """The syntax tree of the lines of ``text`` that are Python; prompts, options and magics are dropped."""
    text = textwrap.dedent(text.replace("\r\n", "\n").replace("\t", "    "))
    if re.search(r"^\s*>>> ", text, re.M):
        text = "\n".join(
            match[1] for line in text.splitlines() if (match := re.match(r"\s*(?:>>>|\.\.\.) ?(.*)", line))
        )
    lines = [re.sub(r"^(?:[%!].*|:[\w-]+:.*|In \[\d+\]: ?)$", "", line) for line in text.splitlines()]
    for _ in range(30):
        try:
            with warnings.catch_warnings(action="ignore"):  # about invalid escapes
                return ast.parse("\n".join(lines))
        except SyntaxError as error:
            number = min(max(error.lineno or 1, 1), len(lines)) - 1 if lines else 0
            if not lines:
                break
            del lines[number]
        except (ValueError, RecursionError):
            break
    return ast.Module([], [])


def _blocks(text: str) -> Iterator[str]:
    """The blocks of a Markdown text that may be code, also in nested fences."""
    lines = text.splitlines()
    index = 0
    indented: list[str] = []
    prompted = False  # inside a run of prompts and their output, up to the next fence
    while index < len(lines):
        opening = FENCE.match(lines[index])
        if opening:
            closing = re.compile(rf"^[ \t>]*{re.escape(opening['ticks'][0])}{{{len(opening['ticks'])},}}\s*$")
            stop = next(
                (n for n in range(index + 1, len(lines)) if closing.match(lines[n])),
                len(lines),
            )
            body = [line.removeprefix(opening["indent"]) for line in lines[index + 1 : stop]]
            inside = "\n".join(_without_header(body))
            nested = list(_blocks(inside)) if any(FENCE.match(line) for line in body) else []
            yield from nested or [inside]
            index, prompted = stop, False
        elif INDENT.match(lines[index]) or (indented and (prompted or not lines[index].strip())):
            prompted = prompted or lines[index].lstrip().startswith(">>> ")
            indented.append(lines[index])
        elif indented:
            yield "\n".join(indented)
            indented = []
        index += 1
    if indented:
        yield "\n".join(indented)


def _without_header(body: list[str]) -> list[str]:
    """A directive's body without the YAML block of options at its head."""
    if body and body[0].strip() == "---":
        ends = [number for number, line in enumerate(body[1:], 1) if line.strip() == "---"]
        return body[ends[0] + 1 :] if ends else body
    return body


def _json(text: str, found: Fragments) -> None:
    """Add every string of a JSON file; a list of strings is one text, a code cell's source is code."""
    try:
        data = json.loads(text)
    except ValueError:
        found.words.append(text)
        return

    def walk(value: object, is_code: bool) -> None:
        if isinstance(value, list) and value and all(isinstance(part, str) for part in value):
            value = "".join(value)
        if isinstance(value, str):
            if is_code:
                found.code(value)
                found.words.append(value)
            elif "<" in value and "</" in value:
                _Page(found).feed(value)
            else:
                found.prose(value)
        elif isinstance(value, dict):
            for key, part in value.items():
                walk(part, value.get("cell_type") == "code" and key == "source")
        elif isinstance(value, list):
            for part in value:
                walk(part, False)

    walk(data, False)


def _script(text: str, found: Fragments) -> None:
    """Add a script's string literals as words, and those of several lines as code too."""
    for literal in LITERAL.findall(text):
        if len(literal) > 20:
            plain = re.sub(
                r"\\(.)", lambda match: {"n": "\n", "t": "    "}.get(match[1], match[1]), literal[1:-1]
            )
            found.words.append(plain)
            if "\n" in plain:
                found.code(plain)


class _Page(HTMLParser):
    """Adds a page's code blocks, scripts, comments and long attributes, and its words in their order."""

    def __init__(self, found: Fragments) -> None:
        super().__init__(convert_charrefs=True)
        self.found = found
        self.inside = ""
        self.kept: list[str] = []
        self.words: list[str] = []

    def feed(self, data: str) -> None:
        super().feed(data)
        self.close()
        self.found.words.append("".join(self.words))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for _, value in attrs:
            if value and len(value) > 20:
                self.words.append(f" {value} ")
                if "\n" in value:
                    self.found.code(value)
        if tag in {"pre", "script", "style", "textarea", "template"} and not self.inside:
            self.inside, self.kept = tag, []

    def handle_endtag(self, tag: str) -> None:
        if tag != self.inside:
            return
        text, self.inside = "".join(self.kept), ""
        if tag == "script":
            _script(text, self.found)
        elif tag != "style":
            self.found.code(text)

    def handle_data(self, data: str) -> None:
        self.words.append(data)
        if self.inside:
            self.kept.append(data)

    def handle_comment(self, data: str) -> None:
        self.words.append(data)
        if "\n" in data:
            self.found.code(data)
