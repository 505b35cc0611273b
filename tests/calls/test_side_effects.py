"""What functions do besides answering shows in stories that are told again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autograder.calls import probe
from autograder.calls.backends import Ended, Late, LocalBackend, Program, Reading
from autograder.calls.journal import Call, Recorder
from autograder.calls.probes import probes
from autograder.calls.proxy import Proxy
from autograder.calls.side_effects import side_effects
from autograder.calls.stories import Story, special, stories, undisturbed

WALK = """
import numpy as np
MEMORY = {}
def walk_init(params):
    return {key: 0.0 * value for key, value in params.items()}
def walk_step(params, grads, state, *, lr=0.1):
    v = {key: 0.5 * state[key] + grads[key] for key in params}
    return {key: params[key] - lr * v[key] for key in params}, v
"""
PARAMS = {"w": np.array([1.0, -1.0]), "b": np.array([0.5])}
GRADS = [{"w": np.array([i + 1.0, -2.0]), "b": np.array([3.0])} for i in range(3)]


def space(source: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    exec(source, found)
    return found


def walked() -> list[Story]:
    reference = space(WALK)
    proxy = Proxy(LocalBackend(reference), reference)
    proxy.trajectory("walk", PARAMS, GRADS)
    return stories([tuple(proxy.journal)])


def shown(source: str) -> set[str]:
    return {kind for kind, _ in side_effects(LocalBackend(space(source)), walked())}


def walk(*swaps: tuple[str, str]) -> str:
    source = WALK
    for old, new in swaps:
        assert source.count(old) == 1
        source = source.replace(old, new)
    return source


STEP = "v = {key: 0.5 * state[key] + grads[key] for key in params}"
RETURN = "return {key: params[key] - lr * v[key] for key in params}, v"


@pytest.mark.parametrize(
    ("swaps", "kinds"),
    [
        ([], set()),
        ([(STEP, f"{STEP}\n    state = None")], set()),
        # The caller's gradients change from the second step on: the first adds zeros to them.
        (
            [(STEP, "v = grads\n    for k in params:\n        v[k] += 0.5 * state[k]")],
            {probe.CHANGED, probe.AGAIN, probe.KEPT},
        ),
        # At first the state is the caller's gradient itself.
        (
            [(STEP, "v = {k: g if not np.any(state[k]) else 0.5 * state[k] + g for k, g in grads.items()}")],
            {probe.KEPT},
        ),
        # The state is changed in place: the same call gives another answer the second time.
        (
            [(STEP, "v = state\n    for k in v:\n        v[k] = 0.5 * v[k] + grads[k]")],
            {probe.AGAIN, probe.KEPT},
        ),
        # The state starts as the caller's parameters.
        (
            [("0.0 * value", "value"), (STEP, STEP.replace("state[key]", "(state[key] - state[key])"))],
            set(),
        ),
        # Params in place.
        (
            [(RETURN, "for k in params:\n        params[k] -= lr * v[k]\n    return params, v")],
            {probe.CHANGED, probe.AGAIN, probe.SHARED},
        ),
        # One memory for all runs.
        (
            [
                ("return {key: 0.0", "MEMORY.clear()\n    return {key: 0.0"),
                (STEP, "v = {k: 0.5 * MEMORY.get(k, 0.0) + grads[k] for k in params}\n    MEMORY.update(v)"),
            ],
            {probe.TURNS, probe.AGAIN, probe.KEPT},
        ),
        # One array for all answers.
        (
            [
                (
                    RETURN,
                    "for k in params:\n        out = MEMORY.setdefault(k, np.zeros_like(params[k]))\n"
                    "        out[...] = params[k] - lr * v[k]\n    return dict(MEMORY), v",
                )
            ],
            {probe.BUFFER},
        ),
        # What is returned is what is remembered.
        (
            [
                (
                    RETURN,
                    "new = {k: params[k] - lr * v[k] for k in params}\n"
                    "    return new, {k: (v[k], new[k]) for k in v}",
                ),
                ("return {key: 0.0 * value for key, value in params.items()}",
                 "return {key: (0.0 * value, value.copy()) for key, value in params.items()}"),
                (STEP, "v = {k: 0.5 * state[k][0] + grads[k] + 0 * state[k][1] for k in params}\n"
                       "    v = {k: v[k] + 1e-3 * (state[k][1] - params[k]) for k in params}"),
            ],
            {probe.ANSWERS},
        ),
        # All states of a run share one list, and know how far theirs goes.
        (
            [
                ("return {key: 0.0 * value for key, value in params.items()}", "return [], 0"),
                (
                    STEP,
                    "seen, n = state\n    seen[n:] = [grads]\n"
                    "    v = {k: sum(0.5**(n - i) * seen[i][k] for i in range(n + 1)) for k in params}",
                ),
                (RETURN, RETURN.replace(", v", ", (seen, n + 1)")),
            ],
            {probe.BRANCH},
        ),
        # Pairs by position.
        (
            [(STEP, "v = {k: 0.5 * state[k] + g for k, g in zip(params, grads.values())}")],
            {probe.ORDER},
        ),
    ],
)  # fmt: skip  # a table of code
def test_a_side_effect_shows_in_behaviour(swaps: list, kinds: set[str]) -> None:
    """Each has its kind, whatever else follows from it; without one nothing shows."""
    found = shown(walk(*swaps))
    assert kinds <= found and bool(found) == bool(kinds)


AVERAGE = """
def average_init(params):
    return {key: 1.0 * value for key, value in params.items()}
