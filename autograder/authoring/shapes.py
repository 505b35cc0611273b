"""Compares statements by their shape, the syntax tree without names: equal shapes count as the same code.

Differences that do not change the method are ignored: layout, comments, names of variables and arguments,
annotations, strings, the order of factors and summands, `x += y` or `x = x + y`, whether a value is returned
or named, whether a number is passed as such or by a name, and prints and imports in between.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable, Iterator

RUN = 3  # so many statements in a row are a run
SMALLEST_RUN = 14  # nodes: a smaller run (three bare assignments) proves nothing
SMALLEST_BODY = 12  # nodes: the same for a body of one or two statements
BUILTINS = frozenset(dir(builtins))
SKIPPED = frozenset({"ctx", "type_comment", "annotation", "returns", "decorator_list", "type_params", "kind"})

Shape = tuple[str, int]  # the text of a statement's shape, and its number of nodes


def runs(statements: Iterable[ast.stmt], length: int = RUN) -> Iterator[str]:
    """The fingerprint of every ``length`` statements in a row that are not too small."""
    found = list(shapes(statements))
    least = SMALLEST_RUN if length >= RUN else SMALLEST_BODY
    for start in range(len(found) - length + 1):
        window = found[start : start + length]
        if sum(size for _, size in window) >= least:
            yield "\n".join(text for text, _ in window)


def body_prints(statements: Iterable[ast.stmt]) -> set[str]:
    """The fingerprints of a body: those of its runs, or of the whole if it is shorter than a run."""
    statements = list(statements)
    count = sum(1 for _ in shapes(statements))
    return set(runs(statements, min(count, RUN))) if count else set()


def shapes(statements: Iterable[ast.stmt]) -> Iterator[Shape]:
    """The statements' shapes in the order of the source; a compound one's header comes before its parts."""
    for node in statements:
        if _idle(node):
            continue
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield _statement(node)
        for field in ("body", "handlers", "orelse", "finalbody"):
            for child in getattr(node, field, []):
                yield from shapes(child.body if isinstance(child, ast.ExceptHandler) else [child])
        for case in getattr(node, "cases", []):
            yield from shapes(case.body)


def _idle(node: ast.stmt) -> bool:
    """Whether a statement says nothing about the method: pass, import, docstring, print and the like."""
    if isinstance(node, ast.Pass | ast.Import | ast.ImportFrom | ast.Global | ast.Nonlocal):
        return True
    value = node.value if isinstance(node, ast.Expr) else None
    if isinstance(value, ast.Constant):
        return True
    return isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "print"


def _statement(node: ast.stmt) -> Shape:
    if isinstance(node, ast.AugAssign):
        sum_ = ast.BinOp(node.target, node.op, node.value)
        return _assigned([node.target], sum_)
    if isinstance(node, ast.AnnAssign) and node.value is not None:
        return _assigned([node.target], node.value)
    if isinstance(node, ast.Assign):
        return _assigned(node.targets, node.value)
    if isinstance(node, ast.Return | ast.Expr):
        return _assigned([], node.value)
    headers = {
        field: value
        for field, value in ast.iter_fields(node)
        if field not in {"body", "handlers", "orelse", "finalbody", "cases", *SKIPPED}
    }
    return _joined(type(node).__name__, [value for field, value in headers.items() if field != "target"])


def _assigned(targets: list[ast.expr], value: ast.expr | None) -> Shape:
    """The shape of an assignment or bare value; a target counts only if it is an attribute or an item."""
    places = [place for target in targets for place in _places(target)]
    return _joined("set" if places else "value", [*places, value])


def _places(target: ast.expr) -> list[ast.expr]:
    if isinstance(target, ast.Tuple | ast.List):
        return [place for part in target.elts for place in _places(part)]
    return [] if isinstance(target, ast.Name) else [target]


def _shape(node: object) -> Shape:
    if isinstance(node, list):
        return _joined("", node)
    if isinstance(node, ast.Constant):
        return _constant(node.value), 1
    if isinstance(node, ast.JoinedStr):
        return "''", 1
    if isinstance(node, ast.Name | ast.arg):
        return "_", 1
    if isinstance(node, ast.Attribute):
        text, size = _shape(node.value)
        return f"{text}.{node.attr}", size + 1
    if isinstance(node, ast.keyword):
        text, size = _passed(node.value)
        return f"{node.arg}={text}", size
    if isinstance(node, ast.Call):
        return _call(node)
    if isinstance(node, ast.BinOp):
        sides = [_shape(node.left), _shape(node.right)]
        if isinstance(node.op, ast.Add | ast.Mult):
            sides.sort()
        text = f"({sides[0][0]} {type(node.op).__name__} {sides[1][0]})"
        return text, 1 + sides[0][1] + sides[1][1]
    if isinstance(node, ast.AST):
        fields = [value for field, value in ast.iter_fields(node) if field not in SKIPPED]
        return _joined(type(node).__name__, fields)
    return "", 0  # a name in a string field, or nothing


def _call(node: ast.Call) -> Shape:
    called = node.func
    func = (called.id, 1) if isinstance(called, ast.Name) and called.id in BUILTINS else _shape(called)
    keywords = sorted(node.keywords, key=lambda keyword: keyword.arg or "")
    parts = [*map(_passed, node.args), *map(_shape, keywords)]
    text = ", ".join(text for text, _ in parts)
    return f"{func[0]}({text})", 1 + func[1] + sum(size for _, size in parts)


def _passed(node: ast.expr) -> Shape:
    """The shape of an argument; a bare number has the shape of a name."""
    is_number = isinstance(node, ast.Constant) and type(node.value) in {int, float}
    return ("_", 1) if is_number else _shape(node)


def _constant(value: object) -> str:
    if isinstance(value, str | bytes):
        return "''"
    if isinstance(value, int | float) and not isinstance(value, bool):
        return repr(float(value)) if abs(value) < 1e300 else repr(value)
    return repr(value)


def _joined(head: str, parts: Iterable[object]) -> Shape:
    found = [_shape(part) for part in parts]
    text = ", ".join(text for text, _ in found)
    return f"{head}({text})", (1 if head else 0) + sum(size for _, size in found)
