"""The interpreter of programs: each instruction, where it stops, what it reads and what it lets through."""

from __future__ import annotations

import dataclasses
import itertools
from collections import OrderedDict, UserList, defaultdict, deque
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.worker import programs
from autograder.worker.programs import MAX_LISTED, MAX_TEXT, Interpreter
from autograder.worker.values import same_bits
from autograder.worker.wire import Handle

H = Handle


class Leaves(BaseException):
    """Stands for the end of the connection."""


def interpreter(**functions: Any) -> Interpreter:
    return Interpreter(functions, (Leaves,))


def call(number: int, name: str, *args: Any, **kwargs: Any) -> tuple:
    return ("call", number, name, args, kwargs)


def answer(value: Any) -> Any:
    """The reply to a program that reads the answer of a function returning ``value``."""
    return interpreter(f=lambda: value).run([call(0, "f"), ("read", H(0))])


# --- Instructions -------------------------------------------------------------------------------------------


def test_what_is_put_is_kept_and_read() -> None:
    """A value, or a kept object under another number; a read is a copy."""
    one = interpreter()
    assert one.run([("put", 3, {"w": [1.0]}), ("put", 4, H(3)), ("read", H(4))]) == {"values": [{"w": [1.0]}]}
    (first,) = one.run([("put", 5, np.zeros(2)), ("read", H(5))])["values"]
    first += 1
    assert one.run([("read", H(5))])["values"][0].tolist() == [0, 0]


def test_a_call_takes_handles_wherever_they_stand() -> None:
    """Among arguments and keywords, within lists, tuples and dicts; the very objects are passed."""
    seen: list = []
    one = interpreter(make=object, f=lambda *args, **kwargs: seen.append((args, kwargs)))
    one.run([call(0, "make"), call(1, "f", H(0), [H(0)], (1, {"k": H(0)}), s=H(0)), call(2, "f", "plain")])
    args, kwargs = seen[0]
    assert args[0] is args[1][0] is args[2][1]["k"] is kwargs["s"]
    assert type(args[1]) is list and type(args[2]) is tuple and args[2][0] == 1
    assert seen[1] == (("plain",), {})


def test_a_handle_leads_to_a_member_and_to_a_copy_of_it() -> None:
    """The path is followed by index from either end; without ``fresh`` the object itself is passed."""

    def spoils(x: np.ndarray) -> None:
        x += 1

    start = [call(0, "make")]
    for handle, after in ((H(0, (0, 1)), [1, 1]), (H(0, (0, -1)), [1, 1]), (H(0, (0, 1), True), [0, 0])):
        one = interpreter(make=lambda: ([5, np.zeros(2)], "state"), spoils=spoils)
        (read,) = one.run([*start, call(1, "spoils", handle), ("read", H(0, (0, 1)))])["values"]
        assert read.tolist() == after


def test_no_kept_object_is_copied() -> None:
    """An answer that is its argument stays its argument: shared memory keeps its effects."""
    one = interpreter(same=lambda x: x)
    program = [("put", 0, np.zeros(2)), call(1, "same", H(0)), ("overwrite", H(0)), ("read", H(1))]
    assert one.run(program)["values"][0].tolist() == [1, 1]


def test_a_split_reads_all_but_the_state() -> None:
    """The last member stays where it is, whatever it is."""
    one = interpreter(f=lambda: (1.0, [2], object()), g=lambda: [object()])
    assert one.run([call(0, "f"), ("split", H(0)), call(1, "g"), ("split", H(1))]) == {
        "values": [(1.0, [2]), ()]
    }


@pytest.mark.parametrize(
    ("value", "kind"),
    [((), "an empty one"), ([], "a list"), (1.0, "a float"), ({}, "a dict"), (None, "a NoneType")],
)
def test_a_split_of_no_tuple_says_what_came(value: Any, kind: str) -> None:
    """A function with a state returns a tuple."""
    reply = interpreter(f=lambda: value).run([call(0, "f"), ("split", H(0))])
    assert (reply["error"], reply["at"], reply["values"]) == ("Unsendable", 1, [])
    assert reply["message"] == f"the answer must be a tuple, its last member the new state, got {kind}"


def test_turning_keeps_the_numbers() -> None:
    """Along each axis, in every array that can be written."""
    kept = [np.arange(4.0).reshape(2, 2), {"b": np.array([True, False])}, 7]
    one = interpreter(f=lambda: kept)
    assert one.run([call(0, "f"), ("turn", H(0))]) == {"values": []}
    assert kept[0].tolist() == [[3, 2], [1, 0]] and kept[1]["b"].tolist() == [False, True] and kept[2] == 7


