"""A computational graph that the reader walks through, forwards and backwards, as a figure of the page.

The numbers come from a chapter's cell; ``_static/graph_stepper.js`` draws them in the browser without a
kernel, and a folded list below says the same in words.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

from IPython.display import HTML

Number = float | list  # a number, or a matrix as a list of its rows


@dataclass(frozen=True)
class Node:
    """A box of the drawing: its name, its middle, what stands on top, lines and columns of its numbers."""

    id: str
    x: float
    y: float
    label: str = ""
    w: float = 56
    rows: int = 1
    cols: int = 1


@dataclass(frozen=True)
class Edge:
    """An arrow; ``local`` is what a gradient is multiplied by on its way back, written beside it."""

    start: str
    end: str
    local: str = ""
    below: bool = False


@dataclass(frozen=True)
class Step:
    """What appears, such as ``("value.u", "grad.x")``, and the sentence that says why."""

    reveal: tuple[str, ...]
    say: str


@dataclass(frozen=True)
class Slider:
    """An input that the reader sets to an integer."""

    id: str
    low: int
    high: int
    start: int


@dataclass(frozen=True)
class Graph:
    """A graph and the numbers in it: for each setting of the sliders, last one fastest, a row by name.

    ``local`` and ``say`` may hold names of the numbers in braces, as in ``"{value.u} · {grad.v}"``.
    """

    alt: str
    width: int
    height: int
    nodes: Sequence[Node]
    edges: Sequence[Edge]
    steps: Sequence[Step]
    settings: Sequence[dict[str, Number]]
    sliders: Sequence[Slider] = field(default=())

    def at_start(self) -> dict[str, Number]:
        """The numbers at the sliders' starting places."""
        place = 0
        for slider in self.sliders:
            place = place * (slider.high - slider.low + 1) + slider.start - slider.low
        return self.settings[place]

    def sentences(self) -> list[str]:
        """What the steps say at the start.

        >>> nodes = [Node("x", 30, 30), Node("f", 90, 30, "f = 2x")]
        >>> first = Step(("value.x",), "x = {value.x}.")
        >>> steps = [first, Step(("value.f",), "f = 2 · {value.x} = {value.f}.")]
        >>> settings = [{"value.x": x, "value.f": 2 * x} for x in range(-1, 2)]
        >>> graph = Graph("", 120, 60, nodes, [Edge("x", "f")], steps, settings, [Slider("x", -1, 1, -1)])
        >>> graph.sentences()
        ['x = −1.', 'f = 2 · (−1) = −2.']
        """
        return [fill(step.say, self.at_start()) for step in self.steps]

    def show(self) -> HTML:
        """The figure for a cell's output."""
        columns = list(self.settings[0])
        told = asdict(self) | {"columns": columns, "settings": [list(row.values()) for row in self.settings]}
        data = json.dumps(told, separators=(",", ":"), ensure_ascii=False).replace("</", "<\\/")
        lines = "".join(f"<li>{html.escape(sentence)}</li>" for sentence in self.sentences())
        return HTML(
            f'<div class="graph-stepper" role="group" aria-label="{html.escape(self.alt)}">'
            "<p>This figure moves in the web book; the list below says what it shows.</p>"
            f'<script type="application/json">{data}</script></div>'
            f"<details><summary>The same steps as text</summary><ol>{lines}</ol></details>"
            '<script src="../_static/graph_stepper.js" defer></script>'
        )


def fill(text: str, numbers: dict[str, Number]) -> str:
    """Put the numbers in; a negative factor or summand gets brackets, a result does not.

    >>> fill("u = {x} + {y} = {u}", {"x": -1, "y": -2.0, "u": -3})
    'u = −1 + (−2) = −3'
    """

    def one(match: re.Match[str]) -> str:
        number = f"{numbers[match[2]]:.4g}".replace("-", "−")
        inside = number.startswith("−") and re.search(r"[·+,] $", match[1])
        return match[1] + (f"({number})" if inside else number)

    return re.sub(r"([^{]*)\{([^}]+)\}", one, text)
