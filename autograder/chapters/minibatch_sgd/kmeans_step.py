"""Mini-batch k-means, `kmeans_step`: hidden checks and named mistakes."""

import numpy as np
import pytest

from autograder.checking import close, examples

# --- Checks -------------------------------------------------------------------------------------------------


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
    # a single centre, coordinate and example; examples that come twice; centres that hardly move
    for sizes, times, least in (([4, 7], 1, 3), ([1], 1, 3), ([3, 2], 2, 3), ([2, 5], 1, 10**9)):
        points, places, labels = clouds(rng, sizes)
        points, labels = np.repeat(points, times, axis=0), np.repeat(labels, times)
        counts = rng.integers(least, 10 * least, size=len(sizes))
        given = np.bincount(labels)
        sums = np.array([points[labels == j].sum(axis=0) for j in range(len(sizes))])
        want = (counts[:, None] * places + sums) / (counts + given)[:, None]
        got, counted = student.kmeans_step(places, counts, points)
        assert close(counted, counts + given), (
            "The counts are not those of before and the batch's added up. Each row of the batch is an "
            "example, also one that is there twice."
        )
        assert close(got, want), (
            "A centre that was given examples before must move less: it stands for all of them. Does its old "
            "count go into its rate, however large it is?"
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
    far = rng.integers(10**8, 2 * 10**8, size=4).astype(float)
    centers, batch = (  # two crowds, so that no place is near to all
        rng.normal(size=(n, 4)) + far * np.resize([[1.0], [-1.0]], (n, 1)) for n in (16, 30)
    )
    asked = centers, np.arange(16), batch
    assert close(student.kmeans_step(*asked)[1], reference.kmeans_step(*asked)[1]), (
        "Far from the origin, and with centres far from each other, the examples went to other centres than "
        "the nearest. There squares of lengths are so large that of their difference little but rounding is "
        "left, wherever the origin is put: take differences before you square."
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
        assert close(counted, np.array([3, 2])), (
            "An example near the border went to another centre than the batch's beginning would send it "
            "to. Do all examples choose first, and only then the centres move?"
        )
        assert close(got, want), (
            "All examples chose as they should, and yet a centre is not the mean of its own. What is its "
            "rate for the first of them, and what for the next?"
        )
    many = np.tile(batch, (201, 1)) + rng.uniform(-0.2, 0.2, size=(1005, 1))
    _, counted = student.kmeans_step(centers, counts, many)
    assert close(counted, np.array([603, 402])), (
        "In a batch of a thousand examples some went to another centre than in a small one, or to none. "
        "All of them choose among the old centres: if the batch is taken in pieces, the later ones see "
        "centres that have moved."
    )


@pytest.mark.exercise("kmeans_step")
def test_a_batch_may_be_one_example(student, reference, rng):
    """One example, one centre or hundreds, one coordinate: the batch is still examples in rows."""
    shapes = ((1, 3, 1), (1, 3, 3), (1, 1, 2), (3, 1, 2), (12, 600, 1))
    for (b, k, d), size in [((1, 2, 3), 1e9), *((shape, 1.0) for shape in shapes)]:
        centers, batch = size * rng.normal(size=(k, d)), size * rng.normal(size=(b, d))
        counts = np.arange(k) % 5
        got, want = (side.kmeans_step(centers, counts, batch) for side in (student, reference))
        assert close(got, want), (
            "With a batch of one example, with one centre or hundreds, or with one coordinate, centres or "
            "counts are others. An axis of length 1 stays an axis: nothing is squeezed. No large distance is "
            "cut off, and the numbers of centres are kept in full."
        )


@pytest.mark.exercise("kmeans_step")
def test_ties_go_to_the_lowest_number(student, rng):
    """An example equally near to several centres goes to the one with the lowest number."""
    centers = np.array([[-4.0, 0.0], [0.0, 4.0], [4.0, 0.0], [0.0, 4.0]])
    shift = rng.integers(-8, 9, size=2).astype(float)
    batch = np.array([[4.0, 0.0], [0.0, 0.0], [0.0, 6.0], [4.0, 4.0], [2.0**-44, 0.0]]) + shift
    for size in (1.0, 2.0**-60):
        places = size * (centers + shift)
        _, counted = student.kmeans_step(places, np.array([2, 5, 1, 0]), size * batch)
        assert close(counted, np.array([3, 7, 3, 0])), (
            "Where two centres are equally near, the one with the lower number gets the example, and where "
            "one is nearer by very little, that one. Distances are compared as they are, the smallest too: "
            "not rounded, without a tolerance, and a centre with the count 0 has no advantage. An example "
            "exactly on a centre counts like any other."
        )


@pytest.mark.exercise("kmeans_step")
def test_a_centre_without_examples_stays(student, reference, rng):
    """A centre that no example chose stays where it is, with its count, be it zero or not."""
    centers, batch = rng.normal(size=(4, 3)), rng.normal(size=(6, 3))
    centers[[1, 3]] += 100.0
    centers[2] += 30.0
    batch[rng.permutation(6)[:3]] += 30.0  # by any distance the nearest centre is the same
    counts = np.array([0, 0, 4, 7])
    got, counted = student.kmeans_step(centers, counts, batch)
    assert close(got[[1, 3]], centers[[1, 3]]) and close(counted[[1, 3]], counts[[1, 3]]), (
        "A centre that nobody chose has moved, or is no number any more: the mean of no examples is 0/0."
    )
    assert close(got, reference.kmeans_step(centers, counts, batch)[0]), (
        "Beside centres that nobody chose the others are elsewhere."
    )


# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "kmeans_step",
    """
    centers, batch = np.array([[0.0, 0.0], [2.0, 5.0]]), np.array([[2.0, 2.0]])
    kmeans_step(centers, np.array([1, 0]), batch)
    """,
    "kmeans_step(np.array([[0.0], [4.0]]), np.array([1, 1]), np.array([[2.0]]))  # equally near",
    """
    centers, counts = np.array([[-1e9], [1e9], [1e9 + 3.0]]), np.array([0, 0, 10**6])
    kmeans_step(centers, counts, np.array([[1.0], [2.0], [1.0]]) + 1e9)[1]  # far from the origin
    """,
    "kmeans_step(np.array([[0.0]]), np.array([999]), np.array([[1.0], [1.0]]))",
)
