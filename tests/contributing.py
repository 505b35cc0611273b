"""CONTRIBUTING as a reader follows it: the commands and the files that its section on a chapter names."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parents[1]


def section() -> str:
    """The text on adding a chapter."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    return text.split("## Add a chapter")[1].split("\n## ")[0]


def steps() -> list[str]:
    """The section's commands, comments aside."""
    block = re.search(r"```bash\n(.*?)```", section(), re.S)
    assert block, "CONTRIBUTING has no block of commands under 'Add a chapter'"
    return [line.split("#")[0].strip() for line in block[1].splitlines() if line.strip()]


def quick(command: str) -> str:
    """``command`` as a test can wait for it: with three secret seeds where it would take hundreds."""
    return f"{command} --seeds 3" if command.startswith("autograder calibrate") else command


def files(slug: str, exercises: tuple[str, ...]) -> set[str]:
    """The files that the section's table asks for."""
    named = re.findall(r"^\| `(\S+<slug>\S+)` \|", section(), re.M)
    return {name.replace("<slug>", slug).replace("<exercise>", one) for name in named for one in exercises}


def run(
    command: str, folder: Path, programs: Path, environment: Mapping[str, str] = os.environ
) -> subprocess.CompletedProcess[str]:
    """Run one command in ``folder``; the folder ``programs`` is searched for it first."""
    path = f"{programs}{os.pathsep}{os.environ['PATH']}"
    told = shlex.split(command)
    env = {**environment, "PATH": path}
    return subprocess.run(told, cwd=folder, capture_output=True, text=True, env=env)
