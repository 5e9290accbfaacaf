"""The websocket and the scripts as a browser reaches them, hostile browsers included."""

import gzip
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.testclient import TestClient, WebSocketTestSession

from playground.core.experiment import Experiment
from playground.live import routes
from playground.live.frames import decode
from playground.live.handle import RunHandle
from playground.live.routes import (
    BAD_MESSAGE,
    BAD_ORIGIN,
    MAX_NONSENSE,
    REPLACED,
    TOO_LARGE,
    TOO_MANY,
    UNKNOWN_RUN,
    make_routes,
)
from playground.live.service import LiveService

FIRST_ACK = {"type": "ack", "seq": -1, "scene": -1, "history": [-1, 0]}


@pytest.fixture
def client(in_thread: LiveService, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    monkeypatch.setattr(routes, "service", lambda: in_thread)
    with TestClient(Starlette(routes=make_routes())) as client:
        yield client


@pytest.fixture
def handle(in_thread: LiveService) -> Iterator[RunHandle]:
    handle = in_thread.acquire("visitor", Experiment())
    yield handle
    in_thread.drop(handle)


@contextmanager
def opened(client: TestClient, token: str, **options: Any) -> Iterator[WebSocketTestSession]:
    with client.websocket_connect(f"/live/{token}", **options) as socket:
        yield socket


def next_frame(socket: WebSocketTestSession) -> tuple[dict[str, Any], dict[str, Any]]:
    header, arrays = decode(socket.receive_bytes())
    history = header.get("history", {"version": -1, "total": 0})
    known = [history["version"], history["total"]]
    socket.send_json(
        {"type": "ack", "seq": header["seq"], "scene": header["scene_id"], "history": known}
    )
    return header, arrays


def closing_code(socket: WebSocketTestSession) -> int:
    """The code that the server closes with; frames before it are of no interest."""
    while True:
        message = socket.receive()
        if message["type"] == "websocket.close":
            return message["code"]


@pytest.mark.parametrize("prefix", ["", "/some/prefix"])
def test_frames_flow_and_commands_are_obeyed(client, handle, prefix):
    with client.websocket_connect(f"{prefix}/live/{handle.token}") as socket:
        socket.send_json(FIRST_ACK)
        header, arrays = next_frame(socket)
        assert (header["v"], header["state"], header["step"]) == (1, "paused", 0)
        assert header["scene"]["parameters"] == 25
        assert arrays["map"].shape == (100, 100)
        socket.send_json({"type": "play"})
        while header["step"] < 100:
            header, arrays = next_frame(socket)
        assert header["state"] == "running"
        assert "scene" not in header
        assert header["history"]["start"] > 0
        assert arrays["history"].shape[1] == 9
        socket.send_json({"type": "pause"})
        while header["state"] != "paused":
            header, _ = next_frame(socket)
        socket.send_json({"type": "reset"})
        scene = header["scene_id"]
        while header["scene_id"] == scene:
            header, _ = next_frame(socket)
        assert header["step"] == 0
        assert header["history"]["start"] == 0
    assert handle.wait(lambda status: status.state == "paused", 5)


def test_frames_and_numbers_of_the_contract(client, handle):
    with opened(client, handle.token) as socket:
        socket.send_json(FIRST_ACK)
        header, arrays = next_frame(socket)
    expected = {"seq", "scene_id", "epoch", "batch", "batches_per_epoch", "step", "speed", "place"}
    assert expected | {"metrics", "score", "history", "scene", "notice"} <= header.keys()
    speed = {"limit", "steps_per_second", "ms_per_step", "epochs_per_second"}
    assert header["speed"].keys() == speed
    points = arrays["points_train"], arrays["points_test"]
    assert [part.shape for part in points] == [(250, 3), (250, 3)]
    shown = sum(len(block["shown"]) for block in header["scene"]["blocks"])
    assert len(arrays["neurons"]) == len(arrays["neuron_scale"]) == shown == 9
    assert arrays["links"].shape == (4 * 2 + 4 + 2 * 4 + 2 + 2 + 1,)


def test_one_frame_is_in_flight(client, handle):
    handle.command({"type": "play"})
    with opened(client, handle.token) as socket:
        socket.send_json(FIRST_ACK)
        first, _ = decode(socket.receive_bytes())
        handle.wait(lambda status: False, timeout=0.2)  # time for frames that must not come
        socket.send_json({"type": "pause"})
        assert handle.wait(lambda status: status.state == "paused", 5)
        history = [first["history"]["version"], first["history"]["total"]]
        ack = {"type": "ack", "seq": first["seq"], "scene": first["scene_id"], "history": history}
        socket.send_json(ack)
        second, _ = decode(socket.receive_bytes())
        assert second["seq"] == first["seq"] + 1, "no other frame was made meanwhile"
        assert second["step"] > first["step"]


def test_what_is_wanted_is_what_comes(client, handle):
    want = {"map": False, "neurons": False, "analysis": "singular", "block": 1, "focus": None}
    with opened(client, handle.token) as socket:
        socket.send_json({"type": "want", "value": want})
        socket.send_json(FIRST_ACK)
        header, arrays = next_frame(socket)
        assert "map" not in arrays
        assert "neurons" not in arrays
        assert [entry["block"] for entry in header["spectra"]] == [1, 2, 3]


def test_a_newer_viewer_replaces_the_older(client, handle):
    with opened(client, handle.token) as first, opened(client, handle.token) as second:
        assert closing_code(first) == REPLACED
        second.send_json(FIRST_ACK)
        assert next_frame(second)[0]["state"] == "paused"


def test_an_unknown_run(client):
    with opened(client, "nonsense") as socket:
        assert closing_code(socket) == UNKNOWN_RUN


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        (None, True),
        ("http://testserver", True),
        ("http://localhost:3000", True),
        ("http://evil.example", False),
        ("null", False),
        ("garbage", False),
    ],
)
def test_other_pages_may_not_connect(client, handle, origin, allowed):
    headers = {} if origin is None else {"origin": origin}
    with opened(client, handle.token, headers=headers) as socket:
        if not allowed:
            assert closing_code(socket) == BAD_ORIGIN
        else:
            socket.send_json(FIRST_ACK)
            assert next_frame(socket)[0]["state"] == "paused"


