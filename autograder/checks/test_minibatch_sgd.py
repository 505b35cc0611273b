"""Hidden checks of `minibatch_sgd`: batches, noisy gradients, the training loop, step sizes, averages,
clustering, and the running loss."""

import numpy as np
import pytest

from autograder.calls.compare import close
from autograder.calls.proxy import Recorder
from autograder.checks.probes import twins
from autograder.checks.probes_minibatch_sgd import (
    asked,
    averages,
    batches,
    iterates,
    linear_task,
    mean_squared_error,
    regression,
    running,
    simplex,
    slopes,
)
from autograder.laws.laws import reported_mean

# --- Mini-batches -----------------------------------------------------------------------------------------


@pytest.mark.exercise("minibatches", weight=2)
def test_an_epoch_is_one_permutation_cut_into_slices(student, rng):
    """The batches of an epoch are consecutive slices of one permutation drawn from rng."""
    n, size = 20, 5
    ours, theirs = twins(rng)
    order = ours.permutation(n).tolist()
    want = [order[start : start + size] for start in range(0, n, size)]
    assert batches(student, n, size, rng=theirs) == want, (
        "The batches are not the slices of rng.permutation(n), one after the other and the first numbers "
        "first. Draw that permutation once, and cut it without another look."
    )


@pytest.mark.exercise("minibatches")
@pytest.mark.parametrize(("n", "size"), [(23, 6), (12, 4), (7, 1), (6, 6)])
def test_every_example_comes_once(student, rng, n, size):
    """In one epoch every example comes exactly once, whether or not the batch size divides their number."""
    found = batches(student, n, size, rng=rng)
    assert sorted(number for batch in found for number in batch) == list(range(n)), (
        "An epoch has left examples out, or shown some twice. It is one pass: where does each slice begin "
        "and end, and what becomes of the examples that do not fill a batch?"
    )


@pytest.mark.exercise("minibatches")
def test_only_the_last_batch_is_short(student, rng):
    """All batches are full but the last, which holds what is left over, however few examples there are."""
    for n, size in ((23, 6), (25, 6), (5, 8), (12, 4)):
        sizes = [len(batch) for batch in batches(student, n, size, rng=rng)]
        assert sizes == [size] * (n // size) + [n % size] * (n % size > 0), (
            "The batches have other sizes than they should: batch_size each, and a shorter one at the end "
            "where batch_size does not divide n, also where n is below batch_size."
        )


@pytest.mark.exercise("minibatches")
def test_each_epoch_draws_a_permutation_of_its_own(student, rng):
    """Two epochs from one generator take two permutations from it, and nothing else."""
    ours, theirs = twins(rng)
    found = [[i for batch in batches(student, 19, 4, rng=theirs) for i in batch] for _ in range(2)]
    assert found == [ours.permutation(19).tolist() for _ in range(2)], (
        "The second epoch's order is not the second permutation of the generator. Is every draw made from "
        "the rng that was handed over, and is there one draw an epoch?"
    )
    assert theirs.random() == ours.random(), (
        "After the epochs the generator stands elsewhere: something besides the permutations was drawn "
        "from it."
    )


@pytest.mark.exercise("minibatches")
def test_drop_last_drops_what_is_not_full(student, rng):
    """With drop_last a batch that is not full is left out, and a full one stays."""
    for n, size in ((23, 6), (24, 6), (5, 8)):
        ours, theirs = twins(rng)
        order = ours.permutation(n).tolist()
        want = [order[start : start + size] for start in range(0, n - size + 1, size)]
        assert batches(student, n, size, rng=theirs, drop_last=True) == want, (
            "With drop_last the batches are others than the full slices of the permutation. A last batch "
            "that happens to be full stays; with fewer examples than one batch nothing is left."
        )


# --- The gradient of a mini-batch -------------------------------------------------------------------------


@pytest.mark.exercise("minibatch_gradient", weight=2)
def test_the_gradient_is_the_slope_of_the_batch_loss(student, rng):
    """The gradient agrees with central differences of the mean squared error over the batch."""
    w, X, y = regression(rng, 12, 5)
    idx = rng.permutation(12)[:7]
    want = slopes(lambda at: mean_squared_error(at, X, y, idx), w)
    assert close(student.minibatch_gradient(w, X, y, idx), want, rtol=1e-6, atol=1e-8), (
        "The gradient is not the slope of the mean squared error over the examples in idx. The error has "
        "no ½ before it, its mean is over the batch, and the residual's sign decides the direction."
    )


