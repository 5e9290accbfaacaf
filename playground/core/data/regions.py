"""Two classes in the plane with a border of a given shape, and what a moon or a ring is.

Noise moves the border, as in TensorFlow Playground's circle, except where a set says otherwise.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from playground.core.data.generators import RADIUS, classified, halves, normal
from playground.core.data.model import Raw
from playground.core.random import Stream

_MOON_RADIUS = 3.0
_MOON_SHIFT = 0.75
_MOON_SPREAD = 0.15
_RINGS = ((0.0, 1.0), (1.8, 2.8), (3.8, 4.8))
_SQUARE = 2.5
_HEART = 3.4


def moons(stream: Stream, samples: int, noise: float) -> Raw:
    """Two half circles that reach into each other; noise scatters the points."""
    spread = (_MOON_SPREAD + noise / 50) ** 2
    rows: list[tuple[float, float, int]] = []
    for label, count in zip((1, 0), halves(samples), strict=True):
        side = 1 if label else -1
        for _ in range(count):
            angle = stream.uniform(0, math.pi)
            x = side * (_MOON_RADIUS * math.cos(angle) - _MOON_RADIUS / 2)
            y = side * (_MOON_RADIUS * math.sin(angle) - _MOON_SHIFT)
            rows.append((normal(stream, x, spread), normal(stream, y, spread), label))
    return classified(rows)


def rings(stream: Stream, samples: int, noise: float) -> Raw:
    """A disc and two rings around it, of alternating classes; noise scatters the points."""
    reach = noise / 25
    rows: list[tuple[float, float, int]] = []
    # As many points as there is room for: a ring's area goes with its two radii.
    areas = [high * high - low * low for low, high in _RINGS]
    ends = [round(samples * sum(areas[: k + 1]) / sum(areas)) for k in range(len(areas))]
    for place in range(samples):
        ring = next(k for k, end in enumerate(ends) if place < end)
        low, high = _RINGS[ring]
        radius = math.sqrt(stream.uniform(low * low, high * high))
        angle = stream.uniform(0, 2 * math.pi)
        x = radius * math.sin(angle) + stream.uniform(-1, 1) * reach
        y = radius * math.cos(angle) + stream.uniform(-1, 1) * reach
        rows.append((x, y, 1 - ring % 2))
    return classified(rows)


def _divided(inside: Callable[[float, float], bool]) -> Callable[[Stream, int, float], Raw]:
    """A set of points all over the square, of class 1 where `inside` says so."""

    def make(stream: Stream, samples: int, noise: float) -> Raw:
        level = noise / 100
        rows: list[tuple[float, float, int]] = []
        for _ in range(samples):
            x = stream.uniform(-RADIUS, RADIUS)
            y = stream.uniform(-RADIUS, RADIUS)
            noise_x = stream.uniform(-RADIUS, RADIUS) * level
            noise_y = stream.uniform(-RADIUS, RADIUS) * level
            rows.append((x, y, int(inside(x + noise_x, y + noise_y))))
        return classified(rows)

    return make


def _in_heart(x: float, y: float) -> bool:
    """(u² + v² − 1)³ < u²v³, the heart curve, scaled to fill the window."""
    u, v = x / _HEART, (y + 0.4) / _HEART
    return (u * u + v * v - 1) ** 3 < u * u * v**3


checkerboard = _divided(lambda x, y: (math.floor(x / _SQUARE) + math.floor(y / _SQUARE)) % 2 == 0)
"""Four by four squares of alternating classes."""

heart = _divided(_in_heart)
"""A heart."""

above_sine = _divided(lambda x, y: y > math.sin(x))
"""y > sin x."""

above_abs = _divided(lambda x, y: y > abs(x))
"""y > |x|."""

above_cubic = _divided(lambda x, y: y > 0.15 * x**3 - 1.5 * x)
"""y > 0.15x³ − 1.5x."""
