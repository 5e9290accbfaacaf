"""A race in training: a run for every lane, kept even by epochs or by seconds of computing."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import torch

from playground.core.analysis.plane import plane_for
from playground.core.analysis.views import Arrays, Header
from playground.core.data.model import Brought
from playground.core.history import MOST_POINTS, Rows
from playground.core.network import parameter_count
from playground.core.plans.bands import MEASURES
from playground.core.plans.lanes import LaneMaps
from playground.core.plans.run import PlanRun
from playground.core.run import Run
from playground.core.scene import over_plane
from playground.core.want import Want

if TYPE_CHECKING:
    from playground.core.plans.race import Race

PER_LANE = 3 + len(MEASURES)  # columns of a row: epoch, steps, seconds, then the measures
MOST_BYTES = MOST_POINTS * PER_LANE * 8  # of one lane's curves


class RaceRun(PlanRun):
    """See the module.

    `step` counts beats: in a beat every lane comes so much of an epoch further as one minibatch is
    for the lane that has the most of them, so lanes of one batch size take one minibatch each.

    Attributes:
        lanes: the runs, one for each value.
    """

    plan: Race

    def __init__(self, plan: Race, own: Brought | None, snapshot: bytes | None) -> None:
        super().__init__(plan, own)
        kept = _unpacked(snapshot) if snapshot else None
        experiments = plan.lanes()
        states = kept["lanes"] if kept else [None] * len(experiments)
        self.lanes = [
            Run(experiment, own, snapshot=state)
            for experiment, state in zip(experiments, states, strict=True)
        ]
        self._most = max(1, *(run.batches_per_epoch for run in self.lanes))
        self.step, self._beats = (kept["step"], kept["beats"]) if kept else (0, 0)
        self._given = max(run.seconds for run in self.lanes)  # seconds that each lane was given
        self.curves = Curves(len(self.lanes), kept["rows"] if kept else [])
        first = self.lanes[0]
        plane = plane_for(first.data, plan.experiment.view) if _flat(first) else None
        self.maps = LaneMaps(self.lanes, plane) if plane else None
        self.plane = plane
        self.measured_step = -1
        self.measure()

    # -- training

    @property
    def exact_epoch(self) -> float:
        """How far all lanes are that still train; the furthest where none does."""
        going = [run.exact_epoch for run in self.lanes if run.state == "ready"]
        return min(going) if going else max(run.exact_epoch for run in self.lanes)

    @property
    def epoch(self) -> int:
        return self._beats // self.batches_per_epoch

    @property
    def batches_per_epoch(self) -> int:
        return self._most

    @property
    def batch_in_epoch(self) -> int:
        return self._beats % self.batches_per_epoch

    def advance(self, batches: int) -> int:
        """So many beats for all lanes. Lanes that are ahead wait, whatever keeps them even."""
        if self.state != "ready":
            return 0
        self._beats += batches
        for run in self.lanes:
            _until(run, self._beats, self._most)
        self._given = max(run.seconds for run in self.lanes)
        self.step += batches
        self._settle()
        return batches

    def train_for(self, seconds: float) -> int:
        """By the clock: the same number of beats, or of seconds, for every lane."""
        if self.plan.even == "seconds":
            return self._share(seconds)
        taken, spent = 0, sum(run.seconds for run in self.lanes)
        while self.state == "ready":
            before = sum(run.seconds for run in self.lanes)
            chunk = (
                1 if not taken else max(1, int(taken * (seconds / max(before - spent, 1e-9) - 1)))
            )
            taken += self.advance(min(chunk, 2 * taken or 1))
            if sum(run.seconds for run in self.lanes) - spent >= 0.9 * seconds:
                break
        return taken

    def _share(self, seconds: float) -> int:
        """Every lane computes until it was given as many seconds as all others."""
        going = [run for run in self.lanes if run.state == "ready"]
        self._given += seconds / max(len(going), 1)
        for run in going:
            # A step longer than a share is paid back in the turns that follow.
            if run.seconds < self._given:
                run.train_for(self._given - run.seconds)
        before, self._beats = self._beats, int(self.exact_epoch * self._most)
        beats = max(1, self._beats - before)
        self.step += beats
        self._settle()
        return beats

    def _settle(self) -> None:
        if all(run.state != "ready" for run in self.lanes):
            self.state = "done"

    def measure(self) -> None:
        for run in self.lanes:
            if run.state == "ready" and run.measured_step != run.step:
                run.measure()
        self.measured_step = self.step
        self.curves.append(self.lanes)
        self._settle()

    def resume(self) -> None:
        """Lanes whose stop rule allows it go on; one that diverged stays where it is."""
        for run in self.lanes:
            if run.state == "done":
                run.resume()
        if any(run.state == "ready" for run in self.lanes):
            self.state = "ready"

    def snapshot(self) -> bytes:
        return _packed(
            {
                "lanes": [run.snapshot() for run in self.lanes],
                "step": self.step,
                "beats": self._beats,
                "rows": self.curves.state(),
            }
        )

    # -- what is seen

    def frame(
        self, want: Want, history_from: tuple[int, int], scene: bool
    ) -> tuple[Header, Arrays]:
        if self.step != self.measured_step:
            self.measure()
        history = self.curves.told(history_from)
        header: Header = {
            "epoch": self.epoch,
            "batch": self.batch_in_epoch,
            "batches_per_epoch": self.batches_per_epoch,
            "step": self.step,
            "views": [],
            "score": "r2" if self.lanes[0].schema.task == "regression" else "accuracy",
            "history": {**history, "columns": PER_LANE * len(self.lanes)},
            "lanes": [_lane(run) for run in self.lanes],
        }
        arrays: Arrays = {"history": self.curves.since(history["start"])}
        if scene:
            header["scene"] = self._scene(arrays)
        if want.map and self.maps is not None:
            self.maps.paint(want, header, arrays)
        return header, arrays

    def _scene(self, arrays: Arrays) -> Header:
        first, plan = self.lanes[0], self.plan
        scene: Header = {
            "kind": first.schema.kind,
            "data": first.present.data.name,
            "task": first.schema.task,
            "class_names": list(first.schema.class_names),
            "target": first.schema.target,
            "batch_size": max(run.batches.size for run in self.lanes),
            "knob": plan.knob,
            "values": list(plan.values),
            # Another loss has another scale: only scores can be compared.
            "comparable": plan.knob != "loss",
            "tested": bool(len(first.data.inputs_test)),
            "parameters": [parameter_count(run.blocks) for run in self.lanes],
        }
        return scene | (over_plane(first, self.plane, arrays) if self.plane else {})


def _flat(run: Run) -> bool:
    return run.schema.kind == "points"


def _until(run: Run, beats: int, most: int) -> None:
    """Trains a lane up to so many beats from the start, an epoch being `most` of them."""
    epoch, rest = divmod(beats, most)
    while run.state == "ready" and run.epoch < epoch:
        if not run.advance(run.batches_per_epoch - run.batch_in_epoch):
            return
    if run.state == "ready" and run.epoch == epoch:
        run.advance(max(rest * run.batches_per_epoch // most - run.batch_in_epoch, 0))


def _lane(run: Run) -> Header:
    metrics = run.metrics
    return {
        "state": run.state,
        "notice": run.notice.as_dict() if run.notice else None,
        "epoch": run.exact_epoch,
        "step": run.step,
        "seconds": run.seconds,
        "ms_per_step": 1000 * run.seconds / run.step if run.step else None,
        "engine": run.engine.name,
        **{name: getattr(metrics, name) for name in MEASURES},
    }


class Curves(Rows):
    """What was measured of all lanes: a row holds PER_LANE columns for each lane in turn.

    Lanes that diverged have NaN from then on.
    """

    def __init__(self, lanes: int, rows: list[list[float]]) -> None:
        super().__init__(lanes * PER_LANE, rows)

    def append(self, lanes: list[Run]) -> None:
        """Adds this moment; the same moment measured twice is one."""
        row = tuple(value for run in lanes for value in _moment(run))
        if self._rows and self._rows[-1][1::PER_LANE] == row[1::PER_LANE]:
            self._rows.pop()
            self.version += 1
        self._rows.append(row)
        self._thin()

    @staticmethod
    def _epoch(row: Sequence[float]) -> float:
        return max(row[0::PER_LANE])


def _moment(run: Run) -> list[float]:
    gone = run.state == "diverged"
    values = (getattr(run.metrics, name) for name in MEASURES)
    said = [math.nan if gone or value is None else value for value in values]
    return [run.exact_epoch, float(run.step), run.seconds, *said]


def _packed(content: dict[str, Any]) -> bytes:
    lanes = [torch.frombuffer(bytearray(one), dtype=torch.uint8) for one in content["lanes"]]
    rows = torch.tensor(content["rows"], dtype=torch.float64)
    buffer = io.BytesIO()
    torch.save(content | {"lanes": lanes, "rows": rows}, buffer)
    return buffer.getvalue()


def _unpacked(snapshot: bytes) -> dict[str, Any]:
    content = torch.load(io.BytesIO(snapshot), weights_only=True)
    lanes = [one.numpy().tobytes() for one in content["lanes"]]
    return content | {"lanes": lanes, "rows": content["rows"].tolist()}
