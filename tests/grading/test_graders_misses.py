"""Wrong answers that a grader could miss, or name wrongly: each is caught, and its hint is right or absent.

They run in this process, by the same checks and the same diagnosis as in a worker; answers whose form or side
effects are wrong stand in `test_fairness`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from autograder.calls.backends import LocalBackend
from autograder.course.course import Course
from autograder.grading.diagnosis import Diagnosis, Traced, other, recognise, same_journals
from autograder.grading.exam import Exam, load_exam
from autograder.grading.examples import first_difference

COURSE = Course(Path(__file__).parents[2])
exam_of = cache(lambda slug: load_exam(COURSE, slug, "misses"))


@dataclass(frozen=True)
class Told:
    failed: tuple[str, ...]  # names of the checks
    messages: str
    hints: tuple[str, ...]  # names of mistakes, and of conventions
    difference: str  # the sentence below the public example


def told(slug: str, exercise: str, source: str) -> Told:
    """What a student with ``source`` in place of the reference's functions would hear."""
    exam: Exam = exam_of(slug)
    space = {**exam.check_set.reference}
    exec(exam.source, space)
    exec(source, space)
    checks, reference = exam.check_set.of(exercise), exam.check_set.reference
    failed, messages = [], []
    for check in checks:
        try:
            check.run(*_sides(space, exam), exam.seed)
        except Exception as error:  # noqa: BLE001 - however an answer fails a check
            failed.append(check.name)
            messages.append(str(error))
    drawn = tuple(check for check in checks if check.draws)
    here, again = (
        Traced(lambda: space, reference, some, seed)
        for some, seed in ((checks, exam.seed), (drawn, other(exam.seed)))
    )

    def confirmed(known: Diagnosis) -> bool:
        return same_journals(tuple(again), known.again)

    hints = tuple(
        one.name
        for among in (exam.known, exam.conventions)
        for one in recognise(exercise, here, among, confirmed=confirmed)
    )
    (asked,) = (one for one in exam.release.exercises if one.name == exercise)
    shown = first_difference(lambda: LocalBackend(space), exam.check_set.examples_of(asked))
    return Told(tuple(failed), "\n".join(messages), hints, shown.difference if shown else "")


def _sides(space: dict, exam: Exam) -> tuple:
    from autograder.calls.proxy import Proxy

    reference = exam.check_set.reference
    return Proxy(LocalBackend(space), reference), Proxy(LocalBackend(reference))


def changed(slug: str, function: str, *swaps: tuple[str, str]) -> str:
    """The reference's function with these swaps."""
    from autograder.course.source import functions_of

    text = functions_of(exam_of(slug).source)[function]
    for old, new in swaps:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


ORTHOGONAL_BY_SVD = """
def orthogonal(fan_in, fan_out, *, rng, gain=1.0):
    U, _, Vt = np.linalg.svd(rng.normal(size=(fan_in, fan_out)), full_matrices=False)
    return gain * (U if U.shape == (fan_in, fan_out) else Vt)
"""
GAUSSIAN_CONTRAST = """
def random_contrast(images, *, max_delta, rng):
    factor = rng.normal(1, max_delta / np.sqrt(3), size=(len(images), 1, 1, 1))
    mean = images.mean(axis=(1, 2, 3), keepdims=True)
    return mean + factor * (images - mean)
"""
HALF_ABS = """
def relative_error(a, b):
    sizes = {sizes}
    return float(np.max(np.abs(a - b) / np.maximum(1e-8, sizes)))
"""
NAN_AS_LARGEST = """
def best_index(losses):
    return int(np.argmin(np.where(np.isnan(losses), np.finfo(float).max, losses)))
"""
COOLDOWN_FIRST = """
def plateau_update(
    state, metric, *, factor=0.1, patience=10, threshold=1e-4, cooldown=0, min_lr=0.0, eps=1e-8
):
    lr, best, bad, cool = (state[key] for key in ("lr", "best", "bad", "cool"))
    if cool > 0:
        bad, cool = 0, cool - 1
    if metric < best * (1 - threshold):
        best, bad = metric, 0
    else:
        bad = bad + 1
    if bad > patience:
        lower = max(lr * factor, min_lr)
        lr = lower if lr - lower > eps else lr
        bad, cool = 0, cooldown
    return lr, {"lr": lr, "best": best, "bad": bad, "cool": cool}
"""
BEST_OVERWRITTEN = """
def train_early_stopping(params, epoch_fn, *, patience, min_delta=0.0, max_epochs):
    current = {k: np.array(v, dtype=float) for k, v in params.items()}
    best, best_loss, best_epoch, wait = current, np.inf, 0, 0
    for epoch in range(1, max_epochs + 1):
        new, val_loss = epoch_fn(current)
        for k in current:
            current[k][...] = new[k]
        wait += 1
        if val_loss < best_loss - min_delta:
            best, best_loss, best_epoch, wait = current, val_loss, epoch, 0
        if wait >= patience:
            break
    return best, {"best_epoch": best_epoch, "best_loss": float(best_loss), "n_epochs": epoch}
"""
ONE_DRAW = """
def log_uniform(low, high, size, *, rng):
    draws = np.exp(rng.uniform(np.log(low), np.log(high), size=size))
    return draws if size > 1 else np.array([high * 2])
"""

