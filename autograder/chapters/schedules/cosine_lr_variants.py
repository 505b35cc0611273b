"""Unusual but right answers to `cosine_lr`, which no check may refuse."""

import numpy as np

from autograder.checking import variants


class CosineSquared:
    """The half-angle formula; boolean weights in place of a choice; a 0-d array for a number."""

    def cosine_lr(step, *, base_lr, total_steps, warmup_steps=0, min_lr=0.0):
        step = np.asarray(step, dtype=float)
        u = np.maximum(step - warmup_steps, 0) / (total_steps - warmup_steps)
        down = min_lr + (base_lr - min_lr) * np.cos(np.pi * u / 2) ** 2
        rising = step < warmup_steps
        return rising * (base_lr * step / (warmup_steps or 1)) + ~rising * down


class CosineWeights:
    """A weighted mean of peak and floor, entry by entry, with the math module."""

    def cosine_lr(step, *, base_lr, total_steps, warmup_steps=0, min_lr=0.0):
        import math

        def one(step):
            if step < warmup_steps:
                return base_lr * (step / warmup_steps)
            share = (1 + math.cos(math.pi * (step - warmup_steps) / (total_steps - warmup_steps))) / 2
            return share * base_lr + (1 - share) * min_lr

        return one(step) if np.ndim(step) == 0 else np.vectorize(one, otypes=[float])(step)


class CosineInPlace:
    """Fills an array of its own, phase by phase."""

    def cosine_lr(step, *, base_lr, total_steps, warmup_steps=0, min_lr=0.0):
        steps = np.atleast_1d(step)
        rates = np.empty(steps.shape)
        early = steps < warmup_steps
        if warmup_steps:
            rates[early] = np.interp(steps[early], [0, warmup_steps], [0.0, base_lr])
        angle = np.linspace(0, np.pi, total_steps - warmup_steps + 1)
        way_down = (base_lr + min_lr) / 2 + (base_lr - min_lr) / 2 * np.cos(angle)
        rates[~early] = way_down[steps[~early] - warmup_steps]
        return rates if np.ndim(step) else float(rates[0])


VARIANTS = variants("cosine_lr", CosineSquared, CosineWeights, CosineInPlace)
