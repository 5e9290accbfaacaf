"""The links between drawn units: weights where a block has them, else what is passed on."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from playground.core.analysis.maps import shown_units, single
from playground.core.network import Block
from playground.core.run import Run
from playground.core.shapes import Shape

CLEAR = 3  # units in front whose links are still drawn in full


class Links:
    """The links of one run's network, laid out from each drawn block to the next: for every unit
    its weights from the shown units in front, row by row, then the biases.

    Attributes:
        shown: of every block the units that are drawn.
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self.shown = [shown_units(block) for block in run.blocks]
        self._fronts = _fronts(run.blocks)
        self._passed = {
            index: passed
            for index, block in enumerate(run.blocks)
            if index and (passed := self._sources(index, block)) is not None
        }

    def _sources(self, index: int, block: Block) -> Tensor | None:
        """Which drawn unit hands its value to which: (units, units in front), 1 or 0; less where
        each sees so many that lines of full strength would hide the network."""
        if not block.drawn or block.linear is not None or block.layer is None:
            return None
        sources = block.layer.sources(block.before)
        before = self.shown[self._fronts[index]]
        joined = [
            [min(1.0, CLEAR / len(sources[own])) * (unit in sources[own]) for unit in before]
            for own in self.shown[index]
        ]
        return torch.tensor(joined, dtype=torch.float64).view(len(joined), len(before))

    def values(self) -> np.ndarray:
        """Weights and biases as they are now, float32."""
        run, parts = self._run, []
        parameters = iter(run.engine.parameters())
        extras: dict[str, Tensor] | None = None
        for index, (block, units) in enumerate(zip(run.blocks[1:], self.shown[1:], strict=True), 1):
            before = self.shown[self._fronts[index]]
            if block.linear is not None:
                weight, bias = next(parameters)
                weight = folded(weight, run.blocks[self._fronts[index]].after)
                parts += [weight[units][:, before].flatten(), bias[units]]
            elif block.drawn:
                extras = run.engine.gains() if extras is None else extras
                passed = self._strengths(index, block, extras)
                parts += [passed.flatten(), torch.zeros(len(units), dtype=passed.dtype)]
        return single(torch.cat([part.to(parts[0].device) for part in parts])).numpy()

    def _strengths(self, index: int, block: Block, extras: dict[str, Tensor]) -> Tensor:
        """Of a block without a linear map."""
        front = f"{index - 1}."
        own = {name[len(front) :]: part for name, part in extras.items() if name.startswith(front)}
        found = block.layer.links(own) if block.layer is not None else None
        if found is None:
            return self._passed[index]
        return found[self.shown[index]][:, self.shown[self._fronts[index]]].double().cpu()

    def cuts(self) -> np.ndarray:
        """Which of the links are cut, laid out as `values`; uint8."""
        parts, number = [], 0
        for index, (block, units) in enumerate(
            zip(self._run.blocks[1:], self.shown[1:], strict=True), 1
        ):
            before = self.shown[self._fronts[index]]
            if block.linear is not None:
                cut = folded(
                    self._run.hands.cuts(number).double(),
                    self._run.blocks[self._fronts[index]].after,
                ).abs()
                chosen = cut[units][:, before].flatten() > 0
                parts += [chosen, torch.zeros(len(units), dtype=torch.bool)]
                number += 1
            elif block.drawn:
                parts.append(torch.zeros(len(units) * (len(before) + 1), dtype=torch.bool))
        return torch.cat(parts).to(torch.uint8).numpy()


def _fronts(blocks: tuple[Block, ...]) -> list[int]:
    """Of every block the last drawn one in front of it."""
    found, front = [0], 0
    for index, block in enumerate(blocks[1:], 1):
        found.append(front)
        if block.drawn:
            front = index
    return found


def folded(weight: Tensor, front: Shape) -> Tensor:
    """A linear map (outputs, inputs) by the units in front of it, where those are channels or
    values of many places that were put in a row: their weights together, on the scale of one.

    Args:
        front: shape of the last drawn block in front.
    """
    inputs = weight.shape[1]
    if len(front) == 3 and front[0] * front[1] * front[2] == inputs:
        return weight.view(len(weight), front[0], -1).sum(2) / (inputs // front[0]) ** 0.5
    if len(front) == 2 and front[0] * front[1] == inputs:
        return weight.view(len(weight), front[0], front[1]).sum(1) / front[0] ** 0.5
    return weight
