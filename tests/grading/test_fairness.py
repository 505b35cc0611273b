"""Right work in unusual forms, and wrong work that looks right, in this course's own exercises.

Every answer is graded as a student's notebook would be, in the sandbox. The kinds are those that were once
misjudged: changes in place after the first step, shared memory, memories kept by shape, dicts paired by
position, states of unusual types, right numbers in other containers, members that changed places, and odd
values that break a check.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from autograder.course.cells import filled, written
from autograder.course.course import Course
from autograder.grading.exam import Exam, load_exam
from autograder.grading.form import NAME, SHARE
from autograder.grading.grading import grade
from autograder.grading.judging import BROKEN
from autograder.grading.verdict import ExerciseResult, Verdict
from autograder.sandbox.sandbox import Sandbox, sandbox_for
from autograder.submissions.submission import read_submission

COURSE = Course(Path(__file__).parents[2])
Judge = Callable[..., ExerciseResult]


@functools.cache
def exam(slug: str) -> Exam:
    return load_exam(COURSE, slug, "fairness")


@pytest.fixture(scope="module")
def boxes() -> Iterator[Callable[[str], Sandbox]]:
    """A sandbox for each assignment."""
    with ExitStack() as stack:
        yield functools.cache(lambda slug: stack.enter_context(sandbox_for(exam(slug).release)))


@pytest.fixture
def judge(boxes: Callable[[str], Sandbox], tmp_path: Path) -> Judge:
    """The result of one exercise whose cell holds ``source``; tracebacks go to ``told``."""

    def run(place: str, source: str, told: list[str] | None = None) -> ExerciseResult:
        slug, name = place.split("/")
        whole = exam(slug)
        (exercise,) = (one for one in whole.release.exercises if one.name == name)
        answers = written(whole.release.coded, whole.source, {}) | {name: source}
        path = tmp_path / f"{slug}.ipynb"
        path.write_text(json.dumps(filled(whole.release, answers)), encoding="utf-8")
        alone = replace(whole, release=replace(whole.release, exercises=(exercise,), manual=()))
        submission = read_submission(path, whole.release)
        on_fault = told.append if told is not None else None
        report = grade(alone, submission, boxes(slug), student="ada", on_fault=on_fault)
        return report.exercises[0]

    return run


def only_form(result: ExerciseResult) -> str:
    """The sentence on form of an answer that is right otherwise: told once, for a quarter of the points."""
    assert result.score == result.points * (1 - SHARE), result
    assert [check.name for check in result.checks if not check.passed] == [NAME]
    assert result.checks[0].message.count("this costs 25% of the exercise, once") == 1
    return result.checks[0].message


# --- What a function does besides answering -----------------------------------------------------------------

MOMENTUM_INIT = """
def momentum_init(params):
    return {key: np.zeros_like(value) for key, value in params.items()}
"""
IN_PLACE = {
    "gradients from the second step on": """
def momentum_step(params, grads, state, *, lr, momentum=0.9):
    check_step(params, grads, lr=lr, momentum=momentum)
    v, new = ({}, {})
    for k in params:
        g = grads[k]
        g += momentum * state[k]
        v[k] = g
        new[k] = params[k] - lr * g
    return (new, v)
""",
    "the state": """
def momentum_step(params, grads, state, *, lr, momentum=0.9):
    check_step(params, grads, lr=lr, momentum=momentum)
    for k in params:
        state[k] *= momentum
        state[k] += grads[k]
    return ({k: params[k] - lr * state[k] for k in params}, state)
""",
    "the parameters": """
def momentum_step(params, grads, state, *, lr, momentum=0.9):
    check_step(params, grads, lr=lr, momentum=momentum)
    v = {k: momentum * state[k] + grads[k] for k in params}
    for k in params:
        params[k] -= lr * v[k]
    return (params, v)
""",
    "a memory of the caller's gradient": """
