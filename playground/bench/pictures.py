"""The classic network of pictures, live: what it gets alone, and what somebody beside it gets.

Convolution 32, pooling, convolution 64, pooling, dense 128 and ten classes on drawn shapes of
32 × 32 × 3; the visitor beside it has the default experiment. Clients of the websocket, as in the
part "visitors".
"""

from __future__ import annotations

import asyncio
import statistics

from playground.bench.report import bar, row
from playground.bench.server import live_server
from playground.bench.visitors import new_run, together
from playground.core.data import DATASETS
from playground.core.experiment import Experiment

ROUNDS = 3
SECONDS = 8.0
WARM_UP = 4.0
CLASSIC = Experiment().with_changes(
    {
        # Without the drawn shapes, the digits: smaller pictures, the same blocks.
        "data": {"name": "shapes" if "shapes" in DATASETS else "digits"},
        "loss": "cross_entropy",
        "layers": [
            {"kind": "conv2d", "channels": 32},
            {"kind": "pool2d"},
            {"kind": "conv2d", "channels": 64},
            {"kind": "pool2d"},
            {"kind": "flatten"},
            {"kind": "dense", "units": 128, "activation": "relu"},
        ],
        "optimizer": {"name": "adam", "learning_rate": 0.001},
        "training": {"batch_size": 32},
    }
)
CNN, DEFAULT = "the CNN", "the default experiment"
WHO = {CNN: CLASSIC, DEFAULT: Experiment()}


def _measured(names: list[str]) -> dict[str, tuple[float, float, float]]:
    with live_server({"PLAYGROUND_WORKERS": "1"}) as server:
        urls = [new_run(server, WHO[name]) for name in names]
        found = asyncio.run(together(urls, WARM_UP, SECONDS))
        return {
            name: (frames, steps / SECONDS, longest)
            for name, (frames, steps, longest) in zip(names, found, strict=True)
        }


def measure() -> int:
    """Prints frames and steps per second of each, alone and beside the other, in turn."""
    found: dict[tuple[str, str], list[tuple[float, float, float]]] = {}
    for _ in range(ROUNDS):
        for names in ([CNN], [DEFAULT], [CNN, DEFAULT]):
            where = "alone" if len(names) == 1 else "beside the other"
            for name, figures in _measured(names).items():
                found.setdefault((name, where), []).append(figures)
    for (name, where), figures in found.items():
        rates, steps, gaps = zip(*figures, strict=True)
        row(f"{name} {where}: frames", rates, "frames/s")
        row(f"{name} {where}: steps", steps, "steps/s")
        row(f"{name} {where}: longest time between frames", gaps, "s")
    middle = {
        key: [statistics.median(one) for one in zip(*figures, strict=True)]
        for key, figures in found.items()
    }
    bar("the CNN alone: frames/s", middle[CNN, "alone"][0], least=5)
    bar("beside the CNN: frames/s", middle[DEFAULT, "beside the other"][0], least=5)
    for name in WHO:
        share = middle[name, "beside the other"][1] / middle[name, "alone"][1]
        bar(f"{name}: share of its steps beside the other", share, least=0.4)
    return 0
