"""The button beside a finding: makes the change that it offers, and says what was done."""

from __future__ import annotations

from playground.core.activations import ACTIVATIONS
from playground.core.initializers import INITIALIZERS
from playground.core.remedies import REMEDIES, remedy_for
from playground.ui import notices, state
from playground.ui.language import name_of, say


def apply(name: str) -> bool:
    """Applies the remedy of one rule. What comes from the browser may name none.

    Returns:
        Whether it asks for other first weights, so that the run has to start again.
    """
    if name not in REMEDIES:
        return False
    before = state.experiment()
    remedy = remedy_for(name, before)
    if remedy is None:
        notices.toast(say("remedies.nothing"))
        return False
    state.change(remedy.changes)
    if state.experiment() == before:
        return False  # refused, and the page says why
    said = say(f"remedies.{name}", before=_named(remedy.before), after=_named(remedy.after))
    notices.toast(said, ":material/healing:")
    return "initialization" in remedy.changes


def add_dropout() -> None:
    """Puts a dropout in front of the head."""
    layers = state.experiment().model_dump(mode="json")["layers"]
    before = state.experiment()
    state.change({"layers": [*layers, {"kind": "dropout"}]})
    if state.experiment() != before:
        notices.toast(say("remedies.dropout_added"), ":material/blur_on:")


def _named(value: str) -> str:
    """The name of what is registered; a number as it is."""
    for table, registry in (("activations", ACTIVATIONS), ("initializers", INITIALIZERS)):
        if value in registry:
            return name_of(table, value)
    return value
