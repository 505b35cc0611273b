"""What feedback refers to in the book: sections by exercise, the hardest exercises, the next chapter."""

from __future__ import annotations

import doctest
from pathlib import Path

import pytest
import toy

from autograder.authoring.completeness import missing
from autograder.course import reading as module
from autograder.course.course import Course
from autograder.course.reading import Section, load_reading, sections, to_read

COURSE = Course(Path(__file__).parents[2])


def test_examples_in_the_docstrings_hold() -> None:
    """Every example in the module's docstrings gives what it shows."""
    assert doctest.testmod(module).failed == 0


@pytest.mark.parametrize("slug", COURSE.slugs)
def test_every_exercise_leads_to_a_section(slug: str) -> None:
    """Each exercise names sections, and the book has them all; the chapter's own is the first of most."""
    asked, known = to_read(COURSE.text(slug).read_text(encoding="utf-8")), sections(COURSE)
    assert tuple(asked) == COURSE.release(slug).names
    assert {label for labels in asked.values() for label in labels} <= known.keys()
    own = [name for name, labels in asked.items() if labels[0].startswith(slug)]
    assert len(own) > 0.7 * len(asked), "most exercises belong to their own chapter"


def test_a_section_is_called_as_its_heading(tmp_path: Path) -> None:
    """Several labels may stand above one heading; the address is that of Sphinx."""
    course = toy.write_course(tmp_path)
    chapter = course.chapter(toy.SLUG)
    chapter.write_text("(toy)=\n# Toys\n\n(toy_a-b)=\n(second)=\n## Of `blocks`\n", encoding="utf-8")
    found = sections(course)
    assert found["toy_a-b"] == Section("toy_a-b", "Of blocks", "Toys", "book/toy.html#toy-a-b")
    assert (found["second"].heading, found["toy"].heading) == ("Of blocks", "Toys")


def test_labels_that_the_book_lacks_are_named(tmp_path: Path) -> None:
    """`missing` says which; feedback leaves them out."""
    course = toy.write_course(tmp_path)
    text = course.text(toy.SLUG).read_text(encoding="utf-8")
    assert not any("section" in line for line in missing(course, toy.SLUG))
    text = text.replace(":exercise: fit_line\n", ":exercise: fit_line\n:read: toy-gone\n")
    course.text(toy.SLUG).write_text(text, encoding="utf-8")
    (line,) = missing(course, toy.SLUG)
    assert "fit_line names the section toy-gone, which no page of the book has" in line
    assert load_reading(course, toy.SLUG).sections["fit_line"] == ()


def test_the_next_chapter_and_the_hardest_exercises() -> None:
    """In reading order; after the last assignment there is none. Without an address nothing is linked."""
    found = load_reading(COURSE, "adaptive", "https://example.org/course/")
    assert found.hardest == ("rprop_step", "quickprop_step", "adam_step") and found.following
    assert found.link(found.following) == "https://example.org/course/book/initialization.html"
    last = load_reading(COURSE, COURSE.slugs[-1])
    assert last.following is None and last.link(last.sections["train"][0]) == ""
