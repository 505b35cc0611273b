"""Frames over a socket: whole, in order, and never later than the deadline."""

from __future__ import annotations

import socket
import threading
import time

import numpy as np
import pytest

from autograder.worker import channel
from autograder.worker.channel import Channel, Closed, DeadlineError
from autograder.worker.values import same_bits
from autograder.worker.wire import encode, pieces


@pytest.fixture
def pair():
    ends = socket.socketpair()
    for end in ends:
        end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    channels = [Channel(end) for end in ends]
    yield channels
    for one in channels:
        one.close()


def soon() -> float:
    return time.monotonic() + 10


def test_many_pieces_arrive_in_order(pair: list[Channel]) -> None:
    """Hundreds of arrays through a buffer that holds a part of one: whole, in order, with a deadline."""
    value = [np.arange(i, i + 500.0 + 37 * i % 800) for i in range(150)]
    sender = threading.Thread(target=pair[0].send_frame, args=(pieces(value),), kwargs={"deadline": soon()})
    sender.start()
    got = pair[1].receive(deadline=soon())
    sender.join()
    assert same_bits(got, value)


def test_a_message_may_come_byte_by_byte(pair: list[Channel]) -> None:
    """Pieces are put together however small they come, and the next message starts after the last."""
    value = {"a": np.arange(5), "b": "text"}
    both = encode(value) + encode([1])

    def drip() -> None:
        for byte in both:
            pair[0]._socket.sendall(bytes([byte]))

    sender = threading.Thread(target=drip)
    sender.start()
    assert same_bits(pair[1].receive(deadline=soon()), value)
    assert pair[1].receive(deadline=soon()) == [1]
    sender.join()


def test_what_was_received_is_counted(pair: list[Channel]) -> None:
    """The bytes of header and body add up over messages."""
    for value in ("x", {"a": np.zeros(3)}):
        pair[0].send(value)
        pair[1].receive(deadline=soon())
    assert pair[1].received == sum(len(encode(value)) - 12 for value in ("x", {"a": np.zeros(3)}))


def test_a_deadline_that_has_passed_is_no_answer(pair: list[Channel]) -> None:
    """Neither side waits, reads or sends after its deadline, even where it could."""
    pair[0].send(1)
    with pytest.raises(DeadlineError):
        pair[1].receive(deadline=time.monotonic() - 1)
    with pytest.raises(DeadlineError):
        pair[0].send_frame(pieces(1), deadline=time.monotonic() - 1)
    assert pair[1].receive(deadline=soon()) == 1


def test_the_deadline_itself_is_too_late(pair: list[Channel], monkeypatch: pytest.MonkeyPatch) -> None:
    """At the very moment of the deadline nothing is read any more."""
    pair[0].send(1)
    monkeypatch.setattr(channel.time, "monotonic", lambda: 5.0)
    with pytest.raises(DeadlineError):
        pair[1].receive(deadline=5.0)
    assert pair[1].receive(deadline=5.5) == 1


def test_callbacks_and_deadlines_are_named(pair: list[Channel]) -> None:
    """They are never given by place, where one could be taken for the other."""
    for refused in (lambda: pair[0].send(1, None), lambda: pair[1].receive(None)):
        with pytest.raises(TypeError):
            refused()


def test_a_full_socket_ends_at_the_deadline(pair: list[Channel]) -> None:
    """Sending to a side that does not read costs no more than the deadline."""
    before = time.monotonic()
    with pytest.raises(DeadlineError):
        pair[0].send_frame(pieces(np.zeros(1_000_000)), deadline=before + 0.1)
    assert 0.1 <= time.monotonic() - before < 5


def test_half_a_message_and_then_nothing_is_a_closed_side(pair: list[Channel]) -> None:
    """A side that closes in the middle of a message is closed, not garbled."""
    pair[0]._socket.sendall(encode({"a": np.zeros(9)})[:40])
    pair[0].close()
    with pytest.raises(Closed):
        pair[1].receive(deadline=soon())


def test_callbacks_cross_a_channel(pair: list[Channel]) -> None:
    """Numbered on one side, made callable on the other."""
    pair[0].send_frame(pieces([len], lambda function: 4))
    assert pair[1].receive(callback=lambda number: number + 1) == [5]


def test_a_large_array_crosses_in_one_copy(pair: list[Channel]) -> None:
    """A 1000 x 1000 array is a view of the one buffer that the socket filled: nothing copied it again."""
    array = np.random.default_rng(0).random((1000, 1000))
    sender = threading.Thread(target=pair[0].send, args=({"a": array},))
    sender.start()
    got = pair[1].receive()["a"]
    sender.join()
    assert np.array_equal(got, array)
    owner = got
    while isinstance(owner, np.ndarray):
        owner = owner.base
    assert isinstance(owner, memoryview | bytearray) and got.flags.writeable
    assert len(memoryview(owner)) == array.nbytes


def test_silence_ends_at_the_deadline(pair: list[Channel]) -> None:
    """A side that says nothing, or half of something, costs no more than the deadline."""
    for said in (b"", encode({"w": np.arange(6.0)})[:-5]):
        pair[0]._socket.sendall(said)
        with pytest.raises(DeadlineError):
            pair[1].receive(deadline=time.monotonic() + 0.05)


def test_a_closed_side_is_noticed(pair: list[Channel]) -> None:
    """A side that hangs up ends in Closed, in both directions."""
    pair[0].close()
    with pytest.raises(Closed):
        pair[1].receive()
    with pytest.raises(Closed):
        pair[1].send({"a": np.zeros(100_000)})
