"""Attention and transformer blocks against torch's own, and what may see what."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, nn

from playground.core.modules.attention import (
    Attention,
    AttentionBlock,
    CrossBlock,
    attention_maps,
    earlier,
)
from playground.core.modules.transformer import DecoderBlock, TransformerBlock
from tests.core.modules.checking import assert_gradients, both_ways, copied, drawn, filled

WIDTH, HEADS, READ, WRITTEN = 6, 3, 4, 5


def parts(norm_first: bool = True, bend: str = "relu", rate: float = 0.0) -> dict[str, object]:
    generator = torch.Generator().manual_seed(1)
    return {
        "factor": 2,
        "bend": bend,
        "norm_first": norm_first,
        "rate": rate,
        "generator": generator,
    }


def every_block() -> list[tuple[str, nn.Module]]:
    block = {"causal": False, "residual": True, "source": 0}
    sides = {"residual": False, "source": READ}
    found: list[tuple[str, nn.Module]] = []
    for causal in (False, True):
        for source in (0, READ):
            name = f"causal {causal} source {source}"
            more = {**block, "causal": causal, "source": source}
            found.append((f"attention {name}", AttentionBlock(WIDTH, HEADS, **more)))  # type: ignore[arg-type]
            for first in (False, True):
                made = TransformerBlock(
                    WIDTH, HEADS, causal=causal, source=source, **parts(first, "gelu")
                )
                found.append((f"transformer {name} {first}", made))
    found.append(("cross", CrossBlock(WIDTH, HEADS, **sides)))  # type: ignore[arg-type]
    found += [
        (f"decoder {first}", DecoderBlock(WIDTH, HEADS, source=READ, **parts(first)))
        for first in (False, True)
    ]
    return [(name, filled(module)) for name, module in found]


BLOCKS = every_block()
NAMED = pytest.mark.parametrize("block", [b for _, b in BLOCKS], ids=[name for name, _ in BLOCKS])


def attention_names(ours: str, theirs: str) -> dict[str, str]:
    return {
        f"{ours}projections.weight": f"{theirs}in_proj_weight",
        f"{ours}projections.bias": f"{theirs}in_proj_bias",
        f"{ours}out.weight": f"{theirs}out_proj.weight",
        f"{ours}out.bias": f"{theirs}out_proj.bias",
    }


@pytest.mark.parametrize("causal", [False, True])
def test_attention_is_that_of_torch(causal):
    ours = filled(Attention(WIDTH, HEADS))
    theirs = nn.MultiheadAttention(WIDTH, HEADS, batch_first=True, dtype=torch.float64)
    copied(ours, theirs, attention_names("", ""))
    values = drawn(2, 7, WIDTH)
    mask = earlier(7, values.device) if causal else None
    hidden = None if mask is None else ~mask
    expected, maps = theirs(values, values, values, attn_mask=hidden, average_attn_weights=False)
    torch.testing.assert_close(both_ways(_Masked(ours, mask), values), expected)
    torch.testing.assert_close(ours.weights(values, values, mask), maps)
    other = drawn(2, 3, WIDTH, seed=8)
    crossed, _ = theirs(values, other, other)
    torch.testing.assert_close(ours(values, other), crossed)


class _Masked(nn.Module):
    def __init__(self, attention: Attention, mask: Tensor | None) -> None:
        super().__init__()
        self.attention, self.mask = attention, mask

    def forward(self, values: Tensor) -> Tensor:
        return self.attention(values, values, self.mask)


@pytest.mark.parametrize("norm_first", [False, True])
@pytest.mark.parametrize("bend", ["relu", "gelu"])
@pytest.mark.parametrize("causal", [False, True])
def test_a_transformer_block_is_an_encoder_layer_of_torch(norm_first, bend, causal):
    ours = filled(
        TransformerBlock(WIDTH, HEADS, causal=causal, source=0, **parts(norm_first, bend))
    )
    theirs = nn.TransformerEncoderLayer(
        WIDTH,
        HEADS,
        2 * WIDTH,
        dropout=0.0,
        activation=bend,
        batch_first=True,
        norm_first=norm_first,
        dtype=torch.float64,
    )
    names = attention_names("own.attention.", "self_attn.") | network_names()
    names |= {
        f"norms.{i}.{part}": f"norm{i + 1}.{part}" for i in range(2) for part in ("weight", "bias")
    }
    copied(ours, theirs, names)
    values = drawn(2, 5, WIDTH)
    hidden = ~earlier(5, values.device) if causal else None
    torch.testing.assert_close(both_ways(ours, values), theirs(values, src_mask=hidden))


def network_names() -> dict[str, str]:
    pairs = {"widen": "linear1", "narrow": "linear2"}
    return {
        f"feed.{ours}.{part}": f"{theirs}.{part}"
        for ours, theirs in pairs.items()
        for part in ("weight", "bias")
    }


@pytest.mark.parametrize("norm_first", [False, True])
def test_a_decoder_block_is_a_decoder_layer_of_torch(norm_first):
    ours = filled(DecoderBlock(WIDTH, HEADS, source=READ, **parts(norm_first)))
    theirs = nn.TransformerDecoderLayer(
        WIDTH,
        HEADS,
        2 * WIDTH,
        dropout=0.0,
        batch_first=True,
        norm_first=norm_first,
        dtype=torch.float64,
    )
    names = attention_names("own.", "self_attn.") | attention_names("cross.", "multihead_attn.")
    names |= network_names()
    names |= {
        f"norms.{i}.{part}": f"norm{i + 1}.{part}" for i in range(3) for part in ("weight", "bias")
    }
    copied(ours, theirs, names)
    read, written = drawn(2, READ, WIDTH), drawn(2, WRITTEN, WIDTH, seed=9)
    found = both_ways(ours, torch.cat((read, written), 1))
    assert torch.equal(found[:, :READ], read)
    hidden = ~earlier(WRITTEN, read.device)
    torch.testing.assert_close(found[:, READ:], theirs(written, read, tgt_mask=hidden))


def test_an_encoder_works_on_what_is_read_alone():
    whole = filled(TransformerBlock(WIDTH, HEADS, causal=False, source=READ, **parts()))
    alone = filled(TransformerBlock(WIDTH, HEADS, causal=False, source=0, **parts()))
    values = drawn(2, READ + WRITTEN, WIDTH)
    found = whole(values)
    torch.testing.assert_close(found[:, :READ], alone(values[:, :READ]))
    assert torch.equal(found[:, READ:], values[:, READ:])


@NAMED
def test_nothing_sees_what_it_must_not(block):
    """What is read never changes with what is written, and no place of what is written (of a causal
    block, no place) with a later one."""
    values = drawn(1, READ + WRITTEN, WIDTH)
    parted = getattr(block, "source", 0) or getattr(getattr(block, "own", None), "source", 0)
    causal = getattr(getattr(block, "own", None), "causal", False)
    before = block(values)
    for place in range(READ + WRITTEN):
        changed = values.clone()
        changed[:, place] += drawn(WIDTH, seed=21)
        moved = ((block(changed) - before).abs().amax((0, 2)) > 1e-9).tolist()
        assert moved[place]  # each sees at least itself
        if parted and place >= READ:
            assert not any(moved[:place])
        elif parted:
            assert all(moved[:READ]) or isinstance(block, CrossBlock | DecoderBlock)
        elif causal:
            assert not any(moved[:place])
            assert all(moved[place:])
        else:
            assert all(moved)


@NAMED
def test_maps_are_those_of_a_direct_computation(block):
    """Rebuilt place by place from the weights alone; and zero where nothing may be seen."""
    values = drawn(2, READ + WRITTEN, WIDTH)
    for found in attention_maps(nn.Sequential(nn.Identity(), block), values):
        attention = attention_of(block, found.name)
        asking, asked = what_it_sees(block, found.name, values)
        rows, columns = asking.shape[1], asked.shape[1]
        assert found.weights.shape == (2, HEADS, rows, columns)
        query, key = (attention.projections.weight.chunk(3)[i] for i in (0, 1))
        query_bias, key_bias = (attention.projections.bias.chunk(3)[i] for i in (0, 1))
        size = WIDTH // HEADS
        for head in range(HEADS):
            side = slice(head * size, (head + 1) * size)
            for row in range(rows):
                allowed = [c for c in range(columns) if visible(block, found.name, row, c)]
                asks = query[side] @ asking[1, row] + query_bias[side]
                scores = [
                    (asks @ (key[side] @ asked[1, c] + key_bias[side])).item() / math.sqrt(size)
                    for c in allowed
                ]
                total = sum(math.exp(score) for score in scores)
                expected = torch.zeros(columns, dtype=torch.float64)
                for place, score in zip(allowed, scores, strict=True):
                    expected[place] = math.exp(score) / total
                torch.testing.assert_close(found.weights[1, head, row], expected)


def attention_of(block: nn.Module, name: str) -> Attention:
    if name == "cross":
        return block.cross  # type: ignore[return-value]
    own = block.own
    return own if isinstance(own, Attention) else own.attention  # type: ignore[return-value]


def what_it_sees(block: nn.Module, name: str, values: Tensor) -> tuple[Tensor, Tensor]:
    """What asks and what is asked, caught on their way into the attention."""
    caught: list[tuple[Tensor, Tensor]] = []
    attention = attention_of(block, name)
    handle = attention.register_forward_pre_hook(lambda _, given: caught.append(given[:2]))
    block(values)
    handle.remove()
    return caught[0]


def visible(block: nn.Module, name: str, row: int, column: int) -> bool:
    if name == "cross":
        return True
    if isinstance(block, DecoderBlock):
        return column <= row
    own = block.own
    if not own.causal:  # type: ignore[union-attr]
        return True
    return column <= row or (row < own.source and column < own.source)  # type: ignore[operator,union-attr]


def test_the_maps_say_which_places_they_are_of():
    values = drawn(1, READ + WRITTEN, WIDTH)
    places = {
        name: [(one.name, one.asking, one.asked) for one in attention_maps(block, values)]
        for name, block in BLOCKS
    }
    assert places["cross"] == [("cross", READ, 0)]
    assert places["decoder True"] == [("self", READ, READ), ("cross", READ, 0)]
    assert places["transformer causal True source 0 True"] == [("self", 0, 0)]
    assert attention_maps(nn.Sequential(nn.Tanh()), values) == []


@NAMED
def test_gradients_are_those_of_differences(block):
    values = drawn(2, READ + WRITTEN, WIDTH)
    assert_gradients(block.train(), values)
    assert_gradients(block.eval(), values)


@NAMED
def test_it_can_be_differentiated_twice(block):
    values = drawn(1, READ + WRITTEN, WIDTH).requires_grad_()
    block.eval()
    (first,) = torch.autograd.grad(block(values).square().sum(), values, create_graph=True)
    (second,) = torch.autograd.grad(first.square().sum(), values)
    step = 1e-6 * drawn(*values.shape, seed=2)

    def length(at: Tensor) -> Tensor:
        at = at.detach().requires_grad_()
        (slope,) = torch.autograd.grad(block(at).square().sum(), at)
        return slope.square().sum()

    slope = (length(values + step) - length(values - step)) / 2
    torch.testing.assert_close((second * step).sum(), slope, rtol=1e-4, atol=1e-9)


def test_dropout_in_a_block_is_drawn_from_the_given_generator():
    state = torch.get_rng_state()
    values = drawn(2, 5, WIDTH)

    def out() -> Tensor:
        block = TransformerBlock(WIDTH, HEADS, causal=True, source=0, **parts(rate=0.5))
        return filled(block).train()(values)

    first = out()
    assert torch.equal(first, out())
    block = filled(TransformerBlock(WIDTH, HEADS, causal=True, source=0, **parts(rate=0.5)))
    assert not torch.allclose(block.train()(values), block.eval()(values))
    assert torch.equal(torch.get_rng_state(), state)
