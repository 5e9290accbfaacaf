"""What can be chosen of data that are sequences."""

from __future__ import annotations

from playground.core.settings import Settings


class SequenceSettings(Settings):
    """How sequences are made."""
