"""The weight matrices of a run's network, whatever layers they come from.

Each kind of layer joins by one reader in READERS: a dense layer by its linear map, a convolution
by its unfolded kernel, attention by its projections, a recurrent layer by its matrices.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from torch import Tensor

if TYPE_CHECKING:
    from torch import nn

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


def _linear(run: Run) -> list[Matrix]:
    places = [i for i, block in enumerate(run.blocks) if block.linear is not None]
    now = [weight for weight, _ in run.engine.parameters()]
    first = [weight for weight, _ in run.hands.first]
    return [
        Matrix(place, weight, start, number=number)
        for number, (place, weight, start) in enumerate(zip(places, now, first, strict=True))
    ]


READERS: tuple[Callable[[Run], list[Matrix]], ...] = (_linear,)


def module_matrices(module: nn.Module) -> list[tuple[str, Tensor, bool]]:
    """The matrices of one torch module, for the readers of kinds that have several.

    A convolution's kernel is unfolded to (outputs, inputs · kernel), by which it maps each patch;
    attention gives its projections of queries, keys and values and the one of the output; a
    recurrent layer what it makes of the input and of its own state, gates one below the other.

    Returns:
        (part, (outputs, inputs), whether it is applied again and again) of each; none for
        modules without weights.
    """
    from torch import nn

    if isinstance(module, nn.Linear):
        return [("", module.weight, False)]
    if isinstance(module, nn.Conv1d | nn.Conv2d | nn.Conv3d):
        return [("", module.weight.flatten(1), False)]
    if isinstance(module, nn.MultiheadAttention):
        if module.in_proj_weight is None:  # keys or values of another width
            parts = [module.q_proj_weight, module.k_proj_weight, module.v_proj_weight]
        else:
            parts = list(module.in_proj_weight.chunk(3))
        found = [(name, part, False) for name, part in zip("qkv", parts, strict=True)]
        return [*found, ("out", module.out_proj.weight, False)]
    if isinstance(module, nn.RNNBase):
        return [
            (name.removeprefix("weight_"), part, name.startswith("weight_hh"))
            for name, part in module.named_parameters()
            if name.startswith("weight_")
        ]
    return []


def matrices(run: Run) -> list[Matrix]:
    """Every weight matrix of a run as it is now, in the order of the blocks."""
    found = [matrix for reader in READERS for matrix in reader(run)]
    return sorted(found, key=lambda matrix: matrix.block)
