"""What Jupyter gives a cell and a bare interpreter does not: `display`, `get_ipython`, absent packages.

A package that students have and grading has not is stood in for: importing and using it in a cell does
nothing, and in a graded call raises `NotWhileGrading` with one sentence.
"""

from __future__ import annotations

import ast
import importlib.abc
import importlib.machinery
import inspect
import sys
import types
from collections.abc import Iterator, Sequence
from typing import Any

# Plots, tables, progress bars and other libraries that notebooks import, most often without need.
STOOD_IN = frozenset(
    {
        *("IPython", "ipywidgets", "matplotlib", "mpl_toolkits", "seaborn", "plotly", "tqdm", "rich"),
        *("pandas", "scipy", "sklearn", "torch", "torchvision", "tensorflow", "jax", "sympy", "numba"),
        *("google", "nbgrader", "requests", "PIL", "cv2", "skimage", "statsmodels", "networkx", "h5py"),
    }
)

in_graded_call = False


class NotWhileGrading(Exception):
    """A graded function used a package that is not there while grading."""


class Nothing:
    """Stands in for whatever an absent package holds: any use gives another, in a graded call an error."""

    def __init__(self, name: str) -> None:
        self.__dict__["_name"] = name

    def _use(self, *_: Any, **__: Any) -> Any:
        if in_graded_call:
            raise NotWhileGrading(
                f"{self._name} was used, which is not there while grading; write this part with NumPy."
            )
        return self

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # a protocol that is not supported
            raise AttributeError(name)
        return Nothing(self._name)._use()

    def __setattr__(self, name: str, value: Any) -> None:
        self._use()

    def __iter__(self) -> Iterator:
        self._use()
        return iter(())

    def __bool__(self) -> bool:
        return bool(self._use()) and False

    def __len__(self) -> int:
        return int(self.__bool__())

    def __exit__(self, *_: Any) -> None:
        return None

    __call__ = __getitem__ = __setitem__ = __enter__ = _use
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = _use
    __lt__ = __gt__ = __le__ = __ge__ = __neg__ = _use


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds the packages of STOOD_IN that no other finder has found."""

    def find_spec(self, name: str, path: Sequence[str] | None, target: Any = None) -> Any:
        if name.partition(".")[0] not in STOOD_IN:
            return None
        return importlib.machinery.ModuleSpec(name, self, is_package=True)

    def create_module(self, spec: Any) -> types.ModuleType:
        return _StandIn(spec.name)

    def exec_module(self, module: types.ModuleType) -> None:
        """There is nothing to execute."""


class _StandIn(types.ModuleType):
    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return Nothing(self.__name__.partition(".")[0])._use()


def stand_in() -> None:
    """Let absent packages be imported from now on."""
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.append(_Finder())


def given_names() -> dict[str, Any]:
    """The names that Jupyter defines for every cell."""
    return {"display": lambda *_, **__: None, "get_ipython": lambda: Nothing("IPython")}


def execute(source: str, filename: str, namespace: dict[str, Any]) -> None:
    """Run a cell; an import that fails costs its own statement only, and is raised at the end.

    A cell may await at its top level: what it awaits is run until it waits for something from outside.
    """
    try:
        body = ast.parse(source, filename).body
    except SyntaxError as error:
        if newer := newer_syntax(source, error):
            error.msg = f"{error.msg}; {newer}"
        raise
    failed: ImportError | None = None
    for part in _parts(body):
        code = compile(ast.Module(part, []), filename, "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        try:
            if code.co_flags & inspect.CO_COROUTINE:
                _finish(eval(code, namespace))
            else:
                exec(code, namespace)
        except ImportError as error:
            if not isinstance(part[0], ast.Import | ast.ImportFrom):
                raise
            failed = failed or error
    if failed is not None:
        raise failed


def _parts(body: list[ast.stmt]) -> Iterator[list[ast.stmt]]:
    """The statements of a cell: each import by itself, what stands between them together."""
    together: list[ast.stmt] = []
    for statement in body:
        future = isinstance(statement, ast.ImportFrom) and statement.module == "__future__"
        if isinstance(statement, ast.Import | ast.ImportFrom) and not future:
            if together:
                yield together
            yield [statement]
            together = []
        else:
            together.append(statement)
    if together:
        yield together


def _finish(coroutine: Any) -> None:
    try:
        coroutine.send(None)
    except StopIteration:
        return
    coroutine.close()
    raise RuntimeError("a cell awaited something from outside, which is not there while grading")


def newer_syntax(source: str, error: SyntaxError) -> str:
    """A sentence if the error may be syntax of a newer Python than the one that grades, else nothing.

    >>> newer_syntax("f'{d['a']}'", SyntaxError("f-string: expecting '}'"))[:34]
    'Python 3.12 and newer may accept t'
    """
    line = (source.splitlines() or [""])[min(error.lineno or 1, len(source.splitlines()) or 1) - 1].strip()
    words = line.replace("(", " ").replace("[", " [ ").split()
    generic = words[:1] in (["def"], ["class"]) and words[2:3] == ["["]
    if not ("f-string" in str(error.msg) or words[:1] == ["type"] or generic):
        return ""
    version = ".".join(map(str, sys.version_info[:2]))
    cure = "use other quotes inside of it" if "f-string" in str(error.msg) else "write it without"
    return f"Python 3.12 and newer may accept this, grading runs Python {version}: {cure}"
