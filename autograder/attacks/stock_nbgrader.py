"""Runs the corpus of attacks against stock nbgrader, its autograde and its hidden tests, for comparison.

Each attack is handed in beside two honest neighbours and graded by ``nbgrader autograde`` with its default
settings, in a bubblewrap sandbox that shows nothing else of this machine (`autograder.sandbox.bwrap`).
``main`` runs in that sandbox and prints the effects of the attack in one line of JSON.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from autograder.attacks.arena import (
    FULL,
    NEIGHBOURS,
    SECRET,
    Arena,
    Listener,
    findings,
    fingerprints,
    mark,
    survivors,
    written,
)
from autograder.attacks.cases import Attack, read_attack
from autograder.attacks.target import HIDDEN, SLUG, write_target
from autograder.authoring.build import build
from autograder.course.course import CourseError
from autograder.course.release import read_release
from autograder.sandbox.bwrap import boxed

POINTS = {"heavy_step": 3.0, "fit_line": 2.0, "slope": 2.0}
PLACE = Path("/class")
COMMAND_SECONDS, SANDBOX_SECONDS, MAX_NAMED = 75.0, 150.0, 2
LIMITS = {
    resource.RLIMIT_AS: 4 * 2**30,
    resource.RLIMIT_FSIZE: 64 * 2**20,
    resource.RLIMIT_NPROC: 512,
    resource.RLIMIT_CORE: 0,
}
# Far enough below the tests that no traceback shows it as context: an attack that prints it has searched.
FAR = "\n#\n#\n#\n#\n#\n#\n#\n# @CANARY@\n"
CONFIG = """\
from pathlib import Path
c = get_config()
c.CourseDirectory.root = str(Path(__file__).resolve().parent)
c.CourseDirectory.source_directory = str(Path(__file__).resolve().parents[1] / "course" / "source")
"""
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
MARKS = """
    SELECT hand_in.student_id, SUM(COALESCE(grade.manual_score, grade.auto_score)), COUNT(*),
           COUNT(COALESCE(grade.manual_score, grade.auto_score))
    FROM grade JOIN submitted_notebook AS notebook ON notebook.id = grade.notebook_id
    JOIN submitted_assignment AS hand_in ON hand_in.id = notebook.assignment_id GROUP BY hand_in.student_id
"""


@dataclass(frozen=True)
class NbgraderOutcome:
    """The result of one attack on nbgrader: its marks, and its effects in words."""

    attack: Attack
    score: float | None
    seconds: float
    effects: tuple[str, ...] = ()

    @property
    def held(self) -> bool:
        return not self.effects


def attack_nbgrader(corpus: Sequence[Attack], attacks: Path) -> tuple[NbgraderOutcome, ...]:
    """The results of ``corpus``, whose files are in the folder ``attacks``, against stock nbgrader."""
    with tempfile.TemporaryDirectory(prefix="nbgrader-") as name:
        folder = Path(name).resolve()
        folder.chmod(0o755)
        arena = Arena(folder)
        _prepare(arena)
        with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
            return tuple(pool.map(lambda attack: _run_attack(attack, arena, attacks), corpus))


def _prepare(arena: Arena) -> None:
    """Write the course in nbgrader's form, release it by nbgrader, and grade the first neighbour."""
    course = write_target(arena.course, arena.canary)
    notebook = json.loads(build(course, SLUG).read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        name = cell["metadata"].get("nbgrader", {}).get("grade_id", "").removeprefix("check_")
        if cell["metadata"].get("nbgrader", {}).get("grade"):
            tests = HIDDEN[name] + FAR.replace("@CANARY@", arena.canary)
            source = "".join(cell["source"])
            cell["source"] = f"{source}\n### BEGIN HIDDEN TESTS\n{tests}### END HIDDEN TESTS"
    target = arena.course / "source" / SLUG / f"{SLUG}.ipynb"
    target.parent.mkdir(parents=True)
    target.write_text(json.dumps(notebook), encoding="utf-8")
    arena.term.mkdir()
    (arena.term / "nbgrader_config.py").write_text(CONFIG, encoding="utf-8")
    arena.home.mkdir()
    done, log = _nbgrader(arena, "generate_assignment", SLUG)
    if not done or not _released(arena).is_file():
        raise CourseError(f"nbgrader could not release the target: {log.strip().splitlines()[-1]}")
    arena.hand_in((), read_release(SLUG, json.loads(_released(arena).read_text(encoding="utf-8"))), 0)
    _nbgrader(arena, "autograde", SLUG, "--student", NEIGHBOURS[0])
    if _marks(arena) != {NEIGHBOURS[0]: FULL}:
        raise CourseError("nbgrader does not give an honest neighbour full marks; no attack was tried.")
    for path in (arena.folder, *arena.folder.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)  # the sandbox copies it as another user


def _released(arena: Arena) -> Path:
    return arena.term / "release" / SLUG / f"{SLUG}.ipynb"


def _nbgrader(arena: Arena, *arguments: str) -> tuple[bool, str]:
    """(whether it ended in time, output) of one nbgrader command."""
    environment = {
        "PATH": f"{Path(sys.prefix) / 'bin'}:/usr/bin:/bin",
        "HOME": str(arena.home),
        "LANG": "C.UTF-8",
        "OPENBLAS_NUM_THREADS": "1",
        "COURSE_CANARY": arena.canary,
    }
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "nbgrader", *arguments],
            cwd=arena.term,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            process.wait(COMMAND_SECONDS)
            ended = True
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            ended = False
        log.seek(0)
        return ended, log.read(2**22).decode("utf-8", "replace")


