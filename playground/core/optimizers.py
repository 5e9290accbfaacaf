"""The optimizers of the field: one class each, with settings, torch optimizer and flat rule.

`make_torch` gives the optimizer of torch.optim that the autograd engine steps. `make_flat`
gives the same rule written on one flat parameter vector, in a few ATen calls without an
optimizer object, for the dense engine. A trajectory test holds the two together.

This module loads without torch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Annotated, Any, Literal, Protocol, get_args

from pydantic import Field

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
    """What all optimizers share."""

    learning_rate: float = setting(0.03, live=True, steps=LEARNING_RATES, gt=0, le=100)

    def torch_options(self) -> dict[str, Any]:
        """Keyword arguments of the torch.optim class, all but the parameters."""
        raise NotImplementedError

    def torch_class(self) -> type[torch.optim.Optimizer]:
        raise NotImplementedError

    def make_torch(self, parameters: Iterable[Tensor]) -> torch.optim.Optimizer:
        return self.torch_class()(parameters, **self.torch_options())

    def make_flat(self, parameters: Tensor, gradient: Tensor) -> FlatRule:
        raise NotImplementedError


class SGD(OptimizerBase):
    """Stochastic gradient descent, with momentum (Polyak) and Nesterov's variant."""

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


class RMSProp(OptimizerBase):
    """Gradients divided by the root of their running mean square (Hinton 2012)."""

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

    name: Literal["adagrad"] = "adagrad"
    learning_rate: float = setting(0.1, live=True, steps=LEARNING_RATES, gt=0, le=100)

    def torch_options(self) -> dict[str, Any]:
        return {"lr": self.learning_rate, "eps": 1e-10}

    def torch_class(self) -> type[torch.optim.Optimizer]:
        from torch.optim import Adagrad as TorchAdagrad

        return TorchAdagrad

    def make_flat(self, parameters: Tensor, gradient: Tensor) -> FlatRule:
        return _FlatAdagrad(parameters, gradient, self)


class Adam(OptimizerBase):
    """Momentum and RMSProp with bias correction (Kingma & Ba 2015)."""

    name: Literal["adam"] = "adam"
    learning_rate: float = setting(0.03, live=True, steps=LEARNING_RATES, gt=0, le=100)
    beta1: float = setting(0.9, live=True, ge=0, lt=1)
    beta2: float = setting(0.999, live=True, ge=0, lt=1)

    def torch_options(self) -> dict[str, Any]:
        return {"lr": self.learning_rate, "betas": (self.beta1, self.beta2), "eps": EPS}

    def torch_class(self) -> type[torch.optim.Optimizer]:
        from torch.optim import Adam as TorchAdam

        return TorchAdam

    def make_flat(self, parameters: Tensor, gradient: Tensor) -> FlatRule:
        return _FlatAdam(parameters, gradient, self)


class AdamW(OptimizerBase):
    """Adam with the weight decay taken out of the gradient (Loshchilov & Hutter 2019)."""

    name: Literal["adamw"] = "adamw"
    learning_rate: float = setting(0.03, live=True, steps=LEARNING_RATES, gt=0, le=100)
    beta1: float = setting(0.9, live=True, ge=0, lt=1)
    beta2: float = setting(0.999, live=True, ge=0, lt=1)
    weight_decay: float = setting(0.01, live=True, ge=0, le=10)

    def torch_options(self) -> dict[str, Any]:
        return {
            "lr": self.learning_rate,
            "betas": (self.beta1, self.beta2),
            "eps": EPS,
            "weight_decay": self.weight_decay,
        }

    def torch_class(self) -> type[torch.optim.Optimizer]:
        from torch.optim import AdamW as TorchAdamW

        return TorchAdamW

    def make_flat(self, parameters: Tensor, gradient: Tensor) -> FlatRule:
        return _FlatAdam(parameters, gradient, self)


_Kinds = SGD | RMSProp | Adagrad | Adam | AdamW
Optimizer = Annotated[_Kinds, Field(discriminator="name")]
OPTIMIZERS: dict[str, type[OptimizerBase]] = {
    kind.model_fields["name"].default: kind for kind in get_args(_Kinds)
}


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


class _FlatAdam:
    """Adam and AdamW in one fused ATen call on the flat vector."""

    def __init__(self, parameters: Tensor, gradient: Tensor, settings: Adam | AdamW) -> None:
        import torch

        self.state = {
            "mean": torch.zeros_like(parameters),
            "square": torch.zeros_like(parameters),
            # torch keeps the step count in float32, and so does its fused kernel
            "steps": torch.zeros((), dtype=torch.float32, device=parameters.device),
        }
        self._parameters, self._gradient = parameters, gradient
        self.step: Callable[[float], object]
        self.configure(settings)

    def configure(self, settings: Adam | AdamW) -> None:
        import torch

        decoupled = isinstance(settings, AdamW)
        # The kernels behind torch.optim's fused=True; torch gives them no public name.
        rule = getattr(torch, "_fused_adamw_" if decoupled else "_fused_adam_")
        steps = self.state["steps"]
        lists = (
            [self._parameters],
            [self._gradient],
            [self.state["mean"]],
            [self.state["square"]],
            [],
            [steps],
        )
        options = {
            "lr": settings.learning_rate,
            "beta1": settings.beta1,
            "beta2": settings.beta2,
            "weight_decay": settings.weight_decay if isinstance(settings, AdamW) else 0.0,
            "eps": EPS,
            "amsgrad": False,
            "maximize": False,
        }

        gradient = self._gradient

        def step(scale: float) -> None:
            gradient.mul_(scale)
            steps.add_(1)
            rule(*lists, **options)

        self.step = step
