"""The reference of `tuning` against scikit-learn, SciPy, PyTorch and theory, its docstrings, its promises."""

import copy
import doctest
import itertools
import math

import numpy as np
import pytest
import torch
from scipy import stats
from sklearn.base import BaseEstimator
from sklearn.experimental import enable_halving_search_cv  # noqa: F401 - importing it enables
from sklearn.linear_model import Ridge
from sklearn.model_selection import HalvingGridSearchCV, KFold, ParameterGrid
from sklearn.model_selection import cross_val_score as sklearn_cross_val_score

import solutions.tuning as tuning

NAN = float("nan")


def generator(seed=0):
    return np.random.default_rng(seed)


class Calls:
    """A function of losses by name that remembers what it was asked."""

    def __init__(self, answer):
        self.answer, self.log = answer, []

    def __call__(self, *args):
        self.log.append(args)
        return self.answer(*args)


# --- The best of several ----------------------------------------------------------------------------------


def test_the_best_is_nanargmins():
    """The lowest loss is the one of numpy.nanargmin wherever one is a number, first among equals."""
    rng = generator(1)
    for _ in range(200):
        losses = rng.integers(0, 4, size=rng.integers(1, 7)).astype(float)
        losses[rng.random(losses.size) < 0.3] = np.nan
        if np.isnan(losses).all():
            assert tuning.best_index(losses) == 0
        else:
            assert tuning.best_index(losses) == tuning.best_index(losses.tolist()) == np.nanargmin(losses)


def test_argmin_takes_nan_for_the_lowest():
    """The trap: numpy.argmin and torch.argmin name the run that broke down."""
    losses = [0.3, NAN, 0.2]
    assert np.argmin(losses) == 1 and torch.argmin(torch.tensor(losses)) == 1
    assert tuning.best_index(losses) == 2


# --- Parts and folds --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("n", "val", "test"), [(100, 0.2, 0.2), (7, 0.3, 0.3), (11, 0.0, 0.5), (1, 0.9, 0)])
def test_the_parts_share_everything_out(n, val, test):
    """Sizes are the whole parts of the shares, and every example is in exactly one part."""
    parts = tuning.split_indices(n, val=val, test=test, rng=generator())
    assert [len(part) for part in parts[1:]] == [math.floor(n * val), math.floor(n * test)]
    assert sorted(np.concatenate(parts).tolist()) == list(range(n))


def test_every_example_is_as_likely_in_each_part():
    """Over 4,000 splits each of ten examples is in the test part as often as its share says."""
    rng = generator(2)
    counts = np.zeros(10)
    for _ in range(4000):
        counts[tuning.split_indices(10, val=0.3, test=0.2, rng=rng)[2]] += 1
    assert stats.chisquare(counts).pvalue > 1e-3 and counts.sum() == 8000


@pytest.mark.parametrize(("n", "k"), [(10, 5), (11, 4), (7, 7), (23, 2)])
def test_folds_have_the_sizes_of_scikit_learns(n, k):
    """Sizes, disjointness and completeness are those of KFold(shuffle=True)."""
    folds = tuning.kfold_indices(n, k, rng=generator(3))
    theirs = KFold(k, shuffle=True, random_state=0).split(np.zeros(n))
    assert [(len(a), len(b)) for a, b in folds] == [(len(a), len(b)) for a, b in theirs]
    assert sorted(np.concatenate([held for _, held in folds]).tolist()) == list(range(n))
    for fit, held in folds:
        assert sorted([*fit, *held]) == list(range(n))


def test_without_shuffling_the_folds_are_scikit_learns():
    """On a permutation handed to KFold without shuffling, the held-out parts are the very same."""
    order = generator(4).permutation(17)
    theirs = [order[held].tolist() for _, held in KFold(5).split(order)]
    assert [held.tolist() for _, held in tuning.kfold_indices(17, 5, rng=generator(4))] == theirs


