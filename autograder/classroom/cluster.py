"""A class graded by a Dask cluster, by the same code as on one machine: the results are the same bytes.

The cluster is the instructor's own. Its workers need this course's folder at the same path (a shared disk or
a checkout); they are sent the submissions and the course's secret seed, and each opens its own sandbox. If a
worker dies, its submission is graded by another one.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, cast

from distributed import Client, KilledWorker, WorkerPlugin, as_completed, get_worker
from distributed.security import Security

from autograder.classroom.grader import Grader, Stopped, fingerprint
from autograder.classroom.pool import Pool
from autograder.course.course import Course, CourseError
from autograder.course.selection import EVERYTHING, Selection
from autograder.grading.exam import Exam, load_exam
from autograder.grading.grading import lost
from autograder.grading.verdict import Report
from autograder.submissions.submission import Submission

WAIT_SECONDS = 10
Task = tuple[int, Submission, str, str]  # its index, the submission, the student's name, the result's key
Found = tuple[Report, float, str]  # a report, the seconds it took, the traceback of a grader fault


@dataclass(frozen=True)
class Place:
    """Where a worker finds the course, and ``base``, the fingerprint that its copy must have."""

    root: Path
    slug: str
    seed: str
    base: str
    without_sandbox: bool = False
    selection: Selection = EVERYTHING


class GraderPlugin(WorkerPlugin):
    """The watched processes of one Dask worker: one for each thread, with whose end it ends."""

    def __init__(self, place: Place) -> None:
        self.place, self.name = place, f"autograder-{place.base}"

    def setup(self, worker: Any) -> None:
        self._local = threading.local()
        self._pools: list[Pool] = []

    def teardown(self, worker: Any) -> None:
        for pool in self._pools:
            pool.close()

    def grade(self, submission: Submission, student: str, key: str) -> tuple[str, float, str]:
        start = time.perf_counter()
        ((_, answer),) = self._thread_pool().answers([(submission, student, key)])
        if isinstance(answer, Stopped):
            raise answer
        report, traceback = answer
        return report.to_json(), time.perf_counter() - start, traceback

    def _thread_pool(self) -> Pool:
        if not hasattr(self._local, "pool"):
            place = self.place
            course = Course(place.root, place.selection)
            if fingerprint(course, place.slug, place.seed) != place.base:
                raise Stopped(
                    f"a worker's course in {place.root}, its Python or its NumPy is not the one here; "
                    "bring it up to date and start the cluster again."
                )
            exam = load_exam(course, place.slug, place.seed)
            self._local.pool = Pool(partial(_grading, exam, place.without_sandbox), partial(_lost, exam), 1)
            self._pools.append(self._local.pool)
        return self._local.pool


@contextmanager
def _grading(exam: Exam, without_sandbox: bool) -> Iterator[Callable[..., tuple[Report, str] | Stopped]]:
    """What a watched process does with a task: grade it."""

    def work(
        task: tuple[Submission, str, str], overran: tuple[str, ...] = ()
    ) -> tuple[Report, str] | Stopped:
        submission, student, key = task
        try:
            return grader.grade(lambda: submission, student, key, overran)
        except Stopped as stopped:
            return stopped

    with Grader(exam, without_sandbox=without_sandbox) as grader:
        yield work


def _lost(exam: Exam, task: tuple[Submission, str, str]) -> tuple[Report, str]:
    report = lost(exam, task[1])
    return report, report.notes[0]


def grade_over(address: str, place: Place, tasks: Sequence[Task]) -> Iterator[tuple[int, Found | None]]:
    """(index, result) of every task as it is done; the result is None if several workers died over it."""
    if not tasks:
        return
    try:
        if address.startswith("tls:") and not Security().get_connection_args("client")["ssl_context"]:
            raise CourseError(
                f"--scheduler {address}: Dask's configuration names no certificate below "
                "distributed.comm.tls; the page on clusters in the instructor's guide has the lines."
            )
        client = Client(address, timeout=WAIT_SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        raise CourseError(f"--scheduler {address}: no Dask scheduler answers there ({error}).") from error
    plugin = GraderPlugin(place)
    with client, client.as_current():
        client.register_plugin(plugin)
        futures = {
            client.submit(_grade_on_worker, plugin.name, *task[1:], pure=False): task for task in tasks
        }
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


def _grade_on_worker(name: str, submission: Submission, student: str, key: str) -> tuple[str, float, str]:
    plugin = cast(GraderPlugin, get_worker().plugins[name])
    return plugin.grade(submission, student, key)
