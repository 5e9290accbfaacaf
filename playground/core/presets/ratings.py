"""Presets whose data are ratings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from playground.core.data.ratings import baselines
from playground.core.data.ratings.hidden import sides
from playground.core.presets.base import Preset, dense

if TYPE_CHECKING:
    from playground.core.run import Run

BY_A_TENTH = 0.9
"""Of the item mean's error: what a network has to stay below."""


def against_item_mean(run: Run) -> float:
    """The network's RMSE on the test ratings as a share of that of the items' means; infinite of
    other data."""
    data = run.data
    if run.schema.kind != "ratings":
        return float("inf")
    users, items = sides(run.schema)
    plain = baselines.fit(data.raw_train, data.targets_train, users, items)
    item = baselines.rmse(plain.predictions(data.raw_test)["item"], data.targets_test)
    said = run.output()[0, run.split :].double().cpu().numpy()
    truth = data.targets_test[: len(said)]
    mine = baselines.rmse(said * data.target_std + data.target_mean, truth)
    assert item is not None
    assert mine is not None
    return mine / item if np.isfinite(mine) else float("inf")


def _embedded(*blocks: dict[str, Any], spread: float) -> dict[str, Any]:
    return {"layers": [{"kind": "embedding", "width": 4, "spread": spread}, *blocks]}


ENTRIES = (
    Preset(
        "factorisation",
        _embedded({"kind": "dot"}, spread=0.1),
        40,
        lambda run, _: against_item_mean(run) < BY_A_TENTH,
        data={"name": "ratings"},
    ),
    Preset(
        "neural_ratings",
        _embedded({"kind": "flatten"}, *dense(32, 16, activation="relu"), spread=1.0),
        40,
        lambda run, other: (
            against_item_mean(run) < BY_A_TENTH
            and other is not None
            and against_item_mean(other) > against_item_mean(run)
        ),
        beside={"layers": [{"kind": "embedding", "width": 4, "spread": 1.0}, {"kind": "flatten"}]},
        data={"name": "ratings"},
    ),
)
