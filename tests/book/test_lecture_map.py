"""The lecture map: whole as it stands, and each way of breaking it is caught with its own sentence."""

from __future__ import annotations

import csv
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EXTENSIONS = ROOT / "book" / "_ext"
sys.path.insert(0, str(EXTENSIONS))

import lecture_rows  # noqa: E402  (it stands in the public bundle, beside the directive)

Rows = dict[str, dict[str, str]]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The map at a fixed moment, in a folder of its own: of its pages only ``adaptive`` is written."""
    for room in ("book", "assignments"):
        (tmp_path / room).mkdir()
    shutil.copy(ROOT / "book" / "lectures.csv", tmp_path / "book")
    shutil.copy(ROOT / "assignments" / "adaptive.md", tmp_path / "assignments")
    labels = lecture_rows.read_written(ROOT).labels["adaptive"]
    sections = "\n\n".join(f"({label})=\n## About {label}" for label in sorted(labels))
    write_page(tmp_path, "adaptive", f"---\norphan: true\n---\n(adaptive)=\n# Adaptive\n\n{sections}\n")

    def only_adaptive(rows: Rows) -> None:
        for row in rows.values():
            row["section"] = " ".join(label for label in row["section"].split() if label in labels)
            if row["chapter"] and (row["section"] or "adaptive" not in row["chapter"].split()):
                row["reason"] = ""

    edit(tmp_path, only_adaptive)
    assert sentences(tmp_path) == []
    return tmp_path


def csv_of(root: Path) -> Path:
    return root / "book" / "lectures.csv"


def write_page(root: Path, page: str, text: str) -> None:
    (root / "book" / f"{page}.md").write_text(text, encoding="utf-8")


def sentences(root: Path) -> list[str]:
    return lecture_rows.problems(lecture_rows.read_items(csv_of(root)), lecture_rows.read_written(root))


def edit(root: Path, change: Callable[[Rows], object]) -> None:
    """Apply ``change`` to the copy's rows, keyed by id."""
    path = csv_of(root)
    with path.open(encoding="utf-8", newline="") as file:
        rows = {row["id"]: row for row in csv.DictReader(file)}
    change(rows)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, lecture_rows.COLUMNS)
        writer.writeheader()
        writer.writerows(rows.values())


def test_the_map_is_whole() -> None:
    """Every item has a section, a page to come or a reason; every label and every exercise exists."""
    assert sentences(ROOT) == []


def test_each_lecture_has_all_its_items() -> None:
    """376 rows: 43, 88, 72, 68 and 105, in the lectures' order."""
    items = lecture_rows.read_items(csv_of(ROOT))
    counts = {"L0": 43, "L1": 88, "L2": 72, "L3": 68, "L4": 105}
    assert len(items) == 376
    assert [item.id for item in items] == [f"{i}-{n:02d}" for i in counts for n in range(1, counts[i] + 1)]


