"""Adam and its kin: momentum, divided by the size of past gradients."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from playground.core.optimizers.base import EPS, FlatRule, OptimizerBase
from playground.core.settings import setting

if TYPE_CHECKING:
    import torch
    from torch import Tensor

MOMENTUM_DECAY = 4e-3  # of NAdam, as in torch


class _AdamBase(OptimizerBase):
    """The settings of all of them: how long mean and mean square remember."""

    remembered: ClassVar[dict[str, str]] = {
        "mean": "exp_avg",
        "square": "exp_avg_sq",
        "steps": "step",
    }

    beta1: float = setting(0.9, live=True, ge=0, lt=1)
    beta2: float = setting(0.999, live=True, ge=0, lt=1)

    def torch_options(self) -> dict[str, Any]:
        return {"lr": self.learning_rate, "betas": (self.beta1, self.beta2), "eps": EPS}


class Adam(_AdamBase):
    """Momentum and RMSProp with bias correction (Kingma & Ba 2015)."""

    rule: ClassVar[str] = (
        r"m \leftarrow \beta_1 m + (1 - \beta_1) g, \; s \leftarrow \beta_2 s + (1 - \beta_2) g^2,"
        r" \quad \theta \leftarrow \theta - \eta \frac{\hat m}{\sqrt{\hat s}}"
    )

    name: Literal["adam"] = "adam"

    def torch_class(self) -> type[torch.optim.Optimizer]:
        from torch.optim import Adam as TorchAdam

        return TorchAdam

    def make_flat(self, parameters: Tensor, gradient: Tensor) -> FlatRule:
        return _FlatAdam(parameters, gradient, self)


class AdamW(_AdamBase):
    """Adam with the weight decay taken out of the gradient (Loshchilov & Hutter 2019)."""

    rule: ClassVar[str] = (
        r"\theta \leftarrow \theta - \eta \lambda \theta,"
        r" \quad \theta \leftarrow \theta - \eta \frac{\hat m}{\sqrt{\hat s}}"
    )

    name: Literal["adamw"] = "adamw"
    weight_decay: float = setting(0.01, live=True, ge=0, le=10)

    def torch_options(self) -> dict[str, Any]:
        return {**super().torch_options(), "weight_decay": self.weight_decay}

    def torch_class(self) -> type[torch.optim.Optimizer]:
        from torch.optim import AdamW as TorchAdamW

        return TorchAdamW

    def make_flat(self, parameters: Tensor, gradient: Tensor) -> FlatRule:
        return _FlatAdam(parameters, gradient, self)


class NAdam(_AdamBase):
    """Adam that looks ahead as Nesterov's momentum does (Dozat 2016)."""

    rule: ClassVar[str] = (
        r"\theta \leftarrow \theta - \frac{\eta}{\sqrt{\hat s}}"
        r" \left(\mu_{t+1} \hat m + (1 - \mu_t) \hat g\right)"
    )

    remembered: ClassVar[dict[str, str]] = {
        "mean": "exp_avg",
        "square": "exp_avg_sq",
        "steps": "step",
        "product": "mu_product",
    }

    capturable: ClassVar[bool] = False  # its corrections are numbers of each step

    name: Literal["nadam"] = "nadam"

    def torch_options(self) -> dict[str, Any]:
        return {**super().torch_options(), "momentum_decay": MOMENTUM_DECAY}

    def torch_class(self) -> type[torch.optim.Optimizer]:
        from torch.optim import NAdam as TorchNAdam

        return TorchNAdam

    def make_flat(self, parameters: Tensor, gradient: Tensor) -> FlatRule:
        return _FlatNAdam(parameters, gradient, self)


class RAdam(_AdamBase):
    """Adam that waits with its division until it knows the variance (Liu et al. 2020)."""

    rule: ClassVar[str] = (
        r"\theta \leftarrow \theta - \eta \hat m, \quad"
        r" t > t_0: \; \theta \leftarrow \theta - \eta r_t \frac{\hat m}{\sqrt{\hat s}}"
    )

    capturable: ClassVar[bool] = False  # its corrections are numbers of each step

    name: Literal["radam"] = "radam"

    def torch_class(self) -> type[torch.optim.Optimizer]:
        from torch.optim import RAdam as TorchRAdam

        return TorchRAdam

    def make_flat(self, parameters: Tensor, gradient: Tensor) -> FlatRule:
        return _FlatRAdam(parameters, gradient, self)


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


class _Moments:
    """What NAdam and RAdam remember: mean, mean square, and the number of steps."""

    def __init__(self, parameters: Tensor, gradient: Tensor, settings: NAdam | RAdam) -> None:
        import torch

        self.state = {
            "mean": torch.zeros_like(parameters),
            "square": torch.zeros_like(parameters),
            # In float32 and on the CPU, as torch keeps its numbers
            "steps": torch.zeros((), dtype=torch.float32),
            "product": torch.ones((), dtype=torch.float32),
        }
        self._parameters, self._gradient = parameters, gradient
        self._root, self._sqrt = torch.empty_like(parameters), torch.sqrt
        self.configure(settings)

    def configure(self, settings: NAdam | RAdam) -> None:
        self._rate = settings.learning_rate
        self._beta1, self._beta2 = settings.beta1, settings.beta2

    def _follow(self, scale: float) -> tuple[Tensor, float]:
        """Takes a gradient into the means; gives it back with the number of steps."""
        gradient = self._gradient.mul_(scale)
        self.state["mean"].lerp_(gradient, 1 - self._beta1)
        self.state["square"].mul_(self._beta2).addcmul_(gradient, gradient, value=1 - self._beta2)
        return gradient, self.state["steps"].add_(1).item()


class _FlatNAdam(_Moments):
    def _warmed(self, steps: float) -> float:
        """The momentum of a step: half of β₁ at first, β₁ in the end."""
        return self._beta1 * (1 - 0.5 * 0.96 ** (steps * MOMENTUM_DECAY))

    def step(self, scale: float) -> None:
        gradient, steps = self._follow(scale)
        now, then = self._warmed(steps), self._warmed(steps + 1)
        product = self.state["product"].mul_(now).item()
        correction = 1 - self._beta2**steps
        root = self._sqrt(self.state["square"].div(correction), out=self._root).add_(EPS)
        rate = -self._rate
        self._parameters.addcdiv_(gradient, root, value=rate * (1 - now) / (1 - product))
        self._parameters.addcdiv_(
            self.state["mean"], root, value=rate * then / (1 - product * then)
        )


class _FlatRAdam(_Moments):
    def step(self, scale: float) -> None:
        _, steps = self._follow(scale)
        first, second = 1 - self._beta1**steps, 1 - self._beta2**steps
        # Length of the moving average behind the square: at its longest, and by now
        longest = 2 / (1 - self._beta2) - 1
        length = longest - 2 * steps * self._beta2**steps / second
        mean, rate = self.state["mean"], -self._rate / first
        if length <= 5:
            self._parameters.add_(mean, alpha=rate)
            return
        known = (length - 4) * (length - 2) * longest
        known /= (longest - 4) * (longest - 2) * length
        root = self._sqrt(self.state["square"], out=self._root).add_(EPS)
        self._parameters.addcdiv_(mean, root, value=rate * (second * known) ** 0.5)
