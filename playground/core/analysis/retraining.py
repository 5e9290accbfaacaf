"""Networks that are trained once more from the start, beside the visitor's own."""

from __future__ import annotations

import time
from collections.abc import Generator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playground.core.experiment import Experiment
    from playground.core.population import Population
    from playground.core.run import Run

TURN = 0.004  # s between two yields


def replace_data(experiment: Experiment, changes: dict[str, Any]) -> Experiment:
    """The experiment with some settings of its data changed, unchecked."""
    return experiment.model_copy(update={"data": experiment.data.model_copy(update=changes)})


def without(experiment: Experiment, place: int) -> Experiment:
    """The experiment that leaves out one training point more."""
    return replace_data(experiment, {"left_out": (*experiment.data.left_out, place)})


def at_start(experiment: Experiment, start: int) -> Experiment:
    """The experiment from another of its seed's starts."""
    training = experiment.training.model_copy(update={"start": start})
    return experiment.model_copy(update={"training": training})


def starts_of(run: Run, count: int) -> list[int]:
    """So many starts, the run's own first."""
    own = run.experiment.training.start
    return [own, *(start for start in range(count) if start != own)][:count]


def trained(population: Population, steps: int) -> Generator[float, None, None]:
    """Trains a population for so many steps, a few milliseconds at a time."""
    turn = 1
    while population.step < steps and population.alive.any():
        begin = time.perf_counter()
        population.advance(min(turn, steps - population.step))
        spent = max(time.perf_counter() - begin, 1e-7)
        turn = int(min(max(turn * TURN / spent, 1), 2 * turn))
        yield population.step / steps