@pytest.mark.exercise("minibatch_gradient")
def test_a_repeated_example_counts_each_time(student, rng):
    """An example that stands in idx several times counts that often."""
    w, X, y = regression(rng, 9, 4)
    first, second = (int(i) for i in rng.permutation(9)[:2])
    idx = np.array([first, second, first, first])
    one, other = (slopes(lambda at, i=i: mean_squared_error(at, X, y, np.array([i])), w) for i in idx[:2])
    got = student.minibatch_gradient(w, X, y, idx)
    assert close(got, 0.75 * one + 0.25 * other, rtol=1e-6, atol=1e-8), (
        "A batch drawn with replacement can hold one example several times, and each time counts. Does "
        "your way of picking rows keep repeats, and does the mean divide by the length of idx?"
    )


@pytest.mark.exercise("minibatch_gradient")
def test_single_examples_average_to_the_whole(student, reference, rng):
    """The estimate is unbiased: over all single examples its mean is the gradient over the whole set."""
    w, X, y = regression(rng, 8, 3)
    full = reference.minibatch_gradient(w, X, y, np.arange(8))
    singles = [student.minibatch_gradient(w, X, y, np.array([i])) for i in range(8)]
    assert close(np.mean(singles, axis=0), full), (
        "Averaged over all examples, the gradient of one example is not the gradient of the whole set. "
        "Which loss is differentiated, and over how many examples is its mean?"
    )
    assert not close(singles[0], singles[1]), "Two examples have different gradients: is idx used at all?"


@pytest.mark.exercise("minibatch_gradient")
def test_other_examples_play_no_part(student, rng):
    """Changing examples outside the batch changes nothing, changing one inside does."""
    w, X, y = regression(rng, 10, 3)
    order = rng.permutation(10)
    inside, outside = order[:4], order[4:]
    elsewhere, here = X.copy(), X.copy()
    elsewhere[outside] += 1.0
    here[inside[0]] += 1.0
    got = [student.minibatch_gradient(w, rows, y, inside) for rows in (X, elsewhere, here)]
    assert close(got[1], got[0]), (
        "Examples that are not in idx have changed the gradient. A mini-batch's gradient sees its own "
        "examples alone, and that is what makes it cheap."
    )
    assert not close(got[2], got[0]), "An example in idx has changed and the gradient has not: is idx used?"


# --- The variance of the gradient -------------------------------------------------------------------------


@pytest.mark.exercise("gradient_variance")
def test_single_examples_have_the_variance_of_the_set(student, rng):
    """With batches of one, where all examples are equally far from the mean, any draw gives S²."""
    w, X, y, spread = simplex(rng, 6)
    for replace in (True, False):
        got = student.gradient_variance(w, X, y, batch_size=1, n_draws=9, rng=rng, replace=replace)
        assert close(got, spread), (
            "Every single example's gradient lies equally far from the full one here, so that any draw "
            "must give that squared distance. All components' squares add up, and the draws' mean is "
            "taken."
        )


@pytest.mark.exercise("gradient_variance")
def test_one_draw_is_measured_from_the_full_gradient(student, rng):
    """A single draw has a distance too: it is the one from the gradient over all examples."""
    w, X, y, spread = simplex(rng, 5)
    got = student.gradient_variance(w, X, y, batch_size=1, n_draws=1, rng=rng, replace=False)
    assert close(got, spread), (
        "One draw alone has no spread of its own, and yet a distance from the full gradient. Is each draw "
        "compared with the gradient over all examples, not with the mean of what was drawn?"
    )


@pytest.mark.exercise("gradient_variance", weight=2)
def test_different_examples_have_less_noise(student, rng):
    """Without replacement the noise is S²/b times (N-b)/(N-1), and none at all for a batch of all."""
    n = 7
    w, X, y, spread = simplex(rng, n)
    for b in (2, n - 2, n - 1, n):
        got = student.gradient_variance(w, X, y, batch_size=b, n_draws=6, rng=rng, replace=False)
        want = spread / b * (n - b) / (n - 1)
        assert close(got, want, rtol=1e-8, atol=1e-10 * spread), (
            "Without replacement the distance is another than S²/b·(N-b)/(N-1), which in this set every "
            "draw must show. Are the examples of a batch all different, and are batch_size and replace "
            "both used?"
        )


