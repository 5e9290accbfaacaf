"""How much memory an experiment needs, before anything of it is made.

What a block keeps of its inputs until gradients are computed is no business of its settings: one
point goes through the blocks, and what autograd keeps is counted.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from playground.core.answers import measured
from playground.core.data import schema_of
from playground.core.errors import PlaygroundError
from playground.core.network import Block, build, checked, flops, parameter_count
from playground.core.shapes import is_tokens, size_of

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

    from playground.core.data.brought import Brought
    from playground.core.data.model import Schema
    from playground.core.experiment import Experiment

SMALL = 2**20  # numbers of a minibatch; below it no point is sent through
LARGE = 2**26  # numbers behind the blocks of one point; beyond it none is sent through either
COPIES = 4  # of the points: as made, as the network reads them, of the epoch, of the measured ones


@dataclass(frozen=True)
class Needs:
    """Bytes that a run needs at its peak, by what they are for.

    Attributes:
        parameters: weights, their gradients, the last good ones.
        optimizer: what the optimizer remembers, and the last good of it.
        activations: what is kept of a minibatch until its gradients are computed.
        measuring: values behind all blocks of the points that are measured.
        data: the points.
    """

    parameters: int
    optimizer: int
    activations: int
    measuring: int
    data: int

    @property
    def total(self) -> int:
        return sum(getattr(self, one.name) for one in fields(self))


def needs(experiment: Experiment, own: Brought | None = None) -> Needs:
    """What a run of the experiment will need.

    Args:
        own: what the visitor brought, for data sets that are made of it.

    Raises:
        PlaygroundError: as `Run` does.
    """
    schema = schema_of(experiment.data, own)
    blocks = checked(experiment, schema)
    return of_network(experiment, schema, blocks)


def of_network(
    experiment: Experiment, schema: Schema, blocks: tuple[Block, ...], kept: int | None = None
) -> Needs:
    """The same of blocks that are known.

    Args:
        kept: bytes that autograd keeps of one point, where that was counted.
    """
    each = 8 if experiment.training.precision == "float64" else 4
    count = parameter_count(blocks)
    rows = [schema.samples * share // 100 for share in _shares(experiment)]
    whole = experiment.optimizer.full_batch
    batch = rows[0] if whole else min(experiment.training.batch_size, rows[0])
    sizes = [size_of(block.after) for block in blocks]
    if kept is None:
        kept = _kept(experiment, blocks, batch) * each // 4
    cost = 0 if schema.kind == "points" else flops(blocks)
    seen = sum(measured(part, cost) for part in rows)
    return Needs(
        # The first ones are drawn in float64.
        parameters=count * (3 * each + 8),
        optimizer=2 * experiment.optimizer.remembers * count * each,
        # Behind the loss its gradients go back, from block to block.
        activations=batch * (kept + 2 * max(sizes) * each),
        measuring=seen * sum(sizes) * each,
        data=schema.samples * sizes[0] * (8 if is_tokens(blocks[0].after) else each) * COPIES,
    )


def together(
    experiment: Experiment, count: int, own: Brought | None = None, *, same_points: bool = True
) -> Needs:
    """What a population of so many networks like the experiment's will need.

    Args:
        same_points: all learn from the same points; else each brings its own.

    Raises:
        PlaygroundError: as `Population` does.
    """
    schema = schema_of(experiment.data, own)
    blocks = checked(experiment, schema)
    one = of_network(experiment, schema, blocks)
    each = 8 if experiment.training.precision == "float64" else 4
    numbers = count * parameter_count(blocks)
    epoch = schema.samples * _shares(experiment)[0] // 100
    width = size_of(blocks[0].after) + size_of(blocks[-1].after)
    return Needs(
        # Beside what a run has: who owns each number, which are weights, which are alive, where
        # they lie in the order of a single engine
        parameters=numbers * (3 * each + 8 + 3 * each + 3 * 8),
        optimizer=count * one.optimizer,
        activations=count * one.activations,
        # Answers of all; on the way to them there are a few networks' values at a time.
        measuring=one.measuring + count * schema.samples * size_of(blocks[-1].after) * each,
        data=(1 if same_points else count) * one.data + count * epoch * (width * each + 8),
    )


class Allowance:
    """How much may still be taken in this process. Whoever has room for a number of runs alone says
    so; who makes further networks beside a run asks first.

    Attributes:
        free: bytes.
    """

    def __init__(self) -> None:
        self.free: Callable[[], float] = lambda: math.inf

    def ask(self, experiment: Experiment, count: int, own: Brought | None = None) -> None:
        """To be called before so many networks like the experiment's are made for a while.

        Raises:
            PlaygroundError: they need more than there is, or what `Population` raises.
        """
        free = self.free()
        if free < math.inf:
            one = count == 1
            size = (needs(experiment, own) if one else together(experiment, count, own)).total
            if size > free:
                raise too_much(size, free, several=not one)


ALLOWANCE = Allowance()


def too_much(size: float, free: float, *, several: bool) -> PlaygroundError:
    """What is said where one network, or several together, need more bytes than there are."""
    code = "networks_too_much_memory" if several else "too_much_memory"
    return PlaygroundError(code, needed=written(size), allowed=written(free))


def _kept(experiment: Experiment, blocks: tuple[Block, ...], batch: int) -> int:
    """Bytes that autograd keeps of one point in float32; roughly, where a minibatch is small."""
    values = sum(size_of(block.after) for block in blocks)
    if values < LARGE and 2 * batch * values > SMALL:
        return kept_of_one(experiment, blocks)
    return 2 * 4 * values  # in front of an activation and behind it


def _shares(experiment: Experiment) -> tuple[int, int]:
    """Percent of the points to train on and to test on."""
    train = experiment.data.train_percent
    return train, 100 - train


def kept_of_one(experiment: Experiment, blocks: tuple[Block, ...]) -> int:
    """Bytes that autograd keeps of one point in float32 until gradients are computed."""
    import torch

    modules = build(experiment, blocks, torch.Generator()).train()
    shape = blocks[0].after
    kind = torch.int64 if is_tokens(shape) else torch.float32
    # Two points: a batch normalisation refuses one.
    return sum(kept_by(modules, torch.zeros((2, *shape), dtype=kind))) // 2


def kept_by(modules: nn.ModuleList, values: Tensor) -> list[int]:
    """Bytes that autograd keeps of each block for the way back; its parameters are not counted.

    Args:
        modules: one for each block.
        values: what comes in, (points, *shape).
    """
    import torch

    parameters = {part.untyped_storage().data_ptr() for part in modules.parameters()}
    known: set[int] = set(parameters)
    alive: list[Tensor] = []  # an address that is free again would be taken for a known one
    found = []
    for block in modules:
        bytes_here = 0

        def keep(tensor: torch.Tensor) -> torch.Tensor:
            nonlocal bytes_here
            storage = tensor.untyped_storage()
            if storage.data_ptr() not in known:
                known.add(storage.data_ptr())
                alive.append(tensor)
                bytes_here += storage.nbytes()
            return tensor

        with (
            torch.inference_mode(False),
            torch.enable_grad(),
            torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor),
        ):
            values = block(values)
        found.append(bytes_here)
    return found


def written(size: float) -> str:
    """Bytes as people write them: "2.3 GB", "40 MB"."""
    if size >= 0.95 * 2**30:
        return f"{size / 2**30:.1f} GB"
    return f"{max(size / 2**20, 0.1):.{0 if size >= 10 * 2**20 else 1}f} MB"
