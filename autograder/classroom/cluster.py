"""A class graded by a Dask cluster: the same work as at home, so that the results are the same bytes.

The cluster is the instructor's own. Its workers need this course's folder at the same path (a shared disk or
a checkout), and get the submissions and the course's secret seed from here; each opens a sandbox of its own.
A worker that ends loses nothing: its submission goes to another one.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from distributed import Client, KilledWorker, WorkerPlugin, as_completed, get_worker

from autograder.classroom.grader import Grader, Stopped, fingerprint
from autograder.course.course import Course, CourseError
from autograder.grading.exam import load_exam
from autograder.grading.verdict import Report
from autograder.submissions.submission import Submission

WAIT_SECONDS = 10
Task = tuple[int, Submission, str, str]  # its index, what was read, the student's name, the result's key
Found = tuple[Report, float, str]  # a report, the seconds it took, how a fault of ours came about


@dataclass(frozen=True)
class Place:
    """What a worker must have before it grades: this course, and pieces with this fingerprint."""

    root: Path
    slug: str
    seed: str
    base: str


class GraderPlugin(WorkerPlugin):
    """What each Dask worker holds: a grader for each thread, because a sandbox ends with its thread."""

    def __init__(self, place: Place) -> None:
        self.place, self.name = place, f"autograder-{place.base}"

    def setup(self, worker: Any) -> None:
        self._own = threading.local()
        self._all: list[Grader] = []

    def teardown(self, worker: Any) -> None:
        for grader in self._all:
            grader.close()

    def grade(self, submission: Submission, student: str, key: str) -> tuple[str, float, str]:
        start = time.perf_counter()
        report, traceback = self._mine().grade(lambda: submission, student, key)
        return report.to_json(), time.perf_counter() - start, traceback

    def _mine(self) -> Grader:
        if not hasattr(self._own, "grader"):
            place = self.place
            course = Course(place.root)
            if fingerprint(course, place.slug, place.seed) != place.base:
                raise Stopped(
                    f"a worker's course in {place.root}, its Python or its NumPy is not the one here; "
                    "bring it up to date and start the cluster again."
                )
            self._own.grader = Grader(load_exam(course, place.slug, place.seed))
            self._all.append(self._own.grader)
        return self._own.grader


def grade_over(address: str, place: Place, tasks: Sequence[Task]) -> Iterator[tuple[int, Found | None]]:
    """(index, what was found) of every task as it is done; None where several workers ended over it."""
    if not tasks:
        return
    try:
        client = Client(address, timeout=WAIT_SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        raise CourseError(f"--scheduler {address}: no Dask scheduler answers there ({error}).") from error
    plugin = GraderPlugin(place)
    with client, client.as_current():
        client.register_plugin(plugin)
        futures = {client.submit(_there, plugin.name, *task[1:], pure=False): task for task in tasks}
        for future in as_completed(list(futures)):
            index = futures[future][0]
            try:
                text, seconds, traceback = future.result()
            except KilledWorker:
                yield index, None
                continue
            except Stopped as stopped:
                raise CourseError(str(stopped)) from stopped
            yield index, (Report.from_json(text), seconds, traceback)


def _there(name: str, submission: Submission, student: str, key: str) -> tuple[str, float, str]:
    plugin = cast(GraderPlugin, get_worker().plugins[name])
    return plugin.grade(submission, student, key)
