"""`autograder similar`: answers alike beyond what the exercise makes usual. A reason to talk, never a mark.

Short functions are alike by nature, so only what is unusual counts: statements whose shape (the syntax tree
without names, `autograder.authoring.shapes`) stands neither in the stub, nor in the reference, nor in any
variant or named mistake, and which few of the class have. Names and comments of one's own count the same way.
"""

from __future__ import annotations

import ast
import contextlib
import io
import itertools
import re
import tokenize
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from autograder.authoring.shapes import shapes
from autograder.course.course import Course, CourseError
from autograder.course.release import Release
from autograder.course.source import reference_text
from autograder.course.specimens import load_specimens
from autograder.safe_text import one_line
from autograder.submissions.handin import handins
from autograder.submissions.submission import read_submission

FEW = 0.05  # the share of the class that may have something that is still unusual
LEAST_NODES = 8  # a smaller statement is nobody's own
LEAST_EVIDENCE = 3  # unusual things in common, among them a statement or a comment
COMMENT_LETTERS = 12

Print = tuple[str, str]  # what kind of thing, and the thing


@dataclass(frozen=True)
class Pair:
    """Two students, and the unusual things that both have, by exercise."""

    students: tuple[str, str]
    shared: Mapping[str, Counter[str]]
    same_text: tuple[str, ...]

    @property
    def evidence(self) -> int:
        return sum(sum(counts.values()) for counts in self.shared.values())


def prints(source: str) -> set[Print]:
    """What is one's own in an answer: shapes of statements, names, comments.

    >>> sorted(prints("total_of_all = 1  # what I carry along"))
    [('comment', 'whaticarryalong'), ('name', 'total_of_all')]
    """
    found: set[Print] = set()
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return found
    found |= {("statement", text) for text, size in shapes(tree.body) if size >= LEAST_NODES}
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    found |= {("name", name) for name in names if len(name) > 2}
    with contextlib.suppress(tokenize.TokenError, IndentationError):  # what was read so far counts
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            words = re.sub(r"\W", "", token.string).casefold()
            if token.type == tokenize.COMMENT and len(words) >= COMMENT_LETTERS:
                found.add(("comment", words))
    return found


def usual(course: Course, release: Release) -> dict[str, set[Print]]:
    """By exercise: what the stub, the reference, the variants and the named mistakes have."""
    source = reference_text(course.solution(release.slug))
    common = prints(source) | {found for cell in release.setup for found in prints(cell)}
    usual = {exercise.name: common | prints(exercise.stub) for exercise in release.exercises}
    for kind in ("VARIANTS", "MISTAKES"):
        for one in load_specimens(course.content(release.slug), kind, release.names):
            if one.exercise not in usual:  # the settings leave it out
                continue
            for text in one.functions(source).values():
                usual[one.exercise] |= prints(text)
    return usual


def pairs(answers: Mapping[str, Mapping[str, str]], usual: Mapping[str, set[Print]]) -> list[Pair]:
    """The pairs with unusual things in common, the most first; ``answers`` by student and exercise."""
    owners: dict[tuple[str, Print], list[str]] = defaultdict(list)
    texts: dict[tuple[str, str], list[str]] = defaultdict(list)
    for student, mine in answers.items():
        for exercise, source in mine.items():
            for one in prints(source) - usual.get(exercise, set()):
                owners[exercise, one].append(student)
            texts[exercise, " ".join(source.split())].append(student)
    few = max(2, round(FEW * len(answers)))
    shared: dict[tuple[str, str], dict[str, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
    for (exercise, (kind, _)), students in owners.items():
        if 2 <= len(students) <= few:
            for pair in itertools.combinations(sorted(students), 2):
                shared[pair][exercise][kind] += 1
    found = []
    for both, by_exercise in shared.items():
        same = tuple(
            exercise
            for (exercise, _), students in texts.items()
            if exercise in by_exercise and set(both) <= set(students)
        )
        alike = Pair(both, by_exercise, same)
        strong = sum(counts["statement"] + counts["comment"] for counts in by_exercise.values())
        if alike.evidence >= LEAST_EVIDENCE and strong:
            found.append(alike)
    return sorted(found, key=lambda alike: (-alike.evidence, alike.students))


def crowds(
    answers: Mapping[str, Mapping[str, str]], usual: Mapping[str, set[Print]]
) -> list[tuple[str, list[str]]]:
    """(exercise, students) of answers that more than a few have word for word, and that are nobody's usual.

    So many have one source: each other, a page, a language model, a course of another year.
    """
    texts: dict[tuple[str, str], list[str]] = defaultdict(list)
    for student, mine in answers.items():
        for exercise, source in mine.items():
            texts[exercise, " ".join(source.split())].append(student)
    few = max(2, round(FEW * len(answers)))
    found = []
    for (exercise, _), students in texts.items():
        own = (
            prints(answers[students[0]][exercise]) - usual.get(exercise, set()) if len(students) > few else ()
        )
        if len(own) >= LEAST_EVIDENCE:
            found.append((exercise, sorted(students)))
    return sorted(found, key=lambda one: (-len(one[1]), one))


def answers_of(course: Course, slug: str, term: Path) -> dict[str, dict[str, str]]:
    """The answers in code of a class, those that are more than the stub."""
    release = course.release(slug)
    stubs = {exercise.name: "".join(exercise.stub.split()) for exercise in release.exercises}
    found = {}
    for handin in handins(term, slug):
        given = read_submission(handin.path, release).answers
        found[handin.student] = {
            name: text
            for name, text in given.items()
            if name in stubs and "".join(text.split()) != stubs[name]
        }
    return found


def similar(course: Course, slug: str, term: Path) -> str:
    """A line for each pair, and what the list means."""
    answers = answers_of(course, slug, term)
    if not answers:
        raise CourseError(f"nobody has handed in {slug}: there is nothing to compare in {term}.")
    common = usual(course, course.release(slug))
    lines = [
        f"{len(students)} have {exercise} word for word: {', '.join(map(one_line, students))}"
        for exercise, students in crowds(answers, common)
    ]
    lines += [_line(one) for one in pairs(answers, common)]
    few = max(2, round(FEW * len(answers)))
    rule = (
        f"{len(answers)} hand-ins. Listed is who has at least {LEAST_EVIDENCE} things in common that at most "
        f"{few} of the class have, and neither the text, nor the reference, nor a variant or named mistake. "
        "A reason to talk with both, never a mark: people learn together, and may have one source."
    )
    return "\n".join([*(lines or ["Nobody's answers are alike beyond the usual."]), rule])


def _line(one: Pair) -> str:
    parts = []
    for exercise, counts in sorted(one.shared.items()):
        what = ", ".join(
            _count(counts[kind], kind) for kind in ("statement", "comment", "name") if counts[kind]
        )
        parts.append(f"{exercise}: {what}{', word for word' if exercise in one.same_text else ''}")
    return f"{' and '.join(map(one_line, one.students))}: {'; '.join(parts)}"


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
