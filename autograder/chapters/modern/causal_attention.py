"""Causal attention, forward and backward, `causal_attention`: hidden checks, named mistakes."""

import numpy as np
import pytest

from autograder.checking import close, examples, mistakes

from ..shared import number
from .shared import slope_of

# --- Checks -------------------------------------------------------------------------------------------------


SIZES = ((2, 3, 4, 5), (1, 1, 6, 2), (3, 2, 1, 4))


def arrays(rng, shape, size=1.5):
    """Queries, keys and values, and an upstream gradient."""
    q, k, v = (size * rng.normal(size=shape) for _ in range(3))
    return q, k, v, rng.normal(size=shape)


@pytest.mark.exercise("causal_attention", weight=3)
def test_each_position_takes_its_mean(student, reference, rng):
    """For several numbers of examples, heads and positions the answers are the formula's."""
    for shape in SIZES:
        q, k, v, _ = arrays(rng, shape)
        assert close(student.causal_attention(q, k, v), reference.causal_attention(q, k, v), atol=1e-11), (
            "A position's answer is another. Its scores against the keys 0 … t are divided by √d, their "
            "softmax weighs the values 0 … t; examples and heads do not meet."
        )


@pytest.mark.exercise("causal_attention")
def test_the_future_is_not_seen(student, rng):
    """An answer does not depend on later keys and values, and does on its own."""
    q, k, v, _ = arrays(rng, (2, 2, 5, 3))
    t = int(rng.integers(1, 4))
    later = [array.copy() for array in (q, k, v)]
    for array in later:
        array[:, :, t + 1 :] = 7.0
    before, after = student.causal_attention(q, k, v), student.causal_attention(*later)
    assert close(before[:, :, : t + 1], after[:, :, : t + 1], atol=1e-10), (
        "An answer changes with keys or values that come later in the text."
    )
    own = v.copy()
    own[:, :, t] += 1.0
    moved = student.causal_attention(q, k, own)[:, :, t] - before[:, :, t]
    assert np.all(moved > 1e-6), "A position does not see itself: t sees 0 … t, its own value included."


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
        "it sees."
    )
    got, want = (side.causal_attention_backward(grad_out, q, k, v) for side in (student, reference))
    assert close(got, want, rtol=1e-7, atol=1e-8), "With large scores the gradients are others, or none."


@pytest.mark.exercise("causal_attention")
@pytest.mark.parametrize("name", ["q", "k", "v"])
def test_each_gradient_follows_its_formula(student, reference, rng, name):
    """The gradient of queries, keys and values, for several shapes."""
    place = "qkv".index(name)
    for shape in SIZES[:2]:
        *inputs, grad_out = arrays(rng, shape)
        got, want = (side.causal_attention_backward(grad_out, *inputs) for side in (student, reference))
        assert close(got[place], want[place], rtol=1e-8, atol=1e-10), (
            f"grad_{name} is another one. Write the docstring's four steps in their order: the weights "
            f"again, the gradient of v, that of the weights, and back through softmax and scores."
        )


@pytest.mark.exercise("causal_attention")
def test_the_gradients_are_slopes(student, reference, rng):
    """Central differences of the forward pass, weighted by an upstream gradient that is not constant."""
    *inputs, grad_out = arrays(rng, (1, 2, 3, 2), size=number(rng, 0.8, 1.2))
    got = student.causal_attention_backward(grad_out, *inputs)
    for place in range(3):

        def forward(array, place=place):
            return reference.causal_attention(*inputs[:place], array, *inputs[place + 1 :])

        assert close(got[place], slope_of(forward, inputs[place], grad_out), rtol=1e-5, atol=1e-7), (
            f"grad_{'qkv'[place]} is not the slope of the forward pass."
        )


# --- Mistakes -----------------------------------------------------------------------------------------------


SCORES = "scores = q @ k.swapaxes(-1, -2) / np.sqrt(q.shape[-1])"
SEEN = "seen = np.tril(np.ones(scores.shape[-2:], dtype=bool))"
HIDDEN = "scores = np.where(seen, scores, -np.inf)"
EXPS = "weights = np.exp(scores - scores.max(axis=-1, keepdims=True))"
MEAN = "return weights / weights.sum(axis=-1, keepdims=True) @ v"
AGAIN = "scores = np.where(np.tri(q.shape[-2], dtype=bool), q @ k.swapaxes(-1, -2) / root, -np.inf)"
INNER = "inner = np.sum(weights * grad_weights, axis=-1, keepdims=True)"
BACK = "grad_scores = weights * (grad_weights - inner) / root"
GRADS = "return grad_scores @ k, grad_scores.swapaxes(-1, -2) @ q, weights.swapaxes(-1, -2) @ grad_out"

