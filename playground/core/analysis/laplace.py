"""The Laplace approximation of a network's last layer: how sure its head can be.

The weights of the head are taken as Gaussian around where they are, with the curvature of the
training loss plus a prior precision as their precision; everything in front of the head is taken
as it is (Daxberger et al. 2021, "Laplace redux"). The curvature is the generalised Gauss–Newton
matrix Σ φφᵀ ⊗ Λ, with φ the head's inputs and a 1, and Λ the second derivative of a point's loss
by the head's sums.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

MOST = 1000  # weights of a head: more have too large a matrix
PRIORS = (1e-4, 1e4)
TRIED = 81  # priors, evenly by their logarithm
SAMPLES = 200  # drawn where there is no closed form
AT_ONCE = 20_000_000  # numbers of one block of points
NODES = 32  # of Gauss–Hermite quadrature


def point_curvature(
    value: Callable[[Tensor, Tensor], Tensor], sums: Tensor, targets: Tensor
) -> Tensor:
    """Second derivatives of every point's own loss by its sums, (n, C, C).

    What curves downwards is flat for a posterior: eigenvalues below 0 become 0.

    Args:
        value: mean loss of sums and targets (n, C).
    """
    with torch.inference_mode(False), torch.enable_grad():
        sums = sums.detach().clone().requires_grad_()
        targets = targets.detach().clone()
        loss = value(sums, targets) * len(sums)
        slope: Tensor | None = None
        if loss.requires_grad:
            (slope,) = torch.autograd.grad(loss, sums, create_graph=True)
        rows = []
        for unit in range(sums.shape[1]):
            row = torch.zeros_like(sums)
            if slope is not None and slope.requires_grad:
                found = torch.autograd.grad(
                    slope[:, unit].sum(), sums, retain_graph=True, allow_unused=True
                )[0]
                row = row if found is None else found.detach()
            rows.append(row)
    curvature = torch.nan_to_num(torch.stack(rows, 1))
    values, vectors = torch.linalg.eigh((curvature + curvature.mT) / 2)
    return (vectors * values.clamp(min=0).unsqueeze(1)) @ vectors.mT


def with_one(features: Tensor) -> Tensor:
    """Features (n, h) with a column of ones for the bias."""
    return torch.cat((features, features.new_ones(len(features), 1)), 1)


@dataclass(frozen=True, eq=False)
class LastLayer:
    """Gaussian weights of a head with C units, float64.

    Attributes:
        weights: (C, h + 1), the bias last: the mean.
        values, vectors: eigenvalues (C(h + 1),) of the curvature of the summed training loss, and
            its eigenvectors in columns.
        fit: the summed training loss.
    """

    weights: Tensor
    values: Tensor
    vectors: Tensor
    fit: float

    @classmethod
    def of(cls, weights: Tensor, features: Tensor, curvature: Tensor, fit: float) -> LastLayer:
        """
        Args:
            weights: (C, h + 1).
            features: of the training points, (n, h).
            curvature: of every point's loss by its sums, (n, C, C).
            fit: the summed training loss.
        """
        phi, size = with_one(features), weights.numel()
        matrix = torch.zeros(*weights.shape, *weights.shape, dtype=weights.dtype)
        for one in range(len(weights)):
            for other in range(one + 1):
                block = phi.mT @ (phi * curvature[:, one, other, None])
                matrix[one, :, other] = block
                matrix[other, :, one] = block.mT
        values, vectors = torch.linalg.eigh(matrix.reshape(size, size))
        return cls(weights, values.clamp(min=0), vectors, fit)

    def evidence(self, prior: float) -> float:
        """The logarithm of the marginal likelihood under a prior precision, to second order."""
        count = len(self.values)
        weights = self.weights.square().sum().item()
        log_ratio = count * math.log(prior) - (self.values + prior).log().sum().item()
        return -self.fit - 0.5 * prior * weights + 0.5 * log_ratio

    def determined(self, prior: float) -> float:
        """How many of the weights the data say anything of, Σ λ / (λ + prior) (MacKay 1992)."""
        return (self.values / (self.values + prior)).sum().item()

    def best_prior(self) -> float | None:
        """The prior precision with the largest marginal likelihood, among many.

        None where it only grows towards an end: points that are fitted perfectly leave nothing
        to weigh the prior against.
        """
        low, high = (math.log(end) for end in PRIORS)
        tried = [math.exp(low + (high - low) * i / (TRIED - 1)) for i in range(TRIED)]
        best = max(tried, key=self.evidence)
        return best if tried[0] < best < tried[-1] else None

    def spread(self, features: Tensor, prior: float) -> Tensor:
        """Covariances of the sums, (n, C, C).

        Args:
            features: (n, h).
        """
        units, width = self.weights.shape
        directions = (self.vectors / (self.values + prior).sqrt()).view(units, width, -1)
        step = max(1, AT_ONCE // (units * directions.shape[2]))
        found = []
        for part in with_one(features).split(step):
            along = torch.einsum("nh,chp->ncp", part, directions)
            found.append(along @ along.mT)
        return torch.cat(found)


def probit(mean: Tensor, variance: Tensor) -> Tensor:
    """The expectation of a logistic function of a Gaussian, approximately (MacKay 1992).

    Of several classes the same to the diagonal of the covariance (Gibbs 1997), before a softmax.
    """
    return mean / (1 + math.pi / 8 * variance).sqrt()


def expected(
    function: Callable[[Tensor], Tensor], mean: Tensor, covariance: Tensor
) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation of a function of Gaussian sums.

    Of one unit by Gauss–Hermite quadrature; of several by samples in opposite pairs, the same ones
    for every point, so that a map is smooth.

    Args:
        function: of sums (n, C), gives (n, answers).
        mean: (n, C).
        covariance: (n, C, C).

    Returns:
        (n, answers) each.
    """
    units = mean.shape[1]
    values, vectors = torch.linalg.eigh(covariance)
    root = vectors * values.clamp(min=0).sqrt().unsqueeze(1)
    if units == 1:
        nodes, shares = gauss_hermite(NODES)
        drawn = nodes[:, None]
    else:
        own = torch.Generator().manual_seed(0)
        half = torch.randn(SAMPLES // 2, units, generator=own, dtype=torch.float64)
        drawn, shares = torch.cat((half, -half)), torch.full((SAMPLES,), 1 / SAMPLES).double()
    first = second = None
    for step, share in zip(drawn, shares, strict=True):
        said = function(mean + root @ step)
        first = share * said if first is None else first + share * said
        second = share * said.square() if second is None else second + share * said.square()
    assert first is not None
    assert second is not None
    return first, (second - first.square()).clamp(min=0).sqrt()


def gauss_hermite(count: int) -> tuple[Tensor, Tensor]:
    """Places and weights that integrate against the standard normal (Golub & Welsch 1969)."""
    beside = torch.arange(1, count, dtype=torch.float64).sqrt()
    places, vectors = torch.linalg.eigh(torch.diag(beside, 1) + torch.diag(beside, -1))
    return places, vectors[0].square()
