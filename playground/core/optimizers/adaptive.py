"""Steps divided by the size of past gradients."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from playground.core.optimizers.base import EPS, LEARNING_RATES, FlatRule, OptimizerBase
from playground.core.settings import setting

if TYPE_CHECKING:
    import torch
    from torch import Tensor

ADADELTA_EPS = 1e-6  # the first steps are its root in size


class RMSProp(OptimizerBase):
    """Gradients divided by the root of their running mean square (Hinton 2012)."""

    rule: ClassVar[str] = (
        r"s \leftarrow \rho s + (1 - \rho) g^2,"
        r" \quad \theta \leftarrow \theta - \eta \frac{g}{\sqrt{s}}"
    )

    remembered: ClassVar[dict[str, str]] = {"square": "square_avg", "steps": "step"}

    name: Literal["rmsprop"] = "rmsprop"
    learning_rate: float = setting(0.01, live=True, steps=LEARNING_RATES, gt=0, le=100)
    decay: float = setting(0.99, live=True, ge=0, lt=1)

    def torch_options(self) -> dict[str, Any]:
        return {"lr": self.learning_rate, "alpha": self.decay, "eps": EPS}

    def torch_class(self) -> type[torch.optim.Optimizer]:
        from torch.optim import RMSprop

        return RMSprop

    def make_flat(self, parameters: Tensor, gradient: Tensor) -> FlatRule:
        return _FlatRMSProp(parameters, gradient, self)


class Adagrad(OptimizerBase):
    """Gradients divided by the root of the sum of all their squares (Duchi et al. 2011)."""

    rule: ClassVar[str] = (
        r"s \leftarrow s + g^2,"
        r" \quad \theta \leftarrow \theta - \eta \frac{g}{\sqrt{s}}"
    )

    remembered: ClassVar[dict[str, str]] = {"sum": "sum", "steps": "step"}

    name: Literal["adagrad"] = "adagrad"
    learning_rate: float = setting(0.1, live=True, steps=LEARNING_RATES, gt=0, le=100)

    def torch_options(self) -> dict[str, Any]:
        return {"lr": self.learning_rate, "eps": 1e-10}

    def torch_class(self) -> type[torch.optim.Optimizer]:
        from torch.optim import Adagrad as TorchAdagrad

        return TorchAdagrad

    def make_flat(self, parameters: Tensor, gradient: Tensor) -> FlatRule:
        return _FlatAdagrad(parameters, gradient, self)


class Adadelta(OptimizerBase):
    """As RMSProp, with the root mean square of past steps for a unit (Zeiler 2012)."""

    rule: ClassVar[str] = (
        r"s \leftarrow \rho s + (1 - \rho) g^2, \; \Delta = \frac{\sqrt{d}}{\sqrt{s}} g, \;"
        r" d \leftarrow \rho d + (1 - \rho) \Delta^2, \quad \theta \leftarrow \theta - \eta \Delta"
    )

    remembered: ClassVar[dict[str, str]] = {
        "square": "square_avg",
        "delta": "acc_delta",
        "steps": "step",
    }

    name: Literal["adadelta"] = "adadelta"
    learning_rate: float = setting(1.0, live=True, steps=LEARNING_RATES, gt=0, le=100)
    decay: float = setting(0.9, live=True, ge=0, lt=1)

    def torch_options(self) -> dict[str, Any]:
        return {"lr": self.learning_rate, "rho": self.decay, "eps": ADADELTA_EPS}

    def torch_class(self) -> type[torch.optim.Optimizer]:
        from torch.optim import Adadelta as TorchAdadelta

        return TorchAdadelta

    def make_flat(self, parameters: Tensor, gradient: Tensor) -> FlatRule:
        return _FlatAdadelta(parameters, gradient, self)


class _FlatRMSProp:
    def __init__(self, parameters: Tensor, gradient: Tensor, settings: RMSProp) -> None:
        import torch

        self.state = {"square": torch.zeros_like(parameters)}
        self._parameters, self._gradient = parameters, gradient
        self._root, self._sqrt = torch.empty_like(parameters), torch.sqrt
        self.configure(settings)

    def configure(self, settings: RMSProp) -> None:
        self._rate, self._decay = -settings.learning_rate, settings.decay

    def step(self, scale: float) -> None:
        gradient, square = self._gradient.mul_(scale), self.state["square"]
        square.mul_(self._decay).addcmul_(gradient, gradient, value=1 - self._decay)
        self._sqrt(square, out=self._root).add_(EPS)
        self._parameters.addcdiv_(gradient, self._root, value=self._rate)


class _FlatAdagrad:
    def __init__(self, parameters: Tensor, gradient: Tensor, settings: Adagrad) -> None:
        import torch

        self.state = {"sum": torch.zeros_like(parameters)}
        self._parameters, self._gradient = parameters, gradient
        self._root, self._sqrt = torch.empty_like(parameters), torch.sqrt
        self.configure(settings)

    def configure(self, settings: Adagrad) -> None:
        self._rate = -settings.learning_rate

    def step(self, scale: float) -> None:
        gradient, total = self._gradient.mul_(scale), self.state["sum"]
        total.addcmul_(gradient, gradient)
        self._sqrt(total, out=self._root).add_(1e-10)
        self._parameters.addcdiv_(gradient, self._root, value=self._rate)


class _FlatAdadelta:
    def __init__(self, parameters: Tensor, gradient: Tensor, settings: Adadelta) -> None:
        import torch

        self.state = {
            "square": torch.zeros_like(parameters),
            "delta": torch.zeros_like(parameters),
        }
        self._parameters, self._gradient = parameters, gradient
        self._root, self._step = torch.empty_like(parameters), torch.empty_like(parameters)
        self._add = torch.add
        self.configure(settings)

    def configure(self, settings: Adadelta) -> None:
        self._rate, self._decay = -settings.learning_rate, settings.decay

    def step(self, scale: float) -> None:
        gradient = self._gradient.mul_(scale)
        square, delta = self.state["square"], self.state["delta"]
        square.mul_(self._decay).addcmul_(gradient, gradient, value=1 - self._decay)
        self._add(square, ADADELTA_EPS, out=self._root).sqrt_()
        step = self._add(delta, ADADELTA_EPS, out=self._step).sqrt_()
        step.div_(self._root).mul_(gradient)
        delta.mul_(self._decay).addcmul_(step, step, value=1 - self._decay)
        self._parameters.add_(step, alpha=self._rate)
