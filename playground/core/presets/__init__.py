"""The gallery: experiments that show one thing each, a file for each kind of data."""

from __future__ import annotations

from playground.core.presets import digits, pictures, points, ratings, sequences
from playground.core.presets.base import Preset, trained

_PARTS = (points, pictures, digits, sequences, ratings)
PRESETS: dict[str, Preset] = {entry.name: entry for part in _PARTS for entry in part.ENTRIES}

__all__ = ["PRESETS", "Preset", "trained"]
