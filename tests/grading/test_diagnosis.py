"""Recognising a wrong answer by what its calls answered: replay, ties, NaN, states, questions asked."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from autograder.calls.backends import LocalBackend
from autograder.calls.journal import Call, Recorder, State
from autograder.calls.proxy import Proxy
from autograder.calls.side_effects import AskedSideEffects
from autograder.calls.stories import Line
from autograder.course.checks import Check
from autograder.course.course import CourseError
from autograder.course.specimens import Specimen
from autograder.grading.diagnosis import Diagnosis, Shown, Traced, prepare, recognise, same_journals

SOURCE = """\
import numpy as np


def scale(x, by=2.0):
    return by * x


def slope(f, x):
    return f(x + 1.0) - f(x)


def walk_init(x):
    return {"sum": 0.0 * x}


def walk_step(params, grads, state, *, lr):
    total = state["sum"] + grads
    return params - lr * total, {"sum": total}


def noisy(x, *, rng):
    return x + rng.normal(size=x.shape)
"""


def check(exercise: str, function: Callable) -> Check:
    return Check(function.__name__, "A title.", exercise, 1.0, function, {}, ("student", "reference", "rng"))


def scales(student: Any, reference: Any, rng: np.random.Generator) -> None:
    x = rng.normal(size=3)
    assert np.allclose(student.scale(x), reference.scale(x)), "no"


def scales_otherwise(student: Any, reference: Any, rng: np.random.Generator) -> None:
    x = rng.normal(size=3)
    assert np.allclose(student.scale(x, by=-1.5), reference.scale(x, by=-1.5)), "no"


def slopes(student: Any, reference: Any, rng: np.random.Generator) -> None:
    f = Recorder(lambda x: 3.0 * x)
    assert student.slope(f, float(rng.normal())) == 3.0 and len(f.log) == 2, "no"


def walks(student: Any, reference: Any, rng: np.random.Generator) -> None:
    start, grads = rng.normal(size=2), list(rng.normal(size=(4, 2)))
    got, want = (side.trajectory("walk", start, grads, lr=0.1) for side in (student, reference))
    assert np.allclose(got, want), "no"


def draws(student: Any, reference: Any, rng: np.random.Generator) -> None:
    student.noisy(np.zeros(3), rng=rng)
    raise AssertionError("no")


CHECKS = (
    check("scale", scales),
    check("scale", scales_otherwise),
    check("slope", slopes),
    check("walk_step", walks),
    check("noisy", draws),
)


def mistake(exercise: str, name: str, *swaps: tuple[str, str]) -> Specimen:
    return Specimen(exercise, name, f"the note of {name}", swaps)


def namespace(*swaps: tuple[str, str]) -> dict[str, Any]:
    source = SOURCE
    for old, new in swaps:
        assert source.count(old) == 1
        source = source.replace(old, new)
    space: dict[str, Any] = {}
    exec(source, space)
    return space


def found(exercise: str, mistakes: list[Specimen], *swaps: tuple[str, str], seed: str = "s") -> list[str]:
    """The mistakes that an answer with these swaps is recognised as."""
    mine = tuple(item for item in CHECKS if item.exercise == exercise)
    known = prepare(tuple(mistakes), SOURCE, namespace(), CHECKS, seed)
    journals = Traced(lambda: namespace(*swaps), namespace(), mine, seed)
    return [item.name for item in recognise(exercise, journals, known)]


PLUS = mistake("scale", "plus", ("by * x", "by + x"))
MINUS = mistake("scale", "minus", ("by * x", "-by * x"))


def test_a_mistake_is_recognised_by_its_answers() -> None:
    """The same mistake written otherwise has the same journals; another one has not."""
    assert found("scale", [PLUS, MINUS], ("by * x", "x + by")) == ["plus"]
    assert found("scale", [PLUS, MINUS], ("by * x", "0 - x * by")) == ["minus"]
    assert found("scale", [PLUS, MINUS], ("by * x", "3 * by * x")) == []


def test_a_constant_may_have_been_chosen_otherwise() -> None:
    """Another seed of an own generator and another guard are the same mistake; other values are not tried."""
    own = mistake("noisy", "own", ("rng.normal", "np.random.default_rng(0).normal"))
    assert found("noisy", [own], ("rng.normal", "np.random.default_rng(42).normal")) == ["own"]
    assert found("noisy", [own], ("rng.normal", "np.random.default_rng(98765).normal")) == []
    guarded = replace(
        mistake("scale", "guarded", ("by * x", "by * x + 1e-3")), free=("+ {}", ("1e-3", "0.5"))
    )
    for value, names in (("1e-3", ["guarded"]), ("0.5", ["guarded"]), ("0.25", [])):
        assert found("scale", [guarded], ("by * x", f"by * x + {value}")) == names


def test_a_mistake_as_it_is_written_comes_first() -> None:
    """If a mistake explains an answer, another one with a suitable constant is not named beside it."""
    twice = mistake("scale", "twice", ("by * x", "2.0 * by * x"))
    often = replace(mistake("scale", "often", ("by * x", "3.0 * by * x")), free=("{} * by", ("3.0", "2.0")))
    assert found("scale", [often, twice], ("by * x", "by * x + by * x")) == ["twice"]
    also = replace(often, name="also", swaps=(("by * x", "4.0 * by * x"),), free=("{} * by", ("4.0", "2.0")))
    assert found("scale", [often, also], ("by * x", "by * x + by * x")) == []


def test_a_free_constant_that_is_not_there_is_refused() -> None:
    """Its pattern must occur in the mistake's code."""
    with pytest.raises(CourseError, match="which is to be free"):
        found("scale", [replace(PLUS, free=("+ {}", ("1e-8",)))])


