"""Frames over a stream socket, with deadlines: one end for the grader, one for a student's worker."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from typing import Any

from autograder.worker.wire import PREFIX, SMALL_BYTES, Pieces, WireError, opened, pieces, sizes

Frame = tuple[bytes, bytes, bytearray]  # prefix, header, body, as received


class Closed(WireError):
    """The other side is gone."""


class DeadlineError(WireError):
    """The other side did not answer in time."""


class Channel:
    """One end of a connected stream socket that carries messages."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._waits: float | None = connection.gettimeout()
        self._chunk = memoryview(bytearray(SMALL_BYTES))
        self._ahead = bytearray()  # what was read beyond the last message
        self.received = 0  # bytes so far

    def send(self, value: Any) -> None:
        """Send ``value``, however long that takes."""
        self.send_frame(pieces(value))

    def receive(self, *, callback: Callable[[int], Any] | None = None, deadline: float | None = None) -> Any:
        """The next message; arrays are views of the one buffer that the socket filled."""
        _, header, body = self.receive_frame(deadline=deadline)
        return opened(header, body, callback)

    def receive_frame(self, *, deadline: float | None = None) -> Frame:
        """The next message as it came, its sizes looked at and nothing else."""
        prefix = self._take(PREFIX.size, deadline)
        header_size, body_size = sizes(prefix)
        self.received += header_size + body_size
        header = self._take(header_size, deadline)
        body = bytearray(body_size)
        view, filled = memoryview(body), min(body_size, len(self._ahead))
        view[:filled] = self._ahead[:filled]
        del self._ahead[:filled]
        while filled < body_size:
            self._wait(deadline)
            filled += self._some(lambda: self._socket.recv_into(view[filled:]))  # noqa: B023 - called at once
        return prefix, header, body

    def close(self) -> None:
        self._socket.close()

    def send_frame(self, frame: Pieces, *, deadline: float | None = None) -> None:
        """Send what `pieces` made; ``deadline`` is a time of ``time.monotonic()``."""
        if sum(map(len, frame)) <= SMALL_BYTES:
            frame = [b"".join(frame)]
        parts = [memoryview(piece) for piece in frame if len(piece)]
        while parts:
            self._wait(deadline)
            sent = self._some(lambda: self._socket.sendmsg(parts[:64]))
            while parts and sent >= len(parts[0]):
                sent -= len(parts.pop(0))
            if sent:
                parts[0] = parts[0][sent:]

    def _take(self, size: int, deadline: float | None) -> bytes:
        """The next ``size`` bytes; whatever else has come is kept for the next time."""
        while len(self._ahead) < size:
            self._wait(deadline)
            count = self._some(lambda: self._socket.recv_into(self._chunk))
            self._ahead += self._chunk[:count]
        taken = bytes(self._ahead[:size])
        del self._ahead[:size]
        return taken

    def _wait(self, deadline: float | None) -> None:
        """Let the next action on the socket take no longer than what is left."""
        left = None if deadline is None else deadline - time.monotonic()
        if left is not None and left <= 0:
            raise DeadlineError("no answer before the deadline")
        if left is not None or self._waits is not None:
            self._socket.settimeout(left)
            self._waits = left

    def _some(self, action: Callable[[], int]) -> int:
        """How many bytes ``action`` moved: at least one."""
        try:
            count = action()
        except TimeoutError as error:
            raise DeadlineError("no answer before the deadline") from error
        except OSError as error:
            raise Closed("the other side closed the connection") from error
        if count == 0:
            raise Closed("the other side closed the connection")
        return count
