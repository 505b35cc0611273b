"""Tests stand in folders like the rooms; a module without a test of its own is named here with the reason."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

from test_arrows import FLOORS

ROOT = Path(__file__).parents[1]
ENGINE = ROOT / "autograder"

# module -> (the file of tests that uses it, why it has none of its own). Only that it exists is checked.
ELSEWHERE = {
    "course/examples": (
        "course/test_public_examples",
        "grading/ has a test_examples, and names are used once",
    ),
    "attacks/arena": ("attacks/test_run", "the folder and the traces of the runs tested there"),
    "attacks/cases": ("attacks/test_run", "reads the corpus that is run there"),
    "attacks/stock_nbgrader": ("attacks/test_page", "runs for half a minute, for the page's second table"),
    "attacks/target": ("attacks/test_run", "the course that is attacked there"),
    "authoring/assembly": ("authoring/test_build", "a notebook is built by putting it together"),
    "authoring/extract": ("authoring/test_leaks", "a leak is found in what it extracts"),
    "authoring/notebooks": ("authoring/test_build", "writes and runs what is built there"),
    "authoring/shapes": ("authoring/test_leaks", "a leak is a shape that is found again"),
    "calls/backends": ("calls/test_proxy", "every fact there is asked of both backends"),
    "calls/journal": ("calls/test_proxy", "the proxy writes it"),
    "calls/probe": ("calls/test_side_effects", "what a read shows is asked with functions that have each"),
    "calls/probes": ("calls/test_side_effects", "each is shown a function that it sees"),
    "calls/side": ("calls/test_proxy", "a proxy has two of them"),
    "calls/trajectory": ("calls/test_proxy", "a proxy's trajectory is one"),
    "checking": ("test_kinds", "a list of imports, used by every example of the authors' page"),
    "course/names": ("authoring/test_build", "a name that no earlier cell defines is refused there"),
    "course/release": ("course/test_course", "a release is read by its course"),
    "desk/attempting": ("classroom/test_best_attempt", "the table of what is decided there"),
    "desk/student_readme": ("desk/test_publishing", "it is written into the zip that is read there"),
    "desk/verbs": ("test_cli", "a list of options; each verb is run in the test of its module"),
    "desk/classroom50_run": ("desk/test_classroom50", "run there as Classroom 50 runs it"),
    "desk/gradescope_run": ("desk/test_gradescope", "the runner in the zip, run there as Gradescope does"),
    "grading/exam": ("grading/test_grading", "an exam is a record; loading it is the first step there"),
    "laws/bounds": ("laws/test_laws", "each law is calibrated against its bound"),
    "laws/error_budget": ("measure/test_error_budget", "a term's checks are added up there"),
    "laws/distributions": ("laws/test_laws", "each distribution is compared with draws of NumPy's"),
    "nbgrader_plugin/assignment": ("authoring/test_release", "nbgrader's generate_assignment, run for real"),
    "nbgrader_plugin/book": ("nbgrader_plugin/test_gradebook", "the rows of the gradebook tested there"),
    "nbgrader_plugin/exporters": ("nbgrader_plugin/test_nbgrader_commands", "nbgrader's commands call them"),
    "nbgrader_plugin/overrides": ("nbgrader_plugin/test_gradebook", "reads what a person entered there"),
    "nbgrader_plugin/marks_in": ("desk/test_marking", "a filled-in sheet goes through it"),
    "reporting/marking_page": ("desk/test_marking", "the pages that markers get there"),
    "publish": ("nbgrader_plugin/test_nbgrader_commands", "the whole way, from hand-in to page"),
    "sandbox/handle": ("sandbox/test_sandbox", "a worker is asked through its handle"),
    "sandbox/mounts": ("sandbox/test_sandbox", "what a worker sees is asked of a worker"),
    "sandbox/plans": ("sandbox/test_sandbox", "each plan is started for real"),
    "sandbox/protections": ("sandbox/test_doctor", "each protection is tried, and tried without"),
    "sandbox/syscalls": ("sandbox/test_sandbox", "a forbidden call is made in a worker"),
    "submissions/display": ("grading/test_carried", "shown are the experiments of a carried exercise"),
    "term/attempts": ("term/test_collect", "every attempt there is kept by it"),
    "term/people": ("term/test_collect", "whose each file there is"),
    "term/schemes": ("term/test_collect", "one test for the names of each platform"),
    "term/sources": ("term/test_collect", "zips and folders are read there"),
    "near": ("test_cli", "its sentences are told by commands; its examples run"),
    "worker/confine": ("sandbox/test_sandbox", "a process can only confine itself for good"),
    "worker/main": ("sandbox/test_sandbox", "the other side of the sandbox's sockets"),
    "worker/session": ("calls/test_proxy", "answers what the proxy asks"),
}


def modules() -> set[str]:
    """The engine's modules, as paths below it without their ending."""
    files = (path.relative_to(ENGINE).with_suffix("") for path in ENGINE.rglob("*.py"))
    return {path.as_posix() for path in files if path.name != "__init__" and path.parts[0] != "chapters"}


def own_test(module: str) -> Path:
    room, _, name = module.rpartition("/")
    return ROOT / "tests" / room / f"test_{name}.py"


def test_every_module_has_its_test_or_a_reason() -> None:
    """A new module needs a test of its name in its room, or a line in ELSEWHERE."""
    assert {module for module in modules() if not own_test(module).exists()} == ELSEWHERE.keys()


def test_the_tests_named_instead_exist() -> None:
    """A line that names a test which is gone says nothing."""
    assert [name for name, _ in ELSEWHERE.values() if not (ROOT / "tests" / f"{name}.py").exists()] == []


def test_every_folder_of_tests_is_a_room() -> None:
    """Folders with tests mirror the rooms of the engine and of the course; others hold what tests need."""
    rooms = {path.name for path in (*ROOT.iterdir(), *ENGINE.iterdir()) if path.is_dir()}
    folders = {path.parent.name for path in (ROOT / "tests").glob("*/test_*.py")}
    assert folders <= rooms


def test_the_page_of_the_engine_shows_its_floors() -> None:
    """The table in autograder/README.md has the rooms of each floor, from the top down."""
    page = (ENGINE / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (`.*?) \|", page, re.M)
    found = [set(re.findall(r"`(\w+)(?:/|\.py)`", row)) for row in rows]
    assert found == [set(floor) for floor in FLOORS]


def test_the_steps_of_the_page_are_functions() -> None:
    """Each ``room.module.name`` on the page can be imported."""
    page = (ENGINE / "README.md").read_text(encoding="utf-8")
    names = re.findall(r"`((?:\w+\.)*\w+)`", page)
    steps = [
        name for name in names if "." in name and not name.endswith((".py", ".md")) and name[0].islower()
    ]
    steps = [name for name in steps if name != "student.f"]
    assert len(steps) > 10
    for step in steps:
        parts = step.split(".")
        module = next(
            ".".join(parts[:length])
            for length in (2, 1)
            if (ENGINE / Path(*parts[:length])).with_suffix(".py").exists()
        )
        found = importlib.import_module(f"autograder.{module}")
        for name in step.removeprefix(f"{module}.").split("."):
            found = getattr(found, name)
