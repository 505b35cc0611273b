"""The instructor guide's tables of attacks: the effects of each one here and against stock nbgrader."""

from __future__ import annotations

import html
import os
import platform
import tempfile
from collections.abc import Iterable, Sequence
from importlib import metadata
from pathlib import Path

from autograder.attacks.cases import CORPUS, Attack
from autograder.attacks.run import Outcome, chosen, counts, run_all, table, verdict_and_score
from autograder.attacks.stock_nbgrader import NbgraderOutcome, attack_nbgrader
from autograder.course.course import Course, CourseError
from autograder.files import write_whole
from autograder.sandbox.sandbox import Sandbox

BEGIN, END = "<!-- attacks: written by `make attack-table` -->\n", "<!-- end of attacks -->\n"


def against_nbgrader(course: Course, names: Iterable[str]) -> tuple[str, int]:
    """The table of the corpus against stock nbgrader; always 0, since no failure there is ours."""
    return nbgrader_table(_attacked(course, chosen(course, names))), 0


def both(course: Course, names: Iterable[str], page: Path) -> tuple[str, int]:
    """Run the corpus here and against nbgrader, write both tables; 1 if some attack was not held here."""
    if names:
        raise CourseError("--page writes the tables of the whole corpus: name no attack beside it.")
    corpus = chosen(course, names)
    with tempfile.TemporaryDirectory(prefix="attacks-") as folder:
        outcomes, shared = run_all(course, corpus, Path(folder))
    others = _attacked(course, corpus)
    write_section(page, page_section(outcomes, others, _machine()))
    text = f"{table(outcomes, shared)}\n\n{nbgrader_table(others)}"
    return text, int(bool(shared) or not all(one.held for one in outcomes))


def _attacked(course: Course, corpus: Sequence[Attack]) -> tuple[NbgraderOutcome, ...]:
    tried = [attack for attack in corpus if not attack.nbgrader and not attack.on]
    if not tried:
        raise CourseError("each of these is left out against nbgrader; their files say why.")
    return attack_nbgrader(tried, CORPUS)


def _machine() -> str:
    with Sandbox() as sandbox:
        plan = sandbox.plan.name
    release = ".".join(platform.release().split(".")[:2])
    cores = len(os.sched_getaffinity(0))
    versions = f"Python {platform.python_version()}, nbgrader {metadata.version('nbgrader')}"
    return f"{platform.system()} {release}, {cores} cores, {versions}; the sandbox: {plan}"


def nbgrader_table(others: Sequence[NbgraderOutcome]) -> str:
    """One line per attack, then how many were held."""
    width = max(len(one.attack.name) for one in others)
    lines = [f"{'attack':<{width}}  {'deserves':>8} {'got':>6} {'seconds':>7}  achieved against nbgrader"]
    for one in others:
        due, got = (
            verdict_and_score("–", score).removeprefix("– ") for score in (one.attack.score, one.score)
        )
        achieved = "; ".join(one.effects) or "nothing"
        lines.append(f"{one.attack.name:<{width}}  {due:>8} {got:>6} {one.seconds:7.1f}  {achieved}")
    return "\n".join([*lines, summary(others)])


def summary(others: Sequence[NbgraderOutcome]) -> str:
    """How many attacks nbgrader held, and the effects of the others."""
    kinds = {
        "gained points": "gained points",
        "read a secret": "read a secret",
        "changed ": "changed files or marks of others",
        "left a program": "left a program running",
        "left /": "left files for others",
        "sent a message": "reached a program on the machine",
        "left a neighbour": "stopped the batch",
        "held up": "held up the batch",
        "killed": "ended the grader",
        "put ": "got markup or commands into a text",
        "lost its honest part": "lost points of honest work",
    }
    effects = []
    for start, words in kinds.items():
        found = sum(any(effect.startswith(start) for effect in one.effects) for one in others)
        effects += [f"{found} {words}"] if found else []
    held = sum(one.held for one in others)
    return f"{held} of {len(others)} were held by nbgrader; {', '.join(effects) or 'nothing was achieved'}."


def page_section(outcomes: Sequence[Outcome], others: Sequence[NbgraderOutcome], machine: str) -> str:
    """Both tables as Markdown: first by family, then every attack."""
    there = {other.attack.name: other for other in others}
    lines = [f"Measured on {machine}.", "", f"This grader: {counts(outcomes)}", "", summary(others), ""]
    lines += [
        "| family | attacks | held here | tried on nbgrader | held there |",
        "| --- | --: | --: | --: | --: |",
    ]
    for family in sorted({one.attack.family for one in outcomes}):
        ours = [one for one in outcomes if one.attack.family == family]
        theirs = [other for other in others if other.attack.family == family]
        numbers = (len(ours), sum(one.held for one in ours), len(theirs), sum(other.held for other in theirs))
        lines.append(f"| {family} | {' | '.join(map(str, numbers))} |")
    lines += [
        "",
        "| attack | what it tries | deserves | got here | achieved here | nbgrader gave | achieved there |",
    ]
    lines += ["| --- | --- | --- | --- | --- | --: | --- |"]
    for one in outcomes:
        attack, other = one.attack, there.get(one.attack.name)
        cells = [
            f"`{attack.name}`",
            attack.tries,
            verdict_and_score(" or ".join(attack.verdicts), attack.score),
            verdict_and_score(one.verdict, one.score),
            "; ".join(one.effects) or ("nothing" if one.held else "another verdict"),
            verdict_and_score("–", other.score).removeprefix("– ") if other else "",
            ("; ".join(other.effects) or "nothing") if other else attack.nbgrader,
        ]
        lines.append(f"| {' | '.join(map(_cell, cells))} |")
    return "\n".join(lines) + "\n"


def write_section(path: Path, section: str) -> None:
    """Put ``section`` between the page's two marks; CourseError where they are missing."""
    text = path.read_text(encoding="utf-8")
    before, found, rest = text.partition(BEGIN)
    _, ended, after = rest.partition(END)
    if not found or not ended:
        raise CourseError(f"{path} has no place for the tables: it needs the lines {BEGIN!r} and {END!r}.")
    write_whole(path, f"{before}{BEGIN}\n{section}\n{END}{after}".encode())


def _cell(text: str) -> str:
    shown = text if text.startswith("`") else html.escape(text, quote=False)
    return " ".join(shown.replace("|", "\\|").split())
