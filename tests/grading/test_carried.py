"""A capstone in small: carried parts, answers in words, the line of experiments; from its text to the
gradebook."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
import pytest
import toy
from after import SOLUTION, TEXT, write_after
from nbconvert.filters import markdown2html
from nbgrader.api import Gradebook
from reports import marks_csv

from autograder.authoring.build import complete_notebook
from autograder.authoring.release import release
from autograder.course.cells import filled
from autograder.course.course import Course, CourseError
from autograder.course.source import cut, functions_of, reference_text
from autograder.grading.exam import Exam, load_exam
from autograder.grading.grading import grade
from autograder.grading.verdict import ExerciseResult, Report, Verdict
from autograder.nbgrader_plugin import database_url, read_overrides, write_gradebook
from autograder.reporting.autograded import rebuild
from autograder.reporting.feedback import render_feedback
from autograder.reporting.marks import Override, total
from autograder.safe_text import markdown
from autograder.sandbox.handle import Limits
from autograder.sandbox.sandbox import Sandbox
from autograder.submissions.display import CUT, MAX_TEXT_CHARS, shown_cells
from autograder.submissions.submission import Submission, read_submission

STEP = '        velocity[key] = momentum * state["velocity"][key] + gradient'
WRONG_STEP = (STEP, STEP.replace("momentum * ", ""))


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    course = write_after(toy.write_course(tmp_path_factory.mktemp("after") / "course"))
    release(course, "toy")
    release(course, "after")
    return course


@pytest.fixture(scope="module")
def exam(course: Course) -> Exam:
    return load_exam(course, "after", "seed")


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(Limits(call_wall_seconds=1.0, cell_wall_seconds=1.0, memory_mib=512)) as box:
        yield box


@pytest.fixture
def hand_in(exam: Exam, tmp_path: Path) -> Callable[..., Submission]:
    """The reference's answers with swaps of text in them; ``edit`` changes the notebook before it is read."""

    def read(*swaps: tuple[str, str], edit: Callable[[dict], None] | None = None, **own: str) -> Submission:
        right = functions_of(exam.source)
        answers = {
            part.name: "\n\n".join(right[name] for name in functions_of(part.stub))
            for part in exam.release.coded
        } | own
        for old, new in swaps:
            assert sum(text.count(old) for text in answers.values()) == 1
            answers = {name: text.replace(old, new) for name, text in answers.items()}
        notebook = filled(exam.release, answers)
        if edit:
            edit(notebook)
        path = tmp_path / "after.ipynb"
        path.write_text(json.dumps(notebook), encoding="utf-8")
        return read_submission(path, exam.release)

    return read


@pytest.fixture
def graded(exam: Exam, sandbox: Sandbox, hand_in: Callable) -> Callable[..., Report]:
    return lambda *swaps, **own: grade(exam, hand_in(*swaps, **own), sandbox, student="ada", key="k")


def result(report: Report, name: str) -> ExerciseResult:
    return next(item for item in report.exercises if item.name == name)


def by_id(notebook: dict, grade_id: str) -> dict:
    return next(c for c in notebook["cells"] if c["metadata"].get("nbgrader", {}).get("grade_id") == grade_id)


# --- building and releasing ---------------------------------------------------------------------------------


def test_the_reference_is_whole_in_itself(course: Course) -> None:
    """What is imported from a module beside it stands in the import's place, and nothing else of that
    module."""
    text = reference_text(course.solution("after"))
    assert list(cut(text)) == ["heavy_init", "heavy_step", "roll", "half"]
    assert "solutions" not in text.replace("reference implementations", "")
    space: dict = {}
    exec(text, space)
    assert space["half"](4.0) == 2.0


