"""What can be chosen of data that are pictures."""

from __future__ import annotations

from playground.core.settings import Settings


class PictureSettings(Settings):
    """How pictures are made and brought into the form that the network gets."""
