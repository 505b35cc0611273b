"""One class of one assignment, graded by stock nbgrader, by Otter and by us, one after another.

    python tests/bench/run.py                      # 200 submissions and 2,000 at the end; half an hour
    python tests/bench/run.py --size 20 --points 20 40 --otter 3    # a try

Writes the table to ``autograder/BENCH.md``, and what was measured to ``_build/bench/measured.json``. Stock
nbgrader is measured twice: with the assignment as students have it, hidden tests below the visible ones in
each graded cell, as its documentation has it; and with the visible ones taken out, so
that nothing is left but the checks that we run too. Both run them as plain functions without a sandbox.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE), str(ROOT)]

from checks import collect  # noqa: E402 - from beside this file, now on the path
from classroom import make_class  # noqa: E402 - from beside this file, now on the path
from meter import Used, measure  # noqa: E402 - from beside this file, now on the path

from autograder.classroom.results import Results  # noqa: E402 - the engine of this checkout, now on the path
from autograder.course.course import Course  # noqa: E402 - the engine of this checkout, now on the path
from autograder.nbgrader_plugin.gradebook import write_gradebook  # noqa: E402 - the engine of this checkout, now on the path
from autograder.reporting.autograded import rebuild  # noqa: E402 - the engine of this checkout, now on the path
from autograder.submissions.handin import handins  # noqa: E402 - the engine of this checkout, now on the path
from autograder.submissions.submission import read_submission  # noqa: E402 - the engine of this checkout, now on the path

SLUG = "adaptive"
BUILD = ROOT / "_build" / "bench"
PAGE = ROOT / "autograder" / "BENCH.md"
OTTER = "otter-grader==7.0.0"
MARKER = f"import sys; sys.path.insert(0, {str(HERE)!r})\nimport checks"


@dataclass
class Row:
    """One way of grading, measured over ``size`` submissions."""

    name: str
    size: int
    used: Used

    @property
    def rate(self) -> float:
        return self.size / self.used.wall


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=200, help="submissions of the class")
    parser.add_argument(
        "--points", type=int, nargs="+", default=[20, 100, 500, 2000], help="sizes of classes"
    )
    parser.add_argument("--otter", type=int, default=20, help="submissions for Otter, 0 for none")
    parser.add_argument(
        "--stock", type=int, help="submissions for stock nbgrader; the whole class if left out"
    )
    parser.add_argument("--page", type=Path, default=PAGE, help="where the table goes")
    options = parser.parse_args()
    shutil.rmtree(BUILD / "work", ignore_errors=True)
    (BUILD / "work").mkdir(parents=True)
    course, load = Course(ROOT), os.getloadavg()
    term = BUILD / "work" / "class"
    counts = make_class(course, SLUG, term, options.size)
    measured = {
        "machine": machine(),
        "load_before": load,
        "class": counts,
        "start": start(course, term),
        "rows": [],
        "points": [],
    }

    def keep(row: Row) -> Row:
        measured["rows"].append({**asdict(row), "rate": row.rate})
        print(f"{row.name}: {row.rate:.2f}/s, {row.used.cpu / row.size:.4f} s of processor each", flush=True)
        return row

    def middle(way: Callable[..., Row], **how: bool) -> Row:
        """The median of three: these rows are short, and a machine has its moments."""
        return sorted((way(term, options.size, **how) for _ in range(3)), key=lambda row: row.used.wall)[1]

    rows = [
        keep(middle(floor)),
        keep(middle(engine)),
        keep(middle(engine, remembering=False)),
        keep(middle(whole)),
        keep(stock(course, term, options.stock or options.size)),
        keep(stock(course, term, options.stock or options.size, visible=False)),
    ]
    if options.otter:
        rows.append(keep(otter(course, term, options.otter)))
    measured["agreement"] = agreement(term)
    measured["gradebook_ms"] = gradebook_ms(course, term)
    for size in options.points:
        place = BUILD / "work" / f"class-{size}"
        make_class(course, SLUG, place, size)
        row = whole(place, size, again=True)
        measured["points"].append({**asdict(row), "rate": row.rate})
        print(f"{size} submissions: {row.used.wall:.1f} s", flush=True)
    measured["load_after"] = os.getloadavg()
    (BUILD / "measured.json").write_text(json.dumps(measured, indent=1), encoding="utf-8")
    options.page.write_text(page(measured), encoding="utf-8")
    print(f"{options.page} written.")
    return 0


# --- The ways of grading ----------------------------------------------------------------------------------

FLOOR = """
import contextlib, io, sys, time, warnings
sys.path[:0] = [{here!r}, {root!r}]
from checks import Marker, Direct
from pathlib import Path
from autograder.course.course import Course
from autograder.submissions.submission import read_submission
from autograder.submissions.handin import handins
release = Course(Path({root!r})).release({slug!r})
sources = [read_submission(one.path, release).sources for one in handins(Path({term!r}), {slug!r})]
marker = Marker({slug!r})
warnings.simplefilter("ignore")
def grade(own):
    space = {{"__name__": "__main__"}}
    for source in [*release.setup, *own]:
        with contextlib.suppress(Exception):
            exec(compile(source, "cell", "exec"), space)
    return sum(marker.passed(check, space) for check in marker.checks)
