"""One submission's notebook, run in a worker that is replaced when it dies or times out."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable

from autograder.course.cells import adapters, given_cells
from autograder.course.release import Release
from autograder.course.source import functions_of
from autograder.sandbox.handle import Worker
from autograder.sandbox.sandbox import Sandbox
from autograder.submissions.submission import Submission
from autograder.worker.channel import Closed, DeadlineError
from autograder.worker.wire import WireError

MAX_FATAL_CELLS = 5
MAX_NOTES = 20


class NotebookRun:
    """One run of a submission's notebook: its worker, and notes on what happened. Use as a context manager.

    ``lent`` are the reference's functions that replace the student's own, by name.
    """

    def __init__(self, release: Release, submission: Submission, sandbox: Sandbox) -> None:
        self.release, self.submission, self.sandbox = release, submission, sandbox
        self.deadline = time.monotonic() + sandbox.limits.submission_wall_seconds
        given = adapters(release)
        self.notes = [
            f"The notebook defines {name} anew; the given one counts."
            for name in submission.defined
            if name in given
        ]
        self.skipped: set[int] = set()
        self.suspected: set[int] = set()  # cells that crashed a worker once: retried before they are left out
        self.lent: dict[str, Callable] = {}
        self.failures: dict[str, str] = {}  # a cell's source -> how it failed
        self._until = len(submission.sources)  # how many of the student's cells run
        self._worker: Worker | None = self._load()

    def __enter__(self) -> NotebookRun:
        return self

    def __exit__(self, *_: object) -> None:
        if self._worker:
            self._worker.close()

    @property
    def worker(self) -> Worker:
        if self._worker is None:
            self._worker = self._load()
        return self._worker

    def lend(self, helpers: dict[str, Callable]) -> None:
        """Replace the student's own parts by ``helpers``, until ``restart(keep_lent=False)``.

        A worker in use gets them too. It must be replaced afterwards, because student code may have kept a
        reference to them.
        """
        self.lent = helpers
        if self._worker:
            self._define(self._worker)

    def _define(self, worker: Worker) -> None:
        with contextlib.suppress(WireError):  # the next call finds a worker that died here, and replaces it
            worker.ask({"op": "define", "functions": self.lent})

    def stop_below(self, exercise: str) -> None:
        """From now on run the student's cells up to the one that answers ``exercise`` only."""
        self.restart()
        self._until = 1 + self.submission.place(exercise)

    def restart(self, *, keep_lent: bool = True) -> None:
        """Close the worker; the next call starts a new one and runs the whole notebook in it again."""
        worker, self._worker = self._worker, None
        self._until = len(self.submission.sources)
        if not keep_lent:
            self.lent = {}
        if worker:
            worker.close()

    def names(self) -> list[str]:
        """The functions and classes that the notebook defines."""
        try:
            names = self.worker.ask({"op": "names"}).get("value")
        except WireError:
            self.restart()
            return []
        if not isinstance(names, list):  # a worker may send anything
            return []
        return [name for name in names if isinstance(name, str) and name.isidentifier()]

    def _load(self) -> Worker:
        """A new worker in which setup cells, the student's cells and the given functions ran, in this order.

        A cell that crashes or times out is left out, and the others run again in another worker.
        """
        while True:
            worker = self.sandbox.fork(self.deadline)
            if self._run_cells(worker):
                break
            worker.close()
        if self.lent:
            self._define(worker)
        return worker

    def _run_cells(self, worker: Worker) -> bool:
        """Run the cells that are not left out; False if one ended the worker, which is noted.

        A crash is retried once before the cell is left out.
        """
        limits = self.sandbox.limits
        notebook_deadline = time.monotonic() + limits.notebook_wall_seconds
        *setup, last = ((source, True) for source in given_cells(self.release))
        own = [(source, False) for source in self.submission.sources[: self._until]]
        for number, (source, given) in enumerate([*setup, *own, last], 1):
            if number == len(setup) + len(own) + 1:
                self._restore(worker)
            if number in self.skipped or not source:
                continue
            request = {"op": "run", "number": number, "source": source, "given": given}
            seconds = max(0.0, min(limits.cell_wall_seconds, notebook_deadline - time.monotonic()))
            try:
                reply = worker.ask(request, wall_seconds=seconds)
            except WireError as error:
                if isinstance(error, Closed) and number not in self.suspected:
                    self.suspected.add(number)
                    return False
                self.skipped.add(number)
                self.notes.append(f"{_cell(source)} {_FATAL[type(error)]} and was left out.")
                why = "too many had to be left out" if len(self.skipped) == MAX_FATAL_CELLS else ""
                if time.monotonic() >= min(notebook_deadline, self.deadline):
                    why = f"together they take more than {limits.notebook_wall_seconds:g} s"
                if why:
                    self.skipped.update(range(number, len(setup) + len(own) + 1))
                    self.note(f"The cells after it did not run: {why}.")
                return False
            if "error" in reply:
                self.failures[source] = f"raised {reply['error']}: {reply.get('message', '')}"
                self.note(f"{_cell(source)} {self.failures[source]}")
        return True

    def _restore(self, worker: Worker) -> None:
        """Give each requested function that a cell bound to something else its name back, and say so."""
        names = [name for exercise in self.release.coded for name in functions_of(exercise.stub)]
        with contextlib.suppress(WireError):  # the next request finds a worker that died here
            lost = worker.ask({"op": "restore", "names": names}).get("value")
            for name in lost if isinstance(lost, list) else ():
                if name in names:
                    self.note(f"A cell gives the name {name} to something else; your function was graded.")

    def why_missing(self, exercise: str) -> str:
        """How the cell that answers ``exercise`` failed, as the end of a message; empty if it ran."""
        place = self.submission.place(exercise)
        failure = self.failures.get(self.submission.sources[place]) if place >= 0 else None
        return f" Its cell {failure}." if failure else ""

    def note(self, sentence: str) -> None:
        if sentence not in self.notes and len(self.notes) <= MAX_NOTES:
            more = "There are more notes than can be shown."
            self.notes.append(sentence if len(self.notes) < MAX_NOTES else more)


_FATAL = {
    DeadlineError: "did not end in time",
    Closed: "ended the process it ran in",
    WireError: "wrote where only answers go",
}


def _cell(source: str) -> str:
    lines = source.strip().splitlines()
    return f"The cell that begins with {lines[0][:60]!r}"
