"""Small pictures that a worker computes once per server: data sets, activations, losses.

They are fetched in the background: a page that opens on a cold server is not kept waiting, and
shows them as soon as they are there.
"""

from __future__ import annotations

import logging
import threading
import time
from functools import lru_cache
from html import escape

import numpy as np
import streamlit as st

from playground.core.data.model import DataSet
from playground.core.errors import PlaygroundError
from playground.core.schedules import ScheduleBase
from playground.figures.sparkline import Curve, line_colors, picture, sparkline
from playground.figures.thumbnail import thumbnail
from playground.live.service import service
from playground.ui import language
from playground.ui.language import say
from playground.ui.sheet import image

log = logging.getLogger(__name__)

TRIES = 3
PAUSE = 2.0  # s between two tries
RADIUS = 1.6  # px of a dot; where points fill the plane they run into one another
FILLED_RADIUS = 2.0

# Sets that have no points before the visitor makes them are shown by a sign.
_SIGN = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 56 56" fill="none" stroke="#4a8fc7" '
    'stroke-width="4" stroke-linecap="round" stroke-linejoin="round">{}</svg>'
)
# Of a set that was not fetched yet: an arrow down to its name.
_COMING = (
    '<path d="M28 9v20M20 22l8 8 8-8" stroke-width="3.5"/><text x="28" y="47" font-size="13" '
    'font-family="sans-serif" font-weight="600" text-anchor="middle" stroke="none" '
    'fill="#4a8fc7">{}</text>'
)
_FETCHED = {"mnist": "MNIST", "fashion_mnist": "Fashion", "cifar10": "CIFAR"}
_NAMED = (
    '<text x="28" y="36" font-size="23" font-family="sans-serif" font-weight="600" '
    'text-anchor="middle" stroke="none" fill="#4a8fc7">{}</text>'
)
# Sets whose pictures are those of another one: their tiles say what sets them apart.
_APART = {
    "digits_low": _SIGN.format(_NAMED.format("0–4")),
    "digits_high": _SIGN.format(_NAMED.format("5–9")),
    "digits_code": _SIGN.format('<path d="M10 10l14 16v4L10 46zM46 10L32 26v4l14 16zM24 28h8"/>'),
}
SIGNS = {
    "formula": _SIGN.format(
        '<path d="M30 13c-6-3-9 1-10 8l-3 17c-1 5-4 7-8 5M11 25h16"/>'
        '<path d="M31 27c7-1 7 15 14 14M45 27c-6 1-9 13-15 14"/>'
    ),
    "own": _SIGN.format(
        '<path d="M14 42l3-10 19-19 7 7-19 19zM31 18l7 7"/>'
        '<path d="M44 42h0M34 44h0" stroke="#f59322" stroke-width="6"/>'
    ),
    "album": _SIGN.format('<path d="M9 14h38v28H9zM9 36l11-11 9 9 6-6 12 11M37 22h0"/>'),
    **_APART,
    **{name: _SIGN.format(_COMING.format(title)) for name, title in _FETCHED.items()},
}


class Shelf:
    """What the worker computed: arrays of curves, and thumbnails as addresses of images.

    Attributes:
        ready: everything is there, or will not come.
    """

    def __init__(self) -> None:
        self.ready = threading.Event()
        self.thumbnails: dict[str, str] = {}
        self.curves: dict[str, np.ndarray] = {}
        self.targets: dict[str, float] = {}
        threading.Thread(target=self._fetch, name="pictures", daemon=True).start()

    def _fetch(self) -> None:
        for _ in range(TRIES):
            try:
                self._ask()
                break
            except PlaygroundError as error:
                log.warning("no pictures yet: %s", error)
                time.sleep(PAUSE)
        self.ready.set()

    def _ask(self) -> None:
        header, points = service().request("thumbnails")
        for name, facts in header["sets"].items():
            radius = FILLED_RADIUS if facts.pop("filled") else RADIUS
            svg = thumbnail(points[name], title=name, radius=radius, **facts)
            self.thumbnails[name] = picture(svg)
        self.thumbnails |= {name: picture(svg) for name, svg in SIGNS.items()}
        self._ask_pictures()
        header, self.curves = service().request("curves")
        self.targets = header["targets"]

    def _ask_pictures(self) -> None:
        _, tiles = service().request("picture_tiles")
        for name, pixels in tiles.items():
            if name not in _APART:
                self.thumbnails[name] = image(pixels)

    def look_again(self) -> None:
        """A set of pictures has come: its tile shows some of them from now on."""
        try:
            self._ask_pictures()
        except PlaygroundError as error:
            log.warning("no pictures of a fetched set: %s", error)


