"""nbgrader's `release_feedback` on a class that our own command graded."""

from __future__ import annotations

import shutil
from pathlib import Path

import toy
from nbgrader_server import Room

from autograder.authoring.release import release
from autograder.publish import grade_and_publish


def test_the_exchange_gets_the_page(tmp_path):
    """No crash over a time or a secret that is missing: the page stands in the exchange."""
    course = toy.write_course(tmp_path / "course")
    release(course, toy.SLUG)
    shutil.copy(Path(__file__).parents[2] / "nbgrader_config.py", course.root)
    room = Room(course, tmp_path / "home")
    room.home.mkdir()
    room.hand_in("ada", (course.build / "source/toy/toy.ipynb").read_text(encoding="utf-8"))
    (room.term / "submitted" / "ada" / "toy" / "submission_secret.txt").write_text("s3cret")
    grade_and_publish(course, toy.SLUG, room.term)
    exchange = tmp_path / "exchange"
    exchange.mkdir()
    exchange.chmod(0o777)
    options = (f"--Exchange.root={exchange}", "--CourseDirectory.course_id=abc")
    done = room.nbgrader("release_feedback", "toy", *options)
    assert done.returncode == 0, done.stderr
    (page,) = (exchange / "abc" / "feedback").glob("*.html")
    assert "5.5 of 5.5 points" in page.read_text(encoding="utf-8")
