"""Course-wide helpers of the chapters: the digits, one look for each method, many runs trained as one array.

A chapter imports this module and libraries, nothing else of the repository.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
import torch
from IPython.display import Markdown
from matplotlib.axes import Axes
from matplotlib_inline.backend_inline import set_matplotlib_formats
from scipy import stats
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

torch.set_num_threads(1)  # small arrays: a second thread costs more than it brings
torch.set_default_dtype(torch.float64)

# ------------------------------------------------------------------------------------------------ data


@dataclass(frozen=True)
class Digits:
    """scikit-learn's 1797 digits of 8×8 pixels, each pixel divided by 16, a third held out."""

    X_train: np.ndarray  # (1198, 64), 0…1
    y_train: np.ndarray  # (1198,)
    X_test: np.ndarray  # (599, 64)
    y_test: np.ndarray  # (599,)


def digits(seed: int = 0) -> Digits:
    """Split the digits at random into two thirds and one, each class in its share.

    The same people wrote both parts. Holding out the last 640 instead holds out other writers, as far as the
    order of the digits shows, and costs four points of accuracy or more.

    >>> data = digits()
    >>> data.X_train.shape, data.X_test.shape, float(data.X_train.max())
    ((1198, 64), (599, 64), 1.0)
    >>> bool((digits(1).y_test == digits(1).y_test).all())
    True
    """
    X, y = load_digits(return_X_y=True)
    X_train, X_test, y_train, y_test = train_test_split(
        X / 16.0, y, test_size=599, random_state=seed, stratify=y
    )
    return Digits(X_train, y_train, X_test, y_test)


# ----------------------------------------------------------------------------------------------- looks


@dataclass(frozen=True)
class Look:
    """How one method is drawn in every figure of the course."""

    label: str
    color: str
    dash: str | tuple

    @property
    def line(self) -> dict:
        """Keyword arguments for ``Axes.plot``."""
        return {"color": self.color, "linestyle": self.dash}


# The course's colours: they keep apart for colour-blind readers and stand at 4.5 : 1 or more on white. A
# method's lines take theirs by ``look``; lines that are no method's take one from here. The figures that the
# reader plays with take theirs from course.css, which has this table as --ink-gray and so on.
INK: dict[str, str] = {
    "gray": "#595959",
    "brown": "#8a6100",
    "green": "#117733",
    "red": "#b33600",
    "blue": "#0b5fa5",
    "purple": "#882255",
}

# The same colours on dark pages, where only the figures that the reader plays with are dark themselves.
INK_DARK: dict[str, str] = {
    "gray": "#b8b8b8",
    "brown": "#dcb761",
    "green": "#7fd49a",
    "red": "#ffa77f",
    "blue": "#8cc4ff",
    "purple": "#f0a0c8",
}

# Families share a colour and differ by dash.
_DOT = (0, (1, 1.2))
LOOKS: dict[str, Look] = {
    "sgd": Look("SGD", INK["gray"], "-"),
    "momentum": Look("momentum", INK["gray"], "--"),
    "nesterov": Look("Nesterov", INK["gray"], _DOT),
    "rprop": Look("Rprop", INK["brown"], "-"),
    "quickprop": Look("quickprop", INK["brown"], "--"),
    "adagrad": Look("Adagrad", INK["green"], "-"),
    "rmsprop": Look("RMSProp", INK["red"], "-"),
    "adadelta": Look("Adadelta", INK["red"], "--"),
    "adam": Look("Adam", INK["blue"], "-"),
    "adamax": Look("AdaMax", INK["blue"], "--"),
    "nadam": Look("Nadam", INK["blue"], _DOT),
    "adamw": Look("AdamW", INK["purple"], "-"),
}


def look(method: str) -> Look:
    """The look of ``method``.

    >>> look("adam").label
    'Adam'
    >>> look("adan")
    Traceback (most recent call last):
    ...
    ValueError: a method is one of sgd, momentum, nesterov, rprop, quickprop, adagrad, rmsprop, adadelta, \
adam, adamax, nadam, adamw, got 'adan'; add it to LOOKS
    """
    if method not in LOOKS:
        raise ValueError(f"a method is one of {', '.join(LOOKS)}, got {method!r}; add it to LOOKS")
    return LOOKS[method]


