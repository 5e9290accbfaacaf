"""What frames say of the spectra, now and through time."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from playground.core.analysis.spectral_views import MOST_LINES, chosen, followed
from playground.core.run import Run
from tests.core.helpers import run_of, small
from tests.core.viewing import frame

LAYERS = [{"kind": "dense", "units": 3, "activation": "tanh"}] * 2
SHAPES = [(3, 2), (3, 3), (1, 3)]


def new_run(**changes: Any) -> Run:
    return run_of(small("circle", layers=LAYERS, **changes))


def numpys(run: Run) -> np.ndarray:
    found = [
        np.linalg.svd(w.double().numpy(), compute_uv=False) for w, _ in run.engine.parameters()
    ]
    return np.concatenate(found)


def test_the_record_grows_while_the_view_is_open():
    run = new_run()
    seen = []
    for _ in range(4):
        header, arrays = frame(run, analysis="singular")
        seen.append((run.exact_epoch, numpys(run)))
        run.advance(3)
    head, rows = header["singular_record"], arrays["singular_record"]
    assert (head["start"], head["total"], head["widths"]) == (0, 4, [2, 3, 1])
    np.testing.assert_allclose(rows[:, 0], [epoch for epoch, _ in seen], rtol=1e-6)
    np.testing.assert_allclose(rows[:, 2:], [values for _, values in seen], rtol=1e-5)
    assert not rows[:, 1].any()


def test_a_viewer_that_has_rows_gets_the_rest():
    run = new_run()
    for _ in range(5):
        header, _ = frame(run, analysis="singular")
        run.advance(2)
    has = [header["singular_record"]["version"], 4]
    header, arrays = frame(run, analysis="singular", options={"singular": {"have": has}})
    assert header["singular_record"]["start"] == 3
    assert header["singular_record"]["total"] == 6
    assert arrays["singular_record"].shape == (3, 2 + 6)


def test_nothing_is_recorded_while_the_view_is_closed_and_the_gap_is_told():
    run = new_run()
    for _ in range(3):
        frame(run, analysis="singular")
        run.advance(2)
    for _ in range(30):
        run.advance(2)
        frame(run)
    _, arrays = frame(run, analysis="singular")
    assert arrays["singular_record"][:, 1].tolist() == [0, 0, 0, 1]


def test_the_record_outlives_an_exchange_of_engine_and_points():
    run = new_run()
    header, _ = frame(run, analysis="singular")
    version = header["singular_record"]["version"]
    run.advance(4)
    run.update(run.experiment.with_changes({"optimizer": {"name": "adam"}}))
    frame(run, analysis="singular")
    run.advance(4)
    run.update(run.experiment.with_changes({"data": {"noise": 30}}))
    header, _ = frame(run, analysis="singular")
    assert header["singular_record"]["version"] == version
    assert header["singular_record"]["total"] == 3


def test_the_spread_of_the_first_and_of_the_present_entries():
    run = new_run()
    first = [weight.clone() for weight, _ in run.engine.parameters()]
    run.advance(60)
    header, arrays = frame(run, analysis="singular")
    now = [weight for weight, _ in run.engine.parameters()]
    for entry, before, after, shape in zip(header["spectra"], first, now, SHAPES, strict=True):
        assert (entry["rows"], entry["cols"], entry["count"]) == (*shape, min(shape))
        assert np.isclose(entry["first"], np.sqrt((before.numpy() ** 2).mean()))
        assert np.isclose(entry["now"], np.sqrt((after.numpy() ** 2).mean()))
        assert entry["held"] and not entry["cut"]
        assert arrays[f"mp_{entry['key']}"].shape == (min(shape),)
    run.act({"deed": "cut", "block": 2, "unit": 0, "source": 1, "on": True})
    header, _ = frame(run, analysis="singular")
    assert [entry["cut"] for entry in header["spectra"]] == [False, True, False]


def test_a_deed_is_a_jump_in_the_record():
    run = new_run()
    run.advance(3)
    before = frame(run, analysis="singular")[1]["singular_record"][-1]
    run.act({"deed": "orthogonal", "block": 2})
    rows = frame(run, analysis="singular")[1]["singular_record"]
    assert rows.shape[0] == 2
    np.testing.assert_array_equal(rows[0], before)
    assert rows[1, 0] == before[0]
    np.testing.assert_allclose(rows[1, 4:7], 1, atol=1e-6)


def test_eigenvalues_keep_their_places_in_the_record():
    """A pair turns by a quarter, past another value: by size alone the order would change."""
    run = new_run()
    rows = np.empty(0)
    for angle in np.linspace(0, np.pi / 2, 12):
        c, s = np.cos(angle), np.sin(angle)
        matrix = torch.zeros(3, 3, dtype=torch.float64)
        matrix[:2, :2] = torch.tensor([[c, -s], [s, c]]) * (0.8 + angle)
        matrix[2, 2] = -1.5
        run.engine.write(1, matrix, torch.zeros(3))
        run.advance(1)
        run.engine.write(1, matrix, torch.zeros(3))
        rows = frame(run, analysis="eigen")[1]["eigen_record"]
    trails = rows[:, 2:].reshape(len(rows), 3, 2)
    steps = np.linalg.norm(np.diff(trails, axis=0), axis=2)
    assert steps.max() < 0.45, "no trail jumps to another eigenvalue"
    still = steps.max(axis=0).argmin()
    np.testing.assert_allclose(trails[:, still], [[-1.5, 0]] * len(rows), atol=1e-5)


def test_eigenvalues_are_matched_to_the_nearest():
    before = torch.tensor([[1.0, 0], [0, 1], [-1, 0]])
    now = torch.tensor([[-1.1, 0], [0.9, 0.1], [0.1, 1.0]])
    assert followed(now, before).tolist() == now[[1, 2, 0]].tolist()
    assert followed(now, None) is now
    assert followed(now[:2], before).tolist() == now[:2].tolist()


def test_of_a_large_matrix_the_top_is_shown_and_said(monkeypatch):
    monkeypatch.setattr("playground.core.analysis.spectra.LARGE", 8)
    monkeypatch.setattr("playground.core.analysis.spectra.TOP", 3)
    run = run_of(small("circle", layers=[{"kind": "dense", "units": 9}] * 2))
    for _ in range(2):
        run.advance(5)
        header, arrays = frame(run, analysis="singular")
        entry = header["spectra"][1]
        assert (entry["count"], entry["lines"], entry["rank"]) == (9, [0, 1, 2], None)
        exact = np.linalg.svd(run.engine.parameters()[1][0].numpy(), compute_uv=False)
        np.testing.assert_allclose(arrays["sv_2"], exact[:3], rtol=1e-5)
        assert arrays["mp_2"].shape == (3,)
    assert header["singular_record"]["widths"] == [2, 3, 1]


def test_long_spectra_are_sampled_with_both_ends():
    assert chosen(5) == [0, 1, 2, 3, 4]
    places = chosen(500)
    assert len(set(places)) == MOST_LINES
    assert (places[0], places[-1]) == (0, 499)


def test_weights_of_zero_and_a_single_unit():
    run = run_of(small("line", layers=[{"kind": "dense", "units": 1}], initialization="zeros"))
    for analysis in ("singular", "eigen"):
        header, arrays = frame(run, analysis=analysis)
        assert all(np.isfinite(array).all() for array in arrays.values() if array.size)
    header, _ = frame(run, analysis="singular")
    assert [(one["rank"], one["norm"], one["first"]) for one in header["spectra"]] == [
        (0, 0, 0)
    ] * 2
    assert len(frame(run, analysis="eigen")[0]["eigen"]) == 2
