"""What markers are told comes from the assignment's own text, and samples fit it."""

from __future__ import annotations

import doctest
from pathlib import Path

import pytest

from autograder.course import criteria
from autograder.course.course import Course, CourseError
from autograder.course.criteria import asked_in_words, criteria_of, read_samples

COURSE = Course(Path(__file__).parents[2])


def test_the_examples_in_the_docstrings_hold():
    """As written there."""
    assert doctest.testmod(criteria).failed == 0


def test_every_answer_of_this_course_has_criteria_and_samples():
    """They add up to the points, and each kind of answer has a full one, a middling one and a weak one."""
    for slug in COURSE.slugs:
        for one in asked_in_words(COURSE, slug):
            assert sum(each.points for each in one.criteria) == one.points, (slug, one.name)
            shares = [sum(sample.marks) / one.points for sample in one.samples]
            assert max(shares) == 1 and min(shares) < 0.4 and any(0.4 <= share < 1 for share in shares)
            assert len(set(shares)) == len(shares)


def test_the_capstones_criteria_are_its_own_words():
    """In order, with their points, as students read them."""
    result, choice, *_ = asked_in_words(COURSE, "capstone")
    assert [one.points for one in result.criteria] == [1, 1, 1, 1] and "learning curves" in result.criteria[
        2
    ].text
    assert choice.criteria[1].text.startswith("a number of your own that speaks for it")
    assert "Three choices" in choice.text and "**Result**" not in choice.text


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("# a\n## 1 x\nwords\n\nWhy: so.\n", "a mark for each criterion"),
        ("# a\n## 1\nwords without a reason\n", "a paragraph that begins with Why:"),
        ("# a\n## 1\n\nWhy: no words.\n", "the words"),
    ],
)
def test_a_sample_of_another_form_is_refused(tmp_path, text, sentence):
    """With what it should be."""
    (tmp_path / "answers.md").write_text(text, encoding="utf-8")
    with pytest.raises(CourseError, match=sentence):
        read_samples(tmp_path / "answers.md")


def test_points_of_a_heading_are_no_criterion():
    """(4 points) says how many there are in all."""
    assert criteria_of("**Result** (4 points).") == ()
