"""Named mistakes of `numerical_gradient`, with their hints, and conventions."""

from autograder.checking import conventions, mistakes

MISTAKES = mistakes(
    "numerical_gradient",
    (
        "size_of_the_sum",
        "The size below the line is that of a + b, where opposite signs cancel: a wrong sign, which a "
        "gradient check is for, gives a huge number. Add the two sizes.",
        ("np.abs(a) + np.abs(b)", "np.abs(a + b)"),
    ),
    (
        "one_sided",
        "The difference is taken between f(x + h) and f(x): one-sided, with an error that falls with h "
        "and not with h². Look at the second place at which f is asked.",
        ("down[i] -= h", "pass"),
        ("(f(up) - f(down)) / (2 * h)", "(f(up) - f(down)) / h"),
    ),
    (
        "longer_for_large_entries",
        "Large entries are moved farther than h. h is how far each is moved, whatever its size.",
        ("up, down = x.copy(), x.copy()", "up, down, far = x.copy(), x.copy(), h * max(1.0, abs(x[i]))"),
        ("up[i] += h", "up[i] += far"),
        ("down[i] -= h", "down[i] -= far"),
        ("(f(up) - f(down)) / (2 * h)", "(f(up) - f(down)) / (2 * far)"),
    ),
    (
        "divided_by_h",
        "Every slope is twice as large as it should be: the two places are 2h apart. Look at what the "
        "difference is divided by.",
        ("(f(up) - f(down)) / (2 * h)", "(f(up) - f(down)) / h"),
    ),
    (
        "h_of_its_own",
        "The h that is given is not used, another stands in the body. Look at how far each entry is moved.",
        ("up[i] += h", "h = 1e-5\n        up[i] += h"),
    ),
    (
        "all_entries_move",
        "All entries are moved at once, so that every slope is the sum of all. Look at what is added to x: a "
        "step along one axis moves one entry.",
        ("up[i] += h", "up += h"),
        ("down[i] -= h", "down -= h"),
    ),
    (
        "in_single_precision",
        "x is copied in single precision, where a small h is lost in rounding. Keep float64.",
        ("up, down = x.copy(), x.copy()", "up, down = x.astype(np.float32), x.astype(np.float32)"),
    ),
    (
        "entries_stay_moved",
        "An entry that has been moved is not put back before the next one is moved. Look at where the copies "
        "of x are made: each entry starts from x itself.",
        (
            "for i in np.ndindex(x.shape):\n        up, down = x.copy(), x.copy()",
            "up, down = x.copy(), x.copy()\n    for i in np.ndindex(x.shape):",
        ),
    ),
    (
        "x_put_back_by_sums",
        "x itself is moved and put back by adding and subtracting h, which leaves it changed by rounding. "
        "Keep the old value of the entry, or move a copy.",
        (
            "up, down = x.copy(), x.copy()\n        up[i] += h\n        down[i] -= h\n"
            "        grad[i] = (f(up) - f(down)) / (2 * h)",
            "x[i] += h\n        high = f(x)\n        x[i] -= 2 * h\n        low = f(x)\n        x[i] += h\n"
            "        grad[i] = (high - low) / (2 * h)",
        ),
    ),
    (
        "copy_put_back_by_sums",
        "One copy of x serves all entries, and each is put back by adding and subtracting h, which leaves it "
        "changed by rounding. Keep the old value of the entry, or make a copy for each.",
        (
            "for i in np.ndindex(x.shape):\n        up, down = x.copy(), x.copy()\n        up[i] += h\n"
            "        down[i] -= h\n        grad[i] = (f(up) - f(down)) / (2 * h)",
            "point = x.copy()\n    for i in np.ndindex(x.shape):\n        point[i] += h\n"
            "        high = f(point)\n        point[i] -= 2 * h\n        low = f(point)\n"
            "        point[i] += h\n        grad[i] = (high - low) / (2 * h)",
        ),
    ),
    (
        "error_with_its_sign",
        "The relative error takes the difference with its sign, so that a gradient which is too small passes "
        "as good. Look for the absolute value above the line.",
        ("np.max(np.abs(a - b) / np.maximum(1e-8, sizes))", "np.max((a - b) / np.maximum(1e-8, sizes))"),
    ),
    (
        "error_averaged",
        "The relative error is the mean over the entries: one wrong entry among thousands disappears in it. "
        "The worst entry counts.",
        ("np.max(np.abs(a - b)", "np.mean(np.abs(a - b)"),
    ),
    (
        "largest_sizes_for_all",
        "The largest difference is divided by the largest size, so that a small entry may be quite wrong. "
        "Each entry is compared with its own size first, and then the largest ratio is taken.",
        (
            "np.max(np.abs(a - b) / np.maximum(1e-8, sizes))",
            "np.max(np.abs(a - b)) / np.maximum(1e-8, np.max(sizes))",
        ),
    ),
    (
        "floor_added",
        "The text's smallest value of the denominator is added to the sizes. It takes their place where "
        "they are smaller: look for the maximum.",
        ("np.maximum(1e-8, sizes)", "(sizes + 1e-8)"),
    ),
    (
        "no_floor",
        "Where both gradients are zero 0 is divided by 0. Look at the text's smallest value of the "
        "denominator.",
        ("np.maximum(1e-8, sizes)", "sizes"),
    ),
)


# --- Right by another convention ----------------------------------------------------------------------------


CONVENTIONS = conventions(
    "numerical_gradient",
    (
        "divided_by_the_larger",
        "Right with the larger of the two sizes below the line, as CS231n's notes have it. The text of "
        "relative_error divides by their sum.",
        ("sizes = np.abs(a) + np.abs(b)", "sizes = np.maximum(np.abs(a), np.abs(b))"),
    ),
)
