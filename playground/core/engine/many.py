"""What all engines of many networks share: one flat vector, gathered epochs, rates, a way back.

Networks that share a call share blocks, loss, kind of optimizer and the size of their minibatches;
weights, points, their order, learning rates, penalties and random draws are each network's own,
and so is what becomes of it: no number of one ever meets a number of another.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import partial

import torch
from torch import Tensor

from playground.core.engine.base import Problem
from playground.core.engine.update import Penalties, Update


class Layout:
    """Where the numbers of K networks lie in their flat vector: part by part, all networks' first
    part, all networks' second, ...

    Args:
        count: K.
        shapes: of the parts of one network.
        order: the parts in the order of `Engine.flat`.

    Attributes:
        total: length of the vector.
        learned: (K, parameters), places of each network's numbers in the order of `Engine.flat`.
        owner: (total,), whose number it is.
    """

    def __init__(self, count: int, shapes: Sequence[tuple[int, ...]], order: Sequence[int]) -> None:
        self._count, self._shapes = count, shapes
        self._sizes = [count * math.prod(shape) for shape in shapes]
        self.total = sum(self._sizes)
        parts = self.parts(torch.arange(self.total))
        self.learned = torch.cat([parts[place].reshape(count, -1) for place in order], 1)
        self.owner = torch.empty(self.total, dtype=torch.long)
        self.owner[self.learned] = torch.arange(count)[:, None]

    def parts(self, flat: Tensor) -> list[Tensor]:
        """The parts of all networks, (K, *shape) each: views."""
        shaped = zip(torch.split(flat, self._sizes), self._shapes, strict=True)
        return [part.view(self._count, *shape) for part, shape in shaped]

    def to(self, device: torch.device) -> None:
        self.learned, self.owner = self.learned.to(device), self.owner.to(device)


def alike(problem: Problem) -> tuple[object, ...]:
    """What networks have in common that share calls, whatever carries them: everything that a
    call has one number for but the blocks. It can be compared, and be a key."""
    experiment = problem.experiment
    optimizer = experiment.optimizer.model_copy(update={"learning_rate": 1.0})
    return (
        problem.loss.name,
        experiment.loss_settings.model_dump_json(),
        optimizer.model_dump_json(),
        problem.dtype,
        problem.device,
        problem.inputs.shape,
    )


class Many(ABC):
    """K networks in calls that all of them share.

    A subclass lays the numbers out, and calls `_begin` when it has.

    Attributes:
        count: K.
    """

    name: str

    def __init__(self, problems: Sequence[Problem]) -> None:
        first = problems[0]
        self.count = len(problems)
        self._dtype, self._device = first.dtype, first.device
        self._take_points(problems)

    def _take_points(self, problems: Sequence[Problem]) -> None:
        """Gathers from one table of points where all networks learn the same, else from all."""
        first = problems[0]
        shared = all(
            one.inputs is first.inputs and one.targets is first.targets for one in problems
        )
        chosen = problems[:1] if shared else problems
        self._inputs = self._placed(torch.cat([one.inputs for one in chosen]))
        self._targets = self._placed(torch.cat([one.targets for one in chosen]))
        points = 0 if shared else len(first.inputs)
        self._offsets = (torch.arange(self.count) * points)[:, None].to(self._device)
        self._epoch_inputs = self._inputs[:0]
        self._epoch_targets = self._targets[:0]

    def _placed(self, values: Tensor) -> Tensor:
        """On the device; numbers in the precision, tokens as they are."""
        whole = not values.is_floating_point()
        return values.to(self._device, torch.int64 if whole else self._dtype)

    def _begin(self, layout: Layout, flat: Tensor, problems: Sequence[Problem]) -> None:
        """Makes what moves the numbers.

        Args:
            layout: on the device.
            flat: the first numbers.
        """
        self._layout, self._flat = layout, flat
        self._gradient = torch.zeros_like(flat)
        optimizer = problems[0].experiment.optimizer
        self._update = Update(optimizer, flat, self._gradient, self._weights_mask())
        settings = [one.experiment.regularization for one in problems]
        sticky = torch.tensor([[one.sticky_l1] for one in settings])
        l1, l2 = (self._rates(problems, which) for which in (0, 1))
        linear = self._rates(problems, 0, linear=True)
        pulled = self._spread(linear * sticky)
        if pulled is None and bool(sticky.any()):
            pulled = torch.zeros_like(flat)
        limits = torch.tensor([one.clip_norm or math.inf for one in settings])
        limits = limits.to(self._device, self._dtype)
        clip = partial(self._clip, limits) if bool(torch.isfinite(limits).any()) else None
        penalties = Penalties(self._spread(l1 * ~sticky), self._spread(l2), pulled, clip)
        self._update.configure(optimizer, optimizer.learning_rate, penalties)
        self._paces: list[float] = []
        self.pace([one.experiment.optimizer.learning_rate for one in problems])

    @abstractmethod
    def _weights_mask(self) -> Tensor:
        """1 where there is a weight of a linear map, else 0."""

    @abstractmethod
    def _rates(self, problems: Sequence[Problem], which: int, linear: bool = False) -> Tensor:
        """Rates of L1 (0) or L2 (1), float64 (K, parts).

        Args:
            linear: those of the linear maps' weights alone.
        """

    def _spread(self, rates: Tensor) -> Tensor | None:
        """The rate of each number, from those of the parts (K, parts); None where all are 0."""
        if not bool(rates.any()):
            return None
        spread = torch.zeros_like(self._flat)
        table = rates.to(self._device, self._dtype)
        for view, column in zip(self._layout.parts(spread), table.t(), strict=True):
            view.add_(column.view(-1, *[1] * (view.ndim - 1)))
        return spread

    def _clip(self, limits: Tensor, gradient: Tensor) -> None:
        """As torch.nn.utils.clip_grad_norm_, network by network."""
        owner = self._layout.owner
        norms = torch.zeros_like(limits).index_add_(0, owner, gradient.square()).sqrt_()
        gradient.mul_((limits / (norms + 1e-6)).clamp_(max=1)[owner])

    # ---- training

    def load(self, orders: Tensor) -> None:
        """Gathers one epoch of every network.

        Args:
            orders: (K, points of the epoch), places of training points.
        """
        if self._epoch_inputs.shape[:2] != orders.shape:
            self._epoch_inputs = self._inputs.new_empty(*orders.shape, *self._inputs.shape[1:])
            self._epoch_targets = self._targets.new_empty(*orders.shape, *self._targets.shape[1:])
            self._exchanged()
        places = (orders.to(self._offsets.device) + self._offsets).flatten()
        torch.index_select(self._inputs, 0, places, out=self._epoch_inputs.flatten(0, 1))
        torch.index_select(self._targets, 0, places, out=self._epoch_targets.flatten(0, 1))

    @abstractmethod
    def _exchanged(self) -> None:
        """The epoch lies in other tensors from now on."""

    @abstractmethod
    def train(self, slices: Sequence[tuple[int, int]]) -> None:
        """One step of every network for each (start, stop) range of its epoch, in order."""

    @torch.inference_mode()
    def pace(self, rates: Sequence[float]) -> None:
        """Steps by these learning rates from now on, one for each network."""
        if list(rates) == self._paces:
            return
        self._paces = list(rates)
        self._update.pace(self._pace(rates))

    def _pace(self, rates: Sequence[float]) -> float | Tensor:
        """Learning rates as the update is to take them: one where all are equal."""
        return rates[0] if len(set(rates)) == 1 else self._each(rates)

    def _each(self, rates: Sequence[float]) -> Tensor:
        """The learning rate of every number."""
        each = torch.tensor(rates, dtype=self._dtype).to(self._device)
        return each[self._layout.owner]

    # ---- answers

    def prepare(self, inputs: Tensor) -> Tensor:
        """Inputs as `outputs` takes them: (points, *shape) for all networks, or (K, points,
        *shape)."""
        prepared = self._placed(inputs)
        alike = inputs.ndim == self._inputs.ndim
        return prepared.expand(self.count, *prepared.shape) if alike else prepared

    @abstractmethod
    def outputs(self, prepared: Tensor) -> tuple[Tensor, Tensor]:
        """What every network answers outside training.

        Args:
            prepared: from `prepare`.

        Returns:
            (K, units, points), new; and whether all values on the way there are finite, bool (K,).
        """

    def pictured(self, prepared: Tensor) -> Tensor:
        """The answers of `outputs` alone, in float32 to 10⁻⁶ where that is quicker."""
        return self.outputs(prepared)[0]

    # ---- state

    def flat(self) -> Tensor:
        """What every network has learned, (K, parameters), in the order of `Engine.flat`."""
        return self._flat[self._layout.learned]

    @property
    def nbytes(self) -> int:
        """Of everything that a network has of its own while it trains."""
        tensors = (self._flat, self._gradient, *self._update.memory.values())
        return sum(one.nbytes for one in (*tensors, *self._good.values()))

    def _hold(self, free: Tensor | None) -> None:
        """Holds numbers at which `free` is 0; to be called once, behind `_begin`."""
        self._free = free
        self._update.hold(free)
        self._good = self._present()

    def _present(self) -> dict[str, Tensor]:
        """Everything that `states` is made of; of numbers that all networks share, one each."""
        return {
            name: part.clone() if part.ndim else part.expand(self.count).clone()
            for name, part in self._parts(kept=False).items()
        }

    def _parts(self, kept: bool) -> dict[str, Tensor]:
        """What `states` is made of, now or as it was last kept: the tensors themselves, of numbers
        that all networks share now a single one."""
        if kept:
            return self._good
        memory = {f"optimizer.{name}": one for name, one in self._update.memory.items()}
        return {"parameters": self._flat, "alive": self._update.alive, **memory}

    def _is_whole(self, part: Tensor) -> bool:
        """Whether it has a number for each of all networks' own."""
        return part.numel() == self._layout.total

    @torch.inference_mode()
    def keep(self, fine: Tensor) -> None:
        """Remembers where networks stand, as a place to go back to.

        Args:
            fine: bool (K,), of which.
        """
        if bool(fine.all()):
            self._good = self._present()
            return
        fine = fine.to(self._device)
        for name, now in self._present().items():
            mask = fine if now.shape == fine.shape else fine[self._layout.owner]
            self._good[name] = torch.where(mask, now, self._good[name])

    @torch.inference_mode()
    def stop(self, gone: Tensor) -> None:
        """Puts networks back to where they were kept, and holds them there.

        Args:
            gone: bool (K,), all that were ever stopped.
        """
        theirs = gone.to(self._device)[self._layout.owner]
        self._flat[theirs] = self._good["parameters"][theirs]
        self._free = torch.ones_like(self._flat) if self._free is None else self._free
        self._free[theirs] = 0
        self._update.hold(self._free)

    def state(self, index: int, kept: bool = False) -> dict[str, Tensor]:
        """One network's part, see `states`."""
        return self.states([index], kept)[0]

    @abstractmethod
    def states(self, places: Sequence[int], kept: bool = False) -> list[dict[str, Tensor]]:
        """Some networks' parts, each as the engine that it would have alone takes it.

        Args:
            kept: as they were when they were last kept.
        """

    @torch.inference_mode()
    def load_states(
        self, places: Sequence[int], states: Sequence[dict[str, Tensor]], kept: bool = False
    ) -> None:
        """Takes over what `states` gave.

        Args:
            kept: as the place to go back to; else as where they stand.
        """
        given = {name: torch.stack([one[name] for one in states]) for name in states[0]}
        self._write(list(places), given, kept)
        if not kept:
            self._update.keep()
            self._update.choose()  # dead weights may have come

    @abstractmethod
    def _write(self, places: list[int], given: dict[str, Tensor], kept: bool) -> None:
        """Puts what is given of some networks, (places, …) by name, where it belongs."""


def put(part: Tensor, places: list[int] | Tensor, given: Tensor) -> None:
    """Writes to places of a tensor; a number that all share is everybody's."""
    if part.ndim:
        part[places] = given.to(part)
    else:
        part.copy_(given[0])


def apart(rows: dict[str, Tensor]) -> list[dict[str, Tensor]]:
    """Tensors (n, …) by name as n times tensors by name."""
    count = len(next(iter(rows.values())))
    return [{name: part[row] for name, part in rows.items()} for row in range(count)]
