"""The names that a cell of a notebook defines and uses, by Python's own table of symbols."""

from __future__ import annotations

import re
import symtable


def names_of(source: str) -> tuple[set[str], set[str]]:
    """(bound, used): the global names that a cell defines, and those that it reads, in functions too.

    >>> bound, used = names_of("import numpy as np\\ndef f(x):\\n    return np.sqrt(scale * x)")
    >>> sorted(bound), sorted(used)
    (['f', 'np'], ['np', 'scale'])
    """
    table = symtable.symtable(re.sub(r"(?m)^[%!].*$", "", source), "cell", "exec")
    symbols = table.get_symbols()
    bound = {symbol.get_name() for symbol in symbols if symbol.is_assigned() or symbol.is_imported()}
    used = {symbol.get_name() for symbol in symbols if symbol.is_referenced()}
    inner = table.get_children()
    while inner:
        scope = inner.pop()
        inner += scope.get_children()
        for symbol in scope.get_symbols():
            if symbol.is_global() and symbol.is_referenced():
                used.add(symbol.get_name())
            if symbol.is_declared_global() and symbol.is_assigned():
                bound.add(symbol.get_name())
    return bound, used
