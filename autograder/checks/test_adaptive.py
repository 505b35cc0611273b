"""Hidden checks of `adaptive`: laws that several optimisers obey, what is one's own, the training loop."""

import numpy as np
import pytest

from autograder.calls.compare import close
from autograder.checks.probes import moves, rate_scales_each_step, run_of, weights_do_not_meet


def each(*stems, weight=1, **weights):
    """Run a check for several optimisers, as a check of each one's exercise; ``weights`` are single ones'."""
    weights = dict.fromkeys(stems, weight) | weights
    cases = [
        pytest.param(stem, marks=pytest.mark.exercise(f"{stem}_step", weight=own), id=stem)
        for stem, own in weights.items()
    ]
    return pytest.mark.parametrize("stem", cases)


# --- What several optimisers share ------------------------------------------------------------------------


@each("rprop", "adagrad", "adam", "adamax")
def test_the_first_step_is_lr_long(student, rng, stem):
    """The first step moves every weight by lr against its gradient, be it large or small."""
    params, grads = run_of(rng, steps=3, sizes=(0.01, 1e3), zeros=False)
    lr = float(rng.uniform(0.05, 0.2))
    first = moves(params, student.trajectory(stem, params, grads[:1], lr=lr))[0]
    want = {key: -lr * np.sign(grads[0][key]) for key in params}
    assert close(first, want, rtol=1e-4), (
        "The first step's length is not lr for every weight. Put the initial state into the docstring's "
        "formulas: the size of g cancels, and lr is left. What does the state start from, and what "
        "divides g?"
    )


@each("rprop", "quickprop", "adagrad", "rmsprop", "adadelta", "adam", "adamax", "nadam", "adamw", weight=3)
def test_the_weights_follow_the_formula(student, reference, rng, stem):
    """Over several updates the weights follow the formula, whatever the sizes and signs of gradients."""
    params, grads = run_of(rng, steps=6)
    hyper = {"weight_decay": 0.4} if stem == "adamw" else {}
    got = student.trajectory(stem, params, grads, lr=0.05, **hyper)
    assert close(got, reference.trajectory(stem, params, grads, lr=0.05, **hyper), atol=1e-10), (
        "After several updates the weights are elsewhere. Write the docstring's formulas in their "
        "order, one line each, and compare every symbol: what is kept in the state, what is used old "
        "and what new, where ε stands."
    )


@each("adagrad", "rmsprop", "adadelta", "adam", "adamax", "nadam")
def test_eps_stands_where_the_docstring_puts_it(student, reference, rng, stem):
    """Where gradients are as small as eps, it shortens steps from the place that the docstring gives it."""
    params, grads = run_of(rng, steps=4, sizes=(1e-5, 1e-2), zeros=False)
    eps = float(10 ** rng.uniform(-3.5, -2.5))
    got = student.trajectory(stem, params, grads, lr=0.5, eps=eps)
    assert close(got, reference.trajectory(stem, params, grads, lr=0.5, eps=eps)), (
        "With gradients about as small as eps the steps have another length. Is eps added outside the "
        "root, inside it, or inside a maximum? Books differ; the docstring says what holds here."
    )


@each("adam", "adamax", "nadam")
def test_each_memory_has_its_own_beta(student, reference, rng, stem):
    """The first of betas belongs to the mean of gradients, the second to the memory of their sizes."""
    params, grads = run_of(rng, steps=4, sizes=(0.1, 10.0), zeros=False)
    betas = (float(rng.uniform(0.2, 0.5)), float(rng.uniform(0.6, 0.8)))
    got = student.trajectory(stem, params, grads, lr=1.0, betas=betas)
    want = reference.trajectory(stem, params, grads, lr=1.0, betas=betas)
    assert close(got, want, rtol=1e-4, atol=1e-4), (
        "With betas other than the usual pair the weights are elsewhere: which beta goes with which "
        "memory, and is each correction made with the beta of what it corrects?"
    )


@each("adadelta", rmsprop=2)
def test_rho_weighs_the_old_mean(student, reference, rng, stem):
    """Rho is the weight of what a mean held before, the rest to one is the weight of what is new."""
    params, grads = run_of(rng, steps=4, sizes=(0.1, 10.0), zeros=False)
    rho = float(rng.uniform(0.2, 0.4))
    got = student.trajectory(stem, params, grads, lr=1.0, rho=rho)
    want = reference.trajectory(stem, params, grads, lr=1.0, rho=rho)
    assert close(got, want, rtol=1e-4, atol=1e-5), (
        "With a shorter memory the weights are elsewhere. In each leaky mean, which of the two terms has the "
        "weight rho, and do the two weights add up to one?"
    )


