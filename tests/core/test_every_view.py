"""Every view on every kind of data: whatever offers itself paints a frame of finite numbers."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest

from playground.core.analysis.registry import VIEWS, views_for
from playground.core.analysis.study import Study
from playground.core.data import schema_of
from playground.core.observe import Observer
from playground.core.run import Run
from playground.live.frames import decode, encode
from tests.core.helpers import merged, run_of, small
from tests.core.viewing import frame

EMBEDDING = {"kind": "embedding", "width": 6}
HEADS = {"heads": 2}
TURNS = 400
EXPERIMENTS: dict[str, tuple[str, list[dict[str, Any]], dict[str, Any]]] = {
    "two classes": ("circle", [{"kind": "dense", "units": 3}], {}),
    "three classes": ("blobs", [{"kind": "dense", "units": 3}], {}),
    "values": ("sine", [{"kind": "dense", "units": 3}], {}),
    "dense on pictures": ("digits", [{"kind": "flatten"}, {"kind": "dense", "units": 5}], {}),
    "cnn": (
        "digits",
        [
            {"kind": "conv2d", "channels": 3},
            {"kind": "batch_norm"},
            {"kind": "pool2d"},
            {"kind": "flatten"},
        ],
        {},
    ),
    "autoencoder": ("digits_code", [{"kind": "flatten"}, {"kind": "bottleneck"}], {}),
    "rnn on names": ("surnames", [EMBEDDING, {"kind": "rnn", "units": 4}], {}),
    "both ways": ("surnames", [EMBEDDING, {"kind": "gru", "units": 3, "bidirectional": True}], {}),
    "lstm on text": ("text", [EMBEDDING, {"kind": "lstm", "units": 4, "states": "all"}], {}),
    "transformer on text": (
        "text",
        [EMBEDDING, {"kind": "positions"}, {"kind": "transformer", "causal": True, **HEADS}],
        {},
    ),
    "decoder": (
        "translation",
        [EMBEDDING, {"kind": "positions"}, {"kind": "transformer", **HEADS},
         {"kind": "decoder", **HEADS}],
        {},
    ),
    "writing lstm": ("translation", [EMBEDDING, {"kind": "lstm", "units": 4, "states": "all"}], {}),
    "forecast": ("waves", [{"kind": "gru", "units": 4, "states": "all"}], {}),
    "convolution over time": ("waves", [{"kind": "conv1d", "channels": 4}], {}),
    "adding": ("adding", [{"kind": "rnn", "units": 4}], {}),
    "factors": ("ratings", [EMBEDDING, {"kind": "dot"}], {}),
    "neural ratings": (
        "ratings",
        [EMBEDDING, {"kind": "flatten"}, {"kind": "dense", "units": 3}],
        {},
    ),
}  # fmt: skip


@cache
def run_for(name: str) -> Run:
    data, layers, more = EXPERIMENTS[name]
    short = {"samples": 40, "sequences": {"length": 8}}
    changes: dict[str, Any] = {"layers": layers, "training": {"batch_size": 16}}
    if data in ("text", "translation", "waves", "adding"):
        changes["data"] = short
    run = run_of(small(data, **merged(changes, more)))
    run.advance(3)
    return run


def assert_finite(value: object, where: str) -> None:
    if isinstance(value, float):
        assert np.isfinite(value), where
    elif isinstance(value, dict):
        for key, one in value.items():
            assert_finite(one, f"{where}.{key}")
    elif isinstance(value, list | tuple):
        for number, one in enumerate(value):
            assert_finite(one, f"{where}[{number}]")


def assert_painted(run: Run, view: str, options: dict[str, Any]) -> dict[str, Any]:
    header, arrays = frame(run, analysis=view, options={view: options})
    assert header["views"] == [view]
    assert_finite(header, "header")
    for name, array in arrays.items():
        assert np.isfinite(array).all(), name
    told, _ = decode(encode(header, arrays))
    return told


# What else they are asked for, since their result is long in coming.
BRIEF = {"whatif": {"epochs": 1, "lucks": 2}, "influence": {"epochs": 1, "points": 3}}
LONG = ("whatif",)  # the same code for every kind of data
CASES = [
    pytest.param(name, view, marks=pytest.mark.slow if view in LONG else ())
    for name, (data, *_) in EXPERIMENTS.items()
    for view in VIEWS
    if view in views_for(schema_of(small(data).data).kind)
]


@pytest.mark.parametrize(("name", "view"), CASES)
def test_a_view_paints_a_frame_of_finite_numbers(name, view):
    run = run_for(name)
    assert view in VIEWS
    assert_painted(run, view, {})
    assert isinstance(run.observer, Observer)
    shown = run.observer._view_of(view)
    if isinstance(shown, Study):
        finish(run, view)


def finish(run: Run, view: str) -> None:
    """Asks a study and waits for its result."""
    observer = run.observer
    assert isinstance(observer, Observer)
    options = {"round": 1, "have": 0, **BRIEF.get(view, {})}
    told = assert_painted(run, view, options)
    for _ in range(TURNS):
        if not observer.studying:
            break
        observer.study(0.05)
    told = assert_painted(run, view, options)
    study = told["studies"][view]
    assert study["problem"] is None or study["problem"]["code"] != "failed", study


def test_a_view_that_is_not_for_a_kind_of_data_is_not_opened():
    for name in ("cnn", "rnn on names", "factors"):
        run = run_for(name)
        others = [view for view in VIEWS if view not in views_for(run.schema.kind)]
        header, _ = frame(run, analysis=others)
        assert header["views"] == []
