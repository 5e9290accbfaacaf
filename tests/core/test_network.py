"""From an experiment to a network: shapes and counts against the real torch modules."""

from __future__ import annotations

import sys
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from playground import words
from playground.core.data import schema_of
from playground.core.data.model import Schema
from playground.core.engine import DenseEngine
from playground.core.errors import PlaygroundError
from playground.core.experiment import Experiment
from playground.core.layers import Dense, Dropout, Layer
from playground.core.losses import LOSSES
from playground.core.network import (
    MAX_PARAMETERS,
    build,
    checked,
    describe,
    first_parameters,
    head_reason,
    linear_blocks,
    output_units,
    parameter_count,
)
from tests.core.helpers import (
    HERE,
    POINT_SETS,
    independent_model,
    model_inputs,
    run_of,
    small,
    table_for,
)
from tests.strategies import layers

SETS = ["circle", "blobs", "reg-plane", "sine", "iris", "breast_cancer", "diabetes", "csv"]


def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def described(name: str, **changes: Any) -> tuple[Experiment, Schema]:
    experiment = small(name, **changes)
    return experiment, schema_of(experiment.data, table_for(name))


@settings(max_examples=60)
@given(stack=st.lists(layers("points"), max_size=6), name=st.sampled_from(SETS))
def test_shapes_and_counts_are_those_of_the_real_modules(stack: list[Layer], name: str):
    experiment, schema = described(name)
    experiment = experiment.model_copy(update={"layers": tuple(stack)})
    blocks = describe(experiment, schema)
    assert [block.kind for block in blocks] == [
        "input",
        *(type(layer).model_fields["kind"].default for layer in stack),
        "head",
    ]
    assert all(block.problem is None for block in blocks)
    sequences = build(experiment, blocks, generator())
    values = torch.zeros(3, *blocks[0].after)
    for block, sequence in zip(blocks[1:], sequences, strict=True):
        assert values.shape[1:] == block.before
        values = sequence.eval()(values)
        assert values.shape[1:] == block.after
        assert block.units == block.after[-1]
        # A bias that is switched off is there, and held at 0
        off = 0 if getattr(block.layer, "bias", True) else block.linear[0] if block.linear else 0
        assert block.parameters == sum(part.numel() for part in sequence.parameters()) - off
    linears = [part for part in sequences.modules() if isinstance(part, nn.Linear)]
    assert [block.linear for block in linear_blocks(blocks)] == [
        tuple(part.weight.shape) for part in linears
    ]


@pytest.mark.parametrize("name", HERE)
def test_the_head_is_what_the_task_needs(name):
    experiment, schema = described(name)
    head = checked(experiment, schema)[-1]
    assert head.kind == "head"
    assert head.units == output_units(schema)
    classes = len(schema.class_names)
    assert head.units == (classes if schema.task == "multiclass" else schema.outputs)
    for language in words.LANGUAGES:
        assert words.lookup(language, f"stack.{head_reason(schema)}")


@pytest.mark.parametrize("name", POINT_SETS)
def test_the_inputs_are_features_or_columns(name):
    experiment, schema = described(name)
    first = describe(experiment, schema)[0]
    run = run_of(experiment)
    assert first.after == (run.data.inputs_train.shape[1],)
    assert len(first.labels) == first.units
    assert first.labels == run.data.input_labels


def test_a_network_that_is_too_large_is_refused():
    wide = [{"kind": "dense", "units": 512}] * 9
    experiment, schema = described("circle", layers=wide)
    blocks = describe(experiment, schema)
    count = 3 * 512 + 8 * 513 * 512 + 513
    assert parameter_count(blocks) == count > MAX_PARAMETERS
    with pytest.raises(PlaygroundError) as caught:
        checked(experiment, schema)
    assert caught.value.code == "network_too_large"
    assert caught.value.params == {"parameters": count, "limit": MAX_PARAMETERS}
    assert str(count) in str(caught.value)
    just_fits, _ = described("circle", layers=wide[:8])
    assert parameter_count(checked(just_fits, schema)) <= MAX_PARAMETERS


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("circle", {"loss": "cross_entropy"}),
        ("iris", {"loss": "bce"}),
        ("sine", {"loss": "hinge"}),
        ("circle", {"loss": "bce", "output_activation": "tanh"}),
    ],
)
def test_a_loss_that_does_not_fit_is_refused(name, changes):
    experiment, schema = described(name, **changes)
    with pytest.raises(PlaygroundError) as caught:
        checked(experiment, schema)
    assert caught.value.code == "loss_does_not_fit"
    for language in words.LANGUAGES:
        assert caught.value.sentence(language)


