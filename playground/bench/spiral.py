"""The two-arm spiral from raw x and y, noise 0, with the settings that the app proposes."""

from __future__ import annotations

import statistics
import time

import numpy as np
import torch

from playground.bench.report import bar, row
from playground.core.proposal import propose
from playground.core.run import Run

SEEDS = 20
EPOCHS = 400
NEAR = 0.1  # around the origin both arms lie upon each other


def measure() -> int:
    """Prints test accuracy, everywhere and away from the origin, and the time it took."""
    torch.set_num_threads(1)
    proposed = propose("spiral")
    layers = [layer.model_dump() for layer in proposed.layers]
    print(f"features {proposed.features}, layers {layers}")
    print(
        f"{proposed.optimizer!r}, {proposed.regularization!r}, batch {proposed.training.batch_size}"
    )
    everywhere, away, seconds = [], [], []
    for seed in range(SEEDS):
        run = Run(proposed.with_changes({"training": {"seed": seed}}))
        start = time.process_time()
        run.advance(EPOCHS * run.batches_per_epoch)
        seconds.append(time.process_time() - start)
        run.measure()
        output = run.output()
        right = (run.predicted(output) == run.truth).cpu().numpy()[len(run.data.inputs_train) :]
        far = np.hypot(*run.data.raw_test.T) > NEAR
        everywhere.append(float(right.mean()))
        away.append(float(right[far].mean()))
    row(f"test accuracy after {EPOCHS} epochs", everywhere, "")
    row(f"test accuracy farther than {NEAR} from the origin", away, "")
    row("seconds of one core", seconds, "s")
    bar("seeds with ≥ 97 % on test", sum(value >= 0.97 for value in everywhere), least=20)
    bar("seeds with ≥ 99 % away from the origin", sum(value >= 0.99 for value in away), least=18)
    bar("median seconds", statistics.median(seconds), most=1.0)
    return 0
