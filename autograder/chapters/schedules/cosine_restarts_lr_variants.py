"""Unusual but right answers to `cosine_restarts_lr`, which no check may refuse."""

import numpy as np

from autograder.checking import variants


class RestartsSubtracted:
    """Takes off whole cycles until the rest fits into one, entry by entry."""

    def cosine_restarts_lr(step, *, base_lr, first_cycle, cycle_mult=1, min_lr=0.0):
        def one(rest):
            length = first_cycle
            while rest >= length:
                rest, length = rest - length, length * cycle_mult
            return min_lr + (base_lr - min_lr) * np.cos(np.pi * rest / length / 2) ** 2

        if np.ndim(step) == 0:
            return one(int(step))
        return np.reshape([one(s) for s in np.ravel(step).tolist()], np.shape(step))


class RestartsByLogarithm:
    """The logarithm for a guess, corrected by the cycles' true beginnings."""

    def cosine_restarts_lr(step, *, base_lr, first_cycle, cycle_mult=1, min_lr=0.0):
        step = np.asarray(step)
        if cycle_mult == 1:
            place, length = step % first_cycle, first_cycle
        else:
            guess = np.log(step / first_cycle * (cycle_mult - 1) + 1) / np.log(cycle_mult)
            cycle = np.maximum(guess.astype(int) - 1, 0)
            for _ in range(2):
                cycle = cycle + (first_cycle * (cycle_mult ** (cycle + 1) - 1) // (cycle_mult - 1) <= step)
            place = step - first_cycle * (cycle_mult**cycle - 1) // (cycle_mult - 1)
            length = first_cycle * cycle_mult**cycle
        return base_lr - (base_lr - min_lr) * (1 - np.cos(np.pi * place / length)) / 2


class RestartsWritten:
    """Writes all cycles one after the other into a table and looks the steps up."""

    def cosine_restarts_lr(step, *, base_lr, first_cycle, cycle_mult=1, min_lr=0.0):
        table, length = [], first_cycle
        while len(table) <= np.max(step):
            share = (1 + np.cos(np.pi * np.arange(length) / length)) / 2
            table.extend(min_lr + (base_lr - min_lr) * share)
            length *= cycle_mult
        return np.array(table)[step]


VARIANTS = variants("cosine_restarts_lr", RestartsSubtracted, RestartsByLogarithm, RestartsWritten)
