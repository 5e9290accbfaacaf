"""What a layer kind is: its settings, its shape rule, its torch modules, its line of code."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import field_validator

from playground.core.activations import ACTIVATIONS, typed
from playground.core.activations.typed import SOFTSIGN
from playground.core.formula import MAX_LENGTH
from playground.core.initializers import INITIALIZERS
from playground.core.settings import RATES, Settings, setting

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
    # The settings that a link writes without their names, and that a cell of the stack shows.
    main: ClassVar[tuple[str, ...]] = ()
    drawn: ClassVar[bool] = True  # its values differ from those in front of it: it has pictures

    def output_shape(self, shape: Shape) -> Shape:
        """The shape of one point behind the block, from its shape before it.

        Raises:
            PlaygroundError: the block cannot take this shape; says what came and what fits.
        """
        raise NotImplementedError

    def linear_shape(self, shape: Shape) -> tuple[int, int] | None:
        """(outputs, inputs) of the linear map in the block, the one that its links show."""
        return None

    def sources(self, shape: Shape) -> list[range]:
        """Of a block without a linear map: the inputs from which its links lead to each unit."""
        return [range(unit, unit + 1) for unit in range(self.output_shape(shape)[0])]

    def parameter_count(self, shape: Shape) -> int:
        """How many numbers the block learns, for inputs of this shape."""
        return 0

    def build(self, shape: Shape, generator: torch.Generator) -> list[nn.Module]:
        """The torch modules of the block, for inputs of this shape.

        Whatever a module draws at random comes from the run's generator.
        """
        raise NotImplementedError

    def configure(self, modules: nn.Sequential) -> None:
        """Gives modules that `build` made the settings that may change mid-run."""

    def code(self, shape: Shape) -> str:
        """The lines of PyTorch that make the block."""
        raise NotImplementedError


class Activated(Layer):
    """A block that ends in an activation."""

    activation: str = setting("tanh", live=True, rebuilds=True)
    formula: str = setting(
        SOFTSIGN, live=True, rebuilds=True, max_length=MAX_LENGTH
    )  # of z, if it is typed

    @field_validator("activation")
    @classmethod
    def _known_activation(cls, name: str) -> str:
        if name not in ACTIVATIONS:
            raise ValueError(f"unknown activation {name!r}")
        return name

    @field_validator("formula")
    @classmethod
    def _readable(cls, text: str) -> str:
        typed.read(text)  # says itself what is wrong
        return text

    def parameter_count(self, shape: Shape) -> int:
        return ACTIVATIONS[self.activation].learned


class Freezable(Layer):
    """A block that learns, and may be told not to."""

    frozen: bool = setting(False, live=True)


class Weighted(Activated, Freezable):
    """A block with a linear map: what can be said of its weights apart from the others'."""

    bias: bool = setting(True, live=True, rebuilds=True)
    initialization: str | None = setting(None)
    l1: float | None = setting(None, live=True, steps=RATES, ge=0, le=10)
    l2: float | None = setting(None, live=True, steps=RATES, ge=0, le=10)

    @field_validator("initialization")
    @classmethod
    def _known_initialization(cls, name: str | None) -> str | None:
        if name is not None and name not in INITIALIZERS:
            raise ValueError(f"unknown initialization {name!r}")
        return name

    def linear_shape(self, shape: Shape) -> tuple[int, int]:
        raise NotImplementedError

    def parameter_count(self, shape: Shape) -> int:
        outputs, inputs = self.linear_shape(shape)
        return outputs * (inputs + self.bias) + super().parameter_count(shape)
