"""The model's answers, `predict`: hidden checks, named mistakes, variants."""

import numpy as np
import pytest

from autograder.checking import close, examples, mistakes, variants

from .shared import points, trained

# --- Checks -------------------------------------------------------------------------------------------------


@pytest.mark.exercise("predict", weight=2)
@pytest.mark.parametrize("sizes", [(5, 3), (5, 4, 3), (5, 4, 6, 7, 3), (4,) * 12])
def test_scores_of_any_depth(student, reference, rng, sizes):
    """Scores without batch norm, for networks of no, one, three and ten hidden layers."""
    model, (X, _) = trained(rng, sizes, batch_norm=False), points(rng, 9, inputs=sizes[0])
    assert close(student.scores(model, X), reference.scores(model, X)), (
        "The scores are off without batch norm. Standardise with the model's mean and scale; hidden layers "
        "are affine and then ReLU; the last layer is affine and nothing else."
    )


@pytest.mark.exercise("predict", weight=2)
def test_scores_use_running_statistics(student, reference, rng):
    """Batch norm stands between the affine part and ReLU, and uses the statistics that the model keeps."""
    model, (X, _) = trained(rng), points(rng, 9)
    assert close(student.scores(model, X), reference.scores(model, X)), (
        "The scores are off with batch norm. It comes before ReLU, with the layer's own gamma, beta, running "
        "mean and running variance."
    )


@pytest.mark.exercise("predict")
def test_a_row_is_answered_by_itself(student, rng):
    """A row has the same scores alone as in company."""
    model, (X, _) = trained(rng), points(rng, 8)
    got = student.scores(model, X)
    alone = [student.scores(model, X[i : i + 1])[0] for i in (0, 5)]
    assert close(alone, [got[0], got[5]]) and np.ptp(got) > 0, (
        "A row's scores depend on the other rows: something takes its statistics from the batch."
    )


@pytest.mark.exercise("predict", weight=2)
def test_predictions_are_the_highest_scores(student, reference, rng):
    """The class with the highest score, row by row, with more rows than classes."""
    while True:  # until no class has most of the rows
        model = trained(rng)
        X = model["mean"] + model["scale"] * rng.normal(size=(40, 5))
        want = reference.predict(model, X)
        if np.bincount(want).max() < 25:
            break
    for n in (40, 1):
        assert np.array_equal(student.predict(model, X[:n]), want[:n]), (
            "The predicted classes are others: for each row, also for a single one, the place of its highest "
            "score."
        )
    params = model["params"]
    for factor, shift in ((1000.0, 0.0), (1.0, -5000.0)):  # the order of a row's scores stays as it was
        last = {"W3": factor * params["W3"], "b3": factor * params["b3"] + shift}
        assert np.array_equal(student.predict({**model, "params": params | last}, X), want), (
            "Where scores are in the thousands, or far below zero, the predicted classes are others: compare "
            "the scores as they are; their exponentials overflow, or are all 0."
        )


# --- Mistakes -----------------------------------------------------------------------------------------------


RUNNING = """            z = batch_norm_eval(
                z, params[f"gamma{k}"], params[f"beta{k}"], running[f"mean{k}"], running[f"var{k}"]
            )
        h = activation(z, "relu")"""

MISTAKES = mistakes(
    "predict",
    (
        "inputs_as_they_come",
        "The inputs are not standardised: the model carries the mean and the scale that it was trained with.",
        ('h = standardize(X, model["mean"], model["scale"])', "h = X"),
    ),
    (
        "own_scaling",
        "The inputs are standardised by their own mean and scale: what counts are those of the training set, "
        "which stand in the model.",
        ('h = standardize(X, model["mean"], model["scale"])', "h = standardize(X, *standardize_fit(X))"),
    ),
    (
        "only_centred",
        "The inputs are centred and not scaled.",
        ('h = standardize(X, model["mean"], model["scale"])', 'h = X - model["mean"]'),
    ),
    (
        "batch_statistics",
        "Batch norm takes its statistics from the rows that are asked about. In evaluation it has its own, "
        "gathered in training.",
        (
            RUNNING,
            """            spread = np.sqrt(z.var(axis=0) + 1e-5)
            z = params[f"gamma{k}"] * (z - z.mean(axis=0)) / spread + params[f"beta{k}"]
        h = activation(z, "relu")""",
        ),
    ),
    (
        "norm_after_relu",
        "ReLU comes before batch norm in your network; here it comes after.",
        (
            RUNNING,
            RUNNING.replace("                z,", '                activation(z, "relu"),').replace(
                '        h = activation(z, "relu")',
                '            h = z\n        else:\n            h = activation(z, "relu")',
            ),
        ),
    ),
    (
        "relu_at_the_end",
        "The scores pass ReLU, so that all negative ones become equal: the last layer is affine and nothing "
        "else.",
        (
            'return affine_forward(h, params[f"W{n_layers}"], params[f"b{n_layers}"])',
            'return activation(affine_forward(h, params[f"W{n_layers}"], params[f"b{n_layers}"]), "relu")',
        ),
    ),
    (
        "lowest_score",
        "The class with the lowest score is predicted.",
        ("np.argmax(scores(model, X), axis=1)", "np.argmin(scores(model, X), axis=1)"),
    ),
    (
        "softmax_overflows",
        "The scores go through an exponential before they are compared: that of a large score is inf, "
        "inf/inf is NaN, and all those of very low scores are 0. Take the place of the highest score itself.",
        (
            "    return np.argmax(scores(model, X), axis=1)",
            "    odds = np.exp(scores(model, X))\n"
            "    return np.argmax(odds / odds.sum(axis=1, keepdims=True), axis=1)",
        ),
    ),
    (
        "layers_sorted_as_text",
        "The names of the layers are sorted as text, where W10 comes before W2: sort them by their numbers.",
        (
            "    for k in range(1, n_layers):\n        z",
            "    *hidden, last = sorted(range(1, n_layers + 1), key=str)\n    for k in hidden:\n        z",
        ),
        (
            'return affine_forward(h, params[f"W{n_layers}"], params[f"b{n_layers}"])',
            'return affine_forward(h, params[f"W{last}"], params[f"b{last}"])',
        ),
    ),
)


