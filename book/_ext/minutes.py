"""How long the core of a chapter takes to read, counted in its source.

The core is everything from the title to before ``## Summary``: prose and code that is shown, at 200 words a
minute. Folded and removed cells, fold-outs, options of cells and labels are left out.
"""

from __future__ import annotations

import re

WORDS_A_MINUTE = 200
FENCE = re.compile(
    r"^ *(?P<fence>`{3,}|:{3,})\{(?P<name>[\w-]+)\}[^\n]*\n(?P<body>.*?)^ *(?P=fence) *$", re.M | re.S
)
FRONT, LABEL, OPTION = r"\A---\n.*?\n---\n", r"^\([\w-]+\)=$", r"^ *:[\w-]+:.*$"


def core(text: str) -> str:
    """The source of a chapter's core: from its title to before its summary."""
    body = re.sub(FRONT, "", text, flags=re.S)
    return re.split(r"^(?:\([\w-]+\)=\n)?## Summary$", body, maxsplit=1, flags=re.M)[0]


def shown(text: str) -> str:
    """What a reader sees of a source without unfolding anything."""

    def part(found: re.Match[str]) -> str:
        name, body = found["name"], found["body"]
        if name == "dropdown" or (
            name == "code-cell" and re.search(r"\b(?:remove|hide)-(?:cell|input)\b", body)
        ):
            return ""
        body = re.sub(r"\A---\n.*?\n---\n", "", body, flags=re.S)
        return shown(re.sub(OPTION, "", body, flags=re.M))

    return re.sub(LABEL, "", FENCE.sub(part, text), flags=re.M)


def words(text: str) -> int:
    """How many words a text has; a name, a number and a formula's symbol are words.

    >>> words("The rate $\\\\eta$ is `0.1`, by far too large.")
    9
    """
    return len(re.findall(r"[^\W_][\w.'’-]*", text))


def core_minutes(text: str) -> int:
    """The minutes that the core of a chapter takes, rounded to 5.

    >>> core_minutes("# Title\\n\\n" + "word " * 1000 + "\\n\\n## Summary\\n\\n" + "word " * 5000)
    5
    """
    return max(5, 5 * round(words(shown(core(text))) / WORDS_A_MINUTE / 5))
