"""The part of the file system that a student's process can see, mounted by bubblewrap.

Read-only: the interpreter, its standard library, the system's shared libraries, the requested packages and
the files of `autograder.worker`. Besides these: an empty folder for scratch files, the null and random
devices. There is no /proc, no /etc, no home folder and no other Python package.
"""

from __future__ import annotations

import ast
import csv
import importlib.metadata
import re
import shutil
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from autograder.course.jupyter import strip_magics
from autograder.course.release import Release
from autograder.sandbox.bwrap import Bwrap

WORKER = Path(__file__).parents[1] / "worker"  # the only engine code that student code can see
SYSTEM = tuple(map(Path, ("/lib", "/lib64", "/usr/lib", "/usr/lib64")))
DEVICES = tuple(map(Path, ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom")))
LIBRARY_CACHE = Path("/etc/ld.so.cache")
PLACE = Path("/view")
PACKAGES = ("numpy", "matplotlib")
INTERPRETER = Path(sys.executable).resolve()


def packages_for(sources: Iterable[str]) -> tuple[str, ...]:
    """The distributions that every student may use, and those that a release's cells import.

    >>> packages_for(["import numpy as np, json"])
    ('numpy', 'matplotlib')
    """
    trees = [ast.parse(source) for source in sources]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module]
    wanted = dict.fromkeys(name.split(".")[0] for name in names)
    known = sys.stdlib_module_names | set(PACKAGES)
    if not wanted.keys() - known:
        return PACKAGES
    providers = importlib.metadata.packages_distributions()
    return (*PACKAGES, *(providers[name][0] for name in wanted if name not in known and name in providers))


def make_view(folder: Path, packages: tuple[str, ...]) -> None:
    """Lay out in ``folder`` the modules that a student's process may import; packages are symbolic links."""
    engine = folder / "view" / "autograder" / "worker"
    engine.mkdir(parents=True)
    (folder / "empty").mkdir()
    for path in WORKER.glob("*.py"):
        shutil.copy(path, engine)
    for path in package_paths(packages):
        (folder / "view" / path.name).symlink_to(path)
    for path in (folder / "empty", engine.parent.parent, engine.parent, engine, *engine.iterdir()):
        path.chmod(0o755)  # whatever the umask is: the worker runs as another user


def package_paths(packages: tuple[str, ...]) -> list[Path]:
    """The files and folders of the named distributions and of all that they require."""
    wanted = list(packages)
    paths: dict[Path, None] = {}
    for name in wanted:  # requirements are appended in the loop
        try:
            found = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            continue
        for top in sorted(_tops(found)):
            path = Path(str(found.locate_file(top)))
            if path.exists() and path.suffix != ".dist-info" and top != "__pycache__":
                paths[path.resolve()] = None
        for line in found.requires or ():
            required = re.split(r"[^\w.-]", line, maxsplit=1)[0]
            if "extra ==" not in line and required not in wanted:
                wanted.append(required)
    return list(paths)


def _tops(found: importlib.metadata.Distribution) -> set[str]:
    """The top-level files and folders of a distribution.

    RECORD is parsed as text first: `files` builds a path object for each of a thousand files, which is slow.
    """
    record = found.read_text("RECORD")
    names = [row[0] for row in csv.reader((record or "").splitlines()) if row]
    return {name.split("/")[0] for name in names or map(str, found.files or ())} - {"..", ""}


def add_view(command: Bwrap, folder: Path) -> None:
    """Add what ``make_view`` laid out in ``folder``, and what of the machine a worker sees beside it."""
    base = Path(sys.base_prefix).resolve()
    for library in command.show((*SYSTEM, base / "lib", base / "lib64", INTERPRETER)):
        for path in _other_packages(library):
            command.bind(folder / "empty", path)
    for path in (folder / "view").iterdir():
        command.bind(path.resolve(), PLACE / path.name)
    for path in DEVICES:
        command.bind(path, path, "--dev-bind-try")
    command.bind(LIBRARY_CACHE, LIBRARY_CACHE, "--ro-bind-try")
    command.add("--perms", "1777", "--dir", "/tmp", "--remount-ro", "/", "--chdir", "/tmp")


def _other_packages(library: Path) -> Iterator[Path]:
    for pattern in ("python3*/site-packages", "python3*/dist-packages"):
        yield from library.glob(pattern)


def packages(release: Release) -> tuple[str, ...]:
    """The distributions that a worker needs for the release's setup cells."""
    return packages_for(strip_magics(source) for source in release.setup)
