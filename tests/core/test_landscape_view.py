"""The landscape as a viewer gets it: asked for, with the network, its path and balls upon it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from playground.core.analysis import landscape_view
from playground.core.analysis.landscape import SIDE, ManyLosses
from playground.core.analysis.release import RECORDS
from playground.core.observe import Observer
from playground.core.run import Run
from tests.core.helpers import flat, run_of, small
from tests.core.viewing import frame

ASKED = {"round": 1, "what": "plane", "axes": "path", "part": "train", "seed": 0}
BALLS = {"what": "release", "balls": "sgd momentum adam", "rates": [0.1, 0.1, 0.01], "steps": 60}


def walked(times: int = 12, **changes: Any) -> Run:
    run = run_of(small(**changes))
    for _ in range(times):
        run.advance(2)
        run.measure()
    return run


class Viewer:
    """Sees frames of one run with the landscape open, and remembers what was said once."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.options: dict[str, Any] = {}
        self.head: dict[str, Any] = {}
        self.loss = np.empty(0)

    def see(self, **options: Any) -> dict[str, Any]:
        self.options |= options
        header, self.arrays = frame(
            self.run, analysis=["landscape"], options={"landscape": self.options}
        )
        self.study = header["studies"]["landscape"]
        if "result" in self.study:
            self.head, self.loss = self.study["result"], self.arrays["landscape_loss"]
            self.options["have"] = self.study["version"]
        self.live = header["landscape"]
        return self.live

    def work(self) -> None:
        observer = self.run.observer
        assert isinstance(observer, Observer)
        while observer.studying:
            observer.study(0.0)

    def ask(self, **options: Any) -> dict[str, Any]:
        self.see(**{"round": self.options.get("round", 0) + 1, **options})
        self.work()
        return self.see()


def test_the_picture_and_what_moves_on_it():
    run = walked()
    viewer = Viewer(run)
    assert viewer.see() == {"plane": 0, "path": len(run.path)}
    assert "landscape_path" not in viewer.arrays
    live = viewer.ask(**ASKED)
    assert viewer.study["state"] == "done"
    assert viewer.loss.shape == (SIDE, SIDE)
    assert viewer.loss.dtype == np.float32
    assert (viewer.head["axes"], viewer.head["part"]) == ("path", "train")
    assert viewer.head["number"] == live["plane"]
    assert live["point"] == pytest.approx([0, 0, 0], abs=1e-6)
    assert live["loss"] == run.metrics.train_loss
    assert not live["stale"]
    path = viewer.arrays["landscape_path"]
    assert path.shape == (len(run.path), 5)
    assert path[:, 3].tolist() == pytest.approx(run.path.epochs)
    expected = run.path.plane.coordinates(run.path.points)  # type: ignore[union-attr]
    np.testing.assert_allclose(path[:, :3], expected, rtol=1e-5, atol=1e-5)
    # it moves on in the same plane
    run.advance(10)
    live = viewer.see()
    assert live["plane"] == viewer.head["number"]
    assert max(map(abs, live["point"][:2])) > 0
    assert len(viewer.arrays["landscape_path"]) == len(run.path) > len(path)
    assert "landscape_loss" not in viewer.arrays, "sent once"


def test_a_thinned_path_is_projected_anew():
    run = walked()
    viewer = Viewer(run)
    viewer.ask(**ASKED)
    run.path.most = 12
    for _ in range(20):
        run.advance(2)
        viewer.see()
    path = viewer.arrays["landscape_path"]
    plane = run.path.plane
    assert plane is not None
    np.testing.assert_allclose(
        path[:, :3], plane.coordinates(run.path.points), rtol=1e-5, atol=1e-5
    )


@pytest.mark.parametrize("part", ["train", "test"])
def test_a_click_puts_the_network_where_the_picture_says(part):
    run = walked(regularization={"l2": 0.02})
    viewer = Viewer(run)
    viewer.ask(**{**ASKED, "part": part})
    a0, a1, b0, b1 = viewer.head["window"]
    column, row = 9, 30
    a, b = a0 + (a1 - a0) * column / (SIDE - 1), b0 + (b1 - b0) * row / (SIDE - 1)
    before = flat(run)
    deed = {"deed": "stand", "plane": viewer.head["number"], "a": a, "b": b, "stroke": None}
    assert run.act(deed)
    live = viewer.see()
    assert live["point"] == pytest.approx([a, b, 0], abs=1e-6)
    assert live["loss"] == pytest.approx(float(viewer.loss[row, column]), rel=1e-5)
    assert run.act({"deed": "undo"})
    torch.testing.assert_close(flat(run), before, rtol=0, atol=0)


