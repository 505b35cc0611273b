"""Augmentation by flips and contrast, `random_flip`: hidden checks, named mistakes, variants."""

from __future__ import annotations

import numpy as np
import pytest

from autograder.checking import (
    close,
    examples,
    laws,
    log_uniform,
    uniform,
)

from ..shared import left_to_chance, twins
from .shared import CALLS, ELSEWHERE, NOT_ALONE, each_alone, ends_of_uniform, pictures

# --- Checks -------------------------------------------------------------------------------------------------


def factors(images: np.ndarray, changed: np.ndarray) -> np.ndarray | None:
    """The factor by which each image's distances from its own mean were scaled; None if there is none."""
    mean = images.mean(axis=(1, 2, 3), keepdims=True)
    apart = images - mean
    factor = np.sum((changed - mean) * apart, axis=(1, 2, 3)) / np.sum(apart**2, axis=(1, 2, 3))
    again = mean + factor[:, None, None, None] * apart
    return factor if np.allclose(again, changed, rtol=1e-9, atol=1e-9) else None


def flipped(images, got):
    """Which images are mirrored; None if one is neither itself nor its mirror image."""
    turned = np.isclose(got, images[..., ::-1]).all(axis=(1, 2, 3))
    same = np.isclose(got, images).all(axis=(1, 2, 3))
    return turned if np.all(turned ^ same) else None


@pytest.mark.exercise("random_flip", weight=2)
def test_images_are_mirrored_left_to_right(student, rng):
    """An image is as it was or mirrored along its width, whole; with p = 1 every one is."""
    for images in (
        pictures(rng, 6, 2, 3, 4),
        pictures(rng, 2000, 1, 1, 2),
        pictures(rng, 2, 3, 4, 4),
        pictures(rng, 2, 1, 3, 1),
    ):
        assert close(student.random_flip(images, p=1.0, rng=rng), images[..., ::-1]), (
            "With p = 1 every image is mirrored left to right: the last axis of each runs backwards, and no "
            "other, also in square images, in narrow ones and in those of three channels."
        )
        assert close(student.random_flip(images, p=0.0, rng=rng), images), "With p = 0 none is."


@pytest.mark.exercise("random_flip")
def test_each_image_is_flipped_by_its_own_chance(student, rng):
    """The share of flipped images is p, two calls flip others, and all is drawn from rng."""
    images, p, (ours, theirs) = pictures(rng, 400, 2, 2, 3), 0.25, twins(rng)
    first, second = (flipped(images, student.random_flip(images, p=p, rng=ours)) for _ in range(2))
    assert first is not None and second is not None, (
        "An image is neither itself nor its mirror image: are all its channels and rows flipped together?"
    )
    assert laws.share(first, p, against=[1 - p, 0.0, 1.0]), (
        "The share of flipped images is not p, beyond what chance explains. Each image has its own draw."
    )
    many = np.tile([1.0, 2.0], (20_000, 1, 1, 1))
    most = student.random_flip(many, p=0.9985, rng=rng)[:, 0, 0, 0] == 2
    assert laws.share(most, 0.9985, against=1.0, refuse=1e-12), (
        "With p close to 1 the share of flipped images is not p. Is p rounded?"
    )
    assert laws.independent(first, second, p), (
        "What two calls flip goes together, or against each other: is it drawn from rng, in each call anew?"
    )
    assert laws.independent(first[::2], first[1::2], p), "Neighbours are flipped together, or never together."
    turned = student.random_flip.times(CALLS, many[:64], p=0.5, rng=rng)
    turns = np.array([images[:, 0, 0, 0] == 2 for images in turned])
    assert len(set(turns.sum(axis=1))) > 1, (  # by chance: 1e-49
        "Of many images always the same number is flipped: that is left to chance, image by image."
    )
    assert each_alone(turns), NOT_ALONE
    assert not np.array_equal(first[:200], first[200:]), "The second half is flipped as the first is."
    again = flipped(images, student.random_flip(images, p=p, rng=theirs))
    assert again is not None and np.array_equal(again, first), ELSEWHERE


