"""What reading a notebook's code tells: what may stand in for the work, and which names it can reach."""

from __future__ import annotations

import pytest

from autograder.submissions.static import DETOURS, MAX_NAMED, allowed, borrowed, mentions

SETUP = ("import numpy as np\nfrom sklearn.datasets import load_digits",)


@pytest.mark.parametrize(
    ("source", "named"),
    [
        ("import torch", "imports torch"),
        ("import torch.optim as optim", "imports torch"),
        ("from scipy.optimize import minimize", "imports scipy"),
        ("def f():\n    import jax.numpy as jnp", "imports jax"),
        ("__import__('torch')", "imports torch"),
        ("import importlib\nimportlib.import_module('torch.nn')", "imports torch"),
        ("__import__('to' + 'rch')", "by a name that is put together"),
        ("import importlib as i\ni.import_module(name)", "by a name that is put together"),
        ("y = np.gradient(x)", "calls numpy.gradient"),
        ("from numpy import convolve as c\nc(x, y)", "calls numpy.convolve"),
        ("from numpy import linalg as la\nla.lstsq(X, y)", "calls numpy.linalg.lstsq"),
        ("from numpy import polyfit as p", "calls numpy.polyfit"),
    ],
)
def test_what_may_do_the_work_is_named(source: str, named: str) -> None:
    """Imports however written, and NumPy's own solvers under any alias, each give one sentence."""
    (sentence,) = borrowed([source, source], allowed(SETUP, ""))
    assert named in sentence and "for the instructor to judge" in sentence


@pytest.mark.parametrize(
    "source",
    [
        "import math, collections, numpy, numpy.linalg\nfrom matplotlib import pyplot as plt",
        "from sklearn.datasets import load_digits",  # the release imports it too
        "np.dot(x, y), np.exp(x), x.gradient(), gradient(x), np.gradient",
        "def broken(",
        "x = \0",
        "(" * 5000,
        "-" * 100_000 + "1",
        "",
    ],
)
def test_plain_code_is_not_named(source: str) -> None:
    """The standard library, NumPy, plots, the release's own imports; what is no Python gives no sentence."""
    assert borrowed([source], allowed(SETUP, "")) == ()


def test_what_the_reference_uses_is_free() -> None:
    """A call that the reference itself makes stands in for nothing."""
    reference = "import numpy as np\ndef f(x):\n    return np.convolve(x, x)"
    assert borrowed(["def f(x):\n    return np.convolve(x, x)"], allowed(SETUP, reference)) == ()


def test_a_flood_of_imports_is_cut() -> None:
    """As many sentences as somebody reads, each of a bounded length."""
    source = "\n".join(f"import {'x' * 5000}{number}" for number in range(1000))
    sentences = borrowed([source], allowed(SETUP, ""))
    assert len(sentences) == MAX_NAMED + 1 and all(len(sentence) < 200 for sentence in sentences)
    assert "990 more" in sentences[-1]


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("def f(x):\n    return 1", False),
        ("def f(x):\n    return f(x - 1)", False),
        ('def g(x):\n    """Like f(x)."""\n    return x  # not f', False),
        ("def g(x):\n    return f(x)", True),
        ("def f(x):\n    return 1\nprint(f(2))", True),
        ("class C:\n    def f(self):\n        return f(1)", True),
        ("h = f", True),
        ("from somewhere import f", True),
        ("import f.g", True),
        ("thing.f()", True),
        ("def f(x:", True),
        ("x = '\0'", True),
        ("async def f(x):\n    return f(x)", True),
        ("", False),
    ],
)
def test_a_use_is_seen(source: str, found: bool) -> None:
    """Calls, aliases, imports and attributes; a function's own name inside itself and plain text are none."""
    assert mentions([source], ["f"]) is found
    assert mentions(["y = 1", source], ["e", "f"]) is found


@pytest.mark.parametrize("detour", sorted(DETOURS))
def test_a_way_round_may_lead_anywhere(detour: str) -> None:
    """Code that looks names up at run time can reach functions that no line names."""
    assert mentions([f"x = {detour}"], ["f"]) and mentions([f"x = y.{detour}"], [])
