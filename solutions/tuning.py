r"""Tuning: the reference implementations of the assignment ``tuning``.

Pinned for all of them: lower is better. A loss that is NaN counts as infinite, and of equal losses the first
one wins. Examples are known by their numbers 0 … n-1, a part of them is an array of such numbers. What is
tried comes in as a function, and calling it is what costs: a docstring says how often, in which order and
with what it is called. Randomness comes in as a ``numpy.random.Generator``. Functions change nothing that
they were given. The graded body stands between the two markers, argument checks stand above it.
"""

import numpy as np

from solutions.given import at_least, check_ranges
from solutions.given import check_form as check_form


def check_counts(**counts):
    """Refuse counts that are too small (given: your own code need not check again).

    Raises:
        ValueError: with the rule, the value and the cure.
    """
    rules = {
        "n": (*at_least(1), "there is nothing to choose from none"),
        "k": (*at_least(2), "5 and 10 are usual"),
        "size": (*at_least(1), "20 draws are a start"),
        "n_classes": (*at_least(2), "a single class needs no classifier"),
        "n_coarse": (*at_least(3), "the lecture's coarse grid has 5"),
        "n_fine": (*at_least(2), "the lecture's fine grid has 4"),
        "max_halvings": (*at_least(0), "20 halvings reach a millionth of the start"),
        "min_resource": (*at_least(1), "one epoch is a start"),
        "eta": (*at_least(2), "3 is usual"),
    }
    check_ranges(counts, rules)


def check_range(low, high):
    """Refuse what is no range on a logarithmic axis (given).

    Raises:
        ValueError: with the rule, the value and the cure.
    """
    if not 0 < low < high < np.inf:
        raise ValueError(
            f"low and high must satisfy 0 < low < high, got {low} and {high}; zero has no logarithm"
        )


def best_index(losses):
    """The place of the lowest loss.

    A loss that is NaN counts as infinite: a run that broke down is never better than one that did not. Of
    equal losses the first one wins; if all are NaN, that is place 0.

    Args:
        losses: (n,) floats, an array or a list, at least one; not changed.
    Returns:
        index: an int, 0 … n-1.
    Raises:
        ValueError: if there is no loss.
    Example:
        >>> best_index([0.7, float("nan"), 0.2, 0.2])
        2

    Source: numpy.nanargmin, which refuses losses that are all NaN. numpy.argmin takes NaN for the lowest.
    """
    check_counts(n=len(losses))
    ### BEGIN SOLUTION
    return int(np.argmin(np.where(np.isnan(losses), np.inf, losses)))
    ### END SOLUTION


def split_indices(n, *, val, test, rng):
    r"""Three parts of n examples at random: for training, for choosing, for the one final measurement.

    The part for validation has :math:`\lfloor n \cdot \text{val} \rfloor` examples (``int(n * val)``), the
    one for testing :math:`\lfloor n \cdot \text{test} \rfloor`, training has the rest. Every example is in
    exactly one part; every way to share them out is equally likely.

    Args:
        n: how many examples there are, at least 1.
        val, test: shares of them, each in [0, 1), together below 1.
        rng: a numpy.random.Generator, from which every draw comes; which of its methods is up to you.
    Returns:
        (train, val, test): three arrays of ints, each in any order.
    Raises:
        ValueError: if n or a share is out of range.
    Example:
        >>> parts = split_indices(10, val=0.2, test=0.35, rng=np.random.default_rng(0))
        >>> [len(part) for part in parts]
        [5, 2, 3]
        >>> sorted(np.concatenate(parts).tolist()) == list(range(10))
        True

    Source: Hastie, Tibshirani & Friedman 2009, section 7.2. scikit-learn's train_test_split makes two parts,
    rounds the test part up and can keep each class's share.
    """
    check_counts(n=n)
    if not (0 <= val < 1 and 0 <= test < 1 and val + test < 1):
        raise ValueError(
            f"val and test must lie in [0, 1) and add up to less than 1, got {val} and {test}; "
            "0.2 and 0.2 leave 60 % to train on"
        )
    ### BEGIN SOLUTION
    order = rng.permutation(n)
    n_val, n_test = int(n * val), int(n * test)
    return order[n_val + n_test :], order[:n_val], order[n_val : n_val + n_test]
    ### END SOLUTION


