"""Measures the grader: every specimen of an assignment is graded as if a student had handed it in.

- The reference and every variant must pass.
- The released stub and every trivial stub must earn nothing.
- Every named mistake must lose points and get its own hint; what it costs is in proportion (`share_of`).
- Every convention must lose points and get its own sentence, and no hint.
- Right numbers in another form must lose no more than the share for form, unless the visible check refuses
  them; a container that the visible check accepts must cost nothing.
"""

from __future__ import annotations

import ast
import contextlib
import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from pathlib import Path

from autograder.classroom.pool import jobs_for, spread
from autograder.course.cells import filled, visible_check, written
from autograder.course.course import Course, CourseError
from autograder.course.release import Exercise
from autograder.course.source import functions_of
from autograder.course.specimens import Specimen, load_specimens
from autograder.grading.exam import Exam, load_exam
from autograder.grading.form import SHARE
from autograder.grading.grading import grade
from autograder.grading.notebook_run import NotebookRun
from autograder.grading.share import WITH_A_FAULT
from autograder.grading.verdict import ExerciseResult, Report, Verdict
from autograder.measure.disclosure import HiddenNumbers, disclosed, hidden_numbers
from autograder.measure.trivial import stubs
from autograder.measure.wrappers import CONTAINERS, SWAPPED, wrappers
from autograder.sandbox.sandbox import Sandbox, sandbox_for
from autograder.submissions.submission import Submission, read_submission
from autograder.worker.wire import WireError

AUDIT_SEED = "audit"
VISIBLE_SECONDS = 20
DISCLOSES = "gives a hidden number away, "


@dataclass(frozen=True)
class Row:
    """One specimen graded: what was expected of it, what happened, and the sentence if that is wrong.

    ``hinted`` names the mistakes or conventions that were recognised; ``report`` holds the exercises that
    the specimen can affect.
    """

    exercise: str
    kind: str
    name: str
    result: ExerciseResult
    hinted: tuple[str, ...]
    problem: str
    report: Report


def audit(course: Course, slug: str, seed: str = AUDIT_SEED) -> tuple[Row, ...]:
    """Grade every specimen of ``slug``; rows in the order of the exercises."""
    exam = load_exam(course, slug, seed)
    mistakes, conventions, variants = (
        load_specimens(course.content(slug), kind, exam.release.names)
        for kind in ("MISTAKES", "CONVENTIONS", "VARIANTS")
    )
    cases: list[Callable[[_Bench], Row]] = []
    for exercise in exam.release.exercises:
        mine, elsewhere, right = (
            [item for item in kind if item.exercise == exercise.name]
            for kind in (mistakes, conventions, variants)
        )
        cases.append(partial(_right, exercise, "reference", Specimen(exercise.name, "reference", "")))
        cases += [partial(_stub, exercise, item) for item in stubs(exercise, exam.source)]
        cases += [partial(_mistake, exercise, item, mine) for item in mine]
        cases += [partial(_convention, exercise, item, elsewhere) for item in elsewhere]
        cases += [partial(_right, exercise, "variant", item) for item in right]
        cases += [partial(_form, exercise, item) for item in wrappers(exercise, exam.source)]
    rows = dict(spread(cases, partial(_opened, exam), _died, jobs_for(len(cases))))
    secrets = hidden_numbers(exam)
    return tuple(_with_disclosure(rows[index], secrets) for index in range(len(cases)))


def _with_disclosure(row: Row, secrets: HiddenNumbers) -> Row:
    """The row, with a problem if a sentence of its report discloses a hidden number."""
    found = disclosed(secrets, row.report)
    return replace(row, problem=row.problem or f"{DISCLOSES}{found[0]}") if found else row


@contextmanager
def _opened(exam: Exam) -> Iterator[Callable[[Callable[[_Bench], Row]], Row]]:
    """The function that grades a case in one process of the pool, with a sandbox and a temporary folder."""
    with sandbox_for(exam.release) as sandbox, tempfile.TemporaryDirectory() as folder:
        bench = _Bench(exam, sandbox, Path(folder) / f"{exam.release.slug}.ipynb")
        yield partial(_graded, bench)


def _graded(bench: _Bench, case: Callable[[_Bench], Row], overran: tuple[str, ...] = ()) -> Row:
    if overran:
        names = ", ".join(overran)
        raise CourseError(f"{names} took longer than a submission may; audit it on an idle machine.")
    return case(bench)


