"""Causal attention, forward and backward, `causal_attention`: hidden checks."""

import numpy as np
import pytest

from autograder.checking import close, examples

from ..shared import few_digits, number
from .shared import slope_of

# --- Checks -------------------------------------------------------------------------------------------------


SIZES = ((2, 3, 4, 5), (3, 2, 1, 4), (1, 1, 80, 1), (2, 3, 3, 3))


def arrays(rng, shape, size=1.5):
    """Queries, keys and values, and an upstream gradient."""
    q, k, v = (size * rng.normal(size=shape) for _ in range(3))
    return q, k, v, rng.normal(size=shape)


@pytest.mark.exercise("causal_attention", weight=3)
def test_each_position_takes_its_mean(student, reference, rng):
    """For several numbers of examples, heads and positions the answers are the formula's."""
    for shape in SIZES:
        q, k, v, _ = arrays(rng, shape)
        if shape == (2, 3, 3, 3):
            q[0, 0] = k[0, 0] = np.eye(3)  # scores of 0 that are seen
        got, want = (side.causal_attention(q, k, v) for side in (student, reference))
        assert close(got, want, atol=1e-11), few_digits(got, want) or (
            "A position's answer is another. Its scores against the keys 0 … t are divided by √d, their "
            "softmax weighs the values 0 … t, a score of 0 like any other; examples and heads do not meet."
        )


@pytest.mark.exercise("causal_attention")
def test_the_future_is_not_seen(student, rng):
    """An answer depends on no later key or value, but on its own and on the first one."""
    q, k, v, _ = arrays(rng, (2, 2, 5, 3))
    q /= 10  # no weight is tiny
    t = int(rng.integers(1, 4))
    later = [array.copy() for array in (q, k, v)]
    for array in later:
        array[:, :, t + 1 :] = 7.0
    before, after = student.causal_attention(q, k, v), student.causal_attention(*later)
    assert close(before[:, :, : t + 1], after[:, :, : t + 1], atol=1e-10), (
        "An answer changes with keys or values that come later in the text."
    )
    for seen in (t, 0):
        larger = v.copy()
        larger[:, :, seen] += 1.0
        moved = student.causal_attention(q, k, larger)[:, :, t] - before[:, :, t]
        assert np.all(moved > 1e-6), (
            "A position does not see itself, or not the first one: t sees 0 … t, its own value included."
        )


@pytest.mark.exercise("causal_attention")
def test_large_scores(student, reference, rng):
    """Scores of a thousand, of both signs, with a hidden one that is far larger, give right numbers."""
    q, k, v, grad_out = arrays(rng, (1, 2, 5, 3), size=30.0)
    q[0, 0, :, 0], k[0, 0, :, 0] = 100.0, -200.0
    k[0, 0, 4, 0] = 300.0  # hidden from the positions before it, whose scores are all far below
    v = v / 30
    got, want = (side.causal_attention(q, k, v) for side in (student, reference))
    assert close(got, want, atol=1e-10), (
        "Large scores give other numbers, or none. Take off the maximum of each row, over the positions that "
        "it sees; no score is cut off."
    )
    got, want = (side.causal_attention_backward(grad_out, q, k, v) for side in (student, reference))
    small = [array / 100 for array in (q, k)]
    plain = (side.causal_attention_backward(grad_out, *small, v) for side in (student, reference))
    assert close(got, want, rtol=1e-7, atol=1e-8), (
        "With large scores the gradients are others, or none: the backward pass, too, takes each row's "
        "maximum off."
        if close(*plain, rtol=1e-7, atol=1e-8)
        else "The gradients are off with small scores already: mend those first."
    )
    far = np.array([-1e6, 1e6]).reshape(
        1, 1, 2, 1
    )  # the first position's own score is far below the hidden one
    got = student.causal_attention(np.full((1, 1, 2, 1), 1e6), far, v[:, :1, :2, :1])
    assert close(got[0, 0, 0], v[0, 0, 0, :1]), (
        "Where the hidden score is far above all that a position sees, the position takes some of a later "
        "value. A score that is set to, or lowered by, a large number is not surely the smallest: minus "
        "infinity is."
    )
    for time in (1, 2):  # each position sees itself alone
        ones = np.ones((1, 1, time, 1))
        got = student.causal_attention_backward(ones, 1e6 * ones, far[:, :, :time], v[:, :1, :time, :1])
        assert close(got[2], ones), (
            "Where there is one position only, its gradient of the value is not the upstream gradient."
            if time == 1
            else "Where a hidden score is far above all that a position sees, the gradient of the values is "
            "another: the backward pass has the weights of the forward pass, with minus infinity for hidden "
            "scores."
        )


@pytest.mark.exercise("causal_attention")
@pytest.mark.parametrize("name", ["q", "k", "v"])
def test_each_gradient_follows_its_formula(student, reference, rng, name):
    """The gradient of queries, keys and values, for several shapes."""
    place = "qkv".index(name)
    for shape in SIZES:
        *inputs, grad_out = arrays(rng, shape)
        got, want = (side.causal_attention_backward(grad_out, *inputs) for side in (student, reference))
        assert close(got[place], want[place], rtol=1e-8, atol=1e-10), (
            f"grad_{name} is another one. Write the text's four steps in their order: the weights "
            f"again, the gradient of v, that of the weights, and back through softmax and scores."
        )


@pytest.mark.exercise("causal_attention")
def test_the_gradients_are_slopes(student, reference, rng):
    """Central differences of the forward pass, weighted by an upstream gradient that is not constant."""
    *inputs, grad_out = arrays(rng, (1, 2, 3, 2), size=number(rng, 0.8, 1.2))
    student.causal_attention(*inputs[::-1])  # others in between: nothing is kept from a forward pass
    got = student.causal_attention_backward(grad_out, *inputs)
    for place in range(3):

        def forward(array, place=place):
            return reference.causal_attention(*inputs[:place], array, *inputs[place + 1 :])

        assert close(got[place], slope_of(forward, inputs[place], grad_out), rtol=1e-5, atol=1e-7), (
            f"grad_{'qkv'[place]} is not the slope of the forward pass at these q, k and v."
        )


# --- Examples -----------------------------------------------------------------------------------------------

ROWS = "q, k, v = np.array([1, 0, 2, 1, 0, 2, 0, 1, 1, 1, 2, 0, 1, 2, 5, 0, 0, 3.0]).reshape(3, 1, 1, 3, 2)"

EXAMPLES = examples(
    "causal_attention",
    f"""
    {ROWS}
    causal_attention(q, k, v)
    """,
    f"""
    {ROWS}
    causal_attention(1000.0 * q, k, v), causal_attention_backward(v, 1000.0 * q, k, v)
    """,
    """
    q, k = np.full((1, 1, 2, 1), 100.0), np.array([-150.0, 10.0]).reshape(1, 1, 2, 1)
    causal_attention(q, k, np.array([3.0, 5.0]).reshape(1, 1, 2, 1)).ravel()  # the first sees itself alone
    """,
    f"""
    {ROWS}
    causal_attention_backward(np.array([[[[1.0, 0.0], [0.0, 2.0], [1.0, 1.0]]]]), q, k, v)
    """,
)