def test_right_work_is_no_mistake() -> None:
    """The reference's own journals belong to nobody."""
    assert found("scale", [PLUS, MINUS]) == []


def test_every_check_counts() -> None:
    """Agreeing in one check and not in another is another mistake."""
    absolute = mistake("scale", "absolute", ("by * x", "abs(by) * x"))
    assert found("scale", [absolute], ("by * x", "2.0 * x")) == []


def test_mistakes_that_no_check_tells_apart_are_named_together() -> None:
    """A tie is told as such, in the order of the author."""
    other = mistake("scale", "sum", ("by * x", "x + by + 0.0"))
    assert found("scale", [other, PLUS, MINUS], ("by * x", "by + x")) == ["sum", "plus"]


def test_a_mistake_of_another_exercise_is_not_named() -> None:
    """Journals are compared within an exercise; a mistake without a check is left out."""
    foreign = mistake("nowhere", "foreign", ("by * x", "by + x"))
    assert found("scale", [foreign], ("by * x", "by + x")) == []
    assert prepare((foreign,), SOURCE, namespace(), CHECKS, "s") == ()


def test_rounding_is_no_difference_and_more_is() -> None:
    """Journals agree to nine digits."""
    assert found("scale", [PLUS], ("by * x", "(by + x) * (1 + 1e-12)")) == ["plus"]
    assert found("scale", [PLUS], ("by * x", "(by + x) * (1 + 1e-6)")) == []


def test_nan_agrees_with_nan_at_the_same_place() -> None:
    """A mistake that divides zero by zero is recognised all the same."""
    nans = mistake("scale", "nans", ("by * x", "np.where(x > 0, np.nan, x)"))
    assert found("scale", [nans], ("by * x", "np.where(x > 0, np.inf - np.inf, x)")) == ["nans"]
    assert found("scale", [nans], ("by * x", "np.where(x < 0, np.nan, x)")) == []
    assert found("scale", [nans], ("by * x", "np.where(x > 0, np.inf, x)")) == []


@pytest.mark.parametrize(
    ("body", "other"),
    [
        ("x.missing", "(x + 0).missing"),
        ("1 / 0 * x", "x * (1 / 0)"),
        ("x[:1]", "x[:1] + 1"),  # both have the same wrong shape
    ],
)
def test_faults_are_compared_by_what_they_say(body: str, other: str) -> None:
    """Of an exception type and message are recognised, of a wrong structure its sentence."""
    broken = mistake("scale", "broken", ("by * x", body))
    assert found("scale", [broken], ("by * x", other)) == ["broken"]
    assert found("scale", [broken], ("by * x", "undefined")) == []


@pytest.mark.parametrize("other", ["np.undefined", "getattr(x, 'absent')", "1 / 0 * x"])
def test_another_exception_is_another_mistake(other: str) -> None:
    """An answer that raises whatever it is asked has not made every mistake that raises."""
    broken = mistake("scale", "broken", ("by * x", "x.missing"))
    assert found("scale", [broken], ("by * x", other)) == []


