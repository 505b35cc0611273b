"""Programs of calls over objects that stay where they are made.

What a function returns is kept as the object that it is, under a number that the caller chooses, so that any
Python object can be a state. A program is a list of instructions::

    ("put", number, value)                 keep a value, or a copy of a kept one
    ("call", number, name, args, kwargs)   call a function and keep its result; arguments may be `Handle`s
    ("walk", name, params, grads, state, kwargs)
                                           take a step for each of grads and kwargs, from a copy of the
                                           parameters and from the state that the step before returned;
                                           each replies as "split" does
    ("evaluate", number, source)           run source beside the notebook's names, keep its last expression
    ("read", handle)                       reply with a copy of a kept object, or of one of its members
    ("split", handle)                      reply with a copy of all members of a tuple but the last, the state
    ("overwrite", handle)                  put other numbers into the arrays, lists and dicts of a kept object
    ("turn", handle)                       turn the arrays' own numbers round, along each axis
    ("stride", handle)                     keep arrays that lie otherwise in memory in their place

It stops at its first fault; what was read before that is returned. The same interpreter runs in a student's
worker and, for the reference and for named mistakes, in the grader's own process. It copies no kept object,
so shared memory has the same effects in both.
"""

from __future__ import annotations

import ast
import itertools
import traceback
from collections.abc import Callable, Iterator, KeysView, ValuesView
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np

from autograder.worker.values import copied, leaves, mapped
from autograder.worker.wire import Handle, WireError

MAX_TEXT = 2_000
MAX_LISTED = 10_000  # members of an iterator


class MissingFunction(Exception):
    """The notebook does not define the requested function."""


class Unsendable(Exception):
    """An answer is no plain value, or no tuple that ends with a state."""


class Interpreter:
    """Runs programs on the functions of ``namespace`` and keeps their objects.

    ``through`` are exceptions that are no fault of a program and pass through it.
    """

    def __init__(self, namespace: dict[str, Any], through: tuple[type[BaseException], ...]) -> None:
        self._namespace, self._through = namespace, through
        self._kept: dict[int, Any] = {}

    def run(self, program: list[tuple]) -> dict:
        """What the program read, as ``values``; after a fault also its description, and ``at``, its place."""
        values: list[Any] = []
        for place, (verb, *operands) in enumerate(program):
            try:
                if verb in ("read", "split"):
                    values.append(getattr(self, f"_{verb}")(*operands))
                elif verb == "walk":
                    self._walk(values, *operands)
                else:
                    getattr(self, f"_{verb}")(*operands)
            except self._through:
                raise
            except BaseException as error:  # noqa: BLE001 - SystemExit and KeyboardInterrupt too are the student's
                return {"values": values, "at": place, **fault(error)}
        return {"values": values}

    def _put(self, number: int, value: Any) -> None:
        self._kept[number] = self._resolved(value)

    def _call(self, number: int, name: str, args: tuple, kwargs: dict) -> None:
        self._kept[number] = self._function(name)(*self._resolved(args), **self._resolved(kwargs))

    def _walk(
        self, values: list, name: str, now: Any, grads: list, handle: Handle, kwargs: list[dict]
    ) -> None:
        """Add to ``values`` what each step returns; after a fault the steps before it are there."""
        function, now, state = self._function(name), self._resolved(now), self._object(handle)
        for grad, keywords in zip(grads, kwargs, strict=True):
            answer = function(now, self._resolved(grad), state, **self._resolved(keywords))
            values.append(_members(answer))
            now, state = copied(answer[0]), answer[-1]

    def _function(self, name: str) -> Callable:
        function = self._namespace.get(name, MissingFunction)
        if function is MissingFunction:
            raise MissingFunction(name)
        return function

    def _evaluate(self, number: int, source: str) -> None:
        *above, last = ast.parse(source).body
        assert isinstance(last, ast.Expr)  # the grader sends no other source
        space = dict(self._namespace)
        exec(compile(ast.Module(above, []), "<example>", "exec"), space)
        self._kept[number] = eval(compile(ast.Expression(last.value), "<example>", "eval"), space)

    def _read(self, handle: Handle) -> Any:
        value = self._resolved(handle)
        if not handle.path and isinstance(value, Iterator):
            value = self._kept[handle.number] = list(itertools.islice(value, MAX_LISTED))  # to be read again
        return _plain(value)

    def _split(self, handle: Handle) -> tuple:
        return _members(self._object(handle))

    def _overwrite(self, handle: Handle) -> None:
        _overwrite(self._resolved(handle))

    def _turn(self, handle: Handle) -> None:
        for array in leaves(self._resolved(handle)):
            if isinstance(array, np.ndarray) and array.flags.writeable:
                array[...] = turned(array)

    def _stride(self, handle: Handle) -> None:
        self._kept[handle.number] = mapped(strided, self._kept[handle.number])

    def _resolved(self, item: Any) -> Any:
        """``item`` with the objects in place of their handles."""
        return mapped(self._object, item)

    def _object(self, leaf: Any) -> Any:
        if type(leaf) is not Handle:
            return leaf
        value = self._kept[leaf.number]
        for place in leaf.path:
            value = value[place]
        return copied(value) if leaf.fresh else value


