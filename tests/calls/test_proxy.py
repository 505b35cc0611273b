"""The proxy that checks talk to: structure, states, callbacks, generators, trajectories.

What is true of a worker must be true of trusted code in this process too, so most facts are tested on both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from autograder.calls.backends import (
    Absent,
    Breach,
    Ended,
    Late,
    LocalBackend,
    Raised,
    UnservedError,
    WorkerBackend,
)
from autograder.calls.compare import close
from autograder.calls.journal import PerStep, Recorder, State
from autograder.calls.proxy import Proxy, ReferenceRefused
from autograder.sandbox.handle import Limits
from autograder.sandbox.sandbox import Sandbox, forked
from autograder.worker.channel import Frame
from autograder.worker.wire import Handle, Pieces, WireError

REFERENCE = """
import numpy as np

def scale(x, by=2.0):
    if by <= 0:
        raise ValueError(f"by must be above 0, got {by}; 2 is usual")
    return x * by

def heavy_init(params, *, start=0.0):
    return {"v": {key: np.full_like(value, start) for key, value in params.items()}}

def heavy_step(params, grads, state, *, lr, momentum=0.9):
    v = {key: momentum * state["v"][key] + grads[key] for key in params}
    return {key: params[key] - lr * v[key] for key in params}, {"v": v}

def count_init(window):
    return []

def count_update(state, loss, n):
    seen = [*state, (loss, n)]
    return len(seen), sum(n for _, n in seen), seen

def slope(f, x, h=0.5):
    return (f(x + h) - f(x - h)) / (2 * h)

def best(scores, x):
    return min(scores, key=lambda name: scores[name](x))

def draw(n, *, rng):
    return rng.normal(size=n)

def average(f, x, *, n, rng):
    return sum(f(x, rng) for _ in range(n)) / n

def wrap(x):
    return {"twice": (x, [x, True, None, "a"])}
"""

Make = Callable[[str], Proxy]


def namespace(source: str) -> dict[str, Any]:
    space: dict[str, Any] = {}
    exec(source, space)
    return space


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(Limits(call_wall_seconds=0.8, memory_mib=512)) as box:
        yield box


@pytest.fixture(params=["worker", "local"])
def make(request: pytest.FixtureRequest, sandbox: Sandbox) -> Iterator[Make]:
    """A student who wrote the reference and then the given source, in a worker or in this process."""
    if request.param == "local":
        yield lambda source="": Proxy(LocalBackend(namespace(REFERENCE + source)), namespace(REFERENCE))
        return
    with forked(sandbox) as worker:

        def proxy(source: str = "") -> Proxy:
            worker.ask({"op": "run", "number": 1, "source": REFERENCE + source})
            return Proxy(WorkerBackend(worker), namespace(REFERENCE))

        yield proxy


@pytest.fixture
def reference() -> Proxy:
    return Proxy(LocalBackend(namespace(REFERENCE)))


def params() -> dict[str, np.ndarray]:
    return {"w": np.array([1.0, -2.0]), "b": np.array([0.5])}


def grads(steps: int) -> list[dict[str, np.ndarray]]:
    return [{"w": np.array([i + 1.0, -i]), "b": np.array([0.1 * i])} for i in range(steps)]


# --- structure ---------------------------------------------------------------------------------------


def test_an_answer_comes_in_the_references_kinds(make: Make) -> None:
    """Lists for tuples and 0-d arrays for numbers are no fault: the check sees what the reference gives."""
    student = make("def wrap(x):\n    return {'twice': [np.array(x), (x, np.bool_(True), None, 'a')]}")
    got = student.wrap(3.0)
    assert got == {"twice": (3.0, [3.0, True, None, "a"])}
    assert type(got["twice"]) is tuple and type(got["twice"][1]) is list and type(got["twice"][0]) is float


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ("x[:1]", "the answer has shape (1,), expected (2,)"),
        ("None", "the answer must be an array of shape (2,), got None"),
        ("x.astype(str)", "a real number type or bool, got str"),
        ("x * 1j", "a real number type or bool, got complex128"),
        ("object()", "a object cannot be handed over"),
        ("lambda: 0", "cannot be handed over"),
        ("{1: x}", "dict keys must be strings, got the int 1"),
    ],
)
def test_a_wrong_structure_never_reaches_a_check(make: Make, answer: str, says: str) -> None:
    """Shape, dtype and kind are compared with the reference's answer first, and the sentence says how."""
    student = make(f"def scale(x, by=2.0):\n    return {answer}")
    with pytest.raises(Breach) as caught:
        student.scale(np.ones(2))
    assert says in str(caught.value) and str(caught.value).startswith("scale")
    assert [call.fault for call in student.journal] == [str(caught.value)]