@pytest.mark.exercise("gradient_variance", weight=2)
def test_independent_examples_have_a_noise_of_one_over_b(student, rng):
    """With replacement the noise is S²/b, also for batches as large as the set."""
    for n, draws in ((2, 120), (5, 160)):
        w, X, y, spread = simplex(rng, n)
        got = student.gradient_variance(w, X, y, batch_size=n, n_draws=draws, rng=rng, replace=True)
        others = [0.0, spread]  # without replacement, and one batch for all draws at its extremes
        assert reported_mean(got, draws, spread / n, low=0.0, high=spread, against=others), (
            "With replacement the measured distance is not S²/b, beyond what chance explains. May an "
            "example come twice in a batch, is a batch drawn anew each time, and how many draws are there?"
        )


@pytest.mark.exercise("gradient_variance")
def test_all_draws_come_from_the_generator(student, rng):
    """The same generator's state gives the same measurement, and drawing on gives another."""
    w, X, y = regression(rng, 11, 3)
    ours, theirs = twins(rng)
    settings = {"batch_size": 4, "n_draws": 8, "replace": True}
    first = student.gradient_variance(w, X, y, rng=ours, **settings)
    second = student.gradient_variance(w, X, y, rng=ours, **settings)
    again = student.gradient_variance(w, X, y, rng=theirs, **settings)
    assert close(again, first), (
        "Two generators in the same state gave different measurements: something is drawn from elsewhere."
    )
    assert not close(second, first), (
        "A second measurement from the same generator gave the very same number. Do the draws come from "
        "the rng that was handed over?"
    )


# --- The step -----------------------------------------------------------------------------------------------


@pytest.mark.exercise("sgd_step")
def test_every_parameter_steps_against_its_gradient(student, rng):
    """Every parameter moves by lr against its own gradient, whatever the sizes and shapes."""
    params = {"W": rng.normal(size=(3, 2)), "b": rng.normal(size=4), "scale": np.array(rng.normal())}
    grads = {key: 10.0 ** rng.uniform(-6, 3) * rng.normal(size=np.shape(w)) for key, w in params.items()}
    lr = float(rng.uniform(0.05, 0.5))
    want = {key: params[key] - lr * np.asarray(grads[key]) for key in params}
    assert close(student.sgd_step(params, {key: np.asarray(g) for key, g in grads.items()}, lr=lr), want), (
        "The parameters are not where w - lr·g puts them. Nothing else belongs to the step: no size is "
        "taken out, no sign alone, and the direction is downhill."
    )


@pytest.mark.exercise("sgd_step")
def test_gradients_go_with_their_names(student, rng):
    """A gradient belongs to the parameter of its name, in whatever order the two dicts stand."""
    params = {key: rng.normal(size=3) for key in ("first", "second", "third")}
    grads = {key: rng.normal(size=3) for key in ("third", "first", "second")}
    want = {key: params[key] - 0.25 * grads[key] for key in params}
    assert close(student.sgd_step(params, grads, lr=0.25), want), (
        "With the gradients in another order the parameters went elsewhere: look them up by their names."
    )


@pytest.mark.exercise("sgd_step")
def test_the_step_is_proportional_to_the_rate(student, rng):
    """Twice the rate moves every parameter twice as far, and it does move."""
    params, grads = {"w": rng.normal(size=5)}, {"w": rng.normal(size=5)}
    lr = float(rng.uniform(0.1, 0.3))
    short, long = (student.sgd_step(params, grads, lr=rate)["w"] - params["w"] for rate in (lr, 2 * lr))
    assert not close(short, np.zeros(5)), "Nothing has moved."
    assert close(long, 2 * short, rtol=1e-7), "Twice the rate is not twice the step: where does lr stand?"


# --- The training loop --------------------------------------------------------------------------------------


def trained(player, task, rng, n, **settings):
    """What a player's training returns, and the log of its ``grad_fn``."""
    params, grad_fn = task
    recorder = Recorder(grad_fn)
    return (*player.train_sgd(params, recorder, n, rng=rng, **settings), recorder.log)


def both(student, reference, rng, n, **settings):
    """The student's and the reference's training of one task on the same draws."""
    task, (ours, theirs) = linear_task(rng, n), twins(rng)
    return trained(student, task, ours, n, **settings), trained(reference, task, theirs, n, **settings)


