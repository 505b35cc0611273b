"""What is published has the notebooks and the site, and nothing of instructors, class or machine."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

import pytest

from autograder.course.course import Course, CourseError
from autograder.desk.publishing import publish


@pytest.fixture
def course(released_toy, tmp_path):
    """The released course in a folder of its own, with a small site."""
    shutil.copytree(released_toy.root, tmp_path / "course")
    course = Course(tmp_path / "course")
    shutil.rmtree(course.build, ignore_errors=True)
    page = course.build / "html" / "index.html"
    page.parent.mkdir(parents=True)
    page.write_text(
        '<p>Welcome to O&#x27;Neill</p><!--when:zip <a href="students.zip">All</a>-->', encoding="utf-8"
    )
    (page.parent / ".doctrees").mkdir()
    (page.parent / ".doctrees" / "env").write_text(str(course.root))
    return course


def names(course, name):
    with zipfile.ZipFile(course.build / "publish" / name) as archive:
        return set(archive.namelist())


def test_students_get_notebooks_and_the_site_its_pages(course, tmp_path, capsys):
    """No text source, no solution, no cache; the same bytes each time."""
    (course.released("toy").parent / "data.csv").write_text("1,2\n")
    (course.root / "book" / "__pycache__").mkdir()
    said = publish(course, tmp_path / "term")
    assert names(course, "students.zip") == {
        "assignments/toy/toy.ipynb", "assignments/toy/data.csv", "environment.yml", "LICENSE", "README.md",
    }  # fmt: skip  # a tree to read down
    assert names(course, "site.zip") == {"index.html", "students.zip", ".nojekyll"} and "3 files" in said
    with zipfile.ZipFile(course.build / "publish" / "site.zip") as site:
        assert '</p><a href="students.zip">All</a>' in site.read("index.html").decode()
        assert site.read("students.zip") == (course.build / "publish" / "students.zip").read_bytes()
    before = (course.build / "publish" / "students.zip").read_bytes()
    publish(course, tmp_path / "term")
    assert (course.build / "publish" / "students.zip").read_bytes() == before


def test_the_readme_of_the_zip_has_the_terms_due_times_and_rules(course, tmp_path):
    """From its settings, in its zone; the notebook does not change."""
    before = course.released("toy").read_bytes()
    (tmp_path / "term").mkdir()
    settings = 'name = "Nets"\ntime_zone = "Europe/Berlin"\ncounts = "best"\nattempts = 3\n'
    settings += '[late]\npercent_per_day = 10\npercent_max = 50\n[assignment.toy]\ndue = "2031-02-03 23:59"\n'
    (tmp_path / "term" / "course.toml").write_text(settings, encoding="utf-8")
    publish(course, tmp_path / "term")
    with zipfile.ZipFile(course.build / "publish" / "students.zip") as archive:
        text = archive.read("README.md").decode()
        assert archive.read("assignments/toy/toy.ipynb") == before and b"2031" not in before
    assert text.startswith("# Nets\n") and "| due (Europe/Berlin) |" in text
    assert "| A toy | `assignments/toy/toy.ipynb` | 5.5 | Mon 03 Feb 2031, 23:59 |" in text
    assert "Each day late that has begun costs 10 % of what you earn, 50 % at most." in text
    assert "The first 3 hand-ins count; your mark is that of the best one." in text
    assert "pip install -r requirements-students.txt" in text and len(text.splitlines()) <= 40


ROSTER = "id,name,email\ns123456,Ann O'Neill,ann@x.org\n"


@pytest.mark.parametrize(
    ("file", "text", "why"),
    [
        ("html/index.html", "by Ann O&#x27;Neill", "index.html names somebody of the roster"),
        ("html/a.html", "write to ann@x.org", "a.html names somebody of the roster"),
        ("html/a.js", "var who = 's123456'", "a.js names somebody of the roster"),
        ("html/a.txt", "{root}/book", "a.txt holds a path of this machine"),
        ("html/a.txt", "{home}/x", "a.txt holds a path of this machine"),
        ("html/solutions/toy.py", "x = 1", "solutions/toy.py is of the instructor's rooms"),
    ],
)
def test_what_is_private_is_refused(course, tmp_path, file, text, why):
    """Somebody of the class, a path of this machine, a file of the instructor's: nothing is written."""
    from autograder.desk.enrol import enrol

    (tmp_path / "c.csv").write_text(ROSTER, encoding="utf-8")
    enrol(tmp_path / "term", tmp_path / "c.csv")
    path = course.build / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text.format(root=course.root, home=Path.home()), encoding="utf-8")
    with pytest.raises(CourseError, match="nothing was published") as error:
        publish(course, tmp_path / "term")
    assert why in str(error.value)
    assert not (course.build / "publish").exists()


def test_a_leak_in_a_public_room_is_refused(course, tmp_path):
    """A graded body in a chapter."""
    solution = course.solution("toy").read_text(encoding="utf-8")
    (course.root / "book" / "copied.py").write_text(solution, encoding="utf-8")
    with pytest.raises(CourseError, match="nothing was published"):
        publish(course, tmp_path / "term")


def test_data_that_a_notebook_reads_and_that_is_not_there_is_told(course, tmp_path):
    """Students would get a notebook that stops in its first cell."""
    path = course.released("toy")
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("import numpy as np", "import numpy as np; np.load('numbers.npz')", 1))
    with pytest.raises(CourseError, match=r"numbers.npz, which toy reads, does not lie beside it"):
        publish(course, tmp_path / "term")
    (path.parent / "numbers.npz").write_bytes(b"PK\0")
    publish(course, tmp_path / "term")
    assert "assignments/toy/numbers.npz" in names(course, "students.zip")


def test_without_a_site_it_says_how_to_build_it(course, tmp_path, capsys):
    """The students' zip is written all the same."""
    from autograder.cli import main

    shutil.rmtree(course.build / "html")
    assert main(["--course", str(course.root), "publish", "--term", str(tmp_path / "term")]) == 0
    assert "There is no site in _build/html yet" in capsys.readouterr().out
    assert names(course, "students.zip")
