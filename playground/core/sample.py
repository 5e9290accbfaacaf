"""The one point that is looked at: a picture, a sequence, a rating, from the data or one's own.

All parts of a page look at the same one. A viewer names it in the options of "sample":
{"part": "train" or "test", "index": i}, or, of sequences, {"text": what was typed}; nothing says
the first test point. A picture of one's own comes as `own_picture` takes it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from playground.core.data.pictures.own import own_picture
from playground.core.data.sequences.typed import typed_row
from playground.core.errors import Notice, PlaygroundError
from playground.core.outputs.writing import translated
from playground.core.run import Run
from playground.core.shapes import source_of


@dataclass(frozen=True, eq=False)
class Sample:
    """See the module.

    Attributes:
        raw: the point as it was made, (*shape).
        inputs: as the network is given it, (1, *shape) on the CPU.
        target: what the data say, as in `Prepared.targets_*`; None of an own point.
        part: "train", "test" or "own".
        index: its place in the part.
        problem: why what was typed is not shown.
    """

    raw: np.ndarray
    inputs: Tensor
    target: Any
    part: str
    index: int
    problem: Notice | None = None

    def told(self) -> dict[str, Any]:
        """Where it comes from, for a frame's header."""
        problem = self.problem.as_dict() if self.problem else None
        return {"part": self.part, "index": self.index, "problem": problem}


def own_point(run: Run, options: Mapping[str, Any]) -> np.ndarray | None:
    """A point that the visitor made, as the data are before any preprocessing; None without one."""
    if run.schema.kind != "pictures" or not options.get("own"):
        return None
    channels, height, width = run.data.raw_train.shape[1:]
    return own_picture(options, run.experiment.data.name, (channels, height, width))


def chosen(run: Run, options: Mapping[str, Any]) -> Sample:
    """The point that a viewer asks for; the nearest one there is."""
    problem = None
    if run.schema.kind == "sequences" and isinstance(text := options.get("text"), str) and text:
        try:
            return _typed(run, text)
        except PlaygroundError as error:
            problem = error.notice()
    data = run.data
    own = own_point(run, options)
    if own is not None:
        inputs = torch.from_numpy(data.to_inputs(own[None]))
        return Sample(own, inputs, None, "own", 0)
    part = "train" if options.get("part") == "train" else "test"
    raw, inputs, targets = (
        getattr(data, f"{name}_{part}") for name in ("raw", "inputs", "targets")
    )
    index = options.get("index", 0)
    index = int(index) if isinstance(index, int | float) else 0
    index = min(max(index, 0), len(raw) - 1)
    one = torch.from_numpy(inputs[index : index + 1])
    return Sample(raw[index], one, targets[index], part, index, problem)


def _typed(run: Run, text: str) -> Sample:
    """
    Raises:
        PlaygroundError: this is no sequence of the set.
    """
    row = typed_row(run.experiment.data, run.schema, text)
    assert run.schema.shape is not None
    if source := source_of(run.schema.shape):
        # The writing part reads what the network itself has written.
        row = translated(run, row[None, :source])[0]
    return Sample(row, torch.from_numpy(row[None]), None, "own", 0)
