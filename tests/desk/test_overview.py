"""`autograder overview` writes the term's page and table."""

import csv
import io


def test_the_term_is_written(term, capsys):
    """From the stored results, with the course's name from the settings."""
    term.settings('name = "Toys in autumn"')
    code, said = term.run(capsys, "overview")
    assert code == 0 and "1 assignments, 5 students" in said
    page = (term.path / "reports" / "term.html").read_text(encoding="utf-8")
    assert "Toys in autumn" in page and "Your step goes up the slope" in page and "book/toy.md" in page
    rows = list(csv.DictReader(io.StringIO((term.path / "reports" / "term.csv").read_text(encoding="utf-8"))))
    assert {row["student"] for row in rows} == {"ann", "-rf", "zoe", "lea", "nia"}
