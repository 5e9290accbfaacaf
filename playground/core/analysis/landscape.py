"""The loss of a whole plane of weights: many networks of one shape, evaluated as one batch.

Stacks of dense layers take one batched matrix product a layer for all of them together; other
blocks take torch.func's vmap over the replica's modules. Values are those that the run itself
would measure there, in its own precision; where they are not finite they stay so.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Literal

import torch
from torch import Tensor, nn

from playground.core.activations import ACTIVATIONS, module_of
from playground.core.analysis.weight_plane import WeightPlane, lattice, split
from playground.core.layers import Dense, Dropout
from playground.core.network import linear_blocks, linear_maps, penalty_rates
from playground.core.replica import Replica

if TYPE_CHECKING:
    from playground.core.run import Run

Part = Literal["train", "test"]

SIDE = 41  # points along each side of a landscape
CHUNK = 2 * 2**20  # bytes of one layer's values that are in work at a time: they stay in the cache
CHUNK_ANY = CHUNK // 8  # where a layer takes more than a product, so that turns stay short
MOST_WEIGHTS = 2**25  # bytes of the weights in work at a time
WEIGHT = 8  # bytes


class ManyLosses:
    """The loss of many networks of a run's shape at once.

    Args:
        run: gives the shape, the points, the loss, and what is no weight, as running means.
        part: the points. Of "train" the value is what training minimises, the penalty included;
            of "test" the loss alone.
    """

    def __init__(self, run: Run, part: Part = "train") -> None:
        self._loss = run.loss
        self._rates = penalty_rates(run.experiment, run.blocks) if part == "train" else []
        kind = {"dtype": run.problem.dtype, "device": run.device.torch()}
        inputs, targets = run.examples(part)
        self._inputs, self._targets = inputs.to(**kind), targets.to(**kind)
        self._like = [part.detach().clone() for part in run.engine.learned()]
        self._dense = _is_dense(run)
        if self._dense:
            self._bends = _activations(run)
        else:
            self._replica = Replica(run)
            self._whole = nn.Sequential(*self._replica.modules).to(device=kind["device"])
            self._names = _names(self._replica, list(run.engine.gains()))
        widest = max(block.units for block in run.blocks)
        values = len(inputs) * widest * self._inputs.element_size()
        own = WEIGHT * sum(part.numel() for part in self._like)
        room = CHUNK if self._dense else CHUNK_ANY
        self.chunk = max(1, min(room // max(values, 1), MOST_WEIGHTS // own))

    @property
    def points(self) -> int:
        """How many points the loss is of; without any there is none."""
        return len(self._inputs)

    @torch.no_grad()
    def __call__(self, weights: Tensor) -> Tensor:
        """Losses (n,) of networks with weights (n, parameters), float64; NaN or ±inf as they come.

        All at once: more than `chunk` take more memory than is good.
        """
        flat = weights.to(self._inputs.device, self._inputs.dtype)
        parts = split(flat, self._like)
        output = self._forward(parts)
        losses = torch.vmap(lambda one: self._loss.value(one, self._targets, 1))(output)
        return (losses + self._penalty(parts)).cpu().double()

    def _forward(self, parts: list[Tensor]) -> Tensor:
        """Outputs (n, points, units)."""
        if not self._dense:
            return self._forward_any(parts)
        values = self._inputs.expand(len(parts[0]), *self._inputs.shape)
        for weight, bias, bend in zip(parts[::2], parts[1::2], self._bends, strict=True):
            values = bend(torch.baddbmm(bias[:, None], values, weight.transpose(1, 2)))
        return values

    def _forward_any(self, parts: list[Tensor]) -> Tensor:
        stacked = dict(zip(self._names, parts, strict=True))

        def one(weights: dict[str, Tensor]) -> Tensor:
            return torch.func.functional_call(self._whole, weights, (self._inputs,))

        try:
            return torch.vmap(one)(stacked)
        except RuntimeError:  # a module that vmap cannot see into
            each = [{name: part[i] for name, part in stacked.items()} for i in range(len(parts[0]))]
            return torch.stack([one(weights) for weights in each])

    def _penalty(self, parts: list[Tensor]) -> Tensor:
        total = torch.zeros(len(parts[0]), dtype=parts[0].dtype, device=parts[0].device)
        for weight, (l1, l2) in zip(parts[::2], self._rates, strict=False):
            if l1:
                total = total + l1 * weight.abs().sum((1, 2))
            if l2:
                total = total + 0.5 * l2 * weight.square().sum((1, 2))
        return total


def survey(
    losses: ManyLosses, plane: WeightPlane, side: int = SIDE
) -> Generator[float, None, Tensor]:
    """The loss on a lattice over a plane's window.

    Yields:
        After every chunk, which share of the points is done.

    Returns:
        (side, side), float64, row by row from the lowest b up.
    """
    points = lattice(plane, side)
    found = torch.empty(len(points), dtype=torch.float64)
    for start in range(0, len(points), losses.chunk):
        part = slice(start, start + losses.chunk)
        found[part] = losses(plane.places(points[part]))
        yield min(start + losses.chunk, len(points)) / len(points)
    return found.view(side, side)


def _is_dense(run: Run) -> bool:
    """Whether the network is linear maps and fixed activations, one behind the other."""
    return all(
        isinstance(block.layer, Dense | Dropout | None)
        and (block.activation is None or not ACTIVATIONS[block.activation].learned)
        for block in run.blocks
    )


def _activations(run: Run) -> list[nn.Module]:
    """The activation behind every linear map."""
    found = []
    for block in linear_blocks(run.blocks):
        if isinstance(block.layer, Dense):
            found.append(module_of(block.layer.activation, block.layer.formula))
        else:
            found.append(ACTIVATIONS[run.experiment.output_activation].module())
    return found


def _names(replica: Replica, gains: list[str]) -> list[str]:
    """The modules' names of `Engine.learned`, in its order."""
    by_tensor = {id(part): name for name, part in replica.modules.named_parameters()}
    linear = [
        by_tensor[id(part)]
        for one in linear_maps(replica.modules)
        for part in (one.weight, one.bias)
    ]
    return linear + gains
