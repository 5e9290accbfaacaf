"""Rules that look at signs, matrices, neighbourhoods and curvature."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from playground.core.optimizers.base import LEARNING_RATES, FlatRule, OptimizerBase
from playground.core.settings import setting

if TYPE_CHECKING:
    import torch
    from torch import Tensor


class Lion(OptimizerBase):
    """Steps of one size along the sign of a momentum (Chen et al. 2023)."""

    rule: ClassVar[str] = (
        r"\theta \leftarrow \theta - \eta \left(\mathrm{sign}(\beta_1 m + (1 - \beta_1) g)"
        r" + \lambda \theta\right), \quad m \leftarrow \beta_2 m + (1 - \beta_2) g"
    )

    remembered: ClassVar[dict[str, str]] = {"mean": "mean"}

    name: Literal["lion"] = "lion"
    learning_rate: float = setting(0.003, live=True, steps=LEARNING_RATES, gt=0, le=100)
    beta1: float = setting(0.9, live=True, ge=0, lt=1)
    beta2: float = setting(0.99, live=True, ge=0, lt=1)
    weight_decay: float = setting(0.01, live=True, ge=0, le=10)

    def torch_options(self) -> dict[str, Any]:
        return {
            "lr": self.learning_rate,
            "betas": (self.beta1, self.beta2),
            "weight_decay": self.weight_decay,
        }

    def torch_class(self) -> type[torch.optim.Optimizer]:
        from playground.core.optimizers import steppers

        return steppers.Lion

    def make_flat(self, parameters: Tensor, gradient: Tensor) -> FlatRule:
        return _FlatLion(parameters, gradient, self)


class Muon(OptimizerBase):
    """Momentum of each hidden weight matrix made orthogonal; AdamW for the head and the biases
    (Jordan et al. 2024; one learning rate for both as in Liu et al. 2025).
    """

    rule: ClassVar[str] = (
        r"\begin{gathered} M \leftarrow \mu M + G, \quad G + \mu M = U S V^\top \\"
        r" W \leftarrow W - \eta\, 0.2 \sqrt{\max(n, m)}\, U V^\top, \quad"
        r" \theta \leftarrow \theta - \eta \frac{\hat m}{\sqrt{\hat s}} \end{gathered}"
    )
    flat: ClassVar[bool] = False

    name: Literal["muon"] = "muon"
    learning_rate: float = setting(0.03, live=True, steps=LEARNING_RATES, gt=0, le=100)
    momentum: float = setting(0.95, live=True, ge=0, lt=1)
    weight_decay: float = setting(0.01, live=True, ge=0, le=10)

    def torch_options(self) -> dict[str, Any]:
        return {
            "lr": self.learning_rate,
            "momentum": self.momentum,
            "weight_decay": self.weight_decay,
        }

    def torch_class(self) -> type[torch.optim.Optimizer]:
        from playground.core.optimizers import steppers

        return steppers.Muon

    def make_torch(self, parameters: Iterable[Tensor]) -> torch.optim.Optimizer:
        found = list(parameters)
        hidden = [one for one in found if one.ndim == 2][:-1]  # the last one is the head's
        return self.torch_class()(
            [
                {"params": [one], "orthogonal": any(one is other for other in hidden)}
                for one in found
            ],
            **self.torch_options(),
        )


class SAM(OptimizerBase):
    """SGD with the gradient from the worst place nearby, so that flat minima win
    (Foret et al. 2021).
    """

    rule: ClassVar[str] = (
        r"\theta \leftarrow \theta - \eta\, g\left(\theta + \rho \frac{g}{\|g\|}\right)"
    )
    flat: ClassVar[bool] = False

    name: Literal["sam"] = "sam"
    radius: float = setting(
        0.05, live=True, steps=(0.0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5), ge=0, le=10
    )
    momentum: float = setting(0.9, live=True, ge=0, lt=1)

    def torch_options(self) -> dict[str, Any]:
        return {"lr": self.learning_rate, "momentum": self.momentum, "radius": self.radius}

    def torch_class(self) -> type[torch.optim.Optimizer]:
        from playground.core.optimizers import steppers

        return steppers.SAM


class LBFGS(OptimizerBase):
    """Newton's step with a curvature learned from past steps, on all points at once, with a line
    search for the strong Wolfe conditions (Nocedal 1980; Liu & Nocedal 1989).
    """

    rule: ClassVar[str] = (
        r"\theta \leftarrow \theta - t H g, \quad H \approx (\nabla^2 L)^{-1},"
        r" \; t \approx \arg\min_t L(\theta - t H g)"
    )
    full_batch: ClassVar[bool] = True
    flat: ClassVar[bool] = False

    name: Literal["lbfgs"] = "lbfgs"
    learning_rate: float = setting(1.0, live=True, steps=LEARNING_RATES, gt=0, le=100)
    history: int = setting(10, live=True, ge=1, le=100)

    @property
    def remembers(self) -> int:
        return 2 * self.history + 4  # steps and changes of the gradient; the last of each

    def torch_options(self) -> dict[str, Any]:
        # One iteration a step, so that every one is seen
        return {
            "lr": self.learning_rate,
            "max_iter": 1,
            "max_eval": 25,
            "history_size": self.history,
            "line_search_fn": "strong_wolfe",
        }

    def torch_class(self) -> type[torch.optim.Optimizer]:
        from torch.optim import LBFGS as TorchLBFGS

        return TorchLBFGS

    def configure_torch(self, optimizer: torch.optim.Optimizer) -> None:
        super().configure_torch(optimizer)
        for state in optimizer.state.values():
            state.pop("al", None)  # scratch as long as the memory was
            for name in ("old_dirs", "old_stps", "ro"):
                del state.get(name, [])[: -self.history]


class _FlatLion:
    def __init__(self, parameters: Tensor, gradient: Tensor, settings: Lion) -> None:
        import torch

        self.state = {"mean": torch.zeros_like(parameters)}
        self._parameters, self._gradient = parameters, gradient
        self._direction, self._lerp = torch.empty_like(parameters), torch.lerp
        self.configure(settings)

    def configure(self, settings: Lion) -> None:
        self._rate, self._decay = settings.learning_rate, settings.weight_decay
        self._first, self._second = 1 - settings.beta1, 1 - settings.beta2

    def step(self, scale: float) -> None:
        gradient, mean = self._gradient.mul_(scale), self.state["mean"]
        direction = self._lerp(mean, gradient, self._first, out=self._direction).sign_()
        self._parameters.mul_(1 - self._rate * self._decay).add_(direction, alpha=-self._rate)
        mean.lerp_(gradient, self._second)
