"""Hidden states and gates over the chosen sequence, and what of the loss reaches back to them.

What a viewer may ask for (`Want.options["states"]`):

    block  whose states, from 1; the nearest that has any
    sort   "activity": the unit with the largest mean |state| first; else as they are
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from playground.core.analysis import places
from playground.core.analysis.calm import Calm
from playground.core.analysis.maps import single
from playground.core.analysis.states import Passed, at_last, passed
from playground.core.analysis.views import Arrays, Header, Sight, View
from playground.core.modules.recurrent import CELLS
from playground.core.shapes import is_tokens

if TYPE_CHECKING:
    from playground.core.network import Block
    from playground.core.sample import Sample
    from playground.core.want import Want

MOST_UNITS = 48  # of a course that are sent, the most active of more
MOST_HELD = 64  # orders that are remembered


@dataclass(frozen=True)
class _Seen:
    """What was computed, and the place whose loss it is of."""

    passed: Passed
    asked: int | None


class StatesView(View):
    """See the module. The order of units by activity is held while the network trains."""

    kinds = frozenset({"sequences"})

    def __init__(self, sight: Sight) -> None:
        super().__init__(sight)
        self._blocks = [i for i, block in enumerate(self.run.blocks) if i and _has_states(block)]
        self._calm: Calm[_Seen] = Calm()
        self._orders: dict[tuple[object, ...], list[int]] = {}

    def add(self, want: Want, header: Header, arrays: Arrays) -> None:
        """`header["states"]`: the block and those that can be chosen, the places' tokens, the loss
        and whose it is, the courses; `states_<k>` (parts, units, places) float32 of each course."""
        told: Header = {"blocks": self._blocks, "block": 0, "courses": []}
        header["states"] = told
        if not self._blocks:
            return
        options, sample = want.of("states"), self.sight.sample()
        block = self._chosen(options.get("block"))
        sort = options.get("sort") == "activity"
        point = (sample.part, sample.index, sample.raw.tobytes())
        seen = self._calm.get(
            (block, point), self.run.step, want.resting, lambda: self._look(block, sample)
        )
        courses = seen.passed.courses
        told |= {
            "block": block,
            "kind": seen.passed.kind,
            "tokens": places.texts_of(self.run, sample, block),
            "asked": seen.asked,
            "loss": seen.passed.loss,
            "sorted": sort,
        }
        for number, course in enumerate(courses):
            parts = list(course.values)
            values = torch.cat([course.values[part] for part in parts]).detach()
            order = self._order((block, point, sort, number), values[0], want.resting)
            told["courses"].append(
                {
                    "name": course.name,
                    "start": course.start,
                    "parts": parts,
                    "units": order,
                    "of": values.shape[2],
                    "gradients": seen.passed.gradients and seen.passed.gradients[number],
                }
            )
            shown = single(values[:, :, order].transpose(1, 2))
            arrays[f"states_{number}"] = np.ascontiguousarray(shown.numpy())

    def _chosen(self, asked: object) -> int:
        """The block asked for; else the first that has a state of its own, or the first of all."""
        if isinstance(asked, int) and asked in self._blocks:
            return asked
        recurrent = [i for i in self._blocks if self.run.blocks[i].kind in CELLS]
        return (recurrent or self._blocks)[0]

    def _look(self, block: int, sample: Sample) -> _Seen:
        target, asked = places.target_of(self.run, sample), None
        if target is not None and self.run.schema.steps:
            target, asked = at_last(target)
            target = None if asked is None else target
        return _Seen(passed(self.sight.replica(), block, sample.inputs, target), asked)

    def _order(self, key: tuple[object, ...], values: Tensor, resting: bool) -> list[int]:
        """Which units are shown, in which order, by the first part (places, units)."""
        if resting or key not in self._orders:
            if len(self._orders) > MOST_HELD:
                self._orders.clear()
            self._orders[key] = _by_activity(values, bool(key[2]))
        return self._orders[key]


def _has_states(block: Block) -> bool:
    """Whether it gives a row of numbers at every place, or holds one on the way."""
    return block.kind in CELLS or (len(block.after) == 2 and not is_tokens(block.after))


def _by_activity(values: Tensor, sort: bool) -> list[int]:
    """The most active units of values (places, units), sorted by activity or by number."""
    active = values.abs().mean(0).sort(descending=True, stable=True).indices[:MOST_UNITS].tolist()
    return active if sort else sorted(active)
