"""build: one text and one solution module become one complete notebook."""

from __future__ import annotations

import doctest
import re

import nbformat
import pytest

from autograder.authoring import argument_checks, contract
from autograder.authoring.assembly import own_words
from autograder.authoring.build import build, complete_notebook, run_solution
from autograder.course import source as pieces
from autograder.course.course import Course, CourseError


def change(course: Course, room: str, old: str, new: str) -> None:
    """Replace ``old``, which occurs once, in the toy chapter's ``text`` or ``solution``."""
    path = course.text("toy") if room == "text" else course.solution("toy")
    source = path.read_text(encoding="utf-8")
    assert source.count(old) == 1, f"{old!r} occurs {source.count(old)} times"
    path.write_text(source.replace(old, new), encoding="utf-8")


def cells(course: Course) -> dict[str, nbformat.NotebookNode]:
    """The marked cells of the built notebook by grade id."""
    notebook = nbformat.read(build(course, "toy"), as_version=4)
    marked = [cell for cell in notebook.cells if "nbgrader" in cell.metadata]
    return {cell.metadata.nbgrader.grade_id: cell for cell in marked}


def test_an_exercise_is_a_solution_cell_and_a_check_cell(toy_course: Course) -> None:
    """The grade ids, roles and points are those that the grader reads; setup cells are numbered."""
    found = cells(toy_course)
    assert list(found) == [
        "setup_1",
        "heavy_step",
        "check_heavy_step",
        "setup_2",
        "fit_line",
        "check_fit_line",
        "tally",
    ]
    roles = {name: (c.metadata.nbgrader.solution, c.metadata.nbgrader.grade) for name, c in found.items()}
    assert roles["heavy_step"] == (True, False) and roles["check_heavy_step"] == (False, True)
    assert roles["setup_1"] == (False, False) and found["setup_1"].metadata.nbgrader.locked
    assert not found["heavy_step"].metadata.nbgrader.locked
    assert found["check_heavy_step"].metadata.nbgrader.points == 3
    assert found["check_fit_line"].metadata.nbgrader.points == 2.5
    assert {c.metadata.nbgrader.schema_version for c in found.values()} == {3}


def test_a_check_that_fails_does_not_stop_a_run_of_all_cells(toy_course: Course) -> None:
    """By the tag that Jupyter knows; otherwise nobody with an open exercise would see the tally."""
    tagged = {
        name
        for name, cell in cells(toy_course).items()
        if "raises-exception" in cell.metadata.get("tags", [])
    }
    assert tagged == {"check_heavy_step", "check_fit_line"}


def test_functions_come_whole_from_the_solution_module(toy_course: Course) -> None:
    """Signature, docstring, validation, body and both markers are sliced; `:with:` brings a second one."""
    code = cells(toy_course)["heavy_step"].source
    assert code.startswith('def heavy_init(params):\n    """State before')
    assert code.count("### BEGIN SOLUTION") == code.count("### END SOLUTION") == 2
    assert "check_arguments_heavy_step(momentum)" in code and code.endswith("### END SOLUTION")
    assert "loss_and_grad" not in code


@pytest.mark.parametrize(
    ("text", "before", "own"),
    [
        ("On this one.", "", "On this one."),
        ("## A section\n\nOn it.", "## A section\n\nOn it.", ""),
        ("**Question.** Why?\n<details>So.</details>", "**Question.** Why?\n<details>So.</details>", ""),
        ("<details>So.</details>\n\nOn this one.", "<details>So.</details>", "On this one."),
        ("<details>So.</details>\n\n## Next\n\nOn it.", "<details>So.</details>\n\n## Next\n\nOn it.", ""),
    ],
)
def test_a_heading_stands_above_what_is_said_of_its_exercise_alone(text: str, before: str, own: str) -> None:
    """A question on the exercise before and the opening of a section stay above the heading."""
    assert own_words(text) == (before, own)


def test_a_comment_between_functions_belongs_to_neither(toy_course: Course) -> None:
    """The slice drops the comment at the margin that introduces what comes next."""
    given = cells(toy_course)["setup_2"].source
    assert given.split("\n\n\ndef check_arguments_fit_line")[0].endswith("/ len(y)}")
    assert "# The optimiser." not in given


def test_given_functions_follow_the_setup_cells_own_code(toy_course: Course) -> None:
    """`:given:` appends constants and functions of the solution module to the locked cell."""
    given = cells(toy_course)["setup_2"].source
    assert given.index("default_rng(0)") < given.index("SCALE = 2.0") < given.index("def loss_and_grad")


def test_the_front_matter_becomes_the_notebooks_course_metadata(toy_course: Course) -> None:
    """Title and hours; a due time is the term's, and not in the released bytes."""
    course = complete_notebook(toy_course, "toy").metadata["course"]
    assert course == {"title": "A toy", "hours": 1}