def test_right_numbers_in_another_container_reach_the_check_in_the_references(make: Make) -> None:
    """The check sees the expected container; the journal has a sentence on what was different."""
    student = make("def scale(x, by=2.0):\n    return [(x * by).tolist()]")
    got = student.scale(np.ones(2))
    assert isinstance(got, np.ndarray) and got.tolist() == [2.0, 2.0]
    (call,) = student.journal
    assert (call.fault, call.form) == ("", ("the answer must be an array of shape (2,), got a list",))


def test_right_members_in_another_order_are_told_as_that(make: Make) -> None:
    """Swapped members are a wrong answer, and the sentence names their places."""
    source = "\ndef both(x):\n    return 2 * x, x.sum()\n"
    student = make(source.replace("2 * x, x.sum()", "x.sum(), 2 * x"))
    student._reference |= {"both": namespace("import numpy as np" + source)["both"]}
    with pytest.raises(Breach, match="the right members in another order: they belong at 2, 1"):
        student.both(np.arange(3.0))


def test_where_the_reference_refuses_no_structure_is_asked_for(make: Make) -> None:
    """A student who answers what the reference refuses is judged by the check alone."""
    assert make("def scale(x, by=2.0):\n    return 'anything'").scale(np.ones(2), by=-1) == "anything"


# --- faults --------------------------------------------------------------------------------------------


def test_what_the_student_raises_is_told_with_its_line(sandbox: Sandbox) -> None:
    """The sentence holds the function, the type, the line of the student's cell and the message."""
    with forked(sandbox) as worker:
        worker.ask({"op": "run", "number": 7, "source": "def scale(x):\n    return x / 0"})
        with pytest.raises(Raised, match=r"scale raised ZeroDivisionError \(line 2 of its cell\): division"):
            Proxy(WorkerBackend(worker)).calls("scale", [((1,), {})])


def test_a_line_is_the_students_even_under_a_given_function(sandbox: Sandbox) -> None:
    """An error below an adapter names the line and whose cell it is, none where the adapter itself raised."""
    with forked(sandbox) as worker:
        worker.ask({"op": "run", "number": 1, "source": "def adapt(x):\n\n\n    return f(x)", "given": True})
        worker.ask({"op": "run", "number": 2, "source": "def f(x):\n    return x.missing"})
        student = Proxy(WorkerBackend(worker))
        with pytest.raises(Raised, match=r"AttributeError \(line 2 of the cell of f\)"):
            student.calls("adapt", [((1,), {})])
        worker.ask({"op": "run", "number": 2, "source": "f = lambda x: x.missing"})
        with pytest.raises(Raised, match=r"AttributeError \(line 1\): "):  # a lambda may stand in any cell
            student.calls("adapt", [((1,), {})])
        worker.ask({"op": "run", "number": 2, "source": "del f"})
        with pytest.raises(Raised, match=r"adapt raised NameError: "):
            student.calls("adapt", [((1,), {})])


