"""Step decay, `step_lr`: hidden checks, named mistakes, variants."""

import numpy as np
import pytest

from autograder.checking import close, conventions, examples, mistakes, variants

from ..shared import number, one_by_one, wrong_in_arrays
from .shared import DECIMALS, TINY, from_zero, times_of

# --- Checks -------------------------------------------------------------------------------------------------


@pytest.mark.exercise("step_lr", weight=2)
def test_the_rate_stays_and_drops(student, rng):
    """The rate stays the same for a number of epochs, and then drops by the factor, time after time."""
    lr0, gamma, size = number(rng, 0.5, 2.0), number(rng, 0.3, 0.7), int(rng.integers(3, 6))
    got = one_by_one(student.step_lr, range(4 * size + 1), lr0=lr0, step_size=size, gamma=gamma)
    want = [lr0 * gamma**drops for drops in range(4) for _ in range(size)] + [lr0 * gamma**4]
    assert close(got, want), (
        "Epoch by epoch the rates are others. The first drop comes when step_size epochs are done, the next "
        "after as many again, and between two drops nothing changes."
    )


@pytest.mark.exercise("step_lr")
def test_a_drop_after_every_epoch(student, rng):
    """With a drop after every epoch the rates are a geometric series; with the factor 1 they are constant."""
    lr0, gamma = number(rng, 0.5, 2.0), number(rng, 0.3, 0.9)
    got = one_by_one(student.step_lr, range(7), lr0=lr0, step_size=1, gamma=gamma)
    assert close(got, [lr0 * gamma**epoch for epoch in range(7)]), (
        "With step_size=1 each epoch has gamma times the rate of the one before, and the first has lr0."
    )
    got = one_by_one(student.step_lr, (0, 1, 9), lr0=lr0, step_size=2, gamma=1.0)
    assert close(got, [lr0] * 3), "With gamma=1 a drop leaves all of the rate."
    assert close(student.step_lr(70_000, lr0=lr0, step_size=1, gamma=0.9999), lr0 * 0.9999**70_000), (
        "After very many drops the rate is another: they are counted without a limit."
    )


@pytest.mark.exercise("step_lr")
def test_drops_are_counted_exactly(student, rng):
    """Also where an epoch times one over step_size is rounded to just below a whole number."""
    lr0, gamma = number(rng, 0.5, 2.0), number(rng, 0.3, 0.9)
    for size in (49, 98, 103, 107):
        got = one_by_one(student.step_lr, (size - 1, size, 2 * size), lr0=lr0, step_size=size, gamma=gamma)
        assert close(got, [lr0, lr0 * gamma, lr0 * gamma**2]), (
            f"With step_size={size} the rates at a drop are others. If they are right for smaller ones, it "
            "is rounding: a quotient of floats may be just below a whole number where it should be one."
        )


@pytest.mark.exercise("step_lr")
def test_there_is_no_last_epoch(student, rng):
    """An epoch has its rate however late it comes."""
    lr0, gamma, size = number(rng, 0.5, 2.0), number(rng, 0.3, 0.9), int(rng.integers(40_000, 50_000))
    times = (2 * size - 1, 2 * size, np.int64(4 * size))  # one as a loop over np.arange gives it
    got = one_by_one(student.step_lr, times, lr0=lr0, step_size=size, gamma=gamma)
    assert close(got, [lr0 * gamma, lr0 * gamma**2, lr0 * gamma**4]), (
        "Late epochs have other rates, with many epochs between two drops: the formula has no last epoch."
    )


@pytest.mark.exercise("step_lr")
@pytest.mark.parametrize("shape", [(9,), (3, 2)])
def test_arrays_of_epochs(student, reference, rng, shape):
    """An array of epochs, in any order, gives the rates in its shape, and so does one of a single epoch."""
    epochs = times_of(rng, shape, 300)
    whole = from_zero(10**4 * epochs)
    epochs.flat[-1] = 20_000  # beside it the others keep their rates
    size, gamma, base = int(rng.integers(4, 8)), number(rng, 0.3, 0.7), number(rng, 0.5, 2.0)
    for lr0, left, unit in ((base, gamma, 1), (TINY**2, gamma, 1), (20_000, gamma, 10**4), (base, 1, 1)):
        asked = epochs if unit == 1 else whole
        hint = "Each drop multiplies, and a rate is not rounded, cut off or made whole."
        # one multiplication after the other stays at the smallest number above 0
        options = {"lr0": lr0, "step_size": unit * size, "gamma": left, "atol": 1e-300}
        wrong = wrong_in_arrays(student, reference, "step_lr", asked, hint, **options)
        assert not wrong, (
            f"{wrong} Each entry's rate comes from its own epoch, not from the entry before it, also where "
            "gamma is 1 or lr0 a whole number; there is no last drop, no smallest and no largest rate, and "
            "nothing is kept from an earlier call."
        )


# --- Mistakes -----------------------------------------------------------------------------------------------


DROPS = "return lr0 * gamma ** (epoch // step_size)"

