"""A term without an exercise and with other points: the same numbers on every page, table and export."""

from __future__ import annotations

import zipfile

import pytest
from test_export import table

from autograder.classroom.results import Results

SETTINGS = '[assignment.toy]\nleave_out = ["fit_line"]\npoints = { heavy_step = 10 }\n'


@pytest.fixture
def lighter(term):
    """The class of the whole assignment, handed in before fit_line was left out."""
    term.settings(SETTINGS)
    return term


def test_what_is_left_out_is_in_no_mark(lighter, capsys):
    """Hand-ins that still have its cells are graded on what is asked; the regrade names the settings."""
    _, said = lighter.run(capsys, "regrade", "toy", "--diff")
    assert "ann: was 5.5, is 10 (the settings)." in said
    code, said = lighter.run(capsys, "grade", "toy")
    assert code == 0 and "fit_line" not in said
    report = Results(lighter.path).read("toy", "ann")
    assert [(one.name, one.score, one.points) for one in report.exercises] == [("heavy_step", 10, 10)]
    page = (lighter.path / "feedback/ann/toy/toy.html").read_text(encoding="utf-8")
    assert "fit_line" not in page and "10" in page
    _, said = lighter.run(capsys, "export", "toy")
    head, first, *_ = table(said)
    assert "fit_line" not in head and "10" in first


def test_an_exercise_without_points_is_graded_and_counts_for_nothing(lighter, capsys):
    """Students still read what is wrong with it."""
    lighter.settings("[assignment.toy]\npoints = { fit_line = 0, heavy_step = 3 }\n")
    lighter.run(capsys, "grade", "toy")
    report = Results(lighter.path).read("toy", "ann")
    assert [(one.name, one.score, one.verdict) for one in report.exercises][1][1:] == (0, "correct")
    assert report.score == 3


def test_similar_compares_what_is_asked(lighter, capsys):
    """The named mistakes and variants of what is left out are no trouble."""
    assert lighter.run(capsys, "grade", "toy")[0] == 0
    code, said = lighter.run(capsys, "similar", "toy")
    assert code == 0 and "4 hand-ins." in said


def test_publish_zips_the_terms_notebook(lighter, capsys):
    """The students' zip and the bundle are without the exercise; the source is not touched."""
    before = lighter.course.released("toy").read_bytes()
    code, said = lighter.run(capsys, "publish")
    assert code == 0, said
    with zipfile.ZipFile(lighter.course.build / "publish" / "students.zip") as archive:
        text = archive.read("assignments/toy/toy.ipynb").decode()
    own = text.replace("check_arguments_fit_line", "")  # stays with the given cells, and refuses nothing
    assert "fit_line" not in own and '"points": 10' in text
    assert lighter.course.released("toy").read_bytes() == before


def test_an_assignment_that_is_left_out_is_none(lighter, capsys):
    """Its command says so, the term's export does not have it, and its hand-ins are no strays."""
    lighter.settings('leave_out = ["toy"]\n')
    code, said = lighter.run(capsys, "grade", "toy")
    assert code == 2 and "toy is left out of this term; its settings (`leave_out`) say so." in said
    _, said = lighter.run(capsys, "settings")
    assert "toy                  is left out" in said


def test_settings_warn_of_what_does_not_fit(lighter, capsys):
    """Before anything is published."""
    lighter.settings('[assignment.toy]\nleave_out = ["heavy_step"]\n')
    _, said = lighter.run(capsys, "settings")
    assert "toy: fit_line needs heavy_step, which is left out" in said
    code, said = lighter.run(capsys, "publish")
    assert code == 2 and "needs heavy_step" in said


def test_gradescope_grades_what_the_term_asks(lighter, capsys):
    """The zip has the choice, and nothing else of the settings."""
    lighter.settings('[student.ann]\nexcused = ["toy"]\n' + SETTINGS)
    lighter.run(capsys, "gradescope", "toy")
    with zipfile.ZipFile(lighter.course.build / "gradescope" / "toy.zip") as archive:
        text = archive.read("term/course.toml").decode()
    assert "ann" not in text and '"fit_line"' in text and "heavy_step = 10" in text
