"""A student's text is safe in every place, whatever characters it is made of."""

from __future__ import annotations

import csv
import html
import io
import json
import random
import re
import sys
import unicodedata
from collections.abc import Callable, Iterator

import nbformat
import pytest
import toy
from nbconvert import HTMLExporter
from reports import class_report, gradebook_table

from autograder.course.course import Course
from autograder.course.release import Release
from autograder.files import file_name
from autograder.grading.verdict import CheckResult, Example, ExerciseResult, Report, Verdict
from autograder.reporting.autograded import gradebook_text, rebuild
from autograder.reporting.feedback import exercise_text, render_feedback
from autograder.reporting.marks_csv import marks_csv
from autograder.reporting.rows import mark_rows
from autograder.safe_text import json_text, markdown, one_line, output, visible
from autograder.submissions.display import shown_cells
from autograder.submissions.notebook_file import Cell
from autograder.term.policy import Standing

UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
COMMANDS = (
    "\x1b]0;title\x07", "\x1b]8;;https://evil.example\x1b\\here\x1b]8;;\x1b\\", "\x9b31m",
    "\x9d52;c;aGk=\x9c",
    "\x1b[2J", "\x1bP1$r\x1b\\", "\u202eevil\u202c", "\u2066x\u2069", "\u200b\u2060\ufeff", "\x07\x08\x7f\r",
    "\x85\u2028\u2029", "\udc80\ud800", "\x1b(0", "\U000e0041", "\u061c",
)  # fmt: skip  # a list to read across


def of_every_category() -> list[str]:
    """Characters of every Unicode category: the first, the last, and some between."""
    dice, by_category = random.Random(3), {}
    for number in range(sys.maxunicode + 1):
        by_category.setdefault(unicodedata.category(chr(number)), []).append(chr(number))
    assert len(by_category) == 30
    return [
        letter for all_ in by_category.values() for letter in (all_[0], all_[-1], *dice.choices(all_, k=60))
    ]


LETTERS = of_every_category()


def unseen(text: str, allowed: str = "\n\t") -> set[str]:
    return {c for c in text if unicodedata.category(c) in UNSEEN and c not in allowed}


def texts() -> Iterator[str]:
    """Texts of these characters and of commands, in any order."""
    dice = random.Random(4)
    for _ in range(150):
        yield "".join(dice.choices([*LETTERS, *COMMANDS, "a", " ", "<", "&", '"', "=", "|", "`"], k=25))


@pytest.mark.parametrize("safe", [visible, one_line, output, markdown])
def test_no_place_shows_what_is_not_seen(safe: Callable[[str], str]) -> None:
    """Each character of every category by itself, and mixed; what is done twice is done once."""
    for text in (*LETTERS, *COMMANDS, *texts()):
        assert not unseen(safe(text)), ascii(text)
        if safe is not markdown:
            assert safe(safe(text)) == safe(text)


def test_what_is_seen_stays() -> None:
    """Letters of all scripts, digits, signs and combining marks are shown as they are."""
    kept = [c for c in LETTERS if unicodedata.category(c) not in UNSEEN | {"Zs"}]
    assert visible("".join(kept)) == "".join(kept)


def test_commands_leave_no_remains_in_outputs() -> None:
    """Neither their letters nor the addresses in them."""
    assert output("a\x1b]8;;https://evil.example\x1b\\b\x1b[1;31mc\x9b0md") == "abcd"


def test_json_is_read_back_the_same() -> None:
    """Whatever stands in it; the file shows no unseen character."""
    for text in texts():
        written = json_text(json.dumps({"a": text}, ensure_ascii=False))
        assert json.loads(written) == {"a": text} and not unseen(written)


def test_file_names_differ_and_are_no_paths() -> None:
    """Short and long, with every sign that the encoding itself uses."""
    dice, seen = random.Random(5), {}
    pieces = ["%", "25", "%25", "2F", "/", "\0", "~", "a", "é", "..", "." * 60, "x" * 90, "y" * 125]
    for _ in range(5000):
        name = "".join(dice.choices(pieces, k=dice.randint(1, 6)))
        found = file_name(name)
        assert seen.setdefault(found, name) == name
        assert "/" not in found and "\0" not in found and len(found.encode()) <= 250
    long = "%" * 90
    assert file_name(file_name(long)) != file_name(long)


