"""The losses of the field: one entry each, with value, gradient and the tasks it fits.

Outputs and targets are two-dimensional. `dim` is the axis of the output units: 1 for the
usual (points, units), 0 for the dense engine's (units, points). Values are means over points.
Targets are encoded once, by `encode_targets`, so that every loss sees floats of the output's
shape. This module loads without torch.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Literal

from playground.core.activations import Call

if TYPE_CHECKING:
    from torch import Tensor

Task = Literal["binary", "multiclass", "regression"]
ALL_TASKS: frozenset[Task] = frozenset(("binary", "multiclass", "regression"))
CLASSIFICATION: frozenset[Task] = frozenset(("binary", "multiclass"))


@dataclass(frozen=True)
class Loss:
    """A loss function.

    Attributes:
        name: its key in experiments, links and language catalogs.
        formula: LaTeX for one output o and target t.
        code: the line of PyTorch it corresponds to.
        tasks: the tasks it fits.
        binary_targets: how the two classes are written down: 0 and 1, or −1 and +1.
        logits: the outputs are logits, so the head must be linear.
        value: mean loss of (output, target, dim), a scalar tensor, differentiable.
        gradient: records, for (output, target, out, dim), the calls that write into `out` the
            gradient of the loss summed over points with respect to the output. The dense engine
            replays them; the division by the number of points is left to the update.
        probability: class probabilities for (output, dim): of class 1 for one unit, of each
            class otherwise. Calibrated only where the loss is a likelihood.
    """

    name: str
    formula: str
    code: str
    tasks: frozenset[Task]
    value: Callable[[Tensor, Tensor, int], Tensor]
    gradient: Callable[[Tensor, Tensor, Tensor, int], list[Call]]
    binary_targets: tuple[int, int] = (-1, 1)
    logits: bool = False

    def probability(self, output: Tensor, dim: int) -> Tensor:
        import torch

        if output.shape[dim] == 1:
            return torch.sigmoid(output) if self.logits else output.add(1).mul(0.5).clamp(0, 1)
        if self.logits or self.name == "hinge":
            return torch.softmax(output, dim)
        share = output.clamp(0, 1)
        total = share.sum(dim, keepdim=True)
        # No unit above zero: the network has no preference, so each class gets the same share.
        return torch.where(total > 0, share / total.clamp(min=1e-12), 1 / output.shape[dim])


def fits(loss: str, task: Task, output_activation: str) -> str | None:
    """Why the loss does not fit, as a code of the `[reasons]` words; None where it fits."""
    entry = LOSSES[loss]
    if task not in entry.tasks:
        return f"loss_{loss}_{task}"
    if entry.logits and output_activation != "linear":
        return "loss_needs_logits"
    return None


def encode_targets(targets: Tensor, task: Task, classes: int, loss: Loss) -> Tensor:
    """Class indices or values (n,) as the floats (n, units) that the loss compares with."""
    import torch

    if task == "regression":
        return targets.unsqueeze(1)
    if task == "binary":
        low, high = loss.binary_targets
        return torch.where(targets > 0, float(high), float(low)).to(torch.float64).unsqueeze(1)
    return torch.nn.functional.one_hot(targets.long(), classes).to(torch.float64)


def _mse(o: Tensor, t: Tensor, dim: int) -> Tensor:
    return (o - t).square().mean()


def _mse_gradient(o: Tensor, t: Tensor, out: Tensor, dim: int) -> list[Call]:
    return [_difference(o, t, out), partial(out.mul_, 2 / o.shape[dim])]


def _half_squared(o: Tensor, t: Tensor, dim: int) -> Tensor:
    return (o - t).square().sum(dim).mean() * 0.5


def _half_squared_gradient(o: Tensor, t: Tensor, out: Tensor, dim: int) -> list[Call]:
    return [_difference(o, t, out)]


def _mae(o: Tensor, t: Tensor, dim: int) -> Tensor:
    return (o - t).abs().mean()


def _mae_gradient(o: Tensor, t: Tensor, out: Tensor, dim: int) -> list[Call]:
    return [_difference(o, t, out), out.sign_, partial(out.mul_, 1 / o.shape[dim])]


def _huber(o: Tensor, t: Tensor, dim: int) -> Tensor:
    distance = (o - t).abs()
    inside = distance.clamp(max=1)
    return (inside * (distance - 0.5 * inside)).mean()


def _huber_gradient(o: Tensor, t: Tensor, out: Tensor, dim: int) -> list[Call]:
    return [
        _difference(o, t, out),
        partial(out.clamp_, -1, 1),
        partial(out.mul_, 1 / o.shape[dim]),
    ]


def _bce(o: Tensor, t: Tensor, dim: int) -> Tensor:
    import torch

    return torch.nn.functional.binary_cross_entropy_with_logits(o, t)


def _bce_gradient(o: Tensor, t: Tensor, out: Tensor, dim: int) -> list[Call]:
    import torch

    return [partial(torch.sigmoid, o, out=out), partial(out.sub_, t)]


def _cross_entropy(o: Tensor, t: Tensor, dim: int) -> Tensor:
    import torch

    return -(torch.log_softmax(o, dim) * t).sum(dim).mean()


def _cross_entropy_gradient(o: Tensor, t: Tensor, out: Tensor, dim: int) -> list[Call]:
    import torch

    return [partial(torch.softmax, o, dim, out=out), partial(out.sub_, t)]


def _hinge(o: Tensor, t: Tensor, dim: int) -> Tensor:
    units = o.shape[dim]
    if units == 1:
        return (1 - t * o).clamp(min=0).mean()
    # Weston & Watkins 1999, as torch.nn.MultiMarginLoss: the wrong classes' margins, over units
    margins = (1 - (o * t).sum(dim, keepdim=True) + o).clamp(min=0) * (1 - t)
    return margins.sum(dim).mean() / units


def _hinge_gradient(o: Tensor, t: Tensor, out: Tensor, dim: int) -> list[Call]:
    units = o.shape[dim]

    def two_classes() -> None:
        out.copy_((t * o < 1) * t).neg_()

    def many_classes() -> None:
        inside = 1 - (o * t).sum(dim, keepdim=True) + o > 0
        wrong = (inside * (1 - t)).to(o.dtype)
        out.copy_(wrong - t * wrong.sum(dim, keepdim=True)).mul_(1 / units)

    return [two_classes if units == 1 else many_classes]


def _difference(o: Tensor, t: Tensor, out: Tensor) -> Call:
    import torch

    return partial(torch.sub, o, t, out=out)


LOSSES: dict[str, Loss] = {
    loss.name: loss
    for loss in (
        Loss("mse", r"(o - t)^2", "nn.MSELoss()", ALL_TASKS, _mse, _mse_gradient),
        Loss(
            "half_squared",
            r"\tfrac{1}{2}(o - t)^2",
            "0.5 * (output - target).square().sum(1).mean()",
            ALL_TASKS,
            _half_squared,
            _half_squared_gradient,
        ),
        Loss("mae", r"|o - t|", "nn.L1Loss()", ALL_TASKS, _mae, _mae_gradient),
        Loss(
            "huber",
            r"\tfrac{1}{2}d^2 \text{ if } d < 1 \text{ else } d - \tfrac{1}{2},\; d = |o - t|",
            "nn.HuberLoss()",
            ALL_TASKS,
            _huber,
            _huber_gradient,
        ),
        Loss(
            "bce",
            r"-t \ln\sigma(o) - (1 - t)\ln(1 - \sigma(o))",
            "nn.BCEWithLogitsLoss()",
            frozenset(("binary",)),
            _bce,
            _bce_gradient,
            binary_targets=(0, 1),
            logits=True,
        ),
        Loss(
            "cross_entropy",
            r"-\ln \mathrm{softmax}(o)_t",
            "nn.CrossEntropyLoss()",
            frozenset(("multiclass",)),
            _cross_entropy,
            _cross_entropy_gradient,
            logits=True,
        ),
        Loss(
            "hinge",
            r"\max(0, 1 - t\,o)",
            "nn.MultiMarginLoss()  # two classes: (1 - target * output).clamp(min=0).mean()",
            CLASSIFICATION,
            _hinge,
            _hinge_gradient,
        ),
    )
}
