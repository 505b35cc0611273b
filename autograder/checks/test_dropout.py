"""Hidden checks of `dropout`: masks and both scalings, sub-networks, penalties, noise, early stopping,
augmentation, several models, averages of weights."""

from itertools import product

import numpy as np
import pytest

from autograder.calls.compare import close
from autograder.calls.proxy import Recorder
from autograder.checks.probes import twins
from autograder.checks.probes_dropout import (
    corners,
    drop_rate,
    factors,
    kept_and_dropped,
    lasso,
    like,
    noisy_probs,
    off_zero,
    pictures,
    running,
    scripted,
    small_net,
    weights,
)
from autograder.laws import laws
from autograder.laws.distributions import normal, uniform

ELSEWHERE = (
    "Two generators in the same state gave different answers: something is drawn from elsewhere, and a run "
    "cannot be had again. All randomness comes from the rng that was handed over."
)

# --- Masks ------------------------------------------------------------------------------------------------


@pytest.mark.exercise("dropout_mask", weight=2)
def test_p_is_the_share_that_is_dropped(student, rng):
    """Each entry is kept with probability 1 - p, for a small and for a large p."""
    for p in (0.2, 0.7):
        mask = student.dropout_mask((20, 60), p=p, rng=rng)
        assert laws.share(mask, 1 - p, against=[p, 0.5]), (
            "The share of True is not 1 - p, beyond what chance explains. p is the probability of dropping, "
            "and True marks what stays."
        )


@pytest.mark.exercise("dropout_mask")
def test_examples_and_units_have_masks_of_their_own(student, rng):
    """Two rows of a mask have nothing to do with each other, and neither have two columns."""
    mask = student.dropout_mask((200, 200), p=0.3, rng=rng)
    assert laws.independent(mask[0], mask[1], 0.7), (
        "Two examples of the batch lose the same units. The shape includes the batch: every entry is drawn "
        "on its own."
    )
    assert laws.independent(mask[:, 0], mask[:, 1], 0.7), "Two units are dropped in the same examples."


@pytest.mark.exercise("dropout_mask")
def test_how_many_are_dropped_is_left_to_chance(student, rng):
    """The number of units that are dropped varies: now and then none of a few."""
    whole = [student.dropout_mask((4,), p=0.25, rng=rng).all() for _ in range(100)]
    assert laws.share(whole, 0.75**4, against=0.0), (
        "Of four units, all should be kept about every third time. Is the number of dropped units fixed, "
        "instead of a draw for each unit?"
    )


@pytest.mark.exercise("dropout_mask")
def test_each_call_draws_anew_from_the_generator(student, rng):
    """Two calls with one generator give two masks; generators in the same state give the same one."""
    ours, theirs = twins(rng)
    first, second = (student.dropout_mask((15, 20), p=0.3, rng=ours) for _ in range(2))
    assert laws.independent(first, second, 0.7), "Two calls give the same mask: is it drawn from rng?"
    assert close(student.dropout_mask((15, 20), p=0.3, rng=theirs), first), (
        "Two generators in the same state gave different masks: something is drawn from elsewhere."
    )


@pytest.mark.exercise("dropout_mask")
def test_without_dropping_all_is_kept(student, rng):
    """With p = 0 every entry is True, in any shape."""
    for shape in ((7,), (3, 50), (2, 3, 4)):
        mask = student.dropout_mask(shape, p=0.0, rng=rng)
        assert mask.shape == shape and mask.all(), (
            "With p = 0 nothing is dropped, so all of the mask is True."
        )


# --- Inverted dropout -------------------------------------------------------------------------------------


@pytest.mark.exercise("dropout", weight=2)
def test_what_is_kept_is_scaled_up(student, rng):
    """In training a dropped unit is 0, a kept one x/(1 - p), in any shape."""
    for shape in ((9,), (4, 3), (2, 3, 2, 4)):
        p, x, mask = drop_rate(rng), off_zero(rng, *shape), kept_and_dropped(rng, *shape)
        want = np.where(mask, x, 0.0) / (1 - p)
        assert close(student.dropout(x, mask, p=p, training=True), want), (
            "The training pass is another. What is dropped is 0; what is kept makes up for it, so by which "
            "factor does it grow if the share 1 - p is left?"
        )


@pytest.mark.exercise("dropout")
def test_evaluation_is_left_alone(student, rng):
    """In evaluation x comes back as it is, with a mask, without one, and in training it does not."""
    p, x, mask = drop_rate(rng), off_zero(rng, 3, 5), kept_and_dropped(rng, 3, 5)
    for given in (mask, None):
        assert close(student.dropout(x, given, p=p, training=False), x), (
            "In evaluation inverted dropout does nothing at all: no mask, no factor."
        )
    assert not close(student.dropout(x, mask, p=p, training=True), x), "In training it does something."


@pytest.mark.exercise("dropout")
def test_the_mean_over_masks_is_x(student, rng):
    """Weighted over all masks of four units the training pass has x as its mean."""
    p, x = drop_rate(rng), off_zero(rng, 4)
    mean = sum(
        (1 - p) ** sum(bits) * p ** (4 - sum(bits)) * student.dropout(x, np.array(bits), p=p, training=True)
        for bits in product([False, True], repeat=4)
    )
    assert close(mean, x), (
        "Over all masks, each with its probability, the mean of the training pass is not x. Then the next "
        "layer gets used to another size in training than it sees afterwards."
    )
    nothing = student.dropout(x, np.zeros(4, dtype=bool), p=p, training=True)
    assert close(nothing, np.zeros(4)), "Where all units are dropped nothing is left."


