"""A sample class made of the reference, the named mistakes, the variants and common accidents.

========== =================================================================================================
student    what the notebook holds
========== =================================================================================================
ada        everything right
bela       the notebook as it was released, nothing written
chidi      the first half of the exercises, the rest untouched
dana       a named mistake in one exercise, all else right
emre       another
fatima     another
goran      another
hana       right in an unusual way: a named variant
ivo        a loop that never ends, in the exercise that the fewest checks ask for: each waits for it
jun        a file that was cut off in the middle
kaya       a right answer under another name than the one asked for
lena       a right answer that calls helpers in a cell of her own
milo       everything right, two and a half hours late
========== =================================================================================================

Where parts are carried from earlier assignments there is nils too: everything right, but one part is empty.
"""

from __future__ import annotations

import ast
import datetime
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from autograder.course.cells import filled, written
from autograder.course.checks import read_checks
from autograder.course.course import Course, CourseError
from autograder.course.release import Exercise, Release
from autograder.course.source import BEGIN, END, Piece, cut, reference_text
from autograder.course.specimens import Specimen, load_specimens

MISTAKEN = ("dana", "emre", "fatima", "goran")
CLASS = frozenset({"ada", "bela", "chidi", *MISTAKEN, "hana", "ivo", "jun", "kaya", "lena", "milo", "nils"})
LATE_MINUTES = 150
IN_WORDS = "It made no difference that I could measure: **+0.1 ± 0.5** points over five paired seeds."


@dataclass(frozen=True)
class Handed:
    """One student's file: functions that differ from the reference, and what happened to the file."""

    student: str
    did: str
    own: dict[str, str] = field(default_factory=dict)
    only: int | None = None  # how many exercises are answered; None for all, those in words included
    without: str = ""  # a carried part that was left as the released stub
    inserted: dict[str, str] = field(default_factory=dict)
    share_kept: float = 1.0  # the share of the file that arrived
    minutes_late: int = 0


def make_sample(course: Course, slug: str, term: Path) -> str:
    """Write the sample class's submissions of ``slug`` below ``term``; return a line on each of them.

    The bytes are the same every time, and only changed files are rewritten. Raises CourseError if the folder
    holds another class.
    """
    release = course.release(slug)
    source = reference_text(course.solution(slug))
    mistakes = load_specimens(course.content(slug), "MISTAKES", release.names)
    variants = load_specimens(course.content(slug), "VARIANTS", release.names)
    checks = [check.exercise for check in read_checks(course.content(slug), release.names)]
    handed = list(sample_class(release, source, mistakes, variants, checks))
    submitted = term / "submitted"
    others = sorted({path.name for path in submitted.glob("*")} - CLASS)
    if others:
        raise CourseError(
            f"{submitted} holds {others[0]}, who is not in the sample class; "
            "name another folder with --term, _build/sample for one."
        )
    count = 0
    for number, one in enumerate(handed):
        folder = submitted / one.student / slug
        count += _write(folder / f"{slug}.ipynb", _notebook(release, source, one))
        if release.due:
            count += _write(folder / "timestamp.txt", _timestamp(release.due, one, number).encode())
    width = max(len(one.student) for one in handed)
    lines = [f"  {one.student:<{width}}  {one.did}" for one in handed]
    return "\n".join([f"{submitted}: {len(handed)} submissions of {slug}, {count} files written", *lines])


