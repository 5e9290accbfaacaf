"""Feature maps and filters: what the blocks of a network make of the chosen picture.

What a viewer may ask for (`Want.options["maps"]`):

    block    whose maps and kernels, from 1; the nearest block whose values are pictures
    channel  the one that is shown large; by default the one with the greatest value
    filters  whether the block's kernels are wanted
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from playground.core.analysis.maps import signed_bytes, single
from playground.core.analysis.views import Arrays, Header, View

if TYPE_CHECKING:
    from playground.core.run import Run
    from playground.core.want import Want

TINY = 1e-12


def pictured(run: Run) -> list[int]:
    """Places of the blocks behind the input whose values are pictures."""
    return [i for i, block in enumerate(run.blocks) if i and len(block.after) == 3]


def nearest(places: list[int], asked: object) -> int:
    """The one of some places that is nearest to what was asked for; the first of two."""
    wanted = asked if isinstance(asked, int) and not isinstance(asked, bool) else places[0]
    return min(places, key=lambda place: abs(place - wanted))


def whole(options: Mapping[str, Any], name: str, count: int, default: int = 0) -> int:
    """A whole number from 0 to below `count` that a viewer asked for."""
    value = options.get(name)
    fits = isinstance(value, int) and not isinstance(value, bool)
    return min(max(int(value), 0), count - 1) if fits and isinstance(value, int) else default


def strongest(maps: Tensor) -> int:
    """The channel of maps (channels, height, width) with the value farthest from 0."""
    return int(maps.abs().amax((1, 2)).argmax())


def kernels_of(block: nn.Module) -> list[Tensor]:
    """The kernels (outputs, inputs of one group, height, width) of a block's convolutions."""
    return [one.weight.detach() for one in block.modules() if isinstance(one, nn.Conv2d)]


class MapsView(View):
    """See the module."""

    kinds = frozenset({"pictures"})

    def add(self, want: Want, header: Header, arrays: Arrays) -> None:
        options, places = want.of("maps"), pictured(self.run)
        told: Header = {"blocks": places, "block": None}
        header["maps"] = told
        if not places:
            return
        index = nearest(places, options.get("block"))
        replica = self.sight.replica()
        with torch.inference_mode(False), torch.no_grad():
            values = replica.inputs(self.sight.sample().inputs)
            for block in replica.modules[:index]:
                values = block(values)
            values = torch.nan_to_num(values[0].double())
        channel = whole(options, "channel", len(values), strongest(values))
        scale = values.abs().max().clamp(min=TINY)
        told |= {"block": index, "channel": channel, "scale": scale.item(),
                 "low": values.amin((1, 2)).tolist(), "high": values.amax((1, 2)).tolist(),
                 "mean": values.mean((1, 2)).tolist(), "filters": None}  # fmt: skip
        arrays["maps_values"] = signed_bytes(values.reshape(1, -1), scale[None]).reshape(
            values.shape
        )
        arrays["maps_large"] = single(values[channel]).numpy()
        found = kernels_of(replica.modules[index - 1]) if options.get("filters") is True else []
        if not found:
            return
        # Of a residual block the first ones, which read the block's input.
        kernels = torch.nan_to_num(found[0].double())
        size = kernels.abs().max().clamp(min=TINY)
        told["filters"] = {"scale": size.item(), "of": len(found)}
        shades = signed_bytes(kernels.reshape(1, -1), size[None])
        arrays["maps_kernels"] = shades.reshape(kernels.shape)
        arrays["maps_kernel"] = single(kernels[channel]).numpy()
