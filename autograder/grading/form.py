"""The form of an answer, judged after its values: containers, and what a function does besides answering.

Form alone never forfeits an exercise. Whatever is wrong with it, it costs `SHARE` of the exercise's points,
once, and one row of the result says all of it.
"""

from __future__ import annotations

import inspect
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from autograder.calls import probe
from autograder.calls.journal import Call
from autograder.calls.side import Backend
from autograder.calls.side_effects import side_effects
from autograder.calls.stories import Story
from autograder.grading.verdict import CheckResult, Verdict

SHARE = 0.25  # of an exercise's points
NAME, TITLE = "form", "Answers have the form that the text asks for, and calls leave no traces"

Effects = frozenset[tuple[str, str]]  # (kind, function, or function and argument)

SENTENCES = {
    probe.CHANGED: "An argument is changed in place ({where}). Make new arrays: the caller still needs the "
    "old ones.",
    probe.SHARED: "The answer of {where} shares memory with an argument: when the caller changes its "
    "array, the answer changes too. Return new arrays.",
    probe.KEPT: "What {where} returned or remembers shares memory with the caller's arrays: when the "
    "caller changes them, the next step goes elsewhere. Return new arrays, and keep copies.",
    probe.ANSWERS: "What {where} returned and what it remembers are the same arrays: when the caller "
    "changes its answer, the next one changes too. Return new arrays.",
    probe.BUFFER: "An earlier answer of {where} changes when it is called again: one array serves all "
    "calls. Return new arrays.",
    probe.AGAIN: "The same call of {where} on the same arguments gives another answer the second time: "
    "it changes its state in place, or remembers something outside of it.",
    probe.TURNS: "Two runs of {where} that take turns have other answers than one by itself. Something is "
    "kept or drawn outside of what the function is given: in a global variable, a default argument or one "
    "array for all calls, or by np.random.",
    probe.BRANCH: "Two different steps of {where} from one state disturb each other: the second overwrites "
    "what the state after the first still needs. Keep what each state needs in a memory of its own.",
    probe.ORDER: "{where} pairs the entries of its dicts by their order. Look them up by their names.",
    probe.STALE: "{where} goes by the object that it was given: when the caller has put other numbers into "
    "its arrays, the same call still answers for the old ones. Compute from what they hold at each call.",
    probe.LAYOUT: "{where} answers otherwise when the numbers of its arrays lie otherwise in memory: in a "
    "transposed array, say, or in every second column. Does it go by rows, whatever lies in memory? Of such "
    "an array `reshape` and `ravel` are copies: what is written into them is lost.",
    probe.ENDED: "It ends its process when it is called again on the same arguments.",
}


# What else shows where there is one of these; only the cause is told.
_FOLLOWING = {
    probe.SHARED,
    probe.KEPT,
    probe.AGAIN,
    probe.ANSWERS,
    probe.STALE,
    probe.BRANCH,
    probe.LAYOUT,
}
FOLLOWS = {
    probe.BUFFER: _FOLLOWING | {probe.TURNS},
    probe.CHANGED: _FOLLOWING,
    probe.TURNS: _FOLLOWING | {probe.ORDER},
    probe.AGAIN: _FOLLOWING - {probe.AGAIN, probe.SHARED},
    probe.KEPT: {probe.STALE},
    probe.ANSWERS: {probe.STALE, probe.BRANCH, probe.LAYOUT},
}


def what_right_answers_do(backends: Iterable[Backend], stories: list[Story]) -> frozenset[str]:
    """The kinds of side effects that the reference or a variant shows: they are not asked for."""
    found: set[str] = set()
    for backend in backends:
        found |= {kind for kind, _ in side_effects(backend, stories)}
    return frozenset(found)


def containers(journals: Iterable[Sequence[Call]]) -> list[str]:
    """The first sentence on an answer in another container, of each function."""
    told = {
        call.name: f"{call.name}: {call.form[0]}." for journal in journals for call in journal if call.form
    }
    return list(told.values())


def _named(where: str, functions: Mapping[str, Any]) -> str:
    """A function, or a function and its argument, by name in place of its position.

    >>> _named("scale: 1", {"scale": lambda x, factor: x}), _named("scale", {})
    ('factor of scale', 'scale')
    """
    function, _, place = where.partition(": ")
    if place.isdigit() and function in functions:
        place = list(inspect.signature(functions[function]).parameters)[int(place)]
    return f"{place} of {function}" if place else where


def form_result(
    told: Collection[str], seen: Effects, functions: Mapping[str, Any] | None = None
) -> CheckResult:
    """The row about the form; ``told`` are sentences on containers, ``seen`` side effects that count.

    Of side effects that follow from each other the cause is told. The arguments of ``functions`` are named.
    """
    sentences, following = [*told], {other for kind, _ in seen for other in FOLLOWS.get(kind, ())}
    for kind, sentence in SENTENCES.items():
        if kind in following:
            continue
        if places := sorted(_named(where, functions or {}) for other, where in seen if other == kind):
            sentences.append(sentence.format(where=", ".join(filter(None, places)) or "it"))
    if not sentences:
        return CheckResult(NAME, TITLE, 0.0, Verdict.CORRECT)
    cost = f"The numbers are judged all the same; this costs {SHARE:.0%} of the exercise, once."
    return CheckResult(NAME, TITLE, 0.0, Verdict.WRONG, " ".join([*sentences, cost]))
