"""Finds code that may replace the student's own work: a note to the instructor, never a change of marks.

Most libraries are not visible to a worker, so a call of one fails anyway. Here the source is read, not run.
The notes are on imports of other packages, imports by a computed name, and calls of NumPy functions that
solve a whole exercise and that the reference does not use.
"""

from __future__ import annotations

import ast
import re
import symtable
import sys
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

# What is there to be looked at, and cannot do anybody's work.
SHOWING = {"IPython", "google", "ipywidgets", "matplotlib", "mpl_toolkits", "otter", "plotly", "tqdm"}
PLAIN = frozenset(sys.stdlib_module_names) | {"numpy"} | SHOWING
MAX_NAMED, MAX_NAME = 10, 60
IMPORTERS = {"__import__", "import_module", "find_spec", "run_module", "run_path"}
SOLVERS = frozenset(
    f"numpy.{name}"
    for name in (
        "gradient", "convolve", "correlate", "polyfit", "cov", "corrcoef", "linalg.lstsq", "linalg.solve",
        "linalg.pinv", "linalg.inv", "fft.fft", "fft.rfft", "polynomial.polynomial.polyfit",
    )
)  # fmt: skip  # a list to read across: one name a line would hide the rest

# Only sources that contain one of these are parsed: most submissions import nothing and call no solver.
_IMPORTS = ("import", *sorted(IMPORTERS))
_CALLS = {word: re.compile(rf"{word}\s*\(") for word in sorted({name.rpartition(".")[2] for name in SOLVERS})}


@dataclass(frozen=True)
class Allowed:
    """What needs no note: packages that may be imported, and calls that the reference makes too."""

    packages: frozenset[str]
    calls: frozenset[str]
    aliases: dict[str, str]


NOTHING = Allowed(PLAIN, frozenset(), {})


def allowed(given: Iterable[str], reference: str) -> Allowed:
    """The packages and calls in ``given``, the release's setup cells, and in the reference's source."""
    trees = [tree for tree in map(_parsed, (*given, reference)) if tree]
    aliases = {short: name for tree in trees for short, name in _aliases(tree)}
    packages = PLAIN | {name.split(".")[0] for tree in trees for name in _imports(tree)}
    return Allowed(packages, frozenset(name for tree in trees for name in _calls(tree, aliases)), aliases)


def borrowed(sources: Iterable[str], free: Allowed) -> tuple[str, ...]:
    """One sentence for each thing in ``sources``, the student's cells, that needs a note.

    >>> borrowed(["import torch.nn as nn"], allowed(["import numpy as np"], ""))
    ('The notebook imports torch, which may do the work by itself: for the instructor to judge.',)
    """
    own = [tree for tree in map(_parsed, filter(_worth_parsing, sources)) if tree]
    names = dict.fromkeys(name.split(".")[0] for tree in own for name in _imports(tree))
    aliases = free.aliases | {short: name for tree in own for short, name in _aliases(tree)}
    calls = dict.fromkeys(name for tree in own for name in _calls(tree, aliases))
    # An imported name may be called under yet another name.
    calls |= dict.fromkeys(name for tree in own for _, name in _aliases(tree))
    found = [f"imports {_short(name)}" for name in names if name not in free.packages]
    found += ["imports a module by a name that is put together" for tree in own if _hides_imports(tree)][:1]
    found += [f"calls {name}" for name in calls if name in SOLVERS - free.calls]
    more = [f"does {len(found) - MAX_NAMED} more such things"] if len(found) > MAX_NAMED else []
    return tuple(
        f"The notebook {what}, which may do the work by itself: for the instructor to judge."
        for what in (*found[:MAX_NAMED], *more)
    )


def _worth_parsing(source: str) -> bool:
    return any(word in source for word in _IMPORTS) or any(
        word in source and called.search(source) for word, called in _CALLS.items()
    )


def _short(name: str) -> str:
    return name if len(name) <= MAX_NAME else f"{name[:MAX_NAME]}…"


def _parsed(source: str) -> ast.Module | None:
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _imports(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
        elif isinstance(node, ast.Call) and _last_name(node.func) in IMPORTERS and node.args:
            named = node.args[0]
            yield from (
                [named.value] if isinstance(named, ast.Constant) and isinstance(named.value, str) else []
            )


def _hides_imports(tree: ast.Module) -> bool:
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call) and node.args)
    return any(
        _last_name(node.func) in IMPORTERS and not isinstance(node.args[0], ast.Constant) for node in calls
    )


