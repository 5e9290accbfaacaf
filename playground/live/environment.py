"""What the operator of a server sets: whole numbers in environment variables."""

from __future__ import annotations

import logging
import os

log = logging.getLogger(__name__)


def whole_number(name: str, default: int) -> int:
    """A whole number from the environment; one that cannot be read counts as not set."""
    try:
        return int(os.environ.get(name, default))
    except ValueError:
        log.warning("%s is not a whole number; using %d", name, default)
        return default
