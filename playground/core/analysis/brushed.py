"""The points that a visitor has brushed, as a table: what is known of each, and what it costs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from playground.core.losses import encode_targets
from playground.core.picture import answer

if TYPE_CHECKING:
    from playground.core.run import Run

MOST_ROWS = 64
MOST_COLUMNS = 64
DIGITS = 6  # significant digits of the numbers in a frame


def table(run: Run, brushed: Sequence[int], output: Tensor) -> dict[str, Any]:
    """The rows of points that are named by their places, training points before test points.

    Args:
        run: the run as it is now.
        brushed: places; those that are not there are left out, and what is beyond MOST_ROWS.
        output: the network's output (units, points) for all points.

    Returns:
        "columns": the raw inputs' names; "target": the target's; "rows": of each point its
        "part", its "index" there, its "values", "truth" and "prediction" (a class index or a
        value), the "share" that the network gives to what it predicts (None of a value), and
        its "loss" without penalty (None where it is not finite).
    """
    train = len(run.data.inputs_train)
    total = train + len(run.data.inputs_test)
    places = [place for place in dict.fromkeys(brushed) if 0 <= place < total][:MOST_ROWS]
    raw = np.concatenate((run.data.raw_train, run.data.raw_test))[places, :MOST_COLUMNS]
    truth = np.concatenate((run.data.targets_train, run.data.targets_test))[places]
    columns = output[:, places]
    predictions, shares = _predictions(run, answer(run, columns).cpu().double())
    losses = _losses(run, truth, columns)
    rows = []
    for row, place in enumerate(places):
        in_train = place < train
        rows.append(
            {
                "part": "train" if in_train else "test",
                "index": place if in_train else place - train,
                "values": [_short(value) for value in raw[row].tolist()],
                "truth": _short(float(truth[row])),
                "prediction": predictions[row],
                "share": shares[row],
                "loss": losses[row],
            }
        )
    names = list(run.schema.columns[:MOST_COLUMNS])
    return {"columns": names, "target": run.schema.target, "rows": rows}


def _predictions(run: Run, said: Tensor) -> tuple[list[float | None], list[float | None]]:
    """What is predicted of each point, from the answers (units, points); and how surely."""
    if run.schema.task == "regression":
        return [_short(value) for value in said[0].tolist()], [None] * said.shape[1]
    shares = class_shares(said)
    top, best = shares.max(0)
    known = torch.isfinite(shares).all(0).tolist()
    classes = [float(k) if sure else None for k, sure in zip(best.tolist(), known, strict=True)]
    return classes, [_short(value) for value in top.tolist()]


def class_shares(said: Tensor) -> Tensor:
    """What each class gets (classes, points), from the answers (units, points) to classes."""
    return torch.cat((1 - said, said)) if len(said) == 1 else said


def _losses(run: Run, truth: np.ndarray, output: Tensor) -> list[float | None]:
    """The loss of each point alone, from the output (units, points)."""
    return [_short(loss) for loss in losses_of(run, truth, output).tolist()]


def losses_of(run: Run, truth: np.ndarray, output: Tensor) -> Tensor:
    """The loss of each point alone, (points,).

    Args:
        truth: class indices, or values in their own units, (points,).
        output: (units, points).
    """
    targets = torch.from_numpy(truth)
    if run.schema.task == "regression":
        targets = (targets - run.data.target_mean) / run.data.target_std
    classes = len(run.schema.class_names)
    encoded = encode_targets(targets, run.schema.task, classes, run.loss).t().to(output)

    def alone(one: Tensor, target: Tensor) -> Tensor:
        return run.loss.value(one[:, None], target[:, None], 0)

    if not len(truth):
        return output.new_zeros(0)
    return torch.vmap(alone, in_dims=1)(output, encoded)


def _short(value: float) -> float | None:
    return float(f"{value:.{DIGITS}g}") if math.isfinite(value) else None
