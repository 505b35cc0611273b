"""Writes what others install from ``requirements.lock`` and ``pyproject.toml``: run ``make lock``.

``environment.yml``: everything, for conda users. ``requirements-students.txt``: what the assignments'
notebooks need, for pip and for conda. ``requirements-torch.txt``: torch without hashes, because its builds
differ by platform and index.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

STUDENTS = ("jupyterlab", "matplotlib", "numpy")
PIN = re.compile(r"^(?P<name>[\w.-]+)==(?P<version>[^\s;]+)(?: ; (?P<marker>.+))?$")


def pins(lock: str) -> list[str]:
    """The pinned packages of a lock file's text, with their markers, without hashes, comments and options.

    >>> pins("# by uv\\nnumpy==2.4.6 \\\\\\n    --hash=sha256:ab\\npywinpty==3.1.2 ; os_name == 'nt'\\n")
    ['numpy==2.4.6', "pywinpty==3.1.2 ; os_name == 'nt'"]
    """
    lines = re.sub(r"\\\n", " ", lock).splitlines()
    bare = (line.partition(" --hash=")[0].strip() for line in lines)
    return [line for line in bare if line and not line.startswith(("#", "-"))]


def torch_pin(project: dict[str, Any]) -> str:
    """The one requirement on torch among the groups of ``pyproject.toml``."""
    groups = project["dependency-groups"].values()
    (found,) = (line for group in groups for line in group if re.match(r"torch\b", line))
    return found


def course_name(config: str) -> str:
    """The course's title in ``_config.yml``'s text, as a name for an environment.

    >>> course_name("author: somebody\\ntitle: Neural  Networks, trained\\n")
    'neural-networks-trained'
    """
    (title,) = re.findall(r"^title: (.+)$", config, re.M)
    return "-".join(re.findall(r"\w+", title.lower()))


def environment(name: str, python: str, packages: Sequence[str]) -> str:
    """The text of a conda environment file: Python by conda, every package by pip.

    >>> print(environment("nets", "3.11", ["numpy==2.4.6"]))  # doctest: +ELLIPSIS
    name: nets
    ...
      - pip:
          - numpy==2.4.6
    <BLANKLINE>
    """
    head = [
        f"name: {name}",
        "channels:",
        "  - conda-forge",
        "dependencies:",
        f"  - python={python}",
        "  - pip",
    ]
    return "\n".join([*head, "  - pip:", *(f"      - {package}" for package in packages)]) + "\n"


def students(packages: Sequence[str]) -> str:
    """The short list's text; raises ValueError unless the lock pins each of its packages once, everywhere.

    A marker is refused because ``conda create --file`` reads the list too, and conda knows none.
    """
    chosen = []
    for name in STUDENTS:
        matches = [match for package in packages if (match := PIN.match(package)) and match["name"] == name]
        if len(matches) != 1 or matches[0]["marker"]:
            raise ValueError(
                f"requirements.lock should pin {name} once and for every platform; {name} is for students"
            )
        chosen.append(f"{name}=={matches[0]['version']}")
    head = "# What the assignments' notebooks need. Written by `make lock`."
    return "\n".join([head, *chosen]) + "\n"


def files(root: Path) -> dict[str, str]:
    """The texts of the three files, by name, from the lock and the project file in ``root``."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    course = course_name((root / "_config.yml").read_text(encoding="utf-8"))
    locked = pins((root / "requirements.lock").read_text(encoding="utf-8"))
    torch, python = torch_pin(project), project["project"]["requires-python"].removeprefix(">=")
    everything = sorted([*locked, torch])
    head = (
        "# Installed by its own pip call after requirements.lock: no hash fits every build. By `make lock`."
    )
    return {
        "environment.yml": environment(course, python, everything),
        "requirements-students.txt": students(locked),
        "requirements-torch.txt": f"{head}\n{torch}\n",
    }


def write_files(root: Path) -> list[str]:
    """Write the files that are not as they should be; return a sentence about each of the three."""
    told = []
    for name, text in files(root).items():
        path = root / name
        if path.exists() and path.read_text(encoding="utf-8") == text:
            told.append(f"{name} is fresh.")
        else:
            path.write_text(text, encoding="utf-8")
            told.append(f"{name} written.")
    return told


if __name__ == "__main__":
    print(*write_files(Path()), sep="\n")
