"""Stubs that the audit grades: answers without work, made from the reference."""

from __future__ import annotations

import numpy as np

from autograder.course.release import Exercise
from autograder.measure.trivial import stubs

SOURCE = '''
class Engine:
    """A class to be written."""

    def __init__(self, x):
        self.x = x

    def __add__(self, other):
        return Engine(self.x + other.x)

    __radd__ = __add__

    def both(self, other):
        """Two."""
        return self, other


def start(x):
    return x + 1
'''


def rendered(name: str) -> dict:
    (stub,) = (item for item in stubs(Exercise("Engine", 1.0, SOURCE), SOURCE) if item.name == name)
    space: dict = {}
    for source in stub.functions(SOURCE).values():
        exec(source, {"np": None}, space)
    return space


def test_a_class_has_stubs_for_methods() -> None:
    """Every method gives nothing, or what it was given; the constructor and aliases stay."""
    nothing, inputs = rendered("returns_nothing"), rendered("returns_its_inputs")
    engine = nothing["Engine"](3)
    assert (
        engine.x == 3 and engine + engine is None and engine.both(1) is None and nothing["start"](1) is None
    )
    engine = inputs["Engine"](3)
    assert engine + 1 is engine and 2 + engine is engine and engine.both(1) == (engine, 1)
    assert inputs["start"](5) == 5


def test_one_answer_is_given_whatever_is_asked() -> None:
    """Numbers come in the shapes of the inputs, a state goes on as it came, and a list is empty."""
    source = "def step(w, rate, state):\n    return w, state\n"
    found = {}
    for stub in stubs(Exercise("step", 1.0, source), source):
        space: dict = {"np": np}
        exec(stub.functions(source)["step"], space)
        found[stub.name] = space["step"]({"w": np.zeros(2)}, 0.1, "kept")
    ones, state = found["returns_ones"]
    assert ones["w"].tolist() == [1.0, 1.0] and state == "kept"
    assert found["returns_zeros"][0]["w"].tolist() == [0.0, 0.0]
    assert found["returns_an_empty_list"] == [] and found["returns_its_last_input"] == "kept"


def test_the_released_cell_is_a_stub_too() -> None:
    """What students are given is graded like what they might hand in."""
    (stub,) = (item for item in stubs(Exercise("Engine", 1.0, SOURCE), SOURCE) if item.name == "as_released")
    assert stub.functions(SOURCE)["start"] == "def start(x):\n    return x + 1\n"


def test_a_generator_without_work_yields_nothing() -> None:
    """It is still a generator, so that whoever lists it gets an empty list and no error."""
    source = "def count(n):\n    for i in range(n):\n        yield i\n"
    (stub,) = (
        item for item in stubs(Exercise("count", 1.0, source), source) if item.name == "returns_nothing"
    )
    space: dict = {}
    exec(stub.functions(source)["count"], space)
    assert list(space["count"](3)) == []