with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
    grade(sources[0])
    wall, cpu = time.perf_counter(), time.process_time()
    for own in sources:
        grade(own)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
Path("floor.txt").write_text(f"{{wall}} {{cpu}}")
"""

ENGINE = """
import sys
sys.path.insert(0, {root!r})
from pathlib import Path
from autograder.course.course import Course
from autograder.calls.replay import ReplayCache
from autograder.classroom.runner import grade_class
if {forget}:
    ReplayCache.learn = lambda *what: None
graded = grade_class(Course(Path({root!r})), {slug!r}, Path({term!r}), force=True)
sys.exit(sum(one.report.verdict.value == "grader at fault" for one in graded))
"""

OTTER_RUN = """
import json, sys
from pathlib import Path
from otter.api import grade_submission
for path in sorted(Path({folder!r}).glob("*.ipynb")):
    found = grade_submission(str(path), {archive!r}, quiet=True)
    print(path.stem, found.total, found.possible, flush=True)
"""


def floor(term: Path, size: int) -> Row:
    """The same cells and calls in one warm process: no sandbox, no wire, no reports. Only the loop counts."""
    code = FLOOR.format(here=str(HERE), root=str(ROOT), slug=SLUG, term=str(term))
    used = measure([sys.executable, "-c", code], BUILD / "work")
    used.wall, used.cpu = map(float, (BUILD / "work" / "floor.txt").read_text().split())
    return Row("floor: the same cells and calls in one warm process", size, used)


def engine(term: Path, size: int, remembering: bool = True) -> Row:
    """Reading, sandbox, checks, diagnosis, stored reports, by the command's processes from a cold start."""
    code = ENGINE.format(root=str(ROOT), slug=SLUG, term=str(term), forget=not remembering)
    name = "engine alone" if remembering else "engine alone, remembering nothing"
    return Row(name, size, measure([sys.executable, "-c", code], BUILD / "work"))


def whole(term: Path, size: int, again: bool = False) -> Row:
    """`autograder grade`: besides the reports the gradebook, notebooks, feedback and the class report."""
    if not again:
        for name in ("results", "autograded", "feedback", "reports"):
            shutil.rmtree(term / name, ignore_errors=True)
        (term / "gradebook.db").unlink(missing_ok=True)
    command = [
        sys.executable,
        "-m",
        "autograder.cli",
        "--course",
        str(ROOT),
        "grade",
        SLUG,
        "--term",
        str(term),
    ]
    return Row("the whole way (autograder grade)", size, measure(command, BUILD / "work"))


