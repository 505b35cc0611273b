"""Named mistakes of `backprop` and the hints that name them."""

from autograder.specimens import Specimen


def _of(exercise):
    """A maker of mistakes of one exercise: name, hint, swaps."""

    def made(name, note, *swaps, code=None):
        return Specimen(exercise, name, note, swaps, code)

    return made


_numerical = _of("numerical_gradient")
_scalar = _of("Scalar")

NUMERICAL = (
    _numerical(
        "one_sided",
        "The difference is taken between f(x + h) and f(x): one-sided, with an error that falls with h "
        "and not with h². Look at the second place at which f is asked.",
        ("down[i] -= h", "pass"),
        ("(f(up) - f(down)) / (2 * h)", "(f(up) - f(down)) / h"),
    ),
    _numerical(
        "divided_by_h",
        "Every slope is twice as large as it should be: the two places are 2h apart. Look at what the "
        "difference is divided by.",
        ("(f(up) - f(down)) / (2 * h)", "(f(up) - f(down)) / h"),
    ),
    _numerical(
        "h_of_its_own",
        "The h that is given is not used, another stands in the body. Look at how far each entry is moved.",
        ("up[i] += h", "h = 1e-5\n        up[i] += h"),
    ),
    _numerical(
        "all_entries_move",
        "All entries are moved at once, so that every slope is the sum of all. Look at what is added to x: a "
        "step along one axis moves one entry.",
        ("up[i] += h", "up += h"),
        ("down[i] -= h", "down -= h"),
    ),
    _numerical(
        "entries_stay_moved",
        "An entry that has been moved is not put back before the next one is moved. Look at where the copies "
        "of x are made: each entry starts from x itself.",
        ("for i in np.ndindex(x.shape):\n        up, down = x.copy(), x.copy()",
         "up, down = x.copy(), x.copy()\n    for i in np.ndindex(x.shape):"),
    ),
    _numerical(
        "x_put_back_by_sums",
        "x itself is moved and put back by adding and subtracting h, which leaves it changed by rounding. "
        "Keep the old value of the entry, or move a copy.",
        ("up, down = x.copy(), x.copy()\n        up[i] += h\n        down[i] -= h\n"
         "        grad[i] = (f(up) - f(down)) / (2 * h)",
         "x[i] += h\n        high = f(x)\n        x[i] -= 2 * h\n        low = f(x)\n        x[i] += h\n"
         "        grad[i] = (high - low) / (2 * h)"),
    ),
    _numerical(
        "error_with_its_sign",
        "The relative error takes the difference with its sign, so that a gradient which is too small passes "
        "as good. Look for the absolute value above the line.",
        ("np.max(np.abs(a - b) / np.maximum(1e-8, sizes))", "np.max((a - b) / np.maximum(1e-8, sizes))"),
    ),
    _numerical(
        "error_averaged",
        "The relative error is the mean over the entries: one wrong entry among thousands disappears in it. "
        "The worst entry counts.",
        ("np.max(np.abs(a - b)", "np.mean(np.abs(a - b)"),
    ),
    _numerical(
        "largest_sizes_for_all",
        "The largest difference is divided by the largest size, so that a small entry may be quite wrong. "
        "Each entry is compared with its own size first, and then the largest ratio is taken.",
        ("np.max(np.abs(a - b) / np.maximum(1e-8, sizes))",
         "np.max(np.abs(a - b)) / np.maximum(1e-8, np.max(sizes))"),
    ),
    _numerical(
        "no_floor",
        "Where both gradients are zero 0 is divided by 0. Look at the docstring's smallest value of the "
        "denominator.",
        ("np.maximum(1e-8, sizes)", "sizes"),
    ),
)  # fmt: skip

