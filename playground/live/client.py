"""A viewer without a browser: speaks the websocket's protocol, paints nothing, counts.

For measurements and tests of a running server. The `websockets` package comes with Streamlit.
"""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

import numpy as np
from websockets.asyncio.client import ClientConnection, connect

from playground.live.frames import decode

MAX_FRAME = 2**26


@dataclass
class Seen:
    """What one viewer saw.

    Attributes:
        times: when each frame arrived, seconds of `time.perf_counter`.
        steps: the run's step in each frame.
        bytes: length of all frames together.
        header, arrays: of the newest frame.
        scene: the newest description of the network.
    """

    times: list[float] = field(default_factory=list)
    steps: list[int] = field(default_factory=list)
    bytes: int = 0
    header: dict[str, Any] = field(default_factory=dict)
    arrays: dict[str, np.ndarray] = field(default_factory=dict)
    scene: dict[str, Any] | None = None

    def frames_per_second(self, since: float = 0.0) -> float:
        """Mean rate of the frames that arrived after a moment."""
        times = [moment for moment in self.times if moment >= since]
        return (len(times) - 1) / (times[-1] - times[0]) if len(times) > 1 else 0.0


class Viewer:
    """One connection to `live/<token>`; an asynchronous context manager.

    Args:
        url: e.g. `ws://localhost:8501/live/<token>`.
        paint: seconds between a frame and its acknowledgement, as a browser takes to draw.
        origin: the Origin header, which browsers send; none by default.
    """

    def __init__(self, url: str, *, paint: float = 0.015, origin: str | None = None) -> None:
        self.url = url
        self.paint = paint
        self.origin: Any = origin
        self.seen = Seen()
        self._history = [-1, 0]
        self._socket: ClientConnection | None = None

    async def __aenter__(self) -> Viewer:
        self._socket = await connect(
            self.url, max_size=MAX_FRAME, compression=None, origin=self.origin
        )
        await self._acknowledge(-1, -1)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.socket.close()

    @property
    def socket(self) -> ClientConnection:
        if self._socket is None:
            raise RuntimeError("the viewer is not connected")
        return self._socket

    async def send(self, kind: str, **fields: Any) -> None:
        """Sends a command, e.g. `send("speed", value=1.0)`."""
        await self.socket.send(json.dumps({"type": kind, **fields}))

    async def frame(self, timeout: float | None = None) -> dict[str, Any]:
        """Waits for the next frame, paints and acknowledges it.

        Args:
            timeout: seconds to wait for its arrival. Painting is never cut short: a frame without
                its acknowledgement would be the last.

        Returns:
            Its header.

        Raises:
            TimeoutError: no frame in time.
            websockets.ConnectionClosed: the server closed the connection; `.rcvd.code` says why.
        """
        content = await asyncio.wait_for(self.socket.recv(), timeout)
        if isinstance(content, str):
            raise TypeError("the server sent text where a frame was due")
        header, arrays = decode(content)
        seen = self.seen
        seen.times.append(time.perf_counter())
        seen.steps.append(header["step"])
        seen.bytes += len(content)
        seen.header, seen.arrays = header, arrays
        seen.scene = header.get("scene", seen.scene)
        if "history" in header:
            self._history = [header["history"]["version"], header["history"]["total"]]
        await asyncio.sleep(self.paint)
        await self._acknowledge(header["seq"], header["scene_id"])
        return header

    async def watch(self, seconds: float) -> Seen:
        """Paints frames for so long."""
        deadline = time.perf_counter() + seconds
        while (left := deadline - time.perf_counter()) > 0:
            try:
                await self.frame(left)
            except TimeoutError:
                break
        return self.seen

    async def _acknowledge(self, seq: int, scene: int) -> None:
        await self.send("ack", seq=seq, scene=scene, history=self._history)
