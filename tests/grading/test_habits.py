"""Right work keeps its points whatever a notebook's habits: Jupyter's own lines, packages, scratch cells."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from autograder.course.cells import filled, written
from autograder.course.course import Course
from autograder.grading.exam import Exam, load_exam
from autograder.grading.grading import grade
from autograder.grading.verdict import ExerciseResult, Report, Verdict
from autograder.sandbox.sandbox import Sandbox, sandbox_for
from autograder.submissions.submission import read_submission

COURSE = Course(Path(__file__).parents[2])
BEGIN = "### BEGIN SOLUTION"


@pytest.fixture(scope="module")
def exam() -> Exam:
    return load_exam(COURSE, "momentum", "habits")


@pytest.fixture(scope="module")
def sandbox(exam: Exam) -> Iterator[Sandbox]:
    with sandbox_for(exam.release) as box:
        yield box


@pytest.fixture(scope="module")
def right(exam: Exam) -> dict[str, str]:
    return written(exam.release.coded, exam.source, {})


def cell(source: str) -> dict[str, Any]:
    return {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": [], "source": source}


def graded(
    exam: Exam, sandbox: Sandbox, path: Path, answers: dict[str, str], below: tuple[str, ...]
) -> Report:
    notebook = filled(exam.release, answers)
    notebook["cells"] += [{**cell(source), "id": f"own-{place}"} for place, source in enumerate(below)]
    path.write_text(json.dumps(notebook), encoding="utf-8")
    return grade(exam, read_submission(path, exam.release), sandbox, student="ada")


def of(report: Report, name: str) -> ExerciseResult:
    return next(result for result in report.exercises if result.name == name)


ABOVE = {
    "timed": "%%time",
    "in every form": "%matplotlib inline\nfiles = !ls\nspent = %time 1 + 1\nlen?\n%timeit -n 1 1\n!pip list",
    "displayed": "display(1)\nfrom IPython.display import clear_output\nclear_output()",
    "the shell object": "get_ipython().run_line_magic('load_ext', 'autoreload')",
    "plots and tables": "import pandas as pd, seaborn as sns\npd.DataFrame({'a': [1]}).plot()\nsns.set()",
    "progress": "from tqdm.auto import tqdm\nfor step in tqdm(range(3)):\n    pass",
    "libraries": "import scipy.stats as st\nimport torch.nn as nn\nst.norm(0, 1).pdf(0)",
    "Colab": "from google.colab import drive\ndrive.mount('/content/drive')",
    "no such package": "import my_helpers_at_home",
    "a class of torch": "import torch\nclass Net(torch.nn.Module):\n    pass\na, b = torch.split(Net(), 2)",
    "cells of other text": "%matplotlib inline\ntext = '''\n%d\n! or ?\n''' % 3\nassert '!' in text",
    "waited for": "import asyncio\nawait asyncio.sleep(0.001)",
    "awaited": "async def one():\n    return 1\n\nx = await one()",
}
BELOW = {
    "a step is shown": "display(ewma(np.ones(2), beta=0.9))\nfor ewma in range(3):\n    pass",
    "the name is used again": "ewma = ewma(np.array([1.0, 2.0]), beta=0.9)",
    "numpy is rebound": "np = 3",
    "a function of no use": "def unused():\n    raise ValueError",
    "an error": "1 / 0",
    "a shell cell": "%%bash\nrm -rf /tmp/x",
}


@pytest.mark.parametrize("habit", ABOVE)
def test_a_habit_in_the_answers_cell_costs_nothing(exam, sandbox, right, tmp_path, habit) -> None:
    """Jupyter's own lines and packages that are not there while grading leave the answer as it is."""
    answers = right | {"ewma": f"{ABOVE[habit]}\n{right['ewma']}"}
    report = graded(exam, sandbox, tmp_path / "momentum.ipynb", answers, ())
    assert report.verdict is Verdict.CORRECT, report.notes


