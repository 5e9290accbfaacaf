"""Steps as graphs: replayed by a stand-in on this machine, and by CUDA where there is a GPU.

The stand-in records every call with its tensors and refuses what a CUDA graph could not hold, see
`recording.py`; everything else is what runs on a GPU.
"""

from __future__ import annotations

import itertools
import logging
from typing import Any

import pytest
import torch

from playground.core import devices
from playground.core.activations import ACTIVATIONS
from playground.core.engine.graphs import capture
from playground.core.engine.graphs.capture import CudaGraphs
from playground.core.engine.graphs.engine import GraphEngine, GraphMany
from playground.core.engine.graphs.steps import PATIENCE, TRIALS
from playground.core.losses import LOSSES
from playground.core.optimizers import OPTIMIZERS
from playground.core.population import Population, starts
from playground.core.run import Run
from tests.core.helpers import merged, run_of, small, states_equal
from tests.core.recording import Recorded

FLAT = [name for name, kind in OPTIMIZERS.items() if kind.flat]
BENDS = [name for name, entry in ACTIVATIONS.items() if entry.kernel is not None]
SMOOTH = [name for name in LOSSES if not LOSSES[name].rates]
DATA = {"binary": "circle", "multiclass": "blobs", "regression": "reg-gauss"}
RULES = ("smaller", "dropped", "carried")
PENALTIES: dict[str, dict[str, Any]] = {
    "none": {},
    "l1, l2 and clipping": {"l1": 0.02, "l2": 0.05, "clip_norm": 0.3},
    "sticky l1": {"l1": 0.3, "sticky_l1": True},
}
WHERE = ["a stand-in", *(one.kind for one in devices.available() if one.kind == "cuda")]


@pytest.fixture(params=WHERE)
def place(request, monkeypatch):
    """The device, with what captures there in the place of the one that the program takes."""
    if request.param == "a stand-in":
        monkeypatch.setattr(capture, "CUDA", Recorded())
        return "cpu"
    monkeypatch.setattr(capture, "CUDA", CudaGraphs())
    return request.param


def case(optimizer: str, penalty: str) -> dict[str, Any]:
    """Settings on 22 points of which loss, activations, end of an epoch and dropout go round."""
    turn = len(PENALTIES) * FLAT.index(optimizer) + list(PENALTIES).index(penalty)
    loss = SMOOTH[turn % len(SMOOTH)]
    task = sorted(LOSSES[loss].tasks)[turn % len(LOSSES[loss].tasks)]
    layers: list[dict[str, Any]] = [
        {"kind": "dense", "units": 4, "activation": BENDS[turn % len(BENDS)]},
        {"kind": "dropout", "rate": 0.2},
        {"kind": "dropout", "rate": 0.1},
        {"kind": "dense", "units": 3, "activation": BENDS[(turn + 5) % len(BENDS)]},
        {"kind": "dropout", "rate": 0.3},
    ]
    return {
        "name": DATA[task],
        "data": {"samples": 44, "train_percent": 50, "noise": 10},
        "layers": layers if turn % 2 else [layers[0], layers[3]],
        "loss": loss,
        "optimizer": {"name": optimizer, "learning_rate": 0.01},
        "regularization": PENALTIES[penalty],
        "training": {"batch_size": 5, "last_batch": RULES[turn % 3]},
    }


def both(place: str, **settings: Any) -> tuple[Run, Run]:
    """The same run without graphs and with them."""
    experiment = small(**settings)
    return run_of(experiment, device=place, engine="dense"), run_of(experiment, device=place)


def assert_together(plain: Run, fast: Run) -> None:
    wanted, found = plain.engine.state(), fast.engine.state()
    assert wanted.keys() == found.keys()
    for name, value in wanted.items():
        torch.testing.assert_close(found[name], value, rtol=1e-8, atol=1e-10, msg=name)
    for purpose, generator in plain.generators.items():
        assert torch.equal(generator.get_state(), fast.generators[purpose].get_state())


def in_turn(plain: Run, fast: Run, steps: tuple[int, ...]) -> None:
    for count in steps:
        for run in (plain, fast):
            run.advance(count)
        assert_together(plain, fast)


EVEN = {"training": {"batch_size": 11, "last_batch": "smaller"}}  # all minibatches alike
WALK = (1, 1, 1, 1, 3, 40, 2, 31)  # minibatches alone, and epochs


