"""The workshop on the real core: what a worker keeps, and what it lets go."""

import weakref

import numpy as np
import pytest

from playground.core.errors import PlaygroundError
from playground.core.experiment import Experiment
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
