"""What each block costs: numbers to learn, work, time forward and backward, memory.

Measured on the run's own network with a minibatch of its own points, block by block, where the run
computes. A dense engine computes all blocks in one list of calls: there the times say how the
work is shared, not how long the engine takes.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Mapping
from dataclasses import asdict
from statistics import median
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from playground.core import memory
from playground.core.analysis.study import Steps, Study
from playground.core.layers.base import EVERY_KIND

REPEATS = 9
PATIENCE = 0.4  # s that one block may be measured, if three repeats fit


class CostsView(Study):
    """See the module; the times of `REPEATS` passes are their median."""

    name: ClassVar[str] = "costs"
    kinds = frozenset(EVERY_KIND)

    def steps(self, options: Mapping[str, Any]) -> Steps:
        run = self.run
        place = run.device.torch()
        replica = self.frozen()
        modules = replica.modules.to(place).train()
        # Not a view: of what is kept, whole storages are counted.
        inputs = replica.examples()[0][: run.batches.size].to(place).clone()
        kept = memory.kept_by(modules, inputs)
        yield 0.02
        rows: list[dict[str, Any]] = []
        values = inputs
        for index, (block, module) in enumerate(zip(run.blocks[1:], modules, strict=True), 1):
            forward, backward = yield from _times(
                module, values, place, first=index == 1, done=(index - 1) / len(modules)
            )
            rows.append(
                {
                    "block": index,
                    "parameters": block.parameters,
                    "flops": block.flops,
                    "forward": forward,
                    "backward": backward,
                    "kept": kept[index - 1],
                }
            )
            with torch.no_grad():
                values = module(values).detach()
        each = sum(kept) // max(len(inputs), 1)
        needs = memory.of_network(run.experiment, run.schema, run.blocks, each)
        return {
            "batch": len(inputs),
            "engine": run.engine.name,
            "device": run.device.kind,
            "rows": rows,
            "needs": {**asdict(needs), "total": needs.total},
        }, {}


def _times(
    module: nn.Module, values: Tensor, place: torch.device, *, first: bool, done: float
) -> Generator[float, None, tuple[float, float]]:
    """Seconds of one block forward and backward.

    Args:
        values: what comes in.
        first: nobody asks for the gradient of what comes into the first block.
        done: how far the whole is.
    """
    clock = _clock(place)
    inputs = values.detach()
    inputs.requires_grad_(inputs.is_floating_point() and not first)
    wanted = [part for part in (inputs, *module.parameters()) if part.requires_grad]
    found: list[tuple[float, float]] = []
    begin = clock()
    # Once more than counted: the first pass of all is slower.
    for repeat in range(REPEATS + 1):
        with torch.inference_mode(False), torch.enable_grad():
            start = clock()
            output = module(inputs)
            middle = clock()
            if wanted and output.requires_grad:
                torch.autograd.grad(output, wanted, torch.ones_like(output), allow_unused=True)
            found.append((middle - start, clock() - middle))
        yield done
        if repeat >= 3 and clock() - begin > PATIENCE:
            break
    forward, backward = zip(*found[1:], strict=True)
    return median(forward), median(backward)


def _clock(place: torch.device) -> Callable[[], float]:
    """Seconds that this thread computed; on a GPU those until it has done what it was told."""
    if place.type == "cpu":
        return time.thread_time

    def waited() -> float:
        torch.cuda.synchronize(place)
        return time.perf_counter()

    return waited
