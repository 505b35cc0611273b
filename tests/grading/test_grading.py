"""Grading one submission: every verdict is reached by a real notebook through a real sandbox."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from autograder.calls.backends import AFTER_TWO
from autograder.course.cells import filled
from autograder.course.course import Course
from autograder.course.source import functions_of
from autograder.course.specimens import ONE_MISTAKE
from autograder.grading.exam import Exam, load_exam
from autograder.grading.form import SHARE
from autograder.grading.grading import grade, lost
from autograder.grading.notebook_run import MAX_FATAL_CELLS, NotebookRun
from autograder.grading.verdict import CheckResult, ExerciseResult, Report, Verdict
from autograder.sandbox.handle import Limits, Worker
from autograder.sandbox.sandbox import Sandbox
from autograder.submissions.submission import read_submission
from autograder.worker.channel import DeadlineError, Frame
from autograder.worker.wire import Pieces

Grade = Callable[..., Report]


@pytest.fixture(scope="module")
def exam(released_toy: Course) -> Exam:
    return load_exam(released_toy, "toy", "seed")


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(Limits(call_wall_seconds=0.8, cell_wall_seconds=0.8, memory_mib=512)) as box:
        yield box


@pytest.fixture(scope="module")
def right(exam: Exam) -> dict[str, str]:
    """The answers of a student who wrote the reference."""
    source = functions_of(exam.source)
    return {
        "heavy_step": source["heavy_init"] + "\n\n" + source["heavy_step"],
        "fit_line": source["fit_line"],
    }


@pytest.fixture
def graded(exam: Exam, sandbox: Sandbox, right: dict[str, str], tmp_path: Path) -> Grade:
    """Grade the right answers, those named replaced; ``inserted`` are cells before an exercise's own."""

    def run(
        swap: tuple[str, str] | None = None,
        inserted: dict[str, str] | None = None,
        of: Exam = exam,
        box: Sandbox = sandbox,
        **own: str,
    ) -> Report:
        answers = right | own
        if swap:
            assert sum(text.count(swap[0]) for text in answers.values()) == 1
            answers = {name: text.replace(*swap) for name, text in answers.items()}
        path = tmp_path / "toy.ipynb"
        path.write_text(json.dumps(filled(of.release, answers, inserted)), encoding="utf-8")
        return grade(of, read_submission(path, of.release), box, student="ada", key="k")

    return run


def result(report: Report, name: str) -> ExerciseResult:
    return next(item for item in report.exercises if item.name == name)


def verdicts(report: Report) -> list[str]:
    return [item.verdict.value for item in report.exercises]


def hidden(item: ExerciseResult) -> list[CheckResult]:
    """The hidden checks of a result, the row on its form aside."""
    return [check for check in item.checks if check.weight]


STEP_DEF = "def heavy_step(params, grads, state, *, lr, momentum=0.9):\n    "
FIT_DEF = "def fit_line(params, X, y, *, lr, n_steps):\n    "


# --- the verdicts ----------------------------------------------------------------------------------------


def test_right_work_is_correct(graded: Grade) -> None:
    """All points, no hint, no note; every check stands in the report with its title."""
    report = graded()
    assert (report.verdict, report.score, report.max_score) == (Verdict.CORRECT, 5.5, 5.5)
    assert (report.assignment, report.student, report.key, report.notes) == ("toy", "ada", "k", ())
    step = result(report, "heavy_step")
    assert [(check.name, check.weight, check.passed) for check in step.checks] == [
        ("test_follows_momentum_over_many_steps", 2.0, True),
        ("test_first_step_is_plain_descent", 1.0, True),
    ]
    assert step.checks[1].title == "The first step from rest is lr times the gradient."
    assert not step.hints and not step.carried


