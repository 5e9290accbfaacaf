"""Kernel PCA and t-SNE of a layer's activations, beside its principal components.

What a viewer may ask for (`Want.options["embed"]`), beside what every study takes:

    method      "kernel" or "tsne"
    block       whose activations, from 1; the nearest one there is
    seed        draws the points where there are too many, and the first places of t-SNE
    perplexity  of t-SNE: about how many neighbours a point has
    kernel      of kernel PCA: "rbf", "poly" or "cosine"
    width       of the kernel, as a multiple of the points' own
    pooled      of a block of feature maps each map as its mean, instead of all its numbers
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from playground.core.analysis.embedding import (
    BISECTIONS,
    ITERATIONS,
    KERNELS,
    affinities,
    gram,
    kernel_components,
    tsne,
)
from playground.core.analysis.layer_rows import condensed, gathered, inputs_of, part_counts
from playground.core.analysis.maps import single
from playground.core.analysis.study import Steps, Study
from playground.core.analysis.views import Arrays, Header
from playground.core.errors import PlaygroundError

if TYPE_CHECKING:
    from playground.core.want import Want

MOST_POINTS = 500
LEAST_POINTS = 5
PERPLEXITIES = (2.0, 100.0)
WIDTHS = (0.05, 20.0)
PASSED = 0.05  # the share of the time that the forward pass takes, of pictures
FIRST = 0.1  # the share of t-SNE's time that its affinities take


class EmbedView(Study):
    """See the module."""

    name = "embed"
    kinds = frozenset({"points", "pictures"})
    _now: tuple[Tensor, Tensor] | None = None  # places in the list of points, and in the picture

    def add(self, want: Want, header: Header, arrays: Arrays) -> None:
        super().add(want, header, arrays)
        if self.busy and self._now is not None:
            arrays["embed_now"] = single(self._now[1]).numpy()
            arrays["embed_now_place"] = self._now[0].float().numpy()

    def steps(self, options: Mapping[str, Any]) -> Steps:
        self._now = None
        method = "kernel" if options.get("method") == "kernel" else "tsne"
        index = min(max(int(_number(options, "block", 1)), 1), len(self.run.blocks) - 1)
        seed = int(_number(options, "seed", 0)) % 2**31
        generator = torch.Generator().manual_seed(seed)
        counts = part_counts(self.run)
        total = sum(counts)
        if total < LEAST_POINTS:
            raise PlaygroundError("embed_few_points", points=total, least=LEAST_POINTS)
        chosen = torch.randperm(total, generator=generator)[:MOST_POINTS].sort().values
        rows = yield from self._values(inputs_of(self.run, counts)[chosen], index, options)
        units = rows.shape[1]
        if not torch.isfinite(rows).all():
            raise PlaygroundError("embed_not_finite")
        points = yield from self._share(condensed(rows), PASSED, FIRST)
        # In units of its own spread, so that no layer is too large or too small for float64.
        size = points.abs().max()
        points = points / size if size > 0 else points
        about: Header = {"method": method, "block": index, "points": len(points), "of": total,
                         "units": units, "seed": seed}  # fmt: skip
        if method == "kernel":
            yield 0.0
            found = self._kernel(points, options, about)
        else:
            found = yield from self._tsne(points, options, generator, chosen, about)
        arrays = {
            "embed_points": single(found).numpy(),
            "embed_place": chosen.float().numpy(),
        }
        self._now = None
        return about, arrays

    def _values(
        self, inputs: Tensor, index: int, options: Mapping[str, Any]
    ) -> Generator[float, None, Tensor]:
        """The layer's values (points, numbers) of the chosen points."""
        replica = self.frozen()
        work = gathered(replica, self.run, inputs, index, options.get("pooled") is True)
        return (yield from self._share(work, 0.0, PASSED))

    def _share(
        self, work: Generator[float, None, Tensor], low: float, high: float
    ) -> Generator[float, None, Tensor]:
        """A part of the work, from `low` to `high`; of points in a plane it takes no time."""
        while True:
            try:
                done = next(work)
            except StopIteration as end:
                return end.value
            if self.run.schema.kind != "points":
                yield low + (high - low) * done

    def _kernel(self, points: Tensor, options: Mapping[str, Any], about: Header) -> Tensor:
        kernel = str(options.get("kernel"))
        kernel = kernel if kernel in KERNELS else "rbf"
        width = _number(options, "width", 1.0, WIDTHS)
        matrix, _ = gram(points, kernel, width)
        scores, shares = kernel_components(matrix, 2)
        about |= {"kernel": kernel, "width": width, "ratios": shares.tolist()}
        return scores

    def _tsne(
        self,
        points: Tensor,
        options: Mapping[str, Any],
        generator: torch.Generator,
        chosen: Tensor,
        about: Header,
    ) -> Generator[float, None, Tensor]:
        most = (len(points) - 1) / 3
        perplexity = min(_number(options, "perplexity", 30.0, PERPLEXITIES), most)
        work = affinities(points, perplexity)
        while True:
            try:
                yield FIRST * next(work) / BISECTIONS
            except StopIteration as end:
                shares: Tensor = end.value
                break
        descent = tsne(shares, generator)
        while True:
            try:
                done, places = next(descent)
            except StopIteration as end:
                found, divergence = end.value
                about |= {"perplexity": perplexity, "divergence": divergence}
                return found
            self._now = chosen, places
            yield FIRST + (1 - FIRST) * done / ITERATIONS


def _number(
    options: Mapping[str, Any],
    name: str,
    default: float,
    limits: tuple[float, float] = (-1e9, 1e9),
) -> float:
    """A number that a viewer asked for, within its limits."""
    value = options.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return default
    return min(max(float(value), limits[0]), limits[1])
