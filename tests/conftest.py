"""Fixtures for all tests."""

from __future__ import annotations

from pathlib import Path

import pytest
import toy

from autograder.course import Course


@pytest.fixture
def toy_course(tmp_path: Path) -> Course:
    """A whole small course of one chapter, ``toy``, in a folder of its own."""
    return toy.write_course(tmp_path / "course")