def test_cross_validation_is_scikit_learns():
    """Ridge regression's losses on the same folds agree with scikit-learn's cross_val_score."""
    rng = generator(5)
    X = rng.normal(size=(43, 6))
    y = X @ rng.normal(size=6) + rng.normal(size=43)

    def fit_score(fit, held):
        return float(np.mean((Ridge().fit(X[fit], y[fit]).predict(X[held]) - y[held]) ** 2))

    got = tuning.cross_val_score(fit_score, 43, 5, rng=generator(6))
    folds = tuning.kfold_indices(43, 5, rng=generator(6))
    theirs = -sklearn_cross_val_score(Ridge(), X, y, cv=folds, scoring="neg_mean_squared_error")
    assert np.allclose(got, (theirs.mean(), theirs.std(ddof=1)), rtol=1e-12)


def test_leaving_one_out_is_the_closed_form():
    """With k = n on least squares the mean is that of the residuals over 1 - leverage, squared."""
    rng = generator(7)
    X, y = rng.normal(size=(12, 3)), rng.normal(size=12)

    def fit_score(fit, held):
        w = np.linalg.lstsq(X[fit], y[fit], rcond=None)[0]
        return float(np.mean((X[held] @ w - y[held]) ** 2))

    hat = X @ np.linalg.solve(X.T @ X, X.T)
    mean, _ = tuning.cross_val_score(fit_score, 12, 12, rng=generator(8))
    assert np.isclose(mean, np.mean(((y - hat @ y) / (1 - np.diag(hat))) ** 2), rtol=1e-10)


# --- The protocol -----------------------------------------------------------------------------------------


def test_the_test_part_is_touched_once():
    """Every configuration meets train and val; the test part is in the last call only, with all the rest."""
    fit_score = Calls(lambda config, fit, held: abs(config - 3) + len(fit) / 100)
    train, val, test = np.arange(5), np.arange(5, 8), np.arange(8, 10)
    best, losses, test_loss = tuning.select_then_test(fit_score, [1, 2, 3, 4], train, val, test)
    assert (best, losses, test_loss) == (3, [2.05, 1.05, 0.05, 1.05], 0.08)
    assert [call[0] for call in fit_score.log] == [1, 2, 3, 4, 3]
    for _, fit, held in fit_score.log[:-1]:
        assert fit.tolist() == train.tolist() and held.tolist() == val.tolist()
    assert sorted(fit_score.log[-1][1]) == list(range(8)) and fit_score.log[-1][2].tolist() == test.tolist()


def test_search_asks_once_each():
    """One call for each configuration in order, none for the winner again; NaN does not win."""
    score = Calls(lambda config: {"a": NAN, "b": 2.0, "c": 1.0, "d": 1.0}[config])
    assert tuning.search(score, list("abcd"))[0] == "c"
    assert score.log == [("a",), ("b",), ("c",), ("d",)]


# --- What is tried ----------------------------------------------------------------------------------------


def test_draws_are_log_uniform():
    """20,000 draws agree with scipy.stats.loguniform, and not with a uniform."""
    draws = tuning.log_uniform(1e-5, 1e-1, 20_000, rng=generator(9))
    assert stats.kstest(draws, stats.loguniform(1e-5, 1e-1).cdf).pvalue > 1e-3
    assert stats.kstest(draws, stats.uniform(1e-5, 1e-1).cdf).pvalue < 1e-12
    assert draws.shape == (20_000,) and draws.min() >= 1e-5 and draws.max() <= 1e-1


def test_the_grid_is_scikit_learns():
    """With names in alphabetical order the grid is ParameterGrid's, else it keeps our order of names."""
    space = {"a": [1, 2], "b": ["x", "y", "z"], "c": [0.5, 0.25]}
    assert tuning.grid_configs(space) == list(ParameterGrid(space))
    turned = {"b": [1, 2], "a": [3, 4]}
    assert tuning.grid_configs(turned) == [{"b": b, "a": a} for b, a in itertools.product([1, 2], [3, 4])]
    assert tuning.grid_configs(turned) != list(ParameterGrid(turned))
    assert tuning.grid_configs({}) == [{}]


def test_configurations_are_drawn_one_after_the_other():
    """Each sampler draws once a configuration, in the order of the dict, from the generator itself."""
    samplers = {"lr": lambda rng: rng.random(), "width": lambda rng: int(rng.integers(100))}
    rng, twin = generator(10), generator(10)
    want = [{"lr": twin.random(), "width": int(twin.integers(100))} for _ in range(4)]
    assert tuning.random_configs(samplers, 4, rng=rng) == want
    assert rng.random() == twin.random()


