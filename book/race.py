"""The race of the optimisers: a surface's contours and many paths on it, as a figure that the reader plays.

The numbers come from a chapter's cell; ``_static/race.js`` draws them in the browser without a kernel.
"""

from __future__ import annotations

import html
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import lab
import matplotlib.pyplot as plt
import numpy as np
from IPython.display import HTML

WIDTH, HEIGHT = 1000, 640  # the drawing's own units

Surface = Callable[..., Any]  # of x and y, arrays or tensors


@dataclass(frozen=True)
class Track:
    """A surface to race on: a rectangle around ``centre`` of the drawing's proportions, and three starts."""

    name: str
    loss: Surface
    half_width: float
    starts: tuple[tuple[float, float], ...]
    minima: tuple[tuple[float, float], ...]
    levels: tuple[float, ...]

    def pixels(self, points: np.ndarray) -> np.ndarray:
        """Points (…, 2) in the drawing's units; what lies far outside is moved to just outside.

        >>> Track("bowl", lambda x, y: x * x + y * y, 2.0, (), (), ()).pixels(np.array([[0, 0], [2, 9e9]]))
        array([[ 500,  320],
               [1000, -320]])
        """
        scale = WIDTH / 2 / self.half_width
        near = np.clip(np.nan_to_num(points, nan=np.inf), -1e6, 1e6)
        moved = np.array([WIDTH / 2, HEIGHT / 2]) + near * [scale, -scale]
        return np.clip(np.rint(moved), [-WIDTH // 2, -HEIGHT // 2], [WIDTH * 3 // 2, HEIGHT * 3 // 2]).astype(
            int
        )

    def contours(self, n: int = 120) -> str:
        """The level lines as the data of one SVG path."""
        xs = np.linspace(-1, 1, n) * self.half_width
        ys = np.linspace(-1, 1, n) * self.half_width * HEIGHT / WIDTH
        figure, ax = plt.subplots()
        drawn = ax.contour(xs, ys, self.loss(*np.meshgrid(xs, ys)), levels=self.levels)
        plt.close(figure)
        lines = [self.pixels(line) for level in drawn.allsegs for line in level if len(line) > 2]
        return "".join("M" + "L".join(f"{x} {y}" for x, y in line) for line in lines)


def figures(value: float) -> float | None:
    """A loss with three figures, None where it is not finite.

    >>> figures(0.0123456), figures(float("inf"))
    (0.0123, None)
    """
    return float(f"{value:.3g}") if np.isfinite(value) else None


def losses(track: Track, run: np.ndarray) -> list[float | None]:
    """The losses along a path, for the figure; a diverged path may overflow."""
    with np.errstate(all="ignore"):
        return [figures(value) for value in track.loss(run[:, 0], run[:, 1])]


def widget(
    tracks: list[Track],
    rates: dict,
    paths: dict,
    *,
    label: str,
    first: Sequence[str] = (),
    table: str = "below",
) -> HTML:
    """The figure: for every track the rate and the paths, (starts, steps, 2), of every method by name.

    Args:
        first: the methods drawn in colour at first, the others are grey until they are ticked; () is all.
        table: where the page's table stands that says the same, from the figure.
    Raises:
        ValueError: a name in ``first`` that is no method of the race.
    """
    strangers = set(first) - set(rates)
    if strangers:
        raise ValueError(f"first names methods of the race ({', '.join(rates)}), got {sorted(strangers)}")
    told = {
        "looks": {m: {"label": lab.look(m).label, "color": _ink(m), "dash": _dash(m)} for m in rates},
        "first": list(first) or list(rates),
        "tracks": [
            {
                "name": track.name,
                "contours": track.contours(),
                "extent": [track.half_width, figures(track.half_width * HEIGHT / WIDTH)],
                "minima": track.pixels(np.array(track.minima)).tolist(),
                "starts": [f"({x:.3g}, {y:.3g})".replace("-", "−") for x, y in track.starts],
                "rates": {method: figures(rates[method][track.name]) for method in rates},
                "paths": {
                    m: [track.pixels(run).ravel().tolist() for run in paths[m][track.name]] for m in rates
                },
                "losses": {m: [losses(track, run) for run in paths[m][track.name]] for m in rates},
            }
            for track in tracks
        ],
    }
    data = json.dumps(told, separators=(",", ":")).replace("</", "<\\/")
    return HTML(
        f'<div class="race" role="group" aria-label="{html.escape(label)}" style="--methods: {len(rates)}">'
        f"<p>This figure moves in the web book; the table {table} says what it shows.</p>"
        f'<script type="application/json">{data}</script></div>'
        '<script src="../_static/race.js" defer></script>'
    )


def _ink(method: str) -> str:
    """The name in the stylesheet of a method's colour, which is another one on dark pages.

    >>> _ink("adam")
    'var(--ink-blue)'
    """
    (name,) = [name for name, color in lab.INK.items() if color == lab.look(method).color]
    return f"var(--ink-{name})"


def _dash(method: str) -> str:
    """An SVG dash pattern for matplotlib's."""
    return {"-": "", "--": "14 8"}.get(str(lab.look(method).dash), "4 6")
