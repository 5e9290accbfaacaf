"""Eigenvalues of a symmetric matrix that can only be multiplied by vectors.

Lanczos' method (1950) with all vectors kept orthogonal: a Krylov space of a few dozen vectors holds
the ends of the spectrum to many digits, and, from random vectors, its density (stochastic Lanczos
quadrature; Ubaru, Chen & Saad 2017, Ghorbani, Krishnan & Xiao 2019).
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, TypeVar

import torch
from torch import Tensor

Product = Callable[[Tensor], Tensor]
Result = TypeVar("Result")
EXHAUSTED = 1e-10  # of the largest value: what is left of a vector that is nothing but rounding
NOISE = 0.05  # beside eigenvectors of length 1, to find what is new
EVERY = 3  # steps between two looks at what was found


@dataclass(frozen=True, eq=False)
class Ritz:
    """What a Krylov space of m vectors knows of a matrix (n, n).

    Attributes:
        values: rising, (m,) float64.
        vectors: (m, n), orthonormal.
        residuals: (m,); an eigenvalue lies within this distance of each value.
        weights: (m,), share of the start vector along each; they sum to 1.
    """

    values: Tensor
    vectors: Tensor
    residuals: Tensor
    weights: Tensor


def lanczos_steps(
    product: Product,
    start: Tensor,
    steps: int,
    wanted: tuple[int, int] | None = None,
    tolerance: float = 0.0,
) -> Generator[float, None, Ritz | None]:
    """Eigenvalues at the ends of a spectrum, a product at a time.

    Args:
        product: v ↦ Av for vectors (n,) float64.
        start: (n,), not 0.
        steps: most products to take.
        wanted: how many values from the top and from the bottom must be known before it stops
            early; None takes all steps.
        tolerance: to what residual: at the top relative to the largest value, at the bottom to the
            largest absolute one.

    Yields:
        The share of `steps` that is done.

    Returns:
        None where a product is not finite.
    """
    space, most = _Krylov(start), min(steps, len(start))
    for step in range(most):
        if not space.extend(product):
            return None
        if space.exhausted:
            break
        if wanted is not None and step % EVERY == EVERY - 1 and space.knows(*wanted, tolerance):
            break
        yield (step + 1) / most
    return space.result()


def lanczos(
    product: Product,
    start: Tensor,
    steps: int,
    wanted: tuple[int, int] | None = None,
    tolerance: float = 0.0,
) -> Ritz | None:
    """`lanczos_steps` without a pause."""
    return finished(lanczos_steps(product, start, steps, wanted, tolerance))


def finished(steps: Generator[Any, None, Result]) -> Result:
    """What a generator returns."""
    while True:
        try:
            next(steps)
        except StopIteration as stop:
            return stop.value


class _Krylov:
    """The vectors start, A·start, A²·start … made orthonormal, and A among them: tridiagonal."""

    def __init__(self, start: Tensor) -> None:
        self._next = start.double() / start.double().norm()
        self._basis = self._next.new_empty((0, len(start)))
        self._diagonal: list[float] = []
        self._beside: list[float] = []
        self.exhausted = False

    def extend(self, product: Product) -> bool:
        """One more product; False where it is not finite."""
        vector = self._next
        image = product(vector)
        if not torch.isfinite(image).all():
            return False
        self._basis = torch.cat((self._basis, vector[None]))
        self._diagonal.append(torch.dot(vector, image).item())
        scale = image.norm().item()
        for _ in range(2):  # twice is enough (Parlett 1980)
            image = image - self._basis.t() @ (self._basis @ image)
        rest = image.norm().item()
        largest = max(map(abs, (*self._diagonal, *self._beside, scale)))
        self.exhausted = rest <= EXHAUSTED * largest or rest == 0
        self._beside.append(0.0 if self.exhausted else rest)
        if not self.exhausted:
            self._next = image / rest
        return True

    def knows(self, top: int, bottom: int, tolerance: float) -> bool:
        """Whether so many values at the ends are known to this tolerance."""
        values, residuals, _, _ = self.ritz()
        return (
            len(values) >= top + bottom
            and bool((residuals[len(values) - top :] <= tolerance * values[-1].abs()).all())
            and bool((residuals[:bottom] <= tolerance * values.abs().max()).all())
        )

    def ritz(self) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Values, residuals, weights, and the vectors in the space's own coordinates."""
        matrix = torch.diag(torch.tensor(self._diagonal, dtype=torch.float64))
        if len(self._diagonal) > 1:
            side = torch.tensor(self._beside[:-1], dtype=torch.float64)
            matrix += torch.diag(side, 1) + torch.diag(side, -1)
        values, inner = torch.linalg.eigh(matrix)
        return values, (self._beside[-1] * inner[-1]).abs(), inner[0].square(), inner

    def result(self) -> Ritz:
        values, residuals, weights, inner = self.ritz()
        return Ritz(values, inner.t() @ self._basis, residuals, weights)


