"""Files are written whole or not at all, whatever happens to the writer."""

import os
import subprocess
import sys

import pytest

from autograder.files import file_name, write_if_new, write_whole


def test_a_failed_write_leaves_the_old_file_and_no_rubbish(tmp_path, monkeypatch):
    """When the disk is full at the last moment, the old content still stands."""
    path = tmp_path / "file"
    write_whole(path, b"old")

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_whole(path, b"new")
    assert path.read_bytes() == b"old" and list(tmp_path.iterdir()) == [path]


def test_what_can_be_made_again_is_written_once(tmp_path):
    """A file that has the content already keeps its time; another content replaces it."""
    path = tmp_path / "file"
    write_if_new(path, b"page")
    os.utime(path, (1, 1))
    write_if_new(path, b"page")
    assert path.stat().st_mtime == 1
    write_if_new(path, b"other")
    assert path.read_bytes() == b"other"


def test_any_students_name_gives_a_file_of_its_own(tmp_path):
    """Names that are paths, too long or nearly alike never share a file."""
    names = ["../eve", "%2E", "a/b", "a%2Fb", "\0", "x" * 300, "x" * 301, "名" * 120]
    found = {file_name(name) for name in names}
    assert len(found) == len(names)
    for name in found:
        (tmp_path / name).write_bytes(b"")
    assert len(list(tmp_path.iterdir())) == len(names)


def test_a_writer_killed_at_any_moment_leaves_a_whole_file(tmp_path):
    """A process that rewrites one file for ever is killed 20 times; the file is whole every time."""
    path = tmp_path / "file"
    write_whole(path, b"0" * 100_000)
    code = (
        "import sys; from pathlib import Path; from autograder.files import write_whole\n"
        "print(flush=True)\n"
        "while True:\n"
        "    for digit in b'123': write_whole(Path(sys.argv[1]), bytes([digit]) * 100_000)\n"
    )
    for _ in range(20):
        writer = subprocess.Popen([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE)
        with writer:
            writer.stdout.readline()
            writer.kill()
        content = path.read_bytes()
        assert len(content) == 100_000 and len(set(content)) == 1
