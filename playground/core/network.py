"""From an Experiment to the network it describes: blocks, shapes, parameters, torch modules.

What a visitor stacks becomes what a machine builds: the head that the task needs is added at
the end. Shapes come from the layers' own rules, so `describe` needs no torch.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from playground.core.activations import ACTIVATIONS
from playground.core.data.features import input_labels
from playground.core.data.model import Schema
from playground.core.errors import Notice, PlaygroundError
from playground.core.experiment import Experiment
from playground.core.initializers import INITIALIZERS
from playground.core.layers import Layer, Shape
from playground.core.losses import fits
from playground.core.random import Stream

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

MAX_PARAMETERS = 2_000_000


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
        labels: names of the inputs, for the input block.
        problem: why the block cannot be built; the blocks behind it are then left out.
    """

    kind: str
    layer: Layer | None
    activation: str | None
    linear: tuple[int, int] | None
    before: Shape
    after: Shape
    parameters: int = 0
    labels: tuple[str, ...] = ()
    problem: Notice | None = None

    @property
    def drawn(self) -> bool:
        """Whether its values have pictures of their own."""
        return self.layer is None or self.layer.drawn

    @property
    def units(self) -> int:
        return self.after[-1] if self.after else 0


def output_units(schema: Schema) -> int:
    """Units of the head: one per class from three classes on, else one."""
    return len(schema.class_names) if schema.task == "multiclass" else 1


def describe(experiment: Experiment, schema: Schema) -> tuple[Block, ...]:
    """The network's blocks, from the inputs to the head. Never raises for a stack that does not
    fit: the block that does not carries the problem, and the head stands behind it all the same.
    """
    labels = input_labels(experiment.inputs, schema)
    shape: Shape = (len(labels),)
    blocks = [Block("input", None, None, None, shape, shape, labels=labels)]
    for layer in experiment.layers:
        activation = getattr(layer, "activation", None)
        kind = type(layer).model_fields["kind"].default
        try:
            after = layer.output_shape(shape)
        except PlaygroundError as error:
            problem = error.notice()
            blocks.append(Block(kind, layer, activation, None, shape, shape, problem=problem))
            break
        count = layer.parameter_count(shape)
        linear = layer.linear_shape(shape)
        blocks.append(Block(kind, layer, activation, linear, shape, after, count))
        shape = after
    units = output_units(schema)
    count = (shape[0] + 1) * units
    linear = (units, shape[0])
    blocks.append(Block("head", None, experiment.output_activation, linear, shape, (units,), count))
    return tuple(blocks)


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


def penalty_rates(experiment: Experiment, blocks: Sequence[Block]) -> list[tuple[float, float]]:
    """(L1, L2) of every linear map: the block's own, where it has one, else the network's.

    Args:
        experiment: the present settings; those of `blocks` may be older.
    """
    settings = experiment.regularization
    rates = []
    for index, block in enumerate(blocks):
        if block.linear is None:
            continue
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
            head = nn.Linear(block.before[0], block.after[0])
            modules = [head, ACTIVATIONS[experiment.output_activation].module()]
        sequences.append(nn.Sequential(*modules))
    return nn.ModuleList(sequences)


HeadReason = Literal["head_binary", "head_multiclass", "head_regression"]


def head_reason(schema: Schema) -> HeadReason:
    """Why the head is what it is, as a key of the language catalogs."""
    return f"head_{schema.task}"  # type: ignore[return-value]
