"""The folder of an attack run: a class of attacks and two honest neighbours, and the traces to look for."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import secrets
import signal
import socket
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from autograder.attacks.cases import Attack, hand_in, read_attack
from autograder.attacks.target import SLUG
from autograder.course.course import Course
from autograder.course.release import Release

MAX_HASHED_BYTES = 2**26  # some attacks hand in files of any size
FULL, SECRET = 7.0, "read a secret"
NEIGHBOURS = ("aaa-honest", "zzz-honest")
HONEST = "tries: nothing\nverdict: correct\nscore: 7\nsolves: heavy_step fit_line slope\n"
SHARED_FOLDERS = tuple(map(Path, ("/tmp", "/var/tmp", "/dev/shm", "/etc/cron.d")))
# Markup that runs, and characters that control a terminal or reverse the reading direction.
MARKUP = re.compile(r"<script\b[^>]*>[^<]{0,9}injected|<(img|svg|iframe)\b[^>]*injected")
MARK = re.compile(r"mark-(\w+)-end")
CONTROL = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\U000e0000-\U000e007f]"
)


def marked() -> frozenset[Path]:
    """The files of attacks in the folders that every user shares."""
    return frozenset(path for folder in SHARED_FOLDERS for path in folder.glob("*mark-*-end*"))


@dataclass(frozen=True)
class Arena:
    """The folder of one run; ``canary`` is a word in every text that no submission may read.

    ``there`` are files that a run which was killed, perhaps another user's, has left.
    """

    folder: Path
    canary: str = field(default_factory=lambda: f"canary-{secrets.token_hex(8)}")
    slug: str = SLUG
    there: frozenset[Path] = field(default_factory=marked)

    @property
    def course(self) -> Path:
        return self.folder / "course"

    @property
    def term(self) -> Path:
        return self.folder / "term"

    @property
    def home(self) -> Path:
        return self.folder / "home"

    def notebook(self, student: str) -> Path:
        return self.term / "submitted" / student / self.slug / f"{self.slug}.ipynb"

    def hand_in(self, attacks: Iterable[Attack], release: Release, port: int) -> None:
        """Write the submissions of the attacks and of their neighbours, whose comments hold the canary."""
        self.home.mkdir(parents=True, exist_ok=True)
        solution = Course(self.course).solution(SLUG).read_text(encoding="utf-8")
        honest = [read_attack(name, f"{HONEST}\n--- last\n# {self.canary}\n") for name in NEIGHBOURS]
        for attack in (*honest, *attacks):
            places = {
                "COURSE": str(self.course),
                "TERM": str(self.term),
                "HOME": str(self.home),
                "PORT": str(port),
                "PID": str(os.getpid()),
                "NAME": attack.name,
                "MARK": mark(attack.name),
            }
            hand_in(attack, release, solution, self.notebook(attack.name), places)


def mark(name: str) -> str:
    """The word that identifies traces of an attack."""
    return f"mark-{name}-end"


class Listener:
    """Listens on this machine by TCP, UDP and an abstract Unix socket; the kernel queues the messages."""

    def __init__(self) -> None:
        self._messages: list[bytes] = []
        tcp = socket.create_server(("127.0.0.1", 0), backlog=4096)
        self.port = tcp.getsockname()[1]
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        udp.bind(("127.0.0.1", self.port))
        unix = socket.socket(socket.AF_UNIX)
        unix.bind(f"\0canary-socket-{self.port}")
        unix.listen(4096)
        self._sockets = (tcp, udp, unix)
        for endpoint in self._sockets:
            endpoint.setblocking(False)

    def received(self) -> str:
        """All messages so far, a line each."""
        for endpoint in self._sockets:
            with contextlib.suppress(BlockingIOError):
                while True:
                    self._messages.append(_message(endpoint))
        return b"\n".join(self._messages).decode("utf-8", "replace")

    def __enter__(self) -> Listener:
        return self

    def __exit__(self, *_: object) -> None:
        for endpoint in self._sockets:
            endpoint.close()


def _message(endpoint: socket.socket) -> bytes:
    if endpoint.type == socket.SOCK_DGRAM:
        return endpoint.recv(4096)
    caller, _ = endpoint.accept()
    with caller:
        caller.setblocking(False)
        try:
            return b"a call: " + caller.recv(4096)
        except OSError:  # no message, or the connection is closed already
            return b"a call"


def fingerprints(*folders: Path) -> dict[Path, str]:
    """Every regular file below the folders, with a hash of its content."""
    found = {}
    for folder in folders:
        for path in folder.rglob("*"):
            if path.is_file() and not path.is_symlink():
                size = path.stat().st_size
                whole = size <= MAX_HASHED_BYTES
                found[path] = hashlib.sha256(path.read_bytes()).hexdigest() if whole else f"{size} bytes"
    return found


def written(before: dict[Path, str], arena: Arena) -> Iterator[str]:
    """A sentence for each file of the course, home and submissions that is new, changed or deleted."""
    after = fingerprints(arena.course, arena.home, arena.term / "submitted")
    for path in sorted(before.keys() | after.keys()):
        if before.get(path) != after.get(path):
            text = path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
            owner = MARK.search(path.name) or MARK.search(text)
            yield f"{owner[1] if owner else '?'}: changed {path.relative_to(arena.folder)}"
    for path in sorted(marked() - arena.there):
        owner = MARK.search(path.name)
        yield f"{owner[1] if owner else '?'}: left {path}"
        path.unlink()


def survivors(names: Iterable[str]) -> Iterator[str]:
    """A sentence for each process with an attack's mark in its command line; it is killed."""
    marks = {mark(name): name for name in names}
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            line = path.read_bytes().decode("utf-8", "replace")
            for word, name in marks.items():
                if word in line and int(path.parent.name) != os.getpid():
                    os.kill(int(path.parent.name), signal.SIGKILL)
                    yield f"{name}: left a program running"


def findings(text: str, arena: Arena) -> Iterator[str]:
    """The effects of an attack on a text for people: a secret in it, markup that runs, control characters."""
    if arena.canary in text:
        yield SECRET
    if MARKUP.search(text):
        yield "put markup into a page"
    if CONTROL.search(text):
        yield "put control characters into a text"
