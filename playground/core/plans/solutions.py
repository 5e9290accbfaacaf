"""Where the solutions of many networks lie: their principal components, held steady."""

from __future__ import annotations

import torch
from torch import Tensor

from playground.core.analysis.pca import SHOWN, exact_components


class Solutions:
    """Coordinates of many networks in the plane of their own first components.

    Each component keeps its side from one moment to the next; which of them is first may change.

    Attributes:
        axes: the components as they were last; None before there are any.
    """

    def __init__(self) -> None:
        self.axes: Tensor | None = None

    @torch.no_grad()
    def place(self, rows: Tensor) -> tuple[Tensor, list[float]]:
        """
        Args:
            rows: one network each, (K, numbers), finite: its weights, or its answers.

        Returns:
            Coordinates (K, 2), and the shares of the variance on both axes.
        """
        points = rows.double()
        found = exact_components(points, SHOWN)
        axes = found.axes.clone()
        largest = axes.abs().argmax(1, keepdim=True)
        signs = torch.where(axes.gather(1, largest) < 0, -1.0, 1.0)
        before = self.axes
        if before is not None and before.shape[1] == axes.shape[1]:
            both = min(len(before), len(axes))
            agreement = (axes[:both] * before[:both]).sum(1, keepdim=True)
            signs[:both] = torch.where(agreement < 0, -1.0, 1.0)
        axes *= signs
        self.axes = axes
        coordinates = (points - found.mean) @ axes[:2].t()
        missing = 2 - coordinates.shape[1]
        if missing:  # fewer networks than axes, or all of them alike
            coordinates = torch.nn.functional.pad(coordinates, (0, missing))
        ratios = [*found.ratios[:2], 0.0, 0.0][:2]
        return coordinates, ratios