@pytest.mark.exercise("dropout", weight=2)
def test_the_gradient_goes_where_the_value_went(student, rng):
    """The gradient is masked and scaled as the forward pass was."""
    for shape in ((8,), (3, 4)):
        p, grad_out, mask = drop_rate(rng), off_zero(rng, *shape), kept_and_dropped(rng, *shape)
        got = student.dropout_backward(grad_out, mask, p=p)
        assert close(got, np.where(mask, grad_out, 0.0) / (1 - p)), (
            "The gradient is another. y depends on x through a mask and a factor: a unit that was dropped "
            "has no influence, and the others have that factor as their slope."
        )


@pytest.mark.exercise("dropout")
def test_backward_is_the_transpose_of_forward(student, reference, rng):
    """⟨grad_out, forward(x)⟩ = ⟨backward(grad_out), x⟩ for the reference's forward pass."""
    p, x, grad_out, mask = drop_rate(rng), off_zero(rng, 6), off_zero(rng, 6), kept_and_dropped(rng, 6)
    forward = reference.dropout(x, mask, p=p, training=True)
    for sign in (np.ones(6), np.sign(x * grad_out)):  # the second adds up without cancelling
        got = float(np.sum(student.dropout_backward(sign * grad_out, mask, p=p) * x))
        assert close(got, float(np.sum(sign * grad_out * forward))), (
            "Forward pass and gradient do not belong together: dropout in training is linear, and the "
            "gradient applies the same mask and the same factor."
        )


# --- Classic dropout --------------------------------------------------------------------------------------


@pytest.mark.exercise("dropout_classic", weight=2)
def test_training_only_drops(student, rng):
    """In training a kept unit stays as it is, a dropped one is 0."""
    for shape in ((9,), (4, 3)):
        p, x, mask = drop_rate(rng), off_zero(rng, *shape), kept_and_dropped(rng, *shape)
        assert close(student.dropout_classic(x, mask, p=p, training=True), np.where(mask, x, 0.0)), (
            "In training classic dropout multiplies by the mask and by nothing else; the scaling waits for "
            "evaluation."
        )


@pytest.mark.exercise("dropout_classic", weight=2)
def test_evaluation_is_scaled_down(student, rng):
    """In evaluation all units are there, each times 1 - p, with a mask or without."""
    p, x, mask = drop_rate(rng), off_zero(rng, 4, 3), kept_and_dropped(rng, 4, 3)
    for given in (mask, None):
        assert close(student.dropout_classic(x, given, p=p, training=False), (1 - p) * x), (
            "In evaluation every unit is there, and its value must shrink to what the next layer was used "
            "to on average. Which share of the time was a unit there in training, if p is dropping?"
        )


@pytest.mark.exercise("dropout_classic")
def test_both_passes_agree_in_the_mean(student, rng):
    """Weighted over all masks of four units the training pass has the evaluation pass as its mean."""
    p, x = drop_rate(rng), off_zero(rng, 4)
    mean = sum(
        (1 - p) ** sum(bits)
        * p ** (4 - sum(bits))
        * student.dropout_classic(x, np.array(bits), p=p, training=True)
        for bits in product([False, True], repeat=4)
    )
    assert not close(mean, 0 * x) and close(mean, student.dropout_classic(x, None, p=p, training=False)), (
        "The mean of the training pass over all masks is not the evaluation pass: there must be exactly one "
        "scaling, in one of the two."
    )
    nothing = student.dropout_classic(x, np.zeros(4, dtype=bool), p=p, training=True)
    assert close(nothing, np.zeros(4)), "Where all units are dropped nothing is left."


@pytest.mark.exercise("dropout_classic")
def test_the_classic_gradient_is_masked(student, rng):
    """The gradient passes where the value passed, unscaled."""
    grad_out, mask = off_zero(rng, 4, 3), kept_and_dropped(rng, 4, 3)
    assert close(student.dropout_classic_backward(grad_out, mask), np.where(mask, grad_out, 0.0)), (
        "The gradient of x·mask is the upstream gradient where the unit was kept, and 0 where it was not."
    )


# --- Sub-networks -----------------------------------------------------------------------------------------


@pytest.mark.exercise("subnetwork_mean", weight=2)
def test_each_sub_network_weighs_by_its_probability(student, reference, rng):
    """The mean of a network that is not linear, over all masks, for several sizes and p."""
    for n, n_out in ((1, 2), (3, 1), (5, 3)):
        f, p = small_net(rng, n, n_out), drop_rate(rng)
        assert close(student.subnetwork_mean(f, n, p=p), reference.subnetwork_mean(f, n, p=p)), (
            "The mean is another. A mask that keeps k of n units has the probability (1-p)^k · p^(n-k); all "
            "masks take part, the empty one and the full one too, and it is the outputs that are averaged."
        )


@pytest.mark.exercise("subnetwork_mean")
def test_a_linear_network_has_the_scaled_pass_as_its_mean(student, rng):
    """For a linear output, a number, the mean equals one pass with every unit times 1 - p."""
    w, p = off_zero(rng, 4), drop_rate(rng)
    got = student.subnetwork_mean(lambda mask: float(np.sum(np.asarray(mask, dtype=float) * w)), 4, p=p)
    assert close(got, float((1 - p) * w.sum())), (
        "For a linear output the mean over all masks is the full output times 1 - p. Which masks are "
        "likely if p is the probability of dropping?"
    )