@pytest.mark.parametrize(("optimizer", "penalty"), list(itertools.product(FLAT, PENALTIES)))
def test_replayed_steps_are_the_plain_ones(place, optimizer, penalty):
    plain, fast = both(place, **case(optimizer, penalty))
    assert isinstance(fast.engine, GraphEngine)
    in_turn(plain, fast, WALK)
    assert not capture.CUDA.broken
    assert fast.engine.way == ("graph" if OPTIMIZERS[optimizer].capturable else "dense")
    rate = {"optimizer": {"learning_rate": 0.02}, "regularization": {"l2": 0.03}}
    for run in (plain, fast):
        run.update(run.experiment.with_changes(rate))
    in_turn(plain, fast, (1,))
    assert fast.engine.way == "dense", "another rate by hand is another step"
    in_turn(plain, fast, (PATIENCE, *WALK))
    assert not capture.CUDA.broken
    assert fast.engine.way == ("graph" if OPTIMIZERS[optimizer].capturable else "dense")


@pytest.mark.parametrize("optimizer", FLAT)
def test_what_says_that_it_can_be_captured_can_be(optimizer):
    """The stand-in refuses what waits for a value; a rule without graphs has one that does."""
    from tests.core.recording import Recorder, Refused

    run = run_of(small(optimizer={"name": optimizer}), engine="dense")
    run.advance(1)
    update: Any = run.engine._update  # type: ignore[attr-defined]
    recorder = Recorder()
    if OPTIMIZERS[optimizer].capturable:
        with torch.inference_mode(), recorder:
            update.step(0.1)
        assert recorder.calls
    else:
        with pytest.raises(Refused), torch.inference_mode(), recorder:
            update.step(0.1)


@pytest.mark.parametrize(("optimizer", "penalty"), list(itertools.product(FLAT[::2], PENALTIES)))
def test_many_networks_replay_their_steps(place, optimizer, penalty):
    experiments = starts(small(**case(optimizer, penalty)), 3)
    if penalty != "none":
        experiments[1] = experiments[1].with_changes({"regularization": {"l1": 0.01}})
        experiments[2] = experiments[2].with_changes({"optimizer": {"learning_rate": 0.03}})
    fast = Population(experiments, device=place)
    assert isinstance(fast._carriers._parts[0][1], GraphMany)
    runs = [Run(one, device=place, engine="dense") for one in experiments]
    for count in WALK:
        for run in runs:
            run.advance(count)
        fast.advance(count)
        alone = torch.stack([run.engine.flat() for run in runs])
        torch.testing.assert_close(fast.flat(), alone, rtol=0, atol=1e-7)
    assert not capture.CUDA.broken
    assert fast.engine_name == ("graph" if OPTIMIZERS[optimizer].capturable else "dense")


def test_a_schedule_changes_no_graph(place):
    settings = merged(case("adam", "none"), {"schedule": {"name": "cosine"}}, EVEN)
    plain, fast = both(place, **settings)
    in_turn(plain, fast, (5, 5, 5, 5, 5, 5, 5, 5))
    assert fast.engine.way == "graph"
    population = Population(starts(small(**settings), 2), device=place)
    population.advance(38)
    if isinstance(capture.CUDA, Recorded):
        replays = capture.CUDA.replays
        population.advance(2)
        assert capture.CUDA.replays == replays + 1, "an epoch is one launch"
    else:
        population.advance(2)
    torch.testing.assert_close(population.flat()[0], plain.engine.flat(), rtol=0, atol=1e-7)
    assert population.engine_name == "graph"


def test_whatever_is_done_to_a_run_is_followed(place):
    """Weights set and held by hand, steps taken back, points painted, a snapshot, another loss."""
    plain, fast = both(place, **merged(case("adam", "l1, l2 and clipping"), EVEN))
    for deed in (
        {"deed": "set", "block": 1, "unit": 0, "source": 1, "value": 0.5},
        {"deed": "cut", "block": 1, "unit": 1, "source": 0, "on": True},
        {"deed": "set", "block": 1, "unit": 1, "source": 0, "value": 0.1},
        {"deed": "undo"},
    ):
        in_turn(plain, fast, (4, PATIENCE, 4))
        assert fast.engine.way == "graph"
        for run in (plain, fast):
            assert run.act(deed)
        in_turn(plain, fast, (1, 1, 6))
    for run in (plain, fast):
        with run.rehearsal():
            pass
    in_turn(plain, fast, (5, 5, 5))
    for run in (plain, fast):
        run.update(run.experiment.with_changes({"data": {"points": [[1.0, 2.0, 1]]}}))
    in_turn(plain, fast, (4, PATIENCE, 5, 5, 30))
    assert fast.engine.way == "graph"
    back = Run(fast.experiment, device=place, snapshot=fast.snapshot())
    in_turn(plain, back, (4, 5, 5, 5))
    assert back.engine.way == "graph"
    assert not capture.CUDA.broken


