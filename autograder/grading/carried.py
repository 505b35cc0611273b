"""Parts that students bring along from earlier assignments, each judged by the checks of its own chapter.

They earn nothing here. Only when something built on them is not right are they looked at, so that the right
part can stand in for a wrong one and the report can name it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

from autograder.course.release import Exercise, Release
from autograder.course.source import functions_of
from autograder.grading.verdict import ExerciseResult, Verdict


class Parts:
    """The carried parts of one submission; ``judge`` runs the checks of one of them."""

    def __init__(self, carried: tuple[Exercise, ...], judge: Callable[[Exercise], ExerciseResult]) -> None:
        self.carried, self._judge = carried, judge
        self.asked = False

    @cached_property
    def faulty(self) -> tuple[ExerciseResult, ...]:
        """The parts that do not pass the checks of their own chapter."""
        self.asked = True
        results = [self._judge(part) for part in self.carried]
        return tuple(result for result in results if result.verdict is not Verdict.CORRECT)

    def notes(self, results: list[ExerciseResult]) -> list[str]:
        """A sentence for each faulty part that something here was not right with."""
        if not self.asked:
            return []
        origin = {part.name: part.origin for part in self.carried}
        helped = ", ".join(item.name for item in results if item.carried)
        told = []
        for part in self.faulty:
            home = origin[part.name]
            state = (
                f", which comes from {home}, is not written"
                if part.verdict is Verdict.NOT_ATTEMPTED
                else f" does not pass the checks of its own assignment, {home}"
            )
            what = (
                f"What is built on it was graded with a right one too, so that it costs nothing in {helped}"
                if helped
                else "A right one in its place changed no result"
            )
            told.append(f"Your part {part.name}{state}. {what}.")
        return told


def functions_in(release: Release) -> dict[str, dict[str, str]]:
    """The functions of every cell that is answered in code, by its name."""
    return {part.name: functions_of(part.stub) for part in release.coded}
