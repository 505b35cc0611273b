"""What each contract claims of an exercise's functions, and which check or side effect proves it.

Most claims are read from the contract itself, its signature and docstring; the proof is what the exercise's
checks and stories really ask, found in the journals that they leave with the reference. Laws that no rule can
read (how answers scale, limits, that rows do not meet) stand in the chapter's ``properties.toml``, each with
the check that proves it. A claim without a proof is a gap.
"""

from __future__ import annotations

import ast
import contextlib
import io
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import Any

import numpy as np

from autograder.calls.backends import LocalBackend
from autograder.calls.journal import Call
from autograder.calls.probe import ORDER
from autograder.calls.probes import probes
from autograder.calls.proxy import Proxy
from autograder.calls.stories import Story
from autograder.course.cells import adapters
from autograder.course.course import Course, CourseError
from autograder.course.release import Exercise
from autograder.course.source import functions_of
from autograder.grading.exam import Exam, load_exam
from autograder.worker.values import leaves

SIDE_EFFECTS = "side effects"  # by which what is generated for all exercises is named
EDGE = "edge"
LARGE = 200.0


@dataclass(frozen=True)
class Property:
    """One claim of an exercise's contract; ``proved`` names the checks, none for a gap."""

    exercise: str
    function: str
    kind: str
    claim: str
    proved: tuple[str, ...]


@dataclass(frozen=True)
class Function:
    """A function of an exercise, as its contract describes it."""

    name: str
    names: frozenset[str]  # its own, and those of the adapters that call it
    parameters: dict[str, Any]  # with their defaults; those without one have none
    text: str  # its docstring

    @cached_property
    def arguments(self) -> dict[str, str]:
        """What the contract says of each argument."""
        section = re.search(r"^Args:\n(.*?)(?=^\S|\Z)", self.text, re.M | re.S)
        entry = re.compile(r"^    (\w[\w, ]*): (.*?)(?=^    \w[\w, ]*: |\Z)", re.M | re.S)
        found: dict[str, str] = {}
        for names, said in entry.findall(section[1]) if section else ():
            found |= {name.strip(): " ".join(said.split()) for name in names.split(",")}
        return found


@dataclass(frozen=True)
class Asked:
    """What an exercise's checks ask: the calls by check, and the stories of its side effects."""

    calls: dict[str, list[Call]]
    stories: list[Story]

    def of(self, function: Function) -> Iterator[tuple[str, list[Call]]]:
        """Each check with its calls of ``function``."""
        for name, calls in self.calls.items():
            yield name, [call for call in calls if call.name in function.names]

    def by(self, function: Function, seen: Callable[[Call], bool]) -> tuple[str, ...]:
        """The checks with such a call of ``function``."""
        return tuple(name for name, calls in self.of(function) if any(map(seen, calls)))

    def told(self, function: Function, seen: Callable[[Story], bool] = bool) -> tuple[str, ...]:
        """`SIDE_EFFECTS`, if a story with such calls of ``function`` is told."""
        told = any(line.name in function.names for story in self.stories if seen(story) for line in story)
        return (SIDE_EFFECTS,) if told else ()


Found = Iterator[tuple[str, str, tuple[str, ...]]]  # kind, claim, proof


def properties(course: Course, slug: str, seed: str = "audit") -> tuple[Property, ...]:
    """Every claim of the contracts of ``slug``, in the order of its exercises."""
    exam, laws = load_exam(course, slug, seed), declared(course, slug)
    found: list[Property] = []
    for exercise in exam.release.exercises:
        asked = _asked(exam, exercise)
        for function in _functions(exam, exercise):
            for rule in RULES:
                found += [Property(exercise.name, function.name, *one) for one in rule(function, asked)]
        known = {plain(check) for check in asked.calls}
        for kind, names in laws.pop(exercise.name, {}).items():
            proved = tuple(names) if known.issuperset(names) else ()
            found = [
                one for one in found if (one.exercise, one.kind, one.proved) != (exercise.name, kind, ())
            ]
            found.append(Property(exercise.name, exercise.name, kind, f"by {', '.join(names)}", proved))
    if laws:
        raise CourseError(f"{course.content(slug)}/properties.toml: {', '.join(laws)} is no exercise.")
    return tuple(found)


def declared(course: Course, slug: str) -> dict[str, dict[str, list[str]]]:
    """The laws that stand in the chapter's file: exercise -> kind -> names of checks."""
    path = course.content(slug) / "properties.toml"
    if not path.exists():
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise CourseError(f"{path}: {error}.") from None


def unproved(course: Course, slug: str) -> list[str]:
    """A sentence for each claim that no check and no side effect proves."""
    where = course.content(slug).relative_to(course.root)
    return [
        f"nothing in {where} proves that {one.function} ({one.exercise}) is as its contract says: "
        f"{one.kind}, {one.claim}; let a check of {one.exercise} ask it."
        for one in properties(course, slug)
        if not one.proved
    ]


