"""Augmentation by crops, `random_crop`: hidden checks, named mistakes, variants."""

from __future__ import annotations

import numpy as np
import pytest

from autograder.checking import close, examples, laws, mistakes, variants

from ..shared import twins
from .shared import ELSEWHERE, pictures

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


@pytest.mark.exercise("random_crop", weight=2)
def test_a_crop_is_a_window_of_the_padded_image(student, rng):
    """Each image is cut out of itself with zeros around, channels together, at its old size."""
    for channels, height, width, pad in ((1, 3, 4, 1), (2, 4, 3, 2), (2, 2, 5, 2)):
        images = pictures(rng, 30, channels, height, width)
        found = corners(images, student.random_crop(images, pad=pad, rng=rng), pad)
        assert found is not None, (
            "An image is no window of its padded self. Zeros come in at the sides, nothing comes round from "
            "the other side, and all channels are cut at one place."
        )
        assert np.any(found != found[0]), "Thirty images were all cut at one place."  # by chance: 9^-29
    assert close(student.random_crop(images, pad=0, rng=rng), images), "With pad = 0 there is one place only."


@pytest.mark.exercise("random_crop", weight=2)
def test_places_are_uniform(student, rng):
    """The window's corner takes each of 2·pad + 1 rows and columns equally often."""
    pad, images = 1, pictures(rng, 1100, 1, 2, 2)
    found = corners(images, student.random_crop(images, pad=pad, rng=rng), pad)
    assert found is not None, "An image is no window of its padded self."
    shares, missing = dict.fromkeys(range(3), 1 / 3), ({0: 0.5, 1: 0.5}, {1: 1.0}, {0: 0.25, 1: 0.5, 2: 0.25})
    for axis, name in enumerate(("rows", "columns")):
        assert laws.categories(found[:, axis], shares, against=missing), (
            f"The {name} of the windows' corners are not uniform over 0 … 2·pad: one comes too often, too "
            "seldom or never. Is the last one possible, does rounding halve the ends, and does each image "
            "draw its own?"
        )


@pytest.mark.exercise("random_crop")
def test_rows_columns_and_images_draw_apart(student, rng):
    """The row says nothing about the column, nor one image or call about another; all is drawn from rng."""
    pad, images, (ours, theirs) = 1, pictures(rng, 400, 1, 3, 3), twins(rng)
    first, second = (corners(images, student.random_crop(images, pad=pad, rng=ours), pad) for _ in range(2))
    assert first is not None and second is not None, "An image is no window of its padded self."
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
    again = corners(images, student.random_crop(images, pad=pad, rng=theirs), pad)
    assert again is not None and np.array_equal(again, first), ELSEWHERE


# --- Mistakes -----------------------------------------------------------------------------------------------


CORNERS = "rng.integers(2 * pad + 1, size=(n, 2))"
PADDED = "np.pad(images, ((0, 0), (0, 0), (pad, pad), (pad, pad)))"

MISTAKES = mistakes(
    "random_crop",
    (
        "last_place_left_out",
        "The last place is never drawn: the upper limit of the draw is not among its values.",
        (CORNERS, "rng.integers(max(2 * pad, 1), size=(n, 2))"),
    ),
    (
        "upper_end_left_out",
        "The upper end of `integers` does not count: 2·pad is never drawn, and with pad = 0 there is nothing "
        "to draw from. Places go from 0 to 2·pad.",
        (CORNERS, "rng.integers(2 * pad, size=(n, 2))"),
    ),
    (
        "only_up_and_left",
        "The window only moves half of the way, so that images shift to one side only.",
        (CORNERS, "rng.integers(pad + 1, size=(n, 2))"),
    ),
    (
        "places_by_rounding",
        "Places are uniform numbers, rounded: the first and the last come half as often as the others. Draw "
        "whole numbers.",
        (CORNERS, "np.round(rng.uniform(0, 2 * pad, size=(n, 2))).astype(int)"),
    ),
    (
        "one_place_for_all",
        "All images are cut at the same place: one draw is made where each image needs its own.",
        (CORNERS, "np.tile(rng.integers(2 * pad + 1, size=(1, 2)), (n, 1))"),
    ),
    (
        "diagonal_only",
        "The same number is used for rows and columns, so that images move along the diagonal only.",
        (CORNERS, "np.repeat(rng.integers(2 * pad + 1, size=(n, 1)), 2, axis=1)"),
    ),
    (
        "edge_repeated",
        "The border is filled with the image's own edge. Zeros are asked.",
        (PADDED, PADDED[:-1] + ', mode="edge")'),
    ),
    (
        "comes_round",
        "What leaves on one side comes in on the other. Zeros come in.",
        (PADDED, PADDED[:-1] + ', mode="wrap")'),
    ),
    (
        "always_the_middle",
        "Every image is cut at the middle, and so comes back as it was.",
        (CORNERS, "np.full((n, 2), pad)"),
    ),
    (
        "channels_cut_apart",
        "Each channel is cut at a place of its own: the colours of an image no longer lie upon each other.",
        ("rng.integers(2 * pad + 1, size=(n, 2))", "rng.integers(2 * pad + 1, size=(n, images.shape[1], 2))"),
        (
            "image[:, row : row + height, column : column + width]",
            "[c[r : r + height, k : k + width] for c, (r, k) in zip(image, places, strict=True)]",
        ),
        ("for image, (row, column) in", "for image, places in"),
    ),
    (
        "moves_down_only",
        "Only rows move; columns stay where they were.",
        (CORNERS, "np.column_stack([rng.integers(2 * pad + 1, size=n), np.full(n, pad)])"),
    ),
    costs={"always_the_middle": 1.0},  # it leaves its argument as it was
)


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
