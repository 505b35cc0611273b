"""The door for check authors: all that a chapter's files may import of the engine.

Comparison and recording, the laws for answers that are drawn at random, and the makers of named mistakes,
conventions and variants. ``autograder/WRITING_EXERCISES.md`` shows each of them at work.
"""

from autograder.calls.compare import close
from autograder.calls.proxy import PerStep, Recorder
from autograder.course.specimens import conventions, mistakes, variants
from autograder.laws import laws
from autograder.laws.distributions import log_uniform, normal, uniform, whole

__all__ = [
    "PerStep",
    "Recorder",
    "close",
    "conventions",
    "laws",
    "log_uniform",
    "mistakes",
    "normal",
    "uniform",
    "variants",
    "whole",
]