@pytest.mark.exercise("subnetwork_mean")
def test_every_mask_is_asked_for_once(student, rng):
    """f is called with each of the 2ⁿ masks, bool arrays, exactly once."""
    for n in (2, 4):
        f = Recorder(small_net(rng, n, 2))
        student.subnetwork_mean(f, n, p=drop_rate(rng))
        asked = [np.asarray(mask) for args, kwargs, _ in f.log for mask in (*args, *kwargs.values())]
        fits = all(mask.dtype == bool and mask.shape == (n,) for mask in asked)
        assert fits and sorted(tuple(mask.tolist()) for mask in asked) == sorted(
            product([False, True], repeat=n)
        ), "f is not called once with each of the 2ⁿ masks of n bools."


@pytest.mark.exercise("subnetwork_mean")
def test_a_single_mask_has_its_own_probability(student, rng):
    """The mean of a function that is 1 for one mask and 0 for all others is that mask's probability."""
    p = drop_rate(rng)
    for wanted in ((False,) * 3, (True, False, True), (True,) * 3):

        def is_it(mask, wanted=wanted):
            return float(tuple(bool(bit) for bit in mask) == wanted)

        kept = sum(wanted)
        assert close(student.subnetwork_mean(is_it, 3, p=p), (1 - p) ** kept * p ** (3 - kept)), (
            "One mask alone does not get its own probability: (1-p) for each unit that is kept, p for each "
            "that is dropped."
        )


@pytest.mark.exercise("subnetwork_mean")
def test_without_dropping_only_the_full_network_counts(student, rng):
    """With p = 0 the mean is the output of the full network."""
    f = small_net(rng, 3, 2)
    assert close(student.subnetwork_mean(f, 3, p=0.0), f(np.ones(3, dtype=bool))), (
        "With p = 0 only the mask that keeps everything is possible."
    )


# --- Monte-Carlo dropout ----------------------------------------------------------------------------------


@pytest.mark.exercise("mc_dropout", weight=2)
@pytest.mark.parametrize("part", ["mean", "spread"])
def test_mean_and_spread_are_those_of_the_passes(student, reference, rng, part):
    """Over passes that draw from the generator one after the other, entry by entry."""
    f, x, (ours, theirs) = noisy_probs(rng, 5, 3), off_zero(rng, 4, 5), twins(rng)
    got = student.mc_dropout(f, x, n_samples=6, rng=ours)
    want = reference.mc_dropout(f, x, n_samples=6, rng=theirs)
    place = ["mean", "spread"].index(part)
    assert close(got[place], want[place]), (
        f"The {part} over the passes is another. Probabilities are averaged as they are, over passes alone; "
        "the spread is the standard deviation with ddof 0; every pass gets rng itself, which moves on."
    )


@pytest.mark.exercise("mc_dropout")
def test_as_many_passes_as_asked(student, rng):
    """f is called n_samples times, each time with x."""
    for n in (1, 4):
        f, x = Recorder(noisy_probs(rng, 3, 2)), off_zero(rng, 2, 3)
        student.mc_dropout(f, x, n_samples=n, rng=rng)
        asked = [args[0] if args else kwargs["x"] for args, kwargs, _ in f.log]
        assert len(asked) == n and all(close(each, x) for each in asked), (
            "The number of passes is not n_samples, or a pass sees another x."
        )


@pytest.mark.exercise("mc_dropout")
def test_a_network_without_noise_has_no_spread(student, rng):
    """Where all passes agree the mean is their answer and the spread 0; also for a single pass."""
    x, answer = off_zero(rng, 3), rng.uniform(0.1, 0.4, size=(3, 2))
    for n in (1, 5):
        mean, std = student.mc_dropout(lambda x, rng: answer, x, n_samples=n, rng=rng)
        assert close(mean, answer) and close(std, np.zeros((3, 2)), atol=1e-9), (
            "All passes gave the same answer, so that is the mean, and the spread is 0. With one pass too: "
            "what is divided by?"
        )


@pytest.mark.exercise("mc_dropout")
def test_passes_draw_on(student, rng):
    """Two estimates from one generator differ, and the first is repeatable."""
    f, x, (ours, theirs) = noisy_probs(rng, 5, 3), off_zero(rng, 2, 5), twins(rng)
    first, second = (student.mc_dropout(f, x, n_samples=3, rng=ours)[0] for _ in range(2))
    assert not close(first, second), "A second estimate from the same generator is the same number."
    assert close(student.mc_dropout(f, x, n_samples=3, rng=theirs)[0], first), (
        "Two generators in the same state gave different estimates: something is drawn from elsewhere."
    )


# --- Penalties --------------------------------------------------------------------------------------------


def strength(rng):
    return float(rng.uniform(0.05, 0.4))


@pytest.mark.exercise("l2_penalty")
def test_the_l2_penalty_is_half_the_squares(student, rng):
    """The value is λ/2 times the sum of all squares, over all parameters."""
    params, lam = weights(rng), strength(rng)
    got, _ = student.l2_penalty(params, lam=lam)
    assert close(got, float(lam / 2 * sum(np.sum(w**2) for w in params.values()))), (
        "The L2 penalty is another number. It is λ/2 times the sum of squares of every number in every "
        "parameter: a sum and no mean, squares and no root."
    )


@pytest.mark.exercise("l2_penalty", weight=2)
def test_the_l2_gradient_is_lambda_w(student, rng):
    """Each weight's gradient is λ times itself."""
    params, lam = weights(rng), strength(rng)
    _, grads = student.l2_penalty(params, lam=lam)
    assert close(grads, {key: lam * w for key, w in params.items()}), (
        "The L2 gradient is not the slope of λ/2 · w². What becomes of the ½?"
    )


