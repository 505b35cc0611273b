"""Imports run one way: every file's are read, and a wrong arrow fails with a sentence."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from autograder.course import Course
from autograder.fragments import read_fragments

ROOT = Path(__file__).parents[1]

# A module of the engine imports modules of lines further down only. A new module needs its place here.
LEVELS = (
    ("cli",),
    ("attack_page",),
    ("attacks", "stock"),
    ("publish", "completeness", "release", "sample", "doctor"),
    ("nbgrader_plugin", "audit", "bundle", "calibration"),
    ("runner",),
    ("cluster",),
    ("examiner", "progress", "autograded", "disclosure", "report", "export", "rebuild", "build", "leaks"),
    ("grading", "feedback", "stage"),
    ("judging",),
    ("exam",),
    ("corpus", "desk", "diagnosis", "turns", "stubs", "budget", "marks", "store", "carried"),
    ("student", "hidden", "recall", "submission", "specimens", "fragments", "fingerprints", "notebooks"),
    ("rote",),
    ("backends", "pieces"),
    ("sandbox",),
    ("worker", "plans", "protections", "view", "laws"),
    ("session",),
    ("channel", "confine", "syscalls", "distributions", "gates", "pool"),
    ("target", "borrowed", "box", "mentions", "shown"),
    ("wire", "verdict", "notebook_file", "compare", "tails", "ledger"),
    ("course",),
)
RANK = {module: -number for number, line in enumerate(LEVELS) for module in line}
CONTENT = {"checks", "mistakes", "variants"}  # the course's own rooms below autograder
# What the course's rooms may use of the engine.
TOOLS = {"compare", "specimens", "student", "hidden", "laws", "distributions"}
ALONE = {
    "wire": {"numpy"},
    "confine": set(),
    "channel": {"autograder.wire"},
    "session": {"numpy", "autograder.wire", "autograder.channel"},
    "worker": {"numpy", "autograder.wire", "autograder.channel", "autograder.confine", "autograder.session"},
    "solutions": {"numpy", "solutions"},
}
ASSIGNMENT = {"numpy", "matplotlib"}  # plots aside, a student writes plain NumPy
STDLIB = sys.stdlib_module_names


def wrong_arrows(root: Path) -> list[str]:
    """A sentence for each import below ``root`` that runs against the order of the rooms."""
    told = []
    for path in sorted(root.glob("autograder/**/*.py")):
        told += _engine(root, path)
    for path in sorted(root.glob("solutions/**/*.py")):
        told += _only(root, path, ALONE["solutions"])
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
    module = shown.parts[1].removesuffix(".py")
    if module in CONTENT:
        yield from _content(path, shown, module)
        return
    if module != "__init__" and module not in RANK:
        yield f"{shown} has no place in the order of modules; give it one in tests/test_arrows.py."
        return
    if module in ALONE:
        yield from _only(root, path, ALONE[module])
    for name in sorted(set(_imports(path))):
        first, _, rest = name.partition(".")
        target = rest.split(".")[0]
        if first == "nbgrader" and module != "nbgrader_plugin":
            yield f"{shown} imports nbgrader: only nbgrader_plugin does."
        if first == "solutions" or (first == "autograder" and target in CONTENT):
            yield f"{shown} imports {name}: the engine is given paths and knows no course by name."
        elif first == "autograder" and target in RANK and target != module and RANK[target] >= RANK[module]:
            yield f"{shown} imports {name}: arrows run from {target} to {module}, if at all."


def _content(path: Path, shown: Path, room: str) -> Iterator[str]:
    for name in sorted(set(_imports(path))):
        first, _, rest = name.partition(".")
        if first == "autograder" and rest and rest.split(".")[0] not in TOOLS | {room}:
            yield f"{shown} imports {name}: {room} use of the engine {', '.join(sorted(TOOLS))} only."
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
                inner = node.module == "autograder"
                yield from (f"autograder.{alias.name}" if inner else node.module for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                yield from (f"autograder.{node.module or alias.name}" for alias in node.names)
            elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
                function = (
                    node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                )
                if function in {"import_module", "__import__"} and isinstance(node.args[0].value, str):
                    yield node.args[0].value


def test_every_arrow_of_this_repository_runs_the_right_way() -> None:
    """No file of any room imports what stands above it."""
    assert wrong_arrows(ROOT) == []


def test_every_place_in_the_order_is_taken() -> None:
    """The table names no module that is gone."""
    found = {path.stem for path in (ROOT / "autograder").iterdir()}
    assert set(RANK) <= found


def test_a_small_course_has_no_wrong_arrow(toy_course: Course) -> None:
    """The toy chapter's rooms import what they may."""
    assert wrong_arrows(toy_course.root) == []


