"""Whether code can reach functions by their names, as far as reading it tells."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable
from functools import lru_cache

# Ways to a name that is not written out: where one of these stands, anything may be reached.
DETOURS = frozenset(
    {
        *("globals", "locals", "vars", "eval", "exec", "compile", "getattr", "attrgetter", "import_module"),
        *("__dict__", "__globals__", "__main__", "__builtins__", "__import__", "f_globals", "f_locals"),
        *("modules", "get_objects", "get_referrers", "get_referents"),
    }
)


def mentions(sources: Iterable[str], names: Collection[str]) -> bool:
    """Whether any of ``sources`` may use one of ``names``; a function may name itself.

    Code that is no Python, or that could get at a name in a roundabout way, may.

    >>> mentions(["def f(x):\\n    return f(x - 1)"], ["f"]), mentions(["g = lambda x: f(x)"], ["f"])
    (False, True)
    >>> mentions(["globals()"], ["f"])
    True
    """
    wanted = DETOURS | set(names)
    return any(found is None or wanted & found for found in map(_used, sources))


@lru_cache(maxsize=256)
def _used(source: str) -> frozenset[str] | None:
    """The names that code uses, those of functions inside themselves aside; None where it is no Python."""
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