def _last_name(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _aliases(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """(short name, full name) for each imported name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.asname, alias.name) for alias in node.names if alias.asname)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from ((alias.asname or alias.name, f"{node.module}.{alias.name}") for alias in node.names)


def _calls(tree: ast.Module, aliases: dict[str, str]) -> Iterator[str]:
    """The full dotted names of the called functions, where the code spells them out."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            parts, at = [], node.func
            while isinstance(at, ast.Attribute):
                parts.append(at.attr)
                at = at.value
            if isinstance(at, ast.Name):
                yield ".".join([aliases.get(at.id, at.id), *reversed(parts)])


# Indirect ways to use a name: code that contains one of these may use any name.
DETOURS = frozenset(
    {
        *("globals", "locals", "vars", "eval", "exec", "compile", "getattr", "attrgetter", "import_module"),
        *("__dict__", "__globals__", "__main__", "__builtins__", "__import__", "f_globals", "f_locals"),
        *("modules", "get_objects", "get_referrers", "get_referents"),
    }
)


def mentions(sources: Iterable[str], names: Collection[str]) -> bool:
    """Whether any of ``sources`` may use one of ``names``, a function's calls of itself not counted.

    True for code that is not Python, or that may use a name indirectly.

    >>> mentions(["def f(x):\\n    return f(x - 1)"], ["f"]), mentions(["g = lambda x: f(x)"], ["f"])
    (False, True)
    >>> mentions(["globals()"], ["f"])
    True
    """
    wanted = DETOURS | set(names)
    return any(found is None or wanted & found for found in map(_used, sources))


def rebound(sources: Iterable[str], below: Iterable[str]) -> tuple[str, ...]:
    """The names that ``sources`` use and that the cells ``below`` bind to something other than a function.

    An import that ``sources`` have as well binds nothing anew.

    >>> rebound(["import numpy as np\\ndef f(x):\\n    return np.sum(x)"], ["np = 3", "def f(): ..."])
    ('np',)
    >>> rebound(["import numpy as np\\ndef f(x):\\n    return np.sum(x)"], ["import numpy as np"])
    ()
    """
    sources = tuple(sources)
    used = frozenset().union(*map(_globals, sources))
    there, new = (frozenset().union(*map(_bound, cells)) for cells in (sources, below))
    same = {(name, module) for name, module in there if module}
    return tuple(sorted(used & {name for name, _ in new - same}))


@lru_cache(maxsize=256)
def _globals(source: str) -> frozenset[str]:
    """The names that functions and classes in ``source`` look up outside of themselves."""
    try:
        tables = list(symtable.symtable(source, "<cell>", "exec").get_children())
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return frozenset()
    for table in tables:  # those inside are appended in the loop
        tables += table.get_children()
    symbols = (symbol for table in tables for symbol in table.get_symbols())
    return frozenset(symbol.get_name() for symbol in symbols if symbol.is_global())


def leftover(answer: str) -> str:
    """The sentence on an answer that raised NotImplementedError, by where the stub's line stands in it.

    >>> leftover("def f():\\n    raise NotImplementedError\\n    return 1")
    "The stub's `raise NotImplementedError` is still there, above lines of yours: delete it."
    """
    tree = _parsed(answer)
    bodies = [getattr(node, "body", None) for node in ast.walk(tree)] if tree else []
    blocks = [body for body in bodies if isinstance(body, list)]
    places = [(body, place) for body in blocks for place, one in enumerate(body) if _is_unwritten(one)]
    if not places:
        return "The line that raises it is in another function, which is not written yet."
    above = any(place + 1 < len(body) for body, place in places)
    return (
        f"The stub's `raise NotImplementedError` is still there{', above lines of yours' * above}: delete it."
    )


def _is_unwritten(statement: ast.stmt) -> bool:
    raised = statement.exc if isinstance(statement, ast.Raise) else None
    return raised is not None and "NotImplementedError" in ast.unparse(raised)


@lru_cache(maxsize=256)
def _bound(source: str) -> frozenset[tuple[str, str]]:
    tree = _parsed(source)
    return frozenset(_bindings(tree.body)) if tree else frozenset()


def _bindings(body: list[ast.stmt]) -> Iterator[tuple[str, str]]:
    """(name, what is imported under it, or nothing) of each binding outside of functions and classes."""
    for statement in body:
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        for node in ast.walk(statement):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store | ast.Del):
                yield node.id, ""
            elif isinstance(node, ast.Import):
                yield from (
                    (one.asname or one.name.partition(".")[0], one.name if one.asname else "import")
                    for one in node.names
                )
            elif isinstance(node, ast.ImportFrom):
                yield from (
                    (one.asname or one.name, f"{node.level} {node.module}.{one.name}") for one in node.names
                )


@lru_cache(maxsize=256)
def _used(source: str) -> frozenset[str] | None:
    """The names that code uses, without a function's own name in its body; None if it is not Python."""
    try:
        return frozenset().union(*map(_names, ast.parse(source).body))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _names(statement: ast.stmt) -> set[str]:
    found = set()
    for node in ast.walk(statement):
        if isinstance(node, ast.Name):
            found.add(node.id)
        elif isinstance(node, ast.Attribute):
            found.add(node.attr)
        elif isinstance(node, ast.alias):
            found.update(node.name.split("."))
        elif isinstance(node, ast.ImportFrom):
            found.update((node.module or "").split("."))
    return found - {statement.name} if isinstance(statement, ast.FunctionDef) else found