def has_picture(entry: DataSet) -> bool:
    """Whether a data set is offered as a picture; the others by their names."""
    return entry.family in ("points", "line", "pictures") or entry.name in SIGNS


@st.cache_resource(show_spinner=False)
def shelf() -> Shelf:
    """The pictures of this server."""
    return Shelf()


def activation_curve(name: str) -> str:
    """An activation and its derivative, as HTML; empty while it is not there yet."""
    arrays = shelf().curves.get(f"activation/{name}")
    if arrays is None:
        return ""
    title = say(
        "figures.activation",
        name=language.name_of("activations", name),
        low=f"{arrays[0, 0]:g}",
        high=f"{arrays[0, -1]:g}",
    )
    return _image(_two_lines(arrays, title, dark()), title)


def typed_curve(formula: str) -> str:
    """A typed activation and its derivative, as HTML; empty where no worker answers."""
    try:
        arrays = _typed(formula)
    except PlaygroundError:
        return ""
    title = say(
        "figures.activation",
        name=formula,
        low=f"{arrays[0, 0]:g}",
        high=f"{arrays[0, -1]:g}",
    )
    return _image(_two_lines(arrays, title, dark()), escape(title))


@lru_cache(maxsize=64)
def _typed(formula: str) -> np.ndarray:
    _, arrays = service().request("activation_curve", {"formula": formula})
    return arrays["curve"]


def loss_curve(name: str) -> str:
    """A loss over the output for a fixed target, as HTML; empty while it is not there yet."""
    arrays = shelf().curves.get(f"loss/{name}")
    if arrays is None:
        return ""
    target = shelf().targets[name]
    loss = language.name_of("losses", name)
    title = say("figures.loss", name=loss, target=f"{target:g}")
    return _image(_one_line(arrays, title, dark()), title)


def schedule_curve(schedule: ScheduleBase, rate: float, epochs: int) -> str:
    """The learning rate over the epochs that are planned, as HTML."""
    at = np.linspace(0, epochs, 121)
    values = np.array([rate * schedule.factor(float(np.floor(epoch))) for epoch in at])
    name = language.name_of("schedules", type(schedule).model_fields["name"].default)
    title = say("figures.schedule", name=name, epochs=epochs)
    curve = Curve(at.tolist(), values.tolist(), line_colors(dark())[0])
    svg = sparkline([curve], title=title, width=200, height=72, y_range=(0.0, rate * 1.05))
    return _image(picture(svg), title)


def dark() -> bool:
    """Whether the visitor's page is dark."""
    return st.context.theme.type == "dark"


def _two_lines(arrays: np.ndarray, title: str, on_dark: bool) -> str:
    return _drawn(arrays.tobytes(), arrays.shape[1], title, on_dark, True)


def _one_line(arrays: np.ndarray, title: str, on_dark: bool) -> str:
    return _drawn(arrays.tobytes(), arrays.shape[1], title, on_dark, False)


@lru_cache(maxsize=256)
def _drawn(content: bytes, points: int, title: str, on_dark: bool, slope_too: bool) -> str:
    place, value, slope = np.frombuffer(content, np.float32).reshape(3, points).tolist()
    value_color, slope_color = line_colors(on_dark)
    curves = [Curve(place, value, value_color)]
    if slope_too:
        curves.append(Curve(place, slope, slope_color, dashed=True))
    size = (200, 96) if slope_too else (84, 34)
    return picture(sparkline(curves, title=title, width=size[0], height=size[1]))


def _image(address: str, title: str) -> str:
    return f'<img class="np-curve" src="{address}" alt="{title}">'


def style() -> None:
    """Lays the thumbnails behind the buttons of the data sets, as soon as they are there."""
    if shelf().ready.is_set():
        rules = [
            f'.st-key-pick_{name} button{{background-image:url("{address}")}}'
            for name, address in shelf().thumbnails.items()
        ]
        st.html(f"<style>{''.join(rules)}</style>")
    else:
        _wait()


@st.fragment(run_every=0.5)
def _wait() -> None:
    """Runs the page again when the pictures have come."""
    if shelf().ready.is_set():
        st.rerun()
