"""A term in small: three assignments, forty students, two attempts, extensions, a regrade, markers, exports.

What comes out is read back by the rules by which each platform reads it in.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import toy
from downloads import zipped
from nbgrader_server import swapped
from test_export import canvas_reads, moodle_reads, table

from autograder.authoring.release import release
from autograder.classroom.results import Results
from autograder.cli import main
from autograder.course.course import Course
from autograder.desk.export import export
from autograder.desk.feedback_out import feedback_out
from autograder.term.attempts import Attempts

SLUGS = ("toy", "second", "third")
STUDENTS = [f"s{number:02}" for number in range(40)]
SETTINGS = """
name = "A small term"
time_zone = "Europe/Berlin"
platform = "canvas"
drop_lowest = 1
[late]
grace_minutes = 15
percent_per_day = 10
percent_max = 50
[assignment.second]
weight = 2
[student.s03]
due = { toy = "2026-11-25 23:59" }
[student.s04]
excused = ["toy"]
"""


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """The toy chapter three times under three names, released."""
    course = toy.write_course(tmp_path_factory.mktemp("three") / "course")
    for slug in SLUGS[1:]:
        for name, text in toy.chapter_files().items():
            path = course.root / name.replace("toy", slug)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text.replace("A toy", f"A {slug}").replace("toy", slug), encoding="utf-8")
        toc = course.root / "_toc.yml"
        toc.write_text(toc.read_text() + f"  - file: book/{slug}\n")
    for slug in SLUGS:
        release(course, slug)
    return course


def run(course: Course, term: Path, *arguments: object) -> int:
    return main(["--course", str(course.root), *map(str, arguments), "--term", str(term)])


def canvas_roster() -> str:
    lines = ["Student,ID,SIS User ID,SIS Login ID,Section,A toy (71),A second (72),A third (73)"]
    lines.append("    Points Possible,,,,,5.5,5.5,5.5")
    lines += [f'"Last{n}, First {n}",{100 + n},{n:05},s{n:02},A,,,' for n in range(40)]
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def term(course: Course, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The term after three collections and gradings, through the commands alone."""
    folder = tmp_path_factory.mktemp("term")
    term = folder / "term"
    (folder / "canvas.csv").write_text(canvas_roster())
    assert run(course, term, "roster", folder / "canvas.csv") == 0
    (term / "course.toml").write_text(SETTINGS)
    for slug in SLUGS:
        right = json.loads((course.build / f"source/{slug}/{slug}.ipynb").read_text(encoding="utf-8"))
        wrong = swapped(right, "- lr * velocity[key]", "+ lr * velocity[key]")
        texts = [json.dumps(one).encode() for one in (right, wrong)]
        files = {}
        for number in range(38):  # the last two hand in nothing
            late = "LATE_" if number == 9 else ""
            stem = f"last{number}first{number}_{late}{100 + number}_"
            files[f"{stem}{500 + number}_{slug}.ipynb"] = texts[number % 3 == 0]
            if number % 6 == 0:  # a second attempt, which is right
                files[f"{stem}{900 + number}_{slug}-1.ipynb"] = texts[0]
        assert run(course, term, "collect", zipped(folder / f"{slug}.zip", files)) == 0
        assert run(course, term, "grade", slug) == 0
    return term


def test_the_last_attempt_counts_and_all_are_kept(course, term):
    """Every sixth student handed in twice, at first wrong."""
    assert [attempt.number for attempt in Attempts(term, "toy", "s06").all()] == [1, 2]
    assert Results(term).read("toy", "s06").score == 5.5 and Results(term).read("toy", "s03").score == 3.4


def test_canvas_reads_the_term_back(course, term):
    """Three columns by Canvas's own headings, everybody by id; blank, excused, and what was graded."""
    text, left = export(course, term)
    found = canvas_reads(text)
    assert left == [] and len(found) == 40
    assert found["103"] == {"A toy (71)": "3.4", "A second (72)": "3.4", "A third (73)": "3.4"}
    assert found["104"]["A toy (71)"] == "EX" and found["139"] == dict.fromkeys(found["139"], "")


def test_moodles_worksheet_reads_one_assignment_back(course, term, tmp_path):
    """The same class in a worksheet of Moodle's."""
    rows = [f"Participant {7000 + n},First {n} Last{n},,,,5.50,-" for n in range(40)]
    head = "Identifier,Full name,ID number,Email address,Grade,Maximum Grade,Last modified (grade)"
    (tmp_path / "sheet.csv").write_text("\n".join([head, *rows]) + "\n")
    text, left = export(course, term, "second", "moodle", tmp_path / "sheet.csv")
    found = moodle_reads(text)
    assert left == [] and found["7001"] == "5.5" and found["7003"] == "3.4" and found["7039"] == ""


def test_the_terms_percent_drops_the_lowest(course, term):
    """Two thirds of the weight on the second; the lowest of three dropped, an excuse not counted."""
    _, *rows = table(export(course, term, "", "csv")[0])
    percent = {row[0]: row[-1] for row in rows}
    assert percent["s01"] == "100" and percent["s03"] == "61.82" and percent["s39"] == ""


def test_feedback_goes_back_to_everybody_who_handed_in(course, term):
    """Thirty-eight pages, each under the two numbers that Canvas looks for."""
    said = feedback_out(course, "toy", term, "canvas")
    assert "38 pages" in said and "is not in it" not in said


def test_a_person_marks_and_a_regrade_keeps_it(course, term, tmp_path, capsys):
    """A mark in formgrader; then a policy in mid-term: the change is told, the person's mark stays."""
    from nbgrader.api import Gradebook

    from autograder.nbgrader_plugin import database_url

    mine = tmp_path / "term"
    shutil.copytree(term, mine)
    with Gradebook(database_url(mine)) as book:
        grade = book.find_grade("check_heavy_step", "third", "third", "s03")
        grade.manual_score, grade.needs_manual_grade = 2.0, False
        book.db.commit()
    text = SETTINGS.replace(
        "[student.s03]", '[student.s05]\nhanded_in = { third = "2026-11-22 12:00" }\n[student.s03]'
    )
    (mine / "course.toml").write_text(text)
    capsys.readouterr()
    assert run(course, mine, "regrade", "third", "--diff") == 0
    said = capsys.readouterr().out
    assert "s03: was 3.4, is 4.5 (a person's mark)." in said
    assert "s05: was 5.5, is 4.4 (the settings)." in said and "2 marks change, 1 of them" in said
    assert run(course, mine, "regrade", "third", "--yes") == 0
    assert canvas_reads(export(course, mine, "third", "canvas")[0])["103"] == {"A third (73)": "4.5"}


def test_the_terms_page_has_everybody(course, term, capsys):
    """Progress of three assignments, the mistake that a third of the class made, who was never there."""
    assert run(course, term, "overview") == 0
    page = (term / "reports" / "term.html").read_text(encoding="utf-8")
    assert page.count("38 of 40") == 2 and "37 of 39" in page and "Your step goes up the slope" in page
    assert "s39" in page and "handed in nothing 3 times" in page


def test_a_copy_of_the_folder_is_a_backup(course, term, tmp_path, capsys):
    """Restored elsewhere, nothing is graded again and every mark is the same."""
    shutil.copytree(term, tmp_path / "restored")
    capsys.readouterr()
    assert run(course, tmp_path / "restored", "grade", "toy") == 0
    assert "0 graded now, 38 unchanged" in capsys.readouterr().out
    assert export(course, tmp_path / "restored")[0] == export(course, term)[0]
