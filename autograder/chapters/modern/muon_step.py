"""Muon, `muon_step` with `newton_schulz`: hidden checks, named mistakes."""

import numpy as np
import pytest

from autograder.checking import PerStep, close, examples

from ..shared import TWO_RUNS, few_digits, number, two_runs_do_not_meet
from .shared import ANEW, NAMES, OF_THE_CALL, names_do_not_matter, starts_from_its_call

# --- Checks -------------------------------------------------------------------------------------------------


SHAPES = {"W": (4, 2), "U": (2, 5), "V": (3, 3), "like W": (4, 2)}


def matrices(rng, steps):
    """Tall, flat and square parameters, two of one shape, and gradients of very different size."""
    sizes = {"W": 1e-3, "U": 100.0, "V": 1.0, "like W": 10.0}
    grads = [
        {key: sizes[key] * rng.normal(size=shape) for key, shape in SHAPES.items()} for _ in range(steps)
    ]
    return {key: rng.normal(size=shape) for key, shape in SHAPES.items()}, grads


@pytest.mark.exercise("muon_step", weight=3)
def test_the_iteration_follows_its_formula(student, reference, rng):
    """Tall, flat and square matrices of every size, after none, one and several steps."""
    for options in ({}, {"steps": 1}, {"steps": 13}, {"steps": 0}):
        for shape in (*SHAPES.values(), (1, 4), (5, 1), (1, 1)):
            G = 10.0 ** rng.uniform(-4, 4) * rng.normal(size=shape)
            got, want = (side.newton_schulz(G, **options) for side in (student, reference))
            assert close(got, want, rtol=1e-7, atol=1e-9), few_digits(got, want) or (
                "newton_schulz gives another matrix. G is divided by its Frobenius norm; each step uses the "
                "X of the step before, and its three coefficients belong to X, AX and A²X."
                if min(shape) > 1
                else "A matrix of one row or one column goes through the same steps, and keeps its two axes."
            )


@pytest.mark.exercise("muon_step", weight=3)
@pytest.mark.parametrize("nesterov", [True, False])
def test_the_weights_follow_muons_formula(student, reference, rng, nesterov):
    """Over several updates, in either form, the weights follow the formula."""
    params, grads = matrices(rng, steps=5)
    grads[3] = grads[3] | {"like W": np.zeros(SHAPES["like W"])}
    # for the engine's story of side effects: a mean that is as large as the gradient itself
    student.trajectory("muon", params, grads[:2], momentum=PerStep([0.0, 0.5]), nesterov=nesterov)
    u = "with nesterov u mixes it with the gradient" if nesterov else "without nesterov u is that mean"
    for momentum in (number(rng, 0.5, 0.8), 0.0):
        hyper = {"lr": 0.1, "momentum": momentum, "nesterov": nesterov, "weight_decay": 0.0}
        got, want = (side.trajectory("muon", params, grads, **hyper) for side in (student, reference))
        assert close(got, want, rtol=1e-7, atol=1e-8), (
            f"After several updates the weights are elsewhere. The mean is updated first; {u}; the step is "
            "the orthogonalised u times lr and the root in the text."
        )
    if nesterov:
        return
    run = {"W": np.zeros((1, 2))}, [{"W": g} for g in rng.normal(size=(60, 1, 2))]
    hyper = {"lr": 0.1, "momentum": 0.97, "nesterov": False}
    got, want = (side.trajectory("muon", *run, **hyper) for side in (student, reference))
    assert close(got, want, rtol=1e-7, atol=1e-8), (
        "In a longer run the weights are elsewhere: the mean is never begun anew, and nothing depends on how "
        "many updates there were."
    )


@pytest.mark.exercise("muon_step")
def test_muons_decay_is_lrs_share_of_the_weight(student, reference, rng):
    """Weights shrink by lr·λ of themselves, whatever their shape; the mean knows nothing of it."""
    params, grads = matrices(rng, steps=4)
    params = {key: 10.0 * w for key, w in params.items()}
    lr = number(rng, 0.2, 0.4)
    for decay, message in (
        (0.0, "Without a decay the weights are elsewhere already: mend that first."),
        (
            number(rng, 0.5, 0.8),
            "With a decay the weights are elsewhere: lr·λ·W is taken off, without the root that scales the "
            "step, and from the weight before the update.",
        ),
        (
            2.0 / lr,
            "Where lr·λ is above 1 the weights are elsewhere: they change their sign, nothing is cut.",
        ),
    ):
        got, want = (
            side.trajectory("muon", params, grads, lr=lr, weight_decay=decay) for side in (student, reference)
        )
        assert close(got, want, rtol=1e-7, atol=1e-8), message
    both = {"momentum": PerStep([0.9, 0.2, 0.0, 0.6]), "nesterov": PerStep([True, False, False, True])}
    for name, changing in (
        ("momentum or nesterov", both),
        ("weight_decay", {"weight_decay": PerStep([0.1, 0.0, 0.9, 0.4])}),
    ):
        hyper = {"lr": lr, "weight_decay": 0.0} | changing
        got, want = (side.trajectory("muon", params, grads, **hyper) for side in (student, reference))
        assert close(got, want, rtol=1e-7, atol=1e-8), OF_THE_CALL.format(name)


