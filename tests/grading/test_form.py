"""The row about form: what it costs, and that each cause is said once and alone."""

from __future__ import annotations

import numpy as np
import pytest

from autograder.calls import probe
from autograder.calls.backends import LocalBackend
from autograder.calls.journal import Call
from autograder.calls.stories import Line
from autograder.grading.form import NAME, SENTENCES, SHARE, containers, form_result, what_right_answers_do
from autograder.grading.verdict import Verdict


def seen(*kinds: str) -> frozenset[tuple[str, str]]:
    return frozenset((kind, "walk_step") for kind in kinds)


def said(*kinds: str) -> list[str]:
    """The kinds whose sentences stand in the row."""
    message = form_result([], seen(*kinds)).message
    return [kind for kind, sentence in SENTENCES.items() if sentence.format(where="walk_step") in message]


def test_nothing_to_say_is_a_passed_row() -> None:
    """It earns nothing and costs nothing."""
    row = form_result([], frozenset())
    assert (row.name, row.weight, row.verdict, row.message) == (NAME, 0.0, Verdict.CORRECT, "")


def test_form_costs_at_most_a_quarter_and_says_so() -> None:
    """However much is wrong with it."""
    assert 0 < SHARE <= 0.25
    row = form_result(["f: a list.", "g: an axis."], seen(probe.ORDER, probe.CHANGED))
    assert (row.verdict, row.weight) == (Verdict.WRONG, 0.0)
    assert row.message.startswith("f: a list. g: an axis. ") and row.message.count("25%") == 1
    assert row.message.endswith("this costs 25% of the exercise, once.")


@pytest.mark.parametrize("kind", SENTENCES)
def test_each_side_effect_has_its_sentence_with_its_place(kind: str) -> None:
    """It says what happened and what to do, and the last sentence is about the cost."""
    assert said(kind) == [kind]
    message = form_result([], frozenset({(kind, "f"), (kind, "g: 0"), (kind, "")})).message
    assert kind == probe.ENDED or "0 of g, f" in message


def test_an_argument_is_named() -> None:
    """By the reference's signature; the first argument of a step is no "0" to a student."""
    seen_one = frozenset({(probe.CHANGED, "step: 1"), (probe.CHANGED, "step: rng")})
    message = form_result([], seen_one, {"step": lambda params, grads, *, rng: params}).message
    assert "(grads of step, rng of step)" in message


@pytest.mark.parametrize(
    ("shown", "told"),
    [
        ((probe.CHANGED, probe.AGAIN, probe.KEPT, probe.SHARED), [probe.CHANGED]),
        ((probe.AGAIN, probe.KEPT), [probe.AGAIN]),
        ((probe.TURNS, probe.AGAIN, probe.KEPT), [probe.TURNS]),
        ((probe.BUFFER, probe.SHARED, probe.TURNS, probe.AGAIN, probe.KEPT), [probe.BUFFER]),
        ((probe.SHARED, probe.KEPT), [probe.SHARED, probe.KEPT]),
        ((probe.KEPT, probe.STALE), [probe.KEPT]),
        ((probe.ANSWERS, probe.LAYOUT), [probe.ANSWERS]),  # the remembered answer was spoilt before
        ((probe.CHANGED, probe.ORDER, probe.AGAIN), [probe.CHANGED, probe.ORDER]),
        ((probe.CHANGED, probe.TURNS, probe.AGAIN), [probe.CHANGED, probe.TURNS]),
        ((probe.TURNS, probe.LAYOUT, probe.ORDER), [probe.TURNS]),  # drawn outside: no two answers agree
    ],
)
def test_of_what_follows_from_each_other_the_cause_is_told(shown: tuple, told: list[str]) -> None:
    """A student who changes an argument is not told three other things that come of it."""
    assert said(*shown) == told


def test_of_containers_each_function_is_told_once() -> None:
    """The first sentence of its last check; functions without one are not mentioned."""
    listed, plain = Call("f", (), {}, form=("it is a list", "and more")), Call("g", (), {}, 1.0)
    axis = Call("h", (), {}, form=("it has an axis more",))
    assert containers([(listed, plain, listed), (axis, listed)]) == [
        "f: it is a list.",
        "h: it has an axis more.",
    ]


def test_what_right_answers_do_is_the_union_over_them() -> None:
    """The reference and each variant may do something of their own."""
    story = (Line("f", (np.ones(2),), {}, "read"),) * 2

    def backend(source: str) -> LocalBackend:
        space: dict = {}
        exec(source, space)
        return LocalBackend(space)

    plain, view = backend("def f(x):\n    return 2 * x"), backend("def f(x):\n    return x[:1]")
    changes = backend("def f(x):\n    x += 1\n    return x.copy()")
    assert what_right_answers_do([plain], [story]) == frozenset()
    assert probe.SHARED in what_right_answers_do([plain, view], [story])
    assert {probe.SHARED, probe.CHANGED} <= what_right_answers_do([plain, view, changes], [story])