@pytest.mark.exercise("l2_penalty")
def test_the_l1_penalty_is_the_sum_of_sizes(student, rng):
    """The value is λ times the sum of absolute values, without a ½."""
    params, lam = weights(rng), strength(rng)
    got, _ = student.l1_penalty(params, lam=lam)
    assert close(got, float(lam * sum(np.sum(np.abs(w)) for w in params.values()))), (
        "The L1 penalty is another number: λ times the sum of absolute values over all parameters."
    )


@pytest.mark.exercise("l2_penalty", weight=2)
def test_the_l1_gradient_is_a_sign(student, rng):
    """Each weight's gradient is λ with its sign, and 0 where the weight is 0."""
    params, lam = weights(rng), strength(rng)
    _, grads = student.l1_penalty(params, lam=lam)
    assert close(grads, {key: lam * np.sign(w) for key, w in params.items()}), (
        "The L1 gradient is λ for positive, -λ for negative weights whatever their size, and 0 at 0."
    )


@pytest.mark.exercise("l2_penalty", weight=2)
def test_decay_shrinks_by_rate_times_strength(student, rng):
    """Weight decay multiplies each weight by 1 - ηλ."""
    params, lr, decay = weights(rng), float(rng.uniform(0.1, 0.5)), strength(rng)
    got = student.decay_step(params, lr=lr, weight_decay=decay)
    assert close(got, {key: (1 - lr * decay) * w for key, w in params.items()}), (
        "The weights have not shrunk by the factor 1 - ηλ: the rate belongs to it, all weights have the "
        "same factor, and there is no ½."
    )


@pytest.mark.exercise("l2_penalty")
def test_parameters_are_penalised_side_by_side(student, rng):
    """A penalty over two parameters is the sum of the two alone, and each gradient goes with its name."""
    params, lam = weights(rng), strength(rng)
    for name in ("l2_penalty", "l1_penalty"):
        penalty = getattr(student, name)
        alone = [penalty({key: w}, lam=lam) for key, w in params.items()]
        total, grads = penalty(params, lam=lam)
        assert total > 0 and close(total, alone[0][0] + alone[1][0]), (
            "The penalty on two parameters is not the sum of their penalties."
        )
        assert close(grads, alone[0][1] | alone[1][1]), "A gradient is another one beside a second parameter."


@pytest.mark.exercise("l1_prox_step", weight=2)
def test_the_threshold_moves_towards_zero_and_stops_there(student, rng):
    """What is further from 0 than t comes nearer by t, the rest becomes exactly 0."""
    for shape in ((9,), (3, 4)):
        w, t = off_zero(rng, *shape) * rng.uniform(0.2, 2.0, size=shape), float(rng.uniform(0.6, 0.9))
        w.flat[:4] = [0.0, t, -1.5 * t, 3 * t]
        want = np.where(w > t, w - t, np.where(w < -t, w + t, 0.0))
        got = student.soft_threshold(w, t)
        assert close(got, want) and np.all(got[want == 0] == 0), (
            "The soft threshold is another function: both signs move towards 0 by t, none passes it, and "
            "those within t of 0 are exactly 0, not nearly."
        )


@pytest.mark.exercise("l1_prox_step", weight=2)
def test_a_step_descends_and_then_thresholds(student, rng):
    """First the gradient step, then the threshold lr·λ, for every parameter."""
    params = weights(rng)
    grads, lr, lam = like(rng, params), float(rng.uniform(0.1, 0.4)), float(rng.uniform(1.0, 3.0))
    moved = {key: params[key] - lr * grads[key] for key in params}
    want = {key: np.sign(w) * np.maximum(np.abs(w) - lr * lam, 0.0) for key, w in moved.items()}
    assert close(student.l1_prox_step(params, grads, lr=lr, lam=lam), want), (
        "The step leads elsewhere. The loss's gradient moves the weights first; then they are thresholded, "
        "by the step's length times λ."
    )


@pytest.mark.exercise("l1_prox_step")
def test_without_a_gradient_each_step_takes_lr_lambda(student, rng):
    """Without a gradient a weight loses lr·λ of its size a step, and rests at exactly 0."""
    lr, lam = float(rng.uniform(0.1, 0.4)), float(rng.uniform(0.5, 1.5))
    signs = rng.choice([-1.0, 1.0], size=3)
    params, grads = {"w": signs * lr * lam * np.array([5.5, 2.5, 0.5])}, {"w": np.zeros(3)}
    for left in ([4.5, 1.5, 0.0], [3.5, 0.5, 0.0], [2.5, 0.0, 0.0]):
        params = student.l1_prox_step(params, grads, lr=lr, lam=lam)
        want = signs * lr * lam * np.array(left)
        assert close(params["w"], want) and np.all(params["w"][want == 0] == 0), (
            "Without a gradient each step takes lr·λ off a weight's size until it is exactly 0, where it "
            "stays. How large is the threshold, and does it see the weight after the gradient step?"
        )


