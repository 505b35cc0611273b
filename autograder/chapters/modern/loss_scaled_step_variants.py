"""Unusual but right answers to `loss_scaled_step`."""

import numpy as np

from autograder.checking import variants


class CountsDown:
    """Counts down to the next doubling; looks at the sum of all gradients for what is not finite."""

    def loss_scaled_init(params, *, scale=2.0**16):
        return [scale, None]

    def loss_scaled_step(params, grad_fn, state, *, lr, growth_interval=2000):
        scale, left = state
        left = growth_interval if left is None else left
        grads = grad_fn({key: np.asarray(w, dtype="float16") for key, w in params.items()}, scale)
        exact = {key: np.asarray(g, dtype=float) for key, g in grads.items()}
        if not np.isfinite(sum(np.sum(np.abs(g)) for g in exact.values())):
            return {key: +w for key, w in params.items()}, [scale * 0.5, None]
        moved = {key: params[key] - exact[key] * (lr / scale) for key in params}
        return moved, [scale, left - 1] if left > 1 else [scale * 2, None]


class ExponentInTheState:
    """Keeps the number of doublings and the first scale; joins the gradients into one vector."""

    def loss_scaled_init(params, *, scale=2.0**16):
        return (float(scale), 0, ())

    def loss_scaled_step(params, grad_fn, state, *, lr, growth_interval=2000):
        first, power, run = state
        scale = first * 2.0**power
        half = {}
        for key in params:
            half[key] = params[key].astype(np.half)
        grads = grad_fn(half, scale)
        flat = np.concatenate([np.ravel(grads[key]) for key in params]).astype(np.float64)
        new = {key: w.copy() for key, w in params.items()}
        if np.isnan(flat).any() or np.isinf(flat).any():
            return new, (first, power - 1, ())
        flat /= scale
        start = 0
        for w in new.values():
            w -= lr * flat[start : start + w.size].reshape(w.shape)
            start += w.size
        run = (*run, 1)
        return (new, (first, power + 1, ())) if len(run) == growth_interval else (new, (first, power, run))


class ByAnException:
    """Lets NumPy raise where a gradient is not finite."""

    def loss_scaled_step(params, grad_fn, state, *, lr, growth_interval=2000):
        half = {key: np.float16(1) * w.astype(np.float16) for key, w in params.items()}
        grads = grad_fn(half, state["scale"])
        try:
            exact = {
                key: np.asarray_chkfinite(g, dtype=np.float64) / state["scale"] for key, g in grads.items()
            }
        except ValueError:
            return dict(zip(params, map(np.copy, params.values()), strict=True)), {
                "scale": state["scale"] / 2,
                "good": 0,
            }
        good = (state["good"] + 1) % growth_interval
        scale = state["scale"] * (1 if good else 2)
        return {key: params[key] - lr * exact[key] for key in params}, {"scale": scale, "good": good}


VARIANTS = variants("loss_scaled_step", CountsDown, ExponentInTheState, ByAnException)
