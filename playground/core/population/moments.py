"""Where the minibatches of a population stood, to go back to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Moment:
    """Where the minibatches stood at a moment."""

    state: dict[str, Any]
    step: int
    seconds: float

    def of(self, index: int) -> dict[str, Any]:
        """As one network's `Batches.load_state` takes it."""
        return {**self.state, "indices": self.state["indices"][index].clone()}


def exact_epoch(batches: Mapping[str, Any]) -> float:
    """Epochs with a fraction, from `Batches.state`."""
    return batches["epoch"] + batches["position"] / max(len(batches["slices"]), 1)
