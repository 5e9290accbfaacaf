"""The page "Race"."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamlit as st

from playground.core.activations import ACTIVATIONS
from playground.core.errors import Notice, PlaygroundError
from playground.core.initializers import INITIALIZERS
from playground.core.losses import LOSSES
from playground.core.optimizers import OPTIMIZERS
from playground.core.plans.race import (
    FEWEST,
    KNOBS,
    MOST_LANES,
    Knob,
    Race,
    lane,
    offered,
    proposed,
    value_of,
)
from playground.ui import language, live_line, notices, page_link, stage, state

PLAYGROUND = Path(__file__).resolve().parents[2] / "pages" / "playground.py"
_OPEN = "race_open"  # a lane was asked for: the playground is shown in the next run
_NAMES = {
    "optimizer": ("optimizers", OPTIMIZERS),
    "activation": ("activations", ACTIVATIONS),
    "loss": ("losses", LOSSES),
    "initialization": ("initializers", INITIALIZERS),
}
MEASURES = ("train_loss", "test_loss", "train_score", "test_score")


def _texts(text: str) -> list[str]:
    """The lanes' values, parted by commas."""
    values = text.split(",")
    if not FEWEST <= len(values) <= MOST_LANES or len(set(values)) < len(values):
        raise ValueError(text)
    return values


FIELDS = {
    "knob": page_link.one_of(*KNOBS),
    "values": _texts,
    "even": page_link.one_of("epochs", "seconds"),
    "x": page_link.one_of("steps", "epochs", "seconds"),
    "y": page_link.one_of(*MEASURES),
    "logx": page_link.flag,
    "logy": page_link.flag,
    "a": page_link.whole(0, MOST_LANES - 1),
    "b": page_link.whole(0, MOST_LANES - 1),
    "at": page_link.number(-1000, 1000),
}


def race() -> None:
    if st.session_state.pop(_OPEN, False):
        st.switch_page(str(PLAYGROUND))
    with stage.page("race"):
        schema = state.schema()
        if schema is None:
            problem = state.schema_problem()
            if problem is not None:
                notices.tell(problem)
            return
        link = page_link.read(FIELDS)
        experiment = state.experiment()
        knobs: list[Knob] = [
            knob for knob in KNOBS if len(offered(experiment, knob, schema)) >= FEWEST
        ]
        wanted: Any = link.get("knob", knobs[0])
        knob: Knob = wanted if wanted in knobs else knobs[0]
        if knob != wanted:
            notices.tell(Notice("link_ignored", {"key": "knob", "value": wanted}))
        choices = offered(experiment, knob, schema)
        values = _fitting(knob, link.get("values"), choices)
        if not values:
            values = proposed(experiment, knob, schema)
        plan = Race(
            experiment=experiment,
            knob=knob,
            values=tuple(values),
            even=link.get("even", "epochs"),
        )
        run = stage.live_run("race", plan)
        if run is None:
            return
        facts = {
            "link": {key: value for key, value in link.items() if key not in ("knob", "values")},
            "knobs": knobs,
            "knob": knob,
            "values": values,
            "own": value_of(experiment, knob),
            "even": plan.even,
            "choices": [[value, _named(knob, value)] for value in choices],
        }
        stage.mount("race", facts, live=run, told=lambda said: _hear(plan, choices, said))
        live_line.pipe(run)


def _fitting(knob: Knob, values: list[str] | None, choices: list[str]) -> list[str]:
    """The values of an address that the knob has; none where they are too few for a race."""
    if values is None:
        return []
    known = [value for value in values if value in choices]
    if known != values:
        notices.tell(Notice("link_ignored", {"key": "values", "value": ",".join(values)[:40]}))
    return known if len(known) >= FEWEST else []


def _named(knob: Knob, value: str) -> str:
    """What a value is called; a number as it is."""
    table, registry = _NAMES.get(knob, ("", {}))
    return language.name_of(table, value) if value in registry else value


def _hear(plan: Race, choices: list[str], said: Any) -> None:
    """What the script tells: another knob, other lanes, what keeps them even, a lane to open."""
    match said:
        case {"knob": str(knob)} if knob in KNOBS:
            page_link.write(knob=knob, values=None)
        case {"values": list(values)} if all(value in choices for value in values):
            if FEWEST <= len(set(values)) == len(values) <= MOST_LANES:
                page_link.write(knob=plan.knob, values=",".join(values))
        case {"even": "epochs" | "seconds" as even}:
            page_link.write(even=even)
        case {"open": int(index)} if 0 <= index < len(plan.values):
            _open(plan, index)


def _open(plan: Race, index: int) -> None:
    """Makes a lane's experiment the playground's."""
    if state.restricted():
        notices.refuse(PlaygroundError("lesson_locks"))
        return
    state.adopt(lane(plan.experiment, plan.knob, plan.values[index]))
    st.session_state[_OPEN] = True