def show_split(n, *, val, test, rng):
    """The three parts of your ``split_indices`` as text (given).

    Example:
        >>> show_split(1, val=0.5, test=0.0, rng=np.random.default_rng(0))
        '[[0], [], []]'
    """
    return str([np.asarray(part).tolist() for part in split_indices(n, val=val, test=test, rng=rng)])


def select_then_test(fit_score, configs, train, val, test):
    """Choose on the validation part, train again on all but the test part, measure on the test part once.

    First each configuration, equal ones too, is fitted on ``train`` and scored on ``val``, once, in the order
    of ``configs``. The one with the lowest loss is chosen. Last, it is fitted on ``train`` and ``val``
    together and scored on ``test``: that is the only call in which numbers of ``test`` occur.

    Args:
        fit_score: a function; ``fit_score(config, fit_idx, eval_idx) -> loss`` trains a new model with this
            configuration on the examples in ``fit_idx`` and returns its loss on those in ``eval_idx``.
        configs: list of configurations, at least one; dicts, or whatever ``fit_score`` understands.
        train, val, test: arrays of ints, examples by number; not changed.
    Returns:
        (best, losses, test_loss): the chosen configuration; the list of the validation losses, as they came,
        in the order of ``configs``; the loss of the last call, a float.
    Raises:
        ValueError: if there is no configuration, or two parts share an example.
    Example:
        >>> y = np.array([1.0, 3.0, 2.0, 2.0, 5.0])
        >>> def fit_score(config, fit_idx, eval_idx):  # predicts the mean, times a factor
        ...     return float(np.mean((config["times"] * y[fit_idx].mean() - y[eval_idx]) ** 2))
        >>> configs = [{"times": 0.5}, {"times": 1.0}]
        >>> select_then_test(fit_score, configs, np.array([0, 1]), np.array([2, 3]), np.array([4]))
        ({'times': 1.0}, [1.0, 0.0], 9.0)

    Source: Hastie, Tibshirani & Friedman 2009, section 7.2; the lecture's second idea.
    """
    check_counts(n=len(configs))
    if len({*train, *val, *test}) < len(train) + len(val) + len(test):
        raise ValueError(
            "train, val and test must have no example in common, got parts that overlap; split anew"
        )
    ### BEGIN SOLUTION
    losses = [fit_score(config, train, val) for config in configs]
    best = configs[best_index(losses)]
    return best, losses, fit_score(best, np.concatenate([train, val]), test)
    ### END SOLUTION


def kfold_indices(n, k, *, rng):
    r"""The k folds of n examples at random: each is held out once, the others are there to train on.

    Every example is in exactly one fold, and every way to share them out is equally likely. Where k does not
    divide n, the first n mod k folds have one example more than the others.

    Args:
        n: how many examples there are, at least k.
        k: how many folds, at least 2.
        rng: a numpy.random.Generator, from which every draw comes; which of its methods is up to you.
    Returns:
        folds: list of k pairs (fit, held) of arrays of ints: the examples to train on, and those held out,
        each in any order. Together they are all n examples, and none is in both.
    Raises:
        ValueError: if k is below 2 or above n.
    Example:
        >>> folds = kfold_indices(8, 3, rng=np.random.default_rng(0))
        >>> [(len(fit), len(held)) for fit, held in folds]
        [(5, 3), (5, 3), (6, 2)]

    Source: Stone 1974. scikit-learn's KFold(k, shuffle=True) has the same sizes.
    """
    check_counts(k=k)
    if k > n:
        raise ValueError(f"k must be at most n = {n}, got {k}; an empty fold has no loss")
    ### BEGIN SOLUTION
    folds = np.array_split(rng.permutation(n), k)
    return [(np.concatenate(folds[:i] + folds[i + 1 :]), folds[i]) for i in range(k)]
    ### END SOLUTION


def show_folds(n, k, *, rng):
    """The pairs of your ``kfold_indices`` as text (given).

    Example:
        >>> len(show_folds(2, 2, rng=np.random.default_rng(0))) == len("[[[0], [1]], [[1], [0]]]")
        True
    """
    folds = kfold_indices(n, k, rng=rng)
    return str([[np.asarray(part).tolist() for part in pair] for pair in folds])


