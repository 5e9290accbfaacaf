"""Presets whose data are pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playground.core.network import parameter_count
from playground.core.presets.base import Preset, dense, test_score

if TYPE_CHECKING:
    from playground.core.run import Run


def _parameters(run: Run | None) -> float:
    return float("inf") if run is None else parameter_count(run.blocks)


ENTRIES = (
    Preset(
        "digits_cnn",
        {},
        15,
        lambda run, other: (
            test_score(run) >= 0.97
            and test_score(run) > test_score(other)
            and 2 * _parameters(run) < _parameters(other)
        ),
        beside={"layers": [{"kind": "flatten"}, *dense(64, 64, activation="relu")]},
        data={"name": "digits"},
    ),
)
