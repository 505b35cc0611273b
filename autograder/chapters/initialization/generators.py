"""Generators as evidence of how weights were drawn: two that begin alike, and how far one has gone on."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np


def begin_alike(rng: np.random.Generator) -> tuple[np.random.Generator, np.random.Generator]:
    """Two generators whose first two words of 64 bits are the same, and no others.

    What is drawn from another generator, seeded by a draw from the one given, is the same for both.
    A word is the exclusive or of a state's halves, turned by its six highest bits, so that a change of both
    halves does not show. The second generator's increment leads from one state so changed to the next.
    """
    multiplier, modulus = 0x2360ED051FC65DA44385DF649FCCF645, 1 << 128
    first = np.random.PCG64(int(rng.integers(2**32)))
    state, step = (first.state["state"][key] for key in ("state", "inc"))
    one = (multiplier * state + step) % modulus
    two = (multiplier * one + step) % modulus
    one, two = one ^ (2 << 64 | 2), two ^ (8 << 64 | 8)  # two changes: one would be carried on for ever
    other = (two - multiplier * one) % modulus  # odd, as ``step`` is
    second = np.random.PCG64(0)
    before = (one - other) * pow(multiplier, -1, modulus) % modulus
    second.state = {**first.state, "state": {"state": before, "inc": other}}
    return np.random.Generator(first), np.random.Generator(second)


def sums_uniforms(
    student: Any,
    draw: Callable[..., Any],
    size: int,
    rng: np.random.Generator,
    counts: Iterable[int] = (6, 8, 10, 12, 16, 20, 24),
) -> bool:
    """Whether each of the ``size`` numbers of ``draw(rng=…)`` takes one of ``counts`` words, time after time.

    A sum of so many uniform numbers is nearly Gaussian; only the state of the generator shows it. Numbers
    drawn again until they will do take as many words every time with a probability below 1e-11.
    """
    left, times, seed = list(counts), 0, int(rng.integers(2**32))
    ours = np.random.default_rng(seed)
    while left and times < 20:
        draw(rng=ours)
        times += 1
        for count in left[:]:
            after = np.random.PCG64(seed).advance(times * size * count)
            if not student.stands_at(ours, np.random.Generator(after)):
                left.remove(count)
    return bool(left)
