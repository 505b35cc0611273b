"""Parts that students bring along from earlier assignments, each judged by the checks of its own chapter.

They earn nothing here, and are judged only once an exercise fails: the exercise is then tried with the
reference's part in place of a wrong one, and the report names the wrong part.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property

from autograder.course.release import Exercise, Release
from autograder.course.source import functions_of
from autograder.grading.verdict import ExerciseResult, Verdict


class Parts:
    """The carried parts of one submission; ``judge`` runs the checks of one of them."""

    def __init__(self, carried: tuple[Exercise, ...], judge: Callable[[Exercise], ExerciseResult]) -> None:
        self.carried, self._judge = carried, judge
        self.judged = False

    @cached_property
    def faulty(self) -> tuple[ExerciseResult, ...]:
        """The parts that do not pass the checks of their own chapter."""
        self.judged = True
        results = [self._judge(part) for part in self.carried]
        return tuple(result for result in results if result.verdict is not Verdict.CORRECT)

    def notes(self, results: list[ExerciseResult]) -> list[str]:
        """A sentence for each faulty part, once an exercise has failed; before that no part is judged."""
        if not self.judged:
            return []
        origin = {part.name: part.origin for part in self.carried}
        helped = ", ".join(item.name for item in results if item.carried)
        sentences = []
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
            sentences.append(f"Your part {part.name}{state}. {what}.")
        return sentences


def functions_in(release: Release) -> dict[str, dict[str, str]]:
    """By the name of each cell that is answered in code: its functions."""
    return {part.name: functions_of(part.stub) for part in release.coded}


def not_asked_for(release: Release, found: Iterable[str]) -> list[str]:
    """The names in ``found`` that no cell of the assignment asks for: another may be meant by one of them."""
    asked = {name for functions in functions_in(release).values() for name in functions}
    return [name for name in found if name not in asked]
