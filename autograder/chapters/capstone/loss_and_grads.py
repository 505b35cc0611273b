"""One pass, forward and backward, `loss_and_grads`: hidden checks, named mistakes."""

import pytest

from autograder.checking import close, examples, mistakes

from .shared import trained

# --- Checks -------------------------------------------------------------------------------------------------


def masks_for(rng, n, sizes, p):
    return [rng.random((n, width)) >= p for width in sizes[1:-1]]


PASS = "Go through the layers once more: what was this part's input on the way forward?"


def one_pass(sides, rng, sizes, batch_norm, p, n=11):
    """What both sides answer to the same pass."""
    model = trained(rng, sizes, batch_norm)
    X, y, masks = rng.normal(size=(n, sizes[0])), rng.integers(sizes[-1], size=n), masks_for(rng, n, sizes, p)
    return [side.loss_and_grads(model, X, y, masks, p=p) for side in sides]


@pytest.mark.exercise("loss_and_grads")
@pytest.mark.parametrize("batch_norm", [False, True])
def test_the_loss_is_that_of_training(student, reference, rng, batch_norm):
    """The loss of a network with two hidden layers and masks."""
    got, want = one_pass((student, reference), rng, (5, 4, 6, 3), batch_norm, 0.3)
    assert close(got[0], want[0]), (
        "The loss is off. In training batch norm uses the batch, dropout comes after ReLU, and what is kept "
        "is scaled up."
    )


@pytest.mark.exercise("loss_and_grads", weight=2)
@pytest.mark.parametrize("sizes", [(5, 3), (5, 4, 3), (5, 4, 6, 7, 3), (4,) * 12])
def test_plain_gradients(student, reference, rng, sizes):
    """Gradients without batch norm and without dropping, for no, one, three and ten hidden layers."""
    got, want = one_pass((student, reference), rng, sizes, False, 0.0)
    order = " W10 is the tenth layer, though as text it comes before W2." if len(sizes) > 10 else ""
    assert close(got[1], want[1]), f"Without batch norm and dropout a gradient is off. {PASS}{order}"


@pytest.mark.exercise("loss_and_grads", weight=2)
def test_gradients_through_dropout(student, reference, rng):
    """The gradient passes each layer's mask and its scale."""
    got, want = one_pass((student, reference), rng, (5, 8, 6, 3), False, 0.4)
    assert close(got[1], want[1]), (
        "With masks a gradient is off: on its way back it passes the same mask, and the same scale, as the "
        "activations did on their way forward."
    )


@pytest.mark.exercise("loss_and_grads", weight=3)
def test_gradients_through_batch_norm(student, reference, rng):
    """Gradients of every parameter with batch norm in each of three hidden layers, gamma and beta too."""
    got, want = one_pass((student, reference), rng, (5, 4, 6, 6, 3), True, 0.2)
    assert close(got[1], want[1], atol=1e-9), f"With batch norm a gradient is off. {PASS}"


@pytest.mark.exercise("loss_and_grads")
def test_running_statistics_move(student, reference, rng):
    """Every layer's running mean and variance have moved towards this batch's."""
    got, want = (side[2] for side in one_pass((student, reference), rng, (5, 4, 6, 7, 3), True, 0.0))
    for kind, name in (("mean", "means"), ("var", "variances")):
        each = [[side[f"{kind}{k}"] for k in (1, 2, 3)] for side in (got, want)]
        assert close(*each), (
            f"The running {name} after the batch are off. Each layer has its own, and batch_norm_train "
            "returns what becomes of them."
        )


# --- Mistakes -----------------------------------------------------------------------------------------------


TRAINED = "masks[k - 1], p=p, training=True)"
NORM_BACK = '                    grad, before[k - 1], params[f"gamma{k}"]'

MISTAKES = mistakes(
    "loss_and_grads",
    (
        "nothing_dropped",
        "The masks play no part on the way forward.",
        (f'dropout(activation(z, "relu"), {TRAINED}', 'activation(z, "relu")'),
    ),
    (
        "mask_forgotten_on_the_way_back",
        "On the way back the gradient does not pass the masks: a unit that was dropped has no part in the "
        "loss.",
        ("            grad = dropout_backward(grad, masks[k - 1], p=p)\n", ""),
    ),
    (
        "scale_forgotten_on_the_way_back",
        "On the way back the gradient passes the masks and not the factor by which what was kept had been "
        "scaled up.",
        ("dropout_backward(grad, masks[k - 1], p=p)", "grad * masks[k - 1]"),
    ),
    (
        "relu_at_its_output",
        "ReLU's slope is taken in the affine part's output. With batch norm between them that is not what "
        "ReLU "
        "was given.",
        (
            'activation_backward(grad, after[k - 1], "relu")',
            'activation_backward(grad, before[k - 1], "relu")',
        ),
    ),
    (
        "norm_at_its_output",
        "Batch norm's gradient is taken at its own output: its backward function wants the input.",
        (NORM_BACK, '                    grad, after[k - 1], params[f"gamma{k}"]'),
    ),
    (
        "statistics_stay",
        "The running statistics come back as they were: what the training pass returns of them gets lost.",
        (
            'z, running[f"mean{k}"], running[f"var{k}"] = batch_norm_train(',
            "z, *_ = batch_norm_train(",
        ),
    ),
    (
        "variance_stays",
        "The running variances come back as they were, though the means move: batch_norm_train returns both.",
        (
            'z, running[f"mean{k}"], running[f"var{k}"] = batch_norm_train(',
            'z, running[f"mean{k}"], _ = batch_norm_train(',
        ),
    ),
    (
        "evaluation_in_training",
        "In training your batch norm uses the running statistics; there it uses the batch.",
        (
            """            z, running[f"mean{k}"], running[f"var{k}"] = batch_norm_train(
                z, params[f"gamma{k}"], params[f"beta{k}"], running[f"mean{k}"], running[f"var{k}"]
            )
        after""",
            """            seen = running[f"mean{k}"], running[f"var{k}"]
            _, running[f"mean{k}"], running[f"var{k}"] = batch_norm_train(
                z, params[f"gamma{k}"], params[f"beta{k}"], *seen
            )
            z = batch_norm_eval(z, params[f"gamma{k}"], params[f"beta{k}"], *seen)
        after""",
        ),
    ),
    (
        "sum_instead_of_mean",
        "Loss and gradients are those of the batch's sum: the mean over the batch was asked for.",
        (
            "    inputs.append(h)\n    grads = {}",
            "    inputs.append(h)\n    loss, grad, grads = loss * len(X), grad * len(X), {}",
        ),
    ),
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
)