CASES: dict[str, tuple[Callable[[Rows], object], str]] = {
    "neither section nor reason": (
        lambda rows: rows["L3-65"].update(section="", reason=""),
        "L3-65: book/adaptive.md is written, so this item needs a section there, or a reason.",
    ),
    "a label that does not exist": (
        lambda rows: rows["L3-65"].update(section="adaptive-bais"),
        "L3-65: adaptive has no section labelled adaptive-bais; write (adaptive-bais)= above the section's",
    ),
    "the page's own label": (
        lambda rows: rows["L3-65"].update(section="adaptive"),
        "L3-65: adaptive has no section labelled adaptive;",
    ),
    "a section of a page not yet written": (
        lambda rows: rows["L1-18"].update(section="momentum-inside"),
        "L1-18: momentum and conventions has no section labelled momentum-inside;",
    ),
    "a section of another page": (
        lambda rows: rows["L1-18"].update(section="adaptive-bias"),
        "L1-18: momentum and conventions has no section labelled adaptive-bias;",
    ),
    "an exercise that is not in the assignment": (
        lambda rows: rows["L4-96"].update(exercise="adam_stpe"),
        "L4-96: assignments/adaptive.md has no exercise adam_stpe; it has ",
    ),
    "a reason that no longer holds": (
        lambda rows: rows["L3-65"].update(reason="Not yet written."),
        "L3-65: no written page lacks it, so the reason no longer holds; empty the field.",
    ),
    "left out without a reason": (
        lambda rows: rows["L2-01"].update(reason=""),
        "L2-01: without a chapter it is left out, which needs a reason.",
    ),
    "left out, yet with an exercise": (
        lambda rows: rows["L2-01"].update(exercise="adam_step"),
        "L2-01: it names a section or an exercise but no chapter that holds them.",
    ),
    "a statement that is empty": (
        lambda rows: rows["L2-02"].update(item=""),
        "L2-02: lecture, lines, kind and item must be filled, the lecture as the id begins.",
    ),
    "an item under another lecture": (
        lambda rows: rows["L2-02"].update(lecture="L3"),
        "L2-02: lecture, lines, kind and item must be filled, the lecture as the id begins.",
    ),
    "a missing row": (
        lambda rows: rows.pop("L4-105"),
        "The map must have 376 rows, one an item; it has 375.",
    ),
    "a missing row, named": (lambda rows: rows.pop("L4-105"), "L4-105: this item has no row."),
    "an id twice": (
        lambda rows: rows["L0-01"].update(id="L0-02"),
        "L0-02: the id stands in 2 rows; each item has one.",
    ),
    "an id that no lecture has": (
        lambda rows: rows["L0-43"].update(id="L0-44"),
        "L0-44: no such item in the lectures.",
    ),
    "a misspelt page": (
        lambda rows: rows["L3-68"].update(chapter="momentun"),
        "No page is called momentun. Did you mean momentum?",
    ),
}


@pytest.mark.parametrize(("change", "sentence"), CASES.values(), ids=list(CASES))
def test_a_broken_row_is_named_with_its_cure(
    copy: Path, change: Callable[[Rows], object], sentence: str
) -> None:
    """Each way of breaking the table yields the sentence that says what to do."""
    edit(copy, change)
    assert [found for found in sentences(copy) if found.startswith(sentence)], sentences(copy)


def test_a_new_chapter_owes_every_one_of_its_items(copy: Path) -> None:
    """Writing book/momentum.md turns each item that waits for it into a sentence, and no other item."""
    write_page(copy, "momentum", "(momentum)=\n# Momentum\n")
    owed = {item.id for item in lecture_rows.read_items(csv_of(copy)) if "momentum" in item.pages}
    assert {sentence.split(":")[0] for sentence in sentences(copy)} == owed


def test_a_second_page_is_owed_as_well(copy: Path) -> None:
    """An item of a chapter with a slip in it needs its section on the errata page once that is written."""
    write_page(copy, "errata", "# Errata\n")
    sentence = "L3-50: book/errata.md is written, so this item needs a section there, or a reason."
    assert sentence in sentences(copy)


def test_only_a_label_above_a_section_counts(copy: Path) -> None:
    """A label shown in a code block, or above a paragraph, is no target; a link to it would not resolve."""
    write_page(
        copy, "adaptive", "# A\n\n````md\n(inside)=\n## B\n````\n\n(loose)=\nText.\n\n(good)=\n\n## C\n"
    )
    assert lecture_rows.read_written(copy).labels["adaptive"] == {"good"}


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("id,lecture,lines", "id,lecture,line", "must have the columns id, lecture, lines"),
        ("for every mini-batch.,", "for every, mini-batch.,", r"line 2 \(L0-01\) must have 9 fields; quote"),
    ],
)
def test_a_damaged_file_is_refused(copy: Path, old: str, new: str, message: str) -> None:
    """Wrong columns and an unquoted comma stop the reading instead of shifting what stands where."""
    path = csv_of(copy)
    path.write_text(path.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ValueError, match=message):
        lecture_rows.read_items(path)


