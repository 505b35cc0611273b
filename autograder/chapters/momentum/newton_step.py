"""Newton's step, `newton_step`: hidden checks, named mistakes, variants."""

import numpy as np
import pytest

from autograder.checking import close, conventions, examples, mistakes

from .shared import bowl, numbers

# --- Checks -------------------------------------------------------------------------------------------------


@pytest.mark.exercise("newton_step", weight=2)
def test_one_step_lands_in_the_minimum(student, rng):
    """On a quadratic bowl of any shape and orientation one step lands in the minimum."""
    for n, scale in ((1, 1.0), (2, 1.0), (5, 1.0), (3, 1e-13)):  # no curvature is small by itself
        H = scale * bowl(rng, rng.uniform(0.2, 5.0, size=n))
        w, minimum = rng.normal(size=n), rng.normal(size=n)
        assert close(student.newton_step(w, H @ (w - minimum), H), minimum, rtol=1e-8, atol=1e-9), (
            "The step does not land in the minimum of a quadratic. Solve H p = g for p, with all of H, and "
            "take p off w."
        )


@pytest.mark.exercise("newton_step")
def test_saddles_and_maxima_are_stationary_too(student, rng):
    """Where curvatures are negative the step goes to the stationary point all the same, uphill if need be."""
    for curvatures in ([-1.5, 0.7, 2.0, -0.4], [-0.5, -3.0, -1.0]):
        H, w = bowl(rng, curvatures), rng.normal(size=len(curvatures))
        point = rng.normal(size=len(curvatures))
        assert close(student.newton_step(w, H @ (w - point), H), point, rtol=1e-8, atol=1e-9), (
            "At a saddle or a maximum the step does not go to the point of zero gradient. Newton's step "
            "solves for that point whatever the signs of the curvatures are."
        )


@pytest.mark.exercise("newton_step", weight=2)
def test_damping_is_added_to_the_diagonal(student, reference, rng):
    """Damping is added, as it is, to each diagonal entry of the Hessian and to no other."""
    upwards, downwards = (bowl(rng, some) for some in ([0.5, 1.0, 3.0, 4.0], [-8.0, -6.0, -5.0, -4.5]))
    w, grad = rng.normal(size=4), rng.normal(size=4)
    for H, damping in zip((upwards, upwards, downwards), numbers(rng, 0.3, 3.0, 3), strict=True):
        got = student.newton_step(w, grad, H, damping=damping)
        assert close(got, reference.newton_step(w, grad, H, damping=damping)), (
            "With damping the step is another one than that of H + δI. Which entries of H does δ belong to, "
            "is it added, and is it added as it is?"
        )


@pytest.mark.exercise("newton_step")
def test_damping_cures_a_singular_hessian(student, rng):
    """Where the Hessian is flat, a damped step goes along the gradient, over the damping."""
    H, damping = np.outer(u := rng.normal(size=4), u), float(rng.uniform(0.5, 1.5))
    w, grad = rng.normal(size=4), rng.normal(size=4)
    along = (u @ grad) / (u @ u) * u
    want = w - along / (u @ u + damping) - (grad - along) / damping
    assert close(student.newton_step(w, grad, H, damping=damping), want), (
        "This Hessian has one curvature and is flat otherwise; with damping the system has a solution, and "
        "the step is not that. Is the damping in the matrix before it is solved?"
    )


@pytest.mark.exercise("newton_step")
def test_the_step_does_not_depend_on_units(student, rng):
    """In other coordinates, stretched, turned and moved, the step leads to the same point."""
    n = 3
    H, w, grad = bowl(rng, [0.5, 1.0, 4.0]), rng.normal(size=n), rng.normal(size=n)
    A, shift = rng.normal(size=(n, n)) + 3 * np.eye(n), rng.normal(size=n)  # new coordinates: A w + shift
    back = np.linalg.inv(A)
    moved = student.newton_step(w, grad, H)
    again = student.newton_step(A @ w + shift, back.T @ grad, back.T @ H @ back)
    assert not close(moved, w) and close(again, A @ moved + shift, rtol=1e-7, atol=1e-8), (
        "The same problem in other units gives another step. That is what sets Newton's step apart from "
        "descent: curvature and gradient change together. Is the whole of H used?"
    )


@pytest.mark.exercise("newton_step")
def test_the_system_is_solved(student, rng):
    """With curvatures of very different size the step still solves its linear system to rounding."""
    H, w = bowl(rng, np.geomspace(1e-9, 10.0, 8)), np.zeros(8)
    grad = H @ rng.choice([-1.0, 1.0], size=8)  # large only where the curvature is
    p = w - student.newton_step(w, grad, H)
    assert np.linalg.norm(p) > 0.1 and np.linalg.norm(H @ p - grad) < 1e-11 * np.linalg.norm(grad), (
        "Put into H p = g the step leaves a residual far above rounding. That is what the inverse of a "
        "Hessian with very different curvatures does: solve the system instead."
    )


