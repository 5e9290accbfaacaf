"""Padding in front, behind or between is as if it were not there, to all that stands somewhere."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from playground.core.modules.attention import AttentionBlock, CrossBlock, attention_maps
from playground.core.modules.embedding import Tables
from playground.core.modules.padding import Padding
from playground.core.modules.transformer import DecoderBlock, TransformerBlock
from playground.core.proposal import propose
from playground.core.replica import Replica
from tests.core.helpers import run_of
from tests.core.modules.checking import drawn, filled

WIDTH, READ, WRITTEN = 6, 4, 5
REAL = torch.tensor(
    [
        [1, 1, 0, 0, 1, 1, 1, 0, 0],
        [1, 1, 1, 1, 1, 1, 1, 1, 1],
        [0, 0, 1, 1, 1, 1, 0, 0, 0],
    ],
    dtype=torch.bool,
)


def block_of(kind: str, source: int, causal: bool) -> nn.Module:
    generator = torch.Generator().manual_seed(1)
    parts = {"factor": 2, "bend": "gelu", "norm_first": True, "rate": 0.0, "generator": generator}
    if kind == "attention":
        made: nn.Module = AttentionBlock(WIDTH, 3, causal=causal, residual=True, source=source)
    elif kind == "transformer":
        made = TransformerBlock(WIDTH, 3, causal=causal, source=source, **parts)  # type: ignore[arg-type]
    elif kind == "cross":
        made = CrossBlock(WIDTH, 3, residual=True, source=source)
    else:
        made = DecoderBlock(WIDTH, 3, source=source, **parts)  # type: ignore[arg-type]
    return filled(made).eval()


def told(block: nn.Module, real: Tensor) -> nn.Module:
    padding = Padding(0)
    padding.note(real.long())
    for part in block.modules():
        if hasattr(part, "padded"):
            part.padded = padding  # type: ignore[assignment]
    return block


@pytest.mark.parametrize(
    ("kind", "source", "causal"),
    [(kind, source, causal) for kind in ("attention", "transformer") for source in (0, READ)
     for causal in (False, True)] + [("cross", READ, False), ("decoder", READ, True)],
)  # fmt: skip
def test_what_stands_somewhere_does_not_see_padding(kind: str, source: int, causal: bool) -> None:
    values = drawn(len(REAL), READ + WRITTEN, WIDTH)
    with torch.no_grad():
        found = told(block_of(kind, source, causal), REAL)(values)
    assert torch.isfinite(found).all(), "padding itself sees something"
    for one, whole, real in zip(values, found, REAL, strict=True):
        left = int(real[:source].sum())
        with torch.no_grad():
            expected = block_of(kind, left if source else 0, causal)(one[real][None])[0]
        torch.testing.assert_close(whole[real], expected)


def test_nobody_is_shown_to_look_at_padding() -> None:
    values = drawn(len(REAL), READ + WRITTEN, WIDTH)
    for looking in attention_maps(told(block_of("decoder", READ, True), REAL), values):
        asked = REAL[:, READ:] if looking.name == "self" else REAL[:, :READ]
        own = looking.weights * torch.eye(WRITTEN) if looking.name == "self" else 0
        beyond = (looking.weights - own) * ~asked[:, None, None, :]
        assert (beyond == 0).all()
        assert looking.mask is not None
        assert ((looking.weights > 0) == looking.mask).all()


def test_a_network_learns_of_padding_from_its_embedding() -> None:
    run = run_of(propose("translation").with_changes({"data": {"samples": 40}}))
    network = Replica(run)
    points = torch.from_numpy(run.data.inputs_train[:6])
    read = run.blocks[0].after.source  # type: ignore[attr-defined]
    spare = (points[:, :read] == 0).any()
    assert spare, "some are shorter than the longest"
    with torch.no_grad():
        before = network.output(points)
        # Another vector for padding changes what stands at its places, and nowhere else.
        table = next(part for part in network.modules.modules() if isinstance(part, Tables))
        table.tables[0][0] += 1.0
        after = network.output(points)
    real = points != 0
    torch.testing.assert_close(after[real], before[real])
    assert not torch.allclose(after[~real], before[~real])


def test_a_block_alone_takes_any_points_and_a_point_of_padding_alone_is_seen() -> None:
    block = told(block_of("attention", 0, False), REAL)
    plain = block_of("attention", 0, False)
    other = drawn(2, READ + WRITTEN, WIDTH)
    fewer = drawn(len(REAL), READ, WIDTH)
    with torch.no_grad():
        torch.testing.assert_close(block(other), plain(other))
        torch.testing.assert_close(block(fewer), plain(fewer), msg="places do not stand for tokens")
        nothing = told(plain, torch.zeros(2, READ + WRITTEN, dtype=torch.bool))(other)
    torch.testing.assert_close(nothing, block(other))
