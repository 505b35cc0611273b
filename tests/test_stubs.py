"""Stubs that the audit grades: answers without work, made from the reference."""

from __future__ import annotations

from autograder.course import Exercise
from autograder.stubs import stubs

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
