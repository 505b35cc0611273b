"""Finds private code and text in public files: graded bodies, hidden checks, mistakes, variants and hints.

Code is compared by the shapes of its statements (`autograder.authoring.shapes`), hints by their words. In a
solution only the lines between the markers are secret; students may read argument checks and given functions.
"""

from __future__ import annotations

import ast
import contextlib
import hashlib
import json
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

from autograder.authoring.extract import Fragments, read_fragments
from autograder.authoring.shapes import body_prints, runs
from autograder.course.course import PRIVATE, PUBLIC, Course
from autograder.course.source import cut
from autograder.course.specimens import Specimen, load_specimens
from autograder.files import write_whole

SPECIMENS = ("mistake", "convention", "variant")
SHORTEST_HINT = 40  # a sentence of a hint with fewer characters may be written by chance


@dataclass
class HiddenCode:
    """Fingerprints of secret code, and secret sentences, each with a description."""

    prints: dict[str, str] = field(default_factory=dict)
    sentences: dict[str, str] = field(default_factory=dict)

    def hide(self, prints: Iterable[str], what: str) -> None:
        for fingerprint in prints:
            self.prints.setdefault(fingerprint, what)

    def found_in(self, fragments: Fragments) -> list[str]:
        """Descriptions of the secrets found in a file, without repeats."""
        seen = {
            fingerprint for tree in fragments.trees for n in (1, 2, 3) for fingerprint in runs(tree.body, n)
        }
        found = [what for fingerprint, what in self.prints.items() if fingerprint in seen]
        if self.sentences:
            words = plain(" ".join(fragments.words))
            found += [what for sentence, what in self.sentences.items() if sentence in words]
        imported = {name for tree in fragments.trees for name in imports(tree)}
        found += [f"an import of {room}" for room in PRIVATE if room in imported]
        return list(dict.fromkeys(found))


def leaks(course: Course, *folders: Path) -> list[str]:
    """A sentence for each secret in a public file of ``folders``.

    The default are the public files of the course, and the exported bundle and the built site if they exist.
    """
    if not folders:
        built = [course.build / "bundle", course.build / "html"]
        folders = (*(course.root / room for room in PUBLIC), *(folder for folder in built if folder.exists()))
    memory = remembered(course)
    sentences = []
    for folder in folders:
        for path in files_below(folder):
            shown = path.relative_to(course.root) if path.is_relative_to(course.root) else path
            private = [room for room in PRIVATE if room in path.relative_to(folder).parts]
            found = [f"a file of the room {room}" for room in private] + memory.found_in(path)
            sentences += [f"{shown} holds {what}; take it out." for what in found]
    memory.write()
    return sentences


@dataclass
class Memory:
    """The secrets of a course, and by hash the files that hold none of them; kept in ``path``.

    ``key`` changes with any file that secrets or the search for them depend on.
    """

    path: Path
    key: str
    secrets: HiddenCode
    clean: set[str] = field(default_factory=set)
    new: bool = True

    def found_in(self, path: Path) -> list[str]:
        """Descriptions of the secrets in a file; one that was clean with the same content is not searched."""
        content = hashlib.sha256(path.suffix.encode() + b"\0" + path.read_bytes()).hexdigest()
        if content in self.clean:
            return []
        found = self.secrets.found_in(read_fragments(path))
        if not found:
            self.clean.add(content)
            self.new = True
        return found

    def write(self) -> None:
        if self.new:
            data = {"key": self.key, **asdict(self.secrets), "clean": sorted(self.clean)}
            write_whole(self.path, json.dumps(data).encode(), lasting=False)
            self.new = False


def remembered(course: Course) -> Memory:
    """What is known of the secrets of ``course``: worked out anew if anything private has changed."""
    key, path = _private_key(course), course.build / "leaks.json"
    if path.exists():
        with contextlib.suppress(ValueError):  # a file of another version, or broken off
            data = json.loads(path.read_text(encoding="utf-8"))
            if data.pop("key") == key:
                clean = set(data.pop("clean"))
                return Memory(path, key, HiddenCode(**data), clean, new=False)
    memory = Memory(path, key, hidden_code(course))
    memory.write()
    return memory


def _private_key(course: Course) -> str:
    """Covers the course's private rooms and this engine."""
    found = hashlib.sha256(sys.version.encode())
    for room in (course.solutions, course.chapters, Path(__file__).parents[1]):
        for path in sorted(room.rglob("*.py")):
            found.update(f"\0{path.relative_to(room)}\0".encode() + path.read_bytes())
    return found.hexdigest()


def files_below(folder: Path) -> list[Path]:
    """The files at or below ``folder``, without caches, in a fixed order."""
    if folder.is_file():
        return [folder]
    found = (path for path in folder.rglob("*") if path.is_file())
    return sorted(path for path in found if not is_cache(path.relative_to(folder)))


def is_cache(path: Path) -> bool:
    """Whether a path inside of a public folder is a hidden, compiled or built file."""
    return path.suffix == ".pyc" or any(
        part.startswith(".") or part in {"__pycache__", "_build", "jupyter_execute"} for part in path.parts
    )


def hidden_code(course: Course) -> HiddenCode:
    """All secrets in the private folders of ``course``."""
    secrets = HiddenCode()
    known: set[str] = set()
    classes: set[tuple[Path, str]] = set()  # of specimens: only their differing functions are secret
    for path in sorted(course.solutions.glob("*.py")):
        source = path.read_text(encoding="utf-8")
        for piece in cut(source).values():
            known |= set(runs([piece.node]))
            for body in piece.graded_statements():
                what = f"the graded body of {piece.name} or a part of it ({course.shown(path)})"
                secrets.hide(body_prints(body), what)
        folder = course.content(path.stem)
        shown = folder.relative_to(course.root)
        for kind in SPECIMENS:
            for specimen in load_specimens(folder, f"{kind}s".upper()):
                what = f"{kind} {specimen.exercise}/{specimen.name} ({shown})"
                classes.add((folder, getattr(specimen.code, "__name__", "")))
                secrets.hide(_specimen(specimen, source) - known, f"code of the {what}")
                if kind != "variant":
                    hint = f"the hint of the {what}"
                    secrets.sentences |= {sentence: hint for sentence in _sentences(specimen.note)}
    for path in sorted(course.chapters.rglob("*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and (path.parent, node.name) not in classes:
                what = f"a part of {node.name} ({path.relative_to(course.root)})"
                secrets.hide(set(runs([node])) - known, what)
    return secrets


def _specimen(specimen: Specimen, source: str) -> set[str]:
    """The fingerprints of the functions in which a specimen differs from the reference."""
    nodes = [node for text in specimen.functions(source).values() for node in ast.parse(text).body]
    return {fingerprint for node in nodes for fingerprint in body_prints(getattr(node, "body", []))}


def imports(tree: ast.Module) -> Iterator[str]:
    """The top-level packages that a module imports, inside of functions too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.split(".")[0]


def plain(text: str) -> str:
    """The words of ``text`` in lower case, without punctuation, separated by one blank.

    >>> plain("Look at `lr`: it stands\\\\n  twice.")
    'look at lr it stands twice'
    """
    return " ".join(re.findall(r"\w+", text.replace("\\n", " ").casefold()))


def _sentences(note: str) -> list[str]:
    parts = [plain(part) for part in re.split(r"(?<=[.!?:;])\s+", note)]
    long_ones = [part for part in parts if len(part) >= SHORTEST_HINT]
    return long_ones or [plain(note)]
