"""The interface for check authors: everything that a chapter's files may import from the engine.

Comparison and recording, statistical laws for random answers, and functions that define named mistakes,
conventions and variants. ``autograder/WRITING_EXERCISES.md`` has an example of each.
"""

from autograder.calls.compare import close
from autograder.calls.journal import PerStep, Recorder
from autograder.course.examples import examples
from autograder.course.specimens import GUARDS, conventions, mistakes, variants
from autograder.laws import laws
from autograder.laws.distributions import log_uniform, normal, uniform, whole

__all__ = [
    "GUARDS",
    "PerStep",
    "Recorder",
    "close",
    "conventions",
    "examples",
    "laws",
    "log_uniform",
    "mistakes",
    "normal",
    "uniform",
    "variants",
    "whole",
]
