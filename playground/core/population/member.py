"""One network of a population, before anything trains it: its settings, points, first weights."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from playground.core.assembly import examples_of, generators_of, problem_of, targets_of
from playground.core.changes import data_stream
from playground.core.data import schema_of
from playground.core.data.model import Brought, Schema
from playground.core.data.pictures.form import augmentation_of
from playground.core.data.prepare import Prepared, as_counts, prepare, without_points
from playground.core.engine.base import Augmentation, Problem
from playground.core.errors import PlaygroundError
from playground.core.experiment import Data, Experiment
from playground.core.hands import fixed_by, freedom
from playground.core.losses import LOSSES
from playground.core.network import Block, checked, penalty_rates

DRAWING = ("order", "dropout")  # what is drawn while a network trains; first weights are no more


class Member:
    """What `Run` makes of an experiment, up to its engine.

    Args:
        experiment: the member's.
        own: what the visitor brought, for data sets that are made of it.
        known: a member whose points are taken where the experiment asks for the same.

    Raises:
        PlaygroundError: as `Run` does.

    Attributes:
        data: its points; `all_points` has those too that are left out of training.
        problem: what an engine is given.
        free: which weights and biases may move, see `Engine.hold`.
    """

    def __init__(
        self, experiment: Experiment, own: Brought | None, known: Member | None = None
    ) -> None:
        if experiment.transfer.source:
            raise PlaygroundError("population_transfer")
        self.experiment = self.present = experiment
        self.schema: Schema
        self.blocks: tuple[Block, ...]
        if known is not None and _same_network(experiment, known.experiment):
            self.schema, self.blocks = known.schema, known.blocks
        else:
            self.schema = schema_of(experiment.data, own)
            self.blocks = checked(experiment, self.schema)
        self.loss = LOSSES[experiment.loss].under(experiment.loss_settings)
        self.generators = generators_of(experiment.training)
        stream = data_stream(experiment)
        self._examples: dict[str, tuple[Tensor, Tensor]] = {}
        left_out = experiment.data.left_out
        if known is not None and _same_points(experiment, known.experiment):
            self.all_points: Prepared = known.all_points
        else:
            every = experiment.data.model_copy(update={"left_out": ()})
            self.all_points = prepare(experiment.model_copy(update={"data": every}), own, stream)
            if self.loss.rates:
                self.all_points = as_counts(self.all_points)
        self.data: Prepared = without_points(self.all_points, left_out)
        if known is not None and known.all_points is self.all_points:
            same = left_out == known.experiment.data.left_out
            self._examples = known._examples if same else {"test": known.examples("test")}
            self.data = known.data if same else self.data
        self.problem: Problem = problem_of(self, stream)
        layers = (None, *experiment.layers, None)
        uncut = [
            torch.zeros_like(weight, dtype=torch.bool) for weight, _ in self.problem.parameters
        ]
        self.free = freedom(uncut, fixed_by(self.blocks, layers))

    def placed(self, device: torch.device, generator: torch.Generator | None = None) -> Member:
        """The same member, to be trained on a device.

        Args:
            generator: draws in the place of its own.
        """
        other = copy.copy(self)
        generator = generator or self.problem.generator
        other.problem = replace(self.problem, device=device, generator=generator)
        return other

    def augmentation(self) -> Augmentation | None:
        """What happens to the points of an epoch while it trains on them."""
        return augmentation_of(self.experiment.data.pictures, self.data.form)

    def examples(self, part: str) -> tuple[Tensor, Tensor]:
        """Inputs and targets as `Problem` takes them; the same tensors for the same points."""
        if part not in self._examples:
            self._examples[part] = examples_of(self.data, self.loss, part)
        return self._examples[part]

    def drawn(self) -> dict[str, Tensor]:
        """The states of the generators that are drawn from in training, by what they draw."""
        return {purpose: self.generators[purpose].get_state() for purpose in DRAWING}

    def targets(self, part: str) -> Tensor:
        """What each point's answer should be, see `assembly.targets_of`."""
        return targets_of(self.data, part)


def members_of(experiments: Sequence[Experiment], own: Brought | None) -> list[Member]:
    """The members of a population; those with the same points share them."""
    found: list[Member] = []
    for experiment in experiments:
        found.append(Member(experiment, own, found[0] if found else None))
    return found


def alike(one: Member, other: Member) -> bool:
    """Whether two networks may be members of one population."""
    mine, theirs = one.experiment, other.experiment
    return (
        [(block.parameters, block.activation) for block in one.blocks]
        == [(block.parameters, block.activation) for block in other.blocks]
        and (mine.loss, mine.loss_settings) == (theirs.loss, theirs.loss_settings)
        and mine.optimizer.name == theirs.optimizer.name
        and _cut(one) == _cut(other)
        and len(one.data.inputs_test) == len(other.data.inputs_test)
    )


def _cut(member: Member) -> tuple[object, ...]:
    """What decides how an epoch is cut into minibatches."""
    training, optimizer = member.experiment.training, member.experiment.optimizer
    count = len(member.data.inputs_train)
    size = count if optimizer.full_batch else min(training.batch_size, count)
    return (
        count,
        len(member.data.left_out),
        size,
        training.last_batch,
        training.order,
        training.precision,
    )


def penalised(member: Member) -> bool:
    """Whether L1 or L2 acts on any of its weights."""
    return any(
        rate > 0 for pair in penalty_rates(member.experiment, member.blocks) for rate in pair
    )


def _same_network(one: Experiment, other: Experiment) -> bool:
    return (
        one.layers == other.layers
        and _every_point(one) == _every_point(other)
        and one.inputs == other.inputs
        and (one.loss, one.output_activation) == (other.loss, other.output_activation)
    )


def _same_points(one: Experiment, other: Experiment) -> bool:
    """Whether both are given the same points; a replay draws first weights behind them."""
    mine, theirs = one.training, other.training
    return (
        mine.stream == theirs.stream == "pytorch"
        and mine.seed == theirs.seed
        and _every_point(one) == _every_point(other)
        and one.inputs == other.inputs
        and one.loss == other.loss
    )


def _every_point(experiment: Experiment) -> Data:
    """The settings of the data, as if none of them were left out."""
    return experiment.data.model_copy(update={"left_out": ()})
