"""`autograder roster` writes the roster and nbgrader's list of students."""

import sqlite3

from autograder.cli import main


def run(capsys, course, *arguments):
    capsys.readouterr()
    code = main(["--course", str(course.root), *map(str, arguments)])
    said = capsys.readouterr()
    return code, said.out + said.err


def test_a_roster_reaches_nbgraders_gradebook(toy_course, tmp_path, capsys):
    """Names with commas, quotes and formulas are there whole, in formgrader's table too."""
    table, term = tmp_path / "c.csv", tmp_path / "term"
    table.write_text('id,name,email\nann,"O\'Hara, Ann",a@x.org\nbob,=1+1 Bob,\n')
    code, said = run(capsys, toy_course, "roster", table, "--term", term)
    assert code == 0 and "new: ann (O'Hara, Ann)" in said and "The roster has 2 students." in said
    rows = sqlite3.connect(term / "gradebook.db").execute(
        "SELECT id, first_name, last_name, email FROM student"
    )
    assert set(rows) == {("ann", "Ann", "O'Hara", "a@x.org"), ("bob", "=1+1", "Bob", None)}
    code, said = run(capsys, toy_course, "roster", table, "--term", term)
    assert "nothing has changed" in said
    code, said = run(capsys, toy_course, "roster", "--term", term)
    assert "2 students enrolled." in said and "<a@x.org>" in said and "<>" not in said


def test_a_dry_run_writes_nothing(toy_course, tmp_path, capsys):
    """It says what would change, and leaves no folder."""
    table = tmp_path / "c.csv"
    table.write_text("id\nann\n")
    code, said = run(capsys, toy_course, "roster", table, "--dry-run", "--term", tmp_path / "term")
    assert code == 0 and "new: ann" in said and "Nothing was written" in said
    assert not (tmp_path / "term").exists()


def test_an_empty_roster_says_how_to_fill_it(toy_course, tmp_path, capsys):
    """Without a file the roster is shown."""
    assert "The roster is empty" in run(capsys, toy_course, "roster", "--term", tmp_path)[1]
