"""What is said of an error in a worker."""

from __future__ import annotations

import logging

from playground.core.errors import Notice, PlaygroundError

log = logging.getLogger(__name__)

# What torch says where an allocation fails: on a GPU, and on the CPU in a plain RuntimeError
_NO_MEMORY = ("out of memory", "can't allocate memory", "not enough memory")


def explain(error: Exception) -> Notice:
    """A notice for the visitor; what nobody expected also goes to the log with its trace."""
    if isinstance(error, PlaygroundError):
        return error.notice()
    log.error("unexpected trouble in a run", exc_info=error)
    said = str(error).lower()
    if isinstance(error, MemoryError) or any(sign in said for sign in _NO_MEMORY):
        return Notice("out_of_memory")
    return Notice("run_failed", {"problem": f"{type(error).__name__}: {error}"[:200]})
