"""Named mistakes of `ridge`, with their hints."""

from autograder.checking import conventions, mistakes

NORMAL = "np.linalg.solve(X.T @ X / n + lam * np.eye(d), X.T @ y / n)"

MISTAKES = mistakes(
    "ridge",
    (
        "lambda_everywhere",
        "λ is added to every entry of the matrix, for a number spreads over a whole array. λI has λ on its "
        "diagonal and zeros elsewhere.",
        ("lam * np.eye(d)", "lam"),
    ),
    (
        "one_side_divided",
        "Only one of the two sides is divided by the number of examples: both come from the same mean.",
        ("X.T @ y / n", "X.T @ y"),
    ),
    (
        "squared_lambda",
        "λ is squared. In the penalty it stands as it is; the noise's σ is what is squared.",
        ("lam * np.eye(d)", "lam**2 * np.eye(d)"),
    ),
    (
        "penalty_ignored",
        "The penalty plays no part: this is least squares.",
        (NORMAL, "np.linalg.lstsq(X, y, rcond=None)[0]"),
    ),
    (
        "steps_of_descent",
        "The weights come from steps of gradient descent. One rate does not suit every X and λ: the steps "
        "diverge, or do not arrive. Solve the linear system.",
        (
            "return " + NORMAL,
            "w = np.zeros(d)\n"
            "    for _ in range(2000):\n"
            "        w = w - 0.1 * (2 / n * X.T @ (X @ w - y) + 2 * lam * w)\n"
            "    return w",
        ),
    ),
    (
        "penalty_taken_off",
        "The penalty is taken off the diagonal, so that it rewards large weights.",
        ("/ n + lam", "/ n - lam"),
    ),
    (
        "noise_by_variance",
        "σ is taken for the variance. It is the standard deviation, the number that a standard Gaussian is "
        "multiplied with.",
        ("X + sigma * rng.normal", "X + np.sqrt(sigma) * rng.normal"),
    ),
    (
        "noise_uniform",
        "The noise is uniform. It has the right width and no tails; Gaussian is asked.",
        ("X + sigma * rng.normal(size=X.shape)", "X + sigma * 3**0.5 * rng.uniform(-1, 1, size=X.shape)"),
    ),
    (
        "same_noise_for_all_examples",
        "All examples get the same noise: that shifts the whole set. Every number has its own.",
        ("rng.normal(size=X.shape)", "rng.normal(size=X.shape[1:])"),
    ),
    (
        "same_noise_for_all_features",
        "One number is drawn for an example and added to all of its features.",
        ("rng.normal(size=X.shape)", "rng.normal(size=(len(X), 1))"),
    ),
    (
        "noise_in_proportion",
        "The noise grows with the number it is added to. Its width is σ for all.",
        ("X + sigma * rng", "X + sigma * X * rng"),
    ),
    (
        "noise_alone",
        "The noise comes back without the examples.",
        ("X + sigma * rng", "sigma * rng"),
    ),
)


# --- Right by another convention ----------------------------------------------------------------------------


CONVENTIONS = conventions(
    "ridge",
    (
        "sum_of_squares",
        "This minimises the sum of squared errors plus λ‖w‖², as scikit-learn's Ridge does. Here the "
        "error is a mean, so that λ does not depend on how many examples there are.",
        (NORMAL, "np.linalg.solve(X.T @ X + lam * np.eye(d), X.T @ y)"),
    ),
    (
        "half_of_the_penalty",
        "The penalty is λ/2 times the squares, as in the exercise on penalties. In ridge regression no ½ "
        "stands anywhere, so that λ is the noise's σ².",
        ("lam * np.eye(d)", "lam / 2 * np.eye(d)"),
    ),
)
