"""Votes of several models, `ensemble_vote`: hidden checks, named mistakes, variants."""

import numpy as np
import pytest

from autograder.checking import close, examples, mistakes, variants

from ..shared import few_digits

# --- Checks -------------------------------------------------------------------------------------------------


@pytest.mark.exercise("ensemble_vote", weight=2)
def test_the_majority_wins(student, rng):
    """For each example the class with the most votes, however many models and classes."""
    for n_models, n_classes, where in (
        (5, 3, ""),
        (1, 4, "Of a single model: "),
        (7, 10, ""),
        (5, 4, "For a single example: "),
        (3, 1, "Of a single class: "),
        (12, 5, "Of as many models as examples: "),
        (3, 60, "Of sixty classes, with labels in np.uint8: "),
        (3, 400, "Of many classes: "),
    ):
        n = 1 if where.startswith("For") else 12
        winners = rng.integers(n_classes, size=n)
        labels = np.tile(winners, (n_models, 1))
        for example in range(n):
            wrong = rng.permutation(n_models)[: (n_models - 1) // 2]
            labels[wrong, example] = rng.integers(n_classes, size=wrong.size)
        labels = labels.astype(np.uint8) if n_classes == 60 else labels
        assert close(student.ensemble_vote(labels, n_classes=n_classes), winners), (
            f"{where}An example went to another class than the one with the most votes. Votes are counted "
            "over models; labels are names and no quantities."
        )


@pytest.mark.exercise("ensemble_vote")
def test_of_equals_the_lowest_class_wins(student, rng):
    """Where classes have equally many votes the lowest of them wins, in whatever order the models vote."""
    few = np.array(
        [rng.permutation(votes) for votes in ([3, 3, 0, 1, 2], [2, 0, 2, 1, 4], [0, 4, 3, 4, 1])]
    ).T
    assert close(student.ensemble_vote(few, n_classes=5), np.array([3, 2, 4])), (
        "Where no class has half of the votes another wins than the one with the most. The most votes win, "
        "however few they are."
    )
    ballots = [([2, 1, 1, 2], 1), ([3, 0, 2, 1], 0), ([3, 3, 2, 2], 2), ([0, 3, 3, 1], 3), ([2, 3, 1, 3], 3)]
    labels = np.array([rng.permutation(votes) for votes, _ in ballots]).T
    assert close(student.ensemble_vote(labels, n_classes=4), np.array([winner for _, winner in ballots])), (
        "Where several classes have the most votes, the lowest of them wins, and only of them."
    )
    votes = np.repeat([[1, 3, 0], [2, 0, 1]], [400, 200], axis=0)  # counted in eight bits the others win
    assert close(student.ensemble_vote(rng.permutation(votes), n_classes=4), np.array([1, 3, 0])), (
        "Of hundreds of models another class wins than the one with the most votes. Does the count overflow, "
        "in an integer of eight bits?"
    )
    labels = np.array([rng.permutation(votes) for votes in ([0, 1, 1, 0], [1, 1, 0, 1], [1, 0, 0, 1])]).T
    assert close(student.ensemble_vote(labels, n_classes=2), np.array([0, 1, 0])), (
        "Of two classes another wins than the one with more votes, or of equals than the lower."
    )
    labels = np.array([rng.permutation(votes) for votes in ([8, 1, 1, 8], [16, 3, 16, 3], [17, 9, 9, 17])]).T
    assert close(student.ensemble_vote(labels, n_classes=20), np.array([1, 3, 9])), (
        "With many classes another than the lowest of equals comes out. Is it a label, and does anything "
        "rely on the order of a set, which has none?"
    )


@pytest.mark.exercise("ensemble_vote", weight=2)
def test_probabilities_are_averaged_over_models(student, rng):
    """The mean over models of each example's probabilities."""
    for shape in ((1, 2, 3), (2, 2, 3), (3, 4, 5), (6, 2, 2), (4, 1, 3), (7, 3, 2)):
        probs = rng.uniform(0.02, 1.0, size=shape) ** 2
        probs /= probs.sum(axis=-1, keepdims=True)
        probs[0, 0] = np.eye(shape[2])[0]  # one is certain
        probs[:, -1] = np.eye(shape[2])[1]  # on this one all are
        probs[1:2] = probs[:1] if shape[0] == 6 else probs[1:2]  # two models agree in everything
        got, want = student.ensemble_average(probs), sum(probs[i] for i in range(shape[0])) / shape[0]
        assert close(got, want, atol=0.0), few_digits(got, want) or (
            "The average over models is another: probabilities are averaged as they are, every model "
            "counting alike; 0 and 1 are probabilities, too, and are not cut off."
        )


# --- Mistakes -----------------------------------------------------------------------------------------------


MISTAKES = mistakes(
    "ensemble_vote",
    (
        "order_of_a_set",
        "Of equals the one wins that stands first in a set, and a set is in no order. The lowest class wins.",
        (
            "return votes.argmax(axis=1)",
            "return np.array([max(set(each), key=each.count) for each in labels.T.tolist()])",
        ),
    ),
    (
        "place_among_those_voted_for",
        "The winner's place among the labels that occur comes back. Where some class has no vote that is "
        "another number than its label.",
        (
            "return votes.argmax(axis=1)",
            "return votes[:, votes.any(axis=0)].argmax(axis=1)",
        ),
    ),
    (
        "mean_of_labels",
        "Labels are averaged as if they were quantities: between a 2 and an 8 lies no 5. Count votes.",
        ("return votes.argmax(axis=1)", "return np.rint(labels.mean(axis=0)).astype(int)"),
    ),
    (
        "median_of_labels",
        "The label in the middle is taken, which depends on the order of the classes. Count votes.",
        ("return votes.argmax(axis=1)", "return np.median(labels, axis=0).astype(int)"),
    ),
    (
        "highest_of_equals",
        "Of classes with equally many votes the highest wins; asked is the lowest.",
        ("return votes.argmax(axis=1)", "return n_classes - 1 - votes[:, ::-1].argmax(axis=1)"),
    ),
    (
        "first_model_decides",
        "The first model alone decides.",
        ("return votes.argmax(axis=1)", "return labels[0].copy()"),
    ),
    (
        "first_voter_of_equals",
        "Of classes with equally many votes the one that was voted for first wins; asked is the lowest.",
        (
            "return votes.argmax(axis=1)",
            "return np.array([max(column, key=column.count) for column in labels.T.tolist()])",
        ),
    ),
    (
        "fewest_votes",
        "The class with the fewest votes wins.",
        ("votes.argmax", "votes.argmin"),
    ),
    (
        "geometric_mean",
        "The logarithms of the probabilities are averaged. They are averaged as they are.",
        ("return probs.mean(axis=0)", "return np.exp(np.log(probs).mean(axis=0))"),
    ),
    (
        "sum",
        "Probabilities are added up and not divided by the number of models.",
        ("return probs.mean(axis=0)", "return probs.sum(axis=0)"),
    ),
    (
        "surest_model",
        "For each class the largest probability of all models is taken.",
        ("return probs.mean(axis=0)", "return probs.max(axis=0)"),
    ),
    (
        "shares_of_votes",
        "Each model's winner gets a full vote: how sure the model was is lost.",
        (
            "return probs.mean(axis=0)",
            "return (probs == probs.max(axis=2, keepdims=True)).astype(float).mean(axis=0)",
        ),
    ),
)


# --- Variants -----------------------------------------------------------------------------------------------


class BincountColumns:
    """np.bincount for each example; probabilities averaged by a loop."""

    def ensemble_vote(labels, *, n_classes):
        return np.array([np.bincount(column, minlength=n_classes).argmax() for column in labels.T])

    def ensemble_average(probs):
        total = np.zeros(probs.shape[1:])
        for model in probs:
            total += model
        return total / len(probs)


class OneHot:
    """One-hot votes from an identity matrix; einsum for both."""

    def ensemble_vote(labels, *, n_classes):
        return np.argmax(np.einsum("mnc->nc", np.eye(n_classes, dtype=int)[labels]), axis=-1)

    def ensemble_average(probs):
        return np.einsum("mnc->nc", probs) / probs.shape[0]


class UniqueVotes:
    """np.unique with counts, sorted, so that the first maximum is the lowest class."""

    def ensemble_vote(labels, *, n_classes):
        winners = []
        for column in labels.T:
            classes, counts = np.unique(column, return_counts=True)
            winners.append(classes[np.argmax(counts)])
        return np.asarray(winners)

    def ensemble_average(probs):
        return np.average(probs, axis=0, weights=np.ones(len(probs)))


VARIANTS = variants("ensemble_vote", BincountColumns, OneHot, UniqueVotes)

# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples("ensemble_vote", "ensemble_vote(np.array([[2, 2], [2, 2]]), n_classes=3)")
