"""What the page of a sweep asks a worker for before there is a sweep."""

from __future__ import annotations

import time
from collections.abc import Sequence

from playground.core.data.table import Table
from playground.core.experiment import Experiment
from playground.core.sweep.settings import sweep_from
from playground.core.sweep.space import Knob, Point, apply, settled, wholes
from playground.live.job import Observation

TRIED = 0.25  # s that the short trial trains


def sweep_cost(settings: str, table: Table | None = None) -> Observation:
    """How long one trial of a sweep takes, measured on a short one in the middle of its space.

    Args:
        settings: JSON of `SweepSettings`.
        table: the visitor's own.

    Returns:
        header: {"cost": seconds of "setup" (networks and data are made), one "epoch" and one
        "look" (all are measured), for all starts together; "looks" of a whole trial; "workers"
        that train at once}.

    Raises:
        PlaygroundError: these networks cannot be trained.
    """
    from playground.core.population import Population
    from playground.core.sweep.trial import CURVE, bare

    wanted = sweep_from(settings)
    experiment = bare(apply(wanted.experiment, middle(wanted.experiment, wanted.knobs)))
    starts = [
        experiment.with_changes({"training": {"start": start}}) for start in range(wanted.starts)
    ]
    begin = time.perf_counter()
    networks = Population(starts, table)
    made = time.perf_counter()
    networks.train_for(TRIED)
    trained = time.perf_counter()
    networks.measure()
    looked = time.perf_counter()
    every = wanted.metric in ("epochs", "seconds")
    cost = {
        "setup": made - begin,
        "epoch": (trained - made) / max(networks.exact_epoch, 1e-9),
        "look": looked - trained,
        "looks": wanted.epochs if every else min(CURVE, wanted.epochs),
        "workers": 1,
    }
    return {"cost": cost}, {}


def middle(experiment: Experiment, knobs: Sequence[Knob]) -> Point:
    """The point in the middle of all knobs."""
    whole = wholes(experiment, knobs)
    return settled(experiment, {knob.path: knob.at(0.5, whole[knob.path]) for knob in knobs})