@pytest.mark.exercise("train_sgd", weight=2)
def test_each_epoch_asks_for_a_fresh_permutation(student, rng):
    """Each epoch asks for the gradient of every batch of a permutation of its own, once."""
    n, size, epochs = 12, 4, 3
    task, (ours, theirs) = linear_task(rng, n), twins(rng)
    _, _, log = trained(student, task, ours, n, batch_size=size, lr=0.01, n_epochs=epochs)
    order = np.concatenate([theirs.permutation(n) for _ in range(epochs)]).tolist()
    assert asked(log) == [order[start : start + size] for start in range(0, n * epochs, size)], (
        "The batches that grad_fn was asked for are not those of one permutation an epoch, each once. Is a "
        "new permutation drawn inside the loop over epochs, and grad_fn called once a batch?"
    )


@pytest.mark.exercise("train_sgd")
def test_the_short_last_batch_is_trained_on(student, rng):
    """The short last batch makes its update too, as does an only batch that is short."""
    for n, size in ((11, 4), (3, 8)):
        task, (ours, theirs) = linear_task(rng, n), twins(rng)
        _, _, log = trained(student, task, ours, n, batch_size=size, lr=0.01, n_epochs=1)
        order = theirs.permutation(n).tolist()
        assert asked(log) == [order[start : start + size] for start in range(0, n, size)], (
            "Where batch_size does not divide n the batches are others than they should be: what is left "
            "over at the end of an epoch makes a last, shorter one."
        )


@pytest.mark.exercise("train_sgd", weight=2)
def test_each_batch_makes_one_step(student, reference, rng):
    """Every batch moves the parameters before the next one is looked at, and where they end is returned."""
    got, want = both(student, reference, rng, 12, batch_size=3, lr=0.04, n_epochs=2)
    at, expected = ([args[0] for args, _, _ in run[2] if args] for run in (got, want))
    assert len(at) != len(expected) or close(at, expected, rtol=1e-8), (
        "grad_fn was asked at other parameters than the steps so far lead to. One sgd_step a batch, from "
        "where the one before ended, with the gradients of just this batch."
    )
    assert close(got[0], want[0], rtol=1e-8), (
        "Training ended at other parameters. Does every batch make one sgd_step with lr, and is what the "
        "last one gave returned?"
    )


@pytest.mark.exercise("train_sgd")
def test_rates_are_counted_by_updates(student, rng):
    """With a rate for each update, update t takes the t-th, counted through all epochs."""
    bend, start, n_epochs = rng.uniform(0.5, 1.5), rng.normal(size=3), 3
    rates = rng.uniform(0.05, 0.4, size=3 * n_epochs)

    def bowl(params, idx):
        return float(bend * np.sum(params["w"] ** 2) / 2), {"w": bend * params["w"]}

    for lr in (rates, rates.tolist()):
        got, _ = student.train_sgd(
            {"w": start}, bowl, 5, batch_size=2, lr=lr, n_epochs=n_epochs, rng=np.random.default_rng(1)
        )
        assert close(got["w"], start * np.prod(1 - bend * rates)), (
            "With one rate for each update the parameters ended elsewhere. The count goes on from one "
            "epoch into the next, and begins with the first of the rates."
        )


@pytest.mark.exercise("train_sgd")
def test_rates_of_one_over_k_contract_by_their_product(student, rng):
    """Rates c/k shrink the distance from a bowl's minimum by the product of 1 - μc/k, for any c."""
    bend, c, start = float(rng.uniform(0.5, 2.0)), float(rng.uniform(0.2, 0.4)), rng.normal(size=4)
    k = np.arange(1, 13)

    def bowl(params, idx):
        return float(bend * np.sum(params["w"] ** 2) / 2), {"w": bend * params["w"]}

    got, losses = student.train_sgd(
        {"w": start}, bowl, 4, batch_size=1, lr=c / k, n_epochs=3, rng=np.random.default_rng(2)
    )
    left = np.cumprod(1 - bend * c / k)
    assert close(got["w"], start * left[-1]), (
        "Without noise update k shrinks the distance by 1 - μc/k. After three epochs it is another: is "
        "each rate used once, in its order?"
    )
    before = bend * np.sum(start**2) / 2 * np.concatenate([[1.0], left[:-1]]) ** 2
    assert close(losses, before.reshape(3, 4).mean(axis=1).tolist(), rtol=1e-8), (
        "Every loss that counts is the one seen before its batch's update."
    )


