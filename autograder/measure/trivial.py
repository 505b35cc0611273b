"""Trivial answers made from the reference's signatures; no check with a weight may pass one."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from autograder.course.release import Exercise
from autograder.course.source import functions_of
from autograder.course.specimens import Specimen


def stubs(exercise: Exercise, source: str) -> tuple[Specimen, ...]:
    """Trivial answers as specimens: the released cell, and functions that return one thing whatever is asked.

    That is None, the first inputs, the last one, zeros, ones, or an empty list.
    """
    bodies: dict[str, Callable[[str], str]] = {
        "returns_nothing": _nothing,
        "returns_its_inputs": _inputs,
        "returns_its_last_input": _last_input,
        "returns_zeros": partial(_filled, 0.0),
        "returns_ones": partial(_filled, 1.0),
        "returns_an_empty_list": lambda source: _with_body(source, "return []"),
    }
    right = functions_of(source)
    names = list(functions_of(exercise.stub))
    released = Rendered(exercise.name, "as_released", "", functions_=functions_of(exercise.stub))
    return released, *(
        Rendered(
            exercise.name,
            kind,
            "",
            functions_={name: _with_trivial_body(right[name], body) for name in names},
        )
        for kind, body in bodies.items()
    )


@dataclass(frozen=True)
class Rendered(Specimen):
    """A specimen whose functions are given as source text."""

    functions_: dict[str, str] | None = None

    def functions(self, reference_source: str) -> dict[str, str]:
        return self.functions_ or {}


def _with_trivial_body(source: str, body: Callable[[str], str]) -> str:
    """The function with another body; of a class, each method except the constructor gets it."""
    tree = ast.parse(source)
    node = tree.body[0]
    if not isinstance(node, ast.ClassDef):
        return body(source)
    node.body = [
        ast.parse(body(ast.unparse(item))).body[0]
        if isinstance(item, ast.FunctionDef) and item.name != "__init__"
        else item
        for item in node.body
    ]
    return ast.unparse(tree)


def _nothing(source: str) -> str:
    yields = any(isinstance(node, ast.Yield | ast.YieldFrom) for node in ast.walk(ast.parse(source)))
    return _with_body(source, "return\nyield" if yields else "return None")


def _inputs(source: str) -> str:
    names, width = _shape(source)
    return _with_body(source, f"return ({', '.join(names[:width])})" if names else "return 0.0")


def _last_input(source: str) -> str:
    names, _ = _shape(source)
    return _with_body(source, f"return {names[-1]}" if names else "return 0.0")


def _filled(number: float, source: str) -> str:
    """The function with a body that returns ``number`` everywhere, in the shapes of its inputs."""
    names, width = _shape(source)
    same = [name if name == "state" else f"same({name})" for name in names[:width]] or [str(number)]
    helper = (
        "same = lambda x: {k: same(v) for k, v in x.items()} if isinstance(x, dict) else "
        f"np.full_like(x, {number}, dtype=float) if isinstance(x, np.ndarray) else {number}"
    )
    return _with_body(source, f"{helper}\nreturn ({', '.join(same)})")


def _shape(source: str) -> tuple[list[str], int]:
    """The arguments that a stub can return, with the state last, and how many values it returns."""
    function = _function(ast.parse(source))
    returns = [node.value for node in ast.walk(function) if isinstance(node, ast.Return)]
    width = max((len(value.elts) for value in returns if isinstance(value, ast.Tuple)), default=1)
    names = [argument.arg for argument in (*function.args.args, *function.args.kwonlyargs)]
    if "state" in names:
        first = [name for name in names if name != "state"][: width - 1]
        return [*first, "state"], width
    return names, width


def _with_body(source: str, body: str) -> str:
    tree = ast.parse(source)
    _function(tree).body = ast.parse(body).body
    return ast.unparse(tree)


def _function(tree: ast.Module) -> ast.FunctionDef:
    function = tree.body[0]
    assert isinstance(function, ast.FunctionDef)  # `_emptied` opens classes
    return function
