"""Every block on every shape it may be given: shapes, counts, costs, first weights, code."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from playground.core.initializers import INITIALIZERS
from playground.core.layers import LAYERS, Layer
from playground.core.layers.base import EVERY_KIND, units_of
from playground.core.outputs.writing import looks_ahead
from playground.core.settings import is_live
from playground.core.shapes import Sequence, Shape, ShapeError, Tokens, size_of, source_of
from tests.core.blocks_by_hand import NAMES
from tests.strategies import settings_of

SHAPES: dict[str, Shape] = {
    "one number": (1,),
    "row": (8,),
    "picture": (4, 9, 7),
    "small picture": (1, 3, 3),
    "sequence": Sequence(6, 8),
    "one place": Sequence(1, 4),
    "two parts": Sequence(7, 8, source=4),
    "two places": Sequence(2, 6),
    "tokens": Tokens(6, (11,)),
    "tokens in two parts": Tokens(7, (11,), source=4),
    "users and items": Tokens(2, (5, 9)),
}


def values_of(shape: Shape, count: int = 3) -> Tensor:
    """Points of a shape, in float64; tokens within their vocabularies."""
    generator = torch.Generator().manual_seed(2)
    if isinstance(shape, Tokens):
        sizes = shape.vocabularies * (shape[0] if len(shape.vocabularies) == 1 else 1)
        columns = [torch.randint(size, (count,), generator=generator) for size in sizes]
        return torch.stack(columns, 1)
    return torch.randn(count, *shape, generator=generator, dtype=torch.float64)


def made(layer: Layer, shape: Shape, rule: str = "pytorch", seed: int = 1) -> nn.Sequential:
    """A block's modules with first weights, its linear map's too."""
    generator = torch.Generator().manual_seed(seed)
    modules = nn.Sequential(*layer.build(shape, generator)).double()
    linear = layer.linear_shape(shape)
    with torch.no_grad():
        if linear is not None:
            first = next(part for part in modules.modules() if isinstance(part, nn.Linear))
            INITIALIZERS[rule].fill(first.weight, first.bias, generator)
        layer.begin(modules, INITIALIZERS[rule], generator)
    return modules


def fitting(kind: str) -> list[Shape]:
    """The shapes above that a block takes with its default settings."""
    found = []
    for shape in SHAPES.values():
        try:
            LAYERS[kind]().output_shape(shape)
        except ShapeError:
            continue
        found.append(shape)
    return found


PAIRS = [
    pytest.param(kind, shape, id=f"{kind} of {name}")
    for kind in LAYERS
    for name, shape in SHAPES.items()
    if shape in fitting(kind)
]
_BENDS = st.sampled_from(["relu", "tanh", "prelu", "linear"])
FAST = {"activation": _BENDS, "second": _BENDS}


def any_layer(kind: str) -> st.SearchStrategy[Layer]:
    """One block of a kind, small, with any settings."""
    fields = LAYERS[kind].model_fields
    small = {name: st.integers(1, 12) for name in ("units", "channels", "width") if name in fields}
    small |= {name: st.integers(1, 4) for name in ("groups", "heads") if name in fields}
    small |= {name: FAST[name] for name in FAST if name in fields}
    return settings_of(LAYERS[kind], **small)


@pytest.mark.parametrize("kind", list(LAYERS))
def test_every_block_fits_somewhere_and_says_what_is_wrong_elsewhere(kind):
    assert fitting(kind)
    for shape in SHAPES.values():
        if shape in fitting(kind):
            continue
        with pytest.raises(ShapeError) as caught:
            LAYERS[kind]().output_shape(shape)
        for language in ("en", "zh"):
            assert caught.value.sentence(language)
        for mend in caught.value.mends:
            assert mend in LAYERS


@pytest.mark.parametrize("kind", [kind for kind in LAYERS if "sequences" in LAYERS[kind].kinds])
@settings(max_examples=15)
@given(data=st.data())
def test_a_block_whose_places_see_later_ones_says_so_and_how_it_would_not(kind, data):
    """Of as many places as came in; held against what changes when later places do."""
    layer = data.draw(any_layer(kind))
    for shape, after in shapes_of(layer):
        if len(shape) != 2 or len(after) != 2 or after[0] != shape[0] or source_of(shape):
            continue
        for block in (layer, layer.model_copy(update=layer.ahead(shape) or {})):
            module = made(block, shape).eval()
            with torch.no_grad():
                seen = shape[0] > 1 and looks_ahead(module, values_of(shape, 4))
            assert not seen or block.ahead(shape) is not None
            # What comes may be cut by an activation: then nothing of it is seen.
            bend = getattr(block, "bend", None) or getattr(block, "activation", "linear")
            if bend in ("linear", "tanh", "prelu"):
                assert seen or shape[0] == 1 or block.ahead(shape) is None
        assert block.ahead(shape) is None, "its own settings mend it"


def test_a_stride_may_be_ahead_of_its_place():
    layer, shape = (
        LAYERS["conv1d"].model_validate({"kernel": 1, "stride": 2, "padding": "3"}),
        (6, 8),
    )
    assert layer.output_shape(shape)[0] == shape[0]
    assert looks_ahead(made(layer, shape).eval(), values_of(shape, 4))
    assert layer.ahead(shape) == {"padding": "causal", "stride": 1}


def shapes_of(layer: Layer) -> list[tuple[Shape, Shape]]:
    """What a block takes, and what it makes of it."""
    found = []
    for shape in SHAPES.values():
        try:
            found.append((shape, layer.output_shape(shape)))
        except ShapeError as error:
            assert error.sentence()
    return found


@pytest.mark.parametrize("kind", list(LAYERS))
@settings(max_examples=15)
@given(data=st.data())
def test_shapes_and_counts_are_those_of_the_modules(kind, data):
    layer = data.draw(any_layer(kind))
    for shape, expected in shapes_of(layer):
        modules = made(layer, shape)
        found = modules(values_of(shape))
        assert tuple(found.shape[1:]) == expected
        assert found.dtype == torch.float64
        if len(expected) == 2:
            assert source_of(expected) == source_of(shape)
        # The bias of a linear map that is switched off is there, and held at 0
        linear = layer.linear_shape(shape)
        off = linear[0] if linear is not None and not getattr(layer, "bias", True) else 0
        learned = sum(part.numel() for part in modules.parameters())
        assert layer.parameter_count(shape) == learned - off
        if linear is None:
            assert len(layer.sources(shape)) == units_of(expected)


@pytest.mark.parametrize("kind", list(LAYERS))
@settings(max_examples=8)
@given(data=st.data())
def test_costs_are_those_that_torch_counts(kind, data):
    layer = data.draw(any_layer(kind))
    for shape, expected in shapes_of(layer):
        modules = made(layer, shape).eval()
        counter = FlopCounterMode(display=False)
        values = values_of(shape, 1)
        with counter:
            modules(values)  # with gradients: step by step, no fused kernel
        found = counter.get_total_flops()
        if found:
            assert layer.flops(shape) == found
        else:  # sums, means and products of single numbers
            assert 0 <= layer.flops(shape) <= 50 * max(size_of(shape), size_of(expected))


@pytest.mark.parametrize(("kind", "shape"), PAIRS)
def test_first_values_come_from_the_generator_alone(kind, shape):
    state = torch.get_rng_state()
    layer = LAYERS[kind]()
    first, again, other = (
        dict(made(layer, shape, seed=seed).named_parameters()) for seed in (1, 1, 2)
    )
    for name, part in first.items():
        assert torch.isfinite(part).all()
        assert torch.equal(part, again[name])
    drawn = [name for name, part in first.items() if not torch.equal(part, other[name])]
    given = {name for name, part in first.items() if (part == part.flatten()[0]).all()}
    assert {*drawn, *given} == set(first)
    weights = [name for name, part in first.items() if part.ndim > 1 and part.numel() > 1]
    assert set(weights) <= set(drawn)
    if torch.get_rng_state().equal(state) is False:
        assert layer.linear_shape(shape) is not None  # an nn.Linear's own start


@pytest.mark.parametrize("kind", list(LAYERS))
@pytest.mark.parametrize("rule", [name for name in INITIALIZERS if name != "zeros"])
def test_every_rule_fills_every_map(kind, rule):
    shape = fitting(kind)[-1]
    modules = made(LAYERS[kind](), shape, rule)
    for name, part in modules.named_parameters():
        if part.ndim > 1 and rule == "xavier" and "table" not in name:
            rows = part.flatten(1)
            assert rows.abs().max().item() <= math.sqrt(6 / (1 + rows.shape[1])) + 1e-12
        if part.ndim > 1:
            assert part.abs().max() > 0, name


@pytest.mark.parametrize("kind", list(LAYERS))
@settings(max_examples=8)
@given(data=st.data())
def test_the_line_of_code_makes_the_same_block(kind, data):
    layer = data.draw(any_layer(kind))
    for shape, expected in shapes_of(layer):
        modules = made(layer, shape).eval()
        written = eval(f"nn.Sequential({layer.code(shape)})", dict(NAMES)).double().eval()
        ours = [part for part in modules.parameters() if not unused(layer, modules, part)]
        theirs = list(written.parameters())
        if kind == "branches":
            ours, theirs = arms(modules, written)
        assert [part.shape for part in ours] == [part.shape for part in theirs]
        with torch.no_grad():
            for mine, other in zip(ours, theirs, strict=True):
                other.copy_(mine)
            values = values_of(shape)
            found = modules(values)
            assert tuple(found.shape[1:]) == expected
            torch.testing.assert_close(written(values), found)


def arms(modules: nn.Sequential, written: nn.Sequential) -> tuple[list[Tensor], list[Tensor]]:
    """The parameters of a fork, which has one map for both arms, beside those of two arms."""
    fork: Any = modules[0]
    arms_: Any = written[0]
    ours: list[Tensor] = [*fork.linear.weight.chunk(2)]
    theirs: list[Tensor] = [arm[0].weight for arm in arms_.arms]
    if arms_.arms[0][0].bias is not None:
        ours += fork.linear.bias.chunk(2)
        theirs += [arm[0].bias for arm in arms_.arms]
    for bend, arm in zip((fork.first, fork.second), arms_.arms, strict=True):
        ours += bend.parameters()
        theirs += arm[1].parameters()
    return ours, theirs


def unused(layer: Layer, modules: nn.Sequential, part: nn.Parameter) -> bool:
    """Whether it is the bias of a linear map that is switched off."""
    biases = [one.bias for one in modules.modules() if isinstance(one, nn.Linear)]
    off = not getattr(layer, "bias", True)
    if off and any(part is bias for bias in biases):
        with torch.no_grad():
            part.zero_()
        return True
    return False


@pytest.mark.parametrize(("kind", "shape"), PAIRS)
def test_a_point_alone_gives_what_it_gives_among_others(kind, shape):
    modules = made(LAYERS[kind](), shape).eval()
    values = values_of(shape, 4)
    whole = modules(values)
    for index in range(4):
        torch.testing.assert_close(modules(values[index : index + 1])[0], whole[index])


@pytest.mark.parametrize("kind", list(LAYERS))
def test_live_settings_reach_the_modules(kind):
    """A live setting that needs no other engine is one that `configure` hands over."""
    kinds = LAYERS[kind].model_fields
    shape = fitting(kind)[0]
    for name, field in kinds.items():
        extra: Any = field.json_schema_extra
        if not is_live(field) or extra.get("rebuilds") or name in ("l1", "l2", "frozen"):
            continue
        value = not field.default if isinstance(field.default, bool) else field.default / 2 + 0.07
        generator = torch.Generator().manual_seed(1)
        modules = nn.Sequential(*LAYERS[kind]().build(shape, generator))
        changed = LAYERS[kind].model_validate({name: value})
        changed.configure(modules)
        direct = nn.Sequential(*changed.build(shape, generator))
        assert numbers(modules) == numbers(direct)
        before = nn.Sequential(*LAYERS[kind]().build(shape, generator))
        assert numbers(before) != numbers(modules), name


def numbers(modules: nn.Sequential) -> list[Any]:
    return [
        {k: v for k, v in vars(part).items() if isinstance(v, bool | int | float)}
        for part in modules.modules()
    ]


@pytest.mark.parametrize("kind", list(LAYERS))
@settings(max_examples=8)
@given(data=st.data())
def test_links_lead_from_every_unit_to_every_unit(kind, data):
    layer = data.draw(any_layer(kind))
    for shape, expected in shapes_of(layer):
        modules = made(layer, shape)
        found = layer.links({name: part.detach() for name, part in modules.named_parameters()})
        if found is not None:
            assert tuple(found.shape) == (units_of(expected), units_of(shape))
            assert torch.isfinite(found).all()


def test_links_of_attention_are_what_arrives_of_a_place():
    """Where a single place looks at itself alone: without biases the links are the whole map."""
    layer = LAYERS["attention"].model_validate({"residual": False, "heads": 2})
    modules = made(layer, Sequence(1, 4))
    with torch.no_grad():
        for name, part in modules.named_parameters():
            part.mul_(0 if "bias" in name else 1)
    links = layer.links(dict(modules.named_parameters()))
    assert links is not None
    values = values_of(Sequence(1, 4))
    torch.testing.assert_close(modules(values), values @ links.t())


def test_every_kind_of_data_has_blocks_and_every_block_a_family():
    for kind in EVERY_KIND:
        assert [layer for layer in LAYERS.values() if kind in layer.kinds]
    for layer in LAYERS.values():
        assert set(layer.kinds) <= set(EVERY_KIND)
        assert layer.icon.startswith(":material/")
        assert set(layer.main) <= set(layer.model_fields)


def test_suggested_settings_are_valid_and_fit():
    for kind, layer in LAYERS.items():
        for shape in fitting(kind):
            for steps in (0, shape[0]):
                settings_ = layer().suggested(shape, steps)
                found = layer.model_validate(settings_).output_shape(shape)
                if steps and len(shape) == 2 and kind in ("rnn", "lstm", "gru"):
                    assert len(found) == 2
