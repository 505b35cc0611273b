"""Cells of a released notebook: what is stripped, what is given."""

from __future__ import annotations

import pytest

from autograder.course.cells import adapters, strip_magics
from autograder.course.course import Course
from autograder.course.release import Release


@pytest.fixture(scope="session")
def toy(released_toy: Course) -> Release:
    return released_toy.release("toy")


@pytest.mark.parametrize(
    ("source", "kept"),
    [
        ("x = 7 %2\ny = 1", "x = 7 %2\ny = 1"),
        ('t = """\n%d\n"""', 't = """\n%d\n"""'),
        ("if x:\n    %time f()\ny = 1", "if x:\n    f()\ny = 1"),
        ("if x:\n    %load_ext f\ny = 1", "if x:\n    pass\ny = 1"),
        ("files = !ls\nt = %time f()", "files = []\nt = f()"),
        ("%%time\nf()", "\nf()"),
        ("%%timeit -n 1\n%matplotlib inline\nf()", "\n\nf()"),
        ("f?\ny = 1", "\ny = 1"),
        ("?f\ny = 1", "\ny = 1"),
        ("%%bash\nls", ""),
        ("def f(:\n    pass", "def f(:\n    pass"),
    ],
)
def test_only_what_is_no_python_is_stripped(source: str, kept: str) -> None:
    """A line that looks like a magic inside of right Python stays; line numbers stay what they were."""
    assert strip_magics(source) == kept
    assert not kept or kept.count("\n") == source.count("\n")


def test_adapters_are_the_functions_of_the_setup_cells(toy: Release) -> None:
    """Data, imports and constants of a setup cell are not made again."""
    found = adapters(toy)
    assert list(found) == ["loss_and_grad"] and found["loss_and_grad"].startswith("def loss_and_grad(")
