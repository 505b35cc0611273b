"""A boxed program sees what it needs, harms nothing, and ends in time."""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from waiting import wait_until

from autograder.course.course import CourseError
from autograder.sandbox import bwrap as box
from autograder.sandbox.bwrap import boxed

ROOT = Path(__file__).parents[2]


def in_a_box(source: str, folder: Path, wall_seconds: float = 30.0) -> subprocess.CompletedProcess:
    if shutil.which("bwrap") is None:
        pytest.fail("bubblewrap is not installed (apt install bubblewrap)")
    command = [sys.executable, "-c", source]
    return boxed(
        command, shown=[folder], writable=[Path("/class")], environment={}, wall_seconds=wall_seconds
    )


@pytest.fixture
def shown(tmp_path: Path) -> Path:
    (tmp_path / "note").write_text("a note", encoding="utf-8")
    tmp_path.chmod(0o755)  # somebody else reads it
    return tmp_path


def test_a_box_has_what_it_needs_and_nothing_to_harm(shown: Path) -> None:
    """It reads what is shown, writes into its own folders, and nowhere else; nobody is root."""
    place = shown / "new"
    source = f"""
import os, socket
print(open({str(shown / "note")!r}).read())
open("/class/x", "w").close(), open("/tmp/x", "w").close()
for path in ({str(place)!r}, "/etc/x", "/usr/x", os.__file__, "/var/x"):
    try:
        open(path, "ab").close()
        print("wrote", path)
    except OSError:
        pass
print(os.getuid() != 0, os.path.exists({str(ROOT / "solutions")!r}), os.path.exists("/home"))
print(set(os.environ) - {{"PWD", "LC_CTYPE"}})
"""
    done = in_a_box(source, shown)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["a note", "True False False", "set()"]
    assert not place.exists()


def test_a_box_has_a_network_and_processes_of_its_own(shown: Path) -> None:
    """It talks to itself, hears nobody of this machine, and can end nobody."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        source = f"""
import os, socket
own = socket.create_server(("127.0.0.1", 0))
socket.create_connection(own.getsockname()).close()
try:
    socket.create_connection(("127.0.0.1", {listener.getsockname()[1]}), 2)
    print("reached")
except OSError:
    print("alone")
print(len([name for name in os.listdir("/proc") if name.isdigit()]) < 6)
"""
        done = in_a_box(source, shown)
    assert done.stdout.split() == ["alone", "True"], done.stderr


def test_a_box_ends_in_time_with_all_that_is_in_it(shown: Path) -> None:
    """A program that left another one behind is stopped with it."""
    start = "subprocess.Popen(['sleep', '7654321'], start_new_session=True)"
    source = f"import subprocess, time\n{start}\ntime.sleep(600)"
    with pytest.raises(subprocess.TimeoutExpired):
        in_a_box(source, shown, wall_seconds=2.0)
    wait_until(lambda: not running("7654321"))


def running(word: str) -> list[Path]:
    """The processes whose command line holds ``word``."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            found += [path] if word.encode() in path.read_bytes() else []
    return found


def test_without_bubblewrap_nothing_is_attacked(shown: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The attacks have their way with nbgrader: there is no other place for them."""
    monkeypatch.setattr(box.shutil, "which", lambda name: None)
    with pytest.raises(CourseError, match="in bubblewrap or not at all"):
        boxed(["true"], shown=[], writable=[], environment={}, wall_seconds=1.0)
