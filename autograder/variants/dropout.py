"""Unusual but right answers to `dropout`, which no check may refuse: other draws for the same law, loops,
other state layouts, own copies changed in place, other formulas for one number, prints and warnings."""

import numpy as np

from autograder.course.specimens import Specimen

# ruff: noqa: F821  (methods are functions of the notebook: they call one another and the given ones by name)


# --- Masks ------------------------------------------------------------------------------------------------


class Binomial:
    """rng.binomial with one trial."""

    def dropout_mask(shape, *, p, rng):
        return rng.binomial(1, 1 - p, size=shape).astype(bool)


class Choice:
    """rng.choice between False and True with their probabilities."""

    def dropout_mask(shape, *, p, rng):
        return rng.choice([False, True], p=[p, 1 - p], size=shape)


class OneByOne:
    """A loop over entries; keeps where a uniform number is below 1 - p."""

    def dropout_mask(shape, *, p, rng):
        mask = np.empty(shape, dtype=bool)
        for place in np.ndindex(*shape):
            mask[place] = rng.uniform() < 1 - p
        return mask


# --- Dropout ----------------------------------------------------------------------------------------------


class ByWhere:
    """np.where, the factor first; evaluation hands x back itself."""

    def dropout(x, mask, *, p, training):
        factor = 1 / (1 - p)
        return np.where(mask, factor * x, 0) if training else x

    def dropout_backward(grad_out, mask, *, p):
        return np.where(mask, grad_out, 0) / (1 - p)


class CopiedAndFilled:
    """Own copies, dropped entries set to zero in place, then scaled in place; a print and a warning."""

    def dropout(x, mask, *, p, training):
        import warnings

        y = np.array(x, dtype=float)
        if training:
            y[~np.asarray(mask)] = 0.0
            y /= 1.0 - p
            print("dropped", int(np.size(mask) - np.sum(mask)))
        else:
            warnings.warn("evaluating", stacklevel=1)
        return y

    def dropout_backward(grad_out, mask, *, p):
        grad_x = np.zeros_like(grad_out)
        grad_x[mask] = grad_out[mask] / (1.0 - p)
        return grad_x


class MaskAsFactor:
    """The mask turned into factors of 0 and 1/(1 - p); the gradient through the forward pass itself."""

    def dropout(x, mask, *, p, training):
        keep = mask.astype(float) / (1 - p) if training else 1.0
        return x * keep

    def dropout_backward(grad_out, mask, *, p):
        return dropout(grad_out, mask, p=p, training=True)


class ClassicFromInverted:
    """Classic dropout as the inverted one times 1 - p, in both passes."""

    def dropout_classic(x, mask, *, p, training):
        return (1 - p) * dropout(x, mask, p=p, training=training)

    def dropout_classic_backward(grad_out, mask):
        return np.where(mask, grad_out, 0.0)


class ClassicByIndex:
    """Entries picked by the mask; evaluation takes p of x off."""

    def dropout_classic(x, mask, *, p, training):
        if not training:
            return x - p * x
        y = np.zeros(np.shape(x))
        y[mask] = x[mask]
        return y

    def dropout_classic_backward(grad_out, mask):
        return np.multiply(grad_out, mask.astype(np.float32))


class ClassicOneFactor:
    """One factor for both passes: the mask, or 1 - p; the gradient as the forward pass of training."""

    def dropout_classic(x, mask, *, p, training):
        factor = np.asarray(mask, dtype=int) if training else 1.0 - p
        return np.multiply(factor, x)

    def dropout_classic_backward(grad_out, mask):
        return dropout_classic(grad_out, mask, p=0.0, training=True)


# --- Sub-networks -----------------------------------------------------------------------------------------


class ByProduct:
    """itertools.product, the last unit fastest; the weight as a product over units."""

    def subnetwork_mean(f, n_units, *, p):
        from itertools import product

        total = None
        for bits in product([True, False], repeat=n_units):
            mask = np.array(bits)
            term = np.prod(np.where(mask, 1 - p, p)) * f(mask)
            total = term if total is None else total + term
        return total


