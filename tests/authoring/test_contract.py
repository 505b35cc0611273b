"""The contract above an exercise and the short docstring in its cell, both from the one docstring."""

from __future__ import annotations

import ast

from autograder.authoring.contract import MAX_EXAMPLE_LINES, markdown, shortened

FUNCTION = '''def mean(xs, *, weight=1.0):
    r"""The weighted mean of ``xs``.

    .. math::
        \\bar x = \\frac{w}{n} \\sum_i x_i

        w > 0

    With :math:`w = 1` it is the mean.

    Args:
        xs: (n,) float64 array,
            not changed.
        weight: w, greater than 0.
    Returns:
        float: the mean.
    Raises:
        ValueError: if there is none.
    Example:
        >>> mean(np.array([1.0, 3.0]))
        2.0
        >>> mean(np.array([1.0]), weight=2.0)
        2.0

    Source: any book.
    """
    check(xs)
    return weight * xs.mean()
'''


def test_the_whole_contract_stands_above() -> None:
    """Signature, formulas, arguments, what comes back, errors, the examples and the source, in this order."""
    text = markdown(FUNCTION)
    wanted = (
        "`mean(xs, *, weight=1.0)`",
        "The weighted mean of `xs`.",
        "$$\n\\bar x = \\frac{w}{n} \\sum_i x_i\n$$",
        "$$\nw > 0\n$$",
        "With $w = 1$ it is the mean.",
        "| `xs` | (n,) float64 array, not changed. |",
        "| `weight` | w, greater than 0. |",
        "**Returns** float: the mean.",
        "**Raises** ValueError: if there is none.",
        "```python\n>>> mean(np.array([1.0, 3.0]))\n2.0\n",
        "Source: any book.",
    )
    places = [text.find(part) for part in wanted]
    assert -1 not in places and places == sorted(places), text


def test_a_few_lines_stay_in_the_cell() -> None:
    """The first sentence, what comes back and the first example; the code is as it was."""
    short = ast.get_docstring(ast.parse(shortened(FUNCTION)).body[0])
    assert short == (
        "The weighted mean of ``xs``.\n\nReturns float: the mean.\n\n>>> mean(np.array([1.0, 3.0]))\n2.0"
    )
    assert shortened(FUNCTION).endswith("    check(xs)\n    return weight * xs.mean()\n")


def test_a_long_example_is_left_to_the_contract() -> None:
    """An example that would fill the cell stands above it only."""
    lines = "".join(f"        >>> x = {i}\n" for i in range(MAX_EXAMPLE_LINES + 1))
    long = FUNCTION.replace("        >>> mean(np.array([1.0, 3.0]))\n", lines + "        >>> x\n")
    assert ">>>" not in ast.get_docstring(ast.parse(shortened(long)).body[0])
    assert lines.strip()[:9] in markdown(long)


def test_a_function_without_a_docstring_is_as_it_was() -> None:
    """There is nothing to split."""
    assert (
        shortened("def f():\n    return 1") == "def f():\n    return 1"
        and markdown("def f():\n    return 1") == ""
    )
