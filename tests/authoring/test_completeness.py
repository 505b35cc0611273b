"""completeness: what a chapter lacks is said in a sentence, whatever piece is taken away."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from autograder.authoring.completeness import missing
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
    "autograder/chapters/toy/fit_line.py": (
        "toy: nothing that judges the exercise fit_line; write autograder/chapters/toy/fit_line.py."
    ),
}


@pytest.mark.parametrize(("name", "sentence"), FILES.items())
def test_a_missing_file_is_named(whole: Course, name: str, sentence: str) -> None:
    """One piece taken away in any room gives one sentence that says where it belongs."""
    (whole.root / name).unlink()
    assert missing(whole, "toy") == [sentence]


CONTENT, TEXT = "autograder/chapters/toy", "assignments/toy.md"
RUN = f"{CONTENT}/fit_line.py"
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
        RUN,
        lambda text: text[: text.index("@pytest")] + text[text.index("MISTAKES") :],
        [f"toy: no hidden check for the exercise fit_line; add one to {RUN}."],
    ),
    "a check of nothing": (
        RUN,
        lambda text: text + '\n\n@pytest.mark.exercise("gone")\ndef test_gone(student):\n    """Gone."""\n',
        [f"toy: {CONTENT} judges gone, which is no exercise of {TEXT}."],
    ),
    "a file that cannot be read": (
        RUN,
        lambda text: text + "1 / 0\n",
        [f"toy: {CONTENT}: fit_line.py cannot be read: ZeroDivisionError: division by zero."],
    ),
    "a fifth mistake": (
        RUN,
        lambda text: text[: text.index('    (\n        "half_rate"')] + text[text.index(")\nVARIANTS") :],
        [f"toy: 4.5 mistakes an exercise on average, 5 or more are needed; add to {CONTENT}."],
    ),
    "a mistake that no longer fits": (
        RUN,
        lambda text: text.replace('("range(n_steps)", "range(n_steps - 1)"', '("range(n)", "range(n - 1)"'),
        [
            f"toy: {CONTENT}: fit_line/one_step_short: 'range(n)' must occur exactly once in the "
            "reference, occurs 0 times; give more of the line, or the lines around it."
        ],
    ),
    "a mistake without a hint": (
        RUN,
        lambda text: text.replace("Your loop stops one step too early.", ""),
        [f"toy: fit_line/one_step_short has no note; say in {CONTENT} what it is."],
    ),
    "a mistake that is no mistake": (
        RUN,
        lambda text: text.replace('        ("range(n_steps)", "range(n_steps - 1)"),\n', ""),
        [f"toy: fit_line/one_step_short changes nothing; give it swaps or code in {CONTENT}."],
    ),
    "two mistakes of one name": (
        RUN,
        lambda text: text.replace('"half_rate"', '"one_step_short"'),
        [f"toy: {CONTENT} has fit_line/one_step_short 2 times; a name stands for one thing."],
    ),
    "a mistake of nothing": (
        RUN,
        lambda text: text + 'MISTAKES += mistakes("gone", ("x", "y", ("2.0", "3.0")))\n',
        [f"toy: {CONTENT} judges gone, which is no exercise of {TEXT}."],
    ),
    "variants": (
        RUN,
        lambda text: text[: text.index('    (\n        "float_losses"')] + ")\n",
        [
            f"toy: 1 variants for the exercise fit_line, 2 or more are needed; add to {RUN}.",
            f"toy: 2.0 variants an exercise on average, 3 or more are needed; add to {CONTENT}.",
        ],
    ),
    "a graded function that nobody asks for": (
        TEXT,
        lambda text: text[: text.index("## The run")],
        [
            f"toy: no exercise asks for the graded fit_line; add `:exercise: fit_line` to {TEXT}.",
            f"toy: {CONTENT} judges fit_line, which is no exercise of {TEXT}.",
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


def test_a_chapter_that_is_begun_lacks_a_file_for_each_exercise(whole: Course) -> None:
    """Without its folder a chapter is told the file of every exercise, in their order."""
    shutil.rmtree(whole.root / CONTENT)
    assert missing(whole, "toy") == [
        f"toy: nothing that judges the exercise {name}; write {CONTENT}/{name}.py."
        for name in ("heavy_step", "fit_line")
    ]


@pytest.mark.parametrize("slug", REPOSITORY.slugs)
def test_the_chapters_of_this_course_are_whole(slug: str) -> None:
    """No chapter lacks a piece in any room."""
    assert missing(REPOSITORY, slug) == []
