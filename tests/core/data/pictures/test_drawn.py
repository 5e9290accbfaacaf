import numpy as np
import pytest

from playground.core.data.pictures.drawn import KINDS, LARGEST, SIDE, Looks, draw

ALL = range(len(KINDS))
PLAIN = Looks(colors="fixed", rotation=0, smallest=100)


def rng(seed=0):
    return np.random.default_rng(seed)


def test_same_chance_same_pictures_and_every_kind_as_often():
    looks = Looks(background="clouds", clutter=2, noise=5)
    pictures, labels = draw(rng(), 200, looks, ALL)
    again, same = draw(rng(), 200, looks, ALL)
    assert pictures.dtype == np.uint8 and pictures.shape == (200, 3, 32, 32)
    np.testing.assert_array_equal(pictures, again)
    np.testing.assert_array_equal(labels, same)
    assert set(np.bincount(labels)) == {20}
    assert not (draw(rng(1), 200, looks, ALL)[0] == pictures).all()


def test_kinds_that_are_chosen_are_numbered_from_nought():
    wanted = [7, 2]
    pictures, labels = draw(rng(), 50, PLAIN, wanted)
    alone, _ = draw(rng(), 50, PLAIN, [7])
    assert set(labels) == {0, 1}
    # All shapes of one kind, size and turn differ by their places alone, so in ink hardly at all.
    ink = pictures[labels == 0].sum(axis=(1, 2, 3)) / alone.sum(axis=(1, 2, 3)).mean()
    assert abs(ink - 1).max() < 0.05


@pytest.mark.parametrize(
    ("kind", "area"),
    [
        ("circle", np.pi * 0.85**2),
        ("ring", np.pi * (0.92**2 - 0.52**2)),
        ("square", 1.4**2),
        ("rectangle", 1.84 * 0.72),
        ("triangle", 3 * np.sqrt(3) / 4),
        ("cross", 2 * 1.84 * 0.6 - 0.6**2),
        ("star", 5 * 0.42 * np.sin(np.pi / 5)),
        ("crescent", None),
        ("heart", None),
        ("arrow", 1.06 * 0.4 + 0.99 * 0.99 / 1.25 - 0.13 * 0.4),
    ],
)
def test_a_shape_covers_its_area(kind, area):
    """What the pixels take adds up to the area; where no formula is at hand, to that of dots."""
    fine = (np.arange(800) + 0.5) / 400 - 1
    inside = KINDS[kind](fine[None, :], fine[:, None]) < 0
    dots = inside.mean() * 4
    assert dots == pytest.approx(dots if area is None else area, rel=0.02)
    assert not np.hypot(fine[None, :], fine[:, None])[inside].max() > 1.0
    pictures, _ = draw(rng(), 30, PLAIN, [list(KINDS).index(kind)])
    low, high = np.round(0.08 * 255), np.round(0.95 * 255)
    cover = (pictures - low) / (high - low)
    radius = LARGEST * SIDE / 2
    assert cover.mean(axis=(0, 1)).sum() == pytest.approx(dots * radius**2, rel=0.04)


@pytest.mark.parametrize("kind", ALL)
def test_no_shape_leaves_its_picture(kind):
    """All of one size have the same ink, wherever they lie."""
    pictures, _ = draw(rng(), 60, Looks(colors="fixed", smallest=100), [kind])
    ink = (pictures - np.round(0.08 * 255)).sum(axis=(1, 2, 3))
    np.testing.assert_allclose(ink, np.median(ink), rtol=0.03)


def test_a_shape_can_be_told_from_what_is_behind_it():
    pictures, _ = draw(rng(), 400, Looks(), [4])
    flat = pictures.reshape(400, 3, -1)
    apart = np.quantile(flat, 0.97, axis=2) - np.quantile(flat, 0.03, axis=2)
    assert apart.max(axis=1).min() > 45


def test_a_hue_of_its_own_and_noise():
    def strongest(kind):
        return draw(rng(), 20, Looks(colors="by_class"), [kind])[0]

    # Hue 0 is red: in the middle of each circle red is the most.
    pictures = strongest(0).astype(int)
    differs = pictures - pictures[:, :, :1, :1]
    at = np.abs(differs).sum(axis=1).reshape(20, -1).argmax(axis=1)
    colors = pictures.reshape(20, 3, -1)[np.arange(20), :, at]
    assert (colors.argmax(axis=1) == 0).all()
    quiet, _ = draw(rng(), 20, PLAIN, ALL)
    loud, _ = draw(rng(), 20, Looks(colors="fixed", rotation=0, smallest=100, noise=10), ALL)
    still = (quiet > 10) & (quiet < 30)
    assert 8 < (loud.astype(int) - quiet)[still].std() < 26
    assert len(draw(rng(), 0, Looks(clutter=3), ALL)[0]) == 0
