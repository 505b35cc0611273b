"""tools.digits: the notebooks' data is scikit-learn's, needs NumPy alone, and lies where they look."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import nbformat
import numpy as np
import pytest
from sklearn.datasets import load_digits

from autograder.authoring.build import complete_notebook
from autograder.course.cells import given_cells
from autograder.course.course import Course
from autograder.course.release import CHALLENGE, EXPERIMENTS, PICTURE
from autograder.submissions.submission import read_submission
from tools.digits import write_digits

ROOT = Path(__file__).parents[2]
COURSE = Course(ROOT)
COUNTED = ["backprop", "adaptive", "capstone"]  # they train on the digits; the others draw them only
READERS = [slug for slug in COURSE.slugs if "digits.npz" in COURSE.text(slug).read_text(encoding="utf-8")]


def reading_cells(slug: str) -> dict[int, nbformat.NotebookNode]:
    """The code cells of an assignment that read the digits, by their places."""
    cells = enumerate(complete_notebook(COURSE, slug).cells)
    return {place: cell for place, cell in cells if cell.cell_type == "code" and "digits.npz" in cell.source}


def grade_id(cell: nbformat.NotebookNode) -> str:
    return cell.metadata.get("nbgrader", {}).get("grade_id", "")


def drawn_from_them(slug: str) -> list[str]:
    """The pictures of an assignment that are drawn from the digits."""
    return [cell.source for cell in reading_cells(slug).values() if grade_id(cell).startswith(PICTURE)]


def reading_cell(slug: str) -> str:
    """The source of the one code cell of an assignment that reads the digits and is no picture."""
    (found,) = (
        cell.source
        for cell in reading_cells(slug).values()
        if not grade_id(cell).startswith((PICTURE, CHALLENGE))
    )
    return found


def statements(source: str, first: str, last: str) -> str:
    """The top-level statements from the one that holds ``first`` to the one that holds ``last``."""
    parts = [ast.get_source_segment(source, node) or "" for node in ast.parse(source).body]
    start = next(number for number, part in enumerate(parts) if first in part)
    stop = next(number for number, part in enumerate(parts) if last in part)
    return "\n".join(parts[start : stop + 1])


def test_the_digits_are_scikit_learns(tmp_path: Path) -> None:
    """Every pixel and label survives; no pickle is needed; the file is small."""
    path = tmp_path / "digits.npz"
    write_digits(path)
    images, labels = load_digits(return_X_y=True)
    with np.load(path, allow_pickle=False) as found:
        assert sorted(found) == ["images", "labels"]
        assert np.array_equal(found["images"], images) and np.array_equal(found["labels"], labels)
        assert (found["images"].dtype, found["labels"].dtype) == (np.uint8, np.int64)
    assert path.stat().st_size < 60_000


def test_the_same_bytes_every_time(tmp_path: Path) -> None:
    """No time stamp and no file name gets in, so that the bundle is not written anew."""
    for name in ("a.npz", "b"):
        write_digits(tmp_path / name)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b").read_bytes()


def test_every_assignment_reads_them_early() -> None:
    """A picture of one of the first three exercises is drawn from them; the lists above see it."""
    assert list(COURSE.slugs) == READERS
    for slug in READERS[:-1]:
        shown = {grade_id(cell).removeprefix(PICTURE) for cell in reading_cells(slug).values()}
        assert shown & set(COURSE.release(slug).names[:3]), slug


@pytest.mark.parametrize("slug", COUNTED)
def test_a_missing_file_is_one_sentence(slug: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the file the cell says where to get it, and nothing else fails first."""
    source = statements(reading_cell(slug), 'Path("digits.npz")', "np.load")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(
        AssertionError, match=r"^digits\.npz is not beside this notebook: download it [^.]+\.$"
    ):
        exec(source, {"np": np, "Path": Path})
    write_digits(tmp_path / "digits.npz")
    space = {"np": np, "Path": Path}
    exec(source, space)
    assert space["images"].shape == (1797, 64) and space["labels"].shape == (1797,)


@pytest.mark.parametrize("slug", READERS[:-1])
def test_in_place_of_a_picture_the_same_sentence_stands(
    slug: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without the file nothing is raised, and the student's function is not blamed."""
    monkeypatch.chdir(tmp_path)
    space = {"__name__": "notebook"}
    exec((ROOT / "assignments" / "drawing.py").read_text(encoding="utf-8"), space)
    for source in drawn_from_them(slug):
        exec(source, space)
        assert re.fullmatch(
            r"No picture yet: digits\.npz is not beside this notebook: download it [^.]+\.\n",
            capsys.readouterr().out,
        )


@pytest.mark.parametrize("slug", READERS)
def test_the_chapter_offers_the_file(slug: str) -> None:
    """The sentence sends students to the chapter's end, where the notebook is offered."""
    chapter = COURSE.chapter(slug).read_text(encoding="utf-8")
    (line,) = (line for line in chapter.splitlines() if f"assignments/{slug}/{slug}.ipynb" in line)
    assert f"{{download}}`digits.npz <../assignments/{slug}/digits.npz>`" in line


@pytest.mark.parametrize("slug", READERS)
def test_grading_reads_no_file(slug: str) -> None:
    """A visible check, a picture or a cell below the experiments' line reads it: none runs in a worker."""
    cells = complete_notebook(COURSE, slug).cells
    line = next((n for n, cell in enumerate(cells) if grade_id(cell) == EXPERIMENTS), len(cells))
    for place, cell in reading_cells(slug).items():
        mark = cell.metadata.get("nbgrader", {})
        assert mark.get("grade") or grade_id(cell).startswith((PICTURE, CHALLENGE)) or place > line
    release = COURSE.release(slug)
    submission = read_submission(COURSE.released(slug), release)
    assert submission.sources and submission.problem is None
    assert not any("digits.npz" in source for source in (*given_cells(release), *submission.sources))


def test_the_capstones_split_is_stratified(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Other writers are held out by rows; of the rest a third of each class; every digit is in one part."""
    write_digits(tmp_path / "digits.npz")
    monkeypatch.chdir(tmp_path)
    space = {"np": np, "Path": Path}
    exec(statements(reading_cell("capstone"), 'Path("digits.npz")', "X_test, y_test"), space)
    parts = [(space[f"X{name}"], space[f"y{name}"]) for name in ("", "_test", "_new")]
    assert [(X.shape, y.shape) for X, y in parts] == [((n, 64), (n,)) for n in (771, 386, 640)]
    shares = np.bincount(parts[1][1]) - np.bincount(space["labels"][:1157]) / 3
    assert np.abs(shares).max() < 1
    everything = np.concatenate([np.column_stack(part) for part in parts])
    all_rows = np.column_stack([space["images"] / 16, space["labels"]])
    assert sorted(map(tuple, everything)) == sorted(map(tuple, all_rows))
    assert np.array_equal(space["X_new"], space["images"][1157:] / 16)
    held = space["order"][space["held_out"]]
    assert abs(np.median(held) / 1157 - 0.5) < 0.05  # as many of the last writers as of the first
