"""Changes that need another engine but not other weights: they are carried over mid-run.

Another activation, loss, optimizer, precision or device, a bias switched on or off: the linear
maps keep their shapes, so the run goes on from where it stands. An optimizer of another kind
starts with an empty memory, and so does any in another engine or precision.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import torch

from playground.core.answers import pairing_for
from playground.core.assembly import settle_in
from playground.core.network import linear_blocks

if TYPE_CHECKING:
    from playground.core.run import Run


def memory_of(run: Run) -> dict[str, Any]:
    """What a network holds in any engine, and everything that it holds in this one."""
    weights = [(w.cpu().double(), b.cpu().double()) for w, b in run.engine.parameters()]
    return {
        "kind": _kind(run),
        "engine": run.engine.state(),
        "weights": [(weight.clone(), bias.clone()) for weight, bias in weights],
        "extras": {name: part.clone() for name, part in run.engine.extras().items()},
    }


def remember(run: Run, memory: dict[str, Any]) -> None:
    """Gives a run's engine what `memory_of` took, its optimizer's too where that is the same."""
    if list(memory["kind"]) == _kind(run):
        run.engine.load_state(memory["engine"])
        return
    for index, (weight, bias) in enumerate(memory["weights"]):
        run.engine.write(index, weight, bias)
    run.engine.load_extras(memory["extras"])


def _kind(run: Run) -> list[str]:
    experiment = run.experiment
    names = [run.engine.name, experiment.optimizer.name, experiment.training.precision]
    # A block's own parameters, such as the slope of an activation, come and go with its kind.
    extras = run.engine.extras().items()
    return [*names, *(f"{name}{tuple(part.shape)}" for name, part in extras)]


def transplant(run: Run, memory: dict[str, Any]) -> None:
    """Goes on in a new engine, made for the run's present settings.

    Args:
        memory: from `memory_of`, taken before the settings changed.
    """
    inputs, targets = run.examples("train")
    run.problem = replace(
        run.problem,
        experiment=run.present,
        blocks=run.blocks,
        loss=run.loss,
        inputs=inputs,
        targets=targets,
        parameters=memory["weights"],
        pairing=pairing_for(run.schema, run.loss),
        augmentation=run.augmentation(),
        dtype=getattr(torch, run.experiment.training.precision),
    )
    settle_in(run)
    remember(run, memory)
    for index, block in enumerate(linear_blocks(run.blocks)):
        if not getattr(block.layer, "bias", True):
            weight, bias = run.engine.parameters()[index]
            run.engine.write(index, weight, torch.zeros_like(bias))
    run.hands.move(run.engine)
    run.path.follow(run.engine)
    run.begin_measuring()
    run.generation += 1