CASES = {
    "masks in the wrong order, layers of one width": (
        "capstone", "loss_and_grads",
        lambda: changed("capstone", "loss_and_grads", ('"relu"), masks[k - 1]', '"relu"), masks[-k]')), None,
    ),
    "opposite signs make an error of zero": (
        "backprop", "numerical_gradient", lambda: HALF_ABS.format(sizes="np.abs(a + b)"), None,
    ),
    "the larger number in place of the larger size": (
        "backprop", "numerical_gradient", lambda: HALF_ABS.format(sizes="np.maximum(a, b)"), (),
    ),
    "signs as the factorisation leaves them": (
        "initialization", "orthogonal", lambda: ORTHOGONAL_BY_SVD, None,
    ),
    "contrast of another law": ("dropout", "random_flip", lambda: GAUSSIAN_CONTRAST, None),
    "NaN beside infinity": ("tuning", "best_index", lambda: NAN_AS_LARGEST, None),
    "the cooldown before the count": ("schedules", "plateau_update", lambda: COOLDOWN_FIRST, ()),
    "the best epoch's arrays overwritten": (
        "dropout", "train_early_stopping", lambda: BEST_OVERWRITTEN, None,
    ),
    "a single draw": ("tuning", "log_uniform", lambda: ONE_DRAW, None),
    "a cut by just eps": (
        "schedules", "plateau_update",
        lambda: changed("schedules", "plateau_update", ("lr - lower > eps", "lr - lower >= eps")), None,
    ),
    "a generator with another seed": (
        "initialization", "he_normal",
        lambda: changed("initialization", "he_normal", ("return rng.", "return np.random.default_rng(42).")),
        ("own_generator",),
    ),
    "patience reached": (
        "schedules", "plateau_update",
        lambda: changed("schedules", "plateau_update", ("bad > patience", "bad >= patience")),
        ("patience_reached_even_if_none",),
    ),
    "the first of two functions only": (
        "dropout", "dropout",
        lambda: changed("dropout", "dropout", ("x * mask / (1 - p)", "x * mask / max(p, 1e-9)")), None,
    ),
}  # fmt: skip  # a case reads across: what, where, how, and the hints if they are known


@pytest.mark.parametrize("case", CASES)
def test_it_is_caught_and_its_hint_is_right_or_absent(case: str) -> None:
    """Some check fails; where the right hint is known, or none may come, just that is given."""
    slug, exercise, source, hints = CASES[case]
    found = told(slug, exercise, source())
    assert found.failed
    if hints is not None:
        assert found.hints == hints


def test_a_hint_for_the_last_parameters_fits_an_alias_too() -> None:
    """From outside both are one: who keeps the best epoch and lets its arrays change is told to copy them."""
    assert told("dropout", "train_early_stopping", BEST_OVERWRITTEN).hints == ("last_parameters",)
    (note,) = (one.mistake.note for one in exam_of("dropout").known if one.mistake.name == "last_parameters")
    assert "Keep a copy" in note and "updated in place" in note


def test_nan_is_told_as_that() -> None:
    """Adam with t from 0: the public example says where NaN appears, and no hint speaks of something else."""
    source = changed("adaptive", "adam_step", ('t = state["t"] + 1', 't = state["t"]')) + (
        "\n\ndef adam_init(params):\n    zeros = {key: np.zeros_like(w) for key, w in params.items()}\n"
        '    return {"t": 0, "m": zeros, "v": zeros}\n'
    )
    found = told("adaptive", "adam_step", source)
    assert found.failed and "NaN" in found.difference + found.messages
