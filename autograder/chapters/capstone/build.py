"""The model, built, `build`: hidden checks, named mistakes."""

import numpy as np
import pytest

from autograder.checking import close, examples, laws, mistakes, normal, uniform

from ..shared import twins
from .shared import CONFIG

# --- Checks -------------------------------------------------------------------------------------------------


@pytest.mark.exercise("build")
def test_hidden_weights_are_he_normal(student, rng):
    """Each hidden layer has the standard deviation that its own number of inputs asks for."""
    for batch_norm in (True, False):
        config = {**CONFIG, "sizes": (200, 60, 500, 25, 7), "batch_norm": batch_norm}
        params = student.build(config, rng)["params"]
        for name, n, m in (("W1", 200, 60), ("W2", 60, 500), ("W3", 500, 25)):
            assert laws.normal_std(
                params[name], np.sqrt(2 / n), against=[np.sqrt(1 / n), np.sqrt(2 / m), 0.01], refuse=1e-12
            ), (
                "The weights of a hidden layer do not have He's standard deviation √(2/fan_in), for every "
                "hidden layer and with batch norm or without. Which of the two sizes is fan_in?"
            )
        std = np.sqrt(2 / 500)
        assert laws.follows(
            params["W3"], normal(0, std), against=[uniform(-(3**0.5) * std, 3**0.5 * std)], refuse=1e-12
        ), "Hidden weights have the right standard deviation and another law: your he_normal is Gaussian."


@pytest.mark.exercise("build")
def test_small_weights_are_small(student, rng):
    """With init "small" hidden weights have a standard deviation of a hundredth, whatever the sizes."""
    params = student.build({**CONFIG, "sizes": (150, 80, 90, 4), "init": "small"}, rng)["params"]
    for name, n in (("W1", 150), ("W2", 80)):
        assert laws.normal_std(params[name], 0.01, against=[0.1, np.sqrt(2 / n), 0.01**2], refuse=1e-12), (
            'With init "small" the weights of every hidden layer come from N(0, 0.01²): 0.01 is their '
            "standard deviation."
        )
    assert laws.follows(
        params["W1"], normal(0, 0.01), against=[uniform(-(3e-4**0.5), 3e-4**0.5)], refuse=1e-12
    ), 'With init "small" hidden weights have the right standard deviation and another law: N is Gaussian.'


@pytest.mark.exercise("build", weight=2)
@pytest.mark.parametrize("sizes", [(3, 2), (4, 5, 3), (4, 5, 6, 2), (3, *[2] * 10, 4)])
def test_the_last_layer_and_the_biases_start_at_zero(student, rng, sizes):
    """The last layer and all biases are zero, for any depth; hidden weights are not."""
    for batch_norm, init in ((True, "he"), (False, "he"), (False, "small")):
        config = {**CONFIG, "sizes": sizes, "batch_norm": batch_norm, "init": init}
        params = student.build(config, rng)["params"]
        still = [f"W{len(sizes) - 1}", *(f"b{k}" for k in range(1, len(sizes)))]
        assert all(not np.any(params[name]) for name in still), (
            "The last layer's weights and every bias start at zero, with either init: the first loss is then "
            "log(classes). Without hidden layers the last one is the only one."
        )
        hidden = [params[f"W{k}"] for k in range(1, len(sizes) - 1)]
        assert all(np.all(W) for W in hidden), "A hidden layer's weights are drawn; some of them are zero."
        drawn = np.concatenate([np.zeros(0), *map(np.ravel, hidden)])
        if not hidden:
            ours, theirs = twins(rng)
            student.build(config, theirs)
            assert student.stands_at(theirs, ours), (
                "A network whose only layer is the last has drawn from rng: the last layer is zero without a "
                "draw."
            )
        assert len(np.unique(drawn)) == drawn.size, "Two hidden layers share weights: each draws its own."


@pytest.mark.exercise("build", weight=2)
@pytest.mark.parametrize("sizes", [(4, 5, 3), (4, 5, 6, 2)])
def test_batch_norm_starts_as_nothing(student, reference, rng, sizes):
    """Gamma and running variances are ones, beta and running means zeros; the scaling does nothing."""
    model = student.build({**CONFIG, "sizes": sizes}, rng)
    want = reference.build({**CONFIG, "sizes": sizes}, rng)
    for k in range(1, len(sizes) - 1):
        for kind in ("gamma", "beta"):
            name = f"{kind}{k}"
            assert close(model["params"][name], want["params"][name]), "gamma starts at one, beta at zero."
    assert close(model["running"], want["running"]), "Running means start at zero, running variances at one."
    assert close([model["mean"], model["scale"]], [want["mean"], want["scale"]]), (
        "Before training the mean is zero and the scale one, a number for each input."
    )


@pytest.mark.exercise("build")
def test_draws_come_from_the_generator(student, rng):
    """The same generator gives the same weights, another one others, and no two weights are alike."""
    for init in ("he", "small"):
        one, other = twins(rng)
        config = {**CONFIG, "init": init}
        deeper = {**config, "sizes": (*CONFIG["sizes"][:2], 7, 3)}
        first, again = (
            student.build(each, r)["params"]["W1"] for each, r in ((config, one), (deeper, other))
        )
        next_one = student.build(config, one)["params"]["W1"]
        assert close(first, again) and not close(first, next_one), (
            "Weights are drawn from rng and from nothing else, the layers in their order: equal generators "
            "give equal first layers, whatever comes after them, and a second call goes on drawing."
        )
        assert len(np.unique(first)) == first.size, "Some weights are equal: each one is drawn."
    one, other = twins(rng)
    for r, classes in ((one, 3), (other, 7)):
        student.build({**CONFIG, "sizes": (5, 4, classes)}, r)
    later = [student.build(CONFIG, r)["params"]["W1"] for r in (one, other)]
    assert close(*later), (
        "How much is drawn depends on the number of classes: the last layer is zero without a draw."
    )


