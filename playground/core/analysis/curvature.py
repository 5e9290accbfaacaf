"""Curvature of the training loss: the Hessian's eigenvalues, without the Hessian where it is large.

"Flat" and "outlier" are rules of thumb and stand here: FLAT, GAP.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from playground.core.analysis.derivatives import HessianProduct
from playground.core.analysis.lanczos import Product, density_nodes, lanczos
from playground.core.replica import Replica

STEPS = 20
ENOUGH = 0.03  # residual at which the largest eigenvalue is good enough; its error is the square
DENSE_LIMIT = 700  # parameters up to which the whole Hessian is computed
ROWS = 4  # of the Hessian between two turns
PROBES, PROBE_STEPS = 8, 60  # of the Lanczos density
KRYLOV_NUMBERS = 2e7  # numbers that a Krylov basis may hold
FLAT = 1e-3  # of the largest absolute eigenvalue: a direction below it is flat
GAP = 2.0  # ratio of neighbours from which on the larger ones are outliers
GRID = 240  # places that a density is given at


def loss_curvature(
    replica: Replica, inputs: Tensor, targets: Tensor, root: Tensor | None = None
) -> tuple[HessianProduct, Product]:
    """The Hessian H of loss and penalty over these points.

    Args:
        replica: the network.
        inputs: (points, features).
        targets: encoded, (points, output units).
        root: the diagonal R (parameters,) of `stability.step_root`.

    Returns:
        H's own product, with the gradient, and v ↦ RHRv.
    """
    inputs, targets = replica.inputs(inputs), replica.inputs(targets)
    hessian = HessianProduct(
        replica.parameters, lambda: replica.loss(inputs, targets) + replica.penalty()
    )
    if root is None:
        return hessian, hessian
    return hessian, lambda vector: root * hessian(root * vector)


def sharpness(
    replica: Replica, inputs: Tensor, targets: Tensor, root: Tensor | None = None
) -> float | None:
    """The largest eigenvalue of the Hessian of loss and penalty, by Lanczos.

    The first vector is drawn from a generator of its own, so the same network gives the same value.

    Args: see `loss_curvature`.

    Returns:
        None where a value on the way is not finite.
    """
    hessian, product = loss_curvature(replica, inputs, targets, root)
    if not hessian.finite:
        return None
    generator = torch.Generator().manual_seed(0)
    start = torch.randn(hessian.size, generator=generator, dtype=torch.float64)
    found = lanczos(product, start, STEPS, (1, 0), ENOUGH)
    return None if found is None else found.values[-1].item()


def hessian_rows(product: Product, size: int) -> Generator[float, None, Tensor | None]:
    """The whole Hessian (size, size), row by row.

    Yields:
        The share that is done.

    Returns:
        It, made symmetric to the last digit; None where it is not finite.
    """
    rows = []
    for index in range(size):
        unit = torch.zeros(size, dtype=torch.float64)
        unit[index] = 1
        rows.append(product(unit))
        if index % ROWS == ROWS - 1:
            yield (index + 1) / size
    matrix = torch.stack(rows)
    if not torch.isfinite(matrix).all():
        return None
    return (matrix + matrix.t()) / 2


@dataclass(frozen=True, eq=False)
class Spectrum:
    """All eigenvalues of a Hessian, or what stands for them.

    Attributes:
        nodes: rising, (m,): the eigenvalues, or the nodes of a quadrature.
        weights: (m,), summing to the number of parameters.
        exact: whether these are the eigenvalues themselves.
    """

    nodes: Tensor
    weights: Tensor
    exact: bool

    @property
    def flat(self) -> float:
        """The size below which a direction counts as flat."""
        return FLAT * max(self.nodes.abs().max().item(), 1e-300)

    def count(self, low: float, high: float) -> float:
        """How many eigenvalues lie in [low, high]."""
        inside = (self.nodes >= low) & (self.nodes <= high)
        return self.weights[inside].sum().item()

    @property
    def outliers(self) -> int:
        """How many large ones stand apart from the bulk.

        Those above the widest gap, as a ratio, among the largest tenth (at least four, at most
        twenty); none where no gap reaches GAP. Of a quadrature only what has the weight of one
        eigenvalue or more is known, so it says 0.
        """
        if not self.exact:
            return 0
        top = self.nodes[self.nodes > self.flat].flip(0)
        top = top[: min(max(len(self.nodes) // 10, 4), 20) + 1]
        if len(top) < 2:
            return 0
        ratios = top[:-1] / top[1:]
        return int(ratios.argmax()) + 1 if ratios.max() >= GAP else 0

    def density(self, scale: str) -> tuple[Tensor, Tensor]:
        """Places and eigenvalues per place of a grid, every eigenvalue a small Gaussian.

        Args:
            scale: "linear", or "log" for sign(λ)·log₁₀(1 + |λ|/flat).

        Returns:
            (GRID,) places on that scale, and (GRID,) densities whose sum times the distance of
            two places is the number of parameters.
        """
        at = self.on_scale(self.nodes, scale)
        low, high = at[0].item(), at[-1].item()
        width = max((high - low) / 80, 1e-9 * max(abs(low), abs(high)), 1e-12)
        places = torch.linspace(low - 4 * width, high + 4 * width, GRID, dtype=torch.float64)
        bells = torch.exp(-0.5 * ((places[:, None] - at) / width).square())
        # Each bell is divided by its own sum: narrow ones fall between the places.
        bells /= bells.sum(0).clamp(min=1e-300) * (places[1] - places[0])
        return places, bells @ self.weights

    def on_scale(self, values: Tensor, scale: str) -> Tensor:
        if scale == "linear":
            return values
        return values.sign() * torch.log10(1 + values.abs() / self.flat)


def spectrum_steps(
    product: Product, size: int, seed: int = 0
) -> Generator[float, None, Spectrum | None]:
    """All eigenvalues up to DENSE_LIMIT parameters, beyond it their density by Lanczos.

    Yields:
        The share that is done, some milliseconds of work apart.

    Returns:
        None where the Hessian is not finite.
    """
    if size <= DENSE_LIMIT:
        matrix = yield from hessian_rows(product, size)
        if matrix is None:
            return None
        values = torch.linalg.eigvalsh(matrix)
        return Spectrum(values, torch.ones_like(values), True)
    steps = max(8, min(PROBE_STEPS, int(KRYLOV_NUMBERS / size)))
    generator = torch.Generator().manual_seed(seed)
    found = yield from density_nodes(product, size, PROBES, steps, generator)
    if found is None:
        return None
    return Spectrum(found[0], found[1] * size, False)


def shares(vector: Tensor, owners: Sequence[int], sizes: Sequence[int]) -> dict[int, float]:
    """The share of a direction's square that lies in each block's parameters.

    Args:
        vector: (n,).
        owners: for each parameter tensor the index of its block.
        sizes: for each its number of parameters.
    """
    total = max(vector.square().sum().item(), 1e-300)
    found: dict[int, float] = {}
    for owner, part in zip(owners, vector.split(list(sizes)), strict=True):
        found[owner] = found.get(owner, 0.0) + part.square().sum().item() / total
    return found
