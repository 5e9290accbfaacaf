"""From an experiment to a network: shapes and counts against the real torch modules."""

from __future__ import annotations

import sys
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from playground import words
from playground.core.data import DATASETS, schema_of
from playground.core.data.model import Schema
from playground.core.engine import DenseEngine
from playground.core.errors import PlaygroundError
from playground.core.experiment import Experiment
from playground.core.initializers import INITIALIZERS
from playground.core.layers import LAYERS, Dense, Dropout, Layer
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
from playground.core.shapes import Sequence, Shape, ShapeError, Tokens, size_of
from tests.core.helpers import (
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


class Residual(nn.Module):
    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.inner(x)


class Concatenate(nn.Module):
    def __init__(self, *arms: nn.Module) -> None:
        super().__init__()
        self.arms = nn.ModuleList(arms)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.cat([arm(x) for arm in self.arms], -1)


class GaussianNoise(nn.Module):
    def __init__(self, deviation: float) -> None:
        super().__init__()
        self.deviation = deviation

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.deviation * torch.randn_like(x)


class Sine(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.sin()


# What the lines of code name beside torch
BLOCKS = {kind.__name__: kind for kind in (Residual, Concatenate, GaussianNoise, Sine)}


SHAPES: tuple[Shape, ...] = (
    (1,),
    (7,),
    (4, 9, 7),
    Sequence(6, 4),
    Sequence(7, 4, source=4),
    Tokens(6, (11,)),
    Tokens(7, (11,), source=4),
    Tokens(2, (7, 5)),
)


def taken(kind: str) -> list[Shape]:
    """Those of the shapes that a kind of block takes as it is offered."""
    found = []
    for shape in SHAPES:
        try:
            LAYERS[kind]().output_shape(shape)
        except ShapeError as error:
            for language in words.LANGUAGES:
                assert error.sentence(language) != str((error.code, error.params))
            assert set(error.mends) <= {*LAYERS, "global_pool", "embedding"}
        else:
            found.append(shape)
    return found


def points_of(shape: Shape, count: int = 5) -> Tensor:
    """Some points of a shape; tokens below their vocabularies."""
    if isinstance(shape, Tokens):
        limits = torch.tensor(shape.vocabularies).expand(shape[0])
        return (torch.rand(count, shape[0], generator=generator()) * limits).long()
    return torch.linspace(-2, 2, count * size_of(shape)).view(count, *shape)


@pytest.mark.parametrize("kind", list(LAYERS))
def test_every_layer_kind_keeps_its_contract(kind):
    """Its rules for shapes and counts, its modules and its line of code tell the same."""
    layer = LAYERS[kind]()
    fitting = taken(kind)
    assert fitting
    for shape in fitting:
        modules = nn.Sequential(*layer.build(shape, generator()))
        points = points_of(shape)
        after = layer.output_shape(shape)
        assert modules(points).shape[1:] == after
        count = sum(part.numel() for part in modules.parameters())
        assert layer.parameter_count(shape) == count
        assert layer.flops(shape) >= 0
        written = eval(f"nn.Sequential({layer.code(shape)})", {"nn": nn, **BLOCKS})
        assert written(points).shape[1:] == after
        assert sum(part.numel() for part in written.parameters()) == count
        written.eval()
        modules.eval()
        if not list(modules.parameters()) and layer.drawn:
            torch.testing.assert_close(written(points), modules(points))
    assert layer.icon.startswith(":material/")
    assert set(layer.kinds) <= {"points", "pictures", "sequences", "ratings"}


@pytest.mark.parametrize("kind", list(LAYERS))
def test_first_values_come_from_the_generator_alone(kind):
    """Two draws of one seed are the same, whatever torch's own generator does between them."""
    layer = LAYERS[kind]()
    for shape in taken(kind):
        drawn = []
        for _ in range(2):
            torch.rand(3)
            modules = nn.Sequential(*layer.build(shape, generator())).double()
            with torch.no_grad():
                layer.begin(modules, INITIALIZERS["pytorch"], generator())
            drawn.append(modules.state_dict())
        if layer.linear_shape(shape) is None:
            for name, part in drawn[0].items():
                assert torch.isfinite(part).all()
                assert torch.equal(part, drawn[1][name]), name
                assert part.ndim < 2 or part.any(), f"{name} begins at zero"


@pytest.mark.parametrize("name", list(DATASETS))
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
    tasks = {schema_of(small(name).data, table_for(name)).task for name in DATASETS}
    assert all(loss.tasks & tasks for loss in LOSSES.values())