@pytest.mark.parametrize(("q", "n"), [(0.05, 10), (0.05, 60), (0.2, 10)])
def test_random_search_succeeds_as_the_formula_says(q, n):
    """Of 4,000 random searches the share that meets the best q of a space is 1 - (1-q)^n."""
    rng = generator(11)
    hits = [min(rng.random(n)) < q for _ in range(4000)]
    want = 1 - (1 - q) ** n
    assert abs(np.mean(hits) - want) < 4 * np.sqrt(want * (1 - want) / 4000)


# --- Coarse, then fine ------------------------------------------------------------------------------------


def test_the_lectures_two_stages():
    """Best at 1e-3 and 1e-4, the lecture's second stage goes from 1e-4 to 1e-3 in four values."""
    score = Calls(lambda lr: abs(np.log10(lr) - np.log10(3e-4)))
    best, loss = tuning.coarse_to_fine(score, low=1e-5, high=1e-1)
    tried = [call[0] for call in score.log]
    assert np.allclose(tried, [1e-5, 1e-4, 1e-3, 1e-2, 1e-1, *np.geomspace(1e-4, 1e-3, 4)])
    assert np.isclose(best, 10**-3.667, rtol=1e-3) and loss == score.answer(best)


@pytest.mark.parametrize(
    ("losses", "low", "high"),
    [
        ([5, 1, 2, 3, 4], 10, 100),
        ([5, 2, 1, 3, 4], 10, 100),
        ([1, 2, 3, 4, 5], 0.1, 10),
        ([5, 4, 3, 2, 1], 1000, 100_000),
        ([2, 1, 3, 4, 5], 1, 10),
        ([5, 4, 3, 1, 2], 1000, 10_000),
        ([1, 3, 4, 5, 2], 0.1, 10_000),
        ([1, 1, 1, 1, 1], 0.1, 10),
        ([NAN, NAN, 1, NAN, 2], 100, 10_000),
        ([NAN, NAN, NAN, NAN, 2], 1, 100_000),
    ],
)
def test_the_range_spans_the_two_best(losses, low, high):
    """The range goes from one of the two best values to the other, and past a border that is the best."""
    values = 10.0 ** np.arange(5)
    assert np.allclose(tuning.refine_range(values, losses), (low, high))
    assert np.allclose(tuning.refine_range(values, np.array(losses, dtype=float)), (low, high))


def test_uneven_grids_widen_by_the_ratio_at_the_border():
    """The ratio is the one between the border value and its own neighbour."""
    values = np.array([1.0, 2.0, 8.0])
    assert tuning.refine_range(values, [0, 1, 2]) == (0.5, 2.0)
    assert tuning.refine_range(values, [2, 1, 0]) == (2.0, 32.0)


# --- The learning rate ------------------------------------------------------------------------------------


@pytest.mark.parametrize("curvature", [0.3, 1.0, 7.0])
def test_the_edge_of_a_bowl_is_found(curvature):
    """In a bowl descent is stable below 2/λ; the finder returns the first halving below, torch agreeing."""

    def run(lr):
        w = torch.tensor([1.0], dtype=torch.float64, requires_grad=True)
        optimizer, losses = torch.optim.SGD([w], lr=lr), []
        for _ in range(40):
            optimizer.zero_grad()
            loss = curvature * (w**2).sum() / 2
            loss.backward()
            losses.append(loss.item())
            optimizer.step()
        return losses

    lr = tuning.lr_finder(run, lr_start=100.0)
    assert lr < 2 / curvature <= 2 * lr


