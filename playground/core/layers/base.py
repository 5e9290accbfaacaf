"""What a layer kind is: its settings, its shape rule, its torch modules, its line of code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import field_validator

from playground.core.activations import ACTIVATIONS, typed
from playground.core.activations.typed import SOFTSIGN
from playground.core.formula import MAX_LENGTH
from playground.core.initializers import INITIALIZERS
from playground.core.settings import RATES, Settings, setting
from playground.core.shapes import Shape, size_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    import torch
    from torch import Tensor, nn

    from playground.core.initializers import Initializer

Family = Literal["basic", "convolution", "shape", "tokens", "recurrent", "attention", "regular"]
EVERY_KIND = ("points", "pictures", "sequences", "ratings")


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
    kinds: ClassVar[tuple[str, ...]] = EVERY_KIND  # of data for which it is offered
    mixes: ClassVar[bool] = True  # its products may be taken in bfloat16
    reads: ClassVar[bool] = False  # needs data of which a part is read and a part written
    family: ClassVar[Family] = "basic"  # where the palette shows it

    def output_shape(self, shape: Shape) -> Shape:
        """The shape of one point behind the block, from its shape before it.

        Raises:
            ShapeError: the block cannot take this shape; says what came, what fits, and which
                block would mend it.
        """
        raise NotImplementedError

    def linear_shape(self, shape: Shape) -> tuple[int, int] | None:
        """(outputs, inputs) of the linear map in the block, the one that its links show."""
        return None

    def sources(self, shape: Shape) -> list[range]:
        """Of a block without a linear map: the inputs from which its links lead to each unit.

        Units are numbers in a row, channels of a picture, values of each place of a sequence.
        """
        return [range(unit, unit + 1) for unit in range(units_of(self.output_shape(shape)))]

    def links(self, own: Mapping[str, Tensor]) -> Tensor | None:
        """Of a block without a linear map: how strong each unit's link is to each unit in front.

        Args:
            own: its parameters by their names within the block.

        Returns:
            (units, units in front); None where `sources` say enough.
        """
        return None

    def parameter_count(self, shape: Shape) -> int:
        """How many numbers the block learns, for inputs of this shape."""
        return 0

    def flops(self, shape: Shape) -> int:
        """Additions and multiplications for one point on its way forward, for inputs of this shape:
        two for every weight that is used. Without a linear map, one for every value."""
        linear = self.linear_shape(shape)
        if linear is None:
            return size_of(self.output_shape(shape))
        return 2 * linear[0] * linear[1] * (shape[0] if len(shape) == 2 else 1)

    def build(self, shape: Shape, generator: torch.Generator) -> list[nn.Module]:
        """The torch modules of the block, for inputs of this shape.

        Whatever a module draws at random while training comes from the run's generator. First
        weights are no business of theirs: see `begin` and `modules.bare`.
        """
        raise NotImplementedError

    def begin(self, modules: nn.Sequential, rule: Initializer, generator: torch.Generator) -> None:
        """Draws the first values of whatever `build` made beside the block's linear map.

        Args:
            modules: in float64, without gradients.
            rule: of the first weights.
            generator: the run's, for weights.
        """

    def ahead(self, shape: Shape) -> dict[str, Any] | None:
        """Of a block whose places see what comes after them: the settings that keep them from it.

        None where no place does, as in what is written of a sequence that is read and written; of
        blocks that change the number of places it says nothing.
        """
        return None

    def suggested(self, shape: Shape, steps: int) -> dict[str, Any]:
        """Settings with which the palette adds the block where its defaults would not do.

        Args:
            shape: what will come in.
            steps: places at which the data ask for an answer; 0 for one answer.
        """
        return {}

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


class Drawn(Freezable):
    """A block whose weights are drawn at the start: what can be said of them apart from the other
    blocks'.
    """

    initialization: str | None = setting(None)
    l1: float | None = setting(None, live=True, steps=RATES, ge=0, le=10)
    l2: float | None = setting(None, live=True, steps=RATES, ge=0, le=10)

    @field_validator("initialization")
    @classmethod
    def _known_initialization(cls, name: str | None) -> str | None:
        if name is not None and name not in INITIALIZERS:
            raise ValueError(f"unknown initialization {name!r}")
        return name


class Weighted(Activated, Drawn):
    """A block with weights, perhaps a bias, and an activation behind them."""

    bias: bool = setting(True, live=True, rebuilds=True)


class LinearMap(Weighted):
    """A block whose weights are one linear map, acting on the last axis."""

    def linear_shape(self, shape: Shape) -> tuple[int, int]:
        raise NotImplementedError

    def parameter_count(self, shape: Shape) -> int:
        outputs, inputs = self.linear_shape(shape)
        return outputs * (inputs + self.bias) + super().parameter_count(shape)


def units_of(shape: Shape) -> int:
    """Units of a block: channels of a picture, else the numbers of the last axis."""
    return shape[0] if len(shape) == 3 else shape[-1] if shape else 0
