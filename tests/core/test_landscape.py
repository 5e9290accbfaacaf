"""The loss over a plane of weights, against networks that are built and evaluated one by one."""

from __future__ import annotations

import math
from collections.abc import Generator
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.decomposition import PCA
from torch import Tensor

from playground.core.activations import ACTIVATIONS
from playground.core.analysis import landscape
from playground.core.analysis.landscape import ManyLosses, survey
from playground.core.analysis.pca import exact_components
from playground.core.analysis.release import RECORDS, Ball, Descent, roll
from playground.core.analysis.weight_plane import (
    held_at_zero,
    lattice,
    path_plane,
    random_plane,
)
from playground.core.losses import LOSSES
from playground.core.optimizers import OPTIMIZERS
from playground.core.run import Run
from tests.core.helpers import flat, independent_model, run_of, small

D3 = {"kind": "dense", "units": 3, "activation": "tanh"}
OTHERS = [
    [D3, {"kind": "batch_norm"}, D3],
    [{**D3, "activation": "prelu"}, {"kind": "layer_norm"}],
    [{**D3, "units": 4, "activation": "linear"}, {"kind": "maxout"}],
    [D3, {"kind": "residual", "activation": "relu"}],
    [{"kind": "branches", "units": 2, "activation": "tanh"}, {"kind": "noise"}],
    [{"kind": "branches", "units": 2, "second": "step"}],  # vmap cannot see into the step
    [D3, {"kind": "activation", "activation": "softmax"}, {"kind": "dropout", "rate": 0.5}],
]


def stepped(times: int = 12, name: str = "circle", **changes: Any) -> Run:
    run = run_of(small(name, **changes))
    for _ in range(times):
        run.advance(2)
        run.measure()
    return run


def finished(steps: Generator[float, None, Tensor]) -> Tensor:
    last = 0.0
    try:
        while True:
            share = next(steps)
            assert last < share <= 1
            last = share
    except StopIteration as stop:
        assert last == 1
        return stop.value


def measured(run: Run, weights: Tensor, part: str = "train") -> float:
    """The loss that the run itself measures with these weights; it stands there afterwards."""
    run.hands.stand(weights)
    run.measured_step = -1
    metrics = run.measure()
    if part == "test":
        assert metrics.test_loss is not None
        return metrics.test_loss
    assert metrics.train_loss is not None
    return metrics.train_loss + metrics.penalty


# ---- values


@pytest.mark.parametrize("loss", list(LOSSES))
@pytest.mark.parametrize("part", ["train", "test"])
def test_values_are_those_that_the_run_measures_there(loss, part):
    tasks = LOSSES[loss].tasks
    name = "circle" if "binary" in tasks else "iris" if "multiclass" in tasks else "reg-plane"
    if loss == "poisson":
        name = "diabetes"
    run = stepped(name=name, loss=loss, layers=[D3, D3], regularization={"l1": 0.003, "l2": 0.01})
    plane = path_plane(run)
    found = finished(survey(ManyLosses(run, part), plane, side=7)).flatten()
    for i, (a, b) in list(enumerate(lattice(plane, 7).tolist()))[::5]:
        value = measured(run, plane.place(a, b), part)
        assert found[i].item() == pytest.approx(value, rel=1e-9)


@pytest.mark.parametrize("loss", ["cross_entropy", "focal", "mse", "hinge", "label_smoothing"])
def test_values_of_several_classes(loss):
    run = stepped(name="iris", loss=loss)
    plane = random_plane(run, 1)
    found = finished(survey(ManyLosses(run), plane, side=5)).flatten()
    for i, (a, b) in list(enumerate(lattice(plane, 5).tolist()))[::3]:
        assert found[i].item() == pytest.approx(measured(run, plane.place(a, b)), rel=1e-9)


@pytest.mark.parametrize("name", list(ACTIVATIONS))
def test_values_with_every_activation(name):
    run = stepped(4, layers=[{"kind": "dense", "units": 3, "activation": name}, D3])
    plane = random_plane(run, 0)
    found = finished(survey(ManyLosses(run), plane, side=3)).flatten()
    for i, (a, b) in enumerate(lattice(plane, 3).tolist()):
        assert found[i].item() == pytest.approx(measured(run, plane.place(a, b)), rel=1e-9)


