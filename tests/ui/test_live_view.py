"""What the view is told of the page: names for whatever may be marked on the curves."""

from typing import Any

import pytest

from playground import words
from playground.core.differences import changed_settings, reset_reasons
from playground.core.experiment import Experiment
from playground.core.layers import LAYERS
from playground.ui import language
from playground.ui.live_view import _live_settings

CHANGES: list[tuple[dict[str, Any], str, str]] = [
    ({"data": {"label_noise": 20}}, "Wrong labels (%)", "20"),
    ({"data": {"samples": 30}}, "Points", "30"),
    ({"data": {"fixed_test": True}}, "Fixed test set", "on"),
    ({"loss": "huber"}, "Loss", "Huber"),
    ({"loss_settings": {"quantile": 0.7}}, "Quantile q", "0.7"),
    ({"optimizer": {"name": "sgd"}}, "Optimizer", "SGD"),
    ({"optimizer": {"learning_rate": 0.1}}, "Learning rate", "0.1"),
    ({"schedule": {"name": "cosine"}}, "Schedule", "cosine"),
    ({"regularization": {"sticky_l1": True}}, "L1 zero stays zero", "on"),
    ({"training": {"order": "fixed"}}, "Order of points", "Fixed"),
    ({"layers": [{"kind": "dense", "units": 4, "activation": "leaky_relu"}]}, "Activation",
     "leaky ReLU"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "name", "value"), CHANGES)
def test_a_mark_on_the_curves_says_what_was_changed_and_to_what(change, name, value, monkeypatch):
    monkeypatch.setattr(language, "current", lambda: "en")
    before = Experiment().with_changes({"layers": [{"kind": "dense", "units": 4}]})
    after = before.with_changes(change)
    assert reset_reasons(before, after) == ()
    ((path, to),) = changed_settings(before, after)
    found, values = _live_settings()[path.replace("layers.0.", "layers.")]
    assert (found, values.get(to, to)) == (name, value)


@pytest.mark.parametrize("spoken", words.LANGUAGES)
def test_every_block_and_setting_that_is_marked_has_a_name(spoken, monkeypatch):
    monkeypatch.setattr(language, "current", lambda: spoken)
    assert all(name for name, _ in _live_settings().values())
    blocks = words.catalog(spoken)["view"]["block"]
    assert set(blocks) >= {*LAYERS, "input", "head"}
