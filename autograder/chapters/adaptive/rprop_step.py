"""Rprop, `rprop_step`: hidden checks, named mistakes, variants."""

import numpy as np
import pytest

from autograder.checking import close, conventions, examples, mistakes

from ..shared import moves, run_of

# --- Checks -------------------------------------------------------------------------------------------------


@pytest.mark.exercise("rprop_step")
def test_rprop_sees_signs_only(student, rng):
    """Making gradients larger or smaller, each weight's by its own factor, changes no step of Rprop."""
    params, grads = run_of(rng, steps=5, sizes=(0.1, 10.0))
    factor = {
        key: 10.0 ** rng.permutation(np.linspace(-15, 6, value.size)).reshape(value.shape)
        for key, value in params.items()
    }
    scaled = [{key: factor[key] * value for key, value in grad.items()} for grad in grads]
    plain = student.trajectory("rprop", params, grads, lr=0.1)
    lengths = {key: np.abs(value) for key, value in moves(params, plain)[1].items()}
    assert any(np.any((size > 0) & ~np.isclose(size, 0.1)) for size in lengths.values()), (
        "No step size has changed after the second gradient: it grows where the sign stayed the same."
    )
    assert close(student.trajectory("rprop", params, scaled, lr=0.1), plain), (
        "Gradients of another size, but the same signs, gave other steps. Rprop takes nothing but signs "
        "from them."
    )


@pytest.mark.exercise("rprop_step")
def test_rprop_waits_after_a_flip(student, rng):
    """Where the sign flips the weight stays for one update, and its step size rests in the next."""
    lr, shrink, grow = (
        float(rng.uniform(0.05, 0.2)),
        float(rng.uniform(0.3, 0.6)),
        float(rng.uniform(1.1, 1.5)),
    )
    signs = np.array([[1, 1, 1], [1, -1, 1], [-1, -1, 0], [-1, 1, 1], [-1, 1, -1]])
    grads = [{"w": row * rng.uniform(0.1, 10.0, size=3)} for row in signs]
    path = student.trajectory("rprop", {"w": np.zeros(3)}, grads, lr=lr, etas=(shrink, grow))
    got = np.array([step["w"] for step in moves({"w": np.zeros(3)}, path)]) / lr
    want = -np.array(
        [
            [1.0, 1.0, 1.0],
            [grow, 0.0, grow],
            [0.0, -shrink, 0.0],
            [-grow * shrink, 0.0, grow],
            [-grow * shrink * grow, shrink * shrink, 0.0],
        ]
    )
    assert close(got[:, :2], want[:, :2], rtol=1e-9, atol=1e-9), (
        "After a flip of sign the moves are not iRprop-'s: the weight stays where it is in that update, "
        "its step size shrinks once, and the zero that is kept as previous gradient lets it rest in "
        "the next."
    )
    assert close(got[:, 2], want[:, 2], rtol=1e-9, atol=1e-9), (
        "Around a gradient of zero the moves are not iRprop-'s. Zero is no flip: s is 0, the step size stays "
        "the same, and the zero is kept as previous gradient, so that the step size stays the same once "
        "more."
    )


@pytest.mark.exercise("rprop_step")
def test_rprop_clips_step_sizes(student, reference, rng):
    """From the first on, step sizes stay between the smallest and the largest, also when they grow back."""
    steps, flips = 9, rng.choice([-1.0, 1.0], size=4)
    rows = [
        np.array([1.0, (-1.0) ** i, (-1.0) ** max(0, i - 5), 1.0 if i < 6 else (-1.0) ** i])
        for i in range(steps)
    ]
    grads = [{"w": flips * row * rng.uniform(0.5, 2.0, size=4)} for row in rows]
    settings = {
        "etas": (0.4, 1.9),
        "step_sizes": (float(rng.uniform(0.03, 0.05)), float(rng.uniform(0.2, 0.3))),
    }
    params = {"w": rng.normal(size=4)}
    got = student.trajectory("rprop", params, grads, lr=0.1, **settings)
    assert close(got, reference.trajectory("rprop", params, grads, lr=0.1, **settings)), (
        "Where step sizes reach their limits the weights are elsewhere. Both limits hold for the step "
        "size that is used and kept, not for a copy of it."
    )
    for lr in (0.01, 0.5):
        got = student.trajectory("rprop", params, grads, lr=lr, **settings)
        assert close(got, reference.trajectory("rprop", params, grads, lr=lr, **settings)), (
            "With a first step size outside the limits the weights are elsewhere. Every step size is clipped "
            "in every update, also where it neither grows nor shrinks, as in the first."
        )


# --- Mistakes -----------------------------------------------------------------------------------------------