@pytest.mark.parametrize("other", ["x[:2]", "(x, x)", "x[0]", "None"])
def test_another_wrong_structure_is_another_mistake(other: str) -> None:
    """A hint about a wrong shape is not given to every answer that does not fit."""
    short = mistake("scale", "short", ("by * x", "x[:1]"))
    assert found("scale", [short], ("by * x", other)) == []


def test_another_container_is_part_of_the_journal() -> None:
    """A mistake whose numbers come as a list is another one than with an array."""
    listed = mistake("scale", "listed", ("by * x", "(by + x).tolist()"))
    assert found("scale", [listed, PLUS], ("by * x", "[*(by + x)]")) == ["listed"]
    assert found("scale", [listed, PLUS], ("by * x", "by + x")) == ["plus"]


STORY = ((Line("scale", (np.ones(2),), {}, "read"),) * 2,)
IN_PLACE = mistake("scale", "in_place", ("return by * x", "x += by\n    return x"))


def test_side_effects_tell_mistakes_apart() -> None:
    """The same numbers by work in place are another mistake; what right work does too counts for nothing."""
    journals = Traced(lambda: namespace(("by * x", "by + x")), namespace(), CHECKS[:2], "s")
    in_place, plus = known = prepare((IN_PLACE, PLUS), SOURCE, namespace(), CHECKS, "s")
    own = {kind for kind, _ in in_place.journals.side_effects([*STORY])}
    assert {"changed", "shared"} <= own and not plus.journals.side_effects([*STORY])

    def named(seen: set[str], allowed: set[str]) -> list[str]:
        asked = AskedSideEffects([*STORY], frozenset(allowed))
        shown = Shown(asked, frozenset((kind, "scale: 0") for kind in seen))
        return [item.name for item in recognise("scale", journals, known, shown=shown)]

    assert named(own, set()) == ["in_place"]
    assert named(own - {"shared"}, {"shared"}) == ["in_place"]
    assert named(set(), set()) == ["plus"]
    assert named({"changed"}, set()) == []
    assert named(set(), own) == ["in_place", "plus"]


def test_questions_to_a_recorder_are_part_of_the_journal() -> None:
    """Two answers with the same value differ by what they asked of the function that they were given."""
    often = mistake("slope", "often", ("return f(x + 1.0)", "f(x)\n    return f(x + 1.0)"))
    asks_twice = ("return f(x + 1.0)", "f(x + 0.0)\n    return f(x + 1.0)")
    elsewhere = ("return f(x + 1.0)", "f(x + 7.0)\n    return f(x + 1.0)")
    assert found("slope", [often], asks_twice) == ["often"]
    assert found("slope", [often], elsewhere) == []
    assert found("slope", [often]) == []


def test_a_states_layout_is_no_part_of_the_journal() -> None:
    """A mistake is recognised in a student who keeps the state in another form."""
    forgets = mistake("walk_step", "forgets", ('state["sum"] + grads', "grads"))
    as_list = (
        ('return {"sum": 0.0 * x}', "return [0]"),
        ('total = state["sum"] + grads', "total = grads"),
        ('lr * total, {"sum": total}', "lr * total, [total]"),
    )
    assert found("walk_step", [forgets], *as_list) == ["forgets"]


def test_each_mistake_has_its_own_init() -> None:
    """A mistake in the init is replayed with that init."""
    ahead = mistake("walk_step", "ahead", ("0.0 * x", "1.0 + 0.0 * x"))
    assert found("walk_step", [ahead], ("0.0 * x", "x / x")) == ["ahead"]


def test_draws_are_recognised_in_the_references_order() -> None:
    """Same generator, same order of draws: the mistake is named; another order is another answer."""
    uniform = mistake("noisy", "uniform", ("rng.normal(size=x.shape)", "rng.random(x.shape)"))
    assert found("noisy", [uniform], ("rng.normal(size=x.shape)", "rng.uniform(size=x.shape)")) == ["uniform"]
    assert found("noisy", [uniform], ("rng.normal(size=x.shape)", "rng.random(x.shape)[::-1]")) == []


def test_the_seed_decides_the_probes() -> None:
    """Replays and submissions have to share the seed."""
    known = prepare((PLUS,), SOURCE, namespace(), CHECKS, "one")
    journals = Traced(lambda: namespace(("by * x", "by + x")), namespace(), CHECKS[:2], "another")
    assert recognise("scale", journals, known) == ()


