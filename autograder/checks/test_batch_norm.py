"""Hidden checks of `batch_norm`: the layer in training, in use and backward, and its relatives."""

import numpy as np
import pytest

from autograder.calls.compare import close
from autograder.checks.probes_batch_norm import batch, by_definition, far_off, images, running, slopes, small

SIZES = [(7, 3), (4, 6), (12, 1)]  # rows and columns never equal, never two rows
EPS = 1e-5
KINDS = {"batch": 1, "layer": 1, "instance": 1, "group": 2}
SHAPE = (3, 4, 2, 5)


def kinds(exercise, **weights):
    """Run a check for every kind of normalisation; ``weights`` differ from one."""
    cases = [
        pytest.param(kind, marks=pytest.mark.exercise(exercise, weight=weights.get(kind, 1)), id=kind)
        for kind in KINDS
    ]
    return pytest.mark.parametrize("kind", cases)


# --- In training --------------------------------------------------------------------------------------------


@pytest.mark.exercise("batch_norm_train", weight=2)
def test_each_feature_is_normalised_by_its_batch(student, reference, rng):
    """Features of all sizes and offsets follow the formula, for batches of several shapes."""
    for n, d in SIZES:
        x, gamma, beta, _ = batch(rng, n, d)
        start = running(rng, d)
        got = student.batch_norm_train(x, gamma, beta, *start)[0]
        assert close(got, reference.batch_norm_train(x, gamma, beta, *start)[0], rtol=1e-8, atol=1e-9), (
            "The output is another one. Take one column: its own mean off, over the root of its own "
            "variance, which divides by N; then γ and β. Have the running statistics a part in it?"
        )


@pytest.mark.exercise("batch_norm_train", weight=2)
@pytest.mark.parametrize("part", ["mean", "variance"])
def test_running_statistics_follow_three_batches(student, reference, rng, part):
    """Over three batches of different sizes the running statistics take in a share of each."""
    d, place = 4, ["mean", "variance"].index(part) + 1
    before = running(rng, d)
    for n in (3, 8, 5):
        x, gamma, beta, _ = batch(rng, n, d)
        got = student.batch_norm_train(x, gamma, beta, *before, momentum=0.1)
        _, *before = reference.batch_norm_train(x, gamma, beta, *before, momentum=0.1)
        assert close(got[place], before[place - 1]), (
            f"The running {part} is another after some batches. What is the weight of the old and what that "
            "of the new, and which variance is it that comes in: divided by N, or by N - 1?"
        )


@pytest.mark.exercise("batch_norm_train")
def test_momentum_weighs_the_new_batch(student, reference, rng):
    """With any momentum between 0 and 1 that share of the new batch comes in."""
    for momentum in (0.0, float(rng.uniform(0.3, 0.8)), 1.0):
        x, gamma, beta, _ = batch(rng, 6, 3)
        start = running(rng, 3)
        _, *got = student.batch_norm_train(x, gamma, beta, *start, momentum=momentum)
        _, *want = reference.batch_norm_train(x, gamma, beta, *start, momentum=momentum)
        assert close(got, want), (
            "With another momentum the running statistics are wrong. At 0 nothing of the batch comes in, at "
            "1 nothing of the past is left."
        )


@pytest.mark.exercise("batch_norm_train")
def test_epsilon_stands_in_the_root(student, reference, rng):
    """For features as small as ε, and for a large ε, the place of ε shows."""
    for x, eps in ((small(rng, 6, 3), EPS), (batch(rng, 6, 3)[0], float(rng.uniform(0.5, 2.0)))):
        _, gamma, beta, _ = batch(rng, 6, 3)
        start = running(rng, 3)
        got = student.batch_norm_train(x, gamma, beta, *start, eps=eps)[0]
        assert close(got, reference.batch_norm_train(x, gamma, beta, *start, eps=eps)[0], rtol=1e-8), (
            "Where ε is not small beside the variance, the output is another. ε is added to the variance, "
            "before the root is taken, and it is the ε that the call gives."
        )


@pytest.mark.exercise("batch_norm_train")
def test_a_constant_feature_comes_out_as_the_shift(student, rng):
    """A feature that is the same in all rows becomes β, and no NaN."""
    x, gamma, beta, _ = batch(rng, 5, 3)
    x[:, 1] = float(rng.integers(2, 9))
    got = student.batch_norm_train(x, gamma, beta, *running(rng, 3))[0]
    assert close(got[:, 1], np.full(5, beta[1])), (
        "A constant feature has variance zero and nothing left after its mean is taken off: 0 over the root "
        "of ε is 0, and β is what remains."
    )


