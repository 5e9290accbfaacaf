"""How long a step of a network takes on each device of this machine, kept for the next time.

Whether a GPU is worth its overhead depends on network, batch, optimizer and how many networks
train together. It is measured once for each of them and kept in the user's cache; another torch or
another device makes everything that was measured void.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import platform
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from playground.core.folders import cache_folder

log = logging.getLogger(__name__)

MOST = 500  # measurements that are kept, the newest
FILE = "devices.json"


def key_of(*facts: object) -> str:
    """What stands for a network in training; the same for the same facts on every machine."""
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:20]


def known(key: str, devices: list[str]) -> dict[str, float] | None:
    """Seconds of a step by kind of device; None where that was not measured on these devices.

    Args:
        devices: what they call themselves.
    """
    found = _read(devices).get(key)
    return None if found is None else {str(kind): float(value) for kind, value in found.items()}


def keep(key: str, devices: list[str], seconds: Mapping[str, float]) -> None:
    """Remembers a measurement; a cache that cannot be written is measured for again."""
    kept = _read(devices)
    kept.pop(key, None)
    kept[key] = dict(seconds)
    kept = dict(list(kept.items())[-MOST:])
    path = _path()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f"{path.name}.{os.getpid()}")
        part.write_text(json.dumps({"machine": _machine(devices), "steps": kept}))
        part.replace(path)
    except OSError as error:
        log.warning("what devices were found to take is not kept: %s", error)


def _path() -> Path:
    return cache_folder() / FILE


def _machine(devices: list[str]) -> str:
    return " · ".join((torch.__version__, platform.machine(), platform.processor(), *devices))


def _read(devices: list[str]) -> dict[str, Any]:
    """What was measured on this machine with these devices."""
    try:
        content = json.loads(_path().read_text())
    except (OSError, ValueError):
        return {}
    if not isinstance(content, dict) or content.get("machine") != _machine(devices):
        return {}
    steps = content.get("steps")
    return steps if isinstance(steps, dict) else {}