# --- Variants -----------------------------------------------------------------------------------------------


class ScoresByRecursion:
    """A layer's input is asked for from the layer before."""

    def scores(model, X):
        params, running = model["params"], model["running"]
        last = max(int(name[1:]) for name in params if name[0] == "W")

        def inputs(k):
            if k == 1:
                return standardize(X, model["mean"], model["scale"])
            z = inputs(k - 1) @ params[f"W{k - 1}"] + params[f"b{k - 1}"]
            if running:
                z = batch_norm_eval(
                    z,
                    params[f"gamma{k - 1}"],
                    params[f"beta{k - 1}"],
                    running_var=running[f"var{k - 1}"],
                    running_mean=running[f"mean{k - 1}"],
                )
            return np.where(z > 0, z, 0.0)

        return inputs(last) @ params[f"W{last}"] + params[f"b{last}"]

    def predict(model, X):
        return scores(model, X).argmax(-1)


class RowByRow:
    """Folds batch norm into the affine parts, and answers one row after the other."""

    def scores(model, X):
        params, running = model["params"], model["running"]
        n_layers = len([name for name in params if name.startswith("b") and name[1:].isdigit()])
        layers = []
        for k in range(1, n_layers + 1):
            W, b = params[f"W{k}"].copy(), params[f"b{k}"].copy()
            if f"gamma{k}" in params:
                factor = params[f"gamma{k}"] / np.sqrt(running[f"var{k}"] + 1e-5)
                W *= factor
                b -= running[f"mean{k}"]
                b *= factor
                b += params[f"beta{k}"]
            layers.append((W, b))
        found = []
        for row in X:
            h = (row - model["mean"]) / model["scale"]
            for W, b in layers[:-1]:
                h = np.maximum(h @ W + b, 0)
            found.append(h @ layers[-1][0] + layers[-1][1])
        return np.array(found)

    def predict(model, X):
        return np.array([int(np.argsort(-row, kind="stable")[0]) for row in scores(model, X)])


VARIANTS = variants(
    "predict",
    ("by_recursion", ScoresByRecursion),
    ("row_by_row", RowByRow),
    (
        "argmax_by_comparison",
        "The highest score is found by sorting.",
        ("np.argmax(scores(model, X), axis=1)", "scores(model, X).argsort(axis=1, kind='stable')[:, -1]"),
    ),
)

# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "predict",
    """
    params = {"W1": np.array([[1.0, -1.0], [2.0, 1.0]]), "b1": np.zeros(2), "gamma1": np.array([2.0, 1.0])}
    params |= {"beta1": np.array([0.5, 1.0]), "W2": np.array([[1.0, -1.0], [-2.0, 1.0]]), "b2": np.zeros(2)}
    running = {"mean1": np.array([1.0, 0.0]), "var1": np.array([3.0, 1.0])}
    model = dict(params=params, running=running, mean=np.array([1.0, 0.0]), scale=np.array([2.0, 1.0]))
    X = np.array([[3.0, 1.0], [1.0, -1.0], [5.0, 1.0]])
    scores(model, X), predict(model, X)
    """,
    """
    params = {"W1": np.array([[0.0, 0.0]]), "b1": np.array([800.0, 1000.0])}
    predict(dict(params=params, running={}, mean=np.zeros(1), scale=np.ones(1)), np.zeros((2, 1)))
    """,
)