@pytest.mark.exercise("l1_prox_step")
def test_steps_end_where_the_penalised_loss_is_least(student, rng):
    """Many steps end at the minimum: the loss has slopes ±λ where w is not 0, and within ±λ where it is."""
    n, d, lam = 40, 6, 0.5
    X, y = lasso(rng, n, d)
    lr = 1 / np.linalg.eigvalsh(X.T @ X / n)[-1]
    params = {"w": np.zeros(d)}
    for _ in range(120):
        params = student.l1_prox_step(params, {"w": X.T @ (X @ params["w"] - y) / n}, lr=lr, lam=lam)
    w, slope = params["w"], X.T @ (X @ params["w"] - y) / n
    assert np.any(w != 0) and np.all(np.abs(slope) < lam * (1 + 1e-6)), (
        "After many steps the weights are not at the minimum of loss plus λΣ|w|: nothing has moved, or a "
        "weight at 0 has a slope that should have pulled it away."
    )
    assert close(slope[w != 0], -lam * np.sign(w[w != 0]), rtol=1e-3, atol=1e-3), (
        "After many steps the loss still falls faster than the penalty rises. Is the threshold lr·λ?"
    )


# --- Noise and ridge --------------------------------------------------------------------------------------


@pytest.mark.exercise("ridge", weight=2)
def test_ridge_has_no_slope_left(student, rng):
    """At ridge's weights the gradient of mean squared error plus λ‖w‖² is zero."""
    for n, d in ((20, 3), (5, 8)):
        X, y = lasso(rng, n, d)
        lam = float(rng.uniform(0.2, 2.0))
        w = student.ridge(X, y, lam=lam)
        slope = 2 * X.T @ (X @ w - y) / n + 2 * lam * w
        assert np.any(w != 0) and np.abs(slope).max() < 1e-8, (
            "At these weights the mean squared error plus λ‖w‖² still has a slope. The error is a mean over "
            "n examples, the penalty has no ½ and stands on the diagonal alone."
        )


@pytest.mark.exercise("ridge")
def test_without_penalty_it_is_least_squares(student, rng):
    """With λ = 0 the weights are those of least squares."""
    X, y = lasso(rng, 15, 4)
    assert close(student.ridge(X, y, lam=0.0), np.linalg.lstsq(X, y, rcond=None)[0], rtol=1e-7), (
        "With λ = 0 nothing is left but least squares: XᵀX w = Xᵀy."
    )


@pytest.mark.exercise("ridge")
def test_the_number_of_examples_does_not_count(student, rng):
    """Every example twice: the same mean, so the same weights."""
    (X, y), lam = lasso(rng, 8, 3), strength(rng)
    once, twice = student.ridge(X, y, lam=lam), student.ridge(np.tile(X, (2, 1)), np.tile(y, 2), lam=lam)
    assert np.any(once != 0) and close(once, twice), (
        "With every example given twice the weights are others. A mean does not change by that; a sum does."
    )


@pytest.mark.exercise("ridge")
def test_noise_has_its_width(student, rng):
    """Noise is Gaussian with standard deviation σ around each number, whatever its size."""
    X, sigma = rng.uniform(-50, 50, size=(100, 100)), 0.6
    noise = student.noisy_inputs(X, sigma=sigma, rng=rng) - X
    assert laws.normal_std(noise, sigma, against=[sigma**2, sigma**0.5]), (
        "The noise is wider or narrower than σ. Is σ the standard deviation, and is the noise added to X?"
    )
    assert laws.follows(noise, normal(0, sigma), against=[uniform(-sigma * 3**0.5, sigma * 3**0.5)]), (
        "The noise has the right width and another shape or place: it is Gaussian with mean 0."
    )


@pytest.mark.exercise("ridge")
def test_every_number_has_noise_of_its_own(student, rng):
    """Noise in two rows, two columns and two calls is apart, and all of it is drawn from rng."""
    X, sigma, (ours, theirs) = rng.normal(size=(150, 150)), float(rng.uniform(0.5, 2.0)), twins(rng)
    first, second = (student.noisy_inputs(X, sigma=sigma, rng=ours) > X for _ in range(2))
    for a, b in ((first[0], first[1]), (first[:, 0], first[:, 1]), (first[0], second[0])):
        assert laws.independent(a, b, 0.5), (
            "The noise repeats itself: every number of every example gets its own, in each call anew."
        )
    assert np.array_equal(student.noisy_inputs(X, sigma=sigma, rng=theirs) > X, first), ELSEWHERE


# --- Early stopping ---------------------------------------------------------------------------------------


def stopped(player, losses, **settings):
    """What a player's training on a scripted curve returns, and how often an epoch was run."""
    epoch_fn = Recorder(scripted(losses))
    params, history = player.train_early_stopping({"w": np.zeros(2), "b": np.ones(3)}, epoch_fn, **settings)
    return params, history, len(epoch_fn.log)


NAN = float("nan")


@pytest.mark.exercise("train_early_stopping", weight=2)
def test_the_best_parameters_come_back(student, rng):
    """What comes back are the parameters after the best epoch, also where training ends without stopping."""
    level = float(rng.uniform(1, 2))
    for losses, best in (([3, 2, 1, 2, 2.5, 3], 3), ([1, 2, 3], 1), ([3, 2.5, 2, 2.2], 3), ([3, 2, 1], 3)):
        params, _, _ = stopped(student, [level * x for x in losses], patience=3, max_epochs=len(losses))
        assert close(params, {"w": np.full(2, float(best)), "b": np.full(3, 1.0 + best)}), (
            "The parameters that come back are not those after the epoch with the lowest validation loss. "
            "Those of the last epoch are too old by then: what must be kept, and when?"
        )


