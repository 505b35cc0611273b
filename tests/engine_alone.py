"""The engine as others install it: its wheel, in an environment that holds what it depends on and no more.

Nothing is downloaded: its other packages are links to those of the environment that runs the tests.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import venv
from collections.abc import Iterable, Iterator
from importlib.metadata import distribution, requires
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
SOURCES = ("pyproject.toml", "LICENSE", "autograder")


def left_out() -> set[str]:
    """The packages that the lock leaves out, as the Makefile names them."""
    (slow,) = re.findall(r"^SLOW := (.+)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M)
    return {*slow.split()}


def closure(lines: Iterable[str]) -> set[str]:
    """The names of the distributions that requirements ask for, directly and in turn, on this machine.

    Those that the lock leaves out are not among them.
    """
    slow = left_out()
    wanted, seen = [(Requirement(line), "") for line in lines], set()
    while wanted:
        line, extra = wanted.pop()
        if line.name in slow or (line.marker and not line.marker.evaluate({"extra": extra})):
            continue
        for more in {(canonicalize_name(line.name), each) for each in ("", *line.extras)} - seen:
            seen.add(more)
            wanted += [(Requirement(text), more[1]) for text in requires(line.name) or ()]
    return {name for name, _ in seen}


def build_wheel(folder: Path) -> Path:
    """The wheel of this repository, built in ``folder`` from a copy: setuptools leaves things in its tree."""
    copy = folder / "copy"
    copy.mkdir()
    for name in SOURCES:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__", ".*"))
        else:
            shutil.copy(ROOT / name, copy)
    _pip("wheel", "--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", str(folder), str(copy))
    (wheel,) = folder.glob("*.whl")
    return wheel


def install(wheel: Path, dependencies: Iterable[str], folder: Path) -> Path:
    """Make an environment in ``folder``: the wheel, and links to what ``dependencies`` ask for.

    Returns the folder of its programs.
    """
    venv.create(folder, symlinks=True)
    (packages,) = folder.glob("lib/python*/site-packages")
    for name in closure(dependencies):
        for path in _tops(name):
            if not (packages / path.name).exists():  # a folder that several distributions share
                (packages / path.name).symlink_to(path)
    (folder / "share").symlink_to(Path(sys.prefix) / "share")  # templates of nbconvert's
    programs = folder / "bin"
    _pip("--python", str(programs / "python"), "install", "--no-deps", "--no-index", str(wheel))
    return programs


def environment() -> dict[str, str]:
    """This process's environment without what would lead to this repository."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "COURSE_"))}


def _tops(name: str) -> Iterator[Path]:
    """The files and folders of a distribution that lie where packages lie."""
    found = distribution(name)
    for top in {file.parts[0] for file in found.files or ()} - {"..", "__pycache__"}:
        yield Path(str(found.locate_file(top)))


def _pip(*told: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", *told],
        capture_output=True,
        text=True,
        env=environment(),
    )
    assert done.returncode == 0, done.stderr + done.stdout
