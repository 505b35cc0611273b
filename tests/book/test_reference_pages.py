"""Conventions, errata, glossary and front page say what the rest of the project says."""

from __future__ import annotations

import ast
import re
import statistics
import sys
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BOOK = ROOT / "book"
sys.path.insert(0, str(BOOK / "_ext"))

from course_table import read_rows, table  # noqa: E402 - a local extension of the book
from lecture_rows import read_items  # noqa: E402 - likewise

# Plain words rather than symbols: each contract says what it counts, chooses or holds.
WORDS = {"k", "kind", "values"}

NUMBERS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def chapters() -> list[str]:
    """The chapters that have an assignment, in the order of the contents."""
    files = re.findall(r"file: book/(\S+)", (ROOT / "_toc.yml").read_text(encoding="utf-8"))
    return [name for name in files if (ROOT / "assignments" / f"{name}.md").exists()]


def page(name: str) -> str:
    return (BOOK / f"{name}.md").read_text(encoding="utf-8")


def entries(name: str) -> dict[str, str]:
    """The labelled ``###`` sections of a page: label to text."""
    parts = re.split(r"^\(([a-z0-9-]+)\)=\n(?=#)", page(name), flags=re.M)
    pairs = zip(parts[1::2], parts[2::2], strict=True)
    return {label: text for label, text in pairs if text.startswith("### ")}


