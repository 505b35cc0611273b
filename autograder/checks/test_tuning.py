"""Hidden checks of `tuning`: the best of several, parts, the protocol, folds, searches, the learning rate,
signs of health, successive halving."""

import numpy as np
import pytest

from autograder.calls.compare import close
from autograder.calls.proxy import Recorder
from autograder.checks.probes import twins
from autograder.checks.probes_tuning import (
    NAN,
    Candidates,
    FoldLoss,
    Losses,
    Runs,
    asked,
    folds,
    mixing,
    name_of,
    named,
    numbers,
    parts,
    protocol,
    rounds,
    single,
    told,
)
from autograder.laws.distributions import log_uniform, uniform
from autograder.laws.laws import follows, share

# --- The best of several ------------------------------------------------------------------------------------


@pytest.mark.exercise("best_index")
def test_the_lowest_loss_is_best(student, rng):
    """Among different losses the place of the lowest one is named, in arrays and in lists."""
    for size in (2, 5, 9):
        losses = rng.permutation(rng.normal(size=size) * 3)
        place = int(rng.integers(1, size))
        losses[place] = losses.min() - 1.0
        for given in (losses, losses.tolist()):
            assert student.best_index(given) == place, (
                "The place named is not that of the lowest loss. Lower is better, and it is the place that "
                "is asked for, not the loss."
            )


@pytest.mark.exercise("best_index")
def test_the_first_of_equals_wins(student, rng):
    """Of equally low losses the first one is named."""
    losses = rng.uniform(1.0, 2.0, size=8)
    losses[[2, 4, 7]] = 0.5
    assert student.best_index(losses) == 2, "Where several losses are equally low the first of them wins."


@pytest.mark.exercise("best_index", weight=2)
def test_nan_is_worst(student, rng):
    """A NaN never wins against a number, wherever it stands, and counts for nothing on the way."""
    for gone in ([1, 2], [1, 5], [0], [0, 3, 5]):
        losses = rng.uniform(1.0, 2.0, size=6)
        losses[4] = float(rng.uniform(-3.0, -0.5) if gone == [1, 2] else rng.uniform(0.1, 0.9))
        losses[gone] = NAN
        for given in (losses, losses.tolist()):
            assert student.best_index(given) == 4, (
                "A NaN among the losses has changed the answer. A run that broke down is worse than any that "
                "did not; and the place counts all losses, the broken ones too."
            )


@pytest.mark.exercise("best_index")
def test_among_nothing_but_nan_the_first_is_named(student, rng):
    """If all losses are NaN the answer is place 0, and with one number it is that one."""
    assert student.best_index([NAN, NAN, NAN]) == 0, (
        "If every run broke down they are all equally bad, and the first is named; that is no error."
    )
    lone = np.full(5, NAN)
    lone[3] = float(rng.uniform(5.0, 9.0))
    assert student.best_index(lone) == 3, "One number among NaN wins, however large it is."


# --- Parts --------------------------------------------------------------------------------------------------


@pytest.mark.exercise("split_indices", weight=0.5)
@pytest.mark.parametrize(
    ("n", "val", "test"), [(37, 0.25, 0.13), (90, 0.11, 0.37), (11, 0.3, 0.0), (5, 0.1, 0.5)]
)
def test_shares_are_rounded_down(student, rng, n, val, test):
    """Validation and test have their share of all examples, rounded down, and training has the rest."""
    sizes = [len(part) for part in parts(student, n, val=val, test=test, rng=rng)]
    want = [int(n * val), int(n * test)]
    assert sizes == [n - sum(want), *want], (
        "The parts have other sizes. val and test are shares of all n examples, each rounded down; what is "
        "left is there to train on. The order is (train, val, test)."
    )


@pytest.mark.exercise("split_indices", weight=2)
def test_every_example_is_in_one_part(student, rng):
    """No example is in two parts, and none is lost."""
    for n, val, test in ((40, 0.2, 0.2), (33, 0.4, 0.3), (17, 0.15, 0.5)):
        found = parts(student, n, val=val, test=test, rng=rng)
        assert len(found[1]) and len(found[2]), "There are no examples to validate or to test on."
        assert sorted(i for part in found for i in part) == list(range(n)), (
            "Some example is in two parts, or in none. An example that was trained on cannot measure what "
            "was learned, and one that is lost is a pity."
        )


