"""What an optimizer is: settings, the torch optimizer, and a flat rule where there is one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from playground.core.settings import Settings, setting

if TYPE_CHECKING:
    import torch
    from torch import Tensor

LEARNING_RATES = (1e-5, 1e-4, 3e-4, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
EPS = 1e-8


class FlatRule(Protocol):
    """One optimizer on one flat parameter vector.

    `step` moves the parameters by the gradient in its vector times `scale`, and may overwrite
    the gradient. `state` names the tensors that, with the parameters, let a run continue exactly.
    """

    state: dict[str, Tensor]

    def step(self, scale: float, /) -> object: ...

    def configure(self, settings: Any) -> None: ...


class OptimizerBase(Settings):
    """What all optimizers share.

    Attributes:
        rule: LaTeX of a step; η is the learning rate, g the gradient, θ the parameters.
        full_batch: every step takes all points, whatever the batch size says.
        flat: there is a flat rule, so that the dense engine can run it.
        capturable: the flat rule's step is the same calls on the same tensors with the same
            numbers every time, so that a CUDA graph can replay it; what changes from step to
            step, as a count does, is in tensors on the device.
        remembered: what torch's optimizer calls that which the flat rule remembers, by the rule's
            names; "steps" where torch alone counts them.
    """

    rule: ClassVar[str]
    full_batch: ClassVar[bool] = False
    flat: ClassVar[bool] = True
    capturable: ClassVar[bool] = True
    remembered: ClassVar[dict[str, str]] = {}

    learning_rate: float = setting(0.03, live=True, steps=LEARNING_RATES, gt=0, le=100)

    @property
    def remembers(self) -> int:
        """Numbers that it keeps for each parameter from step to step, at most."""
        return 2

    @property
    def least_gradient(self) -> float:
        """The norm of the gradient below which a run is done; 0 where it never is."""
        return 0.0

    def torch_options(self) -> dict[str, Any]:
        """Keyword arguments of the torch.optim class, all but the parameters."""
        raise NotImplementedError

    def torch_class(self) -> type[torch.optim.Optimizer]:
        raise NotImplementedError

    def make_torch(self, parameters: Iterable[Tensor]) -> torch.optim.Optimizer:
        """The optimizer, for parameters in the order of the network, the head's at the end.

        Its `step` is given a closure that computes loss and gradients anew.
        """
        return self.torch_class()(parameters, **self.torch_options())

    def configure_torch(self, optimizer: torch.optim.Optimizer) -> None:
        """Gives an optimizer that `make_torch` made the present settings."""
        for group in optimizer.param_groups:
            group.update(self.torch_options())

    def make_flat(self, parameters: Tensor, gradient: Tensor) -> FlatRule:
        raise NotImplementedError
