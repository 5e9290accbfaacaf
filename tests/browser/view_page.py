"""The live view alone: its real modules in a page without a server, fed with frames made here.

Every request of the page is answered from the package's own files; the websocket is a stand-in
that keeps what the view sends and delivers the frames that a test hands it.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import plotly
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Route

from playground import words
from playground.live.frames import encode

ORIGIN = "http://view.test"
PACKAGE = Path(words.__file__).parents[1]
STATIC = PACKAGE / "ui" / "static"
PLOTLY = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
PARTS = ("bar", "map", "network", "curves", "analysis")
POINTS = 40
RESOLUTION = 100
TYPES = {".js": "text/javascript", ".css": "text/css"}

PAGE = """<!doctype html><html lang="en"><title>view</title><body>
<main><h1>View</h1><h2>Parts</h2><div id="parts" style="width:720px"></div></main><script>
window.calls = [];
window.sockets = [];
window.WebSocket = class {
  static OPEN = 1;
  constructor(url) {
    Object.assign(this, { url: String(url), readyState: 0, sent: [] });
    sockets.push(this);
    if (window.refuse) setTimeout(() => this.end(1006), 5);
    else setTimeout(() => { this.readyState = 1; this.onopen(); }, 5);
  }
  send(text) { this.sent.push(JSON.parse(text)); }
  close() { this.readyState = 3; }
  end(code) { this.readyState = 3; this.onclose({ code }); }
};
window.bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer;
window.deliver = (text) => sockets.at(-1).onmessage({ data: bytes(text) });
window.mountAll = (view, parts, data) => {
  for (const part of parts) {
    const host = document.getElementById(part) ?? document.createElement('div');
    host.id = part;
    document.getElementById('parts').append(host);
    view.mount({
      parentElement: host,
      base: `${location.origin}/`,
      data: { ...data, part },
      setTriggerValue: (key, value) => calls.push([part, 'trigger', key, value]),
      setStateValue: (key, value) => calls.push([part, 'state', key, value]),
    });
  }
};
</script></body></html>"""


def open_page(browser: Browser, **options: Any) -> tuple[Page, list[str]]:
    """A page with the view's modules at hand, and the list into which its errors go."""
    context: BrowserContext = browser.new_context(**options)
    context.route("**/*", _answer)
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))

    def read(line: ConsoleMessage) -> None:
        if line.type == "error":
            errors.append(line.text)

    page.on("console", read)
    page.goto(f"{ORIGIN}/")
    return page, errors


def _answer(route: Route) -> None:
    path = urlsplit(route.request.url).path
    if path == "/":
        route.fulfill(body=PAGE, content_type="text/html")
    elif path == "/live/plotly.min.js":
        route.fulfill(path=PLOTLY, content_type="text/javascript")
    elif path.startswith("/app/static/"):
        file = STATIC / path.removeprefix("/app/static/")
        route.fulfill(path=file, content_type=TYPES[file.suffix])
    else:
        route.fulfill(status=204)


def mount(page: Page, language: str = "en", parts: tuple[str, ...] = PARTS, **data: Any) -> None:
    catalog = words.catalog(language)
    view: Mapping[str, Any] = catalog["view"]
    facts = {
        "token": "a-token",
        "words": {**view, "errors": catalog["errors"]},
        "lang": language,
        "mode": "ws",
        **data,
    }
    page.evaluate(
        """async ([parts, data]) => {
          window.view = await import('/app/static/view.js');
          mountAll(view, parts, data);
        }""",
        [list(parts), facts],
    )


def module(page: Page, name: str, script: str, argument: object = None) -> Any:
    """The value of a JavaScript expression; `m` is a module of the view, `a` the argument."""
    load = f"const m = await import('/app/static/{name}');"
    return page.evaluate(f"async (a) => {{ {load} return {script}; }}", argument)


