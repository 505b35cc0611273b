"""Every exception from the linter, the formatter or the type checker gives its reason on its line."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = ("autograder", "book", "solutions", "tests", "tools")
EXCEPTION = re.compile(r"# (?:noqa(?:: [A-Z]+\d+)?|fmt: (?:skip|off)|type: ignore(?:\[[\w-]+\])?)(.*)")


def without_reason(source: str) -> Iterator[str]:
    """The comments of ``source`` that make an exception of their line and say no word why."""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        found = EXCEPTION.match(token.string) if token.type == tokenize.COMMENT else None
        if found and not re.search(r"\w", found[1]):
            yield token.string


@pytest.mark.parametrize("room", ROOMS)
def test_every_exception_gives_its_reason(room: str) -> None:
    """A reader of the line learns why the rule does not hold there."""
    files = sorted((ROOT / room).rglob("*.py"))
    assert files
    lines = [(path.name, line) for path in files for line in without_reason(path.read_text(encoding="utf-8"))]
    assert lines == []


def test_an_exception_without_a_reason_is_found() -> None:
    """Each kind, bare; with a reason, or within a string, it passes."""
    bare = ["# noqa: E402", "# fmt: skip", "# type: ignore[arg-type]"]
    told = ["# noqa: E402 - now on the path", "# fmt: skip  # a table"]
    source = "".join(f"a = 1  {comment}\n" for comment in [*bare, *told]) + 'b = "# noqa: E402"\n'
    assert list(without_reason(source)) == bare
