"""Pictures in a run: what training makes of them, and a point of the visitor's own."""

import base64

import numpy as np
import torch

from playground.core.data.pictures.form import augment_of, only_altered
from playground.core.observe import Observer
from playground.core.proposal import propose
from playground.core.run import Run
from playground.core.want import Want

WANT = {"map": True, "neurons": False, "analysis": None, "block": 1, "focus": None}


def run_of(**pictures):
    layers = [{"kind": "conv2d", "channels": 2}, {"kind": "flatten"}]
    experiment = propose("digits").with_changes(
        {"layers": layers, "data": {"pictures": pictures}, "training": {"device": "cpu"}}
    )
    return Run(experiment, None, device="cpu")


def loaded(run):
    return run.engine._epoch_inputs


def test_every_epoch_sees_other_pictures_and_the_test_part_none():
    run = run_of(shift=20, jitter=5)
    plain = torch.from_numpy(run.data.inputs_train)[run.batches.indices]
    first = loaded(run).clone()
    assert not torch.allclose(first, plain)
    run.advance(run.batches_per_epoch + 1)
    again = loaded(run)[torch.argsort(run.batches.indices)]
    before = torch.from_numpy(run.data.inputs_train)
    assert not torch.allclose(again, before)
    measured = run.points[-1]
    torch.testing.assert_close(
        measured, torch.from_numpy(run.data.inputs_test)[len(run.data.inputs_test) - 1]
    )


def test_the_seed_decides_what_is_altered():
    one, same = run_of(rotate=30), run_of(rotate=30)
    for run in (one, same):
        run.advance(50)
    for first, second in zip(one.engine.learned(), same.engine.learned(), strict=True):
        assert torch.equal(first, second)


def test_it_may_be_switched_while_the_network_trains():
    run = run_of()
    run.advance(3)
    weights = [part.clone() for part in run.engine.learned()]
    data = run.data
    on = run.experiment.with_changes({"data": {"pictures": {"flip": True}}})
    assert only_altered(run.experiment.data, on.data)
    run.update(on)
    assert run.data is data and run.step == 3
    for before, now in zip(weights, run.engine.learned(), strict=True):
        assert torch.equal(before, now)
    assert run.engine.augmentation is not None
    run.update(run.experiment.with_changes({"data": {"pictures": {"flip": False}}}))
    assert run.engine.augmentation is None
    scaled = run.experiment.with_changes({"data": {"pictures": {"scale": "signed"}}})
    assert not only_altered(run.experiment.data, scaled.data)
    run.update(scaled)
    assert run.data.inputs_train.min() == -1


def frame(run, **options):
    wanted = Want.read({**WANT, "options": options})
    return Observer(run).frame(wanted, (-1, 0), True)


def test_a_drawn_digit_is_the_point_that_is_looked_at():
    run = run_of(side=12, normalize=True)
    drawn = np.zeros((48, 48), np.uint8)
    drawn[6:42, 20:27] = 255
    pixels = base64.b64encode(drawn.tobytes()).decode()
    header, arrays = frame(run, sample={"own": "ink", "pixels": pixels})
    assert header["output"]["sample"]["part"] == "own" and header["output"]["truth"] is None
    assert arrays["sample_picture"].shape == (8, 8, 1) and arrays["sample_picture"].max() == 255
    inputs = run.data.to_inputs(arrays["sample_picture"].transpose(2, 0, 1)[None])
    said = run.engine.output(run.engine.prepare(torch.from_numpy(inputs)))[:, 0]
    np.testing.assert_allclose(
        arrays["class_scores"], torch.softmax(said, 0).numpy(), rtol=1e-4, atol=1e-6
    )
    blank, _ = frame(run, sample={"own": "ink", "pixels": "no picture"})
    assert blank["output"]["sample"]["part"] == "test"


def test_the_steps_that_are_shown_are_those_that_are_taken():
    run = run_of(side=12, normalize=True, shift=20)
    header, arrays = frame(run, output={"steps": True, "draw": 3})
    steps = header["output"]["steps"]
    assert [step["name"] for step in steps["list"]] == ["found", "resize", "scale", "normalize"]
    last = steps["list"][-1]
    shown = arrays["step_3"].astype(float) / 255 * (last["high"] - last["low"]) + last["low"]
    np.testing.assert_allclose(
        shown.transpose(2, 0, 1), run.data.inputs_test[0], atol=(last["high"] - last["low"]) / 255
    )
    assert steps["altered"] and arrays["step_altered"].shape == (4, 12, 12, 1)
    again = frame(run, output={"steps": True, "draw": 3})[1]["step_altered"]
    other = frame(run, output={"steps": True, "draw": 4})[1]["step_altered"]
    np.testing.assert_array_equal(arrays["step_altered"], again)
    assert not np.array_equal(again, other)
    assert "step_0" not in frame(run)[1]
    assert augment_of(run.experiment.data.pictures).shift == 20


def test_the_sheet_holds_pictures_of_every_class():
    run = run_of()
    header, arrays = frame(run)
    sheet = header["scene"]["sheet"]
    assert set(sheet["labels"]) == set(range(10))
    for place, index in enumerate(sheet["indices"][:20]):
        np.testing.assert_array_equal(
            arrays["sheet"][place], run.data.raw_test[index].transpose(1, 2, 0)
        )
        assert run.data.targets_test[index] == sheet["labels"][place]
