"""The button beside a ghost: turns the knob of the visitor's own network as the ghost's was."""

from __future__ import annotations

from playground.core.activations import ACTIVATIONS
from playground.core.neighbours import neighbours
from playground.core.optimizers import OPTIMIZERS
from playground.ui import notices, state
from playground.ui.language import name_of, say


def apply(key: str, before: str, after: str, points: int) -> bool:
    """Applies one change that was measured. What comes from the browser may name none.

    Args:
        key: which, see `neighbours`.
        before, after: the knob's values, as they were shown beside the button.
        points: how many the ghosts trained on.

    Returns:
        Whether the change was measured from new first weights, so that the run has to start again.
    """
    present = state.experiment()
    offered = neighbours(present, points)
    found = next((one for one in offered if one.key == key), None)
    if found is None or (found.before, found.after) != (before, after):
        notices.toast(say("what_if.stale"))
        return False
    state.change(found.changes)
    if state.experiment() == present:
        return False  # refused, and the page says why
    knob = say(f"view.whatif.knob_{found.knob}")
    said = say("what_if.applied", knob=knob, before=_named(before), after=_named(after))
    notices.toast(said, ":material/tune:")
    return found.fresh


def _named(value: str) -> str:
    """The name of what is registered; a number as it is."""
    for table, registry in (("activations", ACTIVATIONS), ("optimizers", OPTIMIZERS)):
        if value in registry:
            return name_of(table, value)
    return value
