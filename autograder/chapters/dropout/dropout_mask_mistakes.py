"""Named mistakes of `dropout_mask`, with their hints."""

from autograder.checking import conventions, mistakes

DRAW = "rng.random(shape) >= p"

MISTAKES = mistakes(
    "dropout_mask",
    (
        "one_mask_for_the_batch",
        "One row is drawn and used for all examples, so that the whole batch loses the same units. The shape "
        "includes the batch.",
        (DRAW, "np.broadcast_to(rng.random(shape[-1:]) >= p, shape).copy()"),
    ),
    (
        "one_draw_for_a_row",
        "One number is drawn for each example, which then keeps all of its units or none. Every entry has a "
        "draw of its own.",
        (DRAW, "np.broadcast_to(rng.random((*shape[:-1], 1)) >= p, shape).copy()"),
    ),
    (
        "whole_channels",
        "With more than two axes one number is drawn for a whole channel. Every entry has a draw of its own.",
        (DRAW, "np.broadcast_to(rng.random((*shape[:2], *[1] * (len(shape) - 2))) >= p, shape).copy()"),
    ),
    (
        "exact_share",
        "Exactly the share p is dropped in each call. How many are dropped is left to chance: each entry is "
        "drawn on its own.",
        (DRAW, "rng.permutation(np.arange(np.prod(shape)) >= round(p * np.prod(shape))).reshape(shape)"),
    ),
    (
        "always_half",
        "Half of the entries are dropped whatever p says. What is the random number compared with?",
        (DRAW, "rng.random(shape) >= 0.5"),
    ),
    (
        "tenths_only",
        "p is rounded to tenths. A uniform number between 0 and 1 falls below p with probability p, "
        "whatever p is.",
        (DRAW, "rng.integers(0, 10, size=shape) >= round(10 * p)"),
    ),
    (
        "gaussian_draws",
        "The random numbers are Gaussian, and p is compared with them as if they were uniform. Which draw is "
        "below p just with probability p?",
        (DRAW, "rng.normal(size=shape) >= p"),
    ),
    (
        "generator_of_its_own",
        "The mask comes from a generator made inside of the function, so that every call gives the same one. "
        "Draw from the rng that is handed over.",
        (DRAW, "np.random.default_rng(0).random(shape) >= p"),
    ),
)


# --- Right by another convention ----------------------------------------------------------------------------


CONVENTIONS = conventions(
    "dropout_mask",
    (
        "p_is_keeping",
        "Here units are kept with probability p, as in Srivastava et al. 2014, TensorFlow 1 and CS231n. "
        "The text pins p as the probability of dropping, as in torch; True marks what is kept.",
        (DRAW, "rng.random(shape) < p"),
    ),
)
