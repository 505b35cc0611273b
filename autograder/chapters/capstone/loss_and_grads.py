"""One pass, forward and backward, `loss_and_grads`: hidden checks, named mistakes, variants."""

import numpy as np
import pytest

from autograder.checking import close, examples, mistakes, variants

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
@pytest.mark.parametrize("sizes", [(5, 3), (5, 4, 3), (5, 4, 6, 7, 3), (5, *[4] * 10, 3)])
def test_plain_gradients(student, reference, rng, sizes):
    """Gradients without batch norm and without dropping, for no, one, three and ten hidden layers."""
    got, want = one_pass((student, reference), rng, sizes, False, 0.0)
    assert close(got[1], want[1]), f"Without batch norm and dropout a gradient is off. {PASS}"


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
    got, want = one_pass((student, reference), rng, (5, 4, 6, 7, 3), True, 0.2)
    assert close(got[2], want[2]), "The running statistics after the batch are off: each layer has its own."


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


# --- Variants -----------------------------------------------------------------------------------------------


class WayBackAsAList:
    """Every part leaves a function for the way back on a list, which is then called in reverse."""

    def loss_and_grads(model, X, y, masks, *, p):
        params, running = model["params"], {**model["running"]}
        last = max(int(name[1:]) for name in params if name.startswith("W"))
        grads, back = {}, []

        def affine(k, h):
            def returned(grad):
                grad, grads[f"W{k}"], grads[f"b{k}"] = affine_backward(
                    grad, h, params[f"W{k}"], params[f"b{k}"]
                )
                return grad

            back.append(returned)
            return affine_forward(h, params[f"W{k}"], params[f"b{k}"])

        def norm(k, z):
            def returned(grad):
                grad, grads[f"gamma{k}"], grads[f"beta{k}"] = batch_norm_backward(
                    grad, z, params[f"gamma{k}"]
                )
                return grad

            back.append(returned)
            old = running[f"mean{k}"], running[f"var{k}"]
            out, *new = batch_norm_train(z, params[f"gamma{k}"], params[f"beta{k}"], *old)
            running[f"mean{k}"], running[f"var{k}"] = new
            return out

        h = X
        for k in range(1, last):
            z = affine(k, h)
            if running:
                z = norm(k, z)
            back.append(lambda grad, z=z: activation_backward(grad, z, "relu"))
            back.append(lambda grad, mask=masks[k - 1]: dropout_backward(grad, mask, p=p))
            h = dropout(activation(z, "relu"), masks[k - 1], p=p, training=True)
        loss, grad = softmax_cross_entropy(affine(last, h), y)
        for step in reversed(back):
            grad = step(grad)
        return loss, grads, running


class PassByFormula:
    """The parts written out in place, one weight gradient by einsum; warns and prints on the way."""

    def loss_and_grads(model, X, y, masks, *, p):
        import warnings

        warnings.warn("one pass", stacklevel=1)
        print("one pass of", len(X))
        params, running = model["params"], dict(model["running"])
        depth = sum(name.startswith("W") for name in params)
        kept, h = [], X
        for k in range(1, depth):
            z = np.einsum("ni,io->no", h, params[f"W{k}"]) + params[f"b{k}"]
            hat, std, u = None, None, z
            if running:
                mean, var = z.mean(0), z.var(0)
                std = np.sqrt(var + 1e-5)
                hat = (z - mean) / std
                u = params[f"gamma{k}"] * hat + params[f"beta{k}"]
                share = len(X) / (len(X) - 1)
                running[f"mean{k}"] = 0.9 * running[f"mean{k}"] + 0.1 * mean
                running[f"var{k}"] = 0.9 * running[f"var{k}"] + 0.1 * var * share
            gate = (u > 0) * masks[k - 1] / (1 - p)
            kept.append((h, hat, std, gate))
            h = u * gate
        logits = h @ params[f"W{depth}"] + params[f"b{depth}"]
        logits = logits - logits.max(1, keepdims=True)
        log_probs = logits - np.log(np.exp(logits).sum(1, keepdims=True))
        rows = np.arange(len(X))
        loss = float(-log_probs[rows, y].mean())
        grad = np.exp(log_probs)
        grad[rows, y] -= 1
        grad /= len(X)
        grads = {f"W{depth}": h.T @ grad, f"b{depth}": grad.sum(0)}
        for k in range(depth - 1, 0, -1):
            grad = grad @ params[f"W{k + 1}"].T
            h, hat, std, gate = kept[k - 1]
            grad = grad * gate
            if hat is not None:
                grads[f"gamma{k}"], grads[f"beta{k}"] = (grad * hat).sum(0), grad.sum(0)
                d = grad * params[f"gamma{k}"]
                grad = (d - d.mean(0) - hat * (d * hat).mean(0)) / std
            grads[f"W{k}"], grads[f"b{k}"] = np.einsum("ni,no->io", h, grad), grad.sum(0)
        return loss, grads, running


VARIANTS = variants(
    "loss_and_grads",
    ("way_back_as_a_list", WayBackAsAList),
    ("by_formula", PassByFormula),
    (
        "named_arguments",
        "Parts are called with their arguments named.",
        (
            'activation_backward(grad, after[k - 1], "relu")',
            'activation_backward(grad_out=grad, z=after[k - 1], kind="relu")',
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
