"""What may help against a finding: for each rule of `findings` one change of the Experiment.

This module loads without torch: the page applies a remedy where nothing is computed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from playground.core.experiment import Experiment
from playground.core.neighbours import faster, slower
from playground.core.settings import RATES

LARGEST_BATCH = 1000
FIRST_L2 = 0.001
CLIP = 1.0


@dataclass(frozen=True)
class Remedy:
    """A change that is offered.

    Attributes:
        changes: nested like the experiment's JSON, for `Experiment.with_changes`.
        before, after: the setting's value so far and then, for the sentence that says it.
    """

    changes: dict[str, Any]
    before: str
    after: str


def remedy_for(name: str, experiment: Experiment) -> Remedy | None:
    """What is offered against the finding of this name; None where nothing is left to try."""
    make = REMEDIES.get(name)
    return make(experiment) if make else None


def _l2(experiment: Experiment) -> Remedy | None:
    now = experiment.regularization.l2
    after = next((rate for rate in RATES if rate > now and rate >= FIRST_L2), None)
    if after is None or after > 0.1:
        return None
    return Remedy({"regularization": {"l2": after}}, f"{now:g}", f"{after:g}")


def _activation(old: frozenset[str], new: str) -> Callable[[Experiment], Remedy | None]:
    """Replaces activations of one kind wherever they stand, and fits the first weights."""

    def make(experiment: Experiment) -> Remedy | None:
        layers = experiment.model_dump(mode="json")["layers"]
        replaced = [layer for layer in layers if layer.get("activation") in old]
        if not replaced:
            return None
        before = replaced[0]["activation"]
        for layer in replaced:
            layer["activation"] = new
        return Remedy({"layers": layers, "initialization": "he"}, before, new)

    return make


def _clip(experiment: Experiment) -> Remedy | None:
    now = experiment.regularization.clip_norm
    if 0 < now <= CLIP:
        return None
    return Remedy({"regularization": {"clip_norm": CLIP}}, f"{now:g}", f"{CLIP:g}")


def _slower(experiment: Experiment) -> Remedy | None:
    now = experiment.optimizer.learning_rate
    after = slower(now)
    return None if after is None else _rate(now, after)


def _faster(experiment: Experiment) -> Remedy | None:
    now = experiment.optimizer.learning_rate
    after = faster(now)
    return None if after is None else _rate(now, after)


def _rate(before: float, after: float) -> Remedy:
    return Remedy({"optimizer": {"learning_rate": after}}, f"{before:g}", f"{after:g}")


def _first_weights(experiment: Experiment) -> Remedy | None:
    before = experiment.initialization
    after = "xavier" if before != "xavier" else "pytorch"
    return Remedy({"initialization": after}, before, after)


def _larger_batch(experiment: Experiment) -> Remedy | None:
    now = experiment.training.batch_size
    after = min(4 * now, LARGEST_BATCH)
    return (
        Remedy({"training": {"batch_size": after}}, str(now), str(after)) if after > now else None
    )


def _scaling(experiment: Experiment) -> Remedy | None:
    before = experiment.data.scaling
    return (
        None
        if before == "standard"
        else Remedy({"data": {"scaling": "standard"}}, before, "standard")
    )


# Activations whose slope fades on both sides, and those that are cut off on one.
_SQUASHING = frozenset({"sigmoid", "tanh", "hard_tanh"})
_CUT = frozenset({"relu"})

REMEDIES: dict[str, Callable[[Experiment], Remedy | None]] = {
    "unscaled": _scaling,
    "symmetric": _first_weights,
    "exploding": _clip,
    "rate_high": _slower,
    "worse": _slower,
    "vanishing": _activation(_SQUASHING, "relu"),
    "saturated": _activation(_SQUASHING, "leaky_relu"),
    "dead": _activation(_CUT, "leaky_relu"),
    "rate_low": _faster,
    "batch_small": _larger_batch,
    "gap": _l2,
}
