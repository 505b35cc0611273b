"""Contract breaks are found by the engine itself and named before everything else."""

from __future__ import annotations

import json

import pytest

from autograder.course.cells import filled
from autograder.grading import contract as gates
from autograder.grading.exam import load_exam
from autograder.grading.grading import grade
from autograder.grading.verdict import Verdict
from autograder.sandbox.handle import Limits
from autograder.sandbox.sandbox import Sandbox
from autograder.submissions.submission import read_submission

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
    passed, touched = gates.arguments_untouched([]), gates.arguments_untouched(["f: x", "g: y"])
    assert passed.passed and passed.message == ""
    assert "f: x, g: y" in touched.message
    for gate in (touched, gates.built("so"), gates.apart()):
        assert gate.weight == 0 and not gate.passed and gate.verdict is Verdict.WRONG and gate.title
    assert gates.built("so").message == "so"
