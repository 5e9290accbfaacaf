"""Steps along the gradient itself: with momentum, and of all points at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from playground.core.optimizers.base import LEARNING_RATES, FlatRule, OptimizerBase
from playground.core.settings import setting

if TYPE_CHECKING:
    import torch
    from torch import Tensor


class SGD(OptimizerBase):
    """Stochastic gradient descent, with momentum (Polyak) and Nesterov's variant."""

    rule: ClassVar[str] = r"v \leftarrow \mu v + g, \quad \theta \leftarrow \theta - \eta v"

    remembered: ClassVar[dict[str, str]] = {"momentum": "momentum_buffer"}

    name: Literal["sgd"] = "sgd"
    momentum: float = setting(0.0, live=True, ge=0, lt=1)
    nesterov: bool = setting(False, live=True)

    def torch_options(self) -> dict[str, Any]:
        # torch refuses Nesterov without momentum, where it would change nothing
        nesterov = self.nesterov and self.momentum > 0
        return {"lr": self.learning_rate, "momentum": self.momentum, "nesterov": nesterov}

    def torch_class(self) -> type[torch.optim.Optimizer]:
        from torch.optim import SGD as TorchSGD

        return TorchSGD

    def make_flat(self, parameters: Tensor, gradient: Tensor) -> FlatRule:
        return _FlatSGD(parameters, gradient, self)


class GradientDescent(OptimizerBase):
    """Plain descent on all points at once, to where the gradient vanishes (Cauchy 1847)."""

    rule: ClassVar[str] = r"\theta \leftarrow \theta - \eta g, \quad \|g\| \ge \tau"
    full_batch: ClassVar[bool] = True

    name: Literal["gd"] = "gd"
    learning_rate: float = setting(0.3, live=True, steps=LEARNING_RATES, gt=0, le=100)
    tolerance: float = setting(
        1e-4, live=True, steps=(0.0, 1e-6, 1e-5, 1e-4, 1e-3, 0.01, 0.1), ge=0, le=10
    )

    @property
    def least_gradient(self) -> float:
        return self.tolerance

    def torch_options(self) -> dict[str, Any]:
        return {"lr": self.learning_rate}

    def torch_class(self) -> type[torch.optim.Optimizer]:
        from torch.optim import SGD as TorchSGD

        return TorchSGD

    def make_flat(self, parameters: Tensor, gradient: Tensor) -> FlatRule:
        return _FlatDescent(parameters, gradient, self)


class _FlatSGD:
    def __init__(self, parameters: Tensor, gradient: Tensor, settings: SGD) -> None:
        import torch

        self.state = {"momentum": torch.zeros_like(parameters)}
        self._parameters, self._gradient = parameters, gradient
        self.step: Callable[[float], object]
        self.configure(settings)

    def configure(self, settings: SGD) -> None:
        parameters, gradient, velocity = self._parameters, self._gradient, self.state["momentum"]
        rate, momentum = -settings.learning_rate, settings.momentum

        def plain(scale: float) -> None:
            parameters.add_(gradient, alpha=rate * scale)

        def heavy_ball(scale: float) -> None:
            velocity.mul_(momentum).add_(gradient, alpha=scale)
            parameters.add_(velocity, alpha=rate)

        def nesterov(scale: float) -> None:
            gradient.mul_(scale)
            velocity.mul_(momentum).add_(gradient)
            gradient.add_(velocity, alpha=momentum)
            parameters.add_(gradient, alpha=rate)

        self.step = plain if momentum == 0 else nesterov if settings.nesterov else heavy_ball


class _FlatDescent:
    """Leaves the mean gradient in its vector, where its norm is read."""

    def __init__(self, parameters: Tensor, gradient: Tensor, settings: GradientDescent) -> None:
        self.state: dict[str, Tensor] = {}
        self._parameters, self._gradient = parameters, gradient
        self.configure(settings)

    def configure(self, settings: GradientDescent) -> None:
        self._rate = -settings.learning_rate

    def step(self, scale: float) -> None:
        self._parameters.add_(self._gradient.mul_(scale), alpha=self._rate)