@pytest.mark.parametrize("habit", BELOW)
def test_a_habit_below_the_answers_costs_nothing(exam, sandbox, right, tmp_path, habit) -> None:
    """A scratch cell below does not undo a function: the last function of a name counts."""
    report = graded(exam, sandbox, tmp_path / "momentum.ipynb", right, (BELOW[habit],))
    assert report.verdict is Verdict.CORRECT, report.notes


def test_what_was_judged_is_said(exam, sandbox, right, tmp_path) -> None:
    """A rebound name is told, with both results where two were judged."""
    path = tmp_path / "momentum.ipynb"
    again = graded(exam, sandbox, path, right, (BELOW["the name is used again"],))
    assert "A cell gives the name ewma to something else; your function was graded." in again.notes
    rebound = graded(exam, sandbox, path, right, ("np = 3",))
    assert any("change np" in note and "the better counts" in note for note in rebound.notes)


def test_an_import_again_below_hides_no_later_answer(exam, sandbox, right, tmp_path) -> None:
    """A cell below that imports NumPy again changes nothing; the later, wrong definition in it counts."""
    later = "import numpy as np\ndef ewma(xs, *, beta, corrected=False):\n    return np.zeros_like(xs)"
    report = graded(exam, sandbox, tmp_path / "momentum.ipynb", right, (later,))
    assert of(report, "ewma").score == 0
    assert not any("the better counts" in note for note in report.notes)


def test_a_package_in_a_graded_function_is_one_sentence(exam, sandbox, right, tmp_path) -> None:
    """An answer that leans on SciPy is told that it is not there."""
    leaning = right["ewma"].replace(
        BEGIN, f"import scipy.signal\n    return scipy.signal.lfilter(xs)\n    {BEGIN}"
    )
    report = graded(exam, sandbox, tmp_path / "momentum.ipynb", right | {"ewma": leaning}, ())
    messages = {check.message for check in of(report, "ewma").checks}
    assert all("scipy was used, which is not there while grading" in message for message in messages)


def test_syntax_of_a_newer_python_is_told_as_that(exam, sandbox, right, tmp_path) -> None:
    """An f-string that Python 3.12 takes is no riddle."""
    newer = f"d = {{'a': 1}}\nprint(f'{{d['a']}}')\n{right['ewma']}"
    report = graded(exam, sandbox, tmp_path / "momentum.ipynb", right | {"ewma": newer}, ())
    for sentence in (report.notes[0], of(report, "ewma").checks[0].message):
        assert "it needs Python 3.12 for an f-string with its own quotes" in sentence


def test_a_leftover_of_the_stub_is_told(exam, sandbox, right, tmp_path) -> None:
    """`raise NotImplementedError` above an answer is an error with its cure, not an unwritten answer."""
    left = right["ewma"].replace(BEGIN, "raise NotImplementedError")
    result = of(graded(exam, sandbox, tmp_path / "momentum.ipynb", right | {"ewma": left}, ()), "ewma")
    assert result.verdict is Verdict.ERROR
    assert "`raise NotImplementedError` is still there" in result.checks[0].message


def test_an_answer_that_calls_an_unwritten_one_is_told_so(exam, sandbox, right, tmp_path) -> None:
    """The line that raises is not in its cell: nobody is sent to delete it there."""
    calls = f"{right['ewma']}\n\ndef later():\n    raise NotImplementedError".replace(BEGIN, "later()")
    report = graded(exam, sandbox, tmp_path / "momentum.ipynb", right | {"ewma": calls}, ())
    assert "`raise NotImplementedError` is still there:" in of(report, "ewma").checks[0].message
    elsewhere = right["ewma"].replace(BEGIN, "later()")
    below = ("def later():\n    raise NotImplementedError",)
    report = graded(exam, sandbox, tmp_path / "momentum.ipynb", right | {"ewma": elsewhere}, below)
    assert "in another function, which is not written yet" in of(report, "ewma").checks[0].message