def momentum_step(params, grads, state, *, lr, momentum=0.9):
    check_step(params, grads, lr=lr, momentum=momentum)
    v = {k: g if not np.any(state[k]) else momentum * state[k] + g for k, g in grads.items()}
    return ({k: params[k] - lr * v[k] for k in params}, v)
""",
    "one array for all answers": """
KEPT = {}
def momentum_step(params, grads, state, *, lr, momentum=0.9):
    check_step(params, grads, lr=lr, momentum=momentum)
    v = {k: momentum * state[k] + grads[k] for k in params}
    for k in params:
        KEPT.setdefault(params[k].shape + (k,), np.zeros_like(params[k]))[...] = params[k] - lr * v[k]
    return ({k: KEPT[params[k].shape + (k,)] for k in params}, v)
""",
    "a state in a global": """
MEMORY = {}
def momentum_init(params):
    MEMORY.clear()
    return None
def momentum_step(params, grads, state, *, lr, momentum=0.9):
    check_step(params, grads, lr=lr, momentum=momentum)
    MEMORY.update({k: momentum * MEMORY.get(k, 0.0) + grads[k] for k in params})
    return ({k: params[k] - lr * MEMORY[k] for k in params}, None)
""",
}


SAID = {
    "gradients from the second step on": "An argument is changed in place (grads of momentum_step)",
    "the state": "The same call of momentum_step on the same arguments gives another answer",
    "the parameters": "An argument is changed in place (params of momentum_step)",
    "a memory of the caller's gradient": "What momentum_step returned or remembers shares memory with the",
    "one array for all answers": "An earlier answer of momentum_step changes when it is called again",
    "a state in a global": "Two runs of momentum_step that take turns have other answers",
}


@pytest.mark.parametrize("what", IN_PLACE)
def test_traces_in_an_optimisers_step_cost_the_share_for_form(judge: Judge, what: str) -> None:
    """The numbers of a run alone are right; of what somebody else would notice the cause is named, alone."""
    message = only_form(judge("momentum/momentum_step", MOMENTUM_INIT + IN_PLACE[what]))
    assert message.startswith(SAID[what])
    assert not [said for other, said in SAID.items() if other != what and said in message]


def test_an_average_that_is_its_first_iterate_is_named(judge: Judge) -> None:
    """It is the caller's array until the next update; that answer and state are one object is right."""
    source = """
def average_init(params):
    return {"t": 0, "average": params}
def average_update(state, params, *, eta=3.0):
    if not 0 <= eta < np.inf:
        raise ValueError("eta must be at least 0 and finite")
    t = state["t"] + 1
    a = (eta + 1) / (t + eta)
    if t == 1:
        return params, {"t": 1, "average": params}
    average = {key: (1 - a) * state["average"][key] + a * w for key, w in params.items()}
    return average, {"t": t, "average": average}
"""
    message = only_form(judge("minibatch_sgd/average_update", source))
    assert "shares memory with" in message and "average_update" in message
    mended = source.replace(
        "return params, {", "params = {k: 1.0 * w for k, w in params.items()}\n        return params, {"
    )
    assert judge("minibatch_sgd/average_update", mended).verdict is Verdict.CORRECT


def test_batches_in_one_buffer_are_wrong(judge: Judge) -> None:
    """The docstring's own example lists them: views into one array are all the last batch."""
    source = """
def minibatches(n, batch_size, *, rng, drop_last=False):
    check_sizes(n=n, batch_size=batch_size)
    order = rng.permutation(n)
    buffer = np.empty(batch_size, dtype=int)
    for start in range(0, n, batch_size):
        part = order[start:start + batch_size]
        buffer[:len(part)] = part
        if len(part) == batch_size or not drop_last:
            yield buffer[:len(part)]
"""
    result = judge("minibatch_sgd/minibatches", source)
    assert result.score <= result.points / 2


# --- Equal shapes, and the order of keys --------------------------------------------------------------------