def test_checks_that_draw_are_asked_again() -> None:
    """A mistake has a second set of journals, of other draws, in the checks that draw their probes only."""

    def fixed(student: Any) -> None:
        student.scale(np.ones(2), by=3.0)

    def drawn(student: Any, rng: np.random.Generator) -> None:
        student.scale(rng.normal(size=2), by=3.0)

    checks = (
        replace(check("scale", fixed), fixtures=("student",)),
        replace(check("scale", drawn), fixtures=("student", "rng")),
    )
    (entry,) = prepare((PLUS,), SOURCE, namespace(), checks, "s")
    (asked,) = entry.again
    assert len(entry.journals) == 2
    assert not np.allclose(asked[0].value, entry.journals[1][0].value)


def test_a_check_that_breaks_on_a_mistake_does_not_stop_the_class() -> None:
    """Loading goes on; whoever makes that mistake meets the check's fault as ours."""

    def breaks(student: Any, reference: Any, rng: np.random.Generator) -> None:
        assert 1.0 / float(student.scale(np.zeros(1), by=1.0)[0]) > 0, "no"

    (entry,) = prepare((PLUS,), SOURCE, namespace(), (check("scale", breaks),), "s")
    assert [call.name for call in entry.journals[0]] == ["scale"]
    zeros = mistake("scale", "zeros", ("by * x", "0.0 * x"))
    (entry,) = prepare((zeros,), SOURCE, namespace(), (check("scale", breaks),), "s")
    assert entry.mistake is zeros


def test_replaying_leaves_the_reference_alone() -> None:
    """A mistake runs in a namespace of its own, and what it does to arguments stays there."""
    reference = namespace()
    rude = mistake("scale", "rude", ("return by * x", "x[:] = 9\n    np.pi_ = 1\n    return by + x"))
    prepare((rude,), SOURCE, reference, CHECKS, "s")
    assert Proxy(LocalBackend(reference)).scale(np.ones(2)).tolist() == [2, 2]


def test_journals_of_different_length_differ() -> None:
    """One call more, one check more: not the same."""
    call = Call("f", (), {}, value=1.0)
    assert same_journals(((call,),), ((call,),))
    assert not same_journals(((call,),), ((call, call),))
    assert not same_journals(((call,),), ((call,), ()))
    assert not same_journals(((call,),), ((Call("g", (), {}, value=1.0),),))


def test_states_within_an_answer_are_passed_over() -> None:
    """What stands beside a state is compared, the state is not."""

    def journals(value: float, state: Any) -> tuple:
        return ((Call("f", (), {}, value=(value, State(state))),),)

    assert same_journals(journals(1.0, "a"), journals(1.0, "b"))
    assert not same_journals(journals(1.0, "a"), journals(2.0, "a"))


# --- Exactly the same, in both directions -------------------------------------------------------------------


def test_journals_of_different_lengths_differ_either_way() -> None:
    """A check more, or a call more, is another trace, whoever left the longer one."""
    call = Call("f", (), {}, 1.0)
    for short, long in ((((call,),), ((call,), ())), (((call,),), ((call, call),))):
        assert not same_journals(short, long) and not same_journals(long, short)
        assert same_journals(long, long)


def test_calls_of_different_functions_differ_either_way() -> None:
    """The same answer of another function is another call."""
    one, other = ((Call("f", (), {}, 1.0),),), ((Call("g", (), {}, 1.0),),)
    assert not same_journals(one, other) and not same_journals(other, one)


def test_only_the_exercises_own_mistakes_are_recognised() -> None:
    """Mistakes of exercises before and after it in the alphabet leave the same trace and are passed over."""
    journals = ((Call("f", (), {}, 1.0),),)
    known = tuple(Diagnosis(Specimen(name, "m", "A hint."), journals) for name in ("a", "b", "c"))
    assert [found.exercise for found in recognise("b", journals, known)] == ["b"]


def test_a_question_about_nan_is_the_same_question() -> None:
    """A callback that is asked about NaN by both is no difference; asked about a number by one it is."""

    def asking(x: float) -> tuple[tuple[Call, ...], ...]:
        return ((Call("f", (), {}, 1.0, asked=([((x,), {}, 0.0)],)),),)

    assert same_journals(asking(float("nan")), asking(float("nan")))
    assert not same_journals(asking(float("nan")), asking(1.0))


def test_a_trace_does_not_change() -> None:
    """What is prepared once serves a whole class: nobody may write to it."""
    with pytest.raises(dataclasses.FrozenInstanceError):
        Diagnosis(Specimen("a", "m", "A hint."), ()).journals = ((),)