@pytest.mark.exercise("batch_norm_train")
def test_a_large_offset_changes_nothing(student, reference, rng):
    """Noise far from zero comes out as the same noise around zero does."""
    noise, shifted = far_off(rng, (6, 3))
    _, gamma, beta, _ = batch(rng, 6, 3)
    start = running(rng, 3)
    got = student.batch_norm_train(shifted, gamma, beta, *start)[0]
    assert close(got, reference.batch_norm_train(noise, gamma, beta, *start)[0], rtol=1e-5, atol=1e-5), (
        "With a large offset on all rows the output is noise. The mean of squares minus the square of the "
        "mean loses all its digits there: take the mean off first, and square then."
    )


@pytest.mark.exercise("batch_norm_train")
def test_the_output_has_the_mean_and_deviation_asked_for(student, rng):
    """Each output feature has the mean β and the deviation |γ|, whatever the running statistics are."""
    x, gamma, beta, _ = batch(rng, 9, 4)
    x = 100 * x  # so that ε plays no part
    got = student.batch_norm_train(x, gamma, beta, *running(rng, 4))[0]
    assert close(got.mean(axis=0), beta, rtol=1e-4, atol=1e-6), (
        "A feature of the output has not β as its mean. Is the mean taken feature by feature, and is β "
        "added after γ has multiplied?"
    )
    assert close(got.std(axis=0), np.abs(gamma), rtol=1e-4), (
        "A feature of the output has not |γ| as its deviation (divided by N)."
    )


# --- In use -------------------------------------------------------------------------------------------------


@pytest.mark.exercise("batch_norm_eval", weight=2)
def test_use_is_a_fixed_map(student, reference, rng):
    """Batches of any size, a single row among them, go through the map that the statistics describe."""
    for n, d in ((1, 4), (5, 3), (3, 6)):
        x, gamma, beta, _ = batch(rng, n, d)
        start = running(rng, d)
        got = student.batch_norm_eval(x, gamma, beta, *start)
        assert close(got, reference.batch_norm_eval(x, gamma, beta, *start)), (
            "The output is not that of the fixed map. Which mean is taken off, and of what is the root taken?"
        )


@pytest.mark.exercise("batch_norm_eval")
def test_a_row_does_not_depend_on_its_company(student, rng):
    """A row comes out alone as it does in a batch, and two different rows come out differently."""
    x, gamma, beta, _ = batch(rng, 6, 3)
    start = running(rng, 3)
    together = student.batch_norm_eval(x, gamma, beta, *start)
    alone = np.concatenate([student.batch_norm_eval(row[None], gamma, beta, *start) for row in x])
    assert close(together, alone), (
        "A row's output changes with the rows beside it: something is still computed from the batch."
    )
    want = (x[0] - x[1]) / np.sqrt(start[1] + EPS) * gamma
    assert close(together[0] - together[1], want, rtol=1e-8), (
        "The difference of two rows is scaled otherwise than by γ over the root of the running variance."
    )


@pytest.mark.exercise("batch_norm_eval")
def test_the_running_mean_comes_out_as_the_shift(student, rng):
    """A row that equals the running mean becomes β, whatever the scale."""
    _, gamma, beta, _ = batch(rng, 3, 5)
    mean, var = running(rng, 5)
    got = student.batch_norm_eval(mean[None], gamma, beta, mean, var)
    assert close(got[0], beta), "The running mean itself should come out as β: what is multiplied by γ?"


@pytest.mark.exercise("batch_norm_eval")
def test_epsilon_counts_in_use_too(student, reference, rng):
    """For running variances as small as ε, or zero, and for a large ε, the place of ε shows."""
    x, gamma, beta, _ = batch(rng, 4, 3)
    mean, var = running(rng, 3)
    for factor, eps in ((1e-5, EPS), (0.0, EPS), (1.0, float(rng.uniform(0.5, 2.0)))):
        got = student.batch_norm_eval(x, gamma, beta, mean, factor * var, eps=eps)
        assert close(got, reference.batch_norm_eval(x, gamma, beta, mean, factor * var, eps=eps)), (
            "Where ε is not small beside the running variance, the output is another than in training's "
            "formula: ε is added inside of the root."
        )


