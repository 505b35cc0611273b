"""The model's answers, `predict`: hidden checks, named mistakes."""

import numpy as np
import pytest

from autograder.checking import close, examples, mistakes

from .shared import points, trained

# --- Checks -------------------------------------------------------------------------------------------------


@pytest.mark.exercise("predict", weight=2)
@pytest.mark.parametrize("sizes", [(5, 3), (5, 4, 3), (5, 4, 6, 7, 3), (4,) * 12])
def test_scores_of_any_depth(student, reference, rng, sizes):
    """Scores without batch norm, for networks of no, one, three and ten hidden layers, however scaled."""
    n = 9 if len(sizes) > 3 else 300  # a batch that is large beside any other
    model, (X, _) = trained(rng, sizes, batch_norm=False), points(rng, n, inputs=sizes[0])
    model["mean"][0], model["scale"][0], X[:, 0] = 0.0, 1e-9, 1e-9 * X[:, 0]
    if len(sizes) == 5:
        model["scale"] = np.ones(sizes[0])  # as with the scaling "center"
    if len(sizes) == 3:
        model["mean"] = np.zeros(sizes[0])
    if len(sizes) > 10:
        model["params"] = dict(reversed(model["params"].items()))
    assert close(student.scores(model, X), reference.scores(model, X)), (
        "The scores are off without batch norm. Standardise with the model's mean and scale as they are, "
        "large or tiny, all means 0 or all scales 1; hidden layers are affine and then ReLU; the last layer "
        "is affine and nothing else. Layers are found by their numbers, in whatever order the dict has them."
    )


@pytest.mark.exercise("predict", weight=2)
@pytest.mark.parametrize("sizes", [(5, 4, 6, 3), (4,) * 12])
def test_scores_use_running_statistics(student, reference, rng, sizes):
    """Batch norm stands between the affine part and ReLU, and uses the statistics that the model keeps."""
    model, (X, _) = trained(rng, sizes), points(rng, 9 if len(sizes) > 10 else 300, inputs=sizes[0])
    if len(sizes) > 10:
        model |= {part: dict(reversed(model[part].items())) for part in ("params", "running")}
    assert close(student.scores(model, X), reference.scores(model, X)), (
        "The scores are off with batch norm. It comes before ReLU, takes off the layer's own running mean, "
        "divides by the root of its running variance plus 1e-5, and then come gamma and beta. Every hidden "
        "layer is found by its number, in whatever order the dict has them."
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
    while True:  # until no class has most of the rows, and no row two that are nearly equal
        model = trained(rng)
        X = model["mean"] + model["scale"] * rng.normal(size=(40, 5))
        want, ranked = reference.predict(model, X), np.sort(reference.scores(model, X))
        if np.bincount(want).max() < 25 and np.min(ranked[:, -1] - ranked[:, -2]) > 1e-6:
            break
    right = close(student.scores(model, X), reference.scores(model, X))
    for n in (40, 1):
        assert np.array_equal(student.predict(model, X[:n]), want[:n]), (
            "The predicted classes are others: for each row, also for a single one, the place of its highest "
            "score."
            if right
            else "The predicted classes are others, and so are the scores: mend those first."
        )
    params = model["params"]
    for factor, shift, where in (  # the order of a row's scores stays as it was
        (1000.0, 0.0, "in the thousands"),
        (1.0, -5e6, "far below zero"),
        (1e-18, 0.0, "all very small"),
    ):
        last = {"W3": factor * params["W3"], "b3": factor * params["b3"] + shift}
        assert np.array_equal(student.predict({**model, "params": params | last}, X), want), (
            f"Where scores are {where}, the predicted classes are others: compare the scores as they are. "
            "Their exponentials overflow, are all 0, or all 1; and nothing is rounded."
        )
    for classes, message in (
        (2, "With two classes the predicted classes are others: there, too, the higher score decides."),
        (
            300,
            "With hundreds of classes the predicted classes are others. If they are right for a few: in an "
            "array of 8 bits a class wraps at 128 or 256.",
        ),
    ):
        other = trained(rng, (5, classes))
        assert np.array_equal(student.predict(other, X), reference.predict(other, X)), message
    fresh = {**model, "params": params | {"W3": np.zeros((6, 3)), "b3": np.zeros(3)}}
    assert np.isin(student.predict(fresh, X), (0, 1, 2)).all(), (  # of equal ones any
        "Where all scores are equal, as before the first update, what is predicted is no class."
    )


# --- Mistakes -----------------------------------------------------------------------------------------------


RUNNING = """            z = batch_norm_eval(
                z, params[f"gamma{k}"], params[f"beta{k}"], running[f"mean{k}"], running[f"var{k}"]
            )
        h = activation(z, "relu")"""

BY_HAND = """            seen = running[f"var{k}"]
            z = params[f"gamma{k}"] * (z - running[f"mean{k}"]) / SPREAD + params[f"beta{k}"]
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
        "divided_by_the_variance",
        "Batch norm divides by the running variance. It is divided by its root.",
        (RUNNING, BY_HAND.replace("SPREAD", "(seen + 1e-5)")),
    ),
    (
        "no_epsilon",
        "Batch norm divides by the root of the running variance alone. 1e-5 is added to the variance, so "
        "that nothing is divided by 0 where a unit never varied.",
        (RUNNING, BY_HAND.replace("SPREAD", "np.sqrt(seen)")),
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
        "layers_in_the_order_of_the_dict",
        "The layers are taken in the order in which the dict has them. W1 is the first, wherever it stands: "
        "take them by their numbers.",
        (
            "    for k in range(1, n_layers):\n        z",
            '    *hidden, last = [int(name[1:]) for name in params if name[0] == "W"]\n    for k in '
            "hidden:\n        z",
        ),
        (
            'return affine_forward(h, params[f"W{n_layers}"], params[f"b{n_layers}"])',
            'return affine_forward(h, params[f"W{last}"], params[f"b{last}"])',
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
    params = {"W2": np.array([[1.0]]), "b2": np.array([1.0]), "W1": np.array([[-1.0]]), "b1": np.array([3.0])}
    scores(dict(params=params, running={}, mean=np.zeros(1), scale=np.ones(1)), np.array([[1.0], [5.0]]))
    """,
    """
    params = {"W1": np.array([[0.0, 0.0]]), "b1": np.array([800.0, 1000.0])}
    predict(dict(params=params, running={}, mean=np.zeros(1), scale=np.ones(1)), np.zeros((2, 1)))
    """,
)
