"""Words that changed after a person marked them are noticed once, and only then."""

from dataclasses import replace
from pathlib import Path

import pytest
from reports import right, toy_release

from autograder.classroom.runner import Graded
from autograder.classroom.words import changed_words
from autograder.course.release import Exercise
from autograder.submissions.handin import Handin
from autograder.submissions.submission import Submission

RELEASE = replace(toy_release(), manual=(Exercise("choice", 3.0, ""),))


def graded(student, words, now=True):
    found = Graded(Handin(student, Path("x"), None), right(student), now, RELEASE)
    vars(found)["submission"] = Submission(answers={"choice": words})
    return found


def test_new_words_under_an_old_mark_are_noticed(tmp_path):
    """Others than at the last grading, where a person gave a mark; layout is no change."""
    marked = {"ann": ["choice"], "zoe": ["choice"]}
    first = [graded("ann", "I chose 0.1."), graded("bob", "So."), graded("zoe", "It is.")]
    assert changed_words(tmp_path, RELEASE, first, {}) == set()
    second = [graded("ann", "I chose 3."), graded("bob", "Else."), graded("zoe", " It\n is. ")]
    assert changed_words(tmp_path, RELEASE, second, marked) == {("ann", "choice")}
    assert changed_words(tmp_path, RELEASE, second, marked) == set()


def test_a_submission_that_was_not_graded_anew_is_not_read(tmp_path):
    """Its words are those of the last time."""
    changed_words(tmp_path, RELEASE, [graded("ann", "One.")], {})
    assert changed_words(tmp_path, RELEASE, [graded("ann", "Two.", now=False)], {"ann": ["choice"]}) == set()


@pytest.mark.parametrize("release", [toy_release()])
def test_an_assignment_without_words_stores_nothing(tmp_path, release):
    """Nothing is read and nothing written."""
    assert changed_words(tmp_path, release, [graded("ann", "x")], {}) == set()
    assert list(tmp_path.iterdir()) == []
