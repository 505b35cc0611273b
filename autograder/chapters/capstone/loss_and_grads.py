"""One pass, forward and backward, `loss_and_grads`: hidden checks."""

import numpy as np
import pytest

from autograder.checking import close, examples

from ..shared import few_digits
from .shared import trained

# --- Checks -------------------------------------------------------------------------------------------------


def masks_for(rng, n, sizes, p):
    """Masks; where p is near 1 they keep all units of the first example, so that something is left."""
    return [(rng.random((n, width)) >= p) | (p > 0.9) & (np.arange(n) == 0)[:, None] for width in sizes[1:-1]]


PASS = "go through the layers once more. What was this part's input on the way forward?"


def one_pass(sides, rng, sizes, batch_norm, p, n=11, factor=1.0, shift=0.0, nothing_kept=False):
    """What both sides answer to the same pass, in which the last class does not come.

    The last layer is multiplied and shifted.
    """
    model, last = trained(rng, sizes, batch_norm), len(sizes) - 1
    for name in (f"W{last}", f"b{last}"):
        model["params"][name] = factor * model["params"][name] + shift * (name[0] == "b")
    if last > 10:
        model["params"] = dict(reversed(model["params"].items()))
    X, y, masks = (
        rng.normal(size=(n, sizes[0])),
        rng.integers(sizes[-1] - 1, size=n),
        masks_for(rng, n, sizes, p),
    )
    if nothing_kept:  # so that layer 2 is given zeros, and half of its sums are 0
        masks[0][:], model["params"]["b2"][::2] = False, 0.0
    return [side.loss_and_grads(model, X, y, masks, p=p) for side in sides]


def said(sides, rng, message):
    """``message``, if gradients are right without masks and batch norm; else it may accuse what is right."""
    got, want = one_pass(sides, rng, (5, 8, 6, 3), False, 0.0)
    plain = close(got[1], want[1])
    return message if plain else "Without masks and batch norm a gradient is off already: mend that first."


@pytest.mark.exercise("loss_and_grads")
@pytest.mark.parametrize("batch_norm", [True, False])
def test_the_loss_is_that_of_training(student, reference, rng, batch_norm):
    """The loss of a network with two hidden layers and masks, without batch norm also where p is near 1."""
    for p, rtol in ((0.3, 1e-12), (0.97, 1e-10))[: 1 + (not batch_norm)]:
        got, want = one_pass((student, reference), rng, (5, 9, 6, 3), batch_norm, p)
        assert close(got[0], want[0], rtol=rtol), few_digits(got[0], want[0]) or (
            "The loss is off. It is a mean over the batch; X comes standardised, and the last layer is "
            "affine and nothing else. In training batch norm uses the batch. Dropout comes after every ReLU, "
            "not the last alone, with batch norm or without. What is kept is divided by 1 - p, however large "
            "p is, and not by the share that the mask happens to keep."
        )


@pytest.mark.exercise("loss_and_grads", weight=2)
@pytest.mark.parametrize("sizes", [(5, 3), (5, 4, 3), (5, 4, 6, 7, 3), (4,) * 12])
def test_plain_gradients(student, reference, rng, sizes):
    """Gradients without batch norm and without dropping, for no, one, three and ten hidden layers."""
    got, want = one_pass((student, reference), rng, sizes, False, 0.0)
    order = " If it is right for fewer layers: W10 is the tenth, though as text it comes before W2."
    order = order if len(sizes) > 10 else ""
    assert close(got[1], want[1]), few_digits(got[1], want[1]) or (
        f"Without batch norm and dropout a gradient is off: {PASS}{order} Layers are found by their "
        "numbers, in whatever order the dict has them."
    )