def test_a_memory_kept_by_shape_is_wrong(judge: Judge) -> None:
    """Two parameters of one shape share one velocity: other numbers than with two of different shapes."""
    source = """
def momentum_init(params):
    return {}
def momentum_step(params, grads, state, *, lr, momentum=0.9):
    check_step(params, grads, lr=lr, momentum=momentum)
    vs, new = (dict(state), {})
    for k, g in grads.items():
        name = str(g.shape)
        vs[name] = momentum * vs.get(name, 0.0) + g
        new[k] = params[k] - lr * vs[name]
    return (new, vs)
"""
    assert judge("momentum/momentum_step", source).score <= 0.8 * 3


def test_dicts_paired_by_position_are_named(judge: Judge) -> None:
    """The gradients may come in another order than the parameters."""
    source = """
def adagrad_init(params):
    return {key: np.zeros_like(value) for key, value in params.items()}
def adagrad_step(params, grads, state, *, lr=0.01, eps=1e-10):
    check_step(params, grads, lr=lr, eps=eps)
    new, total = ({}, {})
    for (k, w), g in zip(params.items(), grads.values()):
        total[k] = state[k] + g ** 2
        new[k] = w - lr * g / (np.sqrt(total[k]) + eps)
    return (new, total)
"""
    result = judge("adaptive/adagrad_step", source)
    assert result.score < result.points and result.score >= result.points / 2
    assert any("by their names" in check.message or "name" in check.message for check in result.checks)


# --- States -------------------------------------------------------------------------------------------------

ADAM = """
    beta1, beta2 = betas
    t = {t} + 1
    m = {{k: beta1 * {m}[k] + (1 - beta1) * g for k, g in grads.items()}}
    v = {{k: beta2 * {v}[k] + (1 - beta2) * g * g for k, g in grads.items()}}
    new = {{k: params[k] - lr * (m[k] / (1 - beta1 ** t)) / (np.sqrt(v[k] / (1 - beta2 ** t)) + eps)
           for k in params}}
    return new, {new}
"""
ZEROS = "{k: np.zeros_like(x) for k, x in params.items()}"
STEP = """
def adam_step(params, grads, state, *, lr=0.001, betas=(0.9, 0.999), eps=1e-08):
    check_step(params, grads, lr=lr, betas=betas, eps=eps)"""


def adam(above: str, start: str, **parts: str) -> str:
    return f"{above}\ndef adam_init(params):\n    return {start}\n{STEP}{ADAM.format(**parts)}"


BY_NAME = {"t": "state.t", "m": "state.m", "v": "state.v", "new": "AdamState(t, m, v)"}
STATES = {
    "a NamedTuple": adam(
        "from typing import NamedTuple\nclass AdamState(NamedTuple):\n    t: int\n    m: dict\n    v: dict",
        f"AdamState(0, {ZEROS}, {ZEROS})",
        **BY_NAME,
    ),
    "a dataclass": adam(
        "import dataclasses\n@dataclasses.dataclass\nclass AdamState:\n    t: int\n    m: dict\n    v: dict",
        f"AdamState(0, {ZEROS}, {ZEROS})",
        **BY_NAME,
    ),
    "an object of a class": adam(
        "class AdamState:\n    def __init__(self, t, m, v):\n        self.t, self.m, self.v = t, m, v",
        f"AdamState(0, {ZEROS}, {ZEROS})",
        **BY_NAME,
    ),
    "a closure": adam(
        "",
        f"(lambda t, m, v: lambda: (t, m, v))(0, {ZEROS}, {ZEROS})",
        t="state()[0]",
        m="state()[1]",
        v="state()[2]",
        new="lambda: (t, m, v)",
    ),
    "a deque": adam(
        "from collections import deque",
        f"deque([0, {ZEROS}, {ZEROS}])",
        t="state[0]",
        m="state[1]",
        v="state[2]",
        new="deque([t, m, v])",
    ),
    "tuples as keys": adam(
        "",
        f"{{(0,): 0, (1,): {ZEROS}, (2,): {ZEROS}}}",
        t="state[(0,)]",
        m="state[(1,)]",
        v="state[(2,)]",
        new="{(0,): t, (1,): m, (2,): v}",
    ),
    "a defaultdict": f"""
def adam_init(params):
    from collections import defaultdict
    return defaultdict(float)
{STEP}
    beta1, beta2 = betas
    st, new = (state.copy(), {{}})
    st['t'] = t = state['t'] + 1
    for k, g in grads.items():
        st['m' + k] = beta1 * state['m' + k] + (1 - beta1) * g
        st['v' + k] = beta2 * state['v' + k] + (1 - beta2) * g ** 2
        root = np.sqrt(st['v' + k] / (1 - beta2 ** t))
        new[k] = params[k] - lr * st['m' + k] / (1 - beta1 ** t) / (root + eps)
    return (new, st)
""",
}


