"""A forecast: each next value from the true ones before it, and the network on its own."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from playground.core.analysis.views import Arrays, Header, Sight
from playground.core.finite import finite
from playground.core.outputs.sequence_pane import FRAME_SECONDS, SequencePane, until
from playground.core.outputs.writing import Forecaster, looks_ahead

REFRESH = 0.25
"""Seconds between two free-running forecasts, or the line would never be still."""


class SeriesPane(SequencePane):
    """Header: "known" (so many true values the free forecast begins with), "errors" (root mean
    squares of both), "blind". Arrays: `series_truth` (T + 1,), `series_ahead` (T,) for the places
    from the second on, `series_free` (T + 1 − known,) for the places behind the known ones."""

    def __init__(self, sight: Sight, kind: str) -> None:
        super().__init__(sight, kind)
        self._places = self.run.data.inputs_train.shape[1]
        self._known = max(1, self._places // 2)
        self._of: tuple[Any, ...] = ()
        self._made = 0.0
        self._step = -1
        self._forecaster: Forecaster | None = None
        self._free: np.ndarray | None = None
        self._blind: bool | None = None

    def add(
        self, options: Mapping[str, Any], resting: bool, header: Header, arrays: Arrays
    ) -> None:
        if self._blind is None:
            self._blind = looks_ahead(self.network, self.points("train", 4))
        sample = self.sight.sample()
        truth = np.concatenate((sample.raw[:1, 0], np.asarray(sample.target, np.float32)))
        ahead = self.network(sample.inputs)[0, :, 0].numpy()
        chosen = (sample.part, sample.index)
        if chosen != self._of:
            self._of, self._free, self._forecaster, self._step = chosen, None, None, -1
        if not self._blind:
            self._forecast(truth, resting)
        header |= {
            "known": self._known,
            "blind": self._blind,
            "errors": {"ahead": _error(ahead, truth[1:]), "free": None},
        }
        arrays["series_truth"] = truth.astype(np.float32)
        arrays["series_ahead"] = ahead.astype(np.float32)
        if self._free is not None:
            header["errors"]["free"] = _error(self._free, truth[self._known :])
            arrays["series_free"] = self._free
        self.busy = resting and not self._blind and self._step != self.run.step

    def work(self, seconds: float) -> None:
        self._go_on(seconds)

    def _forecast(self, truth: np.ndarray, resting: bool) -> None:
        """Begins a forecast where the network has moved, and goes on with the present one."""
        due = resting or self._free is None or time.perf_counter() - self._made > REFRESH
        if self._forecaster is None and self._step != self.run.step and due:
            self._forecaster = Forecaster(
                self.network, truth[: self._known].astype(np.float32), self._places
            )
            self._begun = self.run.step
        self._go_on(FRAME_SECONDS)

    def _go_on(self, seconds: float) -> None:
        forecaster = self._forecaster
        if forecaster is None:
            return

        def one() -> bool:
            forecaster.go_on()
            return not forecaster.finished

        until(seconds, one)
        if forecaster.finished:
            self._free = np.array(forecaster.forecast, np.float32)
            self._step, self._made, self._forecaster = self._begun, time.perf_counter(), None


def _error(found: np.ndarray, truth: np.ndarray) -> float | None:
    """Root of the mean square of the differences."""
    gap = torch.from_numpy(found.astype(np.float64) - truth.astype(np.float64))
    return finite(float(gap.square().mean().sqrt()))
