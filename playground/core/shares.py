"""How sure one may be of a share: so many of so many runs succeeded."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np

LEVEL = 0.95
HALVINGS = 60  # of the interval in which a bound is sought: finer than float64


@lru_cache(maxsize=1024)
def success_interval(successes: int, trials: int, level: float = LEVEL) -> tuple[float, float]:
    """The exact interval of Clopper and Pearson (1934, Biometrika 26, 404-413) for a probability.

    Whatever the true probability is, the interval contains it in at least `level` of all
    experiments; Wilson's, which is shorter, falls to 83 % near 0 and 1, where shares of networks
    that succeed often lie.

    Args:
        successes: 0 to trials.
        trials: at least one, independent of each other.
        level: between 0 and 1.

    Returns:
        (low, high), both ends within 0 and 1.
    """
    if not 0 <= successes <= trials or trials < 1 or not 0 < level < 1:
        raise ValueError((successes, trials, level))
    tail = (1 - level) / 2
    low = 0.0
    if successes > 0:
        # The least p for which so many successes or more are no rarer than a tail.
        low = _where(lambda p: _at_least(successes, trials, p) >= tail)
    high = 1.0
    if successes < trials:
        high = 1 - _where(lambda q: _at_least(trials - successes, trials, q) >= tail)
    return low, high


def _where(true: Callable[[float], bool]) -> float:
    """The probability at which a statement that is false at 0 and true at 1 becomes true."""
    low, high = 0.0, 1.0
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if true(middle) else (middle, high)
    return (low + high) / 2


def _at_least(successes: int, trials: int, probability: float) -> float:
    """The probability of so many successes or more."""
    if probability <= 0:
        return 0.0
    if probability >= 1:
        return 1.0
    count = np.arange(successes, trials + 1)
    logs = _log_choices(trials)[successes:]
    logs = logs + count * np.log(probability) + (trials - count) * np.log1p(-probability)
    return float(np.exp(logs).sum())


@lru_cache(maxsize=64)
def _log_choices(trials: int) -> np.ndarray:
    """Logarithms of the binomial coefficients of `trials`, (trials + 1,)."""
    steps = np.log(np.arange(trials, 0, -1.0)) - np.log(np.arange(1.0, trials + 1))
    return np.concatenate(([0.0], np.cumsum(steps)))
