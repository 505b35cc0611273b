"""Named mistakes of `kmeans_step`, with their hints, and conventions."""

import numpy as np

from autograder.checking import conventions, mistakes

NEAR = "distances = np.sum((batch[:, None, :] - centers) ** 2, axis=2)  # (b, k)"
PICK = "nearest = np.argmin(distances, axis=1)"
EXPANDED = (
    "np.sum(batch**2, axis=1)[:, None] - 2 * batch @ centers.T + np.sum(centers**2, axis=1)",
    "np.sum(batch**2, axis=1)[:, None] + np.sum(centers**2, axis=1) - 2 * batch @ centers.T",
    "np.sum(centers**2, axis=1) - 2 * batch @ centers.T",
)
ORIGINS = ("centers[0]", "centers.mean(axis=0)", "batch.mean(axis=0)", "batch[0]")
SHIFTED = "distances = np.sum(B**2, axis=1)[:, None] - 2 * B @ C.T + np.sum(C**2, axis=1)"
PULL = "counts[j] += 1\n        centers[j] += (x - centers[j]) / counts[j]"


class BatchMeansReplace:
    def kmeans_step(centers, counts, batch):
        distances = np.sum((batch[:, None, :] - centers) ** 2, axis=2)
        nearest = np.argmin(distances, axis=1)
        centers = centers.copy()
        for j in np.unique(nearest):
            centers[j] = batch[nearest == j].mean(axis=0)
        return centers, counts + np.bincount(nearest, minlength=len(centers))


class EmptyMeans:
    def kmeans_step(centers, counts, batch):
        distances = np.sum((batch[:, None, :] - centers) ** 2, axis=2)
        nearest = np.argmin(distances, axis=1)
        given = np.bincount(nearest, minlength=len(centers))
        total = np.array([batch[nearest == j].sum(axis=0) for j in range(len(centers))])
        new = (counts[:, None] * centers + total) / (counts + given)[:, None]
        return new, counts + given


class CountsBatches:
    def kmeans_step(centers, counts, batch):
        distances = np.sum((batch[:, None, :] - centers) ** 2, axis=2)
        nearest = np.argmin(distances, axis=1)
        centers, counts = centers.copy(), counts.copy()
        for j in np.unique(nearest):
            counts[j] += 1
            centers[j] += (batch[nearest == j].mean(axis=0) - centers[j]) / counts[j]
        return centers, counts


