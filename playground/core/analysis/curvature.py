"""The largest eigenvalue of the Hessian of the training loss, without the Hessian."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from playground.core.optimizers.adam import Adam, AdamW
from playground.core.optimizers.base import EPS
from playground.core.replica import Replica, linear_maps

if TYPE_CHECKING:
    from playground.core.run import Run

STEPS = 20
ENOUGH = 0.01  # relative change of the eigenvalue at which it is good enough


def sharpness(
    replica: Replica, inputs: Tensor, targets: Tensor, scale: Tensor | None = None
) -> float | None:
    """The largest eigenvalue of the Hessian H of loss and penalty over these points.

    Lanczos (1950) on Hessian-vector products (Pearlmutter 1994), all vectors kept orthogonal. The
    first vector is drawn from a generator of its own, so the same network gives the same value.

    Args:
        replica: the network.
        inputs: (points, features).
        targets: encoded, (points, output units).
        scale: what an optimizer divides each gradient by (parameters,), positive; the eigenvalue
            is then that of P^(-1/2) H P^(-1/2), P having it on its diagonal.

    Returns:
        None where a value on the way is not finite.
    """
    with torch.inference_mode(False), torch.enable_grad():
        inputs, targets = replica.inputs(inputs), replica.inputs(targets)
        objective = replica.loss(inputs, targets) + replica.penalty()
        gradients = torch.autograd.grad(objective, replica.parameters, create_graph=True)
        slope = torch.cat([part.flatten() for part in gradients])
        if not torch.isfinite(slope).all():
            return None

        root = torch.ones_like(slope) if scale is None else scale.to(slope.dtype).rsqrt()

        def product(vector: Tensor) -> Tensor:
            vector = root * vector
            if not slope.requires_grad:  # a loss that is linear in every parameter
                return torch.zeros_like(vector)
            parts = torch.autograd.grad(
                torch.dot(slope, vector),
                replica.parameters,
                retain_graph=True,
                materialize_grads=True,
            )
            return root * torch.cat([part.flatten() for part in parts])

        return _largest(product, len(slope), slope.dtype)


def _largest(product: Callable[[Tensor], Tensor], size: int, dtype: torch.dtype) -> float | None:
    generator = torch.Generator().manual_seed(0)
    vector = torch.randn(size, generator=generator, dtype=torch.float64)
    vector /= vector.norm()
    basis: list[Tensor] = []
    diagonal: list[float] = []
    beside: list[float] = []
    value = before = -math.inf
    for _ in range(min(STEPS, size)):
        image = product(vector.to(dtype)).double()
        if not torch.isfinite(image).all():
            return None
        basis.append(vector)
        diagonal.append(torch.dot(vector, image).item())
        whole = torch.stack(basis)
        for _ in range(2):  # twice is enough (Parlett 1980)
            image = image - whole.t() @ (whole @ image)
        value = _top(diagonal, beside)
        rest = image.norm().item()
        if rest < 1e-10 * max(abs(value), 1e-12) or abs(value - before) <= ENOUGH * 0.1 * abs(
            value
        ):
            break
        before = value
        beside.append(rest)
        vector = image / rest
    return value


def _top(diagonal: list[float], beside: list[float]) -> float:
    """The largest eigenvalue of a symmetric tridiagonal matrix."""
    matrix = torch.diag(torch.tensor(diagonal, dtype=torch.float64))
    if beside:
        side = torch.tensor(beside[: len(diagonal) - 1], dtype=torch.float64)
        matrix += torch.diag(side, 1) + torch.diag(side, -1)
    return torch.linalg.eigvalsh(matrix)[-1].item()


def adam_scale(run: Run, replica: Replica) -> Tensor | None:
    """What Adam or AdamW divides each gradient by now, √v̂ + ε, in the order of the replica.

    Returns:
        (parameters,) float64; None before the first step, and for other optimizers.
    """
    settings = run.experiment.optimizer
    if not isinstance(settings, Adam | AdamW):
        return None
    state = run.engine.state()
    if "optimizer.square" in state:  # the dense engine: one vector of the matrices [W | b]
        steps, parts, start = state["optimizer.steps"], [], 0
        for linear in linear_maps(replica.modules):
            rows, columns = linear.weight.shape[0], linear.weight.shape[1] + 1
            end = start + rows * columns
            matrix = state["optimizer.square"][start:end].view(rows, columns)
            parts += [matrix[:, :-1], matrix[:, -1]]
            start = end
    elif "optimizer.0.exp_avg_sq" in state:
        steps = state["optimizer.0.step"]
        parts = [state[f"optimizer.{i}.exp_avg_sq"] for i in range(len(replica.parameters))]
    else:
        return None
    if steps.item() < 1:
        return None
    square = torch.cat([part.flatten() for part in parts]).double().cpu()
    return (square / (1 - settings.beta2 ** steps.item())).sqrt() + EPS
