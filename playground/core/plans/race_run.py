"""A race in training: a run for every lane, kept even by epochs or by seconds of computing."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import torch

from playground.core import saving
from playground.core.analysis.plane import plane_for
from playground.core.analysis.views import Arrays, Header
from playground.core.chunks import Chunks
from playground.core.data import schema_of
from playground.core.data.model import Brought
from playground.core.engine.autograd import AutogradEngine
from playground.core.engine.dense import can_run
from playground.core.experiment import Experiment
from playground.core.history import MOST_POINTS, Rows
from playground.core.network import checked, parameter_count
from playground.core.plans.bands import MEASURES
from playground.core.plans.lanes import LaneMaps
from playground.core.plans.run import PlanRun
from playground.core.run import Run
from playground.core.scene import over_plane
from playground.core.transfer import present
from playground.core.want import Want

if TYPE_CHECKING:
    from playground.core.plans.race import Race

PER_LANE = 3 + len(MEASURES)  # columns of a row: epoch, steps, seconds, then the measures
MOST_BYTES = MOST_POINTS * PER_LANE * 8  # of one lane's curves
YOUNG = 1.05  # lanes are measured again when they are so many times as old
FIRST_SECONDS = 0.0003  # of computing that a lane is given at once while it is younger than that
FIRST_LOOKS, LOOKING = 0.02, 0.2  # s, and which part of the training, that go into it at most


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
        kept = saving.unpacked(snapshot) if snapshot else None
        experiments = plan.lanes()
        states = kept["lanes"] if kept else [None] * len(experiments)
        engine = _engine_for_all(experiments, own)
        self.lanes = [
            Run(experiment, own, engine=engine, snapshot=state)
            for experiment, state in zip(experiments, states, strict=True)
        ]
        for run in self.lanes if kept is None else ():
            _warm_up(run)
        self._most = max(1, *(run.batches_per_epoch for run in self.lanes))
        self.step, self._beats = (kept["step"], kept["beats"]) if kept else (0, 0)
        self._given = kept["given"] if kept else 0.0  # seconds that each lane was given
        self.curves = Curves(len(self.lanes), kept["rows"].tolist() if kept else [])
        self.ways: list[dict[str, Any]] = kept["ways"] if kept else []
        first = self.lanes[0]
        plane = plane_for(first.data, plan.experiment.view) if _flat(first) else None
        self.maps = LaneMaps(self.lanes, plane) if plane else None
        self.plane = plane
        self.measured_step = -1
        self._chunks = Chunks()
        # Of each lane the seconds that a step took, and how many it may take at once.
        self._paces = [(math.inf, 1)] * len(self.lanes)
        self._due = 0  # beats at the next look at all lanes
        self._spent = kept["looking"] if kept else 0.0  # seconds of looking
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
        taken = 0
        while taken < batches and self.state == "ready":
            part = min(batches - taken, max(self._due - self._beats, 1))
            self._beats += part
            for run in self.lanes:
                _until(run, self._beats, self._most)
            self._given = max(run.seconds for run in self.lanes)
            self.step += part
            taken += part
            self._look()
        return taken

    def train_for(self, seconds: float) -> int:
        """By the clock: the same number of beats, or of seconds, for every lane."""
        if self.plan.even == "epochs":
            return self._chunks.train(seconds, self.advance, lambda: self.state == "ready")
        before, given = self.step, 0.0
        while self.state == "ready" and given < seconds:
            part = min(max(FIRST_SECONDS, (YOUNG - 1) * self._given), seconds)
            self._share(part)
            given += part * sum(run.state == "ready" for run in self.lanes)
        return self.step - before

    def _share(self, seconds: float) -> None:
        """Every lane computes until it was given so many seconds more than so far."""
        self._given += seconds
        for place, run in enumerate(self.lanes):
            # What was too long, or a guess too short, is paid back in the shares that follow.
            missing, before = self._given - run.seconds, run.seconds
            if run.state == "ready" and missing > 0:
                known, most = self._paces[place]
                taken = run.advance(int(min(max(missing / known, 1), most)))
                self._paces[place] = ((run.seconds - before) / max(taken, 1), 2 * taken)
        before, self._beats = self._beats, int(self.exact_epoch * self._most)
        self.step += max(1, self._beats - before)
        self._look()

    def _look(self) -> None:
        """Measures a young race often, for the first moments decide who was quick."""
        self._settle()
        trained = sum(run.seconds for run in self.lanes)
        if self._beats >= self._due and self._spent <= FIRST_LOOKS + LOOKING * trained:
            self.measure()

    def _settle(self) -> None:
        if all(run.state != "ready" for run in self.lanes):
            self.state = "done"

    def measure(self) -> None:
        begin = time.perf_counter()
        for run in self.lanes:
            if run.state == "ready" and run.measured_step != run.step:
                run.measure()
        self.measured_step = self.step
        self.curves.append(self.lanes)
        self._settle()
        self._due = max(math.ceil(YOUNG * self._beats), self._beats + max(1, self._most // 4))
        self._spent += time.perf_counter() - begin
        self._agree()

    def _agree(self) -> None:
        """One way to compute steps for all lanes that train."""
        going = [run for run in self.lanes if run.state == "ready"]
        if not going:
            return
        ready = [run.engine.kernel_ready for run in going]  # all are asked, so all are built
        for run in going:
            run.engine.use_kernel(all(ready))
        way = going[0].engine.way
        if not self.ways or self.ways[-1]["way"] != way:
            moments = [[run.exact_epoch, run.step, run.seconds] for run in self.lanes]
            self.ways.append({"way": way, "from": moments})

    def resume(self) -> None:
        """Lanes whose stop rule allows it go on; one that diverged stays where it is."""
        for run in self.lanes:
            if run.state == "done":
                run.resume()
        if any(run.state == "ready" for run in self.lanes):
            self.state = "ready"

    def snapshot(self) -> bytes:
        if sum(_saved_bytes(run) for run in self.lanes) > saving.MOST:
            return b""
        if self.step != self.measured_step:
            self.measure()  # so that everybody has the same moment to go back to
        return saving.packed(
            {
                "lanes": [run.snapshot() for run in self.lanes],
                "step": self.step,
                "beats": self._beats,
                "given": self._given,
                "rows": torch.tensor(self.curves.state(), dtype=torch.float64),
                "ways": self.ways,
                "looking": self._spent,
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
            "lanes": [self._lane(place) for place in range(len(self.lanes))],
            "ways": self.ways,
        }
        arrays: Arrays = {"history": self.curves.since(history["start"])}
        if scene:
            header["scene"] = self._scene(arrays)
        if want.map and self.maps is not None:
            self.maps.paint(want, header, arrays)
        return header, arrays

    def _lane(self, place: int) -> Header:
        """A lane in numbers; its seconds a step are those of the present way of computing."""
        run, metrics = self.lanes[place], self.lanes[place].metrics
        _, step, seconds = self.ways[-1]["from"][place] if self.ways else (0, 0, 0.0)
        if run.step == step:
            step, seconds = 0, 0.0
        return {
            "state": run.state,
            "notice": run.notice.as_dict() if run.notice else None,
            "epoch": run.exact_epoch,
            "step": run.step,
            "seconds": run.seconds,
            "ms_per_step": 1000 * (run.seconds - seconds) / (run.step - step) if run.step else None,
            "way": run.engine.way,
            **{name: getattr(metrics, name) for name in MEASURES},
        }

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


def _engine_for_all(experiments: Sequence[Experiment], own: Brought | None) -> str | None:
    """The engine that all lanes take where not all could take the dense one; None where they may
    choose."""

    def dense(experiment: Experiment) -> bool:
        begun = present(experiment, crossed=False)
        return can_run(begun, checked(begun, schema_of(begun.data, own)))

    return None if len({dense(one) for one in experiments}) == 1 else AutogradEngine.name


def _warm_up(run: Run) -> None:
    """Takes a step and takes it back: what torch loads at first use would be charged to the lane
    that happens to come first."""
    if run.state == "ready" and run.batches_per_epoch:
        with run.rehearsal():
            pass


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


def _saved_bytes(run: Run) -> int:
    """About how large a lane's snapshot is with its curves."""
    each = 8 if run.experiment.training.precision == "float64" else 4
    kept = 2 + run.experiment.optimizer.remembers
    return parameter_count(run.blocks) * (kept * each + 8) + MOST_BYTES
