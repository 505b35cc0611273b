"""What arrives is graded once it stands still, again when it changes, and never twice for nothing."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from autograder.classroom.results import Results
from autograder.desk.watch import Watcher, watch

REPOSITORY = Path(__file__).parents[2]


def watcher(term, **options):
    said = []
    return Watcher(term.course, term.path, ("toy",), say=said.append, **options), said


def test_a_new_hand_in_is_graded_at_the_second_look(term):
    """The first look sees it, the second finds that it stands still; a third has nothing to do."""
    found, said = watcher(term)
    found.look()
    found.look()
    content = (term.path / "submitted/ann/toy/toy.ipynb").read_bytes()
    path = term.path / "submitted" / "nia" / "toy" / "toy.ipynb"
    path.parent.mkdir(parents=True)
    path.write_bytes(content[:500])
    assert found.look() == 0
    path.write_bytes(content)  # still being written: the next look waits
    assert found.look() == 0 and found.look() == 1 and found.look() == 0
    assert Results(term.path).read("toy", "nia").score == 5.5 and "nia" in said[-1]
    assert (term.path / "feedback/nia/toy/toy.html").exists()


def test_a_start_grades_nothing_again(term):
    """What has a fresh result from an earlier run is not said to be graded, nor counted."""
    found, said = watcher(term)
    found.look()
    assert found.look() == 0 and said == ["toy: 0 graded, 4 had a fresh result"]


def test_a_folder_that_is_not_there_is_refused(term, capsys):
    """A name mistyped after --from would otherwise be watched in vain for a term."""
    code, said = term.run(capsys, "watch", "toy", "--from", str(term.path / "inbuond"))
    assert code == 2 and "there is no such folder" in said


def test_the_inbound_folder_of_an_exchange_is_collected(term, tmp_path):
    """A folder of nbgrader's exchange: taken, graded, and not taken twice."""
    found, _ = watcher(term, inbound=tmp_path / "inbound")
    for _ in range(3):
        found.look()
    folder = tmp_path / "inbound" / "nia+toy+2026-11-20 10:00:00.000000 UTC"
    folder.mkdir(parents=True)
    (folder / "toy.ipynb").write_bytes((term.path / "submitted/ann/toy/toy.ipynb").read_bytes())
    assert sum(found.look() for _ in range(6)) == 1
    assert Results(term.path).read("toy", "nia").score == 5.5


def test_work_that_was_just_graded_waits_for_the_cool_down(term):
    """A second hand-in within the time of the settings is graded once that is over; a first one at once."""
    found, _ = watcher(term)
    found.look()
    found.look()
    term.settings("cool_down_minutes = 30")
    content = (term.path / "submitted/ann/toy/toy.ipynb").read_bytes()
    for student in ("-rf", "nia"):
        path = term.path / "submitted" / student / "toy" / "toy.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    result = Results(term.path).path("toy", "-rf")
    os.utime(result, (time.time() - 600, time.time() - 600))
    assert found.look() == 0 and found.look() == 1 and found.look() == 0
    assert Results(term.path).read("toy", "nia") and Results(term.path).read("toy", "-rf").score == 3.4
    os.utime(result, (time.time() - 1900, time.time() - 1900))
    assert found.look() == 1 and Results(term.path).read("toy", "-rf").score == 5.5


def test_a_fault_is_said_and_the_watch_goes_on(term):
    """Settings that cannot be read stop nothing for good."""
    found, said = watcher(term)
    shutil.rmtree(term.path / "results")
    term.settings("nonsense = 1")
    found.look()
    assert found.look() == 0 and "there is no nonsense" in said[-1]
    term.settings("")
    assert found.look() == 4


def test_it_stops_when_it_is_told(term):
    """An event ends the watch after a look."""
    found, _ = watcher(term)
    event = threading.Event()
    event.set()
    assert watch(found, 60, event) == 0


def test_the_service_stops_by_a_signal(term):
    """SIGTERM, as systemd sends it: it ends with a sentence and code 0."""
    shutil.rmtree(term.path / "results")
    command = [sys.executable, "-m", "autograder.cli", "--course", str(term.course.root), "watch", "toy"]
    command += ["--every", "0.05", "--term", str(term.path)]
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        line = process.stdout.readline()
        assert line.startswith("toy: ")
        process.send_signal(signal.SIGTERM)
        rest, _ = process.communicate(timeout=60)
    assert process.returncode == 0 and "Stopped; 4 hand-ins were graded." in rest
