"""Tables of vectors: who is near whom, differences of vectors, two tables in one plane."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

Measure = Literal["cosine", "euclidean"]
TINY = 1e-12  # a vector shorter than this has no direction


def closeness(table: Tensor, vector: Tensor, measure: Measure) -> Tensor:
    """How near each row of a table is to a vector; larger is nearer.

    Args:
        table: (entries, d).
        vector: (d,).
        measure: "cosine", the cosine of the angle, NaN where there is no direction; or "euclidean",
            minus the distance.

    Returns:
        (entries,).
    """
    if measure == "euclidean":
        return -(table - vector).norm(dim=1)
    lengths = table.norm(dim=1) * vector.norm()
    return torch.where(lengths > TINY, (table @ vector) / lengths, torch.nan)


def nearest(
    table: Tensor, vector: Tensor, measure: Measure, count: int, without: tuple[int, ...] = ()
) -> list[tuple[int, float]]:
    """The nearest rows of a table and what `closeness` (or the distance) is, the nearest first.

    Args:
        without: rows that are left out, such as the one asked about.

    Returns:
        Pairs of row and cosine, or row and distance; rows without direction have no cosine and are
        left out.
    """
    found = closeness(table, vector, measure)
    found[list(without)] = torch.nan
    known = found.isfinite()
    ordered = torch.where(known, found, -torch.inf).sort(descending=True, stable=True).indices
    sign = -1.0 if measure == "euclidean" else 1.0
    rows = ordered[: min(count, int(known.sum()))].tolist()
    return [(row, sign * found[row].item()) for row in rows]


def analogy(
    table: Tensor, terms: tuple[int, int, int], measure: Measure, count: int
) -> list[tuple[int, float]]:
    """first − second + third, and the rows nearest to it but those three (Mikolov et al. 2013).

    With cosine the three are brought to length 1 first, as word2vec does: so a long vector has no
    louder voice than a short one.
    """
    rows = table[list(terms)]
    if measure == "cosine":
        rows = rows / rows.norm(dim=1, keepdim=True).clamp(min=TINY)
    vector = rows[0] - rows[1] + rows[2]
    return nearest(table, vector, measure, count, terms)


@dataclass(frozen=True, eq=False)
class Factors:
    """Two tables in the coordinates in which their products fall apart into single factors.

    Attributes:
        first: (m, k), the rows of the first table.
        second: (n, k).
        strengths: (k,) singular values of the matrix of all products, the largest first.
    """

    first: Tensor
    second: Tensor
    strengths: Tensor

    @property
    def ratios(self) -> list[float]:
        """Shares of the sum of squares of all products."""
        squares = self.strengths.square()
        total = squares.sum().item()
        return (squares / total).tolist() if total > 0 else [0.0] * len(squares)


def factors(first: Tensor, second: Tensor) -> Factors:
    """The two tables turned and stretched so that no product of their rows changes.

    A network that multiplies them knows the product alone: any invertible matrix on one table and
    its inverse on the other leave it as it is, so the axes that were learned mean nothing. The
    singular value decomposition of the product U Vᵀ = P S Qᵀ gives axes that do: P S^½ and Q S^½
    (the biplot of Gabriel 1971), by falling strength. It is had from the d × d product of the two
    triangular factors of a QR, never from the product itself.

    Args:
        first: (m, d).
        second: (n, d).

    Returns:
        Of the signs each factor has the one that makes the sum of cubes of all its coordinates
        positive; `steady` keeps them from frame to frame.
    """
    q1, r1 = torch.linalg.qr(first)
    q2, r2 = torch.linalg.qr(second)
    left, strengths, right = torch.linalg.svd(r1 @ r2.t(), full_matrices=False)
    root = strengths.sqrt()
    found = Factors(q1 @ left * root, q2 @ right.t() * root, strengths)
    skew = found.first.pow(3).sum(0) + found.second.pow(3).sum(0)
    return _turned(found, torch.where(skew < 0, -1.0, 1.0))


def steady(found: Factors, before: Factors | None) -> Factors:
    """The same factors with the signs that agree with those of an earlier moment."""
    if before is None or before.first.shape != found.first.shape:
        return found
    agreement = (found.first * before.first).sum(0) + (found.second * before.second).sum(0)
    return _turned(found, torch.where(agreement < 0, -1.0, 1.0))


def _turned(found: Factors, signs: Tensor) -> Factors:
    return Factors(found.first * signs, found.second * signs, found.strengths)
