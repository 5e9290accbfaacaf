"""What can be chosen of data that are ratings."""

from __future__ import annotations

from playground.core.settings import Settings


class RatingSettings(Settings):
    """How ratings are made."""
