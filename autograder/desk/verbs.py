"""The commands of a term: each parses its options and calls the module of this room that does the work."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from autograder.course.course import Course, CourseError
from autograder.safe_text import visible
from autograder.term.settings import LAYOUTS, PLATFORMS

PRIVATE = 0o077  # the umask under which a class's data are written
VISIBILITIES = ("visible", "after_due_date", "after_published", "hidden")  # Gradescope's
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
    sub = verb("settings", _settings, "a term's settings, explained", slug=None)
    sub.add_argument("--new", default="", metavar="ZONE", help="write a first file, for this time zone")
    term_option(sub)
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
    sub = verb("attempts", _attempts, "every attempt of a class, and which one counts", slug=None)
    sub.add_argument("assignment", help="its slug")
    term_option(sub)
    sub = verb("export", _export, "print the marks in the columns of a platform; the term's if none is named")
    sub.add_argument("--for", dest="platform", choices=PLATFORMS, help="the settings' platform if left out")
    sub.add_argument("--into", type=Path, metavar="FILE", help="Moodle's grading worksheet, to be filled in")
    term_option(sub)
    sub = verb(
        "regrade", _regrade, "grade again: who changes, by how much and why, before it counts", slug=None
    )
    sub.add_argument("assignment", help="its slug")
    sub.add_argument("--diff", action="store_true", help="tell the changes, and write nothing")
    sub.add_argument("--force", action="store_true", help="grade again what has a fresh result")
    sub.add_argument("--yes", action="store_true", help="do not ask before somebody loses a point")
    sub.add_argument("--without-sandbox", action="store_true", help="as for grade")
    term_option(sub)
    sub = verb(
        "marking", _marking, "answers in words: who marks whom, sheets, samples, differences", slug=None
    )
    sub.add_argument("assignment", help="its slug")
    sub.add_argument("--for", dest="marker", default="", metavar="NAME", help="write this marker's sheet")
    sub.add_argument("--read", type=Path, metavar="FILE", help="read a filled-in sheet; needs --by")
    sub.add_argument("--by", default="", metavar="NAME", help="who filled it in")
    sub.add_argument("--guide", action="store_true", help="write criteria and sample answers for markers")
    term_option(sub)
    sub = verb("feedback", _feedback, "give the pages back in the layout of a platform", slug=None)
    sub.add_argument("assignment", help="its slug")
    about = "where they go; the settings' platform if left out"
    sub.add_argument("--for", dest="layout", choices=LAYOUTS, default="", help=about)
    term_option(sub)
    sub = verb(
        "similar", _similar, "answers alike beyond the usual: a reason to talk, never a mark", slug=None
    )
    sub.add_argument("assignment", help="its slug")
    term_option(sub)
    term_option(verb("overview", _overview, "the term on one page, and as a tidy table", slug=None))
    sub = verb("watch", _watch, "grade what arrives as it arrives, until it is stopped", slug=None)
    sub.add_argument("assignment", nargs="*", help="slugs; all released assignments if left out")
    sub.add_argument(
        "--from", dest="inbound", type=Path, metavar="DIR", help="collect from here, as collect does"
    )
    sub.add_argument("--every", type=float, default=2.0, metavar="SECONDS", help="between two looks; 2")
    sub.add_argument("--without-sandbox", action="store_true", help="as for grade")
    term_option(sub)
    term_option(
        verb("publish", _publish, "zip what students get and the site; refuse what is private", slug=None)
    )
    sub = verb("gradescope", _gradescope, "write the zip that Gradescope runs as an autograder", slug=None)
    sub.add_argument("assignment", help="its slug")
    about = "when students see the tests there"
    sub.add_argument("--visibility", choices=VISIBILITIES, default=VISIBILITIES[0], help=about)
    term_option(sub)

    sub = verb(
        "classroom50", _classroom50, "write what Classroom 50 runs: the visible checks alone", slug=None
    )
    sub.add_argument("assignment", help="its slug")
    term_option(sub)


def _dry_run(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--dry-run", action="store_true", help="say what would be done, and do nothing")


def _settings(course: Course, options: argparse.Namespace) -> int:
    from autograder.desk.configure import new_settings, show_settings

    with private_files():
        if options.new:
            return _said(new_settings(course, options.term, options.new))
    return _said(show_settings(course, options.term))


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


def _attempts(course: Course, options: argparse.Namespace) -> int:
    from autograder.desk.attempting import attempts

    return _said(attempts(course, course.require(options.assignment), options.term))


def _export(course: Course, options: argparse.Namespace) -> int:
    from autograder.desk.export import export, notices

    slug = course.require(options.assignment) if options.assignment else ""
    text, left = export(course, options.term, slug, options.platform or "", options.into)
    sys.stdout.write(text)
    sys.stderr.write(visible(notices(left)))
    return 0


def _regrade(course: Course, options: argparse.Namespace) -> int:
    from autograder.desk.regrade import regrade

    answers = []

    def ask(question: str) -> bool:
        sys.stderr.write(visible(f"{question} [y/N] "))
        sys.stderr.flush()
        answers.append(sys.stdin.readline().strip().casefold() in ("y", "yes"))
        return answers[-1]

    with private_files():
        text = regrade(
            course,
            course.require(options.assignment),
            options.term,
            (lambda question: True) if options.yes else ask,
            options.diff,
            options.force,
            options.without_sandbox,
        )
    return max(_said(text), int(False in answers))


def _marking(course: Course, options: argparse.Namespace) -> int:
    from autograder.desk.marking import guide, marking, read_sheet, sheet

    slug, term = course.require(options.assignment), options.term
    if bool(options.read) != bool(options.by):
        raise CourseError("`marking --read FILE --by NAME` needs both: the sheet, and who filled it in.")
    with private_files():
        if options.guide:
            return _said(guide(course, slug, term))
        if options.read:
            return _said(read_sheet(course, slug, term, options.by, options.read))
        return _said(
            sheet(course, slug, term, options.marker) if options.marker else marking(course, slug, term)
        )


def _feedback(course: Course, options: argparse.Namespace) -> int:
    from autograder.desk.feedback_out import feedback_out

    with private_files():
        slug = course.require(options.assignment)
        return _said(feedback_out(course, slug, options.term, options.layout))


def _similar(course: Course, options: argparse.Namespace) -> int:
    from autograder.desk.similar import similar

    return _said(similar(course, course.require(options.assignment), options.term))


def _overview(course: Course, options: argparse.Namespace) -> int:
    from autograder.desk.overview import overview

    with private_files():
        return _said(overview(course, options.term))


def _watch(course: Course, options: argparse.Namespace) -> int:
    from autograder.desk.watch import Watcher, stopped_by_signals, watch

    slugs = [course.require(slug) for slug in options.assignment]
    slugs = slugs or [slug for slug in course.slugs if course.released(slug).exists()]
    without, inbound = options.without_sandbox, options.inbound
    if inbound is not None and not inbound.is_dir():
        raise CourseError(f"--from {inbound}: there is no such folder. Name the one where hand-ins arrive.")
    watcher = Watcher(course, options.term, tuple(slugs), inbound, without, _say)
    with private_files(), stopped_by_signals() as stop:
        count = watch(watcher, options.every, stop)
    return _said(f"Stopped; {count} hand-ins were graded.")


def _say(text: str) -> None:
    print(visible(text), flush=True)


def _publish(course: Course, options: argparse.Namespace) -> int:
    from autograder.desk.publishing import publish

    return _said(publish(course, options.term))


def _gradescope(course: Course, options: argparse.Namespace) -> int:
    from autograder.desk.gradescope import gradescope_zip

    with private_files():
        slug = course.require(options.assignment)
        return _said(gradescope_zip(course, slug, options.term, options.visibility))


def _classroom50(course: Course, options: argparse.Namespace) -> int:
    from autograder.desk.classroom50 import classroom50

    return _said(classroom50(course, course.require(options.assignment)))


def _said(text: str) -> int:
    print(visible(text))
    return 0