def test_overwriting_reaches_every_array_and_nothing_else() -> None:
    """Numbers move by one, bools turn over; arrays that cannot be written, and other objects, stay."""
    fixed = np.zeros(2)
    fixed.flags.writeable = False
    kept = {
        "a": [np.zeros(2, int), (np.array([True, False]), 1.0)],
        "b": fixed,
        "c": "text",
        "d": {1: np.ones(1)},
    }
    one = interpreter(f=lambda: kept)
    assert one.run([call(0, "f"), ("overwrite", H(0))]) == {"values": []}
    a, (flags, number) = kept["a"]
    assert (a.tolist(), flags.tolist(), number) == ([1, 1], [False, True], 1.0)
    assert fixed.tolist() == [0, 0] and kept["d"][1].tolist() == [2]


def test_an_example_is_evaluated_beside_the_notebook() -> None:
    """Its last line is kept; what it defines does not stay in the notebook."""
    space = {"f": lambda x: 2 * x}
    one = Interpreter(space, ())
    program = [("evaluate", 0, "import math\nx = 3\nf(x) + math.floor(0.5)"), ("read", H(0))]
    assert one.run(program) == {"values": [6]}
    assert set(space) - {"__builtins__"} == {"f"}


# --- Where it stops -----------------------------------------------------------------------------------------


def test_it_stops_at_the_first_fault() -> None:
    """A fault ends the program: the reply has the values read before it, the fault and its place."""
    calls: list = []

    def good() -> float:
        calls.append(1)
        return 1.0

    one = interpreter(good=good, bad=lambda: 1 / 0)
    program = [call(0, "good"), ("read", H(0)), call(1, "bad"), ("read", H(1)), call(2, "good")]
    reply = one.run(program)
    assert (reply["values"], reply["at"], reply["error"]) == ([1.0], 2, "ZeroDivisionError")
    assert (reply["message"], reply["line"], calls) == ("division by zero", 0, [1])
    assert one.run([("read", H(0))]) == {"values": [1.0]}  # what was made before the fault is still there


@pytest.mark.parametrize(
    "error", [SystemExit, KeyboardInterrupt, GeneratorExit, RecursionError, BaseException]
)
def test_any_exception_of_the_students_is_a_fault(error: type) -> None:
    """Also those that end a process elsewhere."""

    def f() -> None:
        raise error("no")

    reply = interpreter(f=f).run([call(0, "f")])
    assert (reply["error"], reply["message"], reply["at"]) == (error.__name__, "no", 0)


def test_what_passes_through_is_no_fault() -> None:
    """The end of the connection ends the program, from within a call as well as from a read."""

    def f() -> None:
        raise Leaves

    class Odd:
        def __array__(self, *_: Any, **__: Any) -> np.ndarray:
            raise Leaves

    for program in ([call(0, "f")], [call(0, "odd"), ("read", H(0))]):
        with pytest.raises(Leaves):
            interpreter(f=f, odd=Odd).run(program)


def test_a_missing_function_has_a_fault_of_its_own() -> None:
    """A name that is bound to None is there; an exception of that name from a student is another type."""
    assert interpreter().run([call(0, "f")])["error"] == "MissingFunction"
    assert interpreter(f=None).run([call(0, "f")])["error"] == "TypeError"


def test_a_fault_is_cut_and_names_the_line_of_the_cell() -> None:
    """The innermost line of the notebook; a message of two thousand letters; one that cannot be told."""
    space: dict[str, Any] = {}
    source = (
        "def f():\n    raise ValueError('x' * 9_000)\n\n\ndef g():\n    class E(Exception):\n"
        "        def __str__(self):\n            1 / 0\n    raise E"
    )
    exec(compile(source, "<cell 3>", "exec"), space)
    one = Interpreter(space, ())
    long = one.run([call(0, "f")])
    assert (long["line"], long["of"], len(long["message"])) == (2, "f", MAX_TEXT)
    assert one.run([call(0, "g")])["message"] == "(its message raised ZeroDivisionError)"


# --- What can be read ---------------------------------------------------------------------------------------


class Pair(NamedTuple):
    a: float
    b: list


class ArrayLike:
    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
        return np.arange(3.0)


@pytest.mark.parametrize(
    ("value", "read"),
    [
        (Pair(1.0, [2]), (1.0, [2])),
        (defaultdict(list, a=[1]), {"a": [1]}),
        (OrderedDict(a=1), {"a": 1}),
        (range(3), [0, 1, 2]),
        ({"a": 1, "b": 2}.keys(), ["a", "b"]),
        ({"a": 1, "b": 2}.values(), [1, 2]),
        (map(abs, (-1, 2)), [1, 2]),
        ((x for x in (1.0, (2.0, iter([3])))), [1.0, (2.0, [3])]),
        ([range(2), (Fraction(1, 4), Decimal("0.5"))], [[0, 1], (0.25, 0.5)]),
        (Fraction(1, 4), 0.25),
        (ArrayLike(), np.arange(3.0)),
        ([ArrayLike()], [np.arange(3.0)]),
        (np.float64(0.5), 0.5),
        (np.ma.array([1.0, 2.0]), np.array([1.0, 2.0])),
    ],
)
def test_containers_out_of_the_ordinary_are_read_as_plain_ones(value: Any, read: Any) -> None:
    """Their numbers are what counts."""
    reply = answer(value)
    assert same_bits(reply["values"], [read]), reply