@pytest.mark.exercise("train_sgd")
def test_an_epochs_loss_is_a_mean_over_examples(student, reference, rng):
    """The short last batch counts for less in the epoch's loss."""
    got, want = both(student, reference, rng, 13, batch_size=6, lr=0.02, n_epochs=3)
    assert close(got[1], want[1], rtol=1e-8), (
        "The epochs' losses differ where the batches are unlike in size. Each batch's loss is a mean over "
        "its own examples; the epoch's is the mean over all of them."
    )


@pytest.mark.exercise("train_sgd")
def test_without_a_rate_the_loss_stays(student, rng):
    """With a rate of zero nothing moves, and every epoch's loss is the loss of the whole set."""
    n = 11
    params, grad_fn = linear_task(rng, n)
    got, losses = student.train_sgd(params, grad_fn, n, batch_size=4, lr=0.0, n_epochs=2, rng=rng)
    whole, _ = grad_fn(params, np.arange(n))
    assert close(losses, [whole, whole]), (
        "With lr = 0 every epoch sees the whole set at the same parameters, so its loss is that of the "
        "set. Are all examples there, and does each batch count by its size?"
    )
    assert close(got, params), "With lr = 0 no parameter may move."


# --- Rates that fall ----------------------------------------------------------------------------------------


@pytest.mark.exercise("decaying_lr")
def test_the_first_rate_is_c(student, rng):
    """Before the first update, when none has been taken, the rate is c, whatever the power."""
    for power in (0.5, 1.0, 2.0):
        c = float(rng.uniform(0.1, 0.7))
        assert close(student.decaying_lr(0, c=c, power=power), c), (
            "The very first rate is not c. step counts the updates already taken, and none has been taken "
            "then."
        )


@pytest.mark.exercise("decaying_lr", weight=2)
def test_the_rate_falls_as_the_power_of_the_count(student, rng):
    """After any number of updates the rate is c over the count to come, to the power."""
    c, power = float(rng.uniform(1.5, 3.0)), float(rng.uniform(0.55, 0.9))
    for step in (1, 2, 7, 100, 12345):
        assert close(student.decaying_lr(step, c=c, power=power), c / (step + 1) ** power), (
            "Later on the rate is another than c/(step+1)^power. c stands outside of the power, the power "
            "over all of step + 1."
        )
        assert close(student.decaying_lr(step, c=c), c / (step + 1)), "Without a power it is c/(step+1)."


@pytest.mark.exercise("decaying_lr")
@pytest.mark.parametrize("shape", [(9,), (3, 2)])
def test_arrays_of_steps_give_arrays_of_rates(student, rng, shape):
    """An array of steps gives the rates in its shape, and a whole power will do."""
    steps, c = rng.integers(0, 50, size=shape), float(rng.uniform(0.5, 2.0))
    for power in (1, 2):
        assert close(student.decaying_lr(steps, c=c, power=power), c / (steps + 1.0) ** power), (
            "For an array of ints and a whole power the rates differ, entry by entry from those of single "
            "steps."
        )


@pytest.mark.exercise("decaying_lr")
def test_a_power_of_zero_is_a_constant_rate(student, rng):
    """With a power of zero the rate is c for ever."""
    c = float(rng.uniform(0.1, 0.7))
    got = [student.decaying_lr(step, c=c, power=0) for step in (0, 1, 1000)]
    assert close(got, [c, c, c]), "Anything to the power of zero is one, and c is left."


# --- Slopes on logarithmic axes -----------------------------------------------------------------------------


def curve(rng, count):
    """Unevenly spaced k in any order, and values that bend and scatter around a falling power."""
    k = rng.permutation(np.unique(rng.integers(1, 1500, size=count)))
    return k, 3.0 * (1 / k + 4 / k**2) * np.exp(rng.normal(size=k.size) * 0.3)


@pytest.mark.exercise("loglog_slope")
def test_a_power_has_its_exponent_as_slope(student, rng):
    """Values that fall or grow as a power of k have that power as their slope."""
    for power in (-float(rng.uniform(0.3, 1.9)), float(rng.uniform(0.3, 1.9))):
        k = rng.permutation(np.arange(2, 40))
        got = student.loglog_slope(k, float(rng.uniform(2, 9)) * k**power, k_min=3)
        assert close(got, power, rtol=1e-8), (
            "On logarithmic axes a power of k is a straight line, and its slope is the exponent, with its "
            "sign. Which of the two logarithms belongs to the vertical axis, and has the line an "
            "intercept?"
        )


