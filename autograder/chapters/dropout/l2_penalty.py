"""L1 and L2 penalties, `l2_penalty`: hidden checks, named mistakes, variants."""

import numpy as np
import pytest

from autograder.checking import close, conventions, mistakes, variants

from .shared import strength, weights

# --- Checks -------------------------------------------------------------------------------------------------


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
    """Weight decay multiplies each weight by 1 - ηλ, also where ηλ is 0 or above 1."""
    rate, strong = float(rng.uniform(0.1, 0.5)), strength(rng)
    for lr, decay in ((rate, strong), (rate, 0.0), (0.0, strong), (2.0, 1 + strong)):
        params = weights(rng)
        got = student.decay_step(params, lr=lr, weight_decay=decay)
        assert close(got, {key: (1 - lr * decay) * w for key, w in params.items()}), (
            "The weights are not multiplied by the factor 1 - ηλ: the rate belongs to it, all weights have "
            "the same factor, there is no ½, and no bound where ηλ is large."
        )


@pytest.mark.exercise("l2_penalty")
def test_parameters_are_penalised_side_by_side(student, rng):
    """A penalty over two parameters is the sum of the two alone, and each gradient goes with its name."""
    params, lam = weights(rng), strength(rng)
    for name in ("l2_penalty", "l1_penalty"):
        penalty = getattr(student, name)
        none, flat = penalty(params, lam=0.0)
        assert none == 0 and close(flat, {key: 0 * w for key, w in params.items()}), "λ = 0 is no penalty."
        alone = [penalty({key: w}, lam=lam) for key, w in params.items()]
        total, grads = penalty(params, lam=lam)
        assert total > 0 and close(total, alone[0][0] + alone[1][0]), (
            "The penalty on two parameters is not the sum of their penalties."
        )
        assert close(grads, alone[0][1] | alone[1][1]), "A gradient is another one beside a second parameter."


# --- Mistakes -----------------------------------------------------------------------------------------------


MISTAKES = mistakes(
    "l2_penalty",
    (
        "half_of_the_gradient",
        "The L2 gradient still has the ½ of the penalty. The square's 2 cancels it.",
        ("{key: lam * w for", "{key: lam / 2 * w for"),
    ),
    (
        "means_for_sums",
        "The squares are averaged within each parameter, so that a large one counts no more than a small "
        "one. The penalty is a sum over all numbers.",
        ("np.sum(w**2)", "np.mean(w**2)"),
    ),
    (
        "length_not_squared",
        "The L2 penalty is a length: the root is taken of the sum of squares. No root stands in it.",
        (
            "lam / 2 * sum(np.sum(w**2) for w in params.values())",
            "lam / 2 * np.sqrt(sum(np.sum(w**2) for w in params.values()))",
        ),
    ),
    (
        "l1_without_sizes",
        "In the L1 penalty positive and negative weights cancel: it is the sum of sizes.",
        ("np.sum(np.abs(w))", "np.sum(w)"),
    ),
    (
        "l1_with_a_half",
        "The L1 penalty has a ½ that belongs to the L2 penalty alone.",
        ("value = lam * sum(", "value = lam / 2 * sum("),
    ),
    (
        "l1_pushes_zeros",
        "At 0 the L1 gradient pushes as if the weight were positive. There it is 0.",
        ("lam * np.sign(w)", "lam * np.where(w < 0, -1.0, 1.0)"),
    ),
    (
        "l1_gradient_like_l2",
        "The L1 gradient grows with the weight, as the L2 one does. Its size is λ for any weight.",
        ("lam * np.sign(w)", "lam * w"),
    ),
    (
        "decay_never_past_zero",
        "Where ηλ is above 1 the weights become 0. The formula has no bound: 1 - ηλ is below 0 there, and "
        "the weights change their sign.",
        ("(1 - lr * weight_decay) * w", "max(0.0, 1 - lr * weight_decay) * w"),
    ),
    (
        "decay_without_rate",
        "The decay takes λ off and leaves the rate out: the step's length belongs to it.",
        ("(1 - lr * weight_decay) * w", "(1 - weight_decay) * w"),
    ),
    (
        "decay_grows",
        "The weights grow: look at the sign in the factor.",
        ("(1 - lr * weight_decay) * w", "(1 + lr * weight_decay) * w"),
    ),
    (
        "decay_by_sign",
        "Every weight loses the same amount. That is what an L1 penalty does; decay multiplies.",
        ("(1 - lr * weight_decay) * w", "w - lr * weight_decay * np.sign(w)"),
    ),
    (
        "decay_is_what_is_lost",
        "What comes back is what the weights lose, not what is left of them.",
        ("(1 - lr * weight_decay) * w", "lr * weight_decay * w"),
    ),
)


# --- Right by another convention ----------------------------------------------------------------------------


CONVENTIONS = conventions(
    "l2_penalty",
    (
        "without_the_half",
        "The L2 penalty has no ½ here, as in some libraries and in parts of CS231n; then its gradient is "
        "2λw. The text pins λ/2, so that the gradient is λw.",
        ("lam / 2 * sum(np.sum(w**2)", "lam * sum(np.sum(w**2)"),
        ("{key: lam * w for", "{key: 2 * lam * w for"),
    ),
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
