"""A built kernel, loaded: the tensors it works on, and the call that takes it through steps."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from playground.core.engine.compiled.cache import DRIVER_LIBRARY, STEP_LIBRARY
from playground.core.engine.compiled.clock import Clock
from playground.core.engine.compiled.layout import Given
from playground.core.engine.compiled.plan import Plan

FLOAT32 = 6  # torch's number for it
KEPT_ORDERS = 256


class _Described(ctypes.Structure):
    """`AOTInductorArrayRefTensor`: a tensor without what torch keeps of it."""

    _fields_ = (
        ("data", ctypes.c_void_p),
        ("numel", ctypes.c_int64),
        ("sizes", ctypes.c_int64 * 8),
        ("strides", ctypes.c_int64 * 8),
        ("ndim", ctypes.c_int32),
        ("dtype", ctypes.c_int32),
        ("device_type", ctypes.c_int32),
        ("device_idx", ctypes.c_int32),
        ("reserved", ctypes.c_int64 * 4),
    )


class _Carried(ctypes.Structure):
    _fields_ = (
        ("outer", ctypes.c_void_p),
        ("inner", ctypes.c_void_p),
        ("outer_places", ctypes.c_void_p),
        ("inner_places", ctypes.c_void_p),
        ("count", ctypes.c_int64),
        ("back", ctypes.c_int64),
    )


class _Job(ctypes.Structure):
    _fields_ = (
        ("run", ctypes.c_void_p),
        ("model", ctypes.c_void_p),
        ("inputs", ctypes.c_int64),
        ("given", ctypes.c_void_p),
        ("result", ctypes.c_void_p),
        ("carried", ctypes.c_void_p),
        ("carried_count", ctypes.c_int64),
        ("rows", ctypes.c_void_p),
        ("order", ctypes.c_void_p),
        ("minibatch", ctypes.c_void_p),
        ("row", ctypes.c_int64),
        ("shares", ctypes.c_void_p),
        ("share", ctypes.c_int64),
        ("lanes", ctypes.c_int64),
        ("used", ctypes.c_int64),
        ("points", ctypes.c_int64),
        ("which", ctypes.c_void_p),
        ("first", ctypes.c_void_p),
        ("ticks", ctypes.c_void_p),
        ("tick", ctypes.c_int64),
        ("tick_rows", ctypes.c_int64),
        ("behind", ctypes.c_int64),
        ("counts", ctypes.c_void_p),
        ("kept", ctypes.c_int64),
        ("slices", ctypes.c_void_p),
        ("count", ctypes.c_int64),
    )


class Package:
    """The two libraries of one plan; shared by all networks that use it.

    Raises:
        OSError, AttributeError, RuntimeError: the libraries are not what they should be.
    """

    def __init__(self, plan: Plan, folder: Path) -> None:
        self.plan = plan
        self._libraries = [
            ctypes.CDLL(str(folder / name)) for name in (STEP_LIBRARY, DRIVER_LIBRARY)
        ]
        step, driver = self._libraries
        self.model = ctypes.c_void_p()
        if step.AOTInductorModelCreateV2(ctypes.byref(self.model), None, ctypes.c_size_t(0)):
            raise RuntimeError(f"{plan.name}: no model")
        run = step.AOTInductorModelRunMinimalArrayrefInterfaceV2
        self.run = ctypes.cast(run, ctypes.c_void_p)
        self.drive = driver.drive
        self.drive.argtypes = [ctypes.c_void_p]
        self.drive.restype = ctypes.c_int64

    def steps(
        self,
        carries: Sequence[Carry],
        clock: Clock | None = None,
        keeps: bool = True,
        lanes: Tensor | None = None,
    ) -> Steps:
        """For one network with these numbers, or for those in the lanes, see `Steps`."""
        return Steps(self, carries, clock, keeps, lanes)


@dataclass(frozen=True)
class Carry:
    """Numbers of a tensor that have places of their own in one of the kernel's stores.

    Attributes:
        outer: where they live.
        store: a name among `Given.stores`.
        outer_places, inner_places: of each number in the two, flat, int64.
        back: they are written back after the steps.
    """

    outer: Tensor
    store: str
    outer_places: Tensor
    inner_places: Tensor
    back: bool = True


class Steps:
    """The steps of one network, or of those in one register's lanes, through a package.

    Args:
        package: the kernel.
        carries: weights and what the optimizer remembers of each.
        clock: what differs from step to step, where the optimizer has such numbers.
        keeps: the clock's numbers are moved; not where others follow that take the same steps.
        lanes: (networks, 2), for each lane that is used the place of its network's order among
            all, and of its first point; one network has only those at 0.

    Attributes:
        tensors: what the kernel takes, by name, see `layout.Given`.
    """

    def __init__(
        self,
        package: Package,
        carries: Sequence[Carry],
        clock: Clock | None = None,
        keeps: bool = True,
        lanes: Tensor | None = None,
    ) -> None:
        plan = package.plan
        given = Given(plan)
        self.tensors, self.stores = given.tensors, given.stores
        self._package, self._carries, self._clock = package, tuple(carries), clock
        self._drive = package.drive
        counts = torch.arange(plan.batch + 1).unsqueeze(1)
        taken = torch.arange(plan.batch) < counts
        self._shares = (taken / counts.clamp(min=1)).to(torch.float32).contiguous()
        places = torch.zeros(1, 2, dtype=torch.int64) if lanes is None else lanes
        self._which, self._first = places.t().contiguous()
        self._given = (_Described * len(self.tensors))(*map(_described, self.tensors.values()))
        self._result = (_Described * 1)()
        self._carried = (_Carried * len(self._carries))(*map(self._carried_by, self._carries))
        self._job = _Job(
            run=package.run,
            model=package.model,
            inputs=len(self.tensors),
            given=ctypes.addressof(self._given),
            result=ctypes.addressof(self._result),
            carried=ctypes.addressof(self._carried),
            carried_count=len(self._carries),
            minibatch=self.tensors["rows"].data_ptr(),
            row=plan.row,
            shares=self._shares.data_ptr(),
            share=plan.batch,
            lanes=plan.lanes,
            used=len(places),
            which=self._which.data_ptr(),
            first=self._first.data_ptr(),
        )
        if clock is not None:
            counts = [one.data_ptr() for one in clock.counts.values()]
            self._counts = (ctypes.c_void_p * len(counts))(*counts)
            self._job.counts = ctypes.addressof(self._counts)
            self._job.tick = clock.rows.shape[1]
            self._job.kept = len(counts) if keeps else 0
        self._pointer = ctypes.addressof(self._job)
        self._rows = self._order = torch.empty(0)
        self._slices: Sequence[tuple[int, int]] = ()
        self._orders: dict[tuple[tuple[int, int], ...], ctypes.Array[ctypes.c_int64]] = {}

    def _carried_by(self, one: Carry) -> _Carried:
        return _Carried(
            one.outer.data_ptr(),
            self.stores[one.store].data_ptr(),
            one.outer_places.data_ptr(),
            one.inner_places.data_ptr(),
            len(one.outer_places),
            int(one.back),
        )

    def read(self, rows: Tensor) -> None:
        """Minibatches are made of these points from now on, see `inputs.rows`; `follow` comes."""
        self._rows = rows.contiguous()
        self._job.rows = self._rows.data_ptr()

    def follow(self, order: Tensor) -> None:
        """The points of the epoch in order: whole numbers (points,), or (networks, points)."""
        if order is self._order:
            return
        self._order = order
        self._job.order = order.data_ptr()
        self._job.points = order.shape[-1]

    def clear(self) -> None:
        """Forgets all padding, which only a value that was not finite can have reached."""
        for store in self.stores.values():
            store.zero_()

    def set_clock(self, settings: Any) -> None:
        """The optimizer has these settings from now on, or its numbers were written to."""
        if self._clock is not None:
            self._clock.set(settings)
            self._job.tick_rows = 0

    def _wind(self, steps: int) -> None:
        assert self._clock is not None
        self._clock.wind(steps)
        rows = self._clock.rows
        self._job.ticks, self._job.tick_rows = rows.data_ptr(), len(rows)
        self._job.behind = self._clock.behind

    def take(self, slices: Sequence[tuple[int, int]]) -> bool:
        """One step for each minibatch, (start, stop) in the order; False, and nothing done, if
        one of them is longer than the kernel takes.

        Raises:
            RuntimeError: the kernel gave up.
        """
        if slices is not self._slices and not self._cut(slices):
            return False
        taken = self._drive(self._pointer)
        if taken < 0:
            self._wind(len(slices))
            taken = self._drive(self._pointer)
        if taken != len(slices):
            raise RuntimeError(f"{self._package.plan.name}: a step failed")
        return True

    def _cut(self, slices: Sequence[tuple[int, int]]) -> bool:
        """Tells the driver of minibatches that are not those of the last call."""
        key = tuple(slices)
        places = self._orders.get(key)
        if places is None:
            if any(stop - start > self._package.plan.batch for start, stop in key):
                return False
            if len(self._orders) >= KEPT_ORDERS:
                self._orders.clear()
            flat = [number for pair in key for number in pair]
            places = self._orders[key] = (ctypes.c_int64 * len(flat))(*flat)
        self._slices = key
        self._job.slices, self._job.count = ctypes.addressof(places), len(key)
        return True


def _described(tensor: Tensor) -> _Described:
    assert tensor.dtype == torch.float32 and tensor.is_contiguous()
    filled = [0] * (8 - tensor.ndim)
    return _Described(
        tensor.data_ptr(),
        tensor.numel(),
        (ctypes.c_int64 * 8)(*tensor.shape, *filled),
        (ctypes.c_int64 * 8)(*tensor.stride(), *filled),
        tensor.ndim,
        FLOAT32,
    )