SCALAR = (
    _scalar(
        "gradients_replaced",
        "A contribution replaces what was in grad instead of being added to it, so that a number which is "
        "used twice keeps its last use only. Look at the line that writes grad in backward.",
        ("parent.grad += slope * node.grad", "parent.grad = slope * node.grad"),
    ),
    _scalar(
        "walks_over_paths",
        "backward goes down every path from the result to an input: x + x, twenty times, has a million of "
        "them. Collect what each number gets, and pass each number once.",
        ("order, seen = [], set()", "def pass_on(node, gradient):\n            node.grad += gradient\n"
         "            for parent, slope in node.parents:\n"
         "                pass_on(parent, slope * gradient)\n\n"
         "        pass_on(self, 1.0)\n        return\n        order, seen = [], set()"),
    ),
    _scalar(
        "operands_too_early",
        "A number hands its gradient on as soon as it is first reached, before the contributions that "
        "come by longer ways are in. Look at the order of the walk: each after all that were made from it.",
        ("if node not in seen:\n                seen.add(node)",
         "if node not in seen:\n                seen.add(node)\n                order.insert(0, node)"),
        ("order.append(node)  # after all that it was made from", "pass"),
    ),
    _scalar(
        "level_by_level",
        "The walk goes level by level, and a number that is an operand near the result and far from it "
        "too is passed with the near ones. Its later contributions come when it has handed its gradient "
        "on.",
        ("visit(self)\n",
         "order = [self]\n        for node in order:\n"
         "            order += dict.fromkeys(p for p, _ in node.parents if p not in order)\n"
         "        order.reverse()\n"),
    ),
    _scalar(
        "inputs_first",
        "The walk begins at the inputs, whose gradient is still 0, and ends at the result: only the result's "
        "own operands receive anything. Look at the direction in which the order is walked.",
        ("for node in reversed(order):", "for node in order:"),
    ),
    _scalar(
        "nothing_to_pass_on",
        "The result's own gradient is left at 0, and so is everything that is made from it. What is the "
        "derivative of a number with respect to itself?",
        ("self.grad = 1.0", "self.grad = 0.0"),
    ),
    _scalar(
        "own_factor",
        "In a product each factor gets itself as local derivative. Keep the other one still: how does the "
        "product change with this one?",
        ("[(self, other.data), (other, self.data)]", "[(self, self.data), (other, other.data)]"),
    ),
    _scalar(
        "sum_forgets_one",
        "A sum hands its gradient to its first operand alone. Look at what __add__ remembers.",
        ("[(self, 1.0), (other, 1.0)]", "[(self, 1.0)]"),
    ),
    _scalar(
        "relu_lets_all_through",
        "relu hands its gradient on for negative operands too. Where its value does not change, its "
        "derivative is 0.",
        ("1.0 if self.data > 0 else 0.0", "1.0"),
    ),
    _scalar(
        "tanh_of_the_input",
        "The derivative of tanh is written with the input where the output belongs: 1 - x² for 1 - tanh(x)². "
        "Look at what is squared.",
        ("1 - t**2", "1 - self.data**2"),
    ),
    _scalar(
        "exp_of_the_input",
        "The local derivative of exp is not the exponential. Which function is its own derivative?",
        ("[(self, e)]", "[(self, self.data)]"),
    ),
    _scalar(
        "power_not_lowered",
        "The derivative of a power keeps the exponent: c·x^c. Look at the exponent that is left after the "
        "derivative was taken.",
        ("c * self.data ** (c - 1)", "c * self.data**c"),
    ),
    _scalar(
        "power_without_its_factor",
        "The derivative of a power lacks the factor c that comes down from the exponent.",
        ("c * self.data ** (c - 1)", "self.data ** (c - 1)"),
    ),
)  # fmt: skip

MISTAKES = NUMERICAL + SCALAR

CONVENTIONS = (
    Specimen(
        "Scalar",
        "relu_slope_one_at_zero",
        "Right with the derivative of relu at 0 taken as 1. Both one-sided derivatives are in use; the "
        "docstring of relu takes the left one, 0, as PyTorch does.",
        (("1.0 if self.data > 0 else 0.0", "1.0 if self.data >= 0 else 0.0"),),
    ),
    Specimen(
        "numerical_gradient",
        "divided_by_the_larger",
        "Right with the larger of the two sizes below the line, as CS231n's notes have it. The docstring of "
        "relative_error divides by their sum.",
        (("sizes = np.abs(a) + np.abs(b)", "sizes = np.maximum(np.abs(a), np.abs(b))"),),
    ),
)
