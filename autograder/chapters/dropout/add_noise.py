"""Noise on activities and weights, `add_noise`: hidden checks, variants."""

import numpy as np
import pytest

from autograder.checking import close, examples, laws, normal, uniform, variants

from ..shared import left_to_chance, twins
from .shared import CALLS, ELSEWHERE, NOT_ALONE, each_alone, gaussian_tails

# --- Checks -------------------------------------------------------------------------------------------------


@pytest.mark.exercise("add_noise", weight=2)
def test_noise_has_the_standard_deviation_sigma(student, rng):
    """In training Gaussian noise of standard deviation σ is added to every activity, whatever its size."""
    x, sigma = rng.uniform(-50, 50, size=(200, 40, 5)), 3.6
    x[:, 7] = 0.0
    noise = student.add_noise(x, sigma=sigma, training=True, rng=rng) - x
    assert np.all(noise[:, 7] != 0), "Activities that are 0 have no noise. They get theirs, too."
    assert laws.normal_std(noise, sigma, against=[sigma**2, sigma**0.5]), (
        "The noise is wider or narrower than σ. Is σ the standard deviation, and is the noise added to x?"
    )
    assert gaussian_tails(noise, sigma), (
        "The noise has another shape: too many or too few numbers are near 0, or far from it. It is Gaussian."
    )
    assert abs(np.mean(noise)) > 1e-13, "The noise of a call is balanced to mean 0: that is left to chance."
    noise = noise[::4]
    assert laws.follows(noise, normal(0, sigma), against=[uniform(-sigma * 3**0.5, sigma * 3**0.5)]), (
        "The noise has the right width and another shape or place: it is Gaussian with mean 0."
    )
    assert left_to_chance(noise, normal(0, sigma), 0.0), (
        "The draws are not independent: they come twice, are balanced to mean 0, or laid out over the "
        "law. Each number gets a draw of its own."
    )


@pytest.mark.exercise("add_noise", weight=2)
def test_inference_has_no_noise(student, rng):
    """At inference x comes back as it is and nothing is drawn, while training changes every number."""
    x, sigma, (ours, theirs) = rng.normal(size=(4, 5)), float(rng.uniform(0.5, 2.0)), twins(rng)
    assert close(student.add_noise(x, sigma=sigma, training=False, rng=ours), x), (
        "At inference there is no noise: x comes back as it is. Look at the argument training."
    )
    assert student.stands_at(ours, theirs), "At inference something is drawn from rng: there is no need to."
    assert not np.any(student.add_noise(x, sigma=sigma, training=True, rng=ours) == x), (
        "In training an activity has no noise: every one gets its own."
    )
    assert close(student.add_noise(x, sigma=0.0, training=True, rng=ours), x), "With σ = 0 nothing moves."
    assert np.all(student.add_noise(0 * x, sigma=1e-12, training=True, rng=ours) != 0), "A tiny σ moves all."


@pytest.mark.exercise("add_noise")
def test_every_activity_has_noise_of_its_own(student, rng):
    """Noise in two rows, two columns and two calls is apart, and all of it is drawn from rng."""
    small = rng.normal(size=(8, 8))
    noisy = student.add_noise.times(CALLS, small, sigma=0.7, training=True, rng=rng)
    calls = [one - small for one in noisy]
    assert each_alone(np.reshape(calls, (CALLS, 64))), NOT_ALONE
    x, sigma, (ours, theirs) = rng.normal(size=(80, 80)), float(rng.uniform(0.5, 2.0)), twins(rng)
    first, second = (student.add_noise(x, sigma=sigma, training=True, rng=ours) > x for _ in range(2))
    for a, b in ((first[0], first[1]), (first[:, 0], first[:, 1]), (first[0], second[0])):
        assert laws.independent(a, b, 0.5), (
            "The noise repeats itself: every unit of every example gets its own, in each call anew."
        )
    again = student.add_noise(x, sigma=sigma, training=True, rng=theirs) > x
    assert np.array_equal(again, first), ELSEWHERE
    for shape in ((60,), (3, 4, 5, 2)):
        noise = student.add_noise(np.full(shape, 0.01), sigma=1.0, training=True, rng=ours) - 0.01
        assert len(np.unique(noise)) == noise.size and np.any(noise < -0.01), (
            f"With {len(shape)} axes numbers share noise or have none, or none falls below 0. Each gets its "
            "own, whatever the axes mean, and nothing is cut off."
        )


