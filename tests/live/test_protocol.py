"""Messages on pipes, and commands from the open network."""

import io
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.live.protocol import pack, parse_command, read_messages

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=10,
)
KINDS = ["play", "pause", "step", "epoch", "reset", "speed", "want", "ack", "hidden", "keep"]


class Dribble(io.RawIOBase):
    """A stream that gives one byte at a time, as a pipe may."""

    def __init__(self, content: bytes) -> None:
        self.content = io.BytesIO(content)

    def read(self, size: int = -1) -> bytes:
        return self.content.read(min(size, 1))


@given(
    st.lists(
        st.tuples(
            st.text(max_size=8),
            st.dictionaries(st.text(max_size=8), st.integers() | st.text() | st.none()),
            st.binary(max_size=50),
        ),
        max_size=4,
    )
)
def test_messages_round_trip(messages):
    content = b"".join(pack(message) for message in messages)
    assert list(read_messages(io.BytesIO(content))) == messages
    assert list(read_messages(Dribble(content))) == messages  # type: ignore[arg-type]


@given(st.integers(0, 60))
def test_a_stream_cut_short_ends_quietly(length):
    content = pack(("frame", {"run": "a"}, b"0123456789"))
    assert list(read_messages(io.BytesIO(content[:length]))) == [] or length >= len(content)


def test_a_stream_of_something_else_is_refused():
    with pytest.raises(ValueError):
        list(read_messages(io.BytesIO(b"\xff" * 64)))


@given(JSON)
def test_no_value_can_crash_the_reader(value):
    command = parse_command(value)
    assert command is None or command["type"] in KINDS


@given(st.sampled_from(KINDS), st.dictionaries(st.sampled_from(["value", "seq", "scene"]), JSON))
def test_no_field_can_crash_the_reader(kind, fields):
    command = parse_command({"type": kind, **fields})
    assert command is None or command["type"] == kind


WANT = {"map": True, "neurons": False, "analysis": "pca", "block": 2, "focus": [1, 0]}


@pytest.mark.parametrize(
    "command",
    [
        {"type": "play"},
        {"type": "speed", "value": None},
        {"type": "speed", "value": 1.0},
        {"type": "want", "value": WANT},
        {"type": "want", "value": {**WANT, "analysis": None, "focus": None}},
        {"type": "want", "value": {**WANT, "analysis": "warp", "warp": [[1, 0, 2], [3, 1, 0]]}},
        {"type": "want", "value": {**WANT, "analysis": ["pca", "eigen"]}},
        {"type": "want", "value": {**WANT, "options": {"pca": {"k": 2, "list": [1, 0.5]}}}},
        {"type": "want", "value": {**WANT, "trace": None}},
        {"type": "want", "value": {**WANT, "trace": {"part": "test", "index": 7}}},
        {"type": "want", "value": {**WANT, "trace": {"x": 1, "y": -2.5, "target": None}}},
        {"type": "want", "value": {**WANT, "trace": {"x": 1, "y": -2.5, "target": 1}}},
        {"type": "ack", "seq": 4, "scene": 2, "history": [0, 17]},
        {"type": "hidden", "value": True},
    ],
)
def test_what_is_understood(command):
    assert parse_command(command) == command
    assert parse_command({**command, "extra": "ignored"}) == command


@pytest.mark.parametrize(
    "command",
    [
        None,
        [],
        "play",
        {},
        {"type": ["play"]},
        {"type": "dance"},
        {"type": "speed", "value": 0},
        {"type": "speed", "value": -1},
        {"type": "speed", "value": True},
        {"type": "speed", "value": "1"},
        {"type": "speed", "value": math.nan},
        {"type": "speed", "value": math.inf},
        {"type": "speed", "value": 1e300},
        {"type": "speed", "value": 10**400},
        {"type": "want"},
        {"type": "want", "value": {**WANT, "analysis": "everything"}},
        {"type": "want", "value": {**WANT, "analysis": ["pca", "everything"]}},
        {"type": "want", "value": {**WANT, "options": {"everything": {}}}},
        {"type": "want", "value": {**WANT, "options": {"pca": {"k": {}}}}},
        {"type": "want", "value": {**WANT, "options": {"pca": {"k": [0] * 1000}}}},
        {"type": "want", "value": {**WANT, "options": ["pca"]}},
        {"type": "want", "value": {**WANT, "warp": [[1, 0]]}},
        {"type": "want", "value": {**WANT, "warp": [[1, 0, -1]]}},
        {"type": "want", "value": {**WANT, "warp": [[1, 0, 1.5]]}},
        {"type": "want", "value": {**WANT, "warp": [[1, 0, 1]] * 101}},
        {"type": "want", "value": {**WANT, "warp": "all"}},
        {"type": "want", "value": {**WANT, "trace": {"part": "all", "index": 7}}},
        {"type": "want", "value": {**WANT, "trace": {"part": "test", "index": 0.5}}},
        {"type": "want", "value": {**WANT, "trace": {"x": 1, "y": "2", "target": None}}},
        {"type": "want", "value": {**WANT, "trace": {"x": 1e12, "y": 2, "target": None}}},
        {"type": "want", "value": {**WANT, "trace": {"x": 1, "y": 2}}},
        {"type": "want", "value": {**WANT, "trace": [1, 2]}},
        {"type": "want", "value": {**WANT, "map": 1}},
        {"type": "want", "value": {**WANT, "block": -1}},
        {"type": "want", "value": {**WANT, "focus": [1]}},
        {"type": "want", "value": {**WANT, "focus": [True, 0]}},
        {"type": "ack", "scene": 1},
        {"type": "ack", "seq": 0, "scene": 0, "history": [0, "1"]},
        {"type": "ack", "seq": 0, "scene": 0, "history": [0, -2]},
        {"type": "ack", "seq": 0, "scene": 10**30, "history": [0, 0]},
        {"type": "hidden", "value": 1},
    ],
)
def test_what_is_not(command):
    assert parse_command(command) is None
