"""A built kernel, loaded: the tensors it works on, and the call that takes it through steps."""

from __future__ import annotations

import ctypes
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from torch import Tensor

from playground.core.engine.compiled.builder import DRIVER_LIBRARY, STEP_LIBRARY
from playground.core.engine.compiled.lanes import AnyPlan

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
    )


class Package:
    """The two libraries of one plan; shared by all networks that use it.

    Raises:
        OSError, AttributeError, RuntimeError: the libraries are not what they should be.
    """

    def __init__(self, plan: AnyPlan, folder: Path) -> None:
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
        self.drive.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64]
        self.drive.restype = ctypes.c_int64

    def steps(self, carries: Sequence[Carry]) -> Steps:
        """For one network with these numbers."""
        return Steps(self, carries)


class Carry:
    """Numbers of a tensor that have places of their own in one of the kernel's.

    Args:
        outer: where they live.
        name: of the kernel's tensor.
        outer_places, inner_places: of each number in the two, flat.
        back: they are written back after the steps.
    """

    def __init__(
        self, outer: Tensor, name: str, outer_places: Tensor, inner_places: Tensor, back: bool
    ) -> None:
        self.outer, self.name, self.back = outer, name, back
        self.outer_places = outer_places.to(torch.int64).contiguous()
        self.inner_places = inner_places.to(torch.int64).contiguous()


class Steps:
    """One network's steps through a package.

    Args:
        package: the kernel.
        carries: weights and what the optimizer remembers.

    Attributes:
        tensors: what the kernel takes, by name, see `Plan.tensors`.
    """

    def __init__(self, package: Package, carries: Sequence[Carry]) -> None:
        self.tensors: Mapping[str, Tensor] = package.plan.tensors()
        self._package, self._carries = package, tuple(carries)
        plan = package.plan
        counts = torch.arange(plan.batch + 1).unsqueeze(1)
        taken = torch.arange(plan.batch) < counts
        self._shares = (taken / counts.clamp(min=1)).to(torch.float32).contiguous()
        self._given = (_Described * len(self.tensors))(
            *(_described(tensor) for tensor in self.tensors.values())
        )
        self._result = (_Described * 1)()
        self._carried = (_Carried * len(self._carries))(
            *(
                _Carried(
                    one.outer.data_ptr(),
                    self.tensors[one.name].data_ptr(),
                    one.outer_places.data_ptr(),
                    one.inner_places.data_ptr(),
                    len(one.outer_places),
                    int(one.back),
                )
                for one in self._carries
            )
        )
        self._job = _Job(
            package.run,
            package.model,
            len(self.tensors),
            ctypes.addressof(self._given),
            ctypes.addressof(self._result),
            ctypes.addressof(self._carried),
            len(self._carries),
            None,
            None,
            self.tensors["rows"].data_ptr(),
            plan.row,
            self._shares.data_ptr(),
            plan.batch,
            plan.lanes,
        )
        self._pointer = ctypes.addressof(self._job)
        self._rows = self._order = torch.empty(0)
        self._orders: dict[tuple[tuple[int, int], ...], ctypes.Array[ctypes.c_int64]] = {}

    def read(self, rows: Tensor) -> None:
        """Minibatches are made of these points from now on, see `inputs.rows`; `follow` comes."""
        self._rows = rows.contiguous()
        self._job.rows = self._rows.data_ptr()

    def follow(self, order: Tensor) -> None:
        """The points of the epoch in order, of whole numbers (points,), or (networks, points)."""
        self._order = order
        self._job.order = order.data_ptr()
        self._job.used = 1 if order.ndim == 1 else len(order)
        self._job.points = order.shape[-1]

    def clear(self) -> None:
        """Forgets all padding, which only a value that was not finite can have reached."""
        for one in self._carries:
            self.tensors[one.name].zero_()

    def take(self, slices: Sequence[tuple[int, int]]) -> bool:
        """One step for each minibatch, (start, stop) in the order; False, and nothing done, if
        one of them is longer than the kernel takes.

        Raises:
            RuntimeError: the kernel gave up.
        """
        key = tuple(slices)
        order = self._orders.get(key)
        if order is None:
            if any(stop - start > self._package.plan.batch for start, stop in key):
                return False
            if len(self._orders) >= KEPT_ORDERS:
                self._orders.clear()
            flat = [number for pair in key for number in pair]
            order = self._orders[key] = (ctypes.c_int64 * len(flat))(*flat)
        if self._package.drive(self._pointer, order, len(key)) != len(key):
            raise RuntimeError(f"{self._package.plan.name}: a step failed")
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
