"""How good the answers are: scores per class, ROC, calibration; or errors and residuals.

Train and test are always kept apart. All of it is computed from one forward pass.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from playground.core.analysis.maps import single
from playground.core.analysis.views import Arrays, Header, View
from playground.core.finite import finite

if TYPE_CHECKING:
    from playground.core.want import Want

BINS = 10  # of the calibration
MOST_CURVES = 10  # classes whose ROC is drawn
MOST_CORNERS = 200  # of one ROC
MOST_POINTS = 1500  # residuals drawn
MOST_SORTED = 1_000_000  # numbers that a frame puts in order, for all classes' curves together


def class_scores(truth: Tensor, predicted: Tensor, classes: int) -> dict[str, Any]:
    """Accuracy, and precision, recall and F1 of every class and as plain (macro) means.

    A precision or recall without a point to count is None and counts as 0 in the means, and so
    does an F1 of a class that is neither there nor predicted.

    Args:
        truth: class indices (points,).
        predicted: class indices (points,).
        classes: how many there are.
    """
    pairs = torch.bincount(truth * classes + predicted, minlength=classes * classes)
    table = pairs.view(classes, classes).double().cpu()
    hits, there, said = table.diagonal(), table.sum(1), table.sum(0)
    rows = []
    for k in range(classes):
        hit, support, claimed = hits[k].item(), there[k].item(), said[k].item()
        rows.append(
            {
                "precision": hit / claimed if claimed else None,
                "recall": hit / support if support else None,
                "f1": 2 * hit / (support + claimed) if support + claimed else None,
                "support": int(support),
            }
        )
    macro = {
        key: sum(row[key] or 0.0 for row in rows) / classes for key in ("precision", "recall", "f1")
    }
    return {"accuracy": hits.sum().item() / len(truth), "classes": rows, "macro": macro}


def roc(positive: Tensor, score: Tensor) -> tuple[Tensor, float] | None:
    """The receiver operating characteristic, equal scores taken as one step.

    Args:
        positive: truth (points,), bool.
        score: higher means more surely positive (points,).

    Returns:
        Corners (2, corners) of false and true positive rate from (0, 0) to (1, 1), and the area
        under them; None where one of the two sides has no point.
    """
    order = torch.argsort(score, descending=True, stable=True)
    right = positive[order].double()
    found, total = right.cumsum(0), right.sum()
    if total == 0 or total == len(right):
        return None
    steps = torch.ones_like(positive)
    steps[:-1] = score[order].diff() != 0  # the last of each run of equal scores
    corners = torch.stack(((1 - right).cumsum(0), found))[:, steps.to(right.device)]
    corners = torch.cat((corners.new_zeros(2, 1), corners), 1)
    corners[0] /= len(right) - total
    corners[1] /= total
    return corners, torch.trapezoid(corners[1], corners[0]).item()


def calibration(right: Tensor, confidence: Tensor) -> tuple[Tensor, float]:
    """Reliability curve, and the expected calibration error (Guo et al. 2017).

    Args:
        right: whether what was said came true (points,), bool.
        confidence: the probability that was given to it (points,), 0 to 1.

    Returns:
        (3, bins): mean confidence, share that came true, and number of points of every of BINS
        equal bins that has any; and the mean distance of the first two, weighted by the third.
    """
    place = (confidence.double() * BINS).ceil().long().sub(1).clamp(0, BINS - 1)
    count = torch.bincount(place, minlength=BINS).double()
    said = torch.bincount(place, confidence.double(), minlength=BINS)
    came = torch.bincount(place, right.double(), minlength=BINS)
    kept = count > 0
    rows = torch.stack((said / count, came / count, count))[:, kept]
    return rows, ((rows[0] - rows[1]).abs() * rows[2]).sum().item() / len(right)


def errors(truth: Tensor, predicted: Tensor) -> dict[str, float | None]:
    """R², mean absolute and root mean square error of values (points,) or (points, outputs)."""
    truth, predicted = truth.double(), predicted.double()
    off = truth - predicted
    spread = (truth - truth.mean(0)).square().sum().item()
    return {
        "r2": finite(1 - off.square().sum().item() / spread) if spread else None,
        "mae": finite(off.abs().mean().item()),
        "rmse": finite(off.square().mean().sqrt().item()),
    }


class MetricsView(View):
    """Scores of train and test, and the curves behind them."""

    kinds = frozenset({"points", "pictures", "sequences", "ratings"})

    def add(self, want: Want, header: Header, arrays: Arrays) -> None:
        run = self.run
        output = run.output()
        split = run.split
        of = self._errors if run.schema.task == "regression" else self._scores
        header["scores"] = {}
        for part, where in (("train", slice(0, split)), ("test", slice(split, None))):
            truth = run.truth[where]
            if len(truth):
                header["scores"][part] = of(part, output[:, where], truth, arrays)

    def _scores(self, part: str, output: Tensor, truth: Tensor, arrays: Arrays) -> Header:
        run, truth = self.run, truth.long()
        classes = len(run.schema.class_names)
        predicted = run.predicted(output)
        found = class_scores(truth, predicted, classes)
        chances = run.loss.probability(output, 0)
        if len(output) == 1:
            # The output itself ranks finer than a probability that is cut at 0 and 1.
            ranks, said, right = (
                output[[0, 0]] * torch.tensor([[-1], [1]]).to(output),
                chances[0],
                truth == 1,
            )
        else:
            ranks = chances
            said, right = chances.amax(0), predicted == truth
        # Of long sequences there are many answers, and of a text many classes: the first answers
        # are enough for a curve.
        count = max(MOST_POINTS, MOST_SORTED // classes)
        for k, row in enumerate(found["classes"]):
            curve = roc(truth[:count] == k, ranks[k, :count])
            row["auc"] = None if curve is None else curve[1]
            if curve is not None and k < MOST_CURVES:
                arrays[f"roc_{part}_{k}"] = single(_thinned(curve[0])).numpy()
        known = [row["auc"] for row in found["classes"] if row["auc"] is not None]
        found["macro"]["auc"] = sum(known) / len(known) if known else None
        rows, found["ece"] = calibration(right, said)
        arrays[f"calibration_{part}"] = single(rows).numpy()
        return {**found, "count": len(truth)}

    def _errors(self, part: str, output: Tensor, truth: Tensor, arrays: Arrays) -> Header:
        data = self.run.data
        actual = truth.double() * data.target_std + data.target_mean
        answer = self.run.loss.prediction(output).double()
        answer = answer.t() if truth.ndim > 1 else answer[0]
        predicted = answer * data.target_std + data.target_mean
        pairs = torch.stack((predicted.flatten(), (actual - predicted).flatten()))[:, :MOST_POINTS]
        arrays[f"residuals_{part}"] = single(pairs).contiguous().numpy()
        return {**errors(actual, predicted), "count": len(truth)}


def _thinned(corners: Tensor) -> Tensor:
    """At most MOST_CORNERS of them, both ends among them."""
    count = corners.shape[1]
    if count <= MOST_CORNERS:
        return corners.contiguous()
    kept = torch.linspace(0, count - 1, MOST_CORNERS, dtype=torch.float64).round().long()
    return corners[:, kept].contiguous()
