"""All kinds of normalisation, backward, `normalize_backward`: hidden checks, named mistakes, variants."""

import numpy as np
import pytest

from autograder.checking import close, examples, mistakes, variants

from .shared import KINDS, WIDE, images, kinds, slopes

# --- Checks -------------------------------------------------------------------------------------------------


@kinds("normalize_backward", layer=1.5, group=1.5)
def test_each_kinds_gradient_is_the_slope(student, reference, rng, kind):
    """Central differences of the forward pass; the channels of one set have different γ."""
    x, gamma, beta, grad_out = images(rng, (2, 4, 1, 3))
    options = {"kind": kind, "groups": KINDS[kind]}
    want = slopes(lambda x: reference.normalize(x, gamma, beta, **options), x, grad_out)
    got = student.normalize_backward(grad_out, x, gamma, **options)[0]
    assert close(got, want, rtol=1e-5, atol=1e-6), (
        f"For kind={kind!r} grad_x is not the slope of the forward pass. Over which sets are the two means "
        "taken, and is γ in the gradient before they are taken?"
    )


@pytest.mark.exercise("normalize_backward", weight=2)
def test_all_gradients_of_all_kinds(student, reference, rng):
    """The gradients of x are the closed form's, for larger images and more groups."""
    for kind, groups in (*KINDS.items(), ("group", 3), ("group", 6)):
        x, gamma, _, grad_out = images(rng, (5, 12, 2, 12 if kind == "group" else 3))
        gamma[1] = 0.0
        options = {"kind": kind, "groups": groups, "eps": float(rng.uniform(0.01, 0.5))}
        got = student.normalize_backward(grad_out, x, gamma, **options)[0]
        assert close(
            got, reference.normalize_backward(grad_out, x, gamma, **options)[0], rtol=1e-8, atol=1e-9
        ), (
            f"For kind={kind!r} grad_x is another one. It is batch normalisation's closed form, with the "
            "means over this kind's sets, and with ε in its root."
        )


@pytest.mark.exercise("normalize_backward", weight=2)
def test_scale_and_shift_collect_over_their_channel(student, reference, rng):
    """Whatever the kind, γ and β of a channel collect over all examples and places."""
    cases = [*((kind, groups, WIDE) for kind, groups in KINDS.items()), ("batch", 1, (3, 1, 2, 3))]
    for kind, groups, shape in cases:
        x, gamma, _, grad_out = images(rng, shape)
        gamma[1:2] = 0.0
        _, *got = student.normalize_backward(grad_out, x, gamma, kind=kind, groups=groups)
        _, *want = reference.normalize_backward(grad_out, x, gamma, kind=kind, groups=groups)
        assert close(got, want, rtol=1e-8, atol=1e-9), (
            f"For kind={kind!r} grad_gamma or grad_beta is another one. They belong to channels for every "
            "kind: over which axes does one γ serve?"
        )


# --- Mistakes -----------------------------------------------------------------------------------------------


SET_D = "d = grad_out * gamma[:, None, None]"
SET_GRAD_X = "grad_x = (d - set_mean(d, kind=kind, groups=groups) - x_hat * along) / std"
SET_ALONG = "along = set_mean(d * x_hat, kind=kind, groups=groups)"
SET_STD = "std = np.sqrt(set_mean(centred**2, kind=kind, groups=groups) + eps)"
SET_GRADS = "return grad_x, (grad_out * x_hat).sum(axis=(0, 2, 3)), grad_out.sum(axis=(0, 2, 3))"


class BatchMeansBackward:
    def normalize_backward(grad_out, x, gamma, *, kind, groups=1, eps=1e-5):
        centred = x - set_mean(x, kind=kind, groups=groups)
        std = np.sqrt(set_mean(centred**2, kind=kind, groups=groups) + eps)
        x_hat, d = centred / std, grad_out * gamma[:, None, None]
        grad_x = (d - set_mean(d, kind="batch") - x_hat * set_mean(d * x_hat, kind="batch")) / std
        return grad_x, (grad_out * x_hat).sum(axis=(0, 2, 3)), grad_out.sum(axis=(0, 2, 3))


