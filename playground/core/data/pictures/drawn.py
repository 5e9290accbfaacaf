"""Drawn shapes: ten kinds, told apart in any rotation, on pictures of 32×32 pixels in colour.

Each shape is a signed distance: below 0 inside, above it outside, in units of its radius. What a
pixel takes of the shape's colour is how much of it lies inside, so edges are smooth (the distance
to the edge in pixels, cut off at half a pixel to either side). All pictures of a kind are drawn
at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

SIDE = 32
LARGEST = 0.9  # of half a side: the radius of the largest shape
GAP = 0.45  # least distance of luminance between a shape and what is behind it, before the cut
Colors = Literal["free", "fixed", "by_class"]
Background = Literal["plain", "gradient", "clouds"]
Numbers = np.ndarray


@dataclass(frozen=True)
class Looks:
    """How shapes are drawn.

    Attributes:
        colors: any colours that differ enough, white on black, or a hue of each kind's own.
        background: one colour, a slope between two, or clouds of colour.
        rotation: greatest turn to either side, in degrees; 180 is any.
        smallest: radius of the smallest shape, in percent of the largest.
        clutter: bars and dots that lie behind the shape.
        noise: standard deviation of what is added to every value, in percent of the range.
    """

    colors: Colors = "free"
    background: Background = "plain"
    rotation: int = 180
    smallest: int = 50
    clutter: int = 0
    noise: int = 0


# ---- the ten kinds, at u to the right and v downwards, none reaching beyond the unit circle


def _circle(u: Numbers, v: Numbers) -> Numbers:
    return np.hypot(u, v) - 0.85


def _ring(u: Numbers, v: Numbers) -> Numbers:
    return np.abs(np.hypot(u, v) - 0.72) - 0.2


def _crescent(u: Numbers, v: Numbers) -> Numbers:
    return np.maximum(np.hypot(u, v) - 0.95, 0.78 - np.hypot(u - 0.5, v))


def _polygon(u: Numbers, v: Numbers, corners: int, inner: float) -> Numbers:
    """To the edges of a regular polygon, or of a star, whose first corner is above.

    The plane is folded into half a corner's sector; there the edge is one straight line, from
    the corner at radius 1 to the edge's other end at radius `inner`.
    """
    half = np.pi / corners
    angle = np.arctan2(u, -v)
    folded = np.abs((angle + half) % (2 * half) - half)
    radius = np.hypot(u, v)
    x, y = radius * np.sin(folded), radius * np.cos(folded)
    dx, dy = inner * np.sin(half), inner * np.cos(half) - 1.0
    length = np.hypot(dx, dy)
    return (x * -dy + (y - 1.0) * dx) / length


def _triangle(u: Numbers, v: Numbers) -> Numbers:
    return _polygon(u, v, 3, 0.5)


def _square(u: Numbers, v: Numbers) -> Numbers:
    return np.maximum(np.abs(u), np.abs(v)) - 0.7


def _rectangle(u: Numbers, v: Numbers) -> Numbers:
    return np.maximum(np.abs(u) - 0.92, np.abs(v) - 0.36)


def _star(u: Numbers, v: Numbers) -> Numbers:
    return _polygon(u, v, 5, 0.42)


def _cross(u: Numbers, v: Numbers) -> Numbers:
    u, v = np.abs(u), np.abs(v)
    return np.maximum(np.maximum(u, v) - 0.92, np.minimum(u, v) - 0.3)


def _heart(u: Numbers, v: Numbers) -> Numbers:
    """Two discs upon a corner that points downwards."""
    u, v = 1.06 * np.abs(u), 1.06 * v + 0.18
    disc = np.hypot(u - 0.44, v + 0.16) - 0.5
    # The corner's sides touch the discs: at 45 degrees, 0.5 beyond their middle.
    side = (u - 0.44 + v + 0.16) * np.sqrt(0.5) - 0.5
    # Between the discs and the sides lies what is below the line of their touching points.
    body = np.maximum(side, -0.28 - v + 0.5 * u)
    return np.minimum(disc, body) / 1.06


def _arrow(u: Numbers, v: Numbers) -> Numbers:
    v = np.abs(v)
    shaft = np.maximum(np.abs(u + 0.42) - 0.53, v - 0.2)
    head = np.maximum(-0.02 - u, (u - 0.97 + 1.25 * v) / np.hypot(1.0, 1.25))
    return np.minimum(shaft, head)


KINDS: dict[str, Callable[[Numbers, Numbers], Numbers]] = {
    "circle": _circle,
    "ring": _ring,
    "crescent": _crescent,
    "triangle": _triangle,
    "square": _square,
    "rectangle": _rectangle,
    "star": _star,
    "cross": _cross,
    "heart": _heart,
    "arrow": _arrow,
}


def draw(
    draws: np.random.Generator, count: int, looks: Looks, kinds: Sequence[int]
) -> tuple[np.ndarray, np.ndarray]:
    """Pictures of shapes, as many of each kind as can be.

    Args:
        draws: where all chance comes from.
        count: how many pictures.
        looks: see `Looks`.
        kinds: places in `KINDS`.

    Returns:
        u1 (count, 3, 32, 32), and int64 (count,) places in `kinds`.
    """
    labels = draws.permutation(np.arange(count) % len(kinds))
    radius = draws.uniform(looks.smallest / 100, 1.0, count) * (LARGEST * SIDE / 2)
    free = SIDE / 2 - radius
    middle = SIDE / 2 + draws.uniform(-1, 1, (2, count)) * free
    turn = np.deg2rad(draws.uniform(-1, 1, count) * looks.rotation)
    behind, front = _colors(draws, count, looks, np.asarray(kinds)[labels])
    pictures = _ground(draws, behind, looks)
    for _ in range(looks.clutter):
        _add_piece(draws, pictures, front)
    for place, kind in enumerate(kinds):
        of = np.flatnonzero(labels == place)
        u, v = _local(middle[:, of], turn[of], radius[of])
        inside = _cover(list(KINDS.values())[kind](u, v), radius[of])
        pictures[of] = _over(pictures[of], front[of], inside)
    if looks.noise:
        noise = draws.standard_normal(pictures.shape, dtype=np.float32)
        pictures += noise * np.float32(looks.noise / 100)
    return np.round(np.clip(pictures, 0, 1) * 255).astype(np.uint8), labels.astype(np.int64)


def _local(middle: Numbers, turn: Numbers, radius: Numbers) -> tuple[Numbers, Numbers]:
    """Where every pixel's middle lies in the frames of the shapes: two f4 (n, 32, 32)."""
    at = np.arange(SIDE, dtype=np.float32) + np.float32(0.5)
    x = at[None, None, :] - middle[0].astype(np.float32)[:, None, None]
    y = at[None, :, None] - middle[1].astype(np.float32)[:, None, None]
    cos = (np.cos(turn) / radius).astype(np.float32)[:, None, None]
    sin = (np.sin(turn) / radius).astype(np.float32)[:, None, None]
    return x * cos + y * sin, y * cos - x * sin


