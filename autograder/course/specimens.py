"""Named implementations of an exercise other than the reference: wrong ones, ones that are right under
another convention, and unusual right ones.

A specimen is a small change of the reference (``swaps``), or whole functions (``code``: a class whose
methods, written without ``self``, are the functions; a class in it replaces a class). Both are turned into
source text: the audit grades it as a student's notebook, and the diagnosis runs it in this process.
"""

from __future__ import annotations

import ast
import inspect
import sys
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from types import CodeType
from typing import Any

from autograder.course.chapter import load_chapter
from autograder.course.course import CourseError
from autograder.course.source import definitions, functions_of

ONE_MISTAKE, OTHER_CONVENTION = 0.7, 0.5  # what a mistake, or another convention, costs at most

# A student chooses constants freely. A mistake that makes its own generator is tried with other seeds, and
# one with a `free` constant, such as a guard against zero, with each of its values.
SEED, SEEDS = "default_rng({})", ("0", "1", "2", "3", "7", "10", "42", "100", "123", "1234", "12345", "2024")
GUARDS = ("1e-300", "1e-16", "1e-15", "1e-12", "1e-10", "1e-9", "1e-8", "1e-7", "1e-6", "1e-5")
Free = tuple[
    str, tuple[str, ...]
]  # a pattern with {} where the constant stands, and values; as written first


@dataclass(frozen=True)
class Specimen:
    """One named implementation. ``note`` is a mistake's hint to the student, the sentence that names a
    convention and says where the text pins another, or what is unusual."""

    exercise: str
    name: str
    note: str
    swaps: tuple[tuple[str, str], ...] = ()
    code: type | None = None
    cost: float = ONE_MISTAKE  # the share of the points that it costs at most
    free: Free | None = None  # a constant that a student may have chosen otherwise

    def functions(self, reference_source: str) -> dict[str, str]:
        """Name -> source of each function that differs from the reference's.

        An old text must occur exactly once in the exercise's own functions (the one of its name, and the
        ``_init`` of its stem) or, if not there, exactly once in all of the reference's; otherwise
        CourseError.
        """
        if self.code is not None:
            return _methods(self.code)
        before = functions_of(reference_source)
        after = dict(before)
        own = {self.exercise, f"{self.exercise.rpartition('_')[0]}_init"}
        for old, new in self.swaps:
            homes = [name for name in after if name in own and old in after[name]] or list(after)
            count = sum(after[name].count(old) for name in homes)
            if count != 1:
                raise CourseError(
                    f"{self.exercise}/{self.name}: {old!r} must occur exactly once in the reference, "
                    f"occurs {count} times; give more of the line, or the lines around it"
                )
            (home,) = (name for name in homes if old in after[name])
            after[home] = after[home].replace(old, new)
        changed = {name: text for name, text in after.items() if text != before[name]}
        if self.swaps and not changed:
            raise CourseError(f"{self.exercise}/{self.name}: it does not differ from the reference")
        for name, text in changed.items():
            try:
                ast.parse(text)
            except SyntaxError as error:
                what = (
                    f"with its swaps {name} is not Python ({error.msg}, line {error.lineno} of the function)"
                )
                raise CourseError(f"{self.exercise}/{self.name}: {what}") from error
        return changed

    def namespace(self, reference_source: str) -> dict[str, Any]:
        """The reference's module with this specimen's functions in it."""
        return next(self.prepared(reference_source))()

    def prepared(self, reference_source: str) -> Iterator[Callable[[], dict[str, Any]]]:
        """Functions that make the namespace when needed: as it is written, then with other free constants.

        CourseError at once for swaps that do not fit, and for a free constant that is not there.
        """
        own = self.functions(reference_source)
        yield self._maker(reference_source, own)
        pattern, values = self.free or (SEED, SEEDS)
        written, *others = map(pattern.format, values)
        if any(written in text for text in [new for _, new in self.swaps] or own.values()):
            for other in others:
                changed = {name: text.replace(written, other) for name, text in own.items()}
                yield self._maker(reference_source, changed)
        elif self.free:
            raise CourseError(
                f"{self.exercise}/{self.name}: its code has no {written!r}, which is to be free"
            )

    def _maker(self, reference_source: str, own: dict[str, str]) -> Callable[[], dict[str, Any]]:
        def namespace() -> dict[str, Any]:
            space: dict[str, Any] = {"__name__": f"{self.exercise}_{self.name}"}
            exec(_code(reference_source), space)
            for name, source in own.items():
                exec(compile(source, f"<{self.name}: {name}>", "exec"), space)
            return space

        return namespace