# --- Backward -----------------------------------------------------------------------------------------------


@pytest.mark.exercise("batch_norm_backward", weight=2)
def test_the_inputs_gradient_has_three_parts(student, reference, rng):
    """The gradient of x is the closed form's, for several shapes and features of all sizes."""
    for n, d in SIZES:
        x, gamma, _, grad_out = batch(rng, n, d)
        got = student.batch_norm_backward(grad_out, x, gamma)[0]
        want = reference.batch_norm_backward(grad_out, x, gamma)[0]
        assert close(got, want, rtol=1e-7, atol=1e-9), (
            "grad_x is another one. x reaches the output directly, through the mean and through the "
            "variance; each way has a term, and γ stands in all of them."
        )


@pytest.mark.exercise("batch_norm_backward")
def test_the_inputs_gradient_is_the_slope(student, reference, rng):
    """Central differences of the forward pass, weighted by an upstream gradient that is not constant."""
    x, grad_out = rng.normal(size=(5, 2)), rng.normal(size=(5, 2))
    _, gamma, beta, _ = batch(rng, 5, 2)
    start = running(rng, 2)
    want = slopes(lambda x: reference.batch_norm_train(x, gamma, beta, *start)[0], x, grad_out)
    got = student.batch_norm_backward(grad_out, x, gamma)[0]
    assert close(got, want, rtol=1e-5, atol=1e-7), (
        "grad_x is not the slope of the forward pass. A numerical gradient shows you the column that is "
        "wrong."
    )


@pytest.mark.exercise("batch_norm_backward")
def test_the_scales_gradient_is_collected(student, reference, rng):
    """The gradient of γ adds up over rows what comes in times x̂."""
    for n, d in SIZES:
        x, gamma, _, grad_out = batch(rng, n, d)
        got = student.batch_norm_backward(grad_out, x, gamma)[1]
        assert close(got, reference.batch_norm_backward(grad_out, x, gamma)[1], rtol=1e-8, atol=1e-10), (
            "grad_gamma is another one. What does γ multiply, and which rows share it? The mean over the "
            "batch sits in the loss, not here."
        )


@pytest.mark.exercise("batch_norm_backward", weight=0.5)
def test_the_shifts_gradient_is_collected(student, rng):
    """The gradient of β adds up over rows what comes in."""
    for n, d in SIZES:
        x, gamma, _, grad_out = batch(rng, n, d)
        got = student.batch_norm_backward(grad_out, x, gamma)[2]
        assert close(got, grad_out.sum(axis=0)), "β is added to every row. What does that make of grad_out?"


@pytest.mark.exercise("batch_norm_backward")
def test_shifting_and_stretching_pass_no_gradient(student, rng):
    """A feature's gradients add up to zero, and so they do times x; what is left is not nothing."""
    x, gamma, _, grad_out = batch(rng, 8, 3)
    x = 1e3 * x  # so that ε plays no part
    grad_x = student.batch_norm_backward(grad_out, x, gamma)[0]
    size = np.abs(grad_x).max(axis=0)
    centred = (x - x.mean(axis=0)) / x.std(axis=0)
    assert np.all(size > 1e-12) and np.all(np.abs(grad_x.sum(axis=0)) < 1e-6 * size), (
        "All rows shifted together give the same output, so a feature's gradients add up to zero. Is the "
        "path through the mean there?"
    )
    assert np.all(np.abs((grad_x * centred).sum(axis=0)) < 1e-4 * size), (
        "All rows stretched together give the same output, so the gradients times x̂ add up to zero. Is the "
        "path through the variance there?"
    )


@pytest.mark.exercise("batch_norm_backward")
def test_epsilon_counts_backward_too(student, reference, rng):
    """For features as small as ε, for a constant one, and for a large ε, the gradients follow."""
    constant = batch(rng, 6, 3)[0]
    constant[:, 2] = 4.0
    for x, eps in (
        (small(rng, 6, 3), EPS),
        (constant, EPS),
        (batch(rng, 6, 3)[0], float(rng.uniform(0.5, 2))),
    ):
        _, gamma, _, grad_out = batch(rng, 6, 3)
        got = student.batch_norm_backward(grad_out, x, gamma, eps=eps)
        want = reference.batch_norm_backward(grad_out, x, gamma, eps=eps)
        assert close(got, want, rtol=1e-7, atol=1e-9), (
            "Where ε is not small beside the variance, the gradients are others. It is the same root as in "
            "the forward pass, with ε in it."
        )