def test_part_of_the_checks_earns_part_of_the_points(graded: Grade) -> None:
    """Points times passed weight over all weight; the mistake is named."""
    report = graded(('momentum * state["velocity"][key] + gradient', "gradient"))
    step = result(report, "heavy_step")
    assert (step.verdict, step.score) == (Verdict.PARTLY_CORRECT, 1.0)
    assert step.hints == (
        "Your velocity starts anew at each step: what remains of the one before is missing.",
    )
    assert [check.message for check in step.checks if not check.passed] == [
        "After some steps the parameters are elsewhere: how does the velocity forget?"
    ]
    assert report.verdict is Verdict.PARTLY_CORRECT


def test_one_named_mistake_costs_no_more_than_it_is_worth(graded: Grade) -> None:
    """It fails every check, and keeps what its idea is worth; the hint names it."""
    step = result(graded(("- lr * velocity", "+ lr * velocity")), "heavy_step")
    assert not any(check.passed for check in step.checks)
    assert (step.verdict, step.score) == (Verdict.PARTLY_CORRECT, pytest.approx(3 * (1 - ONE_MISTAKE)))
    assert step.hints == ("Your step goes up the slope: the update has the wrong sign.",)


def test_a_mistake_that_nobody_named_has_no_hint(graded: Grade) -> None:
    """Silence is better than a guess; without a check that passes there are no points."""
    step = result(graded(("- lr * velocity", "- 3.7 * lr * velocity")), "heavy_step")
    assert (step.verdict, step.hints, step.score) == (Verdict.WRONG, (), 0.0)


def test_a_wrong_structure_is_wrong_with_its_sentence(graded: Grade) -> None:
    """The proxy's sentence reaches the student."""
    step = result(graded(heavy_step=STEP_DEF + "return params"), "heavy_step")
    assert step.verdict is Verdict.ERROR  # heavy_init is gone
    report = graded(heavy_step="def heavy_init(params):\n    return 0\n" + STEP_DEF + "return params")
    step = result(report, "heavy_step")
    assert step.verdict is Verdict.WRONG
    assert "the answer must be a tuple, its last member the new state, got a dict" in hidden(step)[0].message


def test_what_the_student_raises_is_an_error(graded: Grade) -> None:
    """The message holds the type and the line of the student's cell."""
    report = graded(fit_line=FIT_DEF + "\n    return params['v']")
    fit = result(report, "fit_line")
    assert (fit.verdict, fit.score) == (Verdict.ERROR, 0.0)
    assert hidden(fit)[0].message == "fit_line raised KeyError (line 3 of its cell): 'v'"


def test_a_process_that_ends_is_an_error_and_costs_nothing_else(graded: Grade) -> None:
    """A crash inside of one function leaves the other exercise whole."""
    report = graded(fit_line=FIT_DEF + "import os; os._exit(3)")
    assert verdicts(report) == ["correct", "error"]
    assert "ended the process it ran in" in hidden(result(report, "fit_line"))[0].message


def test_a_loop_without_end_is_a_timeout(graded: Grade) -> None:
    """The sentences hold the limits, which are shorter once it is known; the other exercise is whole."""
    report = graded(fit_line=FIT_DEF + "while True: pass")
    assert verdicts(report) == ["correct", "timeout"]
    assert [check.message for check in hidden(result(report, "fit_line"))] == [
        "fit_line gave no answer within 0.8 s",
        f"fit_line gave no answer within 0.2 s: {AFTER_TWO}",
    ]


def test_a_hang_costs_the_checks_that_hang_and_no_others(graded: Grade) -> None:
    """Checks before and after a hanging one keep what they earn."""
    body = "while momentum != 0.9: pass\n    "  # the first check asks for another momentum, the second not
    head = "def heavy_init(params):\n    return 0\n" + STEP_DEF
    moves = "return {key: params[key] - lr * grads[key] for key in params}, state"
    step = result(graded(heavy_step=head + body + moves), "heavy_step")
    assert [check.verdict for check in hidden(step)] == [Verdict.TIMEOUT, Verdict.CORRECT]
    assert (step.verdict, step.score) == (Verdict.PARTLY_CORRECT, 1.0)
    body = body.replace("!=", "==")
    step = result(graded(heavy_step=head + body + moves), "heavy_step")
    assert [check.verdict for check in hidden(step)] == [Verdict.WRONG, Verdict.TIMEOUT]
    crash = "import os\n    if momentum != 0.9: os._exit(3)\n    while True: pass"
    step = result(graded(heavy_step=head + crash), "heavy_step")
    assert hidden(step)[1].message.endswith("gave no answer within 0.8 s")  # it has its whole time