MISTAKES = mistakes(
    "rprop_step",
    (
        "flipped_gradient_kept",
        "The weight rests after a flip, but the flipped gradient itself is kept as the previous one, so "
        "that the step size changes again in the very next update. Look at what is stored for it.",
        ("previous[key] = g\n", "previous[key] = grads[key]\n"),
    ),
    (
        "etas_swapped",
        "Step sizes shrink where the sign stayed the same and grow where it flipped: the two factors "
        "are swapped. Look at which of etas goes with which sign.",
        (
            "np.where(s > 0, eta_plus, np.where(s < 0, eta_minus, 1.0))",
            "np.where(s > 0, eta_minus, np.where(s < 0, eta_plus, 1.0))",
        ),
    ),
    (
        "not_clipped",
        "Step sizes leave the allowed range. Look at what the docstring does with step_sizes.",
        ('np.clip(state["delta"][key] * factor, smallest, largest)', 'state["delta"][key] * factor'),
    ),
    (
        "clipped_copy",
        "The step that is taken is clipped, the step size that is kept is not, so that it must first "
        "come all the way back. Look at which of the two goes into the state.",
        ('np.clip(state["delta"][key] * factor, smallest, largest)', 'state["delta"][key] * factor'),
        ("np.sign(g) * delta[key]", "np.sign(g) * np.clip(delta[key], smallest, largest)"),
    ),
    (
        "clipped_only_where_it_changes",
        "A step size is clipped only where it has just grown or shrunk. Every one is clipped in every "
        "update, the first one too.",
        (
            'np.clip(state["delta"][key] * factor, smallest, largest)',
            'np.where(s == 0, state["delta"][key], np.clip(state["delta"][key] * factor, smallest, largest))',
        ),
    ),
    (
        "one_limit_for_each_change",
        "A step size that grows is held against the largest only, one that shrinks against the smallest "
        "only, and one that rests against none. Both limits hold for every step size in every update, the "
        "first one too.",
        (
            'np.clip(state["delta"][key] * factor, smallest, largest)',
            'state["delta"][key] * factor\n'
            "        low, high = np.where(s < 0, smallest, 0), np.where(s > 0, largest, np.inf)\n"
            "        delta[key] = np.clip(delta[key], low, high)",
        ),
    ),
    (
        "zero_counts_as_a_flip",
        "A gradient of zero is treated as a flip of sign. Where the gradient is zero s is 0: the step size "
        "stays the same, it does not shrink.",
        (
            's = np.sign(g * state["previous"][key])',
            'before = np.sign(state["previous"][key])\n'
            "        s = np.where(g == 0, -np.abs(before), np.sign(g) * before)",
        ),
    ),
    (
        "zero_keeps_the_older_gradient",
        "Where the gradient is zero, the one before it stays the previous gradient. A zero is kept like any "
        "other gradient, so that the step size stays the same in the next update.",
        ("previous[key] = g\n", 'previous[key] = np.where(grads[key] == 0, state["previous"][key], g)\n'),
    ),
    (
        "gradient_size_used",
        "The move is the step size times the gradient itself. Rprop takes nothing but the sign from it: "
        "look at the update of the weights.",
        ("params[key] - np.sign(g) * delta[key]", "params[key] - g * delta[key]"),
    ),
    (
        "previous_gradient_never_kept",
        "No step size ever changes, because the previous gradient stays zero. Look at what the new "
        "state holds.",
        ("previous[key] = g\n", 'previous[key] = state["previous"][key]\n'),
    ),
    (
        "old_step_size_used",
        "The weight moves by the step size of before this update; the new one serves only the next. The "
        "step size changes first, then the weight moves by it.",
        ("params[key] - np.sign(g) * delta[key]", 'params[key] - np.sign(g) * state["delta"][key]'),
    ),
    (
        "one_sign_for_all",
        "All weights of a parameter share one step size, led by the scalar product of the two "
        "gradients. Each number has a step size and a sign of its own: look at how the signs are "
        "compared.",
        ('np.sign(g * state["previous"][key])', 'np.sign(np.sum(g * state["previous"][key]))'),
    ),
)


# --- Right by another convention ----------------------------------------------------------------------------


class TakesTheMoveBack:
    def rprop_init(params, *, lr=0.01):
        zero = {k: np.zeros_like(w) for k, w in params.items()}
        return {"delta": {k: np.full_like(w, lr) for k, w in params.items()}, "g": zero, "move": zero}

    def rprop_step(params, grads, state, *, etas=(0.5, 1.2), step_sizes=(1e-6, 50)):
        new, delta, kept, moved = {}, {}, {}, {}
        for k, g in grads.items():
            s = np.sign(g * state["g"][k])
            delta[k] = state["delta"][k] * np.where(s > 0, etas[1], np.where(s < 0, etas[0], 1.0))
            delta[k] = np.clip(delta[k], *step_sizes)
            kept[k] = np.where(s < 0, 0.0, g)
            moved[k] = np.where(s < 0, -state["move"][k], -np.sign(g) * delta[k])
            new[k] = params[k] + moved[k]
        return new, {"delta": delta, "g": kept, "move": moved}


CONVENTIONS = conventions(
    "rprop_step",
    (
        "takes_the_move_back",
        "Where the sign flips, the last move is taken back. That is Rprop+ (Riedmiller & Braun 1993, "
        "and the slides of some lectures); asked for is iRprop-, in which the weight stays where it is "
        "for that update.",
        TakesTheMoveBack,
    ),
    (
        "moves_on_after_a_flip",
        "Where the sign flips, the weight moves on at once by the smaller step, and the gradient is "
        "kept. That is Rprop-; asked for is iRprop-, which treats that gradient as zero. Look at what "
        "follows the step sizes.",
        ("g = np.where(s < 0, 0.0, g)\n        new", "new"),
    ),
)


# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "rprop_step",
    """
    params = {"w": np.zeros(2)}
    state = rprop_init(params, lr=0.1)
    for g in ([1.0, 1.0], [1.0, -3.0], [1.0, 1.0], [1.0, 1.0], [-1.0, 1.0], [-1.0, 1.0]):
        grads = {"w": np.array(g)}
        params, state = rprop_step(params, grads, state, etas=(0.5, 2.0), step_sizes=(0.1, 0.3))
    params
    """,
    """
    params = {"w": np.zeros(2)}
    state = rprop_init(params, lr=1.0)
    for g in ([1.0, 1.0], [0.0, 0.0], [1.0, -1.0]):
        params, state = rprop_step(params, {"w": np.array(g)}, state, etas=(0.5, 2.0), step_sizes=(0.1, 0.3))
    params
    """,
)
