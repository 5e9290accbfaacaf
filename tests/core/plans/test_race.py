"""A race: lanes that differ in one knob, each with the trajectory that it has alone."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
import torch

from playground.core import plans
from playground.core.data import schema_of
from playground.core.engine.compiled import cache
from playground.core.engine.compiled.plan import Plan
from playground.core.errors import PlaygroundError
from playground.core.experiment import Experiment
from playground.core.plans.lanes import difference
from playground.core.plans.race import KNOBS, Race, lane, offered, proposed, value_of
from playground.core.plans.race_run import PER_LANE, RaceRun
from playground.core.run import Run
from playground.core.want import Want
from playground.live.frames import decode, encode
from tests.core.compiled.uncompiled import Uncompiled
from tests.core.helpers import small

FRESH = (-1, 0)
SINGLE = small(training={"precision": "float32"})  # what kernels are for


def race(knob: Any, *values: str, experiment: Experiment | None = None, **more: Any) -> RaceRun:
    plan = Race(
        experiment=experiment or small(),
        knob=knob,
        values=values,
        **more,
    )
    run = plan.build(None, None)
    assert isinstance(run, RaceRun)
    return run


def frame(run: RaceRun, **want: Any) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    header, arrays = run.frame(Want.read({"map": True, **want}), FRESH, True)
    json.dumps(decode(encode(header, arrays))[0], allow_nan=False)
    return header, arrays


@pytest.mark.parametrize(
    ("knob", "values"),
    [
        ("optimizer", ("sgd", "adam", "rmsprop")),
        ("learning_rate", ("0.01", "0.3")),
        ("activation", ("tanh", "relu")),
        ("width", ("2", "5")),
        ("loss", ("bce", "mse")),
        ("batch_size", ("1", "7", "30")),
        ("initialization", ("pytorch", "he")),
    ],
)
def test_each_lane_has_the_trajectory_that_it_has_alone(knob: Any, values: tuple[str, ...]) -> None:
    run = race(knob, *values)
    for beats in (3, 1, run.batches_per_epoch, 2 * run.batches_per_epoch):
        run.advance(beats)
        run.measure()
    run.advance(run.batches_per_epoch - run.batch_in_epoch)
    for one, value in zip(run.lanes, values, strict=True):
        assert one.epoch == run.epoch >= 4 and one.batch_in_epoch == 0
        alone = Run(lane(small(), knob, value))
        alone.advance(run.epoch * alone.batches_per_epoch)
        assert torch.equal(alone.engine.flat(), one.engine.flat()), value
        assert alone.step == one.step


def test_lanes_of_one_shape_begin_with_the_same_weights_and_points() -> None:
    run = race("optimizer", "adam", "sgd", "lion")
    first, *others = run.lanes
    for other in others:
        assert torch.equal(first.engine.flat(), other.engine.flat())
        assert torch.equal(first.batches.indices, other.batches.indices)
    wide = race("width", "3", "6")
    narrow, wider = (one.data.inputs_train for one in wide.lanes)
    assert np.array_equal(narrow, wider)
    assert wide.lanes[0].engine.flat().numel() < wide.lanes[1].engine.flat().numel()


def test_a_lane_of_larger_batches_keeps_the_pace_of_the_epochs() -> None:
    run = race("batch_size", "1", "10", "30")
    run.advance(20)
    assert [one.step for one in run.lanes] == [20, 2, 0]
    assert (run.epoch, run.batch_in_epoch, run.batches_per_epoch) == (0, 20, 30)
    run.advance(15)
    assert [one.epoch for one in run.lanes] == [1, 1, 1]
    assert [one.step for one in run.lanes] == [35, 3, 1]


def test_lanes_get_the_same_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    """With steps that take 1 and 4 ms by a clock of our own."""
    run = race("optimizer", "sgd", "adam", even="seconds")
    costs = (0.001, 0.004)

    def advance(one: Run, batches: int, cost: float) -> int:
        taken = Run.advance(one, batches)
        one.seconds = one.step * cost
        return taken

    for one, cost in zip(run.lanes, costs, strict=True):
        one.seconds = 0.0
        monkeypatch.setattr(
            one, "advance", lambda batches, one=one, cost=cost: advance(one, batches, cost)
        )
    run._given = 0.0
    before = run.step
    for _ in range(30):
        run.train_for(0.005)
    fast, slow = run.lanes
    assert fast.seconds == pytest.approx(slow.seconds, abs=0.005)
    assert fast.step == pytest.approx(4 * slow.step, rel=0.1)
    assert run.step > before and run.epoch == slow.epoch
    monkeypatch.undo()
    run.update(Race(experiment=small(), knob="optimizer", values=("sgd", "adam")))
    ahead = fast.step
    run.advance(2)
    assert fast.step == ahead, "who is ahead waits for the others"


def test_a_lane_that_diverges_stops_and_the_others_go_on() -> None:
    experiment = small(optimizer={"name": "sgd"}, loss="mse")
    run = race("learning_rate", "0.01", "100", experiment=experiment)
    for _ in range(40):
        run.advance(run.batches_per_epoch)
        run.measure()
    good, bad = run.lanes
    assert (good.state, bad.state, run.state) == ("ready", "diverged", "ready")
    assert good.epoch == 40
    alone = Run(lane(experiment, "learning_rate", "0.01"))
    alone.advance(40 * alone.batches_per_epoch)
    assert torch.equal(alone.engine.flat(), good.engine.flat())
    header, arrays = frame(run)
    assert header["lanes"][1]["notice"]["code"] == "diverged"
    last = arrays["history"].reshape(-1, 2, PER_LANE)[-1]
    assert np.isfinite(last[0]).all() and np.isnan(last[1, 3:]).all()


def test_a_young_race_is_measured_often_and_an_old_one_rarely() -> None:
    run = race("learning_rate", "0.01", "0.1")
    run._spent = -1e9  # however slow this machine is
    for _ in range(100):
        run.advance(run.batches_per_epoch)
    epochs = np.array([row[0] for row in run.curves.state()])
    assert epochs[:5] == pytest.approx([0, 1 / 3, 2 / 3, 1, 4 / 3])
    assert (epochs[1:] / np.maximum(epochs[:-1], 20)).max() <= 1.07
    assert len(epochs) < 110


# -- one way of computing for all lanes


@pytest.fixture
def kernels(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The optimizers for which there is a kernel now; none at first."""
    ready: set[str] = set()

    def found(plan: Plan) -> Uncompiled | None:
        return Uncompiled(plan) if plan.optimizer in ready else None

    monkeypatch.setattr(cache, "off", lambda: False)
    monkeypatch.setattr(cache.KERNELS, "ready", found)
    return ready