def test_a_carried_cell_is_the_one_of_its_own_assignment(course: Course) -> None:
    """The same grade id and the same text, to be written in; where it comes from stands in its metadata."""
    earlier, here = course.release("toy"), course.release("after")
    (part,) = here.carried
    assert part.stub == earlier.exercises[0].stub and (part.name, part.origin) == ("heavy_step", "toy")
    mark = by_id(here.notebook, "heavy_step")["metadata"]["nbgrader"]
    assert (mark["solution"], mark["grade"], mark["locked"]) == (True, False, False)
    assert here.names == ("roll", "half") and [one.name for one in here.marked] == ["roll", "half", "choice"]


def test_an_answer_in_words_is_a_manual_cell(course: Course) -> None:
    """Marked for nbgrader as solution and grade, with its points and nothing of a solution in it."""
    cell = by_id(course.release("after").notebook, "choice")
    mark = cell["metadata"]["nbgrader"]
    assert cell["cell_type"] == "markdown" and (mark["solution"], mark["grade"], mark["points"]) == (
        True,
        True,
        2,
    )
    assert "".join(cell["source"]) == "YOUR ANSWER HERE"
    line = by_id(course.release("after").notebook, "experiments")
    assert line["cell_type"] == "markdown" and line["metadata"]["nbgrader"]["locked"]


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        (
            ":carry: heavy_step",
            ":carry: heavy_stap",
            "toy has no exercise heavy_stap. Did you mean heavy_step?",
        ),
        (":from: toy", ":from: toys", "toys: no such assignment. Did you mean toy?"),
        (":from: toy", ":from: after", "which is this assignment itself"),
        (":from: toy\n", ":from: toy\nx = 1\n", "its code comes from the earlier assignment"),
        (":points: 2", ":points: 0", "needs points above 0"),
        (":manual: choice\n", ":manual: my choice\n", "needs a name and no text"),
        (
            "```{code-cell}\n:manual",
            "```{code-cell}\n:experiments:\n```\n```{code-cell}\n:manual",
            "two lines of",
        ),
        (":from: toy", ":of: toy", "has the option :of:"),
    ],
)
def test_slips_in_the_text_are_told(toy_course: Course, old: str, new: str, sentence: str) -> None:
    """One sentence with the rule, the value or the cure."""
    write_after(toy_course)
    path = toy_course.text("after")
    assert TEXT.count(old) == 1
    path.write_text(TEXT.replace(old, new), encoding="utf-8")
    with pytest.raises(CourseError, match=sentence.replace("?", r"\?").replace(".", r"\.")):
        complete_notebook(toy_course, "after")


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("import heavy_init, heavy_step", "import heavy_init, heavy_stop", "which does not define it"),
        ("def half(x)", "def heavy_step(x)", "has it from"),
    ],
)
def test_slips_in_the_solution_are_told(toy_course: Course, old: str, new: str, sentence: str) -> None:
    """A name that is not there, or twice."""
    write_after(toy_course)
    toy_course.solution("after").write_text(SOLUTION.replace(old, new), encoding="utf-8")
    with pytest.raises(CourseError, match=sentence):
        reference_text(toy_course.solution("after"))


def test_a_name_of_the_modules_own_is_not_taken_from_elsewhere(toy_course: Course) -> None:
    """What a carried part uses comes along, unless the module has its own of that name."""
    write_after(toy_course)
    path = toy_course.solution("after")
    path.write_text(
        SOLUTION.replace("import heavy_init, heavy_step", "import loss_and_grad"), encoding="utf-8"
    )
    assert list(cut(reference_text(path)))[:2] == ["SCALE", "loss_and_grad"]
    path.write_text(path.read_text().replace("def half", "SCALE = 3.0\n\n\ndef half"), encoding="utf-8")
    assert [name for name in cut(reference_text(path)) if name == "SCALE"] == ["SCALE"]
    assert "SCALE = 2.0" not in reference_text(path)


# --- grading: an early mistake costs once -------------------------------------------------------------------


def test_right_work_is_right(graded: Callable) -> None:
    """All points that a machine gives, no note on the parts; the answer in words has none yet."""
    report = graded(choice="Momentum, for it was faster.")
    verdicts = [Verdict.CORRECT, Verdict.CORRECT, Verdict.FOR_A_PERSON]
    assert [item.verdict for item in report.exercises] == verdicts
    assert (report.verdict, report.score, report.notes) == (Verdict.CORRECT, None, ())
    assert result(report, "choice").score is None and result(report, "choice").points == 2.0


