"""L1 and L2 penalties, `l2_penalty`: hidden checks, variants."""

import numpy as np
import pytest

from autograder.checking import close, variants

from ..shared import few_digits
from .shared import off_zero, strength, weights

# --- Checks -------------------------------------------------------------------------------------------------


def scaled(rng, size):
    """Weights of this size; a parameter without axes is among them, or where it is not 1, one of three."""
    more = {"gain": off_zero(rng)} if size == 1.0 else {"kernels": off_zero(rng, 2, 2, 3)}
    return {key: np.asarray(size * w) for key, w in (weights(rng) | more).items()}


@pytest.mark.exercise("l2_penalty")
def test_the_l2_penalty_is_half_the_squares(student, rng):
    """The value is λ/2 times the sum of all squares, over all parameters."""
    for size in (1.0, 1e-30):
        params, lam = scaled(rng, size), strength(rng) if size == 1.0 else 3
        got, _ = student.l2_penalty(params, lam=lam)
        want = float(lam / 2 * sum(np.sum(w**2) for w in params.values()))
        where = "" if size == 1.0 else "For a whole λ, tiny weights and a parameter of three axes: "
        assert close(got, want, atol=0.0), few_digits(got, want) or (
            f"{where}The L2 penalty is another number. It is λ/2 times the sum of squares of every number in "
            "every parameter, whatever its name and axes and however small: a sum and no mean, squares, no "
            "root."
        )


@pytest.mark.exercise("l2_penalty", weight=2)
def test_the_l2_gradient_is_lambda_w(student, rng):
    """Each weight's gradient is λ times itself."""
    for size, where in ((1.0, ""), (1e-30, "For tiny weights, or a parameter of three axes: ")):
        params, lam = scaled(rng, size), strength(rng)
        _, grads = student.l2_penalty(params, lam=lam)
        assert close(grads, {key: lam * w for key, w in params.items()}, atol=0.0), (
            f"{where}The L2 gradient is not the slope of λ/2 · w². What becomes of the ½?"
        )


@pytest.mark.exercise("l2_penalty")
def test_the_l1_penalty_is_the_sum_of_sizes(student, rng):
    """The value is λ times the sum of absolute values, without a ½."""
    for size in (1.0, 1e-200, 1e200):
        params, lam = scaled(rng, size), strength(rng)
        got, _ = student.l1_penalty(params, lam=lam)
        want = float(lam * sum(np.sum(np.abs(w)) for w in params.values()))
        assert close(got, want, atol=0.0), few_digits(got, want) or (
            "The L1 penalty is another number: λ times the sum of absolute values over all parameters, "
            "whatever their names and axes, and as they are, be they tiny or very large."
        )


@pytest.mark.exercise("l2_penalty", weight=2)
def test_the_l1_gradient_is_a_sign(student, rng):
    """Each weight's gradient is λ with its sign, and 0 where the weight is 0."""
    for size in (1.0, 1e-200, 1e200):
        params, lam = scaled(rng, size), strength(rng)
        _, grads = student.l1_penalty(params, lam=lam)
        assert close(grads, {key: lam * np.sign(w) for key, w in params.items()}), (
            "The L1 gradient is λ for positive, -λ for negative weights whatever their size, and 0 at 0."
        )


@pytest.mark.exercise("l2_penalty", weight=2)
def test_decay_shrinks_by_rate_times_strength(student, rng):
    """Weight decay multiplies each weight by 1 - ηλ, also where ηλ is 0 or above 1."""
    rate, strong = float(rng.uniform(0.1, 0.5)), strength(rng)
    for lr, decay, size in (
        (rate, strong, 1.0),
        (rate, 0.0, 1.0),
        (2e-3, strong, 1.0),
        (0.0, strong, 1.0),
        (2.0, 1 + strong, 1.0),
        (30, 3, 1.0),
        (rate, strong, 1e-200),
    ):
        params = scaled(rng, size)
        got = student.decay_step(params, lr=lr, weight_decay=decay)
        assert close(got, {key: (1 - lr * decay) * w for key, w in params.items()}, atol=0.0), (
            "The weights are not multiplied by the factor 1 - ηλ: the rate belongs to it, all weights have "
            "the same factor, whatever their names, axes and sizes, there is no ½, and no bound where ηλ is "
            "large."
        )


