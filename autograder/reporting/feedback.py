"""One student's feedback: a self-contained page, and a short form of it for a notebook's check cell."""

from __future__ import annotations

import difflib
import functools
import re
from collections import Counter
from collections.abc import Mapping
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autograder.course.reading import NOTHING_TO_READ, Reading
from autograder.course.release import Release
from autograder.grading.verdict import MARKLESS, UNGRADED, CheckResult, ExerciseResult, Report, Verdict
from autograder.reporting.marks import NO_OVERRIDES, Override, Overrides, lateness, mark, number, total
from autograder.reporting.sentences import SYMBOLS, meaning, next_step, overall
from autograder.safe_text import visible
from autograder.term.policy import IN_TIME, Standing

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

MAX_ANSWER_LINES, MAX_ANSWER_LETTERS, KEPT_GIVEN_LINES = 400, 40_000, 5
BRIEF = (Verdict.NOT_ATTEMPTED, Verdict.FOR_A_PERSON, Verdict.NOT_GRADED)  # of one sentence: folded
UNREAD = "{} more did not pass either. They build on the first one: look at them again once it is right."


def render_feedback(
    report: Report,
    release: Release,
    answers: Mapping[str, str],
    overrides: Overrides = NO_OVERRIDES,
    standing: Standing = IN_TIME,
    reading: Reading = NOTHING_TO_READ,
) -> str:
    """The whole page: HTML without scripts and without requests to other hosts.

    ``reading`` are the sections of the book that belong to each exercise, and what follows.
    """
    points, maximum = total(report, release, overrides), sum(one.points for one in release.marked)
    results = {result.name: result for result in report.exercises}
    exercises = []
    for exercise in release.marked:
        result = results.get(exercise.name) or ungraded(report, exercise.name, exercise.points)
        override = overrides.get(exercise.name, Override())
        exercises.append(
            {
                **view(result),
                "meaning": meaning(result, exercise.name in reading.hardest),
                "sections": [
                    (one.heading, one.chapter, reading.link(one))
                    for one in reading.sections.get(exercise.name, ())
                ],
                "mark": number(mark(result, override)),
                "manual": override.score is not None or override.extra != 0,
                "extra": number(override.extra) if override.extra else "",
                "comment": override.comment,
                "answer": answer_lines(answers.get(exercise.name, ""), exercise.stub),
            }
        )
    following, done = reading.following, report.verdict is Verdict.CORRECT
    return render(
        "feedback.html.jinja",
        report=report,
        title=release.title,
        symbol=SYMBOLS[report.verdict],
        kind=kind(report.verdict),
        meaning=overall(report),
        next_step=next_step(report, reading.hardest, last=following is None),
        following=(following.heading, reading.link(following)) if following and done else None,
        total=number(standing.final(points, maximum)),
        max_total=number(maximum),
        late=lateness(standing.seconds),
        points=number(points),
        penalty=number(standing.penalty(points, maximum)) if standing.penalty(points, maximum) else "",
        excused=standing.excused,
        extended=standing.extended,
        exercises=exercises,
        brief=[verdict.value for verdict in BRIEF],
    )


def answer_lines(answer: str, stub: str) -> list[tuple[str, str]]:
    """(kind, line) of an answer: "own", "given" for a line of the stub, "cut" for lines that are left out.

    Long runs of given lines (most often the docstring) are left out. An unchanged stub has no lines.

    >>> answer_lines("def f():\\n    return 1", "def f():\\n    raise NotImplementedError()")
    [('given', 'def f():'), ('own', '    return 1')]
    """
    if answer.strip() in ("", stub.strip()):
        return []
    lines, given = answer[:MAX_ANSWER_LETTERS].split("\n"), stub.split("\n")
    shown: list[tuple[str, str]] = []
    matcher = difflib.SequenceMatcher(None, given, lines[:MAX_ANSWER_LINES], autojunk=False)
    for tag, _, _, start, end in matcher.get_opcodes():
        run = lines[start:end]
        if tag == "equal" and len(run) > KEPT_GIVEN_LINES:
            shown += [("given", run[0]), ("cut", f"… {len(run) - 2} lines as given …"), ("given", run[-1])]
        else:
            shown += [("given" if tag == "equal" else "own", line) for line in run]
    if len(lines) > MAX_ANSWER_LINES or len(answer) > MAX_ANSWER_LETTERS:
        shown.append(("cut", "… the rest is in your notebook …"))
    return shown


def exercise_html(result: ExerciseResult, notes: tuple[str, ...] = ()) -> str:
    """One exercise's feedback as a fragment for a notebook's output."""
    return render("exercise.html.jinja", notes=notes, **view(result)).strip()


