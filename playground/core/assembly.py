"""What a run is put together from: its generators, its problem, and an engine on its device."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from playground.core import devices
from playground.core.answers import pairing_for
from playground.core.crossover import key_of
from playground.core.data.prepare import Prepared
from playground.core.engine import Problem, make_engine
from playground.core.engine.graphs.capture import off as graphs_off
from playground.core.losses import Loss, encode_targets
from playground.core.network import first_extras, first_parameters, flops
from playground.core.random import Stream, stable_seed

if TYPE_CHECKING:
    from playground.core.experiment import Experiment, Training
    from playground.core.population.member import Member
    from playground.core.run import Run

PURPOSES = ("weights", "order", "dropout")


def generators_of(training: Training) -> dict[str, torch.Generator]:
    """The generators of a run, by what they draw.

    Starts of one seed have nothing in common but the data, which come from the seed alone.
    """
    again = f" {training.start}" if training.start else ""
    return {
        purpose: torch.Generator().manual_seed(stable_seed(training.seed, purpose + again))
        for purpose in PURPOSES
    }


def problem_of(run: Run | Member, stream: Stream) -> Problem:
    """Everything an engine is given; on the CPU, to be moved to its device.

    Args:
        stream: what drew the points; where TensorFlow Playground is replayed, the first weights
            come from it too.
    """
    experiment, weights = run.present, run.generators["weights"]
    training = experiment.training
    replay = training.stream == "tfplayground" and not training.start
    source = stream if replay and experiment.initialization == "tfplayground" else None
    inputs, targets = run.examples("train")
    return Problem(
        experiment=experiment,
        blocks=run.blocks,
        loss=run.loss,
        inputs=inputs,
        targets=targets,
        parameters=first_parameters(experiment, run.blocks, source or weights),
        extras=first_extras(experiment, run.blocks, weights),
        pairing=pairing_for(run.schema, run.loss),
        augmentation=run.augmentation(),
        generator=run.generators["dropout"],
        dtype=getattr(torch, training.precision),
        device=torch.device("cpu"),
    )


def settle_in(run: Run) -> None:
    """Chooses the device and makes the engine for the run's present problem."""
    training = run.experiment.training
    asked = run.asked_device or training.device
    if not len(run.data.inputs_train):
        asked = "cpu"  # nothing there to try devices with
    run.fallback = devices.fallback(asked, training.precision)
    choice = devices.choose(
        asked,
        training.precision,
        flops(run.blocks) * run.batches.size,
        lambda place: _trial(run, place),
        step_key(run.present, run.problem, run.batches.size),
    )
    run.device, run.step_seconds = choice.device, choice.seconds
    problem = replace(run.problem, device=run.device.torch())
    run.engine = make_engine(problem, run.engine_name)
    run.engine.load(run.batches.indices)


def step_key(experiment: Experiment, problem: Problem, batch: int, count: int = 1) -> str:
    """What the time of a step depends on, see `crossover`.

    Args:
        batch: points of a minibatch.
        count: networks that train together.
    """
    return key_of(
        [layer.model_dump(mode="json") for layer in experiment.layers],
        tuple(problem.inputs.shape[1:]),
        (experiment.loss, experiment.optimizer.name, experiment.training.precision),
        (experiment.training.mixed, batch, count, graphs_off()),
    )


def _trial(run: Run, device: devices.Device) -> Callable[[int], None]:
    """Steps of this very network on one device, for the choice of "auto"."""
    problem = replace(
        run.problem, device=device.torch(), generator=torch.Generator().manual_seed(0)
    )
    engine = make_engine(problem, run.engine_name)
    count = len(run.problem.inputs)
    engine.load(torch.arange(count))
    whole = run.experiment.optimizer.full_batch
    batch = (0, count if whole else min(run.experiment.training.batch_size, count))

    def steps(number: int) -> None:
        engine.train([batch] * number)
        # Reading a value waits for everything queued on the device before it.
        engine.parameters()[-1][1].sum().item()

    return steps


def targets_of(data: Prepared, part: str) -> Tensor:
    """Class indices, or values in the units that a loss sees, for each point.

    Args:
        part: "train" or "test".
    """
    values = torch.from_numpy(data.targets_train if part == "train" else data.targets_test)
    if data.schema.task == "regression":
        return (values - data.target_mean) / data.target_std
    return values


def examples_of(data: Prepared, loss: Loss, part: str) -> tuple[Tensor, Tensor]:
    """Inputs and targets as `Problem` takes them; of points in columns in float64."""
    values = data.inputs_train if part == "train" else data.inputs_test
    targets = targets_of(data, part)
    if data.schema.steps:
        return torch.from_numpy(values), targets
    classes = len(data.schema.class_names)
    return torch.from_numpy(values), encode_targets(targets, data.schema.task, classes, loss)
