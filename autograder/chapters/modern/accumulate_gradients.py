"""Accumulated gradients, `accumulate_gradients`: hidden checks, named mistakes, variants."""

import numpy as np
import pytest

from autograder.checking import Recorder, close, examples, mistakes, variants

# --- Checks -------------------------------------------------------------------------------------------------


def problem(rng, n):
    """Parameters, and the mean gradient over given examples: each example pulls at every parameter."""
    pulls = {"W": rng.normal(size=(n, 2, 3)), "b": 100.0 * rng.normal(size=(n, 4))}

    def grad_fn(params, batch):
        return {key: pull[np.asarray(batch)].mean(axis=0) + params[key] for key, pull in pulls.items()}

    return {"W": rng.normal(size=(2, 3)), "b": rng.normal(size=4)}, grad_fn


def cut(rng, *sizes):
    """Batches of these sizes, each example in one of them."""
    return np.split(rng.permutation(sum(sizes)), np.cumsum(sizes)[:-1])


@pytest.mark.exercise("accumulate_gradients", weight=3)
def test_unequal_batches_give_the_large_batch(student, rng):
    """The gradient over batches of any sizes is that of all examples at once."""
    for sizes in ((5, 5, 1), (1, 7), (2, 3, 4, 1)):
        params, grad_fn = problem(rng, sum(sizes))
        got = student.accumulate_gradients(grad_fn, params, cut(rng, *sizes))
        assert close(got, grad_fn(params, np.arange(sum(sizes))), atol=1e-10), (
            "The gradient is not that of all examples at once: a batch counts by the number of its examples."
        )


@pytest.mark.exercise("accumulate_gradients")
def test_equal_batches_and_a_single_one(student, rng):
    """Batches of one size, and one batch alone, give the mean over all examples."""
    for sizes in ((3, 3, 3), (6,), (1, 1, 1, 1)):
        params, grad_fn = problem(rng, sum(sizes))
        got = student.accumulate_gradients(grad_fn, params, cut(rng, *sizes))
        assert close(got, grad_fn(params, np.arange(sum(sizes))), atol=1e-10), (
            "With batches of one size, or a single one, the gradient is not the mean over all examples."
        )


@pytest.mark.exercise("accumulate_gradients")
def test_every_batch_is_asked_once_at_the_same_place(student, rng):
    """grad_fn sees each batch once, in order, with the parameters as they came; and all answers count."""
    params, grad_fn = problem(rng, 9)
    asked, batches = Recorder(grad_fn), cut(rng, 4, 3, 2)
    got = student.accumulate_gradients(asked, params, batches)
    seen = [args[1] if len(args) > 1 else kwargs["batch"] for args, kwargs, _ in asked.log]
    places = [args[0] if args else kwargs["params"] for args, kwargs, _ in asked.log]
    assert close([list(batch) for batch in seen], [list(batch) for batch in batches]), (
        "grad_fn is not called once for each batch, in their order."
    )
    assert all(close(place, params) for place in places), (
        "The parameters change between two batches: a step is taken after all of them, not here."
    )
    assert close(got, grad_fn(params, np.arange(9)), atol=1e-10), (
        "The sum is another: an answer of grad_fn is lost, counts twice, or has another weight than n_b."
    )


# --- Mistakes -----------------------------------------------------------------------------------------------


ADD = "total = {key: total[key] + len(batch) * grads[key] for key in total}"
SEEN = "seen = sum(len(batch) for batch in batches)"
ANSWER = "return {key: value / seen for key, value in total.items()}"

MISTAKES = mistakes(
    "accumulate_gradients",
    (
        "mean_of_means",
        "All batches count alike, so that an example of a short batch counts more than another. Weigh each "
        "batch by its size.",
        (ADD, "total = {key: total[key] + grads[key] for key in total}"),
        (SEEN, "seen = len(batches)"),
    ),
    (
        "sum_of_means",
        "The batches' gradients are only added. What comes out is as many times too long as there are "
        "batches.",
        (ADD, "total = {key: total[key] + grads[key] for key in total}"),
        (SEEN, "seen = 1"),
    ),
    (
        "sum_over_examples",
        "The answer is the sum over all examples. Asked for is the mean.",
        (SEEN, "seen = 1"),
    ),
    (
        "divided_by_the_batches",
        "The weighted sum is divided by the number of batches. It is divided by the number of examples.",
        (SEEN, "seen = len(batches)"),
    ),
    (
        "means_taken_for_sums",
        "grad_fn gives the mean over its batch. You add these as if they were sums, and divide by the number "
        "of examples.",
        (ADD, "total = {key: total[key] + grads[key] for key in total}"),
    ),
    (
        "last_batch_only",
        "Only the last batch is left: the gradients are overwritten, not added.",
        (ADD, "total = {key: len(batch) * grads[key] for key in total}"),
        (SEEN, "seen = len(batch)"),
    ),
    (
        "short_batches_dropped",
        "A batch that is shorter than the first is left out.",
        (ADD, "total = total if len(batch) < len(batches[0]) else " + ADD.removeprefix("total = ")),
        (SEEN, "seen = sum(len(batch) for batch in batches if len(batch) >= len(batches[0]))"),
    ),
    (
        "steps_in_between",
        "The parameters move after each batch. The gradients are all taken at the same place.",
        (ADD, ADD + "\n        params = {key: params[key] - 0.01 * grads[key] for key in params}"),
    ),
)


# --- Variants -----------------------------------------------------------------------------------------------


class RunningMean:
    """A mean that moves with every batch, as far as the batch's share of what was seen."""

    def accumulate_gradients(grad_fn, params, batches):
        mean, seen = None, 0
        for batch in batches:
            grads = grad_fn(params, batch)
            seen += len(batch)
            if mean is None:
                mean = {key: np.array(g, dtype=float) for key, g in grads.items()}
            else:
                mean = {key: mean[key] + (grads[key] - mean[key]) * (len(batch) / seen) for key in mean}
        return mean


class AveragedByNumPy:
    """All gradients first, then np.average with weights."""

    def accumulate_gradients(grad_fn, params, batches):
        every = [grad_fn(params, batch) for batch in batches]
        sizes = [len(batch) for batch in batches]
        return {key: np.average([grads[key] for grads in every], axis=0, weights=sizes) for key in params}


class ScaledInAdvance:
    """Each batch's share is known before it is asked, and added in place to zeros."""

    def accumulate_gradients(grad_fn, params, batches):
        n = np.concatenate(batches).size
        answer = {key: np.zeros(np.shape(value)) for key, value in params.items()}
        for batch in batches:
            share = np.size(batch) / n
            for key, g in grad_fn(params, batch).items():
                answer[key] += share * g
        return answer


VARIANTS = variants("accumulate_gradients", RunningMean, AveragedByNumPy, ScaledInAdvance)

# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "accumulate_gradients",
    """
    x = np.array([1.0, 2.0, 6.0])

    def grad_fn(params, batch):
        return {"w": np.array([x[batch].mean()]) + params["w"]}

    accumulate_gradients(grad_fn, {"w": np.zeros(1)}, [np.array([0, 1]), np.array([2])])
    """,
)
