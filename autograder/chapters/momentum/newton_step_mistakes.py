"""Named mistakes of `newton_step`, with their hints, and conventions."""

import numpy as np

from autograder.checking import GUARDS, conventions, mistakes

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
        "between the gradient and p in the text.",
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
        "What comes back is the step, not the point that it leads to. Look at what it is to return.",
        ("return w - p", "return -p"),
    ),
    (
        "long_steps_shortened",
        "A long step is shortened. Newton's step goes to the stationary point, however far that is.",
        ("return w - p", "return w - p * min(1.0, 100.0 / max(np.linalg.norm(p), 1e-300))"),
    ),
    (
        "damping_only_where_singular",
        "δ is added to some Hessians only, for example to singular ones. It is added whenever it is given.",
        (
            SOLVED,
            SOLVED.replace("damping *", "damping * (np.linalg.matrix_rank(hessian) < len(w)) *"),
        ),
    ),
    (
        "something_added_to_the_diagonal",
        "Something small is added to the diagonal, where no damping was asked for. Beside a small curvature "
        "it is large: the matrix is H + δI and nothing else.",
        (SOLVED, SOLVED.replace("damping *", "(damping + 1e-12) *")),
    ),
    free={
        "long_steps_shortened": ("(1.0, {} / max", ("100.0", "1.0", "10.0", "1000.0", "1e4")),
        "something_added_to_the_diagonal": ("damping + {})", ("1e-12", *GUARDS)),
    },
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
