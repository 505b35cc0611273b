"""Drawing a token, `sample_text`: hidden checks, named mistakes, variants."""

import numpy as np
import pytest

from autograder.checking import close, examples, laws, mistakes

from ..shared import twins

# --- Checks -------------------------------------------------------------------------------------------------


def drawn(student, logits, n, rng, **options):
    return student.sample_text.times(n, logits, rng=rng, **options)


def softmax(z):
    return np.exp(z - np.max(z)) / np.sum(np.exp(z - np.max(z)))


def law(places, z):
    """The probabilities of these tokens, for logits z over the temperature."""
    return dict(zip(map(int, places), softmax(np.asarray(z, dtype=float)).tolist(), strict=True))


@pytest.mark.exercise("sample_text", weight=3)
def test_the_temperature_divides_the_logits(student, rng):
    """Over many draws each token has its share, at a temperature above 1, however high."""
    size = float(rng.uniform(-5, 5))
    z = np.array([18.0, -18.0])
    others = [law((0, 1), z), law((0, 1), 20 * z), law((0, 1), z / 400)]
    tokens = drawn(student, z + size, 205, rng, temperature=20)
    assert laws.categories(tokens, law((0, 1), z / 20), against=others), (
        "Over many draws the tokens have other shares. The logits are divided by the temperature, then goes "
        "the softmax: a high temperature makes shares more alike."
    )
    assert len(set(drawn(student, 100.0 * z, 34, rng, temperature=1e6))) == 2, (  # by chance: 2e-10
        "At a very high temperature one of two tokens never comes. Divide the logits before the exponential: "
        "a probability that was rounded to 0 stays 0 in every power. And no temperature is too high."
    )
    pair = np.array([1000.0, -1000.0])
    assert drawn(student, pair, 30, rng, temperature=400.0).count(1) < 9, (  # by chance: 4e-13
        "At a high temperature a token whose logit is far smaller comes as often as the other, or always: "
        "the difference is not cut off before it is divided."
    )
    many = np.zeros(21_000)  # so many that the probability of each is below 0.00005
    many[0] = 4.0
    others = [token for token in drawn(student, many[:2001], 64, rng) if token]
    assert others and set(drawn(student, many, 4, rng)) != {0}, (  # by chance: 5e-11
        "Of many tokens only the likeliest comes, although most of the time it is another one: small "
        "probabilities count, and are not rounded or cut."
    )
    assert len(others) - len(set(others)) < 12 and max(others) > 999, (  # by chance: 6e-11
        "Of very many tokens with the same logit a few come again and again, or some never: each may come, "
        "however small its probability. Is a random number rounded, or a token left out?"
    )


@pytest.mark.exercise("sample_text", weight=2)
def test_only_the_likeliest_may_come(student, rng):
    """With top_k only so many tokens are drawn, by their shares among themselves."""
    places = rng.permutation(40)
    z = np.full(40, -0.1)  # so many that nearly all of the softmax is theirs
    z[places[:2]] = 1.75, 0.0
    tokens = drawn(student, z, 190, rng, top_k=2)
    assert set(tokens) == set(places[:2].tolist()), (
        "A token is drawn that is not among the top_k with the largest logits, or one of these is not."
    )
    against = [{int(places[0]): 0.5, int(places[1]): 0.5}, {int(places[0]): 1.0}]
    assert laws.categories(tokens, law(places[:2], [1.75, 0.0]), against=against), (
        "Among the top_k the tokens have other shares than those of the softmax over them."
    )
    for few, n in ((z, 8), (z[:1], 2)):
        assert drawn(student, few, n, rng, temperature=1e-3, top_k=len(few)) == [np.argmax(few)] * n, (
            "With top_k = n_tokens and a very low temperature the likeliest token does not come every time."
        )


@pytest.mark.exercise("sample_text", weight=2)
def test_at_zero_it_is_the_largest(student, rng):
    """At temperature 0 the largest logit wins, of equals the first; higher temperatures draw others too."""
    for _ in range(4):
        z = rng.normal(size=8)
        first, second = np.sort(rng.permutation(8)[:2])
        z[[first, second]] = 4.0
        got = [student.sample_text(z, temperature=0.0, top_k=k, rng=rng) for k in (None, 1, 3)]
        assert got == [first] * 3, (
            "At temperature 0 the answer is not the token with the largest logit, of equals the one with the "
            "lower number."
        )
    z[second] += 1e-9
    assert student.sample_text(z, temperature=0.0, rng=rng) == second, (
        "At temperature 0 a logit wins that is a little smaller than the largest: only equal ones are equal."
    )
    z = np.zeros(33_000)
    z[-9] = 1.0
    assert student.sample_text(z, top_k=1, rng=rng) == 32_991, (
        "Of very many tokens another than the largest comes, although top_k is 1."
    )
    assert len(set(drawn(student, np.zeros(8), 12, rng, temperature=1e-300))) > 1, (  # by chance: 2e-10
        "At a low temperature, too, equal logits take turns: only 0 itself is a case of its own."
    )
    z = np.zeros(8)
    z[first] = 1e-13
    assert drawn(student, z, 9, rng, temperature=1e-300) == [first] * 9, (
        "At a very low temperature a token comes whose logit is a little smaller: the temperature is taken "
        "as it is, however low."
    )


@pytest.mark.exercise("sample_text")
def test_of_equals_the_lower_number_counts_as_larger(student, rng):
    """Where equal logits compete for the last place among top_k, the lower number has it."""
    places = np.sort(rng.permutation(600)[:30])  # so many that a sort which is not stable shows
    z = np.full(600, -3.0)
    z[places] = 2.0
    for k, n in ((1, 5), (3, 60)):  # by chance one of the three never comes: 8e-11
        assert set(drawn(student, z, n, rng, top_k=k)) == set(places[:k].tolist()), (
            "Of equal logits others than those with the lower numbers are kept, or more than top_k."
        )
    z[places[-1]] = 12.0  # by chance it does not come: 7e-13
    assert places[-1] in drawn(student, z, 3, rng, top_k=3), (
        "A token that is likelier than many equal ones before it does not come: these are drawn instead."
    )


