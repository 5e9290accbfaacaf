"""Where a network is trained: the processors of this machine, and which suits a network."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import torch

from playground.core import crossover
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


@dataclass(frozen=True)
class Choice:
    """Where a network trains, and why.

    Attributes:
        seconds: of a step, by kind of device, where that was measured to choose; else empty.
    """

    device: Device
    seconds: Mapping[str, float] = field(default_factory=dict)


def choose(
    asked: str,
    precision: str,
    operations: float,
    trial: Callable[[Device], Callable[[int], None]],
    key: str = "",
) -> Choice:
    """The device to train on.

    Args:
        asked: "auto" or a device's kind; one that cannot be had gives the CPU.
        precision: "float32" or "float64".
        operations: additions and multiplications of a forward pass of one minibatch.
        trial: makes, for a device, a function that takes so many steps there and waits for
            them; called for every candidate of "auto" when the network is large enough, unless
            that was measured before.
        key: what the measurement is kept under, see `crossover`; "" keeps nothing.
    """
    devices = {device.kind: device for device in available()}
    if asked != "auto":
        return Choice(devices["cpu"] if fallback(asked, precision) else devices[asked])
    candidates = {d.kind: d for d in devices.values() if fallback(d.kind, precision) is None}
    if len(candidates) == 1 or operations < WORTH_MEASURING:
        return Choice(devices["cpu"])
    names = [device.name for device in candidates.values()]
    seconds = crossover.known(key, names) if key else None
    if seconds is None or set(seconds) != set(candidates):
        seconds = {kind: _seconds(trial(device)) for kind, device in candidates.items()}
        if key:
            crossover.keep(key, names, seconds)
    return Choice(candidates[min(seconds, key=lambda kind: seconds[kind])], seconds)


def _seconds(steps: Callable[[int], None]) -> float:
    """Of one step."""
    steps(TRIAL_STEPS)  # the first steps load kernels and fill caches
    start = time.perf_counter()
    steps(TRIAL_STEPS)
    return (time.perf_counter() - start) / TRIAL_STEPS