@pytest.mark.exercise("train_early_stopping", weight=2)
@pytest.mark.parametrize("patience", [1, 2, 4])
def test_patience_counts_epochs_in_a_row(student, rng, patience):
    """Training stops right after the patience-th epoch in a row that was not better."""
    losses, at = [3.0, 2.0], float(rng.uniform(0.5, 1.5))
    losses += [2.0 + at] * (patience - 1) + [1.5] + [1.5 + at] * (patience - 1) + [1.0] + [1.0 + at] * 20
    _, history, calls = stopped(student, losses, patience=patience, max_epochs=len(losses))
    want = 2 + 2 * patience + patience
    assert calls == want and history["n_epochs"] == want, (
        "Training stops at another epoch. An epoch that is better starts the count anew, each that is not "
        "adds one, and when the count has reached the patience no further epoch is run."
    )


@pytest.mark.exercise("train_early_stopping")
def test_ties_are_not_better(student, rng):
    """An epoch that only equals the best is not better."""
    level = float(rng.uniform(1, 2))
    losses = [2 * level, level, level, level, 0.5 * level]
    params, history, calls = stopped(student, losses, patience=2, max_epochs=5)
    assert (calls, history["best_epoch"]) == (4, 2) and close(params["w"], np.full(2, 2.0)), (
        "A validation loss equal to the best so far was taken for better, or training went on for too long."
    )


@pytest.mark.exercise("train_early_stopping")
def test_min_delta_is_measured_from_the_last_better_epoch(student, rng):
    """Better means more than min_delta below the last epoch that was better; small gains add up."""
    shift = float(rng.uniform(0, 2))
    losses = [shift + x for x in (1.0, 0.95, 1.05, 0.86, 0.91, 0.8, 0.84, 0.66, 0.7, 0.68)]
    for min_delta, patience in ((0.12, 3), (0.12, 2), (0.0, 2), (0.3, 5)):
        settings = {"patience": patience, "min_delta": min_delta, "max_epochs": 10}
        _, history, calls = stopped(student, losses, **settings)
        best, best_epoch, last = np.inf, 0, 10
        for epoch, loss in enumerate(losses, 1):
            if loss < best - min_delta:
                best, best_epoch = loss, epoch
            if epoch - best_epoch >= patience:
                last = epoch
                break
        assert (calls, history["best_epoch"]) == (last, best_epoch), (
            "With min_delta another epoch is the best, or training stops elsewhere. An epoch counts as "
            "better if it is more than min_delta below the last one that counted, not below the one before."
        )


@pytest.mark.exercise("train_early_stopping")
def test_nan_is_never_better(student, rng):
    """A validation loss that is not a number counts as an epoch that was not better."""
    low = float(rng.uniform(0.2, 0.8))
    for losses, want in (
        ([NAN, 2.0, NAN, 1.0, NAN, NAN, low], (4, 6)),
        ([NAN, NAN, low], (0, 2)),
        ([3.0, NAN, NAN, low], (1, 3)),
    ):
        params, history, calls = stopped(student, losses, patience=2, max_epochs=len(losses))
        assert (history["best_epoch"], calls) == want and close(params["w"], np.full(2, float(want[0]))), (
            "A loss of NaN must not become the best, and counts as not better: compare so that NaN loses. "
            "If no epoch is better, the parameters that were given come back."
        )


@pytest.mark.exercise("train_early_stopping")
def test_training_goes_on_from_where_it_was(student, rng):
    """Each epoch starts from the parameters of the one before, not from the best ones."""
    losses = [3.0, 1.0, 2.0, 1.5, 0.5, *rng.uniform(1, 2, size=6)]
    epoch_fn = Recorder(scripted(losses))
    student.train_early_stopping({"w": np.zeros(2)}, epoch_fn, patience=3, max_epochs=9)
    asked = [float((args[0] if args else kwargs["params"])["w"][0]) for args, kwargs, _ in epoch_fn.log]
    assert asked == [float(i) for i in range(8)], (
        "An epoch was run from other parameters than the epoch before left. Training goes on from where it "
        "is; the best ones are kept aside."
    )


@pytest.mark.exercise("train_early_stopping")
def test_the_history_tells_what_happened(student, rng):
    """best_epoch, best_loss and n_epochs, counted from one."""
    losses = [float(x) for x in rng.uniform(2, 3, size=9)]
    losses[4] = 1.0
    _, history, _ = stopped(student, losses, patience=9, max_epochs=7)
    assert close(history, {"best_epoch": 5, "best_loss": 1.0, "n_epochs": 7}), (
        "The history is another: the epoch with the best loss, the first being 1; that loss; and the "
        "number of epochs that were run, at most max_epochs."
    )


# --- Augmentation -----------------------------------------------------------------------------------------


def flipped(images, got):
    """Which images are mirrored; None if one is neither itself nor its mirror image."""
    turned = np.isclose(got, images[..., ::-1]).all(axis=(1, 2, 3))
    same = np.isclose(got, images).all(axis=(1, 2, 3))
    return turned if np.all(turned ^ same) else None


@pytest.mark.exercise("random_flip", weight=2)
def test_images_are_mirrored_left_to_right(student, rng):
    """An image is as it was or mirrored along its width, whole; with p = 1 every one is."""
    images = pictures(rng, 6, 2, 3, 4)
    assert close(student.random_flip(images, p=1.0, rng=rng), images[..., ::-1]), (
        "With p = 1 every image is mirrored left to right: the last axis of each runs backwards, and no "
        "other."
    )
    assert close(student.random_flip(images, p=0.0, rng=rng), images), "With p = 0 none is."