def test_hours_need_a_title_to_stand_below(toy_course: Course) -> None:
    """A text that does not begin with its title is refused in a sentence, not broken in the notebook."""
    change(toy_course, "text", "# A toy", "A toy")
    with pytest.raises(CourseError, match="the first cell must be text that begins with the title"):
        build(toy_course, "toy")


def test_building_twice_gives_the_same_bytes(toy_course: Course) -> None:
    """Cell ids are derived and unique; a second build rewrites nothing."""
    path = build(toy_course, "toy")
    first, stamp = path.read_bytes(), path.stat().st_mtime_ns
    assert build(toy_course, "toy").stat().st_mtime_ns == stamp
    path.unlink()
    assert build(toy_course, "toy").read_bytes() == first
    ids = [cell.id for cell in nbformat.read(path, as_version=4).cells]
    assert len(set(ids)) == len(ids) and "heavy_step" in ids


def test_two_cells_with_one_text_get_two_ids(toy_course: Course) -> None:
    """Derived ids stay unique where the same words stand twice."""
    change(toy_course, "text", "Something to play with:", "Two small things to write.\n\n+++\n\n# A toy")
    ids = [cell.id for cell in nbformat.read(build(toy_course, "toy"), as_version=4).cells]
    assert len(set(ids)) == len(ids)


def test_check_compares_with_what_stands(toy_course: Course) -> None:
    """`--check` writes nothing, is silent where nothing stands or the same, and says what is stale."""
    assert not build(toy_course, "toy", check=True).exists()
    build(toy_course, "toy")
    build(toy_course, "toy", check=True)
    change(toy_course, "text", "Two small things", "Two little things")
    with pytest.raises(CourseError, match=r"^_build/source/toy/toy\.ipynb is not what its sources give now"):
        build(toy_course, "toy", check=True)


def test_the_built_notebook_runs(toy_course: Course) -> None:
    """The reference passes its own visible checks in a fresh namespace; the seconds come back."""
    assert 0 < run_solution(toy_course, "toy") < 60


def test_the_built_notebook_finds_its_data(toy_course: Course) -> None:
    """A file beside the student notebook lies beside the built one; notebooks and folders do not."""
    beside = toy_course.released("toy").parent
    (beside / ".ipynb_checkpoints").mkdir(parents=True)
    for name in ("table.csv", "toy.ipynb", ".hidden"):
        (beside / name).write_text("1,2\n", encoding="utf-8")
    read = "import os\nassert os.listdir() == ['table.csv'], os.listdir()\nheavy = 0.9"
    change(toy_course, "text", "heavy = 0.9", read)
    run_solution(toy_course, "toy")
    (beside / "table.csv").unlink()
    with pytest.raises(CourseError, match=r"does not run: cell .*AssertionError: \[\]"):
        run_solution(toy_course, "toy")


def test_a_visible_check_that_the_reference_fails_is_found(toy_course: Course) -> None:
    """The sentence names the cell and what it raised."""
    change(toy_course, "text", "[0.95, 1.95]), f", "[0.9, 1.95]), f")
    with pytest.raises(
        CourseError, match=r"does not run: cell check_heavy_step .*AssertionError: The first step"
    ):
        run_solution(toy_course, "toy")


def test_a_solution_notebook_that_never_ends_is_stopped(toy_course: Course) -> None:
    """The limit is a wall time, and the sentence says so."""
    change(toy_course, "text", "heavy = 0.9", "while True:\n    pass")
    with pytest.raises(CourseError, match=r"ran longer than 0\.5 s"):
        run_solution(toy_course, "toy", wall_seconds=0.5)


