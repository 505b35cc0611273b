"""Unusual but right answers to `tuning`, which no check may refuse: loops, other draws, other orders inside
of a part, keyword calls, own copies changed in place, prints and warnings."""

import numpy as np

from autograder.course.specimens import Specimen

# ruff: noqa: F821  (methods are functions of the notebook: they call one another and the given ones by name)


# --- The best of several ----------------------------------------------------------------------------------


class LoopFromInfinity:
    """A loop that starts at infinity; a comparison with NaN is never true."""

    def best_index(losses):
        place, least = 0, float("inf")
        for i, loss in enumerate(losses):
            if loss < least:
                place, least = i, loss
        return place


class ByKey:
    """min over the places by a key of two numbers."""

    def best_index(losses):
        return min(range(len(losses)), key=lambda i: (bool(np.isnan(losses[i])), losses[i]))


class FilledCopy:
    """A copy with NaN filled in place; a NumPy integer comes back."""

    def best_index(losses):
        filled = np.array(losses, dtype=float)
        filled[np.isnan(filled)] = np.inf
        return filled.argmin()


# --- Parts ------------------------------------------------------------------------------------------------


class SortedParts:
    """Each part sorted, drawn by choice without replacement, training as what is left."""

    def split_indices(n, *, val, test, rng):
        held = rng.choice(n, size=int(n * val) + int(n * test), replace=False)
        cut = int(n * val)
        return np.setdiff1d(np.arange(n), held), np.sort(held[:cut]), np.sort(held[cut:])


class BySplit:
    """Shuffles its own arange and cuts with np.split, the test part first; lists come back."""

    def split_indices(n, *, val, test, rng):
        order = np.arange(n)
        rng.shuffle(order)
        first, second, third = np.split(order, [int(n * test), int(n * test) + int(n * val)])
        return third.tolist(), second.tolist(), first.tolist()


class ByRanks:
    """The ranks of random numbers; floor from NumPy; int32."""

    def split_indices(n, *, val, test, rng):
        order = np.argsort(rng.random(n)).astype(np.int32)
        a, b = int(np.floor(n * val)), int(np.floor(n * test))
        return order[: n - a - b], order[n - a - b : n - b], order[n - b :]


# --- The protocol -----------------------------------------------------------------------------------------


class KeywordsAndSorted:
    """Calls by keyword, sorts the union, keeps the best so far in a loop."""

    def select_then_test(fit_score, configs, train, val, test):
        losses, best, least = [], configs[0], float("inf")
        for config in configs:
            loss = fit_score(config=config, fit_idx=train, eval_idx=val)
            losses.append(loss)
            if loss < least:
                best, least = config, loss
        everything = np.sort(np.append(val, train))
        return best, losses, fit_score(config=best, fit_idx=everything, eval_idx=test)


class ListsOfInts:
    """Hands lists of ints over, the union as a set sorted; prints what it does."""

    def select_then_test(fit_score, configs, train, val, test):
        a, b, c = (list(map(int, part)) for part in (train, val, test))
        losses = list(map(lambda config: fit_score(config, a, b), configs))
        print("validation losses:", losses)
        chosen = configs[best_index(np.array(losses))]
        return [chosen, losses, fit_score(chosen, sorted({*a, *b}), c)]


class ViaSearch:
    """An inner function scores a configuration; losses by comprehension over places."""

    def select_then_test(fit_score, configs, train, val, test):
        def on_validation(i):
            return fit_score(configs[i], train.copy(), val.copy())

        losses = [on_validation(i) for i in range(len(configs))]
        place = int(np.nanargmin(losses)) if not np.all(np.isnan(losses)) else 0
        final = fit_score(configs[place], np.concatenate((val, train)), test)
        return configs[place], losses, final


# --- Folds ------------------------------------------------------------------------------------------------


class BySetDifference:
    """Sizes from divmod, slices of one order, training parts by setdiff1d; arrays in other orders."""

    def kfold_indices(n, k, *, rng):
        order, (size, more), start, folds = rng.permutation(n), divmod(n, k), 0, []
        for i in range(k):
            stop = start + size + (1 if i < more else 0)
            folds.append((np.setdiff1d(order, order[start:stop]), np.sort(order[start:stop])))
            start = stop
        return folds


