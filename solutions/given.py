"""Argument checks that several chapters give to their students.

A solution module imports those that it needs; the assignment's text puts them into a setup cell of the
notebook by ``:given:``, beside the checks that only this chapter has. Nothing here is for students to write.
"""

import numpy as np

NOT_NEGATIVE = (lambda x: 0 <= x < np.inf, "be at least 0 and finite")
POSITIVE = (lambda x: 0 < x < np.inf, "be greater than 0 and finite")
FRACTION = (lambda x: 0 <= x < 1, "lie in [0, 1)")


def at_least(least):
    """The range from ``least`` on, for the rules of ``check_ranges`` (given).

    Example:
        >>> holds, rule = at_least(1)
        >>> holds(0), holds(1), rule
        (False, True, 'be at least 1')
    """
    return (lambda x: x >= least, f"be at least {least}")


def check_ranges(values, rules):
    """Refuse arguments out of range (given: your own code need not check again).

    Args:
        values: dict of arguments by name.
        rules: dict with these names, and perhaps more: for each the test that a value must pass, the rule in
            words, and the cure.
    Raises:
        ValueError: with the rule, the value and the cure.
    Example:
        >>> check_ranges({"n": 0}, {"n": (lambda x: x >= 1, "be at least 1", "draw one or more")})
        Traceback (most recent call last):
        ValueError: n must be at least 1, got 0; draw one or more
    """
    for name, value in values.items():
        holds, rule, cure = rules[name]
        if not holds(value):
            raise ValueError(f"{name} must {rule}, got {value}; {cure}")


def check_grads(params, grads):
    """Refuse gradients that are not their parameters' (given: your own code need not check again).

    Args:
        params, grads: dicts of arrays.
    Raises:
        ValueError: with the rule, the value and the cure.
    Example:
        >>> check_grads({"w": np.ones(2)}, {"w": np.ones(3)})  # doctest: +ELLIPSIS
        Traceback (most recent call last):
        ValueError: a gradient must have its parameter's shape, got (3,) for 'w' of shape (2,); look ...
    """
    if params.keys() != grads.keys():
        raise ValueError(
            f"grads must have the keys of params, got {sorted(grads)} for {sorted(params)}; "
            "give every parameter its gradient, zeros where there is none"
        )
    for key in params:
        shape, grad_shape = np.shape(params[key]), np.shape(grads[key])
        if shape != grad_shape:
            raise ValueError(
                f"a gradient must have its parameter's shape, got {grad_shape} for {key!r} of shape {shape}; "
                "look at how the backward pass sums over the batch"
            )