@pytest.mark.parametrize("kind", STATES)
def test_a_state_of_any_kind_gets_all_points(judge: Judge, kind: str) -> None:
    """What the student likes to remember in is their choice."""
    result = judge("adaptive/adam_step", STATES[kind])
    assert (result.verdict, result.score) == (Verdict.CORRECT, result.points), result


def test_a_deque_that_forgets_by_itself_gets_all_points(judge: Judge) -> None:
    """A running loss over a window is what it is made for."""
    source = """
from collections import deque
def running_loss_init(window):
    check_sizes(window=window)
    return deque(maxlen=window)
def running_loss_update(state, loss, n):
    check_sizes(n=n)
    new = state.copy()
    new.append((loss * n, n))
    return sum(a for a, _ in new) / sum(b for _, b in new), new
"""
    assert judge("minibatch_sgd/running_loss_update", source).verdict is Verdict.CORRECT


def test_a_generators_child_gets_all_points(judge: Judge) -> None:
    """The text leaves the way to draw to the student; two calls have different children."""
    source = """
def he_normal(fan_in, fan_out, *, rng):
    check_fans(fan_in, fan_out)
    child, = rng.spawn(1)
    return np.stack([child.standard_normal(fan_out) for _ in range(fan_in)]) * (2 / fan_in) ** 0.5
"""
    result = judge("initialization/he_normal", source)
    assert (result.verdict, result.score) == (Verdict.CORRECT, result.points), result


# --- Right numbers in another form --------------------------------------------------------------------------

AFFINE = """
def affine_forward(X, W, b):
    check_affine(X, W, b)
    return X @ W + b
def affine_backward(grad_out, X, W, b):
    check_affine(X, W, b)
    check_shape('grad_out', grad_out, (len(X), len(b)))
    return {}
"""
SOFTMAX = """
def softmax(z):
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return (e / e.sum(axis=-1, keepdims=True)){}
def softmax_jacobian(z):
    e = np.exp(z - z.max())
    s = e / e.sum()
    return np.diag(s) - np.outer(s, s)
"""
FORMS = {
    "a matrix as a list": (
        "initialization/he_normal",
        "def he_normal(fan_in, fan_out, *, rng):\n    check_fans(fan_in, fan_out)\n"
        "    return rng.normal(0.0, np.sqrt(2 / fan_in), size=(fan_in, fan_out)).tolist()",
        "must be an array of shape",
    ),
    "a series as a list": (
        "momentum/ewma",
        "def ewma(xs, *, beta, corrected=False):\n"
        "    if not 0 <= beta < 1:\n        raise ValueError('beta must lie in [0, 1)')\n"
        "    s, out = 0.0 * xs[0], []\n"
        "    for t, x in enumerate(xs, 1):\n        s = beta * s + (1 - beta) * x\n"
        "        out.append(s / (1 - beta**t) if corrected else s)\n    return out",
        "got a list",
    ),
    "probabilities as a list": (
        "backprop/softmax",
        SOFTMAX.format(".tolist()"),
        "must be an array of shape",
    ),
    "in single precision": (
        "backprop/softmax",
        SOFTMAX.format(".astype(np.float32)"),
        "numbers of type float32, expected float64",
    ),
    "an axis more": (
        "backprop/affine_backward",
        AFFINE.format("grad_out @ W.T, X.T @ grad_out, grad_out.sum(axis=0, keepdims=True)"),
        "answer[2] must be an array of shape",
    ),
}


