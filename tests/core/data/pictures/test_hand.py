import numpy as np
import pytest

from playground.core.data.pictures.hand import formed


def ink(top=10, bottom=40, left=20, right=30, side=48):
    drawn = np.zeros((side, side), np.uint8)
    drawn[top:bottom, left:right] = 255
    return drawn


@pytest.mark.parametrize("form", ["blocks", "centered"])
def test_place_and_size_of_the_drawing_do_not_matter(form):
    here = formed(ink(), form, 28)
    there = formed(ink(2, 47, 30, 45), form, 28)
    assert np.abs(here.astype(int) - there).max() <= 30


def test_blocks_are_counted_as_in_the_set():
    """A full box fills all rows; each block says how many of its 16 pixels are black."""
    made = formed(ink(), "blocks", 8)
    counts = np.round(made / 255 * 16, 6)
    np.testing.assert_allclose(counts, np.round(counts), atol=0.04)
    assert (counts[:, 3:5] == 16).all() and (counts[:, :2] == 0).all()
    # 30 high and 10 wide becomes 32 high and 16 wide: four blocks.
    assert (counts.sum(axis=1) == 64).all()


def test_mass_lies_in_the_middle_as_in_mnist():
    drawn = ink()
    drawn[10:20, 10:40] = 255  # a heavy head
    made = formed(drawn, "centered", 28).astype(float)
    at = np.arange(28) + 0.5
    total = made.sum()
    assert (made.sum(axis=1) @ at) / total == pytest.approx(14, abs=0.6)
    assert (made.sum(axis=0) @ at) / total == pytest.approx(14, abs=0.6)
    rows = np.flatnonzero(made.max(axis=1) > 60)
    assert rows[-1] - rows[0] + 1 == 20


@pytest.mark.parametrize("form", ["blocks", "centered", "square"])
def test_nothing_drawn_or_next_to_nothing_is_blank_or_fits(form):
    assert (formed(np.zeros((48, 48), np.uint8), form, 8) == 0).all()
    dot = formed(ink(47, 48, 47, 48), form, 28)
    assert dot.shape == (28, 28)
    line = formed(ink(0, 48, 0, 1), form, 28)
    flat = formed(ink(0, 1, 0, 48), form, 28)
    assert line.max() > 0 and flat.max() > 0


def test_a_network_that_knows_the_set_reads_a_drawn_digit():
    """A nearest neighbour among the set's own pictures, of a 0, a 2 and a 3 drawn by lines."""
    from sklearn.datasets import load_digits

    data, target = map(np.asarray, load_digits(return_X_y=True))
    for digit, lines in DIGITS.items():
        seen = formed(_drawn(lines), "blocks", 8).reshape(-1) * (16 / 255)
        nearest = np.argsort(((data - seen) ** 2).sum(axis=1))[:5]
        assert (target[nearest] == digit).sum() >= 3, digit


DIGITS = {
    0: [[(50, 15), (30, 30), (28, 60), (45, 85), (65, 80), (75, 50), (68, 22), (50, 15)]],
    2: [[(30, 30), (45, 15), (65, 22), (65, 42), (30, 85), (72, 85)]],
    3: [[(30, 20), (50, 13), (68, 25), (60, 42), (45, 48), (65, 55), (70, 72), (50, 87), (28, 78)]],
}


def _drawn(lines):
    from PIL import Image, ImageDraw

    picture = Image.new("L", (192, 192))
    pen = ImageDraw.Draw(picture)
    for line in lines:
        pen.line([(1.5 * x, 1.5 * y + 20) for x, y in line], fill=255, width=20, joint="curve")
    return np.asarray(picture.resize((48, 48), Image.Resampling.BOX))