@each("adagrad", "rmsprop", "adadelta", "adam", "adamax", "nadam")
def test_each_step_takes_its_own_rate(student, rng, stem):
    """A learning rate that changes between steps scales just the step that it is given to."""
    assert rate_scales_each_step(student, stem, rng), (
        "The same gradients with other learning rates: each step should be that step's lr times the "
        "same vector. The state must hold nothing that lr has touched."
    )


@each("rprop", "quickprop", "adagrad", "rmsprop", "adadelta", "adam", "adamax", "nadam", "adamw")
def test_parameters_do_not_meet(student, rng, stem):
    """A parameter's path does not depend on which others stand beside it."""
    assert weights_do_not_meet(student, stem, rng, lr=0.05), (
        "A parameter walked otherwise beside a second one than alone. Each needs a memory of its own, "
        "and what is counted once an update must not be counted once a parameter."
    )


# --- Rprop --------------------------------------------------------------------------------------------------


@pytest.mark.exercise("rprop_step")
def test_rprop_sees_signs_only(student, rng):
    """Making gradients larger or smaller, each weight's by its own factor, changes no step of Rprop."""
    params, grads = run_of(rng, steps=5, sizes=(0.1, 10.0))
    factor = {key: 10.0 ** rng.uniform(-3, 3, size=value.shape) for key, value in params.items()}
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
    assert close(got, want, rtol=1e-9, atol=1e-9), (
        "After a flip of sign the moves are not iRprop-'s: the weight stays where it is in that update, "
        "its step size shrinks once, and the zero that is kept as previous gradient lets it rest in "
        "the next."
    )


@pytest.mark.exercise("rprop_step")
def test_rprop_clips_step_sizes(student, reference, rng):
    """Step sizes stay between the smallest and the largest one, also when they would grow back."""
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


# --- Quickprop ----------------------------------------------------------------------------------------------


@pytest.mark.exercise("quickprop_step")
def test_quickprop_begins_by_descent(student, rng):
    """The first step is lr times the slope, and so is the step after one that was zero."""
    params, grads = run_of(rng, steps=3, sizes=(0.1, 10.0), zeros=False)
    nothing = {key: np.zeros_like(value) for key, value in params.items()}
    lr = float(rng.uniform(0.05, 0.2))
    path = student.trajectory("quickprop", params, [grads[0], nothing, grads[1], nothing, grads[2]], lr=lr)
    want = [grads[0], nothing, grads[1], nothing, grads[2]]
    want = [{key: -lr * value for key, value in grad.items()} for grad in want]
    assert close(moves(params, path), want, rtol=1e-7, atol=1e-9), (
        "A weight whose last step was zero starts again by lr times its slope. A gradient of zero gives "
        "a step of zero, so this happens in the middle of a run too."
    )


@pytest.mark.exercise("quickprop_step", weight=2)
def test_quickprop_lands_in_the_minimum(student, rng):
    """On a parabola, once the first step has overshot, the second lands in the minimum."""
    params, _ = run_of(rng)
    minimum = {key: rng.normal(size=value.shape) for key, value in params.items()}
    bend = {key: rng.uniform(1.2, 1.8, size=value.shape) for key, value in params.items()}

    def gradient(weights):
        return {key: bend[key] * (weights[key] - minimum[key]) for key in weights}

    first = gradient(params)
    over = {
        key: params[key] - first[key] for key in params
    }  # with lr = 1 and a bend above 1: beyond the minimum
    path = student.trajectory("quickprop", params, [first, gradient(over)], lr=1.0)
    assert close(path[0], over, rtol=1e-9), (
        "The first step is lr times the slope, for there is no step before it."
    )
    assert close(path[1], minimum, rtol=1e-9), (
        "Two slopes of a parabola give its minimum exactly: the second step is r times the first. After "
        "the slope has changed its sign nothing is added to it. Which slope stands in the denominator?"
    )


@pytest.mark.exercise("quickprop_step")
def test_quickprop_limits_its_growth(student, reference, rng):
    """Where the slope has hardly fallen, or has grown, the parabola's part is growth times the last step."""
    start = rng.choice([-1.0, 1.0], size=6) * rng.uniform(0.5, 2.0, size=6)
    ratios = np.array(
        [[0.97, 1.4, 1.0, 0.6, 0.9, 0.3], [1.3, 0.95, 1.0, 0.4, 1.1, 0.98], [0.8, 1.0, 1.2, 0.9, 0.99, 2.0]]
    )
    slopes = np.cumprod(np.vstack([start, ratios]), axis=0)
    growth = float(rng.uniform(1.2, 1.6))
    params, grads = {"w": rng.normal(size=6)}, [{"w": row} for row in slopes]
    got = student.trajectory("quickprop", params, grads, lr=0.1, growth=growth)
    assert close(got, reference.trajectory("quickprop", params, grads, lr=0.1, growth=growth)), (
        "Where the parabola's minimum is far away, or behind, the weights are elsewhere: the limit "
        "takes the place of r there, from which ratio of the slopes on? What comes on top while the "
        "slope keeps its sign?"
    )