@pytest.mark.exercise("sample_text")
def test_logits_of_a_thousand(student, rng):
    """Large logits of both signs, and low temperatures, still give the likely tokens."""
    places = 399 - rng.permutation(100)
    for sign in (1000.0, -1000.0):
        z = np.full(400, sign - 500.0)
        z[places[:2]] = sign
        tokens = drawn(student, z, 34, rng)  # by chance one of the two never comes: 1e-10
        assert set(tokens) == set(places[:2].tolist()), (
            "With logits of a thousand the wrong tokens come: take the largest logit off before the "
            "exponential, and add nothing to the probabilities."
        )
        z[places[0]] += 1.0
        assert drawn(student, z, 5, rng, temperature=1e-3) == [places[0]] * 5, (
            "At a very low temperature the likeliest token does not come every time."
        )


@pytest.mark.exercise("sample_text")
def test_draws_go_on(student, rng):
    """A generator in the same state gives the same tokens, and moves on from one to the next."""
    ours, theirs = twins(rng)
    first, second = (drawn(student, np.zeros(9), 12, ours) for _ in range(2))
    assert first != second, "The same tokens come again and again: is it rng that draws?"
    assert close(drawn(student, np.zeros(9), 12, theirs), first), (
        "Two generators in the same state gave different tokens: something is drawn from elsewhere."
    )


# --- Mistakes -----------------------------------------------------------------------------------------------


LIKELIEST = 'likeliest = np.argsort(-logits, kind="stable")[:top_k]'
GREEDY = "if temperature == 0:"
Z = "z = (logits[likeliest] - logits[likeliest[0]]) / temperature"
PROBS = "probs = np.exp(z) / np.sum(np.exp(z))"
DRAW = "return int(rng.choice(likeliest, p=probs))"

MISTAKES = mistakes(
    "sample_text",
    (
        "multiplied",
        "The logits are multiplied with the temperature, so that a high one makes the text duller.",
        (Z, "z = (logits[likeliest] - logits[likeliest[0]]) * temperature"),
    ),
    (
        "no_temperature",
        "The temperature plays no part, except at 0. It divides the logits; dividing the probabilities does "
        "nothing, as they are normalised again.",
        (Z, "z = logits[likeliest] - logits[likeliest[0]]"),
    ),
    (
        "always_the_likeliest",
        "The likeliest token comes every time: it is to be drawn.",
        (GREEDY, "if temperature >= 0:"),
    ),
    (
        "all_alike",
        "All tokens that are left have the same probability.",
        (PROBS, "probs = np.full(len(z), 1 / len(z))"),
    ),
    (
        "no_top_k",
        "Every token can come: look at the argument top_k.",
        (LIKELIEST, 'likeliest = np.argsort(-logits, kind="stable")'),
    ),
    (
        "least_likely",
        "The tokens with the smallest logits are kept.",
        (LIKELIEST, 'likeliest = np.argsort(logits, kind="stable")[:top_k]'),
    ),
    (
        "place_in_the_ranking",
        "The answer is the place in the order of the logits, not the token that stands there.",
        (DRAW, "return int(rng.choice(len(likeliest), p=probs))"),
    ),
    (
        "last_of_equals",
        "Of equal logits the one with the higher number counts as larger.",
        (LIKELIEST, 'likeliest = np.argsort(logits, kind="stable")[::-1][:top_k]'),
    ),
    (
        "all_equals_kept",
        "All tokens as likely as the last of top_k are kept, so that there may be more than top_k.",
        (LIKELIEST, LIKELIEST + "\n    kept = np.flatnonzero(logits >= logits[likeliest[-1]])"),
        (Z, "z = (logits[kept] - logits[likeliest[0]]) / temperature"),
        (DRAW, "return int(rng.choice(kept, p=probs))"),
    ),
    (
        "first_at_the_threshold",
        "Of all tokens at or above the last logit of top_k the first are taken, so that equal ones push out "
        "a larger one behind them.",
        (GREEDY, f"likeliest = np.flatnonzero(logits >= logits[likeliest[-1]])[:top_k]\n    {GREEDY}"),
        ("int(likeliest[0])", "int(np.argmax(logits))"),
    ),
    (
        "overflows",
        "Large logits overflow: the largest one is not taken off.",
        (Z, "z = logits[likeliest] / temperature"),
    ),
    (
        "divides_by_zero",
        "Temperature 0 is not told apart, and the logits are divided by it.",
        (GREEDY, "if temperature < 0:"),
    ),
    (
        "other_generator",
        "The draws come from a generator of your own with a fixed seed: the same token comes every time.",
        (DRAW, "return int(np.random.default_rng(0).choice(likeliest, p=probs))"),
    ),
    costs={"last_of_equals": 0.3, "all_equals_kept": 0.3, "overflows": 0.3},
)

# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "sample_text",
    "sample_text(np.array([1.0, 3.0, 3.0, 2.0]), temperature=0.0, rng=np.random.default_rng(0))",
    "sample_text(np.array([1.0, 3.0, 3.0, 2.0]), top_k=1, rng=np.random.default_rng(0))",
    """
    rng = np.random.default_rng(0)
    sorted({sample_text(np.array([0.0, 1.0, 1.5, 1.0]), top_k=2, rng=rng) for _ in range(80)})
    """,
    "sample_text(np.array([0.0, 2000.0, 0.0]), rng=np.random.default_rng(0))",
)
