"""The dense engines with steps in CUDA graphs, for one network and for many.

Everything but training is the dense engine's. Learning rates are tensors, so that a schedule
changes no call.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from playground.core.engine.base import Free, Problem
from playground.core.engine.dense import DenseEngine
from playground.core.engine.dense_many import DenseMany
from playground.core.engine.graphs import capture
from playground.core.engine.graphs.capture import Backend
from playground.core.engine.graphs.steps import Graphs, Slices
from playground.core.engine.update import Update


class GraphEngine(DenseEngine):
    """See the module.

    Args:
        backend: what captures; None for CUDA graphs.
    """

    def __init__(self, problem: Problem, backend: Backend | None = None) -> None:
        self._backend = backend or capture.CUDA
        self._graphs: Graphs | None = None
        self._captures = _captures(problem, self._backend)
        self._indices = torch.empty(0, dtype=torch.int64)
        self._behind = False  # the buffers of plain steps lack the present epoch
        self._allowed = True
        super().__init__(problem)
        if self._captures:
            self._graphs = Graphs(self._backend, self)

    @property
    def way(self) -> str:
        used = self._graphs is not None and self._graphs.used
        return "graph" if used and self._allowed else self.name

    @property
    def kernel_ready(self) -> bool:
        return self._graphs is not None and not self._backend.broken

    def use_kernel(self, allowed: bool) -> None:
        self._allowed = allowed

    # ---- training

    def load(self, indices: Tensor) -> None:
        if self._graphs is None or self._backend.broken:
            super().load(indices)
            return
        self._indices = indices.to(self._flat.device)
        self._graphs.follow(self._indices)
        self._behind = True

    def train(self, slices: Slices) -> None:
        if self._graphs is None:
            super().train(slices)
        elif self._allowed:
            self._graphs.train(slices)
        else:
            self.plain(slices)

    def plain(self, slices: Slices) -> None:
        """Takes steps without graphs."""
        if self._behind:
            super().load(self._indices)
            self._behind = False
        super().train(slices)

    def _pace(self, rate: float) -> float | Tensor:
        return torch.full_like(self._flat, rate) if self._captures else rate

    def exchange(self, inputs: Tensor, targets: Tensor) -> None:
        super().exchange(inputs, targets)
        self._behind = False  # `load` follows
        if self._graphs is not None:
            self._graphs.forget()

    # ---- what graphs are made of

    @property
    def update(self) -> Update:
        return self._update

    def points(self) -> tuple[Tensor, Tensor]:
        """Inputs with a column of ones, and targets, all of them."""
        return self._inputs, self._targets

    def moved(self) -> list[Tensor]:
        """All that a step moves and the next one reads."""
        return [self._flat, self._update.alive, *self._update.memory.values()]

    def generators(self) -> list[torch.Generator]:
        """What dropout draws from."""
        return [self._problem.generator]


class GraphMany(DenseMany):
    """See the module.

    Args:
        backend: what captures; None for CUDA graphs.
    """

    def __init__(
        self,
        problems: Sequence[Problem],
        free: Sequence[Free | None],
        backend: Backend | None = None,
    ) -> None:
        self._backend = backend or capture.CUDA
        self._graphs: Graphs | None = None
        self._captures = _captures(problems[0], self._backend)
        self._orders = torch.empty(0, dtype=torch.int64)
        self._behind = False
        super().__init__(problems, free)
        if self._captures:
            self._graphs = Graphs(self._backend, self)

    @property
    def name(self) -> str:  # type: ignore[override]
        return "graph" if self._graphs is not None and self._graphs.used else "dense"

    # ---- training

    @torch.inference_mode()
    def load(self, orders: Tensor) -> None:
        if self._graphs is None or self._backend.broken:
            super().load(orders)
            return
        self._orders = orders.to(self._device)
        self._graphs.follow(self._orders + self._offsets)
        self._behind = True

    def train(self, slices: Slices) -> None:
        if self._graphs is None:
            super().train(slices)
        else:
            self._graphs.train(slices)

    def plain(self, slices: Slices) -> None:
        """Takes steps without graphs."""
        if self._behind:
            super().load(self._orders)
            self._behind = False
        super().train(slices)

    def _pace(self, rates: Sequence[float]) -> float | Tensor:
        return self._each(rates) if self._captures else super()._pace(rates)

    # ---- what graphs are made of

    @property
    def update(self) -> Update:
        return self._update

    def points(self) -> tuple[Tensor, Tensor]:
        """Inputs and targets, all of them."""
        return self._inputs, self._targets

    def moved(self) -> list[Tensor]:
        """All that a step moves and the next one reads."""
        return [self._flat, self._update.alive, *self._update.memory.values()]

    def generators(self) -> Sequence[torch.Generator]:
        """What dropout draws from, one for each network."""
        return self._generators


def _captures(problem: Problem, backend: Backend) -> bool:
    """Whether steps may become graphs."""
    capturable = problem.experiment.optimizer.capturable
    return capturable and len(problem.inputs) > 0 and backend.serves(problem.device)