def _members(answer: Any) -> tuple:
    """All members of an answer but the last, its state, as plain values."""
    if not isinstance(answer, tuple | list) or not answer:
        kind = "an empty one" if isinstance(answer, tuple) else f"a {type(answer).__name__}"
        raise Unsendable(f"the answer must be a tuple, its last member the new state, got {kind}")
    return tuple(map(_plain, answer[:-1]))


def turned(leaf: Any) -> Any:
    """An array with its numbers in the reverse order along each axis; anything else as it is.

    >>> turned(np.array([1, 2])), turned(np.array(3))
    (array([2, 1]), array(3))
    """
    return np.flip(leaf).copy() if isinstance(leaf, np.ndarray) and leaf.ndim else leaf


def strided(leaf: Any) -> Any:
    """An array of the same numbers that lie apart, columns after columns; anything else as it is."""
    if not isinstance(leaf, np.ndarray) or leaf.ndim == 0:
        return leaf
    wide = np.zeros((*leaf.shape[:-1], 2 * leaf.shape[-1]), leaf.dtype, order="F")
    wide[..., ::2] = leaf
    return wide[..., ::2]


def _overwrite(item: Any) -> None:
    """Other numbers in all arrays, and in lists and dicts; what is neither is left alone."""
    if isinstance(item, np.ndarray) and item.flags.writeable:
        item[...] = ~item if item.dtype.kind == "b" else item + 1
    elif type(item) in (list, dict):
        for place, member in list(item.items() if type(item) is dict else enumerate(item)):
            if type(member) in (int, float):
                item[place] = member + 1
            else:
                _overwrite(member)
    elif isinstance(item, list | tuple | dict):
        for member in leaves(item):
            _overwrite(member)


def _plain(value: Any) -> Any:
    """A copy that can be sent; Unsendable if there is none."""
    try:
        return copied(value)
    except WireError as first:
        error: Exception = first
    try:
        return copied(_unusual(value))
    except WireError:
        pass
    except Exception as second:  # noqa: BLE001 - iterating over a student's object may raise anything
        error = second
    raise Unsendable(f"it must return plain values: {error}")


def _unusual(value: Any, depth: int = 0) -> Any:
    """``value`` with lists in place of iterators, arrays of array-likes, floats of fractions and decimals."""
    if isinstance(value, Iterator | range | KeysView | ValuesView):
        value = list(itertools.islice(value, MAX_LISTED))
    if isinstance(value, tuple | list) and depth < 2 and len(value) <= MAX_LISTED:
        members = [_unusual(member, depth + 1) for member in value]
        return members if isinstance(value, list) else tuple(members)
    if hasattr(value, "__array__") and not isinstance(value, np.ndarray):
        return np.asarray(value)
    return float(value) if isinstance(value, Fraction | Decimal) else value


def fault(error: BaseException) -> dict:
    """An exception as plain text, with the innermost line of the student's notebook in its traceback.

    ``of`` is the top-level function or class that contains that line; the line is one of its cell.
    """
    if isinstance(error, MissingFunction):
        return _description(type(error).__name__, str(error))
    frames = [
        (line, frame.f_code.co_qualname.partition(".")[0])
        for frame, line in traceback.walk_tb(error.__traceback__)
        if frame.f_code.co_filename[:5] == "<cell"
    ]
    try:
        message = str(error)
    except Exception as second:  # noqa: BLE001 - the __str__ of a student's exception may raise anything
        message = f"(its message raised {type(second).__name__})"
    return _description(type(error).__name__, message, *(frames[-1] if frames else ()))


def _description(kind: str, message: str, line: int | None = 0, of: str = "") -> dict:
    return {"error": kind[:MAX_TEXT], "message": message[:MAX_TEXT], "line": line or 0, "of": of[:MAX_TEXT]}
