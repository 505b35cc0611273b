"""Rules that hold for every answer, whatever its exercise: gates, that is checks of weight 0, listed first.

An answer that breaks a rule gets no points for the exercise; keeping the rules earns nothing.
`arguments_untouched` is always listed, the others only where they fail.
"""

from __future__ import annotations

from collections.abc import Iterable

from autograder.grading.verdict import CheckResult, Verdict

UNTOUCHED = "Arguments stay as they were"
BUILT = "Answers are built as the docstring says"
APART = "What a run remembers stands in its state"


def arguments_untouched(changed: Iterable[str]) -> CheckResult:
    """The gate for arguments changed in place; ``changed`` holds their names."""
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
    """The gate for an answer of the wrong kind, shape or dtype; ``breach`` is the sentence about it."""
    return _gate("built", BUILT, breach)


def apart() -> CheckResult:
    """The gate for memory outside of the state: two interleaved runs answer differently from one alone."""
    return _gate(
        "apart",
        APART,
        "Two runs that take turns disturb each other, though one alone does not: something is kept outside "
        "of the state, in a global variable, a default argument or one array for all calls. Put it into the "
        "state, and return new arrays at every step.",
    )


def _gate(name: str, title: str, message: str) -> CheckResult:
    return CheckResult(name, title, 0.0, Verdict.WRONG if message else Verdict.CORRECT, message)
