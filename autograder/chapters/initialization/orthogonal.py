"""Orthogonal weights, `orthogonal`: hidden checks, named mistakes, variants."""

from functools import partial

import numpy as np
import pytest

from autograder.checking import close, examples, laws, mistakes, variants

from .generators import sums_uniforms
from .shared import COPY, FRESH, SUMS, TWIN, draws_every_weight, draws_from_rng_alone

# --- Checks -------------------------------------------------------------------------------------------------


@pytest.mark.exercise("orthogonal")
@pytest.mark.parametrize("shape", [(7, 4), (4, 7), (5, 5), (1, 3), (3, 1)])
def test_nothing_is_stretched(student, rng, shape):
    """Columns of a tall matrix and rows of a wide one are orthogonal and of length gain."""
    n, m = shape
    for gain in (float(rng.uniform(1.5, 3.0)), 1e-9, 1e9):
        W = student.orthogonal(n, m, rng=rng, gain=gain) / gain
        got = W.T @ W if n >= m else W @ W.T
        assert close(got, np.eye(min(n, m)), rtol=1e-8, atol=1e-8), (
            "The smaller product of W with its transpose is not gain² times the identity. Columns are "
            "orthonormal if W is tall, rows if it is wide, and gain multiplies W."
        )


@pytest.mark.exercise("orthogonal")
@pytest.mark.parametrize(
    ("shape", "small"),
    [
        ((6, 3), (3, 1)),
        ((3, 6), (1, 3)),
        ((2, 2), (1, 1)),
    ],
)
def test_all_signs_are_as_likely(student, rng, shape, small):
    """Every entry is positive as often as negative: the factorisation's habit is taken out."""
    drawn, few = (np.array(student.orthogonal.times(38, *one, rng=rng)) for one in (shape, small))
    assert np.unique(np.abs(drawn[:, 0, 0])).size == len(drawn), FRESH
    if shape[0] == shape[1]:
        turned = np.linalg.det(drawn) > 0
        assert 0 < turned.mean() < 1, (
            "Matrices of two rows and columns are all turns, or none is. Of all that stretch nothing half do "
            "reflect. Is each column of Q multiplied by the sign of its own diagonal entry of R?"
        )
    last = min(shape) - 1
    for entry in (drawn[:, 0, 0], drawn[:, last, last], *few.reshape(len(few), -1).T):
        assert laws.share(entry > 0, 0.5, against=[0.0, 1.0]), (
            "An entry of W has one sign far too often. QR chooses the signs of Q's columns by a habit of its "
            "own, and signs of the diagonal of R undo it; the matrix factored is Gaussian, of both signs."
        )


@pytest.mark.exercise("orthogonal", weight=2)
def test_orthogonal_draws_anew(student, rng):
    """No two entries are equal, each call draws anew, and all of it from the rng handed over."""
    draws_every_weight(partial(student.orthogonal, 6, 4), rng)
    draws_from_rng_alone(partial(student.orthogonal, 8, 6), rng)
    assert not sums_uniforms(student, partial(student.orthogonal, 5, 4), 20, rng, (4, 6, 8, 12)), SUMS
    column = student.orthogonal(400, 1, rng=rng)
    assert np.abs(column).max() * 20 > 1.9, (
        "A single column of 400 entries has none of nearly twice their root mean square. Uniformly drawn "
        "directions come from a Gaussian matrix, and not from one with bounded entries."
    )
    W = 10 * student.orthogonal(100, 40, rng=rng)
    ordered = any(np.any(np.all(np.diff(side, axis=0) > 0, axis=0)) for side in (W, W.T, -W, -W.T))
    even = abs(np.mean(np.abs(W)) - np.sqrt(2 / np.pi)) < 0.05 and abs(np.mean(W[:50] ** 2) - 1) < 0.25
    assert even and not ordered, (
        "A large matrix has too many large entries beside small ones, or larger ones at one end, or is "
        "sorted. Uniformly drawn directions come from a Gaussian matrix, whose entries are independent and "
        "alike."
    )


# --- Mistakes -----------------------------------------------------------------------------------------------


FACTORED = "Q, R = np.linalg.qr(rng.normal(size=(max(fan_in, fan_out), min(fan_in, fan_out))))"
SIGNS = "Q = Q * np.sign(np.diag(R))"
SCALED = "return gain * (Q if fan_in >= fan_out else Q.T)"

