"""completeness: what a chapter lacks is said in a sentence, whatever piece is taken away."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.authoring.completeness import exercise_weights, missing
from autograder.authoring.release import release
from autograder.course.course import Course

REPOSITORY = Course(Path(__file__).parents[2])


@pytest.fixture
def whole(toy_course: Course) -> Course:
    release(toy_course, "toy")
    return toy_course


def test_a_whole_chapter_lacks_nothing(whole: Course) -> None:
    """The toy chapter has all that a chapter needs."""
    assert missing(whole, "toy") == []


FILES = {
    "book/toy.md": "toy: no chapter; write book/toy.md.",
    "assignments/toy.md": "toy: no assignment; write assignments/toy.md.",
    "assignments/toy/toy.ipynb": "toy: no student notebook; run `autograder release toy`.",
    "solutions/toy.py": "toy: no reference implementation; write solutions/toy.py.",
    "autograder/checks/test_toy.py": "toy: no hidden checks; write autograder/checks/test_toy.py.",
    "autograder/mistakes/toy.py": "toy: no named mistakes; write autograder/mistakes/toy.py.",
    "autograder/variants/toy.py": "toy: no named variants; write autograder/variants/toy.py.",
}


@pytest.mark.parametrize(("name", "sentence"), FILES.items())
def test_a_missing_file_is_named(whole: Course, name: str, sentence: str) -> None:
    """One piece taken away in any room gives one sentence that says where it belongs."""
    (whole.root / name).unlink()
    assert missing(whole, "toy") == [sentence]


MISTAKES, VARIANTS = "autograder/mistakes/toy.py", "autograder/variants/toy.py"
CHECKS, TEXT = "autograder/checks/test_toy.py", "assignments/toy.md"
CHANGES = {
    "toc": (
        "_toc.yml",
        lambda text: text.replace("  - file: book/toy\n", "  - file: book/other\n"),
        ["toy: no place in the reading order; add `- file: book/toy` to _toc.yml."],
    ),
    "link": (
        "book/toy.md",
        lambda text: text.replace("../assignments/toy/toy.ipynb", "#"),
        ["toy: the chapter does not lead to its assignment; link assignments/toy/toy.ipynb in book/toy.md."],
    ),
    "no check of one exercise": (
        CHECKS,
        lambda text: text[: text.index('@pytest.mark.exercise("fit_line"')],
        [f"toy: no hidden check for the exercise fit_line; add one to {CHECKS}."],
    ),
    "only gates": (
        CHECKS,
        lambda text: text.replace('("fit_line", weight=2)', '("fit_line", weight=0)').replace(
            '("fit_line")', '("fit_line", weight=0)'
        ),
        [f"toy: no hidden check for the exercise fit_line; add one to {CHECKS}."],
    ),
    "a check of nothing": (
        CHECKS,
        lambda text: text + '\n\n@pytest.mark.exercise("gone")\ndef test_gone(student):\n    """Gone."""\n',
        [f"toy: {CHECKS} checks gone, which is no exercise of {TEXT}."],
    ),
    "a fifth mistake": (
        MISTAKES,
        lambda text: (
            text[: text.index('    Specimen(\n        exercise="fit_line",\n        name="half')] + ")\n"
        ),
        [f"toy: 4.5 mistakes an exercise on average, 5 or more are needed; add to {MISTAKES}."],
    ),
    "a mistake that no longer fits": (
        MISTAKES,
        lambda text: text.replace('("range(n_steps)", "range(n_steps - 1)"', '("range(n)", "range(n - 1)"'),
        [
            f"toy: {MISTAKES}: fit_line/one_step_short: 'range(n)' must occur exactly once in the "
            "reference, occurs 0 times; give more of the line, or the lines around it."
        ],
    ),
    "a mistake without a hint": (
        MISTAKES,
        lambda text: text.replace("Your loop stops one step too early.", ""),
        [f"toy: fit_line/one_step_short has no note; say in {MISTAKES} what it is."],
    ),
    "two mistakes of one name": (
        MISTAKES,
        lambda text: text.replace('name="half_rate"', 'name="one_step_short"'),
        [f"toy: {MISTAKES} has fit_line/one_step_short 2 times; a name stands for one thing."],
    ),
    "a mistake of nothing": (
        MISTAKES,
        lambda text: text.replace(
            "MISTAKES = (", 'MISTAKES = (\n    Specimen("gone", "x", "y", (("2.0", "3.0"),)),'
        ),
        [f"toy: {MISTAKES} has mistakes for gone, which is no exercise of {TEXT}."],
    ),
    "variants": (
        VARIANTS,
        lambda text: text.replace('exercise="fit_line"', 'exercise="heavy_step"', 2),
        [f"toy: 1 variants for the exercise fit_line, 2 or more are needed; add to {VARIANTS}."],
    ),
    "a graded function that nobody asks for": (
        TEXT,
        lambda text: text[: text.index("## The run")],
        [
            f"toy: no exercise asks for the graded fit_line; add `:exercise: fit_line` to {TEXT}.",
            f"toy: {CHECKS} checks fit_line, which is no exercise of {TEXT}.",
            f"toy: {MISTAKES} has mistakes for fit_line, which is no exercise of {TEXT}.",
            f"toy: {VARIANTS} has variants for fit_line, which is no exercise of {TEXT}.",
        ],
    ),
    "a function without contract": (
        "solutions/toy.py",
        lambda text: text.replace('    """State before the first step: a velocity of zeros."""\n', ""),
        ["toy: heavy_init has no docstring, which is its contract; add one in solutions/toy.py."],
    ),
    "a text that cannot be built": (
        TEXT,
        lambda text: text.replace(":points: 3\n", ""),
        [f"toy: {TEXT}: the check of heavy_step needs points above 0, got none; add `:points: 4`."],
    ),
}


@pytest.mark.parametrize(("name", "change", "sentences"), CHANGES.values(), ids=CHANGES.keys())
def test_a_missing_piece_inside_of_a_file_is_named(whole: Course, name, change, sentences) -> None:
    """Checks, mistakes, variants, docstrings, links: what is lacking, how much, and where to add it."""
    path = whole.root / name
    before = path.read_text(encoding="utf-8")
    after = change(before)
    assert after != before
    path.write_text(after, encoding="utf-8")
    assert missing(whole, "toy") == sentences


def test_marks_of_parametrized_cases_count(tmp_path: Path) -> None:
    """A check may serve several exercises, each case with its own mark and weight."""
    path = tmp_path / "test_family.py"
    path.write_text(
        "import pytest\n"
        "MARK = pytest.mark.exercise\n"
        "CASES = [pytest.param(n, marks=MARK(f'{n}_step', weight=w)) for n, w in (('a', 1), ('b', 0))]\n"
        "@pytest.mark.parametrize('stem', CASES)\n"
        "def test_it(student, stem):\n    pass\n",
        encoding="utf-8",
    )
    assert exercise_weights(path) == {"a_step": 1.0, "b_step": 0.0}


@pytest.mark.parametrize("slug", REPOSITORY.slugs)
def test_the_chapters_of_this_course_are_whole(slug: str) -> None:
    """No chapter lacks a piece in any room."""
    assert missing(REPOSITORY, slug) == []
