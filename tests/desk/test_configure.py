"""`autograder settings` explains what holds, and writes a first file that holds it."""


def test_settings_are_shown_and_written_once(term, capsys):
    """The defaults, then a file of them that changes no mark, then a refusal to overwrite it."""
    code, said = term.run(capsys, "settings")
    assert code == 0 and "these are the defaults" in said and "late work costs nothing (default)" in said
    before = term.run(capsys, "export", "toy")[1]
    code, said = term.run(capsys, "settings", "--new", "Europe/Berlin")
    assert code == 0 and "course.toml: every setting" in said
    assert term.run(capsys, "export", "toy")[1] == before
    code, said = term.run(capsys, "settings")
    assert "Fri 20 Nov 2026 23:59  set here; weight 1" in said
    assert term.run(capsys, "settings", "--new", "UTC")[0] == 2


def test_a_first_file_keeps_the_released_hour_in_its_own_zone(term, capsys):
    """23:59 is not turned into 00:59 of the next day."""
    released = term.course.release("toy").due[:16].replace("T", " ")
    assert term.run(capsys, "settings", "--new", "Pacific/Auckland")[0] == 0
    assert f'due = "{released}"' in (term.path / "course.toml").read_text(encoding="utf-8")


def test_a_zone_that_is_none_writes_nothing(term, capsys):
    """One sentence, and no file."""
    code, said = term.run(capsys, "settings", "--new", "Berlin")
    assert code == 2 and "must be a time zone" in said and not (term.path / "course.toml").exists()
