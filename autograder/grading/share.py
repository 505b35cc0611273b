"""What share of an exercise's points an answer earns by its values: one rule for all exercises.

The checks' weights give the share. Three limits keep it in proportion to the idea that is missing:

- an answer that fails any check keeps at most `WITH_A_FAULT`;
- one that fails the exercise's first check, which tries the plain formula, keeps at most `WRONG_FORMULA`;
- one that is just a named mistake, or follows another convention, loses at most what that costs, however
  many checks it fails.
"""

from __future__ import annotations

from collections.abc import Sequence

from autograder.course.specimens import Specimen
from autograder.grading.verdict import CheckResult

WITH_A_FAULT = 0.8
WRONG_FORMULA = 0.5


def share_of(results: Sequence[CheckResult], recognised: Sequence[Specimen]) -> float:
    """The share, in [0, 1], by an exercise's checks in their order and by the mistakes that were recognised.

    >>> from autograder.grading.verdict import Verdict
    >>> right, wrong = (CheckResult("f", "F.", 1.0, Verdict(one)) for one in ("correct", "wrong"))
    >>> share_of([right, right], []), share_of([right] * 9 + [wrong], []), share_of([wrong, right, right], [])
    (1.0, 0.8, 0.5)
    >>> share_of([wrong, wrong], [Specimen("f", "a_slip", "", cost=0.25)])
    0.75
    """
    share = sum(row.weight for row in results if row.passed) / sum(row.weight for row in results)
    if share == 1:
        return share
    share = min(share, WITH_A_FAULT if results[0].passed else WRONG_FORMULA)
    return max(share, *(1 - one.cost for one in recognised), 0.0)