@pytest.mark.parametrize(
    ("times", "earned"),
    [(1, ["correct", "correct"]), (2, ["timeout", "correct"]), (3, ["timeout", "timeout"])],
)
def test_a_timeout_is_confirmed_once_on_a_fresh_worker(
    graded: Grade, monkeypatch: pytest.MonkeyPatch, times: int, earned: list[str]
) -> None:
    """A machine that stands still for one call costs nothing; twice is a timeout, of that check alone."""
    exchange, stuck = Worker.exchange, []

    def slow(worker: Worker, message: Pieces, **about: Any) -> Frame:
        if b'"call",1,"fit_line"' in b"".join(message) and len(stuck) < times:
            stuck.append(worker.pid)
            raise DeadlineError
        return exchange(worker, message, **about)

    monkeypatch.setattr(Worker, "exchange", slow)
    report = graded()
    assert [check.verdict for check in hidden(result(report, "fit_line"))] == earned
    assert len(set(stuck)) == times and verdicts(report)[0] == "correct"


def test_the_released_stub_is_not_attempted(graded: Grade, exam: Exam) -> None:
    """White space and comments are no attempt; no check is run."""
    stub = exam.release.exercises[1].stub
    fit = result(graded(fit_line="# to do\n\n" + stub.replace("    ", "     ") + "\n"), "fit_line")
    assert (fit.verdict, fit.score, fit.checks) == (Verdict.NOT_ATTEMPTED, 0.0, ())
    whole = graded(**{exercise.name: exercise.stub for exercise in exam.release.exercises})
    assert (whole.verdict, whole.score) == (Verdict.NOT_ATTEMPTED, 0.0)


def test_a_stub_beside_work_is_an_error_that_says_which_line_to_delete(graded: Grade, exam: Exam) -> None:
    """A student who wrote the init and left the step is told that the line which raises is still there."""
    stub = exam.release.exercises[0].stub
    own = stub.replace("raise NotImplementedError()", "return {}", 1)
    step = result(graded(heavy_step=own), "heavy_step")
    assert (step.verdict, step.score) == (Verdict.ERROR, 0.0)
    assert all("`raise NotImplementedError` is still there" in check.message for check in hidden(step))


def test_an_answer_beside_an_untouched_stub_is_an_answer(
    graded: Grade, exam: Exam, right: dict[str, str]
) -> None:
    """A function in a new cell, below or above the untouched stub, is an answer."""
    stub = exam.release.exercises[0].stub
    below = graded(heavy_step=stub, inserted={"check_heavy_step": right["heavy_step"]})
    assert verdicts(below) == ["correct", "correct"]
    above = graded(heavy_step=stub, inserted={"heavy_step": right["heavy_step"]})
    assert verdicts(above) == ["correct", "correct"]


def test_what_cannot_be_read_is_not_graded(exam: Exam, sandbox: Sandbox, tmp_path: Path) -> None:
    """No score, never a zero, and the sentence that says what to do."""
    path = tmp_path / "toy.ipynb"
    path.write_bytes(b"")
    report = grade(exam, read_submission(path, exam.release), sandbox, student="ada")
    assert (report.verdict, report.score) == (Verdict.NOT_GRADED, None)
    assert verdicts(report) == ["not graded", "not graded"] and "file is empty" in report.notes[0]


