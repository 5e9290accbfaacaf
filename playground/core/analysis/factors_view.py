"""The plane's grid as one dense layer turns, stretches and turns it."""

from __future__ import annotations

import torch

from playground.core.analysis import factors
from playground.core.analysis.maps import single
from playground.core.analysis.plane import Plane
from playground.core.analysis.views import Arrays, Header, Sight, View
from playground.core.analysis.warp import LARGEST, Sheet
from playground.core.picture import value_range
from playground.core.run import Run
from playground.core.want import Want


class FactorsView(View):
    """A dense layer by its singular value decomposition.

    A viewer's option is `block`, the layer; the first dense one where it is none.
    """

    def __init__(self, sight: Sight) -> None:
        super().__init__(sight)
        self._plane: Plane | None = None
        self._held: dict[int, factors.Held] = {}

    def add(self, want: Want, header: Header, arrays: Arrays) -> None:
        """`header["factors"]` has the layer, the decomposition's numbers and the grid's lines;
        `arrays["factors"]` the places (stages, points, 2) of the grid, then training, then test
        points; `arrays["factors_color"]` the network's answer on the grid."""
        run, plane = self.run, self.sight.plane
        if plane is not self._plane:
            self._plane = plane
            self._sheet = Sheet(run, plane, value_range(run, plane))
        blocks = layers(run)
        block = want.of("factors").get("block")
        block = block if block in blocks else blocks[0]
        number = sum(one.linear is not None for one in run.blocks[:block])
        weight, bias = (one.cpu().double() for one in run.engine.parameters()[number])
        if not (torch.isfinite(weight).all() and torch.isfinite(bias).all()):
            return
        values = run.engine.activations(self._sheet.prepared)
        before = self._sheet.inputs if block == 1 else values[block - 2]
        inputs, outputs = (
            one.double().clamp(-LARGEST, LARGEST).cpu().t() for one in (before, values[block - 1])
        )
        some = self._sheet.chosen(inputs)
        found = self._held.setdefault(block, factors.Held()).follow(weight, bias, some)
        header["factors"] = {
            "block": block,
            "blocks": blocks,
            "rows": len(weight),
            "cols": weight.shape[1],
            "activation": run.blocks[block].activation or "linear",
            "seen": factors.seen(found, weight, some),
            **factors.header(found, bias),
            **self._sheet.header(),
        }
        places = factors.places(found, weight, bias, inputs, outputs)
        arrays["factors"] = single(places).numpy()
        arrays["factors_color"] = self._sheet.colors(values[-1])


def layers(run: Run) -> list[int]:
    """The blocks that are one linear map and an activation, the head among them."""
    kinds = ("dense", "head")
    return [index for index, block in enumerate(run.blocks) if block.kind in kinds]
