"""The rules of grading by themselves: no process runs here, a scripted backend answers for the student."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from autograder.calls.backends import Absent, Breach, Ended, Fault, Late, Program, Raised, Reading
from autograder.calls.journal import Call
from autograder.calls.side_effects import AskedSideEffects
from autograder.course.checks import Check
from autograder.course.release import Exercise, Release
from autograder.course.specimens import Specimen
from autograder.grading import form, grading, judging
from autograder.grading.diagnosis import Diagnosis
from autograder.grading.exam import CheckSet, Exam
from autograder.grading.grading import grade, is_stub, lost
from autograder.grading.verdict import CheckResult, ExerciseResult, Verdict
from autograder.submissions.submission import Submission

STUBS = {
    "walk": "def walk(x):\n    raise NotImplementedError()\n\n\ndef walk_all(x):\n    return []",
    "run": "def run(x):\n    raise NotImplementedError()",
}
ANSWERS = {"walk": "def walk(x):\n    return x", "run": "def run(x):\n    return walk(x)"}


def walk(x: float) -> float:
    return 2.0 * x


def walk_all(x: float) -> Any:
    yield walk(x)
    yield walk(x + 1)


class Walker:
    pass


def release(points: float = 6.0) -> Release:
    exercises = tuple(Exercise(name, points, stub) for name, stub in STUBS.items())
    return Release("toy", "A toy", "", exercises, (), {"cells": []})


def check(name: str, weight: float = 1.0, exercise: str = "walk", function: Callable | None = None) -> Check:
    def asks(student: Any) -> None:
        if student.walk(1.0) != 2.0:
            raise AssertionError(f"{name} failed")  # raised, for pytest adds values to an assert of its own

    return Check(name, f"Title of {name}.", exercise, weight, function or asks, {}, ("student",))


def exam(*checks: Check, points: float = 6.0, **known: tuple[Diagnosis, ...]) -> Exam:
    reference = {"walk": walk, "run": walk, "walk_all": walk_all, "Walker": Walker, "SCALE": 2.0}
    check_set = CheckSet(checks, reference, "\n\n\n".join(STUBS.values()), "s")
    return Exam(release(points), check_set, "", known.get("known", ()), "s", known.get("conventions", ()))


class Scripted:
    """Stands for the worker: each program reads the next of the script, or fails with it."""

    def __init__(self, *script: Any) -> None:
        self.script = list(script)

    def run(self, programs: list[Program]) -> list[Reading]:
        answers = [self.script.pop(0) for _ in programs]
        for answer in answers:
            if isinstance(answer, Late | Ended):
                raise answer
        return [Reading([], answer) if isinstance(answer, Fault) else Reading([answer]) for answer in answers]


class FakeRun:
    """A run whose worker is scripted; it notes with which helpers it was to go on."""

    def __init__(self, *script: Any, names: tuple[str, ...] = (), answers: dict[str, str] = ANSWERS) -> None:
        self.worker, self.lent, self.found = Scripted(*script), {"old": len}, list(names)
        self.submission = Submission(tuple(answers.values()), answers)
        self.notes, self.asked, self.failed = ["a note of the run"], [], ""

    def lend(self, helpers: dict[str, Callable]) -> None:
        self.asked.append(helpers)

    def restart(self, *, keep_lent: bool = True) -> None:
        self.asked.append(self.lent if keep_lent else None)

    def names(self) -> list[str]:
        return self.found

    def why_missing(self, exercise: str) -> str:
        return self.failed

    def __enter__(self) -> FakeRun:
        return self

    def __exit__(self, *_: object) -> None:
        self.notes.append("closed")


@pytest.fixture(autouse=True)
def scripted(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker is its own backend; nothing is in the replay cache, and no side effect shows."""
    monkeypatch.setattr(judging, "WorkerBackend", lambda worker, **_: worker)
    monkeypatch.setattr(judging, "replayed", lambda *conversation: None)
    monkeypatch.setattr(judging, "side_effects", lambda backend, told: frozenset())


def judge(run: FakeRun, of: Exam) -> ExerciseResult:
    return exercised(of, run)


def exercised(
    of: Exam,
    run: FakeRun,
    place: int = 0,
    earlier: list[ExerciseResult] | None = None,
    on_fault: Callable[[str], Any] | None = None,
) -> ExerciseResult:
    return grading._exercise(of, run, of.release.exercises[place], earlier or [], None, on_fault)


