"""Which compiled kernel a network's steps fit, and the numbers that it is given.

One kernel serves every small network of a depth and an optimizer: layers are padded to a common
width, minibatches to a common size, and everything else about the network is an input. A kernel
takes one network, or sixteen side by side, each in its lane of every vector register.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from playground.core.engine.compiled.rules import RULES, rule_of
from playground.core.experiment import Experiment
from playground.core.layers import Dense
from playground.core.losses import LossSettings
from playground.core.network import Block, linear_blocks, penalty_rates
from playground.core.shapes import is_tokens

if TYPE_CHECKING:
    from torch import nn

LANES = 16  # networks side by side: the float32 numbers in the widest vector register
WIDTHS = {1: (8, 16, 32), LANES: (4, 8, 16)}  # by the number of lanes
BATCHES = (10, 32)
MOST_MAPS = 7
LOSSES = ("distance", "softmax")
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
        answers: output units that there may be: 1, or as many as the width.
        batch: points that a minibatch may have.
        optimizer: a name among `rules.RULES`.
        loss: "distance" of each output from its target, or "softmax" over the outputs.
        curved: hidden activations may need the sigmoid.
        clipped: gradients are clipped by their norm.
        lanes: networks that one step moves: 1, or `LANES`.
    """

    maps: int
    width: int
    answers: int
    batch: int
    optimizer: str
    loss: str
    curved: bool = True
    clipped: bool = False
    lanes: int = 1

    @property
    def row(self) -> int:
        """Numbers of one point: its inputs and targets."""
        return self.width + self.answers

    @property
    def name(self) -> str:
        size = f"{self.maps}x{self.width}x{self.answers}"
        parts = [size, str(self.batch), self.optimizer, self.loss]
        parts += ["lanes"] * (self.lanes > 1) + ["straight"] * (not self.curved)
        return "-".join(parts + ["clipped"] * self.clipped)

    @classmethod
    def named(cls, name: str) -> Plan:
        """The plan of that name.

        Raises:
            ValueError: no plan has it.
        """
        size, batch, optimizer, loss, *more = name.split("-")
        maps, width, answers = (int(part) for part in size.split("x"))
        lanes = LANES if "lanes" in more else 1
        shape = maps, width, answers, int(batch)
        plan = cls(*shape, optimizer, loss, "straight" not in more, "clipped" in more, lanes)
        possible = 1 <= maps <= MOST_MAPS and width in WIDTHS[lanes] and answers in (1, width)
        known = optimizer in RULES and plan.batch in BATCHES
        known = known and loss in (LOSSES if answers > 1 else LOSSES[:1])
        if not (possible and known and plan.name == name):
            raise ValueError(name)
        return plan

    def program(self) -> nn.Module:
        """The step as a torch program, which takes the tensors of `layout.Given`."""
        from playground.core.engine.compiled.step import Step

        return Step(self)


def plan_of(
    experiment: Experiment, blocks: Sequence[Block], points: int, lanes: int = 1
) -> Plan | None:
    """The kernel for a network of dense layers with its present settings; None where none fits.

    Args:
        points: training points that there are.
        lanes: 1, or `LANES` for networks alike in all but their numbers.
    """
    width, most = _widest(blocks, lanes), _longest(experiment, points)
    maps = linear_blocks(blocks)
    if width is None or most is None or len(maps) > MOST_MAPS:
        return None
    forms = [block.activation or "linear" for block in maps]
    optimizer, units = rule_of(experiment.optimizer), maps[-1].units
    loss = loss_form(experiment.loss, experiment.loss_settings, units)
    settings = experiment.regularization
    held = settings.sticky_l1 and any(l1 > 0 for l1, _ in penalty_rates(experiment, blocks))
    if held or optimizer is None or loss is None or not set(forms) <= set(ACTIVATION_FORMS):
        return None
    if experiment.training.precision != "float32" or (loss.logits and forms[-1] != "linear"):
        return None
    return Plan(
        len(maps),
        width,
        1 if units == 1 else width,
        most,
        optimizer,
        "softmax" if loss.softmax else "distance",
        any(ACTIVATION_FORMS[form][place] != 0 for form in forms[:-1] for place in (0, 5)),
        settings.clip_norm > 0,
        lanes,
    )


def _widest(blocks: Sequence[Block], lanes: int) -> int | None:
    """The least width that holds every layer."""
    if len(blocks[0].after) != 1 or is_tokens(blocks[0].after):
        return None
    if any(not isinstance(block.layer, Dense | None) for block in blocks):
        return None
    widest = max(block.units for block in blocks)
    return next((width for width in WIDTHS[lanes] if width >= widest), None)


def _longest(experiment: Experiment, points: int) -> int | None:
    """The least padded size that holds every minibatch."""
    training = experiment.training
    size = points if experiment.optimizer.full_batch else min(training.batch_size, points)
    longest = 2 * size - 1 if training.last_batch == "carried" else size
    return next((batch for batch in BATCHES if batch >= longest > 0), None)


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