def stock(course: Course, term: Path, size: int, visible: bool = True) -> Row:
    """`nbgrader autograde` as it comes, hidden tests in the graded cells, ``visible`` ones above or not."""
    place = BUILD / "work" / ("stock" if visible else "bare")
    source = json.loads((course.build / "source" / SLUG / f"{SLUG}.ipynb").read_text(encoding="utf-8"))
    graded = [cell for cell in source["cells"] if cell["metadata"].get("nbgrader", {}).get("grade")]
    for number, cell in enumerate(graded):
        mark = cell["metadata"]["nbgrader"]
        begin = f"{MARKER}\nMARKER = checks.Marker({SLUG!r})\n" if number == 0 else ""
        ask = f"MARKER({mark['grade_id'].removeprefix('check_')!r}, globals(), {mark['points']})"
        above = "".join(cell["source"]) + "\n" if visible else ""
        cell["source"] = f"{above}### BEGIN HIDDEN TESTS\n{begin}{ask}\n### END HIDDEN TESTS"
    path = place / "source" / SLUG / f"{SLUG}.ipynb"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(source), encoding="utf-8")
    for data in course.data(SLUG):  # nbgrader hands out and grades with what lies beside the notebook
        shutil.copy(data, path.parent)
    (place / "nbgrader_config.py").write_text("c = get_config()\nc.CourseDirectory.course_id = 'bench'\n")
    measure([sys.executable, "-m", "nbgrader", "generate_assignment", SLUG], place)
    for student in students(term)[:size]:
        shutil.copytree(term / "submitted" / student, place / "submitted" / student)
    command = [sys.executable, "-m", "nbgrader", "autograde", SLUG]
    name = "stock nbgrader (nbgrader autograde)"
    return Row(name if visible else f"{name}, visible checks taken out", size, measure(command, place))


