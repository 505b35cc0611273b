"""nbgrader's release and gradebook, by nbgrader's own classes: read back through its API after we wrote."""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import stat
from copy import deepcopy
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook
from reports import ANSWERS, POINTS, report, result, right, toy_release, ungraded, wrong

from autograder.course.course import CourseError
from autograder.course.release import read_release
from autograder.grading.verdict import Verdict
from autograder.nbgrader_plugin import (
    database_url,
    ensure_assignment,
    generate_assignment,
    overrides,
    read_overrides,
    write_gradebook,
)
from autograder.reporting.autograded import rebuild
from autograder.reporting.marks import Override

TIMESTAMP = "2026-11-20 22:59:30.000000 UTC"  # the toy is due at 22:59:00 UTC


@pytest.fixture
def term(tmp_path):
    return tmp_path / "term"


def entry(report, timestamp=TIMESTAMP):
    return report, rebuild(toy_release(), ANSWERS, tuple(ANSWERS.values()), report), timestamp


def write(term, *reports, release=None):
    write_gradebook(term, release or toy_release(), [entry(report) for report in reports])


def gradebook(term):
    return Gradebook(database_url(term))


def grades(term, student):
    with gradebook(term) as book:
        found = book.find_submission_notebook("toy", "toy", student).grades
        return {
            grade.name: (grade.auto_score, grade.manual_score, grade.needs_manual_grade) for grade in found
        }


def complete_notebook(points=4):
    """A notebook with one exercise, as an instructor writes it."""
    mark = {"grade": False, "solution": False, "locked": False, "task": False, "schema_version": 3}
    solution = "def f(x):\n    ### BEGIN SOLUTION\n    return x\n    ### END SOLUTION"
    cells = [
        nbformat.v4.new_code_cell(
            solution, id="f", metadata={"nbgrader": {**mark, "grade_id": "f", "solution": True}}
        ),
        nbformat.v4.new_code_cell(
            "assert f(1) == 1",
            id="check_f",
            metadata={
                "nbgrader": {**mark, "grade_id": "check_f", "grade": True, "locked": True, "points": points}
            },
        ),
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})


def test_nbgrader_itself_clears_a_notebook(tmp_path, capfd):
    """The body becomes its stub, twice the same bytes, nothing is said, and nothing is left behind."""
    source = tmp_path / "source.ipynb"
    source.write_text(nbformat.writes(complete_notebook()))
    (tmp_path / "secret.txt").write_text("not for students")
    folder = os.getcwd()
    first, second = generate_assignment(source, "toy"), generate_assignment(source, "toy")
    cell = json.loads(first)["cells"][0]
    assert "".join(cell["source"]) == "def f(x):\n    # YOUR CODE HERE\n    raise NotImplementedError()"
    assert cell["metadata"]["nbgrader"]["checksum"] and cell["metadata"]["deletable"] is False
    assert first == second
    assert capfd.readouterr() == ("", "")
    assert os.getcwd() == folder and sorted(os.listdir(tmp_path)) == ["secret.txt", "source.ipynb"]


def test_what_nbgrader_refuses_is_one_sentence(tmp_path, capfd):
    """nbgrader's trace of a broken notebook becomes a CourseError that names the file and the reason."""
    source = tmp_path / "source.ipynb"
    notebook = complete_notebook()
    notebook.cells[0].source = "### BEGIN SOLUTION\nreturn 1"
    source.write_text(nbformat.writes(notebook))
    with pytest.raises(
        CourseError, match=r"source.ipynb: nbgrader could not .*: no end solution statement"
    ) as info:
        generate_assignment(source, "toy")
    assert "\n" not in str(info.value) and capfd.readouterr() == ("", "")


def test_the_gradebook_holds_what_was_graded(term):
    """Scores, maximum, due time and late seconds are those of nbgrader's own API; nothing is taken off."""
    write(term, right("ada"), wrong("bob", 1.5))
    with gradebook(term) as book:
        submission = book.find_submission("toy", "bob")
        assert (submission.score, submission.max_score) == (1.5, 5.5)
        assert submission.total_seconds_late == 30
        assert submission.late_submission_penalty == 0
        assert not submission.needs_manual_grade
        assert book.find_assignment("toy").duedate.isoformat() == "2026-11-20T22:59:00"
        assert book.find_submission("toy", "ada").score == 5.5
        assert book.average_assignment_score("toy") == 3.5
        comments = {comment.name: comment.auto_comment for comment in submission.notebooks[0].comments}
    off = "Graded without these protections: network."
    assert comments == {"heavy_step": off, "fit_line": f"No response. {off}"}
    assert grades(term, "bob") == {
        "check_heavy_step": (1.5, None, False),
        "check_fit_line": (0.0, None, False),
    }


