"""What every block costs, as the study says it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from playground.core.observe import Observer
from playground.core.run import Run
from tests.core.helpers import run_of, small
from tests.core.test_memory import cnn
from tests.core.viewing import frame


def studied(run: Run) -> dict[str, Any]:
    want = {"analysis": ["costs"], "options": {"costs": {"round": 1}}}
    frame(run, **want)
    assert isinstance(run.observer, Observer)
    while run.observer.studying:
        run.observer.study(0.01)
    told = frame(run, **want)[0]["studies"]["costs"]
    assert told["state"] == "done", told
    json.dumps(told, allow_nan=False)
    return told["result"]


def test_every_block_has_its_costs():
    run = Run(cnn())
    before = run.engine.flat().clone()
    found = studied(run)
    rows = found["rows"]
    assert [row["block"] for row in rows] == [1, 2, 3, 4, 5]
    assert [row["parameters"] for row in rows] == [16 * 9 + 16, 0, 0, 256 * 32 + 32, 32 * 10 + 10]
    # Two for every weight at every place; of pooling one for each value
    assert [row["flops"] for row in rows] == [
        2 * 9 * 16 * 64,
        16 * 64,
        0,
        2 * 256 * 32,
        2 * 32 * 10,
    ]
    assert all(row["forward"] > 0 and row["backward"] >= 0 for row in rows)
    assert rows[0]["backward"] > 0
    assert rows[0]["kept"] >= 4 * 400 * 16 * 64 > rows[3]["kept"] > 0
    assert found["needs"]["total"] == sum(v for k, v in found["needs"].items() if k != "total")
    assert (found["batch"], found["engine"]) == (400, "autograd")
    assert (run.engine.flat() == before).all(), "looking changes nothing"


def test_the_dense_engine_is_named():
    run = run_of(small(), engine="dense")
    found = studied(run)
    assert found["engine"] == "dense"
    assert found["batch"] == run.batches.size
    assert sum(row["parameters"] for row in found["rows"]) == sum(b.parameters for b in run.blocks)


@pytest.mark.parametrize("layers", [[], [{"kind": "dropout"}], [{"kind": "batch_norm"}]])
def test_blocks_without_weights_cost_little_and_break_nothing(layers):
    rows = studied(run_of(small(layers=layers)))["rows"]
    assert len(rows) == len(layers) + 1
