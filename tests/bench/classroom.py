"""A class to measure with: right, wrong and partly done submissions of one assignment.

Each answer is the reference's or a named variant's; two in five students make one to three of the named
mistakes; one in five has done the first exercises only, and left the others as released or with a trivial
stub. Endless loops are left out: each costs its time limits everywhere, and nothing else would be seen.
"""

from __future__ import annotations

import json
import random
from pathlib import Path

from autograder.course.cells import filled, written
from autograder.course.course import Course
from autograder.course.source import reference_text
from autograder.course.specimens import Specimen, load_specimens
from autograder.measure.trivial import stubs

KINDS = ("right", "right", "wrong", "wrong", "partly done")


def make_class(course: Course, slug: str, term: Path, size: int) -> dict[str, int]:
    """Write ``size`` submissions below ``term``, the same every time; how many there are of each kind."""
    release, dice = course.release(slug), random.Random(1)
    source = reference_text(course.solution(slug))
    mistakes = load_specimens(course.content(slug), "MISTAKES", release.names)
    variants = load_specimens(course.content(slug), "VARIANTS", release.names)
    counts = dict.fromkeys(KINDS, 0)
    for number in range(size):
        kind = KINDS[number % len(KINDS)]
        counts[kind] += 1
        specimens: list[Specimen] = []
        answered = list(release.exercises)
        for exercise in release.exercises:
            unusual = [one for one in variants if one.exercise == exercise.name]
            specimens += [dice.choice(unusual)] if unusual and dice.random() < 0.4 else []
        if kind == "wrong":
            specimens += dice.sample(mistakes, dice.randint(1, 3))
        if kind == "partly done":
            done = dice.randint(1, len(answered) - 1)
            tried = [exercise for exercise in answered[done:] if dice.random() < 0.5]
            answered = answered[:done] + tried
            specimens += [dice.choice(stubs(exercise, source)) for exercise in tried]
        own = {name: text for one in specimens for name, text in one.functions(source).items()}
        answers = written(tuple(answered), source, own)
        notebook = filled(release, {name: _unmarked(text) for name, text in answers.items()})
        path = term / "submitted" / f"s{number:04}" / slug / f"{slug}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(notebook, indent=1), encoding="utf-8")
    (term / "seed").write_text("bench\n", encoding="ascii")
    return counts


def _unmarked(source: str) -> str:
    """Without the solution's markers, which no student sees."""
    return "\n".join(line for line in source.splitlines() if not line.strip().startswith("### "))
