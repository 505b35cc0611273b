"""A released student notebook, as the grader reads it: exercises, points, given cells."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from autograder.course.told import without_points

EXPERIMENTS = "experiments"  # grade id of the line below which no cell runs in grading
TALLY, PICTURE, DRAWING = "tally", "picture_", "drawing"  # of given cells that only show; no grader runs them
CHALLENGE = "challenge"  # grade id of the cell for those who want more; no grader runs it either
SHOWING = (TALLY, PICTURE, DRAWING, CHALLENGE)


def squeezed(text: str) -> str:
    """``text`` without whitespace, so that changes of indentation and line breaks do not count.

    >>> squeezed("x = [1,\\n     2]")
    'x=[1,2]'
    """
    return "".join(text.split())


@dataclass(frozen=True)
class Exercise:
    """One exercise as released: its name, its points and the stub that the student is given."""

    name: str
    points: float
    stub: str
    origin: str = ""  # for a carried part: the slug of the assignment that it is from


@dataclass(frozen=True)
class Release:
    """A released student notebook, read from its JSON.

    ``setup`` are the locked cells' sources (imports, data, adapters) in order; ``due`` is the time in the
    assignment's text, ISO 8601 with its zone, or empty. ``manual`` are the answers that a person marks,
    ``carried`` the parts that students bring along from earlier assignments.
    """

    slug: str
    title: str
    due: str
    exercises: tuple[Exercise, ...]
    setup: tuple[str, ...]
    notebook: dict
    manual: tuple[Exercise, ...] = ()
    carried: tuple[Exercise, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(exercise.name for exercise in self.exercises)

    @property
    def marked(self) -> tuple[Exercise, ...]:
        """All exercises with points; those that a person marks come last."""
        return (*self.exercises, *self.manual)

    @property
    def coded(self) -> tuple[Exercise, ...]:
        """All exercises that students answer in code."""
        return (*self.carried, *self.exercises)

    @cached_property
    def locked(self) -> dict[str, str]:
        """Grade id -> squeezed text, without points, of the cells that are the course's: setup and checks."""
        found = {}
        for cell in self.notebook["cells"]:
            mark = cell["metadata"].get("nbgrader", {})
            if cell["cell_type"] == "code" and mark.get("locked"):
                found[mark.get("grade_id", "")] = squeezed(without_points("".join(cell["source"])))
        return found


def read_release(slug: str, notebook: dict, due: str = "") -> Release:
    """The exercises, points and setup cells of a released notebook, in order; ``due`` is not in it."""
    exercises: dict[str, Exercise] = {}
    stubs: dict[str, str] = {}
    setup: list[str] = []
    manual: list[Exercise] = []
    carried: list[Exercise] = []
    for cell in notebook["cells"]:
        mark = cell["metadata"].get("nbgrader", {})
        source = cell["source"] if isinstance(cell["source"], str) else "".join(cell["source"])
        if mark.get("solution") and mark.get("grade"):
            manual.append(Exercise(mark["grade_id"], float(mark["points"]), source))
        elif mark.get("solution"):
            stubs[mark["grade_id"]] = source
            if origin := cell["metadata"].get("carried"):
                carried.append(Exercise(mark["grade_id"], 0.0, source, origin))
        elif mark.get("grade"):
            name = mark["grade_id"].removeprefix("check_")
            exercises[name] = Exercise(name, float(mark["points"]), stubs[name])
        elif mark.get("locked") and cell["cell_type"] == "code" and not mark["grade_id"].startswith(SHOWING):
            setup.append(source)
    about = notebook["metadata"].get("course", {})
    return Release(
        slug=slug,
        title=about.get("title", slug),
        due=due,
        exercises=tuple(exercises.values()),
        setup=tuple(setup),
        notebook=notebook,
        manual=tuple(manual),
        carried=tuple(carried),
    )
