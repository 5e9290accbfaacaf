import math
from typing import Any

import numpy as np
import pytest
import torch
from scipy import ndimage

from playground.core.data.pictures.augment import Augment


def given(count=40, channels=2, height=12, width=12):
    return torch.rand((count, channels, height, width), generator=generator(9))


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def drawn(count):
    return torch.rand((4, count), generator=generator(), dtype=torch.float64).numpy()


SPAN = torch.ones(2)


@pytest.mark.parametrize(("height", "width"), [(12, 12), (9, 14)])
def test_turn_shift_and_mirror_are_scipys(height, width):
    """Every picture against the same linear interpolation, its edge going on."""
    pictures = given(25, height=height, width=width)
    made = Augment(flip=True, shift=25, rotate=40)(pictures, SPAN, generator()).numpy()
    mirror, turn, right, down = drawn(25)
    for k in range(25):
        angle = (2 * turn[k] - 1) * math.radians(40)
        sign = -1 if mirror[k] < 0.5 else 1
        reach = round(width * 0.25), round(height * 0.25)
        move = [
            math.floor(at[k] * (2 * most + 1)) - most
            for at, most in zip((right, down), reach, strict=True)
        ]
        cos, sin = math.cos(angle), math.sin(angle)
        # Rows and columns of the old picture from those of the new one, about the middle.
        matrix = np.array([[cos, -sin], [sign * sin, sign * cos]])
        middle = np.array([(height - 1) / 2, (width - 1) / 2])
        offset: Any = middle + np.array([move[1], move[0]]) - matrix @ middle
        for channel in range(2):
            there = ndimage.affine_transform(
                pictures[k, channel].numpy(), matrix, offset, order=1, mode="nearest"
            )
            np.testing.assert_allclose(made[k, channel], there, atol=2e-5)


def test_a_mirror_alone_is_exact_and_half_are_seen_in_it():
    pictures = given(400)
    made = Augment(flip=True)(pictures, SPAN, generator())
    mirrored = torch.from_numpy(drawn(400)[0] < 0.5)
    torch.testing.assert_close(made[mirrored], pictures[mirrored].flip(3), atol=1e-5, rtol=0)
    torch.testing.assert_close(made[~mirrored], pictures[~mirrored], atol=1e-5, rtol=0)
    assert 160 < mirrored.sum() < 240


def test_a_shift_moves_whole_pixels():
    pictures = given(60)
    made = Augment(shift=20)(pictures, SPAN, generator())
    seen = set()
    for before, after in zip(pictures, made, strict=True):
        padded = torch.nn.functional.pad(before[None], (2, 2, 2, 2), mode="replicate")[0]
        matches = [
            (y, x)
            for y in range(5)
            for x in range(5)
            if torch.allclose(padded[:, y : y + 12, x : x + 12], after, atol=1e-5)
        ]
        assert len(matches) == 1
        seen.add(matches[0])
    assert len(seen) > 15


def test_noise_is_in_shares_of_each_channels_span():
    pictures = torch.zeros((200, 2, 12, 12))
    made = Augment(noise=10)(pictures, torch.tensor([1.0, 5.0]), generator())
    assert made[:, 0].std().item() == pytest.approx(0.1, rel=0.03)
    assert made[:, 1].std().item() == pytest.approx(0.5, rel=0.03)
    assert abs(made.mean().item()) < 0.02


def test_same_chance_same_pictures_and_nothing_is_changed_in_place():
    pictures = given()
    before = pictures.clone()
    every = Augment(True, 10, 15, 5)
    first, second = generator(), generator()
    torch.testing.assert_close(
        every(pictures, SPAN, first), every(pictures, SPAN, second), atol=0, rtol=0
    )
    torch.testing.assert_close(pictures, before, atol=0, rtol=0)
    assert not torch.equal(every(pictures, SPAN, first), every(pictures, SPAN, generator()))
    assert Augment()(pictures, SPAN, first) is pictures
    assert every(pictures[:0], SPAN, first).shape == (0, 2, 12, 12)
    double = every(pictures.double(), SPAN, generator())
    assert double.dtype == torch.float64
