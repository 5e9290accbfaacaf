"""What captures work on a device and replays it."""

from __future__ import annotations

import logging
import os
from abc import ABC, abstractmethod
from collections.abc import Callable

import torch

log = logging.getLogger(__name__)

WARM_UPS = 2  # libraries choose algorithms and take memory in their first calls
Work = Callable[[], None]


def off() -> bool:
    """Whether the operator wants no graphs."""
    return os.environ.get("PLAYGROUND_GRAPHS", "").lower() in ("off", "0", "no")


class Backend(ABC):
    """Captures work once, to be replayed on the same tensors.

    Attributes:
        broken: why nothing is captured any more in this process; "" while nothing has failed.
    """

    def __init__(self) -> None:
        self.broken = ""

    def serves(self, device: torch.device) -> bool:
        """Whether work on a device may be captured now."""
        return not self.broken and not off() and self.can(device)

    def refuse(self, reason: str) -> None:
        """Captures and replays nothing any more in this process."""
        self.broken = reason
        log.warning("no CUDA graphs: %s; steps are launched one by one", reason)

    @abstractmethod
    def can(self, device: torch.device) -> bool:
        """Whether this is a device of its kind."""

    @abstractmethod
    def capture(self, work: Work) -> Callable[[], object]:
        """What replays the work.

        The work is done a few times on the way, and reads and writes tensors that were made
        before: whoever replays it keeps them.

        Raises:
            Exception: of any kind, where it cannot be captured.
        """


class CudaGraphs(Backend):
    """CUDA graphs, each with a memory pool of its own."""

    def __init__(self) -> None:
        super().__init__()
        self._side: torch.cuda.Stream | None = None

    def can(self, device: torch.device) -> bool:
        return device.type == "cuda"

    def capture(self, work: Work) -> Callable[[], object]:
        # One stream for all: cuBLAS takes work space for each, and outside the graph's pool only
        # where it is taken before the capture.
        self._side = self._side or torch.cuda.Stream()
        here = torch.cuda.current_stream()
        self._side.wait_stream(here)
        with torch.cuda.stream(self._side):
            for _ in range(WARM_UPS):
                work()
        here.wait_stream(self._side)
        graph = torch.cuda.CUDAGraph()
        # Other threads may allocate meanwhile: what they do is no part of this stream. What torch
        # keeps for all graphs of a process is made outside inference mode, or nobody outside it
        # could capture any more.
        with (
            torch.inference_mode(False),
            torch.cuda.graph(graph, stream=self._side, capture_error_mode="thread_local"),
            torch.inference_mode(),
        ):
            work()
        return graph.replay


CUDA = CudaGraphs()
