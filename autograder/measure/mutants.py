"""Reference answers changed by rote, one place at a time: does some hidden check notice each change?

Operators, comparisons, constants, names, keywords and statements of every graded body are changed, and the
exercise's checks and side effects are tried on the result. A change that none notices is either equivalent
to the reference or a gap in the checks. The equivalent ones stand in the chapter's ``equivalents.toml``, each
with the reason why its answers are the same; what else survives is listed.
"""

from __future__ import annotations

import ast
import contextlib
import copy
import io
import signal
import tomllib
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from types import FrameType
from typing import Any

from autograder.calls.backends import LocalBackend
from autograder.calls.proxy import Proxy
from autograder.calls.side_effects import side_effects
from autograder.classroom.pool import jobs_for, spread
from autograder.course.course import Course, CourseError
from autograder.course.release import Exercise
from autograder.course.source import cut, functions_of
from autograder.grading.exam import Exam, load_exam

SECONDS = 3.0  # of CPU time, for all checks of one exercise; a mutant that takes longer is caught
BINARY: dict[type, tuple[type, ...]] = {
    ast.Add: (ast.Sub,),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.Div,),
    ast.Div: (ast.Mult,),
    ast.Pow: (ast.Mult,),
    ast.FloorDiv: (ast.Div,),
    ast.Mod: (ast.FloorDiv,),
    ast.MatMult: (ast.Mult,),
}
COMPARE: dict[type, tuple[type, ...]] = {
    ast.Lt: (ast.LtE, ast.Gt),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
}


@dataclass(frozen=True)
class Mutant:
    """One changed function: the exercise, the function, the line and its text, what changes, the result."""

    exercise: str
    function: str
    line: int
    text: str
    change: str
    source: str

    @property
    def key(self) -> Key:
        return self.function, self.change, self.text


Key = tuple[str, str, str]  # function, change, text of the line


def mutants(exercise: Exercise, source: str) -> Iterator[Mutant]:
    """Every mutant of the exercise's graded bodies."""
    pieces = cut(source)
    for name in functions_of(exercise.stub):
        piece = pieces[name]
        lines = {line - piece.first_line + 1 for span in piece.graded_lines() for line in span}
        texts = piece.source.splitlines()
        tree = ast.parse(piece.source)
        for place, node in enumerate(ast.walk(tree)):
            line = getattr(node, "lineno", 0)
            if line not in lines:
                continue
            for change, apply in _changes(node, tree):
                mutated = copy.deepcopy(tree)
                apply([*ast.walk(mutated)][place])
                source = ast.unparse(ast.fix_missing_locations(mutated))
                yield Mutant(exercise.name, name, line, texts[line - 1].strip(), change, source)


Change = tuple[str, Callable[[Any], None]]


def _changes(node: ast.AST, tree: ast.Module) -> Iterator[Change]:
    """(what changes, how the same node of a copy is changed) for everything that can change at a node."""
    if isinstance(node, ast.BinOp | ast.AugAssign):
        for other in BINARY.get(type(node.op), ()):
            yield f"{type(node.op).__name__} to {other.__name__}", partial(_set, "op", other)
    if isinstance(node, ast.BinOp) and type(node.op) in (ast.Sub, ast.Div, ast.MatMult, ast.Pow):
        yield f"sides of {type(node.op).__name__} swapped", _swap
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        for other in COMPARE.get(type(node.ops[0]), ()):
            yield f"{type(node.ops[0]).__name__} to {other.__name__}", partial(_set_compare, other)
    if isinstance(node, ast.UnaryOp):
        yield f"{type(node.op).__name__} dropped", partial(_set, "op", ast.UAdd)
    if isinstance(node, ast.Constant):
        yield from _constants(node.value)
    if isinstance(node, ast.keyword) and node.arg in ("axis", "keepdims", "ddof", "size", "p", "replace"):
        yield f"{node.arg} renamed away", partial(_unset_keyword, tree)
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
        yield from _other_names(node.id, tree)
    if isinstance(node, ast.Assign | ast.AugAssign | ast.Expr) and not isinstance(
        getattr(node, "value", None), ast.Constant
    ):
        yield "statement dropped", _drop
    if isinstance(node, ast.If | ast.IfExp | ast.While):
        yield "condition negated", _negate


def _constants(value: object) -> Iterator[Change]:
    if isinstance(value, bool):
        yield f"{value} to {not value}", partial(_set, "value", (not value))
    elif isinstance(value, int):
        yield from (
            (f"{value} to {other}", partial(_set, "value", other)) for other in (value + 1, value - 1)
        )
    elif isinstance(value, float):
        for new in {value * 2, value + 1.0} - {value}:
            yield f"{value} to {new}", partial(_set, "value", new)


