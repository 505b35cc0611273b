"""A person marked words; the student handed in others: the mark stays, and everybody who looks is told."""

from __future__ import annotations

import json

import toy
from after import write_after
from nbgrader.api import Gradebook

from autograder.authoring.release import release
from autograder.nbgrader_plugin import database_url
from autograder.publish import grade_and_publish


def test_new_words_under_an_old_mark_are_told(tmp_path):
    """Table, page and formgrader's list; a new look by a person ends it."""
    course = write_after(toy.write_course(tmp_path / "course"))
    for slug in (toy.SLUG, "after"):
        release(course, slug)
    notebook = json.loads((course.build / "source/after/after.ipynb").read_text(encoding="utf-8"))
    term = tmp_path / "term"

    def hand_in(words: str) -> str:
        for cell in notebook["cells"]:
            if cell["metadata"].get("nbgrader", {}).get("grade_id") == "choice":
                cell["source"] = words
        path = term / "submitted" / "ada" / "after" / "after.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(notebook), encoding="utf-8")
        return grade_and_publish(course, "after", term)

    def mark(score: float | None = None) -> tuple[float, bool]:
        with Gradebook(database_url(term)) as book:
            grade = book.find_grade("choice", "after", "after", "ada")
            if score is not None:
                grade.manual_score, grade.needs_manual_grade = score, False
                book.db.commit()
            return grade.manual_score, grade.needs_manual_grade

    told = "ada: a person's mark for choice needs another look"
    hand_in("I chose 0.1, for it falls fastest.")
    mark(2.0)
    assert told not in grade_and_publish(course, "after", term)
    assert told in hand_in("I chose 3, for no reason.")
    assert mark() == (2.0, True)
    assert "another look" in (term / "reports" / "after.html").read_text(encoding="utf-8")
    mark(1.0)
    assert told not in grade_and_publish(course, "after", term)