def _died(case: partial) -> Row:
    specimen = next(item for item in case.args if isinstance(item, Specimen))
    raise CourseError(
        f"the process that audited {specimen.exercise}/{specimen.name} ended twice; run it alone."
    )


class _Bench:
    """Turns a specimen into a notebook file, reads and grades it like a submission."""

    def __init__(self, exam: Exam, sandbox: Sandbox, path: Path) -> None:
        self.exam, self.sandbox, self.path = exam, sandbox, path

    def grade(self, specimen: Specimen, exercises: tuple[Exercise, ...] = ()) -> Report:
        """The report on ``exercises``, or on all that the specimen can affect."""
        submission = self._submission(specimen)
        exercises = exercises or affected(self.exam, specimen.exercise)
        release = replace(self.exam.release, exercises=exercises, manual=())
        return grade(replace(self.exam, release=release), submission, self.sandbox, student="audit")

    def passes_visible_check(self, specimen: Specimen) -> bool:
        with NotebookRun(self.exam.release, self._submission(specimen), self.sandbox) as run:
            source = visible_check(self.exam.release, specimen.exercise)
            request = {"op": "run", "number": 0, "source": source}
            with contextlib.suppress(WireError):
                return "error" not in run.worker.ask(request, wall_seconds=VISIBLE_SECONDS)
        return False

    def _submission(self, specimen: Specimen) -> Submission:
        notebook = filled(self.exam.release, answers(self.exam, specimen))
        self.path.write_text(json.dumps(notebook), encoding="utf-8")
        return read_submission(self.path, self.exam.release)


def affected(exam: Exam, name: str) -> tuple[Exercise, ...]:
    """The exercise called ``name`` and those whose reference calls it, directly or not.

    The whole notebook runs for every specimen, but only the results of these exercises can change by it.
    """
    reached = _names_in(exam.source)
    own = {exercise.name: set(functions_of(exercise.stub)) for exercise in exam.release.exercises}
    hit = set(own[name])
    while more := {function for function, used in reached.items() if used & hit} - hit:
        hit |= more
    return tuple(exercise for exercise in exam.release.exercises if own[exercise.name] & hit)


@lru_cache(maxsize=16)
def _names_in(source: str) -> dict[str, set[str]]:
    """The names that each function of ``source`` uses."""
    return {
        function: {node.id for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Name)}
        for function, text in functions_of(source).items()
    }


def answers(exam: Exam, specimen: Specimen) -> dict[str, str]:
    """The solution cells of a notebook: the reference, with the specimen's functions in place of its own."""
    return written(exam.release.coded, exam.source, specimen.functions(exam.source))


def _result(report: Report, exercise: Exercise) -> ExerciseResult:
    return next(result for result in report.exercises if result.name == exercise.name)


def _right(exercise: Exercise, kind: str, specimen: Specimen, bench: _Bench) -> Row:
    report = bench.grade(specimen)
    result = _result(report, exercise)
    failed = [check.title for check in result.checks if not check.passed]
    problem = "" if result.verdict is Verdict.CORRECT else f"refused: {'; '.join(failed) or result.verdict}"
    problem = problem or _elsewhere(report, exercise)
    return Row(exercise.name, kind, specimen.name, result, (), problem, report)


def _stub(exercise: Exercise, specimen: Specimen, bench: _Bench) -> Row:
    report = bench.grade(specimen)
    result = _result(report, exercise)
    passed = [check.name for check in result.checks if check.weight and check.passed]
    problem = f"earns {result.score} by {', '.join(passed)}" if result.score or passed else ""
    return Row(exercise.name, "stub", specimen.name, result, (), problem, report)


def _mistake(exercise: Exercise, specimen: Specimen, known: list[Specimen], bench: _Bench) -> Row:
    report = bench.grade(specimen)
    result = _result(report, exercise)
    hinted = tuple(item.name for item in known if item.note in result.hints)
    if result.verdict is Verdict.CORRECT:
        problem = "not caught"
    elif result.convention:
        problem = "taken for a convention; is it one, or does no check tell them apart?"
    elif specimen.note not in result.hints:
        problem = f"hinted as {', '.join(hinted)}" if hinted else "caught without its hint"
    else:
        problem = _out_of_proportion(result, specimen) or _elsewhere(report, exercise)
    return Row(exercise.name, "mistake", specimen.name, result, hinted, problem, report)


