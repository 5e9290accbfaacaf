"""How long a turn is, how many frames go out and how fine they are, with so many runs at once."""

from __future__ import annotations

import math

ROUND = 0.04  # s in which every running job has had a turn, where turns can be that short
SLICE = (0.002, 0.01)  # s, shortest and longest turn
MAX_RATE = 24.0  # frames/s of one run
TOTAL_RATE = 128.0  # frames/s of a worker, shared by its running jobs
MIN_RATE = 7.0  # frames/s of one run, below which sharing alone does not push it
CALM_RATE = 17.0  # frames/s that a run keeps although its frames cost a little
CALM_SHARE = 0.05  # of a worker's time that frames beyond that may take
FRAME_SHARE = (0.2, 0.5)  # of a worker's time that goes into frames: wanted, and at most
RESOLUTION = (50, 100)  # side of the decision map: with many running jobs, and with a few
FEW = 4  # running jobs that get the full resolution


def slice_for(running: int) -> float:
    """Seconds of one turn with so many running jobs."""
    return min(max(ROUND / max(running, 1), SLICE[0]), SLICE[1])


def resolution_for(running: int) -> int:
    """Side of the decision map: the same number of pixels in all beyond a few jobs."""
    low, high = RESOLUTION
    return high if running <= FEW else max(low, int(high * math.sqrt(FEW / running)))


def interval_for(running: int, frame_seconds: float) -> float:
    """Least seconds between two frames of a run whose frames cost so much.

    A costly frame costs the browser more than the worker, often on the same cores: a large
    network gives up some of its frames before it gives up steps.
    """
    running = max(running, 1)
    rate = min(MAX_RATE, max(MIN_RATE, TOTAL_RATE / running))
    wanted, most = (frame_seconds * running / share for share in FRAME_SHARE)
    calm = min(frame_seconds * running / CALM_SHARE, 1 / CALM_RATE)
    return max(1 / rate, calm, min(wanted, 1 / MIN_RATE), most)
