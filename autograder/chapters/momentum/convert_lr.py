"""Converting rates, `convert_lr`: hidden checks, named mistakes, variants."""

from functools import cache

import numpy as np
import pytest

from autograder.checking import close, examples, mistakes, variants

from ..shared import run_of
from .shared import FORMS, numbers

# --- Checks -------------------------------------------------------------------------------------------------


def probes(rng):
    """Pairs of a rate and a momentum, with tiny and huge rates, a whole one, and momenta near to one."""
    rates = [*numbers(rng, 0.01, 1.0, 3), 0.0, 1e9, 1e-150, 3]
    return zip(rates, [*numbers(rng, 0.1, 0.95, 2), 0.0, 0.5, 0.999, 0.99999, 0.7], strict=True)


@pytest.mark.exercise("convert_lr")
@pytest.mark.parametrize("source", ["plain", "inside"])
def test_rates_for_the_averaged_form(student, rng, source):
    """From the plain or the inside form to the averaged one a rate grows by what a mean takes in less."""
    for lr, mu in probes(rng):
        assert close(student.convert_lr(lr, mu, source=source, target="averaged"), lr / (1 - mu), atol=0.0), (
            "The averaged form takes in only a share of each gradient. How much larger must its rate be, so "
            "that a gradient moves the weights as far? Take μ and the rate as they are, 0 included, and add "
            "or round nothing."
        )


@pytest.mark.exercise("convert_lr")
@pytest.mark.parametrize("target", ["plain", "inside"])
def test_rates_from_the_averaged_form(student, rng, target):
    """From the averaged form to the others a rate falls by the share that a mean takes in."""
    for lr, mu in probes(rng):
        assert close(student.convert_lr(lr, mu, source="averaged", target=target), lr * (1 - mu), atol=0.0), (
            "The other two forms take in each gradient whole. How much smaller must their rate be than that "
            "of the averaged form? Take μ and the rate as they are, 0 included, and round nothing."
        )


@pytest.mark.exercise("convert_lr", weight=3)
def test_converted_rates_walk_alike(student, reference, rng):
    """At the converted rate every form walks the path of every other, and of itself."""
    params, grads = run_of(rng, steps=5, sizes=(0.1, 10.0), zeros=False)
    lr, mu = float(rng.uniform(0.1, 0.3)), float(rng.uniform(0.6, 0.9))

    @cache
    def walk(form, rate):
        return reference.trajectory(FORMS[form], params, grads, lr=rate, momentum=mu)

    for source in FORMS:
        for target in FORMS:
            rate = student.convert_lr(lr, mu, source=source, target=target)
            # no trajectory takes a rate that is negative or not finite
            assert 0 <= rate < np.inf and close(
                walk(target, float(rate)), walk(source, lr), rtol=1e-7, atol=1e-8
            ), (
                "Two forms, each at its rate, part ways. Go over all nine pairs: which pairs take the same "
                "rate, and between which does a factor stand?"
            )


@pytest.mark.exercise("convert_lr")
def test_there_and_back(student, rng):
    """A rate converted to the averaged form and back is what it was, and was another in between."""
    lr, mu = float(rng.uniform(0.1, 0.3)), float(rng.uniform(0.3, 0.9))
    for form in ("plain", "inside"):
        there = student.convert_lr(lr, mu, source=form, target="averaged")
        assert not close(there, lr), "A mean takes in less of each gradient: its rate is another one."
        assert close(student.convert_lr(there, mu, source="averaged", target=form), lr), (
            "There and back is not where it was: the two ways undo each other."
        )
    for lr, mu in list(probes(rng))[3:]:
        for source, target in (("plain", "inside"), ("inside", "plain"), ("averaged", "averaged")):
            assert close(student.convert_lr(lr, mu, source=source, target=target), lr, atol=0.0), (
                "Between two forms that take in a gradient by the same share the rate comes back as another. "
                "There it stays what it is, be it zero, tiny or large."
            )


# --- Mistakes -----------------------------------------------------------------------------------------------


FROM_MEAN = 'lr * (1 - momentum) if source == "averaged" else lr'
TO_MEAN = 'plain / (1 - momentum) if target == "averaged" else plain'

