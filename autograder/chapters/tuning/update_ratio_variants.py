"""Unusual but right answers to `update_ratio`, which no check may refuse."""

import numpy as np

from autograder.checking import variants


class ByVdot:
    """Flattened dot products; a match over the cases of zero."""

    def update_ratio(params, new_params):
        found = {}
        for key in params:
            old = np.ravel(params[key])
            step = np.ravel(new_params[key]) - old
            below, above = np.sqrt(old @ old), np.sqrt(step @ step)
            if below > 0:
                found[key] = float(above / below)
            else:
                found[key] = float("inf") if above > 0 else 0.0
        return found


class ByErrstate:
    """Divides first, with warnings off, and mends 0/0 afterwards; keys in another order."""

    def update_ratio(params, new_params):
        found = {}
        for key in sorted(params):
            with np.errstate(divide="ignore", invalid="ignore"):
                ratio = np.sqrt(np.sum((new_params[key] - params[key]) ** 2)) / np.sqrt(
                    np.sum(params[key] ** 2)
                )
            found[key] = 0.0 if np.isnan(ratio) else ratio
        return found


class LargestTakenOut:
    """Norms with the largest entry taken out before squaring, entry by entry in a loop."""

    def update_ratio(params, new_params):
        def norm(x):
            flat = [abs(float(value)) for value in np.ravel(x)]
            top = max(flat)
            return top * sum((value / top) ** 2 for value in flat) ** 0.5 if top else 0.0

        sizes = {key: norm(w) for key, w in params.items()}
        moves = {key: norm(np.subtract(new_params[key], w)) for key, w in params.items()}
        return {
            key: moves[key] / sizes[key] if sizes[key] else (np.inf if moves[key] else 0.0) for key in params
        }


VARIANTS = variants("update_ratio", ByVdot, ByErrstate, LargestTakenOut)