def hidden(result: ExerciseResult) -> list[CheckResult]:
    return [item for item in result.checks if item.name != form.NAME]


# --- What ends a check ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "verdict", "message"),
    [
        (2.0, "correct", ""),
        (3.0, "wrong", "a failed"),
        (Ended("walk ended"), "error", "walk ended"),
        (Raised("walk", "ValueError", "odd", 2), "error", "walk raised ValueError (line 2 of its cell): odd"),
        (Raised("walk", "AError", "", 0), "error", "walk raised AError"),
        (Raised("walk", "ZError", "", 0), "error", "walk raised ZError"),
        (
            Raised("walk", "NotImplementedError", "", 0),
            "error",
            "walk raised NotImplementedError. The line that raises it is in another function, which is not "
            "written yet.",
        ),
        (Breach("walk: no number"), "wrong", "walk: no number"),
        (Absent("walk is not defined in the notebook"), "error", "walk is not defined in the notebook."),
        (
            Raised("all", "NameError", "name 'walk' is not defined", 0),
            "error",
            "walk is not defined in the notebook.",
        ),
        (Raised("all", "NameError", "name 'x' is not", 0), "error", "all raised NameError: name 'x' is not"),
        *(
            (Raised("all", kind, "name 'walk' is not", 0), "error", f"all raised {kind}: name 'walk' is not")
            for kind in ("KeyError", "ZError")
        ),
    ],
)
def test_how_a_check_ends_is_its_verdict(answer: Any, verdict: str, message: str) -> None:
    """Each way of ending has its verdict and its sentence."""
    (item,) = hidden(judge(FakeRun(answer, answer), exam(check("a"))))
    assert (item.verdict.value, item.message) == (verdict, message)
    assert (item.name, item.title, item.weight) == ("a", "Title of a.", 1.0)


@pytest.mark.parametrize(
    ("fault", "asked"),
    [
        (Ended("gone"), 2),
        (Late("late"), 2),
        (Raised("walk", "ValueError", "", 0), 0),
        (Absent("gone"), 0),
        (3.0, 0),
    ],
)
def test_only_a_worker_that_is_gone_is_replaced(fault: Any, asked: int) -> None:
    """After an end or a timeout there is a new worker, with the helpers that the old one had."""
    run = FakeRun(fault, fault)
    judge(run, exam(check("a")))
    assert run.asked == [{"old": len}] * asked


@pytest.mark.parametrize(("late", "verdict"), [(Late("late"), "timeout"), (Ended("gone"), "error")])
def test_an_end_is_confirmed_until_one_is(late: Exception, verdict: str) -> None:
    """A check over which the worker ended runs again; once one did twice, the others are not asked twice."""
    once = [late, 2.0]
    run = FakeRun(*once, *once, late, late, late, 2.0)
    result = judge(run, exam(*map(check, "abcde")))
    assert [item.verdict.value for item in hidden(result)] == [
        "correct",
        "correct",
        verdict,
        verdict,
        "correct",
    ]
    assert run.worker.script == []


@pytest.mark.parametrize(
    "fault", [Absent("gone"), Raised("all", "NameError", "name 'walk' is not defined", 0)]
)
@pytest.mark.parametrize(
    ("names", "guess"),
    [(("x", "walks", "wall"), "walks"), (("x",), None), ((), None), (("walk_all", "walls"), "walls")],
)
def test_a_missing_function_is_guessed_at(fault: Any, names: tuple[str, ...], guess: str | None) -> None:
    """The nearest name is named, if one is near that no other exercise asks for."""
    (item,) = hidden(judge(FakeRun(fault, names=names), exam(check("a"))))
    end = f"; found {guess}, which looks like it: give it its name back." if guess else "."
    assert item.message.endswith(end) and ("found" in item.message) == bool(guess)


def test_a_cell_that_failed_explains_a_missing_function() -> None:
    """How the cell failed comes instead of a guess; and it is told of this notebook only."""
    run = FakeRun(Absent("walk is not defined in the notebook"), names=("walks",))
    run.failed = " Its cell raised SyntaxError: here"
    (item,) = hidden(judge(run, exam(check("a"))))
    assert item.message == "walk is not defined in the notebook. Its cell raised SyntaxError: here"


