"""The views of pictures, on a small run on digits, against the run's own network by plain loops."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from playground.core.analysis.attribution_view import WAYS, stride_for
from playground.core.analysis.hardest_view import SHOWN
from playground.core.analysis.layer_rows import condensed, part_counts
from playground.core.analysis.thumbnails import as_given, thumbnails
from playground.core.observe import Observer, observe
from playground.core.replica import Replica
from playground.core.run import Run
from tests.core.helpers import run_of, small

FRESH = (-1, 0)
STACK = [
    {"kind": "conv2d", "channels": 4},
    {"kind": "pool2d"},
    {"kind": "conv2d", "channels": 6, "activation": "tanh"},
    {"kind": "pool2d", "how": "average"},
    {"kind": "flatten"},
]


@cache
def run() -> Run:
    found = run_of(small("digits", layers=STACK, training={"precision": "float32"}))
    found.advance(30)
    return found


def frame(analysis: str, one: Run | None = None, **options: Any) -> tuple[dict[str, Any], Any]:
    """One frame with one view, whose study is worked on until it rests."""
    one = one or run()
    want = {
        "analysis": [analysis], "map": False, "neurons": False, "resting": True,
        "options": {analysis: options, "sample": {"part": "test", "index": 7}},
    }  # fmt: skip
    observe(one, want, FRESH, False)
    assert isinstance(one.observer, Observer)
    for _ in range(2000):
        if not one.observer.studying:
            break
        one.observer.study(0.01)
    return observe(one, want, FRESH, False)


def values_behind(block: int) -> Tensor:
    values = torch.from_numpy(run().data.inputs_test[7:8])
    with torch.no_grad():
        for module in Replica(run()).modules[:block]:
            values = module(values)
    return values[0]


def result(name: str, **options: Any) -> tuple[dict[str, Any], Any]:
    header, arrays = frame(name, **options)
    told = header["studies"][name]
    assert told["problem"] is None
    return told["result"], arrays


# ---- filters and maps


def test_maps_are_what_the_network_makes_of_the_chosen_picture() -> None:
    header, arrays = frame("maps", block=3, channel=2, filters=True)
    told, expected = header["maps"], values_behind(3)
    assert told["block"] == 3 and told["blocks"] == [1, 2, 3, 4]
    shown = (arrays["maps_values"].astype(float) - 128) / 127 * told["scale"]
    assert np.abs(shown - expected.numpy()).max() < told["scale"] / 200
    assert np.allclose(arrays["maps_large"], expected[2].numpy(), atol=1e-6)
    conv = next(one for one in Replica(run()).modules[2].modules() if isinstance(one, nn.Conv2d))
    kernels = conv.weight.detach().numpy()
    assert np.allclose(arrays["maps_kernel"], kernels[2])
    shown = (arrays["maps_kernels"].astype(float) - 128) / 127 * told["filters"]["scale"]
    assert np.abs(shown - kernels).max() < told["filters"]["scale"] / 200


def test_maps_of_a_pooling_have_no_kernels_and_nonsense_is_the_nearest() -> None:
    header, arrays = frame("maps", block=2, filters=True, channel=99)
    assert header["maps"]["filters"] is None and "maps_kernels" not in arrays
    assert header["maps"]["channel"] == 3
    assert frame("maps", block="x", channel=-4)[0]["maps"]["block"] == 1
    assert frame("maps", block=77)[0]["maps"]["block"] == 4


def test_a_network_without_pictures_says_so() -> None:
    flat = run_of(small("digits", layers=[{"kind": "flatten"}, {"kind": "dense", "units": 4}]))
    for name in ("maps", "operation"):
        assert frame(name, flat, promises=True)[0][name]["block"] is None
    header, arrays = frame("attribution", flat)
    assert header["studies"]["attribution"]["result"]["cam"] is None
    assert not arrays["attribution_ways"][WAYS.index("cam")].any()


# ---- one operation


def test_blocks_beyond_plain_ones_are_looked_through() -> None:
    layers = [
        {"kind": "residual_conv", "channels": 4, "stride": 2}, {"kind": "group_norm"},
        {"kind": "conv2d", "channels": 3, "kernel": 2}, {"kind": "global_pool"},
    ]  # fmt: skip
    one = run_of(small("digits", layers=layers))
    one.advance(2)
    told: dict[str, Any] = {}
    for block in (3, 4):
        told = frame("operation", one, block=block, channel=2, promises=True)[0]
        assert told["operation"]["block"] == block and told["operation"]["field"]["equal"]
        assert told["studies"]["operation"]["problem"] is None
    assert told["operation"]["blocks"] == [3, 4] and told["operation"]["size"] == [3, 1, 1]
    header, arrays = frame("maps", one, block=1, filters=True)
    assert header["maps"]["filters"]["of"] == 3 and arrays["maps_kernels"].shape == (4, 1, 3, 3)
    assert frame("attribution", one)[0]["studies"]["attribution"]["problem"] is None


@pytest.mark.parametrize("block", [1, 2, 3, 4])
def test_the_arithmetic_makes_the_maps_number(block: int) -> None:
    header, arrays = frame("operation", block=block, channel=1, row=1, column=1)
    told, expected = header["operation"], values_behind(block)
    assert np.allclose(arrays["operation_map"], expected[1].numpy(), atol=1e-6)
    number = told["then"][-1][1] if told["then"] else told["value"]
    assert number == pytest.approx(expected[1, 1, 1].item(), abs=1e-5)
    if told["kind"] == "max":
        row, column = told["winner"]
        assert arrays["operation_patch"][0, row, column] == pytest.approx(told["value"])
    else:
        total = float(arrays["operation_products"].sum()) + (told["bias"] or 0.0)
        assert total == pytest.approx(told["value"], abs=1e-5)
    assert told["field"]["equal"]
    assert told["field"]["outside"] == 0


def test_the_receptive_field_is_drawn_where_the_rules_say() -> None:
    header, arrays = frame("operation", block=3, channel=0, row=0, column=0)
    # A convolution of 3, a pooling of 2 and a convolution of 3, cut off at the corner.
    field = arrays["operation_field"]
    assert field[:5, :5].all() and not field[5:].any() and not field[:, 5:].any()
    assert header["operation"]["field"]["sizes"] == [8, 8]
    assert not (arrays["operation_slope"] != 0)[field == 0].any()


def test_the_promises_are_measured_when_they_are_asked_for() -> None:
    header, _ = frame("operation", block=1, promises=False)
    assert header["studies"]["operation"]["state"] == "none"
    told, _ = result("operation", block=1, promises=True)
    assert told["alone"] == [] and told["whole"][0]["error"] < 1e-12
    assert told["links"]["weights"] == 4 * 10
    assert told["links"]["dense_links"] == 64 * 256
    pool, _ = result("operation", block=2, promises=True)
    assert not pool["conv"] and 0 <= pool["kept"]["outputs"] <= 1


# ---- attribution


def test_attributions_are_of_the_chosen_class_and_complete() -> None:
    told, arrays = result("attribution", **{"class": 3})
    replica = Replica(run()).double()
    point = torch.from_numpy(run().data.inputs_test[7:8]).double().requires_grad_()
    values = point
    for module in replica.modules:
        values = module(values)
    (slope,) = torch.autograd.grad(values[0, 3], point)
    ways = arrays["attribution_ways"]
    assert told["class"] == 3 and ways.shape == (5, 8, 8)
    assert np.allclose(ways[0], slope[0].abs().amax(0).numpy(), atol=1e-6)
    assert np.allclose(ways[1], (slope * point)[0].sum(0).detach().numpy(), atol=1e-6)
    black = replica.output(torch.zeros(1, 1, 8, 8).double())[0, 3].item()
    assert told["integrated"]["difference"] == pytest.approx(values[0, 3].item() - black)
    assert ways[2].sum() == pytest.approx(told["integrated"]["difference"], rel=0.02)
    assert told["integrated"]["gap"] < 0.02
    assert ways[4].min() >= 0


def test_without_a_wish_the_predicted_class_is_explained() -> None:
    told, arrays = result("attribution", block=1, window=3, baseline="mean")
    assert told["class"] == int(np.argmax(told["outputs"]))
    assert told["cam"]["block"] == 1
    assert told["occlusion"]["window"] == 3
    row, column = told["occlusion"]["place"]
    covered = torch.from_numpy(run().data.inputs_test[7:8]).double()
    mean = torch.from_numpy(run().data.inputs_train).double().mean(0)
    window = (slice(None), slice(row, row + 3), slice(column, column + 3))
    covered[0][window] = mean[window]
    replica = Replica(run()).double()
    drop = told["score"] - replica.output(covered)[0, told["class"]].item()
    assert told["occlusion"]["largest"] == pytest.approx(drop)
    assert np.array_equal(arrays["attribution_picture"], run().data.raw_test[7])


def test_a_wide_picture_has_no_more_windows_than_are_bearable() -> None:
    assert stride_for((8, 8), 2) == 1
    stride = stride_for((64, 64), 8)
    assert ((64 - 8) // stride + 2) ** 2 <= 400 < ((64 - 8) // (stride - 1) + 2) ** 2


# ---- the hardest pictures


def test_the_hardest_pictures_are_those_of_the_greatest_loss() -> None:
    told, arrays = result("hardest", part="test")
    data, replica = run().data, Replica(run())
    with torch.no_grad():
        output = replica.output(torch.from_numpy(data.inputs_test))
    losses = [
        -torch.log_softmax(row.double(), 0)[label].item()
        for row, label in zip(output, data.targets_test.tolist(), strict=True)
    ]
    order = sorted(range(len(losses)), key=lambda place: -losses[place])[:SHOWN]
    assert [row["index"] for row in told["rows"]] == order
    for row, picture in zip(told["rows"], arrays["hardest_pictures"], strict=True):
        assert row["loss"] == pytest.approx(losses[row["index"]], rel=1e-3, abs=1e-5)
        assert row["truth"] == data.targets_test[row["index"]]
        assert row["prediction"] == output[row["index"]].argmax().item()
        assert np.array_equal(picture, data.raw_test[row["index"]])
    assert told["total"] == told["found"] == len(losses)
    assert told["right"] == int((output.argmax(1).numpy() == data.targets_test).sum())
    assert told["mean"] == pytest.approx(sum(losses) / len(losses), rel=1e-3)


def test_the_hardest_pictures_of_an_autoencoder_come_with_what_it_makes_of_them() -> None:
    one = run_of(small("digits_code", training={"precision": "float64"}))
    one.advance(5)
    head, arrays = frame("hardest", one, part="test")
    with torch.no_grad():
        again = Replica(one).output(torch.from_numpy(one.data.inputs_test)).double().numpy()
    losses = ((again - one.data.targets_test) ** 2).mean(1)
    rows = head["studies"]["hardest"]["result"]["rows"]
    assert [row["index"] for row in rows] == np.argsort(-losses, kind="stable")[:SHOWN].tolist()
    for row, picture in zip(rows, arrays["hardest_again"], strict=True):
        assert row["loss"] == pytest.approx(losses[row["index"]], rel=1e-6)
        shades = np.clip(again[row["index"]], 0, 1) * 255
        assert np.abs(picture.reshape(-1) - shades).max() <= 0.5001
        assert row["truth"] is None, "a picture is no single number"


def test_one_cell_of_the_confusion_has_its_pictures() -> None:
    with torch.no_grad():
        output = Replica(run()).output(torch.from_numpy(run().data.inputs_train))
    guesses, truth = output.argmax(1).numpy(), run().data.targets_train
    wrong = np.flatnonzero(guesses != truth)
    pair = {"true": int(truth[wrong[0]]), "predicted": int(guesses[wrong[0]])}
    told, _ = result("hardest", part="train", **pair)
    expected = (truth == pair["true"]) & (guesses == pair["predicted"])
    assert told["found"] == expected.sum()
    assert {row["index"] for row in told["rows"]} <= set(np.flatnonzero(expected).tolist())


# ---- pace


def test_a_result_is_sent_once_and_measured_anew_when_the_network_moved() -> None:
    one = run_of(small("digits", layers=STACK))
    one.advance(3)
    header, arrays = frame("hardest", one)
    version = header["studies"]["hardest"]["version"]
    assert "hardest_pictures" in arrays
    header, arrays = frame("hardest", one, have=version)
    assert header["studies"]["hardest"]["version"] == version
    assert "result" not in header["studies"]["hardest"] and "hardest_pictures" not in arrays
    one.advance(3)
    header, arrays = frame("hardest", one, have=version)
    assert header["studies"]["hardest"]["version"] != version
    assert header["studies"]["hardest"]["step"] == 6 and "hardest_pictures" in arrays


# ---- points of a layer


@pytest.mark.parametrize("pooled", [False, True])
def test_principal_components_of_feature_maps(pooled: bool) -> None:
    want = {"analysis": ["pca"], "block": 4, "map": False, "neurons": False,
            "options": {"pca": {"pooled": pooled, "loadings": True}}}  # fmt: skip
    header, arrays = observe(run(), want, FRESH, False)
    told, count = header["pca"], header["pca"]["train"]
    assert told["units"] == (6 if pooled else 24)
    assert told.get("map") == (None if pooled else [6, 2, 2])
    data, rest = run().data, len(arrays["pca"]) - header["pca"]["train"]
    inputs = np.concatenate((data.inputs_train[:count], data.inputs_test[:rest]))
    values = torch.from_numpy(inputs)
    with torch.no_grad():
        for module in Replica(run()).modules[:4]:
            values = module(values)
    rows = (values.mean((2, 3)) if pooled else values.flatten(1)).double().numpy()
    centred = rows - rows[:count].mean(0)
    _, spreads, axes = np.linalg.svd(centred[:count], full_matrices=False)
    shares = spreads**2 / (spreads**2).sum()
    assert np.allclose(told["ratios"], shares[: len(told["ratios"])], atol=1e-4)
    scores = centred @ axes[:3].T
    for k in range(3):
        sign = np.sign(scores[:, k] @ arrays["pca"][:, k])
        assert np.allclose(sign * scores[:, k], arrays["pca"][:, k], atol=1e-3 * spreads[k])


def test_pictures_come_once_with_the_scene() -> None:
    header, arrays = observe(run(), {"analysis": [], "map": False}, FRESH, True)
    data = run().data
    assert header["scene"]["counts"] == [len(data.raw_train), len(data.raw_test)]
    for part in ("train", "test"):
        points, thumbs = arrays[f"points_{part}"], arrays[f"thumbs_{part}"]
        targets, raw = getattr(data, f"targets_{part}"), getattr(data, f"raw_{part}")
        assert len(points) == len(thumbs)
        assert np.array_equal(points[:, 2], targets[: len(points)])
        assert np.array_equal(thumbs, raw[: len(thumbs)])
    assert "thumbs_test" not in observe(run(), {"analysis": []}, FRESH, False)[1]


def test_large_pictures_are_reduced_by_the_mean_of_squares() -> None:
    generator = np.random.default_rng(2)
    pictures = generator.integers(0, 256, (2, 3, 41, 50), dtype=np.uint8)
    found = thumbnails(pictures)
    assert found.shape == (2, 3, 13, 16) and found.dtype == np.uint8
    for at in ((0, 0, 0, 0), (1, 2, 12, 15), (0, 1, 5, 7)):
        n, c, y, x = at
        square = pictures[n, c, 3 * y : 3 * y + 3, 3 * x : 3 * x + 3]
        assert found[at] == np.round(square.astype(float).mean())
    assert thumbnails(np.zeros((1, 1, 100, 3), np.uint8)).shape == (1, 1, 20, 1)


def test_a_resized_picture_is_shown_with_the_pixels_that_the_network_gets() -> None:
    raw = np.arange(48, dtype=np.uint8).reshape(3, 4, 4)
    assert np.array_equal(as_given(raw, raw / 255), raw)
    given = np.array([[[-1.0, 0.0], [0.5, 1.0]]], dtype=np.float32)
    assert as_given(raw, given).tolist() == [[[0, 128], [191, 255]]]
    assert not as_given(raw, np.zeros((1, 2, 2), np.float32)).any()


def test_tsne_takes_some_of_the_pictures_and_says_which() -> None:
    header, arrays = frame("embed", round=1, method="kernel", block=2, pooled=True)
    told = header["studies"]["embed"]["result"]
    assert told["units"] == 4 and told["points"] == len(arrays["embed_points"]) == 500
    assert told["of"] == sum(part_counts(run()))
    assert arrays["embed_place"].max() < told["of"]
    assert len(set(arrays["embed_place"].tolist())) == 500


@pytest.mark.parametrize("width", [3, 40, 2500])
def test_condensed_points_keep_their_distances(width: int) -> None:
    rows = torch.randn(12, width, generator=torch.Generator().manual_seed(6)) + 3
    work = condensed(rows)
    while True:
        try:
            next(work)
        except StopIteration as end:
            found = end.value
            break
    assert found.shape[1] <= 12
    assert torch.allclose(torch.cdist(found, found), torch.cdist(rows.double(), rows.double()))
    assert found.mean(0).abs().max() < 1e-6
