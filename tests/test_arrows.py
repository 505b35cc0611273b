"""Imports run one way: every file's are read, and a wrong arrow fails with a sentence."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from autograder.authoring.extract import read_fragments
from autograder.course.course import Course

ROOT = Path(__file__).parents[1]

# A module of the engine imports from rooms on lower lines only. A room is a folder below autograder/, or one
# of the few modules at its top. Inside a room any order will do, as long as there is no circle.
FLOORS = (
    ("cli",),
    ("desk",),
    ("attacks",),
    ("publish",),
    ("authoring",),
    ("measure", "nbgrader_plugin"),
    ("classroom", "reporting"),
    ("checking", "grading", "term"),
    ("calls",),
    ("sandbox", "submissions"),
    ("laws", "worker", "course", "files", "platforms", "safe_text"),
    ("near",),
)
RANK = {room: -number for number, line in enumerate(FLOORS) for room in line}
CHAPTERS = "chapters"  # the course's own room below autograder
DOOR = "autograder.checking"  # all that it may use of the engine
WORKER = {"numpy", "autograder.worker"}  # besides the standard library
SOLUTIONS = {"numpy", "solutions"}
# Plots aside, a student writes plain NumPy. IPython runs every notebook, and the drawing cell shows by it.
ASSIGNMENT = {"numpy", "matplotlib", "IPython.display"}
STDLIB = sys.stdlib_module_names


def wrong_arrows(root: Path) -> list[str]:
    """A sentence for each import below ``root`` that runs against the order of the rooms."""
    told = []
    for path in sorted(root.glob("autograder/**/*.py")):
        told += _engine(root, path)
    told += _circles(root)
    for path in sorted(root.glob("solutions/**/*.py")):
        told += _only(root, path, SOLUTIONS)
    public = [
        path for room in ("book", "assignments") for path in root.glob(f"{room}/**/*") if path.is_file()
    ]
    for path in sorted(path for path in public if path.suffix in {".py", ".md", ".ipynb"}):
        shown = path.relative_to(root)
        for name in _imports(path):
            if name.split(".")[0] in {"autograder", "solutions", "nbgrader"}:
                told.append(f"{shown} imports {name}: a public room runs without the instructor's rooms.")
        if shown.parts[0] == "assignments":
            told += _only(root, path, ASSIGNMENT)
    return told


def _engine(root: Path, path: Path) -> Iterator[str]:
    shown = path.relative_to(root)
    room = shown.parts[1].removesuffix(".py")
    if room == CHAPTERS:
        yield from _content(path, shown)
        return
    if room != "__init__" and room not in RANK:
        yield f"{shown} stands in no room; move it into one, or add the new room to FLOORS."
        return
    if room == "worker":
        yield from _only(root, path, WORKER)
    for name in sorted(set(_imports(path))):
        first, _, rest = name.partition(".")
        target = rest.split(".")[0]
        if first == "nbgrader" and room != "nbgrader_plugin":
            yield f"{shown} imports nbgrader: only nbgrader_plugin does."
        if first == "solutions" or (first == "autograder" and target == CHAPTERS):
            yield f"{shown} imports {name}: the engine is given paths and knows no course by name."
        elif first == "autograder" and target in RANK and target != room and RANK[target] >= RANK[room]:
            yield f"{shown} imports {name}: arrows run from {target} to {room}, if at all."


def _circles(root: Path) -> Iterator[str]:
    """A sentence for each room whose modules import one another in a circle."""
    for room in sorted(RANK):
        folder = root / "autograder" / room
        inside = {f"autograder.{room}.{path.stem}": path for path in sorted(folder.glob("*.py"))}
        needs = {
            name: {other for other in _imports(path) if other in inside} for name, path in inside.items()
        }
        try:
            tuple(TopologicalSorter(needs).static_order())
        except CycleError as error:
            circle = " -> ".join(name.rpartition(".")[2] for name in error.args[1])
            yield f"autograder/{room} imports in a circle: {circle}; move what both need into a third module."


def _content(path: Path, shown: Path) -> Iterator[str]:
    """The files of a chapter import the door, their own chapter and what all chapters share."""
    door = "autograder.authoring.against_reference" if path.name == "conftest.py" else DOOR
    inner = ".".join(shown.with_suffix("").parts[:3])
    for name in sorted(set(_imports(path))):
        first, second = (*name.split("."), "")[:2]
        if first == "autograder" and second == CHAPTERS:
            if not f"{name}.".startswith((f"{inner}.", "autograder.chapters.shared.")):
                yield f"{shown} imports {name}: a chapter sees itself and chapters/shared.py."
        elif first == "autograder" and not f"{name}.".startswith(f"{door}."):
            yield f"{shown} imports {name}: of the engine a chapter imports {door} only."
        if first in {"solutions", "nbgrader", "torch"}:
            yield f"{shown} imports {name}: checks, mistakes and variants get the reference handed in."


def _only(root: Path, path: Path, allowed: set[str]) -> Iterator[str]:
    for name in sorted(set(_imports(path))):
        parts = name.split(".")
        if not any(".".join(parts[:length]) in allowed | STDLIB for length in (1, 2)):
            rule = f"the standard library and {', '.join(sorted(allowed))} only"
            yield f"{path.relative_to(root)} imports {name}: it may import {rule}."


def _imports(path: Path) -> Iterator[str]:
    """The dotted names that a file's code imports, those asked for by name in a string too."""
    for tree in read_fragments(path).trees:
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and not node.level:
                yield node.module
                if node.module.split(".")[0] == "autograder":  # what is imported may be a module, too
                    yield from (f"{node.module}.{alias.name}" for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                folders = path.parts[: -node.level]
                package = folders[folders.index("autograder") if "autograder" in folders else -1 :]
                yield from (".".join((*package, node.module or alias.name)) for alias in node.names)
            elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
                function = (
                    node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                )
                if function in {"import_module", "__import__"} and isinstance(node.args[0].value, str):
                    yield node.args[0].value


def test_every_arrow_of_this_repository_runs_the_right_way() -> None:
    """No file of any room imports what stands above it."""
    assert wrong_arrows(ROOT) == []


def test_every_floor_is_lived_on() -> None:
    """The table names no room that is gone."""
    found = {path.stem for path in (ROOT / "autograder").iterdir()}
    assert set(RANK) <= found


def test_a_small_course_has_no_wrong_arrow(toy_course: Course) -> None:
    """The toy chapter's rooms import what they may."""
    assert wrong_arrows(toy_course.root) == []


PLANTED = {
    "the worker imports the engine's course": (
        "autograder/worker/main.py",
        "from autograder.course.course import Course",
        "autograder/worker/main.py imports autograder.course.course",
    ),
    "a file of the worker's room imports a package": (
        "autograder/worker/helper.py",
        "import yaml",
        "imports yaml: it may import the standard library and autograder.worker, numpy only",
    ),
    "the wire imports torch": (
        "autograder/worker/wire.py",
        "def f():\n    import torch",
        "wire.py imports torch",
    ),
    "grading imports the runner": (
        "autograder/grading/grading.py",
        "from autograder.classroom import runner",
        "imports autograder.classroom: arrows run from classroom to grading",
    ),
    "a relative import": (
        "autograder/grading/grading.py",
        "from ..classroom.runner import grade_class",
        "imports autograder.classroom.runner: arrows run from classroom to grading",
    ),
    "two modules of a room import each other": (
        "autograder/laws/bounds.py",
        "from autograder.laws import other",
        "autograder/laws imports in a circle: ",
    ),
    "the engine knows a course": (
        "autograder/grading/grading.py",
        "import solutions.toy",
        "knows no course by name",
    ),
    "the engine imports checks": (
        "autograder/classroom/runner.py",
        "import importlib\nimportlib.import_module('autograder.chapters.toy.heavy_step')",
        "imports autograder.chapters.toy.heavy_step: the engine is given paths",
    ),
    "a second room imports nbgrader": (
        "autograder/classroom/results.py",
        "from nbgrader import api",
        "only nbgrader_plugin",
    ),
    "a module without a room": ("autograder/magic.py", "x = 1", "stands in no room"),
    "a check imports the solution": (
        "autograder/chapters/toy/heavy_step.py",
        "import solutions.toy",
        "get the reference",
    ),
    "a check imports more of the engine than the door": (
        "autograder/chapters/toy/heavy_step.py",
        "from autograder.calls.compare import close",
        "of the engine a chapter imports autograder.checking only",
    ),
    "what chapters share imports the engine": (
        "autograder/chapters/shared.py",
        "import autograder",
        "of the engine a chapter imports autograder.checking only",
    ),
    "a chapter imports another": (
        "autograder/chapters/toy/fit_line.py",
        "from ..after.shared import close",
        "imports autograder.chapters.after.shared: a chapter sees itself and chapters/shared.py",
    ),
    "a chapter imports the engine by dots": (
        "autograder/chapters/toy/fit_line.py",
        "from ...calls.compare import close",
        "imports autograder.calls.compare: of the engine a chapter imports",
    ),
    "a solution imports torch": ("solutions/toy.py", "import torch", "solutions/toy.py imports torch"),
    "lab imports a solution": (
        "book/lab.py",
        "from solutions.toy import f",
        "book/lab.py imports solutions.toy",
    ),
    "a chapter's cell imports the grader": (
        "book/toy.md",
        "```{code-cell}\n:tags: [remove-cell]\nimport autograder.calls.compare\n```",
        "book/toy.md imports autograder.calls.compare: a public room",
    ),
    "an assignment imports torch": (
        "assignments/toy.md",
        "```{code-cell}\n:setup:\nimport torch\n```",
        "toy.md imports torch: it may import the standard library and IPython.display, matplotlib, numpy",
    ),
}


@pytest.mark.parametrize(("name", "code", "sentence"), PLANTED.values(), ids=PLANTED.keys())
def test_a_planted_wrong_import_is_found(toy_course: Course, name: str, code: str, sentence: str) -> None:
    """Each kind of wrong arrow is told in a sentence, whatever way the import is written."""
    path = toy_course.root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if "circle" in sentence:
        path.with_name("other.py").write_text("from autograder.laws.bounds import x\n", encoding="utf-8")
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    path.write_text(f"{before}\n{code}\n", encoding="utf-8")
    told = wrong_arrows(toy_course.root)
    assert any(sentence in line for line in told), told
    assert all(line.startswith(name) or "circle" in line for line in told)


def test_start_up_of_the_worker_is_lean() -> None:
    """Importing the worker pulls in neither pytest, nor nbformat, nor any other module of the engine."""
    code = "import sys, autograder.worker.main; print(*sorted({name.split('.')[0] for name in sys.modules}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    loaded = set(done.stdout.split())
    assert "autograder" in loaded
    assert not loaded & {"pytest", "nbformat", "nbgrader", "torch", "matplotlib", "solutions"}