@pytest.mark.parametrize(
    ("body", "fault"),
    [("while True: pass", Late), ("import os; os._exit(0)", Ended), ("return bytes(2**31)", Raised)],
)
def test_what_ends_a_call_has_its_own_fault(sandbox: Sandbox, body: str, fault: type) -> None:
    """No answer in time, a process that ended, and an exception are three things."""
    with forked(sandbox) as worker:
        worker.ask({"op": "run", "number": 1, "source": f"def scale(x):\n    {body}"})
        student = Proxy(WorkerBackend(worker))
        with pytest.raises(fault):
            student.calls("scale", [((1,), {})])
        assert student.journal[0].fault == fault.kind or student.journal[0].fault == "MemoryError"


def test_a_missing_function_is_absent(make: Make) -> None:
    """What the notebook does not define is told apart from what raises."""
    with pytest.raises(Absent, match="scale is not defined"):
        make("del scale").scale(np.ones(1))


def test_raises_is_true_for_that_type_alone(make: Make) -> None:
    """`raises` compares the type's name; no exception and another exception are both False."""
    student = make()
    assert student.scale.raises("ValueError", np.ones(2), by=-1)
    assert not student.scale.raises("TypeError", np.ones(2), by=-1)
    assert not student.scale.raises("ValueError", np.ones(2), by=1)
    assert [call.fault for call in student.journal] == ["ValueError", "ValueError", ""]


def test_a_refusing_reference_is_the_graders_fault(reference: Proxy) -> None:
    """A check that asks the reference for the impossible raises what no verdict blames on a student."""
    with pytest.raises(ReferenceRefused, match="by must be above 0"):
        reference.scale(np.ones(2), by=-1)
    with pytest.raises(ReferenceRefused):
        reference.trajectory("heavy", params(), grads(2), lr="fast")
    assert reference.scale.raises("ValueError", np.ones(2), by=-1)


def test_an_argument_that_cannot_cross_is_the_graders_fault(make: Make) -> None:
    """A check that hands over a set has itself to blame."""
    with pytest.raises(WireError, match="a set cannot be handed over"):
        make().scale({1, 2})


# --- arguments ------------------------------------------------------------------------------------------


def test_the_checks_own_arrays_are_out_of_reach(make: Make) -> None:
    """What a student does to an argument is not done to the array that the check holds."""
    x = np.ones(2)
    make("def scale(x, by=2.0):\n    x[:] = 7\n    return x * by").scale(x)
    assert x.tolist() == [1, 1]


# --- state -----------------------------------------------------------------------------------------------


def test_state_is_opaque_and_each_side_keeps_its_own(make: Make) -> None:
    """A check gets a State to hand back; the student's layout need not be the reference's."""
    student = make(
        "def count_init(window):\n    return {'n': 0, 'sum': 0}\n"
        "def count_update(state, loss, n):\n    new = {'n': state['n'] + 1, 'sum': state['sum'] + n}\n"
        "    return new['n'], new['sum'], new"
    )
    state = student.count_init(3)
    assert isinstance(state, State)
    assert student.count_update(state, 0.1, 4)[:2] == (1, 4)
    count, total, state = student.count_update(student.count_update(state, 0.1, 4)[2], 0.2, 5)
    assert (count, total) == (2, 9)
    assert isinstance(state.own, Handle) and isinstance(state.reference, Handle)


