"""Contract breaks are found by the engine itself and named before everything else."""

from __future__ import annotations

import json

import numpy as np
import pytest

from autograder import gates
from autograder.backends import LocalBackend
from autograder.grading import grade, load_exam
from autograder.sandbox import Limits, Sandbox
from autograder.student import PerStep, Player
from autograder.submission import filled, read_submission
from autograder.turns import MAX_CALLS, chain
from autograder.verdict import Verdict

STEP = """
{before}
def heavy_init(params):
    {init}


def heavy_step(params, grads, state, *, lr, momentum=0.9{default}):
    {step}
    return {{key: params[key] - lr * {velocity}[key] for key in params}}, {state}
"""
RIGHT = {
    "before": "",
    "init": "return {key: 0.0 * value for key, value in params.items()}",
    "default": "",
    "step": "v = {key: momentum * state[key] + grads[key] for key in grads}",
    "velocity": "v",
    "state": "v",
}
GLOBAL = {
    "before": "MEMORY = {}",
    "init": "MEMORY.update({key: 0.0 * value for key, value in params.items()}); return None",
    "step": "MEMORY.update({key: momentum * MEMORY[key] + grads[key] for key in grads})",
    "velocity": "MEMORY",
    "state": "None",
}
ONE_ARRAY = {  # the same arrays for every call: by value they look right
    "before": "ARRAYS = {}",
    "init": "ARRAYS.update({key: 0.0 * value for key, value in params.items()}); return ARRAYS",
    "step": "for key in grads: ARRAYS[key] = momentum * state[key] + grads[key]",
    "velocity": "ARRAYS",
    "state": "ARRAYS",
}
DEFAULT = {
    "init": "heavy_step.__kwdefaults__['memory'].clear(); return None",
    "default": ", memory={}",
    "step": "for key in grads: memory[key] = momentum * memory.get(key, 0.0) + grads[key]",
    "velocity": "memory",
    "state": "None",
}
COUNTER = {  # a second init before the first step is an error
    "before": "OPEN = []",
    "init": "OPEN.append(1); 1 / (len(OPEN) < 2); return {key: 0.0 * value for key, value in params.items()}",
    "step": "OPEN.clear(); v = {key: momentum * state[key] + grads[key] for key in grads}",
}


@pytest.fixture(scope="module")
def exam(released_toy):
    return load_exam(released_toy, "toy", "a seed")


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox(Limits(call_wall_seconds=0.5)) as sandbox:
        yield sandbox


@pytest.fixture
def judge(exam, sandbox, tmp_path):
    """The result of heavy_step for the right answer with some of its pieces changed."""

    def result(pieces):
        path = tmp_path / "toy.ipynb"
        answers = {"heavy_step": STEP.format(**{**RIGHT, **pieces})}
        path.write_text(json.dumps(filled(exam.release, answers)), encoding="utf-8")
        return grade(exam, read_submission(path, exam.release), sandbox, student="ada").exercises[0]

    return result


def test_a_right_answer_passes_all_gates(judge):
    """The gate of untouched arguments comes first; the two others are not listed."""
    result = judge({})
    assert result.verdict is Verdict.CORRECT
    assert [check.name for check in result.checks if check.weight == 0] == ["untouched"]
    assert result.checks[0].name == "untouched"


@pytest.mark.parametrize("pieces", [GLOBAL, ONE_ARRAY, DEFAULT, COUNTER])
def test_state_outside_of_the_state_forfeits_the_exercise(judge, pieces):
    """Every check passes, for each run alone is right; two runs in turns disturb each other."""
    result = judge(pieces)
    assert [check.name for check in result.checks if not check.passed] == ["apart"]
    assert "outside of the state" in result.checks[1].message
    assert result.checks[1].weight == 0
    assert result.score == 0 and result.verdict is Verdict.WRONG


def test_an_answer_that_fails_its_checks_is_not_blamed_for_more(judge):
    """A wrong answer with a clean state passes the gate."""
    result = judge({"velocity": "grads"})
    assert "apart" not in [check.name for check in result.checks]
    assert result.verdict is not Verdict.CORRECT


@pytest.mark.parametrize("end", ["while True: pass", "import os; os._exit(1)"])
def test_what_cannot_run_twice_at_once_is_left_to_the_checks(judge, end):
    """If the two runs together are too much, the gate says nothing and the checks decide."""
    init = f"OPEN.append(1)\n    if len(OPEN) > 1:\n        {end}\n    return " + RIGHT["init"][7:]
    result = judge({**COUNTER, "init": init})
    assert result.verdict is Verdict.CORRECT
    assert "apart" not in [check.name for check in result.checks]