@pytest.mark.exercise("random_flip")
def test_each_image_is_flipped_by_its_own_chance(student, rng):
    """The share of flipped images is p, two calls flip others, and all is drawn from rng."""
    images, p, (ours, theirs) = pictures(rng, 300, 2, 2, 3), 0.25, twins(rng)
    first, second = (flipped(images, student.random_flip(images, p=p, rng=ours)) for _ in range(2))
    assert first is not None and second is not None, (
        "An image is neither itself nor its mirror image: are all its channels and rows flipped together?"
    )
    assert laws.share(first, p, against=[1 - p, 0.0, 1.0]), (
        "The share of flipped images is not p, beyond what chance explains. Each image has its own draw."
    )
    assert laws.independent(first, second, p), "Two calls flip the same images: is it drawn from rng?"
    again = flipped(images, student.random_flip(images, p=p, rng=theirs))
    assert again is not None and np.array_equal(again, first), ELSEWHERE


@pytest.mark.exercise("random_flip", weight=2)
def test_contrast_scales_around_each_images_mean(student, rng):
    """What an image has above or below its own mean is multiplied by one factor."""
    images = pictures(rng, 8, 2, 3, 4)
    images[:, 1] += 2.0  # the channels' means differ
    got = student.random_contrast(images, max_delta=0.4, rng=rng)
    found = factors(images, got)
    assert found is not None and not close(got, images), (
        "An image is not its own mean plus one factor times what it has above and below that. The mean is "
        "over all pixels and channels of this image, and nothing is clipped."
    )
    for max_delta in (0.4, 0.9):
        found = factors(images, student.random_contrast(images, max_delta=max_delta, rng=rng))
        assert found is not None and np.all(np.abs(found - 1) <= max_delta + 1e-9), (
            "A factor lies outside of 1 ± max_delta."
        )


@pytest.mark.exercise("random_flip")
def test_contrast_factors_are_uniform_around_one(student, rng):
    """Every image has a factor of its own, uniform between 1 - δ and 1 + δ, drawn from rng."""
    images, delta, (ours, theirs) = pictures(rng, 600, 1, 2, 2), float(rng.uniform(0.3, 0.9)), twins(rng)
    got = student.random_contrast(images, max_delta=delta, rng=ours)
    found = factors(images, got)
    others = [uniform(1, 1 + delta), uniform(1 - delta, 1), uniform(1 - delta / 2, 1 + delta / 2)]
    assert found is not None and laws.follows(found, uniform(1 - delta, 1 + delta), against=others), (
        "The factors are not uniform from 1 - δ to 1 + δ, one for each image."
    )
    assert close(student.random_contrast(images, max_delta=delta, rng=theirs), got), ELSEWHERE


@pytest.mark.exercise("random_crop", weight=2)
def test_a_crop_is_a_window_of_the_padded_image(student, rng):
    """Each image is cut out of itself with zeros around, channels together, at its old size."""
    for channels, height, width, pad in ((1, 3, 4, 1), (2, 4, 3, 2), (2, 2, 5, 2)):
        images = pictures(rng, 30, channels, height, width)
        found = corners(images, student.random_crop(images, pad=pad, rng=rng), pad)
        assert found is not None, (
            "An image is no window of its padded self. Zeros come in at the sides, nothing comes round from "
            "the other side, and all channels are cut at one place."
        )
        assert np.any(found != found[0]), "Thirty images were all cut at one place."  # by chance: 9^-29
    assert close(student.random_crop(images, pad=0, rng=rng), images), "With pad = 0 there is one place only."


@pytest.mark.exercise("random_crop", weight=2)
def test_places_are_uniform(student, rng):
    """The window's corner takes each of 2·pad + 1 rows and columns equally often."""
    pad, images = 1, pictures(rng, 300, 1, 3, 4)
    found = corners(images, student.random_crop(images, pad=pad, rng=rng), pad)
    assert found is not None, "An image is no window of its padded self."
    shares, missing = dict.fromkeys(range(3), 1 / 3), ({0: 0.5, 1: 0.5}, {1: 1.0})
    for axis, name in enumerate(("rows", "columns")):
        assert laws.categories(found[:, axis], shares, against=missing), (
            f"The {name} of the windows' corners are not uniform over 0 … 2·pad. Is the last one possible, "
            "and does each image draw its own?"
        )


@pytest.mark.exercise("random_crop")
def test_rows_columns_and_images_draw_apart(student, rng):
    """The row says nothing about the column, nor one image or call about another; all is drawn from rng."""
    pad, images, (ours, theirs) = 1, pictures(rng, 400, 1, 3, 3), twins(rng)
    first, second = (corners(images, student.random_crop(images, pad=pad, rng=ours), pad) for _ in range(2))
    assert first is not None and second is not None, "An image is no window of its padded self."
    centre = first == pad
    for a, b in (
        (centre[:, 0], centre[:, 1]),
        (centre[::2, 0], centre[1::2, 0]),
        (centre[:, 0], second[:, 0] == pad),
    ):
        assert laws.independent(a, b, 1 / 3), (
            "Shifts that should be independent go together: down and across, one image and the next, one "
            "call and another."
        )
    again = corners(images, student.random_crop(images, pad=pad, rng=theirs), pad)
    assert again is not None and np.array_equal(again, first), ELSEWHERE


# --- Several models ---------------------------------------------------------------------------------------


@pytest.mark.exercise("bootstrap_indices", weight=2)
def test_draws_are_made_with_replacement(student, rng):
    """Some examples come twice and some not at all, as chance has it."""
    assert laws.resampled(student.bootstrap_indices(64, rng=rng), 64), (
        "That is no bootstrap sample: of n draws with replacement about 63 % of the examples are among them. "
        "Without replacement all are."
    )


