"""Named mistakes of `random_crop`, with their hints."""

from autograder.checking import mistakes

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
        "whole_pads_only",
        "Images are moved by a whole pad or not at all. All places from 0 to 2·pad are possible; with "
        "pad = 1 these are the same.",
        (CORNERS, "pad * rng.integers(3, size=(n, 2))"),
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
