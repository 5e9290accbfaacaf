"""A run as bytes, and back: everything that it needs to go on exactly from where it stood."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import torch

from playground.core.transplant import memory_of, remember

if TYPE_CHECKING:
    from playground.core.run import Run


def snapshot_of(run: Run) -> bytes:
    """Everything that a new Run of the same experiment needs to go on exactly from here."""
    content = {
        **memory_of(run),
        "crossed": run.crossed,
        "hands": run.hands.state(),
        "pace": run.pace.state(),
        "marks": run.marks,
        "batches": run.batches.state(),
        "generators": {name: g.get_state() for name, g in run.generators.items()},
        "history": run.history.state(),
        "path": run.path.state(),
        "step": run.step,
        "seconds": run.seconds,
    }
    buffer = io.BytesIO()
    torch.save(content, buffer)
    return buffer.getvalue()


def restore(run: Run, snapshot: bytes) -> None:
    """Brings a fresh run to where another of the same experiment stood."""
    content = torch.load(io.BytesIO(snapshot), weights_only=True)
    if content["crossed"] and not run.crossed:
        run.cross()
    for name, generator in run.generators.items():
        generator.set_state(content["generators"][name])
    remember(run, content)
    run.hands.load_state(content["hands"])
    run.hold()
    run.batches.load_state(content["batches"])
    run.engine.load(run.batches.indices)
    run.history.load_state(content["history"])
    run.path.load_state(content["path"])
    run.step, run.seconds = content["step"], content["seconds"]
    run.marks = [(float(at), str(what), str(to)) for at, what, to in content["marks"]]
    run.pace.load_state(content["pace"])
    run.pace.check()
