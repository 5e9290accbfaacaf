"""The engine alone in a process of its own: what the live service is compared with.

    python -m playground.bench.alone SECONDS < EXPERIMENT.json

Prints steps per second.
"""

from __future__ import annotations

import sys

import torch

from playground.core.experiment import Experiment
from playground.core.run import Run

WARM_UP = 0.5


def main() -> None:
    torch.set_num_threads(1)
    run = Run(Experiment.from_json(sys.stdin.read()))
    run.train_for(WARM_UP)
    before, start = run.step, run.seconds
    run.train_for(float(sys.argv[1]))
    print((run.step - before) / (run.seconds - start))


if __name__ == "__main__":
    main()