def _marks(arena: Arena) -> dict[str, float | None]:
    """Student -> marks in nbgrader's gradebook; None where some cell has none."""
    with contextlib.closing(sqlite3.connect(arena.term / "gradebook.db")) as book:
        rows = book.execute(MARKS).fetchall()
    return {student: total if cells == graded else None for student, total, cells, graded in rows}


def _run_attack(attack: Attack, arena: Arena, attacks: Path) -> NbgraderOutcome:
    """Run one attack in its own sandbox."""
    command = [
        sys.executable,
        "-m",
        "autograder.attacks.stock_nbgrader",
        attack.name,
        str(attacks),
        str(arena.folder),
    ]
    environment = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(PLACE),
        "LANG": "C.UTF-8",
        "COURSE_CANARY": arena.canary,
    }
    start = time.monotonic()
    try:
        done = boxed(
            command,
            shown=[attacks, arena.folder],
            writable=[PLACE],
            environment=environment,
            wall_seconds=SANDBOX_SECONDS,
        )
    except subprocess.TimeoutExpired:
        return NbgraderOutcome(attack, None, SANDBOX_SECONDS, ("held up the batch until it was stopped",))
    seconds = time.monotonic() - start
    try:
        found = json.loads(done.stdout.splitlines()[-1])
    except (IndexError, ValueError):
        if done.returncode in (137, -9):
            return NbgraderOutcome(attack, None, seconds, ("killed the grader and whatever else it may",))
        raise CourseError(f"{attack.name}: the box failed: {done.stderr.strip()[-300:]}") from None
    return NbgraderOutcome(attack, found["score"], seconds, tuple(found["effects"]))


# --- in the sandbox ---------------------------------------------------------------------------------------


def main(name: str, attacks: str, template: str) -> int:
    """Hand in one attack, grade it, and print its marks and effects as JSON."""
    for what, limit in LIMITS.items():
        resource.setrlimit(what, (limit, limit))
    attack = read_attack(name, (Path(attacks) / f"{name}.txt").read_text(encoding="utf-8"))
    arena = Arena(PLACE / "room", os.environ["COURSE_CANARY"])
    shutil.copytree(template, arena.folder)
    release = read_release(SLUG, json.loads(_released(arena).read_text(encoding="utf-8")))
    with Listener() as listener:
        arena.hand_in([attack], release, listener.port)
        before = fingerprints(arena.course, arena.home, arena.term / "submitted")
        ended, log = _nbgrader(arena, "autograde", SLUG)
        received = listener.received()
    traces = [*written(before, arena), *survivors([name])]
    effects = [] if ended else [f"held up the batch for more than {COMMAND_SECONDS:g} s"]
    score, changed = _marks_and_effects(attack, arena, ended)
    effects += changed
    own = [
        trace.partition(": ")[2] for trace in traces if trace.startswith(f"{name}: ") or _unattributed(trace)
    ]
    more = len(own) - MAX_NAMED
    effects += [*own[:MAX_NAMED], *([f"changed or left {more} more"] if more > 0 else [])]
    effects += ["sent a message"] if mark(name) in received else []
    effects += list(_effects_on_texts(arena, name, log))
    print(json.dumps({"score": score, "effects": list(dict.fromkeys(effects))}))
    return 0


def _unattributed(trace: str) -> bool:
    """Whether an unknown process changed a file, outside of the home folder, where nbgrader keeps its own."""
    return trace.startswith("?: ") and " home/" not in trace


def _marks_and_effects(attack: Attack, arena: Arena, ended: bool) -> tuple[float | None, list[str]]:
    """The attack's marks, and its effects on them and on its neighbours'."""
    try:
        marks = _marks(arena)
    except sqlite3.Error:
        return None, ["broke the gradebook"]
    first, last = (marks.get(neighbour) for neighbour in NEIGHBOURS)
    effects = []
    if first != FULL or last not in (FULL, None):
        effects.append("changed a neighbour's marks")
    if last is None and ended:
        effects.append("left a neighbour ungraded")
    got, due = marks.get(attack.name), attack.score or 0.0
    honest = sum(POINTS[name] for name in attack.solves)
    if (got or 0.0) > due:
        effects.append("gained points")
    elif ended and (got or 0.0) < (due if attack.family == "honest" else min(due, honest)):
        effects.append("lost its honest part")
    return got, effects


def _effects_on_texts(arena: Arena, name: str, log: str) -> Iterator[str]:
    """The effects on texts for people: cell outputs, the feedback page, the log without its colours."""
    yield from (what for what in findings(COLOUR.sub("", log), arena) if what != SECRET)
    path = arena.term / "autograded" / name / SLUG / f"{SLUG}.ipynb"
    try:
        text = path.read_text(encoding="utf-8")
        notebook = json.loads(text)
    except (OSError, ValueError):
        return
    outputs = [output for cell in notebook["cells"] for output in cell.get("outputs", ())]
    if arena.canary in json.dumps(outputs):
        yield SECRET
    if "injected" in text:
        _nbgrader(arena, "generate_feedback", SLUG, "--student", name)
        page = arena.term / "feedback" / name / SLUG / f"{SLUG}.html"
        if page.exists():
            yield from (what for what in findings(page.read_text(encoding="utf-8"), arena) if what != SECRET)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