class Recursive:
    """One unit after the other: (1-p) times the mean with it plus p times the mean without it."""

    def subnetwork_mean(f, n_units, *, p):
        def mean(chosen):
            if len(chosen) == n_units:
                return f(np.array(chosen, dtype=bool))
            return (1 - p) * mean([*chosen, True]) + p * mean([*chosen, False])

        return mean([])


class AllAtOnce:
    """All masks as the rows of one array, outputs stacked, weights by np.tensordot."""

    def subnetwork_mean(f, n_units, *, p):
        masks = np.array(np.meshgrid(*[[0, 1]] * n_units)).reshape(n_units, -1).T.astype(bool)
        outputs = np.array([f(mask) for mask in masks])
        kept = masks.sum(axis=1)
        return np.tensordot((1 - p) ** kept * p ** (n_units - kept), outputs, axes=1)


class RunningMoments:
    """Welford's running mean and sum of squares; nothing is stored."""

    def mc_dropout(f, x, *, n_samples, rng):
        mean, squares = 0.0, 0.0
        for n in range(1, n_samples + 1):
            probs = f(x, rng)
            apart = probs - mean
            mean = mean + apart / n
            squares = squares + apart * (probs - mean)
        return mean, np.sqrt(squares / n_samples)


class StackedPasses:
    """A list, stacked on a last axis; the spread by its definition."""

    def mc_dropout(f, x, *, n_samples, rng):
        answers = []
        while len(answers) < n_samples:
            answers.append(np.asarray(f(x, rng)))
        stack = np.stack(answers, axis=-1)
        mean = np.sum(stack, axis=-1) / n_samples
        return mean, np.sqrt(np.mean((stack - mean[..., None]) ** 2, axis=-1))


class MomentsByHand:
    """Filled row by row; the spread as the root of mean square minus squared mean, clipped at 0."""

    def mc_dropout(f, x, *, n_samples, rng):
        first = np.asarray(f(x, rng))
        rows = np.empty((n_samples, *first.shape))
        rows[0] = first
        for i in range(1, n_samples):
            rows[i] = f(x, rng)
        centred = rows - first  # no cancellation
        mean = np.average(centred, axis=0)
        return first + mean, np.sqrt(np.maximum(np.average(centred**2, axis=0) - mean**2, 0))


# --- Penalties --------------------------------------------------------------------------------------------


class Flattened:
    """All parameters in one flat vector for the values; loops for the gradients."""

    def l2_penalty(params, *, lam):
        flat = np.concatenate([np.ravel(w) for w in params.values()])
        grads = {}
        for key in params:
            grads[key] = np.multiply(params[key], lam)
        return 0.5 * lam * (flat @ flat), grads

    def l1_penalty(params, *, lam):
        flat = np.concatenate([np.ravel(w) for w in params.values()])
        return lam * np.linalg.norm(flat, 1), {k: lam * ((w > 0) * 1.0 - (w < 0)) for k, w in params.items()}

    def decay_step(params, *, lr, weight_decay):
        return {key: w - lr * weight_decay * w for key, w in params.items()}


class ThroughOneAnother:
    """Decay as a gradient step on the L2 penalty; the L1 gradient with a division guarded at 0."""

    def l2_penalty(params, *, lam):
        value, grads = 0.0, {}
        for key, w in params.items():
            value += lam * float(np.vdot(w, w)) / 2
            grads[key] = lam * w
        return value, grads

    def l1_penalty(params, *, lam):
        value, grads = 0.0, {}
        for key, w in params.items():
            size = np.abs(w)
            value += lam * size.sum()
            grads[key] = lam * np.divide(w, size, out=np.zeros_like(w), where=size > 0)
        return value, grads

    def decay_step(params, *, lr, weight_decay):
        _, grads = l2_penalty(params, lam=weight_decay)
        return {key: params[key] - lr * grads[key] for key in params}