MISTAKES = mistakes(
    "normalize_backward",
    (
        "gamma_still_in_its_gradient",
        "The gradient of γ is made from grad_out times γ. What γ multiplies is x̂ alone: its gradient is "
        "grad_out times x̂.",
        (SET_GRADS, SET_GRADS.replace("(grad_out * x_hat)", "(d * x_hat)")),
    ),
    (
        "eps_not_handed_on",
        "x̂ is made with the usual ε, whatever the call asks for; the last division has the call's.",
        (
            "x_hat = centred / std",
            "x_hat = centred / np.sqrt(set_mean(centred**2, kind=kind, groups=groups) + 1e-5)",
        ),
    ),
    (
        "scale_after_the_means",
        "γ is multiplied in after the means are taken. That is right where a set has one channel; in a "
        "layer or a group the channels have different γ, and the means must see them.",
        (SET_D, "d = grad_out"),
        (SET_GRAD_X, SET_GRAD_X.replace("= (d", "= gamma[:, None, None] * (d")),
    ),
    (
        "scale_forgotten",
        "γ is missing in the gradient of x: grad_out passes the multiplication first on its way back.",
        (SET_D, "d = grad_out"),
    ),
    (
        "statistics_as_constants",
        "Mean and variance are treated as constants: gradients flow through them as well.",
        (SET_GRAD_X, "grad_x = d / std"),
    ),
    (
        "variance_as_a_constant",
        "The path through the variance is missing. How does the output change when a set is stretched?",
        (SET_GRAD_X, "grad_x = (d - set_mean(d, kind=kind, groups=groups)) / std"),
    ),
    (
        "mean_as_a_constant",
        "The path through the mean is missing. How does the output change when a set is shifted?",
        (SET_GRAD_X, "grad_x = (d - x_hat * along) / std"),
    ),
    (
        "batch_means_backward",
        "The forward part goes over the index sets, the two means of the backward part over those of batch "
        "normalisation. A gradient flows back to the entries that it came from.",
        BatchMeansBackward,
    ),
    (
        "groups_not_passed_on",
        "``groups`` does not reach all the means: some are taken over the whole layer.",
        (SET_ALONG, "along = set_mean(d * x_hat, kind=kind)"),
        (SET_GRAD_X, "grad_x = (d - set_mean(d, kind=kind) - x_hat * along) / std"),
    ),
    (
        "examples_left_apart",
        "The gradient of γ has one number for each example and channel. γ has one a channel, so its gradient "
        "adds up over the examples too.",
        (
            SET_GRADS,
            SET_GRADS.replace(
                "(grad_out * x_hat).sum(axis=(0, 2, 3))", "(grad_out * x_hat).sum(axis=(2, 3))"
            ),
        ),
    ),
    (
        "parameters_averaged",
        "The gradients of γ and β are means. They add up over all that a channel's γ serves.",
        (SET_GRADS, SET_GRADS.replace("sum(axis", "mean(axis")),
    ),
    (
        "parameters_behind_the_scale",
        "The gradients of γ and β have γ in them: grad_out reaches both before it passes γ.",
        (SET_GRADS, SET_GRADS.replace("grad_out", "d")),
    ),
    (
        "scale_meets_x",
        "The gradient of γ is made with x; γ multiplies x̂.",
        (SET_GRADS, SET_GRADS.replace("x_hat", "x")),
    ),
    (
        "no_epsilon",
        "There is no ε in the root, as there is in the forward pass.",
        (SET_STD, SET_STD.replace(" + eps", "")),
    ),
    (
        "epsilon_outside",
        "ε is added after the root is taken; in the forward pass it stands inside.",
        (SET_STD, "std = np.sqrt(set_mean(centred**2, kind=kind, groups=groups)) + eps"),
    ),
)


# --- Variants -----------------------------------------------------------------------------------------------


class NormalizeBackwardGraph:
    """Node by node, with means over the sets where the forward has them."""

    def normalize_backward(grad_out, x, gamma, *, kind, groups=1, eps=1e-5):
        def mean(values):
            return set_mean(values, kind=kind, groups=groups)

        scale = gamma.reshape(-1, 1, 1)
        centred = x - mean(x)
        root = np.sqrt(mean(centred**2) + eps)
        grad_var = mean(grad_out * scale * centred) * -0.5 / root**3
        grad_centred = grad_out * scale / root + 2 * centred * grad_var
        grad_x = grad_centred - mean(grad_centred)
        return grad_x, np.einsum("nchw,nchw->c", grad_out, centred / root), np.einsum("nchw->c", grad_out)


class NormalizeBackwardSets:
    """Set after set: each is a batch of one feature for the layer that was built before."""

    def normalize_backward(grad_out, x, gamma, *, kind, groups=1, eps=1e-5):
        d = grad_out * gamma[None, :, None, None]
        _, c, _, _ = x.shape
        size = {"batch": 1, "layer": c, "instance": 1, "group": c // groups}[kind]
        grad_x, x_hat = np.empty_like(x), np.empty_like(x)
        for first in range(0, c, size):
            for rows in [slice(None)] if kind == "batch" else [slice(n, n + 1) for n in range(len(x))]:
                place = rows, slice(first, first + size)
                column = x[place].reshape(-1, 1)
                grad, _, _ = batch_norm_backward(d[place].reshape(-1, 1), column, np.ones(1), eps=eps)
                grad_x[place] = grad.reshape(x[place].shape)
                x_hat[place] = (x[place] - column.mean()) / np.sqrt(column.var() + eps)
        return grad_x, (grad_out * x_hat).sum((0, 2, 3)), grad_out.sum((0, 2, 3))


class NormalizeBackwardByRows:
    """Sets become rows of a matrix, and the closed form is taken along them."""

    def normalize_backward(grad_out, x, gamma, *, kind, groups=1, eps=1e-5):
        n, c, h, w = x.shape
        turned = kind == "batch"
        count = {"batch": c, "layer": n, "instance": n * c, "group": n * groups}[kind]

        def to_rows(values):
            return (values.transpose(1, 0, 2, 3) if turned else values).reshape(count, -1)

        def to_images(rows):
            return rows.reshape(c, n, h, w).transpose(1, 0, 2, 3) if turned else rows.reshape(n, c, h, w)

        rows, d = to_rows(x), to_rows(grad_out * gamma.reshape(c, 1, 1))
        std = np.sqrt(rows.var(1, keepdims=True) + eps)
        hat = (rows - rows.mean(1, keepdims=True)) / std
        inside = d - d.mean(1, keepdims=True) - hat * (d * hat).mean(1, keepdims=True)
        by_channel = (grad_out * to_images(hat)).swapaxes(0, 1).reshape(c, -1).sum(1)
        return to_images(inside / std), by_channel, grad_out.swapaxes(0, 1).reshape(c, -1).sum(1)


VARIANTS = variants(
    "normalize_backward", NormalizeBackwardGraph, NormalizeBackwardSets, NormalizeBackwardByRows
)

# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "normalize_backward",
    """
    x = np.array([1.0, 3.0, 2.0, 6.0, 0.0, 4.0, 5.0, 1.0]).reshape(1, 4, 1, 2)
    grad_out, gamma = np.arange(8.0).reshape(1, 4, 1, 2), np.array([1.0, 2.0, 3.0, 4.0])
    normalize_backward(grad_out, x, gamma, kind="group", groups=2, eps=1.0)
    """,
)