REFERENCE = Specimen("", "the reference", "")
Entry = tuple[Any, ...]  # (name, note, what differs from the reference …)


def _methods(code: type) -> dict[str, str]:
    source = textwrap.dedent(_source(code))
    (described,) = ast.parse(source).body
    assert isinstance(described, ast.ClassDef)  # the source of a class
    return {node.name: textwrap.dedent(text) for node, text in definitions(source, described.body)}


def _source(code: type) -> str:
    """The source of a class as it was loaded; inspect.getsource would read and parse the file once more."""
    loader: Any = getattr(sys.modules[code.__module__], "__loader__", None)
    if "." in code.__qualname__ or not hasattr(loader, "get_source"):
        return inspect.getsource(code)
    return functions_of(loader.get_source(code.__module__))[code.__name__]


@lru_cache(maxsize=16)
def _code(reference_source: str) -> CodeType:
    return compile(reference_source, "<reference>", "exec")


def mistakes(
    exercise: str,
    *entries: Entry,
    costs: Mapping[str, float] | None = None,
    free: Mapping[str, Free] | None = None,
) -> tuple[Specimen, ...]:
    """Named mistakes of one exercise, in the order in which an answer is compared with them.

    Each entry is ``(name, hint, swap, …)`` with swaps ``(old text, new text)`` of the reference, or
    ``(name, hint, a class with whole functions)``. The hint says which mistake it is and where to look; it
    holds no hidden number and no line of the solution. ``costs`` gives, by name, the share of the points that
    one costs at most, if not ONE_MISTAKE: less for a small slip that many checks notice, 1 for an answer
    without an idea. ``free`` gives, by name, a constant that a student may have chosen otherwise: a pattern
    of the mistake's code such as ``"probs + {})"``, and its values. CourseError for an entry of another form.
    """
    made = _costing(exercise, entries, costs or {}, ONE_MISTAKE)
    if unknown := (free or {}).keys() - {one.name for one in made}:
        raise CourseError(f"{exercise}: free names {sorted(unknown)}, which is none of its mistakes")
    return tuple(replace(one, free=(free or {}).get(one.name)) for one in made)


def _costing(
    exercise: str, entries: Sequence[Entry], costs: Mapping[str, float], usual: float
) -> tuple[Specimen, ...]:
    made = [_specimen(exercise, *entry) for entry in entries]
    if unknown := costs.keys() - {one.name for one in made}:
        raise CourseError(f"{exercise}: costs names {sorted(unknown)}, which is none of its mistakes")
    return tuple(replace(one, cost=costs.get(one.name, usual)) for one in made)


def conventions(
    exercise: str, *entries: Entry, costs: Mapping[str, float] | None = None
) -> tuple[Specimen, ...]:
    """Answers that are right under another convention.

    Entries as in ``mistakes``, but the note names the book or program with that convention and says which one
    is used here.
    """
    return _costing(exercise, entries, costs or {}, OTHER_CONVENTION)


def variants(exercise: str, *entries: type | Entry) -> tuple[Specimen, ...]:
    """Unusual but right answers to one exercise, which no check may refuse.

    Each entry is a class with whole functions, which names the variant and says in its docstring what is
    unusual; or ``(name, class)``; or an entry as in ``mistakes``.
    """
    return tuple(
        _specimen(exercise, *_described(entry if isinstance(entry, tuple) else (entry.__name__, entry)))
        for entry in entries
    )


def _described(entry: Entry) -> Entry:
    """``(name, class)`` with the class's docstring as the note in between."""
    if len(entry) != 2 or not isinstance(entry[1], type):
        return entry
    name, code = entry
    return name, " ".join((code.__doc__ or "").split()), code


def _specimen(exercise: str, name: str, note: str, *how: Any) -> Specimen:
    if len(how) == 1 and isinstance(how[0], type):
        return Specimen(exercise, name, note, code=how[0])
    for swap in how:
        if not (isinstance(swap, tuple) and len(swap) == 2):
            raise CourseError(
                f"{exercise}/{name}: the note is followed by swaps (old, new) or by one class, got {swap!r}"
            )
    return Specimen(exercise, name, note, swaps=how)


def load_specimens(folder: Path, kind: str, exercises: Sequence[str] = ()) -> tuple[Specimen, ...]:
    """The MISTAKES, CONVENTIONS or VARIANTS of the chapter in ``folder``, sorted by ``exercises``."""
    found = [one for module in load_chapter(folder, exercises).values() for one in vars(module).get(kind, ())]
    order = {name: place for place, name in enumerate(exercises)}
    return tuple(sorted(found, key=lambda one: order.get(one.exercise, len(order))))
