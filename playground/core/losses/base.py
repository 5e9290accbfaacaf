"""What a loss is, and its settings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Literal

from playground.core.activations import Call
from playground.core.settings import Settings, setting

if TYPE_CHECKING:
    from torch import Tensor

Task = Literal["binary", "multiclass", "regression"]
ALL_TASKS: frozenset[Task] = frozenset(("binary", "multiclass", "regression"))
CLASSIFICATION: frozenset[Task] = frozenset(("binary", "multiclass"))
REGRESSION: frozenset[Task] = frozenset(("regression",))


class LossSettings(Settings):
    """What some losses let one choose. Each loss names those that it uses."""

    focal_gamma: float = setting(2.0, live=True, steps=(0.0, 0.5, 1.0, 2.0, 3.0, 5.0), ge=0, le=10)
    smoothing: float = setting(0.1, live=True, steps=(0.0, 0.01, 0.05, 0.1, 0.2, 0.4), ge=0, le=0.9)
    quantile: float = setting(
        0.9, live=True, steps=(0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95), ge=0.01, le=0.99
    )


@dataclass(frozen=True)
class Loss:
    """A loss function.

    Attributes:
        name: its key in experiments, links and language catalogs.
        formula: LaTeX for one output o and target t.
        code: the line of PyTorch it corresponds to, with the names of its settings in braces.
        tasks: the tasks it fits.
        binary_targets: how the two classes are written down: 0 and 1, or −1 and +1.
        logits: the outputs are logits, or logs of rates, so the head must be linear.
        rates: the outputs are logs of rates, and targets are counts: none may be negative, and
            they are not standardised.
        uses: the names of the `LossSettings` that it takes.
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
    value: Callable[..., Tensor]
    gradient: Callable[..., list[Call]]
    binary_targets: tuple[int, int] = (-1, 1)
    logits: bool = False
    rates: bool = False
    uses: tuple[str, ...] = ()

    def under(self, settings: LossSettings) -> Loss:
        """The loss with its settings filled in."""
        if not self.uses:
            return self
        given = {name: getattr(settings, name) for name in self.uses}
        return replace(
            self,
            code=self.code.format(**given),
            value=partial(self.value, **given),
            gradient=partial(self.gradient, **given),
        )

    def prediction(self, output: Tensor) -> Tensor:
        """What an output stands for in a regression: itself, or the rate it is the log of.

        The log is bounded, so that float32 holds the rate.
        """
        return output.clamp(max=80).exp() if self.rates else output

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


def difference(o: Tensor, t: Tensor, out: Tensor) -> Call:
    """The call that writes o − t."""
    import torch

    return partial(torch.sub, o, t, out=out)
