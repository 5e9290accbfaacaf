"""The test points of which the network is least sure, and most: for data that lie in no plane."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from playground.core.analysis.certainty import Belief
from playground.core.analysis.certainty_measured import Places, truth_of
from playground.core.analysis.samples import named, pictured
from playground.core.analysis.views import Arrays, Header
from playground.core.finite import finite

if TYPE_CHECKING:
    from playground.core.run import Run

SHOWN = 8  # on each side


def examples(
    run: Run, beliefs: Mapping[str, Belief], places: Places, arrays: Arrays
) -> Header | None:
    """The least and the most sure test points by every way that tells points apart.

    Of a sequence with several answers the mean of their uncertainties counts, and it is right where
    all of them are.

    Returns:
        "order": by way, "least" and "most", places in "points"; "points": of each "index",
        "target", "read" and "answer" (see `named`), "said" (class or value), "share" of the class
        that is said, "right", and by way how "unsure" it is. Arrays `certainty_pictures` and
        `certainty_series`, see `pictured`.
    """
    where, owners = places.parts["test"], places.owners("test")
    regression = run.schema.task == "regression"
    count = int(owners.max()) + 1 if len(owners) else 0
    if not count:
        return None
    unsure = {
        name: _by_point(belief.spread[where] if regression else belief.entropy[where], owners)
        for name, belief in beliefs.items()
        # One network has one value: nothing disagrees.
        if not (regression and name == "plain")
    }
    order: Header = {}
    chosen: dict[int, int] = {}  # the points of the part, by their places among those that are told
    for name, values in unsure.items():
        ranked = values.argsort(descending=True, stable=True).tolist()
        number = min(SHOWN, len(ranked) // 2) or len(ranked)
        sides = {"least": ranked[:number], "most": ranked[::-1][:number]}
        order[name] = {
            side: [chosen.setdefault(place, len(chosen)) for place in found]
            for side, found in sides.items()
        }
    points = named(run, "test", list(chosen))
    said = _said(run, beliefs, where, owners)
    for place, told in zip(chosen, points, strict=True):
        told |= {name: value[place] for name, value in said.items()}
        told["unsure"] = {name: finite(values[place].item()) for name, values in unsure.items()}
    arrays |= pictured(run, "test", list(chosen), "certainty")
    return {"order": order, "points": points}


def _said(
    run: Run, beliefs: Mapping[str, Belief], where: slice, owners: Tensor
) -> dict[str, list[float | bool | None]]:
    """What the ensemble says of every test point, and whether all of it is right."""
    mean = beliefs["ensemble"].mean[:, where]
    single = run.schema.steps == 0
    count = int(owners.max()) + 1
    if run.schema.task == "regression":
        values = mean[0].tolist() if single else [None] * count
        return {"said": [None if v is None else finite(v) for v in values], "right": [None] * count}
    top, best = mean.max(0)
    missed = _by_point((best != truth_of(run, "test").long()).double(), owners)
    return {
        "said": [float(k) for k in best.tolist()] if single else [None] * count,
        "share": [finite(share) for share in _by_point(top, owners).tolist()],
        "right": [share == 0 for share in missed.tolist()],
    }


def _by_point(values: Tensor, owners: Tensor) -> Tensor:
    """Means over the answers of each point."""
    count = int(owners.max()) + 1
    total = torch.bincount(owners, values.double(), minlength=count)
    return total / torch.bincount(owners, minlength=count).clamp(min=1)
