"""What the views of the linear algebra cost: the live ones all at once, the long ones alone."""

from __future__ import annotations

import statistics
import time
from typing import TYPE_CHECKING, Any

from playground.bench.browser import EIGHT, SGD, alone, opened, painted
from playground.bench.chromium import chromium
from playground.bench.report import bar, row
from playground.bench.server import app_server
from playground.core.experiment import Experiment

if TYPE_CHECKING:
    from playwright.sync_api import Page

ROUNDS = 3
# High enough that every view is in sight; the parts keep the size that they have on a laptop.
TALL = {"width": 1440, "height": 2200}
LAPTOP = ":root { --np-stage: 45.6rem !important; }"
LIVE = {"spectra": ("pca", "singular", "eigen"), "loss": ("curvature",)}
STUDIES: dict[str, dict[str, Any]] = {"curvature": {}, "landscape": {}, "ntk": {}}
STUDY_POINTS = 500
THREE_EIGHTS = Experiment().with_changes(SGD | {"layers": [EIGHT] * 3})
# 2 inputs, 16-16-16: 609 parameters, of the 700 that the long views must manage.
LARGE = Experiment().with_changes(
    {
        "data": {"samples": 2 * STUDY_POINTS},
        "layers": [{"kind": "dense", "units": 16, "activation": "tanh"}] * 3,
    }
)


def pin(page: Page, views: dict[str, tuple[str, ...]]) -> None:
    """Keeps these views open; called again it lets go of them."""
    part = page.locator(".np-view[data-part=analysis]")
    for group, names in views.items():
        for name in names:
            part.locator(f'.np-group[data-group="{group}"]').click()
            part.locator(f'.np-tab[data-view="{name}"]').click()
            part.locator(".np-head .np-pin").first.click()
    page.wait_for_timeout(500)


def together() -> None:
    """Frames and steps of an 8-8-8 network with and without all live views, in turn."""
    figures: dict[str, list[tuple[float, float]]] = {"one view": [], "all views": []}
    free = []
    with app_server({"PLAYGROUND_WORKERS": "1"}) as server, chromium() as browser:
        page, _ = opened(browser, server.url, THREE_EIGHTS)
        page.set_viewport_size(TALL)  # type: ignore[arg-type]
        page.add_style_tag(content=LAPTOP)
        for _ in range(ROUNDS):
            free.append(alone(THREE_EIGHTS))
            for name, measured in figures.items():
                if name == "all views":
                    pin(page, LIVE)
                frames, steps, _ = painted(page)
                measured.append((frames, steps))
                if name == "all views":
                    print("computed:", ", ".join(page.evaluate("window.__playground.views")))
                    pin(page, LIVE)
    row("engine alone", free, "steps/s")
    for name, found in figures.items():
        row(f"{name}: painted frames", [frames for frames, _ in found], "frames/s")
        row(f"{name}: live service", [steps for _, steps in found], "steps/s")
    frames = statistics.median(frames for frames, _ in figures["all views"])
    pairs = zip(figures["all views"], figures["one view"], strict=True)
    bar("all views: frames/s", frames, least=10)
    share = statistics.median(all_views[1] / one[1] for all_views, one in pairs)
    bar("share of the steps without them", share, least=0.6)


def studies() -> None:
    """Seconds of one core for each of the long views, loaded before."""
    import torch

    from playground.core.network import parameter_count
    from playground.core.observe import Observer, observe
    from playground.core.run import Run

    torch.set_num_threads(1)
    run = Run(LARGE)
    run.advance(2000)
    print(f"{parameter_count(run.blocks)} parameters, {len(run.data.inputs_train)} points")
    for name, options in STUDIES.items():
        seconds = []
        for number in range(1, ROUNDS + 2):
            want = {"analysis": [name], "options": {name: {**options, "round": number}}}
            observe(run, want, (-1, 0), False)
            assert isinstance(run.observer, Observer)
            start = time.process_time()
            while run.observer.studying:
                run.observer.study(0.01)
            seconds.append(time.process_time() - start)
            header, _ = observe(run, want, (-1, 0), False)
            assert header["studies"][name]["state"] == "done", header["studies"][name]
        row(f"{name}, the first one not loaded", seconds, "s")
        bar(f"{name}, loaded", statistics.median(seconds[1:]), most=3)


def measure() -> int:
    """Prints both."""
    studies()
    together()
    return 0