class EntryByEntry:
    """Loops over the entries, Python's own numbers in between."""

    def l2_penalty(params, *, lam):
        grads = {key: np.zeros(w.shape) for key, w in params.items()}
        total = 0.0
        for key, w in params.items():
            for place, value in np.ndenumerate(w):
                total += float(value) * float(value)
                grads[key][place] = lam * value
        return 0.5 * (lam * total), grads

    def l1_penalty(params, *, lam):
        total, grads = 0.0, {}
        for key, w in params.items():
            total += sum(abs(value) for value in w.ravel().tolist())
            grads[key] = np.where(w > 0, lam, np.where(w < 0, -lam, 0.0))
        return lam * total, grads

    def decay_step(params, *, lr, weight_decay):
        after = {key: w.copy() for key, w in params.items()}
        for w in after.values():
            w *= 1 - lr * weight_decay
        return after


class TwoSides:
    """max(w - t, 0) + min(w + t, 0), and a step that builds its dict in a loop."""

    def soft_threshold(w, t):
        return np.maximum(w - t, 0) + np.minimum(w + t, 0)

    def l1_prox_step(params, grads, *, lr, lam):
        after = {}
        for key, w in params.items():
            after[key] = soft_threshold(w - lr * grads[key], lam * lr)
        return after


class MinusItsClip:
    """w minus w clipped to [-t, t]; the step does not call its own threshold."""

    def soft_threshold(w, t):
        return w - np.clip(w, -t, t)

    def l1_prox_step(params, grads, *, lr, lam):
        moved = {key: params[key] - lr * grads[key] for key in params}
        return {
            key: np.where(np.abs(w) <= lr * lam, 0.0, w - lr * lam * np.sign(w)) for key, w in moved.items()
        }


class ShrinkByFactor:
    """The size's share that is left as a factor, guarded at 0; own copies changed in place."""

    def soft_threshold(w, t):
        size = np.abs(w)
        left = np.zeros_like(w)
        np.divide(size - t, size, out=left, where=size > t)
        return left * w

    def l1_prox_step(params, grads, *, lr, lam):
        after = {key: np.array(w) for key, w in params.items()}
        for key in after:
            after[key] -= lr * grads[key]
            after[key] = soft_threshold(after[key], lr * lam)
        return after


# --- Noise and ridge --------------------------------------------------------------------------------------


class AugmentedRows:
    """Ridge as least squares with d more rows, √(nλ) on a diagonal; noise by standard_normal."""

    def ridge(X, y, *, lam):
        n, d = X.shape
        rows = np.vstack([X, np.sqrt(n * lam) * np.eye(d)])
        return np.linalg.lstsq(rows, np.concatenate([y, np.zeros(d)]), rcond=None)[0]

    def noisy_inputs(X, *, sigma, rng):
        return X + rng.standard_normal(np.shape(X)) * sigma


class BySingularValues:
    """Ridge by the singular value decomposition; noise drawn around X itself."""

    def ridge(X, y, *, lam):
        U, s, Vt = np.linalg.svd(X, full_matrices=False)
        return Vt.T @ (s / (s**2 + len(y) * lam) * (U.T @ y))

    def noisy_inputs(X, *, sigma, rng):
        return rng.normal(loc=X, scale=sigma)


class ByInverse:
    """The inverse, as textbooks print it, with sums on both sides; noise row by row."""

    def ridge(X, y, *, lam):
        n, d = X.shape
        A = X.T @ X
        A[np.diag_indices(d)] += n * lam
        return np.linalg.inv(A) @ (X.T @ y)

    def noisy_inputs(X, *, sigma, rng):
        return np.array([row + sigma * rng.normal(size=row.size) for row in X])


# --- Early stopping ---------------------------------------------------------------------------------------


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


# --- Augmentation -----------------------------------------------------------------------------------------


class ImageByImage:
    """Loops over images; np.flip, binomial draws, a Gaussian-free factor from rng.random."""

    def random_flip(images, *, p, rng):
        return np.array([np.flip(image, axis=-1) if rng.binomial(1, p) else image for image in images])

    def random_contrast(images, *, max_delta, rng):
        after = []
        for image in images:
            factor = 1 + max_delta * (2 * rng.random() - 1)
            after.append(image.mean() + factor * (image - image.mean()))
        return np.stack(after)


