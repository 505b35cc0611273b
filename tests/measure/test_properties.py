"""What contracts claim and what proves it: read from docstrings, and missed when it is taken away."""

from __future__ import annotations

import doctest
import shutil
from pathlib import Path

import pytest
import toy

from autograder.authoring.completeness import missing
from autograder.course.course import Course, CourseError
from autograder.measure import properties as module
from autograder.measure.properties import Property, properties, table, unproved

COURSE = Course(Path(__file__).parents[2])


def test_examples_in_the_docstrings_hold() -> None:
    """Every example in the module's docstrings gives what it shows."""
    assert doctest.testmod(module).failed == 0


@pytest.mark.parametrize("slug", ["adaptive", "schedules"])
def test_every_claim_is_proved(slug: str) -> None:
    """`make audit` looks at all chapters; here two stand for them."""
    assert unproved(COURSE, slug) == []


def test_claims_are_read_from_the_contract() -> None:
    """A state, dicts by their keys, one memory a parameter, closed ends of ranges, and the chapter's laws."""
    found = {(one.kind, one.claim) for one in properties(COURSE, "adaptive") if one.function == "adam_step"}
    kinds = {kind for kind, _ in found}
    assert kinds >= {"pure", "states apart", "order-free", "per parameter", "scale law"}
    assert {("edge", "lr = 0"), ("edge", "betas = 0")} <= found


@pytest.fixture
def course(released_toy: Course, tmp_path: Path) -> Course:
    """A copy of the toy course, to be changed."""
    return Course(shutil.copytree(released_toy.root, tmp_path / "course"))


def test_a_probe_that_is_taken_away_is_missed(course: Course) -> None:
    """Without two parameters of one shape nothing shows that each has a memory of its own."""
    assert missing(course, toy.SLUG) == []
    path = course.content(toy.SLUG) / "heavy_step.py"
    text = path.read_text(encoding="utf-8")
    assert text.count('"c": 3') == 1
    path.write_text(text.replace('"c": 3', '"c": 4'), encoding="utf-8")
    (sentence,) = missing(course, toy.SLUG)
    assert "heavy_step" in sentence and "per parameter" in sentence


def test_a_law_whose_check_is_gone_is_missed(course: Course) -> None:
    """A law names its checks; a name that no check has proves nothing, and an unknown exercise is refused."""
    path = course.content(toy.SLUG) / "properties.toml"
    path.write_text('[heavy_step]\nlimit = ["test_first_step_is_plain_descent"]\n', encoding="utf-8")
    assert unproved(course, toy.SLUG) == []
    path.write_text('[heavy_step]\nlimit = ["test_gone"]\n', encoding="utf-8")
    (sentence,) = unproved(course, toy.SLUG)
    assert "limit" in sentence and "test_gone" in sentence
    path.write_text('[heavy]\nlimit = ["test_gone"]\n', encoding="utf-8")
    with pytest.raises(CourseError, match="heavy is no exercise"):
        properties(course, toy.SLUG)


def test_the_table_names_gaps() -> None:
    """One row a property, edges together, and a gap in bold."""
    found = [
        Property("f", "f", "edge", "p = 0", ("test_no_dropping[a]",)),
        Property("f", "f", "edge", "p = 1", ("test_all_dropped",)),
        Property("f", "f", "pure", "x", ()),
    ]
    assert table(found)[2:] == [
        "| f | edge: p = 0, p = 1 | no dropping; all dropped |",
        "|  | pure | **nothing** |",
    ]