def test_the_page_names_every_lecture_once() -> None:
    """book/lecture_map.md asks for the counts and for each lecture's table, in order."""
    text = (ROOT / "book" / "lecture_map.md").read_text(encoding="utf-8")
    assert re.findall(r"^```{lecture-map} (\S+)$", text, re.M) == ["counts", *lecture_rows.ITEMS]


def test_counts_come_from_the_rows(copy: Path) -> None:
    """The three counts in the page's first sentences add up to 376 and change with the rows."""

    def counts() -> list[int]:
        items = lecture_rows.read_items(csv_of(copy))
        text = lecture_rows.summary(items, lecture_rows.read_written(copy))
        return [int(number) for number in re.findall(r"\d+", text)]

    total, covered, *waiting, left_out = counts()
    assert total == covered + sum(waiting) + left_out == 376 and min(covered, left_out) > 0
    edit(copy, lambda rows: rows["L2-01"].update(chapter="tuning", reason=""))
    edit(copy, lambda rows: rows["L3-65"].update(section="", reason="Not yet written."))
    assert counts() == [376, covered - 1, sum(waiting) + 2, left_out - 1]
    whole = lecture_rows.summary(lecture_rows.read_items(csv_of(ROOT)), lecture_rows.read_written(ROOT))
    assert "wait" not in whole  # of what does not wait nothing is said


def build(root: Path) -> subprocess.CompletedProcess[str]:
    """A strict Sphinx build of the copy's two pages."""
    shutil.copy(ROOT / "book" / "lecture_map.md", root / "book")
    (root / "conf.py").write_text(
        'root_doc = "book/lecture_map"\nextensions = ["myst_parser", "lecture_map"]\n'
        'exclude_patterns = ["assign*"]\nmyst_enable_extensions = ["attrs_inline"]\n'
    )
    return subprocess.run(
        [sys.executable, "-m", "sphinx", "-WnEq", "--keep-going", str(root), str(root / "site")],
        env={**os.environ, "PYTHONPATH": str(EXTENSIONS)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_built_page_shows_every_item_and_links_every_section(copy: Path) -> None:
    """A strict build has 376 rows with the id as header, a link for every section, and what is missing."""
    edit(copy, lambda rows: rows["L1-18"].update(chapter="adaptive", exercise="adam_step", reason="Soon."))
    result = build(copy)
    assert result.returncode == 0, result.stderr
    page = (copy / "site" / "book" / "lecture_map.html").read_text(encoding="utf-8")
    ids = r'<th class="[^"]*stub[^"]*"[^>]*><p><span id="[^"]*">(L\d)\u2011(\d+)</span></p>'
    headers = re.findall(ids, page)
    items = lecture_rows.read_items(csv_of(copy))
    assert ["-".join(pair) for pair in headers] == [item.id for item in items]
    linked = Counter(re.findall(r'href="adaptive.html#(adaptive-[a-z0-9-]+)"', page))
    assert linked == Counter(label for item in items for label in item.sections)
    plain = re.sub(r"<[^>]+>", "", page)
    assert "Built as adam_step, waits for adaptive. Soon." in plain
    assert "Left out. Course header, due dates" in plain


def test_the_strict_build_refuses_a_label_that_does_not_exist(copy: Path) -> None:
    """The links are real cross-references: a label nobody wrote fails the book's build."""
    edit(copy, lambda rows: rows["L3-65"].update(section="adaptive-bais"))
    result = build(copy)
    assert result.returncode != 0 and "adaptive-bais" in result.stderr


def test_a_page_that_is_left_out_is_said_and_not_linked(copy: Path) -> None:
    """A term without a chapter: its sections are no links, and its exercises are built nowhere."""
    edit(copy, lambda rows: rows["L3-65"].update(chapter="gone adaptive", section="gone-idea adaptive-bias"))
    written = lecture_rows.read_written(copy)
    (item,) = (one for one in lecture_rows.read_items(csv_of(copy)) if one.id == "L3-65")
    said = lecture_rows.where(item, written)
    assert "gone-idea" not in said and "not in this book: *gone*" in said
    assert "built as" not in said.casefold()
