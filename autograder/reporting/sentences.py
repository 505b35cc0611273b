"""What a feedback page says of a verdict: its sign, its meaning, and what to do next."""

from __future__ import annotations

from collections.abc import Sequence

from autograder.grading.verdict import ExerciseResult, Report, Verdict

NEARLY, WELL = 0.9, 1 / 3  # of the points
KEEP = "Keep the notebook, later assignments may build on it."
SYMBOLS = {
    Verdict.CORRECT: "✓",
    Verdict.PARTLY_CORRECT: "◐",
    Verdict.WRONG: "✗",
    Verdict.ERROR: "!",
    Verdict.TIMEOUT: "…",
    Verdict.NOT_ATTEMPTED: "–",
    Verdict.FOR_A_PERSON: "✎",
    Verdict.NOT_GRADED: "?",
    Verdict.GRADER_FAULT: "?",
}
MEANINGS = {
    Verdict.CORRECT: "Every check passed.",
    Verdict.PARTLY_CORRECT: "Some checks passed and some did not.",
    Verdict.WRONG: "It runs, but what it returns is not right.",
    Verdict.ERROR: "The code stopped with an error.",
    Verdict.TIMEOUT: "The code did not finish in time, and neither did it when tried again.",
    Verdict.NOT_ATTEMPTED: "The cell is still as it was given out.",
    Verdict.FOR_A_PERSON: "Your instructor reads this answer and gives the mark.",
    Verdict.NOT_GRADED: "It could not be graded. That is not a zero: no mark was given.",
    Verdict.GRADER_FAULT: "The grader failed here, not you. No mark was given; your instructor can see it.",
}
STEPS = {
    Verdict.PARTLY_CORRECT: "take the first check that did not pass; which line of yours decides it?",
    Verdict.WRONG: "take the first check that did not pass; hold your lines against the formula above it.",
    Verdict.ERROR: "mend what stopped it, then restart the kernel and run all cells.",
    Verdict.TIMEOUT: "look for the loop that never ends, or does far more than the task asks.",
    Verdict.NOT_ATTEMPTED: "replace `raise NotImplementedError()` by your answer; an attempt costs nothing.",
}


def next_step(report: Report, hardest: Sequence[str] = (), last: bool = False) -> str:
    """What to do next, in a sentence or two: where the most points are to be had, or at the beginning.

    ``hardest`` are the assignment's hardest exercises; ``last``: no other assignment follows.
    """
    if report.verdict is Verdict.NOT_GRADED:
        return (
            "Next: open the notebook in Jupyter, mend what is said above, choose “Restart kernel and run "
            "all”, save it, and hand the saved file in again."
        )
    if report.verdict is Verdict.GRADER_FAULT:
        return "Next: nothing, the fault is ours; your instructor has the report and will grade this again."
    flawed = [result for result in report.exercises if result.verdict in STEPS]
    if flawed:
        result = max(flawed, key=lambda one: one.points - (one.score or 0.0))
        if report.verdict is Verdict.NOT_ATTEMPTED:
            result = flawed[0]
        first = "the hint" if result.hints else "the convention" if result.convention else ""
        begin = f"begin with {first}; then " if first else ""
        return f"Next, in {result.name}: {begin}{STEPS[result.verdict]}"
    checks = sum(bool(check.weight) for result in report.exercises for check in result.checks)
    return (
        f"Nothing to repair: your functions passed all {checks} checks, on inputs that you had not seen. "
        f"{_praise(hardest)}{'' if last else KEEP}".rstrip()
    )


def _praise(hardest: Sequence[str]) -> str:
    """That the hardest exercises are right, by name.

    >>> _praise(["heavy_step", "fit_line"])
    'The hardest ones here were heavy_step and fit_line, and you have them. '
    """
    if not hardest:
        return ""
    if len(hardest) == 1:
        return f"The hardest one here was {hardest[0]}, and you have it. "
    return f"The hardest ones here were {', '.join(hardest[:-1])} and {hardest[-1]}, and you have them. "


def overall(report: Report) -> str:
    """One sentence on the whole notebook; what is right comes first."""
    judged = [result for result in report.exercises if result.verdict is not Verdict.FOR_A_PERSON]
    right = sum(result.verdict is Verdict.CORRECT for result in judged)
    points = sum(result.points for result in judged)
    score = sum(result.score or 0.0 for result in judged)
    if report.verdict is Verdict.NOT_ATTEMPTED:
        return "No exercise has been answered yet."
    if report.verdict is not Verdict.PARTLY_CORRECT or not right:
        return MEANINGS[report.verdict]
    begin = "Nearly everything is right: " if score >= NEARLY * points else "Well begun: "
    begin = begin if score >= WELL * points else ""
    return f"{begin}{right} of {len(judged)} exercises passed every check."


def meaning(result: ExerciseResult, hard: bool = False) -> str:
    """One sentence on an exercise; of a partly right one it says how much is right. ``hard`` adds praise."""
    judged = [check for check in result.checks if check.weight]
    passed = sum(check.passed for check in judged)
    if result.verdict is Verdict.CORRECT and hard:
        return f"{MEANINGS[result.verdict]} It is one of the hardest of this assignment."
    if result.verdict is not Verdict.PARTLY_CORRECT or not passed:
        return MEANINGS[result.verdict]
    if passed == len(judged):
        return "Every number is right. What costs points is the form."
    return f"{passed} of {len(judged)} checks passed."