PLANTED = {
    "the worker imports the engine's course": (
        "autograder/worker.py",
        "from autograder.course import Course",
        "autograder/worker.py imports autograder.course",
    ),
    "the worker imports a package": (
        "autograder/worker.py",
        "import yaml",
        "imports yaml: it may import the sta",
    ),
    "the wire imports torch": ("autograder/wire.py", "def f():\n    import torch", "wire.py imports torch"),
    "grading imports the runner": (
        "autograder/grading.py",
        "from autograder import runner",
        "imports autograder.runner",
    ),
    "a relative import": (
        "autograder/grading.py",
        "from .runner import grade_class",
        "imports autograder.runner",
    ),
    "the engine knows a course": ("autograder/grading.py", "import solutions.toy", "knows no course by name"),
    "the engine imports checks": (
        "autograder/runner.py",
        "import importlib\nimportlib.import_module('autograder.checks.test_toy')",
        "imports autograder.checks.test_toy: the engine is given paths",
    ),
    "a second module imports nbgrader": (
        "autograder/store.py",
        "from nbgrader import api",
        "only nbgrader_plugin",
    ),
    "a module without a place": ("autograder/magic.py", "x = 1", "has no place in the order"),
    "a check imports the solution": (
        "autograder/checks/test_toy.py",
        "import solutions.toy",
        "get the reference",
    ),
    "a mistake imports the runner": (
        "autograder/mistakes/toy.py",
        "import autograder.runner",
        "mistakes use of",
    ),
    "a solution imports torch": ("solutions/toy.py", "import torch", "solutions/toy.py imports torch"),
    "lab imports a solution": (
        "book/lab.py",
        "from solutions.toy import f",
        "book/lab.py imports solutions.toy",
    ),
    "a chapter's cell imports the grader": (
        "book/toy.md",
        "```{code-cell}\n:tags: [remove-cell]\nimport autograder.compare\n```",
        "book/toy.md imports autograder.compare: a public room",
    ),
    "an assignment imports torch": (
        "assignments/toy.md",
        "```{code-cell}\n:setup:\nimport torch\n```",
        "assignments/toy.md imports torch: it may import the standard library and matplotlib, numpy",
    ),
}


@pytest.mark.parametrize(("name", "code", "sentence"), PLANTED.values(), ids=PLANTED.keys())
def test_a_planted_wrong_import_is_found(toy_course: Course, name: str, code: str, sentence: str) -> None:
    """Each kind of wrong arrow is told in a sentence, whatever way the import is written."""
    path = toy_course.root / name
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    path.write_text(f"{before}\n{code}\n", encoding="utf-8")
    told = wrong_arrows(toy_course.root)
    assert any(sentence in line for line in told), told
    assert all(line.startswith(name) for line in told)


def test_start_up_of_the_worker_is_lean() -> None:
    """Importing the worker pulls in neither pytest, nor nbformat, nor any other module of the engine."""
    code = "import sys, autograder.worker; print(*sorted({name.split('.')[0] for name in sys.modules}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    loaded = set(done.stdout.split())
    assert "autograder" in loaded
    assert not loaded & {"pytest", "nbformat", "nbgrader", "torch", "matplotlib", "solutions"}
