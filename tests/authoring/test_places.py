"""Links from an exercise to the book: by label, to the published page, else its name."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.authoring.places import book_address, links
from autograder.course.course import Course

COURSE = Course(Path(__file__).parents[2])


def page(root: Path, text: str, address: str = "") -> Course:
    (root / "book").mkdir()
    (root / "book" / "one.md").write_text(text, encoding="utf-8")
    (root / "_config.yml").write_text(f"html:\n  baseurl: {address}\n", encoding="utf-8")
    (root / "_toc.yml").write_text("- file: book/one\n", encoding="utf-8")
    return Course(root)


def test_a_section_is_named_while_the_book_has_no_address(tmp_path: Path) -> None:
    """With its chapter; a notebook that lies alone would hold a link to nowhere."""
    course = page(tmp_path, "# One\n\n(one-a)=\n## First\n\n(one-b)=\n### Second\n")
    assert links(course, ["one-b"]) == "**Read on.** *Second* (One)"
    assert links(course, []) == ""


def test_a_link_leads_to_the_section_of_the_published_page(tmp_path: Path) -> None:
    """With the address that the book's configuration has."""
    course = page(tmp_path, "(one-a)=\n## First\n", "https://example.org/course/")
    assert book_address(course) == "https://example.org/course"
    assert "(https://example.org/course/book/one.html#one-a)" in links(course, ["one-a"])


def test_a_section_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """With the one that was probably meant."""
    course = page(tmp_path, "(one-first)=\n## First\n")
    with pytest.raises(
        ValueError, match="the section one-frist, which no page of the book has; did you mean one-f"
    ):
        links(course, ["one-frist"])


@pytest.mark.parametrize("slug", COURSE.slugs)
def test_every_exercise_of_the_course_says_where_to_read_on(slug: str) -> None:
    """The Markdown above it ends with links."""
    cells = COURSE.release(slug).notebook["cells"]
    text = "".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    assert text.count("**Read on.** ") == len(COURSE.release(slug).exercises)