def parameters() -> dict[str, set[str]]:
    """Every parameter of a public function of the solutions, with the chapters that use it."""
    found: dict[str, set[str]] = {}
    for path in (ROOT / "solutions").glob("[a-z]*.py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                for argument in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs):
                    found.setdefault(argument.arg, set()).add(path.stem)
    return found


def symbols() -> set[str]:
    text = page("conventions").split("(conventions-symbols)=")[1].split("\n(conventions-")[0]
    rows = [line.split("|") for line in text.splitlines() if line.startswith("| ")][2:]
    return {name for row in rows for name in re.findall(r"`([^`]+)`", row[2])}


def test_the_table_of_symbols_names_what_the_code_uses() -> None:
    """Each name in the table is a parameter of an exercise's function, or what a loss returns."""
    known = set(parameters()) | {"loss"}  # what a loss function returns
    assert symbols() <= known, symbols() - known


def test_names_that_chapters_share_stand_in_the_table() -> None:
    """A parameter that functions of three chapters take is a convention, and stands in the table."""
    shared = {name for name, chapters in parameters().items() if len(chapters) >= 3} - WORDS
    assert shared <= symbols(), shared - symbols()


def test_every_convention_says_ours_and_runs() -> None:
    """At least 34 entries; each has a cell with an assert, and all but the words say what is ours."""
    found = entries("conventions")
    assert len(found) >= 34
    for label, text in found.items():
        assert "```{code-cell}" in text and "assert " in text, label
        assert "**Ours**" in text or label == "conventions-letters", label


def test_every_slip_is_in_the_errata_and_the_other_way_round() -> None:
    """An entry names its lecture items; those items lead to it, and every item marked as a slip has one."""
    items = {item.id: item for item in read_items(BOOK / "lectures.csv")}
    named = {}
    for label, text in entries("errata").items():
        first = text.splitlines()[2]
        ids = re.findall(r"\[(L\d-\d\d)\]", first.split("Printed")[0])
        assert ids, f"{label} names no item of the lectures"
        assert "Printed" in text and re.search("Right|Neither is wrong|It is:", text), label
        for name in ids:
            named.setdefault(name, set()).add(label)
    for name, labels in named.items():
        assert "errata" in items[name].pages and labels <= set(items[name].sections), name
    due = {name for name, item in items.items() if "errata" in item.pages}
    assert due == set(named)
    assert {name for name, item in items.items() if "slip" in item.kind} <= due
    assert len(entries("errata")) >= 50


def test_the_glossary_is_in_order_and_leads_somewhere() -> None:
    """Terms stand in alphabetical order, each with one sentence and the section where it is at home."""
    text = page("glossary").split(":::{glossary}\n")[1].split("\n:::")[0]
    terms = [block.split("\n", 1) for block in text.strip().split("\n\n")]
    names = [name.lower() for name, _ in terms]
    assert all(a < b for a, b in pairwise(names)), names
    for name, body in terms:
        assert re.search(r"\{ref\}`[a-z_]+-[a-z_-]+`$", body), f"{name} leads to no section"


def test_the_front_page_names_every_chapter_in_order() -> None:
    """The chain on the front page has the chapters of the contents, in their order."""
    chain = page("index").split(":::::{container} chain")[1].split("\n:::::")[0]
    linked = re.findall(r"^ *\d+\. \{ref\}`([a-z_]+)`", chain, re.M)
    assert linked == chapters()


def test_each_chapter_ends_in_the_failure_that_the_next_one_repairs() -> None:
    """Before its quiz a chapter says what fails next and links the chapter that repairs it."""
    for name, following in pairwise(chapters()):
        summary = re.split(r"^\(\S+-quiz\)=$", page(name), flags=re.M)[0].split(f"({name}-summary)=")[1]
        last = summary.strip().splitlines()[-1]
        assert (
            last.startswith(("**What fails next:**", "**What is left:**")) and f"{{ref}}`{following}`" in last
        ), name


def test_the_next_chapter_is_the_next_one() -> None:
    """Where a chapter says "the next chapter", the same line links the one that follows in the contents."""
    lines = [
        (name, following, line)
        for name, following in pairwise(chapters())
        for line in page(name).splitlines()
        if "next chapter" in line
    ]
    assert lines
    for name, following, line in lines:
        assert f"<{following}>`" in line or f"{{ref}}`{following}`" in line, f"{name}: {line}"


def has_a_core(name: str) -> bool:
    """Whether the chapter says at its front what its core is, as those do that have been rewritten."""
    return "\n:class: path\n" in page(name)


@pytest.mark.parametrize("name", chapters())
def test_chapters_end_alike(name: str) -> None:
    """The last sections of every chapter have the same headings, in the same order."""
    ending = [
        "Common mistakes and their symptoms",
        "Summary",
        "Quiz",
        "Exercises",
        "The assignment",
        "Sources",
    ]
    if has_a_core(name):
        ending = ["Common mistakes", "In practice today", *ending[1:5], "Going deeper", "Sources"]
    assert re.findall(r"^## (.+)$", page(name), re.M)[-len(ending) :] == ending


def boxes(name: str, kind: str) -> list[list[tuple[str, bool, str]]]:
    """Question boxes of a kind, ``predict`` or ``quiz``: each answer's title, mark and feedback."""
    found = re.findall(rf"^:::\{{admonition\}} [^\n]+\n:class: {kind}\n(.*?)^:::$", page(name), re.M | re.S)
    answer = re.compile(r"^```\{dropdown\} (.+)\n(:class-container: answer-right\n)?(.+)\n```$", re.M)
    return [[(title, bool(mark), text) for title, mark, text in answer.findall(box)] for box in found]


@pytest.mark.parametrize("name", [name for name in chapters() if has_a_core(name)])
def test_a_box_does_not_give_its_answer_away(name: str) -> None:
    """Three predictions and six questions, one right answer each; neither place nor length tells which."""
    asked = [*boxes(name, "predict"), *boxes(name, "quiz")]
    assert [len(boxes(name, kind)) for kind in ("predict", "quiz")] == [3, 6]
    places = []
    for answers in asked:
        assert len(answers) in (3, 4)
        (place,) = (i for i, (_, right, _) in enumerate(answers) if right)
        places.append(place)
        for title, right, text in answers:
            assert text.startswith("Right") == right, title
            assert not re.match(r"(yes|no|right|wrong)\b", title, re.I), title
        lengths = [len(title) for title, _, _ in answers]
        assert lengths[place] <= 1.5 * max(length for i, length in enumerate(lengths) if i != place), answers
    assert max(places.count(place) for place in places) <= 4, places


@pytest.mark.parametrize("name", chapters())
def test_a_question_of_a_quiz_has_one_right_answer(name: str) -> None:
    """A quiz has six questions, each with three answers or four to unfold; one of them begins "Right"."""
    quiz = page(name).split(f"({name}-quiz)=")[1].split(f"({name}-exercises)=")[0]
    if has_a_core(name):
        assert len(boxes(name, "quiz")) == 6
        return
    questions = re.split(r"^\*\*\d\.\*\*", quiz, flags=re.M)[1:]
    assert len(questions) == 6
    for number, question in enumerate(questions, start=1):
        answers = re.findall(r"^```\{dropdown\} .+\n(.+)", question, re.M)
        assert len(answers) in (3, 4), number
        assert sum(answer.startswith("Right") for answer in answers) == 1, number


@pytest.mark.parametrize("name", chapters())
def test_a_chapter_says_how_long_its_assignment_takes(name: str) -> None:
    """Its front says how long reading takes, and for the assignment the hours that stand there."""
    ((_, hours, *_),) = (row for row in read_rows(ROOT) if row.slug == name)
    opening = page(name).split(f"({name}-failure)=")[0]
    if has_a_core(name):
        takes = f"The {{ref}}`assignment <{name}-assignment>` takes about {NUMBERS[hours - 1]} hours."
        assert takes in opening and re.search(r"^\*\*Core\*\*: .+ about \d+ minutes", opening, re.M), takes
        return
    end = f", the {{ref}}`assignment <{name}-assignment>` {NUMBERS[hours - 1]} hours."
    assert re.search(rf"^Reading takes about .+{re.escape(end)}$", opening, re.M), end


def test_assignments_are_due_in_the_order_of_the_contents() -> None:
    """Each assignment is due after that of the chapter before."""
    due = [
        re.search(r'^due: "(.+)"$', (ROOT / "assignments" / f"{name}.md").read_text(encoding="utf-8"), re.M)[
            1
        ]
        for name in chapters()
    ]
    assert all(a < b for a, b in pairwise(due)), due


def test_the_course_table_adds_up() -> None:
    """Every chapter has minutes, its assignment hours, exercises and points; the last line adds them up."""
    rows = read_rows(ROOT)
    assert {row.slug for row in rows} == {path.stem for path in (ROOT / "assignments").glob("*.md")}
    assert all(min(row.minutes, row.hours, row.exercises, row.points) > 0 and row.title for row in rows)
    *lines, last = table(rows).splitlines()
    counts = [[int(cell) for cell in re.findall(r"(?<=\| )\d+(?= \|)", line)] for line in lines[2:]]
    assert [count[0] for count in counts] == list(range(1, len(rows) + 1))
    sums = [sum(column) for column in zip(*(count[1:] for count in counts), strict=True)]
    assert [int(cell) for cell in re.findall(r"\d+", last)] == sums


@pytest.mark.parametrize("slug", sorted(path.stem for path in (ROOT / "assignments").glob("*.md")))
def test_assignments_are_of_a_size(slug: str) -> None:
    """Two to nine hours, no exercise above a third of the points, the hardest not below the middle."""
    ((_, hours, exercises, points, hardest, *_),) = (row for row in read_rows(ROOT) if row.slug == slug)
    text = (ROOT / "assignments" / f"{slug}.md").read_text(encoding="utf-8")
    marks = {
        name: int(number)
        for name, number in re.findall(r"^:exercise: (\w+)$.*?^:points: (\d+)$", text, re.M | re.S)
    }
    assert len(marks) == exercises
    assert 2 <= hours <= 9 and exercises >= 4 and 3 * max(marks.values()) <= points
    assert 1 <= len(hardest) <= 3
    assert min(marks[name] for name in hardest) >= statistics.median(marks.values())
