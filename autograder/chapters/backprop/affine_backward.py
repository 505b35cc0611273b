"""The affine layer, `affine_backward`: hidden checks, named mistakes, variants."""

import numpy as np
import pytest

from autograder.checking import mistakes, variants

from .shared import KEPT, WHOLE, agrees, anew

# --- Checks -------------------------------------------------------------------------------------------------


# Batch, fan_in, fan_out. One example twice: what is changed, handed back or used again shows there.
SIZES = ((1, 2, 6), (1, 2, 6), (4, 3, 3), (5, 5, 4), (7, 1, 2), (2, 6, 1), (3, 2, 3))
SCALES = (1.0, 1.0, 1.0, 1e9, 1e-9, 1.0, 1.0)


def layer(rng, n, fan_in, fan_out):
    """Inputs of an affine layer, and a gradient for it."""
    X, W, b = (rng.normal(size=shape) for shape in ((n, fan_in), (fan_in, fan_out), (fan_out,)))
    X[1:2] = 0.0  # an example like any other
    return rng.normal(size=(n, fan_out)), X, W, b


@pytest.mark.exercise("affine_backward")
def test_affine_forward(student, reference, rng):
    """Forward: each example times the weights, plus the biases; several calls in a row are right."""
    for size, sizes in zip(SCALES, SIZES, strict=True):
        _, X, W, b = layer(rng, *sizes)
        assert agrees(student, reference, "affine_forward", size * X, W, size * b, atol=1e-14 * size), (
            "The answer is not X·W + b: each row of X times W, and b added to each row, also where there are "
            f"as many examples as outputs. {WHOLE}"
        )
    assert anew(student, reference, "affine_forward", X, W, b), f"affine_forward: {KEPT}"


@pytest.mark.parametrize("member", [0, 1, 2])
@pytest.mark.exercise("affine_backward")
def test_affine_backward(student, reference, rng, member):
    """Backward: the gradient of each input, for any sizes and grad_out; several calls in a row are right."""
    for size, sizes in zip(SCALES, SIZES, strict=True):
        grad_out, *given = layer(rng, *sizes)
        grad_out, tiny = size * grad_out, 1e-14 * size
        assert agrees(student, reference, "affine_backward", grad_out, *given, member=member, atol=tiny), (
            f"The gradient of {'XWb'[member]} is wrong. It has the shape of {'XWb'[member]}; write down how "
            f"one entry of it changes the outputs, and in which examples: they are the first axis. {WHOLE}"
        )
    if member == 0:
        assert anew(student, reference, "affine_backward", grad_out, *given), f"affine_backward: {KEPT}"


# --- Mistakes -----------------------------------------------------------------------------------------------


MISTAKES = mistakes(
    "affine_backward",
    (
        "no_bias",
        "The forward pass leaves the biases out.",
        ("return X @ W + b", "return X @ W"),
    ),
    (
        "everything_averaged",
        "The gradients of the weights and the biases are divided by the size of the batch. Each example "
        "adds its share: the loss has averaged before, and grad_out shows it.",
        ("X.T @ grad_out, np.sum(grad_out, axis=0)", "X.T @ grad_out / len(X), np.mean(grad_out, axis=0)"),
    ),
    (
        "bias_averaged",
        "The gradient of the biases is a mean over the batch. A bias serves every example, and their "
        "contributions add up.",
        ("np.sum(grad_out, axis=0)", "np.mean(grad_out, axis=0)"),
    ),
    (
        "bias_counts_examples",
        "The gradient of the biases is the number of examples, whatever comes in. Each example contributes "
        "what came in for it.",
        ("np.sum(grad_out, axis=0)", "np.full(len(b), float(len(X)))"),
    ),
    (
        "bias_of_each_example",
        "The gradient of the biases has a row for each example. The biases serve all of them: add up.",
        ("np.sum(grad_out, axis=0)", "grad_out.copy()"),
    ),
    (
        "weights_not_transposed",
        "The gradient of X is multiplied by W as it is. What went forward from input i to output j comes "
        "back from j to i: look at the shapes.",
        ("grad_out @ W.T", "grad_out @ W"),
    ),
    (
        "weights_transposed_where_they_must",
        "Where W is square the gradient of X is multiplied by W as it is. Back it goes through the "
        "transpose, whether the shapes need it or not.",
        ("grad_out @ W.T", "grad_out @ (W if W.shape[0] == W.shape[1] else W.T)"),
    ),
    (
        "weights_gradient_turned",
        "The gradient of W has the shape of its transpose. Here W is (fan_in, fan_out), other than in "
        "PyTorch.",
        ("X.T @ grad_out", "grad_out.T @ X"),
    ),
    (
        "first_example_only",
        "The gradient of W comes from the first example alone: all of them have been through the same "
        "weights.",
        ("X.T @ grad_out", "np.outer(X[0], grad_out[0])"),
    ),
)


# --- Variants -----------------------------------------------------------------------------------------------


class AffineByEinsum:
    """einsum for everything."""

    def affine_forward(X, W, b):
        return np.einsum("ni,io->no", X, W) + b[None, :]

    def affine_backward(grad_out, X, W, b):
        return (
            np.einsum("no,io->ni", grad_out, W),
            np.einsum("ni,no->io", X, grad_out),
            np.einsum("no->o", grad_out),
        )


class AffineByExamples:
    """One example at a time, outer products added up; a list comes back."""

    def affine_forward(X, W, b):
        return np.stack([x @ W + b for x in X])

    def affine_backward(grad_out, X, W, b):
        grad_X, grad_W, grad_b = np.empty_like(X), np.zeros_like(W), np.zeros_like(b)
        for n in range(X.shape[0]):
            grad_X[n] = W @ grad_out[n]
            grad_W += np.outer(X[n], grad_out[n])
            grad_b += grad_out[n]
        return [grad_X, grad_W, grad_b]


class AffineWithAColumnOfOnes:
    """The bias as the weight of an input that is always 1."""

    def affine_forward(X, W, b):
        return np.hstack([X, np.ones((len(X), 1))]) @ np.vstack([W, b])

    def affine_backward(grad_out, X, W, b):
        wide, tall = np.hstack([X, np.ones((len(X), 1))]), np.vstack([W, b])
        both = wide.T @ grad_out
        return (grad_out @ tall.T)[:, :-1], both[:-1], both[-1]


VARIANTS = variants("affine_backward", AffineByEinsum, AffineByExamples, AffineWithAColumnOfOnes)