@pytest.mark.parametrize("form", FORMS)
def test_right_numbers_in_another_form_cost_the_share_and_get_no_hint(judge: Judge, form: str) -> None:
    """The difference is named once; no mistake's hint is given for it."""
    place, source, says = FORMS[form]
    result = judge(place, source)
    assert says in only_form(result)
    assert (result.hints, result.convention) == ((), "")


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (
            "X.T @ grad_out, grad_out @ W.T, np.sum(grad_out, axis=0)",
            "the right members in another order: they belong at 2, 1, 3",
        ),
        ("grad_out @ W.T, X.T @ grad_out", "the answer has 2 members, expected 3"),
        ("grad_out @ W.T, X.T @ grad_out, np.sum(grad_out, axis=1)", "answer[2] has shape"),
    ],
)
def test_members_out_of_place_are_wrong_and_told_as_that(judge: Judge, answer: str, says: str) -> None:
    """Wrong numbers, with their own sentence and without the hint of a mistake of another shape."""
    result = judge("backprop/affine_backward", AFFINE.format(answer))
    assert result.score <= result.points / 2
    assert says in next(check.message for check in result.checks if not check.passed)
    assert result.hints == () and NAME not in {check.name for check in result.checks}


# --- Odd values ---------------------------------------------------------------------------------------------


def test_a_best_epoch_counted_from_one_is_wrong_and_no_fault_of_ours(judge: Judge) -> None:
    """The check that looks the epoch up finds none, or another one: the answer is wrong."""
    right = written(exam("capstone").release.coded, exam("capstone").source, {})["train"]
    assert right.count('"best_epoch": best}') == 1
    told: list[str] = []
    result = judge("capstone/train", right.replace('"best_epoch": best}', '"best_epoch": best + 1}'), told)
    assert result.verdict is Verdict.PARTLY_CORRECT and result.score < result.points
    assert Verdict.GRADER_FAULT not in {check.verdict for check in result.checks}


@pytest.mark.parametrize("odd", ["2**64", "float('nan')", "-1", "2**2000"])
def test_a_number_out_of_range_is_wrong_and_no_fault_of_ours(judge: Judge, odd: str) -> None:
    """Whatever a check does with it; where it breaks the check, the instructor reads where."""
    told: list[str] = []
    source = (
        "def best_rates(lam_min, lam_max):\n    if not 0 < lam_min <= lam_max < np.inf:\n"
        f"        raise ValueError('no')\n    return {odd}, {odd}, {odd}"
    )
    result = judge("momentum/best_rates", source, told)
    assert result.score <= 0.5 * result.points and result.verdict is not Verdict.GRADER_FAULT
    assert {check.verdict for check in result.checks if not check.passed} <= {Verdict.WRONG, Verdict.ERROR}
    broken = [check for check in result.checks if check.message == BROKEN]
    assert len(told) == len(broken) and all("could not work with an answer" in text for text in told)


def test_names_that_are_none_are_no_fault_of_ours(judge: Judge) -> None:
    """A notebook that answers the question for its names with rubbish has no function of a similar name."""
    source = """
import gc
for found in gc.get_objects():
    if type(found).__name__ == "Session":
        found.verbs["names"] = lambda: {"value": [None, 3, "x" * 10**5, "best_rate"]}
"""
    result = judge("momentum/best_rates", source)
    assert (result.verdict, result.score) == (Verdict.ERROR, 0.0)
    assert "found best_rate, which looks like it" in result.checks[0].message
