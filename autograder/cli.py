"""The command line: it parses verbs and options, and calls the module that does the work."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

from autograder.course.course import Course, CourseError, find_root
from autograder.desk.verbs import add_verbs, private_files, term_option
from autograder.platforms import NEEDS_LINUX, can_grade
from autograder.safe_text import visible
from autograder.term.chosen import in_term

USAGE = 2
FAILED = 1
# The commands that run student code, or code like it; and those that Windows can run too.
GRADING = frozenset(
    ("grade", "regrade", "watch", "audit", "calibrate", "mutants", "record", "doctor", "attack-test")
)
EVERYWHERE = frozenset(("build", "release", "bundle", "missing", "publish", "settings", "roster"))
NEEDS_POSIX = "the commands of a term need Linux, macOS, or WSL 2 on Windows; type this one in WSL."


class _Parser(argparse.ArgumentParser):
    """Reports a wrong command line in one sentence and exits with 2."""

    def error(self, message: str) -> NoReturn:
        sys.stderr.write(f"{self.prog}: {message}. `{self.prog} --help` lists what there is.\n")
        sys.exit(USAGE)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb; bad input ends in one sentence and exit code 2."""
    options = _parser().parse_args(arguments)
    try:
        _fits_this_platform(options.name)
        course = _course(options)
        _known(course, getattr(options, "assignment", None))
        return options.verb(course, options)
    except CourseError as error:
        sys.stderr.write(f"autograder: {visible(str(error))}\n")
        return USAGE
    except KeyboardInterrupt:
        sys.stderr.write("autograder: stopped; what was finished is kept, run it again to go on.\n")
        return 130


def _fits_this_platform(verb: str) -> None:
    """CourseError, in a sentence, for a command that this system cannot run."""
    if verb in GRADING and not can_grade():
        raise CourseError(NEEDS_LINUX)
    if verb not in EVERYWHERE and sys.platform == "win32":
        raise CourseError(NEEDS_POSIX)


def _course(options: argparse.Namespace) -> Course:
    """The course; for a command of a term, as that term's settings have it."""
    course = Course(find_root(options.course))
    return in_term(course, options.term) if hasattr(options, "term") else course


def _known(course: Course, named: str | list[str] | None) -> None:
    """Refuse an unknown assignment before anything is loaded that takes its time."""
    for slug in [named] if isinstance(named, str) else named or []:
        if slug:
            course.require(slug)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="autograder", description="Build, release and grade the course's assignments.")
    parser.add_argument("--course", type=Path, default=Path(), metavar="DIR", help="the course's folder")
    verbs = parser.add_subparsers(title="verbs", metavar="VERB", required=True)

    def verb(name: str, run: Callable, about: str, slug: str | None = "?") -> argparse.ArgumentParser:
        sub = verbs.add_parser(name, help=about, description=about)
        sub.set_defaults(verb=run, name=name)
        if slug is not None:
            about = "its slug; all assignments if left out" if slug == "?" else "its slug, or several"
            sub.add_argument("assignment", nargs=slug, help=about)
        return sub

    sub = verb("build", _build, "text and solution to the complete notebook, in _build/source")
    sub.add_argument("--check", action="store_true", help="write nothing; fail if the notebook is stale")
    sub = verb("release", _release, "build, clear the solutions, check, write the student notebook")
    sub.add_argument("--check", action="store_true", help="write nothing; fail if the notebook is stale")
    term_option(verb("bundle", _bundle, "export the public rooms to _build/bundle", slug=None))
    term_option(verb("missing", _missing, "say what each chapter still lacks"))
    sub = verb("audit", _audit, "grade every named mistake, variant and stub: mistake by hint")
    sub.add_argument("--seed", default="audit", help="another seed gives other probes")
    sub.add_argument("--of", type=Path, metavar="TERM", help="the probes of this class's present round")
    sub = verb("calibrate", _calibrate, "do hidden checks refuse a right answer, under many seeds?")
    sub.add_argument("--seeds", type=_count, default=300, metavar="N", help="how many; 300 if left out")
    verb("mutants", _mutants, "does a hidden check notice every small change of the reference?")
    sub = verb("record", _record, "audits and mutants of all assignments, as one page", slug=None)
    sub.add_argument("--seed", nargs="+", default=["audit"], help="the seeds of the hidden probes")
    sub.add_argument("--page", type=Path, metavar="FILE", help="write it here too")
    sub = verb("sample", _sample, "write a sample class", slug="*")
    sub.add_argument("--all", action="store_true", help="for every assignment")
    term_option(sub)
    sub = verb("grade", _grade, "grade term/submitted into reports, gradebook and feedback", slug="*")
    sub.add_argument("--all", action="store_true", help="every assignment that somebody has handed in")
    term_option(sub)
    sub.add_argument("--student", action="append", metavar="ID", help="only this one (may be repeated)")
    sub.add_argument("--force", action="store_true", help="grade again what has a fresh result")
    sub.add_argument("--scheduler", metavar="ADDRESS", help="let this Dask cluster grade: tcp://host:8786")
    sub.add_argument(
        "--new-round", action="store_true", help="ask other hidden questions: after a collection of its own"
    )
    sub.add_argument(
        "--without-sandbox", action="store_true", help="grade although a protection is missing, and say so"
    )
    add_verbs(verb)
    verb("doctor", _doctor, "try every protection against student code, say what is missing", slug=None)
    sub = verb("attack-test", _attack_test, "run the corpus of attacks on this machine", slug=None)
    sub.add_argument("attack", nargs="*", help="a name or a family of the corpus; all if left out")
    sub.add_argument("--against", choices=["nbgrader"], help="attack stock nbgrader instead, in a sandbox")
    sub.add_argument("--page", type=Path, metavar="FILE", help="run both, write both tables into this page")
    return parser