class ByIndex:
    """Own copies; flipped images picked by index; contrast as a mixture of image and mean."""

    def random_flip(images, *, p, rng):
        after = images.copy()
        chosen = np.flatnonzero(rng.uniform(size=images.shape[0]) > 1 - p)
        after[chosen] = after[chosen][:, :, :, ::-1]
        return after

    def random_contrast(images, *, max_delta, rng):
        n = images.shape[0]
        flat = images.reshape(n, -1)
        factor = rng.uniform(-max_delta, max_delta, size=(n, 1)) + 1
        return (factor * flat + (1 - factor) * flat.mean(axis=1, keepdims=True)).reshape(images.shape)


class ByProbabilityVector:
    """rng.choice for the flips; contrast through sums over a flat view and np.moveaxis."""

    def random_flip(images, *, p, rng):
        order = np.arange(images.shape[-1])
        turns = rng.choice([1, -1], p=[1 - p, p], size=len(images))
        return np.stack([image[..., order[::step]] for image, step in zip(images, turns, strict=True)])

    def random_contrast(images, *, max_delta, rng):
        factor = (1 - max_delta) + 2 * max_delta * rng.random(len(images))
        mean = images.sum(axis=(1, 2, 3)) / images[0].size
        last = np.moveaxis(images, 0, -1)
        return np.moveaxis(mean * (1 - factor) + last * factor, -1, 0)


class PastedOnZeros:
    """No padding: the part of the image that stays in sight is pasted onto zeros."""

    def random_crop(images, *, pad, rng):
        after = np.zeros_like(images)
        _, _, h, w = images.shape
        for i, image in enumerate(images):
            down, right = (int(k) - pad for k in rng.integers(0, 2 * pad, size=2, endpoint=True))
            rows, columns = slice(max(down, 0), h + min(down, 0)), slice(max(right, 0), w + min(right, 0))
            to_rows = slice(max(-down, 0), h + min(-down, 0))
            to_columns = slice(max(-right, 0), w + min(-right, 0))
            if rows.start < rows.stop and columns.start < columns.stop:
                after[i][:, to_rows, to_columns] = image[:, rows, columns]
        return after


class FancyIndex:
    """One fancy index over all images; rows and columns drawn in two calls."""

    def random_crop(images, *, pad, rng):
        n, c, h, w = images.shape
        padded = np.zeros((n, c, h + 2 * pad, w + 2 * pad))
        padded[:, :, pad : pad + h, pad : pad + w] = images
        rows = rng.integers(2 * pad + 1, size=n)[:, None] + np.arange(h)
        columns = rng.integers(2 * pad + 1, size=n)[:, None] + np.arange(w)
        i, j = np.arange(n)[:, None, None, None], np.arange(c)[None, :, None, None]
        return padded[i, j, rows[:, None, :, None], columns[:, None, None, :]]


