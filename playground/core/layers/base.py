"""What a layer kind is: its settings, its shape rule, its torch modules, its line of code."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from playground.core.settings import Settings

if TYPE_CHECKING:
    import torch
    from torch import nn

Shape = tuple[int, ...]


class Layer(Settings):
    """One block of the stack.

    A subclass declares its settings as fields, among them a literal `kind`, and answers the
    questions below. Nothing else in the project names a layer kind: palette, widgets, shapes,
    links and contract tests find it in LAYERS.
    """

    icon: ClassVar[str] = ":material/layers:"

    def output_shape(self, shape: Shape) -> Shape:
        """The shape of one point behind the block, from its shape before it.

        Raises:
            PlaygroundError: the block cannot take this shape; says what came and what fits.
        """
        raise NotImplementedError

    def parameter_count(self, shape: Shape) -> int:
        """How many numbers the block learns, for inputs of this shape."""
        return 0

    def build(self, shape: Shape, generator: torch.Generator) -> list[nn.Module]:
        """The torch modules of the block, for inputs of this shape.

        Whatever a module draws at random comes from the run's generator.
        """
        raise NotImplementedError

    def code(self, shape: Shape) -> str:
        """The lines of PyTorch that make the block."""
        raise NotImplementedError