def cross_val_score(fit_score, n, k, *, rng):
    """The loss by k-fold cross-validation, and how much it differs from fold to fold.

    The folds come from one call of ``kfold_indices`` with this ``rng``. For each of them, in their order,
    ``fit_score`` is called once.

    Args:
        fit_score: a function; ``fit_score(fit_idx, eval_idx) -> loss`` trains a new model on the examples in
            ``fit_idx`` and returns its mean loss over those in ``eval_idx``.
        n: how many examples there are, at least k.
        k: how many folds, at least 2.
        rng: a numpy.random.Generator.
    Returns:
        (mean, std): floats. The plain mean of the k losses, each fold counted alike; their standard deviation
        with ddof 1. It is not the mean's standard error: the folds share most of what they train on.
    Raises:
        ValueError: if k is below 2 or above n.
    Example:
        >>> rng = np.random.default_rng(0)
        >>> mean, std = cross_val_score(lambda fit, held: float(len(held)), 7, 3, rng=rng)
        >>> round(float(mean), 4), round(float(std), 4)
        (2.3333, 0.5774)

    Source: Stone 1974; scikit-learn's cross_val_score with the same folds gives the same losses.
    """
    check_counts(k=k)
    if k > n:
        raise ValueError(f"k must be at most n = {n}, got {k}; an empty fold has no loss")
    ### BEGIN SOLUTION
    losses = [fit_score(fit, held) for fit, held in kfold_indices(n, k, rng=rng)]
    return np.mean(losses), np.std(losses, ddof=1)
    ### END SOLUTION


def log_uniform(low, high, size, *, rng):
    r"""Numbers between ``low`` and ``high``, as many to be expected in each factor of ten.

    .. math:: x = e^{u}, \quad u \sim \mathrm{Uniform}(\ln \text{low}, \ln \text{high})

    Args:
        low, high: the range, 0 < low < high.
        size: how many, at least 1.
        rng: a numpy.random.Generator, from which every draw comes; which of its methods is up to you.
    Returns:
        (size,) float64 array of independent draws, all in [low, high] but for rounding.
    Raises:
        ValueError: if the range or ``size`` is out of range.
    Example:
        >>> draws = log_uniform(1e-4, 1e-1, 9999, rng=np.random.default_rng(0))
        >>> [round(float(np.mean(draws < edge)), 1) for edge in (1e-3, 1e-2)]
        [0.3, 0.7]

    Source: Bergstra & Bengio 2012, section 2; scipy.stats.loguniform.
    """
    check_range(low, high)
    check_counts(size=size)
    ### BEGIN SOLUTION
    return np.exp(rng.uniform(np.log(low), np.log(high), size=size))
    ### END SOLUTION


def grid_configs(space):
    """Every combination of the values of all hyperparameters.

    The last hyperparameter of ``space`` changes fastest, the first one slowest; the values of each come in
    the order in which they stand.

    Args:
        space: dict from a hyperparameter's name to the list of its values, none of them empty; not changed.
    Returns:
        configs: list of dicts, each with the keys of ``space`` in their order; its length is the product of
        the lists' lengths, 1 for an empty space.
    Raises:
        ValueError: if a list is empty.
    Example:
        >>> for config in grid_configs({"lr": [0.1, 0.01], "momentum": [0.0, 0.9]}):
        ...     print(config)
        {'lr': 0.1, 'momentum': 0.0}
        {'lr': 0.1, 'momentum': 0.9}
        {'lr': 0.01, 'momentum': 0.0}
        {'lr': 0.01, 'momentum': 0.9}

    Source: scikit-learn's ParameterGrid, which sorts the names first; otherwise equal.
    """
    empty = [name for name, values in space.items() if not len(values)]
    if empty:
        raise ValueError(f"every hyperparameter needs a value, got none for {empty[0]!r}; leave it out")
    ### BEGIN SOLUTION
    configs = [{}]
    for name, values in space.items():
        configs = [{**config, name: value} for config in configs for value in values]
    return configs
    ### END SOLUTION