def table(found: Iterable[Property]) -> list[str]:
    """A Markdown table: for each exercise its properties, each with how it is proved."""
    rows = ["| exercise | property | proved by |", "| --- | --- | --- |"]
    for exercise, mine in groupby(found, lambda one: one.exercise):
        by_kind: dict[str, list[Property]] = {}
        for one in mine:
            by_kind.setdefault(one.kind, []).append(one)
        for number, (kind, those) in enumerate(by_kind.items()):
            checks = dict.fromkeys(words(plain(check)) for one in those for check in one.proved[:2])
            gap = "" if all(one.proved for one in those) else "**nothing**"
            claims = f"{kind}: {', '.join(one.claim for one in those)}" if kind == EDGE else kind
            rows.append(f"| {'' if number else exercise} | {claims} | {gap or '; '.join(checks)} |")
    return rows


def words(check: str) -> str:
    return check.removeprefix("test_").replace("_", " ")


def plain(check: str) -> str:
    """A check's name without the parameters of one of its cases."""
    return check.partition("[")[0]


def _functions(exam: Exam, exercise: Exercise) -> Iterator[Function]:
    whole = functions_of(exam.source)
    for name in functions_of(exercise.stub):
        node = ast.parse(whole[name]).body[0]
        if isinstance(node, ast.FunctionDef):
            text = ast.get_docstring(node) or ""
            called = re.compile(rf"\b{name}\(")  # check_arguments_f( is no call of f
            around = (other for other, source in adapters(exam.release).items() if called.search(source))
            yield Function(name, frozenset((name, *around)), _parameters(node.args), text)


def _parameters(args: ast.arguments) -> dict[str, Any]:
    plain_ones = [*args.posonlyargs, *args.args]
    defaults = dict(zip([one.arg for one in plain_ones][::-1], args.defaults[::-1], strict=False))
    defaults |= {
        one.arg: value for one, value in zip(args.kwonlyargs, args.kw_defaults, strict=True) if value
    }
    found = {}
    for one in (*plain_ones, *args.kwonlyargs):
        with contextlib.suppress(ValueError, KeyError):
            found[one.arg] = ast.literal_eval(defaults[one.arg])
        found.setdefault(one.arg, None)
    return found


def _asked(exam: Exam, exercise: Exercise) -> Asked:
    """The calls that the exercise's checks make of the reference, on either side."""
    space, calls = exam.check_set.reference, {}
    for check in exam.check_set.of(exercise.name):
        student, reference = Proxy(LocalBackend(space), space), Proxy(LocalBackend(space))
        with contextlib.redirect_stdout(io.StringIO()):
            check.run(student, reference, exam.seed)
        calls[check.name] = [*student.journal, *reference.journal]
    return Asked(calls, exam.check_set.side_effects_of(exercise.name).stories)


# --- What a contract claims, and what proves it ------------------------------------------------------------


def _pure(function: Function, asked: Asked) -> Found:
    """Functions return new arrays and change none that they were given."""
    if any(re.search(r"\b(array|arrays|dict|matri|list)", said) for said in function.arguments.values()):
        yield "pure", "its arguments are not changed", asked.told(function)


def _apart(function: Function, asked: Asked) -> Found:
    if "state" in function.parameters:
        yield "states apart", "nothing is remembered outside of the state", asked.told(function)


def _order_free(function: Function, asked: Asked) -> Found:
    if {"params", "grads"} <= function.parameters.keys():
        told = asked.told(function, lambda story: any(one.kind == ORDER for one in probes(story)))
        yield "order-free", "dicts are read by their keys", (*told, *asked.by(function, _turned))


def _per_parameter(function: Function, asked: Asked) -> Found:
    if {"params", "grads"} <= function.parameters.keys():
        proved = asked.by(function, lambda call: any(map(_alike, _dicts(call))))
        yield "per parameter", "two parameters of one shape do not meet", proved


def _by_the_generator(function: Function, asked: Asked) -> Found:
    if "rng" in function.parameters:
        proved = tuple(name for name, calls in asked.of(function) if _twins(calls))
        yield "given by rng", "generators in one state give one answer", proved


def _edges(function: Function, asked: Asked) -> Found:
    """The closed ends of the range of each argument that is a number."""
    for name, said in function.arguments.items():
        if name in function.parameters and not re.search(r"\barrays?\b|\bdict|\(\w,", said):
            for edge in _closed(said):

                def asks(call: Call, name: str = name, edge: float = edge) -> bool:
                    return any(_is(value, edge) for value in _given(function, call, name))

                proved = asked.by(function, asks)
                yield EDGE, f"{name} = {edge:g}", proved


