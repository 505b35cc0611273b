"""Adafactor, `adafactor_step`: hidden checks, named mistakes."""

import pytest

from autograder.checking import PerStep, close, conventions, examples, mistakes

from ..shared import run_of, weights_do_not_meet
from .shared import number

# --- Checks -------------------------------------------------------------------------------------------------


def said(student, reference, rng, message):
    """``message``, if a plain run is right; else it would accuse what may be right."""
    params, grads = run_of(rng, steps=4, sizes=(0.5, 2.0), zeros=False)
    got, want = (side.trajectory("adafactor", params, grads) for side in (student, reference))
    return (
        message if close(got, want, atol=1e-11) else "A few plain updates are off already: mend those first."
    )


@pytest.mark.exercise("adafactor_step", weight=3)
def test_the_weights_follow_adafactors_formula(student, reference, rng):
    """Over several updates a matrix and vectors follow the formula, whatever the gradients' sizes."""
    for sizes in ((0.1, 10.0), (1e-6, 1e3)):
        params, grads = run_of(rng, steps=6, sizes=sizes)
        grads[3] = {key: 0.0 * g if key == "b" else g for key, g in grads[3].items()}
        got, want = (side.trajectory("adafactor", params, grads) for side in (student, reference))
        assert close(got, want, atol=1e-11), (
            "After several updates the weights are elsewhere. Write the docstring's formulas in their order, "
            "one line each: β, rows and columns, v, u, its bound, and the rate."
        )


@pytest.mark.exercise("adafactor_step")
def test_a_matrix_has_rows_and_columns(student, reference, rng):
    """Where squares are no product of rows and columns, the first step follows the factored v."""
    params = {"W": rng.choice([-1.0, 1.0], size=(4, 3))}
    grads = [{"W": 10.0 ** rng.uniform(-2, 2, size=(4, 3)) * rng.choice([-1.0, 1.0], size=(4, 3))}]
    got, want = (
        side.trajectory("adafactor", params, grads, lr=0.5, d=100.0) for side in (student, reference)
    )
    assert close(got, want), (
        "The first step of a matrix is another. A row's mean goes along the row, v is the product of both "
        "means, divided by the mean over all rows."
    )


@pytest.mark.exercise("adafactor_step")
def test_an_update_is_bounded_by_its_size(student, reference, rng):
    """Where gradients grow a hundredfold the update is cut to the RMS d, and below it not stretched."""
    params, grads = run_of(rng, steps=4, sizes=(0.5, 2.0), zeros=False)
    grads = [{key: 100.0**i * g for key, g in each.items()} for i, each in enumerate((*grads, grads[0]))]
    grads[4] = {key: g * 1e-12 for key, g in grads[4].items()}  # far below the mean: a short update
    for d in (1.0, number(rng, 0.3, 0.6), 3.0):
        got, want = (side.trajectory("adafactor", params, grads, d=d) for side in (student, reference))
        assert close(got, want, atol=1e-11), said(
            student,
            reference,
            rng,
            "An update that is too large is cut otherwise, or a small one is stretched. u is divided by the "
            "larger of 1 and RMS(u)/d, each parameter on its own.",
        )


@pytest.mark.exercise("adafactor_step")
def test_the_rate_is_a_share_of_the_weights(student, reference, rng):
    """Large, small and zero parameters move by their own size, and late updates by 1/√t."""
    params, grads = run_of(rng, steps=6, sizes=(0.5, 2.0), zeros=False)
    params = {"W": 100.0 * params["W"], "b": 1e-5 * params["b"], "c": 0.0 * params["c"]}
    first_none = PerStep([0.0, 0.1, 0.0, 0.6, 0.01, 0.3])
    for lr, eps in (
        (0.01, (1e-30, 1e-3)),
        (0.6, (1e-30, 0.1)),
        (0.0, (1e-30, 1e-3)),
        (first_none, (1e-30, 1e-3)),
    ):
        got, want = (
            side.trajectory("adafactor", params, grads, lr=lr, eps=eps) for side in (student, reference)
        )
        assert close(got, want, atol=1e-13), (
            "The step's length is another: the larger of ε₂ and RMS(w), before the update, times the smaller "
            "of lr and 1/√t."
        )


