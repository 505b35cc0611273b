"""The named top-level pieces of a solution module, cut from its text by its syntax tree.

A piece runs from its first line (decorators included) to the next top-level node, so that the closing marker
of a graded body, which is a comment and no node, stays with it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from autograder.course.course import CourseError

BEGIN = "### BEGIN SOLUTION"
END = "### END SOLUTION"


@dataclass(frozen=True)
class Piece:
    """A function, a class or a constant of a module: its name, node (to be read only) and whole source."""

    name: str
    node: ast.stmt
    source: str
    first_line: int

    @property
    def graded(self) -> bool:
        """Whether the student has to write a part of it."""
        return BEGIN in self.source or END in self.source

    def graded_lines(self) -> list[range]:
        """The line numbers, in the module, between each pair of markers.

        Raises ValueError, with a sentence for the author, if the markers do not come in pairs.
        """
        spans: list[range] = []
        begun: int | None = None
        for number, line in enumerate(self.source.splitlines(), self.first_line):
            if BEGIN in line:
                if begun is not None:
                    raise ValueError(f"a second `{BEGIN}` on line {number} before the first is ended")
                begun = number
            elif END in line:
                if begun is None:
                    raise ValueError(f"`{END}` on line {number} without a `{BEGIN}` above it")
                spans.append(range(begun + 1, number))
                begun = None
        if begun is not None:
            raise ValueError(f"`{BEGIN}` on line {begun} without a `{END}` below it")
        return spans

    def graded_statements(self) -> list[list[ast.stmt]]:
        """For each pair of markers, the statements between them."""
        blocks = list(_blocks(self.node))
        found = []
        for span in self.graded_lines():
            for block in blocks:
                inside = [node for node in block if node.lineno in span]
                if inside:
                    found.append(inside)
                    break
        return found


def read_pieces(path: Path, shown: str | None = None) -> dict[str, Piece]:
    """The pieces of the module at ``path`` by name, in order; ``shown`` is the file's name in messages."""
    return cut(reference_text(path, shown))


def reference_text(path: Path, shown: str | None = None) -> str:
    """The text of the solution module at ``path``, without imports from modules in the same folder.

    Each such import is replaced by the imported pieces and those that they use. A name that the module
    defines itself is not taken from elsewhere, and a piece that two imports need is inserted once. Raises
    CourseError if two different pieces have the same name.
    """
    return _self_contained(path, shown or path.name)[0]


def _self_contained(path: Path, shown: str) -> tuple[str, dict[str, Path]]:
    """The text that ``reference_text`` returns, and for each of its pieces the module that defines it."""
    if not path.exists():
        raise CourseError(f"{shown} is missing; write the reference implementation there first.")
    text = path.read_text(encoding="utf-8")
    try:
        tree = _parsed(text)
    except SyntaxError as error:
        raise CourseError(f"{shown}, line {error.lineno}: {error.msg}; the file is not Python.") from error
    origins = {name: path for node in tree.body if (name := _name(node))}
    lines = text.splitlines()
    for node in tree.body:
        if not isinstance(node, ast.ImportFrom) or (other := _sibling(node, path)) is None:
            continue
        wanted = [alias.name for alias in node.names]
        place = slice(node.lineno - 1, node.end_lineno)
        lines[place] = [""] * len(lines[place])
        lines[node.lineno - 1] = _inlined_text(other, wanted, origins, path, shown)
    return "\n".join(lines) + "\n", origins


def _sibling(node: ast.stmt, path: Path) -> Path | None:
    """The module in the folder of ``path`` that a statement imports names from, if any."""
    if not isinstance(node, ast.ImportFrom) or node.level or not node.module:
        return None
    room, _, module = node.module.rpartition(".")
    other = path.with_name(f"{module}.py")
    return other if room == path.parent.name and other.exists() else None


