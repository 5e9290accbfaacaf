"""The gallery: a card for each preset, with what to look for and its own trained map."""

from __future__ import annotations

import logging
import threading
from functools import lru_cache
from pathlib import Path

import numpy as np
import streamlit as st

from playground.core.data.registry import DATASETS
from playground.core.errors import PlaygroundError
from playground.core.presets import PRESETS, Preset
from playground.figures.raster import map_image, picture_image
from playground.figures.sparkline import Curve, line_colors, picture, sparkline
from playground.live.service import service
from playground.ui import language, state
from playground.ui.language import say
from playground.ui.pictures import dark

log = logging.getLogger(__name__)

PLAYGROUND = Path(__file__).resolve().parents[2] / "pages" / "playground.py"
PATIENCE = 300.0  # s for all pictures; they come one by one


class Wall:
    """The pictures of this server's gallery, trained in a worker when somebody first looks.

    Attributes:
        maps: what was computed so far, by the presets' names.
        done: nothing more will come.
    """

    def __init__(self) -> None:
        self.maps: dict[str, np.ndarray] = {}
        self.done = threading.Event()
        threading.Thread(target=self._fetch, name="gallery", daemon=True).start()

    def _fetch(self) -> None:
        try:
            for name in PRESETS:
                task = service().begin("presets", {"names": [name]})
                if task.wait(PATIENCE) and task.answer is not None:
                    self.maps |= task.answer[1]
                else:
                    log.warning("no picture of %s: %s", name, task.notice)
        except PlaygroundError as error:
            log.warning("no pictures of the gallery: %s", error)
        self.done.set()


@st.cache_resource(show_spinner=False)
def wall() -> Wall:
    """The pictures of this server."""
    return Wall()


def gallery() -> None:
    state.leave_playground()
    with st.container(key="gallery_head"):
        st.markdown(f"## {say('gallery.title')}\n\n{say('gallery.intro')}")
    if wall().done.is_set():
        _cards()
    else:
        _waiting_cards()


@st.fragment(run_every=1.0)
def _waiting_cards() -> None:
    """The cards while their pictures come in; then the page is made once more, and rests."""
    if wall().done.is_set():
        st.rerun()
    _cards()


def _cards() -> None:
    kinds: dict[str, list[Preset]] = {}
    for preset in PRESETS.values():
        kinds.setdefault(_kind_of(preset.name), []).append(preset)
    for kind, presets in kinds.items():
        st.html(f"<h3>{say(f'data_panel.kind_{kind}')}</h3>")
        with st.container(key=f"gallery_{kind}"):
            for preset in presets:
                _card(preset)


@lru_cache(maxsize=200)
def _kind_of(name: str) -> str:
    """The kind of data of a preset."""
    return DATASETS[PRESETS[name].experiment.data.name].kind


def _card(preset: Preset) -> None:
    name = language.name_of("presets", preset.name)
    with st.container(key=f"card_{preset.name}", border=True):
        st.html(_picture(preset.name, name))
        st.markdown(f"**{name}**\n\n{language.help_of('presets', preset.name)}")
        if st.button(
            say("gallery.open"),
            key=f"open_{preset.name}",
            icon=":material/open_in_new:",
            help=say("gallery.open_help", name=name),
        ):
            state.open_preset(preset.name)
            st.switch_page(str(PLAYGROUND))


def _picture(key: str, name: str) -> str:
    values = wall().maps.get(key)
    if values is None:
        return '<div class="np-preset"></div>'
    title = say("gallery.alt" if _kind_of(key) == "points" else "gallery.alt_data", name=name)
    if values.ndim == 1:
        address = _curve(values, title)
    else:
        address = picture_image(values) if values.shape[-1] == 3 else map_image(values)
    return f'<img class="np-preset" src="{address}" alt="{title}">'


def _curve(values: np.ndarray, title: str) -> str:
    """The fitted curve of a network with one input."""
    line = Curve(range(len(values)), values.tolist(), line_colors(dark())[0])
    return picture(sparkline([line], title=title, width=120, height=120))


def preset_note() -> None:
    """What to look for in the preset that was opened, until it is dismissed."""
    name = state.preset()
    if name is None:
        return
    with st.container(key="preset_note", horizontal=True, vertical_alignment="center", wrap=False):
        title = language.name_of("presets", name)
        st.markdown(f":material/lightbulb: **{title}.** {language.help_of('presets', name)}")
        st.button(
            say("gallery.dismiss"),
            key="dismiss_preset",
            icon=":material/close:",
            type="tertiary",
            on_click=state.dismiss_preset,
        )
