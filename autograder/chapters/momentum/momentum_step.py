"""Momentum, the plain form, `momentum_step`: variants and examples; the checks are in `shared.py`."""

import numpy as np

from autograder.checking import examples, variants

# --- Variants -----------------------------------------------------------------------------------------------


class MomentumHistory:
    """Keeps every gradient and every momentum so far, and sums all of them anew at each step."""

    def momentum_init(params):
        return []

    def momentum_step(params, grads, state, *, lr, momentum=0.9):
        history = [*state, [momentum, {key: g.copy() for key, g in grads.items()}]]
        answer = {key: w.copy() for key, w in params.items()}
        weight = 1.0
        for factor, past in reversed(history):
            for key in answer:
                answer[key] -= lr * weight * past[key]
            weight *= factor
        return answer, history


class MomentumInPlace:
    """Works in place on deep copies of everything, and prints."""

    def momentum_step(params, grads, state, *, lr, momentum=0.9):
        import copy

        params, state = copy.deepcopy(params), copy.deepcopy(state)
        for key in params:
            state[key] *= momentum
            state[key] += grads[key]
            params[key] -= lr * state[key]
            print(key, params[key])
        return params, state


class MomentumOneVector:
    """Joins all velocities into one vector, made at the first step."""

    def momentum_init(params):
        return {"begun": False, "v": np.zeros(0)}

    def momentum_step(params, grads, state, *, lr, momentum=0.9):
        names = sorted(params)
        v = np.concatenate([grads[key].ravel() for key in names])
        if state["begun"]:
            v += momentum * state["v"]
        cuts = np.cumsum([params[key].size for key in names])[:-1]
        pieces = dict(zip(names, np.split(v, cuts), strict=True))
        answer = {key: w - lr * pieces[key].reshape(w.shape) for key, w in params.items()}
        return answer, {"begun": True, "v": v}


class MomentumNegative:
    """A velocity that points downhill, in a tuple with a counter that nobody needs."""

    def momentum_init(params):
        return (0, {key: 0.0 * w for key, w in params.items()})

    def momentum_step(params, grads, state, *, lr, momentum=0.9):
        v = {key: momentum * state[1][key] - grads[key] for key in params}
        return {key: np.add(w, lr * v[key]) for key, w in params.items()}, (state[0] + 1, v)


VARIANTS = variants("momentum_step", MomentumHistory, MomentumInPlace, MomentumOneVector, MomentumNegative)

# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "momentum_step",
    """
    state = momentum_init({"w": np.array([1.0])})
    for w, lr, mu in ((1e18, 0.5, 0.5), (1.0, 0.25, 0.125)):  # the weight is set anew
        params, state = momentum_step({"w": np.array([w])}, {"w": np.array([2.0])}, state, lr=lr, momentum=mu)
    params
    """,
    """
    params = {"w": np.array([1.0])}
    state = momentum_init(params)
    for mu in (0.5, 0.0, 0.5):
        params, state = momentum_step(params, {"w": np.array([2.0])}, state, lr=0.5, momentum=mu)
    params
    """,
    """
    at, grads = {"a": np.zeros(1), "b": np.zeros(1)}, {"a": np.array([1.0]), "b": np.array([2.0])}
    at, state = momentum_step(at, grads, momentum_init(at), lr=1.0, momentum=0.5)
    at, grads = {"b": at["b"], "a": at["a"]}, {"b": np.zeros(1), "a": np.zeros(1)}  # in another order
    momentum_step(at, grads, state, lr=1.0, momentum=0.5)[0]
    """,
    """
    params, grads = {"w": np.array([1.0])}, {"w": np.array([2.0])}
    params, state = momentum_step(params, grads, momentum_init(params), lr=0.0)
    params, state = momentum_step(params, grads, state, lr=0.5, momentum=0.5)
    momentum_step(params, grads, state, lr=0.5, momentum=0.0)[0]
    """,
)
