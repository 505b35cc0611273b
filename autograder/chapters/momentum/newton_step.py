"""Newton's step, `newton_step`: hidden checks."""

import numpy as np
import pytest

from autograder.checking import close, examples

from ..shared import few_digits
from .shared import bowl, numbers

# --- Checks -------------------------------------------------------------------------------------------------


@pytest.mark.exercise("newton_step", weight=2)
def test_one_step_lands_in_the_minimum(student, rng):
    """On a quadratic bowl of any shape and orientation one step lands in the minimum."""
    # neither a curvature nor a step is small by itself
    for n, scale, far in ((2, 1.0, 1.0), (1, 1.0, 1.0), (12, 1.0, 1.0), (3, 1.0, 1e-14), (3, 1e-13, 1.0)):
        H = scale * bowl(rng, rng.uniform(0.2, 5.0, size=n))
        w, minimum = far * rng.normal(size=n), far * rng.normal(size=n)
        got = student.newton_step(w, H @ (w - minimum), H)
        assert close(got, minimum, rtol=1e-8, atol=1e-9 * far), few_digits(got, minimum) or (
            "The step does not land in the minimum of a quadratic. Solve H p = g for p, with all of H, and "
            "take p off w, be they short or long."
        )
    assert close(student.newton_step(minimum, 0.0 * w, H), minimum), (
        "Where the gradient is zero the weights move, or are no numbers: there p is zero. Is anything "
        "divided by the gradient's length?"
    )


@pytest.mark.exercise("newton_step")
def test_saddles_and_maxima_are_stationary_too(student, rng):
    """Where curvatures are negative the step goes to the stationary point all the same, uphill if need be."""
    saddles = [bowl(rng, curvatures) for curvatures in ([-1.5, 0.7, 2.0, -0.4], [-0.5, -3.0, -1.0])]
    for H in (*saddles, np.array([[0.0, 2.0], [2.0, 0.0]])):
        w, point = rng.normal(size=len(H)), rng.normal(size=len(H))
        assert close(student.newton_step(w, H @ (w - point), H), point, rtol=1e-8, atol=1e-9), (
            "At a saddle or a maximum the step does not go to the point of zero gradient. Newton's step "
            "solves for that point whatever the signs of the curvatures are, and whether or not an entry of "
            "the diagonal is zero."
        )


@pytest.mark.exercise("newton_step", weight=2)
def test_damping_is_added_to_the_diagonal(student, reference, rng):
    """Damping is added, as it is, to each diagonal entry of the Hessian and to no other."""
    up, down = (bowl(rng, some) for some in ([0.5, 1.0, 3.0, 4.0], [-8.0, -6.0, -5.0, -4.5]))
    w, grad = rng.normal(size=4), rng.normal(size=4)
    a, b, c, d = numbers(rng, 0.3, 3.0, 4)
    cases = [(up, a, 1.0), (up, b, 1.0), (down, c, 1.0), (up[:1, :1], d, 1.0)]
    cases += [(1e-12 * up, 1e-12 * a, 1.0), (1e200 * up, 1e200 * b, 1e200)]
    for H, damping, push in cases:
        n = len(H)
        got, want = (
            side.newton_step(w[:n], push * grad[:n], H, damping=damping) for side in (student, reference)
        )
        assert close(got, want), (
            "With damping the step is another one than that of H + δI. Which entries of H does δ belong to, "
            "is it added, and is it added as it is, however large or small? One weight alone is damped, too, "
            "and the step is taken whole."
        )


@pytest.mark.exercise("newton_step")
def test_damping_cures_a_singular_hessian(student, rng):
    """Where the Hessian is flat, a damped step goes along the gradient, over the damping."""
    H, drawn = np.outer(u := rng.normal(size=4), u), float(rng.uniform(0.5, 1.5))
    w, grad = rng.normal(size=4), rng.normal(size=4)
    along = (u @ grad) / (u @ u) * u
    for damping in (drawn, 1e-3 * drawn):
        want = w - along / (u @ u + damping) - (grad - along) / damping
        assert close(student.newton_step(w, grad, H, damping=damping), want, rtol=1e-8, atol=1e-6), (
            "This Hessian has one curvature and is flat otherwise; with damping the system has a solution, "
            "and the step is not that. Is the damping in the matrix before it is solved?"
        )


@pytest.mark.exercise("newton_step")
def test_the_step_does_not_depend_on_units(student, rng):
    """In other coordinates, stretched, turned and moved, the step leads to the same point."""
    n = 3
    H, w, grad = bowl(rng, [0.5, 1.0, 4.0]), rng.normal(size=n), rng.normal(size=n)
    turn, shift = rng.normal(size=(n, n)) + 3 * np.eye(n), rng.normal(size=n)
    moved = student.newton_step(w, grad, H)
    for stretch in (1.0, 1e5):
        A = stretch * turn  # new coordinates: A w + shift
        back = np.linalg.inv(A)
        again = student.newton_step(A @ w + shift, back.T @ grad, back.T @ H @ back)
        assert not close(moved, w) and close(again, A @ moved + shift, rtol=1e-7, atol=1e-8 * stretch), (
            "The same problem in other units gives another step. That is what sets Newton's step apart from "
            "descent: curvature and gradient change together. Is the whole of H used, and the whole step "
            "taken, however long it is?"
        )


@pytest.mark.exercise("newton_step")
def test_the_system_is_solved(student, rng):
    """With curvatures of very different size the step still solves its linear system to rounding."""
    for smallest in (1e-9, 2e-13):
        H, w = bowl(rng, np.geomspace(smallest, 10.0, 8)), np.zeros(8)
        grad = H @ rng.choice([-1.0, 1.0], size=8)  # large only where the curvature is
        p = w - student.newton_step(w, grad, H)
        assert np.linalg.norm(p) > 0.1 and np.linalg.norm(H @ p - grad) < 1e-11 * np.linalg.norm(grad), (
            "Put into H p = g the step leaves a residual far above rounding. Is the system solved with all "
            "of H? An inverse loses digits where curvatures are very different, and a wide tolerance leaves "
            "the small ones out."
        )
    H, point = np.diag([1.0, -(2.0**-46)]), rng.normal(size=2)  # nothing is rounded by solving it
    assert close(student.newton_step(np.zeros(2), H @ -point, H), point), (
        "With two curvatures of very different size, one of them negative, the step does not land where the "
        "gradient is zero. A direction whose curvature is small beside another's is solved for like all "
        "others: a least squares or a pseudo-inverse with a wide tolerance leaves it out."
    )


# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "newton_step",
    """
    H = np.array([[2.0, 1.0], [1.0, 3.0]])
    newton_step(np.zeros(2), np.array([1.0, 2.0]), H, damping=1.0)
    """,
    """
    newton_step(np.zeros(2), np.array([5.0, 4.0]), np.array([[1.0, 2.0], [2.0, 1.0]]))  # a saddle
    """,
    """
    newton_step(np.zeros(2), np.array([1.0, 1e-12]), np.diag([1.0, 1e-12]))
    """,
    """
    far, damped = np.array([3e5, 4e5]), np.array([2.0, -4.0])
    newton_step(np.zeros(2), far, np.eye(2)), newton_step(np.zeros(2), damped, np.diag(damped), damping=1.0)
    """,
)