def test_a_block_that_does_not_fit_carries_the_problem(monkeypatch):
    """No kind of today can fail on a plain vector, so one is made to."""

    def refuse(self: Dropout, shape: tuple[int, ...]) -> tuple[int, ...]:
        return Dense().output_shape((*shape, 1, 1))

    monkeypatch.setattr(Dropout, "output_shape", refuse)
    stack = [{"kind": "dense", "units": 3}, {"kind": "dropout"}, {"kind": "dense"}]
    experiment, schema = described("circle", layers=stack)
    blocks = describe(experiment, schema)
    assert [block.kind for block in blocks] == ["input", "dense", "dropout", "head"]
    problem = blocks[2].problem
    assert problem is not None
    assert problem.code == "shape_needs_row"
    assert "3×1×1" in problem.sentence()
    assert blocks[2].mends == ("flatten", "global_pool")
    assert blocks[-1].before == (3,)
    with pytest.raises(PlaygroundError) as caught:
        checked(experiment, schema)
    assert caught.value.notice() == problem


def test_features_that_the_data_lack_are_refused():
    experiment, schema = described("line", features=["y"])
    with pytest.raises(PlaygroundError) as caught:
        describe(experiment, schema)
    assert caught.value.code == "no_input_feature"


@pytest.mark.parametrize("name", SETS)
def test_built_modules_and_the_dense_engine_give_the_same_outputs(name):
    stack = [
        {"kind": "dense", "units": 6, "activation": "gelu"},
        {"kind": "dropout", "rate": 0.5},
        {"kind": "dense", "units": 5, "activation": "sigmoid"},
    ]
    run = run_of(small(name, layers=stack))
    assert isinstance(run.engine, DenseEngine)
    modules = build(run.experiment, run.blocks, generator()).double().eval()
    linears = [part for part in modules.modules() if isinstance(part, nn.Linear)]
    start = first_parameters(run.experiment, run.blocks, run.generators["weights"].manual_seed(1))
    assert [tuple(weight.shape) for weight, _ in start] == [
        block.linear for block in linear_blocks(run.blocks)
    ]
    with torch.no_grad():
        for linear, (weight, bias) in zip(linears, run.engine.parameters(), strict=True):
            linear.weight.copy_(weight)
            linear.bias.copy_(bias)
        values = model_inputs(run)
        for module, ours in zip(modules, run.engine.activations(run.points), strict=True):
            values = module(values)
            torch.testing.assert_close(ours, values.t(), rtol=0, atol=1e-12)
        torch.testing.assert_close(values, independent_model(run)(model_inputs(run)))


@pytest.mark.parametrize("rate", [0.0, 0.3, 0.9])
def test_dropout_keeps_the_mean(rate):
    (module,) = Dropout(rate=rate).build((50,), generator())
    values = torch.ones(400, 50)
    thinned = module.train()(values)
    torch.testing.assert_close(thinned, (thinned > 0) / (1 - rate))
    assert thinned.mean().item() == pytest.approx(1, abs=0.1)
    assert (thinned == 0).float().mean().item() == pytest.approx(rate, abs=0.02)
    assert torch.equal(module.eval()(values), values)


def test_describing_a_network_needs_no_torch():
    import subprocess

    script = (
        "import sys\n"
        "from playground.core.data import schema_of\n"
        "from playground.core.experiment import Experiment\n"
        "from playground.core.network import checked\n"
        "from playground.core.link import decode, encode\n"
        "from playground.core.proposal import choose_data\n"
        "experiment = choose_data('iris', decode(encode(Experiment()))[0])\n"
        "assert checked(experiment, schema_of(experiment.data))[-1].units == 3\n"
        "assert not {'torch', 'sklearn', 'pandas', 'streamlit'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)


def test_every_loss_fits_some_data_set():
    tasks = {schema_of(small(name).data, table_for(name)).task for name in HERE}
    assert all(loss.tasks & tasks for loss in LOSSES.values())
