"""The page's state: one Experiment per session, and everything that may change it.

Widgets never hold a setting of their own. Before one is made it is given the experiment's value;
when it is moved, its callback writes a changed experiment here. What cannot be is refused with
one sentence, and the experiment stays as it was.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import streamlit as st

from playground.core import proposal
from playground.core import tfplayground as tfplayground_link
from playground.core.data.model import Brought, Schema
from playground.core.data.registry import DATASETS, schema_of
from playground.core.data.table import Table
from playground.core.differences import changed_settings
from playground.core.errors import Notice, PlaygroundError
from playground.core.experiment import Experiment, Upload
from playground.core.lesson import PREFIX as LESSON_PREFIX
from playground.core.lesson import Lesson, decode_lesson, encode_lesson
from playground.core.link import MAX_LENGTH, decode, encode
from playground.core.presets import PRESETS
from playground.ui import language, notices

OF = "of"  # parameter of another page's address: the experiment that it trains
_EXPERIMENT = "experiment"
_BROUGHT = "brought"
_SCHEMA = "schema"
_LINKS = "links"
_CHANGED = "changed_in_this_run"
_AWAY = "away"
_SWITCHES = "switches"
_PRESET = "preset"
_LESSON = "lesson"
_REPLAY = "tfplayground"

_MOST_LINKS = 100


def begin(by_link: bool) -> None:
    """The experiment of a first visit.

    Args:
        by_link: the address says it; else it is the address of another page, which says it in one
            parameter where the page trains it, see `tell_address`.
    """
    if _EXPERIMENT in st.session_state:
        return
    if by_link:
        _read_link()
    else:
        told = dict(parse_qsl(st.query_params.get(OF, "")))
        st.session_state[_EXPERIMENT], odd = decode(told)
        notices.tell(*odd)
        settle()


def tell_address() -> None:
    """Keeps the experiment in the address of a page of its own, so that a reload or a link that
    is handed on trains the same."""
    link = urlencode(encode(experiment()))
    if not link or len(link) > MAX_LENGTH:
        st.query_params.pop(OF, None)
    elif st.query_params.get(OF) != link:
        st.query_params[OF] = link


def _read_link() -> None:
    query = _query()
    replayed = query.pop(_REPLAY, None)
    st.session_state[_LESSON], odd = decode_lesson(query)
    experiment, hostile = decode(
        {key: text for key, text in query.items() if not key.startswith(LESSON_PREFIX)}
    )
    st.session_state[_EXPERIMENT] = experiment
    notices.tell(*hostile, *odd)
    settle()
    if replayed is not None:
        replay(replayed)


def _query() -> dict[str, str]:
    """The parameters of the page's address that describe the experiment."""
    return {key: value for key, value in st.query_params.items() if key != language.PARAMETER}


def experiment() -> Experiment:
    return st.session_state[_EXPERIMENT]


def brought() -> Brought | None:
    """What the visitor brought last in this session: a table, pictures, a text."""
    return st.session_state.get(_BROUGHT)


def table() -> Table | None:
    """The visitor's own table, where one was brought in this session."""
    own = brought()
    return own if isinstance(own, Table) else None


def schema() -> Schema | None:
    """What the data set holds; None while it is a table that is not here or cannot be used."""
    data, own = experiment().data, brought()
    key = (data, own.sha256 if own and DATASETS[data.name].brings else None)
    known = st.session_state.get(_SCHEMA)
    if known is None or known[0] != key:
        known = (key, *_look(data, own))
        st.session_state[_SCHEMA] = known
    return known[1]


def schema_problem() -> Notice | None:
    """Why there is no schema."""
    schema()
    return st.session_state[_SCHEMA][2]


def _look(data: Any, own: Brought | None) -> tuple[Schema | None, Notice | None]:
    try:
        return schema_of(data, own), None
    except PlaygroundError as error:
        return None, error.notice()


def change(changes: dict[str, Any]) -> None:
    """Changes some settings, nested like the experiment's JSON; what cannot be is refused.

    So is what a lesson hides or locks, whichever button or drawing asks for it.
    """

    def changed() -> Experiment:
        new = experiment().with_changes(changes)
        if any(hidden(path) or locked(path) for path, _ in changed_settings(experiment(), new)):
            raise PlaygroundError("lesson_locks")
        return new

    _try(changed)


def set_value(path: str, value: Any) -> None:
    """Changes one setting, named as in `reset_reasons`: "data.noise", "layers.0.units"."""
    head, *rest = path.split(".")
    if head == "layers":
        layers = experiment().model_dump(mode="json")["layers"]
        layers[int(rest[0])][rest[1]] = value
        change({"layers": layers})
        return
    if path == "training.seed":
        change({"training": {"seed": value, "seed_text": "", "start": 0}})
        return
    changes: Any = value
    for part in reversed(rest):
        changes = {part: changes}
    change({head: changes})


def adopt(new: Experiment) -> None:
    """Makes an experiment the page's, its loss fitted to the task where it did not fit."""
    notices.clear()
    st.session_state[_EXPERIMENT] = new
    st.session_state[_CHANGED] = True
    settle()


