"""The constraint on norms, `max_norm_project`: hidden checks, named mistakes, conventions, variants."""

import numpy as np
import pytest

from autograder.checking import close, conventions, examples, mistakes, variants

from ..shared import few_digits
from .shared import off_zero, with_norms

# --- Checks -------------------------------------------------------------------------------------------------


@pytest.mark.exercise("max_norm_project", weight=2)
def test_long_columns_get_the_norm_c(student, rng):
    """A column that is longer than c keeps its direction and gets the norm c, whatever the matrix's shape."""
    for rows, size, ratios, where in (
        (3, 1.0, [1.3, 2.0, 9.0, 40.0], ""),
        (6, 1.0, [1.3, 2.0, 9.0, 40.0], ""),
        (3, 1e-12, [1.3, 2.0, 9.0, 40.0], "Where weights and c are tiny: "),
        (4, 1.0, [1.3, 2.0, 9.0, 40.0], "Where W is square, and a unit a column all the same: "),
        (3, 1.0, [1.000001, 1.004, 2.0, 4e4, 1.3], "Where a column is just too long, or far too long: "),
        (1, 1.0, [1.3, 2.0, 9.0], "Where each unit has a single weight: "),
        (5, 1.0, [2.0], "Where W has a single column: "),
    ):
        c, ratios = size * float(rng.uniform(0.3, 2.5)), rng.permutation(ratios)
        W = with_norms(rng, rows, c * ratios)
        got = student.max_norm_project({"W": W}, max_norm=c)
        assert close(got, {"W": W / ratios}, atol=0.0), few_digits(got, {"W": W / ratios}) or (
            f"{where}A column that is too long does not come out with the norm c along its old direction. "
            "Each unit has a norm of its own: the root of the sum of the squares of its column."
        )


@pytest.mark.exercise("max_norm_project", weight=2)
def test_short_columns_stay(student, rng):
    """Beside long columns, one at the limit, short ones and one of zeros stay exactly as they are."""
    c, scales = float(rng.uniform(0.3, 2.5)), rng.permutation([0.0, 0.02, 0.9, 1.0, 3.0, 7.0])
    W = with_norms(rng, 4, c * scales)
    got = student.max_norm_project({"W": W}, max_norm=c)
    want = {"W": W / np.maximum(scales, 1.0)}
    assert close(got, want), few_digits(got, want) or (
        "Columns of all lengths in one matrix: those that are too long are scaled down, and those that are "
        "not stay as they are. A column of zeros stays zero."
    )


@pytest.mark.exercise("max_norm_project")
def test_biases_have_no_incoming_weights(student, rng):
    """Parameters with one axis or none stay, however large; every matrix is projected, whatever its name."""
    c = float(rng.uniform(0.5, 2.0))
    W, V = with_norms(rng, 3, c * np.array([2.0, 0.5])), with_norms(rng, 2, c * np.array([0.4, 5.0, 3.0]))
    params = {"V": W, "shift": 9.0 * off_zero(rng, 2), "scale": np.array(7.0), "back": V, "out": W[::-1]}
    first, second = W / np.array([2.0, 1.0]), V / np.array([1.0, 5.0, 3.0])
    want = params | {"V": first, "back": second, "out": first[::-1]}
    got = student.max_norm_project(params, max_norm=c)
    assert close(got, want), few_digits(got, want) or (
        "With several parameters something else comes out. If a single matrix comes out right: each matrix "
        "is projected by itself, and biases and single numbers are left alone. Their axes tell them apart, "
        "not their names."
    )


# --- Mistakes -----------------------------------------------------------------------------------------------


NORMS = "np.linalg.norm(w, axis=0) if w.ndim == 2 else 0.0"
FACTOR = "(max_norm / np.maximum(norms, max_norm))"

