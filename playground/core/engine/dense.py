"""The dense engine: hand-derived backpropagation for stacks of dense layers and dropout.

Autograd and an optimizer object cost 100 to 250 µs a step whatever the size; written out in
plain ATen calls into preallocated buffers, a small network's step takes 15 to 40. Everything is
feature-major, (units, points): a unit's values over a grid are one row, its own map.

All weights and biases lie in one flat vector. Linear map l is the matrix [W | b] of shape
(outputs, inputs + 1), a view of that vector; the bias multiplies a row of ones kept under every
activation. The gradients lie in a second flat vector of the same layout, so that penalties,
clipping and the optimizer are a few calls on whole vectors.

It is not a place for any other layer kind: those train in `autograd.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import ClassVar

import torch
from torch import Tensor

from playground.core.activations import ACTIVATIONS, Call, Kernel
from playground.core.engine.base import Engine, Free, Parameters, Problem
from playground.core.engine.update import Penalties, Update, clip_to
from playground.core.engine.workspace import Masks, Workspace
from playground.core.experiment import Experiment
from playground.core.layers import Dense, Dropout
from playground.core.losses import LOSSES
from playground.core.network import Block, linear_blocks, penalty_rates
from playground.core.shapes import is_tokens

KEPT_WORKSPACES = 8


def can_run(experiment: Experiment, blocks: Sequence[Block]) -> bool:
    """Whether the dense engine covers this network and its optimizer."""
    if len(blocks[0].after) != 1 or is_tokens(blocks[0].after):
        return False
    return experiment.optimizer.flat and all(
        isinstance(block.layer, Dense | Dropout | None)
        and (block.activation is None or ACTIVATIONS[block.activation].kernel is not None)
        for block in blocks
    )


class DenseEngine(Engine):
    """See the module."""

    name: ClassVar[str] = "dense"

    @torch.inference_mode()
    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self._experiment = problem.experiment
        self.loss = problem.loss
        kind = {"dtype": problem.dtype, "device": problem.device}
        shapes = [(len(bias), weight.shape[1] + 1) for weight, bias in problem.parameters]
        total = sum(rows * columns for rows, columns in shapes)
        self._flat, self._gradient = torch.zeros(total, **kind), torch.zeros(total, **kind)
        self.matrices = _views(self._flat, shapes)
        self.gradients = _views(self._gradient, shapes)
        self._weight_mask = torch.ones(total, **kind)
        for mask in _views(self._weight_mask, shapes):
            mask[:, -1] = 0
        for matrix, (weight, bias) in zip(self.matrices, problem.parameters, strict=True):
            matrix[:, :-1] = weight
            matrix[:, -1] = bias
        self._order = _learned_order(shapes).to(problem.device)
        self.kernels = kernels_of(problem.blocks)
        self.exchange(problem.inputs, problem.targets)
        self._epoch_inputs = self._inputs[:0]
        self._epoch_targets = self._targets[:0]
        self._programs: dict[tuple[int, int], tuple[list[Call], float]] = {}
        self._workspaces: dict[tuple[int, bool], Workspace] = {}
        self._update = Update(
            self._experiment.optimizer, self._flat, self._gradient, self._weight_mask
        )
        self.rates = dropout_rates(problem.blocks)
        self._follow(problem.experiment)

    # ---- training

    @torch.inference_mode()
    def load(self, indices: Tensor) -> None:
        if len(indices) != len(self._epoch_inputs):
            self._epoch_inputs = self._inputs.new_empty(len(indices), self._inputs.shape[1])
            self._epoch_targets = self._targets.new_empty(len(indices), self._targets.shape[1])
            self._programs.clear()
        indices = indices.to(self._inputs.device)
        torch.index_select(self._inputs, 0, indices, out=self._epoch_inputs)
        torch.index_select(self._targets, 0, indices, out=self._epoch_targets)

    @torch.inference_mode()
    def exchange(self, inputs: Tensor, targets: Tensor) -> None:
        kind = {"dtype": self._problem.dtype, "device": self._problem.device}
        ones = torch.ones(len(inputs), 1, dtype=torch.float64)
        self._inputs = torch.cat((inputs, ones), 1).to(**kind)
        self._targets = targets.to(**kind)

    @torch.inference_mode()
    def train(self, slices: Sequence[tuple[int, int]]) -> None:
        programs, finish = self._programs, self._update.step
        for key in slices:
            calls, scale = programs.get(key) or self._record(key)
            for call in calls:
                call()
            finish(scale)

    def _record(self, key: tuple[int, int]) -> tuple[list[Call], float]:
        """The calls of one minibatch's step up to its gradients, and 1 / points.

        Recorded once for each place in an epoch, since every epoch gathers into one buffer.
        """
        start, stop = key
        rows, targets = self._epoch_inputs[start:stop], self._epoch_targets[start:stop]
        space = self._workspace(stop - start, training=True)
        self._programs[key] = (self.step_calls(space, rows, targets), 1 / (stop - start))
        return self._programs[key]

    def step_calls(
        self, space: Workspace, rows: Tensor, targets: Tensor, masks: Masks = ()
    ) -> list[Call]:
        """The calls of a step up to its gradients, on buffers that stay where they are.

        Args:
            rows: (points, features + 1), the last column ones.
            targets: (points, units).
            masks: of dropout, see `Workspace.forward`.
        """
        return space.forward(rows.t(), masks) + space.backward(rows, targets.t(), masks)

    def training_space(self, points: int) -> Workspace:
        """Buffers for a minibatch of so many points, new ones."""
        return Workspace(self, points, True, self._problem.generator)

    def _workspace(self, points: int, training: bool) -> Workspace:
        key = (points, training)
        if key not in self._workspaces:
            if len(self._workspaces) >= KEPT_WORKSPACES:
                # The programs hold views of workspaces: both go, and are made again when needed.
                self._workspaces.clear()
                self._programs.clear()
            self._workspaces[key] = Workspace(self, points, training, self._problem.generator)
        return self._workspaces[key]

    def _follow(self, experiment: Experiment) -> None:
        """Takes over the learning rate and the penalties."""
        self._rate = experiment.optimizer.learning_rate
        settings = experiment.regularization
        rates = penalty_rates(experiment, self._problem.blocks)
        l1, l2 = (self._spread([pair[i] for pair in rates]) for i in (0, 1))
        if settings.sticky_l1 and l1 is None:
            l1 = torch.zeros_like(self._flat)
        clip = partial(clip_to, settings.clip_norm) if settings.clip_norm > 0 else None
        sticky = settings.sticky_l1
        penalties = Penalties(None if sticky else l1, l2, l1 if sticky else None, clip)
        self._update.configure(experiment.optimizer, self._pace(self._rate), penalties)

    def _spread(self, rates: Sequence[float]) -> Tensor | None:
        """The rate of each weight, from those of the linear maps; None where none is above 0."""
        if not any(rate > 0 for rate in rates):
            return None
        spread = self._weight_mask.clone()
        shapes = [tuple(matrix.shape) for matrix in self.matrices]
        for view, rate in zip(_views(spread, shapes), rates, strict=True):
            view.mul_(rate)
        return spread

    # ---- settings, activations, state

    @torch.inference_mode()
    def configure(self, experiment: Experiment) -> None:
        was_sticky = self._experiment.regularization.sticky_l1
        if experiment.loss_settings != self._experiment.loss_settings:
            self.loss = LOSSES[experiment.loss].under(experiment.loss_settings)
            self._programs.clear()
        self._experiment = experiment
        if was_sticky and not experiment.regularization.sticky_l1:
            self._update.alive.fill_(1)
        rates = dropout_rates(self._problem.blocks, experiment)
        if rates != self.rates:
            self.rates = rates
            self._workspaces.clear()
            self._programs.clear()
        self._follow(experiment)

    @torch.inference_mode()
    def set_learning_rate(self, rate: float) -> None:
        if rate == self._rate:
            return
        self._rate = rate
        self._update.pace(self._pace(rate))

    def _pace(self, rate: float) -> float | Tensor:
        """A learning rate as the update is to take it."""
        return rate

    @torch.inference_mode()
    def hold(self, free: Free | None) -> None:
        if free is None:
            self._update.hold(None)
            return
        parts = [torch.cat((weight, bias[:, None]), 1).flatten() for weight, bias in free]
        self._update.hold(torch.cat(parts).to(self._flat.device, self._flat.dtype))

    @torch.inference_mode()
    def write(self, index: int, weight: Tensor, bias: Tensor) -> None:
        self.matrices[index][:, :-1] = weight
        self.matrices[index][:, -1] = bias
        self._update.keep()

    def parameters(self) -> Parameters:
        return [(matrix[:, :-1], matrix[:, -1]) for matrix in self.matrices]

    def penalised(self) -> list[tuple[int, Tensor]]:
        places = [i for i, one in enumerate(self._problem.blocks) if one.linear is not None]
        return [(i, weight) for i, (weight, _) in zip(places, self.parameters(), strict=True)]

    def flat(self) -> Tensor:
        # One call: a run keeps its path all the time.
        return self._flat[self._order]

    def gradient_norm(self) -> float:
        return torch.linalg.vector_norm(self._gradient).item()

    @torch.inference_mode()
    def prepare(self, inputs: Tensor) -> Tensor:
        ones = torch.ones(1, len(inputs), dtype=inputs.dtype)
        return torch.cat((inputs.t(), ones)).to(self._flat.device, self._flat.dtype).contiguous()

    @torch.inference_mode()
    def activations(self, prepared: Tensor) -> list[Tensor]:
        space = self._workspace(prepared.shape[1], training=False)
        for call in space.forward(prepared):
            call()
        values = iter(space.values)
        found: list[Tensor] = []
        for block in self._problem.blocks[1:]:
            if isinstance(block.layer, Dropout):
                found.append(found[-1] if found else prepared[:-1])
            else:
                found.append(next(values))
        return found

    @torch.inference_mode()
    def state(self) -> dict[str, Tensor]:
        return {
            "parameters": self._flat.clone(),
            "alive": self._update.alive.clone(),
            **{f"optimizer.{name}": value.clone() for name, value in self._update.memory.items()},
        }

    @torch.inference_mode()
    def load_state(self, state: dict[str, Tensor]) -> None:
        self._flat.copy_(state["parameters"])
        self._update.alive.copy_(state["alive"])
        for name, value in self._update.memory.items():
            value.copy_(state[f"optimizer.{name}"])
        self._update.keep()
        self._update.choose()  # dead weights may have come

    def alive(self) -> list[Tensor]:
        shapes = [tuple(matrix.shape) for matrix in self.matrices]
        return [view[:, :-1] for view in _views(self._update.alive, shapes)]


def _views(flat: Tensor, shapes: Sequence[tuple[int, ...]]) -> list[Tensor]:
    """Consecutive parts of a flat vector as matrices."""
    views, start = [], 0
    for rows, columns in shapes:
        views.append(flat[start : start + rows * columns].view(rows, columns))
        start += rows * columns
    return views


def _learned_order(shapes: Sequence[tuple[int, ...]]) -> Tensor:
    """Places in the flat vector of each map's weights, row by row, and then its biases."""
    places = torch.arange(sum(rows * columns for rows, columns in shapes))
    parts = [
        part.flatten() for view in _views(places, shapes) for part in (view[:, :-1], view[:, -1])
    ]
    return torch.cat(parts)


def kernels_of(blocks: Sequence[Block]) -> list[tuple[str, Kernel]]:
    """Name and kernel of the activation behind every linear map, the head's included."""
    names = [block.activation or "linear" for block in linear_blocks(blocks)]
    made: dict[str, Kernel] = {}
    for name in set(names):
        kernel = ACTIVATIONS[name].kernel
        assert kernel is not None, f"{name} has no kernel"
        made[name] = kernel()
    return [(name, made[name]) for name in names]


def dropout_rates(
    blocks: Sequence[Block], experiment: Experiment | None = None
) -> list[tuple[float, ...]]:
    """Dropout rates in front of every linear map; several where blocks follow each other."""
    layers = [block.layer for block in blocks[1:-1]] if experiment is None else experiment.layers
    rates: list[tuple[float, ...]] = [()]
    for layer in layers:
        if isinstance(layer, Dropout):
            rates[-1] += (layer.rate,)
        else:
            rates.append(())
    return rates
