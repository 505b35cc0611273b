"""Adafactor, `adafactor_step`: hidden checks, named mistakes."""

import pytest

from autograder.checking import PerStep, close, examples

from ..shared import TWO_RUNS, number, run_of, two_runs_do_not_meet, weights_do_not_meet
from .shared import ANEW, NAMES, OF_THE_CALL, names_do_not_matter, starts_from_its_call

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
    for sizes in ((0.1, 10.0), (1e-12, 1e3)):
        params, grads = run_of(rng, steps=6, sizes=sizes)
        grads[3] = {key: 0.0 * g if key == "b" else g for key, g in grads[3].items()}
        got, want = (side.trajectory("adafactor", params, grads) for side in (student, reference))
        assert close(got, want, atol=1e-11), (
            "After several updates the weights are elsewhere. Write the text's formulas in their order, "
            "one line each: β, rows and columns, v, u, its bound, and the rate."
        )


@pytest.mark.exercise("adafactor_step")
def test_a_matrix_has_rows_and_columns(student, reference, rng):
    """Where squares are no product of rows and columns, the first step follows the factored v."""
    shapes = {"W": (4, 3), "V": (3, 3), "column": (4, 1), "row": (1, 4)}
    params = {key: rng.choice([-1.0, 1.0], size=shape) for key, shape in shapes.items()}
    grads = [{key: 10.0 ** rng.uniform(-2, 2, size=w.shape) * w[::-1] for key, w in params.items()}]
    got, want = (
        side.trajectory("adafactor", params, grads, lr=0.5, d=100.0) for side in (student, reference)
    )
    assert close(got, want), (
        "The first step of a matrix is another. A row's mean goes along the row, v is the product of both "
        "means, divided by the mean over all rows, be there many rows and columns or one."
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
        assert close(got, want, atol=1e-13), said(
            student,
            reference,
            rng,
            "The step's length is another: the larger of ε₂ and RMS(w), before the update, times the smaller "
            "of lr and 1/√t.",
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
    params, grads = run_of(rng, steps=6, sizes=(0.1, 10.0), zeros=False)
    long = {"b": rng.normal(size=1)}, [{"b": g} for g in rng.normal(size=(60, 1))]
    for decay, run in (
        (-6.0, (params, grads)),  # β comes very near to 1
        (-number(rng, 0.3, 0.5), long),
        (-1, (params, grads[:4])),
    ):
        got, want = (side.trajectory("adafactor", *run, beta2_decay=decay) for side in (student, reference))
        assert close(got, want), said(
            student,
            reference,
            rng,
            "After more updates, or with another exponent, the weights are elsewhere. β weighs the old mean; "
            "t is 1 in the first update and raised once an update. The exponent may be a whole number, and "
            "nothing else holds β below 1.",
        )
    for name, values in (
        ("beta2_decay", [-0.5, -0.3, -0.9, -0.5]),
        ("d", [1.0, 0.2, 3.0, 0.5]),
        ("eps", [(1e-30, 1e-3), (0.1, 1e-3), (1e-30, 5.0), (1.0, 1.0)]),
    ):
        hyper = {name: PerStep(values)}
        got, want = (
            side.trajectory("adafactor", params, grads[:4], **hyper) for side in (student, reference)
        )
        assert close(got, want), said(
            student,
            reference,
            rng,
            OF_THE_CALL.format(name),
        )


@pytest.mark.exercise("adafactor_step")
def test_parameters_do_not_meet_in_adafactor(student, reference, rng):
    """A parameter's path depends neither on those beside it nor on a name such as t."""
    assert weights_do_not_meet(student, "adafactor", rng), (
        "A parameter walked otherwise beside a second one than alone. Means, RMS and rate are its own, and "
        "what is counted once an update must not be counted once a parameter."
    )
    for shape in ((3, 1), (3,)):
        assert names_do_not_matter(student, "adafactor", rng, shape), NAMES
    assert starts_from_its_call(student, reference, "adafactor", rng), ANEW
    assert two_runs_do_not_meet(student, reference, "adafactor", {"W": rng.normal(size=(2, 3))}), TWO_RUNS


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
