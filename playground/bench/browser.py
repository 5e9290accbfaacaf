"""What a visitor gets in Chromium: frames, epochs, opening the page, pause and play.

The browser, the server and the worker share this machine's cores, as in a visitor's own
`make run`. The engine alone is measured in turn with the page, in a process of its own while the
page is paused.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from playground.bench.chromium import chromium, wait_for_picture
from playground.bench.report import bar, row
from playground.bench.server import ROOT, app_server
from playground.core.experiment import Experiment
from playground.core.link import encode

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

SECONDS = 8.0
WARM_UP = 3.0
ROUNDS = 3
OPENINGS = 5
CLICKS = 15
SIZE = {"width": 1440, "height": 900}
SGD = {"optimizer": {"name": "sgd", "learning_rate": 0.03}}
EIGHT = {"kind": "dense", "units": 8, "activation": "tanh"}
LARGEST = {
    "features": ["x", "y", "x2", "y2", "xy", "sin_x", "sin_y"],
    "layers": [EIGHT] * 6,
}


@dataclass(frozen=True)
class Case:
    """One network on the page.

    Attributes:
        least: epochs/s that there should be.
        kept: the least share of the engine's own speed; None asks for none.
    """

    name: str
    experiment: Experiment
    least: float
    kept: float | None = 0.75


CASES = (
    Case("default, plain SGD 0.03", Experiment().with_changes(SGD), 1500),
    Case(
        "TensorFlow Playground's largest, plain SGD 0.03",
        Experiment().with_changes(SGD | LARGEST),
        800,
    ),
)
# Many starts of one network together on their page.
POPULATION = Experiment().with_changes(SGD | {"layers": [EIGHT, EIGHT]})
PLAY = ".np-play"
# Clicks, then looks once a frame of the screen until the picture shows the effect.
CLICK = """([state, selector]) => new Promise((done) => {
  const start = performance.now(), step = window.__playground.step;
  document.querySelector(selector).click();
  const look = () => {
    const seen = window.__playground;
    const reached = state === 'paused' ? seen.state === 'paused' : seen.step > step;
    reached ? done(performance.now() - start) : requestAnimationFrame(look);
  };
  look();
})"""


def opened(browser: Browser, url: str, experiment: Experiment) -> tuple[Page, float]:
    """A page with its first picture painted, and the seconds that took."""
    page = browser.new_context(viewport=SIZE, locale="en-US").new_page()  # type: ignore[arg-type]
    start = time.perf_counter()
    page.goto(f"{url}/?{urlencode(encode(experiment))}")
    wait_for_picture(page)
    return page, time.perf_counter() - start


def click(page: Page, effect: str) -> float:
    """Milliseconds from a click on play or pause to the painted frame that shows its effect."""
    return page.evaluate(CLICK, [effect, PLAY])


def painted(page: Page) -> tuple[float, float, float]:
    """Frames, steps and epochs per second over SECONDS of painting."""
    read = "(() => { const p = window.__playground; return [p.frames, p.step, p.epoch]; })()"
    click(page, "running")
    page.wait_for_timeout(WARM_UP * 1000)
    start, before = time.perf_counter(), page.evaluate(read)
    page.wait_for_timeout(SECONDS * 1000)
    after, seconds = page.evaluate(read), time.perf_counter() - start
    click(page, "paused")
    frames, steps, epochs = ((b - a) / seconds for a, b in zip(before, after, strict=True))
    return frames, steps, epochs


def alone(experiment: Experiment) -> float:
    """Steps per second of the same engine in a process of its own, nothing painted."""
    done = subprocess.run(
        [sys.executable, "-m", "playground.bench.alone", str(SECONDS / 2)],
        input=experiment.to_json(),
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    return float(done.stdout)


def measure_case(browser: Browser, url: str, case: Case) -> None:
    """One network: frames, epochs, and the share of the engine's own speed that is kept."""
    frames, epochs, live, free = [], [], [], []
    page, _ = opened(browser, url, case.experiment)
    for _ in range(ROUNDS):
        free.append(alone(case.experiment))
        found = painted(page)
        frames.append(found[0])
        live.append(found[1])
        epochs.append(found[2])
    page.context.close()
    print(f"-- {case.name}")
    row("painted frames", frames, "frames/s")
    row("painted epochs", epochs, "epochs/s")
    row("live service, painting", live, "steps/s")
    row("engine alone", free, "steps/s")
    bar("frames/s", statistics.median(frames), least=15)
    bar("epochs/s", statistics.median(epochs), least=case.least)
    if case.kept is not None:
        shares = [one / other for one, other in zip(live, free, strict=True)]
        bar("share of the engine's steps", statistics.median(shares), least=case.kept)


def measure_population(browser: Browser, url: str, way: str) -> None:
    """Sixteen networks on the page "Many starts", all of them pictured."""
    page, _ = opened(browser, url, POPULATION)
    page.get_by_role("button", name="Many networks").click()
    page.get_by_role("link", name="Many starts").click()
    page.wait_for_selector(".np-page-seeds[data-step]")
    frames, epochs = [], []
    for _ in range(ROUNDS):
        found = painted(page)
        frames.append(found[0])
        epochs.append(found[2])
    page.context.close()
    print(f"-- population of 16, 8-8, plain SGD 0.03, {way}")
    row("painted frames", frames, "frames/s")
    row("painted epochs of every network", epochs, "epochs/s")
    bar("frames/s", statistics.median(frames), least=10)
    bar("epochs/s of every network", statistics.median(epochs), least=600)


def measure() -> int:
    """Prints all of it."""
    with app_server({"PLAYGROUND_WORKERS": "1"}) as server, chromium() as browser:
        opened(browser, server.url, Experiment())[0].context.close()
        seconds = []
        for _ in range(OPENINGS):
            page, taken = opened(browser, server.url, Experiment())
            seconds.append(taken)
            page.context.close()
        row("page open to first picture, warm server", seconds, "s")
        bar("median seconds to the first picture", statistics.median(seconds), most=3)
        for case in CASES:
            measure_case(browser, server.url, case)
        measure_population(browser, server.url, "without a compiler")
        page, _ = opened(browser, server.url, CASES[0].experiment)
        plays, pauses = [], []
        for _ in range(CLICKS):
            plays.append(click(page, "running"))
            page.wait_for_timeout(300)
            pauses.append(click(page, "paused"))
        row("pause: click to the painted frame", pauses, "ms")
        row("play: click to the painted frame", plays, "ms")
        bar("pause, median ms", statistics.median(pauses), most=100)
        bar("play, median ms", statistics.median(plays), most=100)
    return 0
