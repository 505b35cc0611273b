"""Momentum, the rate inside, `velocity_step`: hidden checks, named mistakes, variants."""

from autograder.checking import conventions, examples, mistakes, variants

from .shared import KEPT

# --- Mistakes -----------------------------------------------------------------------------------------------


INSIDE = "momentum * state[key] - lr * g"

MISTAKES = mistakes(
    "velocity_step",
    (
        "velocity_never_kept",
        "Every update is plain gradient descent, because the velocity starts from zero again. Look at what "
        "this step hands back as its state.",
        (KEPT, KEPT.replace(" v", " state")),
    ),
    (
        "old_velocity_moves_the_weights",
        "The weights move by the old velocity, and the gradient takes effect one update late. First the "
        "velocity changes, then the weights move by it.",
        ("params[key] + v[key]", "params[key] + state[key]"),
    ),
    (
        "no_friction",
        "The velocity loses nothing, and the weights roll for ever. Look at what μ multiplies.",
        (INSIDE, "state[key] - lr * g"),
    ),
    (
        "friction_on_the_gradient",
        "Friction takes its share of the new push as well. μ multiplies the old velocity and nothing else.",
        (INSIDE, "momentum * (state[key] - lr * g)"),
    ),
    (
        "uphill",
        "The weights go up the slope: of the two signs, that of the push and that of the move, one is wrong.",
        (INSIDE, "momentum * state[key] + lr * g"),
    ),
    (
        "rate_twice",
        "The velocity has the learning rate in it and is multiplied by it once more. In this form the "
        "velocity is the step itself: look at the second line of the formula.",
        ("params[key] + v[key]", "params[key] + lr * v[key]"),
    ),
    (
        "rate_on_the_old_velocity",
        "The learning rate multiplies the old velocity too, which has its rate already, so that almost "
        "nothing is left of it. It belongs to the gradient alone.",
        (INSIDE, "lr * (momentum * state[key] - g)"),
    ),
    (
        "looks_ahead",
        "This is Nesterov's method in the form that Keras has it in (nesterov=True). Here the weights move "
        "by the velocity and nothing else.",
        ("params[key] + v[key]", "params[key] + momentum * v[key] - lr * grads[key]"),
    ),
    (
        "default_momentum_always",
        "The velocity shrinks by the usual factor, whatever momentum the call asks for.",
        (INSIDE, "0.9 * state[key] - lr * g"),
    ),
    (
        "momentum_of_the_step_before",
        "The velocity is multiplied by μ when it is kept, so that every step slows it by the momentum of the "
        "step before. It is this call's μ that multiplies the old velocity.",
        ("momentum * state[key] - lr * g", "state[key] - lr * g"),
        (KEPT, KEPT.replace(" v", " {key: momentum * kept for key, kept in v.items()}")),
    ),
)


# --- Right by another convention ----------------------------------------------------------------------------


CONVENTIONS = conventions(
    "velocity_step",
    (
        "rate_outside",
        "The velocity holds gradients, and the rate multiplies the step: the plain form, PyTorch's, of "
        "the exercise before. The two part ways when the rate changes; here it is inside, as in Keras.",
        (INSIDE, "momentum * state[key] + g"),
        ("params[key] + v[key]", "params[key] - lr * v[key]"),
    ),
    (
        "mean_of_gradients",
        "The velocity is a mean of gradients, with 1-μ before each: the averaged form, which is the next "
        "exercise. Here each gradient comes in whole, times the rate.",
        (INSIDE, "momentum * state[key] + (1 - momentum) * g"),
        ("params[key] + v[key]", "params[key] - lr * v[key]"),
    ),
)


# --- Variants -----------------------------------------------------------------------------------------------


class VelocityOfPolyak:
    """Polyak's own form: no velocity, but the weights of before, from which it is the difference."""

    def velocity_init(params):
        return dict(params)

    def velocity_step(params, grads, state, *, lr, momentum=0.9):
        answer = {k: w - lr * grads[k] + momentum * (w - state[k]) for k, w in params.items()}
        return answer, dict(params)


class VelocityTakenOff:
    """The velocity with its sign turned, taken off the weights."""

    def velocity_step(params, grads, state, *, lr, momentum=0.9):
        v = {key: state[key] * momentum + grads[key] * lr for key in grads}
        answer = dict(params)
        for key in v:
            answer[key] = params[key] - v[key]
        return answer, v


class VelocityLoop:
    """Loops over single numbers; the state is a dict of lists."""

    def velocity_init(params):
        return {key: [0.0] * w.size for key, w in params.items()}

    def velocity_step(params, grads, state, *, lr, momentum=0.9):
        answer, memory = {}, {}
        for key, w in params.items():
            flat, memory[key] = w.flatten(), []
            for i, (g, old) in enumerate(zip(grads[key].flat, state[key], strict=True)):
                memory[key].append(float(momentum * old - lr * g))
                flat[i] += memory[key][i]
            answer[key] = flat.reshape(w.shape)
        return answer, memory


VARIANTS = variants("velocity_step", VelocityOfPolyak, VelocityTakenOff, VelocityLoop)

# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "velocity_step",
    """
    params = {"w": np.array([1.0])}
    state = velocity_init(params)
    for lr, mu in ((0.5, 0.5), (0.25, 0.125)):
        params, state = velocity_step(params, {"w": np.array([2.0])}, state, lr=lr, momentum=mu)
    params
    """,
)