def test_a_check_that_an_odd_answer_breaks_is_wrong_and_its_traceback_is_told() -> None:
    """The reference passes the same check with the same draws, so the answer is at fault."""

    def indexes(student: Any) -> None:
        assert ["a", "b"][student.walk(1.0)] == "b", "no"

    told: list[str] = []
    of = exam(check("a", function=lambda student: indexes(student)))
    of.check_set.reference["walk"] = lambda x: 1
    result = exercised(of, FakeRun(5), on_fault=told.append)
    (item,) = hidden(result)
    assert (item.verdict, item.message, result.score) == (Verdict.WRONG, judging.BROKEN, 0.0)
    assert len(told) == 1 and told[0].startswith("a could not work with an answer:\nTraceback")
    assert "IndexError" in told[0]


def test_a_check_that_the_reference_breaks_too_is_the_graders_fault_and_says_where() -> None:
    """The innermost function and line are named; there is no score, and the traceback is told."""

    def deep() -> None:
        raise ValueError("no such luck")

    def broken(student: Any) -> None:
        deep()

    told: list[str] = []
    of = exam(check("a", function=broken))
    result = grading._guarded(of, FakeRun(), of.release.exercises[0], [], told.append)
    line = inspect.getsourcelines(deep)[1] + 1
    (item,) = result.checks
    assert item.message == f"ValueError in deep, line {line}: no such luck"
    assert (item.verdict, item.weight, item.name) == (Verdict.GRADER_FAULT, 0.0, "grader")
    assert (result.score, result.points, result.verdict) == (None, 6.0, Verdict.GRADER_FAULT)
    assert len(told) == 1 and told[0].startswith("In walk:\nTraceback") and "no such luck" in told[0]


# --- What the checks of an exercise come to -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("answers", "score", "verdict"),
    [
        ([2.0, 2.0, 2.0], 6.0, "correct"),
        ([2.0, 2.0, 3.0], 3.0, "partly correct"),
        ([3.0, 3.0, 2.0], 3.0, "partly correct"),
        ([3.0, 2.0, 3.0], 2.0, "partly correct"),
        ([3.0, 3.0, 3.0], 0.0, "wrong"),
        ([2.0, 3.0, 2.0], 4.0, "partly correct"),
        ([3.0, 2.0, 2.0], 3.0, "partly correct"),  # without the plain formula at most a half
        ([3.0, Raised("walk", "E", "", 0), 3.0], 0.0, "error"),
        ([Late("late"), Late("late"), Raised("walk", "E", "", 0), 3.0], 0.0, "timeout"),
    ],
)
def test_points_times_passed_weight_over_all(answers: list, score: float, verdict: str) -> None:
    """Weights 1, 2 and 3; without points the most telling failure names the exercise."""
    result = judge(FakeRun(*answers), exam(check("a", 1), check("b", 2), check("c", 3)))
    assert (result.score, result.verdict.value, result.points) == (score, verdict, 6.0)
    assert not result.carried


def test_a_score_has_six_places() -> None:
    """A third of a point is written with six places, the same everywhere."""
    of = exam(check("a"), check("b"), check("c"), points=1.0)
    assert judge(FakeRun(2.0, 3.0, 3.0), of).score == 0.333333


@pytest.mark.parametrize(("weight", "score"), [(1, 3.0), (2, 4.0), (4, 4.8), (99, 4.8)])
def test_an_answer_with_a_fault_keeps_four_fifths_at_most(weight: float, score: float) -> None:
    """However little the check weighs that it fails."""
    result = judge(FakeRun(2.0, 3.0), exam(check("a", weight), check("b", 1)))
    assert (result.score, result.verdict) == (score, Verdict.PARTLY_CORRECT)


# --- Form ---------------------------------------------------------------------------------------------------


def test_form_costs_a_quarter_once_whatever_is_wrong_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lists in every check and a side effect are one row without weight, the first one; the numbers count."""
    monkeypatch.setattr(judging, "side_effects", lambda *_: frozenset({("changed", "walk: 0")}))
    result = judge(FakeRun([2.0], [[2.0]]), exam(check("a"), check("b", 2)))
    row, *checks = result.checks
    assert (row.name, row.weight, row.verdict) == (form.NAME, 0.0, Verdict.WRONG)
    assert row.message.count("must be a number, got a list") == 1 and "x of walk" in row.message
    assert row.message.count("25%") == 1
    assert all(item.passed for item in checks)
    assert (result.score, result.verdict) == (4.5, Verdict.PARTLY_CORRECT)
    assert form.SHARE == 0.25


def test_form_is_no_matter_where_no_number_is_right(monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer that passes no check hears of its numbers only, and is not tried for side effects."""
    monkeypatch.setattr(judging, "side_effects", lambda *_: 1 / 0)
    result = judge(FakeRun([3.0]), exam(check("a")))
    assert [item.name for item in result.checks] == ["a"] and result.score == 0


