"""Work that no assignment grades is named, whatever way it was misplaced."""

from autograder.submissions.strays import strays


def test_misplaced_work_is_named(tmp_path):
    """A folder in capitals, a notebook in the student's folder, a platform's file, another assignment."""
    for name in ("bob/Toy/toy.ipynb", "eve/toy.ipynb", "oharaann_101_555_toy.ipynb", "ann/week1/x.ipynb"):
        path = tmp_path / "submitted" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{}")
    told = strays(tmp_path, ["toy"])
    assert [line.split(" is ")[0] for line in told] == [
        "submitted/ann/week1",
        "submitted/bob/Toy",
        "submitted/eve/toy.ipynb",
        "submitted/oharaann_101_555_toy.ipynb",
    ]
    assert "must be called toy" in told[1]


def test_what_belongs_there_is_not_named(tmp_path):
    """Assignments, data, the system's own files and links, which are told elsewhere."""
    (tmp_path / "submitted" / "ann" / "toy").mkdir(parents=True)
    (tmp_path / "submitted" / "ann" / "data").mkdir()
    (tmp_path / "submitted" / ".DS_Store").write_text("")
    (tmp_path / "submitted" / "link").symlink_to(tmp_path)
    assert strays(tmp_path, ["toy"]) == [] == strays(tmp_path / "nowhere", ["toy"])
