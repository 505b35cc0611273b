"""The commands of a term: each parses its options and calls the module of this room that does the work."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from autograder.course.course import Course
from autograder.safe_text import visible

PRIVATE = 0o077  # the umask under which a class's data are written
AddVerb = Callable[..., argparse.ArgumentParser]


@contextmanager
def private_files() -> Iterator[None]:
    """What is written inside is the owner's alone; afterwards the process has its own umask again."""
    before = os.umask(PRIVATE)
    try:
        yield
    finally:
        os.umask(before)


def term_option(parser: argparse.ArgumentParser) -> None:
    default = Path(os.environ.get("COURSE_TERM", "term"))
    parser.add_argument("--term", type=Path, default=default, metavar="DIR", help="the class's folder")


def add_verbs(verb: AddVerb) -> None:
    """Add the commands of this room; ``verb`` makes one."""
    sub = verb("roster", _roster, "read a platform's table of students in, and show what changed", slug=None)
    sub.add_argument("file", nargs="?", type=Path, metavar="FILE", help="the table; without it, the roster")
    sub.add_argument(
        "--id", default="", metavar="HEADING", help="the column that names the students' folders"
    )
    _dry_run(sub)
    term_option(sub)
    sub = verb("collect", _collect, "take hand-ins out of a platform's download, or a folder", slug=None)
    sub.add_argument("place", type=Path, metavar="FILE-OR-FOLDER", help="a zip, or what was in it")
    sub.add_argument("--assignment", default="", metavar="SLUG", help="what all of it was handed in for")
    sub.add_argument(
        "--worksheet", type=Path, metavar="FILE", help="Moodle's grading worksheet: who and when"
    )
    _dry_run(sub)
    term_option(sub)


def _dry_run(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--dry-run", action="store_true", help="say what would be done, and do nothing")


def _roster(course: Course, options: argparse.Namespace) -> int:
    from autograder.desk.enrol import enrol

    with private_files():
        return _said(enrol(options.term, options.file, options.id, options.dry_run))


def _collect(course: Course, options: argparse.Namespace) -> int:
    from autograder.desk.collecting import collect

    with private_files():
        text, doubtful = collect(
            course, options.term, options.place, options.assignment, options.worksheet, options.dry_run
        )
    return max(_said(text), int(doubtful))


def _said(text: str) -> int:
    print(visible(text))
    return 0