def random_configs(samplers, n, *, rng):
    """Configurations in which every hyperparameter is drawn by its own sampler.

    Configuration after configuration, and in each in the order of ``samplers``, every sampler is called once
    with ``rng`` itself; nothing else is drawn from it.

    Args:
        samplers: dict from a hyperparameter's name to a function ``sampler(rng) -> value``.
        n: how many configurations, at least 1.
        rng: a numpy.random.Generator.
    Returns:
        configs: list of n dicts with the keys of ``samplers``.
    Raises:
        ValueError: if ``n`` is below 1.
    Example:
        >>> samplers = {"lr": lambda rng: rng.uniform(0.0, 1.0), "width": lambda rng: 32}
        >>> configs = random_configs(samplers, 3, rng=np.random.default_rng(0))
        >>> len({config["lr"] for config in configs}), [config["width"] for config in configs]
        (3, [32, 32, 32])

    Source: Bergstra & Bengio 2012; scikit-learn's ParameterSampler.
    """
    check_counts(n=n)
    ### BEGIN SOLUTION
    return [{name: sampler(rng) for name, sampler in samplers.items()} for _ in range(n)]
    ### END SOLUTION


def search(score, configs):
    """Try every configuration once, in order, and name the best.

    Args:
        score: a function; ``score(config) -> loss``. It is called once for each configuration, equal ones
            too, and no more.
        configs: list of configurations, at least one; not changed.
    Returns:
        (best, losses): the configuration with the lowest loss; the list of all losses, as they came, in
        the order of ``configs``.
    Raises:
        ValueError: if there is no configuration.
    Example:
        >>> search(lambda config: (config["lr"] - 0.1) ** 2, [{"lr": 0.5}, {"lr": 0.1}])[0]
        {'lr': 0.1}

    Source: Bergstra & Bengio 2012: grid search and random search differ in ``configs`` only.
    """
    check_counts(n=len(configs))
    ### BEGIN SOLUTION
    losses = [score(config) for config in configs]
    return configs[best_index(losses)], losses
    ### END SOLUTION


def refine_range(values, losses):
    r"""Where to look closer after a coarse grid: the range between the two best values.

    If the very best value stands on the border of the grid, the minimum may lie beyond. Then the range goes
    on past that border by one grid ratio, the one between the border value and its neighbour:
    :math:`v_0 \cdot v_0/v_1` below, or :math:`v_{n-1} \cdot v_{n-1}/v_{n-2}` above; the other end stays the
    second best value. A second best value on the border widens nothing.

    Args:
        values: (n,) floats greater than 0, increasing, at least three; not changed.
        losses: (n,) floats, an array or a list, the loss at each value; not changed. NaN counts as infinite;
            of equal losses the first one is the better.
    Returns:
        (low, high): floats, low < high.
    Raises:
        ValueError: if the values are not as said, or there are not as many losses.
    Example:
        >>> values = np.array([1e-5, 1e-4, 1e-3, 1e-2, 1e-1])
        >>> low, high = refine_range(values, np.array([0.9, 0.3, 0.2, 0.4, np.nan]))
        >>> f"{low:g} {high:g}"
        '0.0001 0.001'
        >>> low, high = refine_range(values, np.array([0.1, 0.3, 0.5, 0.8, 0.9]))
        >>> f"{low:g} {high:g}"
        '1e-06 0.0001'

    Source: the lecture's coarse-to-fine search; Bengio 2012, section 3.3, on best values at the border.
    """
    if np.ndim(values) != 1 or len(values) < 3 or not (values[0] > 0 and np.all(np.diff(values) > 0)):
        raise ValueError(
            f"values must be at least three increasing numbers greater than 0, got {values}; "
            "np.geomspace makes such a grid"
        )
    if np.shape(losses) != np.shape(values):
        raise ValueError(
            f"every value needs its loss, got {np.shape(losses)} losses for {np.shape(values)} values; "
            "NaN stands for a run that broke down"
        )
    ### BEGIN SOLUTION
    best, second = np.argsort(np.where(np.isnan(losses), np.inf, losses), kind="stable")[:2]
    low, high = values[min(best, second)], values[max(best, second)]
    if best == 0:
        low = values[0] * values[0] / values[1]
    if best == len(values) - 1:
        high = values[-1] * values[-1] / values[-2]
    return low, high
    ### END SOLUTION


