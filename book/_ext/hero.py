"""The directive ``{hero}``: the moving picture of the front page, four runs in one valley.

The valley, the start and the first rate are those of the first figure on momentum in its chapter, and noise
is added, as batches bring it. A rate that is too large leaves the valley, a small one creeps, momentum comes
down and does not settle, and with a falling rate it does. ``hero.js`` plays the paths; without scripts they
stand still, all four.
"""

from __future__ import annotations

import json
from typing import NamedTuple

import numpy as np
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

WIDTH, HEIGHT = 640, 400
CURVATURES, START = np.array([1.0, 30.0]), np.array([-3.0, 0.45])  # momentum.md, "a ball with friction"
MIDDLE, SCALE = np.array([-0.75, 0.0]), np.array([128.0, 205.0])  # of the picture, in the valley's units
UPDATES, NOISE = 60, 2.2


class Run(NamedTuple):
    """One scene: its rate, its momentum, whether the rate falls to zero, its colour and its words."""

    lr: float
    mu: float
    falls: bool
    ink: str
    name: str
    says: str


RUNS = (
    Run(0.07, 0.0, False, "brown", "A large rate", "bounces from wall to wall, and out."),
    Run(0.01, 0.0, False, "red", "A small rate", "creeps along the floor."),
    Run(0.03, 0.85, False, "blue", "Momentum", "comes down fast, and does not settle."),
    Run(0.03, 0.85, True, "green", "A falling rate", "brings it to rest."),
)


def path(run: Run) -> np.ndarray:
    """The places of a run, at most (UPDATES + 1, 2); noise is the same for all runs.

    >>> [round(float(np.hypot(*path(run)[-1])), 1) for run in RUNS[1:]]
    [1.6, 0.6, 0.2]
    """
    rng = np.random.default_rng(3)
    place, velocity, places = START.copy(), np.zeros(2), [START]
    for update in range(UPDATES):
        gradient = CURVATURES * place + NOISE * rng.normal(size=2)
        velocity = run.mu * velocity + gradient
        place = place - run.lr * ((1 - update / UPDATES) ** 1.5 if run.falls else 1.0) * velocity
        places.append(place)
        if abs(place[1]) > 1.2:  # out of the picture, for good
            break
    return np.array(places)


def pixels(places: np.ndarray) -> np.ndarray:
    """Places in the drawing's units; what is far outside stays just outside."""
    drawn = (places - MIDDLE) * SCALE * [1, -1] + [WIDTH / 2, HEIGHT / 2]
    return np.clip(drawn, [-WIDTH, -HEIGHT], [2 * WIDTH, 2 * HEIGHT])


def contours() -> str:
    """Level lines of the valley as the data of one SVG path."""
    angles = np.linspace(0, 2 * np.pi, 73)
    circle = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    lines = [pixels(circle * np.sqrt(2 * level / CURVATURES)) for level in (0.1, 0.5, 1.5, 3.5, 7, 12)]
    return "".join("M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in line) for line in lines)


def drawing() -> str:
    """The picture as HTML that reads without scripts: four paths, the minimum, and a line for each."""
    scenes, words = [], []
    for run in RUNS:
        points = " ".join(f"{x:.1f},{y:.1f}" for x, y in pixels(path(run)))
        scenes.append(f'<polyline class="{run.ink}" points="{points}" pathLength="1"/>')
        words.append(f'<li class="{run.ink}"><b>{run.name}</b> {run.says}</li>')
    x, y = pixels(np.zeros((1, 2)))[0]
    label = "Four runs of gradient descent in a long valley. " + " ".join(
        f"{run.name} {run.says}" for run in RUNS
    )
    return (
        f'<figure class="hero" data-runs="{len(RUNS)}"><svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label={json.dumps(label)}><path class="level" d="{contours()}"/>{"".join(scenes)}'
        f'<path class="goal" d="M{x - 9:.0f} {y:.0f}h18M{x:.0f} {y - 9:.0f}v18"/><circle r="7" hidden/></svg>'
        f"<figcaption><ol>{''.join(words)}</ol></figcaption></figure>"
    )


class Hero(SphinxDirective):
    def run(self) -> list[nodes.Node]:
        return [nodes.raw("", drawing(), format="html")]


def setup(app: Sphinx) -> dict:
    app.add_directive("hero", Hero)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
