import base64

import numpy as np
import pytest

from playground.core.data.pictures.hand import formed
from playground.core.data.pictures.own import MOST_SIDE, as_ink, own_picture


def packed(picture):
    return base64.b64encode(np.ascontiguousarray(picture).tobytes()).decode()


def ink():
    drawn = np.zeros((48, 48), np.uint8)
    drawn[8:40, 20:26] = 255
    return drawn


def test_ink_takes_the_form_of_the_set():
    options = {"own": "ink", "pixels": packed(ink())}
    made = own_picture(options, "digits", (1, 8, 8))
    np.testing.assert_array_equal(made, formed(ink(), "blocks", 8)[None])
    made = own_picture(options, "mnist", (1, 28, 28))
    np.testing.assert_array_equal(made, formed(ink(), "centered", 28)[None])


def test_colour_is_brought_to_the_sets_channels_and_size():
    drawn = np.zeros((32, 32, 3), np.uint8)
    drawn[:, 16:] = (200, 100, 50)
    options = {"own": "color", "pixels": packed(drawn)}
    made = own_picture(options, "shapes", (3, 32, 32))
    np.testing.assert_array_equal(made, np.moveaxis(drawn, 2, 0))
    small = own_picture(options, "album", (1, 16, 16))
    assert small is not None and small.shape == (1, 16, 16)
    assert small[0, 3, 12] == round(0.299 * 200 + 0.587 * 100 + 0.114 * 50)


@pytest.mark.parametrize("inverted", [False, True])
def test_a_photograph_of_a_page_becomes_ink(inverted):
    """Dark on light or light on dark, with a shadow and grain: the same digit."""
    rng = np.random.default_rng(0)
    page = 200 - 0.3 * np.arange(48)[:, None] + rng.normal(0, 4, (48, 48))
    page[ink() > 0] = 50
    grey = np.clip(255 - page if inverted else page, 0, 255).astype(np.uint8)
    found = as_ink(grey)
    assert ((found > 128) == (ink() > 0)).mean() > 0.995
    picture = packed(np.repeat(grey[:, :, None], 3, axis=2))
    made = own_picture({"own": "color", "pixels": picture}, "digits", (1, 8, 8))
    assert made is not None
    assert np.abs(made.astype(int) - formed(ink(), "blocks", 8)).max() <= 48


def test_an_empty_page_is_blank():
    assert not as_ink(np.full((20, 20), 180, np.uint8)).any()
    assert not as_ink(np.full((20, 20), 180, np.uint8) + np.arange(20, dtype=np.uint8)).any()


def test_a_photograph_of_scikit_learns():
    made = own_picture({"own": "photo", "name": "china"}, "shapes", (3, 32, 32))
    assert made is not None and made.shape == (3, 32, 32) and made.std() > 20


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"own": "ink"},
        {"own": "ink", "pixels": ""},
        {"own": "ink", "pixels": "no base64!"},
        {"own": "ink", "pixels": packed(np.zeros(47, np.uint8))},
        {"own": "color", "pixels": packed(np.zeros((8, 8), np.uint8))},
        {"own": "ink", "pixels": packed(np.zeros((MOST_SIDE + 1) ** 2, np.uint8))},
        {"own": "ink", "pixels": 7},
        {"own": ["ink"], "pixels": packed(ink())},
        {"own": "photo", "name": "../etc/passwd"},
        {"own": "photo"},
    ],
)
def test_what_is_no_picture(options):
    assert own_picture(options, "shapes", (3, 32, 32)) is None
