"""What share of the points an answer keeps: one rule for all exercises."""

from __future__ import annotations

import pytest

from autograder.course.specimens import Specimen
from autograder.grading.share import WITH_A_FAULT, WRONG_FORMULA, share_of
from autograder.grading.verdict import CheckResult, Verdict


def rows(verdicts: str) -> list[CheckResult]:
    """A row of weight 1 for each letter: r for right, w for wrong."""
    by_letter = {"r": Verdict.CORRECT, "w": Verdict.WRONG}
    return [CheckResult(f"c{place}", "C.", 1.0, by_letter[letter]) for place, letter in enumerate(verdicts)]


@pytest.mark.parametrize(
    ("verdicts", "cost", "share"),
    [
        ("rrrr", None, 1.0),
        ("rw", None, 0.5),
        ("rrrrrrrrrw", None, WITH_A_FAULT),
        ("wrrrrrrrrr", None, WRONG_FORMULA),
        ("wwww", None, 0.0),
        ("wwww", 0.7, 0.3),
        ("wwww", 0.2, 0.8),
        ("wwww", 1.0, 0.0),
        ("rrrw", 0.7, 0.75),
    ],
)
def test_what_an_answer_keeps(verdicts: str, cost: float | None, share: float) -> None:
    """The weights decide, within the limits of a fault, of a wrong formula and of what one mistake costs."""
    recognised = [] if cost is None else [Specimen("f", "named", "", cost=cost)]
    assert share_of(rows(verdicts), recognised) == pytest.approx(share)
