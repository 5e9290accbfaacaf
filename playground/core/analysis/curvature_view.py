"""The view of the loss's curvature: the live gauge, and the whole spectrum when it is asked for."""

from __future__ import annotations

import logging
import operator
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import torch

from playground.core.analysis.curvature import Spectrum, loss_curvature, spectrum_steps
from playground.core.analysis.gauge import Gauge, points_for
from playground.core.analysis.gauge import Steps as Reading
from playground.core.analysis.maps import single
from playground.core.analysis.study import Steps, Study
from playground.core.analysis.views import Arrays, Header, Sight
from playground.core.errors import PlaygroundError

if TYPE_CHECKING:
    from playground.core.want import Want

log = logging.getLogger(__name__)

GAP = 0.25  # s between two measurements of a running network
REST = 15  # times as long as it worked it rests
BREAK = 2.0  # s without a measurement after which the strip's line is broken


class CurvatureView(Study):
    """See the module. The gauge is measured in the turns of the study, so no frame waits for it."""

    name: ClassVar[str] = "curvature"

    def __init__(self, sight: Sight) -> None:
        super().__init__(sight)
        self._gauge = Gauge(self.run)
        self._reading: tuple[Header | None, Arrays] = (None, {})
        self._measuring: Reading | None = None
        self._asked: tuple[Any, Any] = (None, None)
        self._resting = True
        self._measured: tuple[Any, ...] = ()
        self._spent = self._next = self._last = 0.0
        self._measurements = 0

    def add(self, want: Want, header: Header, arrays: Arrays) -> None:
        super().add(want, header, arrays)
        options = want.of(self.name)
        self._asked = (options.get("direction"), options.get("output"))
        self._resting = want.resting
        header["curvature"], more = self._reading
        arrays |= more

    # ---- turns

    @property
    def busy(self) -> bool:
        return super().busy or self._measuring is not None or self._due()

    def work(self, seconds: float) -> None:
        end = time.perf_counter() + seconds
        if self._measuring is None and self._due():
            self._measured, self._spent = self._subject(), 0.0
            direction, output = self._asked
            options = {"direction": direction, "output": output}
            gap = time.perf_counter() - self._last > BREAK
            self._measuring = self._gauge.read(self.sight.plane, options, gap)
        start = time.thread_time()
        while self._measuring is not None:
            self._measure()
            if time.perf_counter() >= end:
                break
        self._spent += time.thread_time() - start
        if self._measuring is None:
            # What the very first one costs is mostly code that is loaded once.
            self._next = self._last + max(GAP, REST * self._spent * (self._measurements > 1))
        left = end - time.perf_counter()
        if super().busy and (left > 0 or self._measuring is None):
            super().work(left)

    def _measure(self) -> None:
        """One step of the measurement; trouble in it is the gauge's alone."""
        assert self._measuring is not None
        try:
            next(self._measuring)
            return
        except StopIteration as stop:
            self._reading = stop.value
        except Exception as error:
            log.error("unexpected trouble in the curvature gauge", exc_info=error)
            self._reading = ({"problem": "failed", "values": []}, {})
        self._measuring, self._last = None, time.perf_counter()
        self._measurements += 1

    def _subject(self) -> tuple[Any, ...]:
        """What a measurement is of."""
        run = self.run
        return run.step, self._asked, run.metrics, run.experiment, self.sight.plane

    def _due(self) -> bool:
        """Whether there is something new to measure, and time for it."""
        now, then = self._subject(), self._measured
        if not then:
            return True
        if now[:2] == then[:2] and all(map(operator.is_, now[2:], then[2:])):
            return False
        return self._resting or now[1] != then[1] or time.perf_counter() >= self._next

    # ---- the whole spectrum

    def steps(self, options: Mapping[str, Any]) -> Steps:
        replica = self.frozen().double()
        inputs, targets = replica.examples()
        size = sum(one.numel() for one in replica.parameters)
        count = points_for(size, len(inputs))
        if not count:
            raise PlaygroundError("no_points_to_study")
        hessian, product = loss_curvature(replica, inputs[:count], targets[:count])
        yield 0.0
        spectrum = None
        if hessian.finite:
            spectrum = yield from spectrum_steps(product, size)
        if spectrum is None:
            raise PlaygroundError("study_not_finite")
        header = {"parameters": size, "points": count, "total": len(inputs)}
        return {**header, **summary(spectrum)}, pictures(spectrum)


def summary(spectrum: Spectrum) -> Header:
    """What is said of a spectrum in numbers."""
    flat = spectrum.flat
    return {
        "exact": spectrum.exact,
        "largest": spectrum.nodes[-1].item(),
        "lowest": spectrum.nodes[0].item(),
        "flat": flat,
        "negative": spectrum.count(-float("inf"), -flat * (1 + 1e-12)),
        "near": spectrum.count(-flat, flat),
        "outliers": spectrum.outliers,
        "trace": (spectrum.nodes * spectrum.weights).sum().item(),
    }


def pictures(spectrum: Spectrum) -> Arrays:
    """Its densities on both scales, and its eigenvalues with their places on the log scale."""
    found: Arrays = {}
    for scale in ("linear", "log"):
        found[f"curvature_{scale}"] = single(torch.stack(spectrum.density(scale))).numpy()
    rows = (spectrum.nodes, spectrum.weights, spectrum.on_scale(spectrum.nodes, "log"))
    found["curvature_values"] = single(torch.stack(rows)).numpy()
    return found