@pytest.mark.exercise("muon_step")
def test_no_gradient_no_step(student, reference, rng):
    """A matrix whose gradients are zero does not step beside one that does, and decays all the same."""
    params, grads = matrices(rng, steps=3)
    grads = [g | {"V": np.zeros(SHAPES["V"])} for g in grads]
    got = student.trajectory("muon", params, grads, lr=0.1, weight_decay=0.0)
    assert not close(got[-1]["W"], params["W"]) and all(close(step["V"], params["V"]) for step in got), (
        "A matrix without a gradient moves, becomes NaN, or no matrix moves. What is a norm of 0 replaced by?"
    )
    got = student.trajectory("muon", params, grads, lr=0.1, weight_decay=0.5)[-1]
    assert close(got["V"], 0.95**3 * params["V"]), (
        "A matrix without a gradient does not shrink by lr·λ of itself in each step, as every matrix does."
    )
    tiny = 1e-9 * rng.normal(size=(2, 3))
    got, want = (side.newton_schulz(tiny) for side in (student, reference))
    assert close(got, want, rtol=1e-7, atol=1e-12), "A norm below 1e-7 counts as 1e-7."


@pytest.mark.exercise("muon_step")
def test_each_step_of_muon_takes_its_own_rate(student, reference, rng):
    """Steps are as long as their own rate says, and a gradient of another length gives the same step."""
    params, grads = matrices(rng, steps=4)
    rates = [0.0, 0.25, 0.0, 1.5]
    plain = student.trajectory("muon", params, grads, lr=1.0, weight_decay=0.0)
    scaled = student.trajectory(
        "muon",
        params,
        [{key: 7 * g for key, g in each.items()} for each in grads],
        lr=PerStep(rates),
        weight_decay=0.0,
    )
    for key in params:
        before, after = [params[key]], [params[key]]
        before += [step[key] for step in plain]
        after += [step[key] for step in scaled]
        moves = [(np.diff(before, axis=0)[i], np.diff(after, axis=0)[i]) for i in range(4)]
        assert all(
            np.any(a != 0) and close(b, r * a, rtol=1e-6, atol=1e-7)
            for (a, b), r in zip(moves, rates, strict=True)
        ), (
            "With other rates, and with gradients seven times as long, each step should be that step's lr "
            "times the same matrix."
        )
    assert names_do_not_matter(student, "muon", rng, lr=0.1), NAMES
    assert starts_from_its_call(student, reference, "muon", rng), ANEW
    assert two_runs_do_not_meet(student, reference, "muon", {"W": rng.normal(size=(2, 3))}), TWO_RUNS


# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "muon_step",
    """
    small = newton_schulz(np.array([[1e-8]]), steps=0).tolist()  # 1e-8 / 1e-7
    newton_schulz(np.array([[3.0, 1.0, 1.0], [0.0, 2.0, 0.0]]), steps=1).round(6), small
    """,
    """
    params = {"W": np.array([[1.0, 0.0, 2.0]])}
    state = muon_init(params)
    for g in ([[1.0, 0.0, 0.0]], [[0.0, 1.0, 0.0]]):
        params, state = muon_step(params, {"W": np.array(g)}, state, lr=0.1, momentum=0.5)
    {"W": params["W"].round(6)}
    """,
    """
    params = {"W": np.array([[1.0, 0.0, 2.0]])}
    state = muon_init(params)
    for g in ([[1.0, 0.0, 0.0]], [[0.0, 1.0, 0.0]]):
        params, state = muon_step(params, {"W": np.array(g)}, state, lr=0.1, momentum=0.5, nesterov=False)
    {"W": params["W"].round(6)}
    """,
    """
    params, g = {"W": np.ones((2, 1))}, {"W": np.array([[1.0], [2.0]])}
    {"W": muon_step(params, g, muon_init(params), lr=0.5)[0]["W"].round(6)}
    """,
)
