"""The untrusted side: a warm parent and its forks, the workers, which run student code and answer calls.

The parent has NumPy loaded and does nothing but fork. Each worker confines itself, then answers the requests
about one submission on its own socket until the socket closes. The files of this folder are the only engine
code that a student's process can see.

Control socket (fixed-size packets): ``fork`` with one descriptor -> pid; ``kill`` pid -> wait status.
"""

from __future__ import annotations

import contextlib
import gc
import io
import json
import os
import signal
import socket
import struct
import sys
import traceback

from numpy import linalg, random  # noqa: F401  (NumPy imports these lazily: import them before the fork)

from autograder.worker import standins
from autograder.worker.channel import Channel, Closed
from autograder.worker.confine import Confinement, confine, die_with_parent, hide
from autograder.worker.programs import MAX_TEXT, fault
from autograder.worker.session import Callback, Session, compiled
from autograder.worker.wire import WireError

CONTROL = struct.Struct("!4sqQQQ")  # verb, number, memory bytes, cpu seconds, file bytes
ANSWER = struct.Struct("!q")


class Sink(io.TextIOBase):
    """Discards a student's prints."""

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        return len(text)


def serve(channel: Channel) -> None:
    """Answer requests until the grader closes the socket; an exception in student code becomes a reply."""
    standins.install()
    session = Session(channel)
    while True:
        request = channel.receive(callback=lambda number: Callback(channel, number))
        verb = request.pop("op")
        try:
            reply = session.verbs[verb](**request)
        except Closed:
            raise
        except BaseException as error:  # noqa: BLE001 - SystemExit and KeyboardInterrupt too are the student's
            reply = fault(error)
        try:
            channel.send(reply)
        except Closed:
            raise
        except WireError as error:
            channel.send({"error": "Unsendable", "message": str(error)[:MAX_TEXT], "line": 0})


def _child(connection: socket.socket, confinement: Confinement, number: int, limits: list[int]) -> None:
    os.setsid()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    confine(confinement, number, *limits)
    os.dup2(1, 2)  # errors until here go to the parent's log, student code's go to /dev/null
    sys.stdin, sys.stdout, sys.stderr = io.StringIO(), Sink(), Sink()
    with contextlib.suppress(Closed):
        serve(Channel(connection))


def main(control_descriptor: int, confinement: Confinement) -> None:
    """Fork on demand until the grader closes the control socket; then kill all workers.

    The given cells come as JSON on the standard input and are compiled before the first fork.
    """
    for source in json.load(sys.stdin):
        with contextlib.suppress(SyntaxError, ValueError):  # running the cell reports the error again
            compiled(source)
    os.dup2(1, 0)  # the standard output is /dev/null
    os.closerange(3, control_descriptor)
    os.closerange(control_descriptor + 1, 4096)
    control = socket.socket(fileno=control_descriptor)
    hide()
    die_with_parent()
    # Else a garbage collection in a fork copies memory pages that it shares with this process:
    # https://docs.python.org/3/library/gc.html#gc.freeze
    gc.freeze()
    alive: set[int] = set()
    forks = 0
    while True:
        packet, descriptors, _, _ = socket.recv_fds(control, CONTROL.size, 1)
        if not packet:
            break
        verb, number, *limits = CONTROL.unpack(packet)
        if verb == b"fork":
            forks += 1
            pid = os.fork()
            if pid == 0:
                control.close()
                code = 1
                try:
                    _child(socket.socket(fileno=descriptors[0]), confinement, forks, limits)
                    code = 0
                except OSError:
                    traceback.print_exc()
                finally:
                    os._exit(code)
            os.close(descriptors[0])
            alive.add(pid)
            control.send(ANSWER.pack(pid))
        elif number in alive:
            alive.discard(number)
            control.send(ANSWER.pack(_kill(number)))
    for pid in alive:
        _kill(pid)


def _kill(pid: int) -> int:
    """Kill the worker and all processes of its session; returns its wait status."""
    for kill in (os.killpg, os.kill):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            kill(pid, signal.SIGKILL)
    return os.waitpid(pid, 0)[1]
