"""The cosine with restarts, `cosine_restarts_lr`: hidden checks."""

import numpy as np
import pytest

from autograder.checking import close, examples

from ..shared import number, one_by_one, wrong_in_arrays
from .shared import TINY, from_zero, times_of

# --- Checks -------------------------------------------------------------------------------------------------


@pytest.mark.exercise("cosine_restarts_lr", weight=2)
def test_equal_cycles_repeat(student, rng):
    """With equal cycles the same cosine comes again and again, the peak at each cycle's first update."""
    base, length, long = (
        number(rng, 0.5, 2.0),
        int(rng.integers(5, 9)),
        int(rng.integers(2 * 10**4, 3 * 10**4)),
    )
    steps = [*range(4 * length + 1), 11 * length - 1, 11 * length]
    late = [0, long // 3, long - 1, long, long + long // 2]
    for peak, first, times in ((base, length, steps), (30 * base, long, late)):
        floor = peak * number(rng, 0.1, 0.3)
        got = one_by_one(student.cosine_restarts_lr, times, base_lr=peak, first_cycle=first, min_lr=floor)
        places = np.array(times) % first
        want = floor + (peak - floor) * np.cos(np.pi * places / first / 2) ** 2
        assert close(got, want.tolist()), (
            "With equal cycles the rates are others. A cycle's first update has the peak, and its last one "
            "is one step short of min_lr, with cycle_mult=1 too; the next one is a first one again. "
            "Neither the peak nor a cycle's length has a limit."
        )


@pytest.mark.exercise("cosine_restarts_lr", weight=2)
@pytest.mark.parametrize("mult", [2, 3])
def test_cycles_grow(student, reference, rng, mult):
    """Each cycle is several times as long as the one before, and falls over its own length."""
    base, first = number(rng, 0.5, 2.0), int(rng.integers(3, 6))
    options = {"base_lr": base, "first_cycle": first, "cycle_mult": mult, "min_lr": 0.2 * base}
    starts = [first * (mult**cycle - 1) // (mult - 1) for cycle in range(5)]
    near = {start + i for start in starts[2:] for i in (-1, 0, 1)}
    steps = sorted({*range(starts[2]), *near, *rng.integers(*starts[2::2], size=12).tolist()})
    got = one_by_one(student.cosine_restarts_lr, steps, **options)
    want = reference.cosine_restarts_lr(np.array(steps), **options)
    assert close(got, want.tolist()), (
        "With growing cycles the rates are others. Write down where each cycle begins, first_cycle and then "
        "cycle_mult times as long as the one before; the angle goes over the length of the cycle at hand."
    )


@pytest.mark.exercise("cosine_restarts_lr")
def test_late_cycles_begin_exactly(student, rng):
    """The first update of a late cycle has the peak, the update before it next to nothing."""
    base = number(rng, 0.5, 2.0)
    late = (
        (1, (45, 1201)),
        (3, range(2, 8)),
        (5, range(2, 6)),
        (10, range(2, 5)),
        (13, (2, 3)),
        (2, (13, 21)),
    )
    for mult, cycles in late:
        for cycle in cycles:
            first = 1 if cycle == 45 else int(rng.integers(1, 4))
            start = first * sum(mult**i for i in range(cycle))
            got = one_by_one(
                student.cosine_restarts_lr,
                (start - 1, np.int64(start)),  # one as a loop over np.arange gives it
                base_lr=base,
                first_cycle=first,
                cycle_mult=mult,
            )
            length = first * mult ** (cycle - 1)
            assert close(got, [base * np.sin(np.pi / length / 2) ** 2, base], rtol=1e-8, atol=1e-9), (
                "A late cycle has other rates. Its first update has the peak, the update before it next to "
                "nothing; there is no last cycle. Beginnings are exact in whole numbers only. Is a cycle "
                "found by a logarithm, is something added against rounding, or do NumPy's whole numbers "
                "overflow where more cycles are written down than the step needs?"
            )


@pytest.mark.exercise("cosine_restarts_lr")
@pytest.mark.parametrize("shape", [(12,), (4, 3)])
def test_arrays_of_steps_restart(student, reference, rng, shape):
    """An array with steps of several cycles in any order gives the rates in its shape."""
    steps = times_of(rng, shape, 60)
    steps = from_zero(steps) if len(shape) == 1 else steps
    for mult in (3 - len(shape), len(shape)):  # the first is asked what it changes besides
        hint = (
            "Each entry has a cycle of its own, up to the largest, wherever that stands; no rate is rounded."
        )
        for base, floor, first in (
            (number(rng, 0.5, 2.0) * TINY**2, 0.0, 7),
            (2000, 2000, 7),
            (2000, 20, 7),  # here and below one number alone is another
            (1000, 20, 7),
            (1000, 20, 6),
        ):
            options = {"base_lr": base, "first_cycle": first, "cycle_mult": mult, "min_lr": floor}
            options["atol"] = 1e-15 * base
            wrong = wrong_in_arrays(student, reference, "cosine_restarts_lr", steps, hint, **options)
            assert not wrong, (
                f"{wrong} Where min_lr is base_lr there are as many rates as steps, too, and nothing is kept "
                "from an earlier call."
            )


# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "cosine_restarts_lr",
    """
    steps = np.array([0, 1, 2, 5, 8, 17, 26])  # cycles of 2, 6 and 18 updates
    cosine_restarts_lr(steps, base_lr=1.0, first_cycle=2, cycle_mult=3, min_lr=0.2)
    """,
    """
    steps = [sum(2 * 3**i for i in range(cycles)) for cycles in range(8)]  # where cycles begin
    cosine_restarts_lr(np.array(steps), base_lr=1.0, first_cycle=2, cycle_mult=3)
    """,
    "cosine_restarts_lr(np.array([5, 15]), base_lr=0.4, first_cycle=5, cycle_mult=4)",
)
