"""A large class of small submissions graded by the command: time, memory, size of what is kept.

``python tests/bench/large_class.py 500 2000`` grades classes of these sizes, each in a new folder, and prints
a table; ``--page FILE`` writes it between the page's marks. The class is the toy chapter's: right answers,
every named mistake and variant, and stubs, each with a line of its own, so that no two files are the same.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import toy  # noqa: E402 - found by the line above

from autograder.authoring.release import release  # noqa: E402 - of this checkout, now on the path
from autograder.course.cells import filled, written  # noqa: E402 - of this checkout, now on the path
from autograder.course.course import Course  # noqa: E402 - of this checkout, now on the path
from autograder.course.source import reference_text  # noqa: E402 - of this checkout, now on the path
from autograder.course.specimens import load_specimens  # noqa: E402 - of this checkout, now on the path

BEGIN, END = "<!-- large class: written by tests/bench/large_class.py -->\n", "<!-- end of large class -->\n"
KEPT = ("results", "feedback", "autograded", "gradebook.db", "reports")


@dataclass(frozen=True)
class Measured:
    """One class: seconds, those of a processor, those of a second run; MB of a process and on the disk."""

    size: int
    seconds: float
    cpu: float
    again: float
    peak: float
    disk: dict[str, float]


def notebooks(course: Course) -> list[dict]:
    """The answers that a class may hand in, as notebooks."""
    found, source = course.release(toy.SLUG), reference_text(course.solution(toy.SLUG))
    names, folder = found.names, course.content(toy.SLUG)
    specimens = [one for kind in ("MISTAKES", "VARIANTS") for one in load_specimens(folder, kind, names)]
    answers = [{}, *(one.functions(source) for one in specimens)]
    own = [filled(found, written(found.exercises, source, functions)) for functions in answers]
    return [*own, found.notebook]


def hand_in(course: Course, term: Path, size: int) -> None:
    """Write a class of ``size``, every file another."""
    kinds = notebooks(course)
    for number in range(size):
        notebook = json.loads(json.dumps(kinds[number % len(kinds)]))
        mine = {"cell_type": "code", "id": "mine", "metadata": {}, "outputs": [], "execution_count": None}
        notebook["cells"].append({**mine, "source": f"number = {number}"})
        path = term / "submitted" / f"s{number:05}" / toy.SLUG / f"{toy.SLUG}.ipynb"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(notebook), encoding="utf-8")


def grade(course: Course, term: Path) -> tuple[float, float, float]:
    """The command's seconds, those of its processors, and the MB of the largest of its processes."""
    command = [sys.executable, "-m", "autograder.cli", "--course", str(course.root), "grade", toy.SLUG]
    start = time.perf_counter()
    with open(term.parent / "said.txt", "wb") as said:
        child = subprocess.Popen(
            [*command, "--term", str(term)], stdout=said, env={**os.environ, "PYTHONPATH": str(ROOT)}
        )
        _, status, usage = os.wait4(child.pid, 0)
    if status:
        raise SystemExit(f"grading ended with {status}: {(term.parent / 'said.txt').read_text()[-2000:]}")
    peak = max(usage.ru_maxrss, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
    return time.perf_counter() - start, usage.ru_utime + usage.ru_stime, peak / 1024


def size_of(path: Path) -> float:
    """MB on the disk, in whole blocks."""
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_blocks for file in files if file.exists()) * 512 / 2**20


def measure(course: Course, size: int) -> Measured:
    folder = Path(tempfile.mkdtemp(prefix="large-"))
    term = folder / "term"
    try:
        hand_in(course, term, size)
        seconds, cpu, peak = grade(course, term)
        again, *_ = grade(course, term)
        return Measured(size, seconds, cpu, again, peak, {name: size_of(term / name) for name in KEPT})
    finally:
        shutil.rmtree(folder)


def table(found: list[Measured]) -> str:
    """The figures as Markdown, the slope between two classes, and what a cluster makes of it."""
    cores = len(os.sched_getaffinity(0))
    machine = f"Linux {platform.release().split('-')[0]}, {cores} cores, Python {platform.python_version()}"
    lines = [f"Measured on {machine}, load {os.getloadavg()[2]:.0f}."]
    lines += [
        "",
        "| submissions | graded in | processor | a second run | largest process | " + " | ".join(KEPT) + " |",
    ]
    lines += ["| --: |" + " --: |" * (4 + len(KEPT))]
    for one in found:
        disk = " | ".join(f"{one.disk[name]:.0f} MB" for name in KEPT)
        times = f"{one.seconds:.0f} s | {one.cpu:.0f} s | {one.again:.0f} s"
        lines.append(f"| {one.size} | {times} | {one.peak:.0f} MB | {disk} |")
    if len(found) > 1:
        least, most = found[0], found[-1]
        more = most.size - least.size
        slope = (most.seconds - least.seconds) / more
        kept = (sum(most.disk.values()) - sum(least.disk.values())) / more
        grown = (most.peak - least.peak) / more
        alone = (most.again - least.again) / more  # nothing is graded again: what stays with the command
        lines += [
            "",
            f"Each further submission took {1000 * slope:.0f} ms and {1024 * kept:.0f} kB of the disk, and "
            f"the largest process grew by {1024 * grown:.1f} kB. In a second run, which grades nothing "
            f"again, it took {1000 * alone:.0f} ms: this part stays with the command, and a cluster shares "
            f"the rest. By these slopes {most.size:,} take {_with(64, slope, alone, most.size)} on 64 cores, "
            f"and {_with(8, slope, alone, most.size)} on 8.",
        ]
    return "\n".join(lines) + "\n"


def _with(cores: int, slope: float, alone: float, size: int) -> str:
    """How long a class takes where ``cores`` share what this machine's cores shared."""
    here = len(os.sched_getaffinity(0))
    return f"{(alone + (slope - alone) * here / cores) * size:.0f} s"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sizes", type=int, nargs="+")
    parser.add_argument("--page", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="large-course-") as folder:
        course = toy.write_course(Path(folder) / "course")
        release(course, toy.SLUG)
        found = []
        for size in sorted(options.sizes):
            found.append(measure(course, size))
            print(found[-1], flush=True)
    text = table(found)
    print(text)
    if options.page:
        before, begin, rest = options.page.read_text(encoding="utf-8").partition(BEGIN)
        _, end, after = rest.partition(END)
        if not (begin and end):
            raise SystemExit(f"{options.page} has no place for the table: the lines {BEGIN!r} and {END!r}")
        options.page.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