def average_update(state, params):
    average = {key: 0.5 * state[key] + 0.5 * params[key] for key in params}
    return average, {key: 1.0 * value for key, value in average.items()}
"""


def test_a_step_that_goes_by_the_object_of_its_gradients_is_seen() -> None:
    """The caller may use one array for all its gradients."""
    sees = "grads = MEMORY.setdefault(id(grads), (grads, {k: g.copy() for k, g in grads.items()}))[1]"
    assert shown(walk((STEP, f"{sees}\n    {STEP}"))) == {probe.STALE}


def test_a_parameter_without_axes_stays_an_array() -> None:
    """What changes its own copies in place goes on doing so when the numbers are turned round."""
    params = {"w": np.arange(2.0), "t": np.array(1.0)}
    source = """
import copy
def f(params):
    new = copy.deepcopy(params)
    for value in new.values():
        value -= 1.0
    return new"""
    assert not side_effects(LocalBackend(space(source)), stories([(Call("f", (params,), {}, 1.0),)]))


def test_numbers_that_cannot_be_turned_round_show_nothing() -> None:
    """Sorted numbers must stay so: the call fails with objects of its own too."""
    calls = (Call("f", (np.arange(3.0),), {}, 1.0),) * 2
    source = "def f(x):\n    if x[0] > x[-1]: raise ValueError\n    return 2 * x"
    assert not side_effects(LocalBackend(space(source)), stories([calls]))


def test_what_comes_after_a_state_may_have_another_order() -> None:
    """Parameters that are paired by position with an init's state show, and those paired by name do not."""
    reference = space(AVERAGE)
    proxy = Proxy(LocalBackend(reference), reference)
    state = proxy.average_init(PARAMS)
    for params in GRADS:
        _, state = proxy.average_update(state, params)
    told = stories([tuple(proxy.journal)])
    by_position = AVERAGE.replace(
        "{key: 0.5 * state[key] + 0.5 * params[key] for key in params}",
        "dict(zip(params, (0.5 * a + 0.5 * w for a, w in zip(state.values(), params.values()))))",
    )
    assert not side_effects(LocalBackend(space(AVERAGE)), told)
    found = side_effects(LocalBackend(space(by_position)), told)
    assert {kind for kind, _ in found} == {probe.ORDER}


def test_a_state_of_any_kind_is_no_side_effect() -> None:
    """A closure, an object and a list instead of a dict leave no trace."""
    for swaps in (
        [("return {key: 0.0 * value for key, value in params.items()}", "return [0.0, 0.0]"),
         (STEP, "v = dict(zip(params, (0.5 * old + grads[k] for old, k in zip(state, params))))"),
         (RETURN, RETURN.replace(", v", ", [*v.values()]"))],
        [("return {key: 0.0 * value for key, value in params.items()}", "return lambda key: 0.0"),
         (STEP, STEP.replace("state[key]", "state(key)")),
         (RETURN, RETURN.replace(", v", ", v.get"))],
    ):  # fmt: skip  # swaps, one variant a block
        assert shown(walk(*swaps)) == set()


PAIR = "import numpy as np\ndef f(x, y):\n    return 2 * x + y\n"


