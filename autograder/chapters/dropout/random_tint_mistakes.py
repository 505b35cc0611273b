"""Named mistakes of `random_tint`, with their hints."""

from autograder.checking import mistakes

SIZE, SUM = "size=(n, channels, 1, 1)", "images + rng.uniform("
TINT = "images + rng.uniform(-max_delta, max_delta, size=(n, channels, 1, 1))"

MISTAKES = mistakes(
    "random_tint",
    (
        "brightness",
        "All channels of an image are shifted alike: that is brightness. Each channel has its own shift.",
        (SIZE, "size=(n, 1, 1, 1)"),
    ),
    (
        "three_channels_only",
        "Images are tinted only if they have three channels. Every channel is shifted, however many there "
        "are.",
        (SUM, "images + (channels == 3) * rng.uniform("),
    ),
    (
        "one_tint_for_all",
        "All images get the same tint. Each draws its own.",
        (SIZE, "size=(1, channels, 1, 1)"),
    ),
    (
        "one_number",
        "A single number is drawn and added to everything. Each channel of each image has its own.",
        (SIZE, "size=(1, 1, 1, 1)"),
    ),
    (
        "noise_on_pixels",
        "Every pixel has a shift of its own, which is noise and no tint.",
        (SIZE, "size=images.shape"),
    ),
    (
        "multiplied",
        "Channels are multiplied by a factor, so that dark pixels hardly change. Here a number is added.",
        (TINT, f"images * (1 + {TINT.removeprefix('images + ')})"),
    ),
    (
        "only_brighter",
        "Channels only ever get brighter. The shifts lie on both sides of zero.",
        ("rng.uniform(-max_delta, max_delta", "rng.uniform(0, max_delta"),
    ),
    (
        "gaussian",
        "The shifts are Gaussian, so that some are larger than max_delta. They are uniform.",
        ("rng.uniform(-max_delta, max_delta, ", "rng.normal(0, max_delta, "),
    ),
    (
        "half_of_the_range",
        "Only half of the range is used: the shifts reach from -max_delta to max_delta.",
        ("rng.uniform(-max_delta, max_delta", "rng.uniform(-max_delta / 2, max_delta / 2"),
    ),
    (
        "clipped",
        "The result is clipped to the range that the images had. Nothing is clipped here.",
        (TINT, f"np.clip({TINT}, images.min(), images.max())"),
    ),
    (
        "columns_for_channels",
        "The shifts run along the columns of an image, not its channels: images are (N, C, H, W).",
        (SIZE, "size=(n, 1, 1, images.shape[3])"),
    ),
)
