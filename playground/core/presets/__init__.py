"""The gallery: experiments that show one thing each, a file for each kind of data."""

from __future__ import annotations

from playground.core.presets import digits, pictures, points, ratings
from playground.core.presets.base import Preset, demonstrate, trained

PRESETS: dict[str, Preset] = {
    entry.name: entry for part in (points, pictures, digits, ratings) for entry in part.ENTRIES
}

__all__ = ["PRESETS", "Preset", "demonstrate", "trained"]