# --- Index sets ---------------------------------------------------------------------------------------------


@kinds("set_mean", group=2)
def test_each_entry_has_the_mean_of_its_set(student, rng, kind):
    """Every entry is averaged with those that the definition's condition admits, and with no others."""
    x = rng.normal(size=SHAPE) + rng.normal(0, 3, size=(3, 4, 1, 1))
    got = student.set_mean(x, kind=kind, groups=2)  # which only "group" heeds
    assert close(got, by_definition(x, kind, 2)), (
        f"For kind={kind!r} an entry stands beside another mean. Which of its four indices must the others "
        "share, and which are free? A group is a block of neighbouring channels."
    )


@pytest.mark.exercise("set_mean", weight=2)
def test_groups_are_blocks_of_neighbours(student, rng):
    """With few large and with many small groups, channels are averaged block by block."""
    for channels, groups in ((6, 2), (6, 3), (8, 4)):
        x = rng.normal(size=(2, channels, 3, 1)) + rng.normal(0, 3, size=(2, channels, 1, 1))
        got = student.set_mean(x, kind="group", groups=groups)
        assert close(got, by_definition(x, "group", groups)), (
            "G groups of C/G channels each: the first group has the first C/G channels. How many are there, "
            "and how large is each?"
        )


@pytest.mark.exercise("set_mean")
def test_groups_reach_from_layer_to_instance(student, rng):
    """One group is a layer, a group for each channel an instance."""
    x = rng.normal(size=(3, 4, 2, 2)) + rng.normal(0, 3, size=(3, 4, 1, 1))
    for groups, axes in ((1, (1, 2, 3)), (4, (2, 3))):
        want = np.broadcast_to(x.mean(axis=axes, keepdims=True), x.shape)
        assert close(student.set_mean(x, kind="group", groups=groups), want), (
            "At its ends group normalisation is layer normalisation (one group) and instance normalisation "
            "(as many groups as channels)."
        )


# --- One layer for all sets ---------------------------------------------------------------------------------