@pytest.mark.exercise("add_noise", weight=2)
def test_each_parameter_has_its_noise(student, rng):
    """Every number of every parameter, biases too, is moved by Gaussian noise of standard deviation σ."""
    few, sigma = {"W": rng.normal(size=(3, 2, 5)), "b": rng.normal(size=3), "bias": rng.normal(size=1)}, 3.6
    few |= {"gain": np.array(rng.normal())}
    still, moved = (student.noisy_params(few, sigma=each, rng=rng) for each in (0.0, sigma))
    assert close(still, few) and not any(np.any(moved[key] == few[key]) for key in few), (
        "With σ = 0 the parameters stay as they are, and with any other σ every number of every parameter "
        "moves, whatever its name and axes."
    )
    assert len(np.unique(moved["W"] - few["W"])) == 30, (
        "Numbers of a parameter of three axes share their noise."
    )
    tiny = student.noisy_params({"w": np.zeros(5)}, sigma=1e-12, rng=rng)
    assert np.all(tiny["w"] != 0), "A tiny σ moves every number, too."
    params = {"W": rng.uniform(-50, 50, size=(200, 200)), "b": rng.uniform(-50, 50, size=3000)}
    params["W"][:, 7] = 0.0
    noisy = student.noisy_params(params, sigma=sigma, rng=rng)
    assert np.all(noisy["W"][:, 7] != 0), "Weights that are 0 have no noise. They get theirs, too."
    assert gaussian_tails(noisy["W"] - params["W"], sigma), (
        "The noise has another shape: too many or too few numbers are near 0, or far from it. It is Gaussian."
    )
    for key, w in params.items():
        assert laws.normal_std(noisy[key] - w, sigma, against=[sigma**2, sigma**0.5]), (
            "A parameter's noise is not of the standard deviation σ: every number of every parameter that is "
            "given gets noise, and it is added to what is there."
        )
        assert abs(np.mean(noisy[key] - w)) > 1e-13, (
            "A parameter's noise is balanced to mean 0: that is left to chance."
        )
        assert left_to_chance((noisy[key] - w)[::20], normal(0, sigma), 0.0), (
            "The draws are not independent: they come twice, are balanced to mean 0, or laid out over the "
            "law. Each number gets a draw of its own."
        )


@pytest.mark.exercise("add_noise")
def test_parameters_of_one_shape_have_noise_of_their_own(student, rng):
    """Noise in two parameters, two rows, two columns and two calls is apart, and drawn from rng."""
    params, (ours, theirs) = {key: rng.normal(size=(80, 80)) for key in ("V", "W")}, twins(rng)

    def signs(generator):
        noisy = student.noisy_params(params, sigma=0.9, rng=generator)
        return {key: noisy[key] > params[key] for key in params}

    few = {"V": rng.normal(size=(5, 6)), "b": rng.normal(size=4), "W": rng.normal(size=(5, 6))}
    calls = student.noisy_params.times(CALLS, few, sigma=0.7, rng=rng)
    assert each_alone([np.concatenate([np.ravel(each[k] - few[k]) for k in few]) for each in calls]), (
        NOT_ALONE
    )
    first, second = signs(ours), signs(ours)
    V, W = first["V"], first["W"]
    for a, b in ((V[0], W[0]), (V[0], V[1]), (V[:, 0], V[:, 1]), (V[0], second["V"][0])):
        assert laws.independent(a, b, 0.5), (
            "The noise repeats itself: every weight of every parameter gets its own, in each call anew."
        )
    again = signs(theirs)
    assert all(np.array_equal(again[key], first[key]) for key in params), ELSEWHERE


# --- Variants -----------------------------------------------------------------------------------------------


class ScaleOfNormal:
    """loc and scale of rng.normal; x itself at inference; a loop over the parameters."""

    def add_noise(x, *, sigma, training, rng):
        return rng.normal(x, sigma) if training else x

    def noisy_params(params, *, sigma, rng):
        noisy = {}
        for key in params:
            noisy[key] = rng.normal(loc=params[key], scale=sigma)
        return noisy


class StandardNormals:
    """Own copies, changed in place; one long draw for all parameters, cut into pieces."""

    def add_noise(x, *, sigma, training, rng):
        y = np.array(x)
        if training:
            y += sigma * rng.standard_normal(y.shape)
        return y

    def noisy_params(params, *, sigma, rng):
        draws = rng.standard_normal(sum(w.size for w in params.values()))
        noisy, start = {}, 0
        for key, w in params.items():
            noisy[key] = w + sigma * draws[start : start + w.size].reshape(w.shape)
            start += w.size
        return noisy


class WeightsThroughActivities:
    """The noise of the weights is that of the activities, in training."""

    def add_noise(x, *, sigma, training, rng):
        strength = sigma if training else 0.0
        return x - strength * rng.normal(size=x.shape) if strength else 1.0 * x

    def noisy_params(params, *, sigma, rng):
        return {key: add_noise(w, sigma=sigma, training=True, rng=rng) for key, w in params.items()}


VARIANTS = variants("add_noise", ScaleOfNormal, StandardNormals, WeightsThroughActivities)

# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "add_noise",
    "add_noise(np.array([1.0, -2.0]), sigma=3.0, training=False, rng=np.random.default_rng(0))",
    'noisy_params({"w": np.array([1.0, -2.0])}, sigma=0.0, rng=np.random.default_rng(0))',
)
