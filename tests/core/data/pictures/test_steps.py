import numpy as np
import pytest
from PIL import Image

from playground.core.data.pictures.steps import (
    Norm,
    Pipeline,
    colored,
    resampling,
    resized,
    scaled,
)


def pictures(count=3, channels=3, side=32, seed=0):
    drawn = np.random.default_rng(seed).integers(0, 256, (count, channels, side, side))
    return drawn.astype(np.uint8)


@pytest.mark.parametrize(("before", "after"), [(32, 8), (32, 20), (8, 32), (28, 28), (64, 7)])
def test_resizing_is_pillows(before, after):
    given = pictures(side=before)
    made = resized(given, after)
    assert made.dtype == np.uint8
    for one, other in zip(given, made, strict=True):
        there = Image.fromarray(np.moveaxis(one, 0, 2)).resize(
            (after, after), Image.Resampling.BILINEAR
        )
        difference = np.moveaxis(np.asarray(there), 2, 0).astype(int) - other
        assert np.abs(difference).max() <= 1
    np.testing.assert_allclose(resampling(before, after).sum(axis=1), 1, rtol=1e-6)


def test_grey_is_pillows():
    given = pictures()
    made = colored(given, "grey")
    for one, other in zip(given, made, strict=True):
        there = np.asarray(Image.fromarray(np.moveaxis(one, 0, 2)).convert("L"))
        assert np.abs(there.astype(int) - other[0]).max() <= 1
    assert colored(made, "color").shape == (3, 3, 32, 32)
    assert colored(made, "grey") is made and colored(given, "color") is given


def test_scales():
    given = np.array([[[[0, 51], [102, 255]]]], np.uint8)
    np.testing.assert_allclose(scaled(given, "unit")[0, 0], [[0, 0.2], [0.4, 1]], rtol=1e-6)
    np.testing.assert_allclose(scaled(given, "signed")[0, 0], [[-1, -0.6], [-0.2, 1]], rtol=1e-6)
    np.testing.assert_array_equal(scaled(given, "bytes")[0, 0], [[0, 51], [102, 255]])
    assert scaled(given, "unit").dtype == np.float32


def test_normalising_is_of_the_training_part():
    train, test = pictures(50), pictures(20, seed=1)
    line = Pipeline(side=16, colors="as_is", scale="signed").fitted(train)
    made = line(train)
    assert made.shape == (50, 3, 16, 16) and made.dtype == np.float32
    np.testing.assert_allclose(made.mean(axis=(0, 2, 3)), 0, atol=1e-5)
    np.testing.assert_allclose(made.std(axis=(0, 2, 3)), 1, atol=1e-5)
    plain = Pipeline(side=16, scale="signed")(train).astype(np.float64)
    by_hand = (
        Pipeline(side=16, scale="signed")(test) - plain.mean(axis=(0, 2, 3))[:, None, None]
    ) / (plain.std(axis=(0, 2, 3))[:, None, None])
    np.testing.assert_allclose(line(test), by_hand, atol=1e-4)
    np.testing.assert_allclose(line.span(3), 2 / plain.std(axis=(0, 2, 3)), rtol=1e-4)


def test_a_channel_without_any_spread_and_no_picture_at_all():
    flat = np.full((4, 2, 3, 3), 7, np.float32)
    np.testing.assert_allclose(Norm.of(flat)(flat), 0)
    assert Norm.of(flat[:0])(flat).shape == flat.shape


def test_the_steps_in_their_order():
    line = Pipeline(side=8, colors="grey", scale="unit").fitted(pictures())
    assert [step.name for step in line.steps] == ["resize", "colors", "scale", "normalize"]
    assert [step.name for step in Pipeline().steps] == ["scale"]
    one = pictures(1)
    for step in line.steps:
        one = step.act(one)
    np.testing.assert_array_equal(one, line(pictures(1)))
    np.testing.assert_array_equal(Pipeline(scale="bytes").span(1), [255])