def ways(run: RaceRun) -> list[str]:
    return [one["way"] for one in run.ways]


def test_lanes_switch_to_kernels_together(kernels: set[str]) -> None:
    run = race("optimizer", "adam", "sgd", experiment=SINGLE)
    kernels.add("adam")
    run.advance(2 * run.batches_per_epoch)
    run.measure()
    assert [one.engine.way for one in run.lanes] == ["dense", "dense"]
    kernels.add("sgd")
    run.measure()
    assert [one.engine.way for one in run.lanes] == ["compiled", "compiled"]
    assert ways(run) == ["dense", "compiled"]
    assert [at[1] for at in run.ways[-1]["from"]] == [one.step for one in run.lanes]
    run.advance(run.batches_per_epoch)
    for one, value in zip(run.lanes, ("adam", "sgd"), strict=True):
        alone = Run(lane(SINGLE, "optimizer", value), engine="dense")
        alone.advance(one.step)
        assert torch.allclose(alone.engine.flat(), one.engine.flat(), atol=1e-5)
    again = run.plan.build(None, run.snapshot())
    assert isinstance(again, RaceRun) and again.ways == run.ways


def test_a_lane_without_a_kernel_keeps_the_others_from_theirs(kernels: set[str]) -> None:
    kernels.update(("adam", "sgd"))
    run = race("optimizer", "adam", "sgd", "lion", experiment=SINGLE)
    run.advance(run.batches_per_epoch)
    assert ways(run) == ["dense"]
    header, _ = frame(run)
    assert [one["way"] for one in header["lanes"]] == ["dense"] * 3


def test_a_lane_that_diverged_keeps_nobody_from_a_kernel(kernels: set[str]) -> None:
    kernels.add("sgd")
    run = race("optimizer", "sgd", "lion", experiment=SINGLE)
    run.lanes[1].state = "diverged"
    run.measure()
    assert ways(run) == ["dense", "compiled"]


def test_where_one_lane_needs_the_autograd_engine_all_take_it() -> None:
    run = race("optimizer", "sgd", "sam", experiment=SINGLE)
    run.advance(run.batches_per_epoch)
    assert ways(run) == ["autograd"]
    alone = Run(lane(SINGLE, "optimizer", "sgd"), engine="dense")
    alone.advance(run.lanes[0].step)
    assert torch.allclose(alone.engine.flat(), run.lanes[0].engine.flat(), atol=1e-5)


def test_a_race_ends_when_no_lane_trains_any_more_and_can_go_on() -> None:
    run = race("optimizer", "adam", "sgd", experiment=small(training={"stop_epochs": 2}))
    taken = sum(run.advance(5) for _ in range(20))
    assert run.state == "done" and taken < 100
    assert [one.epoch for one in run.lanes] == [2, 2]
    assert run.advance(3) == 0