def test_a_name_bound_again_in_the_answers_own_cell(exam, sandbox, right, tmp_path) -> None:
    """The function counts, also where the same cell ends in another use of its name."""
    again = f"{right['ewma']}\n\newma = ewma(np.array([1.0, 2.0]), beta=0.9)\nprint(ewma)"
    report = graded(exam, sandbox, tmp_path / "momentum.ipynb", right | {"ewma": again}, ())
    assert report.verdict is Verdict.CORRECT, report.notes


def test_progress_bars_stay_in_graded_functions(exam, sandbox, right, tmp_path) -> None:
    """tqdm only shows: an answer that loops over it is right."""
    name = next(name for name, text in right.items() if "enumerate(xs, start=1)" in text)
    shown = right[name].replace("enumerate(xs, start=1)", "enumerate(tqdm(xs), start=1)")
    answers = right | {name: f"from tqdm.notebook import tqdm\n{shown}"}
    report = graded(exam, sandbox, tmp_path / "momentum.ipynb", answers, ())
    assert report.verdict is Verdict.CORRECT, report.notes


def test_an_import_that_fails_is_told_with_its_line(exam, sandbox, right, tmp_path) -> None:
    """The rest of its cell runs, and the note says which line did not."""
    answers = right | {"ewma": f"import my_helpers, math\n{right['ewma']}"}
    report = graded(exam, sandbox, tmp_path / "momentum.ipynb", answers, ())
    assert report.verdict is Verdict.CORRECT
    assert any(note.startswith("The line import my_helpers (Module") for note in report.notes), report.notes


def test_a_mistake_in_an_f_string_is_no_newer_python(exam, sandbox, right, tmp_path) -> None:
    """A version is named only where the cell is right in that version."""
    broken = right | {"ewma": f"print(f'{{1 +}}')\n{right['ewma']}"}
    report = graded(exam, sandbox, tmp_path / "momentum.ipynb", broken, ())
    assert "SyntaxError" in report.notes[0] and "needs Python" not in report.notes[0]


def test_an_answer_above_its_stub_counts(exam, sandbox, right, tmp_path) -> None:
    """Its cell ran last in Jupyter, or the stub would have been met; the note says what was left out."""
    notebook = filled(exam.release, {name: text for name, text in right.items() if name != "ewma"})
    marks = [one["metadata"].get("nbgrader", {}).get("grade_id") for one in notebook["cells"]]
    notebook["cells"].insert(marks.index("ewma"), {**cell(right["ewma"]), "id": "own"})
    path = tmp_path / "momentum.ipynb"
    path.write_text(json.dumps(notebook), encoding="utf-8")
    report = grade(exam, read_submission(path, exam.release), sandbox, student="ada")
    assert report.verdict is Verdict.CORRECT and any("was left out" in note for note in report.notes)


def test_no_word_of_another_notebook(exam, sandbox, right, tmp_path) -> None:
    """The cache shared by submissions that answer alike holds no name from any of them."""
    told = {}
    for name in ("ewma_evil", "e_wma"):
        renamed = right | {"ewma": right["ewma"].replace("def ewma(", f"def {name}(")}
        result = of(graded(exam, sandbox, tmp_path / "momentum.ipynb", renamed, ()), "ewma")
        told[name] = " ".join(check.message for check in result.checks)
    assert "found ewma_evil" in told["ewma_evil"]
    assert "evil" not in told["e_wma"] and "found e_wma" in told["e_wma"]


def test_a_deleted_cell_is_told(exam, sandbox, right, tmp_path) -> None:
    """An exercise without a cell says so."""
    notebook = filled(exam.release, right)
    marks = [one["metadata"].get("nbgrader", {}).get("grade_id") for one in notebook["cells"]]
    del notebook["cells"][marks.index("ewma")]
    path = tmp_path / "momentum.ipynb"
    path.write_text(json.dumps(notebook), encoding="utf-8")
    result = of(grade(exam, read_submission(path, exam.release), sandbox, student="ada"), "ewma")
    assert result.verdict is Verdict.NOT_ATTEMPTED
    assert result.checks[0].message.startswith("The notebook has no cell for ewma any more.")


