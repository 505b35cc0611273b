"""The contract that the engine holds every answer against: gates of weight 0, named before all else.

Failing one forfeits the exercise, passing earns nothing. `arguments_untouched` always stands first;
the others are listed only where they fail.
"""

from __future__ import annotations

from collections.abc import Iterable

from autograder.grading.verdict import CheckResult, Verdict

UNTOUCHED = "Arguments stay as they were"
BUILT = "Answers are built as the docstring says"
APART = "What a run remembers stands in its state"


def arguments_untouched(changed: Iterable[str]) -> CheckResult:
    """``changed`` names the arguments that calls have changed."""
    names = ", ".join(changed)
    return _gate(
        "untouched",
        UNTOUCHED,
        f"These arguments were changed in place ({names}); make new arrays instead, "
        "for whoever called still needs the old ones."
        if names
        else "",
    )


def built(breach: str) -> CheckResult:
    """``breach`` says what is wrong with the kind, shape or dtype of an answer."""
    return _gate("built", BUILT, breach)


def apart() -> CheckResult:
    """Two runs that take turns answer otherwise than one alone."""
    return _gate(
        "apart",
        APART,
        "Two runs that take turns disturb each other, though one alone does not: something is kept outside "
        "of the state, in a global variable, a default argument or one array for all calls. Put it into the "
        "state, and return new arrays at every step.",
    )


def _gate(name: str, title: str, message: str) -> CheckResult:
    return CheckResult(name, title, 0.0, Verdict.WRONG if message else Verdict.CORRECT, message)
