"""What the page of a sweep asks a worker for before there is a sweep."""

from __future__ import annotations

import time
from collections.abc import Sequence

from playground.core.data.table import Table
from playground.core.experiment import Experiment
from playground.core.sweep.settings import sweep_from
from playground.core.sweep.space import Knob, Point, apply, settled, wholes
from playground.live.tasks import Steps

TRIED = 0.25  # s that the short trial trains
TURN = 0.008  # s of it between two words


def sweep_cost(settings: str, table: Table | None = None) -> Steps:
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
    from playground.core.memory import ALLOWANCE
    from playground.core.plans.sweep_run import sweep_workers
    from playground.core.population import Population
    from playground.core.sweep.trial import CURVE

    wanted = sweep_from(settings)
    experiment = apply(wanted.experiment, middle(wanted.experiment, wanted.knobs)).unstopped()
    ALLOWANCE.ask(experiment, wanted.starts, table)
    begin = time.perf_counter()
    networks = Population(
        [experiment.with_changes({"training": {"start": start}}) for start in range(wanted.starts)],
        table,
    )
    setup = time.perf_counter() - begin
    trained = 0.0
    while trained < TRIED and networks.alive.any():
        yield {"trained": trained}
        begin = time.perf_counter()
        networks.train_for(TURN)
        trained += time.perf_counter() - begin
    begin = time.perf_counter()
    networks.measure()
    look = time.perf_counter() - begin
    every = wanted.metric in ("epochs", "seconds")
    cost = {
        "setup": setup,
        "epoch": trained / max(networks.exact_epoch, 1e-9),
        "look": look,
        "looks": wanted.epochs if every else min(CURVE, wanted.epochs),
        "workers": max(1, sweep_workers()),
    }
    return {"cost": cost}, {}


def middle(experiment: Experiment, knobs: Sequence[Knob]) -> Point:
    """The point in the middle of all knobs."""
    whole = wholes(experiment, knobs)
    return settled(experiment, {knob.path: knob.at(0.5, whole[knob.path]) for knob in knobs})
