"""Reading what was handed in: any damage is survived, what can be read is used, the rest is said."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from autograder.course.cells import filled
from autograder.course.course import Course
from autograder.course.release import Release
from autograder.submissions.submission import MAX_CELLS, MAX_CODE_CHARS, Submission, read_submission

STEP = "def heavy_step(params, grads, state, *, lr, momentum=0.9):\n    return params, state"
FIT = "def fit_line(params, X, y, *, lr, n_steps):\n    return params, []"


@pytest.fixture(scope="session")
def toy(released_toy: Course) -> Release:
    return released_toy.release("toy")


@pytest.fixture
def hand_in(toy: Release, tmp_path: Path) -> Callable[[Any], Submission]:
    """Write a notebook, text or bytes to a file and read it as a submission."""

    def read(content: Any) -> Submission:
        path = tmp_path / "toy.ipynb"
        text = content if isinstance(content, str | bytes) else json.dumps(content)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_submission(path, toy)

    return read


def answered(release: Release) -> dict:
    return filled(release, {"heavy_step": STEP, "fit_line": FIT})


def cell(source: Any, **metadata: Any) -> dict:
    return {"cell_type": "code", "metadata": metadata, "outputs": [], "source": source}


def by_id(notebook: dict, grade_id: str) -> dict:
    return next(c for c in notebook["cells"] if c["metadata"].get("nbgrader", {}).get("grade_id") == grade_id)


def test_an_ordinary_notebook(toy: Release, hand_in: Callable) -> None:
    """The answers, and every code cell of the student's in order; setup and check cells are the release's."""
    found = hand_in(answered(toy))
    assert found.answers == {"heavy_step": STEP, "fit_line": FIT}
    assert found.sources == (STEP, "heavy = 0.9", FIT)
    assert (found.notes, found.problem, found.timestamp) == ((), None, None)


def test_the_timestamp_lies_beside_the_file(toy: Release, hand_in: Callable, tmp_path: Path) -> None:
    """nbgrader's timestamp.txt is read as text, whatever bytes it holds."""
    (tmp_path / "timestamp.txt").write_bytes(b"2026-11-20 12:00 UTC\xff\n")
    assert hand_in(answered(toy)).timestamp == "2026-11-20 12:00 UTC\ufffd"


def test_a_byte_order_mark_is_no_damage(toy: Release, hand_in: Callable) -> None:
    """An editor on Windows may have saved the file."""
    assert hand_in(b"\xef\xbb\xbf" + json.dumps(answered(toy)).encode()).answers["fit_line"] == FIT


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "The file is empty"),
        (b"  \n", "The file is empty"),
        (b"\x00" * 64, "not a notebook: it breaks off or is damaged"),
        (b"\xff\xfe{\x00}\x00", "The file is not UTF-8 text"),
        (b'{"cells": [{"cell_type": "code", "sour', "it breaks off or is damaged (line 1)"),
        (b"<html>Log in first</html>", "not a notebook"),
        (b"[" * 100_000, "not a notebook"),
        (b'{"worksheets": []}', "JSON but not a notebook of format 4"),
        (b'{"cells": {}}', "JSON but not a notebook of format 4"),
        (b"[]", "JSON but not a notebook of format 4"),
        (b"null", "JSON but not a notebook of format 4"),
        (b'{"cells": []}', "The notebook holds no code cell"),
        (b'{"cells": [1, null, {"cell_type": "code"}, {"cell_type": "code", "source": 3}]}', "no code cell"),
    ],
)
def test_what_cannot_be_read_has_a_sentence(hand_in: Callable, content: bytes, says: str) -> None:
    """Each kind of damage is told with what to do, and nothing is graded."""
    found = hand_in(content)
    assert says in found.problem and found.problem.endswith(".")
    assert (found.sources, found.answers) == ((), {})