def _other_names(name: str, tree: ast.Module) -> Iterator[Change]:
    """Another parameter, or another local variable, in the place of one."""
    (function,) = (node for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef))
    if isinstance(function, ast.ClassDef):
        return
    arguments = [arg.arg for arg in (*function.args.args, *function.args.kwonlyargs)]
    stored = [n.id for n in ast.walk(function) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]
    for pool in (arguments, list(dict.fromkeys(stored))):
        if name in pool and len(pool) > 1:
            other = pool[(pool.index(name) + 1) % len(pool)]
            yield f"{name} to {other}", partial(_set, "id", other)


def _set(attribute: str, value: Any, node: Any) -> None:
    setattr(node, attribute, value() if isinstance(value, type) else value)


def _set_compare(other: type, node: Any) -> None:
    node.ops = [other()]


def _swap(node: Any) -> None:
    node.left, node.right = node.right, node.left


def _unset_keyword(_: ast.Module, node: Any) -> None:
    node.value = ast.Constant(None) if node.arg in ("axis", "size", "p") else ast.Constant(False)


def _drop(node: Any) -> None:
    value = node.value
    node.__class__ = ast.Expr
    node._fields = ("value",)
    node.value = ast.Constant(None) if value is not None else value


def _negate(node: Any) -> None:
    node.test = ast.UnaryOp(ast.Not(), node.test)


# --- Trying them ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Survey:
    """The mutants of one assignment: how many there are, and those that no check notices."""

    slug: str
    count: int
    equivalent: tuple[Mutant, ...]
    gaps: tuple[Mutant, ...]
    stale: tuple[Key, ...] = ()  # equivalents that are none of the survivors

    @property
    def noticed(self) -> int:
        return self.count - len(self.equivalent) - len(self.gaps)

    @property
    def share(self) -> float:
        """The share that is noticed of those that are not equivalent."""
        return self.noticed / (self.noticed + len(self.gaps))


def equivalents(course: Course, slug: str) -> dict[Key, str]:
    """The changes that leave all answers as they are, with the reason; CourseError for a malformed file."""
    path = course.content(slug) / "equivalents.toml"
    try:
        listed = tomllib.loads(path.read_text(encoding="utf-8"))["equivalent"] if path.exists() else []
        return {(one["function"], one["change"], one["line"]): one["why"] for one in listed}
    except (tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        raise CourseError(
            f"{path} needs function, change, line and why for each [[equivalent]]: {error}"
        ) from None


def survey(course: Course, slug: str, seed: str = "audit") -> Survey:
    """Try every mutant of ``slug``."""
    exam = load_exam(course, slug, seed)
    todo = [one for exercise in exam.release.exercises for one in mutants(exercise, exam.source)]

    @contextmanager
    def opened() -> Iterator[Callable[[Mutant], bool]]:
        with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield partial(_noticed, exam)

    with contextlib.closing(spread(todo, opened, lambda _: True, jobs_for(len(todo)))) as found:
        noticed = dict(found)
    left = [one for place, one in enumerate(todo) if not noticed[place]]
    known = equivalents(course, slug)
    same, gaps = (tuple(one for one in left if (one.key in known) is there) for there in (True, False))
    stale = tuple(known.keys() - {one.key for one in left})
    return Survey(slug, len(todo), same, gaps, stale)


class _TooLong(BaseException):
    """The time for one mutant is over; no check catches it."""


def _stop(_: int, __: FrameType | None) -> None:
    raise _TooLong


def _noticed(exam: Exam, mutant: Mutant) -> bool:
    reference = exam.check_set.reference
    space = dict(reference)
    before = signal.signal(signal.SIGPROF, _stop)
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    try:
        exec(compile(exam.source, "<reference>", "exec"), space)
        exec(compile(mutant.source, "<mutant>", "exec"), space)
        for check in exam.check_set.of(mutant.exercise):
            beside, own = exam.check_set.references.of(check.name, exam.seed, reference)
            proxy = Proxy(LocalBackend(space), reference, beside)
            check.run(proxy, Proxy(own), exam.seed)
            if any(call.form for call in proxy.journal):
                return True
        asked = exam.check_set.side_effects_of(mutant.exercise)
        seen = side_effects(LocalBackend(space), asked.stories)
        return any(kind not in asked.allowed for kind, _ in seen)
    except (Exception, _TooLong):  # noqa: BLE001 - however a check stops, it has noticed
        return True
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def table(found: Survey) -> str:
    """The gaps, and a line with the share that was noticed of the changes that are not equivalent."""
    lines = [f"{one.exercise}: {one.function}, line {one.line}: {one.change}" for one in found.gaps]
    lines += [
        f"equivalents.toml: {function}: {change} in `{line}` is none of the survivors"
        for function, change, line in found.stale
    ]
    lines.append(
        f"{found.slug}: {found.noticed} of {found.count} changes noticed, {len(found.equivalent)} equivalent "
        f"({found.share:.1%} of the others)"
    )
    return "\n".join(lines)
