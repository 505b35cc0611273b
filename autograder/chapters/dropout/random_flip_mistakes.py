"""Named mistakes of `random_flip`, with their hints, and conventions."""

from __future__ import annotations

from autograder.checking import (
    GUARDS,
    conventions,
    mistakes,
)

MISTAKES = mistakes(
    "random_flip",
    (
        "all_or_none",
        "One draw decides for the whole batch. Each image has its own.",
        ("rng.random(len(images)) < p", "np.full(len(images), rng.random() < p)"),
    ),
    (
        "upside_down",
        "Images are turned upside down. Left and right change places: which axis is that?",
        ("images[..., ::-1]", "images[..., ::-1, :]"),
    ),
    (
        "turned_by_half",
        "Both axes run backwards: that is half a turn, no mirror image.",
        ("images[..., ::-1]", "images[..., ::-1, ::-1]"),
    ),
    (
        "p_is_not_flipping",
        "Images stay as they are with probability p; p is that of flipping.",
        ("rng.random(len(images)) < p", "rng.random(len(images)) >= p"),
    ),
    (
        "always_half",
        "Half of the images is flipped whatever p says.",
        ("rng.random(len(images)) < p", "rng.random(len(images)) < 0.5"),
    ),
    (
        "channels_flip_apart",
        "Channels are flipped one by one: the colours of an image go different ways.",
        (
            "flip = rng.random(len(images)) < p",
            "flip = rng.random(images.shape[:2]) < p",
        ),
        ("flip[:, None, None, None]", "flip[:, :, None, None]"),
    ),
    (
        "contrast_around_zero",
        "The whole image is multiplied, so that it becomes brighter or darker. Contrast scales what is above "
        "and below the mean.",
        ("mean + factor * (images - mean)", "factor * images"),
    ),
    (
        "mean_of_the_batch",
        "The mean is that of all images together. Each has its own.",
        ("images.mean(axis=(1, 2, 3), keepdims=True)", "images.mean()"),
    ),
    (
        "one_factor_for_all",
        "All images get the same factor. Each draws its own.",
        ("size=(len(images), 1, 1, 1)", "size=(1, 1, 1, 1)"),
    ),
    (
        "contrast_only_grows",
        "The contrast only ever grows. The factors lie on both sides of one.",
        ("rng.uniform(1 - max_delta, 1 + max_delta", "rng.uniform(1, 1 + max_delta"),
    ),
    (
        "logarithm_of_the_factor",
        "The logarithm of the factor is uniform, so that small factors come more often than large ones. The "
        "factor itself is.",
        (
            "rng.uniform(1 - max_delta, 1 + max_delta, size=(len(images), 1, 1, 1))",
            "np.exp(rng.uniform(np.log(max(1 - max_delta, 1e-12)), np.log(1 + max_delta), "
            "size=(len(images), 1, 1, 1)))",
        ),
    ),
    (
        "factor_for_each_pixel",
        "Every pixel has a factor of its own, which is noise and no contrast.",
        ("size=(len(images), 1, 1, 1)", "size=images.shape"),
    ),
    (
        "brightness",
        "A number is added to the image: that is brightness.",
        ("mean + factor * (images - mean)", "images + (factor - 1)"),
    ),
    (
        "exact_share",
        "Just the share p of the images is flipped in each call. How many are flipped is left to chance: an "
        "image has its own draw.",
        ("rng.random(len(images)) < p", "rng.permutation(len(images)) < round(p * len(images))"),
    ),
    (
        "clipped_at_zero",
        "Numbers below 0 are cut off. Nothing is clipped here.",
        (
            "return mean + factor * (images - mean)",
            "return np.maximum(mean + factor * (images - mean), 0.0)",
        ),
    ),
    (
        "clipped",
        "The result is clipped to the range that the image had. Nothing is clipped here.",
        (
            "return mean + factor * (images - mean)",
            "return np.clip(mean + factor * (images - mean), images.min(), images.max())",
        ),
    ),
    free={"logarithm_of_the_factor": ("max(1 - max_delta, {})", ("1e-12", *GUARDS))},
)


# --- Right by another convention ----------------------------------------------------------------------------


CONVENTIONS = conventions(
    "random_flip",
    (
        "contrast_by_channel",
        "Each channel's contrast is changed around that channel's own mean, as in tf.image. Here the "
        "mean is over all pixels and channels of an image.",
        ("images.mean(axis=(1, 2, 3), keepdims=True)", "images.mean(axis=(2, 3), keepdims=True)"),
    ),
)
