"""The workshop on the real core: what a worker keeps, and what it lets go."""

import weakref

import numpy as np
import pytest

from playground.core.errors import PlaygroundError
from playground.core.experiment import Experiment
from playground.core.plans.seeds import Seeds
from playground.core.run import Run
from playground.live.handle import Saved
from playground.live.service import LiveService
from playground.live.workshop import CoreWorkshop

EVERYTHING = {"map": True, "neurons": True, "analysis": "pca", "block": 1, "focus": [1, 0]}


@pytest.fixture(scope="module")
def workshop() -> CoreWorkshop:
    return CoreWorkshop()


def test_a_run_that_is_dropped_is_freed(workshop: CoreWorkshop):
    run = workshop.build(Experiment().to_json(), None, None)
    run.advance(3)
    workshop.observe(run, EVERYTHING, (-1, 0), True)
    gone = weakref.ref(run)
    del run
    workshop.tidy()
    assert gone() is None


def test_a_snapshot_goes_on_exactly(workshop: CoreWorkshop):
    text = Experiment().to_json()
    run = workshop.build(text, None, None)
    run.advance(40)
    again = workshop.build(text, None, run.snapshot())
    run.advance(60)
    again.advance(60)
    seen = [workshop.observe(one, EVERYTHING, (-1, 0), True)[1] for one in (run, again)]
    for name in ("links", "map", "neurons"):
        np.testing.assert_array_equal(seen[0][name], seen[1][name])


def test_a_table_is_named_by_its_hash(workshop: CoreWorkshop):
    upload = {"filename": "mine.csv", "sha256": "0" * 64}
    text = Experiment().with_changes({"data": {"name": "csv", "upload": upload}}).to_json()
    with pytest.raises(PlaygroundError):
        workshop.build(text, "0" * 64, None)


@pytest.mark.parametrize("want", [{}, {"block": 99, "focus": [99, 99], "analysis": "pca"}])
def test_a_viewer_may_want_what_is_not_there(workshop: CoreWorkshop, want):
    run = workshop.build(Experiment().to_json(), None, None)
    header, _ = workshop.observe(run, want, (7, 10**9), True)
    assert header["history"]["start"] == 0
    assert header["focus"] is None


def test_a_plan_is_built_observed_and_freed(workshop: CoreWorkshop):
    run = workshop.build(Seeds(count=3).model_dump_json(), None, None)
    run.advance(3)
    header, arrays = workshop.observe(run, {**EVERYTHING, "options": {"plan": {}}}, (-1, 0), True)
    assert (header["scene"]["count"], len(arrays["test_loss"])) == (3, 3)
    assert not workshop.studying(run)
    workshop.study(run, 0.01)
    gone = weakref.ref(run)
    del run
    workshop.tidy()
    assert gone() is None


def test_memory_of_many_networks_is_asked_for_before_they_are_made(monkeypatch):
    workshop = CoreWorkshop()
    workshop._limit = 2 * Seeds(count=1).needs(None)
    workshop.build(Seeds(count=1).model_dump_json(), None, None)
    monkeypatch.setattr(Seeds, "build", lambda *_: pytest.fail("made all the same"))
    with pytest.raises(PlaygroundError) as refused:
        workshop.build(Seeds(count=256).model_dump_json(), None, None)
    assert refused.value.code == "networks_too_much_memory"


def test_a_network_of_many_is_handed_over_as_it_stands(in_thread: LiveService):
    plan = Seeds(count=3)
    many = in_thread.acquire("one", plan, page="seeds")
    many.command({"type": "epoch"})
    assert many.wait(lambda status: status.state == "paused" and status.epoch == 1, 20)
    header, arrays = in_thread.request("part", {"place": 2}, of=many)
    experiment = Experiment.from_json(header["experiment"])
    assert experiment.training.start == 2
    assert (header["epoch"], header["step"]) == (1, 25)
    alone = Run(experiment)
    alone.advance(25)
    copy = Run(experiment, snapshot=arrays["snapshot"].tobytes())
    np.testing.assert_allclose(copy.engine.flat(), alone.engine.flat(), rtol=1e-4, atol=1e-6)
    own = in_thread.acquire("one", Experiment())
    own.go_on(experiment, None, Saved(arrays["snapshot"].tobytes(), 1, 25))
    assert own.wait(lambda status: status.state == "paused" and status.step == 25, 20)
    assert own.experiment == experiment
    with pytest.raises(PlaygroundError):
        in_thread.request("part", {"place": 3}, of=many)
    with pytest.raises(PlaygroundError):
        in_thread.request("part", {"place": 0}, of=own)
    for run in (many, own):
        in_thread.drop(run)
