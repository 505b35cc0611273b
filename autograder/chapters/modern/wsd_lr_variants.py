"""Unusual but right answers to `wsd_lr`."""

import numpy as np

from autograder.checking import variants


class LowestOfThree:
    """The lowest of three lines: the warm-up, the level and the decay."""

    def wsd_lr(step, *, base_lr, total_steps, warmup_steps, decay_steps, min_lr=0.0):
        step = np.asarray(step, dtype=float)
        left = np.minimum(total_steps - step, decay_steps) / decay_steps
        level = min_lr + (base_lr - min_lr) * left
        return level if warmup_steps == 0 else np.minimum(level, base_lr * step / warmup_steps)


class Interpolated:
    """A broken line through its corners; corners that coincide are harmless where the warm-up is not."""

    def wsd_lr(step, *, base_lr, total_steps, warmup_steps, decay_steps, min_lr=0.0):
        corners = [(0, 0.0)] if warmup_steps else []
        corners += [(warmup_steps, base_lr), (total_steps - decay_steps, base_lr), (total_steps, min_lr)]
        places, heights = zip(*corners, strict=True)
        answer = np.interp(step, places, heights)
        return answer if np.ndim(step) else float(answer)


class PhaseByPhase:
    """One step after the other, with plain branches."""

    def wsd_lr(step, *, base_lr, total_steps, warmup_steps, decay_steps, min_lr=0.0):
        def one(t):
            if t < warmup_steps:
                return base_lr * (t / warmup_steps)
            if t <= total_steps - decay_steps:
                return base_lr
            share = (t - (total_steps - decay_steps)) / decay_steps
            return (1 - share) * base_lr + share * min_lr

        if np.ndim(step) == 0:
            return float(one(step))
        return np.array([one(t) for t in np.ravel(step)], dtype=float).reshape(np.shape(step))


VARIANTS = variants("wsd_lr", LowestOfThree, Interpolated, PhaseByPhase)
