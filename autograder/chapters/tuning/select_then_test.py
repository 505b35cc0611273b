"""Select, then test, `select_then_test`: hidden checks, named mistakes, variants."""

from itertools import cycle

import pytest

from autograder.checking import Recorder, close, examples, mistakes

from .shared import NAN, asked, name_of, numbers, protocol, told

# --- Checks -------------------------------------------------------------------------------------------------


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
    for count in (5, 1):
        case = protocol(rng)
        case.configs = case.configs[:count]  # a single one is scored as well: its loss is asked for
        _, calls, _ = chosen(student, case)
        names, parts = [config["name"] for config in case.configs], (case.train.tolist(), case.val.tolist())
        assert calls[:count] == [(name, *map(sorted, parts)) for name in names], (
            "The first calls are not those of every configuration in its turn, a single one too, fitted on "
            "the training examples alone and scored on the validation examples alone."
        )
        assert len(calls) == count + 1, "Each call is a training, and there is one more than configurations."


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

    for name, low, high, message in (
        ("b", 1.0, 2.0, "Configurations may be whatever fit_score understands, names for instance."),
        (
            "",
            1.0,
            2.0,
            "The best configuration is an empty name, and another one is returned.",
        ),
        ("b", -2.0, 1.0, "A loss below 0 is lower than one above: losses are compared as they are."),
        ("b", 1e150, 2e150, "Where all losses are huge the lowest one does not win."),
        ("b", 1.0, 1.0 + 1e-12, "The lowest loss wins, by however little."),
    ):

        def by_name(config, fit_idx, eval_idx, low=low, high=high):
            return high if config == "a" else low

        named = student.select_then_test(by_name, ["a", name], case.train, case.val, case.test)
        assert named[0] == name, message
    case.judge.on_val, case.judge.on_test = [NAN] * 5, [NAN] * 5
    (best, _, _), calls, _ = chosen(student, case)
    assert best == case.configs[0], "If every run broke down the first one is chosen."
    assert len(calls) == 6, (
        "Where every loss is NaN, that on test too, the calls are not one for each configuration and a last "
        "one: no run is made again because it broke down, and the chosen one is tested all the same."
    )


@pytest.mark.exercise("select_then_test", weight=2)
def test_the_chosen_one_is_fitted_again_on_all_but_test(student, rng):
    """The last call fits on train and val together, each example once, and scores on test."""
    for n_train, n_val, n_test in ((14, 7, 5), (3, 1, 1)):
        case = protocol(rng)
        case.train, case.val, case.test = case.train[:n_train], case.val[:n_val], case.test[:n_test]
        _, calls, _ = chosen(student, case)
        both = sorted([*case.train.tolist(), *case.val.tolist()])
        assert calls and calls[-1][1] == both, (
            "The last training does not use exactly the training and the validation examples, many or one. "
            "After the choice the latter have done their duty, and are good for training."
        )
        assert calls[-1][2] == sorted(case.test.tolist()), (
            "The last scoring is not on exactly the test examples."
        )


@pytest.mark.exercise("select_then_test")
def test_the_losses_are_those_of_the_calls(student, rng):
    """What is returned are the validation losses in order, and the loss of the last call."""
    case = protocol(rng, broken=True)
    case.judge.on_val[1] = float("inf")
    (_, losses, test_loss), calls, answers = chosen(student, case)
    assert calls, "fit_score was never called."
    assert close(list(losses), answers[: len(losses)], nan_agrees=True), (
        "The losses are not those of the validation calls, as they came (NaN and infinity too), in the order "
        "of the configurations."
    )
    assert close(test_loss, answers[-1], nan_agrees=True) and test_loss not in losses, (
        "The test loss is not what the last call returned."
    )
    answers = [3.0, 0.0, 2.0, *range(4, 13)]  # 0 is no reason to stop
    draws = cycle([*answers, 0.5])

    def noisy(config, fit_idx, eval_idx):
        return next(draws)

    answer = student.select_then_test(noisy, [{"width": 8}] * 12, case.train, case.val, case.test)
    assert close(list(answer), [{"width": 8}, answers, 0.5]), (
        "Of twelve equal configurations not each gets a loss of its own: every one of the list is fitted and "
        "scored, also after one with the loss 0."
    )


