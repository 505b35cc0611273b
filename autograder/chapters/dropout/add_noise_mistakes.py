"""Named mistakes of `add_noise`, with their hints."""

from autograder.checking import mistakes

EVAL = "    if not training:\n        return x.copy()\n"
NOISE, PARAMS = "x + sigma * rng.normal(size=x.shape)", "w + sigma * rng.normal(size=w.shape)"

MISTAKES = mistakes(
    "add_noise",
    (
        "sigma_is_a_variance",
        "σ is used as a variance. It is the standard deviation: the noise is σ times a standard normal draw.",
        (NOISE, "x + np.sqrt(sigma) * rng.normal(size=x.shape)"),
        (PARAMS, "w + np.sqrt(sigma) * rng.normal(size=w.shape)"),
    ),
    (
        "noise_at_inference",
        "There is noise at inference too. Look at the argument training.",
        (EVAL, ""),
    ),
    (
        "training_the_wrong_way_round",
        "There is noise at inference and none in training: training is used the wrong way round.",
        ("if not training:", "if training:"),
    ),
    (
        "noise_for_a_unit",
        "All examples of the batch get the same noise. Each has its own: the noise has the shape of x.",
        (NOISE, "x + sigma * rng.normal(size=x.shape[1:])"),
    ),
    (
        "one_number",
        "One number is drawn, and everything is shifted by it. Each number gets noise of its own.",
        (NOISE, "x + sigma * rng.normal()"),
        (PARAMS, "w + sigma * rng.normal()"),
    ),
    (
        "uniform_noise",
        "The noise is uniform between -σ and σ. It is Gaussian, with the standard deviation σ.",
        (NOISE, "x + rng.uniform(-sigma, sigma, size=x.shape)"),
        (PARAMS, "w + rng.uniform(-sigma, sigma, size=w.shape)"),
    ),
    (
        "multiplies",
        "The noise multiplies, so that large numbers get more of it. Here it is added.",
        (NOISE, "x * (1 + sigma * rng.normal(size=x.shape))"),
        (PARAMS, "w * (1 + sigma * rng.normal(size=w.shape))"),
    ),
    (
        "only_upwards",
        "The noise only ever adds. It has mean 0: both signs are equally likely.",
        (NOISE, "x + sigma * np.abs(rng.normal(size=x.shape))"),
        (PARAMS, "w + sigma * np.abs(rng.normal(size=w.shape))"),
    ),
    (
        "matrices_only",
        "Biases get no noise. Every parameter that is given does; to spare the biases, do not give them.",
        (PARAMS, "w + sigma * rng.normal(size=w.shape) if w.ndim > 1 else w.copy()"),
    ),
    (
        "one_row_of_noise",
        "All rows of a weight matrix get the same noise. Every weight has its own.",
        (PARAMS, "w + sigma * rng.normal(size=w.shape[-1:])"),
    ),
    (
        "noise_without_the_parameters",
        "What comes back is the noise alone, not the parameters with it.",
        (PARAMS, "sigma * rng.normal(size=w.shape)"),
    ),
)
