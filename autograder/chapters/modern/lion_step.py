"""Lion, `lion_step`: hidden checks, named mistakes."""

import numpy as np
import pytest

from autograder.checking import PerStep, close, examples, mistakes

from ..shared import (
    TWO_RUNS,
    moves,
    names_and_shapes_do_not_matter,
    number,
    rate_scales_each_step,
    run_of,
    two_runs_do_not_meet,
    weights_do_not_meet,
)
from .shared import ANEW, OF_THE_CALL, starts_from_its_call

# --- Checks -------------------------------------------------------------------------------------------------


@pytest.mark.exercise("lion_step", weight=3)
def test_the_weights_follow_lions_formula(student, reference, rng):
    """Over several updates the weights follow the formula, whatever the sizes and signs of gradients."""
    long, short = (0.75, 0.85, 0.45, 0.55), (0.2, 0.4, 0.6, 0.8)
    pairs = [(number(rng, *ends[:2]), number(rng, *ends[2:])) for ends in (long, short)] + [(0.0, 0.0)]
    params, grads = run_of(rng, steps=10, sizes=(1e-6, 1e3))
    # for the engine's story of side effects: a mean that is as large as the gradient itself
    student.trajectory("lion", params, grads[:2], lr=0.05, betas=PerStep([(0.5, 0.0), (0.9, 0.5)]))
    grads[4] = {key: 0.0 * g if key == "b" else g for key, g in grads[4].items()}
    got, want = (
        [side.trajectory("lion", params, grads, lr=0.05, betas=betas) for betas in pairs]
        for side in (student, reference)
    )
    assert close(got, want, atol=1e-10), (
        "After several updates the weights are elsewhere. The step takes the sign of a mixture of the "
        "old mean and the gradient, with β₁; the mean that is kept is made with β₂."
    )
    run = {"w": np.zeros(8)}, [{"w": g} for g in rng.normal(size=(60, 8))]
    got, want = (side.trajectory("lion", *run, lr=0.05, betas=(0.99, 0.99)) for side in (student, reference))
    assert close(got, want, atol=1e-10), (
        "In a longer run the weights are elsewhere: the mean is never begun anew, and nothing depends on how "
        "many updates there were."
    )


@pytest.mark.exercise("lion_step")
def test_a_step_is_lr_long(student, reference, rng):
    """Without decay every weight moves by lr, be its gradient large or small, and not at all without one."""
    params, grads = run_of(rng, steps=4, sizes=(1e-250, 1e3))
    lr = number(rng, 0.05, 0.2)
    path, its_path = (side.trajectory("lion", params, grads, lr=lr) for side in (student, reference))
    first = moves(params, path)[0]
    want = {key: -lr * np.sign(g) for key, g in grads[0].items()}
    assert close(first, want, rtol=1e-6, atol=1e-10), (
        "The first step's length is not lr for every weight that has a gradient, be it as small as 1e-250 "
        "(whose square is 0)."
    )
    assert close(path, its_path), (
        "With gradients as small as 1e-250 beside large ones the later steps are others. Does the mean hold "
        "such numbers, and is it mixed as the text says?"
    )


@pytest.mark.exercise("lion_step")
def test_lions_decay_is_lrs_share_of_the_weight(student, reference, rng):
    """Weights shrink by lr·λ of themselves beside the sign, which the decay does not enter."""
    params, grads = run_of(rng, steps=5, sizes=(0.01, 10.0))
    params = {key: 10.0 * w for key, w in params.items()}
    lr = number(rng, 0.1, 0.3)
    for decay in (number(rng, 0.3, 0.6), 2.0 / lr):  # the second one turns the weights' signs
        got, want = (
            side.trajectory("lion", params, grads, lr=lr, weight_decay=decay) for side in (student, reference)
        )
        assert close(got, want), (
            "With a decay the weights are elsewhere: lr·λ·w is taken off, however large, with the weight "
            "before the update, and neither sign nor mean knows of it."
        )
    changing = {"betas": PerStep([(0.9, 0.5), (0.1, 0.8), (0.5, 0.9), (0.0, 0.2), (0.8, 0.8)])}
    for name, hyper in (
        ("betas", changing),
        ("weight_decay", {"weight_decay": PerStep([0.5, 0.0, 0.9, 0.1, 0.5])}),
    ):
        got, want = (side.trajectory("lion", params, grads, lr=lr, **hyper) for side in (student, reference))
        assert close(got, want), OF_THE_CALL.format(name)


@pytest.mark.exercise("lion_step")
def test_each_step_of_lion_takes_its_own_rate(student, rng):
    """A learning rate that changes between steps scales just the step that it is given to."""
    assert rate_scales_each_step(student, "lion", rng), (
        "The same gradients with other learning rates: each step should be that step's lr times the same "
        "vector. The state must hold nothing that lr has touched."
    )
    params, first = {"w": rng.normal(size=5)}, rng.choice([-1.0, 1.0], size=5)
    grads = [{"w": size * first} for size in (100.0, -1.0, -2.0)]  # the mean outweighs what comes after it
    rested, plain = (
        moves(params, student.trajectory("lion", params, grads, lr=PerStep([rate, 0.5, 0.25])))
        for rate in (0.0, 1.0)
    )
    assert close(rested[1:], plain[1:]), (
        "After an update with lr = 0 the next steps are others: the mean takes in that gradient all the same."
    )