# --- Adagrad, Adadelta, Nadam, AdamW ------------------------------------------------------------------------


@pytest.mark.exercise("adagrad_step")
def test_adagrad_steps_fall_with_the_root_of_their_number(student, rng):
    """While a gradient stays the same, step k is lr over the root of k, whatever the gradient's size."""
    params, grads = run_of(rng, steps=3, sizes=(0.1, 1e3), zeros=False)
    path = student.trajectory("adagrad", params, [grads[0]] * 4, lr=0.3)
    want = [{key: -0.3 / np.sqrt(k) * np.sign(g) for key, g in grads[0].items()} for k in range(1, 5)]
    assert close(moves(params, path), want, rtol=1e-7, atol=1e-9), (
        "With the same gradient k times the sum of squares is k·g², so the k-th step is lr/√k. Is anything "
        "forgotten, or does the sum start elsewhere than at zero?"
    )


@pytest.mark.exercise("adadelta_step")
def test_adadelta_begins_from_eps(student, rng):
    """The first step is the root of eps times the gradient over its root mean square."""
    params, grads = run_of(rng, steps=3, sizes=(0.1, 10.0), zeros=False)
    eps = float(10 ** rng.uniform(-4, -3))
    first = moves(params, student.trajectory("adadelta", params, grads[:1], rho=0.75, eps=eps))[0]
    want = {key: -g * np.sqrt(eps / (0.25 * g**2 + eps)) for key, g in grads[0].items()}
    assert close(first, want, rtol=1e-7), (
        "In the first update u is zero, so eps alone is under the upper root; v already holds (1-rho)·g². "
        "Which u does the step use, and are both roots taken?"
    )


@pytest.mark.exercise("nadam_step")
def test_nadam_looks_ahead(student, rng):
    """The first step is longer than lr by what one more step of momentum would add."""
    params, grads = run_of(rng, steps=3, sizes=(0.1, 1e3), zeros=False)
    beta1 = float(rng.uniform(0.4, 0.8))
    first = moves(params, student.trajectory("nadam", params, grads[:1], lr=0.1, betas=(beta1, 0.9)))[0]
    want = {key: -0.1 * (1 + beta1 / (1 + beta1)) * np.sign(g) for key, g in grads[0].items()}
    assert close(first, want, rtol=1e-6), (
        "Put t = 1 into the two fractions of m-hat: the first is corrected as the next update's m will "
        "be, the second as this update's gradient. Which power of β₁ stands in which?"
    )


@pytest.mark.exercise("adamw_step", weight=2)
def test_adamw_shrinks_what_has_no_gradient(student, rng):
    """A weight without any gradient shrinks by the factor 1 - lr·weight_decay in every update."""
    params, grads = run_of(rng, steps=4)
    nothing = [{key: np.zeros_like(value) for key, value in params.items()} for _ in grads]
    lr, decay = float(rng.uniform(0.1, 0.3)), float(rng.uniform(0.3, 0.8))
    got = student.trajectory("adamw", params, nothing, lr=lr, weight_decay=decay)
    want = [{key: w * (1 - lr * decay) ** k for key, w in params.items()} for k in range(1, len(grads) + 1)]
    assert close(got, want), (
        "Without gradients Adam's own step is zero, and what is left is w ← w - lr·λ·w for every entry. "
        "Does the decay pass through the moments, or lack lr?"
    )


@pytest.mark.exercise("adamw_step", weight=2)
def test_adamw_without_decay_is_adam(student, reference, rng):
    """With a decay of zero AdamW takes Adam's steps, with the betas and eps that it is given."""
    params, grads = run_of(rng)
    hyper = {"lr": 0.05, "betas": (float(rng.uniform(0.3, 0.6)), float(rng.uniform(0.7, 0.9))), "eps": 1e-4}
    got = student.trajectory("adamw", params, grads, weight_decay=0.0, **hyper)
    assert close(got, reference.trajectory("adam", params, grads, **hyper)), (
        "With weight_decay = 0 the steps are not Adam's. If your adam_step is right, is it handed lr, betas "
        "and eps, and does its state come back to it?"
    )


# --- Training on digits ---------------------------------------------------------------------------------


