"""Files are read once, and only ordinary ones: no links, no devices, nothing beyond the limit."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from autograder.submissions import notebook_file
from autograder.submissions.notebook_file import Unreadable, content_of, read_handed, similar_name


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A student's file, in its folders."""
    found = tmp_path / "submitted" / "ada" / "toy" / "toy.ipynb"
    found.parent.mkdir(parents=True)
    found.write_bytes(b"{}")
    return found


def test_an_ordinary_file_is_read(path: Path) -> None:
    """Its bytes, also by a relative path."""
    assert content_of(path, 2) == b"{}"
    assert content_of(Path(os.path.relpath(path)), 2) == b"{}"


@pytest.mark.parametrize("level", [0, 1, 2])
def test_a_link_at_any_level_is_refused(path: Path, level: int) -> None:
    """The file, the assignment's folder and the student's folder; a link to one's own file as well."""
    linked = [path, *path.parents][level]
    linked.rename(linked.with_name("elsewhere"))
    linked.symlink_to("elsewhere")
    with pytest.raises(Unreadable, match="is a link"):
        content_of(path, 100)


def test_a_link_above_the_students_is_the_instructors_own(path: Path, tmp_path: Path) -> None:
    """The folder ``submitted`` may lie anywhere."""
    (tmp_path / "submitted").rename(tmp_path / "disk")
    (tmp_path / "submitted").symlink_to(tmp_path / "disk")
    assert content_of(path, 2) == b"{}"


@pytest.mark.parametrize("target", ["/proc/kmsg", "/dev/zero", "/dev/stdin"])
def test_a_link_to_a_device_takes_no_time(path: Path, target: str) -> None:
    """Nothing is opened that could wait for something."""
    path.unlink()
    path.symlink_to(target)
    start = time.monotonic()
    assert "is a link" in read_handed(path).problem
    assert time.monotonic() - start < 20


def test_a_pipe_is_not_waited_for(path: Path) -> None:
    """Nobody writes into it."""
    path.unlink()
    os.mkfifo(path)
    assert "no ordinary file" in read_handed(path).problem


def test_the_size_is_looked_at_first(path: Path) -> None:
    """A terabyte that is a hole."""
    os.truncate(path, 2**40)
    start = time.monotonic()
    assert "has 1048576 MB, the limit is 128" in read_handed(path).problem
    assert time.monotonic() - start < 20


def test_a_file_that_grows_while_it_is_read_is_cut_off(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No more than the limit is taken into memory, whatever was said of its size."""
    path.write_bytes(b"x" * 1000)
    monkeypatch.setattr(notebook_file, "_refuse_kind", lambda status, limit: None)
    with pytest.raises(Unreadable, match="the limit is"):
        content_of(path, 10)


def test_what_is_hashed_is_all_that_is_used(path: Path) -> None:
    """The bytes, a sentence in their place, and the other notebooks in the folder, each told apart."""
    found = {read_handed(path).digest}
    path.write_bytes(b"[]")
    found.add(read_handed(path).digest)
    (path.parent / "copy.ipynb").write_bytes(b"{}")
    found.add(read_handed(path).digest)
    (path.parent / "copy.ipynb").rename(path.parent / "copy2.ipynb")
    found.add(read_handed(path).digest)
    path.unlink()
    found.add(read_handed(path).digest)
    assert len(found) == 5


def test_a_hundred_thousand_names_take_no_time() -> None:
    """All are nearly right; some are megabytes long."""
    names = [f"heavy_st{number:05}" for number in range(100_000)] + ["heavy_step" * 200_000] * 100
    start = time.process_time()
    assert similar_name("heavy_step", names).startswith("heavy_st")
    assert similar_name("heavy_step", ["other", "heavy_steps"]) == "heavy_steps"
    assert not similar_name("heavy_step", ["other"])
    assert time.process_time() - start < 1
