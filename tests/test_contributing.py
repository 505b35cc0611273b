"""CONTRIBUTING is followed by doing it: its lines take a new chapter from text to grades."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest
import toy
from contributing import ROOT, files, quick, run, steps

PROGRAMS = Path(sys.executable).parent
ROOMS = ("book", "assignments", "solutions", "autograder")
FILES = ("_config.yml", "_toc.yml", "environment.yml", "LICENSE", "CONTRIBUTING.md", "nbgrader_config.py")


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """This repository in a temporary folder, with the toy chapter added but not yet released."""
    folder = tmp_path_factory.mktemp("copy")
    for room in ROOMS:
        shutil.copytree(ROOT / room, folder / room, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    for name in FILES:
        shutil.copy(ROOT / name, folder / name)
    toy.add_chapter(folder)
    return folder


def test_the_steps_take_a_new_chapter_from_text_to_grades(copy: Path) -> None:
    """Each command of the page succeeds in turn on the toy chapter, but for `missing` before the release."""
    first, *others = steps()
    before = run(first, copy, PROGRAMS)
    assert before.returncode == 1 and "toy" in before.stdout, before.stdout + before.stderr
    said = {command: run(quick(command), copy, PROGRAMS) for command in others}
    failed = {command: done.stderr + done.stdout for command, done in said.items() if done.returncode}
    assert not failed
    after = run(first, copy, PROGRAMS)
    assert (after.returncode, after.stdout) == (0, "Nothing is missing.\n"), after.stdout + after.stderr
    assert "all as they should be" in said["autograder audit toy"].stdout
    table = said["autograder grade toy --term _build/sample"].stdout
    told = ("not graded", "not attempted", "partly correct", "gave no answer", "is not defined", "2 h 30 min")
    assert not [words for words in told if words not in table], table


def test_the_files_named_are_those_of_a_chapter(copy: Path) -> None:
    """The page's table names exactly the files that a chapter consists of."""
    assert files(toy.SLUG, ("heavy_step", "fit_line")) == set(toy.chapter_files())
