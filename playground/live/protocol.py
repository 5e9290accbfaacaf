"""What is said between browser, web process and worker.

Web process and worker exchange messages (kind, fields, blob): fields are JSON, the blob is
opaque bytes (a frame, a snapshot, a table). Nothing is unpickled anywhere. On a pipe:

    u32 length of the JSON | u32 length of the blob | JSON | blob      (little-endian)

To the worker, with a `run` field naming the run where one is meant:
    create   generation, plan (or experiment), table (hash or null), playing, watched, speed,
             notice; blob = snapshot or empty
    update   plan (or experiment)
    command  command (see `parse_command`)
    attach   viewer, whole (every frame stands alone, for a transport that may lose some)
    watch    value (nobody watches: the run waits)
    drop
    table    hash; blob = table
    forget   hash
    stop
    request  id, name, params
    cancel   id (of a request that is answered in steps)
From the worker:
    ready
    frame    viewer; blob = frame
    status   generation, scene_id, state, epoch, step, playing, notice
    snapshot the same; blob = snapshot
    progress id, value (of a request that is answered in steps)
    reply    id, error (notice or null); blob = answer, coded like a frame

A generation counts the times that a run was built: what an older one says is no longer true.
"""

import json
import struct
from collections.abc import Callable, Iterator, Mapping
from typing import Any, BinaryIO

from playground.core.deeds import read_deed
from playground.core.want import read_analyses, read_options

Message = tuple[str, dict[str, Any], bytes]
Send = Callable[[Message], None]

_HEAD = struct.Struct("<II")
_MAX_JSON = 64 * 2**20

MAX_SPEED = 1e6
"""Most batches per second that a visitor can ask for; beyond, there is no limit at all."""


def pack(message: Message) -> bytes:
    """The bytes of one message on a pipe."""
    kind, fields, blob = message
    text = json.dumps([kind, fields], separators=(",", ":")).encode()
    return b"".join((_HEAD.pack(len(text), len(blob)), text, blob))


def read_messages(stream: BinaryIO) -> Iterator[Message]:
    """Messages from a pipe until it ends; sleeps in read between them.

    Raises:
        ValueError: the stream carries something else.
    """
    while len(head := _read_exactly(stream, _HEAD.size)) == _HEAD.size:
        text_length, blob_length = _HEAD.unpack(head)
        if text_length > _MAX_JSON:
            raise ValueError(f"a message header of {text_length} bytes")
        text = _read_exactly(stream, text_length)
        blob = _read_exactly(stream, blob_length)
        if len(text) < text_length or len(blob) < blob_length:
            return
        kind, fields = json.loads(text)
        yield kind, fields, blob


def _read_exactly(stream: BinaryIO, size: int) -> bytes:
    """`size` bytes, or fewer at the end of the stream; raw streams may give less at a time."""
    parts: list[bytes] = []
    while size > 0 and (part := stream.read(size)):
        parts.append(part)
        size -= len(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def parse_command(value: object) -> dict[str, Any] | None:
    """A visitor's command with every field checked and nothing else in it; None if it is none.

    Commands come from the open network: names, types and ranges are all in doubt.
    """
    if not isinstance(value, Mapping):
        return None
    kind = value.get("type")
    reader = _COMMANDS.get(kind) if isinstance(kind, str) else None
    fields = reader(value) if reader else None
    return None if fields is None else {"type": kind, **fields}


def _plain(value: Mapping[Any, Any]) -> dict[str, Any]:
    return {}


def _speed(value: Mapping[Any, Any]) -> dict[str, Any] | None:
    limit = value.get("value")
    if limit is None:
        return {"value": None}
    if isinstance(limit, bool) or not isinstance(limit, int | float):
        return None
    if not 0 < limit <= MAX_SPEED:
        return None
    return {"value": float(limit)}


def _flag(value: Mapping[Any, Any]) -> dict[str, Any] | None:
    flag = value.get("value")
    return {"value": flag} if isinstance(flag, bool) else None


def _ack(value: Mapping[Any, Any]) -> dict[str, Any] | None:
    seq, scene, history = value.get("seq", -1), value.get("scene"), value.get("history")
    if not isinstance(history, list) or len(history) != 2:
        return None
    if not all(_is_int(number, -1, 2**53) for number in (seq, scene, *history)):
        return None
    return {"seq": seq, "scene": scene, "history": history}


def _want(value: Mapping[Any, Any]) -> dict[str, Any] | None:
    want = value.get("value")
    if not isinstance(want, Mapping):
        return None
    shown = {"map": want.get("map", True), "neurons": want.get("neurons", True)}
    analysis, block, focus = want.get("analysis"), want.get("block", 0), want.get("focus")
    if not all(isinstance(flag, bool) for flag in shown.values()):
        return None
    if read_analyses(analysis) is None:
        return None
    if not _is_int(block, 0, 10_000):
        return None
    if focus is not None and not _is_unit(focus):
        return None
    more = {name: want[name] for name in _OPTIONAL if name in want}
    if not all(_OPTIONAL[name](part) for name, part in more.items()):
        return None
    return {"value": {**shown, "analysis": analysis, "block": block, "focus": focus, **more}}


def _are_pairs(value: object) -> bool:
    """A few blocks, each with two of its units."""
    if not isinstance(value, list) or len(value) > 100:
        return False
    return all(
        isinstance(one, list) and len(one) == 3 and all(_is_int(i, 0, 10**6) for i in one)
        for one in value
    )


def _is_point(value: object) -> bool:
    """Nothing, a data point, or a place with or without a target."""
    if value is None:
        return True
    if not isinstance(value, dict):
        return False
    if set(value) == {"part", "index"}:
        return value["part"] in ("train", "test") and _is_int(value["index"], 0, 10**9)
    if set(value) != {"x", "y", "target"}:
        return False
    numbers = (value["x"], value["y"], 0 if value["target"] is None else value["target"])
    return all(
        isinstance(number, int | float) and not isinstance(number, bool) and abs(number) <= 1e9
        for number in numbers
    )


def _is_unit(value: object) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(_is_int(i, 0, 10**6) for i in value)


def _is_int(value: object, low: int, high: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


_OPTIONAL: dict[str, Callable[[object], bool]] = {
    "warp": _are_pairs,
    "trace": _is_point,
    "round": lambda value: _is_int(value, 0, 2**53),
    "options": lambda value: read_options(value) is not None,
}


def _deed(value: Mapping[Any, Any]) -> dict[str, Any] | None:
    inner = value.get("value")
    deed = read_deed(inner) if isinstance(inner, Mapping) else None
    return None if deed is None else {"value": deed}


_COMMANDS: dict[str, Callable[[Mapping[Any, Any]], dict[str, Any] | None]] = {
    "play": _plain,
    "pause": _plain,
    "step": _plain,
    "epoch": _plain,
    "reset": _plain,
    "speed": _speed,
    "want": _want,
    "ack": _ack,
    "hidden": _flag,
    "keep": _flag,
    "deed": _deed,
}
