"""Tables in the encodings and separators in which platforms and spreadsheets write them."""

import doctest

import pytest

from autograder.course.course import CourseError
from autograder.term import tables
from autograder.term.tables import parse_table, read_table, write_table


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_table_is_read_in_any_encoding_and_separator(tmp_path, encoding, separator):
    """A comma in quotes, an accent and a formula are the same text from each file."""
    path = tmp_path / "class.csv"
    cells = ['"Özil, Zoë"', '"a ""quoted"" one"', "=1+1"]
    path.write_bytes(f"name{separator}note{separator}id\r\n{separator.join(cells)}\r\n".encode(encoding))
    table = read_table(path)
    assert table.head == ("name", "note", "id")
    assert table.rows == ((2, ("Özil, Zoë", 'a "quoted" one', "=1+1")),)


def test_a_short_row_and_empty_lines(tmp_path):
    """Missing cells at a row's end are empty, lines without a cell are none."""
    assert parse_table("a,b\n\n1\n,,\n", "x").dicts() == [(3, {"a": "1", "b": ""})]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "x is empty; export it again as CSV."),
        ("id,id\n1,2\n", "the heading id stands there twice"),
        ('id\n"open', "x, line 2: unexpected end of data"),
    ],
)
def test_what_is_no_table_is_told(text, sentence):
    """One sentence says what is wrong."""
    with pytest.raises(CourseError, match=sentence):
        parse_table(text, "x")


def test_a_file_that_is_missing_is_told(tmp_path):
    """A path without a file ends in a sentence."""
    with pytest.raises(CourseError, match="cannot be read: No such file"):
        read_table(tmp_path / "none.csv")


def test_a_written_table_is_read_back():
    """Commas, quotes, line breaks and formulas survive."""
    row = ['a,"b"', "line\nbreak", "=1"]
    assert parse_table(write_table(["x", "y", "z"], [row]), "x").rows[0][1] == tuple(row)


def test_its_examples_run():
    """The docstrings say what is true."""
    assert doctest.testmod(tables).failed == 0