def use_style() -> None:
    """Set the course's figure style: sharp SVG, the same bytes on every build, no box, faint grid."""
    set_matplotlib_formats("svg", metadata={"Date": None})
    plt.rcParams.update(
        {
            "svg.hashsalt": "course",
            "figure.figsize": (6.2, 3.2),
            "figure.facecolor": "white",
            "figure.constrained_layout.use": True,
            "savefig.facecolor": "white",
            "font.size": 11,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.grid": True,
            "grid.alpha": 0.25,
            "grid.linewidth": 0.6,
            "lines.linewidth": 1.8,
        }
    )


def spread(positions: Sequence[float], gap: float) -> np.ndarray:
    """Move ``positions`` apart as little as needed for neighbours to stand ``gap`` apart, order kept.

    >>> spread([0.0, 0.1, 5.0], 1.0).tolist()
    [-0.45, 0.55, 5.0]
    """
    order = np.argsort(positions, kind="stable")
    groups: list[list[float]] = []  # [sum of wished first places, members]
    for place in np.asarray(positions, dtype=float)[order]:
        groups.append([place, 1])
        while (
            len(groups) > 1
            and groups[-1][0] / groups[-1][1] < groups[-2][0] / groups[-2][1] + gap * groups[-2][1]
        ):
            total, members = groups.pop()
            groups[-1][0] += total - members * gap * groups[-1][1]
            groups[-1][1] += members
    moved = [total / members + gap * i for total, members in groups for i in range(int(members))]
    result = np.empty(len(moved))
    result[order] = moved
    return result


def label_ends(ax: Axes, *, gap: float = 0.06, pad: float = 0.015) -> None:
    """Write each line's label at its right end in the line's colour, moved apart by ``gap`` of the height.

    Lines whose label begins with an underscore stay without; the axes' limits must be set before.
    """
    lines = [line for line in ax.get_lines() if not str(line.get_label()).startswith("_")]
    low, high = ax.get_ylim()
    to_axes = ax.transData + ax.transAxes.inverted()
    ends = []
    for line in lines:
        x, y = (np.asarray(part, dtype=float) for part in line.get_data())
        keep = np.isfinite(y) & (x <= ax.get_xlim()[1])
        ends.append(to_axes.transform((x[keep][-1], np.clip(y[keep][-1], low, high))))
    for line, (x, _), y in zip(lines, ends, spread([end[1] for end in ends], gap), strict=True):
        ax.annotate(
            str(line.get_label()),
            (min(x, 1.0) + pad, y),
            xycoords="axes fraction",
            color=line.get_color(),
            va="center",
            annotation_clip=False,
            fontsize=9.5,
        )


def band(ax: Axes, x: np.ndarray, runs: np.ndarray, *, label: str, line: dict) -> None:
    """Draw several seeds (runs, steps) as their median and the band from the lowest to the highest."""
    ax.plot(x, np.median(runs, axis=0), label=label, **line)
    ax.fill_between(x, runs.min(axis=0), runs.max(axis=0), color=line["color"], alpha=0.15, linewidth=0)


