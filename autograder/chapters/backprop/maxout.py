"""Maxout, `maxout`: hidden checks, named mistakes, variants."""

import numpy as np
import pytest

from autograder.checking import close, conventions, examples, mistakes

from .shared import KEPT, agrees, anew, off_zero

# --- Checks -------------------------------------------------------------------------------------------------


def pieces(rng, n, fan_in, fan_out, k):
    """Inputs of a maxout layer, and a gradient for it."""
    X, W, b = (rng.normal(size=shape) for shape in ((n, fan_in), (fan_in, fan_out, k), (fan_out, k)))
    X[1:2] = 0.0  # an example like any other
    return rng.normal(size=(n, fan_out)), X, W, b


@pytest.mark.exercise("maxout", weight=2)
def test_maxout_takes_the_largest_piece(student, reference, rng):
    """Each unit is the largest of its pieces, bias included; several calls in a row are right."""
    for low, *sizes in (
        (0, 1, 2, 3, 5),  # one example twice: what is changed or used again shows there
        (0, 1, 2, 3, 5),
        (0, 6, 3, 4, 2),
        (0, 4, 5, 1, 3),
        (1e7, 3, 3, 3, 3),
        (1e150, 2, 3, 1, 2),
    ):
        _, X, W, b = pieces(rng, *sizes)
        b = b - low
        assert agrees(student, reference, "maxout", X, W, b), (
            "A unit's value is not the largest of its pieces. The pieces lie along the last axis of W and "
            "of b; the largest is the one nearest to plus infinity, however far below 0 all of them are."
        )
    _, *given = pieces(rng, 2, 3, 2, 4)
    assert anew(student, reference, "maxout", *given), f"maxout: {KEPT}"


@pytest.mark.parametrize("member", [0, 1, 2])
@pytest.mark.exercise("maxout")
def test_maxout_rewards_the_winner(student, reference, rng, member):
    """Backward, the gradient goes to the pieces that won; several calls in a row are right."""
    for size, *sizes in (
        (1e-9, 1, 4, 2, 3),
        (1, 1, 4, 2, 3),
        (1, 6, 3, 4, 2),
        (1e5, 5, 2, 3, 400),
        (1, 3, 3, 3, 3),
    ):
        grad_out, X, W, b = pieces(rng, *sizes)
        given, tiny = (size * grad_out, X, W, 2 * b), 1e-12 * size
        assert agrees(student, reference, "maxout_backward", *given, member=member, atol=tiny), (
            f"The gradient of {'XWb'[member]} is wrong. In each example a unit's gradient belongs to its "
            "winner, found with the biases. A piece's gradient adds up over the examples that it won, an "
            "example's over the units."
        )
    if member == 0:
        assert anew(student, reference, "maxout_backward", *pieces(rng, 2, 3, 2, 4)), (
            f"maxout_backward: {KEPT}"
        )


@pytest.mark.exercise("maxout")
def test_maxout_ties_go_to_the_first(student, rng):
    """Where pieces are equally large the one with the lowest index gets all of the gradient."""
    w, X = rng.integers(1, 5, size=2).astype(float), rng.integers(-4, 5, size=(4, 2)).astype(float)
    grad_out = off_zero(rng, 4, 1)
    W = np.stack([np.zeros(2), w, w], axis=1)[:, None, :]
    b = np.array([[-100.0, 0.5, 0.5]])  # the first never wins, the others tie, in whole numbers to the bit
    _, grad_W, grad_b = student.maxout_backward(grad_out, X, W, b)
    want = np.stack([np.zeros(2), X.T @ grad_out[:, 0], np.zeros(2)], axis=1)[:, None, :]
    assert close(grad_b, np.array([[0.0, grad_out.sum(), 0.0]])) and close(grad_W, want), (
        "Two pieces are the same and win together in four examples. All of the gradient goes to the one with "
        "the lower index: it is neither shared out nor given to each. And it adds up over the examples: `+=` "
        "at an array of indices counts an index that stands there twice only once."
    )
    b[0, 2] += 2.0**-42
    _, _, grad_b = student.maxout_backward(grad_out, X[::-1], W, b)
    assert close(grad_b, np.array([[0.0, 0.0, grad_out.sum()]])), (
        "A piece that is larger by very little wins: it is no tie, and all of the gradient is its own."
    )


@pytest.mark.exercise("maxout")
def test_maxout_of_one_piece_is_affine(student, rng):
    """With a single piece a unit there is nothing to win: the layer is affine, both ways."""
    for n, units in ((5, 2), (4, 1), (1, 1)):
        grad_out, X, W, b = pieces(rng, n, 3, units, 1)
        want = (grad_out @ W[:, :, 0].T, (X.T @ grad_out)[:, :, None], grad_out.sum(axis=0)[:, None])
        assert close(student.maxout(X, W, b), X @ W[:, :, 0] + b[:, 0]), (
            "With k = 1 the answer is X·W + b, without the axis of the pieces, be there one unit or several."
        )
        assert close(student.maxout_backward(grad_out, X, W, b), want), (
            "With k = 1 the gradients are an affine layer's: sums over the examples, or over the units, with "
            "no other factor."
        )


# --- Mistakes -----------------------------------------------------------------------------------------------


