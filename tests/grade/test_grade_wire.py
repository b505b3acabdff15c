"""What passes between grader and sandbox: round trips, and everything that is no frame."""

import io
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


@pytest.mark.parametrize("value", [2**63 - 1, -(2**63)])
def test_whole_numbers_of_64_bits_come_back(value):
    assert through(value) == value


@pytest.mark.parametrize("value", [2**63, -(2**63) - 1])
def test_longer_whole_numbers_are_refused(value):
    with pytest.raises(WireError, match="64 bits"):
        unpack(json.dumps(value).encode(), b"")


def test_an_answer_is_at_most_1_mb_of_tree_and_64_of_numbers():
    assert (wire.MAX_TREE, wire.MAX_BODY) == (2**20, 64 * 2**20)
    assert (wire.MAX_ITEMS, wire.MAX_DEPTH, wire.MAX_DIMS) == (50_000, 16, 8)


def nested(depth):
    return json.loads("[" * depth + "]" * depth)


def test_values_as_deep_as_allowed_come_back_and_one_deeper_does_not():
    assert through(nested(wire.MAX_DEPTH + 1)) == nested(wire.MAX_DEPTH + 1)
    with pytest.raises(WireError, match="too deep"):
        through(nested(wire.MAX_DEPTH + 2))


def test_mappings_count_as_depth():
    deep = {}
    for _ in range(wire.MAX_DEPTH + 1):
        deep = {"a": deep}
    with pytest.raises(WireError, match="too deep"):
        through(deep)


def test_as_many_values_as_allowed_come_back_and_one_more_does_not(monkeypatch):
    monkeypatch.setattr(wire, "MAX_ITEMS", 5)
    assert through([1, 2, 3, 4]) == [1, 2, 3, 4]
    with pytest.raises(WireError, match="too many"):
        through([1, 2, 3, 4, 5])


@pytest.mark.parametrize(("limit", "value"), [("MAX_TREE", "x" * 30), ("MAX_BODY", torch.ones(8))])
def test_a_frame_as_large_as_allowed_is_packed_and_a_larger_one_not(limit, value, monkeypatch):
    lengths = LENGTHS.unpack(pack(value)[:8])
    monkeypatch.setattr(wire, limit, lengths[limit == "MAX_BODY"])
    pack(value)
    monkeypatch.setattr(wire, limit, lengths[limit == "MAX_BODY"] - 1)
    with pytest.raises(WireError, match="more data"):
        pack(value)


