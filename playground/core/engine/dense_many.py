"""The dense engine for K networks of one shape: every call is one on all of them.

A call on a small network is mostly overhead, so K networks in one call cost little more than one.
The parts of their flat vector are the weights (K, outputs, inputs) of each linear map, then the
biases (K, outputs, 1) of each. A batched product is quick where all that it reads and writes is
dense in memory, which is why the biases are no column of the weights here as they are in
`dense.py`; their gradients are one sum over everything that flows back.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from playground.core.activations import Call
from playground.core.engine.base import Free, Problem
from playground.core.engine.dense import KEPT_WORKSPACES, dropout_rates, kernels_of
from playground.core.engine.many import Layout, Many, alike, apart, put
from playground.core.engine.workspace import Masks
from playground.core.engine.workspace_many import ManyWorkspace
from playground.core.network import penalty_rates

# Bytes that the values of a pass outside training may take at a time: a processor's cache, or
# enough that a GPU is busy with each call
CACHE, ROOM = 2**21, 2**28


class DenseMany(Many):
    """K networks that the dense engine covers, see `dense.can_run`.

    Args:
        problems: one for each network, alike in what `common` tells.
        free: which weights and biases of each network may move, see `Engine.hold`.
    """

    name = "dense"

    @torch.inference_mode()
    def __init__(self, problems: Sequence[Problem], free: Sequence[Free | None]) -> None:
        super().__init__(problems)
        first = problems[0]
        self._loss = first.loss
        self._shapes = [(w.shape[0], w.shape[1]) for w, _ in first.parameters]
        maps = len(self._shapes)
        columns = [(outputs, 1) for outputs, _ in self._shapes]
        order = [place for one in range(maps) for place in (one, maps + one)]
        layout = Layout(self.count, [*self._shapes, *columns], order)
        parts = layout.parts(torch.arange(layout.total))
        both = zip(parts[:maps], parts[maps:], strict=True)
        # Places of each network's numbers in the order of `DenseEngine`'s flat vector
        self._single = torch.cat([torch.cat(pair, 2).reshape(self.count, -1) for pair in both], 1)
        start = torch.zeros(layout.total, dtype=torch.float64)
        for problem, places in zip(problems, layout.learned, strict=True):
            start[places] = torch.cat(
                [part.flatten() for pair in problem.parameters for part in pair]
            )
        layout.to(self._device)
        self._single = self._single.to(self._device)
        self._kernels = kernels_of(first.blocks)
        self._dropout = dropout_rates(first.blocks)
        self._generators = [problem.generator for problem in problems]
        self._programs: dict[tuple[int, int], tuple[list[Call], float]] = {}
        self._workspaces: dict[tuple[int, int, bool], ManyWorkspace] = {}
        self._begin(layout, start.to(self._device, self._dtype), problems)
        self._hold(self._freedom(free))

    def _begin(self, layout: Layout, flat: Tensor, problems: Sequence[Problem]) -> None:
        super()._begin(layout, flat, problems)
        maps = len(self._shapes)
        parts, gradients = layout.parts(flat), layout.parts(self._gradient)
        self._weights, self._biases = parts[:maps], parts[maps:]
        self._weight_gradients = gradients[:maps]
        self._bias_gradient = self._gradient[sum(one.numel() for one in self._weights) :]

    def _weights_mask(self) -> Tensor:
        mask = torch.zeros_like(self._flat)
        for view in self._layout.parts(mask)[: len(self._shapes)]:
            view.fill_(1)
        return mask

    def _rates(self, problems: Sequence[Problem], which: int, linear: bool = False) -> Tensor:
        rates = [penalty_rates(one.experiment, one.blocks) for one in problems]
        weights = torch.tensor(
            [[pair[which] for pair in own] for own in rates], dtype=torch.float64
        )
        return torch.cat((weights, torch.zeros_like(weights)), 1)

    def _freedom(self, free: Sequence[Free | None]) -> Tensor | None:
        if all(one is None for one in free):
            return None
        mask = torch.ones_like(self._flat)
        for one, places in zip(free, self._layout.learned, strict=True):
            if one is not None:
                parts = [part.flatten() for pair in one for part in pair]
                mask[places] = torch.cat(parts).to(self._device, self._dtype)
        return mask

    # ---- training

    @torch.inference_mode()
    def load(self, orders: Tensor) -> None:
        super().load(orders)

    def _exchanged(self) -> None:
        self._programs.clear()

    @torch.inference_mode()
    def train(self, slices: Sequence[tuple[int, int]]) -> None:
        """One step of every network for each (start, stop) range of its epoch, in order."""
        programs, finish = self._programs, self._update.step
        for key in slices:
            calls, scale = programs.get(key) or self._record(key)
            for call in calls:
                call()
            finish(scale)

    def _record(self, key: tuple[int, int]) -> tuple[list[Call], float]:
        """The calls of one minibatch's step up to its gradients, and 1 / points."""
        start, stop = key
        rows, targets = self._epoch_inputs[:, start:stop], self._epoch_targets[:, start:stop]
        space = self._workspace(self.count, stop - start, training=True)
        self._programs[key] = (self.step_calls(space, rows, targets), 1 / (stop - start))
        return self._programs[key]

    def step_calls(
        self, space: ManyWorkspace, rows: Tensor, targets: Tensor, masks: Masks = ()
    ) -> list[Call]:
        """As `DenseEngine.step_calls`, of (K, points, features) and (K, points, units)."""
        weights, into = self._weights, self._weight_gradients
        calls = space.forward(weights, self._biases, rows.transpose(1, 2), masks)
        calls += self._loss.gradient(space.values[-1], targets.transpose(1, 2), space.delta, 1)
        return calls + space.backward(weights, rows, into, self._bias_gradient, masks)

    def training_space(self, points: int) -> ManyWorkspace:
        """Buffers for a minibatch of so many points, new ones."""
        return self._space(self.count, points, training=True)

    def _workspace(self, count: int, points: int, training: bool) -> ManyWorkspace:
        key = (count, points, training)
        if key not in self._workspaces:
            if len(self._workspaces) >= KEPT_WORKSPACES:
                # The programs hold views of workspaces: both go, and are made again when needed.
                self._workspaces.clear()
                self._programs.clear()
            self._workspaces[key] = self._space(count, points, training)
        return self._workspaces[key]

    def _space(self, count: int, points: int, training: bool) -> ManyWorkspace:
        return ManyWorkspace(
            self._flat.new_empty(0),
            (count, points),
            self._shapes,
            (self._kernels, self._dropout if training else [()] * len(self._dropout)),
            self._generators if training else None,
        )

    # ---- answers

    def outputs(self, prepared: Tensor) -> tuple[Tensor, Tensor]:
        units, points = self._shapes[-1][0], prepared.shape[1]
        found = torch.empty(self.count, units, points, dtype=self._dtype, device=self._device)
        fine = torch.ones(self.count, dtype=torch.bool, device=self._device)
        self._fill(prepared.transpose(1, 2), found, fine)
        return found, fine

    def pictured(self, prepared: Tensor) -> Tensor:
        units, points = self._shapes[-1][0], prepared.shape[1]
        kind = {"dtype": self._dtype, "device": self._device}
        found = torch.empty(self.count, units, points, **kind)
        self._fill(prepared.transpose(1, 2), found, None)
        return found

    @torch.inference_mode()
    def _fill(self, columns: Tensor, found: Tensor, fine: Tensor | None) -> None:
        values = sum(outputs for outputs, _ in self._shapes) * columns.shape[2]
        room = CACHE if self._device.type == "cpu" else ROOM
        group = max(1, min(self.count, room // max(values * self._flat.element_size(), 1)))
        for start in range(0, self.count, group):
            part = slice(start, min(start + group, self.count))
            space = self._workspace(part.stop - start, columns.shape[2], training=False)
            weights = [one[part] for one in self._weights]
            biases = [one[part] for one in self._biases]
            for call in space.forward(weights, biases, columns[part], rough=fine is None):
                call()
            found[part] = space.values[-1]
            if fine is not None:
                for value in space.values:
                    fine[part] &= torch.isfinite(value.sum((1, 2)))

    # ---- state

    @torch.inference_mode()
    def states(self, places: Sequence[int], kept: bool = False) -> list[dict[str, Tensor]]:
        """As `DenseEngine.load_state` takes them."""
        chosen = list(places)
        own = self._single[chosen]
        return apart(
            {
                name: part[own] if self._is_whole(part) else part.expand(self.count)[chosen]
                for name, part in self._parts(kept).items()
            }
        )

    def _write(self, places: list[int], given: dict[str, Tensor], kept: bool) -> None:
        own = self._single[places]
        for name, part in self._parts(kept).items():
            put(part, own if self._is_whole(part) else places, given[name])


def common(problem: Problem) -> tuple[object, ...]:
    """What networks that `dense.can_run` covers must have in common to share calls."""
    return (
        tuple((block.kind, block.linear, block.activation) for block in problem.blocks),
        tuple(dropout_rates(problem.blocks)),
        *alike(problem),
    )