def test_not_graded_is_no_score_and_asks_for_one(term):
    """The score is NULL, not 0, and formgrader lists the hand-in as to be graded by hand."""
    write(term, ungraded("cyd"))
    assert grades(term, "cyd") == {
        "check_heavy_step": (None, None, True),
        "check_fit_line": (None, None, True),
    }
    with gradebook(term) as book:
        assert book.find_submission("toy", "cyd").needs_manual_grade


def test_a_score_outside_the_points_is_held_within(term):
    """Whatever a report says, the gradebook gets a number between 0 and the points."""
    write(
        term,
        report("ada", result("heavy_step", Verdict.CORRECT, 7.0), result("fit_line", Verdict.WRONG, -1.0)),
    )
    assert grades(term, "ada") == {
        "check_heavy_step": (3.0, None, False),
        "check_fit_line": (0.0, None, False),
    }


def enter_by_hand(term, student):
    """What a person does in formgrader."""
    with gradebook(term) as book:
        grade = book.find_grade("check_heavy_step", "toy", "toy", student)
        grade.manual_score, grade.extra_credit, grade.needs_manual_grade = 2.0, 0.5, False
        book.find_comment("heavy_step", "toy", "toy", student).manual_comment = "Nearly."
        book.find_submission_notebook("toy", "toy", student).flagged = True
        book.db.commit()


def test_what_a_person_entered_survives_a_rewrite(term):
    """Manual score, extra credit, comment and flag stand; the score counts until a person changes it."""
    write(term, wrong("bob"), right("ada"))
    enter_by_hand(term, "bob")
    write(term, wrong("bob"), right("ada"))
    assert grades(term, "bob")["check_heavy_step"] == (0.0, 2.0, False)
    assert read_overrides(term, "toy") == {"bob": {"heavy_step": Override(2.0, 0.5, "Nearly.")}}
    with gradebook(term) as book:
        assert book.find_submission("toy", "bob").score == 2.5
        assert book.find_submission_notebook("toy", "toy", "bob").flagged
        assert len(book.assignment_submissions("toy")) == 2


def test_a_changed_score_under_a_manual_one_asks_for_another_look(term):
    """The autograder's new score is stored, the manual one still counts, and the person is asked."""
    write(term, ungraded("bob"))
    enter_by_hand(term, "bob")
    write(term, ungraded("bob"))
    assert grades(term, "bob")["check_heavy_step"] == (None, 2.0, False)
    write(term, wrong("bob", 1.0))
    assert grades(term, "bob")["check_heavy_step"] == (1.0, 2.0, True)
    assert grades(term, "bob")["check_fit_line"] == (0.0, None, False)


def test_no_gradebook_no_overrides(tmp_path):
    """Asking what people entered makes no database."""
    assert read_overrides(tmp_path, "toy") == {}
    assert list(tmp_path.iterdir()) == []


def changed_release(**points):
    """The toy's release with other points, or without the exercises that get none."""
    notebook = deepcopy(toy_release().notebook)
    kept = []
    for cell in notebook["cells"]:
        mark = cell["metadata"].get("nbgrader", {})
        name = mark.get("grade_id", "").removeprefix("check_")
        if name in POINTS and name not in points:
            continue
        if mark.get("grade"):
            mark["points"] = points[name]
        kept.append(cell)
    return read_release("toy", {**notebook, "cells": kept})


def test_new_points_reach_the_gradebook(term):
    """nbgrader keeps the old maximum and scores when points change; a rewrite brings both up to date."""
    write(term, wrong("bob", 1.5))
    release = changed_release(heavy_step=6.0, fit_line=2.5)
    fresh = report("bob", replace(result("heavy_step", Verdict.WRONG, 3.0), points=6.0))
    write_gradebook(term, release, [(fresh, rebuild(release, {}, (), fresh), TIMESTAMP)])
    with gradebook(term) as book:
        submission = book.find_submission("toy", "bob")
        assert (submission.score, submission.max_score) == (3.0, 8.5)


def test_a_dropped_exercise_leaves_the_gradebook_unless_a_person_graded_it(term):
    """Its scores no longer count; manual work on it is never deleted but named in one sentence."""
    write(term, wrong("bob", 1.5), right("ada"))
    without = changed_release(fit_line=2.5)
    ensure_assignment(term, without)
    with gradebook(term) as book:
        assert book.find_submission("toy", "ada").score == 2.5
        assert book.find_assignment("toy").max_score == 2.5
        assert [cell.name for cell in book.find_notebook("toy", "toy").grade_cells] == ["check_fit_line"]
    write(term, wrong("bob", 1.5), right("ada"))
    enter_by_hand(term, "bob")
    with pytest.raises(CourseError, match="manual marks or comments for check_heavy_step"):
        ensure_assignment(term, without)
    assert grades(term, "bob")["check_heavy_step"] == (1.5, 2.0, False)


