"""A stand-in for CUDA graphs on any device: every call is recorded with its very tensors.

What is recorded is what a graph would hold: operations on addresses. A replay runs the list, and
what an operation returned when it was recorded is written to where it lay. What no graph can
capture is refused: whatever makes the host wait for a value, has a size that depends on values,
draws at random on the host, or brings new numbers from the host.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_flatten

from playground.core.engine.graphs.capture import Backend, Work

UNCAPTURABLE = {
    torch.Tag.data_dependent_output,
    torch.Tag.dynamic_output_shape,
    torch.Tag.nondeterministic_seeded,
}
FROM_THE_HOST = {"lift_fresh", "scalar_tensor", "set_"}
INDEXING = {"index", "index_put_", "index_put", "_index_put_impl_"}  # by masks they count


class Refused(RuntimeError):
    """What a CUDA graph could not capture."""


class Recorder(TorchDispatchMode):
    def __init__(self) -> None:
        super().__init__()
        self.calls: list[tuple[Any, Any, Any, list[tuple[int, Tensor]]]] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        with self:  # what is made of other calls is seen as those
            result = func.decompose(*args, **kwargs)
        if result is not NotImplemented:
            return result
        name = func._schema.name.split("::")[1]
        given = [one for one in tree_flatten((args, kwargs))[0] if isinstance(one, Tensor)]
        if name in INDEXING:
            if any(one.dtype in (torch.bool, torch.uint8) for one in given[1:]):
                raise Refused(f"{name} by a mask")
        elif UNCAPTURABLE & set(func.tags) or name in FROM_THE_HOST:
            raise Refused(name)
        result = func(*args, **kwargs)
        found = tree_flatten(result)[0]
        tensors = [*given, *(one for one in found if isinstance(one, Tensor))]
        if len({one.device for one in tensors}) > 1:
            raise Refused(f"{name} between devices")
        known = {_address(one) for one in given}
        made = [
            (place, one)
            for place, one in enumerate(found)
            if isinstance(one, Tensor) and _address(one) not in known
        ]
        if made or func._schema.is_mutable:  # a view lies where it lies
            self.calls.append((func, args, kwargs, made))
        return result

    def replay(self) -> None:
        for func, args, kwargs, made in self.calls:
            found = tree_flatten(func(*args, **kwargs))[0]
            for place, one in made:
                one.copy_(found[place])


def _address(tensor: Tensor) -> int:
    lies = getattr(tensor, "within", tensor)  # of `elsewhere.py`
    return lies.untyped_storage().data_ptr()


class Recorded(Backend):
    """Captures on any device by recording.

    Attributes:
        captured: calls of each capture.
        replays: how often anything was replayed.
    """

    def __init__(self) -> None:
        super().__init__()
        self.captured: list[int] = []
        self.replays = 0

    def can(self, device: torch.device) -> bool:
        return True

    def capture(self, work: Work) -> Callable[[], object]:
        work()  # warm up
        recorder = Recorder()
        with recorder:
            work()
        self.captured.append(len(recorder.calls))

        def replay() -> None:
            self.replays += 1
            recorder.replay()

        return replay
