"""Means over index sets, `set_mean`: hidden checks, named mistakes, variants."""

import numpy as np
import pytest

from autograder.checking import close, examples, mistakes, variants

from ..shared import few_digits
from .shared import by_definition, kinds

# --- Checks -------------------------------------------------------------------------------------------------


@kinds("set_mean", group=2)
def test_each_entry_has_the_mean_of_its_set(student, rng, kind):
    """Every entry is averaged with those that the definition's condition admits, and with no others."""
    shapes = [((3, 8, 2, 5), 4), ((4, 4, 4, 4), 2), ((1, 4, 1, 3), 2), ((3, 1, 2, 1), 1), ((5, 6, 1, 1), 3)]
    for shape, groups in shapes[: 4 if kind == "instance" else 5]:  # an instance of one pixel is refused
        x = rng.normal(size=shape) + rng.normal(0, 3, size=(*shape[:2], 1, 1))
        unit = np.ones(shape)
        (unit[:, 0] if kind == "batch" else unit[0])[...] = 1e8  # a set that leaves its neighbours alone
        x *= unit
        got = student.set_mean(x, kind=kind, groups=groups)  # which only "group" heeds
        where = {1: " and one image only", 5: " and images of one pixel"}.get(len(x), "")
        where = " and one channel" if shape[1] == 1 else where
        got, want = got / unit, by_definition(x, kind, groups) / unit
        assert close(got, want), few_digits(got, want) or (
            f"For kind={kind!r}{where} an entry stands beside another mean. Which of its four indices must "
            "the others share, and which are free? A group is a block of neighbouring channels, and equal "
            "sizes of axes mean nothing."
        )


@pytest.mark.exercise("set_mean", weight=2)
def test_groups_are_blocks_of_neighbours(student, rng):
    """With few large and with many small groups, channels are averaged block by block."""
    for channels, groups in ((6, 2), (6, 3), (8, 4), (24, 12)):
        x = rng.normal(size=(2, channels, 3, 1)) + rng.normal(0, 3, size=(2, channels, 1, 1))
        got = student.set_mean(x, kind="group", groups=groups)
        want = by_definition(x, "group", groups)
        assert close(got, want), few_digits(got, want) or (
            "G groups of C/G channels each: the first group has the first C/G channels. How many are there, "
            "and how large is each?"
        )


@pytest.mark.exercise("set_mean")
def test_groups_reach_from_layer_to_instance(student, rng):
    """One group is a layer, a group for each channel an instance."""
    x = rng.normal(size=(3, 4, 2, 2)) + rng.normal(0, 3, size=(3, 4, 1, 1))
    for groups, axes in ((1, (1, 2, 3)), (4, (2, 3)), (4, ())):
        x = x if axes else np.broadcast_to(x[:, :, :1, :1], x.shape).copy()  # which are their own means
        want = np.broadcast_to(x.mean(axis=axes, keepdims=True), x.shape)
        got = student.set_mean(x, kind="group", groups=groups)
        assert close(got, want), few_digits(got, want) or (
            "At its ends group normalisation is layer normalisation (one group) and instance normalisation "
            "(as many groups as channels)."
        )


# --- Mistakes -----------------------------------------------------------------------------------------------


BLOCKS = '{"batch": c, "layer": 1, "instance": c, "group": groups}[kind]'
AXES = '(0, 2, 3, 4) if kind == "batch" else (2, 3, 4)'


