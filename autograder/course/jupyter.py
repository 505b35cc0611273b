"""Turns a cell with Jupyter's own lines (magics, shell commands, help) into plain Python that does no harm.

Nothing is looked up or run. What runs Python in Jupyter still does (``%time f()``, the body of ``%%time``);
everything else is left out, and what it would be assigned to gets an empty value. Lines keep their numbers.
"""

from __future__ import annotations

import ast
import re
from functools import lru_cache

# Cell magics whose body is no Python, or runs in another process, or not at all.
ELSEWHERE = frozenset(
    {
        "!", "bash", "cmd", "cython", "file", "html", "HTML", "javascript", "js", "latex", "markdown",
        "perl", "pypy", "python", "python2", "python3", "R", "ruby", "script", "sh", "SVG", "svg", "sx",
        "system",
    }
)  # fmt: skip  # a list to read across
KEEPS_NO_NAMES = frozenset({"timeit", "memit", "writefile"})  # the body counts only if it defines something
# A cell of one such line works without its sign too: https://ipython.readthedocs.io/en/stable/interactive/magics.html#magic-automagic
AUTOMAGIC = re.compile(
    r"\s*(pip|conda|mamba|uv|cd|ls|ll|pwd|cat|cp|mv|rm|mkdir|rmdir|man|who|whos|time|timeit|run|load|env|"
    r"matplotlib|pylab|reset|history|load_ext)\b"
)
_SIGN = re.compile(r"[ \t]*(?:%|!|\?|[,;/])")
_ASSIGNED = re.compile(r"""([ \t]*[\w.,*\[\]'" \t=]*[^\s=!<>%][ \t]*=[ \t]*)([%!])(.*)""")
_DEFINES = re.compile(r"^(?:async\s+def|def|class)\s", re.M)
_STRING = {  # the rest of a string, by the quotes that it began with
    **{quote: re.compile(rf"(?:\\.|[^\\\n{quote}])*{quote}?", re.S) for quote in ("'", '"')},
    **{quotes: re.compile(rf"(?:\\.|[^\\])*?{quotes}", re.S) for quotes in ("'''", '"""')},
}
_TOKEN = re.compile(
    r"""(?P<quote>'''|\"\"\"|'|")|(?P<comment>\#[^\n]*)|(?P<open>[(\[{])|(?P<close>[)\]}])"""
    r"""|(?P<joined>\\\r?\n)|(?P<end>\n)|(?P<blank>[ \t\r\f]+)|(?P<code>[^'"\#()\[\]{}\\\n \t\r\f?]+|.)""",
    re.S,
)


@lru_cache(maxsize=512)
def parses(source: str) -> bool:
    try:
        ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def strip_magics(source: str) -> str:
    """``source`` with Python in place of Jupyter's own lines; unchanged if it is valid Python.

    >>> strip_magics("%matplotlib inline\\nfiles = !ls\\nt = %time 1 + 1\\n?len")
    '\\nfiles = []\\nt = 1 + 1\\n'
    """
    if parses(source):
        return source
    if AUTOMAGIC.match(source) and "\n" not in source.strip():
        return _emptied(source)
    source = _without_cell_magic(_dedented(source))
    return source if parses(source) else "".join(_plain(*line) for line in _logical_lines(source))


def _without_cell_magic(source: str) -> str:
    """The cell without a ``%%`` line on top, and without its body if that is no Python or keeps no names."""
    start = len(source) - len(source.lstrip())
    first, _, body = source[start:].partition("\n")
    found = re.match(r"%%(!|\w+)", first)
    if not found:
        return source
    if found[1] in ELSEWHERE or (found[1] in KEEPS_NO_NAMES and not _DEFINES.search(body)):
        return _emptied(source)
    captured = re.match(r"%%capture\s+(?:--?[\w-]+\s+)*(\w+)", first)
    kept = f"{captured[1]} = get_ipython().captured" if captured else ""
    return f"{_emptied(source[:start])}{kept}\n{body}" if body or kept else _emptied(source)


def _dedented(source: str) -> str:
    """The cell without the indent of its first line, as Jupyter runs it."""
    indent = re.match(r"(?:[ \t]*\n)*([ \t]*)", source)[1]  # type: ignore[index]  # it matches the empty text
    return re.sub(rf"^{indent}", "", source, flags=re.M) if indent else source


def _emptied(text: str) -> str:
    return "\n" * text.count("\n")


def _logical_lines(source: str) -> list[tuple[str, bool]]:
    """The logical lines with their ends, and for each whether its code ends in a question mark.

    A line that begins with one of Jupyter's signs ends where its text does, whatever quotes are in it.
    """
    lines, at = [], 0
    while at < len(source):
        end, asks = _end_of_line(source, at)
        lines.append((source[at:end], asks))
        at = end
    return lines


def _end_of_line(source: str, at: int) -> tuple[int, bool]:
    """The end of the logical line that begins at ``at``, and whether its code ends in a question mark."""
    line = re.compile(r"(?:[^\n\\]|\\.)*\n?", re.S)
    whole = line.match(source, at)
    if whole and (_SIGN.match(source, at) or _ASSIGNED.match(source, at, whole.end())):
        return whole.end(), False
    depth, asks = 0, False
    while at < len(source):
        found = _TOKEN.match(source, at)
        assert found is not None  # the last alternative is any character
        at = found.end()
        if found["quote"]:
            ended = _STRING[found["quote"]].match(source, at)
            at, asks = (ended.end() if ended else len(source)), False
        elif found["open"] or found["close"]:
            depth, asks = max(0, depth + (1 if found["open"] else -1)), False
        elif found["end"] and not depth:
            break
        elif found["code"]:
            asks = found["code"] == "?"
    return at, asks


def _plain(text: str, asks: bool) -> str:
    """One logical line as plain Python with as many line ends."""
    indent = text[: len(text) - len(text.lstrip(" \t"))]
    signed = _SIGN.match(text)
    assigned = None if signed else _ASSIGNED.match(text.replace("\\\n", "  "))
    end = "\n" * text.count("\n")
    if assigned:
        target, sign, rest = assigned.groups()
        code = _timed(sign + rest)
        return f"{target}{code if parses(f'_ = {code}') else '[]' if sign == '!' else 'None'}{end}"
    if not (asks or signed):
        return text
    return f"{indent}{_timed(text.strip()) or ('pass' if indent else '')}{end}"


def _timed(magic: str) -> str:
    """The statement that ``%time`` would run; empty if there is none."""
    found = re.match(r"%time\s+(.*)", magic, re.S)
    return found[1].strip() if found and parses(found[1].strip()) else ""