def test_a_drag_is_one_deed():
    run = walked()
    viewer = Viewer(run)
    viewer.ask(**ASKED)
    before = flat(run)
    for i in range(30):
        number = viewer.head["number"]
        run.act({"deed": "stand", "plane": number, "a": 0.1 * i, "b": 0.0, "stroke": 7})
    assert run.hands.depth == 1
    run.act({"deed": "undo"})
    torch.testing.assert_close(flat(run), before, rtol=0, atol=0)


def test_random_directions_and_another_pair():
    run = walked()
    viewer = Viewer(run)
    first = viewer.ask(**{**ASKED, "axes": "random"})["plane"]
    assert viewer.head["window"] == [-1, 1, -1, 1]
    assert viewer.head["ratios"] == []
    middle = viewer.loss[SIDE // 2, SIDE // 2]
    assert middle == pytest.approx(run.metrics.train_loss, rel=1e-5)
    seen = viewer.loss
    assert viewer.ask(seed=1)["plane"] != first
    assert not np.allclose(viewer.loss, seen)
    viewer.ask(seed=0)
    np.testing.assert_array_equal(viewer.loss, seen)


def test_another_window_shows_the_same_plane():
    run = walked()
    viewer = Viewer(run)
    viewer.ask(**ASKED)
    a0, a1, b0, b1 = viewer.head["window"]
    first, number, corner = viewer.head, viewer.head["number"], viewer.loss[0, 0]
    # a lattice that has every second node of the one before
    wider = [a0, 2 * a1 - a0, b0, 2 * b1 - b0]
    live = viewer.ask(what="window", window=wider)
    assert viewer.head["window"] == wider
    assert live["plane"] == viewer.head["number"] != number
    assert viewer.head["ratios"] == first["ratios"]
    assert viewer.loss[0, 0] == corner
    plane = run.path.plane
    assert plane is not None
    expected = ManyLosses(run)(plane.place(wider[1], wider[3])[None]).item()
    assert viewer.loss[-1, -1] == pytest.approx(expected, rel=1e-5)
    for senseless in ([1.0, 1.0, 0.0, 1.0], [1.0], [2.0, 1.0, 0.0, 1.0], None):
        viewer.ask(window=senseless)
        assert viewer.head["window"] == pytest.approx(first["window"]), "the whole plane"


def test_balls_are_seen_while_they_roll_and_can_be_called_back():
    run = walked()
    viewer = Viewer(run)
    viewer.ask(**ASKED)
    number = viewer.head["number"]
    viewer.see(round=2, **BALLS)
    observer = run.observer
    assert isinstance(observer, Observer)
    for _ in range(40):
        observer.study(0.0)
    live = viewer.see()
    assert [ball["state"] for ball in live["balls"]] == ["rolling"] * 3
    assert 0 < viewer.study["progress"] < 1
    run.advance(5)
    viewer.work()
    live = viewer.see()
    assert [(ball["state"], ball["step"]) for ball in live["balls"]] == [("done", 60)] * 3
    tracks = viewer.arrays["landscape_balls"]
    assert tracks.shape == (3, RECORDS + 1, 4)
    for track, ball in zip(tracks, live["balls"], strict=True):
        assert np.isfinite(track[: ball["count"]]).all()
        assert np.isnan(track[ball["count"] :]).all()
        np.testing.assert_array_equal(track[0], tracks[0, 0])
    assert live["plane"] == viewer.head["number"] == number
    assert viewer.head["made"] < run.exact_epoch
    viewer.see(round=3, steps=5000)
    observer.study(0.0)
    viewer.see(cancel=True)
    assert {ball["state"] for ball in viewer.see()["balls"]} == {"done"}
    assert viewer.ask(cancel=False, what="plane")["balls"] == []


@pytest.mark.parametrize(
    "options",
    [
        {"balls": "", "rates": []},
        {"balls": "sgd", "rates": []},
        {"balls": "nobody", "rates": [0.1]},
        {"balls": "sgd", "rates": [-1]},
        {"balls": "sgd", "rates": "0.1"},
        {"balls": None, "rates": None},
    ],
)
def test_balls_that_make_no_sense_are_refused(options):
    viewer = Viewer(walked(3))
    viewer.ask(**ASKED)
    viewer.ask(**{**BALLS, **options})
    assert viewer.study["problem"]["code"] == "landscape_balls"
    assert viewer.study["state"] == "failed"
    assert viewer.see()["plane"] == viewer.head["number"], "the picture stays"


def test_at_most_four_balls_for_at_most_so_many_steps(monkeypatch):
    monkeypatch.setattr(landscape_view, "MOST_STEPS", 7)
    viewer = Viewer(walked(3))
    viewer.ask(**ASKED)
    live = viewer.ask(what="release", balls="sgd " * 9, rates=[0.01] * 9, steps=10**9)
    assert [ball["step"] for ball in live["balls"]] == [7] * 4


def test_what_changes_the_loss_makes_the_picture_stale():
    run = walked()
    viewer = Viewer(run)
    viewer.ask(**ASKED)
    run.update(run.experiment.with_changes({"optimizer": {"learning_rate": 0.001}}))
    assert not viewer.see()["stale"]
    run.act({"deed": "cut", "block": 1, "unit": 0, "source": 0, "on": True})
    assert viewer.see()["stale"]
    assert not viewer.ask()["stale"]
    run.update(run.experiment.with_changes({"regularization": {"l2": 0.1}}))
    assert viewer.see()["stale"]


def test_another_engine_or_other_points_ask_for_another_plane():
    run = walked()
    viewer = Viewer(run)
    number = viewer.ask(**ASKED)["plane"]
    run.update(run.experiment.with_changes({"loss": "mse"}))
    assert not run.act({"deed": "stand", "plane": number, "a": 1.0, "b": 0.0, "stroke": None})
    assert viewer.see()["plane"] == 0
    viewer.work()
    assert viewer.see()["plane"] > number, "the view asks anew by itself"
    run.update(run.experiment.with_changes({"data": {"label_noise": 10}}))
    assert viewer.see()["plane"] == 0
    viewer.work()
    assert viewer.see()["loss"] == pytest.approx(run.metrics.train_loss)


@pytest.mark.parametrize("part", ["train", "test"])
def test_without_points_there_is_no_landscape(part):
    viewer = Viewer(run_of(small("own", data={"points": []})))
    viewer.ask(**{**ASKED, "part": part})
    assert viewer.study["problem"]["code"] == f"landscape_no_{part}"


def test_too_large_a_network_says_so(monkeypatch):
    run = walked(2)
    run.path.most = 0
    viewer = Viewer(run)
    viewer.ask(**ASKED)
    assert viewer.study["problem"]["code"] == "landscape_no_path"
    viewer.ask(axes="random")
    assert viewer.study["problem"] is None
    monkeypatch.setattr(landscape_view, "MOST_WORK", 1e4)
    viewer.ask()
    assert viewer.study["problem"]["code"] == "landscape_too_large"


OPTIONS = st.none() | st.booleans() | st.floats() | st.text(max_size=9) | st.lists(st.floats(-9, 9))


@given(
    options=st.dictionaries(
        st.sampled_from(["what", "axes", "part", "seed", "balls", "rates", "steps", "window"]),
        OPTIONS,
    )
)
def test_no_options_can_harm_the_view(options):
    _VIEWER.ask(**{**ASKED, **options, "round": _VIEWER.options.get("round", 0) + 1})
    assert _VIEWER.study["state"] in ("done", "failed")
    assert (
        _VIEWER.study["problem"] is None or "study_failed" not in _VIEWER.study["problem"]["code"]
    )
    assert all(math.isfinite(value) for value in _VIEWER.live.get("point", []))


_VIEWER = Viewer(walked(3, layers=[{"kind": "dense", "units": 2}], data={"samples": 20}))
