"""Several markers: a split, sheets, who marked what, a second marker who does not see the first's marks."""

from __future__ import annotations

import csv
import io
import json

import pytest
import toy
from after import write_after

from autograder.authoring.release import release
from autograder.classroom.marking_split import load_marking
from autograder.cli import main
from autograder.course.course import Course
from autograder.nbgrader_plugin import read_overrides

SETTINGS = 'markers = ["Ada", "Ben"]\nsecond_marker_percent = 100\n'
CRITERIA = "**Choice** (2 points).\nA number (1); its reason (1).\n\n```{code-cell}\n:manual: choice"
SAMPLES = "# choice\n## 1 0.5\nI took 0.1 <b>.\n\nWhy: half a reason.\n"


@pytest.fixture(scope="module")
def course(tmp_path_factory) -> Course:
    found = write_after(toy.write_course(tmp_path_factory.mktemp("marking") / "course"))
    text = found.text("after")
    text.write_text(text.read_text().replace("```{code-cell}\n:manual: choice", CRITERIA))
    (found.content("after") / "answers.md").write_text(SAMPLES)
    for slug in (toy.SLUG, "after"):
        release(found, slug)
    return found


class Class:
    def __init__(self, course, path, capsys):
        self.course, self.path, self.capsys = course, path, capsys

    def run(self, *arguments: object, code: int = 0) -> str:
        self.capsys.readouterr()
        got = main(["--course", str(self.course.root), *map(str, arguments), "--term", str(self.path)])
        said = self.capsys.readouterr()
        assert got == code, said
        return said.out + said.err

    def hand_in(self, student: str, words: str) -> None:
        notebook = json.loads((self.course.build / "source/after/after.ipynb").read_text(encoding="utf-8"))
        for cell in notebook["cells"]:
            if cell["metadata"].get("nbgrader", {}).get("grade_id") == "choice":
                cell["source"] = words
        path = self.path / "submitted" / student / "after" / "after.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(notebook), encoding="utf-8")

    def sheet(self, marker: str) -> list[dict[str, str]]:
        self.run("marking", "after", "--for", marker)
        text = (self.path / "marking" / "after" / f"{marker}.csv").read_text(encoding="utf-8")
        return list(csv.DictReader(io.StringIO(text, newline="")))

    def fill(self, marker: str, marks: dict[str, str]) -> str:
        rows = self.sheet(marker)
        for row in rows:
            row |= {"mark": marks.get(row["student"].removeprefix("'"), ""), "comment": f"by {marker}"}
        path = self.path.parent / f"{marker}.csv"
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, rows[0])
            writer.writeheader()
            writer.writerows(rows)
        return str(path)


@pytest.fixture
def term(course, tmp_path, capsys) -> Class:
    made = Class(course, tmp_path / "term", capsys)
    for student in ("zoe", "=bob"):
        made.hand_in(student, f"I, {student}, took <b>0.1</b>.")
    made.run("grade", "after")
    (made.path / "course.toml").write_text(SETTINGS, encoding="utf-8")
    return made


def test_each_marker_gets_a_sheet_and_the_words(term):
    """Both students, as first or as second; a name like a formula is disarmed; words are escaped."""
    rows = term.sheet("Ada")
    assert {row["student"]: row["mark"] for row in rows} == {"'=bob": "", "zoe": ""}
    page = (term.path / "marking" / "after" / "Ada.html").read_text(encoding="utf-8")
    assert "took &lt;b&gt;0.1&lt;/b&gt;" in page and "(second)" in page and "its reason" in page


