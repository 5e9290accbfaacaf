"""Which compiled kernel a network's steps fit, and the numbers that it is given.

One kernel serves every small network of a depth and an optimizer: layers are padded to a common
width, minibatches to a common size, and everything else about the network is an input.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from playground.core.experiment import Experiment
from playground.core.layers import Dense
from playground.core.losses import LossSettings
from playground.core.network import Block, linear_blocks, penalty_rates
from playground.core.optimizers import SGD, Adam, AdamW, Optimizer
from playground.core.shapes import is_tokens

if TYPE_CHECKING:
    from torch import Tensor, nn

WIDTHS = (8, 16, 32)
BATCHES = (10, 32)
MOST_MAPS = 7
LANE = 16  # float32 numbers in the widest vector register
FAR = 1e38  # a bound that bounds nothing

# f(z) = p·σ(q z) + r + u·max(z, 0) + v·z + w·z·σ(q z), as (p, q, r, u, v, w)
ACTIVATION_FORMS: dict[str, tuple[float, float, float, float, float, float]] = {
    "linear": (0, 0, 0, 0, 1, 0),
    "sigmoid": (1, 1, 0, 0, 0, 0),
    "tanh": (2, 2, -1, 0, 0, 0),
    "relu": (0, 0, 0, 1, 0, 0),
    "leaky_relu": (0, 0, 0, 0.99, 0.01, 0),
    "silu": (0, 1, 0, 0, 0, 1),
}


@dataclass(frozen=True)
class Plan:
    """What a kernel is compiled for.

    Attributes:
        maps: linear maps of the network, the head's included.
        width: units that a layer may have, and inputs.
        batch: points that a minibatch may have.
        optimizer: "sgd", "momentum" or "adam", see `step.py`.
        lanes: networks that one step moves.
        loss: "distance" of each output from its target, or "softmax" over the outputs.
    """

    maps: int
    width: int
    batch: int
    optimizer: str
    loss: str

    lanes = 1

    @property
    def columns(self) -> int:
        """Numbers in a row of units: whole vector registers."""
        return max(LANE, self.width)

    @property
    def row(self) -> int:
        """Numbers of one point: its inputs and targets."""
        return self.width + self.columns

    @property
    def name(self) -> str:
        return f"{self.maps}x{self.width}-{self.batch}-{self.optimizer}-{self.loss}"

    @classmethod
    def named(cls, name: str) -> Plan:
        """The plan of that name.

        Raises:
            ValueError: no plan has it.
        """
        size, batch, optimizer, loss = name.split("-")
        maps, width = size.split("x")
        plan = cls(int(maps), int(width), int(batch), optimizer, loss)
        possible = 1 <= plan.maps <= MOST_MAPS and plan.width in WIDTHS and plan.batch in BATCHES
        if not (possible and optimizer in KINDS and loss in ("distance", "softmax")):
            raise ValueError(name)
        return plan

    def program(self) -> nn.Module:
        """The step as a torch program."""
        from playground.core.engine.compiled.step import Step

        return Step(self)

    def tensors(self) -> dict[str, Tensor]:
        """What the program takes, all 0: by name, in order."""
        from playground.core.engine.compiled.step import tensors

        return tensors(self)


KINDS = ("sgd", "momentum", "adam")


def plan_of(experiment: Experiment, blocks: Sequence[Block], points: int) -> Plan | None:
    """The kernel for a network of dense layers with its present settings; None where none fits.

    Args:
        points: training points that there are.
    """
    width, most = _widest(blocks), _longest(experiment, points)
    maps = linear_blocks(blocks)
    if width is None or most is None or len(maps) > MOST_MAPS:
        return None
    forms = [block.activation or "linear" for block in maps]
    optimizer = _kind(experiment.optimizer)
    loss = loss_form(experiment.loss, experiment.loss_settings, maps[-1].units)
    settings = experiment.regularization
    held = settings.sticky_l1 and any(l1 > 0 for l1, _ in penalty_rates(experiment, blocks))
    fits = settings.clip_norm == 0 and not held and all(form in ACTIVATION_FORMS for form in forms)
    if not fits or optimizer is None or loss is None:
        return None
    if experiment.training.precision != "float32" or (loss.logits and forms[-1] != "linear"):
        return None
    return Plan(len(maps), width, most, optimizer, "softmax" if loss.softmax else "distance")


def _widest(blocks: Sequence[Block]) -> int | None:
    """The least width that holds every layer."""
    if len(blocks[0].after) != 1 or is_tokens(blocks[0].after):
        return None
    if any(not isinstance(block.layer, Dense | None) for block in blocks):
        return None
    widest = max(block.units for block in blocks)
    return next((width for width in WIDTHS if width >= widest), None)


def _longest(experiment: Experiment, points: int) -> int | None:
    """The least padded size that holds every minibatch."""
    training = experiment.training
    size = points if experiment.optimizer.full_batch else min(training.batch_size, points)
    longest = 2 * size - 1 if training.last_batch == "carried" else size
    return next((batch for batch in BATCHES if batch >= longest > 0), None)


def _kind(optimizer: Optimizer) -> str | None:
    if isinstance(optimizer, SGD):
        return "momentum" if optimizer.momentum > 0 else "sgd"
    return "adam" if isinstance(optimizer, Adam | AdamW) else None


@dataclass(frozen=True)
class LossForm:
    """A loss as the kernel computes its slope: factor · clamp(steepness · (a − t), low, high).

    Attributes:
        logits: a is the sigmoid of the output, or their softmax, and its own slope counts as 1.
        smoothing: share of certainty that targets give to all classes alike.
    """

    factor: float = 1.0
    steepness: float = 1.0
    low: float = -FAR
    high: float = FAR
    logits: bool = False
    softmax: bool = False
    smoothing: float = 0.0


def loss_form(name: str, settings: LossSettings, units: int) -> LossForm | None:
    """How the kernel computes a loss of so many output units; None where it cannot."""
    steep = 1e30  # makes a sign of every difference
    many = units > 1
    forms = {
        "mse": LossForm(2 / units),
        "half_squared": LossForm(),
        "huber": LossForm(1 / units, 1, -1, 1),
        "mae": LossForm(1 / units, steep, -1, 1),
        "quantile": LossForm(1 / units, steep, -settings.quantile, 1 - settings.quantile),
        "bce": LossForm(logits=True),
        "cross_entropy": LossForm(logits=True, softmax=True),
        "label_smoothing": LossForm(logits=True, softmax=many, smoothing=settings.smoothing),
    }
    return forms.get(name)
