"""The record of the grader's own errors: what the audits and the changed references of a course show."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from autograder.course.course import Course
from autograder.measure.audit import Row, audit
from autograder.measure.mutants import Survey, equivalents, survey
from autograder.measure.properties import Property, properties
from autograder.measure.properties import table as property_table

HEADER = (
    "| assignment | mistakes | caught | own hint | wrong hint | variants | refused | stubs | paid "
    "| other forms | judged wrongly |"
)
CHANGES = "| assignment | changes | noticed | equivalent | gaps | noticed of the rest |"


@dataclass(frozen=True)
class Measured:
    """One assignment: the rows of its audits under all seeds, and its changed references."""

    slug: str
    rows: tuple[Row, ...]
    changes: Survey
    reasons: tuple[str, ...]  # why the equivalent changes are that
    properties: tuple[Property, ...] = ()

    @property
    def wrong(self) -> bool:
        proved = all(one.proved for one in self.properties)
        return (
            any(row.problem for row in self.rows)
            or bool(self.changes.gaps or self.changes.stale)
            or not proved
        )


def measured(course: Course, seeds: Sequence[str]) -> Iterator[Measured]:
    """Every assignment of the course, audited under each seed."""
    for slug in course.slugs:
        rows = tuple(row for seed in seeds for row in audit(course, slug, seed))
        found, why = survey(course, slug), equivalents(course, slug)
        reasons = tuple(dict.fromkeys(why[one.key] for one in found.equivalent))
        yield Measured(slug, rows, found, reasons, properties(course, slug))


def page(found: Iterable[Measured], seeds: Sequence[str]) -> tuple[str, int]:
    """The record as Markdown, and 1 if something in it is not as it should be."""
    every = list(found)
    lines = [
        "# The grader's own errors",
        "",
        "Written by `make audit`. Every known answer was graded as if a student had handed it in, with the",
        f"hidden probes of these seeds: {', '.join(seeds)}. A number counts each answer once a seed.",
        "",
        *_table(HEADER, [_audited(one) for one in every]),
        "",
        "- *Caught*: loses points. *Own hint*: it is given, alone or with one that no check tells apart.",
        "- *Variants*: unusual right answers, and the reference.",
        "- *Other forms*: right numbers in another container. Judged wrongly are those that lose more than",
        "  the share for form, or lose it although the visible check says nothing.",
        "",
        "## The reference, changed in one place",
        "",
        "Operators, comparisons, constants, names, axes and statements of every graded body, one at a time.",
        "",
        *_table(CHANGES, [_changed(one.changes) for one in every]),
        "",
        "No check can see an equivalent change, because the answers stay the same. The reasons, from the",
        "file `equivalents.toml` of each chapter:",
        "",
        *(f"- {one.slug}: {'; '.join(one.reasons)}." for one in every if one.reasons),
    ]
    gaps = [
        f"- {one.slug}: {gap.function}: {gap.change} in `{gap.text}`"
        for one in every
        for gap in one.changes.gaps
    ]
    if gaps:
        lines += ["", "Gaps, which no check notices and no reason explains:", "", *gaps]
    lines += [
        "",
        "## What the contracts promise, and what asks for it",
        "",
        "Read from signatures and docstrings by rule, and the laws of each chapter's `properties.toml`.",
        "*Side effects* are calls that are generated for every function. An edge is a closed end of a range.",
    ]
    for one in every:
        lines += ["", f"### {one.slug}", "", *property_table(one.properties)]
    return "\n".join(lines) + "\n", int(any(one.wrong for one in every))


def _audited(one: Measured) -> list[object]:
    def count(kind: str, problem: str | None = None) -> int:
        return sum(
            row.kind == kind and (problem is None or row.problem.startswith(problem)) for row in one.rows
        )

    mistakes = count("mistake")
    missed = count("mistake", "not caught")
    wrong = count("mistake", "hinted as") + count("mistake", "taken for a convention")
    silent = count("mistake", "caught without its hint")
    right = count("variant") + count("reference")
    refused = count("variant", "refused") + count("reference", "refused")
    forms = sum(row.kind == "form" and bool(row.problem) for row in one.rows)
    return [
        one.slug, mistakes, mistakes - missed, mistakes - missed - wrong - silent, wrong, right, refused,
        count("stub"), count("stub", "earns"), count("form"), forms,
    ]  # fmt: skip  # in the order of HEADER


def _changed(found: Survey) -> list[object]:
    numbers = (found.count, found.noticed, len(found.equivalent), len(found.gaps))
    return [found.slug, *numbers, f"{found.share:.1%}"]


def _table(header: str, rows: list[list[object]]) -> list[str]:
    """A Markdown table whose last row has the sums of the columns of numbers."""
    columns = list(zip(*rows, strict=True))
    sums = ["all", *(sum(c) if all(isinstance(x, int) for x in c) else "" for c in columns[1:])]
    ruler = "| --- |" + " --: |" * (len(columns) - 1)
    return [header, ruler, *("| " + " | ".join(map(str, row)) + " |" for row in [*rows, sums])]