class Interleaved:
    def set_mean(x, *, kind, groups=1):
        n, c, h, w = x.shape
        blocks = {"batch": c, "layer": 1, "instance": c, "group": groups}[kind]
        axes = (0, 1, 3, 4) if kind == "batch" else (1, 3, 4)
        parts = x.reshape(n, c // blocks, blocks, h, w)
        return np.broadcast_to(parts.mean(axis=axes, keepdims=True), parts.shape).reshape(x.shape)


MISTAKES = mistakes(
    "set_mean",
    (
        "places_apart",
        "For batch normalisation every place of an image has a mean of its own. A channel is averaged over "
        "examples **and** places: only the index of the channel must agree.",
        (AXES, '(0, 2) if kind == "batch" else (2, 3, 4)'),
    ),
    (
        "layer_place_by_place",
        "For layer normalisation every place has its own mean over channels, as transformers do it with "
        "their tokens. By the definition here only the index of the example must agree.",
        (AXES, '(0, 2, 3, 4) if kind == "batch" else (2,) if kind == "layer" else (2, 3, 4)'),
    ),
    (
        "batch_and_layer_swapped",
        "Batch and layer are exchanged: which of the two averages over the examples of a batch?",
        (AXES, '(0, 2, 3, 4) if kind == "layer" else (2, 3, 4)'),
        (BLOCKS, '{"batch": 1, "layer": c, "instance": c, "group": groups}[kind]'),
    ),
    (
        "layer_and_instance_swapped",
        "Layer and instance are exchanged: an instance is a single channel of a single example.",
        (BLOCKS, '{"batch": c, "layer": c, "instance": 1, "group": groups}[kind]'),
    ),
    (
        "instance_over_the_batch",
        "For instance normalisation the examples are averaged as well, which makes it batch normalisation. "
        "An instance is alone.",
        (AXES, '(0, 2, 3, 4) if kind in ("batch", "instance") else (2, 3, 4)'),
    ),
    (
        "layer_over_the_batch",
        "For layer normalisation the examples are averaged as well, so that one number stands for the whole "
        "batch. The index of the example must agree.",
        (AXES, '(0, 2, 3, 4) if kind in ("batch", "layer") else (2, 3, 4)'),
    ),
    (
        "groups_over_the_batch",
        "A group is averaged over the examples as well. Groups are like layers: each example by itself.",
        (AXES, '(0, 2, 3, 4) if kind in ("batch", "group") else (2, 3, 4)'),
    ),
    (
        "groups_interleaved",
        "A group takes every G-th channel. Groups are blocks of neighbours: look at the order in which you "
        "split the axis of the channels.",
        Interleaved,
    ),
    (
        "size_for_number",
        "``groups`` is taken for the size of a group. It is the number of groups.",
        (BLOCKS, '{"batch": c, "layer": 1, "instance": c, "group": c // groups}[kind]'),
    ),
    (
        "groups_ignored",
        "All channels make one group, whatever ``groups`` says.",
        (BLOCKS, '{"batch": c, "layer": 1, "instance": c, "group": 1}[kind]'),
    ),
    (
        "groups_for_every_kind",
        'The channels are split into groups for layer normalisation too. ``groups`` is for kind="group" '
        "alone.",
        (BLOCKS, '{"batch": c, "layer": groups, "instance": c, "group": groups}[kind]'),
    ),
    (
        "sums_for_means",
        "The entries of a set are added up and not divided by their number.",
        ("x.mean(axis=axes, keepdims=True)", "x.sum(axis=axes, keepdims=True)"),
    ),
)


# --- Variants -----------------------------------------------------------------------------------------------


class SetsByMasks:
    """The definition itself: for every entry, the entries whose indices agree."""

    def set_mean(x, *, kind, groups=1):
        n_of, c_of, _, _ = np.indices(x.shape)
        size = x.shape[1] // groups
        means = np.zeros(x.shape)
        for n, c in np.ndindex(x.shape[:2]):
            chosen = {
                "batch": c_of == c,
                "layer": n_of == n,
                "instance": (n_of == n) & (c_of == c),
                "group": (n_of == n) & (c_of // size == c // size),
            }[kind]
            means[n, c] = np.mean(x[chosen])
        return means


class SetsByBranches:
    """A branch for each kind; groups by slices, one after the other."""

    def set_mean(x, *, kind, groups=1):
        out = np.ones_like(x)
        if kind == "batch":
            return out * np.mean(x, axis=(0, 2, 3), keepdims=True)
        if kind == "layer":
            return out * np.mean(x, axis=(1, 2, 3), keepdims=True)
        if kind == "instance":
            return out * np.mean(x, axis=(2, 3), keepdims=True)
        size = x.shape[1] // groups
        for start in range(0, x.shape[1], size):
            block = slice(start, start + size)
            out[:, block] = x[:, block].mean(axis=(1, 2, 3))[:, None, None, None]
        return out


class SetsByLabels:
    """Every entry gets the number of its set; sums and counts by bincount."""

    def set_mean(x, *, kind, groups=1):
        n_of, c_of, _, _ = np.indices(x.shape)
        channels = x.shape[1]
        label = {
            "batch": c_of,
            "layer": n_of,
            "instance": n_of * channels + c_of,
            "group": n_of * groups + c_of * groups // channels,
        }[kind]
        sums = np.bincount(label.ravel(), weights=x.ravel())
        counts = np.bincount(label.ravel())
        return (sums / counts)[label]


VARIANTS = variants("set_mean", SetsByMasks, SetsByBranches, SetsByLabels)

# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "set_mean",
    """
    x = np.arange(16.0).reshape(2, 4, 1, 2)
    kinds = ["batch", "layer", "instance", "group"]
    {kind: set_mean(x, kind=kind, groups=4)[0, :, 0, 0] for kind in kinds}
    """,
)