@pytest.mark.parametrize("name", ["momentum-Copy1.ipynb", "momentum (1).ipynb"])
def test_a_solved_copy_beside_an_untouched_notebook_is_no_zero(exam, right, tmp_path, name) -> None:
    """It is not graded, and the file that holds the answers is named; a fuller copy is noted."""
    path, solved = tmp_path / "momentum.ipynb", json.dumps(filled(exam.release, right))
    path.write_text(json.dumps(exam.release.notebook), encoding="utf-8")
    (tmp_path / name).write_text(solved, encoding="utf-8")
    problem = read_submission(path, exam.release).problem
    assert problem and f"{name} beside it answers {len(exam.release.exercises)} exercises" in problem
    some = {exercise.name: right[exercise.name] for exercise in exam.release.exercises[:2]}
    path.write_text(json.dumps(filled(exam.release, some)), encoding="utf-8")
    own = read_submission(path, exam.release)
    assert own.problem is None and any("this one 2; this one was graded" in note for note in own.notes)


def test_a_copy_that_answers_otherwise_is_named(exam, right, tmp_path) -> None:
    """The notebook of the right name is graded, and the other one is named; an equal copy needs no word."""
    path, copy = tmp_path / "momentum.ipynb", tmp_path / "momentum-Copy1.ipynb"
    path.write_text(json.dumps(filled(exam.release, right)), encoding="utf-8")
    copy.write_text(json.dumps(filled(exam.release, right)), encoding="utf-8")
    assert read_submission(path, exam.release).notes == ()
    other = right | {"ewma": right["ewma"].replace("0.0", "0")}
    copy.write_text(json.dumps(filled(exam.release, other)), encoding="utf-8")
    (note,) = read_submission(path, exam.release).notes
    assert note.startswith("momentum-Copy1.ipynb beside momentum.ipynb") and "in another way" in note
    path.write_text("{", encoding="utf-8")
    problem = read_submission(path, exam.release).problem
    assert problem and "not a notebook" in problem and "momentum-Copy1.ipynb beside it answers" in problem


# The structure in which programs save notebooks, by their documentation and by files in public repositories.
PROGRAMS: dict[str, dict[str, Any]] = {
    "JupyterLab": {"kernelspec": {"name": "python3"}, "language_info": {"version": "3.12.4"}},
    "VS Code": {
        "orig_nbformat": 4,
        "vscode": {"interpreter": {"hash": "0"}},
        "language_info": {"name": "python"},
    },
    "Colab": {"colab": {"provenance": [], "toc_visible": True}, "accelerator": "GPU"},
}


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize(
    "habits",
    [
        ("timed", "displayed"),
        ("Colab", "progress"),
        ("in every form", "awaited"),
        ("libraries", "waited for"),
    ],
)
def test_notebooks_as_programs_save_them(exam, sandbox, right, tmp_path, program, habits) -> None:
    """Twelve notebooks in the form of three programs, with such habits: full marks."""
    first, second = habits
    answers = right | {
        "ewma": f"{ABOVE[first]}\n{right['ewma']}",
        "newton_step": f"{ABOVE[second]}\n{right['newton_step']}",
    }
    notebook = filled(exam.release, answers) | {"metadata": PROGRAMS[program]}
    for place, one in enumerate(notebook["cells"]):
        if program == "Colab":
            one["metadata"] = (
                {"id": f"c{place}", "outputId": f"o{place}", "nbgrader": one["metadata"]["nbgrader"]}
                if ("nbgrader" in one["metadata"])
                else {"id": f"c{place}"}
            )
            one.pop("id", None)
        elif program == "VS Code":
            one["source"] = (
                one["source"].splitlines(keepends=True) if isinstance(one["source"], str) else one["source"]
            )
    notebook["cells"].append({**cell("ewma = ewma(np.array([1.0, 2.0]), beta=0.9)"), "id": "scratch"})
    path = tmp_path / "momentum.ipynb"
    path.write_text(json.dumps(notebook), encoding="utf-8")
    report = grade(exam, read_submission(path, exam.release), sandbox, student="ada")
    assert report.verdict is Verdict.CORRECT, report.notes