# --- Mistakes -----------------------------------------------------------------------------------------------


MISTAKES = mistakes(
    "build",
    (
        "small_from_elsewhere",
        "Small weights come from a generator of your own, so that every model begins with the same ones: "
        "draw them from rng.",
        ("0.01 * rng.normal", "0.01 * np.random.default_rng(0).normal"),
    ),
    (
        "from_the_last_layer",
        "The layers are drawn from the last to the first. They are drawn in their order.",
        ("for k in range(1, len(sizes)):", "for k in reversed(range(1, len(sizes))):"),
        (
            "np.zeros((fan_in, fan_out))\n            break",
            "np.zeros((fan_in, fan_out))\n            continue",
        ),
    ),
    (
        "last_layer_drawn",
        "The last layer's weights are drawn like the others. They start at zero here, so that the first loss "
        "is that of guessing.",
        (
            'params[f"W{k}"] = np.zeros((fan_in, fan_out))',
            'params[f"W{k}"] = he_normal(fan_in, fan_out, rng=rng)',
        ),
    ),
    (
        "small_last_layer_drawn",
        'With init "small" the last layer is drawn too. It starts at zero with either init, so that the '
        "first loss is that of guessing.",
        ("if k == len(sizes) - 1:", 'if k == len(sizes) - 1 and config["init"] == "he":'),
        ('if config["batch_norm"]:', 'if config["batch_norm"] and k < len(sizes) - 1:'),
    ),
    (
        "first_layer_always_drawn",
        "Without hidden layers the only layer is drawn. It is the last one, and starts at zero.",
        ("if k == len(sizes) - 1:", "if k == len(sizes) - 1 and k > 1:"),
        ('if config["batch_norm"]:', 'if config["batch_norm"] and k < len(sizes) - 1:'),
    ),
    (
        "fans_swapped",
        "A hidden layer's standard deviation is that of its outputs: look at the order of the two sizes in "
        "the call.",
        ("he_normal(fan_in, fan_out, rng=rng)", "he_normal(fan_out, fan_in, rng=rng).T"),
    ),
    (
        "always_he",
        "The config's init is not looked at: small weights were asked for, and large ones drawn.",
        ('if config["init"] == "he":', 'if config["init"]:'),
    ),
    (
        "small_is_not_small",
        "The small weights are ten times too large for their name: look at the standard deviation in the "
        "text.",
        ("0.01 * rng.normal", "0.1 * rng.normal"),
    ),
    (
        "variance_for_deviation",
        "The small weights are far too small: the text gives a variance as a square, and the standard "
        "deviation is its root.",
        ("0.01 * rng.normal", "0.0001 * rng.normal"),
    ),
    (
        "gamma_starts_at_zero",
        "gamma starts at zero: every normalised value is then multiplied away, and no gradient gets past it.",
        (
            'params[f"beta{k}"] = np.ones(fan_out), np.zeros(fan_out)',
            'params[f"beta{k}"] = np.zeros(fan_out), np.zeros(fan_out)',
        ),
    ),
    (
        "no_variance_yet",
        "The running variances start at zero. They start at one, so that a model that answers before its "
        "training divides by one.",
        (
            'running[f"var{k}"] = np.zeros(fan_out), np.ones(fan_out)',
            'running[f"var{k}"] = 2 * (np.zeros(fan_out),)',
        ),
    ),
    (
        "batch_norm_everywhere",
        "The last layer has batch norm too: only hidden layers have gamma, beta and running statistics.",
        (
            'np.zeros((fan_in, fan_out))\n            break\n        if config["init"]',
            'np.zeros((fan_in, fan_out))\n        elif config["init"]',
        ),
    ),
)

# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "build",
    """
    config = dict(sizes=(200, 100, 2), scaling="center", init="he", batch_norm=True, dropout=0.0,
                  optimizer="momentum", momentum=0.9, lr=0.1, schedule="constant", weight_decay=0.0,
                  batch_size=2, n_epochs=1)
    W1 = build(config, np.random.default_rng(0))["params"]["W1"]
    round(float(W1.std()), 2)  # the root of 2/200
    """,
    """
    config = dict(sizes=(200, 100, 2), scaling="center", init="small", batch_norm=True, dropout=0.0,
                  optimizer="momentum", momentum=0.9, lr=0.1, schedule="constant", weight_decay=0.0,
                  batch_size=2, n_epochs=1)
    W1 = build(config, np.random.default_rng(0))["params"]["W1"]
    round(float(W1.std()), 3)
    """,
    """
    config = dict(sizes=(1, 2, 2), scaling="center", init="he", batch_norm=True, dropout=0.0,
                  optimizer="momentum", momentum=0.9, lr=0.1, schedule="constant", weight_decay=0.0,
                  batch_size=2, n_epochs=1)
    model = build(config, np.random.default_rng(0))
    model["params"]["gamma1"], model["running"]
    """,
    """
    config = dict(sizes=(2, 3, 2), scaling="center", init="small", batch_norm=False, dropout=0.0,
                  optimizer="momentum", momentum=0.9, lr=0.1, schedule="constant", weight_decay=0.0,
                  batch_size=2, n_epochs=1)
    params = build(config, np.random.default_rng(1))["params"]
    params["W1"] * 100, params["W2"]
    """,
)
