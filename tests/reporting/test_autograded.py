"""The rebuilt notebook: the release's cells, the student's answers, our results, nothing else of the file."""

import copy
import json

import nbformat
from nbgrader.utils import compute_checksum, determine_grade
from reports import ANSWERS, FIT_ANSWER, STEP_ANSWER, right, toy_release, ungraded, wrong

from autograder.grading.verdict import Report, Verdict
from autograder.reporting.autograded import ADDED, rebuild


def built(report, answers=None, sources=()):
    notebook = rebuild(toy_release(), ANSWERS if answers is None else answers, sources, report)
    nbformat.validate(notebook)
    return nbformat.from_dict(notebook)


def by_id(notebook, grade_id):
    return next(
        cell for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("grade_id") == grade_id
    )


def test_answers_stand_in_their_cells_and_the_rest_is_the_release():
    """Locked cells keep their text and checksum, whatever the student handed in."""
    notebook = built(right("ada"))
    assert by_id(notebook, "heavy_step").source == STEP_ANSWER
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("locked"):
            cell.source = "".join(cell.source)
            assert compute_checksum(cell) == cell.metadata.nbgrader.checksum


def test_the_release_itself_is_never_changed():
    """Rebuilding many notebooks leaves the one they come from as it was."""
    before = copy.deepcopy(toy_release().notebook)
    built(wrong("ada"), sources=("x = 1", STEP_ANSWER))
    assert toy_release().notebook == before


def test_nbgrader_reads_our_score_from_the_check_cell():
    """One display_data with our words, then one plain float within the points."""
    notebook = built(wrong("ada", 1.5))
    cell = by_id(notebook, "check_heavy_step")
    assert [output.output_type for output in cell.outputs] == ["display_data", "execute_result"]
    assert cell.outputs[1].data == {"text/plain": "1.5"}
    assert "Hint: Your step goes up" in cell.outputs[0].data["text/plain"]
    assert "wrong sign" in cell.outputs[0].data["text/html"]
    assert determine_grade(cell) == (1.5, 3.0)
    assert determine_grade(by_id(notebook, "check_fit_line")) == (0.0, 2.5)


def test_what_was_not_graded_holds_no_number():
    """The cell says why, and that no mark was given."""
    for report in (
        ungraded("ada", "It breaks off."),
        Report("toy", "ada", Verdict.NOT_GRADED, notes=("It breaks off.",)),
    ):
        cell = by_id(built(report, answers={}), "check_heavy_step")
        assert [output.output_type for output in cell.outputs] == ["display_data"]
        assert "not graded (no mark yet, of 3 points)\nIt breaks off." in cell.outputs[0].data["text/plain"]
        assert by_id(built(report, answers={}), "heavy_step").source == toy_release().exercises[0].stub


def test_cells_that_the_student_added_stay_where_they_were():
    """They are plain, marked, before the answer they preceded; the release's own are not doubled."""
    sources = ("import math", STEP_ANSWER, "heavy = 0.9", "helper = 1", FIT_ANSWER, "print(1)")
    notebook = built(right("ada"), sources=sources)
    order = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    added = [cell for cell in notebook.cells if "added-by-student" in cell.metadata.get("tags", [])]
    assert [cell.source for cell in added] == ["import math", "helper = 1", "print(1)"]
    assert all(
        "nbgrader" not in cell.metadata and ADDED in cell.outputs[0].data["text/plain"] for cell in added
    )
    assert order.index("import math") + 1 == order.index(STEP_ANSWER)
    assert order.index("helper = 1") + 1 == order.index(FIT_ANSWER)
    assert order[-1] == "print(1)" and order.count("heavy = 0.9") == 1


def test_an_answer_with_a_magic_line_is_not_taken_for_an_added_cell():
    """The submission's sources have such lines cut out, its answers keep them."""
    answers = {"fit_line": f"%matplotlib inline\n{FIT_ANSWER}"}
    notebook = built(right("ada"), answers=answers, sources=(f"\n{FIT_ANSWER}",))
    assert by_id(notebook, "fit_line").source == answers["fit_line"]
    assert not any("added-by-student" in cell.metadata.get("tags", []) for cell in notebook.cells)


def test_nothing_in_an_answer_breaks_the_file():
    """Lone surrogates, control characters and markup are stored or escaped."""
    nasty = "x = '\udc80\x00<script>alert(1)</script>'"
    notebook = rebuild(toy_release(), {"fit_line": nasty}, (nasty, nasty + "\n"), wrong("ada\udc80"))
    assert nbformat.reads(json.dumps(notebook), as_version=4).cells
    json.dumps(notebook, ensure_ascii=False).encode("utf-8")
