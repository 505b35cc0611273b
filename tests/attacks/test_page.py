"""The instructor's tables of attacks: the page is as measured, and what measures it can be trusted."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from autograder.attacks import page as attack_page
from autograder.attacks.cases import CORPUS, read_attack, read_corpus
from autograder.attacks.page import BEGIN, END, page_section, summary, write_section
from autograder.attacks.run import Outcome, verdict_and_score
from autograder.attacks.stock_nbgrader import NbgraderOutcome, attack_nbgrader
from autograder.course.course import Course, CourseError

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "autograder" / "guide" / "attacks.md"


# --- the page -------------------------------------------------------------------------------------------


def rows() -> dict[str, list[str]]:
    """Attack -> the cells of its row in the page."""
    section = PAGE.read_text(encoding="utf-8").partition(BEGIN)[2].partition(END)[0]
    lines = [re.split(r"(?<!\\)\|", line)[1:-1] for line in section.splitlines() if line.startswith("| `")]
    return {cells[0].strip(" `"): [cell.strip() for cell in cells[1:]] for cells in lines}


def test_the_page_holds_the_corpus_as_it_is() -> None:
    """Each attack has a row with what it deserves, those on every assignment besides; all are held here."""
    found, corpus = rows(), read_corpus(CORPUS, Course(ROOT))
    by_name = {attack.name: attack for attack in corpus}
    assert {name.partition("@")[0] for name in found} == set(by_name)
    for name, (_, due, _, here, given, there) in found.items():
        attack = by_name[name.partition("@")[0]]
        assert (due, here) == (verdict_and_score(" or ".join(attack.verdicts), attack.score), "nothing"), (
            attack.name
        )
        left_out = bool(attack.nbgrader or attack.on)  # those on an assignment are not tried on nbgrader
        assert (there == attack.nbgrader, not given) == (left_out, left_out), attack.name


def test_the_page_shows_what_stock_nbgrader_lets_through() -> None:
    """Marks for no work, secrets, neighbours: the comparison was run, and it has teeth."""
    text = PAGE.read_text(encoding="utf-8")
    for effect in ("gained points", "read a secret", "sent a message", "left a program running"):
        assert effect in text, effect


SMALL = read_attack("loop_small", "tries: <b>It</b> | tries.\nverdict: error\nscore: 0.5\nsolves: slope\n")


def test_a_section_is_written_between_its_marks(tmp_path: Path) -> None:
    """What a person wrote around it stays; a page without a place for it is refused in a sentence."""
    path = tmp_path / "page.md"
    path.write_text(f"before\n{BEGIN}old\n{END}after\n", encoding="utf-8")
    outcomes, fates = (
        [Outcome(SMALL, "error", 0.5, 0.1)],
        [NbgraderOutcome(SMALL, 7.0, 1.0, ("gained points",))],
    )
    write_section(path, page_section(outcomes, fates, "a machine"))
    text = path.read_text(encoding="utf-8")
    assert text.startswith("before\n") and text.endswith("after\n") and "old" not in text
    assert "| loop | 1 | 1 | 1 | 0 |" in text
    assert r"| `loop_small` | &lt;b&gt;It&lt;/b&gt; \| tries. | error 0.5 | error 0.5 | nothing | 7 |" in text
    path.write_text("no place", encoding="utf-8")
    with pytest.raises(CourseError, match="has no place for the tables"):
        write_section(path, "x")


def test_the_sum_names_each_kind_once_an_attack() -> None:
    """Two files changed by one attack count as one attack that changed files."""
    fates = [
        NbgraderOutcome(SMALL, 7.0, 1.0, ("gained points", "changed a", "changed b")),
        NbgraderOutcome(SMALL, 0.0, 1.0),
    ]
    assert (
        summary(fates) == "1 of 2 were held by nbgrader; 1 gained points, 1 changed files or marks of others."
    )
    assert summary(fates[1:]) == "1 of 1 were held by nbgrader; nothing was achieved."


def test_a_part_of_the_corpus_is_no_page(tmp_path: Path) -> None:
    """--page takes no names, and what is left out against nbgrader cannot be asked for alone."""
    with pytest.raises(CourseError, match="name no attack beside it"):
        attack_page.both(Course(ROOT), ["exit"], tmp_path / "page.md")
    with pytest.raises(CourseError, match="each of these is left out"):
        attack_page.against_nbgrader(Course(ROOT), ["resource_disk"])


# --- what measures it -----------------------------------------------------------------------------------


def test_stock_nbgrader_is_fooled_and_fair() -> None:
    """An honest answer has full marks from nbgrader, a patched NumPy gains five points."""
    names = {"honest_as_given", "judge_numpy_testing"}
    corpus = [attack for attack in read_corpus(CORPUS) if attack.name in names]
    honest, patched = attack_nbgrader(corpus, CORPUS)
    assert (honest.score, honest.effects) == (7.0, ())
    assert (patched.score, patched.effects) == (5.0, ("gained points",))