STATES = {
    "a NamedTuple": """
from typing import NamedTuple
class Seen(NamedTuple):
    n: int
    total: int
def count_init(window):
    return Seen(0, 0)
def count_update(state, loss, n):
    new = Seen(state.n + 1, state.total + n)
    return new.n, new.total, new
""",
    "a dataclass": """
from dataclasses import dataclass, replace
@dataclass(frozen=True)
class Seen:
    n: int = 0
    total: int = 0
def count_init(window):
    return Seen()
def count_update(state, loss, n):
    new = replace(state, n=state.n + 1, total=state.total + n)
    return new.n, new.total, new
""",
    "a defaultdict with tuples as keys": """
from collections import defaultdict
def count_init(window):
    return defaultdict(int)
def count_update(state, loss, n):
    new = state.copy()
    new["n", 0] += 1
    new["sum", 1] += n
    return new["n", 0], new["sum", 1], new
""",
    "a deque": """
from collections import deque
def count_init(window):
    return deque([], maxlen=99)
def count_update(state, loss, n):
    new = state.copy()
    new.append(n)
    return len(new), sum(new), new
""",
    "a closure": """
def count_init(window):
    return lambda: (0, 0)
def count_update(state, loss, n):
    count, total = state()
    return count + 1, total + n, lambda: (count + 1, total + n)
""",
    "an object of a class": """
class Seen:
    def __init__(self, *seen):
        self.seen = seen
    def __eq__(self, other):
        raise RuntimeError("do not compare")
    def __reduce__(self):
        raise RuntimeError("do not copy")
def count_init(window):
    return Seen()
def count_update(state, loss, n):
    new = Seen(*state.seen, n)
    return len(new.seen), sum(new.seen), new
""",
}


@pytest.mark.parametrize("kind", STATES)
def test_a_state_may_be_any_object(make: Make, kind: str) -> None:
    """It stays where it was made, and is neither copied nor looked at."""
    student = make(STATES[kind])
    state = student.count_init(3)
    for count in (1, 2, 3):
        assert student.count_update(state, 0.1, 4)[:2] == (count, 5 * count - 1)
        *got, state = student.count_update(state, 0.1, 5)
        assert got == [count, 5 * count]


def test_the_references_state_is_opaque_too(reference: Proxy) -> None:
    """Checks are written once for both sides, whatever number of members stands before the state."""
    count, total, state = reference.count_update(reference.count_init(3), 0.1, 4)
    assert (count, total) == (1, 4) and isinstance(state, State)


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ("len(state)", "must be a tuple, its last member the new state, got a int"),
        ("None", "must be a tuple, its last member the new state, got a NoneType"),
        ("()", "must be a tuple, its last member the new state, got an empty one"),
        ("(1, 2)", "must be a tuple of 3 members, the last the new state"),
        ("(1, 2, 3, 4)", "must be a tuple of 3 members, the last the new state"),
    ],
)
def test_a_forgotten_state_is_a_breach(make: Make, answer: str, says: str) -> None:
    """The answer of a function with state has the reference's members, the last one the new state."""
    student = make(f"def count_update(state, loss, n):\n    return {answer}")
    with pytest.raises(Breach, match=says):
        student.count_update(student.count_init(1), 0.1, 2)


def test_members_before_the_state_are_compared(make: Make) -> None:
    """The members beside the state have the reference's structure or are a breach."""
    student = make("def count_update(state, loss, n):\n    return 1, [2, 3], state")
    with pytest.raises(Breach, match=r"must be a number, got a list"):
        student.count_update(student.count_init(1), 0.1, 2)
    student = make("def count_update(state, loss, n):\n    return 1, [2], state")
    assert student.count_update(student.count_init(1), 0.1, 2)[:2] == (1, 2)
    assert student.journal[-1].form == ("answer[1] must be a number, got a list",)


# --- trajectories ----------------------------------------------------------------------------------------


def by_hand(lr: list[float], momentum: float, start: float) -> list[dict[str, np.ndarray]]:
    now, path = params(), []
    v = {key: np.full_like(value, start) for key, value in now.items()}
    for rate, g in zip(lr, grads(len(lr)), strict=True):
        v = {key: momentum * v[key] + g[key] for key in now}
        now = {key: now[key] - rate * v[key] for key in now}
        path.append(now)
    return path


def test_a_trajectory_is_the_parameters_after_each_step(make: Make) -> None:
    """Keywords go to init or step as each names them; PerStep gives one value a step."""
    rates = [0.1, 0.2, 0.0, 0.4]
    got = make().trajectory("heavy", params(), grads(4), lr=PerStep(rates), momentum=0.5, start=1.0)
    assert close(got, by_hand(rates, 0.5, 1.0)) and len(got) == 4
    one = make().trajectory("heavy", params(), grads(1), lr=0.1)
    assert close(one, by_hand([0.1], 0.9, 0.0))