@pytest.mark.parametrize("layers", OTHERS, ids=lambda one: "-".join(b["kind"] for b in one))
def test_values_with_every_block(layers):
    run = stepped(6, layers=layers)
    plane = path_plane(run)
    found = finished(survey(ManyLosses(run), plane, side=4)).flatten()
    for i, (a, b) in list(enumerate(lattice(plane, 4).tolist()))[::3]:
        assert found[i].item() == pytest.approx(measured(run, plane.place(a, b)), rel=1e-9)


def test_a_dense_network_against_plain_modules():
    run = stepped(loss="mse", layers=[D3, {**D3, "activation": "relu"}])
    plane = path_plane(run)
    found = finished(survey(ManyLosses(run), plane, side=5))
    inputs, targets = run.examples("train")
    run.hands.stand(plane.places(lattice(plane, 5))[7])
    with torch.no_grad():
        expected = (independent_model(run)(inputs) - targets).square().mean()
    assert found.flatten()[7].item() == pytest.approx(expected.item(), rel=1e-12)


@pytest.mark.parametrize("chunk", [1, 2**12, 2**30])
def test_the_size_of_the_chunks_changes_nothing(chunk, monkeypatch):
    run = stepped()
    plane = path_plane(run)
    expected = finished(survey(ManyLosses(run), plane, side=6))
    monkeypatch.setattr(landscape, "CHUNK", chunk)
    torch.testing.assert_close(finished(survey(ManyLosses(run), plane, side=6)), expected)


def test_what_is_not_finite_stays_so_and_breaks_nothing():
    run = stepped(
        layers=[{"kind": "dense", "units": 2, "activation": "formula", "formula": "exp(exp(z))"}],
        training={"precision": "float32"},
    )
    plane = random_plane(run, 0)
    losses = ManyLosses(run)
    far = losses(torch.stack([plane.place(1e4, -1e4), plane.place(0, 0)]))
    assert not math.isfinite(far[0].item())
    assert math.isfinite(far[1].item())


def test_a_survey_keeps_what_it_began_with_while_the_run_goes_on():
    run = stepped(regularization={"l2": 0.1})
    plane, losses = path_plane(run), ManyLosses(run)
    expected = finished(survey(losses, plane, side=6))
    steps = survey(losses, plane, side=6)
    losses.chunk = 5
    next(steps)
    run.advance(50)
    run.update(run.experiment.with_changes({"regularization": {"l2": 0.0}}))
    rest = 6 / 36
    while True:
        try:
            rest = next(steps)
        except StopIteration as stop:
            torch.testing.assert_close(stop.value, expected)
            break
    assert rest == 1


# ---- planes


def test_the_plane_of_a_path_is_its_pca():
    run = stepped(40)
    plane = path_plane(run)
    weights = torch.cat((run.path.points.double(), flat(run)[None])).numpy()
    expected = PCA(3).fit(weights)
    np.testing.assert_allclose(plane.ratios[:3], expected.explained_variance_ratio_, rtol=1e-6)
    for ours, theirs in zip(plane.axes.numpy(), np.array(expected.components_), strict=False):
        assert abs(ours @ theirs) == pytest.approx(1, abs=1e-6)
    assert plane.drawn == 0
    assert torch.equal(plane.centre, run.engine.flat().double())
    points = plane.coordinates(run.path.points)
    a0, a1, b0, b1 = plane.window
    assert (points[:, 0] > a0).all() and (points[:, 0] < a1).all()
    assert (points[:, 1] > b0).all() and (points[:, 1] < b1).all()
    assert points[-1].abs().max() < 1e-6, "the network stands in the plane"


@pytest.mark.parametrize("shape", [(5, 12), (12, 5), (6, 6), (2, 9), (1, 4)])
def test_components_by_either_side_agree_with_numpy(shape):
    generator = torch.Generator().manual_seed(1)
    points = torch.randn(shape, generator=generator, dtype=torch.float64)
    found = exact_components(points, 2)
    centred = (points - points.mean(0)).numpy()
    _, lengths, rows = np.linalg.svd(centred, full_matrices=False)
    rank = int((lengths > 1e-10).sum())
    assert found.rank == rank
    variances = lengths**2 / max(shape[0] - 1, 1)
    np.testing.assert_allclose(found.variances[:rank], variances[:8][:rank], atol=1e-12)
    assert found.axes.shape == (min(2, rank), shape[1])
    for ours, theirs in zip(found.axes.numpy(), rows, strict=False):
        assert abs(ours @ theirs) == pytest.approx(1, abs=1e-9)