def test_a_missing_file_and_a_folder_have_a_sentence(toy: Release, tmp_path: Path) -> None:
    """A hand-in without its notebook is not graded, and not an error of ours."""
    assert "could not be opened (No such file" in read_submission(tmp_path / "no.ipynb", toy).problem
    (tmp_path / "toy.ipynb").mkdir()
    assert "could not be opened (Is a directory" in read_submission(tmp_path / "toy.ipynb", toy).problem


def test_a_file_beyond_all_measure_is_not_read(toy: Release, tmp_path: Path) -> None:
    """The size is looked at first."""
    path = tmp_path / "toy.ipynb"
    with open(path, "wb") as file:
        file.truncate(300 * 2**20)
    assert "The file has 300 MB, the limit is 128" in read_submission(path, toy).problem


def test_any_cut_of_a_file_is_read_or_has_a_sentence(toy: Release, hand_in: Callable) -> None:
    """Cut at any byte, a notebook gives a problem and never an exception."""
    whole = json.dumps(answered(toy)).encode()
    for end in range(0, len(whole), 97):
        assert hand_in(whole[:end]).problem


@pytest.mark.parametrize("end", [b"", b"\n \n"])
def test_white_space_at_the_end_is_no_damage(toy: Release, hand_in: Callable, end: bytes) -> None:
    """A trailing newline or none: both are whole files."""
    assert hand_in(json.dumps(answered(toy)).encode() + end).problem is None


def test_a_cell_that_was_deleted_is_no_answer(toy: Release, hand_in: Callable) -> None:
    """The other exercise is read as ever."""
    notebook = answered(toy)
    notebook["cells"].remove(by_id(notebook, "heavy_step"))
    found = hand_in(notebook)
    assert found.answers == {"fit_line": FIT} and found.problem is None


def test_a_source_may_be_a_list_of_lines(toy: Release, hand_in: Callable) -> None:
    """Jupyter writes lists, other tools strings."""
    notebook = answered(toy)
    by_id(notebook, "fit_line")["source"] = FIT.splitlines(keepends=True)
    assert hand_in(notebook).answers["fit_line"] == FIT


def test_magics_are_left_out_and_said(toy: Release, hand_in: Callable) -> None:
    """Jupyter's own lines do not cost the cell, and the student is told."""
    notebook = answered(toy)
    by_id(notebook, "fit_line")["source"] = "%timeit 1\n" + FIT
    notebook["cells"].append(cell("!pip install torch\nx = 1"))
    found = hand_in(notebook)
    assert found.sources[-2:] == ("\n" + FIT, "\nx = 1")
    assert [note for note in found.notes if "'%timeit 1'" in note or "'!pip install torch'" in note] == list(
        found.notes
    )


def test_an_answer_twice_is_said_and_the_later_counts(toy: Release, hand_in: Callable) -> None:
    """A duplicated cell stops nothing: both run, in order."""
    notebook = answered(toy)
    twin = json.loads(json.dumps(by_id(notebook, "fit_line")))
    twin["source"] = FIT + "  # second"
    notebook["cells"].append(twin)
    found = hand_in(notebook)
    assert found.answers["fit_line"].endswith("# second") and len(found.sources) == 4
    assert found.notes == ("There are two cells for fit_line; both ran, the later definition counts.",)


def test_stripped_metadata_is_survived(toy: Release, hand_in: Callable) -> None:
    """Without any grade id, answers are known by what they define and given cells by their text."""
    notebook = answered(toy)
    for item in notebook["cells"]:
        item["metadata"] = {}
    found = hand_in(notebook)
    assert found.answers == {"heavy_step": STEP, "fit_line": FIT}
    assert found.sources == (STEP, "heavy = 0.9", FIT)


@pytest.mark.parametrize("metadata", [None, [], "x", {"nbgrader": None}, {"nbgrader": {"grade_id": 7}}])
def test_metadata_of_any_kind_is_survived(toy: Release, hand_in: Callable, metadata: Any) -> None:
    """What should be a dict and is not stands for nothing."""
    notebook = answered(toy)
    for item in notebook["cells"]:
        item["metadata"] = metadata
    assert hand_in(notebook).answers == {"heavy_step": STEP, "fit_line": FIT}