@pytest.mark.exercise("random_flip", weight=2)
def test_contrast_scales_around_each_images_mean(student, rng):
    """What an image has above or below its own mean is multiplied by one factor."""
    images = 411.0 * (pictures(rng, 8, 2, 3, 4) - 2.0)  # of both signs, and beyond 255
    images[:, 1] += 2.0  # the channels' means differ
    for one in (images[:1], images[1:2]):  # two of one shape come first: the engine makes these calls again
        alone = factors(one, student.random_contrast(one, max_delta=0.4, rng=rng))
        assert alone is not None and np.abs(alone - 1) < 0.4 + 1e-9, (
            "A single image is not its own mean, over all pixels and channels, plus one factor, within "
            "1 ± max_delta, times what it has above and below that. Nothing is clipped."
        )
    got = student.random_contrast(images, max_delta=0.4, rng=rng)
    found = factors(images, got)
    assert found is not None, (
        "An image is not its own mean plus one factor times what it has above and below that. The mean is "
        "over all pixels and channels of this image, and nothing is clipped."
    )
    assert not close(got, images), "The images come back as they were, though max_delta is above 0."
    assert np.all(np.abs(found - 1) > 1e-12), (  # by chance: 2e-11
        "An image's contrast is as it was: every image has a factor of its own, the first and the last too."
    )
    for max_delta in (0.4, 1.0):
        found = factors(images, student.random_contrast(images, max_delta=max_delta, rng=rng))
        assert found is not None, (
            "An image is NaN, or not its own mean plus one factor times what it has above and below that. "
            "Where max_delta is 1, a factor may come near to 0: is its logarithm taken, or that of "
            "1 - max_delta?"
        )
        assert np.all(np.abs(found - 1) <= max_delta + 1e-9), "A factor lies outside of 1 ± max_delta."
    colours = (pictures(rng, 6, 3, 2, 2) - 1.0) / 2.0  # between 0 and 1
    assert factors(colours, student.random_contrast(colours, max_delta=1.0, rng=rng)) is not None, (
        "For images of three channels, with numbers between 0 and 1, the answer is another: one mean and one "
        "factor for all channels of an image, and nothing is clipped."
    )
    flat = np.full((2, 1, 2, 2), 0.7)
    assert close(student.random_contrast(flat, max_delta=1.0, rng=rng), flat), (
        "An image all of one grey is its own mean, and stays as it is."
    )
    assert close(student.random_contrast(images, max_delta=0.0, rng=rng), images), (
        "With max_delta = 0 every factor is 1."
    )


@pytest.mark.exercise("random_flip")
def test_contrast_factors_are_uniform_around_one(student, rng):
    """Every image has a factor of its own, uniform between 1 - δ and 1 + δ, drawn from rng."""
    many = np.tile([1.0, 2.0], (12_400, 1, 1, 1))
    found = np.diff(student.random_contrast(many, max_delta=0.2, rng=rng)).ravel()
    assert ends_of_uniform((found - 1) / 0.2), (
        "Too many or too few factors are near an end of 1 - δ to 1 + δ, beyond it, or near 1. They are "
        "uniform."
    )
    assert laws.follows(found, uniform(0.8, 1.2), against=[log_uniform(0.8, 1.2)]), (
        "With a small δ the factors are not uniform from 1 - δ to 1 + δ."
    )
    small = many[:64]
    calls = student.random_contrast.times(CALLS, small, max_delta=0.9, rng=rng)
    assert each_alone([np.diff(each).ravel() - 1 for each in calls]), NOT_ALONE
    images, delta, (ours, theirs) = pictures(rng, 2000, 1, 1, 2), float(rng.uniform(0.85, 0.95)), twins(rng)
    got = student.random_contrast(images, max_delta=delta, rng=ours)
    found = factors(images, got)
    low, high = 1 - delta, 1 + delta
    others = [
        uniform(1, high),
        uniform(low, 1),
        uniform(1 - delta / 2, 1 + delta / 2),
        log_uniform(low, high),
    ]
    assert found is not None, "An image is not its own mean plus one factor times what it has above it."
    assert laws.follows(found, uniform(low, high), against=others), (
        "The factors are not uniform from 1 - δ to 1 + δ, one for each image: some part of that range comes "
        "too often or too seldom."
    )
    assert laws.independent(found[::2] > 1, found[1::2] > 1, 0.5), (
        "The factors of neighbours go together, or against each other: each image draws its own."
    )
    assert left_to_chance(found, uniform(low, high), 1.0) and len(np.unique(np.round(found, 9))) > 1800, (
        "The factors are not independent. Do some come twice, are they balanced to mean 1, or laid out over "
        "the range? Each is drawn alone."
    )
    assert close(student.random_contrast(images, max_delta=delta, rng=theirs), got), ELSEWHERE


# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "random_flip",
    """
    image = np.array([[[[1.0, 2.0], [3.0, 4.0]]]])
    random_flip(image, p=1.0, rng=np.random.default_rng(0))
    """,
    """
    images = np.tile(np.array([1.0, 2.0]), (50, 2, 1, 1))  # 50 images of two channels, all alike
    flipped = random_flip(images, p=0.5, rng=np.random.default_rng(0))
    np.unique(flipped.reshape(50, 4), axis=0)
    """,
    """
    images = np.array([[[[1.0, 3.0]]], [[[11.0, 13.0]]]])
    random_contrast(images, max_delta=0.5, rng=np.random.default_rng(0)).mean(axis=(1, 2, 3))
    """,
    """
    images = np.tile(np.array([1.0, 3.0]), (50, 1, 1, 1))
    changed = random_contrast(images, max_delta=0.5, rng=np.random.default_rng(0))
    factors = (changed[:, 0, 0, 1] - changed[:, 0, 0, 0]) / 2
    bool(factors.min() < 1.0 < factors.max())
    """,
)
