"""Inputs that can see, for the checks of `tuning`: made-up models whose losses are known, and what was asked
of them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import numpy as np

NAN = float("nan")


def asked(log: list, *names: str) -> list[tuple]:
    """What a recorded function was called with, by position or by name: one tuple a call."""
    return [
        tuple(args[i] if i < len(args) else kwargs.get(name) for i, name in enumerate(names))
        for args, kwargs, _ in log
    ]


def told(log: list) -> list:
    """What a recorded function answered, call by call."""
    return [answer for *_, answer in log]


def numbers(idx: Any) -> list:
    """Examples by number, sorted, from whatever a function was called with; [] if that is no list of them."""
    try:
        array = np.ravel(np.asarray(idx))
    except ValueError:  # a ragged nest
        return []
    return sorted(array.tolist()) if array.dtype.kind in "iuf" else []


def single(value: Any) -> float:
    """A number that a function was called with, NaN if it is none."""
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else NAN


def name_of(config: Any) -> Any:
    """The configuration's own name, None if it is no configuration of ours."""
    return config.get("name") if isinstance(config, dict) else None


def named(losses: Any) -> list[dict]:
    """A configuration for each loss, with a name and a number that says nothing."""
    return [{"name": f"c{i}", "width": 8 * (i + 1)} for i in range(len(losses))]


@dataclass
class Judge:
    """``fit_score``: each configuration has a loss on validation and another on test, and fitting matters."""

    on_val: list[float]
    on_test: list[float]
    test: list[int]

    def __call__(self, config: Any, fit_idx: Any, eval_idx: Any) -> float:
        fit, held = numbers(fit_idx), numbers(eval_idx)
        values = self.on_test if set(held) & set(self.test) else self.on_val
        known = {f"c{i}": value for i, value in enumerate(values)}
        return float(known.get(name_of(config), 99.0) + 1e-3 * sum(fit) + 1e-5 * sum(held))


@dataclass
class Protocol:
    """Parts of some examples and a judge, with a winner on validation that is not the one on test."""

    train: np.ndarray
    val: np.ndarray
    test: np.ndarray
    judge: Judge
    configs: list[dict]

    @property
    def best(self) -> int:
        return int(np.nanargmin(self.judge.on_val))


def protocol(rng: np.random.Generator, broken: bool = False) -> Protocol:
    """Five configurations; with ``broken`` the first has the loss NaN, and the winner has an equal behind."""
    order = rng.permutation(40)[:26]
    train, val, test = order[:14], order[14:21], order[21:]
    on_val = rng.permutation([0.2, 0.5, 0.9, 1.4, 2.0]) + rng.uniform(0.0, 0.1)
    on_val[0], on_val[2] = max(on_val[0], 0.8), min(on_val) - 0.1
    on_test = -on_val + 5.0
    if broken:
        on_val[0], on_val[4] = np.nan, on_val[2]
    return Protocol(train, val, test, Judge(on_val.tolist(), on_test.tolist(), test.tolist()), named(on_val))


def nested_ints(text: Any, depth: int) -> list:
    """Nested lists of ints from an adapter's text; text crosses, so that other sizes are no breach."""

    def fits(item: Any, left: int) -> bool:
        if left == 0:
            return type(item) is int
        if left == 1 and isinstance(item, list):
            return set(map(type, item)) <= {int}
        return isinstance(item, list) and all(fits(member, left - 1) for member in item)

    try:
        found = json.loads(text)
    except (json.JSONDecodeError, TypeError):
        found = None
    assert fits(found, depth), "Each part is an array of ints, numbers of examples."
    return found


@dataclass
class Runs:
    """``run(lr)``: the losses of rate ``start / 2**i`` are entry i of ``curves``, the last one for others."""

    start: float
    curves: list[list[float]]

    def __call__(self, lr: Any) -> list[float]:
        rate = single(lr)
        i = round(np.log2(self.start / rate)) if 1e-300 < rate < 1e300 else -1
        return list(self.curves[i] if 0 <= i < len(self.curves) else self.curves[-1])


def mixing(rng: np.random.Generator, n: int, kept: int) -> np.ndarray:
    """``n`` losses, many of them equal, of which an unstable sort keeps other than the first of the best.

    NumPy's sort may leave equals in any order, and for most losses the ``kept`` best are right by chance. The
    two on the borders are the worst.
    """
    for _ in range(1000):
        losses = np.array([9.0, *(rng.integers(3, size=n - 2) + 1.5), 9.0])
        if set(np.argsort(losses)[:kept]) != set(np.argsort(losses, kind="stable")[:kept]):
            break
    return losses


@dataclass
class Candidates:
    """``evaluate(i, resource)``: a row of losses for each candidate, one for each resource expected."""

    table: np.ndarray  # (candidates, rounds)
    resources: list[int] = field(default_factory=list)

    def __call__(self, i: Any, resource: Any) -> float:
        number, place = single(i), single(resource)
        if number in range(len(self.table)) and place in self.resources:
            return float(self.table[int(number), self.resources.index(int(place))])
        return 50.0


def rounds(table: np.ndarray, eta: int) -> list[list[int]]:
    """Who is alive in each round of successive halving on a table of losses, the last one alone."""
    alive = [list(range(len(table)))]
    while len(alive[-1]) > 1:
        column = table[:, len(alive) - 1]
        ranked = sorted((np.inf if np.isnan(column[i]) else column[i], i) for i in alive[-1])
        alive.append(sorted(i for _, i in ranked[: max(1, len(ranked) // eta)]))
    return alive
