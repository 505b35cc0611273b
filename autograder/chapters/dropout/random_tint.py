"""Augmentation of colours, `random_tint`: hidden checks, variants."""

import numpy as np
import pytest

from autograder.checking import close, examples, laws, uniform, variants

from ..shared import left_to_chance, twins
from .shared import CALLS, ELSEWHERE, NOT_ALONE, each_alone, ends_of_uniform, pictures

# --- Checks -------------------------------------------------------------------------------------------------


def shifts(images, tinted):
    """The shift (N, C) of every image's channels; None if a channel's pixels are not all shifted alike."""
    shift = (tinted - images).mean(axis=(2, 3))
    again = images + shift[:, :, None, None]
    return shift if np.allclose(again, tinted, rtol=1e-9, atol=1e-9) else None


@pytest.mark.exercise("random_tint", weight=2)
def test_a_channel_is_shifted_as_a_whole(student, rng):
    """A number within ±δ is added to all pixels of a channel, and nothing is clipped."""
    images, delta = pictures(rng, 6, 3, 2, 5) - 2.0, float(rng.uniform(0.2, 3.0))  # of both signs
    found = shifts(images, student.random_tint(images, max_delta=delta, rng=rng))
    square = pictures(rng, 4, 4, 4, 4)
    again = shifts(square, student.random_tint(square, max_delta=3.0, rng=rng))
    assert found is not None and again is not None, (
        "The pixels of a channel are not all moved by the same number. A tint adds one number to a whole "
        "channel; it does not multiply, nothing is clipped, and channels are the second axis, whatever the "
        "sizes."
    )
    assert np.any(found != 0) and np.all(np.abs(found) <= delta + 1e-9), (
        "A shift is larger than max_delta, or there is none."
    )
    assert len(np.unique(np.round(np.append(again, 0.0), 12))) == 17, (  # by chance: 3e-11
        "Of four channels one is not shifted, or two shifts are one and the same: each channel of each image "
        "draws its own, however many there are."
    )
    one = np.zeros((1, 1, 2, 2))
    far = [np.abs(student.random_tint(each, max_delta=1e4, rng=rng)).max() for each in (one, one, 0 * images)]
    assert max(far[:2]) > 0 and far[2] > 1000, (  # by chance: 1e-1^18
        "A single image of one channel is never shifted, or a large max_delta counts as a smaller one, or "
        "its shift is clipped."
    )
    assert np.all(student.random_tint(0 * images, max_delta=1e-12, rng=rng) != 0), (
        "A tiny max_delta shifts all, too."
    )
    assert close(student.random_tint(images, max_delta=0.0, rng=rng), images), (
        "With max_delta = 0 nothing moves."
    )


@pytest.mark.exercise("random_tint", weight=2)
def test_images_and_channels_are_shifted_apart(student, rng):
    """Neither two images nor two channels nor two calls share their shifts, and all is drawn from rng."""
    small = pictures(rng, 16, 4, 1, 1)
    calls = [one - small for one in student.random_tint.times(CALLS, small, max_delta=0.9, rng=rng)]
    assert each_alone(np.reshape(calls, (CALLS, 64))), NOT_ALONE
    images, (ours, theirs) = pictures(rng, 300, 4, 1, 2), twins(rng)
    tinted = [student.random_tint(images, max_delta=0.5, rng=ours) for _ in range(2)]
    first, second = (shifts(images, each) for each in tinted)
    assert first is not None and second is not None, "A channel is not shifted as a whole."
    pairs = ((first[:, 0], first[:, 1]), (first[:-1].ravel(), first[1:].ravel()), (first, second))
    for a, b in pairs:
        assert laws.independent(np.ravel(a) > 0, np.ravel(b) > 0, 0.5), (
            "Shifts go together, or are missing: each channel of each image draws its own, each time. One "
            "shift for all channels of an image is brightness, one for all images is a fixed colour. Images "
            "may have any number of channels."
        )
    assert close(student.random_tint(images, max_delta=0.5, rng=theirs), tinted[0]), ELSEWHERE


