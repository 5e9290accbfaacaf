"""What of a tensor is looked at: a window of its numbers, and the whole as a picture or a wave.

A window lays cells out as slices of rows of columns. Of most tensors the last two dimensions are
rows and columns; of pictures (height, width, channels) each channel is a slice.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

ROWS, COLUMNS, SLICES = 8, 8, 3
PLANE = (5, 3)
"""Rows and columns of each plane of a picture: three stand side by side."""
WIDE = 5
"""Columns of complex numbers, which take twice the room."""
LEAST_PICTURE = 8
LEAST_GREY = 16
"""Sides from which on a matrix without negative numbers is shown in grey, as a picture."""
MOST_PIXELS = 320
WAVE_COLUMNS = 360
STORED = 24
MAX_PLAYED = 200_000


@dataclass(frozen=True)
class Layout:
    """How a tensor is laid out.

    Attributes:
        slices, rows, columns: sides of the whole.
        steps: in row order, of each of the three.
        planes: whether the slices are the channels of a picture.
    """

    slices: int
    rows: int
    columns: int
    steps: tuple[int, int, int]
    planes: bool


def layout(tensor: Tensor) -> Layout:
    """How a tensor is laid out, by its shape alone."""
    shape = tuple(tensor.shape)
    if is_picture(shape):
        height, width, channels = shape
        return Layout(channels, height, width, (1, width * channels, channels), True)
    if len(shape) == 0:
        return Layout(1, 1, 1, (1, 1, 1), False)
    if len(shape) == 1:
        return Layout(1, 1, shape[0], (shape[0], shape[0], 1), False)
    rows, columns = shape[-2:]
    slices = math.prod(shape[:-2])
    return Layout(slices, rows, columns, (rows * columns, columns, 1), False)


def is_picture(shape: tuple[int, ...]) -> bool:
    """Height, width and the three colours."""
    return len(shape) == 3 and shape[2] == 3 and min(shape[:2]) >= LEAST_PICTURE


def window(tensor: Tensor, at: object = None) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """The numbers around a place.

    Args:
        at: [row, column, slice] of the window's first cell; what lies outside is brought inside.

    Returns:
        header: {"at", "whole": [slices, rows, columns], "planes"}; arrays: `cells` i4 (slices,
        rows, columns), the places in row order; `values` f8 (slices, rows, columns, 2), real and
        imaginary parts.
    """
    found = layout(tensor)
    most_columns = WIDE if tensor.is_complex() else COLUMNS
    most_rows = ROWS
    if found.planes:
        most_rows, most_columns = PLANE
    row, column, part = _three_numbers(at)
    row = max(0, min(row, found.rows - most_rows))
    column = max(0, min(column, found.columns - most_columns))
    part = max(0, min(part, found.slices - SLICES))
    grid = torch.meshgrid(
        torch.arange(part, min(part + SLICES, found.slices)),
        torch.arange(row, min(row + most_rows, found.rows)),
        torch.arange(column, min(column + most_columns, found.columns)),
        indexing="ij",
    )
    cells = sum(axis * step for axis, step in zip(grid, found.steps, strict=True))
    assert isinstance(cells, Tensor)
    header = {
        "at": [row, column, part],
        "whole": [found.slices, found.rows, found.columns],
        "planes": found.planes,
    }
    arrays = {
        "cells": cells.to(torch.int32).numpy(),
        "values": parts(tensor.reshape(-1)[cells.reshape(-1)]).reshape((*cells.shape, 2)),
    }
    return header, arrays


def _three_numbers(at: object) -> tuple[int, int, int]:
    match at:
        case [int(row), int(column), int(part)]:
            return row, column, part
    return 0, 0, 0


def parts(numbers: Tensor) -> np.ndarray:
    """f8 (n, 2): real and imaginary parts."""
    if numbers.is_complex():
        return torch.view_as_real(numbers.to(torch.complex128)).numpy()
    real = numbers.double()
    return torch.stack((real, torch.zeros_like(real)), 1).numpy()


def stored(tensor: Tensor) -> np.ndarray:
    """f8 (n, 2): the first numbers in memory, from where the tensor begins."""
    size = tensor.untyped_storage().nbytes() // tensor.element_size()
    count = min(STORED, size - tensor.storage_offset())
    return parts(tensor.as_strided((count,), (1,)))


def whole(tensor: Tensor, at: object = None) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """The whole of a tensor that its window does not hold, as a picture or a wave.

    Returns:
        header: {} where the window holds it all; {"scale": [low, high], "colors": "rgb", "grey"
        or "diverging", "coarse": every how manyth pixel}, or {"wave": [low, high]}; arrays:
        `picture` u1 (height, width) or (height, width, 3), for "diverging" 128 is zero; `wave`
        f4 (2, columns), lowest and highest number in each column.
    """
    found = layout(tensor)
    if found.rows <= ROWS and found.columns <= COLUMNS:
        return {}, {}
    numbers = tensor.detach()
    numbers = numbers.abs() if numbers.is_complex() else numbers
    if tensor.dim() == 1 or (tensor.dim() == 2 and tensor.shape[1] <= 2 and len(tensor) > 400):
        return _wave(numbers.double())
    if found.planes:
        return _picture(numbers)
    part = max(0, min(_three_numbers(at)[2], found.slices - 1))
    return _heat(numbers.reshape(found.slices, found.rows, found.columns)[part])


def _picture(numbers: Tensor) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """In colours: bytes as they are; fractions up to 1 as shares, all else cut off at 255."""
    step = _step(numbers)
    some = torch.nan_to_num(numbers[::step, ::step].double())
    high = 1.0 if numbers.is_floating_point() and some.max() <= 1 and some.min() >= 0 else 255.0
    pixels = (some / high * 255).clamp(0, 255).round().to(torch.uint8)
    return {"scale": [0.0, high], "colors": "rgb", "coarse": step}, {"picture": pixels.numpy()}


def _heat(matrix: Tensor) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    step = _step(matrix)
    some = torch.nan_to_num(matrix[::step, ::step].double())
    low, high = some.min().item(), some.max().item()
    if low < 0 or min(matrix.shape) < LEAST_GREY:
        reach = max(-low, high) or 1.0
        shares, low, high = some / reach * 127 + 128, -reach, reach
        colors = "diverging"
    else:
        colors, low = "grey", 0.0
        high = 255.0 if matrix.dtype == torch.uint8 else high or 1.0
        shares = some / high * 255
    pixels = shares.clamp(0, 255).round().to(torch.uint8).numpy()
    return {"scale": [low, high], "colors": colors, "coarse": step}, {"picture": pixels}


def _step(picture: Tensor) -> int:
    return max(1, math.ceil(max(picture.shape[:2]) / MOST_PIXELS))


def _wave(samples: Tensor) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    line = torch.nan_to_num(samples.reshape(len(samples), -1)[:, 0])
    columns = line.tensor_split(min(WAVE_COLUMNS, len(line)))
    low = torch.stack([column.min() for column in columns])
    high = torch.stack([column.max() for column in columns])
    ends = [line.min().item(), line.max().item()]
    return {"wave": ends}, {"wave": torch.stack((low, high)).float().numpy()}


def played(tensor: Tensor) -> np.ndarray | None:
    """f4 (n,): samples from −1 to 1 of a sound; None where there are too many, or it is none.

    Whole numbers are shares of the largest that their kind holds; fractions are cut off at ±1.
    """
    if tensor.dim() not in (1, 2) or tensor.is_complex() or tensor.numel() > MAX_PLAYED:
        return None
    line = tensor.reshape(len(tensor), -1).double().mean(1)
    if tensor.dtype == torch.uint8:
        line = (line - 128) / 128
    elif not tensor.is_floating_point() and tensor.dtype != torch.bool:
        line = line / torch.iinfo(tensor.dtype).max
    return torch.nan_to_num(line).clamp(-1, 1).float().numpy()
