"""A released student notebook, as the grader knows it: exercises, points, given cells."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

EXPERIMENTS = "experiments"  # the grade id of the line below which nothing runs while grading


def squeezed(text: str) -> str:
    """``text`` without whitespace: what stays the same when a cell is indented or wrapped otherwise.

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
    origin: str = ""  # of a carried part: the assignment that asked for it


@dataclass(frozen=True)
class Release:
    """A released student notebook, read from its JSON.

    ``setup`` are the locked cells' sources (imports, data, adapters) in order; ``due`` is an ISO 8601
    time with its zone, or empty. ``manual`` are the answers that a person marks, ``carried`` the parts that
    students bring along from earlier assignments.
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
        """All that there are points for, the answers that a person marks last."""
        return (*self.exercises, *self.manual)

    @property
    def coded(self) -> tuple[Exercise, ...]:
        """All that students answer in code."""
        return (*self.carried, *self.exercises)

    @cached_property
    def locked(self) -> dict[str, str]:
        """Grade id -> squeezed text of the code cells that are the course's: setup and checks."""
        found = {}
        for cell in self.notebook["cells"]:
            mark = cell["metadata"].get("nbgrader", {})
            if cell["cell_type"] == "code" and mark.get("locked"):
                found[mark.get("grade_id", "")] = squeezed("".join(cell["source"]))
        return found


def read_release(slug: str, notebook: dict) -> Release:
    """The exercises, points and setup cells of a released notebook, in order."""
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
        elif mark.get("locked") and cell["cell_type"] == "code":
            setup.append(source)
    about = notebook["metadata"].get("course", {})
    return Release(
        slug,
        about.get("title", slug),
        about.get("due", ""),
        tuple(exercises.values()),
        tuple(setup),
        notebook,
        tuple(manual),
        tuple(carried),
    )
