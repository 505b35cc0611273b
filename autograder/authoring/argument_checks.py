"""Takes the argument checks out of a function, into one of their own that a setup cell defines.

A student's cell then holds the signature, a docstring, one line that calls the checks, and the place to
write. Only what has no other effect is moved: statements at the top that refuse an argument, and values that
they alone read.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Collection

from autograder.course.source import BEGIN

PREFIX = "check_arguments_"  # of the functions made here


def apart(source: str, known: Collection[str]) -> tuple[str, str]:
    """(the function with a call in place of its argument checks, the function that makes these).

    The second is empty, and the first as it was, if there are no checks beyond calls of given ones, or if
    they need a name that is not in ``known``: those that setup cells have defined so far.

    >>> body = "    ### BEGIN SOLUTION\\n    return x\\n    ### END SOLUTION"
    >>> short, checks = apart(f'def f(x):\\n    if x < 0:\\n        raise ValueError(x)\\n{body}', [])
    >>> print(short.split("###")[0].rstrip())
    def f(x):
        check_arguments_f(x)
    >>> print(checks)
    def check_arguments_f(x):
        if x < 0:
            raise ValueError(x)
    """
    node = ast.parse(source).body[0]
    if not isinstance(node, ast.FunctionDef):
        return source, ""
    lines = source.split("\n")
    begin = next(number for number, line in enumerate(lines, 1) if BEGIN in line)
    body = node.body[1:] if ast.get_docstring(node) is not None else node.body
    parameters = [argument.arg for argument in _arguments(node)]
    checks = _leading(body, begin, parameters)
    if not any(isinstance(one, ast.If | ast.For) for one in checks):
        return source, ""
    used = _read(checks)
    bound = set().union(*map(_written, checks))
    if used - {*parameters, *bound, *known, *dir(builtins)}:
        return source, ""
    first, last = checks[0].lineno, checks[-1].end_lineno or checks[-1].lineno
    passed = ", ".join(name for name in parameters if name in used)
    call = f"{PREFIX}{node.name}({passed})"
    short = [*lines[: first - 1], f"    {call}", *lines[last:]]
    return "\n".join(short), "\n".join([f"def {call}:", *lines[first - 1 : last]])


def _leading(body: list[ast.stmt], begin: int, parameters: Collection[str]) -> list[ast.stmt]:
    """The argument checks at the top of a body, above the line ``begin``.

    They end above a new value of a parameter or of a name that the rest of the body reads, and with a check.
    """
    graded = [one for one in body if one.lineno > begin or not _checks(one)]
    count = 0
    while count < len(body) and body[count].lineno < begin and _checks(body[count]):
        if _assigned(body[count]) & {*parameters, *_read(graded)}:
            break
        count += 1
    while count and isinstance(body[count - 1], ast.Assign):
        count -= 1
    return body[:count]


def _checks(node: ast.stmt) -> bool:
    """Whether a statement only refuses arguments, or names something to do so."""
    if isinstance(node, ast.If):
        return not node.orelse and all(isinstance(one, ast.Raise) or _checks(one) for one in node.body)
    if isinstance(node, ast.For):
        return not node.orelse and all(map(_checks, node.body))
    if isinstance(node, ast.Assign):
        return all(isinstance(target, ast.Name | ast.Tuple) for target in node.targets)
    call = node.value if isinstance(node, ast.Expr) else None
    return (
        isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id.startswith("check_")
    )


def _arguments(node: ast.FunctionDef) -> list[ast.arg]:
    found = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    return found + [one for one in (node.args.vararg, node.args.kwarg) if one]


def _assigned(statement: ast.stmt) -> set[str]:
    """The names that get a value by ``=`` somewhere in a statement."""
    found = [one for one in ast.walk(statement) if isinstance(one, ast.Assign)]
    return set().union(*map(_written, found))


def _written(statement: ast.stmt) -> set[str]:
    return {one.id for one in ast.walk(statement) if isinstance(one, ast.Name) and _is_written(one)}


def _is_written(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)


def _read(statements: list[ast.stmt]) -> set[str]:
    names = (one for part in statements for one in ast.walk(part) if isinstance(one, ast.Name))
    return {one.id for one in names if isinstance(one.ctx, ast.Load)}