@pytest.mark.parametrize(
    "how",
    [
        {"swaps": (WRONG_STEP,)},
        {"heavy_step": "def heavy_step("},
    ],
)
def test_a_wrong_part_costs_nothing_and_is_named(graded: Callable, how: dict) -> None:
    """What is built on it is judged with a right one too; the report says which part it was, and where
    from."""
    report = graded(*how.pop("swaps", ()), **how)
    roll = result(report, "roll")
    assert (roll.score, roll.carried, roll.verdict) == (4.0, True, Verdict.CORRECT)
    assert not result(report, "half").carried
    (note,) = [note for note in report.notes if note.startswith("Your part")]
    assert "heavy_step does not pass" in note and "toy" in note and "costs nothing in roll" in note


def test_an_empty_part_costs_nothing_and_is_named(graded: Callable, exam: Exam) -> None:
    """A cell as it was given out: its own assignment has cost already."""
    report = graded(heavy_step=exam.release.carried[0].stub)
    assert result(report, "roll").score == 4.0 and result(report, "roll").carried
    assert any("heavy_step, which comes from toy, is not written" in note for note in report.notes)


def test_a_right_part_is_no_excuse(graded: Callable) -> None:
    """A mistake of this assignment costs here, and no part is blamed."""
    report = graded(
        (
            "state = heavy_init(params)\n    for each in grads:",
            "for each in grads:\n        state = heavy_init(params)",
        )
    )
    roll = result(report, "roll")
    assert (roll.score, roll.carried) == (0.0, False) and report.notes == ()


def test_two_mistakes_of_which_one_is_old(graded: Callable) -> None:
    """The old one is named, the new one costs: a right part does not mend it."""
    reset = (
        "state = heavy_init(params)\n    for each in grads:",
        "for each in grads:\n        state = heavy_init(params)",
    )
    report = graded(WRONG_STEP, reset)
    assert result(report, "roll").score == 0.0 and not result(report, "roll").carried
    (note,) = report.notes
    assert "heavy_step does not pass" in note and "changed no result" in note


def test_parts_are_not_judged_where_all_is_right(exam: Exam, sandbox: Sandbox, hand_in: Callable) -> None:
    """A part that its own assignment would refuse costs no time and no word where nothing shows it."""
    lazy = ("if not 0 <= momentum < 1", "if not 0 <= momentum < 2")
    report = grade(exam, hand_in(lazy), sandbox, student="ada")
    assert report.notes == () and result(report, "roll").verdict is Verdict.CORRECT


def test_two_gradings_agree_to_the_byte(graded: Callable) -> None:
    """Notes on parts included."""
    assert graded(WRONG_STEP).to_json() == graded(WRONG_STEP).to_json()


# --- answers in words ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["YOUR ANSWER HERE", "", "  \n"])
def test_no_words_are_no_answer(graded: Callable, text: str) -> None:
    """As it was given out, or blank: not attempted, no points, nobody has to look."""
    choice = result(graded(choice=text), "choice")
    assert (choice.verdict, choice.score) == (Verdict.NOT_ATTEMPTED, 0.0)


