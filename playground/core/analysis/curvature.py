"""The largest eigenvalue of the Hessian of the training loss, without the Hessian."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from playground.core.replica import Replica

STEPS = 20
ENOUGH = 0.01  # relative change of the eigenvalue at which it is good enough


def sharpness(replica: Replica, inputs: Tensor, targets: Tensor) -> float | None:
    """The largest eigenvalue of the Hessian of loss and penalty over these points.

    Lanczos (1950) on Hessian-vector products (Pearlmutter 1994), all vectors kept orthogonal. The
    first vector is drawn from a generator of its own, so the same network gives the same value.

    Args:
        replica: the network.
        inputs: (points, features).
        targets: encoded, (points, output units).

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

        def product(vector: Tensor) -> Tensor:
            if not slope.requires_grad:  # a loss that is linear in every parameter
                return torch.zeros_like(vector)
            parts = torch.autograd.grad(
                slope, replica.parameters, vector, retain_graph=True, materialize_grads=True
            )
            return torch.cat([part.flatten() for part in parts])

        return _largest(product, len(slope), slope.dtype)


def _largest(product, size: int, dtype: torch.dtype) -> float | None:  # noqa: ANN001
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
