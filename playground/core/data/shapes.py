"""Point sets of this project's own: many classes in the plane, and curves over one input."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from playground.core.data.generators import (
    RADIUS,
    SPIRAL_TURNS,
    arm,
    classified,
    cloud_variance,
    normal,
)
from playground.core.data.model import Raw
from playground.core.random import Stream

_BLOB_RADIUS = 3.5
_LINE_HALF_WIDTH = 2.0
_LINE_NOISE = 0.05
_SINE_NOISE = 0.01

LINE_WINDOW = ((-2.5, 2.5), (-8.0, 12.0))
SINE_WINDOW = ((-6.0, 6.0), (-2.0, 2.0))
STEP_WINDOW = ((-6.0, 6.0), (-2.0, 2.0))
POLYNOMIAL_WINDOW = ((-2.5, 2.5), (-6.0, 6.0))


def blobs(stream: Stream, samples: int, noise: float, classes: int) -> Raw:
    """Gaussian clouds with their centres on a circle, one class each."""
    variance = cloud_variance(noise)
    rows: list[tuple[float, float, int]] = []
    for label, count in enumerate(_shares(samples, classes)):
        angle = 2 * math.pi * label / classes
        centre_x, centre_y = _BLOB_RADIUS * math.sin(angle), _BLOB_RADIUS * math.cos(angle)
        for _ in range(count):
            x = normal(stream, centre_x, variance)
            y = normal(stream, centre_y, variance)
            rows.append((x, y, label))
    return classified(rows)


def spirals(stream: Stream, samples: int, noise: float, classes: int) -> Raw:
    """As many spiral arms as classes.

    The more arms, the fewer turns, so that neighbouring arms lie as far apart as in the
    two-armed spiral.
    """
    turns = 2 * SPIRAL_TURNS / classes
    rows: list[tuple[float, float, int]] = []
    for label, count in enumerate(_shares(samples, classes)):
        offset = 2 * math.pi * label / classes
        rows += arm(stream, count, noise, offset=offset, turns=turns, label=label)
    return classified(rows)


def line(stream: Stream, samples: int, noise: float) -> Raw:
    """y = 3x + 2 for x in [−2, 2), with Gaussian noise of standard deviation 0.05 per percent."""
    return _curve(stream, samples, _LINE_HALF_WIDTH, _LINE_NOISE * noise, lambda x: 3 * x + 2)


def sine(stream: Stream, samples: int, noise: float) -> Raw:
    """y = sin x for x in [−5, 5), with Gaussian noise of standard deviation 0.01 per percent."""
    return _curve(stream, samples, RADIUS, _SINE_NOISE * noise, math.sin)


def step(stream: Stream, samples: int, noise: float) -> Raw:
    """y = −1 left of 0 and +1 from there on, for x in [−5, 5), with the noise of `sine`."""
    return _curve(stream, samples, RADIUS, _SINE_NOISE * noise, lambda x: 1.0 if x >= 0 else -1.0)


def polynomial(stream: Stream, samples: int, noise: float) -> Raw:
    """y = x³ − 2x for x in [−2, 2), with the noise of `line`."""
    spread = _LINE_NOISE * noise
    return _curve(stream, samples, _LINE_HALF_WIDTH, spread, lambda x: x**3 - 2 * x)


def _curve(
    stream: Stream, samples: int, half: float, spread: float, value: Callable[[float], float]
) -> Raw:
    """Values over x in [−half, half), with Gaussian noise of this standard deviation."""
    inputs, targets = np.empty((samples, 1)), np.empty(samples)
    for row in range(samples):
        x = stream.uniform(-half, half)
        inputs[row] = x
        targets[row] = normal(stream, value(x), spread**2)
    return Raw(inputs, targets)


def _shares(samples: int, classes: int) -> list[int]:
    """The points dealt to the classes as evenly as they go."""
    return [samples * (k + 1) // classes - samples * k // classes for k in range(classes)]
