"""From an Experiment to the network it describes: blocks, shapes, parameters, torch modules.

What a visitor stacks becomes what a machine builds: the head that the task needs is added at
the end. Shapes come from the layers' own rules, so `describe` needs no torch.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from playground.core.activations import ACTIVATIONS
from playground.core.data.features import input_labels
from playground.core.data.model import Schema
from playground.core.errors import Notice, PlaygroundError
from playground.core.experiment import Experiment
from playground.core.initializers import INITIALIZERS
from playground.core.layers import Dense, Dropout, Layer
from playground.core.layers.base import units_of
from playground.core.losses import fits
from playground.core.random import Stream
from playground.core.shapes import (
    Shape,
    ShapeError,
    Tokens,
    need_row,
    need_values,
    with_width,
    written,
)

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

MAX_PARAMETERS = 2_000_000
_MARK = "is_linear_map"  # at the modules that are the linear map of their block


@dataclass(frozen=True)
class Block:
    """One column of the network: the inputs, a block of the stack, or the head.

    Attributes:
        kind: "input", "head", or the layer's kind.
        layer: the settings of a stacked block; None for inputs and head.
        activation: name of the activation that the block ends in, else None.
        linear: (outputs, inputs) of its linear map, the one that is drawn; None where it has none.
        before, after: shape of one point in front of the block and behind it.
        parameters: how many numbers the block learns.
        flops: additions and multiplications for one point on its way forward.
        labels: names of the inputs, for the input block.
        problem: why the block cannot be built; the blocks behind it are then left out.
        mends: kinds of blocks that would mend the problem, put in front of it.
        ahead: settings that keep its places from seeing what comes after them, where that is what
            the network is to guess; else None.
    """

    kind: str
    layer: Layer | None
    activation: str | None
    linear: tuple[int, int] | None
    before: Shape
    after: Shape
    parameters: int = 0
    flops: int = 0
    labels: tuple[str, ...] = ()
    problem: Notice | None = None
    mends: tuple[str, ...] = ()
    ahead: dict[str, Any] | None = None

    @property
    def drawn(self) -> bool:
        """Whether its values have pictures of their own."""
        return self.layer is None or self.layer.drawn

    @property
    def units(self) -> int:
        """Channels of a picture, else the numbers of the last axis."""
        return units_of(self.after)


def output_units(schema: Schema) -> int:
    """Units of the head: one per class from three classes on, else one for each number."""
    return len(schema.class_names) if schema.task == "multiclass" else schema.outputs


def describe(experiment: Experiment, schema: Schema) -> tuple[Block, ...]:
    """The network's blocks, from the inputs to the head. Never raises for a stack that does not
    fit: the block that does not carries the problem, and the head stands behind it all the same.
    """
    labels = input_labels(experiment.inputs, schema) if schema.kind == "points" else ()
    shape: Shape = schema.shape or (len(labels),)
    blocks = [Block("input", None, None, None, shape, shape, labels=labels)]
    for layer in experiment.layers:
        activation = getattr(layer, "activation", None)
        kind = type(layer).model_fields["kind"].default
        try:
            after = layer.output_shape(shape)
        except PlaygroundError as error:
            bad = {"problem": error.notice(), "mends": getattr(error, "mends", ())}
            blocks.append(Block(kind, layer, activation, None, shape, shape, **bad))
            break
        count, cost = layer.parameter_count(shape), layer.flops(shape)
        linear = layer.linear_shape(shape)
        ahead = layer.ahead(shape) if schema.follows else None
        found = Block(kind, layer, activation, linear, shape, after, count, cost, ahead=ahead)
        blocks.append(found)
        shape = after
    known = any(block.problem for block in blocks)
    return (*blocks, _head(experiment, schema, shape, known))


def _head(experiment: Experiment, schema: Schema, shape: Shape, known: bool) -> Block:
    """The linear map that the task needs, on the last axis.

    Args:
        known: a block in front has a problem already: the shape says nothing.
    """
    units = output_units(schema)
    problem: dict[str, Any] = {}
    try:
        if schema.steps:
            need_values(shape)
            if len(shape) != 2 or shape[0] != schema.steps:
                came = written(shape)
                raise ShapeError("shape_needs_places", steps=schema.steps, came=came)
        else:
            need_row(shape)
    except PlaygroundError as error:
        if not known:
            problem = {"problem": error.notice(), "mends": getattr(error, "mends", ())}
    activation, width = experiment.output_activation, shape[-1]
    after = with_width(shape, units) if schema.steps else (units,)
    cost = 2 * width * units * (shape[0] if len(shape) == 2 else 1)
    head = ("head", None, activation, (units, width), shape, after, (width + 1) * units, cost)
    return Block(*head, **problem)


def checked(experiment: Experiment, schema: Schema) -> tuple[Block, ...]:
    """The blocks of a network that can be built and trained.

    Raises:
        PlaygroundError: a block does not fit, the network is too large, or the loss does not
            fit the task.
    """
    blocks = describe(experiment, schema)
    for block in blocks:
        if block.problem is not None:
            raise PlaygroundError(block.problem.code, **block.problem.params)
    total = parameter_count(blocks)
    if total > MAX_PARAMETERS:
        raise PlaygroundError("network_too_large", parameters=total, limit=MAX_PARAMETERS)
    if fits(experiment.loss, schema.task, experiment.output_activation) is not None:
        raise PlaygroundError("loss_does_not_fit", loss=experiment.loss, task=schema.task)
    return blocks


def flops(blocks: tuple[Block, ...]) -> int:
    """Additions and multiplications for one point through the whole network."""
    return sum(block.flops for block in blocks)


def parameter_count(blocks: tuple[Block, ...]) -> int:
    """How many numbers the whole network learns."""
    return sum(block.parameters for block in blocks)


def linear_blocks(blocks: Sequence[Block]) -> list[Block]:
    """The blocks that hold a linear map, in order: the engine's parameters are theirs."""
    return [block for block in blocks if block.linear is not None]