def small_task(rng, n):
    """``n`` noisy examples of three classes in six numbers, and a start for the given network.

    The classes lie at right angles, and no hidden unit starts dead: there is always something to learn.
    """
    y = rng.permutation(np.arange(n) % 3)
    centres = 4.0 * np.linalg.qr(rng.normal(size=(6, 6)))[0][:3]
    X = centres[y] + rng.normal(size=(n, 6)) * 0.5
    params = {
        "W1": rng.normal(size=(6, 8)) * 0.6,
        "b1": rng.uniform(0.5, 1.0, size=8),
        "W2": rng.normal(size=(8, 3)) * 0.4,
        "b2": np.zeros(3),
    }
    return params, X, y


def twice(rng):
    """Two generators that will draw the same."""
    seed = int(rng.integers(2**32))
    return np.random.default_rng(seed), np.random.default_rng(seed)


def both(student, reference, rng, n, **settings):
    """What the student's and the reference's training return on the same task and the same draws."""
    params, X, y = small_task(rng, n)
    ours, theirs = twice(rng)
    want = reference.train_digits(params, X, y, rng=ours, **settings)
    return student.train_digits(params, X, y, rng=theirs, **settings), want


@pytest.mark.exercise("train_digits", weight=2)
def test_one_epoch_steps_through_the_permutation(student, reference, rng):
    """One epoch takes consecutive slices of one permutation and makes one Adam step for each."""
    got, want = both(student, reference, rng, n=18, lr=0.02, batch_size=6, n_epochs=1)
    assert close(got[0], want[0], rtol=1e-7, atol=1e-9), (
        "After one epoch the weights are elsewhere. One rng.permutation(n) at its start, consecutive slices "
        "of it, X and y cut alike, one adam_step with lr for each: which of these differs?"
    )


@pytest.mark.exercise("train_digits")
def test_the_short_last_batch_is_used(student, reference, rng):
    """Where the batch size does not divide n, the last, shorter batch makes its update too."""
    got, want = both(student, reference, rng, n=22, lr=0.02, batch_size=8, n_epochs=1)
    assert close(got[0], want[0], rtol=1e-7, atol=1e-9), (
        "With a batch size that does not divide n the weights are elsewhere after one epoch: every example "
        "is visited once, the last batch holds what is left over."
    )


@pytest.mark.exercise("train_digits", weight=2)
def test_epochs_shuffle_anew_and_keep_the_state(student, reference, rng):
    """Every epoch has a permutation of its own, and Adam's state lives through all of them."""
    got, want = both(student, reference, rng, n=16, lr=0.02, batch_size=6, n_epochs=3)
    assert close(got[0], want[0], rtol=1e-7, atol=1e-9), (
        "After several epochs the weights are elsewhere. Look at what stands inside the loop over epochs and "
        "what before it: the permutation belongs inside, Adam's state before."
    )


@pytest.mark.exercise("train_digits")
def test_losses_are_means_over_examples(student, reference, rng):
    """Each epoch's loss is the mean over its examples, so that a short batch counts for less."""
    got, want = both(student, reference, rng, n=13, lr=0.02, batch_size=8, n_epochs=2)
    assert close(got[1], want[1], rtol=1e-7), (
        "The losses differ. There is one number an epoch, a mean over examples and not over batches, and a "
        "batch's loss is taken before its update."
    )


@pytest.mark.exercise("train_digits")
def test_without_a_rate_nothing_is_learnt(student, reference, rng):
    """With a learning rate of zero every epoch's loss is the loss of the whole set, and no weight moves."""
    params, X, y = small_task(rng, 23)
    trained, losses = student.train_digits(params, X, y, lr=0.0, batch_size=9, n_epochs=2, rng=rng)
    loss, _ = reference.loss_and_grad(params, X, y)
    assert close(losses, [loss, loss], rtol=1e-7), (
        "With lr = 0 nothing changes between batches, so an epoch's mean over all examples is the loss of "
        "the whole set. Is each batch weighed by its size, and is each example there once?"
    )
    assert close(trained, params), "With lr = 0 no weight may move: is lr handed to adam_step?"


@pytest.mark.exercise("train_digits")
def test_training_lowers_the_loss(student, reference, rng):
    """Training lowers the loss of the whole set by much."""
    params, X, y = small_task(rng, 18)
    trained, _ = student.train_digits(params, X, y, lr=0.1, batch_size=6, n_epochs=6, rng=rng)
    before, after = (reference.loss_and_grad(weights, X, y)[0] for weights in (params, trained))
    assert after < 0.5 * min(before, np.log(3)), (  # log 3 is what weights of zero give
        "The loss of the whole set has hardly fallen after six epochs. Does the returned dict hold the "
        "trained weights, and do X and y keep the same order?"
    )