class ByLabels:
    """Every example gets the number of its fold, the numbers shuffled; masks pick."""

    def kfold_indices(n, k, *, rng):
        label = np.repeat(np.arange(k), [n // k + (i < n % k) for i in range(k)])
        rng.shuffle(label)
        return [[np.flatnonzero(label != i), np.flatnonzero(label == i)] for i in range(k)]


class Dealt:
    """Deals the shuffled examples out like cards; lists of ints, no arrays."""

    def kfold_indices(n, k, *, rng):
        hands = [[] for _ in range(k)]
        for place, example in enumerate(np.argsort(rng.random(n)).tolist()):
            hands[place % k].append(example)
        return [([x for hand in hands[:i] + hands[i + 1 :] for x in hand], hands[i]) for i in range(k)]


class WelfordOverFolds:
    """Mean and sum of squares updated from fold to fold, the call by keyword."""

    def cross_val_score(fit_score, n, k, *, rng):
        mean, squares = 0.0, 0.0
        for count, (fit, held) in enumerate(kfold_indices(n, k, rng=rng), start=1):
            loss = fit_score(fit_idx=fit, eval_idx=held)
            apart = loss - mean
            mean += apart / count
            squares += apart * (loss - mean)
        return mean, (squares / (k - 1)) ** 0.5


class WithoutTheHelper:
    """Makes its folds itself, by masks over one shuffled order; an array of losses and its methods."""

    def cross_val_score(fit_score, n, k, *, rng):
        order, losses = rng.permutation(n), []
        for held in np.array_split(order, k):
            mask = np.ones(n, dtype=bool)
            mask[held] = False
            losses.append(fit_score(np.flatnonzero(mask), held))
        losses = np.array(losses)
        return [float(losses.mean()), float(np.sqrt(losses.var(ddof=1)))]


class ListAndSums:
    """Python sums, lists of ints handed over."""

    def cross_val_score(fit_score, n, k, *, rng):
        folds = list(kfold_indices(n, k, rng=rng))
        losses = [fit_score([int(i) for i in fit], [int(i) for i in held]) for fit, held in folds]
        mean = sum(losses) / k
        return mean, (sum((loss - mean) ** 2 for loss in losses) / (k - 1)) ** 0.5


# --- What to try ------------------------------------------------------------------------------------------


class TenToThe:
    """Base ten both ways, clipped against rounding."""

    def log_uniform(low, high, size, *, rng):
        return np.clip(10 ** rng.uniform(np.log10(low), np.log10(high), size), low, high)


class AsAPower:
    """low times the ratio to a random power; no logarithm at all."""

    def log_uniform(low, high, size, *, rng):
        return low * (high / low) ** rng.random(size)


class OneByOne:
    """A loop that draws one number after the other, from high downwards, and warns."""

    def log_uniform(low, high, size, *, rng):
        import warnings

        warnings.warn("drawing one by one", stacklevel=1)
        span = np.log2(high) - np.log2(low)
        return np.array([high * 2.0 ** (-span * rng.random()) for _ in range(int(size))])


class ByProduct:
    """itertools.product, imported inside."""

    def grid_configs(space):
        from itertools import product

        return [dict(zip(space.keys(), row, strict=True)) for row in product(*space.values())]


class Recursive:
    """The first name's values, each before the grid of the rest."""

    def grid_configs(space):
        if not space:
            return [{}]
        name, *others = space
        rest = grid_configs({other: space[other] for other in others})
        return [{name: value} | config for value in space[name] for config in rest]


class ByCounting:
    """Counts in mixed base with np.ndindex."""

    def grid_configs(space):
        names, sizes = list(space), [len(values) for values in space.values()]
        return [
            {name: space[name][i] for name, i in zip(names, places, strict=True)}
            for places in np.ndindex(*sizes)
        ]


class NestedLoops:
    """Two loops and a dict that is filled."""

    def random_configs(samplers, n, *, rng):
        configs = []
        while len(configs) < n:
            config = {}
            for name in samplers:
                config[name] = samplers[name](rng)
            configs.append(config)
        return configs


class FlatThenCut:
    """All draws in one flat list, cut into rows afterwards."""

    def random_configs(samplers, n, *, rng):
        draws = list(samplers.values()) * n
        flat, names = [draw(rng) for draw in draws], list(samplers)
        return [dict(zip(names, flat[i * len(names) :], strict=False)) for i in range(n)]


class InnerFunction:
    """An inner function draws one configuration; map makes the rest."""

    def random_configs(samplers, n, *, rng):
        def draw(_):
            return {name: sampler(rng) for name, sampler in samplers.items()}

        return list(map(draw, range(n)))


class BestSoFar:
    """Keeps the best so far from infinity down; the call by keyword; an array of losses made a list."""

    def search(score, configs):
        losses, best = np.full(len(configs), np.nan), 0
        for i, config in enumerate(configs):
            losses[i] = score(config=config)
            if losses[i] < losses[best] or (np.isnan(losses[best]) and not np.isnan(losses[i])):
                best = i
        return configs[best], losses.tolist()


class SortedPairs:
    """Pairs of loss and place, sorted; NaN made infinite."""

    def search(score, configs):
        losses = list(map(score, configs))
        order = sorted((np.inf if loss != loss else loss, i) for i, loss in enumerate(losses))
        return [dict(configs[order[0][1]]), losses]


class Popped:
    """Takes the configurations from a copy of the list, one by one, and prints."""

    def search(score, configs):
        left, losses = list(configs), []
        while left:
            losses.append(score(left.pop(0)))
            print("tried", len(losses))
        return configs[best_index(losses)], losses


# --- Coarse, then fine ------------------------------------------------------------------------------------


class TwoMinima:
    """The best by a loop, the second best by masking it, borders by logarithms."""

    def refine_range(values, losses):
        clean = [np.inf if np.isnan(loss) else float(loss) for loss in losses]
        best = clean.index(min(clean))
        rest = [i for i in range(len(clean)) if i != best]
        second = min(rest, key=lambda i: (clean[i], i))
        low, high = sorted((float(values[best]), float(values[second])))
        logs = np.log(values)
        if best == 0:
            low = float(np.exp(2 * logs[0] - logs[1]))
        elif best == len(clean) - 1:
            high = float(np.exp(2 * logs[-1] - logs[-2]))
        return low, high


class PaddedGrid:
    """A grid with one value more on either side, and places counted in it."""

    def refine_range(values, losses):
        v = np.asarray(values, dtype=float)
        padded = np.concatenate([[v[0] / (v[1] / v[0])], v, [v[-1] * (v[-1] / v[-2])]])
        first, second = sorted(range(len(v)), key=lambda i: (bool(np.isnan(losses[i])), losses[i], i))[:2]
        a, b = min(first, second), max(first, second)
        return padded[0 if first == 0 else a + 1], padded[-1 if first == len(v) - 1 else b + 1]


class ByLexsort:
    """numpy.lexsort over places and losses; arrays without a dimension come back."""

    def refine_range(values, losses):
        filled = np.array(losses, dtype=float)
        filled[np.isnan(filled)] = np.inf
        pair = np.lexsort((np.arange(len(filled)), filled))[:2]
        ends = np.sort(values[pair])
        low, high = ends[0].copy(), ends[1].copy()
        if pair[0] == 0:
            low = values[0] ** 2 / values[1]
        if pair[0] + 1 == len(values):
            high = values[-1] ** 2 / values[-2]
        return np.asarray(low), np.asarray(high)


class LogspaceAndKeywords:
    """np.logspace for both stages, the call by keyword, best so far kept."""

    def coarse_to_fine(score, *, low, high, n_coarse=5, n_fine=4):
        tried, losses = [], []
        for stage in range(2):
            if stage == 1:
                low, high = refine_range(np.array(tried), np.array(losses))
            n = (n_coarse, n_fine)[stage]
            for value in np.logspace(np.log10(low), np.log10(high), n):
                tried.append(float(value))
                losses.append(score(value=float(value)))
        i = best_index(losses)
        return tried[i], losses[i]


class ByHand:
    """Powers of the ratio, no helper at all; refines by itself."""

    def coarse_to_fine(score, *, low, high, n_coarse=5, n_fine=4):
        ratio = (high / low) ** (1 / (n_coarse - 1))
        pairs = [(value, score(value)) for value in (low * ratio**i for i in range(n_coarse))]
        rank = sorted(range(n_coarse), key=lambda i: (np.isnan(pairs[i][1]), pairs[i][1]))
        a, b = sorted(rank[:2])
        start, stop = low * ratio**a, low * ratio**b
        start = start / ratio if rank[0] == 0 else start
        stop = stop * ratio if rank[0] == n_coarse - 1 else stop
        step = (stop / start) ** (1 / (n_fine - 1))
        pairs += [(value, score(value)) for value in (start * step**i for i in range(n_fine))]
        return min(pairs, key=lambda pair: (np.isnan(pair[1]), pair[1]))


class NamedStages:
    """An inner function for a stage; numbers of NumPy handed over as they are; prints."""

    def coarse_to_fine(score, *, low, high, n_coarse=5, n_fine=4):
        def stage(start, stop, n):
            grid = np.exp(np.linspace(np.log(start), np.log(stop), n))
            return grid, np.array([score(x) for x in grid], dtype=float)

        one, first = stage(low, high, n_coarse)
        two, second = stage(*refine_range(one, first), n_fine)
        values, losses = np.r_[one, two], np.r_[first, second]
        print("tried", values)
        place = int(np.nanargmin(losses))
        return [float(values[place]), float(losses[place])]


# --- The learning rate ------------------------------------------------------------------------------------


class WhileHalving:
    """A while loop that halves, with the rule in an inner function."""

    def lr_finder(run, *, lr_start, max_halvings=20):
        def trains(losses):
            tail = max(1, len(losses) // 4)
            ends = list(losses)[len(losses) - tail :]
            return all(np.isfinite(loss) for loss in losses) and sum(ends) / tail < losses[0]

        lr, left = lr_start, max_halvings
        while not trains(run(lr)):
            if left == 0:
                raise ValueError("no rate down to the last one trains")
            lr, left = lr / 2, left - 1
        return lr


class NegativeExponents:
    """Rates from an array of powers, the call by keyword, the difference of means against zero."""

    def lr_finder(run, *, lr_start, max_halvings=20):
        for lr in lr_start * 2.0 ** -np.arange(max_halvings + 1):
            losses = np.array(run(lr=float(lr)), dtype=float)
            quarter = max(len(losses) // 4, 1)
            with np.errstate(all="ignore"):
                rise = np.mean(losses[-quarter:] - losses[0])
            if np.isfinite(losses).all() and rise < 0:
                return float(lr)
        raise ValueError(f"diverged down to {lr}")


class Recursively:
    """Calls itself with half the rate and one halving less."""

    def lr_finder(run, *, lr_start, max_halvings=20):
        losses = np.asarray(run(lr_start), dtype=float)
        broken = np.isnan(losses).any() or np.isinf(losses).any()
        if not broken and losses[-max(1, losses.size // 4) :].mean() < losses[0]:
            return lr_start
        if max_halvings == 0:
            raise ValueError(f"even {lr_start} diverges")
        return lr_finder(run, lr_start=lr_start / 2, max_halvings=max_halvings - 1)


# --- Signs of health --------------------------------------------------------------------------------------


class BetweenBounds:
    """Two bounds and a chained comparison; a NumPy bool comes back."""

    def initial_loss_ok(loss, n_classes, *, rtol=0.1):
        low, high = (1 - rtol) * np.log(n_classes), (1 + rtol) * np.log(n_classes)
        return np.logical_and(low <= loss, loss <= high)


class OfTheQuotient:
    """The quotient's distance from one, by math.log."""

    def initial_loss_ok(loss, n_classes, *, rtol=0.1):
        import math

        return abs(loss / math.log(n_classes) - 1) <= rtol


class ByIsclose:
    """np.isclose with log C as its second argument and no absolute part."""

    def initial_loss_ok(loss, n_classes, *, rtol=0.1):
        return bool(np.isclose(loss, -np.log(1 / n_classes), rtol=rtol, atol=0.0))


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


# --- Successive halving -----------------------------------------------------------------------------------


class SortedPairsOfEach:
    """Python's sort of (NaN or not, loss, number); the call by keyword; a counter of rounds."""

    def successive_halving(evaluate, n, *, min_resource, eta=3):
        alive, log, number = range(n), [], 0
        while len(alive) > 1:
            resource = min_resource * eta**number
            entries = [(i, resource, evaluate(i=i, resource=resource)) for i in alive]
            log.extend(entries)
            ranked = sorted(entries, key=lambda entry: (np.isnan(entry[2]), entry[2], entry[0]))
            alive = sorted(entry[0] for entry in ranked[: max(len(ranked) // eta, 1)])
            number += 1
        return alive[0], log


class ByMask:
    """A mask over all candidates, those thrown out at infinity; lists in the log."""

    def successive_halving(evaluate, n, *, min_resource, eta=3):
        alive, resource, log = np.ones(n, dtype=bool), int(min_resource), []
        while alive.sum() > 1:
            losses = np.full(n, np.inf)
            for i in np.flatnonzero(alive):
                loss = evaluate(int(i), resource)
                log.append([int(i), resource, loss])
                losses[i] = np.inf if np.isnan(loss) else loss
            keep = max(1, int(alive.sum()) // eta)
            order = np.lexsort((np.arange(n), losses, ~alive))
            alive = np.isin(np.arange(n), order[:keep])
            resource *= eta
        return int(np.argmax(alive)), log


class ThrowsOutTheWorst:
    """Removes the worst one by one until as many are left as survive; recursion by rounds."""

    def successive_halving(evaluate, n, *, min_resource, eta=3):
        def play(alive, resource):
            if len(alive) == 1:
                return alive[0], []
            losses = {i: evaluate(i, resource) for i in alive}
            left = list(alive)
            while len(left) > max(1, len(alive) // eta):
                left.remove(max(left, key=lambda i: (losses[i] != losses[i], losses[i], i)))
            best, later = play(left, resource * eta)
            return best, [(i, resource, losses[i]) for i in alive] + later

        return play(list(range(n)), min_resource)


def _all(exercise, *codes):
    return tuple(Specimen(exercise, code.__name__, code.__doc__, code=code) for code in codes)


VARIANTS = (
    *_all("best_index", LoopFromInfinity, ByKey, FilledCopy),
    *_all("split_indices", SortedParts, BySplit, ByRanks),
    *_all("select_then_test", KeywordsAndSorted, ListsOfInts, ViaSearch),
    *_all("kfold_indices", BySetDifference, ByLabels, Dealt),
    *_all("cross_val_score", WelfordOverFolds, WithoutTheHelper, ListAndSums),
    *_all("log_uniform", TenToThe, AsAPower, OneByOne),
    *_all("grid_configs", ByProduct, Recursive, ByCounting),
    *_all("random_configs", NestedLoops, FlatThenCut, InnerFunction),
    *_all("search", BestSoFar, SortedPairs, Popped),
    *_all("refine_range", TwoMinima, PaddedGrid, ByLexsort),
    *_all("coarse_to_fine", LogspaceAndKeywords, ByHand, NamedStages),
    *_all("lr_finder", WhileHalving, NegativeExponents, Recursively),
    *_all("initial_loss_ok", BetweenBounds, OfTheQuotient, ByIsclose),
    *_all("update_ratio", ByVdot, ByErrstate, LargestTakenOut),
    *_all("successive_halving", SortedPairsOfEach, ByMask, ThrowsOutTheWorst),
)
