"""A second device that every machine has: it computes as the CPU does, and is as strict as a GPU.

Its tensors meet no tensor of the CPU but single numbers, draw nothing from the CPU's generators,
and every way between both is counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from functools import cache
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_flatten, tree_map
from torch.utils.backend_registration import _setup_privateuseone_for_python_backend

NAME = "elsewhere"


class There(Tensor):
    """A tensor of the device: a coat around one of the CPU."""

    within: Tensor

    @staticmethod
    def __new__(cls, inner: Tensor) -> There:
        made = torch.Tensor._make_wrapper_subclass(  # type: ignore[attr-defined]
            cls,
            inner.shape,
            strides=inner.stride(),
            storage_offset=inner.storage_offset(),
            dtype=inner.dtype,
            device=torch.device(NAME, 0),
        )
        made.within = inner
        return made

    __torch_function__ = torch._C._disabled_torch_function_impl  # type: ignore[assignment]

    @classmethod
    def __torch_dispatch__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return _compute(func, args, kwargs or {}, Counter())


class Crossings(TorchDispatchMode):
    """Makes what is asked for on the device, and counts what goes there or comes from there.

    Attributes:
        count: copies "to" the device and "back", and how often the host "waits" for a value.
    """

    def __init__(self) -> None:
        super().__init__()
        self.count: Counter[str] = Counter()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        with self:  # what is made of other calls is seen as those
            result = func.decompose(*args, **(kwargs or {}))
        if result is not NotImplemented:
            return result
        return _compute(func, args, kwargs or {}, self.count)


def _compute(func: Any, args: Any, kwargs: dict[str, Any], count: Counter[str]) -> Any:
    name = func._schema.name.split("::")[1]
    given = [one for one in tree_flatten((args, kwargs))[0] if isinstance(one, Tensor)]
    there = [one for one in given if isinstance(one, There)]
    here = [one for one in given if not isinstance(one, There)]
    device = kwargs.get("device")
    moves = name in ("_to_copy", "copy_")
    if there and any(one.ndim for one in here) and not moves:
        raise RuntimeError(f"{name}: tensors on two devices")
    if there and kwargs.get("generator") is not None:
        raise RuntimeError(f"{name}: a generator of the CPU for a tensor elsewhere")
    if name == "copy_" and there and here:
        count["to" if isinstance(args[0], There) else "back"] += 1
    result_there = bool(there) if device is None else torch.device(device).type == NAME
    if name == "_to_copy" and result_there != bool(there):
        count["to" if result_there else "back"] += 1
    dynamic = torch.Tag.data_dependent_output in func.tags or name in ("nonzero", "masked_select")
    by_mask = name in ("index", "index_put_") and any(one.dtype == torch.bool for one in given[1:])
    if there and (dynamic or by_mask):
        count["waits"] += 1
    if device is not None:
        kwargs = {**kwargs, "device": torch.device("cpu")}
    coats = {id(one.within): one for one in there}
    bare = tree_map(lambda one: one.within if isinstance(one, There) else one, (args, kwargs))
    result = func(*bare[0], **bare[1])

    def dressed(one: Any) -> Any:
        if not isinstance(one, Tensor):
            return one
        if id(one) in coats:
            return coats[id(one)]
        if any(one is other for other in here):
            return one
        return There(one) if result_there else one

    return tree_map(dressed, result)


@cache
def _registered() -> None:
    _setup_privateuseone_for_python_backend(NAME)


@contextmanager
def second_device() -> Generator[Crossings]:
    """The device is there inside."""
    _registered()
    with Crossings() as crossings:
        yield crossings