def _inlined_text(other: Path, wanted: list[str], origins: dict[str, Path], path: Path, shown: str) -> str:
    """The pieces ``wanted`` of the module at ``other``, the pieces that they use, and above them its imports.

    ``origins`` maps the names that the module at ``path`` has already to the modules that define them; the
    new names are added.
    """
    text, theirs = _self_contained(other, other.name)
    pieces = cut(text)
    absent = [name for name in wanted if name not in pieces]
    if absent:
        raise CourseError(f"{shown} imports {absent[0]} from {other.name}, which does not define it.")
    own = {name for name, origin in origins.items() if origin == path}
    needed = _needed(pieces, wanted, own)
    for name in needed:
        if origins.get(name, theirs[name]) != theirs[name]:
            raise CourseError(
                f"{shown} takes {name} from {theirs[name].name} and has it from {origins[name].name} "
                f"already; define one {name} that serves both in {shown}."
            )
    new = [name for name in pieces if name in needed and name not in origins]
    origins |= {name: theirs[name] for name in new}
    nodes = [node for node in _parsed(text).body if isinstance(node, ast.Import | ast.ImportFrom)]
    imports = dict.fromkeys(ast.unparse(node) for node in nodes)
    return "\n\n\n".join([*imports, *(pieces[name].source for name in new)])


def _needed(pieces: dict[str, Piece], wanted: list[str], own: set[str]) -> set[str]:
    """The names ``wanted`` and those that their pieces use, directly or not, without the module's ``own``."""
    needed: set[str] = set()
    queue = list(wanted)
    while queue:
        name = queue.pop()
        if name in needed or (name in own and name not in wanted):
            continue
        needed.add(name)
        used = {node.id for node in ast.walk(pieces[name].node) if isinstance(node, ast.Name)}
        queue += used & pieces.keys()
    return needed


def cut(text: str) -> dict[str, Piece]:
    """The pieces of a module's text by name.

    >>> list(cut("import numpy as np\\nEPS = 1e-8\\ndef f(x):\\n    return x\\n"))
    ['EPS', 'f']
    """
    return dict(_cut(text))


@lru_cache(maxsize=64)
def _parsed(text: str) -> ast.Module:
    """The syntax tree of ``text``, to be read only."""
    return ast.parse(text)


@lru_cache(maxsize=64)
def _cut(text: str) -> dict[str, Piece]:
    nodes = _parsed(text).body
    starts = [_first_line(node) for node in nodes]
    lines = text.splitlines()
    pieces = {}
    stops = [*starts, len(lines) + 1][1:]
    for node, start, stop in zip(nodes, starts, stops, strict=True):
        name = _name(node)
        if name is not None:
            source = "\n".join(_without_trailing_comments(lines[start - 1 : stop - 1]))
            pieces[name] = Piece(name, node, source, start)
    return pieces


Definition = ast.FunctionDef | ast.ClassDef


def functions_of(text: str) -> dict[str, str]:
    """Name -> source of every top-level function and class of a module's text."""
    return dict(_functions_of(text))


@lru_cache(maxsize=64)
def _functions_of(text: str) -> dict[str, str]:
    return {node.name: source for node, source in definitions(text)}


def definitions(text: str, among: list[ast.stmt] | None = None) -> Iterator[tuple[Definition, str]]:
    """The functions and classes at the top level of ``text``, each with its source, decorators included.

    ``among`` are other statements of the same text: the body of a class, whose methods come without their
    decorators (`staticmethod` means nothing outside).
    """
    lines = text.splitlines(keepends=True)
    for node in _parsed(text).body if among is None else among:
        if isinstance(node, Definition):
            start = _first_line(node) if among is None else node.lineno
            yield node, "".join(lines[start - 1 : node.end_lineno])


def _first_line(node: ast.stmt) -> int:
    decorators = getattr(node, "decorator_list", [])
    return min([node.lineno, *(decorator.lineno for decorator in decorators)])


def _name(node: ast.stmt) -> str | None:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return node.name
    if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
        return node.targets[0].id
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        return node.target.id
    return None


def _without_trailing_comments(lines: list[str]) -> list[str]:
    """``lines`` without comments at the end, which belong to the piece that follows them."""
    while lines and (not lines[-1].strip() or lines[-1].startswith("#")):
        lines = lines[:-1]
    return lines


def _blocks(node: ast.AST) -> Iterator[list[ast.stmt]]:
    """Every list of statements below ``node``, outer ones first."""
    for field in ("body", "orelse", "finalbody"):
        block = getattr(node, field, None)
        if isinstance(block, list) and block and isinstance(block[0], ast.stmt):
            yield block
            for child in block:
                yield from _blocks(child)
    for handler in getattr(node, "handlers", []):
        yield from _blocks(handler)
