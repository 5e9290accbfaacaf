"""The page "Sweep"."""

from __future__ import annotations

from typing import Any

from playground.core.errors import PlaygroundError
from playground.core.sweep.settings import (
    MAX_EPOCHS,
    MAX_STARTS,
    MAX_TRIALS,
    SweepSettings,
    checked_sweep,
    sweep_from,
)
from playground.core.sweep.space import MAX_KNOBS, Knob, check_knobs, knob_from
from playground.live.service import service
from playground.ui import page_link, stage, state
from playground.ui.sweep_facts import offered

METHODS = ("grid", "random", "bayes")
METRICS = ("test_loss", "test_score", "epochs", "seconds")
FIRST = {"method": "grid", "trials": 30, "starts": 3, "epochs": 50}
FIRST_KNOBS = ("optimizer.learning_rate", "layers.*.units", "layers.*.activation")


def _knobs(text: str) -> list[Knob]:
    """Knobs of the address, as the command line writes them, parted by semicolons."""
    try:
        found = [knob_from(part) for part in text.split(";")]
    except PlaygroundError as error:
        raise ValueError(text) from error
    if len(found) > MAX_KNOBS:
        raise ValueError(text)
    return found


FIELDS = {
    "k": _knobs,
    "m": page_link.one_of(*METHODS),
    "n": page_link.whole(1, MAX_TRIALS),
    "s": page_link.whole(1, MAX_STARTS),
    "e": page_link.whole(1, MAX_EPOCHS),
    "by": page_link.one_of(*METRICS),
    "g": page_link.number(-10, 1),
    "prune": page_link.flag,
    "x": str,
    "y": str,
    "sort": str,
    "run": str,
}
_NAMES = {"m": "method", "n": "trials", "s": "starts", "e": "epochs", "by": "metric"}
_NAMES |= {"g": "target", "prune": "pruning"}


def sweep() -> None:
    with stage.page("sweep"):
        link = page_link.read(FIELDS)
        settings = _settings(link)
        schema = state.schema()
        facts: dict[str, Any] = {
            "link": {key: link[key] for key in ("x", "y", "sort") if key in link},
            "settings": settings.model_dump(mode="json", exclude={"experiment"}),
            "offers": [] if schema is None else offered(settings.experiment, schema, settings.knobs),
            "limits": {"trials": MAX_TRIALS, "starts": MAX_STARTS, "epochs": MAX_EPOCHS},
            "percent": schema is not None and schema.task != "regression",
        }
        stage.mount("sweep", facts, answer=_answer)


def _settings(link: dict[str, Any]) -> SweepSettings:
    """What the address asks for, of the visitor's own experiment."""
    experiment = state.experiment()
    chosen = FIRST | {_NAMES[key]: value for key, value in link.items() if key in _NAMES}
    knobs = link.get("k")
    if knobs is not None:
        try:
            check_knobs(experiment, knobs)
        except PlaygroundError:
            knobs = None  # they were another network's
    if knobs is None:
        schema = state.schema()
        known = {} if schema is None else {
            one["path"]: one["knob"] for one in offered(experiment, schema)
        }
        paths = [path for path in FIRST_KNOBS if path in known][:2] or list(known)[:1]
        knobs = [known[path] for path in paths]
    else:
        knobs = [knob.model_dump(mode="json") for knob in knobs]
    content = {"experiment": experiment.model_dump(mode="json"), **chosen}
    return sweep_from(content | ({"knobs": knobs} if knobs else {}))


def _answer(params: dict[str, Any]) -> stage.Answer:
    wanted = params.get("measure")
    if not isinstance(wanted, dict):
        raise PlaygroundError("sweep_not_json")
    content = {**wanted, "experiment": state.experiment().model_dump(mode="json")}
    settings = checked_sweep(sweep_from(content), state.brought())
    return service().request("sweep_cost", {"settings": settings.to_json()})