MISTAKES = mistakes(
    "orthogonal",
    (
        "signs_of_the_factorisation",
        "The signs of Q's columns are left as the factorisation chose them, by a habit of its own, so that "
        "some entries have one sign always. Multiply each column by a sign taken from R.",
        (SIGNS, "Q = Q.copy()"),
    ),
    (
        "signs_of_tall_ones_only",
        "The signs are put right for tall matrices only. Wide ones come from the same factorisation, by the "
        "same habit.",
        (SIGNS, SIGNS + " if fan_in >= fan_out else Q"),
    ),
    (
        "signs_of_q",
        "The signs are taken from the diagonal of Q, and so that diagonal is positive always. They come from "
        "that of R, which is thrown away with them.",
        (SIGNS, "Q = Q * np.sign(np.diag(Q))"),
    ),
    (
        "signs_on_the_rows",
        "The signs multiply the rows of Q. They belong to its columns, one to each.",
        (SIGNS, "Q = Q * np.sign(np.diag(R))[:, None]"),
    ),
    (
        "positive_entries_factored",
        "The matrix that is factored has positive entries only, and so the first direction always points the "
        "same way. Factor a Gaussian one.",
        (FACTORED, FACTORED.replace("rng.normal(size=", "rng.random(size=")),
    ),
    (
        "uniform_entries_factored",
        "The matrix that is factored is uniform, and directions towards the corners of its cube are likelier "
        "than others. Factor a Gaussian one.",
        (FACTORED, FACTORED.replace("rng.normal(size=", "rng.uniform(-1, 1, size=")),
    ),
    (
        "turns_only",
        "Where the matrix is square a column is turned so that its determinant is 1: half of the uniform law "
        "is thrown away, all that reflects.",
        (SIGNS, SIGNS + "\n    if fan_in == fan_out and np.linalg.det(Q) < 0:\n        Q[:, -1] *= -1"),
    ),
    (
        "columns_only_normalised",
        "The columns have the right length and are not orthogonal: nothing was factored.",
        (SIGNS, "A = rng.normal(size=Q.shape)\n    Q = A / np.linalg.norm(A, axis=0)"),
    ),
    (
        "wide_not_turned",
        "For more outputs than inputs the answer has the shape of the tall matrix: there it is transposed.",
        (SCALED, "return gain * Q"),
    ),
    (
        "always_transposed",
        "The answer is transposed also where there are more inputs than outputs. W is (fan_in, fan_out).",
        (SCALED, "return gain * Q.T"),
    ),
    (
        "gain_ignored",
        "The gain is not used: every weight is multiplied by it.",
        (SCALED, "return Q if fan_in >= fan_out else Q.T"),
    ),
    (
        "gain_squared",
        "The gain multiplies the weights squared. It is the product of W with its transpose in which it "
        "stands squared.",
        (SCALED, "return gain**2 * (Q if fan_in >= fan_out else Q.T)"),
    ),
    ("copied_generator", TWIN, (FACTORED, COPY + FACTORED)),
    (
        "own_generator",
        "The matrix comes from a generator made inside, so that all layers of one shape start alike. Draw "
        "from the rng that is handed over.",
        (FACTORED, FACTORED.replace("rng.normal", "np.random.default_rng(0).normal")),
    ),
    (
        "identity",
        "The answer is the identity, cut to shape. It stretches nothing, but it is no random turn: the "
        "text says how one is drawn.",
        (SIGNS, "Q = np.eye(*Q.shape)"),
    ),
)


# --- Variants -----------------------------------------------------------------------------------------------


class OrthogonalPolar:
    """The polar factor of a Gaussian matrix, by its singular vectors: no signs to mend."""

    def orthogonal(fan_in, fan_out, *, rng, gain=1.0):
        U, _, Vt = np.linalg.svd(rng.standard_normal((fan_in, fan_out)), full_matrices=False)
        return gain * (U @ Vt)


class OrthogonalGramSchmidt:
    """Gram and Schmidt, twice for the rounding, row by row or column by column."""

    def orthogonal(fan_in, fan_out, *, rng, gain=1.0):
        long, short = max(fan_in, fan_out), min(fan_in, fan_out)
        found = []
        for _ in range(short):
            v = rng.normal(size=long)
            for _ in range(2):
                for u in found:
                    v = v - (u @ v) * u
            found.append(v / np.linalg.norm(v))
        rows = gain * np.array(found)
        return rows.T if fan_in >= fan_out else rows


class OrthogonalSquare:
    """A square turn with random signs, of which only a part is kept."""

    def orthogonal(fan_in, fan_out, *, rng, gain=1.0):
        n = max(fan_in, fan_out)
        Q, R = np.linalg.qr(rng.normal(size=(n, n)))
        Q *= np.where(np.diagonal(R) < 0, -1.0, 1.0)
        return Q[:fan_in, :fan_out] * gain


VARIANTS = variants("orthogonal", OrthogonalPolar, OrthogonalGramSchmidt, OrthogonalSquare)

# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "orthogonal",
    "orthogonal(2, 3, rng=np.random.default_rng(0)).shape",
    """
    rng = np.random.default_rng(0)
    share = np.mean([orthogonal(2, 2, rng=rng)[0, 0] > 0 for _ in range(200)])
    bool(0.3 < share < 0.7)
    """,
)