# --- Every output ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def release(released_toy: Course) -> Release:
    return released_toy.release(toy.SLUG)


def report(text: str) -> Report:
    """A report with ``text`` in every place where words of a student's can stand."""
    check = CheckResult("test_a", "A fact.", 1.0, Verdict.ERROR, f"heavy_step raised {text}")
    passed = CheckResult("test_b", "Another.", 1.0, Verdict.CORRECT)
    example = Example("heavy_step(1)", "1", text, f"It is {text}.")
    results = (
        ExerciseResult(
            "heavy_step", 3.0, 1.0, Verdict.PARTLY_CORRECT, (check, passed), (text,), example=example
        ),
        ExerciseResult("fit_line", 2.5, 0.0, Verdict.ERROR, (check,), convention=text),
    )
    return Report("toy", text or "x", Verdict.PARTLY_CORRECT, results, (text,), (), "key", (text,))


def cells(text: str) -> tuple[Cell, ...]:
    outputs = [
        {"output_type": "stream", "text": text},
        {"data": {"text/plain": [text]}},
        {"traceback": [text]},
    ]
    return Cell("code", "", text, outputs), Cell("markdown", "", text)


def pages(text: str, release: Release) -> dict[str, str]:
    one = report(text)
    notebook = rebuild(release, {"heavy_step": text}, (text,), one, shown_cells(cells(text)) and ())
    return {
        "feedback": render_feedback(one, release, {"heavy_step": text}),
        "class report": class_report([one], release, {text: Standing(1.0)}, alike=[(text, text)]),
        "terminal": gradebook_table([one], release, {text: Standing(1.0)}, alike=[(text, text)]),
        "marks": marks_csv(mark_rows([one], release), release),
        "check cell": exercise_text(one.exercises[0], (text,)),
        "autograded": gradebook_text(notebook),
        "outputs": "\n".join(str(cell.outputs) for cell in shown_cells(cells(text))),
        "result": one.to_json(),
    }


def test_no_output_shows_what_is_not_seen(release: Release) -> None:
    """Pages, tables, CSV, notebooks and stored results, with every kind of character in every place."""
    for text in (*COMMANDS, *list(texts())[:25]):
        for name, page in pages(text, release).items():
            found = page.replace("\r\n", "\n") if name == "marks" else page
            assert not unseen(found), (name, ascii(text), map(ascii, unseen(found)))


def test_every_output_of_csv_has_its_cells(release: Release) -> None:
    """A line a student and a cell a column, whatever the name holds; none is a formula."""
    for text in ("a\nb", 'x",=1+1,"', "=1+1", "＝1", "﹢1", "\t=1", "-1 ", "@x", "a,b"):
        head, row = csv.reader(io.StringIO(marks_csv(mark_rows([report(text)], release), release)))
        assert len(head) == len(row)
        assert unicodedata.normalize("NFKC", row[0][:1]) not in ("=", "+", "-", "@", "\t", "\r", "\n")


LINKS = (
    "https://evil.example", "see http://evil.example/x now", "www.evil.example", "WWW.evil.example",
    "me@evil.example",
    "ftp://evil.example", "<https://evil.example>", "[a](https://evil.example)", "![a](https://evil.example/a.png)",
    "[a]: https://evil.example\n\n[a]", "mailto:me@evil.example", "//evil.example", "`https://evil.example`",
    "https&#58;//evil.example", "https&colon;//evil.example", "$\\href{https://evil.example}{x}$",
)  # fmt: skip  # a list to read across


def test_no_formula_links_or_loads() -> None:
    """MathJax would make them so in the browser."""
    for word in ("href", "url", "require", "style"):
        assert f"\\{word}" not in html.unescape(markdown(f"$\\{word}{{https://evil.example}}{{x}}$"))


@pytest.mark.parametrize("text", LINKS)
def test_no_address_in_words_is_a_link(text: str) -> None:
    """Rendered by nbconvert, as formgrader shows it."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(markdown(text))])
    body, _ = HTMLExporter(template_name="basic").from_notebook_node(notebook)
    links = re.findall(r"<(?:a|img)\b[^>]*(?:href|src)=\"([^\"]*)", body)
    assert not [link for link in links if not link.startswith("#")]
    assert "evil.example" in html.unescape(body)
