"""Unusual but right answers to `momentum`, which no check may refuse: loops, other state layouts, own copies
changed in place, other groupings of one formula, prints and warnings."""

import numpy as np

from autograder.course.specimens import Specimen

# ruff: noqa: F821  (methods are functions of the notebook: they call one another and the given ones by name)


# --- Newton's step ------------------------------------------------------------------------------------------


class NewtonAlongTheAxes:
    """Turns to the eigenvectors of the Hessian, divides by each curvature, and turns back."""

    def newton_step(w, grad, hessian, *, damping=0.0):
        curvatures, axes = np.linalg.eigh(hessian)
        along = grad @ axes
        along /= curvatures + damping
        return w - axes @ along


class NewtonElimination:
    """Gauss' elimination by hand, with pivots; the damping goes onto a copy's diagonal in place."""

    def newton_step(w, grad, hessian, *, damping=0.0):
        n = len(w)
        table = np.column_stack([hessian, grad])
        table[np.arange(n), np.arange(n)] += damping
        for column in range(n):
            pivot = column + np.argmax(np.abs(table[column:, column]))
            table[[column, pivot]] = table[[pivot, column]]
            for row in range(column + 1, n):
                table[row] -= table[row, column] / table[column, column] * table[column]
        p = np.zeros(n)
        for row in range(n - 1, -1, -1):
            p[row] = (table[row, n] - table[row, :n] @ p) / table[row, row]
        return w - p


class NewtonQR:
    """Solves by a QR decomposition, with the signs the other way round."""

    def newton_step(w, grad, hessian, *, damping=0.0):
        q, r = np.linalg.qr(hessian + np.diag(np.full(w.shape, damping)))
        return w + np.linalg.solve(r, q.T @ -grad)


class NewtonLeastSquares:
    """NumPy's least squares, which solves regular systems as well."""

    def newton_step(w, grad, hessian, *, damping=0.0):
        damped = hessian.copy()
        np.fill_diagonal(damped, damped.diagonal() + damping)
        return np.subtract(w, np.linalg.lstsq(damped, grad, rcond=1e-15)[0])


# --- EWMA ---------------------------------------------------------------------------------------------------


class EwmaMatrix:
    """All averages at once, as a triangular matrix of weights times the series."""

    def ewma(xs, *, beta, corrected=False):
        age = np.arange(len(xs))[:, None] - np.arange(len(xs))
        weights = np.where(age >= 0, (1 - beta) * beta ** np.maximum(age, 0.0), 0.0)
        if corrected:
            weights = weights / weights.sum(axis=1, keepdims=True)
        return np.tensordot(weights, xs, axes=1)


class EwmaStepwise:
    """Moves towards each new value; the corrected one by a share that starts at one and falls to 1-β."""

    def ewma(xs, *, beta, corrected=False):
        answer, v = [], np.zeros_like(xs[0])
        for t, x in enumerate(xs):
            share = (1 - beta) / (1 - beta ** (t + 1)) if corrected else 1 - beta
            v = v + share * (x - v)
            answer.append(v)
        return np.stack(answer)


class EwmaPowers:
    """In place on a copy of the series; the power of β is carried along; the correction comes at the end."""

    def ewma(xs, *, beta, corrected=False):
        answer, power, handed_out = (1 - beta) * xs, 1.0, np.ones(len(xs))
        for t in range(len(xs)):
            if t > 0:
                answer[t] += beta * answer[t - 1]
            power *= beta
            if corrected:
                handed_out[t] -= power
        return (answer.T / handed_out).T


class EwmaNumbers:
    """Plain Python numbers, one series after the other."""

    def ewma(xs, *, beta, corrected=False):
        columns = xs.reshape(len(xs), -1).T.tolist()
        answer = []
        for column in columns:
            v, weight, out = 0.0, 0.0, []
            for x in column:
                v, weight = v * beta + x * (1 - beta), weight * beta + (1 - beta)
                out.append(v / weight if corrected else v)
            answer.append(out)
        return np.array(answer).T.reshape(xs.shape)


# --- Momentum, the plain form -------------------------------------------------------------------------------


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


# --- Momentum, the rate inside ------------------------------------------------------------------------------


class VelocityOfPolyak:
    """Polyak's own form: no velocity, but the weights of before, from which it is the difference."""

    def velocity_init(params):
        return dict(params)

    def velocity_step(params, grads, state, *, lr, momentum=0.9):
        answer = {k: w - lr * grads[k] + momentum * (w - state[k]) for k, w in params.items()}
        return answer, dict(params)


class VelocityTakenOff:
    """The velocity with its sign turned, taken off the weights."""

    def velocity_step(params, grads, state, *, lr, momentum=0.9):
        v = {key: state[key] * momentum + grads[key] * lr for key in grads}
        answer = dict(params)
        for key in v:
            answer[key] = params[key] - v[key]
        return answer, v


