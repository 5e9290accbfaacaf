"""Whatever is offered for a stack that does not fit leads, click by click, to one that does."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from playground.core.data.registry import schema_of
from playground.core.experiment import Experiment
from playground.core.layers import LAYERS
from playground.core.mending import mends_of
from playground.core.network import describe
from playground.core.proposal import propose

SETS = ("digits", "parity", "surnames", "adding", "translation", "ratings", "waves")


def ways(experiment: Experiment) -> list[Any]:
    schema = schema_of(experiment.data)
    return mends_of(experiment, schema, describe(experiment, schema))


@pytest.mark.parametrize(
    ("name", "kinds", "expected"),
    [
        ("digits", ("conv2d", "dense"), [("insert", 1, "flatten"), ("insert", 1, "global_pool")]),
        ("digits", ("pool2d", "flatten", "conv2d"), [("move", 1, "flatten")]),
        # An answer is wanted at every place, so nothing may do away with places.
        ("parity", ("embedding", "gru", "maxout"), [("remove", 2, "maxout")]),
        ("parity", ("embedding", "pool1d"), [("remove", 1, "pool1d")]),
        ("surnames", ("gru", "global_pool"), [("insert", 0, "embedding")]),
        ("digits", ("flatten",), []),
    ],
)  # fmt: skip
def test_what_is_offered(name: str, kinds: tuple[str, ...], expected: list[Any]) -> None:
    layers = [{"kind": kind, **({"states": "all"} if kind == "gru" else {})} for kind in kinds]
    experiment = propose(name).with_changes({"layers": layers})
    assert [(one.how, one.index, one.kind) for one in ways(experiment)] == expected


@settings(max_examples=60)
@given(name=st.sampled_from(SETS), kinds=st.lists(st.sampled_from(list(LAYERS)), max_size=4))
def test_every_way_ends_in_a_network_that_fits(name: str, kinds: list[str]) -> None:
    start = propose(name)
    offered = [kind for kind in kinds if schema_of(start.data).kind in LAYERS[kind].kinds]
    experiment = start.with_changes({"layers": [{"kind": kind} for kind in offered]})
    for _ in range(4):
        found = ways(experiment)
        for one in found:
            assert one.layers != experiment.model_dump(mode="json")["layers"]
        if not found:
            break
        experiment = experiment.with_changes({"layers": found[0].layers})
        fits = all(b.problem is None for b in describe(experiment, schema_of(start.data)))
        assert fits or ways(experiment), "a dead end"
    else:
        raise AssertionError("a long chain of mends")
