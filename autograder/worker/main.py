"""The untrusted side: runs a student's code and answers calls with plain values.

Started as a parent that has NumPy warm and does nothing but fork; each fork confines itself, then serves
one submission on its own socket until the socket closes. This file and what it imports of ours (`session`,
`channel`, `confine`, `wire`) are all of the engine that a student's process ever sees.

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

from numpy import linalg, random  # noqa: F401  (NumPy loads parts lazily: have them before the fork)

from autograder.worker.channel import Channel, Closed
from autograder.worker.confine import Confinement, confine, hide
from autograder.worker.session import MAX_TEXT, Callback, Session, compiled, fault
from autograder.worker.wire import WireError

CONTROL = struct.Struct("!4sqQQQ")  # verb, number, memory bytes, cpu seconds, file bytes
ANSWER = struct.Struct("!q")


class Sink(io.TextIOBase):
    """Where a student's prints go: nowhere."""

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        return len(text)


def serve(channel: Channel) -> None:
    """Answer requests until the other side closes; whatever student code raises becomes a reply."""
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
    os.dup2(1, 2)  # up to here faults are told to whoever started us
    sys.stdin, sys.stdout, sys.stderr = io.StringIO(), Sink(), Sink()
    with contextlib.suppress(Closed):
        serve(Channel(connection))


def main(control_descriptor: int, confinement: Confinement) -> None:
    """Fork on demand until the trusted side goes away; then leave nothing alive.

    The given cells are told as JSON on the standard input, to be compiled ahead.
    """
    for source in json.load(sys.stdin):
        with contextlib.suppress(SyntaxError, ValueError):  # it is told again to whoever runs it
            compiled(source)
    os.dup2(1, 0)  # which leads nowhere
    os.closerange(3, control_descriptor)
    os.closerange(control_descriptor + 1, 4096)
    control = socket.socket(fileno=control_descriptor)
    hide()
    gc.freeze()  # a fork that collects garbage would copy what is here only by looking at it
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
            control.send(ANSWER.pack(_end(number)))
    for pid in alive:
        _end(pid)


def _end(pid: int) -> int:
    """Kill the worker and all that it started in its session; its wait status."""
    for kill in (os.killpg, os.kill):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            kill(pid, signal.SIGKILL)
    return os.waitpid(pid, 0)[1]
