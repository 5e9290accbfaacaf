"""The gallery: every card opens its experiment, with its sentence above the network."""

import threading

import pytest

from playground.core.presets import PRESETS
from playground.ui import gallery
from tests.ui.visits import ROOT, Visit, checked, experiment, press

GALLERY = ROOT / "pages" / "gallery.py"


@pytest.fixture(autouse=True)
def no_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is trained for the pictures; tests of the worker's requests do that."""
    monkeypatch.setattr(gallery.Wall, "_fetch", lambda wall: wall.done.set())


def test_every_card_opens_its_experiment(open_page: Visit) -> None:
    page = open_page(training__precision="float64")
    for name, preset in PRESETS.items():
        checked(page.switch_page(str(GALLERY)).run())
        cards = [button.key for button in page.button if str(button.key).startswith("open_")]
        assert cards == [f"open_{each}" for each in PRESETS]
        press(page, f"open_{name}")
        wanted = preset.experiment.with_changes({"training": {"precision": "float64"}})
        assert experiment(page) == wanted, name
        assert not page.error, name
        assert page.button(key="dismiss_preset"), name


def test_the_sentence_of_a_card_can_be_dismissed(open_page: Visit) -> None:
    page = open_page()
    checked(page.switch_page(str(GALLERY)).run())
    press(page, "open_triangle")
    press(page, "dismiss_preset")
    assert not [button for button in page.button if button.key == "dismiss_preset"]
    assert experiment(page) == PRESETS["triangle"].experiment


def test_pictures_come_as_they_are_ready(open_page: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    import numpy as np

    monkeypatch.setattr(gallery.Wall, "_fetch", lambda wall: None)
    page = open_page()
    checked(page.switch_page(str(GALLERY)).run())
    assert isinstance(gallery.wall().done, threading.Event)
    gallery.wall().maps["triangle"] = np.zeros((4, 4), dtype=np.uint8)
    gallery.wall().maps["wave"] = np.linspace(-1, 1, 9, dtype=np.float32)
    gallery.wall().done.set()
    checked(page.run())
    assert experiment(page)