def test_components_of_a_single_point_and_of_equal_ones():
    for points in (torch.ones(1, 5), torch.ones(7, 5), torch.zeros(3, 9)):
        found = exact_components(points.double(), 2)
        assert (found.rank, found.total, found.axes.shape[0]) == (0, 0, 0)


@pytest.mark.parametrize(("times", "drawn"), [(0, 2), (1, 1), (2, 0)])
def test_a_short_path_takes_random_directions_for_those_it_lacks(times, drawn):
    run = stepped(times)
    plane = path_plane(run)
    assert plane.drawn == drawn
    torch.testing.assert_close(plane.axes @ plane.axes.t(), torch.eye(2, dtype=torch.float64))
    a0, a1, b0, b1 = plane.window
    assert a0 < 0 < a1
    assert b0 < 0 < b1
    assert torch.isfinite(finished(survey(ManyLosses(run), plane, side=3))).all()


def test_axes_stay_on_their_side():
    run = stepped(20)
    first = path_plane(run)
    for _ in range(10):
        run.advance(2)
        run.measure()
    for like in (first, path_plane(run)):
        opposite = type(like)(**{**vars(like), "axes": -like.axes})
        again = path_plane(run, like=opposite)
        assert (again.axes * opposite.axes).sum(1).min() > 0


def test_random_directions_are_as_long_as_each_neurons_weights():
    """Against the published rule, neuron by neuron."""
    run = stepped(layers=[D3, {"kind": "layer_norm"}, D3])
    plane = random_plane(run, 3)
    assert not torch.equal(plane.axes, random_plane(run, 4).axes)
    assert torch.equal(plane.axes, random_plane(run, 3).axes)
    for axis in plane.axes:
        at = 0
        for weight, bias in run.engine.parameters():
            rows = axis[at : at + weight.numel()].view_as(weight)
            shifts = axis[at + weight.numel() : at + weight.numel() + len(bias)]
            for row, shift, own, base in zip(rows, shifts, weight, bias, strict=True):
                length = math.sqrt(row.square().sum().item() + shift.item() ** 2)
                expected = math.sqrt(own.square().sum().item() + base.item() ** 2)
                assert length == pytest.approx(expected, rel=1e-6)
            at += weight.numel() + len(bias)
        assert not axis[at:].any(), "gains stay"


def test_what_is_cut_or_has_no_bias_is_zero_all_over_the_plane():
    run = stepped(layers=[D3, {**D3, "bias": False}])
    run.act({"deed": "cut", "block": 1, "unit": 0, "source": 1, "on": True})
    run.advance(3)
    run.measure()
    mask = held_at_zero(run)
    assert int((1 - mask).sum()) == 1 + 3
    for plane in (path_plane(run), random_plane(run, 0)):
        assert not plane.axes[:, mask == 0].any()
        assert not plane.centre[mask == 0].any()


@given(a=st.floats(-50, 50), b=st.floats(-50, 50), seed=st.integers(0, 5))
def test_coordinates_are_those_of_the_place(a, b, seed):
    for plane in (path_plane(_RUN, seed), random_plane(_RUN, seed)):
        found = plane.coordinates(plane.place(a, b)[None])[0]
        assert found[:2].tolist() == pytest.approx([a, b], abs=1e-6)
        assert found[2].item() == pytest.approx(0, abs=1e-6)


# ---- standing there


@pytest.mark.parametrize("engine", ["dense", "autograd"])
def test_the_network_stands_where_it_is_put_and_comes_back(engine):
    run = run_of(small(layers=[D3, D3]), engine=engine)
    for _ in range(8):
        run.advance(2)
        run.measure()
    before = flat(run)
    run.path.plane = plane = path_plane(run)
    deed = {"deed": "stand", "plane": plane.number, "a": 0.3, "b": -0.2, "stroke": None}
    value = ManyLosses(run)(plane.place(0.3, -0.2)[None]).item()
    assert run.act(deed)
    torch.testing.assert_close(run.engine.flat().double(), plane.place(0.3, -0.2))
    metrics = run.measure()
    assert metrics.train_loss == pytest.approx(value, rel=1e-9)
    assert run.marks[-1][1:] == ("hands", "stand")
    assert not run.act({**deed, "plane": plane.number + 1}), "another plane"
    run.advance(4)
    assert run.act({"deed": "undo"})
    torch.testing.assert_close(flat(run), before, rtol=0, atol=0)