def test_a_step_that_is_taken_back_costs_no_graph(monkeypatch):
    backend = Recorded()
    monkeypatch.setattr(capture, "CUDA", backend)
    plain, fast = both("cpu", **merged(case("sgd", "sticky l1"), EVEN))
    in_turn(plain, fast, WALK)
    for _ in range(3):
        for run in (plain, fast):
            with run.rehearsal():
                pass
        captured = list(backend.captured)
        in_turn(plain, fast, (1,))
        assert fast.engine.way == "graph"
        assert backend.captured == captured


class Wrong(Recorded):
    """Replays once as it should, then something else."""

    def __init__(self, good: int) -> None:
        super().__init__()
        self._good = good

    def capture(self, work):
        replay = super().capture(work)

        def astray() -> None:
            if self.replays < self._good:
                replay()
            else:
                self.replays += 1

        return astray


class Breaks(Recorded):
    """Fails in the middle of a capture, with weights moved."""

    def capture(self, work):
        work()
        raise RuntimeError("operation not permitted when stream is capturing")


@pytest.mark.parametrize("backend", [Wrong(0), Wrong(TRIALS - 1), Breaks()])
def test_what_is_wrong_is_thrown_away_and_training_goes_on(monkeypatch, caplog, backend):
    monkeypatch.setattr(capture, "CUDA", backend)
    plain, fast = both("cpu", **case("adam", "none"))
    with caplog.at_level(logging.WARNING):
        in_turn(plain, fast, WALK)
    assert len(caplog.records) == 1, "it is said once"
    assert backend.broken and backend.broken in caplog.text
    assert fast.engine.way == "dense"
    replays = backend.replays
    other = run_of(small(), device="cpu")
    other.advance(20)
    assert other.engine.way == "dense" and backend.replays == replays, "not in this process"


def test_where_others_have_no_graph_a_run_can_do_without(place):
    """As lanes of a race do, that are to compute in one way."""
    plain, fast = both(place, **merged(case("sgd", "none"), EVEN))
    in_turn(plain, fast, (5, 4))
    assert fast.engine.kernel_ready and fast.engine.way == "graph"
    fast.engine.use_kernel(False)
    in_turn(plain, fast, (3,))
    assert fast.engine.way == "dense"
    fast.engine.use_kernel(True)
    in_turn(plain, fast, (1, 4))
    assert fast.engine.way == "graph"
    without = run_of(small(optimizer={"name": "nadam"}), device=place)
    assert not without.engine.kernel_ready


def test_the_operator_may_want_none(monkeypatch):
    monkeypatch.setattr(capture, "CUDA", Recorded())
    monkeypatch.setenv("PLAYGROUND_GRAPHS", "off")
    plain, fast = both("cpu", **case("sgd", "none"))
    for run in (plain, fast):
        run.advance(20)
    assert states_equal(plain, fast)
    assert fast.engine.way == "dense"


def test_a_member_that_diverges_stops_alone(place):
    settings = merged(case("sgd", "none"), {"loss": "half_squared", "name": "circle"})
    settings["layers"] = [{"kind": "dense", "units": 4, "activation": "linear"}]
    experiments = starts(small(**settings), 3)
    experiments[1] = experiments[1].with_changes({"optimizer": {"learning_rate": 90.0}})
    population = Population(experiments, device=place)
    runs = [Run(one, device=place, engine="dense") for one in experiments]
    for _ in range(30):
        population.advance(5)
        population.measure()
        for run in (runs[0], runs[2]):
            run.advance(5)
    assert population.alive.tolist() == [True, False, True]
    for index in (0, 2):
        wanted = runs[index].engine.flat()
        torch.testing.assert_close(population.flat()[index], wanted, rtol=0, atol=1e-9)
    assert population.engine_name == "graph"


def test_this_machine_says_what_it_has():
    """CUDA graphs serve a CUDA device alone."""
    assert not CudaGraphs().can(torch.device("cpu"))
    assert CudaGraphs().can(torch.device("cuda"))
