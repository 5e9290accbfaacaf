"""Kernel PCA and t-SNE: pictures of points in two dimensions that no linear map can give.

t-SNE is worked on in steps, since it takes longer than a frame. Everything is exact, in memory
that grows with the square of the points, so there must not be too many of them.
"""

from __future__ import annotations

from collections.abc import Generator

import torch
from torch import Tensor

KERNELS = ("rbf", "poly", "cosine")
EXAGGERATION = 12.0
EARLY = 250  # iterations with exaggerated attraction and little momentum
ITERATIONS = 750
MOMENTA = (0.5, 0.8)
LEAST_RATE = 50.0
SMALLEST = 1e-12
BISECTIONS = 50


def squared_distances(points: Tensor) -> Tensor:
    """(n, n) of points (n, units): from their differences, so that equal distances are equal."""
    found = torch.cdist(points, points, compute_mode="donot_use_mm_for_euclid_dist")
    return found.square_()


# ---- kernel PCA


def gram(points: Tensor, kernel: str, width: float) -> tuple[Tensor, float]:
    """The kernel matrix of points, and the gamma in it.

    Args:
        points: (n, units), float64.
        kernel: "rbf" exp(−γ‖x − y‖²), "poly" (γ x·y + 1)³, or "cosine".
        width: of the kernel, as a multiple of the points' own: γ = 1 / (2 width² d), d being the
            median squared distance of two points, or for "poly" their mean squared length.

    Returns:
        (n, n); where all points are the same, γ is that of d = 1.
    """
    if kernel == "cosine":
        lengths = points.norm(dim=1, keepdim=True)
        unit = points / torch.where(lengths > 0, lengths, torch.ones_like(lengths))
        return unit @ unit.t(), 1.0
    if kernel == "poly":
        size = points.square().sum(1).mean().item()
        gamma = 1 / (2 * width**2 * (size or 1.0))
        return (gamma * points @ points.t() + 1) ** 3, gamma
    away = squared_distances(points)
    above = torch.ones_like(away, dtype=torch.bool).triu(1)
    middle = away[above].median().item() if len(points) > 1 else 0.0
    gamma = 1 / (2 * width**2 * (middle or 1.0))
    return torch.exp(-gamma * away), gamma


def kernel_components(kernel: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """Kernel PCA (Schölkopf, Smola & Müller 1998): scores, and shares of the variance.

    Args:
        kernel: (n, n), symmetric.
        count: of components.

    Returns:
        Scores (n, count) with the largest entry of each component positive, 0 where there are
        fewer components; and shares (count,) of the variance in the kernel's own space.
    """
    means = kernel.mean(0)
    centred = kernel - means[None, :] - means[:, None] + kernel.mean()
    values, vectors = torch.linalg.eigh(centred)
    values, vectors = values.flip(0).clamp(min=0), vectors.flip(1)
    values = torch.where(values > values[0] * len(values) * 1e-15, values, 0.0)
    total = values.sum().clamp(min=1e-300)
    found = min(count, len(values))
    values, vectors = values[:found], vectors[:, :found]
    largest = vectors.abs().argmax(0, keepdim=True)
    vectors = vectors * torch.where(vectors.gather(0, largest) < 0, -1.0, 1.0)
    missing = (0, count - found)
    scores = torch.nn.functional.pad(vectors * values.sqrt(), missing)
    return scores, torch.nn.functional.pad(values / total, missing)


# ---- t-SNE (van der Maaten & Hinton 2008)


def affinities(points: Tensor, perplexity: float) -> Generator[int, None, Tensor]:
    """How near each pair is taken to be: (n, n), symmetric, 0 on the diagonal, summing to 1.

    Every point has a Gaussian of its own, as wide as it takes for the entropy of its neighbours
    to be ln perplexity; its width is found by bisection.

    Args:
        points: (n, units), float64, two at least.
        perplexity: below the number of points.

    Yields:
        Steps of the bisection done, of BISECTIONS.
    """
    away = squared_distances(points)
    count = len(points)
    wanted = torch.full((count, 1), perplexity, dtype=away.dtype).log()
    # In units of the nearest distances, so that no scale of the data leaves the bisection's range.
    scale = away.sum(1, keepdim=True) / max(count - 1, 1)
    away = away / torch.where(scale > 0, scale, torch.ones_like(scale))
    away = away.fill_diagonal_(torch.inf)
    away = away - away.amin(1, keepdim=True)
    low, high = torch.full_like(wanted, -20.0), torch.full_like(wanted, 40.0)
    shares = torch.empty_like(away)
    for step in range(BISECTIONS):
        middle = (low + high) / 2  # of the logarithm of the precision
        shares = torch.softmax(-away * middle.exp(), 1)
        entropy = -torch.special.xlogy(shares, shares).sum(1, keepdim=True)
        wide = entropy > wanted
        low, high = torch.where(wide, middle, low), torch.where(wide, high, middle)
        yield step + 1
    both = shares + shares.t()
    return both / both.sum()


def divergence(shares: Tensor, places: Tensor) -> float:
    """Kullback-Leibler divergence of a picture (n, dimensions) from the affinities (n, n)."""
    near = _nearness(places)
    given = (near / near.sum().clamp(min=SMALLEST)).clamp(min=SMALLEST)
    return torch.special.xlogy(shares, shares.clamp(min=SMALLEST) / given).sum().item()


def divergence_slope(shares: Tensor, places: Tensor) -> Tensor:
    """Its gradient (n, dimensions) with respect to the places."""
    near = _nearness(places)
    pull = torch.addcmul(shares * near, near, near, value=-1 / max(near.sum().item(), SMALLEST))
    return 4 * (pull.sum(1, keepdim=True) * places - pull @ places)


def _nearness(places: Tensor) -> Tensor:
    """Student's t kernel with one degree of freedom: 1 / (1 + squared distance), 0 to itself."""
    squares = places.square().sum(1)
    away = torch.addmm(squares, places, places.t(), alpha=-2).add_(squares[:, None]).clamp_(min=0)
    return away.add_(1).reciprocal_().fill_diagonal_(0)


def tsne(
    shares: Tensor, generator: torch.Generator, dimensions: int = 2
) -> Generator[tuple[int, Tensor], None, tuple[Tensor, float]]:
    """Gradient descent with momentum and gains of its own for every coordinate (Jacobs 1988).

    Args:
        shares: affinities (n, n).
        generator: draws the first places.
        dimensions: of the picture.

    Yields:
        Iterations done, and the places (n, dimensions) so far.

    Returns:
        The places, and their divergence.
    """
    shares = shares.float()
    exaggerated = EXAGGERATION * shares
    places = 1e-4 * torch.randn(len(shares), dimensions, generator=generator)
    moves, gains = torch.zeros_like(places), torch.ones_like(places)
    rate = max(len(shares) / EXAGGERATION / 4, LEAST_RATE)
    for step in range(ITERATIONS):
        early = step < EARLY
        slope = divergence_slope(exaggerated if early else shares, places)
        gains = torch.where(moves * slope < 0, gains + 0.2, gains * 0.8).clamp(min=0.01)
        moves = MOMENTA[0 if early else 1] * moves - rate * gains * slope
        places = places + moves
        yield step + 1, places
    return places - places.mean(0), divergence(shares, places)
