"""Benchmarks: `python -m playground bench [PART ...]`.

Each part measures on the machine it runs on and prints raw figures of everything it compares,
with the code of both sides, never a ratio alone. What compares two things measures them in turn
within one run, so that a noisy machine troubles both alike. Nothing here is a test: tests promise
behaviour, these are figures.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence

PARTS = {
    "engine": "steps of the dense engine against a plain eager loop",
    "together": "64 seeds of one network together, per network, against a plain eager loop",
    "kernel": "compiled steps against a plain eager loop, and on the screen",
    "rivals": "the engines beside scikit-learn, plain PyTorch loops and JAX",
    "sweep": "a sweep of 200 trials on a pool of two, against in-process",
    "left_out": "a network retrained without each of 250 points, together and one by one",
    "devices": "steps of wider networks on the CPU and on a GPU, where there is one",
    "gpu": "steps in CUDA graphs, alone and 4,096 networks together, where there is a GPU",
    "spiral": "what the proposed settings for the spiral reach, over 20 seeds",
    "pictures": "the classic CNN live, and what a visitor beside it gets, protocol-level",
    "visitors": "16 visitors training at once, protocol-level",
    "browser": "frames and epochs per second painted in Chromium; opening; pause and play",
    "views": "the views of the linear algebra, the live ones together and the long ones alone",
    "memory": "memory with one visitor, and after 50 came and went",
}


COMPILED = ("kernel", "rivals")  # parts that measure compiled steps too


def run_parts(names: Sequence[str]) -> int:
    """Runs the named parts, all of them by default; returns the exit code."""
    unknown = [name for name in names if name not in PARTS]
    if unknown:
        known = ", ".join(f"{name} ({what})" for name, what in PARTS.items())
        print(f"No such part: {', '.join(unknown)}. There are: {known}.", file=sys.stderr)
        return 2
    from playground.bench.report import machine, section

    machine()
    code = 0
    for name in names or PARTS:
        # Whether some cache holds a kernel must decide nothing elsewhere.
        os.environ["PLAYGROUND_COMPILE"] = "on" if name in COMPILED else "off"
        section(f"{name}: {PARTS[name]}")
        code = max(code, importlib.import_module(f"playground.bench.{name}").measure())
    return code
