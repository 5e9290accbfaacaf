"""Networks that are trained once more from the start, beside the visitor's own."""

from __future__ import annotations

import time
from collections.abc import Generator, Sequence
from typing import TYPE_CHECKING, Any

from playground.core import memory
from playground.core.population import Population

if TYPE_CHECKING:
    from playground.core.experiment import Experiment
    from playground.core.run import Run

TURN = 0.004  # s between two yields
TOGETHER, ONE_BY_ONE = 64, 8  # networks of one population, batched and in a loop
ROOM = 256e6  # bytes that such a population may take
TRIED = 16  # networks whose pace says what many will cost, batched; in a loop two say it
TRIED_FOR = 0.02  # s that are measured


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


def together(run: Run, looped: bool = False) -> int:
    """How many networks train in one population, whose members have points of their own."""
    most = ONE_BY_ONE if looped else TOGETHER
    while most > 1 and _room(run, most) > ROOM:
        most //= 2
    return most


def _room(run: Run, count: int) -> int:
    return memory.together(run.experiment, count, run.table, same_points=False).total


def tried(run: Run, members: Sequence[Experiment]) -> Generator[float, None, dict[str, Any]]:
    """Trains a few of many networks for a moment.

    Args:
        members: those that would be trained, or some of them; at least one.

    Returns:
        "make", s of this thread to make one; "step", s of one's minibatch; "batches" of an
        epoch.
    """
    memory.ALLOWANCE.ask(run.experiment, min(TRIED, together(run)), run.table)
    population = Population(members[:2], run.table)
    looped = population.engine_name == "loop"
    del population  # two at a time would take twice the room
    yield 0.2
    begin = time.thread_time()
    count = 2 if looped else min(TRIED, together(run))
    population = Population(members[:count], run.table)
    make = (time.thread_time() - begin) / population.count
    yield 0.5
    population.advance(1)  # the first step prepares what the others use
    steps, begin, spent = 0, time.thread_time(), 0.0
    while steps < 3 or (steps < 40 and spent < TRIED_FOR):
        population.advance(1)
        steps, spent = steps + 1, time.thread_time() - begin
        if looped:
            yield 0.5
    return {
        "make": make,
        "step": spent / steps / population.count,
        "batches": population.batches_per_epoch,
    }