def sample_class(
    release: Release,
    source: str,
    mistakes: tuple[Specimen, ...],
    variants: tuple[Specimen, ...],
    checks: Iterable[str],
) -> Iterator[Handed]:
    """The students by name; a student is left out if the chapter has no specimen for them.

    ``checks`` names the exercise of each hidden check.
    """
    names = release.names
    pieces = cut(source)
    first = names[0]
    yield Handed("ada", "everything right")
    yield Handed("bela", "nothing written", only=0)
    yield Handed("chidi", "half of the exercises", only=max(1, len(names) // 2))
    for student, mistake in zip(MISTAKEN, _round_robin(mistakes, names), strict=False):
        yield Handed(
            student,
            f"mistake {mistake.exercise}/{mistake.name}",
            own=_clean_functions(mistake.functions(source)),
        )
    for variant in _round_robin(variants, names)[:1]:
        yield Handed(
            "hana",
            f"variant {variant.exercise}/{variant.name}",
            own=_clean_functions(variant.functions(source)),
        )
    brief = _least_asked(names, pieces, checks)
    endless = _with_body(pieces[brief], ["while True:", "    pass"])
    yield Handed("ivo", f"{brief} loops for ever", own={brief: endless})
    yield Handed("jun", "the file breaks off", share_kept=0.6)
    renamed = _renamed(pieces[first], f"my_{first}")
    yield Handed("kaya", f"{first} is called my_{first}", own={first: renamed})
    helper = _renamed(pieces[first], f"{first}_by_hand")
    caller = _calling(pieces[first], f"{first}_by_hand")
    yield Handed("lena", f"{first} calls a helper", own={first: caller}, inserted={first: helper})
    yield Handed("milo", "everything right, but late", minutes_late=LATE_MINUTES)
    if release.carried:
        part = release.carried[len(release.carried) // 2].name
        yield Handed("nils", f"the carried part {part} is empty", without=part)


def _least_asked(names: tuple[str, ...], pieces: Mapping[str, Piece], checks: Iterable[str]) -> str:
    """The exercise that the fewest checks call: its own, and those of exercises that use it."""
    count = Counter(checks)

    def asked(name: str) -> int:
        return sum(count[user] for user in names if re.search(rf"\b{name}\b", pieces[user].source))

    return min(
        (name for name in names if isinstance(pieces[name].node, ast.FunctionDef)),
        key=asked,
        default=names[0],
    )


def _round_robin(specimens: tuple[Specimen, ...], names: tuple[str, ...]) -> list[Specimen]:
    """One specimen of each exercise, then another of each, and so on."""
    of_each = [[one for one in specimens if one.exercise == name] for name in names]
    longest = max(map(len, of_each), default=0)
    return [mine[turn] for turn in range(longest) for mine in of_each if turn < len(mine)]


def _notebook(release: Release, source: str, one: Handed) -> bytes:
    exercises: tuple[Exercise, ...] = (*release.carried, *release.exercises[: one.only])
    answers = {name: _without_markers(text) for name, text in written(exercises, source, one.own).items()}
    answers.pop(one.without, None)
    if one.only is None:
        answers |= {exercise.name: IN_WORDS for exercise in release.manual}
    notebook = filled(release, answers, one.inserted)
    content = (json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True) + "\n").encode()
    return content[: int(len(content) * one.share_kept)]


def _timestamp(due: str, one: Handed, number: int) -> str:
    """The time of the hand-in in nbgrader's format: some hours before the due time, or after it."""
    minutes = one.minutes_late or -(37 + 61 * number)
    moment = datetime.datetime.fromisoformat(due) + datetime.timedelta(minutes=minutes)
    return moment.astimezone(datetime.UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _write(path: Path, content: bytes) -> bool:
    if path.exists() and path.read_bytes() == content:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return True


def _without_markers(source: str) -> str:
    """``source`` without the solution markers, which no student's cell has."""
    lines = (line for line in source.splitlines() if BEGIN not in line and END not in line)
    return "\n".join(lines).rstrip("\n")


def _clean_functions(functions: dict[str, str]) -> dict[str, str]:
    return {name: _without_markers(source) for name, source in functions.items()}


def _with_body(piece: Piece, body: list[str]) -> str:
    """The piece with ``body`` in place of the lines between its last markers."""
    lines = piece.source.splitlines()
    span = piece.graded_lines()[-1]
    begin, end = span.start - 1 - piece.first_line, span.stop - piece.first_line
    indent = lines[begin][: len(lines[begin]) - len(lines[begin].lstrip())]
    return _without_markers("\n".join([*lines[:begin], *(indent + line for line in body), *lines[end + 1 :]]))


def _renamed(piece: Piece, name: str) -> str:
    kind = "class" if isinstance(piece.node, ast.ClassDef) else "def"
    return _without_markers(piece.source.replace(f"{kind} {piece.name}", f"{kind} {name}", 1))


def _calling(piece: Piece, helper: str) -> str:
    """A function (or class) with the piece's name and arguments that only calls ``helper``."""
    if not isinstance(piece.node, ast.FunctionDef):
        return f"class {piece.name}({helper}):\n    pass"
    arguments = piece.node.args
    passed = [argument.arg for argument in (*arguments.posonlyargs, *arguments.args)]
    passed += [f"{argument.arg}={argument.arg}" for argument in arguments.kwonlyargs]
    signature = ast.unparse(arguments)
    return f"def {piece.name}({signature}):\n    return {helper}({', '.join(passed)})"
