"""A data set as a picture the size of a button."""

from collections.abc import Sequence
from html import escape

import numpy as np

from playground.figures.palette import CLASSES, NEGATIVE, POSITIVE

STRENGTHS = 4  # opacities in which values are drawn, so that the picture stays a few paths


def thumbnail(
    points: np.ndarray,
    *,
    task: str,
    window: Sequence[float],
    title: str,
    family: str = "points",
    size: int = 56,
    radius: float = 1.3,
) -> str:
    """An SVG of points in a plane, in the colours of their classes or values.

    Args:
        points: (n, 3): x, y, class index or value.
        task: "binary", "multiclass" or "regression".
        window: x0, x1, y0, y1, what the picture shows.
        title: what it shows, for those who cannot see it.
        family: "line" for y over x, where the height says the value and all dots look alike.
        size: side, in pixels.
        radius: of a dot, in pixels.
    """
    x0, x1, y0, y1 = window
    inner = size - 2 * radius
    across = radius + (points[:, 0] - x0) / (x1 - x0) * inner
    down = radius + (y1 - points[:, 1]) / (y1 - y0) * inner
    groups: dict[tuple[str, float], list[str]] = {}
    for ink, x, y in zip(_inks(points[:, 2], task, family), across, down, strict=True):
        groups.setdefault(ink, []).append(f"M{x:.1f} {y:.1f}h0")
    paths = [
        f'<path d="{"".join(dots)}" stroke="{color}" stroke-opacity="{opacity:g}"/>'
        for (color, opacity), dots in groups.items()
    ]
    name = escape(title)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}" width="{size}" '
        f'height="{size}" role="img" aria-label="{name}"><title>{name}</title>'
        f'<g stroke-width="{2 * radius:g}" stroke-linecap="round">{"".join(paths)}</g></svg>'
    )


def _inks(values: np.ndarray, task: str, family: str) -> list[tuple[str, float]]:
    """Colour and opacity of each point; a weak value fades, whatever is behind it."""
    if family == "line":
        return [(POSITIVE, 0.9)] * len(values)
    if task == "binary":
        return [((NEGATIVE, POSITIVE)[int(value)], 1.0) for value in values]
    if task == "multiclass":
        return [(CLASSES[int(value) % len(CLASSES)], 1.0) for value in values]
    largest = float(np.abs(values).max()) or 1.0
    strength = np.ceil(np.abs(values) / largest * STRENGTHS).clip(1) / STRENGTHS
    return [
        (POSITIVE if value > 0 else NEGATIVE, float(level))
        for value, level in zip(values, strength, strict=True)
    ]
