"""Finds out whether a cell that is no Python here is right in a newer Python, and says so.

Each newer form is rewritten as an older one; if the cell then parses, the forms that were rewritten are
what it needs.
"""

from __future__ import annotations

import platform
import re
from collections.abc import Callable
from functools import lru_cache

from autograder.course.jupyter import parses

MAX_CHARS, MAX_DEPTH = 50_000, 20
_LITERAL = re.compile(
    r"""(?P<comment>\#[^\n]*)|(?<!\w)(?P<prefix>[rbuft]{0,2})(?P<quote>'''|\"\"\"|'|")|.""", re.S | re.I
)
_TYPE = re.compile(r"^([ \t]*)type[ \t]+(\w+)[ \t]*(?:\[[^\n\]]*\])?[ \t]*=(?!=)", re.M)
_GENERIC = re.compile(
    r"^([ \t]*(?:async[ \t]+def|def|class)[ \t]+\w+)[ \t]*\[(?:[^\[\]\n]|\[[^\[\]\n]*\])*\]", re.M
)
_EXCEPT = re.compile(r"^([ \t]*except[ \t]+)([\w.]+(?:[ \t]*,[ \t]*[\w.]+)+)[ \t]*:", re.M)


@lru_cache(maxsize=256)
def newer_python(source: str) -> str:
    """One sentence on what ``source`` needs a newer Python for; empty if that is not what is wrong.

    >>> newer_python("type X = int")
    'it needs Python 3.12 for the statement `type`, and grading runs 3.11; write `X = …` instead.'
    """
    if len(source) > MAX_CHARS or parses(source):
        return ""
    needed = []
    for version, what, cure, older in _FORMS:
        text = older(source)
        if text != source:
            source = text
            needed.append((version, what, cure))
    if not needed or not parses(source):
        return ""
    (major, minor), what, cure = max(needed)
    ours = ".".join(platform.python_version_tuple()[:2])
    return f"it needs Python {major}.{minor} for {what}, and grading runs {ours}; {cure}."


def _strings(prefixes: str) -> Callable[[str], str]:
    """Replaces the literals with these prefixes that do not parse here by empty ones."""

    def older(source: str) -> str:
        parts, at = [], 0
        while at < len(source):
            expressions: list[str] = []
            end, prefix = _past(source, at, 0, expressions)
            text = source[at:end]
            newer = set(prefix) & set(prefixes) and not parses(text)
            if newer and all(one.strip() and parses(f"({older(one)})") for one in expressions):
                text = '""' + "\n" * text.count("\n")
            parts.append(text)
            at = end
        return "".join(parts)

    return older


def _past(source: str, at: int, depth: int, expressions: list[str]) -> tuple[int, str]:
    """The end of the token at ``at``, and its prefix in lower case if it is a literal of text.

    ``expressions`` gets what stands in its replacement fields.
    """
    found = _LITERAL.match(source, at)
    if not found or not found["quote"]:
        return (found.end() if found else at + 1), ""
    prefix, quote = found["prefix"].lower(), found["quote"]
    at = found.end()
    while at < len(source) and depth < MAX_DEPTH:
        if source.startswith(quote, at):
            return at + len(quote), prefix
        if source[at] == "\\":
            at += 2
        elif source[at] == "{" and set(prefix) & set("ft"):
            at = (
                at + 2 if source.startswith("{{", at) else _past_field(source, at + 1, depth + 1, expressions)
            )
        elif source[at] == "\n" and len(quote) == 1:
            break
        else:
            at += 1
    return at, ""


def _past_field(source: str, at: int, depth: int, expressions: list[str]) -> int:
    """The end of the replacement field that begins before ``at``; its expression is appended."""
    brackets, start, end = 0, at, 0
    while at < len(source) and depth < MAX_DEPTH:
        if not brackets and source[at] in "}:!" and not source.startswith("!=", at):
            end = end or at
            if source[at] == "}":
                expressions.append(source[start:end].rstrip().removesuffix("="))
                return at + 1
        brackets += (source[at] in "([{") - (source[at] in ")]}")
        at = _past(source, at, depth + 1, [])[0]
    return at


_FORMS = (
    (
        (3, 12),
        "an f-string with its own quotes or a backslash inside",
        "use the other quotes inside",
        _strings("f"),
    ),
    ((3, 12), "the statement `type`", "write `X = …` instead", lambda text: _TYPE.sub(r"\1\2 =", text)),
    ((3, 12), "type parameters in brackets", "leave them out", lambda text: _GENERIC.sub(r"\1", text)),
    ((3, 14), "a t-string", "use an f-string", _strings("t")),
    (
        (3, 14),
        "exceptions without brackets",
        "put them into brackets",
        lambda text: _EXCEPT.sub(r"\1(\2):", text),
    ),
)