@dataclass(frozen=True, eq=False)
class Leading:
    """The ends of a spectrum.

    Attributes:
        values: the largest ones, falling, (k,).
        vectors: (k, n), unit vectors whose sign is held from one time to the next.
        residuals: (k,); an eigenvalue lies within this distance of each value.
        lowest: the most negative (or smallest) value.
        lowest_vector: (n,).
    """

    values: Tensor
    vectors: Tensor
    residuals: Tensor
    lowest: float
    lowest_vector: Tensor


class Follower:
    """Follows the ends of the spectrum of a matrix that changes a little from time to time.

    The start vector is the sum of the eigenvectors found last and a little noise: a Krylov space
    that starts among the wanted vectors holds them after a few products, and the noise finds what
    is new.
    """

    def __init__(self, count: int, steps: int, tolerance: float) -> None:
        self._count, self._steps, self._tolerance = count, steps, tolerance
        self._generator = torch.Generator().manual_seed(0)
        self._before: Tensor | None = None  # (count + 1, n), the lowest one last

    def follow(self, product: Product, size: int) -> Leading | None:
        """`follow_steps` without a pause."""
        return finished(self.follow_steps(product, size))

    def follow_steps(self, product: Product, size: int) -> Generator[float, None, Leading | None]:
        """The ends now, a product at a time; None where one is not finite."""
        noise = torch.randn(size, dtype=torch.float64, generator=self._generator)
        start = noise / noise.norm()
        if self._before is not None and self._before.shape[1] == size:
            start = self._before.sum(0) + NOISE * start
        else:
            self._before = None
        found = yield from lanczos_steps(
            product, start, self._steps, (self._count, 1), self._tolerance
        )
        if found is None:
            return None
        count = min(self._count, len(found.values))
        chosen = torch.cat((found.vectors.flip(0)[:count], found.vectors[:1]))
        if self._before is not None:
            before = self._before
            overlap = chosen @ before.t()
            # Of the earlier ones, each is compared with the one it resembles most.
            nearest = overlap.gather(1, overlap.abs().argmax(1, keepdim=True))
            chosen = chosen * torch.where(nearest < 0, -1.0, 1.0)
        else:
            largest = chosen.gather(1, chosen.abs().argmax(1, keepdim=True))
            chosen = chosen * torch.where(largest < 0, -1.0, 1.0)
        self._before = chosen
        return Leading(
            values=found.values.flip(0)[:count],
            vectors=chosen[:-1],
            residuals=found.residuals.flip(0)[:count],
            lowest=found.values[0].item(),
            lowest_vector=chosen[-1],
        )


def density_nodes(
    product: Product, size: int, probes: int, steps: int, generator: torch.Generator
) -> Generator[float, None, tuple[Tensor, Tensor] | None]:
    """Stochastic Lanczos quadrature: nodes and weights whose sum stands for the spectrum.

    Yields:
        The share that is done, a few milliseconds of work apart.

    Returns:
        Nodes (m,), rising, and weights (m,) that sum to 1: for smooth f, Σ w·f(node) approximates
        the mean of f over all eigenvalues. None where a product is not finite.
    """
    done, all_nodes, all_weights = 0, [], []
    steps = min(steps, size)
    for _ in range(probes):
        signs = torch.randint(0, 2, (size,), generator=generator).double().mul_(2).sub_(1)
        space = _Krylov(signs)
        for step in range(steps):
            if not space.extend(product):
                return None
            yield (done + step + 1) / (probes * steps)
            if space.exhausted:
                break
        done += steps
        nodes, _, weights, _ = space.ritz()
        all_nodes.append(nodes)
        all_weights.append(weights / probes)
    nodes, order = torch.cat(all_nodes).sort()
    return nodes, torch.cat(all_weights)[order]
