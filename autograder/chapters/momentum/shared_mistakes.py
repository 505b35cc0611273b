"""Hints and swaps that the named mistakes of several forms of `momentum` share."""

from __future__ import annotations

KEPT = "for key in params}, v\n"  # how every step ends: the new parameters, the new velocities


def weights_kept(velocity, moved):
    """The swaps by which a step keeps the weights in the state, and starts from those."""
    zeros = "{key: np.zeros_like(value) for key, value in params.items()}"
    return (
        (zeros, f'{{"w": params, "v": {zeros}}}'),
        (f"v = {{key: {velocity}", f'params, state = state["w"], state["v"]\n    v = {{key: {velocity}'),
        (
            f"return {{key: {moved} for key in params}}, v\n",
            f'new = {{key: {moved} for key in params}}\n    return new, {{"w": new, "v": v}}\n',
        ),
    )


# Slips of which every form has its own; their hints.
ZERO_RATE = (
    "In an update with lr = 0 the velocity stays as it was. The formula has no exception: the gradient of "
    "such an update comes in too, and old ones fade."
)
ZERO_FOR_MISSING = (
    "A momentum of 0 is taken for none given, as with `or`, and the usual one steps in. With 0 the update is "
    "one of descent."
)
WEIGHTS_KEPT = (
    "The state keeps the weights, and every step starts from those. It starts from the weights of its call: "
    "the caller may have set them anew."
)
DIFFERENCE = (
    "The velocity that is kept is made of weights, those after the step and those before it: beside large "
    "weights it has lost its digits. Keep what the formula for v gives."
)
BY_PLACE = (
    "Velocities are kept in a list, in the order of the keys. The next call's dicts may have another order: "
    "keep each velocity under its key."
)
