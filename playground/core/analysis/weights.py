"""The weight matrices of a run's network, whatever layers they come from.

A dense layer joins by its linear map, which hands can change; all others by what `module_matrices`
finds in their modules: a convolution by its unfolded kernel, attention by its projections, a
recurrent layer by its matrices, an embedding by its table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn

from playground.core.modules.affine import Affine
from playground.core.modules.attention import Attention
from playground.core.modules.embedding import Tables
from playground.core.network import build

if TYPE_CHECKING:
    from playground.core.network import Block
    from playground.core.run import Run


@dataclass(frozen=True, eq=False)
class Matrix:
    """One weight matrix.

    Attributes:
        block: of the run's blocks, the inputs being 0.
        values: (outputs, inputs), the engine's own.
        first: the same at the start of the run.
        part: which matrix of its block, where a block has several.
        number: of the linear map among `Engine.parameters`, for deeds; None where there is none.
        recurrent: whether it is applied again and again, so that its eigenvalues decide what
            stays within bounds.
    """

    block: int
    values: Tensor
    first: Tensor
    part: str = ""
    number: int | None = None
    recurrent: bool = False

    @property
    def key(self) -> str:
        """Its name within a frame."""
        return f"{self.block}_{self.part}" if self.part else str(self.block)


def matrices(run: Run) -> list[Matrix]:
    """Every weight matrix of a run as it is now, in the order of the blocks."""
    return sorted([*_linear(run), *_others(run)], key=lambda matrix: matrix.block)


def _linear(run: Run) -> list[Matrix]:
    places = [i for i, block in enumerate(run.blocks) if block.linear is not None]
    now = [weight for weight, _ in run.engine.parameters()]
    first = [weight for weight, _ in run.hands.first]
    return [
        Matrix(place, weight, start, number=number)
        for number, (place, weight, start) in enumerate(zip(places, now, first, strict=True))
    ]


class _Shell:
    """A network's modules, whose parameters are whatever tensors they are given: no copies."""

    def __init__(self, run: Run) -> None:
        self.blocks: tuple[Block, ...] = run.blocks
        self._modules = build(run.experiment, run.blocks, torch.Generator())

    def matrices(self, values: Mapping[str, Tensor]) -> list[tuple[int, str, Tensor, bool]]:
        """Those of all blocks without a linear map of their own."""
        for name, parameter in self._modules.named_parameters():
            if name in values:
                parameter.data = values[name]
        return [
            (place, part, matrix.detach(), again)
            for place, (block, module) in enumerate(
                zip(self.blocks[1:], self._modules, strict=True), 1
            )
            if block.linear is None
            for part, matrix, again in block_matrices(module)
        ]


_SHELLS: WeakKeyDictionary[Run, _Shell] = WeakKeyDictionary()


def _others(run: Run) -> list[Matrix]:
    if all(block.linear is not None or not block.parameters for block in run.blocks):
        return []
    shell = _SHELLS.get(run)
    if shell is None or shell.blocks is not run.blocks:
        shell = _SHELLS[run] = _Shell(run)
    start = shell.matrices(run.problem.extras)
    now = shell.matrices(run.engine.extras())
    return [
        Matrix(place, values, first.to(values), part, recurrent=again)
        for (place, part, values, again), (*_, first, _) in zip(now, start, strict=True)
    ]


def block_matrices(block: nn.Module) -> list[tuple[str, Tensor, bool]]:
    """The matrices in a block's modules, see `module_matrices`, each named by its place in it."""
    found = list(_walk(block, ()))
    names = [name for name, *_ in found]
    named = []
    for place, (name, matrix, again) in enumerate(found):
        number = names[: place + 1].count(name)
        named.append((f"{name}_{number}" if names.count(name) > 1 else name, matrix, again))
    return named


# Parts that say nothing of their own in a name
_SILENT = {"attention", "cell", "feed", "tables"}


def _walk(module: nn.Module, path: tuple[str, ...]) -> list[tuple[str, Tensor, bool]]:
    own = module_matrices(module)
    if own:
        return [
            ("_".join((*path, *((part.replace("_l0", ""),) if part else ()))), matrix, again)
            for part, matrix, again in own
        ]
    several = hasattr(module, "cross") and hasattr(module, "own")
    found = []
    for name, child in module.named_children():
        silent = name.isdigit() or name in _SILENT or (name in ("own", "cross") and not several)
        alone = name == "inner" and not hasattr(module, "past")
        step = () if silent or alone else ("self" if name == "own" else name,)
        found += _walk(child, (*path, *step))
    return found


def module_matrices(module: nn.Module) -> list[tuple[str, Tensor, bool]]:
    """The matrices of one torch module.

    A convolution's kernel is unfolded to (outputs, inputs · kernel), by which it maps each patch;
    attention gives its projections of queries, keys and values and the one of the output; a
    recurrent layer what it makes of the input and of its own state, gates one below the other.

    Returns:
        (part, (outputs, inputs), whether it is applied again and again) of each; none for
        modules without weights.
    """
    if isinstance(module, nn.Linear | Affine):
        return [("", module.weight, False)]
    if isinstance(module, nn.Conv1d | nn.Conv2d | nn.Conv3d):
        return [("", module.weight.flatten(1), False)]
    if isinstance(module, Attention):
        parts = [*module.projections.weight.chunk(3), module.out.weight]
        return [(name, part, False) for name, part in zip(_MAPS, parts, strict=True)]
    if isinstance(module, nn.MultiheadAttention):
        if module.in_proj_weight is None:  # keys or values of another width
            parts = [module.q_proj_weight, module.k_proj_weight, module.v_proj_weight]
        else:
            parts = list(module.in_proj_weight.chunk(3))
        parts = [*parts, module.out_proj.weight]
        return [(name, part, False) for name, part in zip(_MAPS, parts, strict=True)]
    if isinstance(module, nn.RNNBase):
        return [
            (name.removeprefix("weight_"), part, name.startswith("weight_hh"))
            for name, part in module.named_parameters()
            if name.startswith("weight_")
        ]
    if isinstance(module, Tables):
        return [("table", table, False) for table in module.tables]
    return []


_MAPS = ("q", "k", "v", "out")
