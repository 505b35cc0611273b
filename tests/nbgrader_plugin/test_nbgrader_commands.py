"""nbgrader's own commands and formgrader, as a person runs them, on our engine."""

from __future__ import annotations

import copy
import csv
import io
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import toy
from nbgrader_server import LATE, Room, Server, serve, swapped

from autograder.authoring.release import release
from autograder.publish import export_marks

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def room(tmp_path_factory) -> Room:
    """Nine hand-ins, five of which stop or fool nbgrader's own autograder; graded by its command."""
    root = tmp_path_factory.mktemp("room")
    course = toy.write_course(root / "course")
    release(course, toy.SLUG)
    shutil.copy(REPOSITORY / "nbgrader_config.py", course.root)
    room = Room(course, root / "home")
    room.home.mkdir()
    right = json.loads((course.build / "source" / toy.SLUG / f"{toy.SLUG}.ipynb").read_text())
    room.hand_in("ada", right)
    room.hand_in("bela", json.loads(course.released(toy.SLUG).read_text()), timestamp=None)
    room.hand_in("climbs", swapped(right, "- lr * velocity[key]", "+ lr * velocity[key]"))
    room.hand_in("cut", json.dumps(right)[:2000])
    stripped = copy.deepcopy(right)
    for cell in stripped["cells"]:
        cell["metadata"] = {}
    room.hand_in("stripped", stripped)
    doubled = copy.deepcopy(right)
    doubled["cells"] += [
        cell for cell in doubled["cells"] if cell["metadata"].get("nbgrader", {}).get("grade")
    ]
    room.hand_in("doubled", doubled)
    cheat = json.loads(course.released(toy.SLUG).read_text())
    for cell in cheat["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("grade"):
            cell["source"] = "1000.0"
            cell["metadata"]["nbgrader"]["points"] = 1000
    room.hand_in("cheat", cheat)
    added = {"cell_type": "code", "id": "mine", "metadata": {}, "outputs": [], "execution_count": None}
    helped = swapped(right, "- lr * velocity[key]", "- scaled(lr, velocity[key])")
    helped["cells"].insert(1, {**added, "source": "def scaled(lr, v):\n    return lr * v"})
    room.hand_in("helped o'hara", helped)
    room.hand_in("late", right, LATE)
    done = room.nbgrader("autograde", toy.SLUG)
    assert done.returncode == 0, done.stderr
    return room


VERDICTS = {
    "ada": ("correct", "5.5", "0"),
    "bela": ("not attempted", "0", "0"),
    "cheat": ("not attempted", "0", "0"),
    "climbs": ("partly correct", "3.4", "0"),
    "cut": ("not graded", "", "0"),
    "doubled": ("correct", "5.5", "0"),
    "helped o'hara": ("correct", "5.5", "0"),
    "late": ("correct", "5.5", "60"),
    "stripped": ("correct", "5.5", "0"),
}


def marks(room: Room) -> dict[str, tuple[str, ...]]:
    text = export_marks(room.course, toy.SLUG, room.term)
    return {
        row["student"]: (row["verdict"], row["total"], row["seconds_late"])
        for row in csv.DictReader(io.StringIO(text, newline=""))
    }


def test_nbgrader_autograde_grades_any_file_by_our_engine(room):
    """Cut, stripped, doubled and doctored files each get their verdict, and none stops the batch."""
    assert marks(room) == VERDICTS


def test_nbgrader_writes_the_rebuilt_notebook(room):
    """The autograded file is the release with the answers; a doctored check cell is gone."""
    released = room.course.released(toy.SLUG)
    for student in VERDICTS:
        path = room.term / "autograded" / student / toy.SLUG / f"{toy.SLUG}.ipynb"
        cells = json.loads(path.read_text())["cells"]
        ids = [cell["metadata"]["nbgrader"]["grade_id"] for cell in cells if "nbgrader" in cell["metadata"]]
        given = [cell["metadata"].get("nbgrader") for cell in json.loads(released.read_text())["cells"]]
        assert ids == [mark["grade_id"] for mark in given if mark]
        assert "1000" not in path.read_text()


def test_autograding_again_skips_and_forcing_changes_nothing(room):
    """nbgrader skips what it has; with --force the engine gives the stored results and the same files."""
    folder = room.term / "autograded" / "climbs" / toy.SLUG
    before = (folder / f"{toy.SLUG}.ipynb").read_bytes()
    assert "Skipping existing assignment" in room.nbgrader("autograde", toy.SLUG).stderr
    done = room.nbgrader("autograde", toy.SLUG, "--force", "--student", "climbs")
    assert done.returncode == 0, done.stderr
    assert (folder / f"{toy.SLUG}.ipynb").read_bytes() == before
    assert marks(room) == VERDICTS


def test_nbgrader_generate_feedback_renders_our_page(room):
    """Each student's page says the verdict and the hint; the ungraded one says what to do."""
    done = room.nbgrader("generate_feedback", toy.SLUG, "--force")
    assert done.returncode == 0, done.stderr
    pages = {
        student: (room.term / "feedback" / student / toy.SLUG / f"{toy.SLUG}.html").read_text()
        for student in VERDICTS
    }
    assert "Your step goes up the slope" in pages["climbs"] and "3.4 of 5.5 points" in pages["climbs"]
    assert "no total yet" in pages["cut"] and "hand it in again" in pages["cut"]
    assert "1 min late" in pages["late"]
    assert all("<script" not in page for page in pages.values())


def test_feedback_without_a_result_says_what_to_run(room):
    """A result that was deleted is no crash of ours: nbgrader names the student and the command."""
    path = room.term / "results" / toy.SLUG / "ada.json"
    kept = path.read_bytes()
    path.unlink()
    try:
        done = room.nbgrader("generate_feedback", toy.SLUG, "--force", "--student", "ada")
    finally:
        path.write_bytes(kept)
    assert done.returncode == 1
    assert "run `autograder grade toy` or `nbgrader autograde toy --force` first" in done.stderr


@pytest.fixture(scope="module")
def server(room: Room) -> Iterator[Server]:
    with serve(room) as found:
        yield found


def notebook_id(server: Server, student: str) -> str:
    return next(row["id"] for row in server.json("/submitted_notebooks/toy/toy") if row["student"] == student)


def test_formgrader_lists_the_assignment_and_its_hand_ins(server):
    """Every hand-in shows as autograded, with its score; the ungraded one asks for a manual grade."""
    (assignment,) = server.json("/assignments")
    assert (assignment["name"], assignment["max_score"]) == ("toy", 5.5)
    assert assignment["num_submissions"] == len(VERDICTS)
    rows = {row["student"]: row for row in server.json("/submissions/toy")}
    assert set(rows) == set(VERDICTS)
    assert all(row["autograded"] and row["submitted"] for row in rows.values())
    assert {student for student, row in rows.items() if row["needs_manual_grade"]} == {"cut"}
    assert rows["climbs"]["score"] == 3.4


def test_formgrader_shows_a_hand_in_with_its_hint_and_its_score(server):
    """The page of one hand-in holds the student's code, our feedback and the partial credit."""
    page = server.ask(f"/formgrader/submissions/{notebook_id(server, 'climbs')}/")
    assert "Your step goes up the slope" in page and "check_heavy_step" in page
    assert "(0.9 of 3 points)" in page and "(2.5 of 2.5 points)" in page


def test_manual_points_and_a_comment_survive_regrading_by_the_button(server, room):
    """What a person entered in formgrader stands after its autograde button, and reaches page and CSV."""
    key = notebook_id(server, "climbs")
    grade = next(
        row for row in server.json(f"/grades?submission_id={key}") if row["name"] == "check_heavy_step"
    )
    server.json(f"/grade/{grade['id']}", {"manual_score": 1.5, "extra_credit": 0.25}, "PUT")
    comment = next(
        row for row in server.json(f"/comments?submission_id={key}") if row["name"] == "heavy_step"
    )
    server.json(f"/comment/{comment['id']}", {"manual_comment": "Only the sign."}, "PUT")
    done = server.json("/submission/toy/climbs/autograde", {})
    assert done["success"], done
    grade = next(
        row for row in server.json(f"/grades?submission_id={key}") if row["name"] == "check_heavy_step"
    )
    assert (grade["auto_score"], grade["manual_score"], grade["extra_credit"]) == (0.9, 1.5, 0.25)
    assert server.json("/assignment/toy/climbs/generate_feedback", {})["success"]
    page = (room.term / "feedback" / "climbs" / toy.SLUG / f"{toy.SLUG}.html").read_text()
    assert "Only the sign." in page and "4.25 of 5.5 points" in page
    assert marks(room)["climbs"] == ("partly correct", "4.25", "0")