def _extremes(function: Function, asked: Asked) -> Found:
    if "±1000" in function.text:
        yield "large numbers", "right for ±1000", asked.by(function, lambda call: _largest(call) > LARGE)
    unseen = "rng" in function.parameters or any("function" in said for said in function.arguments.values())
    if not unseen and re.search(r"(?<!no value is )\bNaN\b", function.text.partition("Raises:")[0]):
        proved = asked.by(function, lambda call: bool(np.isnan(_numbers(call)).any()))
        yield "NaN", "the contract speaks of NaN", proved


def _any_shape(function: Function, asked: Asked) -> Found:
    """An argument of any shape has been asked about with several numbers of axes."""
    for name, said in function.arguments.items():
        if re.search(r"any shape|any number of axes|\(batch, …\)|\(…|\(N, …|or an array", said):
            depths: dict[int, tuple[str, ...]] = {}
            for check, calls in asked.of(function):
                for call in calls:
                    for value in _given(function, call, name):
                        depths.setdefault(np.ndim(value), (check,))
            proved = tuple(dict.fromkeys(check for (check,) in depths.values())) if len(depths) > 1 else ()
            yield "any shape", f"{name} of several numbers of axes", proved


RULES: tuple[Callable[[Function, Asked], Found], ...] = (
    _pure, _apart, _order_free, _per_parameter, _by_the_generator, _edges, _extremes, _any_shape,
)  # fmt: skip  # a list to read across


def _closed(said: str) -> list[float]:
    """The closed ends of the first range that is named.

    >>> _closed("in [0, 1)"), _closed("a number, at least 0"), _closed("from 0 to 1"), _closed("in (0, 1)")
    ([0.0], [0.0], [0.0, 1.0], [])
    """
    number = r"(-?\d+(?:\.\d+)?)"
    if found := re.search(rf"([\[(]){number}, {number}([\])])", said):
        ends = ((found[1] == "[", found[2]), (found[4] == "]", found[3]))
        return [float(end) for closed, end in ends if closed]
    if found := re.search(rf"\b(?:at least|from) {number}(?: to {number})?\b", said):
        return [float(end) for end in found.groups() if end]
    if found := re.search(rf"{number} <= \w+ (<=?) {number}", said):
        return [float(found[1])] + ([float(found[3])] if found[2] == "<=" else [])
    if found := re.search(rf"\b\w+ >= {number}", said):
        return [float(found[1])]
    return []


def _given(function: Function, call: Call, name: str) -> list[Any]:
    """The values that an argument had in a call, or in a trajectory's steps; its default if not given."""
    found = [kwargs[name] for kwargs in (call.kwargs, *call.steps) if name in kwargs]
    place = list(function.parameters).index(name)
    if not found and not call.steps and place < len(call.args):
        found = [call.args[place]]
    if not found:
        found = [function.parameters[name]]
    members = [one for value in found for one in _flat(value)]  # a pair counts by its members
    return [value for value in members if isinstance(value, int | float | np.ndarray | np.number)]


def _is(value: Any, edge: float) -> bool:
    return np.ndim(value) == 0 and float(value) == edge


def _numbers(call: Call) -> np.ndarray:
    values = [leaf for leaf in leaves((call.args, call.kwargs)) if isinstance(leaf, int | float | np.ndarray)]
    kept = [np.ravel(value) for value in values if np.asarray(value).dtype.kind in "iuf"]
    with np.errstate(invalid="ignore"):  # of signalling NaNs
        return np.concatenate([np.zeros(1), *kept])


def _largest(call: Call) -> float:
    return float(np.nanmax(np.abs(_numbers(call))))


def _dicts(call: Call) -> list[dict]:
    """The dicts of arrays among the arguments of a call."""
    flat = [item for one in (*call.args, *call.kwargs.values()) for item in _flat(one)]
    return [one for one in flat if isinstance(one, dict)]


def _flat(item: Any) -> list[Any]:
    return list(item) if isinstance(item, list | tuple) else [item]


def _turned(call: Call) -> bool:
    """Whether two dicts with the same keys have them in another order."""
    orders = [tuple(one) for one in _dicts(call)]
    return len({frozenset(order) for order in orders}) < len(set(orders))


def _alike(arrays: dict) -> bool:
    """Whether two arrays of a dict have one shape."""
    shapes = [value.shape for value in arrays.values() if isinstance(value, np.ndarray)]
    return len(set(shapes)) < len(shapes)


def _twins(calls: list[Call]) -> bool:
    """Whether two of the calls got different generators in one state."""
    seen: dict[str, int] = {}
    for call in calls:
        for leaf in leaves((call.args, call.kwargs)):
            if isinstance(leaf, np.random.Generator):
                state = str(leaf.bit_generator.state)
                if seen.setdefault(state, id(leaf)) != id(leaf):
                    return True
    return False