def test_a_step_that_works_in_place_has_no_hold_on_the_path(make: Make) -> None:
    """The parameters after step 1 stay what they were, though step 2 writes into them."""
    student = make(
        "def heavy_step(params, grads, state, *, lr, momentum=0.9):\n    for key in params:\n"
        "        params[key] -= lr * grads[key]\n    return params, state"
    )
    got = student.trajectory("heavy", params(), grads(3), lr=1.0)
    assert [point["w"].tolist() for point in got] == [[0, -2], [-2, -1], [-5, 1]]


@pytest.mark.parametrize(
    ("late", "fault"),
    [("raise KeyError('w')", Raised), ("return {'w': 0.0}, state", Breach)],
)
def test_a_later_step_is_looked_at_as_the_first(make: Make, late: str, fault: type) -> None:
    """What goes wrong in step 3 only is the student's fault as well, and stands in the journal."""
    student = make(
        "def heavy_init(params, *, start=0.0):\n    return 0\n"
        "def heavy_step(params, grads, state, *, lr, momentum=0.9):\n"
        f"    state = state + 1\n    if state > 2:\n        {late}\n    return params, state"
    )
    with pytest.raises(fault):
        student.trajectory("heavy", params(), grads(4), lr=0.1)
    (call,) = student.journal
    assert call.name == "heavy_step" and call.fault and len(call.steps) == 4


def test_many_steps_cross_in_one_message(sandbox: Sandbox) -> None:
    """A trajectory of 200 steps is one program, and one entry of the journal."""
    with forked(sandbox) as worker:
        worker.ask({"op": "run", "number": 1, "source": REFERENCE})
        sent = []

        def exchange(message: Pieces, served: bool = False) -> Frame:
            sent.append(message)
            return worker.exchange(message, served=served)

        student = Proxy(WorkerBackend(worker, exchange), namespace(REFERENCE))
        student.trajectory("heavy", params(), grads(200), lr=0.1)
        assert [(call.name, len(call.steps)) for call in student.journal] == [("heavy_step", 200)]
        assert len(sent) == 1


def test_a_trajectorys_form_is_told_once(make: Make) -> None:
    """Parameters that come as lists are put right at every step, and the first step is named."""
    student = make(
        "def heavy_step(params, grads, state, *, lr, momentum=0.9):\n"
        "    return {key: (params[key] - lr * grads[key]).tolist() for key in params}, state"
    )
    student.trajectory("heavy", params(), grads(1), lr=0.1)
    (note,) = student.journal[0].form
    assert note == "after step 1 params['w'] must be an array of shape (2,), got a list"


GUARDED = (
    "def heavy_step(params, grads, state, *, lr, momentum=0.9):\n"
    "    if any(np.shape(params[k]) != np.shape(grads[k]) for k in params):\n"
    "        raise ValueError('a gradient must have its shape')\n"
    "    v = {k: momentum * state['v'][k] + grads[k] for k in params}\n"
    "    return {k: (params[k] - lr * v[k])%s for k in params}, {'v': v}"
)


def test_parameters_of_another_shape_are_told_where_they_come_back(make: Make) -> None:
    """The next step's argument checks stumble over them, but the message is on the answer's shape."""
    student = make(GUARDED % "[:1]")
    with pytest.raises(
        Breach, match=r"^heavy_step: after step 1 params\['w'\] has shape \(1,\), expected \(2,\)"
    ):
        student.trajectory("heavy", params(), grads(3), lr=0.1)


def test_an_axis_too_many_does_not_stop_the_next_step(make: Make) -> None:
    """Each later step gets the parameters in their right form, and the form is told once."""
    student = make(GUARDED % "[None]")
    got = student.trajectory("heavy", params(), grads(4), lr=0.1)
    assert close(got, by_hand([0.1] * 4, 0.9, 0.0))
    (note,) = student.journal[0].form
    assert note.endswith("step 1 params['w'] must be an array of shape (2,), got an array of shape (1, 2)")