def otter(course: Course, term: Path, size: int) -> Row:
    """Otter without containers, in one process; its own batch command starts a container for each besides."""
    place, tools = BUILD / "work" / "otter", BUILD / "otter"
    (place / "tests").mkdir(parents=True)
    (place / "submissions").mkdir()
    python = tools / "bin" / "python"
    if not python.exists():
        import numpy

        subprocess.run([sys.executable, "-m", "venv", str(tools)], check=True)
        wanted = [OTTER, f"numpy=={numpy.__version__}", "ipykernel"]
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", *wanted], check=True)
    checks = list(enumerate(collect(SLUG)))
    for exercise in course.release(SLUG).names:
        lines = [
            MARKER,
            "from otter.test_files import test_case",
            "OK_FORMAT = False",
            f"name = {exercise!r}",
        ]
        lines.append(f"MARKER = checks.Marker({SLUG!r})")
        for number, check in checks:
            if check.exercise == exercise:
                lines += [f"@test_case(points={check.weight}, hidden=True)", f"def test_{number}(env):"]
                lines.append(f"    assert MARKER.passed(MARKER.checks[{number}], env)")
        (place / "tests" / f"{exercise}.py").write_text("\n".join(lines) + "\n", encoding="utf-8")
    archive = place / "autograder.zip"
    bare = ["--no-environment", "--no-requirements", "--no-config"]
    measure([str(tools / "bin" / "otter"), "generate", "-t", "tests", "-o", str(archive), *bare], place)
    for student in students(term)[:size]:
        path = term / "submitted" / student / SLUG / f"{SLUG}.ipynb"
        notebook = json.loads(path.read_text(encoding="utf-8"))
        for cell in notebook["cells"]:
            if cell["metadata"].get("nbgrader", {}).get("grade"):
                cell["source"] = ""  # the visible checks are nobody's work here
        (place / "submissions" / f"{student}.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    code = OTTER_RUN.format(folder=str(place / "submissions"), archive=str(archive))
    environment = {"PATH": f"{tools / 'bin'}{os.pathsep}{os.environ['PATH']}"}
    used = measure([str(python), "-c", code], place, environment)
    return Row(f"Otter ({OTTER}, without containers)", size, used)


def students(term: Path) -> list[str]:
    return sorted(path.name for path in (term / "submitted").iterdir())


# --- What else is measured --------------------------------------------------------------------------------

STARTED = """
import sys, time
sys.path.insert(0, {root!r})
from pathlib import Path
import autograder.classroom.grader as grader
class Begun(BaseException): pass
def begun(*args, **kwargs):
    if not Path("begun.txt").exists():  # a process that ends is started again
        Path("begun.txt").write_text(repr(time.time()))
    raise Begun
grader.grade = begun
from autograder.cli import main
try:
    main(["--course", {root!r}, "grade", {slug!r}, "--term", {term!r}, "--student", "s0000"])
except Begun:
    pass
"""


def start(course: Course, term: Path) -> dict[str, float]:
    """Seconds, the median of five, until the command answers, and until it grades a submission."""
    helps, begins = [], []
    for _ in range(5):
        helps.append(measure([sys.executable, "-m", "autograder.cli", "--help"], BUILD / "work").wall)
        code = STARTED.format(root=str(ROOT), slug=SLUG, term=str(term))
        (BUILD / "work" / "begun.txt").unlink(missing_ok=True)
        before = time.time()
        measure([sys.executable, "-c", code], BUILD / "work")
        begins.append(float((BUILD / "work" / "begun.txt").read_text()) - before)
    return {"answers": sorted(helps)[2], "grades": sorted(begins)[2]}


def gradebook_ms(course: Course, term: Path) -> float:
    """Milliseconds a submission to write the class's reports into a gradebook, at first or anew."""
    release, found = course.release(SLUG), {}
    reports = {report.student: report for report in Results(term).reports(SLUG)}
    for one in handins(term, SLUG):
        handed, report = read_submission(one.path, release), reports[one.student]
        found[one.student] = (report, rebuild(release, handed.answers, handed.sources, report), one.timestamp)
    place, taken = BUILD / "work" / "gradebook", []
    for _ in range(2):
        before = time.perf_counter()
        write_gradebook(place, release, found.values())
        taken.append(time.perf_counter() - before)
    return 1000 * max(taken) / len(found)


def agreement(term: Path) -> dict[str, int]:
    """How many of stock nbgrader's scores are ours, and where they differ who gives more."""
    query = """SELECT student_id, SUM(auto_score) FROM grade
        JOIN submitted_notebook ON submitted_notebook.id = grade.notebook_id
        JOIN submitted_assignment ON submitted_assignment.id = submitted_notebook.assignment_id
        GROUP BY student_id"""
    with sqlite3.connect(BUILD / "work" / "bare" / "gradebook.db") as book:
        theirs = dict(book.execute(query))
    found = {"same": 0, "stock gives more": 0, "we give more": 0}
    for report in Results(term).reports(SLUG):
        if report.student in theirs:
            more = theirs[report.student] - report.score
            found["same" if abs(more) < 1e-4 else "stock gives more" if more > 0 else "we give more"] += 1
    return found


def machine() -> dict[str, str | int]:
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True
    ).stdout.strip()
    model = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    return {
        "processor": model[0].partition(":")[2].strip() if model else platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "date": datetime.date.today().isoformat(),
        "commit": commit,
    }


# --- The page ---------------------------------------------------------------------------------------------