MISTAKES = mistakes(
    "kmeans_step",
    (
        "manhattan",
        "The nearest centre is looked for by the sum of absolute differences. Euclid's distance squares "
        "them.",
        (NEAR, "distances = np.sum(np.abs(batch[:, None, :] - centers), axis=2)"),
    ),
    (
        "farthest",
        "Examples go to the centre that is farthest away. Look for the smallest distance, or mind the sign "
        "of a similarity.",
        (PICK, "nearest = np.argmax(distances, axis=1)"),
    ),
    (
        "largest_product",
        "Examples go to the centre with the largest scalar product, which a long vector wins even when it "
        "is far off. The length of the centre belongs to the distance.",
        (NEAR, "distances = -batch @ centers.T"),
    ),
    (
        "ties_to_the_last",
        "Where two centres are equally near, the last one gets the example, as with <= in a loop. It is "
        "the first.",
        (PICK, "nearest = len(centers) - 1 - np.argmin(distances[:, ::-1], axis=1)"),
    ),
    (
        "counts_not_kept",
        "The counts come back as they were, so that every batch starts anew. They go on with the examples "
        "that each centre was given.",
        ("return centers, counts\n", "return centers, given\n"),
        (
            "centers, counts = centers.copy(), counts.copy()",
            "given, centers, counts = counts, centers.copy(), counts.copy()",
        ),
    ),
    (
        "counts_begin_anew",
        "The counts begin at zero in every batch, so that all examples before it are forgotten. The old "
        "counts belong to the rate.",
        (
            "centers, counts = centers.copy(), counts.copy()",
            "centers, counts = centers.copy(), np.zeros_like(counts)",
        ),
    ),
    (
        "batch_means_replace",
        "A centre becomes the mean of what this batch gave it, and all batches before are forgotten: "
        "Lloyd's step on a batch. Its count says how much it already stands for.",
        BatchMeansReplace,
    ),
    (
        "one_count_for_all",
        "The rate is one over the examples of all centres together. Each centre has its own count: a rare "
        "cluster's centre must move as far at its first examples as a common one's.",
        (PULL, "counts[j] += 1\n        centers[j] += (x - centers[j]) / np.sum(counts)"),
    ),
    (
        "batches_counted",
        "A centre's count goes up by one a batch, not by one an example, so that large and small batches "
        "weigh the same.",
        CountsBatches,
    ),
    (
        "count_raised_too_late",
        "The count is raised after the centre has moved: the first example is divided by zero, and later "
        "ones by one too few. Raise it first.",
        (PULL, "centers[j] += (x - centers[j]) / counts[j]\n        counts[j] += 1"),
    ),
    (
        "empty_centre_lost",
        "A centre with a count of zero that no example chose becomes 0/0. The mean of no examples is none: "
        "such a centre stays where it is.",
        EmptyMeans,
    ),
    (
        "constant_rate",
        "All examples pull with the same rate, so that a centre never settles and the last ones count "
        "most. The rate is one over the centre's own count.",
        (PULL, "counts[j] += 1\n        centers[j] += 0.1 * (x - centers[j])"),
    ),
    (
        "distances_that_cancel",
        "The distances come from |x|² - 2 x·c + |c|²: far from the origin these are huge numbers, of whose "
        "difference little but rounding is left. Take differences first, then squares.",
        (NEAR, f"distances = {EXPANDED[0]}  # (b, k)"),
    ),
    (
        "origin_among_the_data",
        "The distances come from |x|² - 2 x·c + |c|² after the origin was put among the data. Centres may be "
        "far from each other, and so from any origin: take the differences of example and centre first.",
        (NEAR, f"C, B = (part - {ORIGINS[0]} for part in (centers, batch))\n    {SHIFTED}"),
    ),
    (
        "rate_never_small",
        "A centre's rate never falls below a smallest one, so that a centre with many examples moves too "
        "far. The rate is one over its count, however large that is.",
        (PULL, "counts[j] += 1\n        centers[j] += (x - centers[j]) * max(1 / counts[j], 0.01)"),
    ),
    (
        "equal_examples_once",
        "Of examples that are the same in all coordinates only one counts. Each row of the batch is an "
        "example.",
        (NEAR, f"batch = np.unique(batch, axis=0)\n    {NEAR}"),
    ),
    free={
        "constant_rate": ("+= {} * (x", ("0.1", "0.01", "0.05", "0.2", "0.5")),
        "distances_that_cancel": ("distances = {}  # (b, k)", EXPANDED),
        "origin_among_the_data": ("part - {} for", ORIGINS),
        "rate_never_small": ("counts[j], {})", ("0.01", "0.001", "1e-4", "1e-6", "0.05")),
    },
)


# --- Right by another convention ----------------------------------------------------------------------------


class SeedsCount:
    def kmeans_step(centers, counts, batch):
        distances = np.sum((batch[:, None, :] - centers) ** 2, axis=2)
        nearest = np.argmin(distances, axis=1)
        centers, counts = centers.copy(), counts.copy()
        for x, j in zip(batch, nearest, strict=True):
            counts[j] += 1
            centers[j] += (x - centers[j]) / (counts[j] + 1)
        return centers, counts


class OneAfterTheOther:
    def kmeans_step(centers, counts, batch):
        centers, counts = centers.copy(), counts.copy()
        for x in batch:
            j = np.argmin(np.sum((x - centers) ** 2, axis=1))
            counts[j] += 1
            centers[j] += (x - centers[j]) / counts[j]
        return centers, counts


CONVENTIONS = conventions(
    "kmeans_step",
    (
        "seed_counts_as_an_example",
        "The seed counts as a centre's first example, as in MacQueen's k-means of 1967. Here counts "
        "start at zero, and the first example replaces the seed.",
        SeedsCount,
    ),
    (
        "one_after_the_other",
        "Every example chooses among the centres as the one before has left them: online k-means "
        "(MacQueen 1967), which here is batches of one. Within a batch all choose among the old "
        "centres, as in Sculley's algorithm.",
        OneAfterTheOther,
    ),
)