@pytest.mark.exercise("loglog_slope", weight=2)
def test_all_points_weigh_the_same(student, reference, rng):
    """Through scattered points goes the least-squares line, in which each weighs the same."""
    k, values = curve(rng, 40)
    assert close(student.loglog_slope(k, values, k_min=1), reference.loglog_slope(k, values, k_min=1)), (
        "Through points that scatter the line is not the least-squares one: every point counts alike, "
        "however unevenly the k lie, and in whatever order they come."
    )


@pytest.mark.exercise("loglog_slope", weight=2)
def test_points_from_k_min_on_take_part(student, rng):
    """Points before k_min play no part, and the one at k_min does."""
    power, bend = -float(rng.uniform(0.4, 0.9)), int(rng.integers(8, 15))
    k = rng.permutation(np.arange(1, 30))
    early = np.where(k < bend, 50.0, 2.0 * k**power)
    assert close(student.loglog_slope(k, early, k_min=bend), power, rtol=1e-8), (
        "Points with k below k_min have moved the line. k_min is a value of k, not a place in the array, "
        "and the points come in any order."
    )
    tail = np.where(k == bend, 7.0, 2.0)
    x = np.log(k[k >= bend])
    want = np.log(3.5) * (np.log(bend) - x.mean()) / np.sum((x - x.mean()) ** 2)
    assert close(student.loglog_slope(k, tail, k_min=bend), want, rtol=1e-8), (
        "Only the point at k_min stands out here, and the line does not show it as it should: k_min itself "
        "takes part, as one point of many."
    )


@pytest.mark.exercise("loglog_slope")
def test_units_do_not_matter(student, rng):
    """Values in another unit, and k in another, leave the slope as it is."""
    k, values = curve(rng, 30)
    slope = student.loglog_slope(k, values, k_min=5)
    assert slope < -0.2, "These values fall with k: their slope is negative."
    scaled = student.loglog_slope(k, 1e-12 * values, k_min=5)
    stretched = student.loglog_slope(2.5 * k, values, k_min=2.5 * 5)
    assert close([scaled, stretched], [slope, slope], rtol=1e-8), (
        "The slope has changed with the unit of values or of k. A factor only shifts the line: are both "
        "logarithms taken, of the whole value, and is the intercept free?"
    )


# --- Averages of iterates -----------------------------------------------------------------------------------


@pytest.mark.exercise("average_update")
def test_the_average_begins_with_the_first_iterate(student, rng):
    """The first average is the first iterate; what average_init was given counts for nothing."""
    start, other, *path = iterates(rng, 5)
    one, two = averages(student, start, path, eta=1.0), averages(student, other, path, eta=1.0)
    assert close(one[0], path[0]), "After one iterate the average is that iterate: what is a for t = 1?"
    assert close(one, two), (
        "Two averages of the same iterates differ because average_init was given other values. They say "
        "only which keys and shapes to expect."
    )
    assert not close(one[1], path[1]), "After two iterates the average is neither of them."


@pytest.mark.exercise("average_update")
def test_eta_zero_is_the_plain_mean(student, rng):
    """With eta = 0 all iterates so far weigh the same."""
    start, *path = iterates(rng, 7)
    want = [{key: np.mean([w[key] for w in path[: t + 1]], axis=0) for key in start} for t in range(6)]
    assert close(averages(student, start, path, eta=0.0), want), (
        "With eta = 0 the average is not the mean of all iterates so far: then a is 1/t."
    )


@pytest.mark.exercise("average_update", weight=2)
@pytest.mark.parametrize("eta", [1.0, 2.0, 3.0])
def test_iterates_weigh_by_a_polynomial(student, rng, eta):
    """For a whole eta iterate t weighs in proportion to t (t+1) … (t+eta-1)."""
    start, *path = iterates(rng, 8)
    weights = np.array([np.prod([t + i for i in range(int(eta))]) for t in range(1, 8)], dtype=float)
    want = [
        {
            key: np.tensordot(weights[:t], [w[key] for w in path[:t]], axes=1) / weights[:t].sum()
            for key in start
        }
        for t in range(1, 8)
    ]
    assert close(averages(student, start, path, eta=eta), want), (
        "The iterates do not weigh as t (t+1) … (t+eta-1). Which of the two terms has the weight a, what "
        "are its numerator and denominator, and does t go up by one an update?"
    )