def test_form_costs_a_quarter_of_what_the_numbers_earn() -> None:
    """Half of the points for the numbers, three quarters of them with the wrong container."""
    result = judge(FakeRun([2.0], [3.0]), exam(check("a"), check("b")))
    assert result.score == 6 * 0.5 * 0.75 and result.checks[0].name == form.NAME


def test_what_right_answers_do_as_well_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A kind of side effect that the reference or a variant shows costs nobody anything."""
    of = exam(check("a"))
    of.check_set.asked["walk"] = AskedSideEffects([], frozenset({"answers"}))
    monkeypatch.setattr(judging, "side_effects", lambda *_: frozenset({("answers", "walk")}))
    assert judge(FakeRun(2.0), of).verdict is Verdict.CORRECT
    monkeypatch.setattr(judging, "side_effects", lambda *_: frozenset({("answers", "f"), ("again", "f")}))
    (row, _) = judge(FakeRun(2.0), of).checks
    assert "second time" in row.message and "same arrays" not in row.message


@pytest.mark.parametrize(
    ("ends", "score"),
    [([Late("late")], 6.0), ([Ended("killed")], 6.0), ([Ended("gone"), Ended("gone")], 4.5)],
)
def test_a_process_that_is_lost_over_side_effects_costs_no_more(
    monkeypatch: pytest.MonkeyPatch, ends: list[Exception], score: float
) -> None:
    """Each time there is a new worker; too slow proves nothing, and one end may have been a kill."""
    left = list(ends)

    def lost(*_: object) -> frozenset:
        if left:
            raise left.pop(0)
        return frozenset()

    monkeypatch.setattr(judging, "side_effects", lost)
    run = FakeRun(2.0)
    assert judge(run, exam(check("a"))).score == score
    assert run.asked == [{"old": len}] * len(ends) and not left


def test_an_answer_in_another_form_is_no_named_mistake() -> None:
    """A mistake that leaves the same numbers in the expected form is not what was made; nor the other way."""
    plain = ((Call("walk", (1.0,), {}, 3.0),),)
    listed = ((Call("walk", (1.0,), {}, 3.0, form=("the answer must be a number, got a list",)),),)
    known = tuple(
        Diagnosis(Specimen("walk", name, f"Hint {name}."), Traces(journal))
        for name, journal in (("plain", plain), ("listed", listed))
    )
    assert judge(FakeRun(3.0), exam(check("a"), known=known)).hints == ("Hint plain.",)
    assert judge(FakeRun([3.0]), exam(check("a"), known=known)).hints == ("Hint listed.",)


class Traces(tuple):
    """The journals of a mistake that has no side effect."""

    def side_effects(self, told: list) -> frozenset:
        return frozenset()


def test_hints_and_conventions() -> None:
    """What leaves the same trace is named: a convention instead of any mistake; nothing for right work."""
    journal = Traces(((Call("walk", (1.0,), {}, 3.0),),))
    known = tuple(Diagnosis(Specimen("walk", name, f"Hint {name}."), journal) for name in "ab")
    elsewhere = tuple(Diagnosis(Specimen("walk", name, f"By {name}."), journal) for name in "cd")
    result = judge(FakeRun(3.0), exam(check("a"), known=known))
    assert (result.hints, result.convention) == (("Hint a.", "Hint b."), "")
    result = judge(FakeRun(3.0), exam(check("a"), known=known, conventions=elsewhere))
    assert (result.hints, result.convention) == ((), "By c. By d.")
    assert (result.verdict, result.score) == (Verdict.PARTLY_CORRECT, pytest.approx(6 * 0.3))
    assert not hidden(result)[0].passed
    right = judge(FakeRun(2.0), exam(check("a"), known=known, conventions=elsewhere))
    assert (right.verdict, right.hints, right.convention) == (Verdict.CORRECT, (), "")


class InPlace(tuple):
    """The journals of a mistake that changes its argument."""

    def side_effects(self, told: list) -> frozenset:
        return frozenset({("changed", "walk: 0")})


def test_where_no_check_passes_a_mistake_is_known_by_its_answers() -> None:
    """No side effect is looked for there; where a check passes, a mistake with another one was not made."""
    wrong, both = ((Call("walk", (1.0,), {}, 3.0),),), ((Call("walk", (1.0,), {}, 3.0),), ())
    known = tuple(Diagnosis(Specimen("walk", "m", "Hint."), InPlace(journal)) for journal in (wrong, both))
    assert judge(FakeRun(3.0), exam(check("a"), known=known)).hints == ("Hint.",)
    passes = check("b", function=lambda student: None)
    assert judge(FakeRun(3.0), exam(check("a"), passes, known=known)).hints == ()


def test_a_mistake_is_confirmed_on_other_draws() -> None:
    """Answers that agree with a mistake's by chance of the draws get no hint, and no mistake's share."""

    def asks(student: Any, rng: Any) -> None:
        raise AssertionError(f"no {student.walk(rng.random())}")

    drawn = dataclasses.replace(check("a", function=asks), fixtures=("student", "rng"))
    first, again = (Traces(((Call("walk", (1.0,), {}, value),),)) for value in (3.0, 4.0))
    known = (Diagnosis(Specimen("walk", "m", "Hint."), first, again),)
    assert judge(FakeRun(3.0, 4.0), exam(drawn, known=known)).hints == ("Hint.",)
    by_chance = judge(FakeRun(3.0, 3.0), exam(drawn, known=known))
    assert (by_chance.hints, by_chance.score) == ((), 0.0)
    fixed = (dataclasses.replace(known[0], again=Traces()),)
    assert judge(FakeRun(3.0), exam(check("a"), known=fixed)).hints == ("Hint.",)


# --- Carried forward ----------------------------------------------------------------------------------------


def before(verdict: Verdict, name: str = "walk") -> list[ExerciseResult]:
    return [ExerciseResult(name, 6.0, 0.0, verdict)]


@pytest.mark.parametrize(
    ("earlier", "answers", "score", "carried"),
    [
        (Verdict.WRONG, [3.0, 2.0], 6.0, True),
        (Verdict.NOT_ATTEMPTED, [3.0, 2.0], 6.0, True),
        (Verdict.WRONG, [3.0, 3.0], 0.0, False),
        (Verdict.WRONG, [2.0], 6.0, False),
        (Verdict.CORRECT, [3.0], 0.0, False),
    ],
)
def test_an_error_is_carried_only_where_it_helps(
    earlier: Verdict, answers: list, score: float, carried: bool
) -> None:
    """A wrong answer after a wrong part is judged again on right parts; the better result counts."""
    of = exam(check("r", exercise="run"))
    run = FakeRun(*answers)
    result = exercised(of, run, 1, before(earlier))
    assert (result.score, result.carried) == (score, carried)
    assert run.worker.script == []
    if len(answers) == 2:  # judged twice: with right parts, and then the student's own notebook again
        assert set(run.asked[0]) == {"walk", "walk_all"} and run.asked[1:] == [None]
    else:
        assert run.asked == []


def test_an_error_is_not_carried_to_who_does_not_lean_on_it() -> None:
    """Where no line can reach the wrong part, right parts would change nothing: it is judged once."""
    answers = {**ANSWERS, "run": "def run(x):\n    return x"}
    run = FakeRun(3.0, answers=answers)
    result = exercised(exam(check("r", exercise="run")), run, 1, before(Verdict.WRONG))
    assert (result.score, result.carried, run.asked) == (0.0, False, [])


def test_the_worse_of_the_two_is_forgotten() -> None:
    """Own work that scores more than on right parts stands, and is not called carried."""
    of = exam(check("r", exercise="run"), check("s", exercise="run"))
    run = FakeRun(2.0, 3.0, 3.0, 3.0)
    result = exercised(of, run, 1, before(Verdict.ERROR))
    assert (result.score, result.carried, run.worker.script) == (3.0, False, [])


def test_helpers_are_functions_that_can_be_served() -> None:
    """All functions of a faulty exercise's cell; what a generator yields comes as a list."""
    helpers = grading._helpers(exam(), before(Verdict.WRONG))
    assert helpers["walk"](2.0) == 4.0
    assert helpers["walk_all"](2.0) == [4.0, 6.0]
    of = dataclasses.replace(exam(), check_set=CheckSet((), {"walk": Walker}, "", "s"))
    assert grading._helpers(of, before(Verdict.WRONG)) == {}