def penalty(
    weights: Iterable[Tensor], rates: Iterable[tuple[float, float]], *, l1: bool = True
) -> Tensor | float:
    """L1 · Σ|w| + L2 / 2 · Σw² over weight matrices; 0.0 where no rate is above 0.

    Args:
        weights: of the linear maps, in order.
        rates: of L1 and L2 for each, see `penalty_rates`.
        l1: with its share; TensorFlow Playground's L1 is no part of the loss.
    """
    total: Tensor | float = 0.0
    for weight, (first, second) in zip(weights, rates, strict=True):
        if l1 and first > 0:
            # Not weight.abs(): its second derivative, a zero that torch works out on its meta
            # device, would load seconds of code at first use.
            total = total + first * (weight * weight.detach().sign()).sum()
        if second > 0:
            total = total + 0.5 * second * weight.square().sum()
    return total


def penalty_rates(
    experiment: Experiment, blocks: Sequence[Block], places: Sequence[int] | None = None
) -> list[tuple[float, float]]:
    """(L1, L2) of weights: their block's own, where it has them, else the network's.

    Args:
        experiment: the present settings; those of `blocks` may be older.
        places: of the blocks that the weights are from; None for every linear map's.
    """
    settings = experiment.regularization
    rates = []
    if places is None:
        places = [index for index, block in enumerate(blocks) if block.linear is not None]
    for index in places:
        block = blocks[index]
        layer = experiment.layers[index - 1] if block.layer is not None else None
        l1, l2 = getattr(layer, "l1", None), getattr(layer, "l2", None)
        rates.append((settings.l1 if l1 is None else l1, settings.l2 if l2 is None else l2))
    return rates