def test_words_wait_for_a_person(exam: Exam, graded: Callable, hand_in: Callable, tmp_path: Path) -> None:
    """No score and "needs manual grade" in nbgrader; what is then entered counts, and survives a new "
    "grading."""
    term, report = tmp_path / "term", graded(choice="Because.")
    submission = hand_in(choice="Because.")

    def write() -> None:
        notebook = rebuild(
            exam.release, submission.answers, submission.sources, report, submission.experiments
        )
        write_gradebook(term, exam.release, [(report, notebook, None)])

    write()
    with Gradebook(database_url(term)) as book:
        found = book.find_submission_notebook("after", "after", "ada")
        grades = {one.name: one for one in found.grades}
        assert (grades["choice"].auto_score, grades["choice"].needs_manual_grade) == (None, True)
        assert (grades["choice"].max_score, grades["check_roll"].auto_score) == (2.0, 4.0)
        assert {one.name for one in found.comments} == {"heavy_step", "roll", "half", "choice"}
        grades["choice"].manual_score, grades["choice"].needs_manual_grade = 1.5, False
        next(one for one in found.comments if one.name == "choice").manual_comment = "And the interval?"
        book.db.commit()
    write()
    entered = read_overrides(term, "after")["ada"]
    assert entered == {"choice": Override(1.5, 0.0, "And the interval?")}
    assert total(report, exam.release, entered) == 6.5 and total(report, exam.release) is None
    assert (
        '"choice"' in (table := marks_csv([report], exam.release, None, {"ada": entered})) and "1.5" in table
    )
    page = render_feedback(report, exam.release, submission.answers, entered)
    assert "And the interval?" in page and "1.5 of 2 points" in page and "Because." in page
    assert "no mark yet, of 2 points" in render_feedback(report, exam.release, submission.answers)


# --- experiments --------------------------------------------------------------------------------------------

PICTURE = base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"0" * 40).decode()


def below(source: str, *outputs: dict, kind: str = "code") -> Callable[[dict], None]:
    """Adds a cell at the end of a notebook."""
    cell = {"cell_type": kind, "metadata": {}, "source": source, "id": "mine"}
    return lambda notebook: notebook["cells"].append(
        cell | ({"outputs": list(outputs), "execution_count": 1} if kind == "code" else {})
    )


def test_nothing_below_the_line_runs(graded: Callable, hand_in: Callable) -> None:
    """A cell there may take for ever, or end the process: nobody notices."""
    edit = below("import os\nos._exit(1)")
    submission = hand_in(edit=edit, choice="Words.")
    assert not any("os._exit" in source or "print(roll" in source for source in submission.sources)
    report = graded(edit=edit, choice="Words.")
    assert report.verdict is Verdict.CORRECT and report.notes == ()


def test_an_answer_below_the_line_is_an_answer(graded: Callable) -> None:
    """A function that was asked for counts wherever it stands."""

    def move(notebook: dict) -> None:
        cell = by_id(notebook, "half")
        notebook["cells"].remove(cell)
        notebook["cells"].append(cell)

    report = graded(edit=move)
    assert result(report, "half").verdict is Verdict.CORRECT


def test_a_notebook_without_the_line_is_graded_whole(graded: Callable) -> None:
    """Whoever deletes it has everything run."""

    def edit(notebook: dict) -> None:
        notebook["cells"].remove(by_id(notebook, "experiments"))

    report = graded(edit=edit, choice="Words.")
    assert report.verdict is Verdict.CORRECT


def shown(exam: Exam, submission: Submission, report: Report) -> nbformat.NotebookNode:
    notebook = rebuild(exam.release, submission.answers, submission.sources, report, submission.experiments)
    nbformat.validate(notebook)
    return nbformat.from_dict(notebook)


def test_experiments_are_shown_as_they_were(exam: Exam, graded: Callable, hand_in: Callable) -> None:
    """Code, printed text and pictures stand in the notebook that a person marks, in the student's order."""
    outputs = (
        {"output_type": "stream", "name": "stdout", "text": ["97.8 %\n", "done\n"]},
        {
            "output_type": "display_data",
            "data": {"image/png": PICTURE, "text/plain": "<Figure>"},
            "metadata": {},
        },
    )
    edit = below("plot(history)", *outputs)
    notebook = shown(exam, hand_in(edit=edit, choice="*Flat.*"), graded(edit=edit, choice="*Flat.*"))
    line = next(
        i
        for i, c in enumerate(notebook.cells)
        if c.metadata.get("nbgrader", {}).get("grade_id") == "experiments"
    )
    after = notebook.cells[line + 1 :]
    assert [cell.source.splitlines()[0].split("(")[0].strip() for cell in after] == [
        "Something to begin with.",
        "print",
        "*Flat.*",
        "## Where you stand, and how to hand in",
        "# @title Where you stand: run all cells first, then this one",
        "plot",
    ]
    assert [sorted(output.data) for output in after[-1].outputs] == [["text/plain"], ["image/png"]]
    assert after[-1].outputs[0].data["text/plain"] == "97.8 %\ndone\n"
    assert after[2].metadata.nbgrader.points == 2


