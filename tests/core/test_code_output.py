"""The pane of an autoencoder: its codes, and what its decoder draws, by other means."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from torch import Tensor

from playground.core.data.pictures.digit_sets import digit_of
from playground.core.observe import observe
from playground.core.outputs.code import GRID, bottleneck, linear_error
from playground.core.proposal import propose
from playground.core.run import Run


def frame(run: Run, **want: Any) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    return observe(run, {"map": True, "options": want}, (-1, 0), True)


@pytest.fixture(scope="module")
def run() -> Run:
    made = Run(propose("digits_code"), device="cpu")
    made.advance(80)
    return made


def through(run: Run, values: Tensor, first: int, last: int) -> Tensor:
    """Values through the dense blocks first to last, by their weights alone."""
    maps = run.engine.parameters()
    linear = [at for at, block in enumerate(run.blocks) if block.linear is not None]
    for at in range(first, last):
        weight, bias = maps[linear.index(at)]
        values = values @ weight.double().T + bias.double()
        if run.blocks[at].activation == "tanh":
            values = values.tanh()
    return values


def bytes_of(values: Tensor) -> np.ndarray:
    return (values.clamp(0, 1) * 255).numpy()


def test_targets_are_the_pictures_themselves(run):
    for part in ("train", "test"):
        raw, targets = getattr(run.data, f"raw_{part}"), getattr(run.data, f"targets_{part}")
        np.testing.assert_allclose(targets, raw.reshape(len(raw), -1) / 255)
    assert run.blocks[-1].after == (64,)
    assert run.data.target_std == 1  # an error in shades, and not in deviations


def test_codes_pictures_and_grid_come_from_the_networks_own_weights(run):
    header, arrays = frame(run, sample={"part": "train", "index": 5}, output={"x": 0.7, "y": -1.2})
    told, scene = header["output"], header["scene"]["code"]
    middle = scene["block"]
    assert run.blocks[middle].after == (2,)
    inputs = torch.from_numpy(run.data.inputs_train[:20]).double().flatten(1)
    codes = through(run, inputs, 2, middle + 1)
    np.testing.assert_allclose(arrays["code_points"][:20], codes, atol=1e-4)
    np.testing.assert_allclose(told["code"], codes[5], atol=1e-4)
    head = len(run.blocks)
    again = through(run, codes[5], middle + 1, head)
    assert np.abs(arrays["sample_again"].reshape(-1) - bytes_of(again)).max() <= 0.6
    truth = torch.from_numpy(run.data.targets_train[5])
    assert told["error"] == pytest.approx((again - truth).square().mean().item(), rel=1e-3)
    assert told["at"] == [0.7, -1.2]
    place = through(run, torch.tensor([0.7, -1.2], dtype=torch.float64), middle + 1, head)
    assert np.abs(arrays["code_picture"].reshape(-1) - bytes_of(place)).max() <= 0.6
    x0, x1, y0, y1 = told["window"]
    for row, column in ((0, 0), (3, 10), (GRID - 1, GRID - 1)):
        x = x0 + (column + 0.5) / GRID * (x1 - x0)
        y = y1 - (row + 0.5) / GRID * (y1 - y0)
        drawn = through(run, torch.tensor([x, y], dtype=torch.float64), middle + 1, head)
        assert np.abs(arrays["code_grid"][row, column].reshape(-1) - bytes_of(drawn)).max() <= 0.6


def test_without_a_place_the_decoder_draws_the_sample_again(run):
    header, arrays = frame(run, sample={"part": "test", "index": 3})
    assert header["output"]["at"] == header["output"]["code"]
    np.testing.assert_allclose(
        arrays["code_picture"].astype(int), arrays["sample_again"].astype(int), atol=1
    )


def test_the_window_holds_the_codes_and_stands_still(run):
    header, arrays = frame(run)
    x0, x1, y0, y1 = header["output"]["window"]
    points = arrays["code_points"]
    inside = (
        (points[:, 0] >= x0) & (points[:, 0] <= x1) & (points[:, 1] >= y0) & (points[:, 1] <= y1)
    )
    assert inside.mean() > 0.95
    run.advance(1)
    assert frame(run)[0]["output"]["window"] == [x0, x1, y0, y1]


def test_every_code_bears_the_digit_of_its_picture(run):
    _, arrays = frame(run)
    pixels, labels = load_digits(return_X_y=True)
    found = {}
    for ink, label in zip(np.round(pixels * (255 / 16)).astype(np.uint8), labels, strict=True):
        found[ink.tobytes()] = label
    train = run.data.raw_train[:30]
    assert arrays["code_class"][:30].tolist() == [found[one.tobytes()] for one in train]
    stranger = np.zeros((1, 1, 8, 8), dtype=np.uint8)
    assert digit_of(stranger, run.experiment.data).tolist() == [-1]


def test_the_linear_code_is_that_of_pca(run):
    train, test = run.data.targets_train, run.data.targets_test
    pca = PCA(2, svd_solver="full").fit(train)
    again = pca.inverse_transform(pca.transform(test))
    assert linear_error(train, test) == pytest.approx(float(((again - test) ** 2).mean()))


def test_pictures_that_come_in_larger_are_still_asked_for_as_they_were_made():
    larger = propose("digits_code").with_changes({"data": {"pictures": {"side": 16}}})
    run = Run(larger, device="cpu")
    assert run.data.inputs_train.shape[1:] == (1, 16, 16)
    header, arrays = frame(run)
    assert header["scene"]["code"]["shape"] == [8, 8]
    truth = run.data.targets_test[0].reshape(8, 8) * 255
    np.testing.assert_allclose(arrays["sample_picture"], truth, atol=0.51)


def test_a_stack_without_two_units_shows_the_reconstruction_alone():
    wide = propose("digits_code").with_changes(
        {"layers": [{"kind": "flatten"}, {"kind": "dense", "units": 5}]}
    )
    run = Run(wide, device="cpu")
    assert bottleneck(run.blocks) is None
    header, arrays = frame(run, output={"x": 1.0, "y": 1.0})
    assert header["scene"]["code"]["block"] is None
    assert "window" not in header["output"]
    assert arrays["sample_again"].shape == (8, 8)
    assert "code_grid" not in arrays
