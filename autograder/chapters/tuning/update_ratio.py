"""The ratio of updates to weights, `update_ratio`: hidden checks, named mistakes."""

import numpy as np
import pytest

from autograder.checking import GUARDS, close, examples, mistakes

# --- Checks -------------------------------------------------------------------------------------------------


def weights(rng, share=0.3):
    """Parameters of several shapes, before and after an update by about this share of them."""
    shapes = {"W": (4, 3), "K": (2, 3, 2), "b": (5,), "c": (5,), "s": (), "t": (2,), "": (1,)}
    before = {key: np.asarray(rng.normal(size=shape)) for key, shape in shapes.items()}
    moves = {key: np.asarray(share * rng.normal(size=shape)) for key, shape in shapes.items()}
    return before, moves, {key: np.asarray(before[key] + moves[key]) for key in shapes}


@pytest.mark.exercise("update_ratio", weight=3)
def test_the_norm_is_over_all_entries(student, rng):
    """Each ratio is the root of the change's squares over that of the old weights' squares."""
    for share, message in (
        (
            0.3,
            "A ratio is not |w_new - w| / |w| with both norms over all entries: squares added up, then the "
            "root, for matrices and larger arrays as for vectors, whatever their names. Below stands the "
            "weight before the update.",
        ),
        (
            1e-6,
            "For a very short update the ratio is another: nothing is rounded, nor held in single precision, "
            "and the difference is taken first, then its norm. A sum of squares less twice the product loses "
            "all digits.",
        ),
        (1e9, "For an update much longer than the weights the ratio is another: it has no upper bound."),
    ):
        before, _, after = weights(rng, share)
        got = student.update_ratio(before, after)
        for key in before:
            want = np.sqrt(np.sum((after[key] - before[key]) ** 2) / np.sum(before[key] ** 2))
            assert close(got[key], float(want), rtol=1e-6, atol=0.0), message


@pytest.mark.exercise("update_ratio")
def test_each_parameter_has_its_own_ratio(student, rng):
    """A parameter's ratio does not depend on its neighbours, nor on their order."""
    before, _, after = weights(rng)
    turned = {key: after[key] for key in ("W", "K", "c", "b", "s", "", "t")}  # two of one shape swapped
    together = student.update_ratio(before, turned)
    for key in before:
        alone = student.update_ratio({key: before[key]}, {key: after[key]})[key]
        assert alone > 0 and close(together[key], alone), (
            "Beside other parameters a ratio is another than alone: each has its own norm and its own name."
        )


@pytest.mark.exercise("update_ratio")
def test_the_unit_does_not_matter(student, rng):
    """Weights smaller by many powers of ten, with changes to match, have the same ratios."""
    before, _, after = weights(rng)
    scaled = ({key: 2.0**-400 * value for key, value in side.items()} for side in (before, after))
    plain, small = student.update_ratio(before, after), student.update_ratio(*scaled)
    assert all(value > 0 for value in plain.values()), "These weights have moved, and a ratio is not above 0."
    assert close(small, plain, rtol=1e-7), (
        "For tiny weights the ratio is another. Nothing is added below the line; only zeros are a case of "
        "their own."
    )


@pytest.mark.exercise("update_ratio", weight=2)
def test_zeros_that_stay_and_zeros_that_move(student, rng):
    """Of a parameter of zeros the ratio is 0 if it stays and infinity if it moves."""
    before = {
        "stays": np.zeros((2, 2)),
        "moves": np.zeros(3),
        "far": np.zeros(2),
        "plain": np.array([2.0, 0.0]),
    }
    after = {
        "stays": np.zeros((2, 2)),
        "moves": np.array([0.0, float(rng.uniform(1, 2)) * 1e-100, 0.0]),
        "far": rng.uniform(1, 2, size=2),
        "plain": np.array([2.0, 1.0]),
    }
    got = student.update_ratio(before, after)
    assert close(got["plain"], 0.5), (
        "A parameter with one entry of 0 beside others has another ratio: it is no parameter of zeros."
    )
    assert close(got["far"], float("inf")), "A parameter of zeros that moves has the ratio infinity."
    assert close(got["moves"], float("inf")), (
        "A parameter of zeros that moves very little has the ratio infinity too: only 0 itself is no move."
    )
    assert close(got["stays"], 0.0), (
        "A parameter of zeros that stays has the ratio 0: 0/0 is a case of its own."
    )


# --- Mistakes -----------------------------------------------------------------------------------------------