@pytest.mark.parametrize(
    "body",
    [
        "raise KeyError('mine')",
        "undefined",
        "reference.fit_line({}, 1, 2, lr=1, n_steps=0)",
        "student.fit_line({'w': {1}}, 1, 2, lr=1, n_steps=1)",
        "reference.nothing()",
    ],
)
def test_a_check_that_is_broken_is_the_graders_fault(
    graded: Grade, exam: Exam, released_toy: Course, tmp_path: Path, body: str
) -> None:
    """The exercise has no score, its neighbour keeps its own, and the sentence is there for us."""
    course = Course(shutil.copytree(released_toy.root, tmp_path / "course"))
    path = course.content("toy") / "fit_line.py"
    text = path.read_text(encoding="utf-8")
    needle = (
        '    X, y = problem(rng)\n    got = student.fit_line({"w": np.zeros(3)}, X, y, lr=0.04, n_steps=7)'
    )
    assert text.count(needle) == 1
    path.write_text(text.replace(needle, f"    {body}\n{needle}"), encoding="utf-8")
    broken = load_exam(course, "toy", "seed")
    report = graded(of=broken)
    assert verdicts(report) == ["correct", "grader at fault"]
    assert (report.verdict, report.score) == (Verdict.GRADER_FAULT, None)
    (fault,) = result(report, "fit_line").checks
    assert fault.verdict is Verdict.GRADER_FAULT and fault.message


def test_every_verdict_is_reached_here() -> None:
    """A new verdict needs a test in this file, or in the one on answers in words."""
    files = Path(__file__), Path(__file__).with_name("test_carried.py")
    text = "\n".join(path.read_text(encoding="utf-8") for path in files)
    assert not [kind for kind in Verdict if f"Verdict.{kind.name}" not in text]


# --- form ------------------------------------------------------------------------------------------------


def test_changed_arguments_cost_the_share_for_form(graded: Grade) -> None:
    """Right numbers by work in place keep all but a quarter, and one row names the argument."""
    in_place = (
        "def heavy_init(params):\n    return {k: np.zeros_like(v) for k, v in params.items()}\n"
        + STEP_DEF
        + "v = {key: momentum * state[key] + grads[key] for key in params}\n"
        "    for key in params:\n        params[key] -= lr * v[key]\n    return params, v"
    )
    step = result(graded(heavy_step=in_place), "heavy_step")
    assert (step.verdict, step.score) == (Verdict.PARTLY_CORRECT, 3 * (1 - SHARE))
    assert [check.name for check in step.checks if not check.passed] == ["form"]
    assert "An argument is changed in place (params of heavy_step)" in step.checks[0].message


# --- what runs -------------------------------------------------------------------------------------------


def test_a_renamed_function_is_named(graded: Grade, right: dict[str, str]) -> None:
    """The student is told which name was found and which is asked for."""
    fit = result(graded(fit_line=right["fit_line"].replace("fit_line", "fit_lines")), "fit_line")
    assert fit.verdict is Verdict.ERROR
    assert hidden(fit)[0].message == (
        "fit_line is not defined in the notebook; found fit_lines, which looks like it: "
        "give it its name back."
    )


def test_a_function_that_is_gone_is_an_error_without_a_guess(graded: Grade) -> None:
    """Where nothing resembles it, nothing is guessed."""
    fit = result(graded(fit_line="something = 1"), "fit_line")
    assert (
        fit.verdict is Verdict.ERROR and hidden(fit)[0].message == "fit_line is not defined in the notebook."
    )


def test_helpers_in_inserted_cells_count(graded: Grade) -> None:
    """A cell that the student added runs where it stands."""
    report = graded(
        ("momentum * state", "keep(momentum) * state"), inserted={"heavy_step": "def keep(x):\n    return x"}
    )
    assert report.score == 5.5 and report.notes == ()


def test_a_cell_that_raises_is_noted_and_the_rest_runs(graded: Grade) -> None:
    """What stood before the error stays defined; what came after it in the cell does not."""
    report = graded(inserted={"heavy_step": "half = 1\n1 / 0"})
    assert report.score == 5.5
    assert report.notes == (
        "The cell that begins with 'half = 1' raised ZeroDivisionError: division by zero",
    )