def test_what_a_right_answers_next_step_raises_is_told(make: Make) -> None:
    """A step that fails after answers of the right form is told with its own exception."""
    student = make(
        "def heavy_step(params, grads, state, *, lr, momentum=0.9):\n"
        "    if 'seen' in state:\n        raise KeyError('v')\n    return params, {'seen': 1}"
    )
    with pytest.raises(Raised, match="KeyError"):
        student.trajectory("heavy", params(), grads(3), lr=0.1)


def test_single_precision_is_enough_for_a_trajectory(make: Make) -> None:
    """If its numbers are right in float32, the check gets the exact ones, and the type is told."""
    student = make(
        "def heavy_step(params, grads, state, *, lr, momentum=0.9):\n"
        "    v = {k: np.float32(momentum * state['v'][k] + grads[k]) for k in params}\n"
        "    return {k: np.float32(params[k] - lr * v[k]) for k in params}, {'v': v}"
    )
    got = student.trajectory("heavy", params(), grads(4), lr=0.1)
    assert close(got, by_hand([0.1] * 4, 0.9, 0.0))
    assert "numbers of type float32, expected float64" in student.journal[0].form[0]


# --- callbacks -------------------------------------------------------------------------------------------


def test_a_recorder_hears_the_student_only_and_once(make: Make) -> None:
    """The reference, asked first for the structure, leaves no trace in the log."""
    recorder = Recorder(lambda x: x**2)
    student = make("def slope(f, x, h=0.5):\n    return f(x) + f(x) + f(x)")
    student.slope(recorder, 3.0)
    assert [args for args, _, _ in recorder.log] == [(3.0,)] * 3
    assert [value for _, _, value in recorder.log] == [9.0] * 3


def test_a_recorder_works_for_the_reference_too(reference: Proxy) -> None:
    """A check can compare the two logs: the reference's calls are heard as well."""
    recorder = Recorder(lambda x: x**2)
    assert reference.slope(recorder, 3.0) == 6.0
    assert [args for args, _, _ in recorder.log] == [(3.5,), (2.5,)]


def test_recorders_are_heard_inside_of_containers(make: Make) -> None:
    """Functions may stand in a dict or a list: they are served, heard, and not doubled."""
    scores = {name: Recorder(lambda x, sign=sign: sign * x) for name, sign in (("up", 1), ("down", -1))}
    assert make().best(scores, 2.0) == "down"
    assert [len(recorder.log) for recorder in scores.values()] == [1, 1]


def test_the_journal_holds_what_each_call_asked(make: Make) -> None:
    """Two calls with one recorder: each line of the journal has its own questions."""
    recorder, student = Recorder(lambda x: x), make()
    student.slope(recorder, 1.0)
    student.slope(recorder, 5.0, h=1.0)
    asked = [[args for args, _, _ in call.asked[0]] for call in student.journal]
    assert asked == [[(1.5,), (0.5,)], [(6.0,), (4.0,)]]


def test_what_a_function_logs_is_not_the_callers_to_change(make: Make) -> None:
    """A student who writes into the array after handing it over does not rewrite the log."""
    recorder = Recorder(lambda x: float(x.sum()))
    student = make(
        "def slope(f, x, h=0.5):\n    x = x.copy()\n    f(x)\n    x[:] = 9\n    f(x)\n    return 0.0"
    )
    student.slope(recorder, np.zeros(2))
    assert [args[0].tolist() for args, _, _ in recorder.log] == [[0, 0], [9, 9]]


def test_a_functions_own_fault_goes_back_as_text(make: Make) -> None:
    """Called wrongly, a given function raises RuntimeError on the student's side, to be handled there."""
    student = make(
        "def slope(f, x, h=0.5):\n    try:\n        f(x, x)\n    except RuntimeError as e:\n"
        "        return float('TypeError' in str(e))"
    )
    assert student.slope(lambda x: x, 1.0) == 1.0


