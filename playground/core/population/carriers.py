"""What computes the steps of a population: engines that carry many networks at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from playground.core.engine import DenseEngine, Problem, dense_many, make_engine, stacked
from playground.core.engine.base import Free
from playground.core.engine.compiled import cache
from playground.core.engine.compiled.many import CompiledMany
from playground.core.engine.dense import can_run
from playground.core.engine.graphs import capture
from playground.core.engine.graphs.engine import GraphMany
from playground.core.population.member import Member

WIDE = 64  # units of a layer, from which on a chunk of networks fills the cache
MOST_WIDE = 64  # networks of that width in one call


State = dict[str, Tensor]
Maker = Callable[[Sequence[Problem], Sequence[Free | None]], "Carrier"]


class Carrier(Protocol):
    """Computes steps and answers of K networks that are taken through their epochs together."""

    @property
    def name(self) -> str:
        """How the steps are computed."""
        ...

    def load(self, orders: Tensor) -> None:
        """Gathers one epoch: (K, points), places of training points."""
        ...

    def train(self, slices: Sequence[tuple[int, int]]) -> None:
        """One step of every network for each (start, stop) range of its epoch, in order."""
        ...

    def pace(self, rates: Sequence[float]) -> None:
        """Steps by these learning rates from now on, one for each network."""
        ...

    def prepare(self, inputs: Tensor) -> Any:
        """Inputs as `outputs` takes them: (points, *shape) for all networks, or (K, points,
        *shape)."""
        ...

    def outputs(self, prepared: Any) -> tuple[Tensor, Tensor]:
        """Answers (K, units, points), or (K, places, units, points), and bool (K,): whether all
        values on the way there are finite."""
        ...

    def pictured(self, prepared: Any) -> Tensor:
        """The answers of `outputs` alone, in float32 to 10⁻⁶ where that is quicker."""
        ...

    def flat(self) -> Tensor:
        """What every network has learned, (K, parameters), in the order of `Engine.flat`."""
        ...

    @property
    def nbytes(self) -> int: ...

    def keep(self, fine: Tensor) -> None:
        """Remembers where those networks stand, bool (K,), as a place to go back to."""
        ...

    def stop(self, gone: Tensor) -> None:
        """Puts networks, bool (K,), back to where they were kept, for good."""
        ...

    def states(self, places: Sequence[int], kept: bool = False) -> list[State]:
        """Some networks' parts, each as the engine that a run would have takes it.

        Args:
            kept: as they were when they were last kept.
        """
        ...

    def load_states(
        self, places: Sequence[int], states: Sequence[State], kept: bool = False
    ) -> None:
        """Takes over what `states` gave."""
        ...


class Loop:
    """Networks one after the other, each in the engine that it has alone."""

    def __init__(self, problems: Sequence[Problem], free: Sequence[Free | None]) -> None:
        self._engines = [make_engine(problem) for problem in problems]
        for engine, own in zip(self._engines, free, strict=True):
            engine.hold(own)
        self._ndim = problems[0].inputs.ndim
        self._gone = [False] * len(problems)
        self._good = [engine.state() for engine in self._engines]

    @property
    def name(self) -> str:
        """ "loop", or the way of the only network where many like it would share calls."""
        only = self._engines[0]
        alone = len(self._engines) == 1 and isinstance(only, DenseEngine)
        return only.way if alone else "loop"

    def load(self, orders: Tensor) -> None:
        for engine, order in zip(self._engines, orders, strict=True):
            engine.load(order)

    def train(self, slices: Sequence[tuple[int, int]]) -> None:
        for engine, gone in zip(self._engines, self._gone, strict=True):
            if not gone:
                engine.train(slices)

    def pace(self, rates: Sequence[float]) -> None:
        for engine, rate in zip(self._engines, rates, strict=True):
            engine.set_learning_rate(rate)

    def prepare(self, inputs: Tensor) -> list[Tensor]:
        if inputs.ndim == self._ndim:
            return [self._engines[0].prepare(inputs)] * len(self._engines)
        return [engine.prepare(own) for engine, own in zip(self._engines, inputs, strict=True)]

    def outputs(self, prepared: list[Tensor]) -> tuple[Tensor, Tensor]:
        found, fine = [], []
        for engine, own in zip(self._engines, prepared, strict=True):
            values = engine.activations(own)
            found.append(values[-1].clone())
            fine.append(torch.stack([torch.isfinite(value).all() for value in values]).all())
        return torch.stack(found), torch.stack(fine)

    def pictured(self, prepared: list[Tensor]) -> Tensor:
        pairs = zip(self._engines, prepared, strict=True)
        return torch.stack([engine.output(own).clone() for engine, own in pairs])

    def flat(self) -> Tensor:
        return torch.stack([engine.flat() for engine in self._engines])

    @property
    def nbytes(self) -> int:
        return 2 * sum(part.nbytes for state in self._good for part in state.values())

    def keep(self, fine: Tensor) -> None:
        for index in fine.nonzero().flatten().tolist():
            self._good[index] = self._engines[index].state()

    def stop(self, gone: Tensor) -> None:
        for index in gone.nonzero().flatten().tolist():
            if not self._gone[index]:
                self._engines[index].load_state(self._good[index])
                self._gone[index] = True

    def states(self, places: Sequence[int], kept: bool = False) -> list[State]:
        return [self._good[at] if kept else self._engines[at].state() for at in places]

    def load_states(
        self, places: Sequence[int], states: Sequence[State], kept: bool = False
    ) -> None:
        for at, state in zip(places, states, strict=True):
            if kept:
                self._good[at] = dict(state)
            else:
                self._engines[at].load_state(state)


class Carriers:
    """All that carry members of a population, as one: whatever is asked about members goes to
    whoever carries them.

    Args:
        members: of the population, in order; K is their number.
    """

    def __init__(self, members: Sequence[Member]) -> None:
        self._count = len(members)
        self._parts = carriers_for(members)

    @property
    def ways(self) -> list[str]:
        """How the steps are computed: every way that some members take."""
        return sorted({carrier.name for _, carrier in self._parts})

    @property
    def nbytes(self) -> int:
        return sum(carrier.nbytes for _, carrier in self._parts)

    def __len__(self) -> int:
        return len(self._parts)

    # ---- training

    def load(self, orders: Tensor) -> None:
        """Gathers one epoch: (K, points), places of training points."""
        for places, carrier in self._parts:
            carrier.load(orders if len(places) == len(orders) else orders[places])

    def train(self, slices: Sequence[tuple[int, int]]) -> None:
        """One step of every network for each (start, stop) range of its epoch, in order."""
        for _, carrier in self._parts:
            carrier.train(slices)

    def pace(self, rates: Sequence[float]) -> None:
        """Steps by these learning rates from now on, one for each network."""
        for places, carrier in self._parts:
            carrier.pace([rates[place] for place in places])

    # ---- answers

    def prepare(self, inputs: Tensor, shared: bool) -> list[Any]:
        """Inputs as `outputs` takes them.

        Args:
            inputs: (points, *shape) where they are shared, else (K, points, *shape).
        """
        return [
            carrier.prepare(inputs if shared else inputs[places]) for places, carrier in self._parts
        ]

    def outputs(self, prepared: Sequence[Any]) -> tuple[Tensor, Tensor]:
        """What is answered, (K, units, points) or (K, places, units, points), and which members
        have finite values alone, bool (K,)."""
        pairs = zip(self._parts, prepared, strict=True)
        found = [(places, carrier.outputs(own)) for (places, carrier), own in pairs]
        outputs = self._gathered([(places, pair[0]) for places, pair in found])
        return outputs, self._gathered([(places, pair[1]) for places, pair in found])

    def pictured(self, inputs: Tensor) -> Tensor:
        """What is answered to (points, *shape), in float32 to 10⁻⁶ where that is quicker."""
        found = [
            (places, carrier.pictured(carrier.prepare(inputs))) for places, carrier in self._parts
        ]
        return self._gathered(found)

    def flat(self) -> Tensor:
        """What every member has learned, (K, parameters), in the order of `Engine.flat`: a copy."""
        return self._gathered([(places, carrier.flat()) for places, carrier in self._parts])

    def _gathered(self, found: Sequence[tuple[list[int], Tensor]]) -> Tensor:
        """What several carriers have found, member by member."""
        if len(found) == 1:
            return found[0][1]
        whole = found[0][1].new_empty(self._count, *found[0][1].shape[1:])
        for places, part in found:
            whole[places] = part
        return whole

    # ---- single members

    def keep(self, which: np.ndarray) -> None:
        """Remembers where members, bool (K,), stand, as a place to go back to."""
        mask = torch.from_numpy(which)
        for places, carrier in self._parts:
            carrier.keep(mask[places])

    def stop(self, gone: np.ndarray) -> None:
        """Holds all members that are gone, bool (K,), where they were last kept."""
        mask = torch.from_numpy(gone)
        for places, carrier in self._parts:
            carrier.stop(mask[places])

    def states(self, members: Sequence[int], kept: bool = False) -> list[State]:
        """What members hold, each as the engine that it would have alone takes it.

        Args:
            kept: as they were when they were last kept.
        """
        found: dict[int, State] = {}
        for here, there, carrier in self._of(members):
            found |= zip(here, carrier.states(there, kept), strict=True)
        return [found[index] for index in members]

    def load_states(
        self, members: Sequence[int], states: Sequence[State], kept: bool = False
    ) -> None:
        """Takes over what `states` gave."""
        given = dict(zip(members, states, strict=True))
        for here, there, carrier in self._of(members):
            carrier.load_states(there, [given[index] for index in here], kept)

    def _of(self, members: Sequence[int]) -> Iterator[tuple[list[int], list[int], Carrier]]:
        """Which of them each carrier has: their places in the population, and in there."""
        wanted = set(members)
        for places, carrier in self._parts:
            there = [row for row, place in enumerate(places) if place in wanted]
            if there:
                yield [places[row] for row in there], there, carrier


def carriers_for(members: Sequence[Member]) -> list[tuple[list[int], Carrier]]:
    """What carries which members: all that may share calls go together, the others one by one.

    Returns:
        Places of members in rising order, and their carrier; every member once.
    """
    groups: dict[object, list[int]] = {}
    for index, member in enumerate(members):
        groups.setdefault(_common(member), []).append(index)
    found: list[tuple[list[int], Carrier]] = []
    for places in groups.values():
        make, most = _choice(members[places[0]], len(places))
        for start in range(0, len(places), most):
            chunk = places[start : start + most]
            problems = [members[place].problem for place in chunk]
            found.append((chunk, make(problems, [members[place].free for place in chunk])))
    return found


def _common(member: Member) -> object:
    """What members have in common that share calls."""
    dense = can_run(member.experiment, member.blocks)
    return (dense_many if dense else stacked).common(member.problem)


def _choice(member: Member, count: int) -> tuple[Maker, int]:
    """What carries so many members like this one, and how many at a time."""
    if count == 1:
        return Loop, 1  # calls for many cost one network more than its own
    widest = max(block.units for block in member.blocks[1:])
    most = MOST_WIDE if widest >= WIDE else count
    if can_run(member.experiment, member.blocks):
        if capture.CUDA.can(member.problem.device):
            return GraphMany, most
        return (dense_many.DenseMany if cache.off() else CompiledMany), most
    if stacked.can_stack(member.problem):
        return stacked.Stacked, most
    return Loop, count