# --- Attempted or not ---------------------------------------------------------------------------------------

OTHER = STUBS["run"]


@pytest.mark.parametrize(
    ("answer", "others", "expected"),
    [
        (OTHER, [], True),
        (f"\n{OTHER}  # a comment\n", [], True),
        (OTHER.replace("raise NotImplementedError()", "return x"), [], False),
        (OTHER, ["def run(x):\n    return x"], False),
        (OTHER, ["def walks(x):\n    return x"], True),
        ("def run(x:\n", [], False),
        ("def run(x):\n    return '\0'", [], False),
        (None, [], True),
        (None, ["def rin(x):\n    return x"], False),
        (None, ["def run(x):\n    return x"], False),
        (None, ["def qqq(x):\n    return x"], True),
        (None, ["x = 1"], True),
    ],
)
def test_a_cell_is_untouched_while_it_is_the_stub(
    answer: str | None, others: list[str], expected: bool
) -> None:
    """White space and comments aside, and if no other cell answers; a cell that is gone by what is there."""
    answers = {} if answer is None else {"run": answer}
    submission = Submission((*answers.values(), *others), answers)
    assert is_stub(release(), release().exercises[1], submission) is expected


def test_an_untouched_cell_is_not_run() -> None:
    """No check is made, no points, and the verdict says so."""
    result = judge(FakeRun(answers=STUBS), exam(check("a")))
    assert result == ExerciseResult("walk", 6.0, 0.0, Verdict.NOT_ATTEMPTED)


