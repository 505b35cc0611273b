"""A small course as the target of attacks: three exercises and their hidden checks.

It is independent of the real chapters, so that changes there do not change the expected scores in ``corpus``.
The same checks are here a second time as hidden tests in nbgrader's form.
"""

from __future__ import annotations

from pathlib import Path

from autograder.course.course import BOOK, Course

SLUG = "target"

# A step of momentum and a run of it; the toy course of the tests is made of them and of their checks, too.
STEP_AND_RUN = '''\
import numpy as np

SCALE = 2.0


def loss_and_grad(params, X, y):
    """Mean squared error of a line without offset, and its gradient (given)."""
    residual = X @ params["w"] - y
    return float(np.mean(residual**2)), {"w": SCALE * X.T @ residual / len(y)}


# The optimiser.


def heavy_init(params):
    """State before the first step: a velocity of zeros."""
    ### BEGIN SOLUTION
    return {"velocity": {key: np.zeros_like(value) for key, value in params.items()}}
    ### END SOLUTION


def heavy_step(params, grads, state, *, lr, momentum=0.9):
    """One step of momentum: the velocity forgets, takes the gradient in, and moves the parameters.

    v becomes momentum * v + g, then w becomes w - lr * v.

    Raises:
        ValueError: if ``momentum`` is outside [0, 1).
    """
    if not 0 <= momentum < 1:
        raise ValueError(f"momentum must lie in [0, 1), got {momentum}; 0.9 is usual")
    ### BEGIN SOLUTION
    moved, velocity = {}, {}
    for key, gradient in grads.items():
        velocity[key] = momentum * state["velocity"][key] + gradient
        moved[key] = params[key] - lr * velocity[key]
    return moved, {"velocity": velocity}
    ### END SOLUTION


def fit_line(params, X, y, *, lr, n_steps):
    """Take ``n_steps`` full-batch steps with your momentum; return (params, losses before each step)."""
    if n_steps < 1:
        raise ValueError(f"n_steps must be at least 1, got {n_steps}; 10 is a start")
    ### BEGIN SOLUTION
    state = heavy_init(params)
    losses = []
    for _ in range(n_steps):
        loss, grads = loss_and_grad(params, X, y)
        params, state = heavy_step(params, grads, state, lr=lr)
        losses.append(loss)
    return params, losses
    ### END SOLUTION
'''

SLOPE = '''\


def slope(f, x, *, h=1e-3):
    """The central difference of ``f`` at the number ``x``: ask f twice, h to the right and h to the left."""
    ### BEGIN SOLUTION
    return (f(x + h) - f(x - h)) / (2 * h)
    ### END SOLUTION
'''

SOLUTION = f'"""@CANARY@ solution"""\n\n{STEP_AND_RUN}{SLOPE}'

STEP_CELLS = """\
```{code-cell}
:exercise: heavy_step
:with: heavy_init
```

```{code-cell}
:check: heavy_step
:points: 3
params, grads = {"w": np.array([1.0, 2.0])}, {"w": np.array([0.5, 0.5])}
moved, state = heavy_step(params, grads, heavy_init(params), lr=0.1)
w = np.asarray(moved["w"])
assert w is moved["w"] and w.shape == (2,) and w.dtype == float, f"The new w is an array like w, got {w!r}."
assert np.allclose(w, [0.95, 1.95]), f"The first step is lr times the gradient, got {w}."
```
"""

FRONT = """\
---
title: A target
hours: 1
---
# A target

```{code-cell}
:setup:
:given: SCALE, loss_and_grad
import numpy as np
```

"""

REST = """\

```{code-cell}
:exercise: fit_line
```

```{code-cell}
:check: fit_line
:points: 2
X = np.array([[1.0], [2.0]])
params, losses = fit_line({"w": np.zeros(1)}, X, X[:, 0], lr=0.05, n_steps=30)
w = np.asarray(params["w"])
assert w is params["w"] and w.shape == (1,) and w.dtype == float, f"The last w is like the first, got {w!r}."
assert losses[-1] < losses[0], f"The loss falls along the way, got {losses[0]} and then {losses[-1]}."
```

```{code-cell}
:exercise: slope
```

```{code-cell}
:check: slope
:points: 2
assert abs(slope(lambda x: x**2, 3.0) - 6.0) < 1e-6, "The slope of x**2 at 3 is 6."
```
"""

TEXT = f"{FRONT}{STEP_CELLS}{REST}"

STEP_CHECKS = '''\
@pytest.mark.exercise("heavy_step", weight=2)
def test_follows_momentum_over_many_steps(student, reference, rng):
    """Five steps with changing gradients end where momentum ends."""
    shapes = {"w": (2, 3), "b": 3, "c": 3}
    params, *grads = ({key: rng.normal(size=size) for key, size in shapes.items()} for _ in range(6))
    got = student.trajectory("heavy", params, grads, lr=0.05, momentum=0.7)
    want = reference.trajectory("heavy", params, grads, lr=0.05, momentum=0.7)
    assert close(got, want), "After some steps the parameters are elsewhere: how does the velocity forget?"


@pytest.mark.exercise("heavy_step")
def test_first_step_is_plain_descent(student, reference, rng):
    """The first step from rest is lr times the gradient."""
    params, grads = {"w": rng.normal(size=4)}, [{"w": rng.normal(size=4)}]
    got = student.trajectory("heavy", params, grads, lr=0.3)
    want = reference.trajectory("heavy", params, grads, lr=0.3)
    assert close(got, want), "From rest the first step is lr times the gradient, against it."
'''

