"""What the operator of a server sets: whole numbers in environment variables."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import TypedDict

log = logging.getLogger(__name__)

DEFAULT_MEMORY = 4 * 2**30  # where the system does not say how much it has
CONTAINER_LIMITS = (
    Path("/sys/fs/cgroup/memory.max"),
    Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
)


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


def memory_limit() -> int:
    """Bytes that the runs of one worker may need together: PLAYGROUND_MEMORY, in MB, else half of
    what the machine or its container has, shared by the workers.
    """
    asked = whole_number("PLAYGROUND_MEMORY", 0)
    if asked > 0:
        return asked * 2**20
    return _machine_memory() // 2 // max(workers(), 1)


def workers() -> int:
    """Worker processes: PLAYGROUND_WORKERS, else one on up to two cores and two on more; 0 trains
    in a thread."""
    return max(0, whole_number("PLAYGROUND_WORKERS", 1 if _cores() <= 2 else 2))


def _cores() -> int:
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:
        return os.cpu_count() or 1


def _machine_memory() -> int:
    """Bytes of memory of this machine, or of the container that it stands for."""
    try:
        found = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):  # Windows
        found = DEFAULT_MEMORY
    for path in CONTAINER_LIMITS:
        try:
            found = min(found, int(path.read_text().strip()))
        except (OSError, ValueError):  # no such limit, or "max"
            continue
    return found


def whole_number(name: str, default: int) -> int:
    """A whole number from the environment; one that cannot be read counts as not set."""
    try:
        return int(os.environ.get(name, default))
    except ValueError:
        log.warning("%s is not a whole number; using %d", name, default)
        return default