def first_parameters(
    experiment: Experiment, blocks: tuple[Block, ...], source: torch.Generator | Stream
) -> list[tuple[Tensor, Tensor]]:
    """The first weights (outputs, inputs) and biases (outputs,) of every linear map, float64.

    Args:
        experiment: names the initializer.
        blocks: the network.
        source: the run's generator for weights; or, for a replay of TensorFlow Playground, its
            one stream, drawn from unit by unit, input by input.
    """
    import torch

    found = []
    for block in linear_blocks(blocks):
        assert block.linear is not None
        outputs, inputs = block.linear
        own = getattr(block.layer, "initialization", None)
        fill = INITIALIZERS[own or experiment.initialization].fill
        weight = torch.empty(outputs, inputs, dtype=torch.float64)
        bias = torch.empty(outputs, dtype=torch.float64)
        if isinstance(source, Stream):
            drawn = [source.random() - 0.5 for _ in range(outputs * inputs)]
            weight.copy_(torch.tensor(drawn, dtype=torch.float64).view(outputs, inputs))
            bias.fill_(0.1)
        else:
            fill(weight, bias, source)
        if not getattr(block.layer, "bias", True):
            bias.zero_()
        found.append((weight, bias))
    return found


def penalised(modules: nn.ModuleList) -> list[tuple[int, nn.Parameter]]:
    """What penalties act on: the weights of linear maps, and all others that are no vectors.

    Args:
        modules: as `build` makes them.

    Returns:
        (place of the block among `blocks`, the weight) of each.
    """
    return [
        (place, part)
        for place, module in enumerate(modules, 1)
        for part in module.parameters()
        if part.ndim > 1
    ]


def linear_maps(modules: nn.Module) -> list[nn.Linear]:
    """The linear maps that blocks are made of, in order, as `build` marked them.

    Those inside attention and the like are not among them.
    """
    return [part for part in modules.modules() if getattr(part, _MARK, False)]  # type: ignore[misc]


def first_extras(
    experiment: Experiment, blocks: tuple[Block, ...], generator: torch.Generator
) -> dict[str, Tensor]:
    """The first values of what the network holds beside its linear maps, float64, by their names
    among `build`'s modules.

    Args:
        generator: the run's, for weights; drawn from behind `first_parameters`.
    """
    if not any(_holds_more(block) for block in blocks):
        return {}
    import torch

    modules = build(experiment, blocks, torch.Generator()).double()
    with torch.no_grad():
        for block, module in zip(blocks[1:], modules, strict=True):
            if block.layer is not None:
                own = getattr(block.layer, "initialization", None)
                rule = INITIALIZERS[own or experiment.initialization]
                block.layer.begin(module, rule, generator)  # type: ignore[arg-type]
    known = {id(part) for linear in linear_maps(modules) for part in linear.parameters()}
    named = {**dict(modules.named_parameters()), **dict(modules.named_buffers())}
    return {name: part.detach() for name, part in named.items() if id(part) not in known}


def _holds_more(block: Block) -> bool:
    """Whether a block may hold anything beside a linear map."""
    learned = block.activation is not None and ACTIVATIONS[block.activation].learned > 0
    return learned or not isinstance(block.layer, Dense | Dropout | None)


def build(
    experiment: Experiment, blocks: tuple[Block, ...], generator: torch.Generator
) -> nn.ModuleList:
    """The network as torch modules, one sequence for every block but the input.

    Args:
        generator: the run's stream for modules that draw at random, such as dropout.
    """
    from torch import nn

    sequences = []
    for block in blocks[1:]:
        if block.layer is not None:
            modules = block.layer.build(block.before, generator)
        else:
            head = nn.Linear(block.before[-1], block.after[-1])
            modules = [head, ACTIVATIONS[experiment.output_activation].module()]
        sequence = nn.Sequential(*modules)
        if block.linear is not None:
            setattr(next(m for m in sequence.modules() if isinstance(m, nn.Linear)), _MARK, True)
        sequences.append(sequence)
    made = nn.ModuleList(sequences)
    _tell_padding(made, blocks[0].after)
    return made


def _tell_padding(modules: nn.ModuleList, shape: Shape) -> None:
    """Lets the attentions know which places of what comes in are padding."""
    if not isinstance(shape, Tokens) or shape.padding is None:
        return
    from playground.core.modules.padding import Padding

    padding = Padding(shape.padding)
    for module in modules.modules():
        if hasattr(module, "padded"):
            module.padded = padding  # type: ignore[assignment]


HeadReason = Literal["head_binary", "head_multiclass", "head_regression"]


def head_reason(schema: Schema) -> HeadReason:
    """Why the head is what it is, as a key of the language catalogs."""
    return f"head_{schema.task}"  # type: ignore[return-value]