@pytest.mark.parametrize(
    ("losses", "diverged"),
    [
        ([1.0, 0.5, 0.2, 0.1], False),
        ([1.0, 0.5, 0.2, 1.0], True),
        ([1.0, 0.5, 0.2, NAN], True),
        ([1.0, NAN, 0.2, 0.1], True),
        ([1.0, np.inf, 0.2, 0.1], True),
        ([1.0, 0.1, 0.1, 0.1, 0.1, 0.1, 0.2, 1.9], True),
        ([1.0, 0.1, 0.1, 0.1, 0.1, 9.9, 0.2, 1.7], False),
        ([1.0, 0.9], False),
        ([1.0, 1.0], True),
    ],
)
def test_what_counts_as_divergence(losses, diverged):
    """Any loss that is not finite, or a last quarter whose mean is not below the first loss."""
    found = tuning.lr_finder(lambda lr: losses if lr == 8.0 else [1.0, 0.5], lr_start=8.0)
    assert found == (4.0 if diverged else 8.0)


def test_every_rate_is_tried_once_until_one_trains():
    """Halvings in order, none after the first that trains; if none does, that is said."""
    run = Calls(lambda lr: [1.0, 2.0] if lr > 0.2 else [1.0, 0.5])
    assert tuning.lr_finder(run, lr_start=1.0) == 0.125
    assert run.log == [(1.0,), (0.5,), (0.25,), (0.125,)]
    run.log.clear()
    with pytest.raises(ValueError, match=r"got divergence down to 0.25; look"):
        tuning.lr_finder(run, lr_start=1.0, max_halvings=2)
    assert len(run.log) == 3


# --- Sanity checks ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("n_classes", [2, 10, 1000])
def test_zero_logits_have_the_loss_of_guessing(n_classes):
    """torch's cross-entropy of equal logits is log C, and passes; half of it and twice do not."""
    logits, labels = torch.zeros(5, n_classes, dtype=torch.float64), torch.zeros(5, dtype=torch.int64)
    loss = torch.nn.functional.cross_entropy(logits, labels).item()
    assert tuning.initial_loss_ok(loss, n_classes, rtol=1e-12)
    for wrong in (0.5 * loss, 2 * loss, NAN, np.inf, -loss):
        assert tuning.initial_loss_ok(wrong, n_classes) is False


def test_the_ratio_of_an_sgd_step_is_torchs():
    """For one step of torch's SGD the ratio is lr·|g| / |w| of each parameter, biases of zero apart."""
    torch.manual_seed(0)
    net = torch.nn.Sequential(torch.nn.Linear(5, 4), torch.nn.ReLU(), torch.nn.Linear(4, 3)).double()
    torch.nn.init.zeros_(net[2].bias)
    loss = torch.nn.functional.cross_entropy(net(torch.randn(7, 5).double()), torch.arange(7) % 3)
    loss.backward()
    before = {name: p.detach().numpy().copy() for name, p in net.named_parameters()}
    want = {
        name: float(0.1 * p.grad.norm() / p.detach().norm()) if p.detach().norm() else np.inf
        for name, p in net.named_parameters()
    }
    torch.optim.SGD(net.parameters(), lr=0.1).step()
    after = {name: p.detach().numpy().copy() for name, p in net.named_parameters()}
    got = tuning.update_ratio(before, after)
    assert got.keys() == want.keys() and got["2.bias"] == np.inf
    assert np.allclose([got[key] for key in want], list(want.values()), rtol=1e-10)


def test_sizes_far_apart_and_any_shape():
    """Ratios hold from 1e-6 to 1e3, for arrays of no, two and three dimensions, zeros included."""
    rng = generator(12)
    for size in (1e-6, 1.0, 1e3):
        params = {
            "W": size * rng.normal(size=(3, 4)),
            "K": size * rng.normal(size=(2, 3, 2)),
            "s": np.array(size),
        }
        moves = {key: 1e-3 * rng.normal(size=w.shape) for key, w in params.items()}
        got = tuning.update_ratio(params, {key: params[key] + moves[key] for key in params})
        want = [np.sqrt(np.sum(moves[key] ** 2) / np.sum(params[key] ** 2)) for key in params]
        assert np.allclose([got[key] for key in params], want, rtol=1e-6)
    assert tuning.update_ratio({"w": np.zeros(2)}, {"w": np.zeros(2)}) == {"w": 0.0}


# --- Successive halving -----------------------------------------------------------------------------------