@pytest.mark.exercise("lion_step")
def test_parameters_do_not_meet_in_lion(student, reference, rng):
    """A parameter's path depends neither on those beside it nor on a name such as t."""
    assert weights_do_not_meet(student, "lion", rng, lr=0.05), (
        "A parameter walked otherwise beside a second one than alone. Each needs a memory of its own."
    )
    assert names_and_shapes_do_not_matter(student, "lion", rng, lr=0.05), (
        "With parameters of other names, or with one or three axes, the same numbers walk otherwise. A "
        "parameter may have any name, such as t or step, and any shape: operations on whole arrays need no "
        "loop over axes."
    )
    assert starts_from_its_call(student, reference, "lion", rng, ((2, 3), (2, 1, 3)), weight_decay=0.4), ANEW
    assert two_runs_do_not_meet(student, reference, "lion", {"W": rng.normal(size=(2, 3))}), TWO_RUNS


# --- Mistakes -----------------------------------------------------------------------------------------------


MIXED = "mixed = beta1 * state[key] + (1 - beta1) * g"
MOVE = "new_params[key] = params[key] - lr * (np.sign(mixed) + weight_decay * params[key])"
MEAN = "mean[key] = beta2 * state[key] + (1 - beta2) * g"

MISTAKES = mistakes(
    "lion_step",
    (
        "small_counts_as_zero",
        "A mixture that is merely small counts as zero. The sign asks for no size: only 0 has the sign 0.",
        ("np.sign(mixed)", "np.where(np.abs(mixed) < 1e-8, 0.0, np.sign(mixed))"),
    ),
    (
        "smooth_sign",
        "The mixture is divided by its size plus a small number. Where it is as small as that, the step is "
        "shorter than lr: take the sign.",
        ("np.sign(mixed)", "mixed / (np.abs(mixed) + 1e-12)"),
    ),
    (
        "sign_of_the_gradient",
        "The step follows the sign of the gradient. It is the sign of a mixture of mean and gradient.",
        (MIXED, "mixed = g"),
    ),
    (
        "sign_of_the_mean",
        "The step follows the sign of the mean that is kept. It is a mixture of its own, with β₁, that is "
        "only used for this step.",
        (MIXED, "mixed = beta2 * state[key] + (1 - beta2) * g"),
    ),
    (
        "sign_of_the_old_mean",
        "The gradient of this step does not enter the step. The sign is that of β₁·m + (1 - β₁)·g.",
        (MIXED, "mixed = state[key]"),
    ),
    (
        "mixture_kept",
        "The mixture of the step is kept as the mean. The mean is made with β₂, from the old mean.",
        (MEAN, "mean[key] = mixed"),
    ),
    (
        "betas_swapped",
        "The two betas are swapped: the first belongs to the step, the second to the mean.",
        (MIXED, "mixed = beta2 * state[key] + (1 - beta2) * g"),
        (MEAN, "mean[key] = beta1 * state[key] + (1 - beta1) * g"),
    ),
    (
        "mean_first",
        "The mean is updated before the step, so that the gradient enters the mixture twice. The step takes "
        "the old mean.",
        (MIXED, "mixed = beta1 * (beta2 * state[key] + (1 - beta2) * g) + (1 - beta1) * g"),
    ),
    (
        "weights_turned_round",
        "In the mixture the mean has the weight 1 - β₁. β₁ belongs to what was there before.",
        (MIXED, "mixed = (1 - beta1) * state[key] + beta1 * g"),
    ),
    (
        "no_sign",
        "The step is the mixture itself. Lion takes its sign, so that every weight moves by lr.",
        (MOVE, "new_params[key] = params[key] - lr * (mixed + weight_decay * params[key])"),
    ),
    (
        "decay_inside_the_sign",
        "The decay stands inside the sign, where its size is lost. It is added to the sign.",
        (MOVE, "new_params[key] = params[key] - lr * np.sign(mixed + weight_decay * params[key])"),
    ),
    (
        "decay_without_the_rate",
        "The decay is not multiplied with the learning rate.",
        (MOVE, "new_params[key] = params[key] - lr * np.sign(mixed) - weight_decay * params[key]"),
    ),
    (
        "no_decay",
        "The weights do not decay: look at the argument weight_decay.",
        (MOVE, "new_params[key] = params[key] - lr * np.sign(mixed)"),
    ),
    (
        "decay_after_the_step",
        "The decay takes the weight after the step. It takes the weight before the update.",
        (MOVE, "new_params[key] = (params[key] - lr * np.sign(mixed)) * (1 - lr * weight_decay)"),
    ),
    (
        "uphill",
        "The step goes up the gradient: the loss grows. Look at the sign of the update.",
        (MOVE, "new_params[key] = params[key] + lr * np.sign(mixed) - lr * weight_decay * params[key]"),
    ),
    costs={"decay_after_the_step": 0.3},
)


# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "lion_step",
    """
    params = {"w": np.array([1.0])}
    state = lion_init(params)
    for g in (8.0, -1.0, -1.0, -1.0):
        params, state = lion_step(params, {"w": np.array([g])}, state, lr=0.1, betas=(0.5, 0.75))
    params
    """,
    'lion_step({"w": np.array([2.0])}, {"w": np.array([3.0])}, lion_init({"w": np.array([2.0])}), lr=0.5, '
    "weight_decay=0.25)[0]",
)