NONSENSE = st.one_of(
    st.text(max_size=200),
    st.sampled_from(["{", "[" * 4000, '{"type":"speed","value":1e999}', "9" * 4000, "null", "NaN"]),
    st.dictionaries(
        st.sampled_from(["type", "value", "seq", "scene", "history"]),
        st.none() | st.booleans() | st.integers() | st.text(max_size=9) | st.lists(st.integers()),
    ).map(json.dumps),
)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(messages=st.lists(NONSENSE | st.binary(max_size=40), max_size=MAX_NONSENSE))
def test_nonsense_changes_nothing(client, handle, messages):
    with opened(client, handle.token) as socket:
        for message in messages:
            if isinstance(message, bytes):
                socket.send_bytes(message)
            else:
                socket.send_text(message)
        socket.send_json(FIRST_ACK)
        assert next_frame(socket)[0]["step"] == 0


def test_endless_nonsense_ends_the_connection(client, handle):
    with opened(client, handle.token) as socket:
        for _ in range(MAX_NONSENSE + 1):
            socket.send_text("nonsense")
        assert closing_code(socket) == BAD_MESSAGE


def test_a_huge_message_ends_the_connection(client, handle):
    with opened(client, handle.token) as socket:
        socket.send_text("x" * 100_000)
        assert closing_code(socket) == TOO_LARGE


def test_a_flood_ends_the_connection(client, handle):
    with opened(client, handle.token) as socket:
        for _ in range(5 * routes.MAX_RATE):
            socket.send_json({"type": "pause"})
        assert closing_code(socket) == TOO_MANY


def test_a_viewer_that_leaves_is_forgotten(client, handle):
    with opened(client, handle.token):
        assert handle.connected(0.0)
    assert not handle.connected(0.0)


@pytest.mark.parametrize("prefix", ["", "/some/prefix"])
def test_plotly_comes_from_the_installed_package(client, prefix):
    url = f"{prefix}/live/plotly.min.js"
    answer = client.get(url)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["content-encoding"] == "gzip"
    assert "plotly.js v" in answer.text[:200]
    plain = client.get(url, headers={"accept-encoding": "identity"})
    assert plain.content == answer.content
    assert len(gzip.compress(plain.content[:100_000])) < 60_000
    again = client.get(url, headers={"if-none-match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_health_tells_numbers_and_no_tokens(client, handle):
    answer = client.get("/live/health")
    assert answer.json()["runs"] == 1
    assert handle.token not in answer.text
    assert handle.keep_token not in answer.text
