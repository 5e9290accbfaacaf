"""Presets whose data are pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playground.core.network import parameter_count
from playground.core.presets.base import Preset, dense, test_score

if TYPE_CHECKING:
    from playground.core.run import Run


def _parameters(run: Run | None) -> float:
    return float("inf") if run is None else parameter_count(run.blocks)


CLASSIC = [
    {"kind": "conv2d", "channels": 32},
    {"kind": "pool2d"},
    {"kind": "conv2d", "channels": 64},
    {"kind": "pool2d"},
    {"kind": "flatten"},
    *dense(128, activation="relu"),
]

ENTRIES = (
    Preset(
        "shapes_cnn",
        {
            "layers": CLASSIC,
            "optimizer": {"name": "adam", "learning_rate": 0.001},
            "data": {"pictures": {"shift": 10, "rotate": 15}},
        },
        9,
        lambda run, other: test_score(run) >= 0.85 and test_score(other) < 0.75,
        beside={"layers": [{"kind": "flatten"}, *dense(128, 64, activation="relu")]},
        data={"name": "shapes"},
        heavy=True,
    ),
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
