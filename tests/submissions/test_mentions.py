"""What code can reach by name, as far as reading it tells; in doubt it can."""

from __future__ import annotations

import pytest

from autograder.submissions.mentions import DETOURS, mentions


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("def f(x):\n    return 1", False),
        ("def f(x):\n    return f(x - 1)", False),
        ('def g(x):\n    """Like f(x)."""\n    return x  # not f', False),
        ("def g(x):\n    return f(x)", True),
        ("def f(x):\n    return 1\nprint(f(2))", True),
        ("class C:\n    def f(self):\n        return f(1)", True),
        ("h = f", True),
        ("from somewhere import f", True),
        ("import f.g", True),
        ("thing.f()", True),
        ("def f(x:", True),
        ("x = '\0'", True),
        ("async def f(x):\n    return f(x)", True),
        ("", False),
    ],
)
def test_a_use_is_seen(source: str, found: bool) -> None:
    """Calls, aliases, imports and attributes; a function's own name inside itself and plain text are none."""
    assert mentions([source], ["f"]) is found
    assert mentions(["y = 1", source], ["e", "f"]) is found


@pytest.mark.parametrize("detour", sorted(DETOURS))
def test_a_way_round_may_lead_anywhere(detour: str) -> None:
    """Who looks names up while running can reach what no line names."""
    assert mentions([f"x = {detour}"], ["f"]) and mentions([f"x = y.{detour}"], [])