NORMS = "size, moved = np.linalg.norm(w), np.linalg.norm(new_params[key] - w)"
RATIO = "ratios[key] = moved / size if size > 0 else np.inf if moved > 0 else 0.0"

MISTAKES = mistakes(
    "update_ratio",
    (
        "tiny_counts_as_zero",
        "A norm that is merely small counts as zero. Zero is a case of its own, and nothing else is.",
        (RATIO, RATIO.replace("size > 0", "size > 1e-8").replace("moved > 0", "moved > 1e-8")),
    ),
    (
        "tiny_weights_count_as_zero",
        "Weights that are merely small count as zeros. Zero is a case of its own, and nothing else is.",
        (RATIO, RATIO.replace("size > 0", "size > 1e-8")),
    ),
    (
        "tiny_moves_count_as_none",
        "Zeros that move very little count as zeros that stay. Only a change of exactly 0 is none.",
        (RATIO, RATIO.replace("moved > 0", "moved > 1e-8")),
    ),
    (
        "paired_by_place",
        "Parameters are paired by their place in the two dicts. Look each one up by its name.",
        (
            NORMS,
            f"new = list(new_params.values())[len(ratios)]\n        {NORMS}".replace(
                "new_params[key]", "new"
            ),
        ),
    ),
    (
        "spectral_norm",
        "For matrices the norm is the spectral one, which is what numpy.linalg.norm with ord=2 gives. Asked "
        "for is the root of all entries' squares.",
        (
            NORMS,
            "size, moved = (\n        np.linalg.norm(x, 2) if np.ndim(x) == 2 else np.linalg.norm(x)\n"
            "        for x in (w, new_params[key] - w)\n    )",
        ),
    ),
    (
        "mean_of_ratios",
        "Each entry's own ratio is taken and then the mean of them: an entry close to zero spoils it. Take "
        "norms first, then one ratio.",
        (
            NORMS,
            "size = 1.0 if np.any(w != 0) else 0.0\n"
            "        moved = np.mean(np.abs((new_params[key] - w) / np.where(w == 0, 1.0, w)))",
        ),
    ),
    (
        "divided_by_the_new_weights",
        "The change is divided by the size of the weights after the update. Before it is asked for.",
        (NORMS, "size, moved = np.linalg.norm(new_params[key]), np.linalg.norm(new_params[key] - w)"),
    ),
    (
        "largest_entry",
        "Only the largest entries are compared. All of them count, by their squares.",
        (NORMS, "size, moved = np.max(np.abs(w)), np.max(np.abs(new_params[key] - w))"),
    ),
    (
        "sum_of_absolute_values",
        "Absolute values are added up. The norm asked for is the root of the sum of squares.",
        (NORMS, "size, moved = np.sum(np.abs(w)), np.sum(np.abs(new_params[key] - w))"),
    ),
    (
        "root_forgotten",
        "The ratio is that of the squares: the roots are missing.",
        (NORMS, "size, moved = np.sum(w**2), np.sum((new_params[key] - w) ** 2)"),
    ),
    (
        "difference_of_norms",
        "The difference of the two norms is taken. Weights that turn without growing have moved too: take "
        "the norm of the difference.",
        (NORMS, "size, moved = np.linalg.norm(w), abs(np.linalg.norm(new_params[key]) - np.linalg.norm(w))"),
    ),
    (
        "one_norm_for_all",
        "All parameters share one norm below the line. Each is measured by its own.",
        (
            NORMS,
            "size = np.sqrt(sum(np.sum(np.asarray(v) ** 2) for v in params.values()))\n"
            "        moved = np.linalg.norm(new_params[key] - w)",
        ),
    ),
    (
        "something_added_below",
        "A small number is added below the line against zeros. It changes the ratios of tiny weights, and "
        "zeros that move are to have infinity.",
        (RATIO, "ratios[key] = moved / (size + 1e-8)"),
    ),
    (
        "zero_by_zero",
        "Zeros that stay get NaN from 0/0: their ratio is 0.",
        (RATIO, "ratios[key] = np.float64(moved) / np.float64(size)"),
    ),
    (
        "zeros_that_move_count_as_zero",
        "Zeros that move get the ratio 0, like those that stay. They have moved infinitely far for their "
        "size.",
        (RATIO, "ratios[key] = moved / size if size > 0 else 0.0"),
    ),
    free={"something_added_below": ("size + {})", ("1e-8", *GUARDS))},
)


# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "update_ratio",
    'update_ratio({"b": np.zeros(2)}, {"b": np.zeros(2)})',
    'update_ratio({"b": np.array([1e-20])}, {"b": np.array([2e-20])})',
)