@pytest.mark.exercise("adafactor_step")
def test_epsilon_is_added_to_the_squares(student, reference, rng):
    """Where gradients are small beside √ε₁ the steps are short; without any gradient there is none."""
    params, grads = run_of(rng, steps=4, sizes=(1e-3, 1e-1))
    eps = (10 ** number(rng, -4, -3), 1e-3)
    got, want = (side.trajectory("adafactor", params, grads, eps=eps) for side in (student, reference))
    assert close(got, want, atol=1e-12), said(
        student,
        reference,
        rng,
        "With a large ε₁ the weights are elsewhere: it is added to g², before any mean is taken.",
    )


@pytest.mark.exercise("adafactor_step")
def test_the_memory_grows_with_the_updates(student, reference, rng):
    """With another exponent, and over more updates, β is 1 - t^exponent."""
    params, grads = run_of(rng, steps=9, sizes=(0.1, 10.0), zeros=False)
    for decay in (-0.8, -number(rng, 0.3, 0.5)):
        got, want = (
            side.trajectory("adafactor", params, grads, beta2_decay=decay) for side in (student, reference)
        )
        assert close(got, want), said(
            student,
            reference,
            rng,
            "After more updates, or with another exponent, the weights are elsewhere. β weighs the old mean; "
            "t is 1 in the first update and raised once an update.",
        )


@pytest.mark.exercise("adafactor_step")
def test_parameters_do_not_meet_in_adafactor(student, rng):
    """A parameter's path does not depend on which others stand beside it."""
    assert weights_do_not_meet(student, "adafactor", rng), (
        "A parameter walked otherwise beside a second one than alone. Means, RMS and rate are its own, and "
        "what is counted once an update must not be counted once a parameter."
    )


# --- Mistakes -----------------------------------------------------------------------------------------------


BETA = "beta = 1 - t**beta2_decay"
ROWS = 'rows[key] = beta * state["rows"][key] + (1 - beta) * squares.mean(axis=1)'
COLUMNS = 'columns[key] = beta * state["columns"][key] + (1 - beta) * squares.mean(axis=0)'
V = "v = np.outer(rows[key], columns[key]) / rows[key].mean()"
U = "u = g / np.sqrt(v)"
BOUND = "u = u / max(1.0, np.sqrt(np.mean(u**2)) / d)"
RATE = "rate = max(eps2, np.sqrt(np.mean(w**2))) * min(lr, 1 / np.sqrt(t))"
MOVE = "new_params[key] = w - rate * u"