def test_standing_moves_gains_and_keeps_cuts():
    run = stepped(layers=[D3, {"kind": "layer_norm"}, D3])
    run.act({"deed": "cut", "block": 1, "unit": 0, "source": 1, "on": True})
    run.advance(2)
    before = run.engine.flat()
    weights = before.double() + 1
    run.hands.stand(weights)
    expected = weights * held_at_zero(run)
    torch.testing.assert_close(run.engine.flat().double(), expected)
    run.hands.undo()
    torch.testing.assert_close(run.engine.flat(), before, rtol=0, atol=0)
    assert run.hands.any_cut


# ---- optimizers released


@pytest.mark.parametrize("name", list(OPTIMIZERS))
def test_a_ball_rolls_as_the_run_itself_would(name):
    """The same optimizer from the same place on all points at once, so that no order matters."""
    optimizer = {"name": name, "learning_rate": 0.02}
    changes = {"batch_size": 1000, "order": "fixed"}
    run = run_of(small(layers=[D3], optimizer=optimizer, training=changes))
    ball = Descent(run, run.engine.flat(), run.experiment.optimizer)
    run.advance(4)
    ball.advance(4)
    torch.testing.assert_close(ball.weights(), run.engine.flat(), rtol=1e-9, atol=1e-12)


def test_a_ball_keeps_cuts_gains_and_running_means():
    run = stepped(layers=[D3, {"kind": "batch_norm"}, {**D3, "bias": False}])
    run.act({"deed": "cut", "block": 1, "unit": 0, "source": 1, "on": True})
    ball = Descent(run, run.engine.flat(), run.experiment.optimizer)
    for name, value in run.engine.extras().items():
        assert torch.equal(ball.engine.extras()[name], value)
    ball.advance(20)
    assert not ball.weights()[held_at_zero(run) == 0].any()


def test_several_balls_roll_in_turns_beside_the_run():
    run = stepped(layers=[D3])
    before = flat(run)
    plane, losses = path_plane(run), ManyLosses(run)
    balls = [
        Ball(OPTIMIZERS[name](learning_rate=rate))
        for name, rate in (("sgd", 0.1), ("adam", 0.01), ("lbfgs", 0.5))
    ]
    shares = list(roll(run, plane, losses, balls, 250))
    assert shares == sorted(shares)
    assert shares[-1] == 1
    torch.testing.assert_close(flat(run), before, rtol=0, atol=0)
    starts = [ball.track[0] for ball in balls]
    assert starts[0] == starts[1] == starts[2]
    assert starts[0][:3] == pytest.approx((0, 0, 0), abs=1e-9)
    for ball in balls:
        assert (ball.state, ball.step) == ("done", 250)
        assert len(ball.track) <= RECORDS + 1
        assert ball.track[-1][3] < ball.track[0][3]
    assert len({ball.track[-1] for ball in balls}) == 3
    # the last point of the track is the ball's own
    alone = Descent(run, run.engine.flat(), balls[0].optimizer)
    alone.advance(250)
    expected = [
        *plane.coordinates(alone.weights()[None])[0].tolist(),
        losses(alone.weights()[None]),
    ]
    assert balls[0].track[-1] == pytest.approx(tuple(map(float, expected)), rel=1e-9)


def test_a_ball_that_diverges_says_so_and_stops():
    run = stepped(4, name="reg-plane", layers=[{**D3, "activation": "relu"}])
    balls = [Ball(OPTIMIZERS["sgd"](learning_rate=rate)) for rate in (100.0, 0.001)]
    list(roll(run, path_plane(run), ManyLosses(run), balls, 300))
    assert [ball.state for ball in balls] == ["diverged", "done"]
    assert all(math.isfinite(value) for ball in balls for row in ball.track for value in row)
    assert balls[0].step < 300


_RUN = stepped(6)
