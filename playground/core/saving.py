"""A run as bytes, and back: everything that it needs to go on exactly from where it stood.

The bytes are tensors and plain data; nothing is unpickled when they are read.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import torch

from playground.core.errors import Notice
from playground.core.transplant import memory_of, remember

if TYPE_CHECKING:
    from playground.core.run import Run

MOST = 2**25
"""Bytes of a snapshot of several networks: one that would be larger is not made. It is kept for
every visitor, beside the process that trains."""


def packed(content: Mapping[str, Any]) -> bytes:
    """Tensors and plain data as bytes."""
    buffer = io.BytesIO()
    torch.save(dict(content), buffer)
    return buffer.getvalue()


def unpacked(snapshot: bytes) -> dict[str, Any]:
    """What `packed` took."""
    return torch.load(io.BytesIO(snapshot), weights_only=True)


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
        "exploded": run.exploded,
        "diverged": run.notice.as_dict() if run.notice and run.state == "diverged" else None,
        "drawn_before": run.engine.drawn_before,
    }
    return packed(content)


def restore(run: Run, snapshot: bytes) -> None:
    """Brings a fresh run to where another of the same experiment stood."""
    content = unpacked(snapshot)
    if content["crossed"] and not run.crossed:
        run.cross()
    remember(run, content)
    run.hands.load_state(content["hands"])
    run.hold()
    run.batches.load_state(content["batches"])
    if content["drawn_before"] is not None:
        run.generators["dropout"].set_state(content["drawn_before"])
    run.engine.load(run.batches.indices)
    # What loading an epoch draws was drawn before.
    for name, generator in run.generators.items():
        generator.set_state(content["generators"][name])
    run.history.load_state(content["history"])
    run.path.load_state(content["path"])
    run.step, run.seconds = content["step"], content["seconds"]
    run.marks = [(float(at), str(what), str(to)) for at, what, to in content["marks"]]
    run.exploded = content["exploded"]
    run.pace.load_state(content["pace"])
    if content["diverged"] is not None:
        run.state = "diverged"
        run.notice = Notice(content["diverged"]["code"], content["diverged"]["params"])
    run.pace.check()
