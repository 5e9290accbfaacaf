"""What is predicted without a network: means of the known ratings, and biases.

Koren, Bell & Volinsky (2009), Matrix factorization techniques for recommender systems, call the
last one baseline predictors.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

RIDGE = 1.0  # each bias is drawn to 0 as if by one more rating that lies on the mean


@dataclass(frozen=True, eq=False)
class Baselines:
    """Predictions of one training part.

    Attributes:
        mean: of all ratings.
        user_means: (users,); who has no rating gets the mean of all.
        item_means: (items,), likewise.
        user_biases, item_biases: (users,), (items,): what is to be added to the mean.
    """

    mean: float
    user_means: np.ndarray
    item_means: np.ndarray
    user_biases: np.ndarray
    item_biases: np.ndarray

    def predictions(self, pairs: np.ndarray) -> dict[str, np.ndarray]:
        """What each baseline says of pairs (n, 2) of user and item, (n,) each."""
        users, items = pairs[:, 0], pairs[:, 1]
        return {
            "global": np.full(len(pairs), self.mean),
            "user": self.user_means[users],
            "item": self.item_means[items],
            "bias": self.mean + self.user_biases[users] + self.item_biases[items],
        }


def fit(pairs: np.ndarray, ratings: np.ndarray, users: int, items: int) -> Baselines:
    """
    Args:
        pairs: int64 (n, 2), user and item of each training rating, n > 0.
        ratings: float64 (n,).
        users, items: how many there are.
    """
    mean = float(ratings.mean())
    first, second = pairs[:, 0], pairs[:, 1]
    user_biases, item_biases = _biases(first, second, ratings - mean, users, items)
    return Baselines(
        mean,
        _means(first, ratings, users, mean),
        _means(second, ratings, items, mean),
        user_biases,
        item_biases,
    )


def _means(places: np.ndarray, ratings: np.ndarray, count: int, mean: float) -> np.ndarray:
    often = np.bincount(places, minlength=count)
    total = np.bincount(places, ratings, minlength=count)
    return np.where(often > 0, total / np.maximum(often, 1), mean)


def _biases(
    first: np.ndarray, second: np.ndarray, left: np.ndarray, users: int, items: int
) -> tuple[np.ndarray, np.ndarray]:
    """argmin Σ (left − b_u − b_i)² + RIDGE (Σ b_u² + Σ b_i²), exactly.

    The users' biases follow from the items': what remains is one linear system of the smaller
    side, a Schur complement of the normal equations.
    """
    if items > users:
        item_biases, user_biases = _biases(second, first, left, items, users)
        return user_biases, item_biases
    counts = np.zeros((users, items))
    np.add.at(counts, (first, second), 1.0)
    by_user = counts.sum(axis=1) + RIDGE
    by_item = counts.sum(axis=0) + RIDGE
    user_sums = np.bincount(first, left, minlength=users)
    item_sums = np.bincount(second, left, minlength=items)
    shared = counts / by_user[:, None]
    system = np.diag(by_item) - counts.T @ shared
    item_biases = np.linalg.solve(system, item_sums - shared.T @ user_sums)
    return (user_sums - counts @ item_biases) / by_user, item_biases


def rmse(predicted: np.ndarray, ratings: np.ndarray) -> float | None:
    """Root of the mean squared error; None of no rating at all."""
    if not len(ratings):
        return None
    return float(np.sqrt(np.mean(np.square(predicted - ratings))))