def scene(units: tuple[int, ...] = (4, 2), task: str = "binary") -> dict[str, Any]:
    """The description of a dense network on two inputs."""
    classes = 3 if task == "multiclass" else 1
    sizes = [2, *units, classes]
    blocks = []
    for index, size in enumerate(sizes):
        kind = "input" if index == 0 else "head" if index == len(sizes) - 1 else "dense"
        shown = list(range(size)) if size <= 12 else list(range(0, size, -(-size // 12)))
        block = {
            "index": index,
            "kind": kind,
            "units": size,
            "size": [size],
            "activation": None if index == 0 else "tanh",
            "rate": None,
            "shown": shown,
            "parameters": 0 if index == 0 else size * (sizes[index - 1] + 1),
            "shape": f"(n, {size})",
        }
        blocks.append({**block, "labels": ["x", "y"]} if index == 0 else block)
    names = {"binary": ["−1", "+1"], "multiclass": ["a", "b", "c"], "regression": []}[task]
    return {
        "task": task,
        "class_names": names,
        "inputs": {"dim": 2, "kind": "xy", "x_label": "x", "y_label": "y", "explained": None},
        "domain": [-6, 6, -6, 6],
        "value_range": [-1, 1],
        "parameters": sum(block["parameters"] for block in blocks),
        "kind": "points",
        "batch_size": 10,
        "blocks": blocks,
    }


def frame(
    step: int, described: dict[str, Any] | None = None, seed: int | None = None, **header: Any
) -> str:
    """One frame as base64: `described` is the scene where the frame carries one."""
    random = np.random.default_rng(step if seed is None else seed)
    about = described or scene()
    shown = [len(block["shown"]) for block in about["blocks"]]
    map_shape = (3, RESOLUTION, RESOLUTION) if about["task"] == "multiclass" else (RESOLUTION,) * 2
    arrays = {
        "map": random.integers(0, 256, map_shape).astype(np.uint8),
        "neurons": random.integers(0, 256, (sum(shown), 34, 34)).astype(np.uint8),
        "neuron_scale": np.ones(sum(shown), np.float32),
        "links": random.normal(size=sum(a * b + b for a, b in pairwise(shown))).astype(np.float32),
        "history": np.array(
            [[step / 25, 0.5, 0.6, 0, 0.7, 0.6, 0.03, step, step / 1000]], np.float32
        ),
    }
    if about["task"] != "regression":
        arrays["wrong"] = random.integers(0, 2, 2 * POINTS).astype(np.uint8)
    if described is not None:
        for part in ("train", "test"):
            points = np.c_[random.uniform(-5, 5, (POINTS, 2)), random.integers(0, 2, POINTS)]
            arrays[f"points_{part}"] = points.astype(np.float32)
    full = {
        "v": 1,
        "seq": step,
        "scene_id": 7,
        "state": "running",
        "notice": None,
        "epoch": step // 25,
        "batch": step % 25,
        "batches_per_epoch": 25,
        "step": step,
        "speed": {"limit": None, "steps_per_second": 1.0, "ms_per_step": 1, "epochs_per_second": 1},
        "place": {
            "device": "cpu",
            "device_name": "CPU",
            "engine": "dense",
            "precision": "float32",
            "memory_mb": 200,
            "threads": 1,
        },
        "metrics": {
            "train_loss": 0.5,
            "test_loss": 0.6,
            "penalty": 0,
            "train_score": 0.7,
            "test_score": 0.6,
        },
        "score": "r2" if about["task"] == "regression" else "accuracy",
        "history": {"version": 1, "start": step, "total": step + 1},
        "focus": None,
        **({"scene": described} if described is not None else {}),
        **header,
    }
    return base64.b64encode(encode(full, arrays)).decode()


def show(page: Page, text: str) -> None:
    """Delivers a frame and waits until it is painted."""
    painted = page.evaluate("__playground.frames")
    page.evaluate("deliver", text)
    page.wait_for_function("(before) => __playground.frames > before", arg=painted)


def sent(page: Page, kind: str) -> list[dict[str, Any]]:
    messages = json.loads(page.evaluate("JSON.stringify(sockets.at(-1).sent)"))
    return [message for message in messages if message["type"] == kind]
