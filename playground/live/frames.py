"""The binary frame: a JSON header and numeric arrays that a browser can view without copying.

    u32 little-endian header length H | UTF-8 JSON header, padded with spaces so that 4 + H is
    a multiple of 8 | arrays, each padded to a multiple of 8 bytes

`header["arrays"]` maps each name to [dtype, shape, offset from the start of the payload].
Numbers are little-endian. JSON has no NaN: a header value that is not finite becomes null.
"""

import json
import math
import struct
from collections.abc import Mapping
from typing import Any

import numpy as np

from playground.core.errors import Notice

DTYPES = {
    "u1": np.dtype("<u1"),
    "i2": np.dtype("<i2"),
    "f4": np.dtype("<f4"),
    "f8": np.dtype("<f8"),
    "i4": np.dtype("<i4"),
}
_NAMES = {dtype: name for name, dtype in DTYPES.items()}
_ALIGN = 8

VERSION = 1
NO_RUN = {"epoch": 0, "batch": 0, "batches_per_epoch": 0, "step": 0, "metrics": None}
"""What a header says of a run that could not be built or is lost."""


def opening(scene_id: int, seq: int, state: str, notice: Notice | None) -> dict[str, Any]:
    """The fields that every header has, whatever there is to show."""
    return {
        "v": VERSION,
        "seq": seq,
        "scene_id": scene_id,
        "state": state,
        "notice": notice.as_dict() if notice else None,
    }


def encode(header: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> bytes:
    """Packs a header and its arrays into one frame.

    Raises:
        ValueError: an array's dtype is not one of `DTYPES`.
    """
    index: dict[str, list[Any]] = {}
    parts: list[bytes] = []
    offset = 0
    for name, array in arrays.items():
        dtype = _NAMES.get(array.dtype)
        if dtype is None:
            raise ValueError(f"array {name!r} has dtype {array.dtype}, expected one of {[*DTYPES]}")
        index[name] = [dtype, list(array.shape), offset]
        data = array.tobytes()
        gap = -len(data) % _ALIGN
        parts += (data, bytes(gap))
        offset += len(data) + gap
    text = _dump({**header, "arrays": index})
    text += b" " * (-(4 + len(text)) % _ALIGN)
    return b"".join((struct.pack("<I", len(text)), text, *parts))


def decode(frame: bytes) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """The header (without its index) and the arrays, as read-only views of the frame.

    Raises:
        ValueError: the bytes are not a frame.
    """
    try:
        (length,) = struct.unpack_from("<I", frame)
        header = json.loads(frame[4 : 4 + length])
        index = header.pop("arrays")
        arrays = {
            name: np.frombuffer(
                frame, DTYPES[dtype], count=math.prod(shape), offset=4 + length + offset
            ).reshape(shape)
            for name, (dtype, shape, offset) in index.items()
        }
    except (struct.error, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not a frame: {error!r}") from error
    return header, arrays


def _dump(header: Mapping[str, Any]) -> bytes:
    try:
        text = json.dumps(header, allow_nan=False, separators=(",", ":"), ensure_ascii=False)
    except ValueError:
        text = json.dumps(_finite(header), separators=(",", ":"), ensure_ascii=False)
    return text.encode()


def _finite(value: Any) -> Any:
    """The same value with every NaN and infinity replaced by None."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return value
