"""All kinds of normalisation in one layer, `normalize`: hidden checks, named mistakes, variants."""

import numpy as np
import pytest

from autograder.checking import close, examples, mistakes, variants

from ..shared import few_digits
from .shared import EPS, KINDS, SHAPE, WIDE, by_definition, far_off, images, kinds

# --- Checks -------------------------------------------------------------------------------------------------


@kinds("normalize")
def test_each_kind_follows_the_formula(student, reference, rng, kind):
    """Every entry is normalised over its set, then scaled and shifted by its channel's γ and β."""
    shapes = [((4, 6, 2, 1), 3), (SHAPE, 2), (WIDE, 1), ((4, 4, 4, 4), 4), ((1, 4, 2, 3), 2)]
    shapes += [((5, 6, 1, 1), 2)] * (kind != "instance")  # whose sets would have one entry
    for shape, groups in shapes:
        x, gamma, beta, _ = images(rng, shape)
        x[0, 0, 0, 0] += 1e4 * (shape == (4, 4, 4, 4))
        options = {"kind": kind, "groups": groups}  # which only "group" heeds
        got, want = (side.normalize(x, gamma, beta, **options) for side in (student, reference))
        where = {1: " and a single image", 5: " and images of one pixel"}.get(
            len(x), f" with groups={groups}"
        )
        assert close(got, want, rtol=1e-8, atol=1e-9), few_digits(got, want) or (
            f"For kind={kind!r}{where} the output is another one. Both the mean and the variance are means "
            "over the index set; γ and β lie along the channels for every kind, and groups is for "
            '"group" alone. Nothing is cut off, however far from the others a number lies.'
        )


@pytest.mark.exercise("normalize")
def test_a_set_comes_out_standardised(student, rng):
    """Without scale and shift the mean of each set is zero and its variance one."""
    x, *_ = images(rng, SHAPE)
    for kind, groups in KINDS.items():
        got = student.normalize(x, np.ones(4), np.zeros(4), kind=kind, groups=groups)
        spread = by_definition(got**2, kind, groups)
        assert np.allclose(by_definition(got, kind, groups), 0.0, atol=1e-9) and np.allclose(
            spread, 1, atol=1e-3
        ), (
            f"For kind={kind!r} a set does not come out with mean 0 and variance 1 (divided by the number "
            "of its entries)."
        )


@pytest.mark.exercise("normalize")
def test_epsilon_and_offsets_in_every_kind(student, reference, rng):
    """For small and for constant images, a large ε and a large offset, the output is the formula's."""
    _, gamma, beta, _ = images(rng, SHAPE)
    for kind, groups in KINDS.items():
        noise, shifted = far_off(rng, SHAPE, kind, groups)
        tiny = 3e-3 * noise
        tiny[1] = 2.0
        for x, twin, eps, where in (
            (noise, noise, 0.7, "with a large ε"),
            (tiny, tiny, EPS, "where a set varies by little or not at all"),
            (1e-20 * tiny, 1e-20 * tiny, 1e-46, "where a set hardly varies and ε is tiny"),
            (shifted, noise, EPS, "where each set has a large offset of its own"),
            (noise, noise, EPS, "where a γ is 0"),
        ):
            scale = gamma * (np.arange(4) != 1) if where == "where a γ is 0" else gamma
            got = student.normalize(x, scale, beta, kind=kind, groups=groups, eps=eps)
            want = reference.normalize(twin, scale, beta, kind=kind, groups=groups, eps=eps)
            assert close(got, want, rtol=1e-5, atol=1e-5), (
                f"For kind={kind!r} the output is wrong {where}. The formula is the same there: a constant "
                "set gives β, ε stands in the root, and the mean is taken off before anything is squared."
            )


# --- Mistakes -----------------------------------------------------------------------------------------------


CENTRED = "centred = x - set_mean(x, kind=kind, groups=groups)"
SET_VAR = "var = set_mean(centred**2, kind=kind, groups=groups)"
SCALED = "return gamma[:, None, None] * centred / np.sqrt(var + eps) + beta[:, None, None]"

