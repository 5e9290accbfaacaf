"""What a kernel is given: a network's settings, points and places in the kernel's terms."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from playground.core.engine.compiled.lanes import AnyPlan
from playground.core.engine.compiled.plan import ACTIVATION_FORMS, Plan, loss_form
from playground.core.engine.compiled.step import COEFFICIENTS, KNOBS, PENALTIES
from playground.core.experiment import Experiment
from playground.core.network import Block, linear_blocks, penalty_rates
from playground.core.optimizers import SGD, Adam, AdamW

NOBODY = -1e30  # the score of an output unit that is only padding, to a softmax


def coefficients(plan: AnyPlan, experiment: Experiment, blocks: Sequence[Block]) -> Tensor:
    """Those of every layer's activation, 0 for units that are only padding; see `step.py`.

    Returns:
        (maps, 10, columns).
    """
    found = torch.zeros(plan.maps, len(COEFFICIENTS), plan.columns)
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


def knobs(experiment: Experiment, blocks: Sequence[Block], rate: float) -> Tensor:
    """What may change while the network trains, see `step.KNOBS`; `rate` is the learning rate."""
    units = linear_blocks(blocks)[-1].units
    form = loss_form(experiment.loss, experiment.loss_settings, units)
    assert form is not None
    found = {
        "rate": rate,
        "factor": form.factor,
        "steepness": form.steepness,
        "low": form.low,
        "high": form.high,
        **_of_optimizer(experiment),
    }
    numbers = [found.get(name, 0.0) for name in KNOBS]
    numbers += [0.0] * (PENALTIES - len(numbers))
    rates = [rate for pair in penalty_rates(experiment, blocks) for rate in pair]
    return torch.tensor(numbers + rates, dtype=torch.float32)


def _of_optimizer(experiment: Experiment) -> dict[str, float]:
    optimizer = experiment.optimizer
    if isinstance(optimizer, SGD):
        ahead = optimizer.nesterov
        return {
            "momentum": optimizer.momentum,
            "of_gradient": 1.0 if ahead else 0.0,
            "of_velocity": optimizer.momentum if ahead else 1.0,
        }
    found: dict[str, float] = {}
    if isinstance(optimizer, Adam | AdamW):
        for place, beta in (("1", optimizer.beta1), ("2", optimizer.beta2)):
            found["beta" + place], found["rest" + place] = beta, 1 - beta
            found["log_beta" + place] = math.log(max(beta, 1e-30))
        found["decay"] = optimizer.weight_decay if isinstance(optimizer, AdamW) else 0.0
    return found


def rows(
    plan: AnyPlan, experiment: Experiment, blocks: Sequence[Block], inputs: Tensor, targets: Tensor
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


def places(shapes: Sequence[tuple[int, int]], plan: Plan) -> tuple[Tensor, Tensor]:
    """Where each number of the dense engine's flat vector lies in the kernel's tensors.

    Args:
        shapes: (outputs, inputs + 1) of every linear map [W | b], in the vector's order.

    Returns:
        Places in `weights`, and in `turned`, where −1 stands for a number that is not there.
    """
    weights, turned = [], []
    for index, (outputs, columns) in enumerate(shapes):
        unit = torch.arange(outputs)[:, None]
        source = torch.arange(columns)[None]
        last = source == columns - 1  # the bias
        row = torch.where(last, plan.width, source)
        block = index * (plan.width + 1) * plan.columns
        weights.append((block + row * plan.columns + unit).flatten())
        back = (index - 1) * plan.width * plan.columns + unit * plan.columns + source
        absent = last | torch.tensor(index == 0)
        turned.append(torch.where(absent, -1, back).flatten())
    return torch.cat(weights), torch.cat(turned)
