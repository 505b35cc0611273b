"""The argument checks that chapters share: what they refuse, in which words, and who uses them."""

from __future__ import annotations

import ast
import doctest
from pathlib import Path

import numpy as np
import pytest

import solutions.given as given

CHAPTERS = [path for path in sorted(Path(given.__file__).parent.glob("[a-z]*.py")) if path.stem != "given"]


@pytest.mark.parametrize(
    ("span", "inside", "outside"),
    [
        (given.NOT_NEGATIVE, (0, 0.5, 1e300), (-1e-300, np.inf, np.nan)),
        (given.POSITIVE, (1e-300, 2, 1e300), (0, -1, np.inf, np.nan)),
        (given.FRACTION, (0, 0.5, np.nextafter(1, 0)), (-1e-300, 1, np.nan)),
        (given.at_least(2), (2, 3, np.inf), (1, -2, 1.999, np.nan)),
    ],
    ids=["not negative", "positive", "fraction", "at least"],
)
def test_a_range_holds_up_to_its_ends(span, inside, outside) -> None:
    """Both ends of each range, and what is no number at all."""
    holds, rule = span
    for value in inside:
        given.check_ranges({"x": value}, {"x": (holds, rule, "cure")})
    for value in outside:
        with pytest.raises(ValueError) as refused:
            given.check_ranges({"x": value}, {"x": (holds, rule, "cure")})
        assert str(refused.value) == f"x must {rule}, got {value}; cure"


def test_every_value_is_held_against_the_rule_of_its_name() -> None:
    """The first that is out of range is told; a rule without a value says nothing; no rule is an error."""
    rules = {"lr": (*given.POSITIVE, "cure"), "rho": (*given.FRACTION, "other"), "eps": (*given.POSITIVE, "")}
    given.check_ranges({"lr": 1.0, "rho": 0.0}, rules)
    with pytest.raises(ValueError, match=r"^rho must lie in \[0, 1\), got 1.5; other$"):
        given.check_ranges({"lr": 1.0, "rho": 1.5, "eps": 0.0}, rules)
    with pytest.raises(KeyError, match="beta"):
        given.check_ranges({"beta": 0.5}, rules)


@pytest.mark.parametrize(
    ("grads", "sentence"),
    [
        ({"w": np.ones(2)}, r"keys of params, got \['w'\] for \['b', 'w'\]; give every parameter"),
        ({"w": np.ones(2), "b": 0.0, "c": 0.0}, r"keys of params, got \['b', 'c', 'w'\] for \['b', 'w'\]"),
        ({"w": np.ones((2, 1)), "b": 0.0}, r"shape, got \(2, 1\) for 'w' of shape \(2,\); look at"),
        ({"w": np.ones(2), "b": np.ones(1)}, r"shape, got \(1,\) for 'b' of shape \(\); look at"),
    ],
    ids=["one missing", "one too many", "a column", "no number"],
)
def test_gradients_that_are_not_their_parameters_are_refused(grads, sentence) -> None:
    """Keys first, then shapes; the order of the keys is free, and numbers count as arrays."""
    params = {"w": np.zeros(2), "b": 0.0}
    given.check_grads(params, {"b": 1.0, "w": np.ones(2)})
    with pytest.raises(ValueError, match=sentence):
        given.check_grads(params, grads)


@pytest.mark.parametrize("example", doctest.DocTestFinder().find(given), ids=lambda test: test.name)
def test_the_docstring_example_runs(example) -> None:
    """Every example in a docstring gives what it says."""
    assert doctest.DocTestRunner().run(example).failed == 0


def test_what_stands_here_serves_two_chapters_or_more() -> None:
    """And no chapter defines one of these names again, the capstone's stand-ins aside."""
    users: dict[str, set[str]] = {}
    defined: set[tuple[str, str]] = set()
    for path in CHAPTERS:
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ImportFrom) and node.module == "solutions.given":
                for alias in node.names:
                    users.setdefault(alias.name, set()).add(path.stem)
            if isinstance(node, ast.FunctionDef):
                defined.add((path.stem, node.name))
    ours = {name for name, item in vars(given).items() if not name.startswith("_") and item is not np}
    assert set(users) == ours
    assert [name for name, chapters in users.items() if len(chapters) < 2] == []
    assert {(chapter, name) for chapter, name in defined if name in ours} == set()
