"""Accumulated gradients, `accumulate_gradients`: hidden checks, named mistakes, variants."""

import numpy as np
import pytest

from autograder.checking import Recorder, close, examples, mistakes, variants

from ..shared import few_digits

# --- Checks -------------------------------------------------------------------------------------------------


def problem(rng, n, size=1.0):
    """Parameters, and the mean gradient over given examples: each example pulls at every parameter."""
    pulls = {
        "W": size * rng.normal(size=(n, 2, 3)),
        "b": 100.0 * rng.normal(size=(n, 4)),
        "s": rng.normal(size=n),
    }

    def grad_fn(params, batch):
        mean = {key: pull[np.asarray(batch)].mean(axis=0) for key, pull in pulls.items()}
        return {key: np.asarray(value + params[key]) for key, value in mean.items()}

    params = {"W": rng.normal(size=(2, 3)), "b": rng.normal(size=4), "s": np.array(rng.normal())}
    return params, grad_fn


def cut(rng, *sizes):
    """Batches of these sizes, each example in one of them."""
    return np.split(rng.permutation(sum(sizes)), np.cumsum(sizes)[:-1])


@pytest.mark.exercise("accumulate_gradients", weight=3)
def test_unequal_batches_give_the_large_batch(student, rng):
    """The gradient over batches of any sizes is that of all examples at once, one that comes twice too."""
    for sizes in ((5, 5, 1), (1, 300), (2, 3, 4, 1)):
        params, grad_fn = problem(rng, sum(sizes))
        got = student.accumulate_gradients(grad_fn, params, cut(rng, *sizes))
        want = grad_fn(params, np.arange(sum(sizes)))
        assert close(got, want, atol=1e-10), few_digits(got, want) or (
            "The gradient is not that of all examples at once: a batch counts by the number of its examples."
        )
    params, grad_fn = problem(rng, 6)
    for batches in ([[0, 0, 1], [2, 3, 4, 5, 5]], [[0, 1, 2], [2, 3]], [[4, 4], [4], [1]]):
        got = student.accumulate_gradients(grad_fn, params, [np.array(batch) for batch in batches])
        assert close(got, grad_fn(params, np.concatenate(batches)), atol=1e-10), (
            "Where an example comes twice, in one batch or in two, the gradient is another: it counts as "
            "often as it comes."
        )


@pytest.mark.exercise("accumulate_gradients")
def test_equal_batches_and_a_single_one(student, rng):
    """Batches of one size, and one batch alone, give the mean over all examples."""
    for sizes, size in (((3, 3, 3), 1.0), ((6,), 1.0), ((1,), 1.0), ((1,) * 12, 1.0), ((2, 2), 1e150)):
        params, grad_fn = problem(rng, sum(sizes), size)
        got = student.accumulate_gradients(grad_fn, params, cut(rng, *sizes))
        assert close(got, grad_fn(params, np.arange(sum(sizes))), atol=1e-10 * size), (
            "With batches of one size, twelve of them or a single one, the gradient is not the mean over all "
            "examples."
            if size == 1.0
            else "Huge gradients come out otherwise: nothing is clipped or rounded here."
        )


@pytest.mark.exercise("accumulate_gradients")
def test_every_batch_is_asked_once_at_the_same_place(student, rng):
    """grad_fn sees each batch once, in order, with the parameters as they came; and all answers count."""
    params, grad_fn = problem(rng, 9)
    asked, batches = Recorder(grad_fn), cut(rng, 4, 3, 2)
    batches.append(batches[0].copy())  # a batch that comes twice is asked twice
    got = student.accumulate_gradients(asked, params, batches)
    seen = [args[1] if len(args) > 1 else kwargs["batch"] for args, kwargs, _ in asked.log]
    places = [args[0] if args else kwargs["params"] for args, kwargs, _ in asked.log]
    assert close([list(batch) for batch in seen], [list(batch) for batch in batches]), (
        "grad_fn is not called once for each batch, in their order; one that comes twice is asked twice."
    )
    assert all(isinstance(batch, np.ndarray) and batch.dtype.kind in "iu" for batch in seen), (
        "grad_fn gets another thing than the batches as they came: int arrays."
    )
    assert all(close(place, params) for place in places), (
        "The parameters change between two batches: a step is taken after all of them, not here."
    )
    assert close(got, grad_fn(params, np.concatenate(batches)), atol=1e-10), (
        "The mean is another: is an answer of grad_fn lost or counted twice, is its weight not n_b, or is "
        "the sum not divided by how many examples there are?"
    )

    def turned(params, batch):
        return {"v": np.full(2, float(len(batch) == 2)), "u": np.zeros(2)}

    got = student.accumulate_gradients(turned, {"u": np.zeros(2), "v": np.zeros(2)}, batches)
    assert close(got, {"u": np.zeros(2), "v": np.full(2, 2 / 13)}), (
        "Where the gradient of some batches is 0, and grad_fn gives its arrays in another order than params "
        "has them, the mean is another. Does each array go by its key, and count batches without a gradient?"
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
        "repeats_counted_once",
        "An example that comes twice is counted once in the number by which you divide. It counts as often "
        "as it comes.",
        (SEEN, "seen = len(np.unique(np.concatenate(batches)))"),
    ),
    (
        "repeats_counted_once_a_batch",
        "An example that comes twice in a batch is counted once in the batch's size. It counts as often as "
        "it comes.",
        (ADD, "total = {key: total[key] + len(set(batch.tolist())) * grads[key] for key in total}"),
        (SEEN, "seen = sum(len(set(batch.tolist())) for batch in batches)"),
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
    costs={"repeats_counted_once": 0.3, "repeats_counted_once_a_batch": 0.3},
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
    """
    x = np.array([1.0, 2.0, 6.0])

    def grad_fn(params, batch):
        return {"w": np.array([x[batch].mean()])}

    accumulate_gradients(grad_fn, {"w": np.zeros(1)}, [np.array([0, 1, 1]), np.array([2])])
    """,
)
