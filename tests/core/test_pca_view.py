"""The view of a layer's principal components: bases that are held, loadings, what is kept."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA
from torch import Tensor, nn

from playground.core.analysis.earlier import network_at
from playground.core.analysis.pca import broken_stick, principal_components
from playground.core.errors import PlaygroundError
from playground.core.observe import Observer
from playground.core.replica import Replica
from playground.core.run import Run
from tests.core.helpers import independent_model, model_inputs, run_of, small
from tests.core.viewing import answer, frame, grid_of, trained

PRECISE = {"training": {"precision": "float64"}}


def seen(run: Run, block: int = 1, **options: Any) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    header, arrays = frame(run, analysis=["pca"], block=block, options={"pca": options})
    return header["pca"], arrays


def behind(run: Run, linear: int) -> Tensor:
    """Values (points, units) behind the first so many linear maps, by plain modules."""
    values = model_inputs(run)
    for module in list(independent_model(run))[: 2 * linear]:
        values = module(values)
    return values.detach()


def same_up_to_sign(found: np.ndarray, expected: np.ndarray, tolerance: float = 1e-4) -> bool:
    signs = np.sign((found * expected).sum(0))
    return np.allclose(found * signs, expected, atol=tolerance)


# ---- the broken stick


def test_the_broken_stick_is_what_random_breaks_give():
    """Sticks that are really broken, and the sum of 1/i."""
    rng = np.random.default_rng(0)
    for parts in (2, 5):
        cuts = np.sort(rng.uniform(size=(40_000, parts - 1)), axis=1)
        pieces = np.diff(np.c_[np.zeros(len(cuts)), cuts, np.ones(len(cuts))], axis=1)
        expected = np.sort(pieces, axis=1)[:, ::-1].mean(0)
        np.testing.assert_allclose(broken_stick(parts), expected, atol=4e-3)
        assert sum(broken_stick(parts)) == pytest.approx(1)
    assert broken_stick(1) == [1.0]
    assert broken_stick(0) == []
    assert len(broken_stick(300)) == 8
    assert broken_stick(300)[0] == pytest.approx(sum(1 / i for i in range(1, 301)) / 300)


# ---- the basis: of each frame, fixed, of an earlier epoch


def test_components_of_this_frame_are_those_of_scikit_learn():
    run = trained("circle", changes=PRECISE)
    told, arrays = seen(run, loadings=True)
    values = behind(run, 1).numpy()
    train = len(run.data.inputs_train)
    expected = PCA(3).fit(values[:train])
    assert same_up_to_sign(arrays["pca"], expected.transform(values))
    assert same_up_to_sign(arrays["pca_axes"][:3].T, np.asarray(expected.components_).T)
    assert told["basis"] == {"kind": "frame"}
    assert told["stick"] == broken_stick(9)[:8]
    assert told["rank"] == 9


def test_a_fixed_basis_stays_while_the_network_learns():
    run = trained("circle", changes=PRECISE)
    first, before = seen(run, loadings=True)
    told, arrays = seen(run, basis="fixed", moment=1, loadings=True)
    assert told["basis"] == {"kind": "fixed", "epoch": run.exact_epoch}
    np.testing.assert_allclose(arrays["pca"], before["pca"])
    assert told["ratios"] == pytest.approx(first["ratios"])
    train = len(run.data.inputs_train)
    old = principal_components(behind(run, 1)[:train])
    at = run.exact_epoch
    run.advance(60)
    told, arrays = seen(run, basis="fixed", moment=1, loadings=True)
    assert told["basis"]["epoch"] == at
    np.testing.assert_allclose(arrays["pca_axes"], before["pca_axes"])
    now = behind(run, 1)
    scores = ((now - old.mean) @ old.axes[:3].t()).numpy()
    assert same_up_to_sign(arrays["pca"], scores)
    spread = ((now[:train] - now[:train].mean(0)) @ old.axes[:3].t()).var(0).numpy()
    shares = spread / now[:train].var(0).sum().item()
    assert told["ratios"][:3] == pytest.approx(list(shares), rel=1e-6)
    # Fixed anew, it is that of now; and one that moves is there all along.
    told, arrays = seen(run, basis="fixed", moment=2, loadings=True)
    fresh, moving = seen(run, loadings=True)
    assert told["basis"]["epoch"] == run.exact_epoch
    np.testing.assert_allclose(arrays["pca_axes"], moving["pca_axes"])
    assert fresh["basis"] == {"kind": "frame"}


def test_a_basis_is_held_to_a_chosen_epoch():
    run = trained("circle", changes=PRECISE)
    train = len(run.data.inputs_train)
    moments = {}
    for _ in range(4):
        seen(run)
        moments[run.exact_epoch] = principal_components(behind(run, 2)[:train])
        run.advance(17)
    told, _ = seen(run, block=3)
    assert told["epochs"] == [0, run.exact_epoch]
    for epoch, expected in moments.items():
        told, arrays = seen(run, block=3, basis="epoch", epoch=epoch + 1e-3, loadings=True)
        assert told["basis"]["kind"] == "epoch"
        assert told["basis"]["epoch"] == pytest.approx(epoch)
        # The path is kept in float32.
        assert same_up_to_sign(arrays["pca_axes"][:3].T, expected.axes[:3].t().numpy(), 1e-3)
        scores = (behind(run, 2) - expected.mean) @ expected.axes[:3].t()
        assert same_up_to_sign(arrays["pca"], scores.numpy(), 1e-3)


def test_a_held_basis_lies_on_the_side_of_the_present_one():
    """To hold an epoch that is now does not turn the picture over."""
    run = trained("iris", changes=PRECISE)
    _, now = seen(run, block=3)
    _, held = seen(run, block=3, basis="epoch", epoch=run.exact_epoch)
    np.testing.assert_allclose(now["pca"], held["pca"], atol=1e-5)


def test_batch_normalisation_is_that_of_the_earlier_network():
    layers = [{"kind": "dense", "units": 5}, {"kind": "batch_norm"}]
    run = trained("circle", changes={"layers": layers, **PRECISE})
    run.measure()
    row, at = len(run.path) - 1, run.exact_epoch
    before = run.engine.activations(run.points)[1].t().clone()
    run.advance(60)
    run.measure()
    modules = network_at(run, Replica(run), row)
    values = torch.from_numpy(run.data.inputs_train)
    with torch.no_grad():
        for block in modules[:2]:
            values = block(values)
    # The engine's statistics trail behind the weights, so it is the same picture, not the same
    # numbers.
    train = before[: len(values)]
    for unit in range(5):
        pair = torch.stack((values[:, unit], train[:, unit]))
        assert torch.corrcoef(pair)[0, 1] == pytest.approx(1, abs=1e-5)
    told, _ = seen(run, block=2, basis="epoch", epoch=at)
    assert told["basis"]["epoch"] == at


def test_a_network_too_large_for_a_path_holds_no_earlier_epoch():
    run = trained("circle", changes={"layers": [{"kind": "dense", "units": 512}] * 2})
    told, _ = seen(run, basis="epoch", epoch=0)
    assert told["epochs"] == []
    assert told["basis"] == {"kind": "frame"}


# ---- raw axes, all components


def test_chosen_units_are_shown_as_they_are():
    run = trained("circle", changes=PRECISE)
    told, arrays = seen(run, units=[4, 0, 7], loadings=True)
    assert told["shown"] == [4, 0, 7]
    np.testing.assert_allclose(arrays["pca"], behind(run, 1)[:, [4, 0, 7]], atol=1e-6)
    assert "pca_axes" not in arrays
    told, arrays = seen(run, units=[99, -3])
    assert told["shown"] == [8, 0]
    np.testing.assert_allclose(arrays["pca"][:, :2], behind(run, 1)[:, [8, 0]], atol=1e-6)
    assert not arrays["pca"][:, 2].any()


def test_all_coordinates_of_all_points_for_a_file():
    run = trained("circle", changes={**PRECISE, "data": {"samples": 2000}})
    _, arrays = seen(run, whole=True)
    values = behind(run, 1).numpy()
    assert arrays["pca"].shape == (1500, 3)
    assert arrays["pca_whole"].shape == (2000, 9)
    expected = PCA(9).fit(values[: len(run.data.inputs_train)]).transform(values)
    assert same_up_to_sign(arrays["pca_whole"], expected)


# ---- what k components are worth


def reduced(run: Run, linear: int, count: int, inputs: Tensor) -> np.ndarray:
    """The output when the values behind a linear map go on as `count` components, by modules and
    scikit-learn."""
    modules = list(independent_model(run))
    first, rest = nn.Sequential(*modules[: 2 * linear]), nn.Sequential(*modules[2 * linear :])
    with torch.no_grad():
        train = first(torch.from_numpy(run.data.inputs_train)).numpy()
        values = first(inputs).numpy()
        if count:
            pca = PCA(count).fit(train)
            values = pca.inverse_transform(pca.transform(values))
        else:
            values = np.broadcast_to(train.mean(0), values.shape)
        return rest(torch.from_numpy(np.ascontiguousarray(values))).numpy()


@pytest.mark.parametrize("name", ["circle", "iris", "reg-plane", "sine"])
def test_what_few_components_make_of_the_network(name):
    run = trained(name, changes=PRECISE)
    run.advance(60)
    run.measure()
    truth = run.truth.numpy()
    train = len(run.data.inputs_train)
    for count in (0, 2, 9):
        told, arrays = seen(run, keep=count)
        kept = told["kept"]
        assert (kept["count"], kept["most"], kept["units"]) == (count, 9, 9)
        assert [row["k"] for row in kept["scores"]] == list(range(9)) + [9] * (count == 9)
        output = reduced(run, 1, count, model_inputs(run))
        row = next(row for row in kept["scores"] if row["k"] == count)
        if run.schema.task == "regression":
            spread = ((truth[:train] - truth[:train].mean()) ** 2).sum()
            expected = 1 - ((output[:train, 0] - truth[:train]) ** 2).sum() / spread
        else:
            said = output.argmax(1) if output.shape[1] > 1 else output[:, 0] > 0
            expected = (said[:train] == truth[:train]).mean()
        assert row["train"] == pytest.approx(expected, abs=1e-9)
        if name == "sine":
            grid = torch.from_numpy(run.data.to_inputs(grid_of(run)))
            said = answer(run, torch.from_numpy(reduced(run, 1, count, grid)))
            np.testing.assert_allclose(arrays["pca_curve"], said[:, 0], atol=1e-5)
            continue
        assert isinstance(run.observer, Observer)
        grid = run.data.to_inputs(run.observer.plane.grid(48))
        said = answer(run, torch.from_numpy(reduced(run, 1, count, torch.from_numpy(grid))))
        low, high = (-1, 1) if name == "reg-plane" else (0, 1)
        expected = np.clip((said - low) / (high - low), 0, 1) * 255
        found = arrays["pca_map"].reshape(said.shape[1], -1).T
        assert np.abs(found - expected).max() <= 0.51
    # With all components nothing is lost.
    assert row["train"] == pytest.approx(run.metrics.train_score)
    assert row["test"] == pytest.approx(run.metrics.test_score)
    assert row["train_loss"] == pytest.approx(run.metrics.train_loss)


def test_a_wide_layer_keeps_more_than_it_shows():
    run = trained("circle", changes={"layers": [{"kind": "dense", "units": 200}], **PRECISE})
    told, _ = seen(run)
    assert len(told["ratios"]) == 8
    assert told["rank"] is None
    told, _ = seen(run, keep=20)
    assert (told["kept"]["count"], told["kept"]["most"]) == (20, 29)  # of 30 training points
    output = reduced(run, 1, 20, model_inputs(run))
    train = len(run.data.inputs_train)
    expected = ((output[:train, 0] > 0) == run.truth[:train].numpy()).mean()
    assert told["kept"]["scores"][-1]["train"] == pytest.approx(expected)
    assert len(seen(run)[0]["ratios"]) == 8


def test_a_large_network_scores_only_what_is_asked_for():
    layers = [{"kind": "dense", "units": 512}] * 3
    run = trained("circle", changes={"layers": layers})
    told, arrays = seen(run, block=2, keep=3)
    assert [row["k"] for row in told["kept"]["scores"]] == [3]
    assert arrays["pca_map"].shape == (24, 24)


# ---- degenerate layers


DEAD = {"layers": [{"kind": "dense", "units": 3, "activation": "relu"}], **PRECISE}


def test_a_layer_that_does_not_vary():
    run = trained("circle", changes=DEAD)
    for index, (weight, bias) in enumerate(run.engine.parameters()):
        run.engine.write(index, torch.zeros_like(weight), torch.full_like(bias, -1))
    every: list[dict[str, Any]] = [
        {},
        {"basis": "fixed"},
        {"basis": "epoch", "epoch": 1},
        {"keep": 2},
    ]
    for options in every:
        told, arrays = seen(run, loadings=True, **options)
        assert told["rank"] == 0
        assert told["ratios"] == [0, 0, 0]
        assert not np.ptp(arrays["pca"], axis=0).any()
        assert np.isfinite(arrays["pca_axes"]).all()


@pytest.mark.parametrize("units", [1, 2])
def test_a_layer_of_few_units(units):
    run = trained("circle", changes={"layers": [{"kind": "dense", "units": units}], **PRECISE})
    told, arrays = seen(run, keep=5, loadings=True, units=[0, 1, 2])
    assert told["kept"]["count"] == told["kept"]["most"] == units
    assert arrays["pca"].shape[1] == 3
    told, arrays = seen(run, loadings=True)
    assert arrays["pca_axes"].shape == (units, units)


def test_no_test_points_and_no_points_at_all():
    run = run_of(small("own"))
    told, _ = seen(run, keep=1, brushed=[0, 1, 99])
    assert all(row["test"] is None for row in told["kept"]["scores"])
    assert [row["index"] for row in told["table"]["rows"]] == [0, 1]
    empty = Run(small("own", data={"points": []}))
    told, arrays = seen(empty, keep=1, loadings=True, basis="epoch", brushed=[0], whole=True)
    assert told["rank"] == 0
    assert told["table"]["rows"] == []
    assert arrays["pca"].shape == (0, 3)


HOSTILE = [
    {"basis": "x"},
    {"basis": 3, "moment": "a"},
    {"basis": "fixed", "moment": [1]},
    {"basis": "epoch", "epoch": "never"},
    {"basis": "epoch", "epoch": -1e9},
    {"units": "all"},
    {"units": [1.5]},
    {"units": []},
    {"keep": -1},
    {"keep": True},
    {"keep": 2.5},
    {"keep": 10**6},
    {"brushed": "1"},
    {"brushed": [-1, 1e9, 0.5]},
]


@pytest.mark.parametrize("options", HOSTILE, ids=str)
def test_hostile_options(options):
    told, arrays = seen(trained("circle"), **options)
    assert arrays["pca"].shape[1] == 3
    assert told["units"] == 9


def test_words_are_there_for_what_can_go_wrong():
    from playground import words

    for language in words.LANGUAGES:
        for code in ("embed_few_points", "embed_not_finite"):
            error = PlaygroundError(code, points=1, least=5)
            assert words.text(language, f"errors.{error.code}", **error.params)