def coarse_to_fine(score, *, low, high, n_coarse=5, n_fine=4):
    """Search for one hyperparameter in two stages on a logarithmic scale.

    First ``n_coarse`` values from ``low`` to ``high``, at equal ratios. Then ``n_fine`` values at equal
    ratios over the range that ``refine_range`` makes of them, both of its ends included, whether or not they
    were tried before. So ``score`` is called ``n_coarse + n_fine`` times, each stage in increasing order.

    Args:
        score: a function; ``score(value) -> loss``.
        low, high: the range of the first stage, 0 < low < high.
        n_coarse: values in the first stage, at least 3.
        n_fine: values in the second stage, at least 2.
    Returns:
        (best, loss): of all values of both stages the one with the lowest loss, and that loss; floats.
    Raises:
        ValueError: if an argument is out of range.
    Example:
        >>> tried = []
        >>> def score(lr):
        ...     tried.append(f"{lr:.1g}")
        ...     return (np.log10(lr) + 3.4) ** 2
        >>> best, loss = coarse_to_fine(score, low=1e-5, high=1e-1)
        >>> " ".join(tried)
        '1e-05 0.0001 0.001 0.01 0.1 0.0001 0.0002 0.0005 0.001'
        >>> f"{best:.3g}"
        '0.000464'

    Source: the lecture's coarse-to-fine search, with its two stages of 5 and 4 values.
    """
    check_range(low, high)
    check_counts(n_coarse=n_coarse, n_fine=n_fine)
    ### BEGIN SOLUTION
    coarse = np.geomspace(low, high, n_coarse)
    losses = [score(value) for value in coarse]
    fine = np.geomspace(*refine_range(coarse, losses), n_fine)
    losses = losses + [score(value) for value in fine]
    best = best_index(losses)
    return np.concatenate([coarse, fine])[best], losses[best]
    ### END SOLUTION