class VelocityLoop:
    """Loops over single numbers; the state is a dict of lists."""

    def velocity_init(params):
        return {key: [0.0] * w.size for key, w in params.items()}

    def velocity_step(params, grads, state, *, lr, momentum=0.9):
        answer, memory = {}, {}
        for key, w in params.items():
            flat, memory[key] = w.flatten(), []
            for i, (g, old) in enumerate(zip(grads[key].flat, state[key], strict=True)):
                memory[key].append(float(momentum * old - lr * g))
                flat[i] += memory[key][i]
            answer[key] = flat.reshape(w.shape)
        return answer, memory


# --- Momentum, the mean -------------------------------------------------------------------------------------


class AveragedStepwise:
    """The mean moves towards the gradient; the state is made at the first step."""

    def averaged_momentum_init(params):
        return None

    def averaged_momentum_step(params, grads, state, *, lr, momentum=0.9):
        old = state or {key: np.zeros(w.shape) for key, w in params.items()}
        v = {key: old[key] + (1 - momentum) * (grads[key] - old[key]) for key in old}
        return {key: params[key] + lr * -v[key] for key in params}, v


class AveragedStack:
    """Mean and gradient stacked and weighed by one product; a list of pairs as state."""

    def averaged_momentum_init(params):
        return [[key, np.zeros_like(w)] for key, w in params.items()]

    def averaged_momentum_step(params, grads, state, *, lr, momentum=0.9):
        weights, answer, memory = np.array([momentum, 1 - momentum]), {}, []
        for key, old in state:
            v = np.einsum("i,i...->...", weights, np.stack([old, grads[key]]))
            memory.append([key, v])
            answer[key] = params[key] - np.multiply(lr, v)
        return answer, memory


class AveragedHistory:
    """Averages all gradients so far by its own ewma, one parameter at a time."""

    def averaged_momentum_init(params):
        return {"grads": [], "momenta": []}

    def averaged_momentum_step(params, grads, state, *, lr, momentum=0.9):
        past, momenta = [*state["grads"], grads], [*state["momenta"], momentum]
        answer = {}
        for key, w in params.items():
            v = np.zeros_like(w)
            for mu, g in zip(momenta, past, strict=True):
                v = mu * v + ewma(g[key][None], beta=mu)[0]
            answer[key] = w - lr * v
        return answer, {"grads": past, "momenta": momenta}


# --- Converting rates ---------------------------------------------------------------------------------------


class ConvertTable:
    """A table of what a unit of each form's rate is in the plain one."""

    def convert_lr(lr, momentum, *, source, target):
        unit = {"plain": 1.0, "inside": 1.0, "averaged": 1.0 - momentum}
        return np.float64(lr * unit[source] / unit[target])


class ConvertCases:
    """One case after the other, and a warning that costs nothing."""

    def convert_lr(lr, momentum, *, source, target):
        import warnings

        warnings.warn("rates are converted for a constant momentum only", stacklevel=2)
        means = (source == "averaged", target == "averaged")
        if means[0] == means[1]:
            return lr
        return lr - lr * momentum if means[0] else lr / (1 - momentum)


class ConvertPower:
    """A power of 1-μ whose exponent is a difference of truths."""

    def convert_lr(lr, momentum, *, source, target):
        return np.array(lr * (1.0 - momentum) ** ((source == "averaged") - (target == "averaged")))


# --- Nesterov by looking ahead ------------------------------------------------------------------------------


class LookaheadThenCorrect:
    """Goes on from the look-ahead point, and keeps as velocity how far it came in all."""

    def nesterov_lookahead_step(params, grad_fn, state, *, lr, momentum=0.9):
        ahead = {key: w + momentum * v for (key, w), v in zip(params.items(), state.values(), strict=True)}
        slope = grad_fn(ahead)
        answer = {key: ahead[key] - lr * slope[key] for key in params}
        return answer, {key: answer[key] - params[key] for key in params}


class LookaheadOldWeights:
    """Keeps the weights of before instead of a velocity."""

    def nesterov_lookahead_init(params):
        return [{key: w.copy() for key, w in params.items()}]

    def nesterov_lookahead_step(params, grad_fn, state, *, lr, momentum=0.9):
        (before,) = state
        coast = {key: momentum * (params[key] - before[key]) for key in params}
        slope = grad_fn({key: params[key] + coast[key] for key in coast})
        answer = {key: params[key] + (coast[key] - lr * slope[key]) for key in params}
        return answer, [{key: w.copy() for key, w in params.items()}]