# --- Mistakes -----------------------------------------------------------------------------------------------


TRIED = "losses = [fit_score(config, train, val) for config in configs]"
CHOICE = "best = configs[best_index(losses)]"
LAST = "return best, losses, fit_score(best, np.concatenate([train, val]), test)"

MISTAKES = mistakes(
    "select_then_test",
    (
        "chooses_on_test",
        "The choice is made by losses on the test examples: whoever chooses on them no longer measures with "
        "them. What is the validation part for?",
        (TRIED, "losses = [fit_score(config, train, test) for config in configs]"),
    ),
    (
        "tests_every_configuration",
        "Every configuration is tested as well, though only the validation losses choose. Test numbers that "
        "exist get looked at: one call, for the chosen one.",
        (
            LAST,
            "both = np.concatenate([train, val])\n"
            "    tests = [fit_score(config, both, test) for config in configs]\n"
            "    return best, losses, tests[best_index(losses)]",
        ),
    ),
    (
        "not_fitted_again",
        "The last training uses the training part alone. Once the choice is made, the validation examples "
        "belong to it too.",
        (LAST, "return best, losses, fit_score(best, train, test)"),
    ),
    (
        "fitted_again_on_validation_alone",
        "The last training uses the validation part alone: it should have both parts.",
        (LAST, "return best, losses, fit_score(best, val, test)"),
    ),
    (
        "fitted_on_test_too",
        "The last training uses the test examples as well, and is then scored on what it has seen.",
        (LAST, "return best, losses, fit_score(best, np.concatenate([train, val, test]), test)"),
    ),
    (
        "scored_on_training",
        "Configurations are scored on the examples that they were fitted on. That prefers what memorises: "
        "score on the validation part.",
        (TRIED, "losses = [fit_score(config, train, train) for config in configs]"),
    ),
    (
        "validation_is_trained_on",
        "While choosing, configurations are fitted on train and val together and scored on val: they have "
        "seen what they are asked.",
        (TRIED, "losses = [fit_score(config, np.concatenate([train, val]), val) for config in configs]"),
    ),
    (
        "highest_loss_chosen",
        "The configuration with the highest validation loss is chosen: this is a loss, not an accuracy.",
        (CHOICE, "best = configs[int(np.nanargmax(losses))]"),
    ),
    (
        "nan_is_chosen",
        "A configuration whose loss is NaN is chosen: numpy.argmin takes NaN for the lowest, and min keeps "
        "one that comes first. You have a function that knows better.",
        (CHOICE, "best = configs[int(np.argmin(losses))]"),
    ),
    (
        "equal_ones_once",
        "Of equal configurations one is fitted, and its loss is copied. Each of the list is tried once: a "
        "second run shows what chance does.",
        (
            TRIED,
            "known = {}\n    for config in configs:\n        if repr(config) not in known:\n"
            "            known[repr(config)] = fit_score(config, train, val)\n"
            "    losses = [known[repr(config)] for config in configs]",
        ),
    ),
    (
        "validation_loss_reported",
        "As test loss the winner's validation loss is returned, the best of several and so too good. The "
        "test loss is what the last call says.",
        (
            LAST,
            "fit_score(best, np.concatenate([train, val]), test)\n"
            "    return best, losses, losses[best_index(losses)]",
        ),
    ),
    (
        "tested_twice",
        "The test part is asked twice, before and after the training on both parts. One look is allowed.",
        (LAST, "fit_score(best, train, test)\n    " + LAST),
    ),
)


# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "select_then_test",
    """
    calls = []
    def fit_score(config, fit_idx, eval_idx):
        calls.append((config["loss"], sorted(map(int, fit_idx)), sorted(map(int, eval_idx))))
        return config["loss"]
    configs = [{"loss": 2.0}, {"loss": 1.0}]
    select_then_test(fit_score, configs, np.array([0, 1]), np.array([2]), np.array([3]))
    calls
    """,
    """
    def fit_score(config, fit_idx, eval_idx):
        return config["loss"]
    configs = [{"loss": float("nan")}, {"loss": 1.0}]
    select_then_test(fit_score, configs, np.array([0, 1]), np.array([2]), np.array([3]))
    """,
)