def test_an_object_with_memory_is_copied_for_the_reference(make: Make) -> None:
    """A callable that counts its calls counts the student's only."""

    class Counter:
        count = 0

        def __call__(self, x: float) -> float:
            self.count += 1
            return x

    counter = Counter()
    make().slope(counter, 1.0)
    assert counter.count == 2


def test_a_function_whose_answer_cannot_cross_is_the_checks_fault(make: Make) -> None:
    """A callback that answers with an object breaks the check, not the student."""
    with pytest.raises(UnservedError, match="a object cannot be handed over"):
        make().slope(lambda x: object(), 1.0)


def test_a_numpy_number_arrives_as_one(make: Make) -> None:
    """A plain number stays plain; a NumPy number has its type, also inside of a list."""
    student = make("def kinds(x):\n    return [type(one).__name__ for one in x]")
    got = student.kinds([1.5, np.float64(1.5), np.int64(2), True])
    assert got == ["float", "float64", "int64", "bool"]


# --- generators ------------------------------------------------------------------------------------------


def test_the_checks_generator_stays_and_the_functions_copy_moves(make: Make) -> None:
    """It is sent once; later calls draw on from where earlier ones left it, and the check's own stays."""
    rng, twin = np.random.default_rng(5), np.random.default_rng(5)
    before, student = rng.bit_generator.state, make()
    assert np.array_equal(student.draw(3, rng=rng), twin.normal(size=3))
    assert np.array_equal(student.draw(2, rng=rng), twin.normal(size=2))
    assert rng.bit_generator.state == before
    assert student.stands_at(rng, twin) and not student.stands_at(rng, np.random.default_rng(5))
    assert student.stands_at(np.random.default_rng(7), np.random.default_rng(7))  # never sent: where it was


def test_a_generator_spawns_as_outside(make: Make) -> None:
    """Children of two calls differ, as do those of two generators; those of equal generators are equal."""
    student = make("def draw(n, *, rng):\n    child, = rng.spawn(1)\n    return child.normal(size=n)")
    one, equal, other = (np.random.default_rng(seed) for seed in (5, 5, 6))
    drawn = [student.draw(1, rng=rng)[0] for rng in (one, one, equal, equal, other)]
    assert drawn[:2] == drawn[2:4] and len(set(drawn)) == 3


def test_what_replaces_a_generator_is_no_generator(make: Make) -> None:
    """A student who breaks the generator leaves no state of one; nothing is drawn from it here."""
    student = make("def draw(n, *, rng):\n    rng.bit_generator.advance(1)\n    return np.zeros(n)")
    rng = np.random.default_rng(5)
    student.draw(3, rng=rng)
    assert not student.stands_at(rng, np.random.default_rng(5))


def test_a_generator_crosses_with_a_callback_and_back(make: Make) -> None:
    """f(x, rng) draws on this side; the student's generator then stands where f left it."""

    def noisy(x: float, rng: np.random.Generator) -> float:
        return x + rng.normal()

    rng, twin = np.random.default_rng(5), np.random.default_rng(5)
    recorder, student = Recorder(noisy), make()
    got = student.average(recorder, 1.0, n=4, rng=rng)
    assert got == pytest.approx(np.mean([noisy(1.0, twin) for _ in range(4)]), abs=1e-12)
    assert student.stands_at(rng, twin)
    assert len({value for _, _, value in recorder.log}) == 4


def test_a_callback_that_raises_has_still_drawn(make: Make) -> None:
    """The generator comes back from a failed call too, by keyword as by position."""

    def fails(*, rng: np.random.Generator) -> None:
        rng.normal()
        raise ValueError("no")

    student = make(
        "def slope(f, x, h=0.5):\n    rng = np.random.default_rng(1)\n    try:\n        f(rng=rng)\n"
        "    except RuntimeError:\n        return rng.normal()"
    )
    twin = np.random.default_rng(1)
    assert student.slope(fails, 1.0) == twin.normal(size=2)[1]


