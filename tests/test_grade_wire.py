"""What passes between grader and sandbox: round trips, and everything that is no frame."""

import json
import socket
import time

import pytest
import torch

from gancourse.check.student import Handle, Odd
from gancourse.grade.box import seccomp, wire
from gancourse.grade.box.wire import LENGTHS, Channel, Lost, TimeUp, WireError, pack, unpack


def through(value):
    frame = pack(value)
    n_tree, n_body = LENGTHS.unpack(frame[:8])
    assert len(frame) == 8 + n_tree + n_body
    return unpack(frame[8 : 8 + n_tree], frame[8 + n_tree :])


@pytest.mark.parametrize("value", [None, True, -5, 0.25, "ä", [1, [2]], {"a": {"b": None}}, {}, []])
def test_plain_values_come_back(value):
    assert through(value) == value


def test_handles_odd_things_and_tuples_come_back():
    assert through((Handle(3, "module"), Odd("a set"))) == [Handle(3, "module"), Odd("a set")]


@pytest.mark.parametrize("name", wire.DTYPES)
@pytest.mark.parametrize("shape", [(), (3,), (2, 0), (2, 3, 1)])
def test_tensors_come_back_bit_for_bit(name, shape):
    t = (torch.rand(shape) * 100).to(wire.DTYPES[name])
    back = through({"t": t})["t"]
    assert back.dtype == t.dtype
    assert torch.equal(back, t)


def test_nan_and_infinity_come_back():
    nan, inf = through([float("nan"), float("-inf")])
    assert nan != nan
    assert inf == float("-inf")


@pytest.mark.parametrize("value", [{1, 2}, object(), b"x", torch.zeros(2, dtype=torch.complex64)])
def test_what_cannot_be_sent_is_refused(value):
    with pytest.raises(WireError):
        pack(value)


@pytest.mark.parametrize("tree", [
    "", "{", "nope", "[" * 100_000, {"x": 1}, {"d": 1}, {"d": {}, "t": []}, {"h": [0]},
    {"h": [-1, "module"]}, {"h": [True, "module"]}, {"h": [0, "kernel"]}, {"o": 5},
    {"t": ["float32", [-1]]}, {"t": ["float32", [2**40]]}, {"t": ["object", [1]]},
    {"t": ["float32", [1] * 9]}, {"t": ["float32", [True]]}, {"t": ["float32", [1.0]]},
    {"t": ["float32", [0, 2**40]]}, {"t": ["float32", [2]]}, 2**63, [[0] * 60_000],
])  # fmt: skip
def test_what_is_no_frame_is_refused(tree):
    text = tree if isinstance(tree, str) else json.dumps(tree)
    with pytest.raises(WireError):
        unpack(text.encode(), b"")


def test_bytes_that_belong_to_nothing_are_refused():
    with pytest.raises(WireError):
        unpack(b"null", b"x")


def test_a_bool_is_a_bool_whatever_its_byte():
    assert unpack(b'{"t": ["bool", [3]]}', b"\x00\x02\xff").tolist() == [False, True, True]


def test_a_channel_gives_up_in_time_and_notices_the_end():
    ours, theirs = socket.socketpair()
    with pytest.raises(TimeUp):
        Channel(ours).receive(time.monotonic() + 0.05)
    theirs.sendall(b"\x01\x00")
    with pytest.raises(TimeUp):
        Channel(ours).receive(time.monotonic() + 0.05)
    theirs.close()
    with pytest.raises(Lost):
        Channel(ours).receive(time.monotonic() + 60)


def test_an_oversized_frame_is_refused_before_it_is_read():
    ours, theirs = socket.socketpair()
    theirs.sendall(LENGTHS.pack(wire.MAX_TREE + 1, 0))
    with pytest.raises(WireError):
        Channel(ours).receive(time.monotonic() + 60)


@pytest.mark.parametrize("machine", seccomp.MACHINES)
def test_the_filter_is_whole_rules_and_short_jumps(machine):
    rules = seccomp.program(machine)
    assert len(rules) % 8 == 0
    assert len(rules) // 8 < 256  # no jump can be longer than a byte


def test_a_machine_that_is_not_known_has_no_filter():
    assert seccomp.program("pdp11") is None