@pytest.mark.exercise("l2_penalty")
def test_parameters_are_penalised_side_by_side(student, rng):
    """A penalty over parameters is the sum of those of each alone, and each gradient goes with its name."""
    params, lam = weights(rng), strength(rng)
    for name in ("l2_penalty", "l1_penalty"):
        penalty = getattr(student, name)
        none, flat = penalty(params, lam=0.0)
        assert none == 0 and close(flat, {key: 0 * w for key, w in params.items()}), "λ = 0 is no penalty."
        alone = [penalty({key: w}, lam=lam) for key, w in params.items()]
        total, grads = penalty(params, lam=lam)
        assert total > 0 and close(total, sum(value for value, _ in alone)), (
            "The penalty on several parameters is not the sum of their penalties."
        )
        assert close(grads, {key: part[1][key] for key, part in zip(params, alone, strict=True)}), (
            "A gradient is another one beside other parameters."
        )


# --- Variants -----------------------------------------------------------------------------------------------


class Flattened:
    """All parameters in one flat vector for the values; loops for the gradients."""

    def l2_penalty(params, *, lam):
        flat = np.concatenate([np.ravel(w) for w in params.values()])
        grads = {}
        for key in params:
            grads[key] = np.multiply(params[key], lam)
        return 0.5 * lam * (flat @ flat), grads

    def l1_penalty(params, *, lam):
        flat = np.concatenate([np.ravel(w) for w in params.values()])
        return lam * np.linalg.norm(flat, 1), {k: lam * ((w > 0) * 1.0 - (w < 0)) for k, w in params.items()}

    def decay_step(params, *, lr, weight_decay):
        return {key: w - lr * weight_decay * w for key, w in params.items()}


class ThroughOneAnother:
    """Decay as a gradient step on the L2 penalty; the L1 gradient with a division guarded at 0."""

    def l2_penalty(params, *, lam):
        value, grads = 0.0, {}
        for key, w in params.items():
            value += lam * float(np.vdot(w, w)) / 2
            grads[key] = lam * w
        return value, grads

    def l1_penalty(params, *, lam):
        value, grads = 0.0, {}
        for key, w in params.items():
            size = np.abs(w)
            value += lam * size.sum()
            grads[key] = lam * np.divide(w, size, out=np.zeros_like(w), where=size > 0)
        return value, grads

    def decay_step(params, *, lr, weight_decay):
        _, grads = l2_penalty(params, lam=weight_decay)
        return {key: params[key] - lr * grads[key] for key in params}


class EntryByEntry:
    """Loops over the entries, Python's own numbers in between."""

    def l2_penalty(params, *, lam):
        grads = {key: np.zeros(w.shape) for key, w in params.items()}
        total = 0.0
        for key, w in params.items():
            for place, value in np.ndenumerate(w):
                total += float(value) * float(value)
                grads[key][place] = lam * value
        return 0.5 * (lam * total), grads

    def l1_penalty(params, *, lam):
        total, grads = 0.0, {}
        for key, w in params.items():
            total += sum(abs(value) for value in w.ravel().tolist())
            grads[key] = np.where(w > 0, lam, np.where(w < 0, -lam, 0.0))
        return lam * total, grads

    def decay_step(params, *, lr, weight_decay):
        after = {key: w.copy() for key, w in params.items()}
        for w in after.values():
            w *= 1 - lr * weight_decay
        return after


VARIANTS = variants("l2_penalty", Flattened, ThroughOneAnother, EntryByEntry)