@pytest.mark.exercise("split_indices", weight=2)
def test_chance_decides_who_is_where(student, rng):
    """Examples from the front of the data are as likely in each part as others."""
    n = 1000
    train, _, test = parts(student, n, val=0.25, test=0.25, rng=rng)
    # Draws without replacement: the bound of independent ones holds for them too (Hoeffding 1963, section 6).
    front = [np.isin(np.arange(n // 2), part) for part in (train, test)]
    for hits, p in zip(front, (0.5, 0.25), strict=True):
        assert share(hits, p, against=[0.0, 2 * p]), (
            "The front half of the examples is in one part too often or too seldom. If the data are sorted, "
            "such parts have nothing in common: shuffle before cutting."
        )


@pytest.mark.exercise("split_indices")
def test_each_split_is_drawn_from_the_generator(student, rng):
    """The generator decides: the same state gives the same split, drawing on gives another."""
    ours, theirs = twins(rng)
    sizes = {"val": 0.3, "test": 0.3}
    first, second = (parts(student, 80, rng=ours, **sizes) for _ in range(2))
    assert parts(student, 80, rng=theirs, **sizes) == first, (
        "Two generators in the same state gave different splits: something is drawn from elsewhere."
    )
    assert [sorted(part) for part in first] != [sorted(part) for part in second], (
        "A second split from the same generator was the same: is the order drawn from the rng handed over?"
    )


# --- The protocol -------------------------------------------------------------------------------------------


def chosen(player, case):
    """What a player's select_then_test returns, and what it asked: (name, fit, held) of each call."""
    recorder = Recorder(case.judge)
    answer = player.select_then_test(recorder, case.configs, case.train, case.val, case.test)
    calls = [
        (name_of(config), numbers(fit), numbers(held))
        for config, fit, held in asked(recorder.log, "config", "fit_idx", "eval_idx")
    ]
    return answer, calls, told(recorder.log)


@pytest.mark.exercise("select_then_test", weight=3)
def test_the_test_examples_are_touched_once(student, rng):
    """Test examples occur in one call only, the last one."""
    case = protocol(rng)
    _, calls, _ = chosen(student, case)
    touched = [i for i, (_, fit, held) in enumerate(calls) if set(case.test.tolist()) & {*fit, *held}]
    assert touched == [len(calls) - 1], (
        "The calls show test examples elsewhere than in one last call, or not at all. Whoever looks at them "
        "before the choice is made, or looks several times, chooses by them."
    )


@pytest.mark.exercise("select_then_test", weight=2)
def test_each_configuration_meets_validation_once(student, rng):
    """Every configuration is fitted on train and scored on val, once, in order, before anything else."""
    case = protocol(rng)
    _, calls, _ = chosen(student, case)
    want = [
        (config["name"], sorted(case.train.tolist()), sorted(case.val.tolist())) for config in case.configs
    ]
    assert calls[: len(want)] == want, (
        "The first calls are not those of every configuration in its turn, fitted on the training examples "
        "alone and scored on the validation examples alone."
    )
    assert len(calls) == len(want) + 1, "Each call is a training, and there is one more than configurations."


@pytest.mark.exercise("select_then_test", weight=2)
def test_validation_chooses(student, rng):
    """The configuration with the lowest validation loss is returned and tested; NaN loses, the first ties."""
    for broken in (False, True):
        case = protocol(rng, broken)
        (best, _, _), calls, _ = chosen(student, case)
        want = case.configs[case.best]
        assert best == want, (
            "Another configuration is returned than the one with the lowest validation loss. What does it "
            "do on the test examples? That may not matter. NaN is worst, the first of equals wins."
        )
        assert calls and calls[-1][0] == want["name"], "The last call is not about the chosen configuration."


@pytest.mark.exercise("select_then_test", weight=2)
def test_the_chosen_one_is_fitted_again_on_all_but_test(student, rng):
    """The last call fits on train and val together, each example once, and scores on test."""
    case = protocol(rng)
    _, calls, _ = chosen(student, case)
    both = sorted([*case.train.tolist(), *case.val.tolist()])
    assert calls and calls[-1][1] == both, (
        "The last training does not use exactly the training and the validation examples. After the choice "
        "the latter have done their duty, and are good for training."
    )
    assert calls[-1][2] == sorted(case.test.tolist()), "The last scoring is not on exactly the test examples."


@pytest.mark.exercise("select_then_test")
def test_the_losses_are_those_of_the_calls(student, rng):
    """What is returned are the validation losses in order, and the loss of the last call."""
    case = protocol(rng)
    (_, losses, test_loss), calls, answers = chosen(student, case)
    assert calls, "fit_score was never called."
    assert close(list(losses), answers[: len(losses)]), (
        "The losses are not those of the validation calls, in the order of the configurations."
    )
    assert close(test_loss, answers[-1]) and test_loss not in losses, (
        "The test loss is not what the last call returned."
    )


# --- Folds --------------------------------------------------------------------------------------------------


@pytest.mark.exercise("kfold_indices", weight=0.4)
@pytest.mark.parametrize(("n", "k"), [(23, 4), (24, 4), (30, 7), (9, 9), (11, 2)])
def test_the_first_folds_have_one_more(student, rng, n, k):
    """k folds are held out; where k does not divide n the first ones have one example more."""
    found = folds(student, n, k, rng=rng)
    assert len(found) == k, "There are not k folds."
    want = [n // k + (i < n % k) for i in range(k)]
    assert [len(held) for _, held in found] == want, (
        "The held-out parts have other sizes. All have n // k examples, and the first n mod k of them one "
        "more; nothing is left over, and nobody gets the whole rest."
    )


@pytest.mark.exercise("kfold_indices", weight=2)
def test_every_example_is_held_out_once(student, rng):
    """Over all folds every example is held out exactly once."""
    for n, k in ((20, 4), (26, 5), (8, 8)):
        found = folds(student, n, k, rng=rng)
        assert sorted(i for _, held in found for i in held) == list(range(n)), (
            "Some example is held out in two folds or in none. One order serves all folds of a call; the "
            "held-out part stands second in each pair."
        )


@pytest.mark.exercise("kfold_indices", weight=5)
def test_no_fold_leaks(student, rng):
    """What is held out is not trained on, and everything else is."""
    for n, k in ((20, 4), (26, 5), (9, 2)):
        for fit, held in folds(student, n, k, rng=rng):
            assert held and not set(fit) & set(held), (
                "Examples that are held out are trained on as well, or none are held out: such a fold "
                "measures memory."
            )
            assert sorted([*fit, *held]) == list(range(n)), (
                "A fold does not train on everything that it does not hold out."
            )


@pytest.mark.exercise("kfold_indices", weight=2)
def test_chance_decides_the_folds(student, rng):
    """Examples from the front of the data are in the first fold as often as others."""
    n, k = 1000, 4
    found = folds(student, n, k, rng=rng)
    assert len(found) == k, "There are not k folds."
    for _, held in (found[0], found[-1]):
        # Draws without replacement: the bound of independent ones holds for them too.
        hits = np.isin(np.arange(n // 2), held)
        assert share(hits, 1 / k, against=[0.0, 2 / k]), (
            "A fold has too many or too few examples from the front of the data. If they are sorted, each "
            "fold then holds out what none of its training examples resembles: shuffle first."
        )


@pytest.mark.exercise("kfold_indices")
def test_folds_are_drawn_from_the_generator(student, rng):
    """The same state of the generator gives the same folds, drawing on gives others."""
    ours, theirs = twins(rng)
    first, second = (folds(student, 60, 3, rng=ours) for _ in range(2))
    assert folds(student, 60, 3, rng=theirs) == first, (
        "Two generators in the same state gave different folds: something is drawn from elsewhere."
    )
    held = [[sorted(part) for _, part in found] for found in (first, second)]
    assert held[0] != held[1], "A second call gave the same folds: is the order drawn from the rng?"


def validated(player, rng, n, k, weights=None):
    """A player's cross_val_score, and what it asked: (fit, held) of each call."""
    recorder = Recorder(FoldLoss(rng.normal(size=n) if weights is None else weights))
    answer = player.cross_val_score(recorder, n, k, rng=rng)
    calls = [(numbers(fit), numbers(held)) for fit, held in asked(recorder.log, "fit_idx", "eval_idx")]
    return answer, calls, told(recorder.log)


@pytest.mark.exercise("cross_val_score", weight=2)
def test_each_fold_is_scored_once_on_what_it_holds_out(student, rng):
    """One call for each fold: trained on the rest, scored on what is held out, over all examples once."""
    for n, k in ((22, 4), (15, 3)):
        _, calls, _ = validated(student, rng, n, k)
        assert len(calls) == k, "fit_score is called once for each of the k folds."
        assert [len(held) for _, held in calls] == [n // k + (i < n % k) for i in range(k)], (
            "The calls are not about the folds in their order, each scored on what it holds out."
        )
        assert sorted(i for _, held in calls for i in held) == list(range(n)), (
            "Over all calls the examples scored are not every example once."
        )
        for fit, held in calls:
            assert sorted([*fit, *held]) == list(range(n)), (
                "A fold was not trained on exactly the examples that it does not hold out."
            )


@pytest.mark.exercise("cross_val_score", weight=2)
def test_the_mean_counts_folds_alike(student, rng):
    """The first number is the plain mean of the folds' losses, also where folds differ in size."""
    for n, k in ((23, 3), (11, 4)):
        (mean, _), _, losses = validated(student, rng, n, k)
        assert losses and close(mean, float(np.mean(losses))), (
            "The mean is not the plain mean of the losses that fit_score returned, every fold counted alike."
        )


@pytest.mark.exercise("cross_val_score", weight=2)
def test_the_spread_is_that_of_a_sample(student, rng):
    """The second number is the standard deviation of the folds' losses with ddof 1."""
    for n, k in ((20, 5), (12, 2)):
        (_, std), _, losses = validated(student, rng, n, k)
        assert len(losses) == k and close(std, float(np.std(losses, ddof=1))), (
            "The spread is not the standard deviation of k losses, one for each fold, with k - 1 below the "
            "sum of squares."
        )


@pytest.mark.exercise("cross_val_score")
def test_the_folds_come_from_the_generator(student, rng):
    """The generator handed over decides the folds: another state, another result."""
    weights, (ours, theirs) = rng.normal(size=40), twins(rng)
    first, second = (validated(student, ours, 40, 4, weights)[1] for _ in range(2))
    again = validated(student, theirs, 40, 4, weights)[1]
    assert first and first == again, "From the same state of the generator the folds should be the same."
    assert first != second, "A second call from the same generator used the same folds again."


# --- What to try --------------------------------------------------------------------------------------------


@pytest.mark.exercise("log_uniform", weight=3)
def test_each_factor_gets_its_share(student, rng):
    """The logarithms of the draws are uniform between those of the borders."""
    for low, high in ((3e-5, 0.4), (2.0, 700.0)):
        draws = student.log_uniform(low, high, 8000, rng=rng)
        assert follows(draws, log_uniform(low, high), against=[uniform(low, high)]), (
            "The draws are not log-uniform: each factor of ten between the borders should get the same share "
            "of them, and nothing beyond. Which of the two is uniform, the number or its logarithm, and is "
            "it taken back with the same base?"
        )


@pytest.mark.exercise("log_uniform")
def test_draws_stay_between_the_borders(student, rng):
    """No draw is outside of the range, wherever it lies, and draws differ."""
    for low, high in ((1e-6, 1e-5), (0.3, 0.31), (50.0, 4e4)):
        draws = student.log_uniform(low, high, 90, rng=rng)
        assert np.all(draws >= low * (1 - 1e-9)) and np.all(draws <= high * (1 + 1e-9)), (
            "A draw is below low or above high. Are both borders taken to the same logarithm?"
        )
        assert len(np.unique(draws)) == 90, "Draws from a continuous law are all different."


@pytest.mark.exercise("log_uniform")
def test_draws_are_new_each_time(student, rng):
    """The same state of the generator gives the same draws, drawing on gives other numbers."""
    ours, theirs = twins(rng)
    first, second = (student.log_uniform(0.02, 5.0, 30, rng=ours) for _ in range(2))
    assert close(student.log_uniform(0.02, 5.0, 30, rng=theirs), first), (
        "Two generators in the same state gave different draws: something is drawn from elsewhere."
    )
    assert not close(np.sort(first), np.sort(second)), (
        "The next draws are the same numbers as before. They are drawn, not laid out, and from the rng."
    )


SPACES = (
    {"lr": [0.1, 0.3, 0.2], "batch": [64, 16]},
    {"width": [5, 3], "act": ["tanh", "relu"], "decay": [0.0, 1e-4, 1e-2]},
    {"one": [7], "two": [2, 1], "three": [9]},
)


def product(space):
    """The grid by counting in mixed base."""
    names = list(space)
    total = int(np.prod([len(space[name]) for name in names]))
    grid = []
    for number in range(total):
        config = {}
        for name in reversed(names):
            number, digit = divmod(number, len(space[name]))
            config[name] = space[name][digit]
        grid.append(config)
    return grid


def text_of(configs):
    """Configurations as sorted tuples: order and keys aside, what is in them."""
    return sorted(repr(sorted(config.items())) for config in configs)


@pytest.mark.exercise("grid_configs", weight=2)
@pytest.mark.parametrize("which", range(3))
def test_every_combination_comes_once(student, rng, which):
    """All combinations of all values are there, each once, however many hyperparameters there are."""
    space = SPACES[which] | {"seed": [int(i) for i in rng.permutation(50)[:3]]}
    assert text_of(student.grid_configs(space)) == text_of(product(space)), (
        "The grid is not every combination of every value, each once."
    )


@pytest.mark.exercise("grid_configs")
@pytest.mark.parametrize("which", range(3))
def test_the_last_name_changes_fastest(student, rng, which):
    """The order is that of counting: the last hyperparameter first, values as they stand."""
    space = SPACES[which] | {"level": [float(x) for x in rng.normal(size=2)]}
    assert close(student.grid_configs(space), product(space)), (
        "The configurations come in another order. The last name of the dict changes fastest, and values "
        "come in the order in which they stand, not sorted."
    )


@pytest.mark.exercise("grid_configs")
def test_a_grid_of_one_list_and_of_none(student, rng):
    """One hyperparameter gives its values, none gives the one empty configuration."""
    values = [float(x) for x in rng.normal(size=4)]
    assert close(student.grid_configs({"lr": values}), [{"lr": value} for value in values]), (
        "With a single hyperparameter there is a configuration for each of its values."
    )
    got = student.grid_configs({"lr": values, "fixed": [7]})
    assert close(got, [{"lr": value, "fixed": 7} for value in values]), (
        "A hyperparameter with a single value belongs to every configuration and multiplies nothing."
    )
    assert close(student.grid_configs({}), [{}]), "Of no hyperparameters there is one combination: {}."


def samplers_of(names):
    """Samplers that draw differently, each remembering its calls."""
    draws = (
        lambda rng: float(rng.random()),
        lambda rng: int(rng.integers(1000)),
        lambda rng: float(10 ** rng.uniform(-4, -1)),
    )
    return {name: Recorder(draw) for name, draw in zip(names, draws, strict=False)}


@pytest.mark.exercise("random_configs", weight=2)
@pytest.mark.parametrize("names", [("lr", "width", "decay"), ("width", "decay"), ("only",)])
def test_configurations_follow_the_generator(student, rng, names):
    """Configuration after configuration each sampler draws once, in the order of the dict."""
    ours, theirs = twins(rng)
    got = student.random_configs(samplers_of(names), 5, rng=theirs)
    plain = samplers_of(names)
    want = [{name: plain[name].function(ours) for name in names} for _ in range(5)]
    assert close(got, want), (
        "The configurations are not those of this generator: for each one every sampler is called with rng "
        "itself, in the order of the dict, before the next one is begun."
    )


@pytest.mark.exercise("random_configs")
def test_every_value_is_drawn_anew(student, rng):
    """No two configurations share a draw, and each sampler is called once for each."""
    samplers = samplers_of(("lr", "width", "decay"))
    got = student.random_configs(samplers, 6, rng=rng)
    assert [len(sampler.log) for sampler in samplers.values()] == [6, 6, 6], (
        "A sampler is called once for each configuration, no more and no less."
    )
    for name in ("lr", "decay"):
        assert len({config[name] for config in got}) == 6, (
            "Different configurations share a value. Trying new values of everything in every run is what "
            "random search is for."
        )


@pytest.mark.exercise("random_configs")
def test_nothing_else_is_drawn(student, rng):
    """Afterwards the generator stands where the samplers left it."""
    ours, theirs = twins(rng)
    got = student.random_configs(samplers_of(("a", "b")), 4, rng=theirs)
    plain = samplers_of(("a", "b"))
    want = [{name: plain[name].function(ours) for name in plain} for _ in range(4)]
    assert close(got[0], want[0]), "Already the first configuration is not that of this generator."
    assert theirs.random() == ours.random(), (
        "The generator stands elsewhere than after one call of each sampler for each configuration."
    )


def searched(player, losses):
    """What a player's search returns, which names it asked for, and what it was told."""
    recorder, configs = Recorder(Losses(list(losses))), named(losses)
    best, found = player.search(recorder, configs)
    return best, list(found), [name_of(config) for (config,) in asked(recorder.log, "config")]


@pytest.mark.exercise("search", weight=2)
def test_each_configuration_is_tried_once(student, rng):
    """Every configuration is tried once, in order, and the winner not again."""
    for losses in (rng.uniform(size=7), np.sort(rng.uniform(size=5)), np.sort(rng.uniform(size=4))[::-1]):
        _, _, names = searched(student, losses)
        assert names == [f"c{i}" for i in range(len(losses))], (
            "The trials are not every configuration once, in order. Each one costs a training: nothing is "
            "tried twice, and nothing left out because an earlier one was good."
        )


@pytest.mark.exercise("search", weight=2)
def test_the_lowest_loss_wins_the_search(student, rng):
    """The configuration with the lowest loss is returned, NaN never, of equals the first."""
    plain = rng.permutation(rng.normal(size=6))
    plain[3] = plain.min() - 0.5
    broken = rng.uniform(1.0, 2.0, size=6)
    broken[[0, 2]], broken[[3, 5]] = NAN, 0.5
    for losses in (plain, broken):
        best, _, _ = searched(student, losses)
        assert best == named(losses)[3], (
            "Another configuration is returned than the one with the lowest loss. NaN is worst, and of "
            "equal losses the first wins."
        )


@pytest.mark.exercise("search")
def test_all_losses_come_back_in_order(student, rng):
    """The losses are returned as they came, in the order of the configurations."""
    losses = rng.normal(size=6)
    losses[1] = NAN
    _, found, _ = searched(student, losses)
    assert close(found, losses.tolist(), nan_agrees=True), (
        "The losses returned are not those of the configurations in their order, one for each."
    )


# --- Coarse, then fine --------------------------------------------------------------------------------------


def grid_of(rng, n):
    """Increasing values at unlike ratios."""
    return np.cumprod(rng.uniform(1.5, 6.0, size=n)) * 1e-4


def ranked(n, *first):
    """Losses of n values, the lowest at the places named first."""
    losses = np.arange(n) + 3.0
    losses[list(first)] = np.arange(len(first)) / 4
    return losses


@pytest.mark.exercise("refine_range", weight=2)
def test_the_range_goes_from_one_of_the_best_to_the_other(student, rng):
    """Away from the borders the range spans the two best values, whichever of them is larger."""
    for best, second in ((2, 3), (3, 2), (1, 4), (4, 1)):
        values, losses = grid_of(rng, 6), ranked(6, best, second)
        want = tuple(sorted((float(values[best]), float(values[second]))))
        assert close(student.refine_range(values, losses), want), (
            "The range does not go from the lower to the higher one of the two best values. It is these two "
            "that count, side by side or not."
        )


@pytest.mark.exercise("refine_range", weight=2)
def test_a_best_value_on_the_border_is_followed_up(student, rng):
    """If the best value stands on the border, the range goes on beyond it by one grid ratio."""
    for n in (3, 5):
        values = grid_of(rng, n)
        low, high = (student.refine_range(values, ranked(n, *two)) for two in ((0, 1), (n - 1, n - 2)))
        assert close(low, (float(values[0] ** 2 / values[1]), float(values[1]))), (
            "The lowest value was the best, and the range does not go on below it as far, as a factor, as "
            "its neighbour lies above it. A minimum that is not enclosed may lie anywhere beyond."
        )
        assert close(high, (float(values[-2]), float(values[-1] ** 2 / values[-2]))), (
            "The highest value was the best, and the range does not go on above it by the factor to its own "
            "neighbour."
        )


@pytest.mark.exercise("refine_range")
def test_a_second_best_on_the_border_widens_nothing(student, rng):
    """If only the second best stands on the border the range ends there."""
    values = grid_of(rng, 5)
    for best, second in ((1, 0), (3, 4), (2, 0), (2, 4)):
        want = tuple(sorted((float(values[best]), float(values[second]))))
        assert close(student.refine_range(values, ranked(5, best, second)), want), (
            "The best value has neighbours on both sides, and yet the range was widened, or cut."
        )


@pytest.mark.exercise("refine_range")
def test_only_the_border_of_the_best_is_passed(student, rng):
    """With the best on one border and the second on the other, the range is widened on one side."""
    values = grid_of(rng, 4)
    got = student.refine_range(values, ranked(4, 0, 3))
    assert close(got, (float(values[0] ** 2 / values[1]), float(values[3]))), (
        "The best value stands on one border and the second best on the other: only beyond the best one the "
        "range goes on."
    )


@pytest.mark.exercise("refine_range")
def test_broken_runs_and_ties_in_a_grid(student, rng):
    """NaN counts as worst, of equal losses the first is the better, and lists will do."""
    values = grid_of(rng, 6)
    for losses, pair in (
        ([NAN, 2.0, 0.7, 0.5, NAN, NAN], (2, 3)),
        ([2.0, 1.0, 1.0, 1.0, 3.0, NAN], (1, 2)),
        ([NAN, 3.0, 2.0, 0.5, 2.0, 4.0], (2, 3)),
    ):
        want = tuple(float(values[i]) for i in pair)
        assert close(student.refine_range(values, losses), want), (
            "With runs that broke down, or equal losses, the range spans other values. NaN is worst; of "
            "equal losses the first one is the better."
        )


@pytest.mark.exercise("refine_range")
def test_ties_in_a_long_grid(student, rng):
    """In a long grid with few different losses, too, the first of equals is the better."""
    for n in range(30, 60, 4):
        values, losses = np.geomspace(1e-6, 1e2, n), mixing(rng, n, 2)
        pair = sorted(sorted(range(n), key=lambda i: (losses[i], i))[:2])
        assert close(student.refine_range(values, losses), tuple(float(values[i]) for i in pair)), (
            "Where many losses are equal the range spans others than the first two of the best. Does your "
            "sort leave equals in their order?"
        )


def curve(place, sharp=2.0):
    """A loss with its minimum at 10**place, not symmetric around it."""

    def score(value):
        apart = np.log10(single(value)) - place if single(value) > 0 else 9.0
        return float(abs(apart) ** sharp * (1.3 if apart > 0 else 1.0))

    return score


def staged(player, score, **settings):
    """What a player's coarse_to_fine returns, and the values that it tried."""
    recorder = Recorder(score)
    answer = player.coarse_to_fine(recorder, **settings)
    return answer, [single(value) for (value,) in asked(recorder.log, "value")], told(recorder.log)


@pytest.mark.exercise("coarse_to_fine", weight=2)
def test_the_first_stage_is_a_grid_of_equal_ratios(student, rng):
    """The coarse values go from low to high at equal ratios, five of them unless said otherwise."""
    low, high = float(rng.uniform(1e-5, 1e-4)), float(rng.uniform(0.3, 3.0))
    for count, settings in ((5, {}), (7, {"n_coarse": 7}), (3, {"n_coarse": 3})):
        _, tried, _ = staged(student, curve(-2.3), low=low, high=high, **settings)
        want = low * (high / low) ** (np.arange(count) / (count - 1))
        assert close(tried[:count], want.tolist(), rtol=1e-7), (
            "The first values tried are not n_coarse values from low to high with the same ratio from one to "
            "the next."
        )


@pytest.mark.exercise("coarse_to_fine", weight=2)
def test_the_second_stage_fills_the_refined_range(student, reference, rng):
    """The fine values fill the range between the two best ones at equal ratios, both ends included."""
    for place in (-3.4, -1.7):
        settings = {"low": float(rng.uniform(1e-6, 1e-5)), "high": 2.0, "n_coarse": 6, "n_fine": 5}
        score = curve(place + float(rng.uniform(0, 0.2)))
        _, tried, _ = staged(student, score, **settings)
        assert len(tried) > 6, "There is no second stage."
        coarse = np.geomspace(settings["low"], settings["high"], 6)
        low, high = reference.refine_range(coarse, [score(float(value)) for value in coarse])
        want = low * (high / low) ** (np.arange(5) / 4)
        assert close(tried[6:11], want.tolist(), rtol=1e-7), (
            "The values of the second stage are not n_fine values at equal ratios over the range between the "
            "two best of the first, both ends included."
        )


@pytest.mark.exercise("coarse_to_fine", weight=2)
def test_a_minimum_beyond_the_border_is_followed(student, rng):
    """If the loss falls to the border of the coarse grid, the second stage goes beyond it."""
    for place, side in ((-5.0, -1), (2.0, 1)):
        low, high = 1e-3, float(rng.uniform(0.5, 1.5))
        _, tried, _ = staged(student, curve(place), low=low, high=high, n_coarse=4, n_fine=4)
        ratio = (high / low) ** (1 / 3)
        want = [low / ratio, low * ratio] if side < 0 else [high / ratio, high * ratio]
        assert len(tried) > 4 and close([min(tried[4:]), max(tried[4:])], want, rtol=1e-7), (
            "The best coarse value stands on the border, and the second stage does not reach one grid ratio "
            "beyond it."
        )


@pytest.mark.exercise("coarse_to_fine")
def test_the_budget_is_kept(student, rng):
    """score is called n_coarse + n_fine times, whatever it returns, and not for the winner again."""
    for n_coarse, n_fine in ((5, 4), (3, 2), (6, 3)):
        score = curve(float(rng.uniform(-4, 1)))
        _, tried, _ = staged(student, score, low=1e-3, high=1.0, n_coarse=n_coarse, n_fine=n_fine)
        assert len(tried) == n_coarse + n_fine, (
            "The number of trials is not n_coarse + n_fine: every one of them is a training."
        )
    _, tried, _ = staged(student, curve(-1.2), low=1e-3, high=1.0)
    assert len(tried) == 9, "Without a word about it there are five coarse and four fine values."


@pytest.mark.exercise("coarse_to_fine", weight=2)
def test_the_best_of_both_stages_is_returned(student, rng):
    """The value with the lowest loss of all that were tried is returned, with its loss."""
    cases = (
        (curve(-1.85 + float(rng.uniform(-0.05, 0.05))), {}),  # met in the second stage
        (curve(-3.0, 0.3), {"n_fine": 4}),  # the border itself, which an even number of fine values misses
        (lambda value: NAN if single(value) > 0.05 else curve(-2.9)(value), {"n_coarse": 4}),
    )
    for score, settings in cases:
        (best, loss), tried, losses = staged(student, score, low=1e-3, high=1.0, **settings)
        assert not np.all(np.isnan(losses)), "No value was tried at which training does not break down."
        place = int(np.nanargmin(losses))
        assert close([best, loss], [tried[place], losses[place]]), (
            "What is returned is not the value with the lowest loss of both stages together, and that loss. "
            "NaN is worst."
        )


# --- The learning rate --------------------------------------------------------------------------------------

GOOD, BAD = [2.0, 1.5, 1.2, 1.1], [2.0, 3.0, 9.0, 30.0]


def found_rate(player, runs, **settings):
    """A player's rate, and the rates that it tried."""
    recorder = Recorder(runs)
    rate = player.lr_finder(recorder, lr_start=runs.start, **settings)
    return rate, [single(lr) for (lr,) in asked(recorder.log, "lr")]


@pytest.mark.exercise("lr_finder", weight=2)
def test_rates_are_halved_until_one_trains(student, rng):
    """The rates tried are the start and its halves, each once, and none after the first that trains."""
    for count in (0, 1, 5, 9):
        start = float(rng.uniform(0.5, 20.0))
        rate, tried = found_rate(student, Runs(start, [BAD] * count + [GOOD]))
        assert close(tried, [start / 2**i for i in range(count + 1)]), (
            "The rates tried are not lr_start and its halves in order, each once, until the first that does "
            "not diverge."
        )
        assert close(rate, start / 2**count), "What is returned is not the first rate that does not diverge."


@pytest.mark.exercise("lr_finder", weight=2)
def test_the_end_of_a_run_decides(student, rng):
    """A run whose loss falls first and blows up later has diverged, one with a spike early on has not."""
    length = 16
    late = [2.0, *np.linspace(1.5, 0.3, 12), 0.5, 2.5, 6.0 + float(rng.uniform())]
    early = [2.0, 50.0, 7.0, *np.linspace(1.5, 1.2, 13)]
    wobbly = [2.0, *np.linspace(1.5, 1.0, 11), 2.4, 1.1, 2.4, 1.2]
    rising = [2.0, *np.linspace(1.5, 1.0, 11), 2.4, 2.9, 3.4, 1.9]
    assert all(len(curve) == length for curve in (late, early, wobbly, rising))
    for curves, count in (([early], 0), ([late, early], 1), ([wobbly], 0), ([rising, wobbly], 1)):
        rate, _ = found_rate(student, Runs(4.0, [*curves, GOOD]))
        assert close(rate, 4.0 / 2**count), (
            "A run was judged otherwise than by the mean of its last quarter against its first loss. Neither "
            "a spike on the way nor a low point counts, nor the very last loss alone."
        )


@pytest.mark.exercise("lr_finder")
def test_the_last_quarter_is_rounded_down(student, rng):
    """The last quarter of n losses are the last n // 4 of them, and at least one."""
    ends = {
        2: ([1.0, 0.9], [1.0, 1.1]),
        3: ([1.0, 9.0, 0.9], [1.0, 0.1, 1.1]),
        7: ([1.0, *[9.0] * 5, 0.9], [1.0, *[0.1] * 5, 1.1]),
        11: ([1.0, *[9.0] * 8, 1.3, 0.5], [1.0, *[0.1] * 8, 0.9, 1.3]),
    }
    for fine, diverged in ends.values():
        scale = float(rng.uniform(0.5, 3.0))
        curves = [[scale * loss for loss in run] for run in (diverged, fine, diverged)]
        rate, _ = found_rate(student, Runs(1.0, curves))
        assert close(rate, 0.5), (
            "With few losses, or a number that four does not divide, a run was judged by another part of it "
            "than its last max(1, n // 4) losses."
        )


@pytest.mark.exercise("lr_finder", weight=2)
def test_one_loss_that_is_no_number_is_divergence(student, rng):
    """A NaN or an infinity anywhere in a run is divergence, whatever comes after it."""
    place = int(rng.integers(1, 6))
    for bad in (NAN, float("inf"), float("-inf")):
        broken = [2.0, *np.linspace(1.5, 0.5, 7)]
        broken[place] = bad
        last = [*GOOD[:3], bad]
        rate, _ = found_rate(student, Runs(8.0, [broken, last, GOOD]))
        assert close(rate, 2.0), (
            "A run in which a loss was not finite passed for one that trains. One such loss is enough, early "
            "or late."
        )


@pytest.mark.exercise("lr_finder")
def test_standing_still_is_no_training(student, rng):
    """A run whose last quarter is at its first loss has not trained."""
    level = float(rng.integers(1, 9))
    rate, _ = found_rate(student, Runs(1.0, [[level] * 6, [level, *[0.5 * level] * 5]]))
    assert close(rate, 0.5), "A loss that is at the end what it was at first has not fallen: halve on."


@pytest.mark.exercise("lr_finder")
def test_if_nothing_trains_that_is_said(student, rng):
    """After max_halvings halvings without success there is a ValueError, and no rate more is tried."""
    for settings, count in (({"max_halvings": 3}, 4), ({"max_halvings": 0}, 1), ({}, 21)):
        start = float(rng.uniform(1.0, 2.0))
        runs = Recorder(Runs(start, [BAD]))
        assert student.lr_finder.raises("ValueError", runs, lr_start=start, **settings), (
            "No rate trained, and that is no ValueError. A rate that diverges is not an answer."
        )
        assert len(runs.log) == count, "The number of rates tried is not one and max_halvings halvings."
        rate, _ = found_rate(student, Runs(start, [BAD] * (count - 1) + [GOOD]), **settings)
        assert close(rate, start / 2 ** (count - 1)), "The last rate allowed trains, and it is not returned."


# --- Signs of health ----------------------------------------------------------------------------------------


@pytest.mark.exercise("initial_loss_ok", weight=2)
def test_the_loss_of_guessing_is_log_c(student, rng):
    """Losses close to the natural logarithm of the number of classes are right, others are not."""
    for n_classes in (2, 3, 10, 57, 1000):
        guess = np.log(n_classes)
        near = [student.initial_loss_ok(float(guess * factor), n_classes) for factor in (1.0, 0.93, 1.07)]
        far = [student.initial_loss_ok(float(guess * factor), n_classes) for factor in (0.02, 0.7, 1.3, 3.0)]
        assert near == [True] * 3 and far == [False] * 4, (
            "Guessing among C classes has the loss log C, the natural logarithm. A first loss is right "
            "within the tolerance to either side, and wrong beyond: too low as well as too high."
        )


@pytest.mark.exercise("initial_loss_ok", weight=2)
def test_the_tolerance_is_a_share_of_log_c(student, rng):
    """rtol is a share of log C, on both sides, and it is the caller's."""
    for n_classes in (4, 300):
        rtol, guess = float(rng.uniform(0.2, 0.5)), np.log(n_classes)
        inside = [float(guess * (1 + sign * 0.99 * rtol)) for sign in (-1, 1)]
        outside = [float(guess * (1 + sign * 1.01 * rtol)) for sign in (-1, 1)]
        assert [student.initial_loss_ok(loss, n_classes, rtol=rtol) for loss in (*inside, *outside)] == [
            True,
            True,
            False,
            False,
        ], (
            "Close to the edge of the tolerance the answer is another one. It is rtol times log C, for "
            "losses above and below: not a fixed number, and not a share of the loss."
        )


@pytest.mark.exercise("initial_loss_ok")
def test_a_loss_that_is_no_number_is_not_right(student, rng):
    """NaN and infinity are not the loss of guessing, log C itself is."""
    n_classes = int(rng.integers(5, 50))
    got = [
        student.initial_loss_ok(x, n_classes, rtol=0.5) for x in (NAN, float("inf"), float(np.log(n_classes)))
    ]
    assert got == [False, False, True], (
        "A first loss of NaN or infinity passed, or log C itself did not. No comparison with NaN is true."
    )


def weights(rng, size=1.0):
    """Parameters of several shapes, before and after an update."""
    shapes = {"W": (4, 3), "K": (2, 3, 2), "b": (5,), "s": ()}
    before = {key: np.asarray(size * rng.normal(size=shape)) for key, shape in shapes.items()}
    moves = {key: np.asarray(size * 0.3 * rng.normal(size=shape)) for key, shape in shapes.items()}
    return before, moves, {key: np.asarray(before[key] + moves[key]) for key in shapes}


@pytest.mark.exercise("update_ratio", weight=3)
def test_the_norm_is_over_all_entries(student, rng):
    """Each ratio is the root of the change's squares over that of the old weights' squares."""
    before, moves, after = weights(rng)
    got = student.update_ratio(before, after)
    for key in before:
        want = float(np.sqrt(np.sum(moves[key] ** 2) / np.sum(before[key] ** 2)))
        assert close(got[key], want, rtol=1e-8), (
            "A ratio is not |w_new - w| / |w| with both norms over all entries: squares added up, then the "
            "root, for matrices and larger arrays as for vectors. Below stands the weight before the update."
        )


@pytest.mark.exercise("update_ratio")
def test_each_parameter_has_its_own_ratio(student, rng):
    """A parameter's ratio does not depend on its neighbours, nor on their order."""
    before, _, after = weights(rng)
    together = student.update_ratio(before, dict(reversed(after.items())))
    for key in before:
        alone = student.update_ratio({key: before[key]}, {key: after[key]})[key]
        assert alone > 0 and close(together[key], alone), (
            "Beside other parameters a ratio is another than alone: each has its own norm and its own name."
        )


@pytest.mark.exercise("update_ratio")
def test_the_unit_does_not_matter(student, rng):
    """Weights a million times smaller, with changes to match, have the same ratios."""
    before, _, after = weights(rng)
    scaled = ({key: 1e-6 * value for key, value in side.items()} for side in (before, after))
    plain, small = student.update_ratio(before, after), student.update_ratio(*scaled)
    assert all(value > 0 for value in plain.values()), "These weights have moved."
    assert close(small, plain, rtol=1e-7), (
        "For tiny weights the ratio is another. Nothing is added below the line; only zeros are a case of "
        "their own."
    )


@pytest.mark.exercise("update_ratio", weight=2)
def test_zeros_that_stay_and_zeros_that_move(student, rng):
    """Of a parameter of zeros the ratio is 0 if it stays and infinity if it moves."""
    before = {"stays": np.zeros((2, 2)), "moves": np.zeros(3), "plain": np.array([2.0, 0.0])}
    after = {
        "stays": np.zeros((2, 2)),
        "moves": np.array([0.0, float(rng.normal()) * 1e-3, 0.0]),
        "plain": np.array([2.0, 1.0]),
    }
    got = student.update_ratio(before, after)
    assert close(got["plain"], 0.5), "Beside zeros an ordinary parameter has another ratio."
    assert close(got["moves"], float("inf")), "A parameter of zeros that moves has the ratio infinity."
    assert close(got["stays"], 0.0), (
        "A parameter of zeros that stays has the ratio 0: 0/0 is a case of its own."
    )


# --- Successive halving -------------------------------------------------------------------------------------


def halved(player, table, *, min_resource, eta):
    """What a player's successive_halving returns, and what it asked: (candidate, resource) of each call."""
    resources = [min_resource * eta**i for i in range(table.shape[1])]
    recorder = Recorder(Candidates(table, resources))
    answer = player.successive_halving(recorder, len(table), min_resource=min_resource, eta=eta)
    calls = [(single(i), single(resource)) for i, resource in asked(recorder.log, "i", "resource")]
    return answer, calls, told(recorder.log)


def contest(rng, n):
    """Losses of n candidates in six rounds, whose ranking changes from each round to the next."""
    return rng.permuted(np.tile(np.arange(n) + 0.5, (6, 1)), axis=1).T


@pytest.mark.exercise("successive_halving", weight=3)
@pytest.mark.parametrize(("n", "eta"), [(9, 3), (16, 2), (27, 3), (16, 4)])
def test_the_best_of_each_round_survive(student, rng, n, eta):
    """In every round those with the lowest losses of that round survive, the rest is not run again."""
    table = contest(rng, n)
    (best, _), calls, _ = halved(student, table, min_resource=1, eta=eta)
    alive = rounds(table, eta)
    want = [(i, eta**r) for r, members in enumerate(alive[:-1]) for i in members]
    assert sorted(calls) == sorted(want), (
        "The candidates run are others. In every round all who are alive run once, the alive // eta best of "
        "that very round survive, and the one left is not run again."
    )
    assert best == alive[-1][0], "Another candidate is returned than the one left."


@pytest.mark.exercise("successive_halving", weight=2)
def test_resources_grow_by_the_factor(student, rng):
    """Round after round every candidate alive gets eta times as much as in the round before."""
    for n, eta, least in ((8, 2, 5), (27, 3, 2)):
        _, calls, _ = halved(student, contest(rng, n), min_resource=least, eta=eta)
        given = sorted({resource for _, resource in calls})
        count = round(np.log(n) / np.log(eta))
        assert given == [least * eta**i for i in range(count)], (
            "The resources are not min_resource and then eta times the one before, round by round."
        )


@pytest.mark.exercise("successive_halving")
def test_candidates_run_in_the_order_of_their_numbers(student, rng):
    """Within each round the candidates run in the order of their numbers."""
    for _ in range(3):
        _, calls, _ = halved(student, contest(rng, 12), min_resource=3, eta=2)
        assert len(calls) > 12, "There is no second round."
        assert calls == sorted(calls, key=lambda call: (call[1], call[0])), (
            "A round is not in the order of the candidates' numbers: survivors keep their order, however "
            "they are ranked."
        )


@pytest.mark.exercise("successive_halving", weight=2)
@pytest.mark.parametrize(("n", "eta"), [(10, 3), (7, 2), (11, 4), (2, 3), (5, 4)])
def test_what_does_not_divide_is_rounded_down(student, rng, n, eta):
    """Where eta does not divide the number alive it is rounded down, and one always survives."""
    table = contest(rng, n)
    (best, _), calls, _ = halved(student, table, min_resource=1, eta=eta)
    alive = rounds(table, eta)
    sizes = [sum(resource == eta**r for _, resource in calls) for r in range(len(alive))]
    assert sizes == [len(members) for members in alive[:-1]] + [0] and best == alive[-1][0], (
        "The rounds have other sizes where eta does not divide: alive // eta survive, but never fewer than "
        "one, and with one left it is over."
    )


@pytest.mark.exercise("successive_halving")
def test_broken_candidates_and_ties(student, rng):
    """NaN is worst, and of equal losses the lower number survives."""
    table = np.full((9, 6), 4.0)
    table[[1, 4, 6], 0], table[[0, 2], 0] = 1.0, NAN
    table[[4, 6], 1], table[1, 1] = 2.0, NAN
    (best, _), calls, _ = halved(student, table, min_resource=1, eta=3)
    assert sorted(i for i, resource in calls if resource == 3) == [1, 4, 6] and best == 4, (
        "With candidates that broke down, and others with equal losses, the wrong ones survive. NaN is "
        "worst, the lower number wins a tie."
    )
    table = np.full((6, 6), float(rng.uniform(1.0, 2.0)))
    table[0, 0] = NAN
    (best, _), calls, _ = halved(student, table, min_resource=1, eta=2)
    assert [i for i, resource in calls if resource == 2] == [1, 2, 3] and best == 1, (
        "Among equal losses the lower numbers survive, and a broken run is worse than any."
    )


@pytest.mark.exercise("successive_halving")
def test_ties_among_many(student, rng):
    """Among many candidates with few different losses, too, the lower number survives a tie."""
    for n, eta in ((40, 3), (44, 4), (50, 5)):
        table = rng.integers(3, size=(n, 6)) + 0.5
        table[:, 0] = mixing(rng, n, n // eta)
        (best, _), calls, _ = halved(student, table, min_resource=1, eta=eta)
        alive = rounds(table, eta)
        second = sorted(i for i, resource in calls if resource == eta)
        assert second == alive[1] and best == alive[-1][0], (
            "Where many losses are equal others survive than the lower numbers. Does your sort leave equals "
            "in their order?"
        )


@pytest.mark.exercise("successive_halving")
def test_each_round_ranks_by_its_own_losses(student, rng):
    """What a candidate did in an earlier round counts no more once a later one has spoken."""
    order = rng.permutation(9)
    table = np.full((9, 6), 9.0)
    table[order[:3], 0], table[order[:3], 1] = [0.0, 1.0, 2.0], [0.3, 0.2, 0.1]
    (best, _), calls, _ = halved(student, table, min_resource=1, eta=3)
    assert len(calls) > 9 and best == order[2], (
        "The candidate that did best in the last round is not the one returned. Losses with other resources "
        "are not compared, nor added: each round judges by what it measured itself."
    )


@pytest.mark.exercise("successive_halving")
def test_the_log_holds_every_run(student, rng):
    """The log lists candidate, resource and loss of every evaluation, in order; alone, nobody runs."""
    (_, log), calls, losses = halved(student, contest(rng, 9), min_resource=2, eta=3)
    want = [[*call, loss] for call, loss in zip(calls, losses, strict=True)]
    assert want and close([list(entry) for entry in log], want), (
        "The log is not (i, resource, loss) for every evaluation in the order in which they were made."
    )
    (best, log), calls, _ = halved(student, np.ones((1, 6)), min_resource=1, eta=3)
    assert (best, list(log), calls) == (0, [], []), "A single candidate has won already: nothing is run."
