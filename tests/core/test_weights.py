"""The matrices of torch modules: each does to its inputs what the module does."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn import functional

from playground import words
from playground.core.analysis.spectra import singular_spectrum
from playground.core.analysis.weights import block_matrices, module_matrices
from playground.core.layers import LAYERS
from playground.core.shapes import Sequence, Tokens

GENERATOR = torch.Generator().manual_seed(4)


def draw(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=GENERATOR, dtype=torch.float64)


def refill(module: nn.Module) -> nn.Module:
    module = module.double()
    with torch.no_grad():
        for part in module.parameters():
            part.copy_(draw(*part.shape))
    return module


def test_an_unfolded_kernel_maps_each_patch():
    layer = refill(nn.Conv2d(3, 5, 2, bias=False))
    ((part, matrix, again),) = module_matrices(layer)
    assert (part, tuple(matrix.shape), again) == ("", (5, 3 * 2 * 2), False)
    picture = draw(1, 3, 4, 4)
    patches = functional.unfold(picture, 2)  # (1, 12, 9)
    expected = layer(picture).flatten(2)
    torch.testing.assert_close(matrix @ patches, expected)
    ((_, line, _),) = module_matrices(refill(nn.Conv1d(2, 4, 3)))
    assert line.shape == (4, 6)


def test_attention_gives_its_projections():
    layer = refill(nn.MultiheadAttention(6, 2, bias=False, batch_first=True))
    found = {part: matrix for part, matrix, _ in module_matrices(layer)}
    assert list(found) == ["q", "k", "v", "out"]
    # One token attends to itself alone: what comes out is its value, projected.
    token = draw(1, 1, 6)
    torch.testing.assert_close(
        layer(token, token, token)[0][0, 0], found["out"] @ found["v"] @ token[0, 0]
    )
    other = refill(nn.MultiheadAttention(6, 2, kdim=3, vdim=4))
    shapes = {part: tuple(matrix.shape) for part, matrix, _ in module_matrices(other)}
    assert shapes == {"q": (6, 6), "k": (6, 3), "v": (6, 4), "out": (6, 6)}


def test_a_recurrent_layer_says_which_matrix_is_applied_again():
    layer = refill(nn.RNN(3, 4, bias=False, batch_first=True))
    found = {part: (matrix, again) for part, matrix, again in module_matrices(layer)}
    assert {part: again for part, (_, again) in found.items()} == {"ih_l0": False, "hh_l0": True}
    inputs, state = draw(1, 1, 3), draw(1, 1, 4)
    expected = torch.tanh(found["ih_l0"][0] @ inputs[0, 0] + found["hh_l0"][0] @ state[0, 0])
    torch.testing.assert_close(layer(inputs, state)[0][0, 0], expected)
    gates = {part: matrix.shape[0] for part, matrix, _ in module_matrices(nn.LSTM(3, 4))}
    assert gates == {"ih_l0": 16, "hh_l0": 16}
    assert len(module_matrices(nn.GRU(3, 4, 2, bidirectional=True))) == 8


def test_a_linear_map_and_what_has_no_matrix():
    layer = refill(nn.Linear(3, 2))
    ((_, matrix, _),) = module_matrices(layer)
    assert matrix is layer.weight
    assert singular_spectrum(matrix.detach()).values.shape == (2,)
    assert module_matrices(nn.Tanh()) == module_matrices(nn.LayerNorm(3)) == []


SHAPES = {
    "conv2d": ((3, 6, 6), {"": (8, 27)}),
    "residual_conv": ((3, 6, 6), {"inner_1": (16, 27), "inner_2": (16, 144), "past": (16, 3)}),
    "conv1d": (Sequence(5, 4), {"": (8, 12)}),
    "embedding": (Tokens(2, (5, 7)), {"table_1": (5, 16), "table_2": (7, 16)}),
    "gru": (Sequence(5, 4), {"ih": (96, 4), "hh": (96, 32)}),
    "rnn": (
        Sequence(5, 4, source=2),
        {"ih": (32, 4), "hh": (32, 32), "writer_ih": (32, 4), "writer_hh": (32, 32)},
    ),
    "attention": (Sequence(5, 4), dict.fromkeys(("q", "k", "v", "out"), (4, 4))),
    "transformer": (
        Sequence(5, 4),
        dict.fromkeys(("q", "k", "v", "out"), (4, 4)) | {"widen": (16, 4), "narrow": (4, 16)},
    ),
    "decoder": (
        Sequence(5, 4, source=2),
        {f"{side}_{part}": (4, 4) for side in ("self", "cross") for part in ("q", "k", "v", "out")}
        | {"widen": (16, 4), "narrow": (4, 16)},
    ),
    "pool2d": ((3, 6, 6), {}),
    "layer_norm": (Sequence(5, 4), {}),
}


@pytest.mark.parametrize("kind", list(SHAPES))
def test_every_matrix_of_a_block_is_found_and_has_a_name(kind):
    shape, expected = SHAPES[kind]
    block = nn.Sequential(*LAYERS[kind]().build(shape, GENERATOR))
    found = block_matrices(block)
    assert {part: tuple(matrix.shape) for part, matrix, _ in found} == expected
    assert len(found) == len(expected)
    assert {part for part, _, again in found if again} == {p for p in expected if "hh" in p}
    for part in expected:
        for language in words.LANGUAGES:
            assert not part or words.text(language, f"view.parts.{part}")