@pytest.mark.exercise("bootstrap_indices")
def test_all_examples_are_equally_likely(student, rng):
    """Every example is as likely as any other, the first and the last too."""
    found = [student.bootstrap_indices(3, rng=rng).tolist() for _ in range(80)]
    shares = dict.fromkeys(range(3), 1 / 3)
    others = [{0: 0.5, 1: 0.5}, {1: 0.5, 2: 0.5}]
    assert laws.categories(np.ravel(found), shares, against=others), (
        "Not all examples are equally likely. Which numbers can be drawn at all?"
    )


@pytest.mark.exercise("bootstrap_indices")
def test_samples_differ_and_are_repeatable(student, rng):
    """Two samples from one generator differ; generators in the same state give the same sample."""
    ours, theirs = twins(rng)
    first, second = (student.bootstrap_indices(40, rng=ours) for _ in range(2))
    assert not close(first, second), "Two samples from one generator are the same: every model sees one set."
    assert close(student.bootstrap_indices(40, rng=theirs), first), (
        "Two generators in the same state gave different samples: something is drawn from elsewhere."
    )


@pytest.mark.exercise("ensemble_vote", weight=2)
def test_the_majority_wins(student, rng):
    """For each example the class with the most votes, however many models and classes."""
    for n_models, n_classes in ((5, 3), (7, 10), (1, 4)):
        winners = rng.integers(n_classes, size=12)
        labels = np.tile(winners, (n_models, 1))
        for example in range(12):
            wrong = rng.permutation(n_models)[: (n_models - 1) // 2]
            labels[wrong, example] = rng.integers(n_classes, size=wrong.size)
        assert close(student.ensemble_vote(labels, n_classes=n_classes), winners), (
            "An example went to another class than the one with the most votes. Votes are counted over "
            "models; labels are names and no quantities."
        )


@pytest.mark.exercise("ensemble_vote")
def test_of_equals_the_lowest_class_wins(student, rng):
    """Where classes have equally many votes the lowest of them wins, in whatever order the models vote."""
    ballots = [([2, 1, 1, 2], 1), ([3, 0, 2, 1], 0), ([3, 3, 2, 2], 2), ([0, 3, 3, 1], 3), ([2, 3, 1, 3], 3)]
    labels = np.array([rng.permutation(votes) for votes, _ in ballots]).T
    assert close(student.ensemble_vote(labels, n_classes=4), np.array([winner for _, winner in ballots])), (
        "Where several classes have the most votes, the lowest of them wins, and only of them."
    )


@pytest.mark.exercise("ensemble_vote", weight=2)
def test_probabilities_are_averaged_over_models(student, rng):
    """The mean over models of each example's probabilities."""
    for shape in ((3, 4, 5), (1, 2, 3), (6, 2, 2)):
        probs = rng.uniform(0.02, 1.0, size=shape) ** 2
        probs /= probs.sum(axis=-1, keepdims=True)
        want = sum(probs[i] for i in range(shape[0])) / shape[0]
        assert close(student.ensemble_average(probs), want), (
            "The average over models is another: probabilities are averaged as they are, every model "
            "counting alike."
        )


# --- Averages of weights ----------------------------------------------------------------------------------


def path(rng, count):
    return [{"W": rng.normal(size=(2, 3)), "b": 10 * rng.normal(size=4)} for _ in range(count)]


@pytest.mark.exercise("ema_update", weight=2)
def test_the_average_starts_as_a_copy_and_follows(student, rng):
    """Old average times decay plus the newest times 1 - decay, from the first parameters on."""
    start, *rest = path(rng, 7)
    decays = [float(x) for x in rng.uniform(0.6, 0.95, size=6)]
    want, average = [], start
    for params, decay in zip(rest, decays, strict=True):
        average = {key: decay * average[key] + (1 - decay) * params[key] for key in params}
        want.append(average)
    assert close(running(student, start, rest, decays), want), (
        "The running average is another. It starts as the first parameters themselves, keeps the share "
        "decay of what it was and takes the rest from what is new."
    )


@pytest.mark.exercise("ema_update")
def test_weights_that_stand_still_are_their_own_average(student, rng):
    """If all parameters are the same, so is the average, from the first update on."""
    start, other = path(rng, 2)
    *still, last = running(student, start, [start, start, start, other], [0.9, 0.8, 0.7, 0.6])
    assert close(still, [start] * 3), (
        "The parameters never change, and their average is another: where does it start, and do the two "
        "shares add up to one?"
    )
    assert not close(last, other) and not close(last, start), "When they change it follows, not all the way."


@pytest.mark.exercise("ema_update")
def test_old_parameters_fade(student, rng):
    """With zeros from some update on, the average fades by decay an update."""
    (start,), decay = path(rng, 1), float(rng.uniform(0.5, 0.9))
    nothing = {key: np.zeros_like(value) for key, value in start.items()}
    got = running(student, start, [nothing] * 5, [decay] * 5)
    assert close(got, [{key: decay**t * w for key, w in start.items()} for t in range(1, 6)]), (
        "After the weights became zero their average should lose the share 1 - decay an update, and keep "
        "the rest. What is handed on from one update to the next?"
    )


@pytest.mark.exercise("ema_update", weight=2)
def test_checkpoints_count_alike(student, rng):
    """The mean of checkpoints weighs all alike, parameter by parameter, in whatever order."""
    for count in (1, 2, 5):
        found = path(rng, count)
        want = {key: sum(each[key] for each in found) / count for key in found[0]}
        for order in (found, found[::-1]):
            assert close(student.average_checkpoints(order), want), (
                "The average of the checkpoints is another: a plain mean for each parameter."
            )
