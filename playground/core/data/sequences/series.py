"""Series of numbers of which the next value is forecast: waves, and deterministic chaos.

Every maker returns (count, length + 1) values of about unit size: what is read, and behind it the
value that follows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from playground.core.data.sequences.settings import SequenceSettings

PERIODS = (10.0, 40.0)
"""Least and greatest period of a wave, in places."""

LOGISTIC_RATE = 3.9
MACKEY_GLASS_DELAY = 17
LORENZ_STEP = 0.02

_BURN_IN = 300
_GAP = 7  # values between two windows of one orbit
_FINE = 10  # steps of the integration for each value of Mackey and Glass
_LORENZ_EVERY = 4
_LORENZ_SCALE = 18.0
_ORBITS = 64


def waves(
    random: np.random.Generator, count: int, length: int, settings: SequenceSettings
) -> np.ndarray:
    """Waves, each with a period and a phase of its own."""
    places = np.arange(length + 1)
    period = random.uniform(*PERIODS, (count, 1))
    phase = random.uniform(0, 2 * np.pi, (count, 1))
    wave = np.sin(2 * np.pi * places / period + phase)
    if settings.wave == "square":
        return np.where(wave >= 0, 0.9, -0.9)
    if settings.wave == "sum":
        other = random.uniform(*PERIODS, (count, 1))
        shift = random.uniform(0, 2 * np.pi, (count, 1))
        return 0.5 * wave + 0.5 * np.sin(2 * np.pi * places / other + shift)
    return wave


def chaos(
    random: np.random.Generator, count: int, length: int, settings: SequenceSettings
) -> np.ndarray:
    """Windows of chaotic orbits that share no value with each other."""
    orbits = min(count, _ORBITS)
    windows = -(-count // orbits)
    span = length + 1 + _GAP
    orbit = _CHAOS[settings.chaos](random, orbits, windows * span)
    cut = orbit.reshape(orbits, windows, span)[:, :, : length + 1]
    return cut.transpose(1, 0, 2).reshape(-1, length + 1)[:count]


def logistic(random: np.random.Generator, orbits: int, steps: int) -> np.ndarray:
    """x → r x (1 − x) with r = 3.9, moved from [0, 1] to [−1, 1]: (orbits, steps)."""
    x = random.uniform(0.1, 0.9, orbits)
    for _ in range(_BURN_IN):
        x = LOGISTIC_RATE * x * (1 - x)
    values = np.empty((steps, orbits))
    for step in range(steps):
        x = LOGISTIC_RATE * x * (1 - x)
        values[step] = x
    return 2 * values.T - 1


def mackey_glass(random: np.random.Generator, orbits: int, steps: int) -> np.ndarray:
    """Mackey and Glass (1977): x' = 0.2 x(t − 17) / (1 + x(t − 17)¹⁰) − 0.1 x, a value each unit.

    Euler's method in steps of a tenth; the mean of about 0.93 is taken off.
    """
    delay, step = MACKEY_GLASS_DELAY * _FINE, 1 / _FINE
    total = (steps + _BURN_IN) * _FINE
    x = np.empty((delay + total + 1, orbits))
    x[: delay + 1] = 1.2 + random.uniform(-0.2, 0.2, (delay + 1, orbits))
    for now in range(delay, delay + total):
        late = x[now - delay]
        x[now + 1] = x[now] + step * (0.2 * late / (1 + late**10) - 0.1 * x[now])
    values = x[delay + _BURN_IN * _FINE + 1 :: _FINE]
    return 2 * (values[:steps].T - 0.93)


def lorenz(random: np.random.Generator, orbits: int, steps: int) -> np.ndarray:
    """x of Lorenz's system (σ = 10, ρ = 28, β = 8/3) every 0.08 units, by Runge and Kutta."""
    state = random.uniform(-1, 1, (3, orbits)) + np.array([[1.0], [1.0], [25.0]])
    values = np.empty((steps, orbits))
    for step in range(-_BURN_IN, steps):
        for _ in range(_LORENZ_EVERY):
            state = _runge_kutta(state, LORENZ_STEP)
        if step >= 0:
            values[step] = state[0]
    return values.T / _LORENZ_SCALE


def _runge_kutta(state: np.ndarray, step: float) -> np.ndarray:
    first = _lorenz_slope(state)
    second = _lorenz_slope(state + step / 2 * first)
    third = _lorenz_slope(state + step / 2 * second)
    fourth = _lorenz_slope(state + step * third)
    return state + step / 6 * (first + 2 * second + 2 * third + fourth)


def _lorenz_slope(state: np.ndarray) -> np.ndarray:
    x, y, z = state
    return np.stack((10 * (y - x), x * (28 - z) - y, x * y - 8 / 3 * z))


_CHAOS = {"logistic": logistic, "mackey_glass": mackey_glass, "lorenz": lorenz}