# --- Mistakes -----------------------------------------------------------------------------------------------


SOLVED = "np.linalg.solve(hessian + damping * np.eye(len(w)), grad)"

MISTAKES = mistakes(
    "newton_step",
    (
        "small_curvatures_taken_for_none",
        "Directions whose curvature is a small number are left out. Small by itself means nothing: in other "
        "units the same curvature is large. All of H is solved.",
        (
            SOLVED,
            "(lambda A: np.linalg.pinv(A * (np.abs(A) > 1e-12)) @ grad)(hessian + damping * np.eye(len(w)))",
        ),
    ),
    (
        "damping_with_the_sign_of_the_curvature",
        "δ is taken off where the diagonal of H is negative. It is added to every entry of the diagonal, as "
        "it is.",
        (SOLVED, SOLVED.replace("np.eye(len(w))", "np.diag(np.where(np.diag(hessian) < 0, -1.0, 1.0))")),
    ),
    (
        "plain_descent",
        "The Hessian plays no part: this is a step of gradient descent with rate one. Look at what stands "
        "between the gradient and p in the docstring.",
        (SOLVED, "grad"),
    ),
    (
        "diagonal_only",
        "Each entry of the gradient is divided by its own diagonal entry of H. That is right only where H "
        "has no other entries; the valley lies across the axes. A linear system is to be solved.",
        (SOLVED, "grad / (np.diag(hessian) + damping)"),
    ),
    (
        "no_damping",
        "The damping changes nothing. Look at what the matrix of the linear system is made of.",
        (SOLVED, "np.linalg.solve(hessian, grad)"),
    ),
    (
        "damping_everywhere",
        "The damping is added to every entry of H, for a number spreads over a whole array. δI is a matrix "
        "that has δ on its diagonal and zeros elsewhere.",
        (SOLVED, "np.linalg.solve(hessian + damping, grad)"),
    ),
    (
        "damping_taken_off",
        "The damping is taken off the diagonal, which makes flat directions worse. Look at its sign.",
        (SOLVED, "np.linalg.solve(hessian - damping * np.eye(len(w)), grad)"),
    ),
    (
        "damping_shortens_the_step",
        "Newton's own step is made shorter by the damping, the same in all directions. The damping belongs "
        "into the linear system, where it slows flat directions most and steep ones hardly.",
        (SOLVED, "np.linalg.solve(hessian, grad) / (1 + damping)"),
    ),
    (
        "away_from_the_point",
        "The step goes the wrong way, as far from the stationary point as it was before and on the other "
        "side. Look at the sign of p in the update.",
        ("return w - p", "return w + p"),
    ),
    (
        "multiplies_by_the_hessian",
        "The gradient is multiplied by H where H p = g is to be solved for p: steep directions take the "
        "longest steps instead of the shortest.",
        (SOLVED, "(hessian + damping * np.eye(len(w))) @ grad"),
    ),
    (
        "inverse",
        "The inverse of H is formed and multiplied. On paper that is the same; with curvatures of very "
        "different size its rounding errors are as large as the step. NumPy solves a linear system directly.",
        (SOLVED, "np.linalg.inv(hessian + damping * np.eye(len(w))) @ grad"),
    ),
    (
        "returns_the_step",
        "What comes back is the step, not the point that it leads to. Look at what the docstring returns.",
        ("return w - p", "return -p"),
    ),
)


# --- Right by another convention ----------------------------------------------------------------------------


class SaddleFree:
    def newton_step(w, grad, hessian, *, damping=0.0):
        curvatures, axes = np.linalg.eigh(hessian)
        return w - axes @ ((axes.T @ grad) / (np.abs(curvatures) + damping))


CONVENTIONS = conventions(
    "newton_step",
    (
        "saddle_free",
        "The curvatures' absolute values are used, so that saddles and maxima are left behind: this is "
        "saddle-free Newton (Dauphin et al. 2014). Asked for is Newton's own step, which goes to them.",
        SaddleFree,
    ),
    (
        "marquardt",
        "The damping is in proportion to H's diagonal, as Marquardt has it (1963). Here it is added to "
        "every diagonal entry as it is, as in Levenberg's form.",
        (SOLVED, "np.linalg.solve(hessian + damping * np.diag(np.diag(hessian)), grad)"),
    ),
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
    newton_step(np.zeros(2), np.array([2.0, -4.0]), np.diag([2.0, -4.0]), damping=1.0)
    """,
)
