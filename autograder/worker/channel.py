"""Frames over a stream socket, with deadlines. The grader holds one end, a student's worker the other."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from typing import Any

from autograder.worker.wire import (
    PREFIX,
    SMALL_BYTES,
    Pieces,
    WireError,
    declared_sizes,
    decode_parts,
    pieces,
)

Frame = tuple[bytes, bytes, bytearray]  # prefix, header, body, as received


class Closed(WireError):
    """The other side closed the connection, or its process ended."""


class DeadlineError(WireError):
    """The other side did not answer in time."""


class Channel:
    """One end of a connected stream socket that carries messages."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._timeout: float | None = connection.gettimeout()
        self._chunk = memoryview(bytearray(SMALL_BYTES))
        self._buffered = bytearray()  # bytes received beyond the last message
        self.received = 0  # bytes so far

    def send(self, value: Any) -> None:
        """Send ``value``, without a deadline."""
        self.send_frame(pieces(value))

    def receive(self, *, callback: Callable[[int], Any] | None = None, deadline: float | None = None) -> Any:
        """The next message, decoded; its arrays are views of the received buffer, not copies."""
        _, header, body = self.receive_frame(deadline=deadline)
        return decode_parts(header, body, callback)

    def receive_frame(self, *, deadline: float | None = None) -> Frame:
        """The next message, still encoded; only its declared sizes are checked."""
        prefix = self._take(PREFIX.size, deadline)
        header_size, body_size = declared_sizes(prefix)
        self.received += header_size + body_size
        header = self._take(header_size, deadline)
        body = bytearray(body_size)
        view, filled = memoryview(body), min(body_size, len(self._buffered))
        view[:filled] = self._buffered[:filled]
        del self._buffered[:filled]
        while filled < body_size:
            self._set_timeout(deadline)
            filled += self._transfer(lambda: self._socket.recv_into(view[filled:]))  # noqa: B023 - called at once
        return prefix, header, body

    def close(self) -> None:
        self._socket.close()

    def send_frame(self, frame: Pieces, *, deadline: float | None = None) -> None:
        """Send the output of `wire.pieces`; ``deadline`` is a time of ``time.monotonic()``."""
        if sum(map(len, frame)) <= SMALL_BYTES:
            frame = [b"".join(frame)]
        parts = [memoryview(piece) for piece in frame if len(piece)]
        while parts:
            self._set_timeout(deadline)
            sent = self._transfer(lambda: self._socket.sendmsg(parts[:64]))
            while parts and sent >= len(parts[0]):
                sent -= len(parts.pop(0))
            if sent:
                parts[0] = parts[0][sent:]

    def _take(self, size: int, deadline: float | None) -> bytes:
        """The next ``size`` bytes; bytes received beyond them are kept for the next call."""
        while len(self._buffered) < size:
            self._set_timeout(deadline)
            count = self._transfer(lambda: self._socket.recv_into(self._chunk))
            self._buffered += self._chunk[:count]
        taken = bytes(self._buffered[:size])
        del self._buffered[:size]
        return taken

    def _set_timeout(self, deadline: float | None) -> None:
        """Set the socket's timeout to the time left until ``deadline``; DeadlineError if none is left."""
        left = None if deadline is None else deadline - time.monotonic()
        if left is not None and left <= 0:
            raise DeadlineError("no answer before the deadline")
        if left is not None or self._timeout is not None:
            self._socket.settimeout(left)
            self._timeout = left

    def _transfer(self, action: Callable[[], int]) -> int:
        """The number of bytes that ``action`` sent or received, at least 1; raises WireError."""
        try:
            count = action()
        except TimeoutError as error:
            raise DeadlineError("no answer before the deadline") from error
        except OSError as error:
            raise Closed("the other side closed the connection") from error
        if count == 0:
            raise Closed("the other side closed the connection")
        return count