def lr_finder(run, *, lr_start, max_halvings=20):
    r"""The first learning rate with which training does not diverge, halving from ``lr_start`` on.

    The rates tried are :math:`\text{lr\_start}/2^i` for i = 0, 1, …, ``max_halvings``, each once, the largest
    first; no more are tried than needed. A run has diverged if one of its losses is not finite, or if the
    mean of its last quarter (the last ``max(1, n // 4)`` of n losses) is not below its first loss.

    Args:
        run: a function; ``run(lr) -> losses`` trains for a while with this rate, every time from the same
            start, and returns the list of losses, at least two, the first one before the first update.
        lr_start: the first rate, greater than 0: one that is surely too large.
        max_halvings: how often the rate is halved at most, at least 0.
    Returns:
        lr: a float, the rate found. It is the edge: train with a quarter of it.
    Raises:
        ValueError: if an argument is out of range, or training diverges with every rate tried.
    Example:
        >>> def run(lr):  # descent on w²/2 from 1, stable below 2
        ...     return [float((1 - lr) ** (2 * t)) for t in range(20)]
        >>> lr_finder(run, lr_start=100.0)
        1.5625

    Source: the lecture's rule "start large and halve". Smith's range test (2017) raises the rate within one
    run instead.
    """
    if not 0 < lr_start < np.inf:
        raise ValueError(
            f"lr_start must be greater than 0 and finite, got {lr_start}; 10 is surely too large"
        )
    check_counts(max_halvings=max_halvings)
    ### BEGIN SOLUTION
    for i in range(max_halvings + 1):
        lr = lr_start / 2**i
        losses = np.asarray(run(lr))
        last = losses[-max(1, len(losses) // 4) :]
        if np.all(np.isfinite(losses)) and np.mean(last) < losses[0]:
            return lr
    raise ValueError(f"a rate must train, got divergence down to {lr}; look for a fault in the gradients")
    ### END SOLUTION


def initial_loss_ok(loss, n_classes, *, rtol=0.1):
    r"""Whether a classifier's first loss is that of guessing: within a share ``rtol`` of log C.

    .. math:: |\ell - \ln C| \le \text{rtol} \cdot \ln C

    Args:
        loss: the mean softmax cross-entropy before the first update; NaN and infinity are not right.
        n_classes: C, at least 2.
        rtol: the share by which it may be off, to either side, at least 0.
    Returns:
        ok: a bool.
    Raises:
        ValueError: if an argument is out of range.
    Example:
        >>> initial_loss_ok(2.35, 10), initial_loss_ok(3.07, 10), initial_loss_ok(0.0, 10)
        (True, False, False)

    Source: CS231n, "Babysitting the learning process". It holds for a last layer that starts near zero.
    """
    check_counts(n_classes=n_classes)
    if not rtol >= 0:
        raise ValueError(f"rtol must be at least 0, got {rtol}; 0.1 allows ten per cent")
    ### BEGIN SOLUTION
    guess = np.log(n_classes)
    return bool(abs(loss - guess) <= rtol * guess)
    ### END SOLUTION


def update_ratio(params, new_params):
    r"""How far an update moves each parameter, as a share of the parameter's own size.

    .. math:: \frac{\lVert w_{\text{new}} - w \rVert_2}{\lVert w \rVert_2}

    The norm is the root of the sum of all entries' squares, for an array of any shape. A parameter of zeros
    that stays has the ratio 0, one that moves has the ratio infinity.

    Args:
        params, new_params: dicts of float64 arrays with the same keys and shapes, before and after an update;
            not changed.
    Returns:
        ratios: dict from each key to a float.
    Raises:
        ValueError: if keys or shapes differ.
    Example:
        >>> before = {"W": np.array([[3.0, 0.0], [0.0, 4.0]]), "b": np.zeros(2)}
        >>> after = {"W": np.array([[3.0, 0.01], [0.0, 4.0]]), "b": np.array([0.0, 0.1])}
        >>> {key: round(float(ratio), 4) for key, ratio in update_ratio(before, after).items()}
        {'W': 0.002, 'b': inf}

    Source: CS231n, "Babysitting the learning process": about 1e-3 is healthy.
    """
    shapes, new_shapes = ({key: np.shape(item[key]) for key in item} for item in (params, new_params))
    if shapes != new_shapes:
        raise ValueError(
            f"new_params must have the keys and shapes of params, got {new_shapes} for {shapes}; "
            "compare the parameters before and after one update"
        )
    ### BEGIN SOLUTION
    ratios = {}
    for key, w in params.items():
        size, moved = np.linalg.norm(w), np.linalg.norm(new_params[key] - w)
        ratios[key] = moved / size if size > 0 else np.inf if moved > 0 else 0.0
    return ratios
    ### END SOLUTION


def successive_halving(evaluate, n, *, min_resource, eta=3):
    r"""Try all candidates briefly, and give ever fewer of them ever more.

    In each round every candidate alive is evaluated once with the round's resource, in the order of their
    numbers. The ``max(1, alive // eta)`` with the lowest losses of *that* round survive, and the next round's
    resource is ``eta`` times as large. When one is left, it is the answer and is not evaluated again. A loss
    that is NaN counts as infinite; of equal losses the lower number survives.

    Args:
        evaluate: a function; ``evaluate(i, resource) -> loss`` trains candidate i with this resource (epochs,
            examples, seconds) and returns its validation loss.
        n: how many candidates, numbered 0 … n-1; at least 1.
        min_resource: the first round's resource, an int, at least 1.
        eta: η, an int, at least 2.
    Returns:
        (best, log): the number of the candidate left, an int; the list of all evaluations in their order,
        each a tuple (i, resource, loss), the loss as it came. With n = 1 the log is empty.
    Raises:
        ValueError: if an argument is out of range.
    Example:
        >>> best, log = successive_halving(lambda i, resource: abs(i - 5) / resource, 9, min_resource=2)
        >>> best, [(i, resource) for i, resource, _ in log][-3:], len(log)
        (5, [(4, 6), (5, 6), (6, 6)], 12)

    Source: Jamieson & Talwalkar 2016, with a share of 1/eta instead of a half. scikit-learn's
    HalvingGridSearchCV keeps alive/eta rounded up, and runs what is left once more.
    """
    check_counts(n=n, min_resource=min_resource, eta=eta)
    ### BEGIN SOLUTION
    alive, resource, log = list(range(n)), min_resource, []
    while len(alive) > 1:
        losses = [evaluate(i, resource) for i in alive]
        log = log + [(i, resource, loss) for i, loss in zip(alive, losses, strict=True)]
        order = np.argsort(np.where(np.isnan(losses), np.inf, losses), kind="stable")
        alive = sorted(alive[place] for place in order[: max(1, len(alive) // eta)])
        resource = resource * eta
    return alive[0], log
    ### END SOLUTION
