"""Every block in a run: it learns, a snapshot goes on exactly, another engine takes it over."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from playground import words
from playground.core.analysis.weights import matrices
from playground.core.data import DATASETS
from playground.core.data.model import DataSet, Raw, Schema
from playground.core.experiment import Experiment
from playground.core.layers import LAYERS
from playground.core.replica import Replica
from playground.core.run import Run
from playground.core.shapes import Sequence, Tokens
from tests.core.helpers import states_equal
from tests.core.viewing import frame

COUNT, PLACES, WORDS = 40, 6, 5


def numbers(*shape: int) -> np.ndarray:
    return np.random.default_rng(4).integers(0, WORDS, shape)


def parted() -> Raw:
    """Three tokens to be written backwards: what is written begins with a sign of its own."""
    read = numbers(COUNT, 3)
    answer = read[:, ::-1]
    start = np.full((COUNT, 1), WORDS)
    nothing = np.full((COUNT, 3), -1)
    inputs = np.concatenate((read, start, answer[:, :2]), 1)
    return Raw(inputs, np.concatenate((nothing, answer), 1))


def rated() -> Raw:
    pairs = np.stack((numbers(COUNT), numbers(COUNT)), 1)
    return Raw(pairs, (pairs[:, 0] * pairs[:, 1]).astype(np.float64))


def pictures() -> Raw:
    labels = np.arange(COUNT) % 3
    found = np.random.default_rng(2).integers(0, 80, (COUNT, 2, 8, 8)).astype(np.uint8)
    found[np.arange(COUNT), :, labels * 2] += 150
    return Raw(found, labels)


def series() -> Raw:
    found = np.random.default_rng(3).normal(size=(COUNT, PLACES, 2)).astype(np.float32)
    return Raw(found, (found[:, 0, 0] * 2).astype(np.float64))


NAMES = tuple(str(number) for number in range(WORDS))


def entry(name: str, family: Any, schema: Schema, raw: Raw) -> DataSet:
    return DataSet(name, family, frozenset(), lambda _data, _own=None: schema, lambda *_: raw)


def whole(task: Any, kind: Any, shape: Any, **more: Any) -> Schema:
    names = more.pop("names", NAMES if task == "multiclass" else ())
    return Schema(task, (), names, COUNT, "answer", kind=kind, shape=shape, **more)


SETS = [
    entry(
        "t_pictures",
        "pictures",
        whole("multiclass", "pictures", (2, 8, 8), names=NAMES[:3]),
        pictures(),
    ),
    entry("t_series", "sequences", whole("regression", "sequences", Sequence(PLACES, 2)), series()),
    entry(
        "t_next",
        "sequences",
        whole("multiclass", "sequences", Tokens(PLACES, (WORDS,)), steps=PLACES, vocabulary=NAMES),
        Raw(numbers(COUNT, PLACES), np.roll(numbers(COUNT, PLACES), -1, 1)),
    ),
    entry(
        "t_parts",
        "sequences",
        whole("multiclass", "sequences", Tokens(6, (WORDS + 1,), source=3), steps=6),
        parted(),
    ),
    entry(
        "t_ratings", "ratings", whole("regression", "ratings", Tokens(2, (WORDS, WORDS))), rated()
    ),
]

EMBED = {"kind": "embedding", "width": 8, "spread": 0.5}
DENSE = {"kind": "dense", "units": 8, "activation": "relu"}
CONV = {"kind": "conv2d", "channels": 4}
FLAT = {"kind": "flatten"}


def one(kind: str, **settings: Any) -> dict[str, Any]:
    return {"kind": kind, **settings}


ALL = {"states": "all", "units": 12}
STACKS: dict[str, tuple[str, list[dict[str, Any]]]] = {
    "conv2d": ("t_pictures", [CONV, one("conv2d", groups=2, stride=2, kernel=2), FLAT]),
    "pool2d": ("t_pictures", [CONV, one("pool2d"), one("pool2d", how="average"), FLAT]),
    "residual_conv": ("t_pictures", [one("residual_conv", channels=4, stride=2), FLAT]),
    "global_pool": ("t_pictures", [CONV, CONV, one("global_pool", how="max")]),
    "group_norm": ("t_pictures", [CONV, one("group_norm"), FLAT]),
    "batch_norm": ("t_pictures", [CONV, one("batch_norm"), FLAT]),
    "layer_norm": ("t_pictures", [CONV, one("layer_norm"), FLAT]),
    "dropout": ("t_pictures", [CONV, one("dropout", whole=True), FLAT, DENSE]),
    "bottleneck": ("t_pictures", [FLAT, DENSE, one("bottleneck", units=3)]),
    "flatten": ("t_ratings", [EMBED, FLAT, DENSE]),
    "conv1d": ("t_series", [one("conv1d", dilation=2), one("global_pool")]),
    "pool1d": ("t_series", [one("conv1d"), one("pool1d"), FLAT]),
    "rnn": ("t_series", [one("rnn", units=8, bidirectional=True)]),
    "lstm": ("t_next", [EMBED, one("lstm", **ALL), one("dropout", rate=0.1)]),
    "gru": ("t_parts", [EMBED, one("gru", **ALL, bidirectional=True)]),
    "positions": ("t_next", [EMBED, one("positions", how="learned"), one("layer_norm"), DENSE]),
    "attention": ("t_next", [EMBED, one("positions"), one("attention", causal=True)]),
    "transformer": (
        "t_next",
        [EMBED, one("positions"), one("transformer", causal=True, dropout=0.1)],
    ),
    "cross_attention": (
        "t_parts",
        [EMBED, one("gru", **ALL), one("cross_attention"), one("conv1d")],
    ),
    "decoder": (
        "t_parts",
        [EMBED, one("positions"), one("transformer"), one("decoder", dropout=0.1)],
    ),
    "embedding": ("t_ratings", [EMBED, FLAT, DENSE]),
    "dot": ("t_ratings", [EMBED, one("dot")]),
}


@pytest.fixture(autouse=True)
def sets(monkeypatch: pytest.MonkeyPatch) -> None:
    for made in SETS:
        monkeypatch.setitem(DATASETS, made.name, made)


def experiment(kind: str, **changes: Any) -> Experiment:
    name, layers = STACKS[kind]
    task = DATASETS[name].schema(None, None).task  # type: ignore[arg-type]
    content = {
        "data": {"name": name, "train_percent": 75},
        "layers": layers,
        "loss": "mse" if task == "regression" else "cross_entropy",
        "optimizer": {"name": "adam", "learning_rate": 0.01},
        "training": {"batch_size": 10, "precision": "float64", "device": "cpu"},
    }
    return Experiment().with_changes(content).with_changes(changes)


KINDS = pytest.mark.parametrize("kind", list(STACKS))


def test_every_block_is_here():
    plain = {kind for kind, layer in LAYERS.items() if "points" in layer.kinds}
    assert set(STACKS) | plain == set(LAYERS)


@KINDS
def test_it_learns_and_all_of_it_moves(kind):
    run = Run(experiment(kind))
    assert all(block.problem is None for block in run.blocks)
    before = [part.clone() for part in run.engine.learned()]
    first = run.measure().train_loss
    run.advance(60)
    last = run.measure().train_loss
    assert first is not None
    assert last is not None
    assert last < 0.97 * first
    for part, old in zip(run.engine.learned(), before, strict=True):
        assert not torch.equal(part, old) or part.shape == old.shape == (1,)
    assert sum(part.numel() for part in run.engine.learned()) == sum(
        block.parameters for block in run.blocks
    )


@KINDS
@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_a_snapshot_goes_on_exactly(kind, precision):
    run = Run(experiment(kind, training={"precision": precision}))
    run.advance(5)
    copy = Run(run.experiment, snapshot=run.snapshot())
    assert states_equal(run, copy)
    for each in (run, copy):
        each.advance(5)
    assert states_equal(run, copy)
    assert run.measure() == copy.measure()


@KINDS
def test_another_engine_takes_it_over(kind):
    run = Run(experiment(kind))
    run.advance(5)
    learned = [part.clone() for part in run.engine.learned()]
    extras = {name: part.clone() for name, part in run.engine.extras().items()}
    run.update(run.experiment.with_changes({"optimizer": {"name": "rmsprop"}}))
    assert run.step == 5
    for part, old in zip(run.engine.learned(), learned, strict=True):
        assert torch.equal(part, old)
    for name, part in run.engine.extras().items():
        assert torch.equal(part, extras[name]), name
    run.advance(3)


@KINDS
def test_the_replica_is_the_same_network_and_differentiates_twice(kind):
    run = Run(experiment(kind))
    run.advance(5)
    replica = Replica(run)
    inputs, targets = replica.examples("train")
    with torch.inference_mode(False), torch.enable_grad():
        output = replica.output(inputs)
        loss = replica.loss(inputs, targets)
        slopes = torch.autograd.grad(loss, replica.parameters, create_graph=True)
        # The loss is smooth in the head's weights at least: its curvature along the slope
        length = sum((slope * slope.detach()).sum() for slope in slopes)
        assert isinstance(length, torch.Tensor)
        curved = torch.autograd.grad(length, replica.parameters, allow_unused=True)
    theirs = run.engine.output(run.engine.prepare(inputs)).movedim(-1, 0)
    torch.testing.assert_close(output.detach(), theirs, rtol=1e-9, atol=1e-9)
    assert all(torch.isfinite(part).all() for part in curved if part is not None)
    assert any(part.abs().max() > 0 for part in curved if part is not None)


@KINDS
def test_its_matrices_are_the_engines_own(kind):
    run = Run(experiment(kind))
    start = matrices(run)
    assert len({one.key for one in start}) == len(start)
    assert {one.block for one in start} == {
        place
        for place, block in enumerate(run.blocks)
        if block.parameters and block.kind not in ("positions", *NORMS)
    }
    for one in start:
        assert torch.equal(one.values, one.first)
        for language in words.LANGUAGES:
            assert not one.part or words.text(language, f"view.parts.{one.part}")
    engine = {part.data_ptr() for part in run.engine.learned()}
    run.advance(10)
    for one in matrices(run):
        assert not torch.equal(one.values, one.first)
        storage = one.values.untyped_storage().data_ptr()
        # A kernel with its channels last is laid out anew as a matrix.
        kernels = [part.flatten(1) for part in run.engine.learned() if part.ndim == 4]
        same = any(torch.equal(kernel, one.values) for kernel in kernels)
        assert same or storage in engine or one.values.data_ptr() in engine


NORMS = ("batch_norm", "layer_norm", "group_norm")


def test_spectra_of_a_residual_block_are_in_the_frame():
    run = Run(experiment("residual_conv"))
    header, arrays = frame(run, analysis=["singular", "eigen"])
    assert {one["key"] for one in header["spectra"]} == {
        "1_inner_1", "1_inner_2", "1_past", "3"
    }  # fmt: skip
    for one in header["spectra"]:
        assert len(arrays[f"sv_{one['key']}"]) == min(one["rows"], one["cols"])
        assert one["first"] == pytest.approx(one["now"], rel=1e-5)
