"""What a notebook tells about its exercises is put right where a term leaves some out or changes points."""

from __future__ import annotations

import doctest

from autograder.authoring.closing import tally_code
from autograder.course import told
from autograder.course.selection import selected
from autograder.course.told import check_title, heading, retold


def test_the_examples_hold() -> None:
    """Those in its docstrings."""
    assert doctest.testmod(told).failed == 0


def test_numbers_points_and_rows_follow_what_is_left() -> None:
    """The second of three is left out, the third has other points."""
    names = ("one", "two", "three")
    cells = [heading("###", place, 3, name, 2) + "\n\nText." for place, name in enumerate(names, 1)]
    cells += [f"{check_title(name, 2)}\nassert {name}()" for name in names]
    cells.append(tally_code(dict.fromkeys(names, 2)))
    found = retold(cells, {"one": 2, "three": 1})
    assert found[0].startswith("### Exercise 1 of 2 · `one` · 2 points\n")
    assert found[2].startswith("### Exercise 2 of 2 · `three` · 1 point\n")
    assert found[5].startswith("# Check of three: 1 point\n")
    assert 'tally({\n    "one": 2,\n    "three": 1,\n})' in found[-1]
    assert retold(cells, dict.fromkeys(names, 2)) == cells


def test_a_picture_goes_with_its_exercise_and_with_what_is_asked_about_it() -> None:
    """The prediction above it, the question below it; the exercise beside it stays."""

    def cell(kind: str, source: str, **mark: object) -> dict:
        return {
            "cell_type": kind,
            "id": "c",
            "source": source,
            "metadata": {"nbgrader": mark} if mark else {},
        }

    cells = [cell("markdown", "# Title\n\n## Section")]
    for place, name in enumerate(("gone", "kept"), 1):
        cells += [
            cell("markdown", heading("###", place, 2, name, 1)),
            cell("code", f"def {name}(x):\n    raise NotImplementedError()", grade_id=name, solution=True),
            cell("code", check_title(name, 1), grade_id=f"check_{name}", grade=True, locked=True, points=1),
            cell("markdown", f"**Predict.** What does {name} draw?"),
            cell("code", f"show({name})", grade_id=f"picture_{name}", locked=True),
            cell("markdown", f"**Question.** Why does {name} do so?"),
        ]
    found = selected({"metadata": {}, "cells": cells}, frozenset({"gone"}), {})
    text = "\n".join("".join(one["source"]) for one in found["cells"])
    assert "gone" not in text and text.count("kept") == 6 and "Exercise 1 of 1 · `kept` · 1 point" in text
    cells[11]["source"] = "show(gone, kept)"  # a picture of both, after the second
    found = selected({"metadata": {}, "cells": cells}, frozenset({"gone"}), {})
    text = "\n".join("".join(one["source"]) for one in found["cells"])
    assert "gone" not in text and text.count("kept") == 3 and "Predict" not in text and "Question" not in text