@pytest.mark.parametrize(
    ("source", "kinds"),
    [
        (PAIR, set()),
        ("def f(x, y):\n    x *= 2\n    x += y\n    return x.copy()", {probe.CHANGED, probe.AGAIN}),
        ("def f(x, y):\n    y[0] *= 1 + 1e-15\n    return 2 * x + y", {probe.CHANGED}),
        ("def f(x, y, seen=[]):\n    seen.append(1)\n    return 2 * x + y + len(seen)", {probe.AGAIN}),
        (
            "import numpy as np\nB = np.zeros(2)\ndef f(x, y):\n    B[:] = 2 * x + y\n    return B",
            {probe.BUFFER},
        ),
        (
            "import numpy as np\nSEEN = {}\ndef f(x, y):\n    key = x.tobytes() + y.tobytes()\n"
            "    if key not in SEEN: SEEN[key] = 2 * x + y\n    return SEEN[key]",
            {probe.ANSWERS},
        ),
        (
            "SEEN = {}\ndef f(x, y):\n    if id(x) not in SEEN: SEEN[id(x)] = x, 2 * x + y\n"
            "    return SEEN[id(x)][1].copy()",
            {probe.STALE},
        ),
    ],
)
def test_functions_without_a_state_are_looked_at_too(source: str, kinds: set[str]) -> None:
    """Arguments, buffers, counters, a cache that hands out its own arrays, one by objects."""
    calls = tuple(Call("f", (np.arange(2.0) + i, np.ones(2)), {}, 1.0) for i in (1, 2))
    found = {kind for kind, _ in side_effects(LocalBackend(space(source)), stories([calls]))}
    assert kinds <= found and (kinds or not found)
    if probe.CHANGED in kinds:
        assert (probe.CHANGED, "f: 1" if "y[0]" in source else "f: 0") in side_effects(
            LocalBackend(space(source)), stories([calls])
        )


@pytest.mark.parametrize(
    ("body", "kinds"),
    [
        ("out = np.empty_like(x); out.reshape(-1)[:] = 2 * x.reshape(-1); return out", {probe.LAYOUT}),
        ("return np.lib.stride_tricks.as_strided(x, x.shape[::-1], (8, 8 * x.shape[1]))", {probe.LAYOUT}),
        ("out = np.empty(x.shape); out.reshape(-1)[:] = 2 * x.reshape(-1); return out", set()),
    ],
)
def test_an_answer_must_not_hang_on_the_layout_of_an_array(body: str, kinds: set[str]) -> None:
    """A caller may hand over a transposed array."""
    calls = (Call("f", (np.arange(6.0).reshape(2, 3),), {}, 1.0),)
    found = side_effects(LocalBackend(space(f"import numpy as np\ndef f(x):\n    {body}")), stories([calls]))
    assert {kind for kind, _ in found} & {probe.LAYOUT} == kinds


def test_a_remembered_dict_must_not_be_handed_out() -> None:
    """The caller may change the dicts in an answer: the next answer must not follow."""
    calls = (Call("f", ({"a": [1, 2]},), {}, 1.0),)
    for answer, kinds in (("SEEN[key]", {probe.ANSWERS}), ("[dict(one) for one in SEEN[key]]", set())):
        source = f"""
SEEN = {{}}
def f(x):
    key = repr(x)
    if key not in SEEN: SEEN[key] = [{{"a": one}} for one in x["a"]]
    return {answer}"""
        found = side_effects(LocalBackend(space(source)), stories([calls]))
        assert {kind for kind, _ in found} == kinds


def test_a_second_training_leaves_the_answer_of_the_first() -> None:
    """A training function is called once with each of two arguments, then the first answer is read again."""
    calls = tuple(Call("train_f", (np.ones(n),), {}, 1.0) for n in (2, 3))
    for answer, kinds in (("H", {probe.BUFFER}), ("dict(H)", set())):
        source = f"H = {{}}\ndef train_f(x):\n    H['best'] = float(x.sum())\n    return {answer}"
        found = side_effects(LocalBackend(space(source)), stories([calls]))
        assert {kind for kind, _ in found} == kinds