def _cover(distance: Numbers, radius: Numbers) -> Numbers:
    """How much of each pixel lies inside: (n, 1, 32, 32) in [0, 1]."""
    return np.clip(0.5 - distance * radius.astype(np.float32)[:, None, None], 0, 1)[:, None]


def _over(pictures: Numbers, color: Numbers, cover: Numbers) -> Numbers:
    """A colour (n, 3) laid upon pictures (n, 3, 32, 32)."""
    return pictures + (color[:, :, None, None] - pictures) * cover


def _colors(
    draws: np.random.Generator, count: int, looks: Looks, kind: Numbers
) -> tuple[Numbers, Numbers]:
    """Of what is behind and of the shapes: two f4 (count, 3) in [0, 1].

    Luminances go round a circle, on which the two are far apart: whichever is drawn first, the
    other can be told from it.
    """
    first = draws.random(count)
    second = (first + draws.uniform(GAP, 1 - GAP, count)) % 1.0
    hues, strength = draws.random((2, count)), draws.uniform(0.1, 0.45, (2, count))
    if looks.colors == "fixed":
        ones = np.ones((count, 3), np.float32)
        return ones * np.float32(0.08), ones * np.float32(0.95)
    if looks.colors == "by_class":
        hues[1], strength[1] = kind / len(KINDS), 0.45
    return _color(first, hues[0], strength[0]), _color(second, hues[1], strength[1])


def _color(luminance: Numbers, hue: Numbers, strength: Numbers) -> Numbers:
    """A grey of this luminance, tinted: three waves a third of the circle apart."""
    angle = 2 * np.pi * (hue[:, None] - np.array([0.0, 1 / 3, 2 / 3]))
    values = (0.1 + 0.8 * luminance)[:, None] + strength[:, None] * np.cos(angle)
    return np.clip(values, 0, 1).astype(np.float32)


def _ground(draws: np.random.Generator, color: Numbers, looks: Looks) -> Numbers:
    """What is behind: f4 (count, 3, 32, 32)."""
    count = len(color)
    plain = np.broadcast_to(color[:, :, None, None], (count, 3, SIDE, SIDE))
    if looks.background == "plain":
        return plain.astype(np.float32)
    at = ((np.arange(SIDE) + 0.5) / SIDE).astype(np.float32)
    if looks.background == "gradient":
        angle = draws.uniform(0, 2 * np.pi, count).astype(np.float32)[:, None, None]
        slope = (at[None, None, :] - 0.5) * np.cos(angle) + (at[None, :, None] - 0.5) * np.sin(
            angle
        )
        change = draws.uniform(-0.3, 0.3, (count, 3)).astype(np.float32)
        return plain + slope[:, None] * change[:, :, None, None]
    coarse = draws.uniform(-0.18, 0.18, (count, 3, 5, 5)).astype(np.float32)
    # Linear between the 5×5 values: each row of `mix` holds two shares.
    where = at * 4
    mix = np.clip(1 - np.abs(where[:, None] - np.arange(5)), 0, 1).astype(np.float32)
    return plain + np.matmul(np.matmul(mix, coarse), mix.T)


def _add_piece(draws: np.random.Generator, pictures: Numbers, front: Numbers) -> None:
    """One bar or dot behind each shape, in a colour near its own, so that colour tells nothing."""
    count = len(pictures)
    radius = draws.uniform(2, 5, count)
    middle, turn = draws.uniform(0, SIDE, (2, count)), draws.uniform(0, np.pi, count)
    u, v = _local(middle, turn, radius)
    thin = draws.uniform(0.2, 0.4, count).astype(np.float32)[:, None, None]
    long = draws.choice(np.array([0.4, 1.0], np.float32), count)[:, None, None]
    distance = np.maximum(np.abs(u) - long, np.abs(v) - thin)
    change = draws.uniform(-0.25, 0.25, (count, 3)).astype(np.float32)
    color = np.clip(front + change, 0, 1)
    pictures[:] = _over(pictures, color, _cover(distance, radius))