MISTAKES = mistakes(
    "convert_lr",
    (
        "rounded",
        "The rate is rounded, which is right only as far as the digits go. It comes back as it is.",
        (TO_MEAN, 'round(plain / (1 - momentum) if target == "averaged" else plain, 6)'),
    ),
    (
        "upside_down",
        "The factor is upside down. A mean takes in less of each gradient, so the averaged form needs the "
        "larger rate.",
        (FROM_MEAN, 'lr / (1 - momentum) if source == "averaged" else lr'),
        (TO_MEAN, 'plain * (1 - momentum) if target == "averaged" else plain'),
    ),
    (
        "never_converted",
        "The rate comes back as it is. Between the averaged form and each of the others stands a factor.",
        (FROM_MEAN, "lr"),
        (TO_MEAN, "plain"),
    ),
    (
        "momentum_for_its_rest",
        "The factor is μ where it should be what μ leaves of one. How much of a new gradient does the mean "
        "take in?",
        (FROM_MEAN, 'lr * momentum if source == "averaged" else lr'),
        (TO_MEAN, 'plain / momentum if target == "averaged" else plain'),
    ),
    (
        "root_of_the_factor",
        "The factor is the root of the right one. That is how the two forms of RMSProp are converted, whose "
        "mean holds squares; a velocity holds gradients.",
        (FROM_MEAN, 'lr * (1 - momentum) ** 0.5 if source == "averaged" else lr'),
        (TO_MEAN, 'plain / (1 - momentum) ** 0.5 if target == "averaged" else plain'),
    ),
    (
        "target_ignored",
        "The form asked for plays no part: rates for the averaged form come out as those of the plain one. "
        "Look at what you do with target.",
        (TO_MEAN, "plain"),
    ),
    (
        "source_ignored",
        "The form that the rate comes from plays no part: it is taken for plain whatever it is. Look at "
        "what you do with source.",
        (FROM_MEAN, "lr"),
    ),
    (
        "inside_taken_for_averaged",
        "The inside form is converted as if it were a mean. It takes in each gradient whole, times the "
        "rate: at a constant rate it walks as the plain one.",
        (FROM_MEAN, 'lr if source == "plain" else lr * (1 - momentum)'),
        (TO_MEAN, 'plain if target == "plain" else plain / (1 - momentum)'),
    ),
    (
        "averaged_to_inside_forgotten",
        "From the averaged form to the inside form the rate stays as it was. The inside form takes in each "
        "gradient whole, so that it needs the rate of the plain one.",
        (FROM_MEAN, 'lr * (1 - momentum) if source == "averaged" and target != "inside" else lr'),
    ),
    (
        "averaged_to_itself",
        "From the averaged form to itself the rate changes: one of the two conversions is made and the "
        "other is not. From a form to itself there is nothing to convert.",
        (TO_MEAN, 'plain / (1 - momentum) if target == "averaged" != source else plain'),
    ),
    costs={"never_converted": 1.0},  # it leaves its argument as it was
)


# --- Variants -----------------------------------------------------------------------------------------------


class ConvertTable:
    """A table of what a unit of each form's rate is in the plain one."""

    def convert_lr(lr, momentum, *, source, target):
        unit = {"plain": 1.0, "inside": 1.0, "averaged": 1.0 - momentum}
        return np.float64(lr * unit[source] / unit[target])


class ConvertCases:
    """One case after the other, and a warning that costs nothing."""

    def convert_lr(lr, momentum, *, source, target):
        import warnings

        warnings.warn("rates are converted for a constant momentum only", stacklevel=2)
        means = (source == "averaged", target == "averaged")
        if means[0] == means[1]:
            return lr
        return lr - lr * momentum if means[0] else lr / (1 - momentum)


class ConvertPower:
    """A power of 1-μ whose exponent is a difference of truths."""

    def convert_lr(lr, momentum, *, source, target):
        return np.array(lr * (1.0 - momentum) ** ((source == "averaged") - (target == "averaged")))


VARIANTS = variants("convert_lr", ConvertTable, ConvertCases, ConvertPower)

# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "convert_lr",
    'convert_lr(1.0, 0.75, source="plain", target="averaged")',
    """
    forms = ("plain", "inside", "averaged")
    {source: [convert_lr(1.0, 0.75, source=source, target=target) for target in forms] for source in forms}
    """,
    """
    convert_lr(1.23456789, 0.5, source="plain", target="averaged")
    """,
    'convert_lr(1.0, 0.0, source="plain", target="averaged")',
)
