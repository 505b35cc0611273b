"""The batch of ones and sevens in the chapter on batch normalisation: script, NumPy, torch and page."""

from __future__ import annotations

import numpy as np
import torch
from figures import STATIC, ask

SCRIPT = (STATIC / "batch_mix.js").read_text(encoding="utf-8")
PAGE = (STATIC.parent / "batch_norm.md").read_text(encoding="utf-8")
DRAWN = np.random.default_rng(0)
ONES, SEVENS = (DRAWN.normal(mean, 1, 80).round(2) for mean in (-3.2, 2.2))
BOTH = np.concatenate([ONES, SEVENS])
DATA = {"ones": ONES.tolist(), "sevens": SEVENS.tolist(), "running": [BOTH.mean(), BOTH.var()]}


def test_a_batch_has_as_many_sevens_as_asked_and_no_digit_twice() -> None:
    """At every place of the slider; the next place keeps all digits but one."""
    told = ask("batch_mix", "Array.from({ length: SIZE + 1 }, (_, n) => batch(given, n, 5))", DATA)
    for count, one in enumerate(told):
        values, seven = np.array(one["values"]), np.array(one["seven"])
        assert seven.sum() == count and len(values) == 32
        for kind, pool in ((False, ONES), (True, SEVENS)):
            found, many = np.unique(values[seven == kind], return_counts=True)
            assert all((pool == value).sum() >= times for value, times in zip(found, many, strict=True))
    first, second = np.array(told[7]["values"]), np.array(told[8]["values"])
    assert (first[:24] == second[:24]).all() and (first[25:] == second[24:-1]).all()


def test_both_modes_are_torchs() -> None:
    """Training normalises by the batch's mean and variance over N, inference by the numbers given."""
    batches = [BOTH[:32].tolist(), SEVENS[:32].tolist(), [*ONES[:31].tolist(), SEVENS[0]]]
    running = (0.3, 7.5)
    told = ask("batch_mix", f"given.map((x) => [normalised(x), normalised(x, {list(running)})])", batches)
    for batch, (training, inference) in zip(batches, told, strict=True):
        layer = torch.nn.BatchNorm1d(1, affine=False, dtype=torch.float64)
        layer.running_mean[:], layer.running_var[:] = running
        x = torch.tensor(batch, dtype=torch.float64)[:, None]
        np.testing.assert_allclose(inference, layer.eval()(x)[:, 0], rtol=1e-9)
        np.testing.assert_allclose(training, layer.train()(x)[:, 0], rtol=1e-9)


def test_the_curve_of_training_is_that_of_other_draws() -> None:
    """For each mixture the share of right answers is that of 2,000 batches drawn by NumPy."""
    told = ask("batch_mix", "shares(given, true)", DATA)
    rng = np.random.default_rng(1)
    for count, share in enumerate(told):
        right = []
        for _ in range(2000):
            x = np.concatenate([rng.choice(ONES, 32 - count, False), rng.choice(SEVENS, count, False)])
            right.append(((x > x.mean()) == (np.arange(32) >= 32 - count)).mean())
        assert abs(share - np.mean(right)) < 5 * np.std(right) / np.sqrt(100) + 1e-3, count
    assert told[16] > 0.98 and max(told[0], told[32]) < 0.65


def test_the_curve_of_inference_weighs_the_shares_of_both_digits() -> None:
    """A digit's answer does not depend on the others: exact also where ones and sevens overlap unequally."""
    ones, sevens, mean = [-1.0, 0.0, 1.0, 2.0], [0.0, 1.0, 2.0, 3.0, 4.0], 0.5
    told = ask("batch_mix", "shares(given, false)", {"ones": ones, "sevens": sevens, "running": [mean, 4.0]})
    right_ones, right_sevens = np.mean(np.array(ones) < mean), np.mean(np.array(sevens) > mean)
    assert (right_ones, right_sevens) == (0.5, 0.8)
    count = np.arange(33)
    np.testing.assert_allclose(told, ((32 - count) * right_ones + count * right_sevens) / 32, rtol=1e-12)


def test_the_words_count_what_is_wrong() -> None:
    """Nothing wrong, one class wrong, and one digit alone; the start has everything right."""
    say = "((seven, correct) => words(seven, correct, true))"
    seven = [i >= 31 for i in range(32)]
    few = [i not in (0, 1, 31) for i in range(32)]
    all_right, some = ask(
        "batch_mix", f"given.map(([a, b]) => {say}(a, b))", [[seven, [True] * 32], [seven, few]]
    )
    assert all_right == "31 ones and 1 seven, normalised by their own statistics: 32 of 32 right."
    assert some == (
        "31 ones and 1 seven, normalised by their own statistics: 29 of 32 right, "
        "2 of the ones read as seven and 1 of the sevens read as one."
    )


def test_the_page_holds_the_figure_and_its_words() -> None:
    """The page has the element that the script looks for, loads it, and its table has the same rule."""
    assert "class='batch-mix' role='group' aria-label=" in PAGE and "../_static/batch_mix.js" in PAGE
    assert 'ready("batch-mix"' in SCRIPT
    assert ask("batch_mix", "SIZE") == 32 and "(x_hat > 0) == (np.arange(32) >= 32 - n_sevens)" in PAGE
