"""Makes a text that may be a student's safe for the place where it is shown.

In every place controls, format characters (among them those that reverse the reading direction) and lone
surrogates are shown as U+FFFD. Each place has a function: `visible` for pages whose markup is escaped
elsewhere, `one_line` for a terminal's table, `output` for what a cell printed, `markdown` for what is
rendered again, `json_text` for files of data, and `file_name` in `autograder.files` for names.
"""

from __future__ import annotations

import re

MARK = "\N{REPLACEMENT CHARACTER}"
# Commands to a terminal: CSI, then OSC and its kin with their texts, then short ones.
_COMMANDS = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"
    r"|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c\n]*(?:\x07|\x1b\\|\x9c)?"
    r"|\x1b[ -/]*[0-~]"
)
_SCHEME = re.compile(r"(javascript|vbscript|data)([\\\s]*):", re.I)
_LINKING = re.compile(r"\\(href|url|style|class|cssId|require)\b")  # what links or loads in a formula
# What Markdown makes links of by itself: addresses with a scheme, www and mail.
_BARE = re.compile(r"(?<=[A-Za-z0-9+.-]):(?=//)|(?<=\bwww)\.|(?<=\S)@(?=\S)", re.I)
_ENTITIES = {":": "&#58;", ".": "&#46;", "@": "&#64;"}


def visible(text: str) -> str:
    """``text`` with a mark in place of every character that is not seen; newlines and tabs stay.

    >>> visible("a\\x1b[31m\\x9b\\u202e\\udc80b\\n\\u00a0c")
    'a�[31m���b\\n c'
    """
    if text.isprintable():
        return text
    return "\n".join(line if line.isprintable() else "".join(map(_seen, line)) for line in text.split("\n"))


def _seen(letter: str) -> str:
    if letter.isprintable() or letter == "\t":
        return letter
    return " " if letter.isspace() and letter > "\x7f" and letter not in "\x85\u2028\u2029" else MARK


def one_line(text: str) -> str:
    """``text`` in one line, without what is not seen.

    >>> one_line(" a\\n  b\\x9bc ")
    'a b�c'
    """
    return visible(" ".join(text.split()))


def output(text: str) -> str:
    """What a cell printed, without commands to a terminal.

    >>> output("\\x1b[31mred\\x1b]8;;http://x\\x07link\\x1b]8;;\\x07\\x9b1m")
    'redlink'
    """
    return visible(_COMMANDS.sub("", text))


def markdown(text: str) -> str:
    """Markdown with HTML escaped and links disabled, in formulas too; no bare address becomes a link.

    >>> markdown("**no** <img src=x onerror=alert(1)> [x](javascript:alert(1)) https://x.org me@x.org")
    '**no** &lt;img src=x onerror=alert(1)> [x] (javascript&#8203;:alert(1)) https&#58;//x.org me&#64;x.org'
    """
    text = visible(text).replace("&", "&amp;").replace("<", "&lt;").replace("](", "] (").replace("]:", "] :")
    text = _LINKING.sub(r"\\&#8203;\1", text)
    text = _SCHEME.sub(r"\1&#8203;:", text)
    return _BARE.sub(lambda found: _ENTITIES[found[0]], text)


def json_text(text: str) -> str:
    """The text of a JSON file, with what is not seen as escapes: it is read back the same.

    >>> json_text('{"a": "\\x9b\\u202e"}')
    '{"a": "\\\\u009b\\\\u202e"}'
    """
    return "".join(line if line.isprintable() else _escaped(line) for line in text.splitlines(keepends=True))


def _escaped(line: str) -> str:
    return "".join(
        letter
        if letter.isprintable() or letter in "\n\t"
        else "".join(f"\\u{unit:04x}" for unit in _units(letter))
        for letter in line
    )


def _units(letter: str) -> list[int]:
    """The UTF-16 code units of a character, as JSON's escapes have them."""
    content = letter.encode("utf-16-be", "surrogatepass")
    return [int.from_bytes(content[i : i + 2], "big") for i in range(0, len(content), 2)]
