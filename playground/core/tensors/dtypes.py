"""Kinds of numbers that tensors hold, and what a change of kind does to them."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from playground.core.errors import PlaygroundError
from playground.core.tensors import offers

DTYPES: dict[str, torch.dtype] = {name: getattr(torch, name) for name in offers.DTYPES}


def name_of(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")


def convert(tensor: Tensor, name: str) -> tuple[Tensor, dict[str, Any] | None]:
    """A tensor with another kind of numbers, and what that changed.

    Returns:
        The tensor; None where every number stayed what it was, else {"changed": how many numbers
        are not what they were, "largest": by how much at most, "imaginary": how many lost an
        imaginary part}.

    Raises:
        PlaygroundError: no such kind, or NaN and infinity are to become integers.
    """
    if name not in DTYPES:
        raise PlaygroundError("tensor_dtype", name=str(name)[:20], known=", ".join(DTYPES))
    dtype = DTYPES[name]
    if dtype == tensor.dtype:
        return tensor, None
    whole = not dtype.is_floating_point and not dtype.is_complex and dtype != torch.bool
    if whole and not torch.isfinite(tensor).all():
        raise PlaygroundError("tensor_no_integer", dtype=name)
    # torch warns where an imaginary part is dropped; here the page says how many are.
    real = tensor.real if tensor.is_complex() and not dtype.is_complex else tensor
    if tensor.is_complex() and dtype == torch.bool:
        real = tensor != 0
    converted = real.to(dtype)
    before, after = (each.to(torch.complex128) for each in (tensor, converted))
    same = (before == after) | (torch.isnan(before) & torch.isnan(after))
    changed = int((~same).sum())
    if not changed:
        return converted, None
    apart = (before - after)[~same].abs()
    finite = apart[torch.isfinite(apart)]
    lost = 0
    if tensor.is_complex() and not dtype.is_complex:
        lost = int((tensor.imag != 0).sum())
    return converted, {
        "changed": changed,
        "largest": finite.max().item() if len(finite) else None,
        "imaginary": lost,
    }


def facts(tensor: Tensor) -> dict[str, Any]:
    """What a tensor is, apart from its numbers.

    Returns:
        order; shape; dtype; count; item_bytes, bytes: as its numbers need; held_bytes: of the
        storage behind it, which a view shares; strides and offset in numbers, contiguous; low,
        high: of its finite numbers, None for complex ones or where there are none; not_finite.
    """
    # Kinds of 16 bits lack some of the operations below.
    numbers = tensor if tensor.is_complex() else tensor.double()
    finite = torch.isfinite(numbers)
    kept = numbers[finite]
    bounded = len(kept) > 0 and not tensor.is_complex()
    return {
        "order": tensor.dim(),
        "shape": list(tensor.shape),
        "dtype": name_of(tensor.dtype),
        "count": tensor.numel(),
        "item_bytes": tensor.element_size(),
        "bytes": tensor.numel() * tensor.element_size(),
        "held_bytes": tensor.untyped_storage().nbytes(),
        "strides": list(tensor.stride()),
        "offset": tensor.storage_offset(),
        "contiguous": tensor.is_contiguous(),
        "low": kept.min().item() if bounded else None,
        "high": kept.max().item() if bounded else None,
        "not_finite": int((~finite).sum()),
    }
