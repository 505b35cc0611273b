"""All kinds of normalisation, backward, `normalize_backward`: hidden checks and variants."""

import numpy as np
import pytest

from autograder.checking import close, examples, variants

from ..shared import few_digits
from .shared import EPS, KINDS, SHAPE, along, far_off, images, in_units, kinds, spread

# --- Checks -------------------------------------------------------------------------------------------------


@kinds("normalize_backward", layer=1.5, group=1.5)
def test_each_kinds_gradient_is_the_slope(student, reference, rng, kind):
    """Central differences of the forward pass along some ways; the channels of a set have different γ."""
    _, gamma, beta, grad_out = images(rng, (2, 6, 1, 3))
    x = spread(rng, grad_out.shape)
    options = {"kind": kind, "groups": 3}  # which only "group" heeds
    got = student.normalize_backward(grad_out, x, gamma, **options)[0]
    got, want = along(
        lambda x: reference.normalize(x, gamma, beta, **options),
        x,
        grad_out,
        got,
        rng.uniform(-1.0, 1.0, size=(6, *x.shape)),
    )
    assert close(got, want, rtol=1e-5, atol=1e-6), (
        f"For kind={kind!r} grad_x is not the slope of the forward pass. Over which sets are the two means "
        "taken, and is γ in the gradient before they are taken?"
    )


@pytest.mark.exercise("normalize_backward", weight=2)
def test_all_gradients_of_all_kinds(student, reference, rng):
    """The gradients of x are the closed form's, for images of many sizes and other groups."""
    for kind, groups, shape, size in (
        ("batch", 2, (4, 4, 4, 4), 1.0),
        ("batch", 1, (1, 4, 2, 3), 1.0),
        ("layer", 3, (5, 6, 2, 3), 1.0),
        ("instance", 2, (3, 4, 1, 2), 1.0),
        ("group", 3, (5, 12, 2, 12), 1.0),
        ("group", 6, (12, 12, 12, 1), 1.0),
        ("group", 2, (3, 4, 1, 1), 1.0),
        ("group", 1, (3, 4, 2, 2), 1.0),
        ("group", 4, (3, 4, 2, 2), 1.0),
        ("layer", 1, (3, 4, 1, 1), 1e-20),
    ):
        x, gamma, _, grad_out = images(rng, shape)
        gamma[1], grad_out = 0.0, size * grad_out
        if shape[0] > 3:
            grad_out[1], grad_out[:, 3] = 0.0, 0.0  # an example and a channel that the loss leaves out
        options = {"kind": kind, "groups": groups, "eps": float(rng.uniform(0.01, 0.5))}
        got = student.normalize_backward(grad_out, x, gamma, **options)[0]
        want = reference.normalize_backward(grad_out, x, gamma, **options)[0]
        assert close(got, want, rtol=1e-8, atol=1e-9 * size), (
            few_digits(got, want)
            or f"For kind={kind!r}, groups={groups} and x of shape {shape} grad_x is another one. It is "
            "batch normalisation's closed form, with the means over this kind's sets, and with ε in its "
            "root. γ lies along the channels, whatever the sizes; it may be 0, so that nothing can be "
            'divided by it. groups, from 1 to the number of channels, is for "group" alone. An entry has a '
            "gradient where nothing comes in for it, too: others of its set have something."
            + " A tiny grad_out counts as it is." * (size < 1)
        )
    got = student.normalize_backward(np.zeros(shape), x, np.abs(gamma), **options)  # a new grad_x, too
    assert close(got, (np.zeros(shape), 0 * gamma, 0 * gamma)), (
        "Where grad_out is 0 a gradient is not 0, or has another shape than elsewhere."
    )


@pytest.mark.exercise("normalize_backward", weight=2)
def test_scale_and_shift_collect_over_their_channel(student, reference, rng):
    """Whatever the kind, γ and β of a channel collect over all examples and places."""
    cases = [(kind, groups, (4, 4, 2, 4), 1.0) for kind, groups in KINDS.items()]
    for kind, groups, shape, size in (
        *cases,
        ("batch", 1, (3, 1, 2, 3), 1.0),
        ("layer", 1, (1, 3, 2, 2), 1e-20),
    ):
        x, gamma, _, grad_out = images(rng, shape)
        gamma[1:2], grad_out = 0.0, size * grad_out
        _, *got = student.normalize_backward(grad_out, x, gamma, kind=kind, groups=groups)
        _, *want = reference.normalize_backward(grad_out, x, gamma, kind=kind, groups=groups)
        where = " and a single image with a tiny grad_out" if size < 1 else ""
        assert close(got, want, rtol=1e-8, atol=1e-9 * size), few_digits(got, want) or (
            f"For kind={kind!r}{where} grad_gamma or grad_beta is another one. They belong to channels for "
            "every kind: over which axes does one γ serve? It may be 0, so that nothing can be divided by it."
        )


@pytest.mark.exercise("normalize_backward")
def test_epsilon_and_offsets_backward(student, reference, rng):
    """For small and for constant images, and for a large offset, the gradients are the formula's."""
    _, gamma, _, grad_out = images(rng, SHAPE)
    for kind, groups in KINDS.items():
        noise, shifted = far_off(rng, SHAPE, kind, groups)
        tiny = 3e-3 * noise
        tiny[1] = 2.0
        for x, twin, eps, where in (
            (tiny, tiny, EPS, "where a set varies by little or not at all"),
            (1e-20 * tiny, 1e-20 * tiny, 1e-46, "where a set hardly varies and ε is tiny"),
            (shifted, noise, EPS, "where each set has a large offset of its own"),
        ):
            got = student.normalize_backward(grad_out, x, gamma, kind=kind, groups=groups, eps=eps)
            want = reference.normalize_backward(grad_out, twin, gamma, kind=kind, groups=groups, eps=eps)
            assert close(*in_units(got, want), rtol=1e-5, atol=1e-5), (
                f"For kind={kind!r} the gradients are wrong {where}. The formula is the same there: ε "
                "stands in the root, nothing is set to 0, cut off or held in single precision, and the mean "
                "is taken off before anything is squared."
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
    """
    x, grad_out = np.array([5.0, 5.0]).reshape(1, 1, 1, 2), np.array([1.0, 2.0]).reshape(1, 1, 1, 2)
    normalize_backward(grad_out, x, np.ones(1), kind="layer", eps=0.25)[0]
    """,
    """
    x, grad_out = np.array([1e9, 1e9 + 2]).reshape(1, 1, 1, 2), np.array([1.0, 2.0]).reshape(1, 1, 1, 2)
    normalize_backward(grad_out, x, np.ones(1), kind="layer")[1]
    """,
)