@pytest.mark.exercise("average_update")
def test_any_eta_will_do(student, reference, rng):
    """An eta that is no whole number follows the same recursion, and 3 is what stands there by default."""
    start, *path = iterates(rng, 7)
    eta = float(rng.uniform(0.2, 0.8))
    assert close(averages(student, start, path, eta=eta), averages(reference, start, path, eta=eta)), (
        "With an eta that is no whole number the averages are others. Take the recursion itself; it holds "
        "for any eta."
    )
    assert close(averages(student, start, path), averages(reference, start, path)), (
        "Without an eta the averages are those of eta = 3."
    )


@pytest.mark.exercise("average_update")
def test_parameters_are_averaged_side_by_side(student, rng):
    """A parameter's average is the same beside others as alone."""
    start, *path = iterates(rng, 5)
    together = averages(student, start, path, eta=2.0)
    for key in start:
        alone = averages(student, {key: start[key]}, [{key: w[key]} for w in path], eta=2.0)
        assert close([average[key] for average in together], [average[key] for average in alone]), (
            "A parameter was averaged otherwise beside a second one. There is one t for all, raised once "
            "an update, and each parameter has an average of its own."
        )
    assert close(together[0], path[0]), "The first average is the first iterate."
    assert not close(together[-1], path[-1]), "The last average is not the last iterate."


# --- Mini-batch k-means -------------------------------------------------------------------------------------


def clouds(rng, sizes):
    """Points around places far apart, in random order, the places, and which point belongs to which."""
    labels = rng.permutation(np.repeat(np.arange(len(sizes)), sizes))
    places = 50.0 * np.eye(len(sizes))
    return places[labels] + rng.normal(size=(labels.size, len(sizes))), places, labels


@pytest.mark.exercise("kmeans_step", weight=2)
def test_a_centre_is_the_mean_of_all_it_was_given(student, rng):
    """Over several batches a centre is the mean of all examples it was given, and its seed is forgotten."""
    points, places, labels = clouds(rng, [9, 6, 3])
    centers, counts, seen = places + rng.uniform(2.0, 4.0, size=places.shape), np.zeros(3, dtype=int), 0
    for size in (8, 1, 6, 3):
        centers, counts = student.kmeans_step(centers, counts, points[seen : seen + size])
        seen += size
        for j in np.unique(labels[:seen]):
            assert close(centers[j], points[:seen][labels[:seen] == j].mean(axis=0)), (
                "A centre is not the mean of all examples that it was given so far, in this batch and "
                "before. What is its rate for each, and is a seed with count 0 gone at the first one?"
            )


@pytest.mark.exercise("kmeans_step")
def test_counts_go_on_from_where_they_were(student, rng):
    """A centre with a count weighs as much as that many examples, and counts add up."""
    points, places, labels = clouds(rng, [4, 7])
    counts = rng.integers(3, 30, size=2)
    given = np.bincount(labels)
    want = [
        (counts[j] * places[j] + points[labels == j].sum(axis=0)) / (counts[j] + given[j]) for j in (0, 1)
    ]
    got, counted = student.kmeans_step(places, counts, points)
    assert close(counted, counts + given), "The counts are not those of before and the batch's added up."
    assert close(got, np.array(want)), (
        "A centre that was given examples before must move less: it stands for all of them. Does its old "
        "count go into its rate?"
    )


@pytest.mark.exercise("kmeans_step", weight=2)
def test_the_nearest_centre_is_euclids(student, reference, rng):
    """Each example goes to the centre at the smallest Euclidean distance."""
    for _ in range(3):
        centers, batch = rng.normal(size=(5, 4)) * [1.0, 2.0, 0.5, 1.0], rng.normal(size=(30, 4)) * 1.5
        counts = rng.integers(1, 6, size=5)
        want = reference.kmeans_step(centers, counts, batch)
        got = student.kmeans_step(centers, counts, batch)
        assert close(got[1], want[1]), (
            "The examples went to other centres than the nearest ones as they stood when the batch came. "
            "The distance is the root of the sum of squared differences."
        )
        assert close(got, want, rtol=1e-8), (
            "The counts are right and the centres elsewhere: look at the rates."
        )


