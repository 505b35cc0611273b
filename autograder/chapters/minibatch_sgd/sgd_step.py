"""The step of SGD, `sgd_step`: hidden checks, named mistakes, variants."""

import numpy as np
import pytest

from autograder.checking import close, examples, mistakes, variants

# --- Checks -------------------------------------------------------------------------------------------------


@pytest.mark.exercise("sgd_step")
def test_every_parameter_steps_against_its_gradient(student, rng):
    """Every parameter moves by lr against its own gradient, whatever the sizes and shapes."""
    params = {"W": rng.normal(size=(3, 2)), "b": rng.normal(size=4), "scale": np.array(rng.normal())}
    params["gain"] = rng.normal(size=1)
    grads = {key: 10.0 ** rng.uniform(-6, 8) * rng.normal(size=np.shape(w)) for key, w in params.items()}
    params["still"], grads["still"] = rng.normal(size=2), np.zeros(2)  # its new array may not be the old one
    params["t"], grads["t"] = rng.normal(size=(2, 1, 3)), rng.normal(size=(2, 1, 3))
    params[""], grads[""] = np.zeros(2), 1e-12 * rng.normal(size=2)
    params["wide"], grads["wide"] = rng.normal(size=(11, 100)), rng.normal(size=(11, 100))
    for lr, size in ((float(rng.uniform(0.05, 0.5)), 1.0), (2, 1.0), (50.0, 1.0), (1e-12, 1e12)):
        slopes = {key: size * np.asarray(g) for key, g in grads.items()}
        want = {key: params[key] - lr * slopes[key] for key in params}
        got = student.sgd_step(params, slopes, lr=lr)
        assert close(got, want) and close(got[""], want[""], atol=0.0), (
            "The parameters are not where w - lr·g puts them. Nothing else belongs to the step: no size is "
            "taken out, cut off or set to 0, no sign alone, no limit for lr, which may be a whole number, "
            "and the direction is downhill. A parameter may have any name, shape and number of entries, and "
            "nothing is held in single precision."
        )
    params = {"w": rng.normal(size=4)}
    broken = np.array([np.inf, 1.0, np.nan, -np.inf])
    got = student.sgd_step(params, {"w": broken}, lr=0.5)
    assert close(got["w"], params["w"] - 0.5 * broken, nan_agrees=True), (
        "Where a gradient is infinite or NaN the parameters are others than w - lr·g makes them. A run that "
        "broke down must show: nothing is left out, cut off or replaced, and the other entries make their "
        "step."
    )


@pytest.mark.exercise("sgd_step")
def test_gradients_go_with_their_names(student, rng):
    """A gradient belongs to the parameter of its name, in whatever order the two dicts stand."""
    params = {key: rng.normal(size=3) for key in ("first", "second", "third")}
    grads = {key: rng.normal(size=3) for key in ("third", "first", "second")}
    want = {key: params[key] - 0.25 * grads[key] for key in params}
    assert close(student.sgd_step(params, grads, lr=0.25), want), (
        "With the gradients in another order than the parameters, these went elsewhere. If they are right in "
        "the same order, look the gradients up by their names."
    )


@pytest.mark.exercise("sgd_step")
def test_the_step_is_proportional_to_the_rate(student, rng):
    """Twice the rate moves every parameter twice as far, and it does move."""
    params, grads = {"w": rng.normal(size=5)}, {"w": rng.normal(size=5)}
    lr = float(rng.uniform(0.1, 0.3))
    short, long, none = (
        student.sgd_step(params, grads, lr=rate)["w"] - params["w"] for rate in (lr, 2 * lr, 0.0)
    )
    assert not close(short, np.zeros(5)), "Nothing has moved."
    assert close(none, np.zeros(5)), "At a rate of 0 the parameters stay where they are."
    assert close(long, 2 * short, rtol=1e-7), "Twice the rate is not twice the step: where does lr stand?"


# --- Mistakes -----------------------------------------------------------------------------------------------


STEP = "return {key: value - lr * grads[key] for key, value in params.items()}"

MISTAKES = mistakes(
    "sgd_step",
    (
        "uphill",
        "The step goes with the gradient, and the loss grows. The gradient points uphill: look at the sign.",
        (STEP, "return {key: value + lr * grads[key] for key, value in params.items()}"),
    ),
    (
        "rate_forgotten",
        "The whole gradient is taken off, whatever lr is. Look for lr in the formula.",
        (STEP, "return {key: value - grads[key] for key, value in params.items()}"),
    ),
    (
        "by_position",
        "Gradients are matched with parameters by their place in the dict. They belong together by name.",
        (
            STEP,
            "return dict(zip(params, [w - lr * g for w, g in zip(params.values(), grads.values())]))",
        ),
    ),
    (
        "sign_alone",
        "Every weight moves by lr itself, for only the gradient's sign is used. The size belongs to the "
        "step.",
        (STEP, "return {key: value - lr * np.sign(grads[key]) for key, value in params.items()}"),
    ),
    (
        "normalised",
        "The gradient is brought to length one first, so that the step never gets shorter near a minimum. "
        "Take it as it is.",
        (
            STEP,
            "return {key: w - lr * grads[key] / np.linalg.norm(grads[key]) for key, w in params.items()}",
        ),
    ),
    (
        "clipped",
        "Large gradients are cut off at a bound. Nobody asks for that here: take them as they are.",
        (STEP, "return {key: w - lr * np.clip(grads[key], -1.0, 1.0) for key, w in params.items()}"),
    ),
    (
        "in_place",
        "The arrays that were handed over are changed, with -= perhaps, and whoever called has lost the "
        "old weights. Make new ones.",
        (STEP, "for key in params:\n        params[key] -= lr * grads[key]\n    return params"),
    ),
    free={"clipped": ("-{0}, {0})", ("1.0", "5.0", "10.0", "100.0", "1000.0"))},
)


# --- Variants -----------------------------------------------------------------------------------------------


class CopyThenInPlace:
    """Copies everything, then subtracts in place; prints."""

    def sgd_step(params, grads, *, lr):
        import copy

        new = copy.deepcopy(params)
        for key in new:
            new[key] = np.asarray(new[key], dtype=float).copy()
            new[key] -= lr * grads[key]
            print(key, new[key])
        return new


class NegatedRate:
    """Adds minus lr times the gradient, in the order of the gradients, with NumPy's functions."""

    def sgd_step(params, grads, *, lr):
        moves = {key: np.multiply(-lr, g) for key, g in sorted(grads.items())}
        return {key: np.add(params[key], moves[key]) for key in moves}


class OneFlatVector:
    """Joins all parameters into one vector, steps, and cuts it again."""

    def sgd_step(params, grads, *, lr):
        flat = np.concatenate([np.ravel(params[key]) - lr * np.ravel(grads[key]) for key in params])
        cuts = np.cumsum([np.size(params[key]) for key in params])[:-1]
        return {
            key: part.reshape(np.shape(params[key]))
            for key, part in zip(params, np.split(flat, cuts), strict=True)
        }


VARIANTS = variants("sgd_step", CopyThenInPlace, NegatedRate, OneFlatVector)

# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "sgd_step",
    """
    params = {"w": np.array([1.0]), "b": np.array([2.0])}
    grads = {"b": np.array([4.0]), "w": np.array([8.0])}
    sgd_step(params, grads, lr=0.5), params
    """,
)