def test_a_failure_in_the_middle_writes_no_half_gradebook(term):
    """One commit: when the third report breaks the run, the first two are not in either."""
    write(term, right("ada"))

    def entries():
        yield entry(wrong("bob"))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_gradebook(term, toy_release(), entries())
    with gradebook(term) as book:
        assert [student.id for student in book.students] == ["ada"]


def test_files_by_which_formgrader_knows_a_graded_hand_in(term):
    """Notebook and timestamp: nbgrader's read-only one is replaced, a stale timestamp removed."""
    write(term, right("ada"))
    folder = term / "autograded" / "ada" / "toy"
    (folder / "toy.ipynb").chmod(stat.S_IREAD)
    write(term, wrong("ada"))
    notebook = nbformat.read(folder / "toy.ipynb", as_version=4)
    assert "wrong sign" in str(notebook.cells)
    assert (folder / "timestamp.txt").read_text() == f"{TIMESTAMP}\n"
    write_gradebook(term, toy_release(), [entry(wrong("ada"), None)])
    assert sorted(path.name for path in folder.iterdir()) == ["toy.ipynb"]
    with gradebook(term) as book:
        assert book.find_submission("toy", "ada").timestamp is None


def test_an_unreadable_timestamp_is_no_timestamp(term):
    """It makes no hand-in late and stops nothing."""
    write_gradebook(term, toy_release(), [entry(right("ada"), "half past nine o'clock")])
    with gradebook(term) as book:
        assert book.find_submission("toy", "ada").total_seconds_late == 0


def test_odd_names_are_names(term):
    """Quotes, spaces and newlines in a student's folder name reach the gradebook unchanged."""
    names = ["o'hara; drop table", "two\nlines", "=1+1", "ÄÖ 名前"]
    write(term, *(right(name) for name in names))
    with gradebook(term) as book:
        assert sorted(student.id for student in book.students) == sorted(names)


def test_the_database_is_one_that_nbgrader_knows(term):
    """Its schema's version stands in it, so that `nbgrader db upgrade` has nothing to do."""
    from nbgrader.api import get_alembic_version
    from sqlalchemy import text

    ensure_assignment(term, toy_release())
    with gradebook(term) as book:
        version = book.db.execute(text("SELECT version_num FROM alembic_version")).scalar()
    environment = Path(os.sys.executable).parent
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", f"{environment}{os.pathsep}{os.environ['PATH']}")
        assert version == get_alembic_version()


def test_a_class_that_is_written_again_is_the_same(term):
    """200 reports with their notebooks give 200 submissions and their scores, however often."""
    reports = [wrong(f"s{number:03}", number % 4) for number in range(200)]
    for _ in range(2):
        write(term, *reports)
    with gradebook(term) as book:
        assert len(book.assignment_submissions("toy")) == 200
        assert sum(student.score for student in book.students) == sum(report.score for report in reports)


def test_lateness_takes_its_points_in_nbgraders_own_tables(term):
    """The penalty stands in nbgrader's column, follows a change, and goes when there is none."""
    for penalty in (1.5, 0.5, 0.0):
        write_gradebook(term, toy_release(), [entry(right("ada"))], penalties={"ada": penalty})
        with gradebook(term) as book:
            assert book.find_submission("toy", "ada").late_submission_penalty == penalty


def test_a_mark_whose_answer_changed_asks_for_another_look(term):
    """The person's score stays; formgrader lists it again, and our own tables say so."""
    write(term, right("ada"))
    with gradebook(term) as book:
        grade = book.find_grade("check_heavy_step", "toy", "toy", "ada")
        grade.manual_score, grade.needs_manual_grade = 2.0, False
        book.db.commit()
    assert not read_overrides(term, "toy")["ada"]["heavy_step"].look
    write_gradebook(term, toy_release(), [entry(right("ada"))], look={("ada", "heavy_step")})
    assert grades(term, "ada")["check_heavy_step"] == (3.0, 2.0, True)
    assert read_overrides(term, "toy")["ada"]["heavy_step"].look


def test_a_locked_gradebook_is_one_sentence(term, monkeypatch):
    """A writer that does not let go: no traceback of sqlite3's."""
    write(term, right("ada"))
    monkeypatch.setattr(overrides, "LOCK_SECONDS", 0.1)
    with contextlib.closing(sqlite3.connect(term / "gradebook.db", isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(CourseError, match=r"gradebook\.db: database is locked; close what writes to it"):
            read_overrides(term, "toy")


def test_a_damaged_gradebook_is_one_sentence(term):
    """It says what to put back."""
    write(term, right("ada"))
    (term / "gradebook.db").write_text("garbage, and no database at all")
    with pytest.raises(CourseError, match=r"gradebook\.db is damaged: .*; put its copy back from a backup"):
        read_overrides(term, "toy")
