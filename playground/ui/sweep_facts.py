"""What the form of a sweep is told: which settings can be searched, and what they are called."""

from __future__ import annotations

from typing import Any

from playground.core.activations import ACTIVATIONS
from playground.core.data.model import Schema
from playground.core.experiment import Experiment
from playground.core.initializers import INITIALIZERS
from playground.core.losses import LOSSES
from playground.core.optimizers import OPTIMIZERS
from playground.core.schedules import SCHEDULES
from playground.core.sweep.offers import Offer, offers
from playground.core.sweep.places import Place
from playground.core.sweep.space import DEPTH, EVERY, Knob, setting_of
from playground.ui import forms, language
from playground.ui.language import say

_TABLES = {
    "activation": ("activations", ACTIVATIONS),
    "output_activation": ("activations", ACTIVATIONS),
    "initialization": ("initializers", INITIALIZERS),
    "loss": ("losses", LOSSES),
    "optimizer.name": ("optimizers", OPTIMIZERS),
    "schedule.name": ("schedules", SCHEDULES),
}


def offered(
    experiment: Experiment, schema: Schema, knobs: tuple[Knob, ...] = ()
) -> list[dict[str, Any]]:
    """The settings that can be searched, the most usual first.

    Args:
        knobs: searched already; where one of them is not offered by itself, it comes last.
    """
    found = [_told(experiment, offer) for offer in offers(experiment, schema)]
    known = {one["path"] for one in found}
    for knob in knobs:
        if knob.path not in known:
            place = setting_of(experiment, knob.path, knobs)
            found.append(_told(experiment, Offer(knob.path, place, knob, _block(knob.path))))
    return found


def _block(path: str) -> int | None:
    parts = path.split(".")
    return int(parts[1]) if parts[0] == "layers" and parts[1:2] and parts[1].isdecimal() else None


def _told(experiment: Experiment, offer: Offer) -> dict[str, Any]:
    place = offer.place
    return {
        "path": offer.path,
        "name": name_of(offer),
        "help": _help(place, offer.path),
        "kind": place.kind,
        "choices": _choices(experiment, place, offer),
        "low": place.low,
        "high": place.high,
        "knob": offer.knob.model_dump(mode="json"),
    }


def name_of(offer: Offer) -> str:
    """What a knob is called: "Learning rate", "Units of layer 2"."""
    if offer.path == DEPTH:
        return say("pages.sweep.depth")
    head, _, last = offer.path.rpartition(".")
    if last == "name":
        return forms.words_of(Experiment, head, "label")
    name = forms.words_of(offer.place.owner, offer.place.name, "label")
    if offer.path.startswith(EVERY):
        return say("pages.sweep.every_layer", name=name)
    if offer.block is not None:
        return say("pages.sweep.of_layer", name=name, number=offer.block + 1)
    return name


def _help(place: Place, path: str) -> str:
    if path == DEPTH:
        return say("pages.sweep.depth_help")
    head, _, last = path.rpartition(".")
    if last == "name":
        return forms.words_of(Experiment, head, "help")
    return forms.words_of(place.owner, place.name, "help")


def _choices(
    experiment: Experiment, place: Place, offer: Offer
) -> list[tuple[bool | str, str]] | None:
    """What a setting that is no number may be, each with its name; None for a number."""
    if place.kind == "flag":
        return [(True, say("view.curves.on")), (False, say("view.curves.off"))]
    if place.kind != "name":
        return None
    table = _TABLES.get(offer.path) or _TABLES.get(place.name)
    if table is not None:
        values = getattr(offer.knob, "values", ())
        # A loss that does not fit the task is not offered.
        options = values if place.name == "loss" else place.options
        return [(str(name), language.name_of(table[0], str(name))) for name in options]
    return [(name, label) for name, label in forms.choices_of(place.owner, place.name).items()]