def test_a_list_of_numbers_is_an_argument_that_may_be_changed() -> None:
    """An item taken off the caller's list is told, as a changed array is; reading the list is not."""
    usual = tuple(Call("f", (2.0,), {"rates": 1.0}, 1.0) for _ in range(2))
    several = Call("f", (2.0,), {"rates": [0.5, 0.25]}, 1.0)
    (story,) = stories([(*usual, several)])
    told = [(*story, *special(story, [(*usual, several)]))]
    for take, kinds in (("rates.pop(0)", {probe.CHANGED, probe.AGAIN}), ("rates[0]", set())):
        source = f"def f(x, *, rates):\n    return x * ({take} if isinstance(rates, list) else rates)"
        assert {kind for kind, _ in side_effects(LocalBackend(space(source)), told)} == kinds


def test_a_dict_of_lists_is_an_argument_that_may_be_changed() -> None:
    """A name taken out of the caller's dict is told, and so is a list turned round in it; a copy is not."""
    calls = (Call("f", ({"a": [1, 2], "b": [3]},), {}, 1.0),)
    for body, changes in (
        ("x.pop('a')[0]", True),
        ("x['a'].reverse() or 1", True),
        ("dict(x).pop('a')[0]", False),
    ):
        found = side_effects(LocalBackend(space(f"def f(x):\n    return {body}")), stories([calls]))
        assert ((probe.CHANGED, "f: 0") in found) == changes == bool(found)


def test_a_view_of_an_argument_shares_memory_with_it() -> None:
    """The caller's array is overwritten after the call: the answer must not follow."""
    calls = (Call("f", (np.arange(4.0),), {}, 1.0),)
    for body, kinds in (
        ("x[::2]", {probe.SHARED}),
        ("x[::2].copy()", set()),
        ("(x[0], x)", {probe.SHARED}),
    ):
        found = side_effects(LocalBackend(space(f"def f(x):\n    return {body}")), stories([calls]))
        assert {kind for kind, _ in found} >= kinds and bool(found) == bool(kinds)


def test_a_story_that_fails_undisturbed_is_left_to_the_checks() -> None:
    """What is wrong anyway is no side effect; the other stories are told."""
    calls = tuple(Call(name, (np.ones(2),), {}, 1.0) for name in ("f", "g"))
    source = "def f(x):\n    raise ValueError\ndef g(x):\n    return x"
    assert {where for _, where in side_effects(LocalBackend(space(source)), stories([calls]))} == {"g"}


def test_a_fault_in_company_only_is_a_side_effect() -> None:
    """A second init before the first step is an error: runs that take turns disturb each other."""
    source = walk(
        ("return {key: 0.0", "MEMORY[len(MEMORY)] = 1 / (1 - len(MEMORY))\n    return {key: 0.0"),
        (STEP, f"MEMORY.clear()\n    {STEP}"),
    )
    assert probe.TURNS in shown(source)


def test_generators_and_functions_belong_to_a_story() -> None:
    """Each call gets its own copy of the generator; a callback is called on this side."""
    calls = tuple(
        Call("f", (np.ones(2),), {"rng": np.random.default_rng(i), "g": Recorder(lambda x: x + 1)}, 1.0)
        for i in range(2)
    )
    source = "def f(x, *, rng, g):\n    return g(x) * rng.normal()"
    assert side_effects(LocalBackend(space(source)), stories([calls])) == frozenset()
    remembers = "R = []\ndef f(x, *, rng, g):\n    R.append(rng)\n    return g(x) * R[0].normal()"
    assert side_effects(LocalBackend(space(remembers)), stories([calls]))


class Lost:
    """A backend whose worker is gone."""

    def __init__(self, fault: Exception) -> None:
        self.fault = fault

    def run(self, programs: list[Program]) -> list[Reading]:
        raise self.fault


@pytest.mark.parametrize("end", [Late("late"), Ended("gone")])
def test_a_worker_that_is_gone_is_said(end: Exception) -> None:
    """Whoever asked must take a new worker."""
    with pytest.raises(type(end)):
        side_effects(Lost(end), walked())


@pytest.mark.parametrize("make", [walked, lambda: stories([(Call("f", (np.ones(2), PARAMS), {}, 1.0),) * 2])])
def test_programs_are_few_and_short(make: Callable[[], list[Story]]) -> None:
    """A story is told in at most eight programs of at most a dozen calls, each read as it says it is."""
    for story in make():
        told = [undisturbed(story), *(one.program for one in probes(story))]
        assert len(told) <= 8
        for program in told:
            assert sum(step[0] == "call" for step in program) <= 12
        for one in probes(story):
            assert len(one.reads) == sum(step[0] in ("read", "split") for step in one.program)