def test_check_and_setup_cells_never_come_from_the_student(toy: Release, hand_in: Callable) -> None:
    """Whatever a student wrote into a locked cell, it is not run; a copy of a given cell is not either."""
    notebook = answered(toy)
    by_id(notebook, "check_fit_line")["source"] = "hacked = 1"
    by_id(notebook, "setup_1")["source"] = "import numpy as np\nnp.mean = None"
    given = "".join(by_id(toy.notebook, "setup_1")["source"])
    notebook["cells"].append(cell(given.replace("import numpy", "import  numpy") + "\n"))
    found = hand_in(notebook)
    assert found.sources == (STEP, "heavy = 0.9", FIT)
    (said,) = found.notes  # one sentence for all
    assert said.startswith("The cells setup_1, check_fit_line are given and were used as released")


def test_inserted_cells_count_where_they_stand(toy: Release, hand_in: Callable) -> None:
    """Helpers in new cells run in the notebook's order."""
    notebook = answered(toy)
    notebook["cells"].insert(0, cell("def helper():\n    return 1"))
    found = hand_in(notebook)
    assert found.sources[0].startswith("def helper") and len(found.sources) == 4


def test_markdown_and_raw_cells_do_not_run(toy: Release, hand_in: Callable) -> None:
    """Only code cells are code."""
    notebook = answered(toy)
    notebook["cells"] += [{**cell("x = 1"), "cell_type": kind} for kind in ("markdown", "raw", None)]
    assert len(hand_in(notebook).sources) == 3


def test_filling_keeps_the_release_as_it_is(toy: Release, hand_in: Callable) -> None:
    """A filled notebook is a copy; an inserted cell comes just before its exercise."""
    before = json.dumps(toy.notebook)
    notebook = filled(toy, {"fit_line": FIT}, inserted={"fit_line": "helper = 1"})
    assert json.dumps(toy.notebook) == before
    assert hand_in(notebook).sources[-2:] == ("helper = 1", FIT)
    assert hand_in(notebook).answers["heavy_step"] == toy.exercises[0].stub


def test_a_notebook_of_many_thousand_cells_is_cut(toy: Release, hand_in: Callable) -> None:
    """So many cells are nobody's work: the first are read, and the rest is said to be left out."""
    notebook = answered(toy)
    notebook["cells"] += [cell(f"x = {number}") for number in range(30_000)]
    found = hand_in(notebook)
    assert len(found.sources) < MAX_CELLS and set(found.answers) == set(toy.names)
    assert any("those after the first 2000 were left out" in note for note in found.notes)


def test_a_notebook_of_a_million_characters_of_code_is_cut(toy: Release, hand_in: Callable) -> None:
    """Each cell is small, all together are not: what comes first is read, the rest is said to be left out."""
    notebook = answered(toy)
    notebook["cells"] += [cell("x = 1\n" * 20_000) for _ in range(20)]
    found = hand_in(notebook)
    assert sum(map(len, found.sources)) <= MAX_CODE_CHARS and set(found.answers) == set(toy.names)
    assert any("1 million characters of code" in note for note in found.notes)


def test_long_texts_beside_the_code_cost_nothing(toy: Release, hand_in: Callable) -> None:
    """A picture pasted into prose is neither code nor cut."""
    notebook = answered(toy)
    picture = {
        "cell_type": "markdown",
        "metadata": {},
        "source": "![](data:image/png;base64," + "A" * 200_000,
    }
    notebook["cells"][1:1] = [picture] * 10
    found = hand_in(notebook)
    assert set(found.answers) == set(toy.names) and not found.notes


def test_other_points_in_a_check_are_no_change(toy: Release, hand_in: Callable) -> None:
    """The settings changed an exercise's points after students had their notebook."""
    notebook = answered(toy)
    check = by_id(notebook, "check_fit_line")
    source = "".join(check["source"])
    assert source.startswith("# Check of fit_line: 2.5 points\n")
    check["source"] = source.replace("2.5 points", "1 point", 1)
    assert hand_in(notebook).notes == ()
