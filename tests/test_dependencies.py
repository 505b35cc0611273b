"""pyproject.toml is true: imports are declared, declarations are used, and the engine needs no course."""

from __future__ import annotations

import ast
import sys
import tomllib
from collections.abc import Iterable, Mapping
from importlib.metadata import packages_distributions
from itertools import chain
from pathlib import Path

import pytest
from engine_alone import closure
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from autograder.authoring.extract import read_fragments

ROOT = Path(__file__).parents[1]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT, LISTS = PYPROJECT["project"], PYPROJECT["dependency-groups"]
HERE = {"autograder", "solutions", "tools"}
DISTRIBUTIONS = packages_distributions()
USED_OTHERWISE = {  # declared and never imported, with the reason
    "jupyter-book": "its command builds the book",
    "jupyterlab": "students and `make formgrader` open notebooks with it",
    "mypy": "a command",
    "pytest-xdist": "a plugin that `make test` names",
    "ruff": "a command",
    "setuptools": "builds the engine",
    "sphinxcontrib-katex": "book/_ext/maths.py asks for it by name: other packages share its namespace",
    "uv": "`make` installs the lock with it",
}


def distribution(module: str) -> str:
    """The distribution that brings a top-level module; the module's own name if it is not installed."""
    return canonicalize_name(DISTRIBUTIONS.get(module, [module])[0])


def trees(path: Path) -> list[ast.Module]:
    """The syntax trees of a module, or of the cells of a text."""
    if path.suffix == ".py":
        return [ast.parse(path.read_text(encoding="utf-8"))]
    return read_fragments(path).trees


def imported(files: Iterable[Path]) -> dict[str, str]:
    """Distribution -> a file that imports it, for modules and texts; the standard library is left out."""
    files = list(files)
    own = HERE | {path.stem for path in files}
    found: dict[str, str] = {}
    for path in files:
        for tree in trees(path):
            for node in ast.walk(tree):
                names = []
                if isinstance(node, ast.Import):
                    names = [alias.name for alias in node.names]
                elif isinstance(node, ast.ImportFrom) and not node.level:
                    names = [node.module or ""]
                for module in {name.partition(".")[0] for name in names} - own - sys.stdlib_module_names:
                    found.setdefault(distribution(module), path.name)
    return found


def named(requirements: Iterable[str]) -> set[str]:
    return {canonicalize_name(Requirement(line).name) for line in requirements}


def untrue(
    files: Iterable[Path], declared: set[str], unused: Mapping[str, str] = USED_OTHERWISE
) -> list[str]:
    """A sentence for each import without a requirement, and each requirement without one or a reason."""
    found = imported(files)
    told = [
        f"{found[name]} imports {name}: declare it in pyproject.toml."
        for name in sorted(set(found) - declared)
    ]
    idle = sorted(declared - set(found) - set(unused))
    return told + [f"{name} is declared and never imported: take it out of pyproject.toml." for name in idle]


def python_files(*rooms: str) -> list[Path]:
    return sorted(path for room in rooms for path in (ROOT / room).rglob("*.py"))


def engine() -> list[Path]:
    return [path for path in python_files("autograder") if path.relative_to(ROOT).parts[1] != "chapters"]


ENGINE = named(PROJECT["dependencies"])
CLUSTER = named(PROJECT["optional-dependencies"]["cluster"])
GROUPS = {name: named(lines) for name, lines in LISTS.items()}


def test_the_engine_declares_what_it_imports_and_nothing_else() -> None:
    """Its dependencies and the cluster's are its imports, one to one."""
    assert len(engine()) > 50
    assert untrue(engine(), ENGINE | CLUSTER, {}) == []


def test_the_courses_content_declares_what_it_imports() -> None:
    """Book, assignments, solutions, hidden checks, tools: what the engine does not declare, `book` does."""
    content = [path for path in python_files("autograder") if path not in engine()]
    texts = [path for room in ("book", "assignments") for path in (ROOT / room).glob("*.md")]
    found = imported([*content, *texts, *python_files("book", "solutions", "assignments", "tools")])
    assert sorted(set(found) - ENGINE - GROUPS["book"]) == []
    assert sorted(GROUPS["book"] - set(found) - set(USED_OTHERWISE)) == []


def test_the_tests_declare_what_they_import() -> None:
    """All that a test imports is in some list, and `dev` has nothing that no test and no command uses."""
    tests = [path for path in python_files("tests") if "attacks" not in path.parts]
    found = imported([*tests, *python_files("book")])
    assert sorted(set(found) - ENGINE - CLUSTER.union(*GROUPS.values())) == []
    assert sorted(GROUPS["dev"] - set(found) - set(USED_OTHERWISE)) == []


def test_every_reason_is_needed() -> None:
    """No exception outlives its package."""
    assert set(USED_OTHERWISE) <= ENGINE.union(*GROUPS.values())


def test_the_engine_alone_pulls_in_no_course() -> None:
    """Its dependencies lead neither to torch, nor to Jupyter Book, to plots or to a development tool."""
    seen = closure(PROJECT["dependencies"])
    assert "nbgrader" in seen and len(seen) > 50
    assert not seen & {
        "torch",
        "jupyter-book",
        "matplotlib",
        "scikit-learn",
        "scipy",
        "ruff",
        "selenium",
        "mypy",
    }


def test_every_requirement_is_bounded() -> None:
    """A next major version is tried before it is taken; what builds the engine follows pip."""
    lines = [*PROJECT["dependencies"], *chain(*PROJECT["optional-dependencies"].values(), *LISTS.values())]
    open_ended = [
        line
        for line in lines
        if not any(one.operator in {"<", "==", "~="} for one in Requirement(line).specifier)
    ]
    assert open_ended == ["setuptools>=77"]


@pytest.mark.parametrize(
    "code",
    [
        "import torch",
        "def f():\n    from torch.nn import Linear",
        "try:\n    import torch\nexcept ImportError: pass",
    ],
)
def test_a_planted_import_is_found(code: str, tmp_path: Path) -> None:
    """At the top, late, or tried, an import needs its requirement; relative imports need none."""
    (tmp_path / "other.py").write_text("import json\n", encoding="utf-8")
    (tmp_path / "planted.py").write_text(f"import other\nfrom . import other\n{code}\n", encoding="utf-8")
    told = untrue(tmp_path.glob("*.py"), {"numpy"}, {})
    assert told == [
        "planted.py imports torch: declare it in pyproject.toml.",
        "numpy is declared and never imported: take it out of pyproject.toml.",
    ]


@pytest.mark.parametrize(
    ("module", "package"), [("sklearn", "scikit-learn"), ("dateutil", "python-dateutil"), ("yaml", "pyyaml")]
)
def test_a_module_is_known_by_its_distribution(module: str, package: str) -> None:
    """Import names and distributions differ; the installed packages say which belong together."""
    assert distribution(module) == package
