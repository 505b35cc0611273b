"""Weight normalisation, `weight_norm`: hidden checks, named mistakes, variants."""

import numpy as np
import pytest

from autograder.checking import GUARDS, close, conventions, examples, mistakes, variants

from ..shared import few_digits
from .shared import scales

# --- Checks -------------------------------------------------------------------------------------------------


SHAPES = (5, 5), (2, 7), (4, 1)


@pytest.mark.exercise("weight_norm", weight=2)
def test_each_column_has_the_length_asked_for(student, reference, rng):
    """Each column of W has the direction of v's and the length of g, for wide and tall shapes."""
    square = rng.normal(size=(4, 4))
    odd = square * np.array([1e-60, 1.0, 1.0, 1e60])  # a short and a long column
    near = np.linalg.norm(square, axis=0) * (1 + np.array([1e-3, -1e-4, 1e-5, 3e-7]))
    off = np.array([2.0, 0.0, 1e-6, -1e6])  # units that are off, or nearly, and one that is very long
    cases = [
        *(
            (rng.normal(size=n) * 10.0 ** rng.uniform(-3, 3, size=n[1]), scales(rng, n[1]), "")
            for n in SHAPES
        ),
        (rng.normal(size=(1, 12)), scales(rng, 12), "For columns of one number: "),
        (square, scales(rng, 4), "For a square v: "),
        (odd, scales(rng, 4), "For very short and very long columns of v: "),
        (square, off, "Where a g is 0, tiny or very large: "),
        (square / near, scales(rng, 4), "For columns whose length is nearly one: "),
        (np.array([[3.0, 0.0], [4.0, -5.0]]), np.array([5.0, 5.0]), "Where v has the lengths asked for: "),
    ]
    for v, g, where in cases:
        got, want = student.weight_norm(v, g), reference.weight_norm(v, g)
        assert close(got, want, atol=0.0), few_digits(got, want) or (
            f"{where}A column is another one. Divide each column by its own Euclidean length and multiply by "
            "its g, which may be of any size, negative, or 0."
        )


@pytest.mark.exercise("weight_norm")
def test_the_length_of_v_does_not_matter(student, rng):
    """Columns of v stretched by any factors give the same W, whose columns are as long as |g|."""
    v, g = rng.normal(size=(4, 3)), scales(rng, 3)
    once = student.weight_norm(v, g)
    again = student.weight_norm(v * rng.uniform(0.01, 100.0, size=3), g)
    assert close(np.linalg.norm(once, axis=0), np.abs(g)) and close(again, once), (
        "Only the direction of a column of v counts; its length is g's affair."
    )


# --- Mistakes -----------------------------------------------------------------------------------------------


WEIGHT = "return g * v / np.linalg.norm(v, axis=0)"

MISTAKES = mistakes(
    "weight_norm",
    (
        "small_number_added",
        "A small number is added to the length, so that no column is quite as long as asked. A column of v "
        "is divided by its length as it is.",
        (WEIGHT, "return g * v / (np.linalg.norm(v, axis=0) + 1e-7)"),
    ),
    (
        "short_columns_held",
        "A short column is divided by more than its length. Whatever the length of v, only its direction "
        "counts.",
        (WEIGHT, "return g * v / np.maximum(np.linalg.norm(v, axis=0), 1e-8)"),
    ),
    (
        "one_length_for_all",
        "All columns are divided by the length of the whole matrix. Each unit has its own: look at the axis.",
        (WEIGHT, "return g * v / np.linalg.norm(v)"),
    ),
    (
        "rows_normalised",
        "Rows are divided by their length. That is right for weights of shape (out, in), as PyTorch has "
        "them; here a unit is a column.",
        (WEIGHT, "return g * v / np.linalg.norm(v, axis=1, keepdims=True)"),
    ),
    (
        "squared_length",
        "Columns are divided by the square of their length: the root is missing.",
        (WEIGHT, "return g * v / np.sum(v**2, axis=0)"),
    ),
    (
        "sum_for_length",
        "Columns are divided by the sum of their absolute values. The length is the Euclidean one.",
        (WEIGHT, "return g * v / np.abs(v).sum(axis=0)"),
    ),
    (
        "length_ignored",
        "Every column comes out with length one: g is not used.",
        (WEIGHT, "return v / np.linalg.norm(v, axis=0)"),
    ),
    (
        "length_made_positive",
        "The sign of g is lost. A negative length turns its column round.",
        (WEIGHT, "return np.abs(g) * v / np.linalg.norm(v, axis=0)"),
    ),
    free={
        "small_number_added": ("axis=0) + {})", ("1e-7", *GUARDS)),
        "short_columns_held": ("axis=0), {})", ("1e-8", *GUARDS)),
    },
)


# --- Right by another convention ----------------------------------------------------------------------------


CONVENTIONS = conventions(
    "weight_norm",
    (
        "length_as_a_logarithm",
        "The length is e to the power of g: the paper names this form as an alternative. Here, as in "
        "the paper's own experiments and in PyTorch, the length is g itself.",
        (WEIGHT, "return np.exp(g) * v / np.linalg.norm(v, axis=0)"),
    ),
)


# --- Variants -----------------------------------------------------------------------------------------------


class WeightColumns:
    """Column by column, each divided before it is multiplied."""

    def weight_norm(v, g):
        columns = [
            length * (column / np.sqrt(column @ column)) for column, length in zip(v.T, g, strict=True)
        ]
        return np.stack(columns, axis=1)


class WeightDiagonal:
    """As a product with a diagonal matrix."""

    def weight_norm(v, g):
        return v @ np.diag(g / np.sqrt(np.einsum("ij,ij->j", v, v)))


class WeightHypot:
    """Lengths by repeated hypot."""

    def weight_norm(v, g):
        lengths = np.zeros(v.shape[1])
        for row in v:
            lengths = np.hypot(lengths, row)
        return v / lengths * g


VARIANTS = variants("weight_norm", WeightColumns, WeightDiagonal, WeightHypot)

# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "weight_norm",
    "weight_norm(np.array([[3.0], [4.0]]), np.array([-10.0]))",
    "weight_norm(np.array([[3e-9], [4e-9]]), np.array([10.0]))",
)