@dataclasses.dataclass
class Box:
    x: float = 1.0


class Breaks:
    def __iter__(self) -> Any:
        raise ValueError("not to be told")

    def __array__(self, *_: Any, **__: Any) -> np.ndarray:
        raise ValueError("no array of it")


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (Box(), "a Box cannot be handed over"),
        (deque([1]), "a deque cannot be handed over"),
        (UserList([1]), "a UserList cannot be handed over"),
        ({1, 2}, "a set cannot be handed over"),
        ({1: 2}, "dict keys must be strings"),
        (len, "cannot be handed over"),
        (Breaks(), "no array of it"),
        (2**2000, "1024 bits"),
        (np.array([1j]), "complex128"),
        ([[[range(3)]]], "a range cannot be handed over"),
        ((x for x in [object()]), "a object cannot be handed over"),
    ],
)
def test_what_is_no_plain_value_is_named(value: Any, says: str) -> None:
    """The sentence is the student's; nothing else happens."""
    reply = answer(value)
    assert (reply["error"], reply["values"]) == ("Unsendable", [])
    assert reply["message"].startswith("it must return plain values: ") and says in reply["message"]


def test_iterators_have_an_end() -> None:
    """Of one without an end ten thousand members are read; a list that is longer is not searched for them."""
    assert answer(itertools.count())["values"] == [list(range(MAX_LISTED))]
    assert answer([itertools.count(), 1])["values"] == [[list(range(MAX_LISTED)), 1]]
    assert len(answer([0] * (MAX_LISTED + 1))["values"][0]) == MAX_LISTED + 1
    assert answer([iter([1])] * (MAX_LISTED + 1))["error"] == "Unsendable"


def test_an_iterator_is_read_once_and_kept_as_a_list() -> None:
    """Reading it again gives the same, for it was exhausted by the first read."""
    one = interpreter(f=lambda: (i * i for i in range(3)))
    assert one.run([call(0, "f"), ("read", H(0)), ("read", H(0))])["values"] == [[0, 1, 4]] * 2


def test_an_iterator_that_raises_is_the_students_fault() -> None:
    """Its exception is told as that of a call."""

    def f() -> Any:
        yield 1
        raise KeyError("gone")

    reply = interpreter(f=f).run([call(0, "f"), ("read", H(0))])
    assert (reply["error"], reply["message"]) == ("KeyError", "'gone'")


@given(st.lists(st.sampled_from(["put", "call", "read", "split", "overwrite", "turn", "bad"]), max_size=12))
def test_a_reply_has_a_value_for_each_read_before_the_fault(verbs: list[str]) -> None:
    """There are as many values as reads before its end, and the place of the fault if it failed."""
    make: dict[str, Callable[[int], tuple]] = {
        "put": lambda i: ("put", i, [np.zeros(1)]),
        "call": lambda i: call(i, "f"),
        "read": lambda i: ("read", H(0)),
        "split": lambda i: ("split", H(0)),
        "overwrite": lambda i: ("overwrite", H(0)),
        "turn": lambda i: ("turn", H(0)),
        "bad": lambda i: call(i, "missing"),
    }
    program = [make[verb](i) for i, verb in enumerate(verbs)]
    reply = interpreter(f=lambda: (1.0, 2.0)).run(program)
    end = reply.get("at", len(program))
    assert len(reply["values"]) == sum(verb in ("read", "split") for verb in verbs[:end])
    assert ("error" in reply) == ("at" in reply)


def test_the_limits_are_those_that_students_are_told() -> None:
    """Texts and lists have an end."""
    assert (programs.MAX_TEXT, programs.MAX_LISTED) == (2_000, 10_000)


@pytest.mark.parametrize("error", [KeyError, StopIteration])
def test_a_walk_replies_step_by_step_up_to_its_fault(error: type[Exception]) -> None:
    """Each step starts from a copy of what the step before returned, and from its state itself."""

    def step(params: dict, grad: dict, state: list, *, lr: float) -> tuple[dict, list]:
        if grad["w"] > 2.0:
            raise error
        state.append(lr)
        params["w"] -= lr * grad["w"]  # of a copy, so that what was read before stays
        return params, state

    def walked(*sizes: float) -> dict:
        grads, kwargs = [{"w": size} for size in sizes], [{"lr": 0.5}] * len(sizes)
        walk = ("walk", "step", {"w": H(1, (0,))}, grads, H(0), kwargs)
        return interpreter(step=step).run([("put", 0, []), ("put", 1, [np.zeros(1)]), walk, ("read", H(0))])

    whole, broken = walked(1.0, 2.0), walked(1.0, 2.0, 3.0, 1.0)
    steps = [({"w": np.array([-0.5])},), ({"w": np.array([-1.5])},)]
    assert same_bits(whole["values"], [*steps, [0.5, 0.5]]) and "error" not in whole
    assert same_bits(broken["values"], steps)
    assert (broken["at"], broken["error"]) == (2, error.__name__)
