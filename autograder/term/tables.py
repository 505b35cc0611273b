"""Reads tables that platforms and spreadsheets write as text, whatever their encoding and separator.

Nothing is altered on the way in but the encoding's marks: a cell that begins with ``=`` is a text.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from autograder.course.course import CourseError

MAX_TABLE_BYTES = 32 * 2**20
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True)
class Table:
    """A table with its headings; ``rows`` are (number of the line in the file, cells)."""

    head: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]

    def dicts(self) -> list[tuple[int, dict[str, str]]]:
        """Each row by heading; a short row has empty cells at its end."""
        return [
            (line, dict(zip(self.head, _filled(cells, len(self.head)), strict=True)))
            for line, cells in self.rows
        ]


def read_table(path: Path) -> Table:
    """The table in ``path``; CourseError, in a sentence, if there is none."""
    try:
        if path.stat().st_size > MAX_TABLE_BYTES:
            raise CourseError(f"{path} is larger than {MAX_TABLE_BYTES // 2**20} MB; is it the table?")
        content = path.read_bytes()
    except OSError as error:
        raise CourseError(f"{path} cannot be read: {error.strerror}.") from error
    return parse_table(decoded(content), str(path))


def parse_table(text: str, name: str) -> Table:
    """The table in ``text``; lines without any cell are left out.

    >>> parse_table('id;name\\n1;"O\\'Hara; Ann"\\n', "x").rows
    ((2, ('1', "O'Hara; Ann")),)
    """
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_separator(text), strict=True)
    rows = []
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                rows.append((reader.line_num, tuple(cells)))
    except csv.Error as error:
        raise CourseError(f"{name}, line {reader.line_num}: {error}; export it again as CSV.") from error
    if not rows:
        raise CourseError(f"{name} is empty; export it again as CSV.")
    head = tuple(cell.strip() for cell in rows[0][1])
    twice = [name for name, count in Counter(filter(None, head)).items() if count > 1]
    if twice:
        raise CourseError(
            f"{name}: the heading {twice[0]} stands there twice; give one of them another name."
        )
    return Table(tuple(cell or f"column {place}" for place, cell in enumerate(head, 1)), tuple(rows[1:]))


def decoded(content: bytes) -> str:
    """Text in UTF-8 or UTF-16, with or without a mark, or in the old Western encoding of spreadsheets.

    >>> decoded("zoë".encode("utf-16")), decoded("zoë".encode("cp1252"))
    ('zoë', 'zoë')
    """
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return content.decode(encoding, "replace")
    if content[1:2] == b"\0" or content[:1] == b"\0":
        return content.decode("utf-16-le" if content[1:2] == b"\0" else "utf-16-be", "replace")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


def heading(head: Sequence[str], names: Sequence[str]) -> str:
    """The heading among ``head`` that is one of ``names``, by preference; empty if none is."""
    found: Mapping[str, str] = {plain(one): one for one in reversed(head)}
    return next((found[plain(name)] for name in names if plain(name) in found), "")


def plain(name: str) -> str:
    """A heading without case, spaces and marks, for comparison.

    >>> plain("E-Mail address") == plain("email_address")
    True
    """
    return "".join(letter for letter in name.casefold() if letter.isalnum())


def write_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """CSV as RFC 4180 has it: quoted where that is needed, lines that end in CRLF."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(head)
    writer.writerows(rows)
    return text.getvalue()


def _filled(cells: tuple[str, ...], length: int) -> tuple[str, ...]:
    return (*cells, *[""] * length)[:length]


def _separator(text: str) -> str:
    """What separates the headings: of comma, semicolon and tab the one that stands there most often."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    outside = "".join(first.split('"')[::2])
    return max((",", ";", "\t"), key=outside.count)