def test_27_candidates_take_39_runs():
    """27, 9 and 3 candidates with 1, 3 and 9 units; the one left is not run again."""
    evaluate = Calls(lambda i, resource: abs(i - 13) + 1 / resource)
    best, log = tuning.successive_halving(evaluate, 27, min_resource=1)
    assert best == 13 and len(log) == len(evaluate.log) == 39
    assert [call[:2] for call in log] == evaluate.log
    rounds = {resource: [i for i, r, _ in log if r == resource] for resource in (1, 3, 9)}
    assert {r: len(i) for r, i in rounds.items()} == {1: 27, 3: 9, 9: 3}
    assert all(each == sorted(each) for each in rounds.values())


class Candidate(BaseEstimator):
    """Candidate i, whose score with a resource is a fixed table's."""

    def __init__(self, i=0, resource=1):
        self.i, self.resource = i, resource

    def fit(self, X, y=None):
        return self

    def score(self, X, y=None):
        return -table(self.i, self.resource)


def table(i, resource):
    """The loss of candidate i: noise that shrinks, around a quality of its own."""
    noise = np.random.default_rng([i, resource]).normal()
    return i / 10 + noise / np.sqrt(resource)


def test_scikit_learn_has_the_same_first_rounds():
    """HalvingGridSearchCV keeps the same candidates of 27; it runs the last one once more, we do not."""
    best, log = tuning.successive_halving(table, 27, min_resource=1)
    theirs = HalvingGridSearchCV(
        Candidate(),
        {"i": list(range(27))},
        resource="resource",
        factor=3,
        min_resources=1,
        max_resources=27,
        cv=[(np.arange(4), np.arange(4))],
        refit=False,
    ).fit(np.zeros((4, 1)))
    assert theirs.n_candidates_ == [27, 9, 3, 1] and theirs.n_resources_ == [1, 3, 9, 27]
    for resource in (1, 3, 9):
        rows = theirs.cv_results_["n_resources"] == resource
        kept = [params["i"] for params in np.array(theirs.cv_results_["params"])[rows]]
        assert sorted(kept) == [i for i, r, _ in log if r == resource]
    assert theirs.best_params_["i"] == best


def test_counts_that_eta_does_not_divide_are_rounded_down():
    """Of 10 candidates 3 survive and then 1, where scikit-learn would keep 4 and then 2."""
    _, log = tuning.successive_halving(lambda i, resource: float(i), 10, min_resource=2)
    assert [(i, r) for i, r, _ in log] == [*((i, 2) for i in range(10)), (0, 6), (1, 6), (2, 6)]
    best, log = tuning.successive_halving(lambda i, resource: NAN, 4, min_resource=1, eta=2)
    assert best == 0 and [i for i, _, _ in log] == [0, 1, 2, 3, 0, 1]
    assert tuning.successive_halving(lambda i, resource: 0.0, 1, min_resource=1) == (0, [])


# --- Promises ---------------------------------------------------------------------------------------------


def test_arguments_stay_as_they_were():
    """Nothing that was handed over is changed, and what comes back does not share its memory."""
    space, losses = {"lr": [0.1, 0.2], "width": [8]}, np.array([3.0, NAN, 1.0])
    values, configs = np.array([1.0, 2.0, 4.0]), [{"lr": 0.1}, {"lr": 0.2}]
    params = {"w": np.ones(3)}
    kept = copy.deepcopy((space, losses, values, configs, params))
    grid = tuning.grid_configs(space)
    grid[0]["lr"] = 7.0
    tuning.best_index(losses)
    tuning.refine_range(values, losses)
    tuning.search(lambda config: config["lr"], configs)
    tuning.update_ratio(params, {"w": np.zeros(3)})
    assert repr(kept) == repr((space, losses, values, configs, params)) and grid[1]["lr"] == 0.2


PARTS = (np.array([0]), np.array([1]), np.array([2]))


