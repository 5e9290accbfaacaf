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


def matrices(run: Run) -> list[Matrix]:
    """Every weight matrix of a run as it is now, in the order of the blocks."""
    found = [matrix for reader in READERS for matrix in reader(run)]
    return sorted(found, key=lambda matrix: matrix.block)
