"""A stage: the picture of a page of its own, made by a module of ui/static/pages.

A page is four things, all named alike (here "plane"):

- `pages/plane.py`, one line long, and an entry in `ui/router.py`'s LINEAR_ALGEBRA: the address
  /plane and the entry in the menu;
- a table `[pages.plane]` in both languages, in files of its own (`words/*/plane.toml`), with at
  least `title`, `intro`; everything in it is there for the script as `text('plane.<key>')`. What
  several pages say stands in `[pages.common]` (`words/*/common.toml`);
- `ui/static/pages/plane.js`, which exports `mount(context)`: see the head of ui/static/stage.js
  for what a context is. It shares dom.js, theme.js, words.js, colors.js, plot.js with the rest;
- `ui/plane.py`, a function that shows the page:

    FIELDS = {"m": page_link.numbers(4, -5, 5), "tab": page_link.one_of("map", "svd")}

    def plane() -> None:
        with stage.page("plane"):                       # its heading
            stage.mount("plane", {"link": page_link.read(FIELDS)}, answer=_answer)

    def _answer(params: dict[str, Any]) -> stage.Answer:
        return service().request("plane", {"matrix": params["matrix"]})

The page's state lives in its address. `page_link.read` gives what the address says and could be
read; the script changes it by `context.link({m: '1,0,0,1'})`, without a run of this script, and
asks for what torch computes by `await context.ask({...})`, which runs the fragment of this stage
alone. What Python says (`facts`, `arrays`) may change from run to run: the script's `update` is
called, nothing is built anew. `context.tell(value)` calls `told(value)` and runs the whole page.

A page that trains has a live run of a plan (see core/plans), made by `live_run`. Its stage is
mounted with `live=run`; the script then has `context.hub`, whose frames its `paint(hub)` shows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
import streamlit as st
from streamlit.components.v2 import component

from playground.core.errors import PlaygroundError
from playground.core.plans import Plan
from playground.figures.palette import palette
from playground.live.frames import encode
from playground.live.handle import RunHandle
from playground.live.service import service
from playground.ui import language, live_line, notices, page_link, state
from playground.ui.language import say
from playground.ui.loader import loader

Answer = tuple[dict[str, Any], Mapping[str, np.ndarray]]
"""Header and arrays (u1, i4, f4 or f8), as a request gives them."""

_component = component("network_playground_stage", js=loader("stage.js"), isolate_styles=False)


@contextmanager
def page(name: str) -> Iterator[None]:
    """The frame of a page: its heading and sentence."""
    state.leave_playground()
    with st.container(key=f"page_{name}"):
        with st.container(key="page_head"):
            st.markdown(f"## {say(f'pages.{name}.title')}\n\n{say(f'pages.{name}.intro')}")
        yield


def live_run(name: str, plan: Plan) -> RunHandle | None:
    """The run of a page's plan, which is made to follow it; None, and a word about it, where there
    can be none. The address says of which experiment it is."""
    state.tell_address()
    try:
        run = live_line.handle(name, lambda: plan)
        run.apply(plan, state.brought())
    except PlaygroundError as error:
        notices.refuse(error)
        return None
    return run


@st.fragment
def mount(
    name: str,
    facts: Mapping[str, Any],
    *,
    live: RunHandle | None = None,
    again: bool = True,
    arrays: Mapping[str, np.ndarray] | None = None,
    answer: Callable[[dict[str, Any]], Answer] | None = None,
    told: Callable[[Any], None] | None = None,
    key: str | None = None,
) -> None:
    """Shows the stage that ui/static/pages/<name>.js makes.

    Args:
        facts: what the script is told, as JSON.
        live: the run whose frames the stage shows; the page then also calls `live_line.pipe`.
        again: behind a reload the same run is asked for; not where the page finds it by itself.
        arrays: what it is told beside, in arrays; they are looked at again when `facts` change,
            so let those say which arrays they are.
        answer: answers what the script asks. A PlaygroundError becomes `header.error`.
        told: hears what the script tells; the whole page runs after it.
        key: of this stage, where a page has several.
    """
    key = f"stage_{key or name}"
    page_link.keep(name)
    asked = _Asked(key, answer)
    _component(
        key=key,
        data=_message(name, facts, arrays or {}, asked.reply(), live and _line_of(live, again)),
        default={"transport": None, "commands": None, "resume": None},
        on_resume_change=lambda: _resume(name, key),
        on_ask_change=asked.hear,
        on_tell_change=lambda: _tell(key, told),
        on_transport_change=lambda: _transport(key),
        on_commands_change=lambda: _commands(key, live),
    )
    if st.session_state.pop(f"{key}_told", False):
        st.rerun()


def _message(
    name: str,
    facts: Mapping[str, Any],
    arrays: Mapping[str, np.ndarray],
    reply: Answer,
    live: Mapping[str, Any] | None = None,
) -> bytes:
    """What a stage is told, as one frame."""
    header = {
        "name": name,
        "lang": language.current(),
        "palette": palette(),
        "live": live,
        "words": {
            **(_live_words() if live else {}),
            name: language.section(f"pages.{name}"),
            "common": language.section("pages.common"),
            "errors": language.section("errors"),
        },
        "facts": facts,
        "answer": reply[0],
    }
    parts = {"facts": arrays, "answer": reply[1]}
    named = {f"{part}/{key}": array for part, some in parts.items() for key, array in some.items()}
    return encode(header, named)


def _line_of(run: RunHandle, again: bool) -> dict[str, Any]:
    """Where the frames of a run come from, and the secret by which a reload finds it again."""
    secret = run.keep_token if again else None
    return {"token": run.token, "mode": live_line.transport(), "keep_token": secret}


def _live_words() -> dict[str, Any]:
    """What the parts of the live view that a page shares have to say."""
    return {**language.section("view"), "classes": language.section("classes")}


class _Asked:
    """What the script of one stage asked last, and the answer, until it asks again."""

    def __init__(self, key: str, answer: Callable[[dict[str, Any]], Answer] | None) -> None:
        self._key = key
        self._answer = answer

    def hear(self) -> None:
        """Callback: the script asked."""
        asked = _said(self._key, "ask")
        if asked and self._answer is not None:
            number = asked["number"]
            try:
                header, arrays = self._answer(asked["params"])
            except PlaygroundError as error:
                header, arrays = {"error": notices.sentence_of(error.notice())}, {}
            st.session_state[self._store] = ({**header, "number": number}, arrays)

    def reply(self) -> Answer:
        return st.session_state.get(self._store, ({}, {}))

    @property
    def _store(self) -> str:
        return f"{self._key}_reply"


def _said(key: str, what: str) -> Any:
    """What a stage's script just said; None where its page was left while that was on its way."""
    return (st.session_state.get(key) or {}).get(what)


def _tell(key: str, told: Callable[[Any], None] | None) -> None:
    said = _said(key, "tell")
    if said and told is not None:
        told(said["value"])
        st.session_state[f"{key}_told"] = True


def _transport(key: str) -> None:
    value = _said(key, "transport")
    if value is not None:
        live_line.set_transport(value)
        st.session_state[f"{key}_told"] = True


def _resume(name: str, key: str) -> None:
    """After a reload: takes the page's networks back where they stand, with their experiment, or
    says that they are gone."""
    secret = _said(key, "resume")
    if not isinstance(secret, str):
        return
    kept = service().adopt(secret, live_line.session(), page=name)
    if kept is None:
        notices.toast(say("page.networks_gone"), ":material/restart_alt:")
        return
    live_line.taken(name, kept)
    if kept.table is not None:
        state.keep_own(kept.table)
    state.adopt(kept.experiment)
    if kept.status.step:
        notices.toast(say("page.networks_back"), ":material/check:")
    st.session_state[f"{key}_told"] = True


def _commands(key: str, live: RunHandle | None) -> None:
    if live is not None:
        live_line.obey(_said(key, "commands"), live.command)
