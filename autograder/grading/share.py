"""What share of an exercise's points an answer earns by its values: one rule for all exercises.

The checks' weights give the share. Three limits keep it in proportion to the idea that is missing:

- an answer that fails any check keeps at most `WITH_A_FAULT`;
- one that fails the exercise's first check, which tries the plain formula, keeps at most `WRONG_FORMULA`;
- one that is just a named mistake keeps at least `ONE_MISTAKE`, however many checks it fails, and one that
  follows another convention at least `OTHER_CONVENTION`; a small slip has a cost of its own, and keeps the
  rest.
"""

from __future__ import annotations

from collections.abc import Sequence

from autograder.course.specimens import Specimen
from autograder.grading.verdict import CheckResult

WITH_A_FAULT = 0.8
WRONG_FORMULA = 0.5
ONE_MISTAKE = 0.3
OTHER_CONVENTION = 0.5


def share_of(
    results: Sequence[CheckResult], mistakes: Sequence[Specimen], conventions: Sequence[Specimen]
) -> float:
    """The share, in [0, 1], by an exercise's checks in their order and by what was recognised.

    >>> from autograder.grading.verdict import Verdict
    >>> right, wrong = (CheckResult("f", "F.", 1.0, Verdict(one)) for one in ("correct", "wrong"))
    >>> share_of([right, right], [], []), share_of([right] * 9 + [wrong], [], [])
    (1.0, 0.8)
    >>> share_of([wrong, right, right], [], []), share_of([wrong], [Specimen("f", "named", "")], [])
    (0.5, 0.3)
    """
    share = sum(row.weight for row in results if row.passed) / sum(row.weight for row in results)
    if share == 1:
        return share
    share = min(share, WITH_A_FAULT if results[0].passed else WRONG_FORMULA)
    if conventions:
        return max(share, OTHER_CONVENTION, *(1 - one.cost for one in conventions))
    if mistakes:
        return max(share, ONE_MISTAKE, *(1 - one.cost for one in mistakes))
    return share