MISTAKES = mistakes(
    "causal_attention",
    (
        "no_mask",
        "Every position sees the whole text, also what comes later. Hide the keys after t before the "
        "softmax.",
        (HIDDEN, "scores = scores + 0.0 * seen"),
    ),
    (
        "sees_only_the_future",
        "The mask is turned round: a position sees itself and what comes after it.",
        (SEEN, "seen = np.triu(np.ones(scores.shape[-2:], dtype=bool))"),
    ),
    (
        "does_not_see_itself",
        "A position sees the earlier ones and not itself, so that the first one has nothing to look at.",
        (SEEN, "seen = np.tril(np.ones(scores.shape[-2:], dtype=bool), -1)"),
    ),
    (
        "masked_with_zero",
        "Hidden scores are set to 0, which is a score like any other. Only a score of minus infinity has the "
        "weight 0.",
        (HIDDEN, "scores = np.where(seen, scores, 0.0)"),
    ),
    (
        "masked_with_a_finite_score",
        "Hidden scores are set to a large negative number, and there are scores that are lower still. Only "
        "minus infinity is below every score.",
        (HIDDEN, "scores = np.where(seen, scores, -1e3)"),
    ),
    (
        "masked_after_the_softmax",
        "The weights are hidden after the softmax, so that those that are left do not add up to 1.",
        (HIDDEN, "hidden = ~seen"),
        (MEAN, "return np.where(hidden, 0.0, weights / weights.sum(axis=-1, keepdims=True)) @ v"),
    ),
    (
        "not_scaled",
        "The division of the scores by √d is missing.",
        (SCORES, "scores = q @ k.swapaxes(-1, -2)"),
    ),
    (
        "divided_by_d",
        "The scores are divided by d. It is the root of d.",
        (SCORES, "scores = q @ k.swapaxes(-1, -2) / q.shape[-1]"),
    ),
    (
        "scaled_by_time",
        "The scores are divided by the root of the number of positions. d is the length of a query.",
        (SCORES, "scores = q @ k.swapaxes(-1, -2) / np.sqrt(q.shape[-2])"),
    ),
    (
        "softmax_over_queries",
        "The softmax goes over the queries. For each query the weights of the keys add up to 1.",
        (EXPS, "weights = np.exp(scores - scores.max(axis=-1, keepdims=True)) + 0.0"),
        (MEAN, "return weights / weights.sum(axis=-2, keepdims=True) @ v"),
    ),
    (
        "keys_ask",
        "Keys and queries have changed places: row t of the scores belongs to query t.",
        (SCORES, "scores = k @ q.swapaxes(-1, -2) / np.sqrt(q.shape[-1])"),
    ),
    (
        "overflows",
        "The exponential of a large score is infinite. A row of scores may be shifted by any number: which "
        "one keeps the largest exponential at 1?",
        (EXPS, "weights = np.exp(scores)"),
    ),
    (
        "maximum_of_the_hidden",
        "The maximum is taken over all positions, hidden ones too. Where a hidden score is far larger, all "
        "that is seen becomes 0/0. Hide first, then take the maximum.",
        (HIDDEN, "top = scores.max(axis=-1, keepdims=True)\n    " + HIDDEN),
        (EXPS, "weights = np.exp(scores - top)"),
    ),
    (
        "softmax_without_its_mean",
        "In the backward pass the softmax has lost a term: from the gradient of each weight the row's mean, "
        "weighted by the weights, is taken off.",
        (BACK, "grad_scores = weights * grad_weights / root"),
    ),
    (
        "plain_mean_in_the_softmax",
        "What is taken off in the backward pass of the softmax is a plain sum over the row. It is weighted "
        "by the weights.",
        (INNER, "inner = np.sum(np.where(weights > 0, grad_weights, 0), axis=-1, keepdims=True)"),
    ),
    (
        "gradients_not_scaled",
        "The division by √d is missing on the way back. It was made on the way forward.",
        (BACK, "grad_scores = weights * (grad_weights - inner)"),
    ),
    (
        "backward_without_the_mask",
        "The backward pass makes its weights without the mask.",
        (AGAIN, "scores = q @ k.swapaxes(-1, -2) / root"),
    ),
    (
        "values_not_transposed",
        "The gradient of the values is made with the weights as they are. A value gathers from all the "
        "queries that saw it: the matrix is transposed.",
        (GRADS, GRADS.replace("weights.swapaxes(-1, -2) @ grad_out", "weights @ grad_out")),
    ),
    (
        "keys_not_transposed",
        "The gradient of the keys is made with the gradient of the scores as it is. A key gathers from all "
        "the queries: the matrix is transposed.",
        (GRADS, GRADS.replace("grad_scores.swapaxes(-1, -2) @ q", "grad_scores @ q")),
    ),
    (
        "queries_meet_queries",
        "The gradient of the queries is made with the queries. A score is q·k, so its slope along q is k.",
        (GRADS, GRADS.replace("grad_scores @ k", "grad_scores @ q")),
    ),
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
    causal_attention(1000.0 * q, k, v)
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