def test_a_manual_cell_that_was_deleted_is_there_again(
    exam: Exam, graded: Callable, hand_in: Callable
) -> None:
    """So that the gradebook finds it."""

    def edit(notebook: dict) -> None:
        notebook["cells"].remove(by_id(notebook, "choice"))

    notebook = shown(exam, hand_in(edit=edit), graded(edit=edit))
    assert notebook.cells[-1].metadata.nbgrader.grade_id == "choice"


HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[click](javascript:alert(1))",
    "[click](JaVaScRiPt:alert(1))",
    "[click](javascript\\:alert(1))",
    "[click](&#106;avascript:alert(1))",
    "[click][1]\n\n[1]: javascript:alert(1)",
    "<javascript:alert(1)>",
    "![x](data:text/html;base64,PHNjcmlwdD4=)",
    "```\n</code></pre><script>alert(1)</script>\n```",
    "$\\href{javascript:alert(1)}{x}$",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_words_are_only_words(exam: Exam, graded: Callable, hand_in: Callable, text: str) -> None:
    """Rendered as formgrader does, neither an answer nor a text cell brings in a tag or a script's
    address."""
    edit = below(text, kind="markdown")
    notebook = shown(exam, hand_in(edit=edit, choice=text), graded(edit=edit, choice=text))
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            page = markdown2html(cell.source).lower()
            assert "<script" not in page and "<img src=x" not in page and "javascript:" not in page
            assert "data:text" not in page


def test_only_text_and_png_come_out_of_outputs() -> None:
    """HTML, JavaScript, SVG, widgets, things that are no PNG and no base64 are left out; long text is cut."""
    outputs = [
        {"output_type": "display_data", "data": {"text/html": "<script>", "image/svg+xml": "<svg onload=x>"}},
        {
            "output_type": "display_data",
            "data": {"application/javascript": "alert(1)", "image/png": "PHN2Zz4="},
        },
        {"output_type": "display_data", "data": {"image/png": '"><script>'}},
        {"output_type": "error", "traceback": ["\x1b[31mZeroDivisionError\x1b[0m"]},
        {"output_type": "stream", "text": "x" * (MAX_TEXT_CHARS + 5)},
        "no output",
        {"data": 3, "text": 4},
    ]
    from autograder.submissions.notebook_file import Cell

    (cell,) = shown_cells([Cell("code", "", "x", outputs)])
    texts = [output["data"]["text/plain"] for output in cell.outputs]
    assert texts == ["ZeroDivisionError", "x" * MAX_TEXT_CHARS + CUT]
    assert shown_cells([Cell("code", "", "x", "none")])[0].outputs == ()


def test_pictures_have_a_limit() -> None:
    """What is beyond it is left out; the text beside it stays."""
    from autograder.submissions.notebook_file import Cell

    big = base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"0" * 3 * 2**20).decode()
    output = {"output_type": "display_data", "data": {"image/png": big, "text/plain": "<Figure>"}}
    (cell,) = shown_cells([Cell("code", "", "x", [output])])
    assert [sorted(one["data"]) for one in cell.outputs] == [["text/plain"]]


def test_ordinary_words_stay_as_they_are() -> None:
    """Emphasis, mathematics and lists; an address is shown, and is no link."""
    text = "**No** gain: $a > b$, see https://example.org [1], 97.8 ± 0.3 %\n\n- one"
    assert markdown(text) == text.replace("https:", "https&#58;")
