"""tools.digits: the notebooks' data is scikit-learn's, needs NumPy alone, and lies where they look."""

from __future__ import annotations

import ast
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_digits

from autograder.authoring.build import complete_notebook
from autograder.course.course import Course
from autograder.course.release import EXPERIMENTS
from tools.digits import write_digits

ROOT = Path(__file__).parents[2]
COURSE = Course(ROOT)
READERS = [slug for slug in COURSE.slugs if "digits.npz" in COURSE.text(slug).read_text(encoding="utf-8")]


def reading_cell(slug: str) -> str:
    """The source of the one code cell of an assignment that reads the digits."""
    cells = [cell.source for cell in complete_notebook(COURSE, slug).cells if cell.cell_type == "code"]
    (found,) = (source for source in cells if "digits.npz" in source)
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


def test_three_assignments_read_them() -> None:
    """The list above sees the assignments: it is not empty by a slip in the pattern."""
    assert READERS == ["backprop", "adaptive", "capstone"]


@pytest.mark.parametrize("slug", READERS)
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


@pytest.mark.parametrize("slug", READERS)
def test_the_chapter_offers_the_file(slug: str) -> None:
    """The sentence sends students to the chapter's end, where the notebook is offered."""
    chapter = COURSE.chapter(slug).read_text(encoding="utf-8")
    (line,) = (line for line in chapter.splitlines() if f"assignments/{slug}/{slug}.ipynb" in line)
    assert f"{{download}}`digits.npz <../assignments/{slug}/digits.npz>`" in line


@pytest.mark.parametrize("slug", READERS)
def test_grading_reads_no_file(slug: str) -> None:
    """The file is read by a visible check or below the experiments' line, and neither runs in a worker."""
    cells = complete_notebook(COURSE, slug).cells
    marks = [cell.metadata.get("nbgrader", {}) for cell in cells]
    (place,) = (n for n, cell in enumerate(cells) if cell.cell_type == "code" and "digits.npz" in cell.source)
    line = next((n for n, mark in enumerate(marks) if mark.get("grade_id") == EXPERIMENTS), len(cells))
    assert marks[place].get("grade") or place > line


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