def table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> Markdown:
    """A small table as a cell's output.

    >>> print(table(["method", "loss"], [["Adam", 0.1]]).data)
    | method | loss |
    | --- | --- |
    | Adam | 0.1 |
    """
    lines = [header, ["---"] * len(header), *rows]
    return Markdown("\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines))


# ------------------------------------------------------------------------------------- many runs at once


def sweep(
    params: Sequence[torch.Tensor],
    losses: Callable[[int], torch.Tensor],
    optimizer: Callable[[Iterable[torch.Tensor]], torch.optim.Optimizer],
    lrs: np.ndarray,
    *,
    n_steps: int,
) -> np.ndarray:
    """Train many runs as one array; each run has its own learning rate.

    The optimisers of ``torch.optim`` (Rprop aside) treat every number by itself, and their step is
    proportional to the learning rate. So one optimiser with ``lr=1`` serves all runs: after its step, each
    run keeps only its own rate's share of the move. ``params`` are changed in place.

    Args:
        params: leaf tensors with ``requires_grad``, shape (runs, …); runs may stand on several axes.
        losses: maps a step's number, from 0, to the losses of all runs, shape (runs,).
        optimizer: makes the optimiser; its ``lr`` must be 1.
        lrs: learning rates, shape (runs,).
    Returns:
        (n_steps, runs) losses, each taken before its step.
    Example:
        >>> w = torch.ones(2, 1, requires_grad=True)
        >>> _ = sweep([w], lambda t: w[:, 0] ** 2, lambda p: torch.optim.SGD(p, lr=1), np.array([0.1, 0.25]),
        ...           n_steps=1)
        >>> w.tolist()
        [[0.8], [0.5]]
    """
    runs = torch.tensor(np.array(lrs))
    rates = [runs.reshape(*runs.shape, *[1] * (p.ndim - runs.ndim)) for p in params]
    opt = optimizer(params)
    if any(group["lr"] != 1 for group in opt.param_groups):
        raise ValueError(f"sweep needs an optimiser with lr=1, got {opt}; the rates are given by lrs")
    history = []
    for step in range(n_steps):
        opt.zero_grad()
        loss = losses(step)
        loss.sum().backward()  # a run's parameters touch its own loss alone
        before = [p.detach().clone() for p in params]
        opt.step()
        with torch.no_grad():
            for p, old, rate in zip(params, before, rates, strict=True):
                p.sub_(old).mul_(rate).add_(old)
        history.append(loss.detach().numpy())
    return np.array(history)


def epochs(n: int, batch_size: int, seeds: Sequence[int], n_epochs: int) -> list[torch.Tensor]:
    """The rows of every batch, (runs, batch), each run with its own fresh order in each epoch.

    >>> batches = epochs(10, 4, seeds=[0, 1], n_epochs=3)
    >>> len(batches), [tuple(rows.shape) for rows in batches[:3]]
    (9, [(2, 4), (2, 4), (2, 2)])
    >>> sorted(torch.cat(batches[:3], 1)[1].tolist()) == list(range(10))
    True
    """
    rngs = [np.random.default_rng(seed) for seed in seeds]
    orders = (torch.tensor(np.stack([rng.permutation(n) for rng in rngs])) for _ in range(n_epochs))
    return [rows for order in orders for rows in order.split(batch_size, dim=1)]


def mlp(sizes: Sequence[int], seeds: Sequence[int]) -> list[torch.Tensor]:
    """He-initialised weights (runs, fan_in, fan_out) and zero biases (runs, 1, fan_out), a network per seed.

    >>> [tuple(p.shape) for p in mlp((64, 32, 10), seeds=[0, 1, 2])]
    [(3, 64, 32), (3, 1, 32), (3, 32, 10), (3, 1, 10)]
    """
    rngs = [np.random.default_rng(seed) for seed in seeds]
    params = []
    for fan_in, fan_out in pairwise(sizes):
        W = np.stack([rng.normal(0, np.sqrt(2 / fan_in), (fan_in, fan_out)) for rng in rngs])
        params += [torch.tensor(W), torch.zeros(len(seeds), 1, fan_out)]
    return [p.requires_grad_() for p in params]


def logits(params: Sequence[torch.Tensor], X: torch.Tensor) -> torch.Tensor:
    """Outputs of all networks, ReLU between layers; ``X`` is (runs, batch, fan_in) or (batch, fan_in).

    >>> logits(mlp((64, 32, 10), seeds=[0, 1, 2]), torch.zeros(5, 64)).shape
    torch.Size([3, 5, 10])
    """
    h = X
    for i in range(0, len(params) - 2, 2):
        h = torch.relu(h @ params[i] + params[i + 1])
    return h @ params[-2] + params[-1]


def cross_entropy(scores: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Mean softmax cross-entropy of each run: scores (runs, batch, classes), labels (…, batch).

    >>> cross_entropy(torch.zeros(3, 5, 10), torch.zeros(5, dtype=torch.int64)).numpy().round(3).tolist()
    [2.303, 2.303, 2.303]
    """
    labels = labels.expand(scores.shape[:-1])
    return -torch.log_softmax(scores, -1).gather(-1, labels.unsqueeze(-1)).squeeze(-1).mean(-1)


def accuracy(scores: torch.Tensor, labels: torch.Tensor) -> np.ndarray:
    """Share of right answers of each run, shape (runs,).

    >>> accuracy(torch.eye(4)[None], torch.tensor([0, 1, 2, 0])).tolist()
    [0.75]
    """
    return (scores.argmax(-1) == labels).double().mean(-1).numpy()


def interval(values: Sequence[float]) -> tuple[float, float]:
    """Mean of independent runs and half the width of its 95 % t interval.

    >>> mean, half = interval([1.0, 2.0, 3.0, 4.0, 5.0])
    >>> mean, round(half, 3)
    (3.0, 1.963)
    """
    low, high = stats.ttest_1samp(values, 0.0).confidence_interval(0.95)
    return float(np.mean(values)), float(high - low) / 2