@pytest.mark.exercise("random_tint")
def test_shifts_are_uniform_around_zero(student, rng):
    """The shifts are uniform between -δ and δ."""
    images, delta = pictures(rng, 4000, 3, 1, 1), float(rng.uniform(0.2, 3.0))
    found = student.random_tint(images, max_delta=delta, rng=rng)[:, :, 0, 0] - images[:, :, 0, 0]
    assert ends_of_uniform(found / delta), (
        "Too many or too few shifts are near an end of -max_delta to max_delta, beyond it, or near 0. They "
        "are uniform."
    )
    found = found[:700]
    others = [uniform(0, delta), uniform(-delta / 2, delta / 2)]
    assert laws.follows(found, uniform(-delta, delta), against=others), (
        "The shifts are not uniform from -max_delta to max_delta, one for each channel of each image."
    )
    for a, b in ((0, 1), (0, 2), (1, 2)):
        assert laws.independent(found[:, a] > 0, found[:, b] > 0, 0.5), (
            "The shifts of two channels of an image go together: each channel draws its own."
        )
    turns = found / (2 * delta)  # of a circle
    for way in ((1, 1, 1), (1, 1, -1), (1, -1, 1), (-1, 1, 1)):
        assert len(np.unique(np.round(turns @ np.array(way) % 1, 6))) > 350, (
            "The shift of one channel follows from those of two others: each channel draws its own."
        )
    assert left_to_chance(found, uniform(-delta, delta), 0.0), (
        "The shifts are not independent: they are balanced, or laid out over the range. Each is drawn alone."
    )


# --- Variants -----------------------------------------------------------------------------------------------


class ImageByImage:
    """Loops over images and channels, on an own copy."""

    def random_tint(images, *, max_delta, rng):
        tinted = images.copy()
        for image in tinted:
            for channel in image:
                channel += max_delta * (2 * rng.random() - 1)
        return tinted


class FlatChannels:
    """Channels as rows of a matrix; the draws by rows."""

    def random_tint(images, *, max_delta, rng):
        n, c = images.shape[:2]
        rows = images.reshape(n * c, -1)
        return (rows + rng.uniform(-max_delta, max_delta, (n * c, 1))).reshape(images.shape)


class ColoursLast:
    """Channels moved to the end, where the shift broadcasts."""

    def random_tint(images, *, max_delta, rng):
        n, c = images.shape[:2]
        shift = rng.uniform(-1, 1, size=(n, 1, 1, c)) * max_delta
        return np.moveaxis(np.moveaxis(images, 1, -1) - shift, -1, 1)


VARIANTS = variants("random_tint", ImageByImage, FlatChannels, ColoursLast)

# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "random_tint",
    "np.unique(random_tint(np.zeros((3, 1, 1, 1)), max_delta=0.5, rng=np.random.default_rng(0)) != 0)",
    """
    images = np.array([[[[1.0, 2.0]], [[4.0, 3.0]]]])
    shift = random_tint(images, max_delta=0.5, rng=np.random.default_rng(0)) - images
    {
        "a channel's pixels alike": bool(np.allclose(shift[..., 0], shift[..., 1])),
        "channels apart": bool(abs(shift[0, 0, 0, 0] - shift[0, 1, 0, 0]) > 1e-9),
    }
    """,
    """
    images = np.array([[[[1.0, 2.0]]], [[[1.0, 2.0]]]])
    tinted = random_tint(images, max_delta=0.5, rng=np.random.default_rng(0))
    {"two images apart": bool(abs(tinted[0] - tinted[1]).max() > 1e-9)}
    """,
    """
    images = np.full((500, 1, 1, 1), 9.0)
    shift = random_tint(images, max_delta=1.0, rng=np.random.default_rng(0)) - images
    {"from": float(shift.min().round(1)), "to": float(shift.max().round(1))}
    """,
)
