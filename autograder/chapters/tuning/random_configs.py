"""Random configurations, `random_configs`: hidden checks, named mistakes, variants."""

import pytest

from autograder.checking import Recorder, close, examples, mistakes, variants

from ..shared import twins

# --- Checks -------------------------------------------------------------------------------------------------


def samplers_of(names):
    """Samplers that draw differently, each remembering its calls."""
    draws = (
        lambda rng: float(rng.random()),
        lambda rng: int(rng.integers(1000)),
        lambda rng: float(10 ** rng.uniform(-4, -1)),
        lambda rng: ("tanh", "relu")[int(rng.integers(2))],
    )
    return {name: Recorder(draw) for name, draw in zip(names, draws, strict=False)}


@pytest.mark.exercise("random_configs", weight=2)
@pytest.mark.parametrize("names", [("lr", "width", "decay", "act"), ("width", "decay"), ("only",)])
def test_configurations_follow_the_generator(student, rng, names):
    """Configuration after configuration each sampler draws once, in the order of the dict."""
    for n in (5, 1):
        ours, theirs = twins(rng)
        got = student.random_configs(samplers_of(names), n, rng=theirs)
        plain = samplers_of(names)
        want = [{name: plain[name].function(ours) for name in names} for _ in range(n)]
        assert close(got, want), (
            "The configurations are not those of this generator: for each one every sampler is called with "
            "rng itself, in the order of the dict, before the next one is begun."
        )
        pairs = [(one[name], other[name]) for one, other in zip(got, want, strict=True) for name in names]
        assert all(type(mine) is int for mine, value in pairs if type(value) is int), (
            "A whole number came back as another kind of number: values are kept as the samplers return "
            "them. In an array beside others a whole number becomes a float."
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
    draw = Recorder(lambda rng: float(rng.random()))
    many = 2**60 + 1  # no float
    samplers = {"a": draw, "b": Recorder(lambda rng: many), "c": Recorder(lambda rng: None), "d": draw}
    got = student.random_configs(samplers, 4, rng=theirs)
    want = [{"a": float(ours.random()), "b": many, "c": None, "d": float(ours.random())} for _ in range(4)]
    assert close(got[0], want[0]) and type(got[0]["b"]) is int and got[0]["b"] == many, (
        "Already the first configuration is not that of this generator. Values are kept as the samplers "
        "return them, None and whole numbers too, however large, for which a float may be too coarse; a "
        "sampler that stands under two names draws for each."
    )
    calls = [len(samplers[name].log) for name in ("a", "b", "c")]
    assert calls == [8, 4, 4], "Each sampler is called once for each configuration, also where it gives None."
    assert student.stands_at(theirs, ours), (
        "The generator stands elsewhere than after one call of each sampler for each configuration."
    )
    assert close(student.random_configs({}, 3, rng=rng), [{}] * 3), (
        "Without a sampler there are n configurations all the same, each of them empty."
    )
    coin = {"a": Recorder(lambda rng: int(rng.integers(2)))}
    got = student.random_configs(coin, 12, rng=theirs)
    assert close(got, [{"a": int(ours.integers(2))} for _ in range(12)]) and len(coin["a"].log) == 12, (
        "With few values configurations come twice, and that is chance: nothing is drawn again, and all n "
        "are there."
    )


# --- Mistakes -----------------------------------------------------------------------------------------------


RANDOM = "return [{name: sampler(rng) for name, sampler in samplers.items()} for _ in range(n)]"

MISTAKES = mistakes(
    "random_configs",
    (
        "no_configuration_twice",
        "A configuration that has come before is drawn again. Every sampler is called just once for each of "
        "the n configurations, and two of them may be alike.",
        (
            RANDOM,
            "configs = []\n    for _ in range(99 * n):\n"
            "        config = {name: sampler(rng) for name, sampler in samplers.items()}\n"
            "        configs += [] if config in configs or len(configs) == n else [config]\n"
            "        if len(configs) == n:\n            break\n"
            "    return configs + configs[:1] * (n - len(configs))",
        ),
    ),
    (
        "one_draw_for_all",
        "One configuration is drawn and repeated n times: every one needs draws of its own.",
        (
            RANDOM,
            "config = {name: sampler(rng) for name, sampler in samplers.items()}\n"
            "    return [dict(config) for _ in range(n)]",
        ),
    ),
    (
        "name_after_name",
        "All values of one hyperparameter are drawn before those of the next, so that they are other draws. "
        "Finish one configuration before the next is begun.",
        (
            RANDOM,
            "columns = {name: [sampler(rng) for _ in range(n)] for name, sampler in samplers.items()}\n"
            "    return [{name: columns[name][i] for name in samplers} for i in range(n)]",
        ),
    ),
    (
        "fresh_generator_for_each",
        "Every configuration gets a generator made inside: the draws have nothing to do with the rng that "
        "was handed over.",
        (
            RANDOM,
            "rngs = [np.random.default_rng(i) for i in range(n)]\n"
            "    return [{name: sampler(rngs[i]) for name, sampler in samplers.items()} for i in range(n)]",
        ),
    ),
    (
        "same_seed_for_each",
        "Every sampler gets a fresh generator with the same seed, so that all configurations are one.",
        (RANDOM, RANDOM.replace("sampler(rng)", "sampler(np.random.default_rng(0))")),
    ),
    (
        "names_from_the_last",
        "Within a configuration the samplers are called from the last to the first. They draw in the order "
        "of the dict.",
        (RANDOM, RANDOM.replace("samplers.items()}", "reversed(samplers.items())}")),
    ),
    (
        "shuffled_afterwards",
        "The configurations are shuffled afterwards, which draws once more and changes their order.",
        (
            RANDOM,
            RANDOM.replace("return [", "configs = [")
            + "\n    return [configs[i] for i in rng.permutation(n)]",
        ),
    ),
    (
        "children_of_the_generator",
        "Every configuration draws from a child that rng has spawned. Hand the samplers rng itself.",
        (
            RANDOM,
            "return [{name: sampler(child) for name, sampler in samplers.items()} for child in rng.spawn(n)]",
        ),
    ),
)


# --- Variants -----------------------------------------------------------------------------------------------


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


VARIANTS = variants("random_configs", NestedLoops, FlatThenCut, InnerFunction)

# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "random_configs",
    "random_configs({}, 2, rng=np.random.default_rng(0))",
    'random_configs({"a": lambda rng: int(rng.integers(2))}, 4, rng=np.random.default_rng(0))',
    """
    samplers = {"width": lambda rng: int(rng.integers(100)), "depth": lambda rng: int(rng.integers(10))}
    random_configs(samplers, 3, rng=np.random.default_rng(8))
    """,
)