@pytest.mark.parametrize(
    ("cell", "what"),
    [
        ("while True: pass", "did not end in time"),
        ("import os; os._exit(0)", "ended the process it ran in"),
        ("raise SystemExit", "raised SystemExit"),
        ("exit()", "raised NameError"),
        ("def f(:", "raised SyntaxError"),
    ],
)
def test_a_cell_that_never_ends_or_exits_is_left_out(graded: Grade, cell: str, what: str) -> None:
    """It is noted once, and every answer is graded as if it were not there."""
    report = graded(inserted={"fit_line": cell})
    assert report.score == 5.5
    (note,) = report.notes
    assert note.startswith(f"The cell that begins with {cell!r} {what}")


@pytest.mark.parametrize("verb", ["define", "names", "turns"])
def test_a_worker_that_dies_behind_the_scenes_is_the_students(graded: Grade, verb: str) -> None:
    """Whoever reaches into the worker and ends it at a request of ours has an error, and we have no fault."""
    trap = f"import os, sys\nsys._getframe(1).f_locals['self'].verbs[{verb!r}] = lambda **_: os._exit(0)"
    missing = "def heavy_init(params):\n    return 0\nheavy_stop = 1"
    report = graded(inserted={"heavy_step": trap}, heavy_step=missing)
    assert result(report, "heavy_step").verdict is Verdict.ERROR
    assert Verdict.GRADER_FAULT not in [item.verdict for item in report.exercises]


def test_a_lost_submission_has_no_score_and_is_graded_again(exam: Exam) -> None:
    """Where our own process died twice nothing is known; the empty key makes the next run try again."""
    report = lost(exam, "ada")
    assert (report.verdict, report.score, report.key) == (Verdict.GRADER_FAULT, None, "")
    assert verdicts(report) == ["grader at fault"] * 2 and "missing, not zero" in report.notes[0]


def test_many_cells_that_exit_end_the_reading_of_cells(graded: Grade) -> None:
    """After a few such cells the others are not tried; nothing is retried for ever."""
    cells = "\n".join(["import os; os._exit(0)"])
    answers = {"heavy_step": cells, "fit_line": cells}
    assert graded(**answers).score == 0.0
    several = {name: cells for name in ("heavy_step", "fit_line", "check_heavy_step", "setup_1", "setup_2")}
    report = graded(inserted=several, **answers)
    assert report.score == 0.0
    assert len([note for note in report.notes if "ended the process" in note]) == MAX_FATAL_CELLS
    assert report.notes[-1] == "The cells after it did not run: too many had to be left out."


def test_a_given_function_is_the_given_one(graded: Grade) -> None:
    """What the student puts in its place is noted and does not count."""
    report = graded(inserted={"fit_line": "def loss_and_grad(params, X, y):\n    return 0.0, params"})
    assert report.score == 5.5
    assert report.notes == ("The notebook defines loss_and_grad anew; the given one counts.",)


def test_given_data_are_made_once(graded: Grade) -> None:
    """A given number that the student's own cell overwrites stays so, as in the notebook itself."""
    report = graded(inserted={"fit_line": "SCALE = 3.0"})
    assert verdicts(report) == ["correct", "wrong"] and report.notes == ()


def test_prints_and_warnings_cost_nothing(graded: Grade) -> None:
    """A chatty answer is a right answer."""
    report = graded(
        ("state = heavy_init(params)", "state = heavy_init(params); print('x' * 10**6); np.log(0.0)")
    )
    assert report.score == 5.5


# --- errors carried forward --------------------------------------------------------------------------------


def test_an_error_is_carried_forward(graded: Grade) -> None:
    """A right run on a wrong step is run on the reference's step, counts in full, and says so."""
    report = graded(("- lr * velocity", "+ lr * velocity"))
    fit = result(report, "fit_line")
    assert (fit.verdict, fit.score, fit.carried) == (Verdict.CORRECT, 2.5, True)
    assert verdicts(report) == ["partly correct", "correct"]


def test_an_error_is_carried_over_an_unwritten_step(graded: Grade, exam: Exam) -> None:
    """The part may be missing altogether."""
    fit = result(graded(heavy_step=exam.release.exercises[0].stub), "fit_line")
    assert (fit.score, fit.carried) == (2.5, True)


