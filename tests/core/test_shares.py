"""Intervals of shares: they cover what they claim, and agree with an independent computation."""

import numpy as np
import pytest
from scipy import stats

from playground.core.shares import success_interval


@pytest.mark.parametrize("level", [0.8, 0.95, 0.99])
@pytest.mark.parametrize("trials", [1, 2, 7, 64, 256])
def test_the_interval_is_that_of_scipy(trials: int, level: float) -> None:
    for successes in {0, 1, trials // 3, trials - 1, trials}:
        found = success_interval(successes, trials, level)
        other = stats.binomtest(successes, trials).proportion_ci(level, method="exact")
        assert found == pytest.approx((other.low, other.high), abs=1e-9)


def test_intervals_cover_what_they_claim_on_simulated_runs() -> None:
    """Of many experiments of Bernoulli runs, at least so many intervals contain the truth."""
    random = np.random.default_rng(6)
    experiments = 4000
    for trials in (8, 16, 64):
        for truth in (0.02, 0.3, 0.5, 0.9, 0.99):
            runs = random.random((experiments, trials)) < truth
            bounds = np.array([success_interval(int(k), trials) for k in runs.sum(axis=1)])
            covered = ((bounds[:, 0] <= truth) & (truth <= bounds[:, 1])).mean()
            # Three standard errors of the simulation itself.
            assert covered >= 0.95 - 3 * np.sqrt(0.95 * 0.05 / experiments), (trials, truth)


@pytest.mark.parametrize("trials", [1, 5, 16, 33])
def test_no_probability_is_covered_too_seldom(trials: int) -> None:
    """The exact coverage, over a fine grid of probabilities."""
    bounds = [success_interval(k, trials, 0.9) for k in range(trials + 1)]
    for truth in np.linspace(0.001, 0.999, 333):
        chances = stats.binom.pmf(np.arange(trials + 1), trials, truth)
        inside = [low <= truth <= high for low, high in bounds]
        assert chances[inside].sum() >= 0.9 - 1e-9


def test_its_ends() -> None:
    assert success_interval(0, 10)[0] == 0
    assert success_interval(10, 10)[1] == 1
    low, high = success_interval(3, 10)
    assert 0 < low < 0.3 < high < 1
    narrow = success_interval(30, 100)
    assert low < narrow[0] < 0.3 < narrow[1] < high


@pytest.mark.parametrize("asked", [(-1, 4), (5, 4), (0, 0), (1, 2, 0.0), (1, 2, 1.0)])
def test_what_is_no_share_is_refused(asked: tuple[int, int]) -> None:
    with pytest.raises(ValueError):
        success_interval(*asked)