def test_a_wrong_shape_is_named_before_the_checks(judge):
    """An answer of another shape fails the gate `built` with the sentence that says how."""
    result = judge({"velocity": "{key: value[None] for key, value in v.items()}"})
    assert next(check.name for check in result.checks if not check.passed) == "built"
    assert "shape" in result.checks[1].message
    assert result.score == 0


def test_a_changed_argument_is_named_first(judge):
    """A state changed in place fails the first gate, which names function and argument."""
    result = judge(
        {"step": "state.update({key: momentum * state[key] + grads[key] for key in grads}); v = state"}
    )
    assert next(check.name for check in result.checks if not check.passed) == "untouched"
    assert "heavy_step: state" in result.checks[0].message
    assert result.score == 0


def test_the_sentences_of_gates():
    """A gate has weight 0; `untouched` without a name passes and says nothing, the others have failed."""
    passed, touched = gates.untouched([]), gates.untouched(["f: x", "g: y"])
    assert passed.passed and passed.message == ""
    assert "f: x, g: y" in touched.message
    for gate in (touched, gates.built("so"), gates.apart()):
        assert gate.weight == 0 and not gate.passed and gate.verdict is Verdict.WRONG and gate.title
    assert gates.built("so").message == "so"


# --- Which calls are made again ---------------------------------------------------------------------------


def watch_init(window):
    return []


def watch_update(state, loss, n=1, *, scale=1.0, rng=None, f=None):
    state = [*state, loss]
    return scale * sum(state) / len(state), state


@pytest.fixture
def player():
    space = {"watch_init": watch_init, "watch_update": watch_update}
    return Player(LocalBackend(space), space)


def test_a_chain_follows_its_own_state(player):
    """Of two runs in one journal the first is taken; states are given by place or by keyword."""
    one, other = player.watch_init(3), player.watch_init(4)
    _, one = player.watch_update(one, 1.0, 2)
    _, other = player.watch_update(other, 5.0)
    player.watch_update(loss=2.0, state=one)
    assert chain([(), tuple(player.journal)]) == [
        ("watch_init", (3,), {}, None, 0),
        ("watch_update", (None, 1.0, 2), {}, 0, 0),
        ("watch_update", (), {"loss": 2.0, "state": None}, "state", 1),
    ]


@pytest.mark.parametrize(
    "kwargs", [{"rng": np.random.default_rng(0)}, {"f": abs}, {"rng": [np.random.default_rng(0)]}]
)
def test_calls_that_remember_are_not_made_again(player, kwargs):
    """A generator or a function among the arguments breaks the chain off."""
    state = player.watch_init(3)
    for _ in range(3):
        _, state = player.watch_update(state, 1.0, **kwargs)
    assert chain([tuple(player.journal)]) == []


def test_a_chain_needs_two_steps_and_stays_short(player):
    """One step shows nothing; of a long run the first dozen calls are enough."""
    state = player.watch_init(3)
    _, state = player.watch_update(state, 1.0)
    assert chain([tuple(player.journal)]) == []
    for _ in range(MAX_CALLS):
        _, state = player.watch_update(state, 1.0)
    assert len(chain([tuple(player.journal)])) == MAX_CALLS


@pytest.mark.parametrize("steps", [1, 2, 4])
def test_a_trajectorys_later_steps_are_taken_apart(exam, steps):
    """Each step has its own parameters, gradient and keywords, and the state of the step before."""
    player = Player(LocalBackend(exam.reference), exam.reference)
    params, grads = {"w": np.ones(2)}, [{"w": np.full(2, 1.0 + i)} for i in range(steps)]
    rates = [0.1 * (i + 1) for i in range(steps)]
    path = player.trajectory("heavy", params, grads, lr=PerStep(rates))
    lines = chain([tuple(player.journal)])
    if steps == 1:
        assert lines == []
        return
    assert [line[0] for line in lines] == ["heavy_init"] + ["heavy_step"] * steps
    assert [line[3:] for line in lines] == [(None, 0), *((2, i) for i in range(steps))]
    for i, (_, args, kwargs, _, _) in enumerate(lines[1:]):
        assert args[0]["w"].tolist() == [params, *path][i]["w"].tolist()
        assert args[1]["w"].tolist() == grads[i]["w"].tolist()
        assert args[2] is None and kwargs == {"lr": rates[i]}
