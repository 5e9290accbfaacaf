"""A visitor at the page: what one does there and what one sees, for all browser tests."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import numpy as np
from playwright.sync_api import Locator, Page, WebSocket, expect

from playground.bench.server import Server
from playground.core.experiment import Experiment
from playground.core.link import encode
from playground.live.frames import decode

PATIENCE = 30_000  # ms; nothing here is timed, so a slow machine only takes longer
PHONE = {"width": 390, "height": 844}
FEW = 4  # frames that tell a picture that goes on from one that stands
PIXELS = """(canvas) => {
  const copy = document.createElement('canvas');
  [copy.width, copy.height] = [canvas.width, canvas.height];
  const context = copy.getContext('2d', { willReadFrequently: true });
  context.drawImage(canvas, 0, 0);
  const { data } = context.getImageData(0, 0, copy.width, copy.height);
  const colors = new Set();
  let hash = 0;
  for (let i = 0; i < data.length; i += 4) {
    const color = (data[i] << 16) | (data[i + 1] << 8) | data[i + 2];
    if (data[i + 3]) colors.add(color);
    hash = (hash * 31 + color) | 0;
  }
  return { colors: colors.size, hash };
}"""


@dataclass
class Frames:
    """What came over the live websockets of a page, decoded; the newest last."""

    headers: list[dict[str, Any]] = field(default_factory=list)
    arrays: dict[str, np.ndarray] = field(default_factory=dict)
    scene: dict[str, Any] = field(default_factory=dict)
    said: list[dict[str, Any]] = field(default_factory=list)
    sockets: list[WebSocket] = field(default_factory=list)

    def listen(self, socket: WebSocket) -> None:
        if "/live/" in socket.url:
            self.sockets.append(socket)
            socket.on("framereceived", self._receive)
            socket.on("framesent", self._sent)

    def _receive(self, content: str | bytes) -> None:
        if isinstance(content, bytes):
            header, self.arrays = decode(content)
            self.headers.append(header)
            self.scene = header.get("scene", self.scene)

    def _sent(self, content: str | bytes) -> None:
        message = json.loads(content)
        if message["type"] != "ack":
            self.said.append(message)

    @property
    def newest(self) -> dict[str, Any]:
        return self.headers[-1]


class Visitor:
    """One tab with the app.

    Args:
        page: a blank page of a context of its own.
        server: the app.
        url: its address as seen from here, if it is not the server's own.
        tap: whether to decode what comes over the live websocket, which takes time.
    """

    def __init__(
        self, page: Page, server: Server, *, url: str | None = None, tap: bool = False
    ) -> None:
        self.page = page
        self.server = server
        self.url = url or server.url
        self.frames_seen = Frames()
        if tap:
            page.on("websocket", self.frames_seen.listen)

    # -- going places --------------------------------------------------------------------

    def open(self, experiment: Experiment | None = None, **query: str) -> Visitor:
        """Opens the playground, by a link where an experiment or parameters are given."""
        return self.goto("/?" + urlencode((encode(experiment) if experiment else {}) | query))

    def open_stage(self, name: str, **query: str) -> Locator:
        """Opens a page of its own, such as "plane"; returns its stage when it is there."""
        self.page.goto(f"{self.url}/{name}?{urlencode(query, safe=',')}")
        return self.stage(name)

    def stage(self, name: str) -> Locator:
        """The stage of the page that is shown, once it is there and Streamlit rests."""
        stage = self.page.locator(f".np-page-{name}.np-ready")
        stage.wait_for()
        self.settle()
        return stage

    def goto(self, path: str) -> Visitor:
        """Opens a path of the app and waits for the first picture."""
        self.page.goto(self.url + path)
        return self.wait_for_picture()

    def wait_for_picture(self) -> Visitor:
        """Waits until something was painted and Streamlit rests."""
        self.wait_for_paint()
        return self.settle()

    def wait_for_paint(self) -> None:
        """Waits until something was painted."""
        self.wait("window.__playground && window.__playground.frames > 0")

    def settle(self) -> Visitor:
        """Waits until Streamlit has run the page's script to its end."""
        self.page.wait_for_selector(
            "[data-testid=stApp][data-test-script-state=notRunning]", state="attached"
        )
        return self

    def wait(self, condition: str, argument: Any = None) -> None:
        """Waits until a JavaScript expression, or a function of the argument, is true."""
        self.page.wait_for_function(condition, arg=argument, timeout=PATIENCE)

    def until(self, condition: Callable[[], Any]) -> None:
        """Waits until a Python condition is true, while events of the page are handled."""
        deadline = time.monotonic() + PATIENCE / 1000
        while not condition():
            assert time.monotonic() < deadline, "waited in vain"
            self.page.wait_for_timeout(30)

    # -- the run -------------------------------------------------------------------------

    def painted(self, what: str) -> Any:
        """What was painted last: "frames", "step", "epoch", "state"."""
        return self.page.evaluate("(what) => window.__playground[what]", what)

    @property
    def step(self) -> int:
        return self.painted("step")

    def wait_for_step(self, step: int) -> None:
        """Waits until exactly this step is painted."""
        self.wait("(step) => window.__playground.step === step", step)

    def wait_beyond(self, step: int) -> None:
        """Waits until a later step is painted."""
        self.wait("(step) => window.__playground.step > step", step)

    def wait_for_frames(self, number: int = FEW) -> None:
        """Waits until so many more frames are painted."""
        self.wait(
            "(frames) => window.__playground.frames >= frames", self.painted("frames") + number
        )

    def wait_for_state(self, state: str) -> None:
        self.wait("(state) => window.__playground.state === state", state)

    def play(self) -> Visitor:
        """Starts training and waits until it is seen to go on."""
        step = self.step
        self.button("Play").click()
        self.wait_beyond(step)
        return self

    def pause(self) -> int:
        """Stops training; returns the step at which it rests."""
        self.button("Pause").click()
        self.wait_for_state("paused")
        return self.step

    def rests(self, milliseconds: int = 400) -> bool:
        """Whether the step stays where it is for a while."""
        step = self.step
        self.page.wait_for_timeout(milliseconds)
        return self.step == step

    # -- finding things ------------------------------------------------------------------

    def button(self, name: str) -> Locator:
        """A button of the control bar by its name."""
        return self.part("bar").get_by_role("button", name=name, exact=True)

    def part(self, name: str) -> Locator:
        """A part of the live view: "bar", "map", "network", "curves", "analysis"."""
        return self.page.locator(f".np-view[data-part={name}]")

    def tab(self, name: str) -> Locator:
        """Opens an analysis; returns the panel when a frame with its values is painted."""
        part = self.part("analysis")
        tab = part.get_by_role("tab", name=name)
        for group in part.locator(".np-group:visible").all():
            if tab.count():
                break
            group.click()
        if tab.get_attribute("aria-selected") != "true":
            tab.click()
            view = tab.get_attribute("data-view")
            self.wait("(view) => window.__playground.views?.includes(view)", view)
        return part.get_by_role("tabpanel")

    def canvas(self, part: str) -> Locator:
        """The canvas on which a part is painted."""
        return self.part(part).locator("canvas.np-layer").first

    def pixels(self, part: str) -> dict[str, int]:
        """How many colours a part's canvas has, and a number that stands for its pixels."""
        return self.canvas(part).evaluate(PIXELS)

    def ranges(self, part: str, axis: str = "x") -> list[float]:
        """The range of an axis of the part's chart."""
        return self.part(part).evaluate(
            """(root, axis) => [...root.querySelector('.js-plotly-plot')
              ._fullLayout[`${axis}axis`].range]""",
            axis,
        )

    def keyed(self, key: str) -> Locator:
        """The Streamlit element with this key."""
        return self.page.locator(f".st-key-{key}")

    def chip(self, key: str) -> Locator:
        """Opens one of the settings under the controls; returns what pops up."""
        return self.popover(self.keyed(f"chip_{key}"))

    def popover(self, holder: Locator) -> Locator:
        button = holder.get_by_role("button").first
        if button.get_attribute("aria-expanded") != "true":
            button.click()
        expect(button).to_have_attribute("aria-expanded", "true")
        body = self.page.locator("[data-testid=stPopoverBody]")
        expect(body).to_be_visible()
        return body

    def close_popover(self) -> None:
        self.page.keyboard.press("Escape")
        expect(self.page.locator("[data-testid=stPopoverBody]")).to_have_count(0)

    def toast(self, text: str | re.Pattern[str]) -> None:
        """Expects a passing message."""
        expect(self.page.locator("[data-testid=stToast]", has_text=text).first).to_be_visible()

    def notice(self, text: str | re.Pattern[str]) -> None:
        """Expects a message that stays until it is closed."""
        expect(self.keyed("notices").get_by_text(text).first).to_be_visible()

    def query(self, name: str) -> str | None:
        """A parameter of the page's address."""
        return self.page.evaluate("(name) => new URLSearchParams(location.search).get(name)", name)
