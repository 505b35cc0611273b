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
from .shared import ELSEWHERE, pictures

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
    for images in (pictures(rng, 6, 2, 3, 4), pictures(rng, 2000, 1, 1, 2), pictures(rng, 2, 3, 4, 4)):
        assert close(student.random_flip(images, p=1.0, rng=rng), images[..., ::-1]), (
            "With p = 1 every image is mirrored left to right: the last axis of each runs backwards, and no "
            "other, also in square images and in those of three channels."
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
    many = np.tile([1.0, 2.0], (6000, 1, 1, 1))
    most = flipped(many, student.random_flip(many, p=0.995, rng=rng))
    assert most is not None and laws.share(most, 0.995, against=1.0, refuse=1e-12), (
        "With p close to 1 the share of flipped images is not p. Is p rounded?"
    )
    assert laws.independent(first, second, p), "Two calls flip the same images: is it drawn from rng?"
    assert laws.independent(first[::2], first[1::2], p), "Neighbours are flipped together, or never together."
    pairs = [flipped(images[:2], student.random_flip(images[:2], p=0.5, rng=rng)) for _ in range(45)]
    assert any(pair is not None and pair[0] == pair[1] for pair in pairs), (  # by chance: 2^-45
        "Of two images always one is flipped: how many are flipped is left to chance, image by image."
    )
    turns = [sum(pair[place] for pair in pairs if pair is not None) for place in (0, 1)]
    assert all(0 < turn < len(pairs) for turn in turns), (  # by chance: 2^-43
        "Of two images one is never flipped, or always. The first and the last have their chance, too."
    )
    assert not np.array_equal(first[:200], first[200:]), "The second half is flipped as the first is."
    again = flipped(images, student.random_flip(images, p=p, rng=theirs))
    assert again is not None and np.array_equal(again, first), ELSEWHERE


@pytest.mark.exercise("random_flip", weight=2)
def test_contrast_scales_around_each_images_mean(student, rng):
    """What an image has above or below its own mean is multiplied by one factor."""
    images = 411.0 * (pictures(rng, 8, 2, 3, 4) - 2.0)  # of both signs, and beyond 255
    images[:, 1] += 2.0  # the channels' means differ
    got = student.random_contrast(images, max_delta=0.4, rng=rng)
    found = factors(images, got)
    assert found is not None and not close(got, images), (
        "An image is not its own mean plus one factor times what it has above and below that. The mean is "
        "over all pixels and channels of this image, and nothing is clipped."
    )
    assert np.all(np.abs(found - 1) > 1e-12), (  # by chance: 2e-11
        "An image's contrast is as it was: every image has a factor of its own, the first and the last too."
    )
    for max_delta in (0.4, 1.0):
        found = factors(images, student.random_contrast(images, max_delta=max_delta, rng=rng))
        assert found is not None and np.all(np.abs(found - 1) <= max_delta + 1e-9), (
            "A factor lies outside of 1 ± max_delta."
        )
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
    assert left_to_chance(found, uniform(low, high), 1.0), (
        "The factors are not independent: they are balanced, or laid out over the range. Each is drawn alone."
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
