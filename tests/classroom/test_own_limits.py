"""The doctor tries the limits of the trusted side, and sees where one does not hold."""

from __future__ import annotations

import pytest

from autograder.classroom import own_limits as module
from autograder.classroom.own_limits import LIMITS, own_limits


@pytest.mark.parametrize("name", [name for name, *_ in LIMITS])
def test_each_limit_holds_here(name: str) -> None:
    """Tried by itself."""
    assert next(attempt() for one, _, attempt in LIMITS if one == name)


def test_a_limit_that_does_not_hold_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """With what it costs; the exit code says so too."""
    monkeypatch.setattr(module, "content_of", lambda path, limit: b"")
    monkeypatch.setattr(module, "LIMITS", [one for one in LIMITS if one[0] in ("links", "own texts")])
    text, code = own_limits()
    assert code == 1 and "links            MISSING: a submission hands in what leads elsewhere" in text
    assert "own texts        present" in text
