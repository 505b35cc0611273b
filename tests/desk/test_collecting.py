"""`autograder collect` prints what became of every file."""

from downloads import CLASS, notebook, unzipped

from autograder.cli import main


def test_the_account_has_every_file(toy_course, tmp_path, capsys):
    """Placed, doubtful, left out with reasons; who is missing; a dry run writes nothing."""
    term, table = tmp_path / "term", tmp_path / "class.csv"
    table.write_text(CLASS, encoding="utf-8")
    files = {
        "ann/toy.ipynb": notebook("x"),
        "eve/toy.ipynb": notebook("y"),
        **{f"ann/{n}.txt": b"" for n in range(7)},
    }
    place = unzipped(tmp_path / "in", files)
    course = ["--course", str(toy_course.root)]
    assert main([*course, "roster", str(table), "--term", str(term)]) == 0
    capsys.readouterr()
    assert main([*course, "collect", str(place), "--term", str(term), "--dry-run"]) == 1
    said = capsys.readouterr().out
    assert "9 files." in said and "placed: 1" in said and "eve is not in the roster" in said
    assert "… and 2 more: no notebook" in said and "nothing from: zoe, -rf" in said.replace(
        "-rf, zoe", "zoe, -rf"
    )
    assert "Nothing was written" in said and not (term / "submitted").exists()
    assert main([*course, "collect", str(place), "--term", str(term)]) == 1
    assert "attempt 1" in capsys.readouterr().out and (term / "submitted/ann/toy/toy.ipynb").exists()
