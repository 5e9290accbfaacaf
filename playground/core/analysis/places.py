"""What is known of the chosen sequence, place by place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from playground.core.losses import encode_targets
from playground.core.shapes import is_tokens

if TYPE_CHECKING:
    from playground.core.run import Run
    from playground.core.sample import Sample


def target_of(run: Run, sample: Sample) -> Tensor | None:
    """What the data say of a point, (1, …) as the loss has it; None of an own point."""
    if sample.target is None:
        return None
    schema, target = run.schema, torch.as_tensor(sample.target).unsqueeze(0)
    if schema.task == "regression":
        target = (target.double() - run.data.target_mean) / run.data.target_std
    if schema.steps:
        return target
    return encode_targets(target, schema.task, len(schema.class_names), run.loss)


def texts_of(run: Run, sample: Sample, block: int = 0) -> list[str] | None:
    """What stands at each place behind a block; None where places have only numbers, or where the
    block has other places than what comes in."""
    shape, vocabulary = run.blocks[0].after, run.schema.vocabulary
    if not is_tokens(shape) or not vocabulary:
        return None
    after = run.blocks[block].after
    if len(after) == 2 and after[0] != shape[0]:
        return None
    return [vocabulary[number] for number in sample.inputs[0].tolist()]
