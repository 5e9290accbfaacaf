"""Who looks at whom: the attention of every head of a block over the chosen sequence.

What a viewer may ask for (`Want.options["attention"]`):

    block  whose attention, from 1; the nearest that has any
    map    0, 1: which of the block's attentions, such as self and cross
    head   its number from 0; −1 for the mean of all
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from playground.core.analysis import places
from playground.core.analysis.calm import Calm
from playground.core.analysis.maps import single
from playground.core.analysis.views import Arrays, Header, Sight, View
from playground.core.modules.attention import Looking, attention_maps

if TYPE_CHECKING:
    from torch import nn

    from playground.core.sample import Sample
    from playground.core.want import Want

MEAN = -1


@dataclass(frozen=True, eq=False)
class _Seen:
    """Every attention of one block, and what the network would write at each place."""

    lookings: list[Looking]
    said: list[int] | None


class AttentionView(View):
    """See the module."""

    kinds = frozenset({"sequences"})

    def __init__(self, sight: Sight) -> None:
        super().__init__(sight)
        modules = sight.replica().modules
        self._blocks = [i for i, module in enumerate(modules, 1) if _attends(module)]
        self._calm: Calm[_Seen] = Calm()

    def add(self, want: Want, header: Header, arrays: Arrays) -> None:
        """`header["attention"]`: the block, its attentions, the places' tokens. Arrays:
        `attention` (queries, keys) float32 of the chosen head, `attention_heads` (heads, queries,
        keys) uint8, 255 for a weight of 1, `attention_seen` (queries, keys) uint8, 1 where a place
        may look."""
        told: Header = {"blocks": self._blocks, "block": 0, "maps": []}
        header["attention"] = told
        if not self._blocks:
            return
        options, sample = want.of("attention"), self.sight.sample()
        block = options.get("block")
        if block not in self._blocks:
            # What is written looks at what is read in the last ones: the easiest to read.
            block = self._blocks[-1]
        point = (block, sample.part, sample.index, sample.raw.tobytes())
        seen = self._calm.get(point, self.run.step, want.resting, lambda: self._look(block, sample))
        names = [one.name for one in seen.lookings]
        number = options.get("map")
        if not isinstance(number, int) or not 0 <= number < len(names):
            number = names.index("cross") if "cross" in names else 0
        looking = seen.lookings[number]
        weights = looking.weights[0]
        head = options.get("head")
        if not isinstance(head, int) or not MEAN <= head < len(weights):
            head = 0 if len(weights) == 1 else MEAN
        vocabulary = self.run.schema.vocabulary
        told |= {
            "block": block,
            "map": number,
            "head": head,
            "heads": len(weights),
            "maps": [
                {"name": one.name, "asking": one.asking, "asked": one.asked}
                for one in seen.lookings
            ],
            "tokens": places.texts_of(self.run, sample, block),
            "said": seen.said and [vocabulary[one] for one in seen.said],
        }
        chosen = weights.mean(0) if head == MEAN else weights[head]
        arrays["attention"] = single(chosen).contiguous().numpy()
        bytes_ = weights.clamp(0, 1).mul(255).round().to(torch.uint8)
        arrays["attention_heads"] = np.ascontiguousarray(bytes_.numpy())
        seen_by = torch.ones_like(chosen) if looking.mask is None else looking.mask
        seen_by = seen_by.reshape(-1, seen_by.shape[-1]).expand_as(chosen)
        arrays["attention_seen"] = seen_by.to(torch.uint8).contiguous().numpy()

    def _look(self, block: int, sample: Sample) -> _Seen:
        replica, schema = self.sight.replica(), self.run.schema
        values = replica.inputs(sample.inputs)
        for module in replica.modules[: block - 1]:
            values = module(values)
        lookings = attention_maps(replica.modules[block - 1], values)
        for module in replica.modules[block - 1 :]:
            values = module(values)
        said = None
        if schema.steps and schema.vocabulary and values.shape[-1] == len(schema.vocabulary):
            said = values[0].argmax(-1).tolist()
        return _Seen(lookings, said)


def _attends(module: nn.Module) -> bool:
    return any(hasattr(part, "lookings") for part in module.modules())
