"""Named mistakes of `dropout`, with their hints."""

from autograder.checking import conventions, mistakes

EVAL = "    if not training:\n        return x.copy()\n"

MISTAKES = mistakes(
    "dropout",
    (
        "divides_by_p",
        "What is kept is divided by p. The share that is left is 1 - p, and that is what makes up for it; at "
        "p = ½ nobody would notice.",
        ("x * mask / (1 - p)", "x * mask / max(p, 1e-9)"),
        ("grad_out * mask / (1 - p)", "grad_out * mask / max(p, 1e-9)"),
    ),
    (
        "scales_down",
        "What is kept is made smaller, though the sum has lost units already. Which factor makes up for it?",
        ("x * mask / (1 - p)", "x * mask * (1 - p)"),
        ("grad_out * mask / (1 - p)", "grad_out * mask * (1 - p)"),
    ),
    (
        "scales_both_passes",
        "Training is scaled up and evaluation scaled down: one of the two is enough. Inverted dropout leaves "
        "evaluation alone.",
        ("return x.copy()", "return x * (1 - p)"),
    ),
    (
        "always_training",
        "Units are dropped in evaluation too. Look at the argument training.",
        (EVAL, "    mask = np.ones(x.shape, dtype=bool) if mask is None else mask\n"),
    ),
    (
        "mask_in_evaluation",
        "In evaluation the mask is still applied where there is one. There it plays no part.",
        ("return x.copy()", "return x.copy() if mask is None else x * mask"),
    ),
    (
        "scales_the_dropped",
        "The mask is used the wrong way round: what it marks True is kept.",
        ("x * mask / (1 - p)", "x * ~mask / (1 - p)"),
        ("grad_out * mask / (1 - p)", "grad_out * ~mask / (1 - p)"),
    ),
    (
        "gradient_not_scaled",
        "The gradient is masked and not scaled. The forward pass has a factor, so its slope has it too.",
        ("grad_out * mask / (1 - p)", "grad_out * mask"),
    ),
    (
        "gradient_not_masked",
        "The gradient flows through dropped units as well, which had no influence on the loss.",
        ("grad_out * mask / (1 - p)", "grad_out / (1 - p)"),
    ),
    (
        "mask_of_the_latest_pass",
        "The gradient takes the mask of the latest forward pass, which is kept outside of the function. It "
        "belongs to the mask that it is given.",
        ("    return x * mask / (1 - p)", "    dropout.mask = mask.copy()\n    return x * mask / (1 - p)"),
        (
            "return grad_out * mask / (1 - p)",
            'kept = getattr(dropout, "mask", mask)\n'
            "    return grad_out * (kept if kept.shape == mask.shape else mask) / (1 - p)",
        ),
    ),
    (
        "gradient_scaled_back",
        "The gradient is multiplied where the forward pass divides. The slope of a factor is that factor "
        "itself, not its inverse.",
        ("grad_out * mask / (1 - p)", "grad_out * mask * (1 - p)"),
    ),
)


# --- Right by another convention ----------------------------------------------------------------------------


CONVENTIONS = conventions(
    "dropout",
    (
        "classic_dropout",
        "Your test pass is the one that scales, as in Srivastava et al. 2014. That is the form of the "
        "next exercise; this one asks for torch's, whose training pass does it.",
        ("return x.copy()", "return x * (1 - p)"),
        ("x * mask / (1 - p)", "x * mask"),
        ("grad_out * mask / (1 - p)", "grad_out * mask"),
    ),
)
