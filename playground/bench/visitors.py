"""Sixteen visitors at once: clients of the websocket that acknowledge every frame."""

from __future__ import annotations

import asyncio
import statistics
import time
import urllib.request
from itertools import pairwise
from uuid import uuid4

from playground.bench.report import bar, row
from playground.bench.server import Server, live_server
from playground.core.experiment import Experiment
from playground.live.client import Viewer

VISITORS = 16
SECONDS = 15.0
WARM_UP = 3.0
CLICKS = 15
PLAIN_SGD = {"optimizer": {"name": "sgd", "learning_rate": 0.03}}


def new_run(server: Server, experiment: Experiment) -> str:
    """The websocket's address of a new run."""
    request = urllib.request.Request(
        f"{server.url}/run",
        data=experiment.to_json().encode(),
        headers={"x-session": uuid4().hex},
        method="POST",
    )
    with urllib.request.urlopen(request) as answer:
        token = answer.read().decode()
    return f"{server.url.replace('http', 'ws')}/live/{token}"


async def watched(url: str, warm_up: float, seconds: float) -> tuple[float, int, float]:
    """Frames per second, steps, and the longest time between two frames, of one visitor who trains
    and has warmed up."""
    async with Viewer(url) as viewer:
        await viewer.frame()
        await viewer.send("play")
        await viewer.watch(warm_up)
        begin, first = time.perf_counter(), viewer.seen.steps[-1]
        seen = await viewer.watch(seconds)
        times = [moment for moment in seen.times if moment >= begin]
        longest = max((b - a for a, b in pairwise(times)), default=seconds)
        return seen.frames_per_second(begin), seen.steps[-1] - first, longest


async def together(
    urls: list[str], warm_up: float, seconds: float
) -> list[tuple[float, int, float]]:
    """`watched` of several at once."""
    return await asyncio.gather(*(watched(url, warm_up, seconds) for url in urls))


async def _latencies(url: str) -> tuple[list[float], list[float]]:
    """Milliseconds from sending pause, or play, to the frame that shows its effect."""
    pauses, plays = [], []
    async with Viewer(url, paint=0.0) as viewer:
        await viewer.frame()
        for _ in range(CLICKS):
            start, step = time.perf_counter(), viewer.seen.steps[-1]
            await viewer.send("play")
            while (await viewer.frame())["step"] == step:
                pass
            plays.append((time.perf_counter() - start) * 1000)
            await viewer.watch(0.3)
            start = time.perf_counter()
            await viewer.send("pause")
            while (await viewer.frame())["state"] != "paused":
                pass
            pauses.append((time.perf_counter() - start) * 1000)
    return pauses, plays


def measure() -> int:
    """Prints frames and steps of every visitor, and how long pause and play take."""
    experiment = Experiment().with_changes(PLAIN_SGD)
    with live_server({"PLAYGROUND_WORKERS": "1"}) as server:
        urls = [new_run(server, experiment) for _ in range(VISITORS)]
        found = asyncio.run(together(urls, WARM_UP, SECONDS))
    rates, steps = [rate for rate, _, _ in found], [taken for _, taken, _ in found]
    row(f"frames/s of each of {VISITORS}", rates, "frames/s")
    row(f"steps of each in {SECONDS:g} s", steps, "steps")
    bar("frames/s of the slowest", min(rates), least=5)
    bar("steps of the slowest over the fastest", min(steps) / max(steps), least=0.5)
    with live_server({"PLAYGROUND_WORKERS": "1"}) as server:
        pauses, plays = asyncio.run(_latencies(new_run(server, experiment)))
    row("pause: sent to the frame that shows it", pauses, "ms")
    row("play: sent to the frame that shows a step", plays, "ms")
    bar("pause, median ms", statistics.median(pauses), most=100)
    bar("play, median ms", statistics.median(plays), most=100)
    return 0