def test_the_better_of_the_two_counts(graded: Grade) -> None:
    """A run that is wrong either way is judged on the student's own parts."""
    report = graded(
        ("range(n_steps)", "range(3 * n_steps)"), heavy_step="def heavy_step():\n    return 1 / 0"
    )
    fit = result(report, "fit_line")
    assert not fit.carried and fit.score == 0.0


def test_a_mistake_is_named_on_carried_parts(graded: Grade, right: dict[str, str]) -> None:
    """A run that earns part of its points on the reference's step has the hint of its own mistake."""
    wrong_step = right["heavy_step"].replace("- lr * velocity", "+ lr * velocity")
    report = graded(
        ("losses.append(loss)", "losses.append(losses[0] if losses else loss)"), heavy_step=wrong_step
    )
    fit = result(report, "fit_line")
    assert fit.carried and fit.verdict is Verdict.PARTLY_CORRECT
    assert fit.hints == ("Your list repeats the first loss: it must be taken anew before each step.",)


def test_the_references_code_is_not_in_the_worker(exam: Exam, sandbox: Sandbox, tmp_path: Path) -> None:
    """What serves an earlier part is a number and a socket: it has no code, no source and no closure."""
    path = tmp_path / "toy.ipynb"
    path.write_text(json.dumps(filled(exam.release, {"heavy_step": "heavy_step = None"})), encoding="utf-8")
    with NotebookRun(exam.release, read_submission(path, exam.release), sandbox) as run:
        run.restart()
        run.lend({"heavy_step": exam.check_set.reference["heavy_step"]})
        look = "def look():\n    f = heavy_step\n    return [type(f).__module__, callable(f), list(vars(f))]"
        run.worker.ask({"op": "run", "number": 1, "source": look})
        reply = run.worker.call("look")
    assert reply["value"] == ["autograder.worker.session", True, ["_channel", "_number"]]


# --- the same again ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "own",
    [
        {},
        {"fit_line": FIT_DEF + "while True: pass"},
        {"fit_line": FIT_DEF + "return {id(params)}"},
        {"heavy_step": STEP_DEF + "raise ValueError(str(params))"},
        {"heavy_step": "while True: pass"},
    ],
)
def test_two_gradings_give_the_same_bytes(graded: Grade, own: dict[str, str]) -> None:
    """On one sandbox or another, before and after others: the same report, byte for byte."""
    first = graded(**own).to_json()
    graded(fit_line=FIT_DEF + "import os; os._exit(3)")
    assert graded(**own).to_json() == first
    with Sandbox(Limits(call_wall_seconds=0.8, cell_wall_seconds=0.8, memory_mib=512)) as fresh:
        assert graded(box=fresh, **own).to_json() == first


def test_another_seed_asks_other_numbers(released_toy: Course, exam: Exam) -> None:
    """The secret seed moves every probe; the checks stay the same."""
    other = load_exam(released_toy, "toy", "another")
    assert [check.name for check in other.check_set.checks] == [check.name for check in exam.check_set.checks]
    here, there = (item.known[0].journals[0][0].args[0]["w"] for item in (exam, other))
    assert not (here == there).all()


def test_a_library_that_is_not_in_view_earns_nothing_and_is_named(graded: Grade) -> None:
    """The call fails by itself; the instructor reads which package it was."""
    report = graded(fit_line=FIT_DEF + "import torch\n    return params, torch.zeros(3)")
    assert (
        verdicts(report) == ["correct", "error"] and "torch" in hidden(result(report, "fit_line"))[0].message
    )
    assert report.borrowed == (
        "The notebook imports torch, which may do the work by itself: for the instructor to judge.",
    )


def test_what_is_named_changes_no_mark(graded: Grade) -> None:
    """A solver of NumPy's, which is in view, is named to the instructor; right work keeps all its points."""
    report = graded(inserted={"fit_line": "import numpy as np\nslopes = np.gradient(np.arange(5.0))"})
    assert (report.verdict, report.score, report.notes) == (Verdict.CORRECT, 5.5, ())
    assert "calls numpy.gradient" in report.borrowed[0] and len(report.borrowed) == 1
