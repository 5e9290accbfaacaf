"""The dense engine for K networks of one shape: every call is one on all of them.

A call on a small network is mostly overhead, so K networks in one call cost little more than one.
They share blocks, loss, kind of optimizer and the size of their minibatches; weights, points,
their order, learning rates, penalties and dropout are each network's own, and so is what becomes
of it: no number of one ever meets a number of another.

All numbers lie in one flat vector, map by map: weights (K, outputs, inputs) of the first, of the
second, ..., then biases (K, outputs, 1) of each. A batched product is quick where all that it
reads and writes is dense in memory, which is why the biases are no column of the weights here as
they are in `dense.py`; their gradients are one sum over everything that flows back.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import torch
from torch import Tensor

from playground.core.activations import Call
from playground.core.engine.base import Free, Problem
from playground.core.engine.dense import dropout_rates, kernels_of
from playground.core.engine.update import Penalties, Update
from playground.core.engine.workspace_many import ManyWorkspace
from playground.core.network import penalty_rates

KEPT_WORKSPACES = 8
CACHE = 2**21  # bytes that the values of a pass outside training may take at a time


class Layout:
    """Where the numbers of K networks lie in their flat vector.

    Args:
        count: K.
        shapes: (outputs, inputs) of each linear map.

    Attributes:
        total: length of the vector.
        learned: (K, parameters), places of each network's numbers in the order of `Engine.flat`.
        single: the same in the order of `DenseEngine`'s flat vector.
        owner: (total,), whose number it is.
    """

    def __init__(self, count: int, shapes: Sequence[tuple[int, int]]) -> None:
        self._count, self._shapes = count, shapes
        self.weights_total = count * sum(outputs * inputs for outputs, inputs in shapes)
        self.total = self.weights_total + count * sum(outputs for outputs, _ in shapes)
        places = torch.arange(self.total)
        pairs = list(zip(self.weights(places), self.biases(places), strict=True))
        parts = [part.reshape(count, -1) for pair in pairs for part in pair]
        self.learned = torch.cat(parts, 1)
        self.single = torch.cat([torch.cat(pair, 2).reshape(count, -1) for pair in pairs], 1)
        self.owner = torch.empty(self.total, dtype=torch.long)
        self.owner[self.learned] = torch.arange(count)[:, None]

    def weights(self, flat: Tensor) -> list[Tensor]:
        """The weights of each linear map, (K, outputs, inputs): views."""
        sizes = [self._count * outputs * inputs for outputs, inputs in self._shapes]
        parts = torch.split(flat[: self.weights_total], sizes)
        shaped = zip(parts, self._shapes, strict=True)
        return [part.view(self._count, *shape) for part, shape in shaped]

    def biases(self, flat: Tensor) -> list[Tensor]:
        """The biases of each linear map, (K, outputs, 1): views."""
        sizes = [self._count * outputs for outputs, _ in self._shapes]
        parts = torch.split(flat[self.weights_total :], sizes)
        return [part.view(self._count, -1, 1) for part in parts]

    def to(self, device: torch.device) -> None:
        self.learned, self.single = self.learned.to(device), self.single.to(device)
        self.owner = self.owner.to(device)


class DenseMany:
    """K networks that the dense engine covers, see `dense.can_run`.

    Args:
        problems: one for each network, alike in everything but weights, points, generators,
            learning rates and penalties.
        free: which weights and biases of each network may move, see `Engine.hold`.

    Attributes:
        count: K.
    """

    name = "dense"

    @torch.inference_mode()
    def __init__(self, problems: Sequence[Problem], free: Sequence[Free | None]) -> None:
        first = problems[0]
        self.count, self._first = len(problems), first
        self._loss, self._blocks = first.loss, first.blocks
        self._kind = {"dtype": first.dtype, "device": first.device}
        self._shapes = [(w.shape[0], w.shape[1]) for w, _ in first.parameters]
        self._layout = layout = Layout(self.count, self._shapes)
        start = torch.zeros(layout.total, dtype=torch.float64)
        for problem, places in zip(problems, layout.learned, strict=True):
            start[places] = torch.cat(
                [part.flatten() for w, b in problem.parameters for part in (w, b)]
            )
        layout.to(first.device)
        self._flat, self._gradient = start.to(**self._kind), torch.zeros_like(start, **self._kind)
        self._weights, self._biases = layout.weights(self._flat), layout.biases(self._flat)
        self._weight_gradients = layout.weights(self._gradient)
        self._bias_gradient = self._gradient[layout.weights_total :]
        mask = torch.ones_like(self._flat)
        mask[layout.weights_total :] = 0
        self._mask = mask
        self._kernels = kernels_of(first.blocks)
        self._rates = dropout_rates(first.blocks)
        self._generators = [problem.generator for problem in problems]
        self._take_points(problems)
        self._programs: dict[tuple[int, int], tuple[list[Call], float]] = {}
        self._workspaces: dict[tuple[int, int, bool], ManyWorkspace] = {}
        self._update = Update(first.experiment.optimizer, self._flat, self._gradient, mask)
        self._follow(problems)
        self._free = self._freedom(free)
        self._update.hold(self._free)
        self._good = self._present()

    def _take_points(self, problems: Sequence[Problem]) -> None:
        """Gathers from one table of points where all networks learn the same, else from all."""
        first = problems[0]
        shared = all(
            one.inputs is first.inputs and one.targets is first.targets for one in problems
        )
        chosen = problems[:1] if shared else problems
        self._inputs = torch.cat([one.inputs for one in chosen]).to(**self._kind)
        self._targets = torch.cat([one.targets for one in chosen]).to(**self._kind)
        points = 0 if shared else len(first.inputs)
        self._offsets = (torch.arange(self.count) * points)[:, None].to(first.device)
        self._epoch_inputs = self._inputs[:0]
        self._epoch_targets = self._targets[:0]

    def _follow(self, problems: Sequence[Problem]) -> None:
        """Takes over learning rates and penalties of each network."""
        settings = [one.experiment.regularization for one in problems]
        rates = [penalty_rates(one.experiment, one.blocks) for one in problems]
        sticky = [one.sticky_l1 for one in settings]
        l1, pulled = (
            self._spread(
                [
                    [pair[0] * (on == which) for pair in own]
                    for own, on in zip(rates, sticky, strict=True)
                ]
            )
            for which in (False, True)
        )
        l2 = self._spread([[pair[1] for pair in own] for own in rates])
        if any(sticky) and pulled is None:
            pulled = torch.zeros_like(self._flat)
        limits = torch.tensor([one.clip_norm or torch.inf for one in settings], **self._kind)
        clip = partial(self._clip, limits) if bool(torch.isfinite(limits).any()) else None
        optimizer = problems[0].experiment.optimizer
        self._update.configure(optimizer, optimizer.learning_rate, Penalties(l1, l2, pulled, clip))
        self._paces: list[float] = []
        self.pace([one.experiment.optimizer.learning_rate for one in problems])

    def _spread(self, rates: Sequence[Sequence[float]]) -> Tensor | None:
        """The rate of each weight, from those of each network's linear maps; None where all are
        0."""
        table = torch.tensor(rates, **self._kind)  # (K, maps)
        if not bool(table.any()):
            return None
        spread = torch.zeros_like(self._flat)
        for view, column in zip(self._layout.weights(spread), table.t(), strict=True):
            view.add_(column[:, None, None])
        return spread

    def _clip(self, limits: Tensor, gradient: Tensor) -> None:
        """As torch.nn.utils.clip_grad_norm_, network by network."""
        owner = self._layout.owner
        norms = torch.zeros_like(limits).index_add_(0, owner, gradient.square()).sqrt_()
        gradient.mul_((limits / (norms + 1e-6)).clamp_(max=1)[owner])

    def _freedom(self, free: Sequence[Free | None]) -> Tensor | None:
        if all(one is None for one in free):
            return None
        mask = torch.ones_like(self._flat)
        for one, places in zip(free, self._layout.learned, strict=True):
            if one is not None:
                parts = [part.flatten() for pair in one for part in pair]
                mask[places] = torch.cat(parts).to(**self._kind)
        return mask

    # ---- training

    @torch.inference_mode()
    def load(self, orders: Tensor) -> None:
        """Gathers one epoch of every network.

        Args:
            orders: (K, points of the epoch), places of training points.
        """
        points = orders.shape[1]
        if self._epoch_inputs.shape[:2] != orders.shape:
            kind = {"dtype": self._inputs.dtype, "device": self._inputs.device}
            self._epoch_inputs = torch.empty(
                self.count * points, self._inputs.shape[1], **kind
            ).view(self.count, points, -1)
            self._epoch_targets = torch.empty(
                self.count * points, self._targets.shape[1], **kind
            ).view(self.count, points, -1)
            self._programs.clear()
        places = (orders.to(self._offsets.device) + self._offsets).flatten()
        torch.index_select(self._inputs, 0, places, out=self._epoch_inputs.flatten(0, 1))
        torch.index_select(self._targets, 0, places, out=self._epoch_targets.flatten(0, 1))

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
        calls = space.forward(self._weights, self._biases, rows.transpose(1, 2))
        calls += self._loss.gradient(space.values[-1], targets.transpose(1, 2), space.delta, 1)
        calls += space.backward(self._weights, rows, self._weight_gradients, self._bias_gradient)
        self._programs[key] = (calls, 1 / (stop - start))
        return self._programs[key]

    def _workspace(self, count: int, points: int, training: bool) -> ManyWorkspace:
        key = (count, points, training)
        if key not in self._workspaces:
            if len(self._workspaces) >= KEPT_WORKSPACES:
                # The programs hold views of workspaces: both go, and are made again when needed.
                self._workspaces.clear()
                self._programs.clear()
            rates = self._rates if training else [()] * len(self._rates)
            self._workspaces[key] = ManyWorkspace(
                self._flat.new_empty(0),
                (count, points),
                self._shapes,
                (self._kernels, rates),
                self._generators if training else None,
            )
        return self._workspaces[key]

    def pace(self, rates: Sequence[float]) -> None:
        """Steps by these learning rates from now on, one for each network."""
        if list(rates) == self._paces:
            return
        self._paces = list(rates)
        if len(set(rates)) == 1:
            self._update.pace(rates[0])
        else:
            each = torch.tensor(self._paces, **self._kind)
            with torch.inference_mode():
                self._update.pace(each[self._layout.owner])

    # ---- answers

    def prepare(self, inputs: Tensor) -> Tensor:
        """Inputs (points, features), or (K, points, features), as `outputs` wants them."""
        prepared = inputs.to(**self._kind)
        return prepared.expand(self.count, -1, -1) if inputs.ndim == 2 else prepared

    def outputs(self, prepared: Tensor) -> tuple[Tensor, Tensor]:
        """What every network answers outside training.

        Args:
            prepared: from `prepare`.

        Returns:
            (K, units, points), new; and whether all values on the way there are finite, bool (K,).
        """
        units, points = self._shapes[-1][0], prepared.shape[1]
        found = torch.empty(self.count, units, points, **self._kind)
        fine = torch.ones(self.count, dtype=torch.bool, device=self._kind["device"])
        self._fill(prepared.transpose(1, 2), found, fine)
        return found, fine

    @torch.inference_mode()
    def _fill(self, columns: Tensor, found: Tensor, fine: Tensor) -> None:
        values = sum(outputs for outputs, _ in self._shapes) * columns.shape[2]
        group = max(1, min(self.count, CACHE // max(values * self._flat.element_size(), 1)))
        for start in range(0, self.count, group):
            part = slice(start, min(start + group, self.count))
            space = self._workspace(part.stop - start, columns.shape[2], training=False)
            weights = [one[part] for one in self._weights]
            biases = [one[part] for one in self._biases]
            for call in space.forward(weights, biases, columns[part]):
                call()
            found[part] = space.values[-1]
            for value in space.values:
                fine[part] &= torch.isfinite(value.sum((1, 2)))

    # ---- state

    def flat(self) -> Tensor:
        """What every network has learned, (K, parameters), in the order of `Engine.flat`."""
        return self._flat[self._layout.learned]

    @property
    def nbytes(self) -> int:
        tensors = (self._flat, self._gradient, *self._update.memory.values())
        return sum(one.nbytes for one in tensors) + sum(one.nbytes for one in self._good.values())

    def _present(self) -> dict[str, Tensor]:
        """Everything that `state` is made of; of numbers that all networks share, one each."""
        memory = {f"optimizer.{name}": one for name, one in self._update.memory.items()}
        parts = {"parameters": self._flat, "alive": self._update.alive, **memory}
        return {
            name: part.clone() if part.ndim else part.expand(self.count).clone()
            for name, part in parts.items()
        }

    @torch.inference_mode()
    def keep(self, fine: Tensor) -> None:
        """Remembers where networks stand, as a place to go back to.

        Args:
            fine: bool (K,), of which.
        """
        if bool(fine.all()):
            self._good = self._present()
            return
        for name, now in self._present().items():
            mask = fine if now.shape == fine.shape else fine[self._layout.owner]
            self._good[name] = torch.where(mask, now, self._good[name])

    @torch.inference_mode()
    def stop(self, gone: Tensor) -> None:
        """Puts networks back to where they were kept, and holds them there.

        Args:
            gone: bool (K,), all that were ever stopped.
        """
        theirs = gone[self._layout.owner]
        self._flat[theirs] = self._good["parameters"][theirs]
        self._free = torch.ones_like(self._flat) if self._free is None else self._free
        self._free[theirs] = 0
        self._update.hold(self._free)

    @torch.inference_mode()
    def state(self, index: int, kept: bool = False) -> dict[str, Tensor]:
        """One network's part, as `DenseEngine.load_state` takes it.

        Args:
            kept: as it was when it was last kept.
        """
        parts = self._good if kept else self._present()
        places = self._layout.single[index]
        return {
            name: part[places] if part.numel() == self._layout.total else part[index].clone()
            for name, part in parts.items()
        }


def common(problem: Problem) -> tuple[object, ...]:
    """What networks that `dense.can_run` covers must have in common to share calls: everything
    that a call has one number for. It can be compared, and be a key."""
    experiment = problem.experiment
    optimizer = experiment.optimizer.model_copy(update={"learning_rate": 1.0})
    return (
        tuple((block.kind, block.linear, block.activation) for block in problem.blocks),
        tuple(dropout_rates(problem.blocks)),
        problem.loss.name,
        experiment.loss_settings.model_dump_json(),
        optimizer.model_dump_json(),
        problem.dtype,
        problem.device,
        problem.inputs.shape,
    )
