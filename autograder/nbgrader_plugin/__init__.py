"""The only package that imports nbgrader: release, gradebook, and the exporters behind its commands."""

from autograder.nbgrader_plugin.assignment import generate_assignment
from autograder.nbgrader_plugin.gradebook import (
    create_database,
    database_url,
    ensure_assignment,
    read_overrides,
    write_gradebook,
)

__all__ = [
    "create_database",
    "database_url",
    "ensure_assignment",
    "generate_assignment",
    "read_overrides",
    "write_gradebook",
]