def _count(text: str) -> int:
    number = int(text) if text.isascii() and text.isdigit() else 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"must be a whole number of at least 1, got {text}")
    return number


def _slugs(course: Course, options: argparse.Namespace) -> tuple[str, ...]:
    return (course.require(options.assignment),) if options.assignment else course.slugs


def _several(course: Course, options: argparse.Namespace, everything: Callable[[], list[str]]) -> list[str]:
    """The assignments that were named, or ``everything`` with --all."""
    if bool(options.assignment) == options.all:
        raise CourseError("name assignments, or give --all; `autograder --help` lists what there is.")
    return options.assignment or everything()


def _build(course: Course, options: argparse.Namespace) -> int:
    from autograder.authoring.build import build

    for slug in _slugs(course, options):
        print(build(course, slug, check=options.check))
    return 0


def _release(course: Course, options: argparse.Namespace) -> int:
    from autograder.authoring.release import Gate, release_all

    gates: list[Gate] = []
    if not options.check and can_grade():  # with --check: it was audited when it was written
        from autograder.measure.audit import gate

        gates.append(gate)
    elif not options.check:
        print(f"The notebook is not audited here: {NEEDS_LINUX}")
    for sentence in release_all(course, _slugs(course, options), options.check, gates):
        print(sentence)
    return 0


def _bundle(course: Course, options: argparse.Namespace) -> int:
    from autograder.authoring.bundle import export_bundle

    print(export_bundle(course))
    return 0


def _missing(course: Course, options: argparse.Namespace) -> int:
    from autograder.authoring.completeness import missing

    sentences = [sentence for slug in _slugs(course, options) for sentence in missing(course, slug)]
    print("\n".join(sentences) or "Nothing is missing.")
    return FAILED if sentences else 0


def _audit(course: Course, options: argparse.Namespace) -> int:
    from autograder.classroom.runner import secret_seed
    from autograder.measure.audit import audit, table
    from autograder.measure.error_budget import overspent

    wrong = False
    for slug in _slugs(course, options):
        rows = audit(course, slug, secret_seed(options.of, slug) if options.of else options.seed)
        print(table(rows))
        wrong = wrong or any(row.problem for row in rows)
    # One budget is shared by all assignments of a term.
    sentence = "" if options.assignment else overspent(course)
    if sentence:
        print(sentence)
    return FAILED if wrong or sentence else 0


def _calibrate(course: Course, options: argparse.Namespace) -> int:
    from autograder.measure.calibration import refusals, summary

    refused = False
    for slug in _slugs(course, options):
        found = refusals(course, slug, [f"seed {number}" for number in range(options.seeds)])
        print(summary(slug, options.seeds, found), flush=True)
        refused = refused or bool(found)
    return FAILED if refused else 0


def _mutants(course: Course, options: argparse.Namespace) -> int:
    from autograder.measure.mutants import survey, table

    wrong = False
    for slug in _slugs(course, options):
        found = survey(course, slug)
        print(table(found), flush=True)
        wrong = wrong or bool(found.gaps or found.stale)
    return FAILED if wrong else 0


def _record(course: Course, options: argparse.Namespace) -> int:
    from autograder.files import write_whole
    from autograder.measure.record import measured, page

    text, code = page(measured(course, options.seed), options.seed)
    print(text)
    if options.page:
        write_whole(options.page, text.encode())
    return code


def _sample(course: Course, options: argparse.Namespace) -> int:
    from autograder.classroom.sample import make_sample

    slugs = _several(course, options, lambda: list(course.slugs))
    for text in (make_sample(course, slug, options.term) for slug in slugs):
        print(text if not options.all and len(slugs) == 1 else text.partition("\n")[0])
    return 0


def _grade(course: Course, options: argparse.Namespace) -> int:
    from autograder.classroom.progress import Progress
    from autograder.desk.several import grade_several, with_handins
    from autograder.publish import grade_and_publish

    slugs = _several(course, options, lambda: with_handins(course, options.term))
    if options.all or len(slugs) > 1:
        if options.student or options.scheduler or options.new_round:
            raise CourseError("--student, --scheduler and --new-round go with one assignment; name it.")
        with private_files():
            grade_several(course, slugs, options.term, _say, options.force, options.without_sandbox)
        return 0
    with private_files(), Progress() as progress:
        summary = grade_and_publish(
            course,
            slugs[0],
            options.term,
            students=options.student,
            force=options.force,
            scheduler=options.scheduler,
            without_sandbox=options.without_sandbox,
            new_round=options.new_round,
            seen=progress,
        )
    _say(summary)
    return 0


def _say(text: str) -> None:
    print(visible(text), flush=True)


def _doctor(course: Course, options: argparse.Namespace) -> int:
    from autograder.classroom.own_limits import own_limits
    from autograder.sandbox.doctor import doctor

    text, code = doctor()
    print(text)
    own, failed = own_limits()
    print(own)
    return max(code, failed)


def _attack_test(course: Course, options: argparse.Namespace) -> int:
    from autograder.attacks.page import against_nbgrader, both
    from autograder.attacks.run import attack_test

    if options.page:
        text, code = both(course, options.attack, options.page)
    elif options.against:
        text, code = against_nbgrader(course, options.attack)
    else:
        text, code = attack_test(course, options.attack)
    print(text)
    return code


if __name__ == "__main__":
    sys.exit(main())
