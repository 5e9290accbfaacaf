"""What the browser reaches besides Streamlit's own pages: the frames, and Plotly's JavaScript.

The routes join Streamlit's server and port, also below a prefix (`server.baseUrlPath`, or a
proxy's), since Streamlit does not put its prefix in front of an app's own routes.
"""

from __future__ import annotations

import asyncio
import gzip
import importlib.util
import json
import logging
import time
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from playground.live.handle import RunHandle
from playground.live.service import service

log = logging.getLogger(__name__)

BAD_MESSAGE, TOO_LARGE, TOO_MANY = 1003, 1009, 1008
BAD_ORIGIN, UNKNOWN_RUN, REPLACED = 4403, 4404, 4409
MAX_MESSAGE = 24_000  # characters; of an honest message the most are a drawn picture's
MAX_RATE = 200  # messages/s; an honest viewer sends an acknowledgement per frame
MAX_NONSENSE = 20  # messages that mean nothing, after which the connection ends


async def live_socket(socket: WebSocket) -> None:
    """Frames of one run to its newest viewer, commands back.

    One frame is in flight at a time: the worker makes the next when this one is acknowledged.
    """
    # Accepted before anything is refused: a browser is told the reason only of open sockets.
    await socket.accept()
    if not _origin_allowed(socket):
        await socket.close(BAD_ORIGIN)
        return
    handle = service().find(socket.path_params["token"])
    if handle is None:
        await socket.close(UNKNOWN_RUN)
        return
    loop = asyncio.get_running_loop()
    fresh = asyncio.Event()

    def wake() -> None:
        with suppress(RuntimeError):  # the loop may be gone when the server stops
            loop.call_soon_threadsafe(fresh.set)

    viewer = handle.attach(wake)
    sender = asyncio.create_task(_send_frames(socket, handle, viewer, fresh))
    try:
        await _obey(socket, handle, viewer)
    finally:
        handle.detach(viewer)
        sender.cancel()
        with suppress(asyncio.CancelledError):
            await sender


async def _send_frames(
    socket: WebSocket, handle: RunHandle, viewer: int, fresh: asyncio.Event
) -> None:
    with suppress(WebSocketDisconnect, RuntimeError):  # whoever reads notices the closing too
        while handle.viewer == viewer:
            frame = handle.take(viewer)
            if frame is not None:
                await socket.send_bytes(frame)
            else:
                await fresh.wait()
                fresh.clear()
        await socket.close(REPLACED)


async def _obey(socket: WebSocket, handle: RunHandle, viewer: int) -> None:
    """Passes on what the viewer says until it leaves or talks nonsense."""
    nonsense, count, window = 0, 0, time.monotonic()
    while True:
        message = await socket.receive()
        if message["type"] == "websocket.disconnect" or handle.viewer != viewer:
            return
        now = time.monotonic()
        if now - window > 1:
            count, window = 0, now
        count += 1
        if count > MAX_RATE:
            return await _refuse(socket, TOO_MANY)
        text = message.get("text")
        if text is not None and len(text) > MAX_MESSAGE:
            return await _refuse(socket, TOO_LARGE)
        if not _command(handle, text):
            nonsense += 1
            if nonsense > MAX_NONSENSE:
                return await _refuse(socket, BAD_MESSAGE)


async def _refuse(socket: WebSocket, code: int) -> None:
    with suppress(RuntimeError):  # closed meanwhile
        await socket.close(code)


def _command(handle: RunHandle, text: str | None) -> bool:
    if text is None:
        return False
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return False
    return handle.command(value)


def _origin_allowed(socket: WebSocket) -> bool:
    """The rule of Streamlit's own socket, without its search for this machine's addresses.

    That search asks another host. A page that is served under yet another name than the
    browser's can be named in `server.corsAllowedOrigins`; without, the fallback serves it.
    """
    from streamlit import config

    origin = socket.headers.get("origin")
    if origin is None or origin == "null":
        return origin is None
    parts = urlsplit(origin)
    if parts.netloc == socket.headers.get("host"):
        return True
    if not config.get_option("server.enableCORS"):
        return True
    if parts.hostname in ("localhost", "127.0.0.1", "::1"):
        return True
    return origin in (config.get_option("server.corsAllowedOrigins") or [])


class PlotlyScript:
    """plotly.min.js of the installed plotly package, compressed once, never copied."""

    def __init__(self) -> None:
        self._compressed: bytes | None = None
        self._lock = asyncio.Lock()

    async def __call__(self, request: Request) -> Response:
        path = _plotly_path()
        if path is None:
            return PlainTextResponse("plotly is not installed", status_code=404)
        facts = path.stat()
        etag = f'"{facts.st_size:x}-{int(facts.st_mtime):x}"'
        headers = {
            "etag": etag,
            "cache-control": "public, max-age=3600",
            "vary": "accept-encoding",
        }
        if etag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        zipped = "gzip" in request.headers.get("accept-encoding", "")
        if zipped:
            headers["content-encoding"] = "gzip"
        body = await (self._zipped(path) if zipped else asyncio.to_thread(path.read_bytes))
        return Response(body, headers=headers, media_type="text/javascript")

    async def _zipped(self, path: Path) -> bytes:
        async with self._lock:
            if self._compressed is None:
                self._compressed = await asyncio.to_thread(
                    lambda: gzip.compress(path.read_bytes(), compresslevel=6)
                )
        return self._compressed


def _plotly_path() -> Path | None:
    """The script in the installed package, found without importing it."""
    spec = importlib.util.find_spec("plotly")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        path = Path(folder, "package_data", "plotly.min.js")
        if path.is_file():
            return path
    return None


async def health(_request: Request) -> Response:
    """Workers and runs in numbers."""
    return JSONResponse(service().health(), headers={"cache-control": "no-store"})


def make_routes() -> list[BaseRoute]:
    plotly_script = PlotlyScript()

    async def plotly(request: Request) -> Response:
        return await plotly_script(request)

    routes: list[BaseRoute] = []
    for prefix in ("", "/{prefix:path}"):
        routes += [
            WebSocketRoute(f"{prefix}/live/{{token}}", live_socket),
            Route(f"{prefix}/live/plotly.min.js", plotly),
            Route(f"{prefix}/live/health", health),
        ]
    return routes


ROUTES = make_routes()