# --- The whole submission -----------------------------------------------------------------------------------

BOX = SimpleNamespace(protections_off=("network",))


def test_a_file_that_nobody_can_read_is_not_graded() -> None:
    """Every exercise is there without a score, and the note says what to do."""
    report = grade(exam(), Submission(problem="Save it."), BOX, student="ada", key="k")
    assert [(item.name, item.score, item.points) for item in report.exercises] == [
        ("walk", None, 6.0),
        ("run", None, 6.0),
    ]
    assert {item.verdict for item in report.exercises} == {report.verdict} == {Verdict.NOT_GRADED}
    assert (report.assignment, report.student, report.key) == ("toy", "ada", "k")
    assert (report.notes, report.protections_off, report.score) == (("Save it.",), ("network",), None)


def test_a_submission_is_graded_exercise_by_exercise(monkeypatch: pytest.MonkeyPatch) -> None:
    """Notes of the file come before those of the run; an exercise that breaks leaves the others alone."""

    def broken(student: Any) -> None:
        raise KeyError("ours")

    run = FakeRun(2.0)
    monkeypatch.setattr(grading, "NotebookRun", lambda release, submission, sandbox: run)
    submission = dataclasses.replace(run.submission, notes=("a note of the file",))
    of = exam(check("a"), check("b", exercise="run", function=broken))
    report = grade(of, submission, BOX, student="ada")
    assert [item.verdict.value for item in report.exercises] == ["correct", "grader at fault"]
    assert (report.verdict, report.key, report.protections_off) == (Verdict.GRADER_FAULT, "", ("network",))
    assert report.notes == ("a note of the file", "a note of the run")
    assert run.notes[-1] == "closed"


def test_a_lost_submission_is_the_graders_fault() -> None:
    """It has no score anywhere, and a sentence that says so."""
    report = lost(exam(), "ada")
    assert {item.verdict for item in report.exercises} == {report.verdict} == {Verdict.GRADER_FAULT}
    assert [(item.name, item.score) for item in report.exercises] == [("walk", None), ("run", None)]
    assert "not zero" in report.notes[0] and (report.assignment, report.student) == ("toy", "ada")


def test_the_student_is_named_by_keyword() -> None:
    """A student's name and the result's key are never given by place."""
    with pytest.raises(TypeError):
        grade(exam(), Submission(problem="Save it."), BOX, "ada")


def test_an_exam_is_a_value() -> None:
    """It serves a whole class: nobody may change it; `of` gives an exercise's own checks, in order."""
    of = exam(check("a"), check("b", exercise="run"), check("c"))
    assert [item.name for item in of.check_set.of("walk")] == ["a", "c"]
    assert [item.name for item in of.check_set.of("run")] == ["b"]
    with pytest.raises(dataclasses.FrozenInstanceError):
        of.seed = "other"
