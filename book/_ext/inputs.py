"""The files on which the outputs of a chapter's code depend, found in the code without running it.

These are the modules beside the chapter that it imports and, in turn, theirs; and the files that the code
names, also with a blank (``f"{name}.json"``, ``"*.csv"``) or by the folder that they are in.
Rather too many than too few: a file that is named and not read costs a needless execution, no more.
"""

from __future__ import annotations

import ast
import glob
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from IPython.core.inputtransformer2 import TransformerManager

LONGEST = 200  # characters of a string that may be a path
BLANK = re.compile(r"\{[^{}]*\}|%[sdr]")


def inputs_of(cells: Iterable[str], folder: Path) -> set[Path]:
    """The files that the cells of a notebook in ``folder`` import or name, and those that these do."""
    found: set[Path] = set()
    waiting = [(TransformerManager().transform_cell(cell), folder) for cell in cells]
    while waiting:
        source, place = waiting.pop()
        # a script finds modules beside the notebook, and files beside itself too
        new = {
            path.resolve() for name in names(source) for base in {folder, place} for path in at(base, name)
        }
        for path in new - found:
            if path.suffix == ".py":
                waiting.append((path.read_text(encoding="utf-8", errors="replace"), path.parent))
        found |= new
    return found


@cache
def names(source: str) -> frozenset[str]:
    """What may be the name of a file in Python code; of a module, its path without the suffix.

    >>> sorted(names("import a.b\\nfrom c import d\\nopen('e.csv')\\nload(f'{x}.npz')"))
    ['*.npz', '.npz', 'a', 'a/b', 'c', 'c/d', 'e.csv']
    """
    try:
        tree = ast.parse(source)
    except SyntaxError:  # it cannot run either, and the build says so
        return frozenset()
    return frozenset(name for node in ast.walk(tree) for name in _named(node))


def _named(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import | ast.ImportFrom):
        base = [node.module] if isinstance(node, ast.ImportFrom) and node.module else []
        for alias in node.names:
            parts = ".".join([*base, alias.name]).split(".")
            yield from ("/".join(parts[:count]) for count in range(1, len(parts) + 1))
    elif isinstance(node, ast.JoinedStr):
        yield "".join(str(piece.value) if isinstance(piece, ast.Constant) else "*" for piece in node.values)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield BLANK.sub("*", node.value)


def at(base: Path, name: str) -> Iterator[Path]:
    """The files that ``name`` may mean in the folder ``base``."""
    if len(name) > LONGEST or not re.search(r"\w", name) or re.search(r"[\n\0]", name):
        return
    if "*" in name:
        if re.search(r"\w", name.rpartition("*")[2]):  # else a star of emphasis, or any text at all
            yield from (
                base / path
                for path in glob.glob(name, root_dir=base, recursive=True)
                if (base / path).is_file()
            )
        return
    for path in (base / name, base / f"{name}.py", base / name / "__init__.py"):
        if path.is_file():
            yield path
    if (base / name).is_dir() and not (base / name / "__init__.py").exists():
        yield from (path for path in (base / name).rglob("*") if path.is_file() and path.suffix != ".pyc")
