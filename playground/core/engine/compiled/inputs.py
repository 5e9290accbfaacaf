"""What a kernel is given: a network's settings, points and places in the kernel's terms."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from playground.core.engine.compiled.layout import COEFFICIENTS, knob_names
from playground.core.engine.compiled.plan import ACTIVATION_FORMS, Plan, loss_form
from playground.core.engine.compiled.rules import RULES
from playground.core.experiment import Experiment
from playground.core.network import Block, linear_blocks, penalty_rates

NOBODY = -1e30  # the score of an output unit that is only padding, to a softmax


def coefficients(plan: Plan, experiment: Experiment, blocks: Sequence[Block]) -> Tensor:
    """Those of every layer's activation, 0 for units that are only padding; see `layout.py`.

    Returns:
        (maps, 10, width).
    """
    found = torch.zeros(plan.maps, len(COEFFICIENTS), plan.width)
    maps = linear_blocks(blocks)
    for index, block in enumerate(maps):
        p, q, r, u, v, w = ACTIVATION_FORMS[block.activation or "linear"]
        row = torch.tensor([p, q, r, u, v, w, p * q, u, v, w], dtype=torch.float32)
        found[index, :, : block.units] = row[:, None]
    units = maps[-1].units
    form = loss_form(experiment.loss, experiment.loss_settings, units)
    if form is not None and form.logits:
        # Behind a sigmoid or softmax a − t is the slope with respect to the scores themselves.
        found[-1] = 0
        for name in ("v",) if form.softmax else ("p", "q"):
            found[-1, COEFFICIENTS.index(name), :units] = 1
        found[-1, COEFFICIENTS.index("sv"), :units] = 1
        if form.softmax:
            found[-1, COEFFICIENTS.index("r"), units:] = NOBODY
    return found


def knobs(plan: Plan, experiment: Experiment, blocks: Sequence[Block], rate: float) -> Tensor:
    """What may change while the network trains, as `layout.knob_names` has it.

    Args:
        rate: the learning rate.
    """
    units = linear_blocks(blocks)[-1].units
    form = loss_form(experiment.loss, experiment.loss_settings, units)
    assert form is not None
    found = {
        "rate": rate,
        "factor": form.factor,
        "steepness": form.steepness,
        "low": form.low,
        "high": form.high,
        "clip": experiment.regularization.clip_norm or math.inf,
        **RULES[plan.optimizer].knobs(experiment.optimizer),
    }
    for index, pair in enumerate(penalty_rates(experiment, blocks)):
        found[f"l1.{index}"], found[f"l2.{index}"] = pair
    return torch.tensor([found[name] for name in knob_names(plan)], dtype=torch.float32)


def rows(
    plan: Plan, experiment: Experiment, blocks: Sequence[Block], inputs: Tensor, targets: Tensor
) -> Tensor:
    """All points as the kernel reads them: inputs and targets, each with its padding.

    Args:
        inputs: (points, features).
        targets: encoded (points, output units).
    """
    form = loss_form(experiment.loss, experiment.loss_settings, targets.shape[1])
    if form is not None and form.smoothing:
        targets = targets * (1 - form.smoothing) + form.smoothing / max(targets.shape[1], 2)
    found = torch.zeros(len(inputs), plan.row)
    found[:, : inputs.shape[1]] = inputs
    found[:, plan.width : plan.width + targets.shape[1]] = targets
    return found