MISTAKES = mistakes(
    "step_lr",
    (
        "floor_of_a_rounded_quotient",
        "Drops are counted by the floor of epoch times 1/step_size, which rounding may put below a whole "
        "number. Use the division of whole numbers.",
        ("(epoch // step_size)", "np.floor(epoch * (1 / step_size))"),
    ),
    (
        "rate_divided_too",
        "The rate itself is divided and rounded down: ** and * come before //. Put epoch // step_size in "
        "brackets.",
        ("gamma ** (epoch // step_size)", "gamma**epoch // step_size"),
    ),
    (
        "no_steps",
        "The rate falls a little in every epoch: the exponent is a fraction. It counts whole drops, so that "
        "nothing changes between two of them.",
        (DROPS, "return lr0 * gamma ** (epoch / step_size)"),
    ),
    (
        "drops_once",
        "There is one drop and no second. The factor comes again after every step_size epochs.",
        (DROPS, "return lr0 * gamma ** np.minimum(epoch // step_size, 1)"),
    ),
    (
        "one_epoch_early",
        "Each drop comes an epoch too early. epoch counts what is already done: how many are done before the "
        "first drop?",
        (DROPS, "return lr0 * gamma ** ((epoch + 1) // step_size)"),
    ),
    (
        "nearest_drop",
        "The number of drops is rounded to the nearest, so that the first comes after half of the time. It "
        "counts whole stretches that are done.",
        (DROPS, "return lr0 * gamma ** np.round(epoch / step_size)"),
    ),
    (
        "drops_that_do_not_last",
        "The rate is lower in the epoch of the drop only, and back afterwards. What is lost stays lost: "
        "count all drops so far.",
        (DROPS, "return np.where((epoch > 0) & (epoch % step_size == 0), lr0 * gamma, lr0)"),
    ),
    (
        "gamma_taken_off",
        "gamma is the share that a drop takes off; here it is the share that a drop leaves.",
        (DROPS, "return lr0 * (1 - gamma) ** (epoch // step_size)"),
    ),
    (
        "drops_add_up",
        "gamma is multiplied with the number of drops. Each drop multiplies the rate once more: that is a "
        "power.",
        (DROPS, "return lr0 * np.where(epoch < step_size, 1.0, gamma / np.maximum(epoch // step_size, 1))"),
    ),
    (
        "single_epochs_only",
        "An array of epochs is turned into one number. The text asks for one rate for each of its entries.",
        (DROPS, "return lr0 * gamma ** int(epoch // step_size)"),
    ),
    (
        "one_entry_is_a_number",
        "An array of one epoch gives a number. The text asks for an array of the shape that was given.",
        (
            DROPS,
            "lr = np.asarray(lr0 * gamma ** (epoch // step_size))\n    return lr.item() if lr.size == 1 "
            "else lr",
        ),
    ),
    (
        "rounded",
        "The rates are rounded. A rate is used as it is, however small.",
        (DROPS, "return np.round(lr0 * gamma ** (epoch // step_size), 6)"),
    ),
    free={"rounded": ("step_size), {})", DECIMALS)},
    costs={"rounded": 0.3},
)


# --- Right by another convention ----------------------------------------------------------------------------


CONVENTIONS = conventions(
    "step_lr",
    (
        "first_epoch_is_one",
        "Epochs are counted from one, as training logs do, so that each drop comes an epoch later. Here "
        "epoch counts those already done, as PyTorch's schedulers do, and is 0 in the first.",
        (DROPS, "return lr0 * gamma ** (np.maximum(epoch - 1, 0) // step_size)"),
    ),
)


# --- Variants -----------------------------------------------------------------------------------------------


class DropsCounted:
    """Counts the milestones passed, with comparisons; prints."""

    def step_lr(epoch, *, lr0, step_size, gamma):
        milestones = np.arange(step_size, np.max(epoch) + 1, step_size)
        drops = np.sum(np.asarray(epoch)[..., None] >= milestones, axis=-1)
        print(f"{drops} drops")
        return lr0 * np.power(gamma, drops.astype(float))


class DropsByLogarithm:
    """The power by exp and log, the quotient by floor."""

    def step_lr(epoch, *, lr0, step_size, gamma):
        return np.exp(np.log(lr0) + np.floor(np.divide(epoch, step_size)) * np.log(gamma))


class DropsOneByOne:
    """A recursion: each epoch's rate from the one before, for every entry of an array."""

    def step_lr(epoch, *, lr0, step_size, gamma):
        def one(epoch):
            lr = lr0
            for done in range(1, int(epoch) + 1):
                if done % step_size == 0:
                    lr = lr * gamma
            return lr

        return np.array([one(e) for e in np.ravel(epoch)]).reshape(np.shape(epoch))


VARIANTS = variants("step_lr", DropsCounted, DropsByLogarithm, DropsOneByOne)

# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "step_lr",
    "step_lr(np.array([0, 1, 2, 4, 6]), lr0=1.0, step_size=2, gamma=0.25)",
    """
    step_lr(49, lr0=1.0, step_size=49, gamma=0.5)
    """,
    """
    step_lr(1, lr0=1.23456789e-7, step_size=2, gamma=0.5)
    """,
)
