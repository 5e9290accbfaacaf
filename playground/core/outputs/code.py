"""Of an autoencoder: a picture and its reconstruction, the plane of its codes, and what the
decoder draws at any place of that plane."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from playground.core.analysis.views import Arrays, Header, Sight
from playground.core.data.pictures.digit_sets import digit_of
from playground.core.finite import finite
from playground.core.outputs.base import Output

if TYPE_CHECKING:
    from collections.abc import Sequence

    from playground.core.network import Block
    from playground.core.sample import Sample
    from playground.core.want import Want

GRID = 13  # decoded pictures along a side of the plane
MOST_POINTS = 1500
INSIDE = 0.99  # of the codes that the window has to hold, on each axis
MARGIN = 1.15
LOOSE = 0.55  # a window of which less is used is drawn in


class CodeOutput(Output):
    """See the module. Works for any stack in which some block has two units.

    Scene: "code" with the bottleneck's "block" (None where no block has two units), the "shape" of
    a picture, "counts" of train and test, "linear": the test error of the best linear code of two
    numbers; array `code_class` (points,) uint8, which digit a point's picture shows.

    Header `output`: "sample", "error" (mean squared, of the chosen picture), "errors" of train and
    test; with a bottleneck also "window" (x0, x1, y0, y1), "at" (x, y), the place asked for or the
    sample's own code, and "code", the sample's. Arrays: `sample_picture` and `sample_again`,
    `code_picture` what the decoder draws at the place, all (height, width) uint8; `code_points`
    (points, 2) float32, train before test; `code_grid` (GRID, GRID, height, width) uint8, decoded
    in the middle of each field, the highest row first.
    """

    def __init__(self, sight: Sight) -> None:
        super().__init__(sight)
        run = self.run
        self._block = bottleneck(run.blocks)
        data = run.data
        parts = (data.inputs_train, data.inputs_test)
        share = min(1.0, MOST_POINTS / sum(map(len, parts)))
        self._chosen = [max(1, round(len(part) * share)) for part in parts]
        shown = [part[:count] for part, count in zip(parts, self._chosen, strict=True)]
        self._inputs = torch.from_numpy(np.concatenate(shown))
        self._prepared = run.engine.prepare(self._inputs)
        self._window = (-1.0, 1.0, -1.0, 1.0)
        self._fresh = True
        # Of the pictures as they were made: preprocessing changes what comes in, not what is
        # asked for.
        self._shape: tuple[int, ...] = data.raw_train.shape[-2:]

    def scene(self, header: Header, arrays: Arrays) -> None:
        data = self.run.data
        header["code"] = {
            "block": self._block,
            "shape": list(self._shape),
            "counts": self._chosen,
            "linear": linear_error(data.targets_train, data.targets_test),
        }
        raw = (data.raw_train, data.raw_test)
        shown = [part[:count] for part, count in zip(raw, self._chosen, strict=True)]
        digits = digit_of(np.concatenate(shown), self.run.experiment.data)
        arrays["code_class"] = np.maximum(digits, 0).astype(np.uint8)

    def add(self, want: Want, header: Header, arrays: Arrays) -> None:
        run, sample = self.run, self.sight.sample()
        engine = run.engine
        values = engine.activations(engine.prepare(sample.inputs))
        again = values[-1][:, 0].double().cpu()
        truth = self._truth(sample)
        metrics = run.metrics
        header["output"] = {
            "sample": sample.told(),
            "error": finite((again - truth).square().mean().item()),
            "errors": [metrics.train_loss, metrics.test_loss],
        }
        shape = self._shape
        arrays["sample_picture"] = grey(truth.view(shape))
        arrays["sample_again"] = grey(again.view(shape))
        if self._block is not None:
            own = values[self._block - 1][:, 0].double().cpu()
            self._plane(want.of("output"), own, shape, header["output"], arrays)

    def _truth(self, sample: Sample) -> Tensor:
        """The shades that should come out, (pixels,); of a picture of one's own its first channel,
        blank where that has another size."""
        if sample.target is not None:
            return torch.from_numpy(np.asarray(sample.target, dtype=np.float64))
        own = np.asarray(sample.raw, dtype=np.float64).reshape(-1, *sample.raw.shape[-2:])[0] / 255
        blank = torch.zeros(int(np.prod(self._shape)), dtype=torch.float64)
        return torch.from_numpy(own.reshape(-1)) if own.shape == self._shape else blank

    def _plane(
        self,
        options: Any,
        own: Tensor,
        shape: tuple[int, ...],
        header: dict[str, Any],
        arrays: Arrays,
    ) -> None:
        """The codes, the window they lie in, and what the decoder draws there.

        Args:
            own: the sample's code (2,).
        """
        assert self._block is not None
        codes = self.run.engine.activations(self._prepared)[self._block - 1].t().double().cpu()
        arrays["code_points"] = codes.numpy().astype(np.float32)
        self._follow(codes)
        x0, x1, y0, y1 = self._window
        asked = [options.get(name) for name in ("x", "y")]
        at = own if None in asked else torch.tensor(asked, dtype=torch.float64)
        across = torch.linspace(x0, x1, 2 * GRID + 1, dtype=torch.float64)[1::2]
        down = torch.linspace(y1, y0, 2 * GRID + 1, dtype=torch.float64)[1::2]
        rows, columns = torch.meshgrid(down, across, indexing="ij")
        places = torch.stack((columns.reshape(-1), rows.reshape(-1)), dim=1)
        drawn = self._decoded(torch.cat((at.view(1, 2), places)))
        header |= {
            "window": list(self._window),
            "at": [finite(value) for value in at.tolist()],
            "code": [finite(value) for value in own.tolist()],
        }
        arrays["code_picture"] = grey(drawn[0].view(shape))
        arrays["code_grid"] = grey(drawn[1:].view(GRID, GRID, *shape))

    @torch.no_grad()
    def _decoded(self, codes: Tensor) -> Tensor:
        """What the blocks behind the bottleneck make of codes (n, 2): (n, pixels)."""
        replica = self.sight.replica()
        values = codes.to(replica.dtype)
        for block in list(replica.modules)[self._block :]:
            values = block(values)
        return values.double()

    def _follow(self, codes: Tensor) -> None:
        """Keeps the codes in the window; it moves in steps, so that the picture stands still."""
        found: list[float] = []
        for axis, (low, high) in enumerate((self._window[:2], self._window[2:])):
            found += _fitted(codes[:, axis], low, high, self._fresh)
        self._window = (found[0], found[1], found[2], found[3])
        self._fresh = False


def bottleneck(blocks: Sequence[Block]) -> int | None:
    """The first block behind which a point is two numbers, head left out; None where there is
    none."""
    for index, block in enumerate(blocks[1:-1], 1):
        if block.problem is None and tuple(block.after) == (2,):
            return index
    return None


def _fitted(values: Tensor, low: float, high: float, fresh: bool) -> tuple[float, float]:
    """Ends of one axis for these values: the present ones while they will do."""
    values = values[torch.isfinite(values)]
    if not len(values):
        return low, high
    ends = torch.tensor([(1 - INSIDE) / 2, (1 + INSIDE) / 2], dtype=values.dtype)
    least, most = torch.quantile(values, ends).tolist()
    used = max(most - least, 1e-6)
    if not fresh and low <= least and most <= high and used > LOOSE * (high - low):
        return low, high
    step = 10 ** math.floor(math.log10(used)) / 2
    middle, half = (least + most) / 2, used / 2 * MARGIN
    return math.floor((middle - half) / step) * step, math.ceil((middle + half) / step) * step


def linear_error(train: np.ndarray, test: np.ndarray) -> float:
    """Mean squared error on the test part of the best linear code of two numbers: PCA of the
    training part."""
    mean = train.mean(axis=0)
    axes = np.linalg.svd(train - mean, full_matrices=False)[2][:2]
    left = test - mean
    return float(np.mean((left - left @ axes.T @ axes) ** 2))


def grey(values: Tensor) -> np.ndarray:
    """Shades between 0 and 1 as bytes; what lies beyond is cut off."""
    return (values.nan_to_num(0.0).clamp(0, 1) * 255).round().to(torch.uint8).numpy()
