"""What the operator of a server sets: whole numbers in environment variables."""

from __future__ import annotations

import logging
import os
from typing import TypedDict

log = logging.getLogger(__name__)


class Limits(TypedDict):
    """See `Scheduler`."""

    load: int
    rate: int


def limits() -> Limits:
    """What a worker may use at most, as `Scheduler` takes it."""
    return {
        "load": whole_number("PLAYGROUND_LOAD", 100),
        "rate": whole_number("PLAYGROUND_RATE", 0),
    }


def whole_number(name: str, default: int) -> int:
    """A whole number from the environment; one that cannot be read counts as not set."""
    try:
        return int(os.environ.get(name, default))
    except ValueError:
        log.warning("%s is not a whole number; using %d", name, default)
        return default
