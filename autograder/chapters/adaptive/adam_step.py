"""Adam, `adam_step`: examples; the checks are in `shared.py`."""

from autograder.checking import examples

# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "adam_step",
    """
    params = {"w": np.array([1.0]), "b": np.array([1.0])}
    state = adam_init(params)
    for g in (1.0, 2.0):
        grads = {"w": np.array([g]), "b": np.array([-g])}
        params, state = adam_step(params, grads, state, lr=0.1, eps=0.5)
    params
    """,
    """
    params = {"w": np.array([1.0])}
    state = adam_init(params)
    for g in (1.0, 2.0):
        params, state = adam_step(params, {"w": np.array([g])}, state, lr=0.1, betas=(0.5, 0.25))
    params
    """,
    """
    params = {"w": np.zeros(2)}
    state = adam_init(params)
    for g in ([1.0, 1.0], [0.0, 0.0], [1.0, 2.0]):
        params, state = adam_step(params, {"w": np.array(g)}, state, lr=0.1, betas=(0.5, 0.75))
    params
    """,
    """
    params = {"w": np.zeros(2)}
    state = adam_init(params)
    for g in ([1.0, 1.0], [0.0, 2.0], [1.0, 2.0]):
        params, state = adam_step(params, {"w": np.array(g)}, state, lr=0.1, betas=(0.5, 0.75))
    params
    """,
)