def test_a_race_goes_on_from_its_snapshot() -> None:
    run = race("batch_size", "4", "10")
    run.advance(9)
    run.measure()
    again = run.plan.build(None, run.snapshot())
    assert isinstance(again, RaceRun)
    assert (again.step, again.epoch, again.batch_in_epoch) == (
        run.step,
        run.epoch,
        run.batch_in_epoch,
    )
    for one in (run, again):
        one.advance(17)
    for one, other in zip(run.lanes, again.lanes, strict=True):
        assert torch.equal(one.engine.flat(), other.engine.flat())


def test_curves_come_as_deltas_and_hold_every_lane() -> None:
    run = race("width", "2", "4", "8")
    run.advance(5)
    header, arrays = frame(run)
    rows = arrays["history"].reshape(-1, 3, PER_LANE)
    assert header["history"]["columns"] == 3 * PER_LANE
    for one, said in zip(run.lanes, rows[-1], strict=True):
        expected = [one.exact_epoch, one.step, one.seconds, one.metrics.train_loss]
        assert said[:4] == pytest.approx(expected, rel=1e-6)
    run.advance(5)
    head = header["history"]
    after, more = run.frame(Want.read({}), (head["version"], head["total"]), False)
    assert after["history"]["start"] == head["total"]
    assert len(more["history"]) == after["history"]["total"] - head["total"] >= 1
    assert more["history"].reshape(-1, 3, PER_LANE)[-1, :, 1] == pytest.approx([10] * 3)
    assert "scene" not in after


@pytest.mark.parametrize("name", ["circle", "blobs", "sine", "reg-plane"])
def test_maps_are_what_the_lanes_answer_and_their_difference(name: str) -> None:
    run = race("optimizer", "adam", "sgd", "rmsprop", experiment=small(name))
    run.advance(30)
    header, arrays = frame(run, options={"plan": {"a": 2, "b": 0}})
    maps, found = arrays["maps"], header["difference"]
    assert len(maps) == 3 and (found["a"], found["b"]) == (2, 0)
    assert run.plane is not None
    if name == "sine":
        assert arrays["difference"] == pytest.approx(maps[2] - maps[0], abs=1e-5)
        return
    side = maps.shape[-1]
    raw = torch.from_numpy(run.lanes[2].data.to_inputs(run.plane.grid(side)))
    said = []
    for one in (run.lanes[2], run.lanes[0]):
        output = one.engine.output(one.engine.prepare(raw)).double()
        regression = one.schema.task == "regression"
        said.append(
            output * one.data.target_std + one.data.target_mean
            if regression
            else torch.sigmoid(output)
            if len(output) == 1
            else torch.softmax(output, 0)
        )
    apart = said[0] - said[1]
    expected = apart[0] if found["signed"] else apart.abs().sum(0) / 2
    top = found["top"]
    low = -top if found["signed"] else 0.0
    bytes_ = ((expected - low) / (top - low)).clamp(0, 1).numpy() * 255
    assert np.abs(arrays["difference"].ravel() - bytes_).max() <= 0.51
    assert found["mean"] == pytest.approx(expected.abs().mean().item())


def test_a_difference_of_classes_is_the_total_variation() -> None:
    one, other = torch.tensor([[0.7], [0.2], [0.1]]), torch.tensor([[0.1], [0.2], [0.7]])
    found, signed = difference(one, other)
    assert not signed and found.item() == pytest.approx(0.6)


@pytest.mark.slow
def test_other_kinds_of_data_race_without_maps() -> None:
    header, arrays = frame(race("optimizer", "adam", "sgd", experiment=small("digits")))
    assert "maps" not in arrays and header["scene"]["kind"] == "pictures"


@pytest.mark.parametrize("name", ["circle", "blobs", "sine", "digits"])
def test_what_is_proposed_can_race(name: str) -> None:
    experiment = small(name)
    schema = schema_of(experiment.data)
    for knob in KNOBS:
        choices = offered(experiment, knob, schema)
        if not choices:
            continue
        values = proposed(experiment, knob, schema)
        assert 2 <= len(values) <= 8 and set(values) <= set(choices)
        own = value_of(experiment, knob)
        assert own is None or own in values
        plan = Race(experiment=experiment, knob=knob, values=tuple(values))
        assert plan.needs(None) > 0
        assert plans.read(plan.model_dump_json()) == plan


@pytest.mark.parametrize(
    ("knob", "value"),
    [("optimizer", "nonsense"), ("learning_rate", "fast"), ("width", "2.5"), ("loss", "x"),
     ("activation", "x"), ("batch_size", "0"), ("initialization", "x"), ("learning_rate", "nan")],
)  # fmt: skip
def test_a_value_that_a_knob_does_not_have_is_refused(knob: Any, value: str) -> None:
    with pytest.raises(PlaygroundError):
        Race(knob=knob, values=("1", value)).lanes()
