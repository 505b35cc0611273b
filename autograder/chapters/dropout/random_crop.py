"""Augmentation by crops, `random_crop`: hidden checks, variants."""

from __future__ import annotations

import numpy as np
import pytest

from autograder.checking import close, examples, laws, variants

from ..shared import twins
from .shared import CALLS, ELSEWHERE, NOT_ALONE, each_alone, pictures

# --- Checks -------------------------------------------------------------------------------------------------


def corners(images: np.ndarray, cropped: np.ndarray, pad: int) -> np.ndarray | None:
    """(n, 2): the row and column at which each image was cut out of its padded self; None if one was not."""
    _, _, height, width = images.shape
    padded = np.pad(images, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    found = np.full((len(images), 2), -1)
    for row in range(2 * pad + 1):
        for column in range(2 * pad + 1):
            window = padded[..., row : row + height, column : column + width]
            found[np.isclose(window, cropped, rtol=1e-9, atol=1e-12).all(axis=(1, 2, 3))] = row, column
    return None if (found < 0).any() else found


def spots(n: int, pad: int) -> np.ndarray:
    """Images of 2·pad + 1 rows and columns, black but for the middle: where that goes tells the corner."""
    images = np.zeros((n, 1, 2 * pad + 1, 2 * pad + 1))
    images[..., pad, pad] = 1.0
    return images


def spot_corners(cropped: np.ndarray) -> np.ndarray | None:
    """(n, 2): `corners` of cropped `spots`, or None if an image shows none, or several of them."""
    _, _, row, column = np.nonzero(cropped)
    whole = len(row) == len(cropped) and np.all(cropped.max(axis=(1, 2, 3)) == 1)
    return cropped.shape[-1] - 1 - np.stack([row, column], axis=1) if whole else None


@pytest.mark.exercise("random_crop", weight=2)
def test_a_crop_is_a_window_of_the_padded_image(student, rng):
    """Each image is cut out of itself with zeros around, channels together, at its old size."""
    for channels, height, width, pad in ((1, 3, 4, 1), (3, 4, 3, 2), (5, 2, 5, 2)):
        images = pictures(rng, 30, channels, height, width) * (1 if channels == 1 else -1)
        found = corners(images, student.random_crop(images, pad=pad, rng=rng), pad)
        assert found is not None, (
            "An image is no window of its padded self. Zeros come in at the sides, nothing comes round from "
            "the other side, pixels may be negative, and all channels are cut at one place."
        )
        assert np.any(found != found[0]), "Thirty images were all cut at one place."  # by chance: 0.4^30
    alone = [*map(spot_corners, student.random_crop.times(14, spots(1, 4), pad=4, rng=rng))]
    assert all(each is not None for each in alone), "A single image is no window of its padded self."
    assert all(len(set(places)) > 1 for places in np.reshape(alone, (14, 2)).T.tolist()), (  # 2 * 9^-13
        "A single image is cut at the same row, or at the same column, in every call."
    )
    singles = np.reshape(alone, (14, 2))
    assert all(np.any(singles[:, 0] != other) for other in (singles[:, 1], 8 - singles[:, 1])), (  # 2 * 9^-14
        "A single image's column follows from its row in every call: each of the two is drawn by itself."
    )
    still = np.min([student.random_crop(np.ones((3, 1, 1, 1)), pad=70, rng=rng) for _ in range(3)], axis=0)
    assert not np.any(still), (  # by chance: 3 * 141^-6
        "An image, perhaps the first or the last, is never moved: each draws a place of its own."
    )
    dots = student.random_crop(np.ones((2600, 1, 1, 1)), pad=2, rng=rng)
    assert laws.share(dots > 0, 1 / 25, against=[1 / 9, 1 / 125, 1.0]), (
        "Images stay in place too often or too seldom. All places in 0 … 2·pad are equally likely, the "
        "middle too, and where pad is larger than the image the window may miss it."
    )
    assert close(student.random_crop(images, pad=0, rng=rng), images), "With pad = 0 there is one place only."


@pytest.mark.exercise("random_crop", weight=2)
def test_places_are_uniform(student, rng):
    """The window's corner takes each of 2·pad + 1 rows and columns equally often."""
    for pad, missing in (
        (1, ({0: 0.5, 1: 0.5}, {1: 1.0}, {0: 0.25, 1: 0.5, 2: 0.25})),
        (2, (dict.fromkeys(range(4), 1 / 4), dict.fromkeys((0, 2, 4), 1 / 3))),
    ):
        found = spot_corners(student.random_crop(spots(1100, pad), pad=pad, rng=rng))
        assert found is not None, "An image is no window of its padded self."
        shares = dict.fromkeys(range(2 * pad + 1), 1 / (2 * pad + 1))
        for axis, name in enumerate(("rows", "columns")):
            assert laws.categories(found[:, axis], shares, against=missing), (
                f"The {name} of the windows' corners are not uniform over 0 … 2·pad: one comes too often, "
                "too seldom or never. Are all of them possible with any pad, does rounding halve the ends, "
                "and does each image draw its own?"
            )


@pytest.mark.exercise("random_crop")
def test_rows_columns_and_images_draw_apart(student, rng):
    """The row says nothing about the column, nor one image or call about another; all is drawn from rng."""
    calls = [*map(spot_corners, student.random_crop.times(CALLS + 10, spots(25, 2), pad=2, rng=rng))]
    assert all(each is not None for each in calls), "An image is no window of its padded self."
    places = np.array(calls)  # (call, image, row and column)
    assert each_alone(places.reshape(-1, 50) % 2 == 1), NOT_ALONE  # by chance: 50 * 0.6^60
    assert len(np.unique(places.reshape(-1, 2), axis=0)) == 25, (  # by chance: 25 * e^-61
        "Of all pairs of a row and a column some never come: the column is drawn whatever the row is."
    )
    rows, columns = np.moveaxis(np.sort(places, axis=1), 2, 0)
    assert all(np.any(rows != other) for other in (columns, 4 - columns[:, ::-1])), (  # by chance: < 1e-90
        "In each call the columns are the rows once more, in another order or from the other side: they are "
        "drawn anew."
    )
    for axis in (0, 1):
        assert len(set(np.sum(places[..., axis] == 0, axis=1).tolist())) > 1, (  # by chance: below 1e-30
            "The same number of images is cut from the first row, or column, in each call. Every image draws "
            "on its own, whatever the others have drawn."
        )
    pad, images, (ours, theirs) = 1, spots(160, 1), twins(rng)
    first, second = (spot_corners(student.random_crop(images, pad=pad, rng=ours)) for _ in range(2))
    assert first is not None and second is not None, "An image is no window of its padded self."
    assert not np.array_equal(first[:80], first[80:]), "The second half is cut at the places of the first."
    centre = first == pad
    for a, b in (
        (centre[:, 0], centre[:, 1]),
        (centre[::2, 0], centre[1::2, 0]),
        (centre[:, 0], second[:, 0] == pad),
    ):
        assert laws.independent(a, b, 1 / 3), (
            "Shifts that should be independent go together: down and across, one image and the next, one "
            "call and another."
        )
    again = spot_corners(student.random_crop(images, pad=pad, rng=theirs))
    assert again is not None and np.array_equal(again, first), ELSEWHERE


# --- Variants -----------------------------------------------------------------------------------------------


class PastedOnZeros:
    """No padding: the part of the image that stays in sight is pasted onto zeros."""

    def random_crop(images, *, pad, rng):
        after = np.zeros_like(images)
        _, _, h, w = images.shape
        for i, image in enumerate(images):
            down, right = (int(k) - pad for k in rng.integers(0, 2 * pad, size=2, endpoint=True))
            rows, columns = slice(max(down, 0), h + min(down, 0)), slice(max(right, 0), w + min(right, 0))
            to_rows = slice(max(-down, 0), h + min(-down, 0))
            to_columns = slice(max(-right, 0), w + min(-right, 0))
            if rows.start < rows.stop and columns.start < columns.stop:
                after[i][:, to_rows, to_columns] = image[:, rows, columns]
        return after


class FancyIndex:
    """One fancy index over all images; rows and columns drawn in two calls."""

    def random_crop(images, *, pad, rng):
        n, c, h, w = images.shape
        padded = np.zeros((n, c, h + 2 * pad, w + 2 * pad))
        padded[:, :, pad : pad + h, pad : pad + w] = images
        rows = rng.integers(2 * pad + 1, size=n)[:, None] + np.arange(h)
        columns = rng.integers(2 * pad + 1, size=n)[:, None] + np.arange(w)
        i, j = np.arange(n)[:, None, None, None], np.arange(c)[None, :, None, None]
        return padded[i, j, rows[:, None, :, None], columns[:, None, None, :]]


class SlidingWindows:
    """All windows by sliding_window_view, of which each image picks one by its number."""

    def random_crop(images, *, pad, rng):
        n, _, h, w = images.shape
        padded = np.pad(images, [(0, 0), (0, 0), (pad, pad), (pad, pad)])
        windows = np.lib.stride_tricks.sliding_window_view(padded, (h, w), axis=(2, 3))
        place = rng.choice((2 * pad + 1) ** 2, size=n)
        return windows[np.arange(n), :, place // (2 * pad + 1), place % (2 * pad + 1)].copy()


VARIANTS = variants("random_crop", PastedOnZeros, FancyIndex, SlidingWindows)

# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "random_crop",
    """
    images = np.zeros((500, 1, 3, 3))
    images[:, :, 1, 1] = 1.0  # one white pixel in the middle
    _, _, rows, columns = np.nonzero(random_crop(images, pad=1, rng=np.random.default_rng(0)))
    sorted(set(zip(rows.tolist(), columns.tolist())))
    """,
    """
    cropped = random_crop(np.ones((100, 1, 2, 2)), pad=1, rng=np.random.default_rng(0))
    sorted({float(image.sum()) for image in cropped})
    """,
    """
    cropped = random_crop(np.ones((100, 2, 2, 2)), pad=1, rng=np.random.default_rng(0))
    np.array_equal(cropped[:, 0], cropped[:, 1])  # the two channels
    """,
)
