"""Minibatches of an engine as graphs: captured, held against plain steps, replayed.

A graph replays calls on the very tensors that it was captured with, so each has index, points,
activations and masks of its own; weights, gradient and what the optimizer remembers are the
engine's.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, Protocol

import torch
from torch import Tensor

from playground.core.activations import Call
from playground.core.engine.graphs.capture import Backend
from playground.core.engine.update import Update
from playground.core.engine.workspace import Drop, Masks

Slices = Sequence[tuple[int, int]]
Sizes = tuple[int, ...]

MOST_MINIBATCHES = 256  # of one graph: each step is some thirty kernels to keep
MOST_DRAWN = 2**24  # numbers that dropout draws for one graph
MOST_SPANS = 12  # graphs of one engine; batches that are carried over come in many sizes
PATIENCE = 50  # steps that pass after a change: a slider is moved in many small ones
TRIALS = 2  # times that a graph is held against plain steps, on other points each time
# What weights may differ by, as a share of the largest one. What the optimizer remembers may be
# small sums of large numbers.
TOLERANCE = {torch.float32: 1e-4, torch.float64: 1e-9}
MEMORY = 100  # times the tolerance


class Space(Protocol):
    """Buffers of a minibatch, see `Workspace` and `ManyWorkspace`."""

    @property
    def drops(self) -> list[Drop]: ...


class Graphable(Protocol):
    """What an engine gives its graphs."""

    @property
    def update(self) -> Update: ...

    def points(self) -> tuple[Tensor, Tensor]:
        """Inputs (points, columns) and targets (points, units) to gather from."""
        ...

    def moved(self) -> list[Tensor]:
        """All that a step moves and the next one reads, the weights first."""
        ...

    def generators(self) -> Sequence[torch.Generator]:
        """What dropout draws from."""
        ...

    def training_space(self, points: int) -> Any: ...

    def step_calls(
        self, space: Any, rows: Tensor, targets: Tensor, masks: Masks = ()
    ) -> list[Call]: ...

    def plain(self, slices: Slices) -> None:
        """Takes steps without graphs."""
        ...


class Span:
    """Minibatches that follow each other, on buffers of their own.

    Args:
        sizes: points of each.
        lead: () for one network, (K,) for many.

    Attributes:
        trials: how often it was found right.
        replay: what the graph was captured for; set by who captures it.
    """

    def __init__(self, engine: Graphable, sizes: Sizes, lead: Sequence[int]) -> None:
        inputs, targets = engine.points()
        self._places = torch.zeros(*lead, sum(sizes), dtype=torch.int64, device=inputs.device)
        index = self._places.view(-1)
        epoch = []
        self._calls: list[Call] = []
        for values in (inputs, targets):
            gathered = values.new_empty(*lead, sum(sizes), values.shape[1])
            into = gathered.view(-1, values.shape[1])
            self._calls.append(partial(torch.index_select, values, 0, index, out=into))
            epoch.append(gathered)
        rows, wanted = epoch
        spaces: dict[int, Space] = {size: engine.training_space(size) for size in set(sizes)}
        self._drops = [drop for size in sizes for drop in spaces[size].drops]
        counts = [drop.mask.numel() for drop in self._drops]
        self._masks = inputs.new_zeros(sum(counts))
        self._drawn = torch.zeros(sum(counts), dtype=inputs.dtype)
        self._parts = self._shaped(self._drawn, counts)
        masks = iter(self._shaped(self._masks, counts))
        start = 0
        for size in sizes:
            own, space = slice(start, start + size), spaces[size]
            given = [next(masks) for _ in space.drops]
            self._calls += engine.step_calls(space, rows[..., own, :], wanted[..., own, :], given)
            self._calls.append(partial(engine.update.step, 1 / size))
            start += size
        self.trials = 0
        self.replay: Callable[[], object] = self.work

    def _shaped(self, buffer: Tensor, counts: Sequence[int]) -> list[Tensor]:
        parts = torch.split(buffer, list(counts)) if counts else ()
        return [part.view(drop.mask.shape) for part, drop in zip(parts, self._drops, strict=True)]

    def work(self) -> None:
        """What is captured."""
        for call in self._calls:
            call()

    def blank(self) -> None:
        """Clears what is written before each replay: nothing of it is part of the graph."""
        self._places.zero_()
        self._masks.zero_()

    def run(self, places: Tensor) -> None:
        """Takes the steps on the points at these places."""
        self._places.copy_(places)
        if self._drops:
            for drop, part in zip(self._drops, self._parts, strict=True):
                drop.sample(part)
            self._masks.copy_(self._drawn)
        self.replay()


class Graphs:
    """The graphs of one engine.

    Args:
        backend: what captures.
        engine: what trains, with learning rates in a tensor, see `Update.pace`.

    Attributes:
        used: steps are replayed by graphs that were found right; again False after a change.
    """

    def __init__(self, backend: Backend, engine: Graphable) -> None:
        self._backend, self._engine = backend, engine
        self._order = torch.empty(0, dtype=torch.int64)
        self.used = False
        self._spans: dict[Sizes, Span] = {}
        self._version = engine.update.version
        self._begun, self._patience = False, 0
        spaces = engine.training_space(1)
        self._draws = sum(drop.mask.numel() for drop in spaces.drops)

    def follow(self, order: Tensor) -> None:
        """Takes the points of an epoch: their places, (points,) or (K, points), on the device."""
        self._order = order

    def forget(self) -> None:
        """Lets all graphs go, since they are on tensors, or of calls, that are others now."""
        self._spans.clear()
        self._version = self._engine.update.version
        self._patience = PATIENCE if self._begun else 0
        self.used = False

    @torch.inference_mode()
    def train(self, slices: Slices) -> None:
        """One step for each (start, stop) range of the epoch, in order."""
        if self._version != self._engine.update.version:
            self.forget()
        self._begun = True
        if self._patience > 0 or not slices:
            self._patience -= len(slices)
            self._engine.plain(slices)
            return
        for part in self._parts(slices):
            self._take(part)

    def _parts(self, slices: Slices) -> list[Slices]:
        """The whole epoch in one, or minibatches one by one."""
        sizes = _sizes(slices)
        whole = 1 < len(sizes) <= MOST_MINIBATCHES and sum(sizes) == slices[-1][1]
        left = self._order.shape[-1] - sum(sizes)
        if whole and left < sizes[-1] and self._draws * sum(sizes) <= MOST_DRAWN:
            return [slices]
        return [[one] for one in slices]

    def _take(self, slices: Slices) -> None:
        span = self._spans.get(_sizes(slices))
        if self._backend.broken or (span is None and len(self._spans) >= MOST_SPANS):
            self._engine.plain(slices)
            self.used &= not self._backend.broken
        elif span is None or span.trials < TRIALS:
            self._try(slices)
        else:
            span.run(self._order[..., slices[0][0] : slices[-1][1]])
            self.used = True

    # ---- whether a graph is right

    def _try(self, slices: Slices) -> None:
        """Replays a graph, takes its steps back, takes them plainly, and compares."""
        sizes, found = _sizes(slices), None
        try:
            if sizes not in self._spans:
                with self._taken_back():
                    self._spans[sizes] = self._captured(sizes)
            with self._taken_back():
                self._spans[sizes].run(self._order[..., slices[0][0] : slices[-1][1]])
                found = [one.clone() for one in self._engine.moved()]
        except Exception as trouble:
            self._refuse(f"{type(trouble).__name__}: {trouble}")
        self._engine.plain(slices)
        if found is not None and not self._backend.broken:
            self._judge(self._spans[sizes], found)

    def _captured(self, sizes: Sizes) -> Span:
        span = Span(self._engine, sizes, self._order.shape[:-1])
        span.blank()
        span.replay = self._backend.capture(span.work)
        return span

    @contextmanager
    def _taken_back(self) -> Generator[None]:
        """Whatever happens inside, the engine stands where it stood."""
        before = [one.clone() for one in self._engine.moved()]
        drawn = [one.get_state() for one in self._engine.generators()] if self._draws else []
        try:
            yield
        finally:
            for one, value in zip(self._engine.moved(), before, strict=True):
                one.copy_(value)
            for one, state in zip(self._engine.generators(), drawn, strict=False):
                one.set_state(state)

    def _judge(self, span: Span, found: Sequence[Tensor]) -> None:
        wanted = self._engine.moved()
        if not all(bool(torch.isfinite(one).all()) for one in wanted):
            return  # the run is about to diverge, and no number says anything
        allowed = TOLERANCE[wanted[0].dtype]
        for one, other in zip(wanted, found, strict=True):
            apart = (one - other).abs().max() / one.abs().max().clamp(min=1e-30)
            if not bool(apart <= allowed):
                self._refuse(f"a graph's steps differ from plain ones by {apart.item():.2g}")
                return
            allowed = MEMORY * TOLERANCE[wanted[0].dtype]
        span.trials += 1

    def _refuse(self, reason: str) -> None:
        self._backend.refuse(reason)
        self.forget()


def _sizes(slices: Slices) -> Sizes:
    return tuple(stop - start for start, stop in slices)
