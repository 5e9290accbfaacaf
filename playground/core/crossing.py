"""How a run goes over to other data with the body that it has: data and head are exchanged."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import torch

from playground.core.answers import pairing_for
from playground.core.assembly import settle_in
from playground.core.changes import data_stream, note
from playground.core.data.prepare import as_counts, prepare
from playground.core.data.registry import schema_of
from playground.core.errors import PlaygroundError
from playground.core.hands import Hands
from playground.core.network import checked, first_extras, first_parameters
from playground.core.path import Path
from playground.core.random import stable_seed
from playground.core.transfer import present
from playground.core.transplant import memory_of

if TYPE_CHECKING:
    from playground.core.data.model import Brought
    from playground.core.experiment import Experiment
    from playground.core.run import Run


def check_transfer(experiment: Experiment, own: Brought | None) -> None:
    """
    Raises:
        PlaygroundError: the data that come first have points of another shape, or another task,
            or the network does not fit the experiment's own data.
    """
    if not experiment.transfer.source:
        return
    first = schema_of(present(experiment, False).data, own)
    second = schema_of(experiment.data, own)
    if (first.kind, first.shape, first.task, first.steps) != (
        second.kind,
        second.shape,
        second.task,
        second.steps,
    ):
        raise PlaygroundError(
            "transfer_other_shape", first=experiment.transfer.source, second=experiment.data.name
        )
    checked(experiment, second)


def cross(run: Run) -> None:
    """Goes on with the experiment's own data.

    The head is drawn anew, and so is a body that is "fresh", from a stream of the seed: the head
    begins alike whatever becomes of the body. The optimizer begins anew.
    """
    transfer = run.experiment.transfer
    run.crossed = True
    run.present = present(run.experiment, True)
    run.schema = schema_of(run.present.data, run.table)
    run.blocks = checked(run.present, run.schema)
    run.data = prepare(run.present, run.table, data_stream(run.present))
    if run.loss.rates:
        run.data = as_counts(run.data)
    memory, before = memory_of(run), run.hands.state()
    seed = stable_seed(run.present.training.seed, "transfer")
    generator = torch.Generator().manual_seed(seed)
    parameters = first_parameters(run.present, run.blocks, generator)
    extras = first_extras(run.present, run.blocks, generator)
    carried = transfer.body != "fresh"
    if carried:
        parameters = [*memory["weights"][:-1], parameters[-1]]
        extras |= memory["extras"]
    inputs, targets = run.examples("train")
    run.problem = replace(
        run.problem,
        experiment=run.present,
        blocks=run.blocks,
        inputs=inputs,
        targets=targets,
        parameters=parameters,
        extras=extras,
        pairing=pairing_for(run.schema, run.loss),
    )
    run.batches.resize(len(run.data.inputs_train), run.data.left_out)
    settle_in(run)
    run.hands = Hands(run.engine, parameters)
    if carried:
        # What is cut in the body stays cut.
        now = run.hands.state()
        names = ("cut", "pruned", "pruned_from")
        kept = {name: [*before[name][:-1], now[name][-1]] for name in names}
        run.hands.load_state({**kept, "share": before["share"]})
    run.path = Path(run.engine)
    run.begin_measuring()
    run.generation += 1
    run.pace.configure()
    run.hold()
    note(run, [("transfer", run.present.data.name)])
