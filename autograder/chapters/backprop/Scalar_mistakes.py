"""Named mistakes of `Scalar`, with their hints, and conventions."""

from __future__ import annotations

from autograder.checking import conventions, mistakes

MISTAKES = mistakes(
    "Scalar",
    (
        "gradients_replaced",
        "A contribution replaces what was in grad instead of being added to it, so that a number which is "
        "used twice keeps its last use only. Look at the line that writes grad in backward.",
        ("parent.grad += slope * node.grad", "parent.grad = slope * node.grad"),
    ),
    (
        "walks_over_paths",
        "backward goes down every path from the result to an input: x + x, twenty times, has a million of "
        "them. Collect what each number gets, and pass each number once.",
        (
            "order, seen = [], set()",
            "def pass_on(node, gradient):\n            node.grad += gradient\n"
            "            for parent, slope in node.parents:\n"
            "                pass_on(parent, slope * gradient)\n\n"
            "        pass_on(self, 1.0)\n        return\n        order, seen = [], set()",
        ),
    ),
    (
        "operands_too_early",
        "A number hands its gradient on as soon as it is first reached, before the contributions that "
        "come by longer ways are in. Look at the order of the walk: each after all that were made from it.",
        (
            "if node not in seen:\n                seen.add(node)",
            "if node not in seen:\n                seen.add(node)\n                order.insert(0, node)",
        ),
        ("order.append(node)  # after all that it was made from", "pass"),
    ),
    (
        "level_by_level",
        "The walk goes level by level, and a number that is an operand near the result and far from it "
        "too is passed with the near ones. Its later contributions come when it has handed its gradient "
        "on.",
        (
            "visit(self)\n",
            "order = [self]\n        for node in order:\n"
            "            order += dict.fromkeys(p for p, _ in node.parents if p not in order)\n"
            "        order.reverse()\n",
        ),
    ),
    (
        "inputs_first",
        "The walk begins at the inputs, whose gradient is still 0, and ends at the result: only the result's "
        "own operands receive anything. Look at the direction in which the order is walked.",
        ("for node in reversed(order):", "for node in order:"),
    ),
    (
        "nothing_to_pass_on",
        "The result's own gradient is left at 0, and so is everything that is made from it. What is the "
        "derivative of a number with respect to itself?",
        ("self.grad = 1.0", "self.grad = 0.0"),
    ),
    (
        "input_passed_over",
        "backward of an input, from which nothing is passed on, leaves its grad at 0. Its derivative with "
        "respect to itself is 1, as every number's is.",
        ("self.grad = 1.0", "self.grad = 1.0 if self.parents else 0.0"),
    ),
    (
        "own_factor",
        "In a product each factor gets itself as local derivative. Keep the other one still: how does the "
        "product change with this one?",
        ("[(self, other.data), (other, self.data)]", "[(self, self.data), (other, other.data)]"),
    ),
    (
        "sum_forgets_one",
        "A sum hands its gradient to its first operand alone. Look at what __add__ remembers.",
        ("[(self, 1.0), (other, 1.0)]", "[(self, 1.0)]"),
    ),
    (
        "relu_lets_all_through",
        "relu hands its gradient on for negative operands too. Where its value does not change, its "
        "derivative is 0.",
        ("1.0 if self.data > 0 else 0.0", "1.0"),
    ),
    (
        "relu_returns_its_operand",
        "relu of a positive number returns the operand itself, and both share one gradient. Every operation "
        "makes a new Scalar.",
        (
            "return Scalar(max(0.0, self.data), [(self, 1.0 if self.data > 0 else 0.0)])",
            "return self if self.data > 0 else Scalar(0.0, [(self, 0.0)])",
        ),
    ),
    (
        "only_inputs_keep_a_gradient",
        "Only the inputs keep their gradients; the numbers in between, and the result, lose theirs. After "
        "backward every Scalar on the way has its own, the result 1.",
        (
            "parent.grad += slope * node.grad",
            "parent.grad += slope * node.grad\n            if node.parents:\n                node.grad = 0.0",
        ),
    ),
    (
        "tanh_by_exponentials",
        "tanh is a quotient of exponentials, and far from 0 it is infinity over infinity: NaN. NumPy has the "
        "function itself.",
        ("t = np.tanh(self.data)", "e = np.exp(2 * self.data)\n        t = (e - 1) / (e + 1)"),
    ),
    (
        "tanh_of_the_input",
        "The derivative of tanh is written with the input where the output belongs: 1 - x² for 1 - tanh(x)². "
        "Look at what is squared.",
        ("1 - t**2", "1 - self.data**2"),
    ),
    (
        "exp_of_the_input",
        "The local derivative of exp is not the exponential. Which function is its own derivative?",
        ("[(self, e)]", "[(self, self.data)]"),
    ),
    (
        "power_not_lowered",
        "The derivative of a power keeps the exponent: c·x^c. Look at the exponent that is left after the "
        "derivative was taken.",
        ("c * self.data ** (c - 1)", "c * self.data**c"),
    ),
    (
        "power_by_logarithm",
        "The power is computed by a logarithm, and a negative number has none. With a whole exponent it has "
        "a power all the same: let Python's ** do it.",
        ("self.data**c, [", "np.exp(c * np.log(self.data)), ["),
        ("c * self.data ** (c - 1)", "c * np.exp((c - 1) * np.log(self.data))"),
    ),
    (
        "power_without_its_factor",
        "The derivative of a power lacks the factor c that comes down from the exponent.",
        ("c * self.data ** (c - 1)", "self.data ** (c - 1)"),
    ),
)


# --- Right by another convention ----------------------------------------------------------------------------


CONVENTIONS = conventions(
    "Scalar",
    (
        "relu_slope_one_at_zero",
        "Right with the derivative of relu at 0 taken as 1. Both one-sided derivatives are in use; the "
        "text of relu takes the left one, 0, as PyTorch does.",
        ("1.0 if self.data > 0 else 0.0", "1.0 if self.data >= 0 else 0.0"),
    ),
)