MISTAKES = mistakes(
    "max_norm_project",
    (
        "small_number_added",
        "A small number is added to the norm, as torch's renorm does, so that a long column ends a little "
        "below c. It is to get the norm c.",
        (FACTOR, "np.where(norms > max_norm, max_norm / (norms + 1e-7), 1.0)"),
    ),
    (
        "whole_matrix",
        "All weights of a matrix share one norm. The constraint is on each unit: every column has its own.",
        (NORMS, "np.linalg.norm(w) if w.ndim == 2 else 0.0"),
    ),
    (
        "scales_up",
        "Short columns are stretched to the norm c. A constraint does nothing to them: no factor is above 1.",
        (FACTOR, "(max_norm / norms if np.all(norms) else max_norm / np.maximum(norms, 1e-12))"),
        ("if w.ndim == 2 else 0.0", "if w.ndim == 2 else max_norm"),
    ),
    (
        "biases_too",
        "Biases are projected as if they were the incoming weights of one unit. Only matrices are.",
        (NORMS, "np.linalg.norm(w, axis=0 if w.ndim else None)"),
    ),
    (
        "known_by_their_name",
        "A matrix is projected only if its name begins with W. Weights have two axes, whatever they are "
        "called.",
        ("if w.ndim == 2 else 0.0", 'if w.ndim == 2 and key.startswith("W") else 0.0'),
    ),
    (
        "single_weights",
        "Every weight is cut to the range from -c to c. The constraint is on the norm of a whole column.",
        (f"w * {FACTOR}", "np.clip(w, -max_norm, max_norm) if w.ndim == 2 else w"),
    ),
    (
        "norm_squared",
        "The sum of squares is compared with c. A norm is the root of that sum.",
        ("np.linalg.norm(w, axis=0)", "np.sum(w**2, axis=0)"),
    ),
    (
        "unit_norm",
        "Long columns get the norm 1. They are to get the norm c.",
        (FACTOR, "np.where(norms > max_norm, 1 / np.maximum(norms, 1e-12), 1.0)"),
    ),
    (
        "longest_decides",
        "One factor, that of the longest column, shortens all columns. Each unit has a factor of its own.",
        ("np.maximum(norms, max_norm)", "np.maximum(np.max(norms), max_norm)"),
    ),
    (
        "sum_of_sizes",
        "The norm is the sum of absolute values. Here it is Euclid's: the root of the sum of squares.",
        ("np.linalg.norm(w, axis=0)", "np.linalg.norm(w, ord=1, axis=0)"),
    ),
    (
        "largest_weight",
        "A column's largest weight is compared with c. Its norm is the root of the sum of squares.",
        ("np.linalg.norm(w, axis=0)", "np.abs(w).max(axis=0)"),
    ),
)


# --- Right by another convention ----------------------------------------------------------------------------


CONVENTIONS = conventions(
    "max_norm_project",
    (
        "rows_as_in_torch",
        "Each row is limited. In torch, where W is (out, in), a row holds a unit's incoming weights; here W "
        "is (fan_in, fan_out), and they are a column.",
        (NORMS, "np.linalg.norm(w, axis=1, keepdims=True) if w.ndim == 2 else 0.0"),
    ),
)


# --- Variants -----------------------------------------------------------------------------------------------


class ColumnByColumn:
    """Own copies, loops over columns, an if for each; biases copied."""

    def max_norm_project(params, *, max_norm):
        after = {}
        for key, value in params.items():
            after[key] = value.copy()
            if value.ndim < 2:
                continue
            for j in range(value.shape[1]):
                length = float(np.sqrt(value[:, j] @ value[:, j]))
                if length > max_norm:
                    after[key][:, j] *= max_norm / length
        return after


class WhereTooLong:
    """np.where and a division that is guarded; the squares by einsum."""

    def max_norm_project(params, *, max_norm):
        def projected(w):
            norms = np.sqrt(np.einsum("ij,ij->j", w, w))
            safe = np.where(norms > 0, norms, 1.0)
            return np.where(norms > max_norm, w / safe * max_norm, w)

        return {key: projected(w) if np.ndim(w) == 2 else w for key, w in params.items()}


class ByMinimum:
    """The formula as it stands: the minimum of 1 and c over the norm, infinite for a column of zeros."""

    def max_norm_project(params, *, max_norm):
        after = dict(params)
        for key in [key for key in params if params[key].ndim == 2]:
            norms = np.linalg.norm(params[key].T, axis=1)
            with np.errstate(divide="ignore"):
                after[key] = np.minimum(1.0, max_norm / norms) * params[key]
        return after


VARIANTS = variants("max_norm_project", ColumnByColumn, WhereTooLong, ByMinimum)

# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "max_norm_project",
    'max_norm_project({"W": np.array([[6.0, 0.0], [8.0, 1.0]])}, max_norm=2.0)["W"].round(4)',
    'max_norm_project({"W": np.array([[1.5, 0.5], [1.5, 0.5]])}, max_norm=2.0)["W"].round(4)',
    'max_norm_project({"b": np.array([6.0, 8.0])}, max_norm=2.0)["b"].round(4)',
)