@pytest.mark.parametrize(
    ("call", "rule"),
    [
        (lambda: tuning.best_index([]), r"n must be at least 1, got 0; there is nothing to choose"),
        (lambda: tuning.split_indices(0, val=0.1, test=0.1, rng=generator()), r"n must be at least 1"),
        (
            lambda: tuning.split_indices(9, val=0.5, test=0.5, rng=generator()),
            r"val and test must lie in \[0, 1\) and add up to less than 1, got 0.5 and 0.5; 0.2 and",
        ),
        (lambda: tuning.split_indices(9, val=-0.1, test=0.5, rng=generator()), r"got -0.1 and 0.5"),
        (lambda: tuning.select_then_test(max, [], *PARTS), r"n must be at least 1, got 0"),
        (
            lambda: tuning.select_then_test(max, [1], PARTS[0], PARTS[1], PARTS[0]),
            r"no example in common, got parts that overlap; split anew",
        ),
        (lambda: tuning.kfold_indices(9, 1, rng=generator()), r"k must be at least 2, got 1; 5 and 10"),
        (lambda: tuning.kfold_indices(4, 5, rng=generator()), r"k must be at most n = 4, got 5; an empty"),
        (lambda: tuning.cross_val_score(max, 4, 5, rng=generator()), r"k must be at most n = 4"),
        (lambda: tuning.log_uniform(0.0, 1.0, 3, rng=generator()), r"0 < low < high, got 0.0 and 1.0; zero"),
        (lambda: tuning.log_uniform(1.0, 2.0, 0, rng=generator()), r"size must be at least 1, got 0"),
        (lambda: tuning.grid_configs({"lr": []}), r"needs a value, got none for 'lr'; leave it out"),
        (lambda: tuning.random_configs({}, 0, rng=generator()), r"n must be at least 1"),
        (lambda: tuning.search(max, []), r"n must be at least 1"),
        (lambda: tuning.refine_range(np.array([1.0, 2.0]), [1, 2]), r"at least three increasing numbers"),
        (lambda: tuning.refine_range(np.array([1.0, 3.0, 2.0]), [1, 2, 3]), r"np.geomspace makes"),
        (lambda: tuning.refine_range(np.array([1.0, 2.0, 3.0]), [1, 2]), r"every value needs its loss"),
        (lambda: tuning.coarse_to_fine(max, low=2.0, high=1.0), r"0 < low < high, got 2.0 and 1.0"),
        (lambda: tuning.coarse_to_fine(max, low=1.0, high=2.0, n_coarse=2), r"n_coarse must be at least 3"),
        (lambda: tuning.coarse_to_fine(max, low=1.0, high=2.0, n_fine=1), r"n_fine must be at least 2"),
        (lambda: tuning.lr_finder(max, lr_start=0.0), r"lr_start must be greater than 0 and finite, got 0.0"),
        (lambda: tuning.lr_finder(max, lr_start=1.0, max_halvings=-1), r"max_halvings must be at least 0"),
        (lambda: tuning.initial_loss_ok(1.0, 1), r"n_classes must be at least 2, got 1; a single class"),
        (lambda: tuning.initial_loss_ok(1.0, 2, rtol=-1), r"rtol must be at least 0, got -1; 0.1 allows"),
        (lambda: tuning.update_ratio({"w": np.ones(2)}, {"w": np.ones(3)}), r"keys and shapes of params"),
        (lambda: tuning.successive_halving(max, 0, min_resource=1), r"n must be at least 1"),
        (lambda: tuning.successive_halving(max, 3, min_resource=0), r"min_resource must be at least 1"),
        (lambda: tuning.successive_halving(max, 3, min_resource=1, eta=1), r"eta must be at least 2, got 1"),
    ],
)
def test_what_cannot_be_is_refused(call, rule):
    """An argument out of range is a ValueError with the rule, the value and the cure."""
    with pytest.raises(ValueError, match=rule):
        call()


EXAMPLES = [test for test in doctest.DocTestFinder().find(tuning) if test.examples]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda test: test.name)
def test_the_docstring_example_runs(example):
    """Every example in a docstring of the reference gives what it says."""
    assert doctest.DocTestRunner().run(example).failed == 0


def test_every_function_but_the_argument_checks_has_an_example():
    """Every public function shows an example, the given argument checks aside."""
    named = {test.name.split(".")[-1] for test in EXAMPLES}
    own = {name for name, item in vars(tuning).items() if getattr(item, "__module__", "") == tuning.__name__}
    functions = {name for name in own if not name.startswith("check_")}
    assert functions == named
