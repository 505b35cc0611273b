"""Cells of a released notebook: what is given."""

from __future__ import annotations

import pytest

from autograder.course.cells import adapters
from autograder.course.course import Course
from autograder.course.release import Release


@pytest.fixture(scope="session")
def toy(released_toy: Course) -> Release:
    return released_toy.release("toy")


def test_adapters_are_the_functions_of_the_setup_cells(toy: Release) -> None:
    """Argument checks are among them; data, imports and constants of a setup cell are not made again."""
    found = adapters(toy)
    assert list(found) == ["check_arguments_heavy_step", "loss_and_grad", "check_arguments_fit_line"]
    assert found["loss_and_grad"].startswith("def loss_and_grad(")