def replay(link: str) -> bool:
    """The experiment of a link of TensorFlow Playground; False where it is none."""
    try:
        read = tfplayground_link.read_link(link)
    except PlaygroundError as error:
        notices.refuse(error)
        return False
    st.session_state[_LESSON] = Lesson(hidden=read.hidden) if read.hidden else None
    adopt(read.experiment)
    notices.tell(*read.notices)
    before = switches()["number"]
    st.session_state[_SWITCHES] = {
        "number": before + 1,
        "show_test": read.show_test,
        "discretize": read.discretize,
    }
    return True


def open_preset(name: str) -> None:
    """An experiment of the gallery, with its sentence; device and precision stay the visitor's."""
    training = experiment().training
    kept = {"device": training.device, "precision": training.precision}
    st.session_state[_PRESET], st.session_state[_LESSON] = name, None
    adopt(PRESETS[name].experiment.with_changes({"training": kept}))


def preset() -> str | None:
    """The preset whose sentence is shown."""
    return st.session_state.get(_PRESET)


def dismiss_preset() -> None:
    st.session_state.pop(_PRESET, None)


def lesson() -> Lesson | None:
    """What a teacher's link says beside the experiment."""
    return st.session_state.get(_LESSON)


def leave_lesson() -> None:
    """Back to a page on which everything may be seen and moved."""
    st.session_state[_LESSON] = None
    st.session_state[_CHANGED] = True


def hidden(path: str) -> bool:
    """Whether a lesson hides the control of this setting, or group of settings."""
    present = lesson()
    return present is not None and present.hides(path)


def locked(path: str) -> bool:
    """Whether a lesson locks the control of this setting, or group of settings."""
    present = lesson()
    return present is not None and present.locks(path)


def restricted() -> bool:
    """Whether a lesson hides or locks anything: then no other experiment is opened in its place."""
    present = lesson()
    return present is not None and present.restricts


def switches() -> dict[str, Any]:
    """How the map's switches were last set by a link; a new number each time."""
    return st.session_state.get(_SWITCHES, {"number": 0})


def settle() -> None:
    """Fits the experiment to its task, and says what was changed for it."""
    known = schema()
    if known is not None:
        fitted, said = proposal.fit_to_task(experiment(), known)
        st.session_state[_EXPERIMENT] = fitted
        notices.tell(*said)


def choose_data(name: str, data: dict[str, Any] | None = None) -> None:
    """Another data set; a network that was proposed gives way to what this one proposes.

    Args:
        name: the set.
        data: settings of the set that are chosen with it, such as its formula.
    """
    _try(lambda: proposal.choose_data(name, experiment(), brought(), data=data))


def propose() -> None:
    """The settings that the data set proposes."""
    _try(lambda: proposal.propose(experiment().data.name, experiment(), brought()))


def tfplayground() -> None:
    """The same network, trained as TensorFlow Playground trains it."""
    known = schema()
    if known is not None:
        _try(lambda: proposal.tfplayground_mode(experiment(), known))


def _try(make: Callable[[], Experiment]) -> None:
    try:
        adopt(make())
    except PlaygroundError as error:
        notices.refuse(error)


def choose_own(name: str, own: Brought, choice: dict[str, Any]) -> None:
    """What the visitor brought as the data set.

    Args:
        name: the set that is made of it.
        own: what was brought.
        choice: settings that come with it, as in `Data`; of a table target, target_kind, columns
            and missing.

    Raises:
        PlaygroundError: nothing can be learned from it in this way.
    """
    upload = Upload(filename=own.filename, sha256=own.sha256).model_dump()
    chosen = {"upload": upload, **choice}
    made = proposal.choose_data(name, experiment(), own, data=chosen, before=brought())
    st.session_state[_BROUGHT] = own
    adopt(made)


def keep_own(own: Brought) -> None:
    """Takes what the experiment already names."""
    st.session_state[_BROUGHT] = own
    settle()


def leave_playground() -> None:
    """Another page is shown: coming back from it, the address has no say."""
    st.session_state[_AWAY] = True


def follow_address() -> None:
    """The browser's back and forward buttons lead through the experiments of this session."""
    changed = st.session_state.pop(_CHANGED, False)
    away = st.session_state.pop(_AWAY, False)
    links: list[dict[str, str]] = st.session_state.get(_LINKS, [])
    query = _query()
    # An address that is not the newest link, though nothing was changed in this run, was gone
    # back to. One that was never a link of this session may be late on its way: it is left alone.
    if not away and not changed and links and query != links[-1] and query in links:
        links.append(query)
        _read_link()


def address(lesson: Lesson | None) -> str:
    """The address of this page with the experiment as it is, and with a lesson if one is given."""
    here = urlsplit(st.context.url or "")
    query = urlencode(encode(experiment()) | encode_lesson(lesson) | language.by_hand())
    return here._replace(path=here.path or "/", query=query).geturl()


def write_link() -> None:
    """Puts the experiment into the page's address."""
    link = encode(experiment()) | encode_lesson(lesson())
    links: list[dict[str, str]] = st.session_state.setdefault(_LINKS, [])
    if not links or links[-1] != link:
        links.append(link)
        del links[:-_MOST_LINKS]
    wanted = link | language.by_hand()
    if st.query_params.to_dict() != wanted:
        st.query_params.from_dict(wanted)