@pytest.mark.exercise("kmeans_step")
def test_all_choose_before_any_centre_moves(student, rng):
    """The whole batch chooses among the old centres, so its order does not matter."""
    centers = np.array([[0.0], [10.0]]) + float(rng.uniform(-1.0, 1.0))
    batch = centers[0] + np.array([[4.5], [4.0], [-4.0], [6.0], [5.5]])
    want = centers[0] + np.array([[1.5], [5.75]])
    counts = np.zeros(2, dtype=int)
    for rows in (batch, batch[::-1], batch[rng.permutation(5)]):
        got, counted = student.kmeans_step(centers, counts, rows)
        assert close(counted, np.array([3, 2])) and close(got, want), (
            "An example near the border went to another centre than the batch's beginning would send it "
            "to. Do all examples choose first, and only then the centres move?"
        )


@pytest.mark.exercise("kmeans_step")
def test_ties_go_to_the_lowest_number(student, rng):
    """An example equally near to several centres goes to the one with the lowest number."""
    centers = np.array([[-4.0, 0.0], [0.0, 4.0], [4.0, 0.0], [0.0, 4.0]])
    shift = rng.integers(-8, 9, size=2).astype(float)
    batch = np.array([[0.0, 0.0], [0.0, 6.0], [4.0, 4.0]]) + shift
    _, counted = student.kmeans_step(centers + shift, np.array([2, 5, 1, 1]), batch)
    assert close(counted, np.array([3, 7, 1, 1])), (
        "Where two centres are equally near, the one with the lower number gets the example."
    )


@pytest.mark.exercise("kmeans_step")
def test_a_centre_without_examples_stays(student, reference, rng):
    """A centre that no example chose stays where it is, with its count, be it zero or not."""
    centers, batch = rng.normal(size=(4, 3)), rng.normal(size=(6, 3))
    centers[[1, 3]] += 100.0
    counts = np.array([0, 0, 4, 7])
    got, counted = student.kmeans_step(centers, counts, batch)
    assert close(got[[1, 3]], centers[[1, 3]]) and close(counted[[1, 3]], counts[[1, 3]]), (
        "A centre that nobody chose has moved, or is no number any more: the mean of no examples is 0/0."
    )
    assert close(got, reference.kmeans_step(centers, counts, batch)[0]), (
        "Beside centres that nobody chose the others are elsewhere."
    )


# --- Watching a run -----------------------------------------------------------------------------------------


def told(rng, count):
    """Losses that differ, sizes that differ more."""
    return rng.uniform(0.2, 3.0, size=count).tolist(), rng.permutation(np.arange(1, count + 1) ** 2).tolist()


@pytest.mark.exercise("running_loss_update", weight=2)
def test_batches_count_by_their_size(student, rng):
    """The mean is over the examples of the last batches: a batch counts by its size."""
    losses, sizes = told(rng, 6)
    got = running(student, 6, losses, sizes)
    want = [float(np.average(losses[:t], weights=sizes[:t])) for t in range(1, 7)]
    assert close(got, want), (
        "While all batches are within the window the mean is not that over their examples. The loss of a "
        "batch is a mean over its own examples, so it counts by their number."
    )


@pytest.mark.exercise("running_loss_update", weight=2)
@pytest.mark.parametrize("window", [2, 3, 4])
def test_the_window_moves_on(student, rng, window):
    """Only the last batches count, as many as the window holds."""
    losses, sizes = told(rng, 8)
    starts = [max(0, t - window) for t in range(1, 9)]
    want = [
        float(np.average(losses[a : a + window][:t], weights=sizes[a : a + window][:t]))
        for t, a in zip(range(1, 9), starts, strict=True)
    ]
    assert close(running(student, window, losses, sizes), want), (
        "Once more batches have come than the window holds, the mean is another. The oldest leaves as the "
        "new one comes: how many are there then?"
    )


@pytest.mark.exercise("running_loss_update")
def test_a_window_not_yet_full_holds_no_zeros(student, rng):
    """While fewer batches have come than the window holds, the mean is over those that have."""
    losses = rng.uniform(0.2, 3.0, size=3).tolist()
    got = running(student, 50, losses, [8, 8, 8])
    assert close(got, [float(np.mean(losses[:t])) for t in (1, 2, 3)]), (
        "With few batches and a wide window the mean is not that of the batches there are: what is divided "
        "by?"
    )


@pytest.mark.exercise("running_loss_update")
def test_a_window_of_one_shows_each_batch(student, rng):
    """A window of one gives each batch's own loss, a wider one does not."""
    losses, sizes = told(rng, 5)
    assert close(running(student, 1, losses, sizes), losses), (
        "With a window of one nothing is averaged: each batch's own loss comes out."
    )
    assert not close(running(student, 2, losses, sizes), losses), "A window of two averages two batches."