def test_a_tensor_has_at_most_so_many_dimensions_and_so_long_ones():
    assert through(torch.ones([1] * wire.MAX_DIMS)).dim() == wire.MAX_DIMS
    with pytest.raises(WireError):
        through(torch.ones([1] * (wire.MAX_DIMS + 1)))
    assert through(torch.empty(0, wire.MAX_BODY, dtype=torch.uint8)).shape == (0, wire.MAX_BODY)
    with pytest.raises(WireError):
        through(torch.empty(0, wire.MAX_BODY + 1, dtype=torch.uint8))
    with pytest.raises(WireError):
        through(torch.empty(0, wire.MAX_BODY // 2, 3, dtype=torch.uint8))


def test_two_tensors_come_back_each_with_its_numbers():
    t = torch.arange(6.0).reshape(2, 3).T.requires_grad_()  # not contiguous
    a, b = through([t, torch.tensor([7, 8])])
    assert torch.equal(a, t)
    assert b.tolist() == [7, 8]


@pytest.mark.parametrize("kind", wire.KINDS)
def test_every_kind_of_handle_comes_back_from_number_0_on(kind):
    assert through(Handle(0, kind)) == Handle(0, kind)


@pytest.fixture
def ends():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield Channel(ours), Channel(theirs)


def test_frames_pass_one_after_the_other(ends):
    here, there = ends
    for value in ([1, "a"], {"t": [2.5]}):
        here.send(value)
    assert [there.receive(), there.receive(time.monotonic() + 5)] == [[1, "a"], {"t": [2.5]}]


def test_a_frame_that_comes_in_pieces_is_put_together(ends):
    here, there = ends
    frame = pack([1, torch.ones(3)])
    for i in range(len(frame)):
        there.sock.sendall(frame[i : i + 1])
    assert here.receive(time.monotonic() + 5)[1].tolist() == [1.0, 1.0, 1.0]


def test_waiting_tells_of_bytes_and_of_the_end(ends):
    here, there = ends
    assert here.waiting() is False
    there.send(1)
    assert here.waiting() is True
    here.receive()
    there.sock.close()
    assert here.waiting() is True


def test_to_look_what_is_there_waits_for_nothing(ends, monkeypatch):
    asked = []
    monkeypatch.setattr("select.select", lambda *given: asked.append(given[3]) or ([], [], []))
    assert ends[0].waiting() is False
    assert asked == [0]


def test_no_memory_is_taken_for_what_has_not_come():
    class Sock:
        def settimeout(self, seconds):
            pass

        def recv(self, size):
            asked.append(size)
            return frame.read(size)

    asked, value = [], torch.arange(100_000)
    frame = io.BytesIO(pack(value))
    assert torch.equal(Channel(Sock()).receive(), value)
    assert max(asked) == 2**16


def test_sending_gives_up_in_time_and_notices_the_end(ends):
    here, there = ends
    large = torch.zeros(1 << 20)
    with pytest.raises(TimeUp):
        here.send(large, time.monotonic() + 0.05)
    there.sock.close()
    with pytest.raises(Lost):
        here.send(1)


@pytest.mark.parametrize("left", [0, -0.5, -2])
def test_no_time_left_is_time_up_at_once(left, ends, monkeypatch):
    ends[1].send(1)
    monkeypatch.setattr(time, "monotonic", lambda: 100.0)
    with pytest.raises(TimeUp):
        ends[0].receive(100.0 + left)


def test_a_wait_goes_on_while_there_is_more_time(ends):
    """Until it is asked for the third time: then what was awaited is there."""
    asked = []

    def until():
        asked.append(1)
        if len(asked) == 3:
            ends[1].send(1)
        return time.monotonic() + (0.02 if len(asked) < 6 else -1)

    assert ends[0].receive(until) == 1
    with pytest.raises(TimeUp):
        ends[0].receive(until)
    with pytest.raises(TimeUp):
        ends[0].send(torch.zeros(4 << 20), until)


def test_a_closed_socket_is_lost(ends):
    ends[0].sock.close()
    with pytest.raises(Lost):
        ends[0].receive()


@pytest.mark.parametrize("limit", ["MAX_TREE", "MAX_BODY"])
def test_a_frame_as_large_as_allowed_is_received_and_a_larger_one_not(limit, ends, monkeypatch):
    frame = pack(["x" * 30, torch.ones(8)])
    length = LENGTHS.unpack(frame[:8])[limit == "MAX_BODY"]
    monkeypatch.setattr(wire, limit, length)
    ends[1].sock.sendall(frame * 2)
    ends[0].receive()
    monkeypatch.setattr(wire, limit, length - 1)
    with pytest.raises(WireError, match="larger than any answer"):
        ends[0].receive()


@pytest.mark.parametrize("machine", seccomp.MACHINES)
def test_the_filter_is_whole_rules_and_short_jumps(machine):
    rules = seccomp.program(machine)
    assert len(rules) % 8 == 0
    assert len(rules) // 8 < 256  # no jump can be longer than a byte


def test_a_machine_that_is_not_known_has_no_filter():
    assert seccomp.program("pdp11") is None


# Text that comes out of the sandbox


@pytest.mark.parametrize(("text", "cleaned"), [
    ("ä \U0001f600\n\tb", "ä \U0001f600\n\tb"),
    ("a\ud800b\udfff", "a\ufffdb\ufffd"),
    ("\0\x1b[31m\r\x7f\x85", "\ufffd\ufffd[31m\ufffd\ufffd\ufffd"),
    ("\u202e1\u2066\u2028\u200f", "\ufffd1\ufffd\ufffd\ufffd"),
    ("x" * 5000, "x" * wire.MAX_TEXT),
    ("\ufffe\uffff", "\ufffd\ufffd"),
])  # fmt: skip
def test_text_is_cleaned_wherever_it_stands(text, cleaned, ends):
    ends[0].cleaned = True
    ends[1].send([text, {text: Odd(text)}])
    assert ends[0].receive() == [cleaned, {cleaned: Odd(cleaned)}]


def test_what_goes_in_stays_as_it_is(ends):
    ends[0].send("\ud800" + "x" * 5000)
    assert ends[1].receive() == "\ud800" + "x" * 5000


def test_a_socket_can_be_handed_over(ends):
    ours, theirs = socket.socketpair()
    ends[0].send(1)
    ends[0].send_socket(theirs)
    ends[0].send(2)
    assert ends[1].receive() == 1
    with ends[1].receive_socket() as given:
        given.sendall(b"x")
    assert (ours.recv(2), ends[1].receive()) == (b"x", 2)


def test_no_socket_where_one_is_awaited_is_lost(ends):
    ends[0].sock.sendall(b"s")
    with pytest.raises(Lost):
        ends[1].receive_socket()
    ends[1].sock.close()
    with pytest.raises(Lost):
        ends[0].send_socket(ends[0].sock)


def test_texts_come_back_as_they_are_unless_they_are_to_be_cleaned():
    frame = pack("\ud800")
    n_tree = LENGTHS.unpack(frame[:8])[0]
    tree, body = frame[8 : 8 + n_tree], frame[8 + n_tree :]
    assert unpack(tree, body) == "\ud800" != unpack(tree, body, cleaned=True)


def test_half_a_second_left_is_time_enough_for_what_lies_there(ends, monkeypatch):
    ends[1].send(1)
    monkeypatch.setattr(time, "monotonic", lambda: 100.0)
    assert ends[0].receive(100.5) == 1


def test_a_socket_is_given_within_seconds_or_not_at_all(ends):
    other = socket.socket()
    ends[0].send_socket(other)
    assert 0 < ends[0].sock.gettimeout() < 60
    other.close()