# --- the two backends ------------------------------------------------------------------------------------

CALLS: list[Callable[[Proxy], Any]] = [
    lambda s: s.scale(np.arange(6, dtype=np.float32).reshape(2, 3)),
    lambda s: s.scale(np.array(3.0)),
    lambda s: s.scale(np.float64(1), by=np.int64(3)),
    lambda s: s.scale(np.zeros((0, 2))),
    lambda s: s.wrap([1, (2.0, None)]),
    lambda s: s.wrap(np.array([True, False])),
    lambda s: s.wrap(2**60),
    lambda s: s.slope(np.sin, 0.3),
    lambda s: s.average(lambda x, rng: x * rng.normal(), 2.0, n=3, rng=np.random.default_rng(1)),
    lambda s: s.trajectory("heavy", params(), grads(5), lr=0.1),
    lambda s: s.kinds(np.float64(1.5), np.int32(2), np.bool_(True), [np.float32(0.5)], np.array(1.0)),
    lambda s: s.kinds(lambda x: np.float64(x), np.zeros(1)),
    lambda s: s.aliases(np.zeros(2)),
]


@pytest.mark.parametrize("ask", CALLS)
def test_a_worker_and_this_process_answer_alike(sandbox: Sandbox, ask: Callable[[Proxy], Any]) -> None:
    """Same code, same call: the same value in the same kinds, as replaying a mistake needs it."""
    source = REFERENCE + (
        "\ndef kinds(*args):\n"
        "    return [type(a(1.0) if callable(a) else a).__name__ for a in args]\n"
        "def aliases(x):\n    pair = [x, x]\n    pair[0][0] = 1\n    return pair\n"
    )
    structure = {name: namespace(REFERENCE)[name] for name in ("heavy_init", "heavy_step")}
    with forked(sandbox) as worker:
        worker.ask({"op": "run", "number": 1, "source": source})
        there = ask(Proxy(WorkerBackend(worker), structure))
    here = ask(Proxy(LocalBackend(namespace(source)), structure))
    assert close(there, here, rtol=0, atol=0)
    assert shape_of(there) == shape_of(here)


def shape_of(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return value.dtype.name, value.shape
    if isinstance(value, list | tuple):
        return type(value).__name__, [shape_of(item) for item in value]
    if isinstance(value, dict):
        return {key: shape_of(item) for key, item in value.items()}
    return type(value).__name__


@pytest.mark.parametrize(
    "reply",
    [
        "{'value': 1}",
        "{'value': []}",
        "{'value': [1]}",
        "{'value': [{}]}",
        "{'value': [{'values': []}]}",
        "{'value': [{'values': [1.0, 2.0]}]}",
        "{'value': [{'values': [1.0], 'at': 0}]}",
        "{'value': [{'values': [], 'at': 9, 'error': 'E'}]}",
        "{'value': [{'values': [], 'at': 'x', 'error': 'E'}]}",
        "{'value': [{'values': [], 'at': 1, 'error': 1, 'message': 2, 'line': 'x'}]}",
        "{}",
        "[]",
        "{'error': 1, 'message': 2, 'line': 'x'}",
    ],
)
def test_a_forged_reply_is_only_a_wrong_answer(sandbox: Sandbox, reply: str) -> None:
    """A student who writes replies by hand gets a fault of their own, whatever stands in them."""
    forge = (
        "import socket, os\nfrom autograder.worker.channel import Channel\ndef scale(x):\n"
        "    for fd in range(3, 20):\n        try:\n"
        f"            Channel(socket.socket(fileno=os.dup(fd))).send({reply})\n"
        "        except OSError:\n            pass\n    while True: pass"
    )
    with forked(sandbox) as worker:
        worker.ask({"op": "run", "number": 1, "source": forge})
        with pytest.raises((Ended, Raised, Late)):
            Proxy(WorkerBackend(worker), namespace(REFERENCE)).calls("scale", [((1.0,), {})])
