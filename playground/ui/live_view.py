"""The live view: five mounts of one component, all fed by the session's run.

The component's script is a small loader (ui/loader.py); its modules come from ui/static. Its data
stays the same from rerun to rerun, so it is never remounted: frames, zoom and hover live on. How
they come, and whose run it is: see live_line.py.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from functools import partial
from typing import Any

import streamlit as st
from streamlit.components.v2 import component

from playground.core.activations import ACTIVATIONS
from playground.core.data.pictures.digit_sets import HALVES
from playground.core.data.pictures.settings import PictureSettings
from playground.core.data.ratings.settings import RatingSettings
from playground.core.data.sequences.settings import SequenceSettings
from playground.core.experiment import Data, Experiment, Regularization, Training
from playground.core.layers import LAYERS
from playground.core.losses import LOSSES, LossSettings
from playground.core.optimizers import OPTIMIZERS
from playground.core.schedules import SCHEDULES
from playground.core.settings import Settings, is_live
from playground.figures.palette import palette
from playground.live.handle import RunHandle
from playground.live.service import service
from playground.ui import forms, language, live_line, notices, remedies, state, what_if
from playground.ui.language import say
from playground.ui.loader import loader

SEEDS = 100_000

_PAGE = ""  # the playground's name among the pages that have a run
_TOLD = {"training.seed", "initialization"}  # settings that tell held curves apart

_component = component("network_playground_view", js=loader("view.js"), isolate_styles=False)


# ---- the run ---------------------------------------------------------------------------------


def handle() -> RunHandle:
    """The run of this session; a new one, and a word about it, where the old one is gone.

    Raises:
        PlaygroundError: the server has as many runs as it takes.
    """
    return live_line.handle(_PAGE, state.experiment)


def rest() -> None:
    """Pauses the run of this session, if it has one: the page has nothing to show of it."""
    if live_line.has(_PAGE):
        handle().command({"type": "pause"})


def follow(run: RunHandle, experiment: Experiment) -> None:
    """Has the run follow the experiment, and says which change made the weights start again."""
    reasons = run.apply(experiment, state.brought())
    if "data.name" in reasons:
        reasons = ("data.name",)  # what it proposes came with it
    if reasons and reasons != ("training.seed",):
        names = say("page.and").join(dict.fromkeys(_reason(reason) for reason in reasons[:4]))
        notices.toast(say("page.restarted", reasons=names), ":material/restart_alt:")


def _reason(path: str) -> str:
    """The name of a changed setting, from its place in the experiment."""
    head, *rest = path.split(".")
    if head == "layers":
        return say("page.reason_layers")
    model = state.experiment()
    if rest:
        model = getattr(model, head)
    try:
        return forms.words_of(type(model), rest[0] if rest else head, "label")
    except KeyError:
        return say("page.reason_other")


# ---- the parts -------------------------------------------------------------------------------


def mount(part: str, run: RunHandle, **facts: Any) -> None:
    """One part of the view: "bar", "map", "output", "network", "curves", "analysis" or "goal".

    Args:
        **facts: what this part is told beside the rest.
    """
    key = f"view_{part}"
    _component(
        key=key,
        # In a list: of a dictionary, Streamlit asks pandas whether each value is a data frame,
        # and loading pandas costs this process half a second and 60 MB.
        data=[_facts(part, run) | facts],
        default={"transport": None, "resume": None, "commands": None},
        on_transport_change=partial(_with_value, key, "transport", live_line.set_transport),
        on_resume_change=partial(_with_value, key, "resume", _resume),
        on_command_change=partial(_with_value, key, "command", _command),
        on_commands_change=partial(_with_value, key, "commands", _commands),
    )


def output(run: RunHandle) -> None:
    """What the network answers: the map of a plane, or the pane of another kind of data."""
    schema = state.schema()
    kind = schema.pane if schema is not None else "points"
    if kind == "points":
        mount("map", run)
    else:
        mount("output", run, kind=kind)


def _facts(part: str, run: RunHandle) -> dict[str, Any]:
    """What a part is told. It stays the same from rerun to rerun, or the view would be rebuilt."""
    return {
        "token": run.token,
        "keep_token": run.keep_token,
        "part": part,
        "words": _words(),
        "lang": language.current(),
        "mode": live_line.transport(),
        "palette": palette(),
        **_allowed(part),
    }


@language.once_each
def _words() -> dict[str, Any]:
    """All that the view says. Every part of it is told at every rerun."""
    return {
        **language.section("view"),
        "errors": language.section("errors"),
        "classes": language.section("classes"),
        "activations": language.names_of("activations", ACTIVATIONS),
        "settings": _live_settings(),
        "losses": language.names_of("losses", LOSSES),
        "optimizers": language.names_of("optimizers", OPTIMIZERS),
    }


def _allowed(part: str) -> dict[str, Any]:
    """What only one part is told: how its switches stand, and what a lesson leaves open."""
    if part == "map":
        return {"switches": state.switches(), "pen": not state.locked("data.name")}
    if part in ("network", "analysis"):
        return {"hands": not state.locked("layers")}
    return {}


def _live_settings() -> dict[str, tuple[str, Any]]:
    """The settings that may change while a network trains, and what tells held curves apart, by
    their places in the experiment.

    Of each its name, and where its values have names too, those: a mark on the curves says both.
    A block's place is left out, "layers.units" stands for all of them.
    """
    parts = {
        "": (Experiment,),
        "data.": (Data,),
        "data.pictures.": (PictureSettings,),
        "data.sequences.": (SequenceSettings,),
        "data.ratings.": (RatingSettings,),
        "layers.": LAYERS.values(),
        "loss_settings.": (LossSettings,),
        "optimizer.": OPTIMIZERS.values(),
        "regularization.": (Regularization,),
        "schedule.": SCHEDULES.values(),
        "training.": (Training,),
    }
    found: dict[str, tuple[str, Any]] = {}
    for place, models in parts.items():
        for model in models:
            for name, field in model.model_fields.items():
                if is_live(field) or place + name in _TOLD:
                    names = _value_names(model, name)
                    found.setdefault(place + name, (forms.words_of(model, name, "label"), names))
    found["transfer"] = (say("view.curves.transfer"), language.names_of("data", HALVES))
    return found


def _value_names(model: type[Settings], name: str) -> dict[str, str]:
    """What the values of a setting are called; {} where they speak for themselves."""
    if model.model_fields[name].annotation is bool:
        return {"True": say("view.curves.on"), "False": say("view.curves.off")}
    registered = {
        "loss": ("losses", LOSSES),
        "optimizer": ("optimizers", OPTIMIZERS),
        "schedule": ("schedules", SCHEDULES),
    }
    activation = ("activations", ACTIVATIONS)
    registered |= dict.fromkeys(("activation", "second", "output_activation"), activation)
    if name in registered:
        return language.names_of(*registered[name])
    return forms.choices_of(model, name)


def _with_value(key: str, name: str, react: Callable[[Any], None]) -> None:
    value = st.session_state[key].get(name)
    if value is not None:
        react(value)


def _command(value: Any) -> None:
    """What alters the experiment is changed here; the rest is for the run."""
    match value:
        case {"type": "new_seed"}:
            state.set_value("training.seed", secrets.randbelow(SEEDS))
        case {"type": "remedy", "name": str(name)}:
            if remedies.apply(name):
                follow(handle(), state.experiment())
                handle().command({"type": "reset"})
        case {
            "type": "what_if",
            "key": str(key),
            "before": str(before),
            "after": str(after),
            "points": int(points),
        }:
            if what_if.apply(key, before, after, points):
                follow(handle(), state.experiment())
                handle().command({"type": "reset"})
        case {"type": "paint", "points": list(points)} if not state.locked("data.name"):
            state.change({"data": {"points": points}})
        case {"type": "leave_out", "places": list(places)} if not state.locked("data.name"):
            state.change({"data": {"left_out": places}})
        case {"type": "add_dropout"}:
            remedies.add_dropout()
        case _:
            handle().command(value)


def _commands(value: Any) -> None:
    live_line.obey(value, _command)


def _resume(keep_token: str) -> None:
    """After a reload: takes back the run that was told to go on, or says that there is none."""
    kept = service().adopt(keep_token, live_line.session())
    if kept is None:
        notices.toast(say("page.reloaded"), ":material/restart_alt:")
        return
    live_line.taken(_PAGE, kept)
    if kept.table is not None:
        state.keep_own(kept.table)
    state.adopt(kept.experiment)
    notices.toast(say("page.resumed"), ":material/check:")
