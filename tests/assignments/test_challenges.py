"""The challenges: the number to beat is what the parts reach, and an idea beats it."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

import pytest

from autograder.authoring.build import complete_notebook
from autograder.course.course import Course
from autograder.course.release import CHALLENGE, EXPERIMENTS, SHOWING

COURSE = Course(Path(__file__).parents[2])
SLUGS = [slug for slug in COURSE.slugs if slug != "capstone"]  # it has its number among its experiments
MAX_SECONDS = 5.0  # of processor time, on a busy machine
LONG = ("in range(N_STEPS)", "def write(")  # a training, and what is written after it: not needed here
MORE = {"dropout"}  # where more is better

# For each challenge what is replaced in its cell: an idea that beats the number.
IDEAS: dict[str, tuple[tuple[str, str], ...]] = {
    "schedules": (  # a large rate for the flat direction, halved again and again for the steep one's noise
        (
            "cosine_lr(np.arange(300), base_lr=0.0425, total_steps=300)",
            "step_lr(np.arange(300), lr0=0.06, step_size=50, gamma=0.5)",
        ),
    ),
    "momentum": (  # Chebyshev's polynomials: rate and momentum for each update
        ("_, lr, momentum = best_rates(1.0, 1000.0)", "lr = before = 1 / 500.5"),
        ("momentum_init", "velocity_init"),
        (
            "for _ in range(80):",
            "for k in range(80):\n        share = (499.5 * lr / (2 if k > 1 else 2**0.5)) ** 2",
        ),
        (
            "params, state = momentum_step(params, slope(params), state, lr=lr, momentum=momentum)",
            "before, lr = lr, 1 / (500.5 - share / lr) if k else lr\n"
            "        momentum = share * lr / before if k else 0.0\n"
            "        params, state = velocity_step(params, slope(params), state, lr=lr, momentum=momentum)",
        ),
    ),
    "adaptive": (  # smaller batches, and a rate that falls to nothing
        (
            "params, _ = train_digits(params, X, y, lr=0.03, batch_size=50, n_epochs=2, rng=rng)",
            "state, orders = adam_init(params), [rng.permutation(len(X)) for _ in range(2)]\n"
            "    batches = [order[at : at + 20] for order in orders for at in range(0, len(X), 20)]\n"
            "    for k, rows in enumerate(batches):\n"
            "        _, grads = loss_and_grad(params, X[rows], y[rows])\n"
            "        params, state = adam_step(params, grads, state, lr=0.05 * (1 - k / len(batches)))",
        ),
    ),
    "backprop": (  # momentum
        (
            'params, _ = train_gd(params, X, y, lr=1.5, n_steps=60, activation="relu")',
            "velocity = {key: 0.0 for key in params}\n"
            "    for _ in range(60):\n"
            '        _, upstream = softmax_cross_entropy(mlp_forward(params, X, activation="relu"), y)\n'
            '        grads, _ = mlp_backward(upstream, params, X, activation="relu")\n'
            "        velocity = {key: 0.9 * velocity[key] + grads[key] for key in params}\n"
            "        params = gd_step(params, velocity, lr=0.3)",
        ),
    ),
    "batch_norm": (("return 0.1", "return 1 / (step + 1)"),),  # the plain mean of all batches
    "dropout": (  # random features in place of the pixels
        (
            "X, new = np.c_",
            "P = rng.normal(size=(64, 300)) / 8\n"
            "    X, new = np.maximum(X @ P, 0), np.maximum(new @ P, 0)\n    X, new = np.c_",
        ),
        ("lam=0.03", "lam=0.003"),
    ),
    "initialization": (  # a compromise between both directions, with He's factor
        ("he_normal(fan_in, fan_out, rng=rng)", "xavier_normal(fan_in, fan_out, rng=rng, gain=np.sqrt(2))"),
    ),
    "minibatch_sgd": (  # starts far from each other, and early examples forgotten
        (
            "centers, counts = X[rng.choice(len(X), 10, replace=False)], np.zeros(10, dtype=int)",
            "centers, counts = X[rng.choice(len(X), 1)], np.zeros(10, dtype=int)\n"
            "    while len(centers) < 10:\n"
            "        gap = np.min([np.sum((X - one) ** 2, axis=1) for one in centers], axis=0)\n"
            "        centers = np.vstack([centers, X[rng.choice(len(X), p=gap / gap.sum())]])",
        ),
        (
            "for rows in minibatches(len(X), 20, rng=rng):",
            "for k, rows in enumerate(minibatches(len(X), 20, rng=rng)):\n"
            "        counts = np.minimum(counts, 5) if k in (20, 40, 60) else counts",
        ),
    ),
    "modern": (("n_steps, batch_size = 60, 16", "n_steps, batch_size = 240, 4"),),
    "tuning": (  # the golden section
        (
            "coarse_to_fine(score, low=1e-5, high=1.0, n_coarse=5, n_fine=4)",
            "share, a, b = (5**0.5 - 1) / 2, -5.0, 0.0\n"
            "    c, d = b - share * (b - a), a + share * (b - a)\n"
            "    at_c, at_d = score(10**c), score(10**d)\n"
            "    for _ in range(7):\n"
            "        if at_c < at_d:\n"
            "            b, d, at_d, c = d, c, at_c, d - share * (d - a)\n"
            "            at_c = score(10**c)\n"
            "        else:\n"
            "            a, c, at_c, d = c, d, at_d, c + share * (b - c)\n"
            "            at_d = score(10**d)",
        ),
    ),
}


def challenge_of(slug: str) -> tuple[str, str, list[str]]:
    """(the challenge's text, its cell, the code cells above that it may build on), every answer right."""
    cells = complete_notebook(COURSE, slug).cells
    names = [cell.metadata.get("nbgrader", {}).get("grade_id", "") for cell in cells]
    place = names.index(CHALLENGE)
    before = [
        cell.source
        for cell, name in zip(cells[:place], names, strict=False)
        if cell.cell_type == "code"
        and not name.startswith(("check_", *SHOWING))
        and "matplotlib" not in cell.source
    ]
    return cells[place - 1].source, cells[place].source, before


def number_of(code: str, space: dict[str, Any]) -> float:
    own = dict(space)
    exec(compile(code, CHALLENGE, "exec"), own)
    return float(own["number"])


@pytest.mark.usefixtures("notebook_data")
@pytest.mark.parametrize("slug", SLUGS)
def test_the_number_is_what_the_parts_reach_and_an_idea_beats_it(
    slug: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In text and cell stands the same number; the cell is quick, and says what it found."""
    monkeypatch.chdir(COURSE.released(slug).parent)
    above, code, before = challenge_of(slug)
    _, heading, text = above.rpartition("## A challenge, without points\n")
    space: dict[str, Any] = {"__name__": "notebook"}
    for source in before:
        if not any(one in source for one in LONG):
            exec(compile(source, slug, "exec"), space)
    assert heading
    (said,) = re.findall(r"\*\*([\d.]+)\*\*", text)
    (held,) = re.findall(r"^TO_BEAT = ([\d.]+)$", code, re.M)
    began = time.process_time()
    reached = number_of(code, space)
    assert time.process_time() - began < MAX_SECONDS
    assert said == held == f"{reached:.{len(held.partition('.')[2])}f}"
    for old, new in IDEAS[slug]:
        assert code.count(old) == 1, old
        code = code.replace(old, new)
    better = number_of(code, space)
    assert better > 1.01 * reached if slug in MORE else better < 0.99 * reached


@pytest.mark.parametrize("slug", SLUGS)
def test_no_grader_runs_it(slug: str) -> None:
    """The cell is the student's to change, and is among neither the given cells nor the line's."""
    release = COURSE.release(slug)
    (mark,) = (
        cell["metadata"]
        for cell in release.notebook["cells"]
        if cell["metadata"].get("nbgrader", {}).get("grade_id") == CHALLENGE
    )
    assert mark.get("editable", True) and CHALLENGE not in release.locked and CHALLENGE != EXPERIMENTS
    assert not any("TO_BEAT" in source for source in (*release.setup, *release.locked.values()))
