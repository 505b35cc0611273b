"""A course with a class that handed in, nbgrader's own commands and its server, for the tests of both."""

from __future__ import annotations

import copy
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import toy

from autograder.course.course import Course

IN_TIME, LATE = "2026-11-01 12:00:00 UTC", "2026-11-20 23:00:00 UTC"  # due at 22:59:00 UTC
TOKEN = "only-for-this-test"


@dataclass(frozen=True)
class Room:
    """A course with a class that handed in, and a home of its own."""

    course: Course
    home: Path

    @property
    def term(self) -> Path:
        return self.course.root / "term"

    @property
    def environment(self) -> dict[str, str]:
        """No alembic on PATH: the gradebook must come into being without it."""
        kept = {name: os.environ[name] for name in ("LANG", "LC_ALL") if name in os.environ}
        return {**kept, "HOME": str(self.home), "PATH": "/usr/bin:/bin"}

    def nbgrader(self, *arguments: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            [sys.executable, "-m", "nbgrader", *arguments],
            cwd=self.course.root,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
        )

    def hand_in(self, student: str, notebook: dict | str, timestamp: str | None = IN_TIME) -> None:
        folder = self.term / "submitted" / student / toy.SLUG
        folder.mkdir(parents=True)
        text = notebook if isinstance(notebook, str) else json.dumps(notebook)
        (folder / f"{toy.SLUG}.ipynb").write_text(text, encoding="utf-8")
        if timestamp is not None:
            (folder / "timestamp.txt").write_text(timestamp, encoding="utf-8")


def swapped(notebook: dict, old: str, new: str) -> dict:
    """The notebook with ``old`` replaced in the source of its code cells, where it occurs once."""
    found = copy.deepcopy(notebook)
    hits = 0
    for cell in found["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "code" and old in source:
            cell["source"], hits = source.replace(old, new), hits + 1
    assert hits == 1
    return found


@dataclass(frozen=True)
class Server:
    """A Jupyter server with formgrader on this machine."""

    address: str

    def ask(self, path: str, data: dict | None = None, method: str | None = None) -> str:
        body = None if data is None else json.dumps(data).encode()
        request = urllib.request.Request(
            f"{self.address}{path}", body, {"Authorization": f"token {TOKEN}"}, method=method
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.read().decode()

    def json(self, path: str, data: dict | None = None, method: str | None = None):
        return json.loads(self.ask(f"/formgrader/api{path}", data, method))


@contextmanager
def serve(room: Room) -> Iterator[Server]:
    """A server in the room's course: ready once it answers, within a minute, and gone at the end."""
    port = free_port()
    command = ["jupyter_server", "--no-browser", "--allow-root", "--ServerApp.ip=127.0.0.1"]
    command += [f"--ServerApp.port={port}", "--ServerApp.port_retries=0", f"--IdentityProvider.token={TOKEN}"]
    with answering(command, port, room.course.root, room.environment, room.home / "server.log"):
        yield Server(f"http://127.0.0.1:{port}")


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@contextmanager
def answering(
    command: list[str], port: int, folder: Path, environment: dict[str, str], log: Path, seconds: float = 60
) -> Iterator[None]:
    """The server of Python's module ``command``, from when its port listens; gone at the end."""
    with open(log, "w") as said:
        process = subprocess.Popen([sys.executable, "-m", *command], cwd=folder, env=environment, stderr=said)
    try:
        deadline = time.monotonic() + seconds
        while not listens(port):
            try:
                process.wait(timeout=0.1)  # the pause between two tries; a server that ended is a failure
            except subprocess.TimeoutExpired:
                assert time.monotonic() < deadline, log.read_text()
            else:
                pytest.fail(f"{command[0]} ended: {log.read_text()}")
        yield
    finally:
        process.kill()
        process.wait()


def listens(port: int) -> bool:
    with socket.socket() as attempt:
        return attempt.connect_ex(("127.0.0.1", port)) == 0