MISTAKES = mistakes(
    "maxout",
    (
        "mean_of_the_pieces",
        "A unit is the mean of its pieces, which is affine again. It is their maximum.",
        (
            "return np.max(np.tensordot(X, W, axes=1) + b, axis=2)",
            "return np.mean(np.tensordot(X, W, axes=1) + b, axis=2)",
        ),
    ),
    (
        "starts_at_zero",
        "The largest piece is searched from 0 on, so that a unit whose pieces are all negative is 0. It is "
        "their maximum all the same: start from the first piece.",
        (
            "return np.max(np.tensordot(X, W, axes=1) + b, axis=2)",
            "return np.max(np.tensordot(X, W, axes=1) + b, axis=2, initial=0.0)",
        ),
    ),
    (
        "starts_at_a_number",
        "The largest piece is searched from some number on, so that pieces below it never win. Start from "
        "the first piece.",
        (
            "return np.max(np.tensordot(X, W, axes=1) + b, axis=2)",
            "return np.max(np.tensordot(X, W, axes=1) + b, axis=2, initial=-1e9)",
        ),
    ),
    (
        "largest_magnitude",
        "The piece of largest magnitude is taken, be it negative. The largest is the one nearest to plus "
        "infinity.",
        (
            "return np.max(np.tensordot(X, W, axes=1) + b, axis=2)",
            "pieces = np.tensordot(X, W, axes=1) + b\n"
            "    far = np.argmax(np.abs(pieces), axis=2)[:, :, None]\n"
            "    return np.take_along_axis(pieces, far, axis=2)[:, :, 0]",
        ),
    ),
    (
        "everybody_is_paid",
        "Every piece gets the whole gradient, as if their sum were the unit. The pieces that lost do not "
        "change the value: their derivative is 0.",
        (
            "won = np.arange(b.shape[1]) == winner[:, :, None]",
            "won = np.full((*winner.shape, b.shape[1]), True)",
        ),
    ),
    (
        "bias_forgotten_backward",
        "Backward the winners are found without their biases, so that other pieces are paid than won "
        "forward. Look at how the pieces are computed again.",
        (
            "winner = np.argmax(np.tensordot(X, W, axes=1) + b, axis=2)",
            "winner = np.argmax(np.tensordot(X, W, axes=1), axis=2)",
        ),
    ),
    (
        "all_who_tie_are_paid",
        "Where pieces tie each of them gets the whole gradient, which doubles it. One of them wins: the "
        "first.",
        (
            "winner = np.argmax(np.tensordot(X, W, axes=1) + b, axis=2)",
            "pieces = np.tensordot(X, W, axes=1) + b\n    winner = np.max(pieces, axis=2)",
        ),
        ("won = np.arange(b.shape[1]) == winner[:, :, None]", "won = pieces == winner[:, :, None]"),
    ),
    (
        "last_who_ties_wins",
        "Where pieces tie the last of them is paid. The text gives the gradient to the one with the "
        "lowest index.",
        (
            "winner = np.argmax(np.tensordot(X, W, axes=1) + b, axis=2)",
            "pieces = np.tensordot(X, W, axes=1) + b\n"
            "    winner = b.shape[1] - 1 - np.argmax(pieces[:, :, ::-1], axis=2)",
        ),
    ),
    (
        "last_unit_replaces",
        "An example's gradient is that of its last unit alone: each unit overwrites what the one before has "
        "sent back. The units' gradients add up.",
        (
            "grad_X = np.tensordot(grad_pieces, W, axes=([1, 2], [1, 2]))",
            "grad_X = np.tensordot(grad_pieces[:, -1:], W[:, -1:], axes=([1, 2], [1, 2]))",
        ),
    ),
    (
        "batch_averaged",
        "The weights' gradient is divided by the size of the batch. Each example adds its share: the loss "
        "has averaged before, and grad_out shows it.",
        (
            "grad_W = np.tensordot(X, grad_pieces, axes=(0, 0))",
            "grad_W = np.tensordot(X, grad_pieces, axes=(0, 0)) / len(X)",
        ),
    ),
    (
        "wins_counted",
        "The biases' gradient counts how often each piece has won, without what came in for it.",
        ("grad_pieces.sum(axis=0)", "won.sum(axis=0) * 1.0"),
    ),
    free={"starts_at_a_number": ("initial={})", ("-1e9", "-1e6", "-1e10", "-1e12", "-1e5", "-1e3"))},
)


# --- Right by another convention ----------------------------------------------------------------------------


CONVENTIONS = conventions(
    "maxout",
    (
        "ties_share",
        "Right with the gradient shared out evenly between pieces that tie, as in JAX and torch.amax. The "
        "text of maxout_backward gives all of it to the first.",
        (
            "winner = np.argmax(np.tensordot(X, W, axes=1) + b, axis=2)",
            "pieces = np.tensordot(X, W, axes=1) + b\n    winner = np.max(pieces, axis=2)",
        ),
        ("won = np.arange(b.shape[1]) == winner[:, :, None]", "won = pieces == winner[:, :, None]"),
        (
            "np.where(won, grad_out[:, :, None], 0.0)",
            "won / won.sum(axis=2, keepdims=True) * grad_out[:, :, None]",
        ),
    ),
)

# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "maxout",
    """
    X, W, b = np.array([[1.0]]), np.array([[[1.0, -1.0]]]), np.array([[0.0, 5.0]])
    maxout_backward(np.array([[2.0]]), X, W, b)
    """,
    "maxout(np.array([[1.0]]), np.array([[[-1.0, -2.0]]]), np.zeros((1, 2)))",
    "maxout(np.array([[1.0]]), np.array([[[-3e15, -4e15]]]), np.zeros((1, 2)))",
    """
    X, W, b = np.array([[1.0]]), np.array([[[3.0, 3.0]]]), np.zeros((1, 2))
    maxout_backward(np.array([[2.0]]), X, W, b)
    """,
)
