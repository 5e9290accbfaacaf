"""Waves and chaos: held to their equations."""

from __future__ import annotations

import numpy as np
import pytest

from playground.core.data.sequences import series
from playground.core.data.sequences.settings import SequenceSettings


def rng(seed=1):
    return np.random.default_rng(seed)


def test_a_sine_follows_its_recurrence():
    values = series.waves(rng(), 40, 50, SequenceSettings())
    assert values.shape == (40, 51) and np.abs(values).max() <= 1
    # sin((k + 1) w) + sin((k − 1) w) = 2 cos(w) sin(k w), with one w for each row.
    ahead, here = values[:, 2:] + values[:, :-2], values[:, 1:-1]
    slope = (ahead * here).sum(1) / (here * here).sum(1)
    np.testing.assert_allclose(ahead, slope[:, None] * here, atol=1e-9)
    period = 2 * np.pi / np.arccos(slope / 2)
    assert period.min() >= series.PERIODS[0] - 1e-6 and period.max() <= series.PERIODS[1] + 1e-6


@pytest.mark.parametrize("wave", ["sum", "square"])
def test_other_waves_stay_within_one(wave):
    values = series.waves(rng(), 20, 60, SequenceSettings(wave=wave))
    assert np.abs(values).max() <= 1
    if wave == "square":
        assert set(np.unique(values)) == {-0.9, 0.9}


def test_the_logistic_map():
    x = (series.chaos(rng(), 30, 40, SequenceSettings(chaos="logistic")) + 1) / 2
    np.testing.assert_allclose(
        x[:, 1:], series.LOGISTIC_RATE * x[:, :-1] * (1 - x[:, :-1]), atol=1e-12
    )


def test_mackey_glass_obeys_its_equation():
    x = series.mackey_glass(rng(), 3, 400) / 2 + 0.93
    assert x.min() > 0.2 and x.max() < 1.5
    # Central differences over two units of smooth curves, against the right-hand side.
    delay = series.MACKEY_GLASS_DELAY
    slope = (x[:, delay + 1 :] - x[:, delay - 1 : -2]) / 2
    late, now = x[:, : -delay - 1], x[:, delay:-1]
    right = 0.2 * late / (1 + late**10) - 0.1 * now
    assert np.abs(slope - right).max() < 0.02 and np.abs(right).max() > 0.05


def test_lorenz_against_a_finer_integration():
    state = np.array([[1.0], [2.0], [20.0]])
    coarse = state
    for _ in range(4):
        coarse = series._runge_kutta(coarse, series.LORENZ_STEP)
    fine = state
    for _ in range(8000):
        fine = fine + series.LORENZ_STEP / 2000 * series._lorenz_slope(fine)
    np.testing.assert_allclose(coarse, fine, rtol=2e-3)
    values = series.lorenz(rng(), 5, 300)
    assert 0.7 < np.abs(values).max() < 1.3 and (values > 0).any() and (values < 0).any()


@pytest.mark.parametrize("name", ["logistic", "mackey_glass", "lorenz"])
def test_windows_share_no_value(name):
    windows = series.chaos(rng(), 100, 20, SequenceSettings(chaos=name))
    assert windows.shape == (100, 21)
    assert len(np.unique(windows)) == windows.size