class SlidingWindows:
    """All windows by sliding_window_view, of which each image picks one by its number."""

    def random_crop(images, *, pad, rng):
        n, _, h, w = images.shape
        padded = np.pad(images, [(0, 0), (0, 0), (pad, pad), (pad, pad)])
        windows = np.lib.stride_tricks.sliding_window_view(padded, (h, w), axis=(2, 3))
        place = rng.choice((2 * pad + 1) ** 2, size=n)
        return windows[np.arange(n), :, place // (2 * pad + 1), place % (2 * pad + 1)].copy()


# --- Several models ---------------------------------------------------------------------------------------


class SortedChoice:
    """rng.choice with replacement, sorted, as int32."""

    def bootstrap_indices(n, *, rng):
        return np.sort(rng.choice(n, size=n, replace=True)).astype(np.int32)


class FromUniform:
    """Uniform numbers times n, rounded down."""

    def bootstrap_indices(n, *, rng):
        return np.floor(n * rng.random(n)).astype(int)


class FromCounts:
    """How often each example comes, by one multinomial draw, then written out."""

    def bootstrap_indices(n, *, rng):
        return np.repeat(np.arange(n), rng.multinomial(n, np.full(n, 1 / n)))


class BincountColumns:
    """np.bincount for each example; probabilities averaged by a loop."""

    def ensemble_vote(labels, *, n_classes):
        return np.array([np.bincount(column, minlength=n_classes).argmax() for column in labels.T])

    def ensemble_average(probs):
        total = np.zeros(probs.shape[1:])
        for model in probs:
            total += model
        return total / len(probs)


class OneHot:
    """One-hot votes from an identity matrix; einsum for both."""

    def ensemble_vote(labels, *, n_classes):
        return np.argmax(np.einsum("mnc->nc", np.eye(n_classes, dtype=int)[labels]), axis=-1)

    def ensemble_average(probs):
        return np.einsum("mnc->nc", probs) / probs.shape[0]


class UniqueVotes:
    """np.unique with counts, sorted, so that the first maximum is the lowest class."""

    def ensemble_vote(labels, *, n_classes):
        winners = []
        for column in labels.T:
            classes, counts = np.unique(column, return_counts=True)
            winners.append(classes[np.argmax(counts)])
        return np.asarray(winners)

    def ensemble_average(probs):
        return np.average(probs, axis=0, weights=np.ones(len(probs)))


# --- Averages of weights ----------------------------------------------------------------------------------


class MovesTowards:
    """The average moves by 1 - decay towards what is new; the state is a list of arrays."""

    def ema_init(params):
        return [params[key].copy() for key in sorted(params)]

    def ema_update(state, params, *, decay):
        after = [a + (1 - decay) * (params[k] - a) for a, k in zip(state, sorted(params), strict=True)]
        return dict(zip(sorted(params), after, strict=True)), [a.copy() for a in after]

    def average_checkpoints(checkpoints):
        mean = {key: np.array(w) for key, w in checkpoints[0].items()}
        for n, checkpoint in enumerate(checkpoints[1:], 2):
            for key in mean:
                mean[key] += (checkpoint[key] - mean[key]) / n
        return mean


class NestedState:
    """A nested state with a counter that nobody needs; sums for the checkpoints."""

    def ema_init(params):
        return {"seen": 0, "shadow": {key: np.array(w) for key, w in params.items()}}

    def ema_update(state, params, *, decay):
        shadow = {}
        for key, w in params.items():
            shadow[key] = np.add(decay * state["shadow"][key], (1.0 - decay) * w)
        return shadow, {"seen": state["seen"] + 1, "shadow": shadow}

    def average_checkpoints(checkpoints):
        return {key: sum(each[key] for each in checkpoints) / len(checkpoints) for key in checkpoints[0]}


class OwnCopyInPlace:
    """An own copy of the state changed in place; checkpoints stacked."""

    def ema_init(params):
        import copy

        return copy.deepcopy(params)

    def ema_update(state, params, *, decay):
        average = {key: np.copy(a) for key, a in state.items()}
        for key in average:
            average[key] *= decay
            average[key] += (1 - decay) * params[key]
        return average, {key: np.copy(a) for key, a in average.items()}

    def average_checkpoints(checkpoints):
        return {key: np.stack([c[key] for c in checkpoints]).mean(axis=0) for key in checkpoints[-1]}


def _all(exercise, *codes):
    return tuple(Specimen(exercise, code.__name__, code.__doc__, code=code) for code in codes)


VARIANTS = (
    *_all("dropout_mask", Binomial, Choice, OneByOne),
    *_all("dropout", ByWhere, CopiedAndFilled, MaskAsFactor),
    *_all("dropout_classic", ClassicFromInverted, ClassicByIndex, ClassicOneFactor),
    *_all("subnetwork_mean", ByProduct, Recursive, AllAtOnce),
    *_all("mc_dropout", RunningMoments, StackedPasses, MomentsByHand),
    *_all("l2_penalty", Flattened, ThroughOneAnother, EntryByEntry),
    *_all("l1_prox_step", TwoSides, MinusItsClip, ShrinkByFactor),
    *_all("ridge", AugmentedRows, BySingularValues, ByInverse),
    *_all("train_early_stopping", WhileLoop, AllKept, CountsDown),
    *_all("random_flip", ImageByImage, ByIndex, ByProbabilityVector),
    *_all("random_crop", PastedOnZeros, FancyIndex, SlidingWindows),
    *_all("bootstrap_indices", SortedChoice, FromUniform, FromCounts),
    *_all("ensemble_vote", BincountColumns, OneHot, UniqueVotes),
    *_all("ema_update", MovesTowards, NestedState, OwnCopyInPlace),
)
