"""Optimizers that torch.optim has not got, in its shape. Imported only where they step."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor

from playground.core.optimizers.base import EPS

Closure = Callable[[], Tensor]

NEWTON_SCHULZ = (3.4445, -4.7750, 2.0315)
NEWTON_SCHULZ_STEPS = 5
BETAS = (0.9, 0.999)


class Lion(torch.optim.Optimizer):
    """Chen et al. 2023, algorithm 2."""

    def __init__(
        self, params: Iterable[Any], lr: float, betas: tuple[float, float], weight_decay: float
    ) -> None:
        super().__init__(params, {"lr": lr, "betas": betas, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: Closure | None = None) -> Tensor | None:  # type: ignore[override]
        loss = _evaluated(closure)
        for group in self.param_groups:
            first, second = group["betas"]
            for p in group["params"]:
                if p.grad is None:
                    continue
                mean = self.state[p].setdefault("mean", torch.zeros_like(p))
                direction = torch.lerp(mean, p.grad, 1 - first).sign_()
                p.mul_(1 - group["lr"] * group["weight_decay"]).add_(direction, alpha=-group["lr"])
                mean.lerp_(p.grad, 1 - second)
        return loss


class Muon(torch.optim.Optimizer):
    """Groups with `orthogonal` are matrices; all others are moved by AdamW.

    torch.optim.Muon takes matrices alone and works in bfloat16 whatever their type, which the
    small matrices here have no need of.
    """

    def __init__(
        self, params: Iterable[Any], lr: float, momentum: float, weight_decay: float
    ) -> None:
        defaults = {"lr": lr, "momentum": momentum, "weight_decay": weight_decay}
        super().__init__(params, {**defaults, "orthogonal": False})

    @torch.no_grad()
    def step(self, closure: Closure | None = None) -> Tensor | None:  # type: ignore[override]
        loss = _evaluated(closure)
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is None:
                    continue
                p.mul_(1 - group["lr"] * group["weight_decay"])
                if group["orthogonal"]:
                    self._matrix(p, group)
                else:
                    self._adam(p, group["lr"])
        return loss

    def _matrix(self, p: Tensor, group: dict[str, Any]) -> None:
        assert p.grad is not None
        momentum = group["momentum"]
        mean = self.state[p].setdefault("mean", torch.zeros_like(p))
        mean.lerp_(p.grad, 1 - momentum)
        ahead = torch.lerp(p.grad, mean, momentum)  # Nesterov's
        # Entries as large as AdamW's, so that both take one learning rate (Liu et al. 2025, 2.2)
        size = 0.2 * math.sqrt(max(p.shape))
        p.add_(orthogonalised(ahead), alpha=-group["lr"] * size)

    def _adam(self, p: Tensor, rate: float) -> None:
        assert p.grad is not None
        state = self.state[p]
        mean = state.setdefault("mean", torch.zeros_like(p))
        square = state.setdefault("square", torch.zeros_like(p))
        steps = state["steps"] = state.get("steps", 0) + 1
        mean.lerp_(p.grad, 1 - BETAS[0])
        square.mul_(BETAS[1]).addcmul_(p.grad, p.grad, value=1 - BETAS[1])
        root = (square / (1 - BETAS[1] ** steps)).sqrt_().add_(EPS)
        p.addcdiv_(mean, root, value=-rate / (1 - BETAS[0] ** steps))


def orthogonalised(matrix: Tensor) -> Tensor:
    """U S V^T with every singular value of `matrix` brought near 1, between about 0.7 and 1.2.

    Five steps of a Newton–Schulz iteration, with the coefficients of Jordan et al. 2024.
    """
    a, b, c = NEWTON_SCHULZ
    wide = matrix.t() if matrix.shape[0] > matrix.shape[1] else matrix
    x = wide / wide.norm().clamp(min=1e-7)
    for _ in range(NEWTON_SCHULZ_STEPS):
        gram = x @ x.t()
        x = a * x + (b * gram + c * gram @ gram) @ x
    return x.t() if matrix.shape[0] > matrix.shape[1] else x


class SAM(torch.optim.SGD):
    """Foret et al. 2021, algorithm 1, around SGD: two gradients a step."""

    def __init__(self, params: Iterable[Any], lr: float, momentum: float, radius: float) -> None:
        super().__init__(params, lr, momentum)
        for group in self.param_groups:
            group["radius"] = radius

    def step(self, closure: Closure | None = None) -> Tensor | None:  # type: ignore[override]
        assert closure is not None, "the second gradient is computed elsewhere"
        loss = _evaluated(closure)
        moved = [p for group in self.param_groups for p in group["params"] if p.grad is not None]
        radius = self.param_groups[0]["radius"]
        with torch.no_grad():
            length = torch.stack([p.grad.norm() for p in moved]).norm()
            before = [p.clone() for p in moved]
            for p in moved:
                p.add_(p.grad * (radius / (length + 1e-12)))
        _evaluated(closure)
        with torch.no_grad():
            for p, value in zip(moved, before, strict=True):
                p.copy_(value)
        super().step()
        return loss


def _evaluated(closure: Closure | None) -> Tensor | None:
    if closure is None:
        return None
    with torch.enable_grad():
        return closure()
