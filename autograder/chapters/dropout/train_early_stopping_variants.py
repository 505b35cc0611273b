"""Unusual but right answers to `train_early_stopping`, which no check may refuse."""

import numpy as np

from autograder.checking import variants


class WhileLoop:
    """A while loop, the count as the distance to the best epoch, the best kept as a copy."""

    def train_early_stopping(params, epoch_fn, *, patience, min_delta=0.0, max_epochs):
        best = {"params": params, "epoch": 0, "loss": float("inf")}
        n_epochs, now = 0, params
        while n_epochs < max_epochs and n_epochs - best["epoch"] < patience:
            now, loss = epoch_fn(now)
            n_epochs += 1
            if best["loss"] - loss > min_delta or (np.isinf(best["loss"]) and np.isfinite(loss)):
                best = {
                    "params": {key: np.copy(w) for key, w in now.items()},
                    "epoch": n_epochs,
                    "loss": loss,
                }
        return best["params"], {
            "n_epochs": n_epochs,
            "best_epoch": best["epoch"],
            "best_loss": best["loss"],
        }


class AllKept:
    """Every epoch's parameters and loss in lists; the best looked up at the end."""

    def train_early_stopping(params, epoch_fn, *, patience, min_delta=0.0, max_epochs):
        kept, losses, better = [params], [np.inf], [0]
        for epoch in range(1, max_epochs + 1):
            after, loss = epoch_fn(kept[-1])
            kept.append(after)
            losses.append(loss)
            if loss < losses[better[-1]] - min_delta:
                better.append(epoch)
            elif epoch - better[-1] == patience:
                break
        best = better[-1]
        return kept[best], {"best_epoch": best, "best_loss": losses[best], "n_epochs": len(losses) - 1}


class CountsDown:
    """Patience counted down and filled up again; a return from inside of the loop."""

    def train_early_stopping(params, epoch_fn, *, patience, min_delta=0.0, max_epochs):
        best, history = params, {"best_epoch": 0, "best_loss": np.inf, "n_epochs": 0}
        left = patience
        for _ in range(max_epochs):
            params, val_loss = epoch_fn(params)
            history["n_epochs"] += 1
            if val_loss + min_delta < history["best_loss"] and not np.isnan(val_loss):
                best, left = params, patience
                history["best_loss"], history["best_epoch"] = np.float64(val_loss), history["n_epochs"]
            else:
                left -= 1
                if not left:
                    return best, history
        return best, history


VARIANTS = variants("train_early_stopping", WhileLoop, AllKept, CountsDown)
