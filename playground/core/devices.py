"""Where a network is trained: the processors of this machine, and which suits a network."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import torch

from playground.core.errors import Notice, PlaygroundError

# Below so many operations a step is all call overhead, which a GPU only adds to. A dense network
# of 50,000 parameters has as many in a forward pass of ten points.
WORTH_MEASURING = 1_000_000
TRIAL_STEPS = 20


@dataclass(frozen=True)
class Device:
    """A place to compute.

    Attributes:
        kind: "cpu", "cuda" or "mps".
        name: what it calls itself.
    """

    kind: str
    name: str

    def torch(self) -> torch.device:
        return torch.device(self.kind)


def available() -> tuple[Device, ...]:
    """The devices of this machine, the CPU first."""
    found = [Device("cpu", "CPU")]
    if torch.cuda.is_available():
        found.append(Device("cuda", torch.cuda.get_device_name()))
    if torch.backends.mps.is_available():
        found.append(Device("mps", "Apple GPU"))
    return tuple(found)


def fallback(asked: str, precision: str) -> Notice | None:
    """Why the device asked for cannot be had; None where it can, or where none was named."""
    if asked == "auto":
        return None
    if asked not in {device.kind for device in available()}:
        return Notice("device_missing", {"device": asked.upper()})
    if asked == "mps" and precision == "float64":
        return Notice("device_precision", {"device": "MPS", "precision": precision})
    return None


def require(asked: str, precision: str) -> None:
    """Insists on a device.

    Raises:
        PlaygroundError: this machine has no such device, or it cannot compute this precision.
    """
    problem = fallback(asked, precision)
    if problem is not None:
        raise PlaygroundError(f"{problem.code}_required", **problem.params)


def choose(
    asked: str, precision: str, operations: int, trial: Callable[[Device], Callable[[int], None]]
) -> Device:
    """The device to train on.

    Args:
        asked: "auto" or a device's kind; one that cannot be had gives the CPU.
        precision: "float32" or "float64".
        operations: additions and multiplications of a forward pass of one minibatch.
        trial: makes, for a device, a function that takes so many steps there and waits for
            them; called for every candidate of "auto" when the network is large enough.
    """
    devices = {device.kind: device for device in available()}
    if asked != "auto":
        return devices["cpu"] if fallback(asked, precision) else devices[asked]
    candidates = [d for d in devices.values() if fallback(d.kind, precision) is None]
    if len(candidates) == 1 or operations < WORTH_MEASURING:
        return devices["cpu"]
    return min(candidates, key=lambda device: _seconds(trial(device)))


def _seconds(steps: Callable[[int], None]) -> float:
    steps(TRIAL_STEPS)  # the first steps load kernels and fill caches
    start = time.perf_counter()
    steps(TRIAL_STEPS)
    return time.perf_counter() - start
