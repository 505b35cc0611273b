"""The argument checks that chapters share: what they refuse, in which words, and who uses them."""

from __future__ import annotations

import ast
import doctest
from pathlib import Path

import numpy as np
import pytest

import solutions.given as given
from autograder.calls.fitting import StructureError, fitted

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


def test_what_a_function_changes_of_its_arguments_is_told_by_name() -> None:
    """Arrays and numbers, in dicts and lists too; a state of any kind, with NaN in it, may stay as it is."""

    def step(params, state, *, lr):
        state["count"][0] += lr
        return params

    params, state = {"w": np.ones(2)}, {"count": [0], "old": np.full(2, np.nan), "any": {print, step}}
    assert given.unchanged(step, params, state, lr=0) is params
    with pytest.raises(AssertionError, match=r"^step changed its argument state\. Build .* in a new dict: "):
        given.unchanged(step, params, state, lr=1)

    def half(x):
        x /= 2

    with pytest.raises(AssertionError, match=r"^half changed its argument x\. Build .* not w -= step\)\.$"):
        given.unchanged(half, np.ones(2))


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


@pytest.mark.parametrize(
    ("answer", "like", "sentence"),
    [
        (
            [1.0],
            np.zeros(1),
            "the answer should be an array of shape (1,) and type float64, got a list of length 1",
        ),
        (
            np.zeros((1, 2)),
            np.zeros(2),
            "the answer should be an array of shape (2,) and type float64, "
            "got an array of shape (1, 2) and type float64",
        ),
        (
            np.zeros(2, dtype=np.float32),
            np.zeros(2),
            "the answer should be an array of shape (2,) and type float64, "
            "got an array of shape (2,) and type float32",
        ),
        (
            np.zeros(2),
            np.zeros(2, dtype=int),
            "the answer should be an array of shape (2,) and type int64, "
            "got an array of shape (2,) and type float64",
        ),
        (
            np.ones(2, dtype=int),
            np.ones(2, dtype=bool),
            "the answer should be an array of shape (2,) and type bool, "
            "got an array of shape (2,) and type int64",
        ),
        (1.0, np.zeros(1), "the answer should be an array of shape (1,) and type float64, got a float"),
        (None, 0.0, "the answer should be a float, got None"),
        (np.float32(1), 0.0, "the answer should be a float, got a float32"),
        (np.zeros(1), 0.0, "the answer should be a float, got an array of shape (1,) and type float64"),
        ([[1.0], [1.0, 2.0]], 0.0, "the answer should be a float, got a list of length 2"),
        ("1", 0.0, "the answer should be a float, got a str"),
        (True, 0, "the answer should be an int, got a bool"),
        (1, True, "the answer should be a bool, got an int"),
        (0.0, "", "the answer should be a str, got a float"),
        (
            np.zeros(2),
            [0.0, 0.0],
            "the answer should be a list of length 2, got an array of shape (2,) and type float64",
        ),
        (iter([0.0]), [0.0], "the answer should be a list of length 1, got a list_iterator"),
        ((1.0,), (0.0, 0.0), "the answer should be a tuple of length 2, got a tuple of length 1"),
        ([], {"w": 0.0}, "the answer should be a dict with the keys ['w'], got a list of length 0"),
        (
            {"W": 0.0},
            {"w": 0.0},
            "the answer should be a dict with the keys ['w'], got a dict with the keys ['W']",
        ),
        (
            (0.0, {"w": [0.0]}),
            (0.0, {"w": np.zeros(1)}),
            "answer[1]['w'] should be an array of shape (1,) and type float64, got a list of length 1",
        ),
    ],
)
def test_an_answer_in_another_form_is_told_in_one_sentence(answer, like, sentence) -> None:
    """The message names what is asked for, what came, and the place within the answer."""
    with pytest.raises(TypeError) as refused:
        given.check_form(answer, like)
    assert str(refused.value) == sentence
    try:
        told = fitted(answer, like)[1]
    except StructureError:
        return
    assert told, "refused here, and right to the grader"


@pytest.mark.parametrize(
    ("answer", "like"),
    [
        (1, 0.0),
        (np.float64(1), 0.0),
        (np.array(1.0), 0.0),
        (1.0, np.array(0.0)),
        (2.0, 0),
        (np.float32(2), 0),
        (np.int32(1), 0),
        (np.True_, True),
        (np.ones(2, dtype=int), np.zeros(2)),
        (np.ones(2, dtype=np.int32), np.zeros(2, dtype=int)),
        ([1.0, (2, 3)], (0.0, [0.0, 0])),
        ({"b": 1.0, "w": np.ones(2)}, {"w": np.zeros(2), "b": 0.0}),
        ("one", "another"),
    ],
)
def test_forms_that_cost_nothing_are_not_refused(answer, like) -> None:
    """The sentence never comes where the grader takes the answer as it is."""
    given.check_form(answer, like)
    assert fitted(answer, like)[1] == ()


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
