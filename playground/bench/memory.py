"""Memory of web process and worker with one visitor, and after fifty came and went."""

from __future__ import annotations

import json
import time
import urllib.request
from pathlib import Path

import psutil

from playground.bench.browser import PLAY, opened
from playground.bench.chromium import chromium
from playground.bench.report import bar, row
from playground.bench.server import Server, app_server
from playground.core.experiment import Experiment

VISITS = 50
LOOK = 0.5  # s that each visitor trains
LEAVING = 60.0  # s for the last run to be freed


def proportional(server: Server) -> dict[str, float]:
    """Proportional set size in MB of the server's process and of its children together."""
    process = psutil.Process(server.process.pid)
    sizes = {"web process": _pss(process.pid)}
    sizes["worker"] = sum(_pss(child.pid) for child in process.children(recursive=True))
    return sizes


def _pss(pid: int) -> float:
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="utf-8").splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    return 0.0


def runs_left(server: Server) -> int:
    with urllib.request.urlopen(f"{server.url}/live/health") as answer:
        return int(json.loads(answer.read())["runs"])


def measure() -> int:
    """Prints both states, and how many runs are left when everybody has gone."""
    with app_server({"PLAYGROUND_WORKERS": "1"}) as server, chromium() as browser:

        def visit(seconds: float) -> None:
            page, _ = opened(browser, server.url, Experiment())
            page.click(PLAY)
            page.wait_for_timeout(seconds * 1000)
            page.context.close()

        visit(5)
        page, _ = opened(browser, server.url, Experiment())
        page.click(PLAY)
        page.wait_for_timeout(5000)
        first = proportional(server)
        page.context.close()
        for _ in range(VISITS):
            visit(LOOK)
        deadline = time.monotonic() + LEAVING
        while runs_left(server) and time.monotonic() < deadline:
            time.sleep(1)
        left = runs_left(server)
        page, _ = opened(browser, server.url, Experiment())
        page.click(PLAY)
        page.wait_for_timeout(5000)
        last = proportional(server)
    for name in first:
        row(
            f"{name}: one visitor; after {VISITS} more, one visitor",
            [first[name], last[name]],
            "MB",
        )
    before, after = sum(first.values()), sum(last.values())
    bar("MB with one visitor", before, most=500)
    bar("growth in percent", 100 * (after / before - 1), most=10)
    bar("runs left when all had gone", left, most=0)
    return 0
