"""The line between a session and its live runs: the lease of each page's run, and what carries it.

A page has one run: the playground that of the experiment, a page of its own that of a plan. Where
no websocket gets through, the same frames come through a fragment, and what the scripts have to
say comes numbered through their component.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import streamlit as st
from streamlit.components.v2 import component

from playground.core.errors import PlaygroundError
from playground.core.experiment import Experiment
from playground.live.handle import RunHandle, Saved
from playground.live.service import service
from playground.ui import notices, state
from playground.ui.language import say
from playground.ui.loader import loader

if TYPE_CHECKING:
    from playground.core.plans import Plan

POLL_PERIOD = 0.1  # s between two frames of the fallback

_SESSION = "live_session"
_LEASES = "live_leases"  # page -> how many leases of it there were
_TOKENS = "live_tokens"  # page -> the token of its run
_TRANSPORT = "live_transport"
_OBEYED = "live_obeyed"

_pipe = component("network_playground_pipe", js=loader("pipe.js"), isolate_styles=False)


# ---- the run ---------------------------------------------------------------------------------


@st.cache_resource(
    scope="session", on_release=lambda run: service().release(run), show_spinner=False
)
def _lease(
    session: str, page: str, lease: int, _plan: Callable[[], Experiment | Plan]
) -> RunHandle:
    """A page's run. When the session ends, Streamlit hands it back to the service."""
    return service().acquire(session, _plan(), state.brought(), page)


def handle(page: str, plan: Callable[[], Experiment | Plan]) -> RunHandle:
    """The run of a page of this session, which is shown now; a new one, and a word about it,
    where the old one is gone. The session's other runs wait until they are shown again.

    Args:
        page: "" for the playground.
        plan: what a new run runs.

    Raises:
        PlaygroundError: the server has as many runs as it takes.
    """
    leases = st.session_state.setdefault(_LEASES, {})
    run = _lease(session(), page, leases.setdefault(page, 0), plan)
    if service().find(run.token) is None:
        leases[page] += 1
        run = _lease(session(), page, leases[page], plan)
    # Streamlit lets go of the lease while the connection is down, so only the token tells.
    tokens = st.session_state.setdefault(_TOKENS, {})
    if tokens.setdefault(page, run.token) != run.token:
        tokens[page] = run.token
        notices.toast(say("page.lost"), ":material/restart_alt:")
    service().show(run)
    return run


def open_part(run: RunHandle, place: int) -> bool:
    """Makes one network of a plan's run the playground's: it goes on from where it stands.

    Returns:
        Whether it could be had; else a word says why not.
    """
    try:
        if state.restricted():
            raise PlaygroundError("lesson_locks")
        header, arrays = service().request("part", {"place": place}, of=run)
        experiment = Experiment.from_json(header["experiment"])
        state.adopt(experiment)
        saved = Saved(arrays["snapshot"].tobytes(), header["epoch"], header["step"])
        handle("", state.experiment).go_on(experiment, state.brought(), saved)
    except PlaygroundError as error:
        notices.refuse(error)
        return False
    return True


def session() -> str:
    """The name of this session with the service."""
    return st.session_state.setdefault(_SESSION, uuid4().hex)


def has(page: str) -> bool:
    """Whether the page has had a run in this session."""
    return page in st.session_state.get(_LEASES, {})


def taken(page: str, run: RunHandle) -> None:
    """The page's run is another one from now on, which the session was given."""
    leases = st.session_state.setdefault(_LEASES, {})
    leases[page] = leases.get(page, 0) + 1
    st.session_state.setdefault(_TOKENS, {})[page] = run.token


# ---- what carries it -------------------------------------------------------------------------


def transport() -> str:
    """How frames come: "ws", or "poll" where no websocket can be opened."""
    return st.session_state.get(_TRANSPORT, "ws")


def set_transport(value: str) -> None:
    """Callback: what a script says of its connection."""
    # A run that is lost is replaced by this very run of the script.
    if value in ("ws", "poll"):
        st.session_state[_TRANSPORT] = value


def obey(value: Any, command: Callable[[Any], object]) -> None:
    """Callback: what the fallback has to say, numbered: each command is obeyed once, and none is
    missed."""
    match value:
        case {"list": list(entries)}:
            for entry in entries:
                _once(entry, command)


def _once(entry: Any, command: Callable[[Any], object]) -> None:
    match entry:
        case {"number": int(number), "command": said}:
            if number > st.session_state.get(_OBEYED, 0):
                st.session_state[_OBEYED] = number
                command(said)


def pipe(run: RunHandle) -> None:
    """The fallback's frames, ten a second, while no websocket is there."""
    if transport() != "poll":
        return

    @st.fragment(run_every=POLL_PERIOD)
    def frames() -> None:
        frame = run.poll()
        with st.container(key="pipe"):
            if frame is not None:
                obeyed = st.session_state.get(_OBEYED, 0)
                _pipe(key="view_pipe", data=struct.pack("<II", obeyed, 0) + frame)

    frames()
