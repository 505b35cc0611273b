"""Public examples: only what all right answers agree on is shown, and the first that goes wrong."""

from __future__ import annotations

import numpy as np

from autograder.calls.backends import LocalBackend
from autograder.grading.examples import agreed, first_difference

REFERENCE = {"np": np, "double": lambda x: 2 * x, "draw": lambda rng: rng.random()}
OTHER = {**REFERENCE, "draw": lambda rng: rng.normal()}
SOURCES = ("double(0.0)", "x = 3.0\ndouble(x)", "draw(np.random.default_rng(0))", "missing(1)", "print(1)")


def test_only_what_right_answers_agree_on_is_an_example() -> None:
    """Free draws, errors and what gives nothing are left out."""
    found = agreed(SOURCES, REFERENCE, [OTHER])
    assert [(one.source, one.expected) for one in found] == [
        ("double(0.0)", 0.0),
        ("x = 3.0\ndouble(x)", 6.0),
    ]


def test_the_first_wrong_one_is_shown_with_both_answers() -> None:
    """An example that is right is passed over; an error stands in the place of the answer."""
    found = agreed(SOURCES, REFERENCE, [])
    wrong = first_difference(lambda: LocalBackend({**REFERENCE, "double": lambda x: x * x}), found)
    assert wrong is not None
    assert (wrong.source, wrong.expected, wrong.got) == ("x = 3.0\ndouble(x)", "6.0", "9.0")
    assert wrong.difference == "It is 9 instead of 6."
    raising = first_difference(lambda: LocalBackend({**REFERENCE, "double": lambda x: 1 / x}), found)
    assert raising is not None and raising.got == "" and "ZeroDivisionError" in raising.difference
    assert first_difference(lambda: LocalBackend(REFERENCE), found) is None
