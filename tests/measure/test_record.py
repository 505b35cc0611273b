"""The page of the grader's own errors: its numbers are those of the audits, and an error is told."""

from __future__ import annotations

from dataclasses import replace

import toy

from autograder.course.course import Course
from autograder.measure.mutants import Mutant
from autograder.measure.record import Measured, measured, page


def test_the_record_counts_what_was_graded(released_toy: Course) -> None:
    """Each answer once a seed; a wrong hint, a refusal, a payment and a gap each stand in their column."""
    (found,) = measured(released_toy, ["one", "two"])
    mistakes = [row for row in found.rows if row.kind == "mistake"]
    assert len(mistakes) % 2 == 0 and not any(row.problem for row in found.rows)
    text, _ = page([found], ["one", "two"])
    (cells,) = (
        [cell.strip() for cell in line.split("|")[2:-1]]
        for line in text.splitlines()
        if f"| {toy.SLUG} |" in line and len(line.split("|")) == 13
    )
    assert cells[:4] == [str(len(mistakes))] * 3 + ["0"] and cells[5] == "0"
    faults = {"mistake": "hinted as other", "variant": "refused: x", "stub": "earns 1 by y", "form": "loses"}
    broken = []
    for row in found.rows:
        broken.append(replace(row, problem=faults.pop(row.kind, "")))
    gap = Mutant("f", "f", 5, "x + 1", "Add to Sub", "")
    changes = replace(found.changes, gaps=(gap,))
    text, code = page([Measured(found.slug, tuple(broken), changes, ())], ["one", "two"])
    (cells,) = (
        [cell.strip() for cell in line.split("|")[2:-1]]
        for line in text.splitlines()
        if f"| {toy.SLUG} |" in line and len(line.split("|")) == 13
    )
    assert code == 1 and [cells[place] for place in (3, 5, 7, 9)] == ["1"] * 4
    assert "- toy: f: Add to Sub in `x + 1`" in text
