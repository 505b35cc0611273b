"""What a submission makes trusted code do has limits: it costs that exercise, and nobody else anything."""

from __future__ import annotations

import json
import shutil
import time
from functools import partial
from pathlib import Path

import pytest

from autograder.classroom.runner import grade_class
from autograder.course.cells import filled, written
from autograder.course.course import Course
from autograder.grading.verdict import Report, Verdict
from autograder.sandbox.handle import Limits
from autograder.sandbox.sandbox import Sandbox

BROKEN = {
    "hangs": "while losses[-1] == 13.0: pass",
    "sleeps": "import time; time.sleep(600 * (losses[-1] == 13.0))",
    "hungry": "bytearray(2**33 * (losses[-1] == 13.0))",
    "dies": "import os, signal; losses[-1] == 13.0 and os.kill(os.getpid(), signal.SIGPROF)",
}
CHECK = '''

@pytest.mark.exercise("fit_line")
def test_that_an_answer_breaks(student):
    """A fact."""
    X = np.ones((4, 2))
    losses = student.fit_line({"w": np.zeros(2)}, X, X[:, 0], lr=0.1, n_steps=3)[1]
    BODY
'''
THIRTEEN = "def fit_line(params, X, y, *, lr, n_steps):\n    return params, [13.0] * n_steps"
STEP = "def heavy_step(params, grads, state, *, lr, momentum=0.9):\n    return params, state"


@pytest.fixture
def course(released_toy: Course, tmp_path: Path) -> Course:
    """A released course of its own, to be changed."""
    shutil.copytree(released_toy.root, tmp_path / "course")
    return Course(tmp_path / "course")


def class_of(course: Course, term: Path, **own: dict[str, str]) -> dict[str, Report]:
    """The reports on these students, whose functions differ from the reference's, by their names."""
    release, source = course.release("toy"), course.solution("toy").read_text(encoding="utf-8")
    for student, functions in own.items():
        path = term / "submitted" / student / "toy" / "toy.ipynb"
        path.parent.mkdir(parents=True)
        right = written(release.exercises, source, {})
        path.write_text(json.dumps(filled(release, right | functions)), encoding="utf-8")
    sandbox = partial(Sandbox, Limits(trusted_wall_seconds=2.0, trusted_memory_mib=512))
    graded = grade_class(course, "toy", term, jobs=1, sandbox=sandbox)
    return {one.handin.student: one.report for one in graded}


@pytest.mark.parametrize("kind", BROKEN)
def test_an_answer_that_uses_up_a_check_is_a_timeout(course: Course, tmp_path: Path, kind: str) -> None:
    """The exercise is named and has no points; the other one and the neighbours have theirs."""
    path = course.content("toy") / "fit_line.py"
    path.write_text(path.read_text("utf-8") + CHECK.replace("BODY", BROKEN[kind]), "utf-8")
    start = time.monotonic()
    found = class_of(course, tmp_path, ada={}, mal={"fit_line": THIRTEEN}, zoe={})
    assert time.monotonic() - start < 30
    assert [found[name].verdict for name in ("ada", "zoe")] == [Verdict.CORRECT] * 2
    step, run = found["mal"].exercises
    assert step.verdict is Verdict.CORRECT and step.score == 3.0
    assert run.verdict is Verdict.TIMEOUT and run.score == 0.0
    assert any("it stopped there" in one.message or "memory" in one.message for one in run.checks)


def test_two_gradings_of_what_overruns_give_the_same(course: Course, tmp_path: Path) -> None:
    """The report says the limit, and no time that was measured."""
    path = course.content("toy") / "fit_line.py"
    path.write_text(path.read_text("utf-8") + CHECK.replace("BODY", BROKEN["hangs"]), "utf-8")
    (tmp_path / "seed").write_text("seed\n", "ascii")
    first = class_of(course, tmp_path, mal={"fit_line": THIRTEEN})["mal"]
    again = class_of(course, tmp_path)["mal"]
    assert first == again and "2 s" in first.exercises[1].checks[0].message


SERVED = {
    "time": "while True: pass",
    "sleep": "import time; time.sleep(600)",
    "memory": "bytearray(2**33)",
    "both": "velocity = []\n        while True: velocity.append([0] * 1000)",
}
BEGIN = "    moved, velocity = {}, {}\n"


@pytest.mark.parametrize("kind", SERVED)
def test_a_served_helper_is_charged_to_its_call(course: Course, tmp_path: Path, kind: str) -> None:
    """A helper lent in place of a wrong part, asked for what takes for ever or more than there is."""
    path = course.solution("toy")
    text, spoilt = path.read_text("utf-8"), f'    if "spoil" in params:\n        {SERVED[kind]}\n'
    assert BEGIN in text
    path.write_text(text.replace(BEGIN, BEGIN + spoilt), "utf-8")
    asks = (
        "def fit_line(params, X, y, *, lr, n_steps):\n"
        '    try:\n        heavy_step({"w": params["w"], "spoil": 1.0}, {"w": params["w"]}, None, lr=lr)\n'
        "    except BaseException:\n        pass\n"
        "    return params, [0.0]"
    )
    start = time.monotonic()
    found = class_of(course, tmp_path, ada={}, mal={"heavy_step": STEP, "fit_line": asks}, zoe={})
    assert time.monotonic() - start < 30
    assert [found[name].verdict for name in ("ada", "zoe")] == [Verdict.CORRECT] * 2
    _, run = found["mal"].exercises
    assert run.score == 0.0 and run.verdict in (Verdict.TIMEOUT, Verdict.WRONG)