@kinds("normalize")
def test_each_kind_follows_the_formula(student, reference, rng, kind):
    """Every entry is normalised over its set, then scaled and shifted by its channel's γ and β."""
    for shape in (SHAPE, (4, 6, 3, 1)):
        x, gamma, beta, _ = images(rng, shape)
        options = {"kind": kind, "groups": KINDS[kind]}
        got = student.normalize(x, gamma, beta, **options)
        assert close(got, reference.normalize(x, gamma, beta, **options), rtol=1e-8, atol=1e-9), (
            f"For kind={kind!r} the output is another one. Both the mean and the variance are means over "
            "the index set; γ and β lie along the channels for every kind."
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
    noise, shifted = far_off(rng, SHAPE)
    _, gamma, beta, _ = images(rng, SHAPE)
    tiny = 3e-3 * noise
    tiny[1] = 2.0
    for kind, groups in KINDS.items():
        for x, twin, eps in ((tiny, tiny, EPS), (noise, noise, 0.7), (shifted, noise, EPS)):
            got = student.normalize(x, gamma, beta, kind=kind, groups=groups, eps=eps)
            want = reference.normalize(twin, gamma, beta, kind=kind, groups=groups, eps=eps)
            assert close(got, want, rtol=1e-5, atol=1e-5), (
                f"For kind={kind!r} the output is wrong where ε counts or where all entries have a large "
                "offset. ε stands in the root; the mean is taken off before anything is squared."
            )


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
        x, gamma, _, grad_out = images(rng, (5, 12, 2, 3))
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
    for kind, groups in KINDS.items():
        x, gamma, _, grad_out = images(rng, SHAPE)
        _, *got = student.normalize_backward(grad_out, x, gamma, kind=kind, groups=groups)
        _, *want = reference.normalize_backward(grad_out, x, gamma, kind=kind, groups=groups)
        assert close(got, want, rtol=1e-8, atol=1e-9), (
            f"For kind={kind!r} grad_gamma or grad_beta is another one. They belong to channels for every "
            "kind: over which axes does one γ serve?"
        )


# --- Weight normalisation -----------------------------------------------------------------------------------


@pytest.mark.exercise("weight_norm", weight=2)
def test_each_column_has_the_length_asked_for(student, reference, rng):
    """Each column of W has the direction of v's and the length of g, for wide and tall shapes."""
    for shape in ((5, 3), (2, 7), (4, 1)):
        v, g = rng.normal(size=shape) * 10.0 ** rng.uniform(-3, 3, size=shape[1]), _lengths(rng, shape[1])
        assert close(student.weight_norm(v, g), reference.weight_norm(v, g)), (
            "A column is another one. Divide each column by its own Euclidean length and multiply by its g, "
            "which may be negative."
        )


@pytest.mark.exercise("weight_norm")
def test_the_length_of_v_does_not_matter(student, rng):
    """Columns of v stretched by any factors give the same W, whose columns are as long as |g|."""
    v, g = rng.normal(size=(4, 3)), _lengths(rng, 3)
    once = student.weight_norm(v, g)
    again = student.weight_norm(v * rng.uniform(0.01, 100.0, size=3), g)
    assert close(np.linalg.norm(once, axis=0), np.abs(g)) and close(again, once), (
        "Only the direction of a column of v counts; its length is g's affair."
    )


def _lengths(rng, n):
    return rng.choice([-1.0, 1.0], size=n) * rng.uniform(1.5, 4.0, size=n)


@pytest.mark.exercise("weight_norm_backward", weight=2)
@pytest.mark.parametrize("part", ["v", "g"])
def test_both_gradients_follow_the_formula(student, reference, rng, part):
    """Columns of all lengths have the gradients of the docstring."""
    place = ["v", "g"].index(part)
    for shape in ((5, 3), (2, 7), (4, 1)):
        v, g = rng.normal(size=shape) * 10.0 ** rng.uniform(-2, 2, size=shape[1]), _lengths(rng, shape[1])
        grad_W = rng.normal(size=shape)
        got = student.weight_norm_backward(grad_W, v, g)[place]
        assert close(got, reference.weight_norm_backward(grad_W, v, g)[place], rtol=1e-8), (
            f"grad_{part} is another one. Write down the direction v/‖v‖ first: grad_g is what of grad_W "
            "lies along it, grad_v is made of the rest."
        )


@pytest.mark.exercise("weight_norm_backward")
@pytest.mark.parametrize("part", ["v", "g"])
def test_both_gradients_are_slopes(student, reference, rng, part):
    """Central differences of the forward pass, in v and in g."""
    v, g, grad_W = rng.normal(size=(4, 3)), _lengths(rng, 3), rng.normal(size=(4, 3))
    got = student.weight_norm_backward(grad_W, v, g)[["v", "g"].index(part)]
    forward = {"v": lambda a: reference.weight_norm(a, g), "g": lambda a: reference.weight_norm(v, a)}[part]
    assert close(got, slopes(forward, v if part == "v" else g, grad_W), rtol=1e-5, atol=1e-7), (
        f"grad_{part} is not the slope of the forward pass."
    )


@pytest.mark.exercise("weight_norm_backward")
def test_the_gradient_stands_across_v(student, rng):
    """grad_v is orthogonal to v column by column, not zero, and half as long for v twice as long."""
    v, g, grad_W = 3 * rng.normal(size=(6, 3)), _lengths(rng, 3), rng.normal(size=(6, 3))
    grad_v, _ = student.weight_norm_backward(grad_W, v, g)
    half, _ = student.weight_norm_backward(grad_W, 2 * v, g)
    assert np.abs(grad_v).max() > 1e-6 and np.allclose((grad_v * v).sum(axis=0), 0.0, atol=1e-9), (
        "A longer v gives the same W, so grad_v has no part along v. What is taken off grad_W?"
    )
    assert close(half, grad_v / 2, rtol=1e-8), (
        "The longer v is, the less a step turns it: grad_v falls with the length of v."
    )


# --- Batch renormalisation ----------------------------------------------------------------------------------


def apart(rng, n, ratios, offsets):
    """A batch, and running statistics from which it stands apart: deviations by ratios, means by offsets."""
    d = len(ratios)
    x, gamma, beta, grad_out = batch(rng, n, d)
    std = np.sqrt(x.var(axis=0) + EPS) / np.array(ratios)
    return x, gamma, beta, grad_out, x.mean(axis=0) - np.array(offsets) * std, std


WITHIN = [1.4, 0.7, 1.1], [0.8, -1.3, 0.4]
BEYOND = [5.0, 0.1, 1.5, 0.8], [0.5, -0.3, 9.0, -8.0]  # above and below either limit of 3 and 5


@pytest.mark.exercise("batch_renorm_train", weight=2)
def test_the_batch_is_corrected(student, reference, rng):
    """Near the running statistics the correction is whole; far from them both limits cut it on both sides."""
    for ratios, offsets in (WITHIN, BEYOND):
        x, gamma, beta, _, mean, std = apart(rng, 6, ratios, offsets)
        got = student.batch_renorm_train(x, gamma, beta, mean, std)[0]
        assert close(got, reference.batch_renorm_train(x, gamma, beta, mean, std)[0], rtol=1e-7, atol=1e-8), (
            "The output is another one. r and d compare the batch with the running statistics, each is cut "
            "on both sides, r multiplies and d is added; γ and β come last."
        )


@pytest.mark.exercise("batch_renorm_train")
def test_the_limits_are_those_of_the_call(student, reference, rng):
    """With other limits the correction is cut there, r between 1/r_max and r_max."""
    for r_max, d_max in (
        (1.2, 0.3),
        (2.0, 0.6),
        (float(rng.uniform(3.5, 4.5)), float(rng.uniform(6.0, 7.0))),
    ):
        x, gamma, beta, _, mean, std = apart(rng, 7, [*WITHIN[0], *BEYOND[0]], [*WITHIN[1], *BEYOND[1]])
        options = {"r_max": r_max, "d_max": d_max}
        got = student.batch_renorm_train(x, gamma, beta, mean, std, **options)[0]
        want = reference.batch_renorm_train(x, gamma, beta, mean, std, **options)[0]
        assert close(got, want, rtol=1e-7, atol=1e-8), (
            "With other limits than usual the output is wrong. r lies between 1/r_max and r_max, d between "
            "-d_max and d_max."
        )


@pytest.mark.exercise("batch_renorm_train")
def test_the_limits_ends(student, reference, rng):
    """With r_max = 1 and d_max = 0 it is batch norm, without limits the running statistics decide."""
    x, gamma, beta, _, mean, std = apart(rng, 5, *BEYOND)
    got = student.batch_renorm_train(x, gamma, beta, mean, std, r_max=1.0, d_max=0.0)[0]
    assert close(got, reference.batch_norm_train(x, gamma, beta, mean, std)[0], rtol=1e-7, atol=1e-8), (
        "With r_max = 1 and d_max = 0 nothing is corrected, and batch normalisation should come out."
    )
    got = student.batch_renorm_train(x, gamma, beta, mean, std, r_max=1e6, d_max=1e6)[0]
    assert close(got, gamma * (x - mean) / std + beta, rtol=1e-7, atol=1e-8), (
        "Without limits the batch's own statistics cancel, and (x - μ)/σ with the running ones should come "
        "out: those from before this batch."
    )


@pytest.mark.exercise("batch_renorm_train", weight=2)
@pytest.mark.parametrize("part", ["mean", "deviation"])
def test_running_statistics_move_after_the_batch(student, reference, rng, part):
    """Over three batches the running mean and deviation take in their share, whatever the limits."""
    place = ["mean", "deviation"].index(part) + 1
    before = running(rng, 3)
    for n, momentum in ((3, 0.01), (7, 0.3), (4, 0.1)):
        x, gamma, beta, _ = batch(rng, n, 3)
        got = student.batch_renorm_train(x, gamma, beta, *before, momentum=momentum)
        _, *before = reference.batch_renorm_train(x, gamma, beta, *before, momentum=momentum)
        assert close(got[place], before[place - 1]), (
            f"The running {part} is another after some batches. What of the batch comes in, and with which "
            "weight? Here a deviation is kept, not a variance, and N - 1 plays no part."
        )


@pytest.mark.exercise("batch_renorm_train")
def test_epsilon_stands_in_the_batchs_root(student, reference, rng):
    """For small features, and for a large ε, output and running deviation have ε in the batch's root."""
    for x, eps in ((small(rng, 6, 3), EPS), (batch(rng, 6, 3)[0], float(rng.uniform(0.5, 2.0)))):
        _, gamma, beta, _ = batch(rng, 6, 3)
        mean, std = x.mean(axis=0) + 0.1, np.sqrt(x.var(axis=0)) * rng.uniform(0.9, 1.8, size=3)
        got = student.batch_renorm_train(x, gamma, beta, mean, std, eps=eps, momentum=0.5)
        want = reference.batch_renorm_train(x, gamma, beta, mean, std, eps=eps, momentum=0.5)
        assert close(got, want, rtol=1e-8, atol=1e-10), (
            "Where ε is not small beside the variance, something is another. σ_B has ε in its root, "
            "wherever it is used; the running deviation needs none."
        )


@pytest.mark.exercise("batch_renorm_backward", weight=2)
def test_the_gradient_with_constant_corrections(student, reference, rng):
    """Within the limits and beyond them, the gradient of x is batch normalisation's with r."""
    for ratios, offsets in (WITHIN, BEYOND):
        x, gamma, _, grad_out, mean, std = apart(rng, 6, ratios, offsets)
        got = student.batch_renorm_backward(grad_out, x, gamma, mean, std)[0]
        want = reference.batch_renorm_backward(grad_out, x, gamma, mean, std)[0]
        assert close(got, want, rtol=1e-7, atol=1e-9), (
            "grad_x is another one. r and d are constants here, however they came about: what is left of "
            "the formula is batch normalisation times r, with r cut as in the forward pass."
        )


@pytest.mark.exercise("batch_renorm_backward")
def test_the_gradient_is_the_slope_with_frozen_corrections(student, rng):
    """Central differences of the forward pass in which r and d are held fast."""
    x, gamma, beta, grad_out, mean, std = apart(rng, 5, [5.0, 0.6], [0.5, -8.0])
    scale = x.std(axis=0)
    x, mean, std = x / scale, mean / scale, std / scale
    sigma = np.sqrt(x.var(axis=0) + EPS)
    r, d = np.clip(sigma / std, 1 / 3, 3), np.clip((x.mean(axis=0) - mean) / std, -5, 5)
    want = slopes(
        lambda x: gamma * ((x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + EPS) * r + d) + beta, x, grad_out
    )
    got = student.batch_renorm_backward(grad_out, x, gamma, mean, std)[0]
    assert close(got, want, rtol=1e-5, atol=1e-6), (
        "grad_x is not the slope of the forward pass with r and d held fast."
    )


@pytest.mark.exercise("batch_renorm_backward")
@pytest.mark.parametrize("part", ["gamma", "beta"])
def test_scale_and_shift_meet_the_corrected_features(student, reference, rng, part):
    """γ multiplies the x̂ that has r and d in it, β is added; both collect over rows."""
    place = ["gamma", "beta"].index(part) + 1
    for ratios, offsets in (WITHIN, BEYOND):
        x, gamma, _, grad_out, mean, std = apart(rng, 6, ratios, offsets)
        got = student.batch_renorm_backward(grad_out, x, gamma, mean, std)[place]
        want = reference.batch_renorm_backward(grad_out, x, gamma, mean, std)[place]
        assert close(got, want, rtol=1e-8, atol=1e-9), (
            f"grad_{part} is another one. Look at the last line of the forward pass: what does γ multiply, "
            "and what is added?"
        )


@pytest.mark.exercise("batch_renorm_backward")
def test_other_limits_and_epsilon_backward(student, reference, rng):
    """With other limits, and where ε counts, all gradients follow; with the tightest it is batch norm's."""
    for r_max, d_max, eps in ((1.2, 0.3, EPS), (1.0, 0.0, EPS), (8.0, 10.0, float(rng.uniform(0.5, 2.0)))):
        x, gamma, _, grad_out, mean, std = apart(rng, 6, *BEYOND)
        options = {"r_max": r_max, "d_max": d_max, "eps": eps}
        got = student.batch_renorm_backward(grad_out, x, gamma, mean, std, **options)
        want = reference.batch_renorm_backward(grad_out, x, gamma, mean, std, **options)
        assert close(got, want, rtol=1e-7, atol=1e-9), (
            "With other limits or another ε the gradients are others: r and d are the ones that the forward "
            "pass would use with the same arguments."
        )