MISTAKES = mistakes(
    "normalize",
    (
        "along_the_width_if_it_fits",
        "γ and β are spread along the width where it is as large as the number of channels. They belong to "
        "the channels, the second axis, whatever the sizes.",
        (
            SCALED,
            "fits = x.shape[-1] == len(gamma)\n    "
            "g, b = (gamma, beta) if fits else (gamma[:, None, None], beta[:, None, None])\n    "
            "return g * centred / np.sqrt(var + eps) + b",
        ),
    ),
    (
        "nearly_constant_taken_for_constant",
        "A set with a small variance comes out as β, as if all its entries were equal. No variance is too "
        "small: ε alone guards the division.",
        (
            SCALED,
            SCALED.replace(
                "centred / np.sqrt(var + eps)",
                "np.where(np.isclose(var, 0), 0.0, centred) / np.sqrt(var + eps)",
            ),
        ),
    ),
    (
        "groups_not_passed_on",
        "``groups`` does not reach the means, so that a group is always a whole layer.",
        (CENTRED, "centred = x - set_mean(x, kind=kind)"),
        (SET_VAR, "var = set_mean(centred**2, kind=kind)"),
    ),
    (
        "always_batch",
        "The sets are those of batch normalisation whatever kind the call gives.",
        (CENTRED, 'centred = x - set_mean(x, kind="batch")'),
        (SET_VAR, 'var = set_mean(centred**2, kind="batch")'),
    ),
    (
        "variance_per_channel",
        "The mean is taken over the index set, the variance over one channel of one example. Both belong to "
        "the same set.",
        (SET_VAR, "var = centred.var(axis=(2, 3), keepdims=True)"),
    ),
    (
        "mean_square_for_variance",
        "The variance is the mean square of x, with the mean still in it. Square what is left after the "
        "mean is taken off.",
        (SET_VAR, "var = set_mean(x**2, kind=kind, groups=groups)"),
    ),
    (
        "short_variance",
        "The variance is taken as the mean of squares less the square of the mean: at a large offset no "
        "digit of that is right. Take the mean off before you square.",
        (
            SET_VAR,
            "mean = set_mean(x, kind=kind, groups=groups)\n    var = np.maximum(set_mean(x**2, kind=kind, "
            "groups=groups) - mean**2, 0)",
        ),
    ),
    (
        "epsilon_outside",
        "ε is added after the root is taken. In every normalisation layer it stands inside.",
        (SCALED, SCALED.replace("np.sqrt(var + eps)", "(np.sqrt(var) + eps)")),
    ),
    (
        "no_epsilon",
        "There is no ε, so that a constant set becomes 0/0.",
        (SCALED, SCALED.replace("var + eps", "var")),
    ),
    (
        "divided_by_the_variance",
        "The distance from the mean is divided by the variance: the root is missing.",
        (SCALED, SCALED.replace("np.sqrt(var + eps)", "(var + eps)")),
    ),
    (
        "neither_scale_nor_shift",
        "x̂ itself comes out: γ and β are not used.",
        (SCALED, "return centred / np.sqrt(var + eps)"),
    ),
    (
        "shift_scaled",
        "β is multiplied by γ: it is added last.",
        (SCALED, "return gamma[:, None, None] * (centred / np.sqrt(var + eps) + beta[:, None, None])"),
    ),
    (
        "scaled_along_the_width",
        "γ and β are spread along the last axis, the width of the image. They have one number a channel, "
        "and channels are the second axis.",
        (SCALED, "return gamma * centred / np.sqrt(var + eps) + beta"),
    ),
)


# --- Variants -----------------------------------------------------------------------------------------------


class NormalizeReshaped:
    """Does without set_mean: sets become rows of a matrix."""

    def normalize(x, gamma, beta, *, kind, groups=1, eps=1e-5):
        n, c = x.shape[:2]
        turned = x.swapaxes(0, 1) if kind == "batch" else x
        rows = turned.reshape({"batch": c, "layer": n, "instance": n * c, "group": n * groups}[kind], -1)
        rows = (rows - rows.mean(axis=1, keepdims=True)) / np.sqrt(rows.var(axis=1, keepdims=True) + eps)
        x_hat = rows.reshape(turned.shape)
        x_hat = x_hat.swapaxes(0, 1) if kind == "batch" else x_hat
        return (x_hat.swapaxes(1, 3) * gamma + beta).swapaxes(1, 3)


class NormalizeEinsum:
    """Channels scaled by einsum; the variance as the mean of x times what is left of it."""

    def normalize(x, gamma, beta, *, kind, groups=1, eps=1e-5):
        def mean(values):
            return set_mean(values, kind=kind, groups=groups)

        rest = x - mean(x)
        x_hat = rest * (mean(rest * rest) + eps) ** -0.5
        return np.einsum("nchw,c->nchw", x_hat, gamma) + beta.reshape(1, -1, 1, 1)


class NormalizeInPlace:
    """Channel after channel in place on a copy."""

    def normalize(x, gamma, beta, *, kind, groups=1, eps=1e-5):
        y = x.copy()
        y -= set_mean(x, kind=kind, groups=groups)
        y /= np.sqrt(eps + set_mean(np.square(y), kind=kind, groups=groups))
        for c in range(x.shape[1]):
            y[:, c] *= gamma[c]
            y[:, c] += beta[c]
        return y


VARIANTS = variants("normalize", NormalizeReshaped, NormalizeEinsum, NormalizeInPlace)

# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "normalize",
    """
    x = np.array([1.0, 3.0, 2.0, 6.0]).reshape(1, 2, 1, 2)
    normalize(x, np.array([2.0, 3.0]), np.array([1.0, -1.0]), kind="instance", eps=1.0)
    """,
    """
    x = np.array([1e9, 1e9 + 2]).reshape(1, 1, 1, 2)
    normalize(x, np.ones(1), np.zeros(1), kind="layer")
    """,
)
