"""Numbers as frames and histories hold them: finite, or None."""

from __future__ import annotations

import math


def finite(value: float | None) -> float | None:
    """The number, where there is one that is finite; else None."""
    return None if value is None or not math.isfinite(value) else float(value)
