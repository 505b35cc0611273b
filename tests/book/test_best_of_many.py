"""The best of many classifiers, in the chapter on tuning: its script against SciPy, draws and its page."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from figures import STATIC, ask
from scipy import stats

SCRIPT = (STATIC / "best_of_many.js").read_text(encoding="utf-8")
PAGE = (STATIC.parent / "tuning.md").read_text(encoding="utf-8")
SETTINGS = [(K, n, s) for K in (1, 10, 1000) for n in (100, 599, 10000) for s in (0, 0.0025, 0.01, 0.02)]


def one_classifier(n: int, spread: float) -> tuple[np.ndarray, np.ndarray]:
    """How probable 0 to n right answers are, and the expected true accuracy after each."""
    score = np.arange(n + 1)
    if not spread:
        return stats.binom.pmf(score, n, 0.97), np.full(n + 1, 0.97)
    total = 0.97 * 0.03 / spread**2 - 1
    a, b = 0.97 * total, 0.03 * total
    assert np.isclose(stats.beta(a, b).mean(), 0.97) and np.isclose(stats.beta(a, b).std(), spread)
    return stats.betabinom.pmf(score, n, a, b), (a + score) / (a + b + n)


@pytest.mark.parametrize(("count", "n", "spread"), SETTINGS)
def test_scores_and_means_are_those_of_scipy(count: int, n: int, spread: float) -> None:
    """The distribution of one score and of the largest, and what the best looks like and is."""
    one, best, means = ask(
        "best_of_many",
        f"[chances({n}, beta({spread})), largest(chances({n}, beta({spread})), {count}), "
        f"expected({count}, {n}, {spread})]",
    )
    want, truth = one_classifier(n, spread)
    np.testing.assert_allclose(one, want, atol=1e-10)
    largest = np.diff(np.cumsum(want) ** count, prepend=0)
    np.testing.assert_allclose(best, largest, atol=1e-8)
    assert abs(means["looks"] - largest @ np.arange(n + 1) / n) < 1e-7
    assert abs(means["is"] - largest @ truth) < 1e-7


def test_the_winner_is_what_draws_of_true_accuracies_say() -> None:
    """20,000 draws of 30 true accuracies and their scores have the means that are computed."""
    rng = np.random.default_rng(0)
    total = 0.97 * 0.03 / 0.01**2 - 1
    true = rng.beta(0.97 * total, 0.03 * total, size=(20000, 30))
    scores = rng.binomial(599, true)
    winner = (scores + rng.random(scores.shape) / 2).argmax(1)[:, None]  # ties are broken by chance
    looks, is_ = (np.take_along_axis(part, winner, 1).mean() for part in (scores / 599, true))
    told = ask("best_of_many", "expected(30, 599, 0.01)")
    assert abs(told["looks"] - looks) < 1e-4 and abs(told["is"] - is_) < 2e-4


def test_what_is_drawn_has_these_distributions() -> None:
    """Over many seeds the best score and its second test have the means told; a seed's first scores stay."""
    for spread in (0, 0.01):
        draws, told = ask(
            "best_of_many",
            f"[given.map((s) => drawn(20, 400, {spread}, s)), expected(20, 400, {spread})]",
            list(range(1500)),
        )
        for name, key in (("most", "looks"), ("again", "is")):
            shares = np.array([draw[name] for draw in draws]) / 400
            assert abs(shares.mean() - told[key]) < 4 * shares.std() / np.sqrt(len(shares)), (spread, name)
    few, many = ask("best_of_many", "[drawn(5, 599, 0, 3), drawn(1000, 599, 0, 3)]")
    assert many["scores"][:5] == few["scores"] and many["most"] == max(many["scores"]) >= few["most"]


def test_every_end_of_the_sliders_draws_and_says_sense() -> None:
    """No path has a coordinate that is no number or lies outside, and no share is above 100 %."""
    corners = ask(
        "best_of_many",
        """given.map(([i, j, k]) => {
            const [count, n, spread] = [COUNTS.at(i), SIZES.at(j), SPREADS.at(k)];
            const one = chances(n, beta(spread)), draw = drawn(count, n, spread, 1);
            const paths = [one, largest(one, count)].map((parts) => outline(parts, n, Math.max(...parts)));
            const text = told({ count, n, spread }, expected(count, n, spread), draw);
            return { draw, n, paths, text }; })""",
        list(product((0, -1), repeat=3)),
    )
    assert len(corners) == 8
    for one in corners:
        assert 0 <= min(one["draw"]["scores"]) <= one["draw"]["most"] <= one["n"] >= one["draw"]["again"] >= 0
        for path in one["paths"]:
            numbers = [float(x) for x in path.replace("M", "").replace("L", " ").replace("V", " ").split()]
            assert min(numbers) >= 0 and max(numbers) <= 344
        assert "NaN" not in one["text"] and "-" not in one["text"]


def test_the_first_sentence() -> None:
    """The sentence below the figure at its start, and for a single classifier."""
    say = "told({{ count: {0}, n: 599, spread: 0 }}, expected({0}, 599, 0), drawn({0}, 599, 0, 14))"
    said = ask("best_of_many", f"[{say.format(10)}, {say.format(1)}]")
    start, single = (text.replace("\xa0", " ") for text in said)
    assert start == (
        "All are equally good. On average the best of 10 looks 98.0 % right on 599 examples and is 97.0 %: "
        "1.0 point too good. In this draw it looks 98.0 % right, and 97.0 % on other 599 examples."
    )
    assert "On average a single one looks 97.0 %" in single and "nothing was chosen" in single
    assert "{ count: 10, n: 599, spread: 0, seed: 14 }" in SCRIPT


def test_the_page_holds_the_figure_and_its_words() -> None:
    """The page has the element that the script looks for, loads it, and tells what to read instead."""
    assert 'class="best-of-many" role="group" aria-label=' in PAGE and "../_static/best_of_many.js" in PAGE
    assert 'ready("best-of-many"' in SCRIPT
    sizes, spreads = ask("best_of_many", "[SIZES, SPREADS]")
    assert {599, 2400} <= set(sizes) and 0.01 in spreads, "the table's columns can be reached"