def exercise_text(result: ExerciseResult, notes: tuple[str, ...] = ()) -> str:
    """One exercise's feedback as plain text."""
    given = "no mark yet, of" if result.score is None else f"{number(result.score)} of"
    lines = [f"{result.name}: {result.verdict.value} ({given} {number(result.points)} points)", *notes]
    shown = view(result)
    lines += [f"By another convention: {result.convention}"] if result.convention else []
    lines += [f"Hint: {hint}" for hint in result.hints] + shown["stopped"].splitlines()
    if result.example:
        lines += ["Try this in your notebook:", *(f"  {line}" for line in result.example.source.splitlines())]
        lines += [f"  expected: {result.example.expected}", f"  yours:    {result.example.yours}"]
        lines += [f"  {result.example.remark}"] if result.example.remark else []
    for check in shown["checks"]:
        lines.append(f"{check['symbol']} {check['title']}")
        lines += [f"  {line}" for line in check["message"].splitlines()]
    lines += [shown["unread"]] if shown["unread"] else []
    return visible("\n".join(lines))


def view(result: ExerciseResult) -> dict[str, Any]:
    """The values of one exercise for a template.

    If every check ended in an error or timeout, or there is no cell, ``stopped`` says why and no checks are
    listed. If the first check failed, which tries the plain formula, the others that failed are only counted
    in ``unread``: their messages would speak of more than is known. No message stands twice.
    """
    ends = (Verdict.ERROR, Verdict.TIMEOUT, Verdict.NOT_ATTEMPTED)
    judged = [check for check in result.checks if check.weight]
    stopped = bool(result.checks) and all(check.verdict in ends for check in judged)
    reason = next((check.message for check in result.checks if check.message), "") if stopped else ""
    shown, unread = [check for check in result.checks if check.weight or not check.passed], 0
    if judged and not judged[0].passed:
        later = [check for check in judged[1:] if not check.passed]
        shown, unread = [check for check in shown if check not in later], len(later)
    all_cases = Counter(title(check) for check in result.checks)
    rows: list[dict[str, Any]] = []
    told: set[str] = set()
    for (name, verdict, message), group in groupby(shown, lambda one: (title(one), one.verdict, one.message)):
        cases = len(list(group))
        rows.append(
            {
                "title": f"{name}{_so_many(cases, all_cases[name])}",
                "passed": verdict is Verdict.CORRECT,
                "cases": cases,
                "symbol": SYMBOLS[verdict],
                "message": "" if message in told else message,
                "verdict": verdict.value,
            }
        )
        told.add(message)
    attempted = result.verdict is not Verdict.NOT_ATTEMPTED
    return {
        "name": result.name,
        "verdict": result.verdict.value,
        "symbol": SYMBOLS[result.verdict],
        "kind": kind(result.verdict),
        "meaning": meaning(result),
        "score": number(result.score),
        "points": number(result.points),
        "hints": result.hints,
        "convention": result.convention,
        "example": result.example,
        "carried": result.carried,
        "stopped": reason,
        "checks": rows if attempted and not reason else [],
        "unread": UNREAD.format(unread) if unread and not reason else "",
    }


def _so_many(cases: int, of: int) -> str:
    """How many of a check's cases ended alike, where there is more than one.

    >>> _so_many(1, 1), _so_many(3, 3), _so_many(1, 3)
    ('', ' (3 cases)', ' (1 of 3 cases)')
    """
    if cases == of:
        return f" ({cases} cases)" if cases > 1 else ""
    return f" ({cases} of {of} cases)"


def kind(verdict: Verdict) -> str:
    """The colour family of a verdict: good, part, bad or none."""
    if verdict is Verdict.CORRECT:
        return "good"
    if verdict is Verdict.PARTLY_CORRECT:
        return "part"
    return "none" if verdict in MARKLESS or verdict is Verdict.NOT_ATTEMPTED else "bad"


def title(check: CheckResult) -> str:
    """The check's sentence, or its name in words where it has none.

    >>> title(CheckResult("test_eval_mode_uses_running_statistics", "", 1.0, Verdict.CORRECT))
    'Eval mode uses running statistics'
    """
    return check.title.strip() or check.name.removeprefix("test_").replace("_", " ").capitalize()


def ungraded(report: Report, name: str, points: float) -> ExerciseResult:
    """The result of an exercise that is not in the report: ungraded, like the whole file."""
    verdict = report.verdict if report.verdict in UNGRADED else Verdict.NOT_GRADED
    return ExerciseResult(name, points, None, verdict)


def render(template: str, **values: Any) -> str:
    """A filled template, with every value escaped, lone surrogates and control characters replaced."""
    return visible(_environment().get_template(template).render(**values))


@functools.cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # slow to load, needed only for pages

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["in_code"] = _in_code
    return environment


def _in_code(text: str) -> Markup:
    """Escaped HTML in which what stands between backticks on one line is code.

    >>> _in_code("`1 < 2` holds, ``x`` too")
    Markup('<code>1 &lt; 2</code> holds, <code>x</code> too')
    """
    from markupsafe import Markup, escape

    return Markup(re.sub(r"(`{1,2})([^`\n]+)\1", r"<code>\2</code>", str(escape(text))))