def page(measured: dict) -> str:
    """The instructor's page, every figure from what was measured."""
    rows = {row["name"]: row for row in measured["rows"]}
    ground, ours, forgetful, way, theirs, bare = list(rows.values())[:6]
    about, count = measured["machine"], measured["class"]
    size = ours["size"]
    lines = [
        "# How fast the grader is",
        "",
        "For the instructor; written by `make bench`, every figure measured in one run on one machine:",
        f"{about['processor']}, {about['cores']} cores, Linux {about['kernel']}, Python {about['python']}, "
        f"commit {about['commit']}, {about['date']}, load {measured['load_before'][0]:.1f} before.",
        "",
        f"The class: {size} submissions of `{SLUG}`, "
        f"{', '.join(f'{number} {kind}' for kind, number in count.items())}, made of the named variants, "
        "mistakes and stubs (`tests/bench/classroom.py`); none loops for ever.",
        "",
        "| | submissions | per second | processor seconds each | peak memory MB | "
        "of it outside the sandbox |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for row in rows.values():
        used = row["used"]
        lines.append(
            f"| {row['name']} | {row['size']} | {row['rate']:.2f} | {used['cpu'] / row['size']:.3f} | "
            f"{used['memory_mb']:.0f} | {used['trusted_mb']:.0f} |"
        )
    memory = max(point["used"]["trusted_mb"] for point in measured["points"])
    targets = [
        ("engine at least 60 times stock nbgrader", ours["rate"] / theirs["rate"], 60, True, "times"),
        ("engine within four times the floor", ground["rate"] / ours["rate"], 4, False, "times its time"),
        ("whole way at least 20 times stock nbgrader", way["rate"] / theirs["rate"], 20, True, "times"),
        ("command answers in under 0.6 s", measured["start"]["answers"], 0.6, False, "s"),
        ("command grades its first submission in under 0.6 s", measured["start"]["grades"], 0.6, False, "s"),
        ("gradebook written in under 10 ms a submission", measured["gradebook_ms"], 10, False, "ms"),
        ("under 300 MB beside the workers, largest class", memory, 300, False, "MB"),
    ]
    lines += ["", "| target | measured | |", "| --- | ---: | --- |"]
    for name, value, limit, least, unit in targets:
        reached = value >= limit if least else value <= limit
        lines.append(f"| {name} | {value:.3g} {unit} | {'reached' if reached else '**missed**'} |")
    for what, row in (("engine", ours), ("engine remembering nothing", forgetful), ("whole way", way)):
        against = (f"{row['rate'] / one['rate']:.3g} times" for one in (theirs, bare))
        lines.append(
            f"| ({what} against stock, and against stock without visible checks) | {', '.join(against)} | |"
        )
    lines += [
        "",
        "## Linear in the size of the class",
        "",
        "| submissions | seconds, the whole way | per second | peak memory MB | of it outside the sandbox |",
        "| ---: | ---: | ---: | ---: | ---: |",
    ]
    for point in measured["points"]:
        used = point["used"]
        lines.append(
            f"| {point['size']} | {used['wall']:.1f} | {point['rate']:.1f} | {used['memory_mb']:.0f} | "
            f"{used['trusted_mb']:.0f} |"
        )
    beside = ", ".join(f"{number} {what}" for what, number in measured["agreement"].items())
    lines += [
        "",
        "## How to read it",
        "",
        "- All of ours runs with the whole sandbox on, on all cores, from a cold start: loading, starting "
        "the sandboxes and closing them count; the median of three. Stock nbgrader and Otter grade one after "
        "the other, without any, once.",
        "- Stock nbgrader runs each notebook as it was released, the hidden tests below the visible ones. "
        "Its second row has the visible ones taken out, which is not how it is used: what is left are the "
        "checks that we run too. We never run the visible ones.",
        "- Stock tools run the checks as plain functions; they compute no hints, look at no contract and "
        "write no feedback. Otter runs none of the visible checks.",
        f"- Scores beside stock nbgrader's without visible checks, a failure of which costs all: {beside}. "
        "It knows no contract (changed arguments, shapes, states kept outside) and carries no error forward.",
        "- The floor computes each check anew for everybody. The engine remembers what came of answers equal "
        "to the last bit (`autograder/calls/replay.py`). This class is put together from a list of "
        "specimens, so its answers are equal more often than those of students. `remembering nothing` is the "
        "same engine with no two alike.",
        f"- Sixty times stock nbgrader is {60 * theirs['rate']:.0f} submissions a second, and "
        f"{60 * bare['rate']:.0f} without visible checks; {about['cores']} cores that did nothing but the "
        f"floor's work would manage {about['cores'] * ground['rate']:.0f}.",
        "- Otter was measured without its containers, by its Python interface in one process.",
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
