"""Runs a student's cell as Jupyter does: with await outside of functions, and past an import that fails."""

from __future__ import annotations
import __future__

import ast
import dis
import functools
import time
from collections import Counter
from types import CodeType
from typing import Any

from autograder.worker.standins import StandIn

_FLAGS = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
_COROUTINE = 0x80  # inspect.CO_COROUTINE
MAX_TEXT = 200


def execute(source: str, file: str, names: dict[str, Any], functions: dict[str, Any]) -> list[str]:
    """Run a cell in the namespace ``names``; a line on each import that failed, which the cell survives.

    ``functions`` gets the last function or class that each name was bound to, also where it is bound to
    something else further below.
    """
    code = compile(source, file, "exec", _FLAGS)
    failed: list[str] = []
    try:
        if "import" in source or _binds_again(code):
            _by_statements(ast.parse(source, file), file, names, functions, failed)
        else:
            _run(code, names)
    finally:
        keep_functions(names, functions)
    return failed


def keep_functions(names: dict[str, Any], functions: dict[str, Any]) -> None:
    """Note in ``functions`` what can be called in the namespace ``names``."""
    functions.update((name, value) for name, value in names.items() if callable(value))


def _run(code: CodeType, names: dict[str, Any]) -> None:
    if not code.co_flags & _COROUTINE:
        exec(code, names)
        return
    _event_loop().run_until_complete(eval(code, names))


@functools.cache
def _event_loop() -> Any:
    """The event loop of all cells: one without sockets, which a worker may not open; it can only wait."""
    from asyncio import base_events, set_event_loop

    class Waiting:
        def select(self, seconds: float | None) -> tuple[()]:
            if seconds is None:
                raise RuntimeError("this cell waits for something that never comes while grading")
            time.sleep(seconds)
            return ()

    class Loop(base_events.BaseEventLoop):
        _selector = Waiting()

        def _process_events(self, events: tuple[()]) -> None:
            """There are none."""

        def _write_to_self(self) -> None:
            """Nobody waits in another thread."""

    loop = Loop()
    set_event_loop(loop)
    return loop


def _binds_again(code: CodeType) -> bool:
    """Whether the cell binds a name twice, outside of its functions."""
    store = dis.opmap["STORE_NAME"]
    stored = Counter(
        argument
        for operation, argument in zip(code.co_code[::2], code.co_code[1::2], strict=True)
        if operation == store
    )
    return any(count > 1 for count in stored.values())


def _by_statements(
    tree: ast.Module, file: str, names: dict[str, Any], functions: dict[str, Any], failed: list[str]
) -> None:
    """Run the statements one by one."""
    flags = _FLAGS
    for statement in tree.body:
        if isinstance(statement, ast.ImportFrom) and statement.module == "__future__":
            flags |= sum(getattr(__future__, alias.name).compiler_flag for alias in statement.names)
        parts = _one_by_one(statement) if isinstance(statement, ast.Import | ast.ImportFrom) else [statement]
        for part in parts:
            try:
                _run(compile(ast.Module([part], []), file, "exec", flags), names)
            except Exception as error:
                if not isinstance(part, ast.Import | ast.ImportFrom):
                    raise
                failed.append(f"{ast.unparse(part)} ({type(error).__name__}: {error})"[:MAX_TEXT])
                _stand_in(part, f"{error}", names)
        keep_functions(names, functions)


def _one_by_one(statement: ast.Import | ast.ImportFrom) -> list[ast.stmt]:
    """An import with one name in each."""
    parts: list[ast.stmt] = []
    for alias in statement.names:
        part = ast.Import([alias])
        if isinstance(statement, ast.ImportFrom):
            part = ast.ImportFrom(statement.module, [alias], statement.level)  # type: ignore[assignment]  # either import
        parts.append(ast.copy_location(part, statement))
    return parts


def _stand_in(part: ast.stmt, why: str, names: dict[str, Any]) -> None:
    """Bind the name of an import that failed, unless something has that name already."""
    alias = part.names[0]  # type: ignore[attr-defined]  # an import, by its caller
    name = alias.asname or (alias.name.partition(".")[0] if isinstance(part, ast.Import) else alias.name)
    if name != "*" and name not in names:
        names[name] = StandIn(alias.name, f"{name} was used, which could not be imported ({why})")