class LookaheadInPlace:
    """One copy of the weights that is moved ahead, handed over, moved back and on; prints."""

    def nesterov_lookahead_init(params):
        return {"v": {key: np.zeros_like(w) for key, w in params.items()}, "calls": 0}

    def nesterov_lookahead_step(params, grad_fn, state, *, lr, momentum=0.9):
        v = {key: momentum * old for key, old in state["v"].items()}
        moving = {key: w.copy() for key, w in params.items()}
        for key in moving:
            moving[key] += v[key]
        slope = grad_fn(moving)
        for key in moving:
            v[key] -= lr * slope[key]
            moving[key] = params[key] + v[key]
        print("asked", state["calls"] + 1, "times")
        return moving, {"v": v, "calls": state["calls"] + 1}


# --- Nesterov from the gradient at hand ---------------------------------------------------------------------


class NesterovExpanded:
    """The new velocity put in: (1 + μ) times the gradient and μ² times the old velocity."""

    def nesterov_step(params, grads, state, *, lr, momentum=0.9):
        answer = {k: params[k] - lr * ((1 + momentum) * grads[k] + momentum**2 * state[k]) for k in params}
        return answer, {k: grads[k] + momentum * state[k] for k in params}


class NesterovTwice:
    """The step is a second velocity, made from the first as the first is made from the old one."""

    def nesterov_init(params):
        return ({key: np.zeros_like(w) for key, w in params.items()},)

    def nesterov_step(params, grads, state, *, lr, momentum=0.9):
        def roll(v):
            return {key: momentum * v[key] + grads[key] for key in v}

        v = roll(state[0])
        step = roll(v)
        return {key: params[key] - step[key] * lr for key in params}, (v,)


class NesterovInParts:
    """First the gradient's part of the step, then the velocity's, in place on copies; loops over indices."""

    def nesterov_init(params):
        return {}

    def nesterov_step(params, grads, state, *, lr, momentum=0.9):
        answer, memory = {}, {}
        for key, w in params.items():
            answer[key] = np.array(w)
            memory[key] = np.array(state[key]) if key in state else np.zeros_like(w)
            for i in np.ndindex(*w.shape):
                memory[key][i] = momentum * memory[key][i] + grads[key][i]
                answer[key][i] -= lr * grads[key][i]
                answer[key][i] -= lr * momentum * memory[key][i]
        return answer, memory


# --- The best rates -----------------------------------------------------------------------------------------


class RatesByKappa:
    """By κ, and the rate by way of the momentum."""

    def best_rates(lam_min, lam_max):
        root = np.sqrt(lam_max / lam_min)
        momentum = ((root - 1) / (root + 1)) ** 2
        return 2 / lam_min / (1 + root**2), (1 + np.sqrt(momentum)) ** 2 / lam_max, momentum


class RatesUpsideDown:
    """κ the other way round, which is the same; a list of numbers that are arrays."""

    def best_rates(lam_min, lam_max):
        q = (lam_min / lam_max) ** 0.5
        return [
            np.array(2 / (lam_min + lam_max)),
            np.array(4 / lam_max / (1 + q) ** 2),
            np.array(((q - 1) / (q + 1)) ** 2),
        ]


class RatesFromTheEnds:
    """Solves for what the ends demand: equal factors, and double roots of opposite signs."""

    def best_rates(lam_min, lam_max):
        lr_gd, _ = np.linalg.solve(np.array([[lam_min, 1.0], [lam_max, -1.0]]), [1.0, 1.0])
        # 1 + √μ = √(lr·lam_max) and 1 - √μ = √(lr·lam_min)
        root_lr, root_mu = np.linalg.solve(
            np.array([[lam_max**0.5, -1.0], [lam_min**0.5, 1.0]]), np.array([1.0, 1.0])
        )
        return lr_gd, root_lr**2, root_mu**2


def _all(exercise, *codes):
    return tuple(Specimen(exercise, code.__name__, code.__doc__, code=code) for code in codes)


VARIANTS = (
    *_all("newton_step", NewtonAlongTheAxes, NewtonElimination, NewtonQR, NewtonLeastSquares),
    *_all("ewma", EwmaMatrix, EwmaStepwise, EwmaPowers, EwmaNumbers),
    *_all("momentum_step", MomentumHistory, MomentumInPlace, MomentumOneVector, MomentumNegative),
    *_all("velocity_step", VelocityOfPolyak, VelocityTakenOff, VelocityLoop),
    *_all("averaged_momentum_step", AveragedStepwise, AveragedStack, AveragedHistory),
    *_all("convert_lr", ConvertTable, ConvertCases, ConvertPower),
    *_all("nesterov_lookahead_step", LookaheadThenCorrect, LookaheadOldWeights, LookaheadInPlace),
    *_all("nesterov_step", NesterovExpanded, NesterovTwice, NesterovInParts),
    *_all("best_rates", RatesByKappa, RatesUpsideDown, RatesFromTheEnds),
)