MISTAKES = mistakes(
    "adafactor_step",
    (
        "not_factored",
        "A matrix keeps a second moment for each entry. Adafactor keeps its row means and column means only.",
        ("rows = {key: np.zeros(value.shape[:1])", "rows = {key: np.zeros(value.shape)"),
        ("if g.ndim == 2:", "if g.ndim == 3:"),
    ),
    (
        "product_not_divided",
        "The product of row mean and column mean is a fourth power of gradients. Divide it by the mean over "
        "all rows.",
        (V, "v = np.outer(rows[key], columns[key])"),
    ),
    (
        "divided_by_the_sum",
        "The product is divided by the sum of the row means. It is their mean.",
        (V, "v = np.outer(rows[key], columns[key]) / rows[key].sum()"),
    ),
    (
        "no_root",
        "The gradient is divided by the second moment itself. It is divided by its root.",
        (U, "u = g / v"),
    ),
    (
        "mean_of_gradients",
        "The means are of absolute gradients, not of squares.",
        ("squares = params[key], g**2 + eps1", "squares = params[key], np.abs(g) + eps1"),
    ),
    (
        "beta_turned_round",
        "t^beta2_decay weighs what was there before. It weighs what is new, so that the first update forgets "
        "the zeros.",
        (BETA, "beta = t**beta2_decay - (t == 1)"),
    ),
    (
        "constant_memory",
        "β is a constant. It begins at 0 and grows with the number of updates.",
        (BETA, "beta = 0.999 if t > 1 else 0.0"),
    ),
    (
        "exponent_fixed",
        "The exponent is always -0.8: look at the argument beta2_decay.",
        (BETA, "beta = 1 - t**-0.8"),
    ),
    (
        "counter_one_ahead",
        "The counter is one ahead: in the first update t is 1.",
        ('t = state["t"] + 1', 't = state["t"] + 2'),
        ('"t": t,', '"t": t - 1,'),
    ),
    (
        "counter_stays_at_one",
        "The counter of updates does not rise, so that every update forgets all before it.",
        ('"t": t,', '"t": state["t"],'),
    ),
    (
        "counted_once_a_parameter",
        "The counter of updates rises with every parameter. It rises once an update, so raise it before the "
        "loop.",
        (
            "    for key, g in grads.items():\n        w, squares",
            "    t = t - 1\n    for key in params:\n        g, t = grads[key], t + 1\n"
            "        beta = 1 - t**beta2_decay\n        w, squares",
        ),
    ),
    (
        "not_bounded",
        "The update is never cut. Where its RMS is above d it is divided by it.",
        (BOUND, "u = u * 1.0"),
    ),
    (
        "bounded_by_the_norm",
        "The update is cut by its norm, which grows with the number of weights. It is cut by its RMS.",
        (BOUND, "u = u / max(1.0, np.linalg.norm(u) / d)"),
    ),
    (
        "entries_cut",
        "Each entry of the update is cut off at d. The whole update is divided by one number.",
        (BOUND, "u = np.clip(u, -d, d)"),
    ),
    (
        "stretched",
        "An update that is smaller than d is stretched to it. The divisor is never below 1.",
        (BOUND, "u = u / (np.sqrt(np.mean(u**2) + 1e-300) / d)"),
    ),
    (
        "absolute_rate",
        "The rate does not depend on the weights. It is a share of their RMS.",
        (RATE, "rate = min(lr, 1 / np.sqrt(t))"),
    ),
    (
        "zeros_stay_zeros",
        "A parameter of zeros can never move. Its size is taken to be ε₂ at least.",
        (RATE, "rate = np.sqrt(np.mean(w**2)) * min(lr, 1 / np.sqrt(t))"),
    ),
    (
        "smallest_size_added",
        "ε₂ is added to the weights' RMS. The larger of the two counts.",
        (RATE, "rate = (eps2 + np.sqrt(np.mean(w**2))) * min(lr, 1 / np.sqrt(t))"),
    ),
    (
        "size_of_each_entry",
        "Each entry moves by a share of its own size. ε₂ and RMS(w) make one size for the whole parameter.",
        (RATE, "rate = np.maximum(eps2, np.abs(w)) * min(lr, 1 / np.sqrt(t))"),
    ),
    (
        "norm_for_rms",
        "The rate is a share of the weights' norm. It is a share of their root mean square.",
        (RATE, "rate = max(eps2, np.linalg.norm(w)) * min(lr, 1 / np.sqrt(t))"),
    ),
    (
        "rate_never_falls",
        "The rate stays at lr where 1/√t is smaller.",
        (RATE, "rate = max(eps2, np.sqrt(np.mean(w**2))) * lr"),
    ),
    (
        "epsilon_outside",
        "ε₁ is added to the root. It is added to the squares of the gradients.",
        ("squares = params[key], g**2 + eps1", "squares = params[key], g**2 + 1e-300"),
        (U, "u = g / (np.sqrt(v) + eps1)"),
    ),
    (
        "uphill",
        "The step goes up the gradient: the loss grows. Look at the sign of the update.",
        (MOVE, "new_params[key] = w + rate * u"),
    ),
    costs={"smallest_size_added": 0.3, "exponent_fixed": 0.3},
    free={"constant_memory": ("beta = {} if", ("0.999", "0.99", "0.95", "0.9"))},
)


# --- Right by another convention ----------------------------------------------------------------------------


CONVENTIONS = conventions(
    "adafactor_step",
    (
        "bounded_from_below",
        "ε₁ is not added to the squares but bounds v from below, as its square: torch's form. Here it is "
        "added, as in the paper.",
        ("squares = params[key], g**2 + eps1", "squares = params[key], g**2 + 0.0"),
        (V, "v = np.outer(rows[key], columns[key]) / max(rows[key].mean(), eps1)"),
        (U, "u = g / np.sqrt(np.maximum(v, eps1**2))"),
    ),
    costs={"bounded_from_below": 0.3},
)

# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "adafactor_step",
    """
    params, g = {"W": np.full((2, 2), 2.0)}, {"W": np.array([[1.0, 2.0], [0.5, 3.0]])}
    {"W": adafactor_step(params, g, adafactor_init(params), lr=0.5, d=50.0)[0]["W"].round(8)}
    """,
    """
    params = {"b": np.array([1.0, 3.0])}
    state = adafactor_init(params)
    for g in ([1.0, -2.0], [30.0, 4.0], [-1.0, 0.5]):
        params, state = adafactor_step(params, {"b": np.array(g)}, state, lr=0.6, beta2_decay=-0.4)
    {"b": params["b"].round(8)}
    """,
    """
    params = {"b": np.zeros(2)}
    adafactor_step(params, {"b": np.array([4.0, -0.1])}, adafactor_init(params), eps=(0.2, 0.5))[0]
    """,
)