def test_marks_are_entered_compared_and_attributed(term):
    """The first marker's count; the second's are told beside them, and the sheet did not show any."""
    assert "2 marks by Ada, 1 of them into the gradebook." in term.run(
        "marking", "after", "--read", term.fill("Ada", {"zoe": "1.5", "=bob": "2"}), "--by", "Ada"
    )
    assert all(row["mark"] == "" for row in term.sheet("Ben"))
    said = term.run(
        "marking", "after", "--read", term.fill("Ben", {"zoe": "1,5", "=bob": "1"}), "--by", "Ben"
    )
    assert "Two markers judged 2 answers: 1 alike." in said and "=bob, choice: Ada 2, Ben 1" in said
    found, entered = load_marking(term.path, "after"), read_overrides(term.path, "after")
    for student, by in found.first.items():
        mark = found.mark(student, "choice", by)
        assert (entered[student]["choice"].score, entered[student]["choice"].comment) == (
            mark.score,
            f"by {by}",
        )
    term.run("grade", "after")
    assert "1 of 1 marked" in (said := term.run("marking", "after")) and "as second 1 of 1" in said
    assert {row["mark"] for row in term.sheet("Ada")} == {"1.5", "2"}


def test_words_that_changed_are_flagged_and_not_marked_by_an_old_sheet(term):
    """A sheet from before the change is not read for that answer; a mark from before is told."""
    old = term.fill("Ada", {"zoe": "1", "=bob": "1"})
    term.run("marking", "after", "--read", old, "--by", "Ada")
    term.hand_in("zoe", "Something else.")
    term.run("grade", "after")
    assert "zoe, choice: the words changed after Ada marked them" in term.run("marking", "after")
    said = term.run("marking", "after", "--read", old, "--by", "Ada")
    assert (
        "1 marks by Ada" in said and "zoe, choice: the words have changed since the sheet was written" in said
    )
    term.run("marking", "after", "--read", term.fill("Ada", {"zoe": "2"}), "--by", "Ada")
    assert "the words changed" not in term.run("marking", "after")


def test_a_mark_in_formgrader_is_told_as_nobodys(term):
    """formgrader keeps no name."""
    from nbgrader.api import Gradebook

    from autograder.nbgrader_plugin import database_url

    with Gradebook(database_url(term.path)) as book:
        grade = book.find_grade("choice", "after", "after", "zoe")
        grade.manual_score = 2.0
        book.db.commit()
    assert "zoe, choice: 2 in formgrader, by nobody named" in term.run("marking", "after")


def test_the_guide_has_criteria_and_samples(term):
    """From the assignment's text, with the mark of each criterion."""
    assert "1 answers with their criteria, 1 sample answers" in term.run("marking", "after", "--guide")
    page = (term.path / "marking" / "after" / "guide.html").read_text(encoding="utf-8")
    assert "1.5 of 2: 1, 0.5" in page and "Why: half a reason." in page and "I took 0.1 &lt;b&gt;." in page


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"mark": "3"}, "a mark is a number from 0 to 2, got 3"),
        ({"mark": "nan"}, "a mark is a number from 0 to 2, got nan"),
        ({"student": "eve"}, "there is no choice of eve"),
        ({"exercise": "half"}, "there is no half of"),
    ],
)
def test_a_wrong_cell_is_a_sentence_and_nothing_is_entered(term, change, sentence):
    """The line is named."""
    rows = term.sheet("Ada")
    rows[0] |= {"mark": "1"}
    rows[1] |= {"mark": "1", **change}
    path = term.path.parent / "sheet.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    said = term.run("marking", "after", "--read", path, "--by", "Ada", code=2)
    assert sentence in said and "line 3" in said
    assert read_overrides(term.path, "after") == {} and load_marking(term.path, "after").marks == {}


def test_what_is_missing_is_said(term):
    """No markers, no such marker, half of the options, an assignment without words."""
    assert "Cyd is no marker" in term.run("marking", "after", "--for", "Cyd", code=2)
    sheet = term.path.parent / "sheet.csv"
    sheet.write_text("student,exercise,points of,mark,comment,words\n")
    assert "Adda is no marker; the settings have Ada, Ben" in term.run(
        "marking", "after", "--read", sheet, "--by", "Adda", code=2
    )
    assert "needs both" in term.run("marking", "after", "--by", "Ada", code=2)
    assert "toy asks for no answer in words" in term.run("marking", "toy", code=2)
    (term.path / "course.toml").write_text("")
    assert "the settings name no markers" in term.run("marking", "after", code=2)
