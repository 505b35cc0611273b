"""Syntax of a newer Python: named with its version where the cell is right there, and only there."""

from __future__ import annotations

import sys
import time

import pytest

from autograder.submissions.newer_python import MAX_CHARS, newer_python

pytestmark = pytest.mark.skipif(sys.version_info >= (3, 12), reason="this Python reads the examples")


@pytest.mark.parametrize(
    ("source", "version", "what"),
    [
        ("f'{d['a']}'", "3.12", "an f-string with its own quotes"),
        ('def f(d):\n    return f"{\', \'.join(["a"])}"', "3.12", "an f-string"),
        ("f'{'\\n'.join(x)}'", "3.12", "a backslash inside"),
        ("f'{d['a']:>{w['b']}}' f'{x!r} {d['c']=}'", "3.12", "an f-string"),
        ("text = 'it''s' f'{d['a']}'  # it's", "3.12", "an f-string"),
        ("f'''{d['a']}\n{f'{d['b']}'}'''", "3.12", "an f-string"),
        ("type X = int", "3.12", "`type`"),
        ("type X[T] = list[T]", "3.12", "`type`"),
        ("def f[T: (int, list[str])](x: T) -> T:\n    return x", "3.12", "type parameters"),
        ("class C[T]:\n    pass", "3.12", "type parameters"),
        ("try:\n    pass\nexcept A, B:\n    pass", "3.14", "exceptions without brackets"),
        ("x = t'{a}'", "3.14", "a t-string"),
        ("type X = int\nx = t'{a}'", "3.14", "a t-string"),
    ],
)
def test_newer_syntax_is_named(source: str, version: str, what: str) -> None:
    """The newest form that the cell needs, and how it is written for the Python that grades."""
    sentence = newer_python(source)
    assert sentence.startswith(f"it needs Python {version} for ") and what in sentence
    assert "grading runs 3.11; " in sentence


@pytest.mark.parametrize(
    "source",
    [
        "x = 1",
        "type = 3\nlist[type]",
        "f'{x}' f\"{d['a']}\"",
        "x = (",
        "f'{x +}'",
        "f'{}'",
        "f'{d['a'] +}'",
        "f'{x",
        "print f'{d['a']}'",
        "type X",
        "def f[T(x): pass",
        "f'{d['a']}'\n" * (MAX_CHARS // 10),
    ],
)
def test_other_mistakes_are_not_called_newer(source: str) -> None:
    """No version is named where the cell would not run in that version either."""
    assert newer_python(source) == ""


@pytest.mark.parametrize("part", ["f'{", "f'{a}'(", "'''\"\"\"", "def f[", "f'", "{{{f'", "f'{[", "type x["])
def test_no_text_takes_long(part: str) -> None:
    """The reader has no clock."""
    start = time.process_time()
    newer_python(part * (MAX_CHARS // len(part)))
    assert time.process_time() - start < 5
