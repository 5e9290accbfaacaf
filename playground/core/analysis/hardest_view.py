"""The pictures with the greatest loss, of a whole part, worked through in bounded pieces.

What a viewer may ask for (`Want.options["hardest"]`):

    part             "test" or "train"
    true, predicted  classes: only pictures of the one that are taken for the other
    wrong            only those that are taken for another class
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from playground.core.analysis.brushed import class_shares, losses_of
from playground.core.analysis.operation_view import number
from playground.core.analysis.paced import Paced
from playground.core.analysis.study import Steps
from playground.core.analysis.views import Header
from playground.core.outputs.code import grey
from playground.core.picture import answer

SHOWN = 48
PIECE = 5e7  # additions and multiplications between two turns
LEAST = 8  # pictures of one piece


class HardestView(Paced):
    """See the module."""

    name: ClassVar[str] = "hardest"
    gap: ClassVar[float] = 2.0  # a list that is to be read
    kinds = frozenset({"pictures"})

    def steps(self, options: Mapping[str, Any]) -> Steps:
        run, replica = self.run, self.frozen()
        part = "train" if options.get("part") == "train" else "test"
        inputs = getattr(run.data, f"inputs_{part}")
        targets = getattr(run.data, f"targets_{part}")
        cost = sum(block.flops for block in run.blocks)
        size = max(LEAST, int(PIECE / max(cost, 1)))
        pieces: list[Tensor] = []
        for first in range(0, len(inputs), size):
            with torch.no_grad():
                output = replica.output(torch.from_numpy(inputs[first : first + size]))
            pieces.append(output)
            yield 0.9 * min(first + size, len(inputs)) / len(inputs)
        told: Header = {"part": part, "total": len(inputs), "found": 0, "rows": []}
        if not pieces:
            return told, {}
        output = torch.cat(pieces).t()
        losses, said = losses_of(run, targets, output).double(), answer(run, output).double()
        # Of answers of several numbers there is no single one to tell.
        single = np.asarray(targets) if targets.ndim == 1 else np.full(len(targets), np.nan)
        truth = torch.from_numpy(single).double()
        shares = None if run.schema.task == "regression" else class_shares(said)
        guesses = said[0] if shares is None else shares.argmax(0).double()
        yield 0.95
        chosen = torch.ones(len(truth), dtype=torch.bool)
        if shares is not None:
            chosen = among(options, truth, guesses)
            told["right"] = int((guesses == truth).sum())
        told |= {"found": int(chosen.sum()), "mean": number(losses.mean().item())}
        # A loss that is not finite is the greatest of all.
        order = losses.nan_to_num(torch.inf).masked_fill(~chosen, -torch.inf)
        places = order.argsort(descending=True, stable=True)[: min(told["found"], SHOWN)].tolist()
        told["rows"] = [
            {
                "index": place,
                "truth": number(truth[place].item()),
                "prediction": number(guesses[place].item()),
                "loss": number(losses[place].item()),
                "share": None if shares is None else number(shares[:, place].max().item()),
                "own": None if shares is None else number(shares[int(truth[place]), place].item()),
            }
            for place in places
        ]
        raw = getattr(run.data, f"raw_{part}")[places]
        found = {"hardest_pictures": np.ascontiguousarray(raw)}
        if run.schema.pane == "codes":
            again = said[:, places].t().reshape(-1, 1, *raw.shape[-2:])
            found["hardest_again"] = grey(again)
        return told, found


def among(options: Mapping[str, Any], truth: Tensor, guesses: Tensor) -> Tensor:
    """Which pictures are asked for, bool."""
    chosen = torch.ones(len(truth), dtype=torch.bool)
    if options.get("wrong") is True:
        chosen &= truth != guesses
    for name, classes in (("true", truth), ("predicted", guesses)):
        value = options.get(name)
        if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
            chosen &= classes == value
    return chosen