def _out_of_proportion(result: ExerciseResult, specimen: Specimen) -> str:
    """The problem of a mistake that keeps nearly all, or of one that costs more than it may."""
    kept = (result.score or 0.0) / result.points
    if kept > WITH_A_FAULT + 1e-6:
        return f"keeps {kept:.0%} of the points"
    least = (1 - specimen.cost) * (1 - SHARE)  # with a fault of form as well
    return f"keeps {kept:.0%} of the points, {least:.0%} at least is right" if kept < least - 1e-6 else ""


def _convention(exercise: Exercise, specimen: Specimen, known: list[Specimen], bench: _Bench) -> Row:
    report = bench.grade(specimen)
    result = _result(report, exercise)
    named = tuple(item.name for item in known if item.note in result.convention)
    if result.verdict is Verdict.CORRECT:
        problem = "not caught"
    elif specimen.note not in result.convention:
        problem = f"named as {', '.join(named)}" if named else "caught without its sentence"
    elif result.hints:
        problem = "answered with a mistake's hint beside its sentence"
    else:
        problem = _elsewhere(report, exercise)
    return Row(exercise.name, "convention", specimen.name, result, named, problem, report)


def _form(exercise: Exercise, specimen: Specimen, bench: _Bench) -> Row:
    report = bench.grade(specimen, (exercise,))
    result = _result(report, exercise)
    share, problem = (result.score or 0.0) / exercise.points, ""
    if result.score is None:
        problem = "the grader was at fault"
    elif specimen.name == SWAPPED:
        problem = "right, although its members changed places" if share == 1 else ""
    elif share < 1 and bench.passes_visible_check(specimen):
        if share < 1 - SHARE - 1e-6:
            problem = "loses more than the share for form, and its visible check passes"
        elif specimen.name in CONTAINERS:
            problem = "costs the share for form, and its visible check does not say so"
    return Row(exercise.name, "form", specimen.name, result, (), problem, report)


def _elsewhere(report: Report, exercise: Exercise) -> str:
    """The problem of a specimen that costs points in another exercise too, although errors are carried."""
    hurt = [
        result.name
        for result in report.exercises
        if result.name != exercise.name and result.verdict is not Verdict.CORRECT
    ]
    return f"costs points in {', '.join(hurt)}" if hurt else ""


def table(rows: tuple[Row, ...]) -> str:
    """The rows as text, by exercise, each problem below its row; the last line has the counts."""
    lines = []
    for exercise in dict.fromkeys(row.exercise for row in rows):
        mine = [row for row in rows if row.exercise == exercise]
        lines.append(f"{exercise}")
        for row in mine:
            score = "-" if row.result.score is None else f"{row.result.score:g}"
            mark = f"{score}/{row.result.points:g}"
            label = "convention" if row.kind == "convention" else "hint"
            hints = f" {label}: {', '.join(row.hinted)}" if row.hinted else ""
            cost = f" costs {_cost(row.result):.0%}" if row.kind in ("mistake", "convention") else ""
            lines.append(
                f"  {row.kind:<10} {row.name:<34} {mark:>9}  {row.result.verdict.value}{cost}{hints}"
            )
            if row.problem:
                lines.append(f"    !! {row.problem}")
    counts = {
        kind: sum(row.kind == kind for row in rows)
        for kind in ("mistake", "convention", "variant", "stub", "form")
    }
    wrong = sum(bool(row.problem) for row in rows)
    tied = sum(len(row.hinted) > 1 for row in rows)
    lines.append(
        f"{counts['mistake']} mistakes ({tied} tied), {counts['convention']} conventions, "
        f"{counts['variant']} variants, {counts['stub']} stubs, {counts['form']} other forms: "
        + (f"{wrong} wrong" if wrong else "all as they should be")
    )
    return "\n".join(lines)


def _cost(result: ExerciseResult) -> float:
    return 1 - (result.score or 0.0) / result.points


def gate(course: Course, slug: str) -> list[str]:
    """A sentence for each problem in the audit of ``slug``; a release is refused while there is one."""
    return [
        f"{row.exercise}: the {row.kind} {row.name} is not judged as it should be ({row.problem})"
        for row in audit(course, slug)
        if row.problem
    ]