@pytest.mark.exercise("loss_and_grads")
def test_scores_in_the_thousands(student, reference, rng):
    """Scores in the thousands, of both signs, and scores far below 0 give the loss and its gradients."""
    for factor, shift in ((2000.0, 0.0), (1.0, 5000.0), (1.0, -5000.0)):
        got, want = one_pass((student, reference), rng, (5, 4, 3), False, 0.0, factor=factor, shift=shift)
        assert close(got[:2], want[:2], rtol=1e-7, atol=1e-9), said(
            (student, reference),
            rng,
            "Where scores are in the thousands, or far below 0, loss or gradients are others, or none. If "
            "both are right elsewhere: do the exponentials overflow, are they all 0, or is a number added in "
            "the logarithm, so that the loss has a ceiling? Your softmax_cross_entropy knows how.",
        )


@pytest.mark.exercise("loss_and_grads", weight=2)
def test_gradients_through_dropout(student, reference, rng):
    """The gradient passes each layer's mask and its scale."""
    got, want = one_pass((student, reference), rng, (5, 6, 6, 6, 3), False, 0.4)
    assert close(got[1], want[1]), said(
        (student, reference),
        rng,
        "With masks a gradient is off. Each hidden layer, not the last alone, has its mask, and divides what "
        "is kept by 1 - p, not by the share that was kept. That holds on the way forward and on the way "
        "back, with batch norm or without.",
    )
    got, want = one_pass((student, reference), rng, (5, 8, 6, 3), False, 0.4, nothing_kept=True)
    assert close(got[:2], want[:2]), (
        "Where a layer's mask keeps nothing, loss or gradients are others. The masks are used as they are "
        "given, and where the next layer's sum is exactly 0 the slope of ReLU is the one that "
        "activation_backward has."
    )


@pytest.mark.exercise("loss_and_grads", weight=3)
def test_gradients_through_batch_norm(student, reference, rng):
    """Gradients of every parameter with batch norm in each of three hidden layers, gamma and beta too."""
    got, want = one_pass((student, reference), rng, (5, 6, 6, 6, 3), True, 0.2)
    assert close(got[1], want[1], atol=1e-9), said(
        (student, reference),
        rng,
        f"With batch norm and masks a gradient is off. If it is right with masks alone: {PASS}",
    )


@pytest.mark.exercise("loss_and_grads")
def test_running_statistics_move(student, reference, rng):
    """Every layer's running mean and variance have moved towards this batch's."""
    got, want = (side[2] for side in one_pass((student, reference), rng, (5, 6, 6, 6, 3), True, 0.2))
    divides = "; the batch's variance divides by n - 1 there"
    for kind, name, more in (("mean", "means", ""), ("var", "variances", divides)):
        each = [[side[f"{kind}{k}"] for k in (1, 2, 3)] for side in (got, want)]
        assert close(*each), (
            f"The running {name} after the batch are off. Each layer has its own, and batch_norm_train, in "
            f"the same pass with masks as the loss, returns what becomes of them{more}."
        )


# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "loss_and_grads",
    """
    params = {"W1": np.array([[1.0, -1.0], [2.0, 1.0]]), "b1": np.zeros(2), "gamma1": np.array([2.0, 1.0])}
    params |= {"beta1": np.array([0.5, 1.0]), "W2": np.array([[1.0, -1.0], [-2.0, 1.0]]), "b2": np.zeros(2)}
    running = {"mean1": np.array([1.0, 0.0]), "var1": np.array([3.0, 1.0])}
    model = dict(params=params, running=running, mean=np.zeros(2), scale=np.ones(2))
    X, y = np.array([[1.0, 0.0], [2.0, 4.0], [-3.0, 1.0]]), np.array([0, 1, 1])
    masks = [np.array([[True, True], [False, True], [True, True]])]
    loss_and_grads(model, X, y, masks, p=0.5)
    """,
    """
    params = {"W1": np.array([[1.0, -1.0], [2.0, 1.0]]), "b1": np.zeros(2)}
    params |= {"W2": np.array([[1000.0, -1.0], [-2.0, 1.0]]), "b2": np.zeros(2)}
    model = dict(params=params, running={}, mean=np.zeros(2), scale=np.ones(2))
    X, y, masks = np.array([[1.0, 0.0], [-2.0, 4.0]]), np.array([1, 0]), [np.ones((2, 2), dtype=bool)]
    loss_and_grads(model, X, y, masks, p=0.0)
    """,
)