RUN_CHECKS = '''\
def problem(rng):
    X = rng.normal(size=(12, 3))
    return X, X @ np.array([1.0, -2.0, 0.5])


@pytest.mark.exercise("fit_line", weight=2)
def test_losses_are_those_seen_on_the_way(student, reference, rng):
    """The losses are those before each step, and as many as the steps."""
    X, y = problem(rng)
    got = student.fit_line({"w": np.zeros(3)}, X, y, lr=0.04, n_steps=9)[1]
    want = reference.fit_line({"w": np.zeros(3)}, X, y, lr=0.04, n_steps=9)[1]
    assert close(got, want), "The losses differ: each is taken before its step."


@pytest.mark.exercise("fit_line")
def test_parameters_end_where_momentum_ends(student, reference, rng):
    """The returned parameters are those after the last step."""
    X, y = problem(rng)
    got = student.fit_line({"w": np.zeros(3)}, X, y, lr=0.04, n_steps=7)[0]
    want = reference.fit_line({"w": np.zeros(3)}, X, y, lr=0.04, n_steps=7)[0]
    assert close(got, want), "The parameters end elsewhere: does the state live through all steps?"
'''

SLOPE_CHECKS = '''\
@pytest.mark.exercise("slope")
def test_slope_of_a_cubic(student, rng):
    """The central difference of a cubic is its slope and h squared."""
    a, x = rng.normal(size=2)
    got = student.slope(lambda t: a * t**3, float(x), h=0.1)
    assert abs(got - (3 * a * x**2 + a * 0.01)) < 1e-9, "The difference is not taken to both sides."


@pytest.mark.exercise("slope")
def test_asks_twice_h_to_each_side(student, rng):
    """The function is asked at x + h and at x - h, and nowhere else."""
    x = float(rng.normal())
    f = Recorder(lambda t: t * 2.0)
    student.slope(f, x, h=0.25)
    asked = [args[0] for args, _, _ in f.log if args]
    right = any(close(asked, [x + a, x - a]) for a in (0.25, -0.25))
    assert right, "Ask f twice, h to each side."
'''

HEADER = """\
import numpy as np
import pytest

from autograder.checking import Recorder, close


"""
CHECKS = {"heavy_step": STEP_CHECKS, "fit_line": RUN_CHECKS, "slope": SLOPE_CHECKS}

# For each exercise the hidden part of nbgrader's graded cell, which tests the same facts inside the notebook.
HIDDEN = {
    "heavy_step": """\
_rng = np.random.default_rng(90210)
_params = {"w": _rng.normal(size=(2, 3)), "b": _rng.normal(size=3)}
_state, _v = heavy_init(_params), {_key: 0.0 for _key in _params}
_want = dict(_params)
for _ in range(5):
    _grads = {_key: _rng.normal(size=np.shape(_params[_key])) for _key in _params}
    _params, _state = heavy_step(_params, _grads, _state, lr=0.05, momentum=0.7)
    for _key in _want:
        _v[_key] = 0.7 * _v[_key] + _grads[_key]
        _want[_key] = _want[_key] - 0.05 * _v[_key]
        np.testing.assert_allclose(_params[_key], _want[_key], rtol=1e-9)
""",
    "fit_line": """\
_X = np.random.default_rng(90211).normal(size=(12, 3))
_y = _X @ np.array([1.0, -2.0, 0.5])
_got, _losses = fit_line({"w": np.zeros(3)}, _X, _y, lr=0.04, n_steps=9)
_w, _v, _want = np.zeros(3), np.zeros(3), []
for _ in range(9):
    _want.append(np.mean((_X @ _w - _y) ** 2))
    _v = 0.9 * _v + 2.0 * _X.T @ (_X @ _w - _y) / 12
    _w = _w - 0.04 * _v
np.testing.assert_allclose(_losses, _want, rtol=1e-9)
np.testing.assert_allclose(_got["w"], _w, rtol=1e-9)
""",
    "slope": """\
_asked = []
def _cubic(t):
    _asked.append(t)
    return 1.7 * t**3
assert abs(slope(_cubic, 0.6, h=0.1) - (3 * 1.7 * 0.36 + 1.7 * 0.01)) < 1e-9
np.testing.assert_allclose(sorted(_asked), [0.5, 0.7])
""",
}

TOC = f"format: jb-book\nroot: {BOOK}/index\nchapters:\n  - file: {BOOK}/{SLUG}\n"


def write_target(root: Path, canary: str) -> Course:
    """Write the course to ``root``; ``canary`` is a word in every file that no submission may read."""
    course = Course(root)
    texts = {root / "_toc.yml": TOC, course.text(SLUG): TEXT, course.solution(SLUG): SOLUTION}
    for name, checks in CHECKS.items():
        texts[course.content(SLUG) / f"{name}.py"] = f'"""@CANARY@ checks"""\n\n{HEADER}{checks}'
    for path, text in texts.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace("@CANARY@", canary), encoding="utf-8")
    return course
