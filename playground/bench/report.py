"""How the benchmarks speak: the machine, sections, rows, and the code that was measured."""

from __future__ import annotations

import inspect
import os
import platform
import statistics
import sys
from collections.abc import Callable, Sequence
from pathlib import Path


def machine() -> None:
    """Says what was measured on."""
    import torch

    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    print(f"{_processor()}, {cores} cores; Python {platform.python_version()}, ", end="")
    print(f"torch {torch.__version__}; load {_load()}")


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def _load() -> str:
    return f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"


def section(title: str) -> None:
    print(f"\n== {title}", flush=True)


def row(what: str, values: Sequence[float], unit: str) -> float:
    """Prints all values of one thing with their median; returns the median."""
    median = statistics.median(values)
    raw = " ".join(f"{value:.4g}" for value in values)
    print(f"{what:58} {median:10.4g} {unit:10} [{raw}]", flush=True)
    return median


def bar(what: str, value: float, least: float | None = None, most: float | None = None) -> None:
    """Prints a figure beside the bar that it should reach."""
    met = (least is None or value >= least) and (most is None or value <= most)
    wanted = f"≥ {least:g}" if least is not None else f"≤ {most:g}"
    print(f"{what:58} {value:10.4g} bar {wanted:10} {'reached' if met else 'MISSED'}", flush=True)


def code(*functions: Callable[..., object]) -> None:
    """Prints the source of what is compared."""
    for function in functions:
        print(inspect.getsource(function))
    sys.stdout.flush()
