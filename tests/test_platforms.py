"""macOS and Windows, pretended: grading says in a sentence what it needs, and the rest of the kit runs.

Each command runs in a process without the modules and functions that the system lacks.
"""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import toy

from autograder.authoring.release import release
from autograder.cli import EVERYWHERE, GRADING
from autograder.course.course import Course
from autograder.course.jupyter import strip_magics

REPOSITORY = Path(__file__).parents[1]
LACKS = {  # modules; functions and constants of os; of socket
    "darwin": ((), "sched_getaffinity sched_setaffinity memfd_create pidfd_open", "SOCK_SEQPACKET"),
    "win32": (
        ("fcntl", "resource", "pwd", "grp", "termios"),
        "fork getuid geteuid getgid setsid killpg sched_getaffinity sched_setaffinity memfd_create fchmod "
        "pidfd_open getloadavg O_DIRECTORY O_NOFOLLOW O_NONBLOCK O_NOCTTY O_CLOEXEC setuid mkfifo",
        "AF_UNIX SOCK_SEQPACKET socketpair",
    ),
}
PRETEND = """
import os, socket, sys
for name in {loaded!r}:  # other people's packages know their own platform
    __import__(name)
for name in {modules!r}:
    sys.modules[name] = None
for place, names in ((os, {functions!r}), (socket, {sockets!r})):
    for name in names.split():
        if hasattr(place, name):
            delattr(place, name)
sys.platform = {platform!r}
"""
LOADED = (
    "numpy", "nbformat", "nbconvert", "nbgrader.api", "nbgrader.apps", "myst_nb.core.read", "pytest",
    "tempfile", "jinja2", "yaml", "dateutil.parser", "subprocess", "multiprocessing", "asyncio", "ctypes",
)  # fmt: skip  # a list to read across
CELL = re.compile(r"^```\{code-cell\}[^\n]*\n(.*?)^```", re.M | re.S)
OPTIONS = re.compile(r"\A(?:---\n.*?^---$|(?::[\w-]+:[^\n]*\n)+)", re.M | re.S)
# Runs commands one after another: a line with the code of each.
MAIN = """
import json
from autograder.cli import main
for arguments in json.loads(sys.argv[1]):
    print("code", main(arguments), flush=True)
"""


def run(platform: str, code: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    """A command in a process that seems to be on ``platform``."""
    modules, functions, sockets = LACKS[platform]
    before = PRETEND.format(
        loaded=LOADED, modules=modules, functions=functions, sockets=sockets, platform=platform
    )
    return subprocess.run(
        [sys.executable, "-c", before + code, *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        timeout=300,
    )


@pytest.fixture(scope="module")
def course(tmp_path_factory) -> Course:
    found = toy.write_course(tmp_path_factory.mktemp("platform") / "course")
    release(found, toy.SLUG)
    return found


def options_of(verb: str) -> list[str]:
    needs = {"grade", "regrade"}
    return [verb, *(["toy"] if verb in needs else []), *(["--without-sandbox"] if verb in needs else [])]


@pytest.mark.parametrize("platform", LACKS)
def test_every_grading_command_says_what_it_needs(course, tmp_path, platform):
    """One sentence, exit code 2, no traceback, whatever the options."""
    lines = [["--course", str(course.root), *options_of(verb)] for verb in sorted(GRADING)]
    done = run(platform, MAIN, json.dumps(lines))
    assert done.stdout == "code 2\n" * len(GRADING), done.stdout + done.stderr
    said = done.stderr.splitlines()
    assert len(said) == len(GRADING) and all(
        "grading needs Linux, or WSL 2 on Windows" in line for line in said
    )


@pytest.mark.parametrize("platform", LACKS)
def test_the_rest_of_the_kit_runs(course, tmp_path, platform):
    """Build, release, what is missing, bundle, publish, settings, roster: by the same commands."""
    (tmp_path / "class.csv").write_text("id,name\nada,Ada L\n", encoding="utf-8")
    term = tmp_path / "term"
    commands = [
        ["build", "toy"],
        ["release", "toy"],
        ["release", "toy", "--check"],
        ["missing", "toy"],
        ["bundle"],
        ["settings", "--new", "Europe/Berlin"],
        ["settings"],
        ["roster", str(tmp_path / "class.csv")],
        ["publish"],
    ]
    assert {command[0] for command in commands} == EVERYWHERE
    done = commanded(platform, course, term, commands)
    assert done.stdout.count("code 0\n") == len(commands), done.stdout + done.stderr
    assert done.stdout.count("The notebook is not audited here: grading needs Linux") == 1


def commanded(
    platform: str, course: Course, term: Path, commands: list[list[str]]
) -> subprocess.CompletedProcess[str]:
    """Commands of the kit on ``platform``, those of a term in ``term``."""
    of_a_course = ("build", "release")
    lines = [
        ["--course", str(course.root), *one, *([] if one[0] in of_a_course else ["--term", str(term)])]
        for one in commands
    ]
    return run(platform, MAIN, json.dumps(lines))


@pytest.mark.parametrize("platform", LACKS)
def test_what_students_and_readers_run_uses_nothing_that_is_lacking(platform):
    """The book's cells, modules and extensions, the notebooks, what is handed out with them."""
    modules, functions, sockets = LACKS[platform]
    lacking, words = set(modules), set(f"{functions} {sockets}".split())
    sources = dict(_sources())
    assert len(sources) > 100
    for name, source in sources.items():
        for node in ast.walk(ast.parse(source)):
            imported = [one.name for one in node.names] if isinstance(node, ast.Import) else []
            imported += [node.module] if isinstance(node, ast.ImportFrom) else []
            assert not lacking & set(imported), (name, imported)
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                assert not (node.value.id in ("os", "socket") and node.attr in words), (name, node.attr)


def _sources() -> Iterator[tuple[str, str]]:
    """All Python that is run outside of grading, without Jupyter's own lines."""
    files = (*REPOSITORY.glob("book/**/*.py"), REPOSITORY / "tools" / "digits.py")
    for path in (*files, REPOSITORY / "assignments" / "carry_forward.py"):
        yield str(path), path.read_text(encoding="utf-8")
    for path in REPOSITORY.glob("assignments/*/*.ipynb"):
        for number, cell in enumerate(json.loads(path.read_text(encoding="utf-8"))["cells"]):
            if cell["cell_type"] == "code":
                yield f"{path}:{number}", strip_magics("".join(cell["source"]))
    for path in REPOSITORY.glob("book/*.md"):
        for number, cell in enumerate(CELL.findall(path.read_text(encoding="utf-8"))):
            yield f"{path}:{number}", strip_magics(OPTIONS.sub("", cell))