WRONG = {
    "unknown function": (
        "text",
        ":exercise: heavy_step",
        ":exercise: hevy_step",
        r"asks for hevy_step, which solutions/toy\.py does not define\. Did you mean heavy_step\?",
    ),
    "unknown given": ("text", "SCALE, loss_and_grad", "SCALE, los_and_grad", r"Did you mean loss_and_grad\?"),
    "function asked twice": (
        "text",
        ":exercise: fit_line",
        ":exercise: heavy_init",
        "asks for heavy_init twice",
    ),
    "check without exercise": (
        "text",
        ":check: fit_line",
        ":check: fit_lines",
        "a check of fit_lines without an exercise above",
    ),
    "exercise without check": (
        "text",
        ":check: fit_line\n:points: 2.5\n",
        "",
        "the exercise fit_line has no visible check; add a cell with `:check: fit_line`",
    ),
    "two checks": (
        "text",
        "## The run",
        "```{code-cell}\n:check: heavy_step\n:points: 1\n```",
        "two visible checks",
    ),
    "no points": ("text", ":points: 3\n", "", "needs points above 0, got none; add `:points: 4`"),
    "negative points": ("text", ":points: 3\n", ":points: -3\n", "needs points above 0, got -3"),
    "points that are no number": ("text", ":points: 3\n", ":points: many\n", "above 0, got many"),
    "no markers": (
        "solution",
        "    ### BEGIN SOLUTION\n    state =",
        "    state =",
        r"fit_line has `### END SOLUTION` on line \d+ without a `### BEGIN SOLUTION` above",
    ),
    "an exercise that is not graded": (
        "text",
        ":with: heavy_init",
        ":with: heavy_init, loss_and_grad",
        r"loss_and_grad of solutions/toy\.py has no line `### BEGIN SOLUTION`",
    ),
    "a graded function given away": (
        "text",
        "SCALE, loss_and_grad",
        "SCALE, loss_and_grad, fit_line",
        "fit_line is the student's to write",
    ),
    "unknown option": (
        "text",
        ":exercise: fit_line",
        ":exercize: fit_line",
        "has the option :exercize:, known here: :carry:, :challenge:, :check:, :exercise:, :experiments:, "
        ":manual:, :picture:, :set",
    ),
    "a directive": (
        "text",
        "Something to play with:",
        ":::{note}\nPlay\n:::",
        r"Jupyter shows :::\{note\} as it stands; a student's notebook is plain Markdown",
    ),
    "a code cell inside of a directive": (
        "text",
        "Something to play with:",
        "````{tip}\n```{code-cell}\n:check: fit_line\n```\n````",
        r"Jupyter shows ````\{tip\} as it stands",
    ),
    "a role": ("text", "Something to play with:", "See {cite}`kingma`.", r"Jupyter shows \{cite\}` as it"),
    "a label": ("text", "## The run", "(run)=\n## The run", r"Jupyter shows \(run\)= as it stands"),
    "a raw cell": ("text", "## The run", "```{raw-cell}\nx\n```", r"Jupyter shows \{raw-cell\} as it"),
    "two roles": (
        "text",
        ":exercise: fit_line",
        ":exercise: fit_line\n:setup:",
        "either :exercise: or :setup:",
    ),
    "code in an exercise": ("text", ":exercise: fit_line\n", ":exercise: fit_line\nx = 1\n", "holds code"),
    "no title": ("text", "title: A toy\n", "", "the front matter has no title"),
    "due without zone": ("text", "23:59:00+01:00", "23:59:00", "due must be a time with its zone"),
    "due in words": (
        "text",
        "2026-11-20T23:59:00+01:00",
        "soon",
        "due must be a time with its zone, got soon",
    ),
    "negative hours": ("text", "hours: 1", "hours: -1", "hours must be a number above 0, got -1"),
    "a cell that is not Python": ("text", "heavy = 0.9", "heavy = = 0.9", "a code cell is not Python"),
    "a name from nowhere": (
        "text",
        ":given: SCALE, loss_and_grad\n",
        "",
        "uses loss_and_grad, which no cell",
    ),
    "a name defined later": (
        "text",
        "heavy = 0.9",
        "heavy = X.sum()",
        "uses X, which only a later cell defines; move",
    ),
    "a solution that is not Python": (
        "solution",
        "SCALE = 2.0",
        "SCALE = = 2",
        r"solutions/toy\.py, line \d+",
    ),
}


@pytest.mark.parametrize(("room", "old", "new", "sentence"), WRONG.values(), ids=WRONG.keys())
def test_bad_input_is_answered_in_one_sentence(
    toy_course: Course, room: str, old: str, new: str, sentence: str
) -> None:
    """Each slip in the text or the solution gets a sentence with the rule, the value or the cure."""
    change(toy_course, room, old, new)
    with pytest.raises(CourseError, match=sentence) as caught:
        build(toy_course, "toy")
    assert "\n" not in str(caught.value)
    assert not (toy_course.build / "source").exists()


def test_an_unknown_assignment_and_a_missing_solution(toy_course: Course) -> None:
    """The slug is corrected; the missing module is named."""
    with pytest.raises(CourseError, match=r"Did you mean toy\?"):
        build(toy_course, "tay")
    toy_course.solution("toy").unlink()
    with pytest.raises(CourseError, match=re.escape("solutions/toy.py is missing")):
        build(toy_course, "toy")


@pytest.mark.parametrize("module", [argument_checks, contract, pieces], ids=lambda module: module.__name__)
def test_the_docstrings_examples_run(module) -> None:
    """The examples in the small modules show what these do."""
    result = doctest.testmod(module)
    assert result.attempted and not result.failed
