"""The point sets of TensorFlow Playground, by its formulas and in its order of random draws.

Each generator takes a stream, the number of points and the noise in percent, and returns `Raw`
with inputs (n, 2) inside about [−6, 6]². Class 1 is its label +1 (blue), class 0 its −1 (orange).
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from playground.core.data.model import Raw
from playground.core.random import Stream

RADIUS = 5.0
"""The sets for classification fill a disc or a square of this half-width."""

PLANE = ((-6.0, 6.0), (-6.0, 6.0))
"""The window of every two-dimensional set."""

SPIRAL_TURNS = 1.75
"""How often each arm of the two-armed spiral goes round."""

_XOR_GAP = 0.3
_REGRESSION_RADIUS = 6.0
_CONES = (
    (-4.0, 2.5, 1),
    (0.0, 2.5, -1),
    (4.0, 2.5, 1),
    (-4.0, -2.5, -1),
    (0.0, -2.5, 1),
    (4.0, -2.5, -1),
)


def circle(stream: Stream, samples: int, noise: float) -> Raw:
    """A disc of class 1 inside a ring of class 0. Noise moves the border, not the points."""
    level = noise / 100
    middle = RADIUS / 2
    bands = ((0.0, middle), (RADIUS * 0.7, RADIUS))
    rows: list[tuple[float, float, int]] = []
    for (low, high), count in zip(bands, halves(samples), strict=True):
        for _ in range(count):
            radius = stream.uniform(low, high)
            angle = stream.uniform(0, 2 * math.pi)
            x = radius * math.sin(angle)
            y = radius * math.cos(angle)
            noise_x = stream.uniform(-RADIUS, RADIUS) * level
            noise_y = stream.uniform(-RADIUS, RADIUS) * level
            inside = math.hypot(x + noise_x, y + noise_y) < middle
            rows.append((x, y, int(inside)))
    return classified(rows)


def xor(stream: Stream, samples: int, noise: float) -> Raw:
    """Class 1 where x and y have the same sign, with a gap along both axes."""
    level = noise / 100
    rows: list[tuple[float, float, int]] = []
    for _ in range(samples):
        x = _away_from_zero(stream.uniform(-RADIUS, RADIUS))
        y = _away_from_zero(stream.uniform(-RADIUS, RADIUS))
        noise_x = stream.uniform(-RADIUS, RADIUS) * level
        noise_y = stream.uniform(-RADIUS, RADIUS) * level
        rows.append((x, y, int((x + noise_x) * (y + noise_y) >= 0)))
    return classified(rows)


def gauss(stream: Stream, samples: int, noise: float) -> Raw:
    """Two Gaussian clouds."""
    variance = cloud_variance(noise)
    rows: list[tuple[float, float, int]] = []
    for (centre, label), count in zip(((2.0, 1), (-2.0, 0)), halves(samples), strict=True):
        for _ in range(count):
            x = normal(stream, centre, variance)
            y = normal(stream, centre, variance)
            rows.append((x, y, label))
    return classified(rows)


def spiral(stream: Stream, samples: int, noise: float) -> Raw:
    """Two interleaved spiral arms."""
    rows: list[tuple[float, float, int]] = []
    for (offset, label), count in zip(((0.0, 1), (math.pi, 0)), halves(samples), strict=True):
        rows += arm(stream, count, noise, offset=offset, turns=SPIRAL_TURNS, label=label)
    return classified(rows)


def reg_plane(stream: Stream, samples: int, noise: float) -> Raw:
    """A tilted plane, from −1 in one corner to +1 in the other."""
    rows = []
    for x, y, noisy_x, noisy_y in _square(stream, samples, noise):
        rows.append((x, y, (noisy_x + noisy_y) / 10))
    return _valued(rows)


def reg_gauss(stream: Stream, samples: int, noise: float) -> Raw:
    """Six cones on a flat ground, three up and three down."""
    rows = []
    for x, y, noisy_x, noisy_y in _square(stream, samples, noise):
        height = 0.0
        for centre_x, centre_y, sign in _CONES:
            distance = math.hypot(noisy_x - centre_x, noisy_y - centre_y)
            cone = sign * min(max(1 - distance / 2, 0.0), 1.0)
            if abs(cone) > abs(height):
                height = cone
        rows.append((x, y, height))
    return _valued(rows)


def normal(stream: Stream, mean: float, variance: float) -> float:
    """A Gaussian number by the polar Box–Muller method; its twin is thrown away."""
    while True:
        first = 2 * stream.random() - 1
        second = 2 * stream.random() - 1
        square = first * first + second * second
        if 0 < square <= 1:
            break
    return mean + math.sqrt(variance) * math.sqrt(-2 * math.log(square) / square) * first


def cloud_variance(noise: float) -> float:
    """Variance of a Gaussian cloud: 0.5 without noise, 4 at 50 %."""
    return 0.5 + (4 - 0.5) * noise / 50


def arm(
    stream: Stream, count: int, noise: float, *, offset: float, turns: float, label: int
) -> list[tuple[float, float, int]]:
    """One arm of a spiral, from the origin out to `RADIUS`.

    Args:
        offset: angle at which the arm starts, in radians.
        turns: how often it goes round.
    """
    level = noise / 100
    rows: list[tuple[float, float, int]] = []
    for place in range(count):
        share = place / count
        angle = turns * share * 2 * math.pi + offset
        x = share * RADIUS * math.sin(angle) + stream.uniform(-1, 1) * level
        y = share * RADIUS * math.cos(angle) + stream.uniform(-1, 1) * level
        rows.append((x, y, label))
    return rows


def halves(samples: int) -> tuple[int, int]:
    return samples - samples // 2, samples // 2


def classified(rows: list[tuple[float, float, int]]) -> Raw:
    """Rows (x, y, class index) as arrays."""
    table = np.array(rows, dtype=np.float64).reshape(-1, 3)
    return Raw(np.ascontiguousarray(table[:, :2]), table[:, 2].astype(np.int64))


def _valued(rows: list[tuple[float, float, float]]) -> Raw:
    table = np.array(rows, dtype=np.float64).reshape(-1, 3)
    return Raw(np.ascontiguousarray(table[:, :2]), table[:, 2].copy())


def _away_from_zero(value: float) -> float:
    return value + _XOR_GAP if value > 0 else value - _XOR_GAP


def _square(
    stream: Stream, samples: int, noise: float
) -> Iterable[tuple[float, float, float, float]]:
    """Points all over the window: x, y, and where the noise moves them for their value."""
    level = noise / 100
    for _ in range(samples):
        x = stream.uniform(-_REGRESSION_RADIUS, _REGRESSION_RADIUS)
        y = stream.uniform(-_REGRESSION_RADIUS, _REGRESSION_RADIUS)
        noise_x = stream.uniform(-_REGRESSION_RADIUS, _REGRESSION_RADIUS) * level
        noise_y = stream.uniform(-_REGRESSION_RADIUS, _REGRESSION_RADIUS) * level
        yield x, y, x + noise_x, y + noise_y
