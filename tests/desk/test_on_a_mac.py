"""On a Mac all of a term but grading runs, from results of another machine; Windows needs WSL for it."""

from __future__ import annotations

from test_platforms import commanded

from autograder.desk.enrol import enrol

COMMANDS = [
    ["export", "toy"],
    ["feedback", "toy", "--for", "mail"],
    ["overview"],
    ["similar", "toy"],
    ["gradescope", "toy"],
    ["classroom50", "toy"],
    ["attempts", "toy"],
]


def test_a_mac_does_all_of_a_term_but_grading(term):
    """Without what macOS lacks, and without a traceback."""
    (people := term.path.parent / "people.csv").write_text(
        "id,name,email\nann,Ann,ann@x.org\n", encoding="utf-8"
    )
    enrol(term.path, people)
    done = commanded("darwin", term.course, term.path, COMMANDS)
    assert done.stdout.count("code 0\n") == len(COMMANDS), done.stdout + done.stderr


def test_on_windows_a_term_is_for_wsl(term):
    """In a sentence."""
    done = commanded("win32", term.course, term.path, COMMANDS[:1])
    assert "code 2" in done.stdout and "need Linux, macOS, or WSL 2 on Windows" in done.stderr
