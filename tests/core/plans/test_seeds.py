"""Many starts of one experiment: what is shown of them, against plain loops over single runs."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA

from playground.core import proposal
from playground.core.errors import PlaygroundError
from playground.core.experiment import Experiment
from playground.core.link import decode, encode
from playground.core.plans.bands import COLUMNS, HEAD, LEVELS, MEASURES, Bands, quantiles
from playground.core.plans.crowd import LEAST, MOST, RUNNING, information, resolution_for
from playground.core.plans.seeds import Seeds
from playground.core.plans.seeds_run import SeedsRun
from playground.core.plans.solutions import Solutions
from playground.core.population import Scores
from playground.core.run import Run
from playground.core.want import Want

SMALL = Experiment().with_changes(
    {
        "data": {"samples": 60},
        "training": {"precision": "float64"},
        "layers": [{"kind": "dense", "units": 3, "activation": "tanh"}],
    }
)
NOTHING = (-1, 0)


def run_of(experiment: Experiment = SMALL, count: int = 3) -> SeedsRun:
    return Seeds(experiment=experiment, count=count).build(None, None)


def wishing(**wishes: object) -> Want:
    return Want.read({"options": {"plan": wishes}, "neurons": False})


def singles(count: int, steps: int, experiment: Experiment = SMALL) -> list[Run]:
    runs = [Run(experiment.with_changes({"training": {"start": k}})) for k in range(count)]
    for run in runs:
        run.advance(steps)
        run.measure()
    return runs


def test_what_is_shown_is_what_single_runs_say() -> None:
    run = run_of()
    run.advance(40)
    alone = singles(3, 40)
    header, arrays = run.frame(wishing(member=1), NOTHING, True)
    for name in MEASURES:
        expected = [getattr(one.metrics, name) for one in alone]
        np.testing.assert_allclose(arrays[name], expected, rtol=1e-6)
    side = arrays["map"].shape[0]
    x0, x1, y0, y1 = header["scene"]["domain"]
    u, v = np.meshgrid(np.linspace(x0, x1, side), np.linspace(y0, y1, side))
    raw = np.stack((u.ravel(), v.ravel()), 1)
    said = []
    for one in alone:
        inputs = one.engine.prepare(torch.from_numpy(one.data.to_inputs(raw)))
        said.append(torch.sigmoid(one.engine.output(inputs))[0].detach().numpy())
    said = np.stack(said)
    np.testing.assert_allclose(arrays["map"].ravel() / 255, said.mean(0), atol=0.003)
    np.testing.assert_allclose(arrays["member_map"].ravel() / 255, said[1], atol=0.003)
    spread = arrays["spread"].ravel() / 255 * header["spread"]["top"]
    np.testing.assert_allclose(spread, said.std(0), atol=0.002)
    wrong = [one.predicted(one.output()) != one.truth for one in alone]
    np.testing.assert_array_equal(arrays["wrong"], wrong[1].numpy())


def test_the_first_is_the_visitors_own() -> None:
    """Whatever start the experiment has, the members are the starts 0, 1, 2 …"""
    run = run_of()
    starts = [one.training.start for one in run.population.experiments]
    assert starts == [0, 1, 2]


def test_a_part_goes_on_as_the_member_does() -> None:
    run = run_of()
    for _ in range(4):
        run.advance(10)
        run.measure()
    part = run.part(2)
    assert (part.step, part.epoch, part.experiment.training.start) == (40, run.epoch, 2)
    again = Run(part.experiment, snapshot=part.snapshot())
    again.advance(25)
    run.advance(25)
    torch.testing.assert_close(again.engine.flat(), run.population.flat()[2])
    alone = singles(3, 65)[2]
    torch.testing.assert_close(alone.engine.flat(), again.engine.flat())
    rows = np.array(part.history.state())
    assert len(rows) == 5, "its curves come along"
    np.testing.assert_allclose(rows[:, 7], [0, 10, 20, 30, 40])
    assert np.isfinite(rows[:, 1]).all()
    for place in (-1, 3):
        with pytest.raises(PlaygroundError):
            run.part(place)


@pytest.mark.parametrize(
    "layers",
    [
        [{"kind": "dense", "units": 4, "activation": "tanh"}, {"kind": "dropout", "rate": 0.3}],
        [{"kind": "dense", "units": 4, "activation": "relu"}, {"kind": "batch_norm"}],
    ],
)
def test_the_link_of_a_member_trains_the_same_network(layers: list[dict[str, object]]) -> None:
    """Whoever opens the address of a network, and presses play, sees it come about again."""
    experiment = SMALL.with_changes({"layers": layers, "training": {"seed": 5, "batch_size": 7}})
    run = run_of(experiment)
    run.advance(30)
    link = encode(run.part(2).experiment)
    assert link["training.start"] == "2"
    opened, refused = decode(link)
    assert not refused
    alone = Run(opened)
    alone.advance(30)
    torch.testing.assert_close(alone.engine.flat(), run.population.flat()[2])
    shares = run.part(2).metrics
    alone.measure()
    assert alone.metrics.test_loss == pytest.approx(shares.test_loss)


def test_nothing_to_train_on_is_said() -> None:
    with pytest.raises(PlaygroundError) as caught:
        run_of(proposal.choose_data("own", Experiment(), None))
    assert caught.value.code == "population_no_points"


def test_success_is_counted_with_its_interval() -> None:
    run = run_of(count=3)
    run.scores = Scores(*(np.array([0.4, 0.8, np.nan]) for _ in range(4)))
    run.measured_step = run.step
    found = run.frame(wishing(threshold=0.8, part="train"), NOTHING, False)[0]["success"]
    assert (found["successes"], found["trials"], found["part"]) == (1, 2, "train")
    assert 0 <= found["low"] < 0.5 < found["high"] <= 1
    found = run.frame(wishing(threshold=0.81, part="nonsense"), NOTHING, False)[0]["success"]
    assert (found["successes"], found["part"]) == (0, "test")
    found = run.frame(wishing(threshold=True), NOTHING, False)[0]["success"]
    assert found["threshold"] == 0.95


@pytest.mark.parametrize(
    "wishes",
    [
        {"member": 99, "first": 999, "order": "nonsense", "space": "nonsense", "measure": 4},
        {"member": -3, "first": -3, "order": "score", "space": "weights"},
        {"member": "1", "first": 0.5, "order": 3, "space": [1.0]},
    ],
)
def test_a_viewer_may_want_what_is_not_there(wishes: dict[str, object]) -> None:
    run = run_of()
    header, arrays = run.frame(wishing(**wishes), (5, 10**9), True)
    assert header["member"] is None
    assert "member_map" not in arrays
    assert sorted(header["members"]["shown"]) == [0, 1, 2]
    assert header["history"]["start"] == 0


def test_the_best_come_first() -> None:
    run = run_of(count=4)
    run.scores = Scores(*(np.array([0.2, np.nan, 0.9, 0.5]) for _ in range(4)))
    run.measured_step = run.step
    header, _ = run.frame(wishing(order="score"), NOTHING, False)
    assert header["members"]["shown"] == [2, 3, 0, 1]


def test_only_what_is_wanted_is_sent() -> None:
    run = run_of()
    _, arrays = run.frame(Want(map=False), NOTHING, False)
    assert not {"map", "spread", "thumbs", "solutions", "member_curve"} & arrays.keys()


@pytest.mark.parametrize("name", ["blobs", "sine", "iris", "diabetes"])
def test_every_kind_of_points(name: str) -> None:
    experiment = proposal.choose_data(name, Experiment(), None)
    run = Seeds(experiment=experiment, count=3).build(None, None)
    run.advance(3)
    header, arrays = run.frame(
        wishing(member=0, space="function", measure="information"), NOTHING, True
    )
    assert header["scene"]["inputs"]
    assert len(arrays["thumbs"]) == 3
    line = header["scene"]["inputs"]["kind"] == "line"
    assert arrays["spread"].ndim == (1 if line else 2)
    assert ("fan" in arrays) == line
    assert arrays["solutions"].shape == (3, 2)
    if line:
        said = run._view._crowd.answers(0).said[:, 0]  # pyright: ignore
        np.testing.assert_allclose(arrays["spread"], said.std(0, correction=0), rtol=1e-5)
        np.testing.assert_allclose(arrays["fan"][2], said.quantile(0.5, 0), rtol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["digits", "parity"])
def test_other_kinds_have_curves_shares_and_solutions(name: str) -> None:
    experiment = proposal.choose_data(name, Experiment(), None)
    run = Seeds(experiment=experiment, count=2).build(None, None)
    run.advance(1)
    header, arrays = run.frame(wishing(space="function"), NOTHING, True)
    assert "map" not in arrays
    assert header["success"]["trials"] == 2
    assert arrays["solutions"].shape == (2, 2)


def test_a_population_that_diverged_is_done_and_stays_shown() -> None:
    wild = SMALL.with_changes(
        {"optimizer": {"name": "sgd", "learning_rate": 100.0}, "loss": "mse",
         "layers": [{"kind": "dense", "units": 3, "activation": "relu"}]}
    )  # fmt: skip
    run = run_of(wild, 2)
    for _ in range(40):
        run.advance(20)
        run.measure()
    assert not run.alive.any()
    assert run.state == "done"
    header, arrays = run.frame(wishing(), NOTHING, True)
    assert np.isfinite(arrays["train_loss"]).all()
    assert header["success"]["trials"] == 2


# -- its parts


@pytest.mark.filterwarnings("ignore:All-NaN slice")
def test_quantiles_leave_out_what_is_not_there() -> None:
    random = np.random.default_rng(1)
    values = random.normal(size=(4, 9))
    np.testing.assert_allclose(quantiles(values), np.quantile(values, LEVELS, axis=1).T)
    values[1, :4] = np.nan
    values[2] = np.nan
    found = quantiles(values)
    np.testing.assert_allclose(found, np.nanquantile(values, LEVELS, axis=1).T)
    assert np.isnan(found[2]).all()


def test_curves_are_thinned_alike() -> None:
    bands = Bands()
    for step in range(4100):
        scores = Scores(*(np.array([step, 2.0 * step, np.inf]) + k for k in range(4)))
        bands.append(step / 10, step, 0.1, scores)
    rows, own = bands.since(0), bands.of(1, 10**6)
    assert len(rows) == len(bands) == len(own) < 2100
    assert rows.shape[1] == COLUMNS
    np.testing.assert_allclose(own[:, 1], 20 * rows[:, 0], rtol=1e-5)
    np.testing.assert_allclose(own[:, 0], rows[:, 0])
    assert (rows[0, 0], rows[-1, 1]) == (0, 4099)
    assert bands.version > 0
    assert len(bands.of(0, 50)) == 50
    middle = HEAD + LEVELS.index(0.5)
    np.testing.assert_allclose(rows[:, middle], 2 * rows[:, 1], rtol=1e-5)


def test_information_is_the_part_that_networks_disagree_on() -> None:
    sure = torch.tensor([[[0.0]], [[1.0]]])
    unsure = torch.full((2, 1, 1), 0.5)
    assert information(sure).item() == pytest.approx(1)
    assert information(unsure).item() == pytest.approx(0)
    random = torch.rand(5, 3, 7, generator=torch.Generator().manual_seed(0)).softmax(1)
    mean = random.mean(0)
    # Mutual information is the mean divergence of the networks from their mean.
    divergence = (random * (random / mean).log2()).sum(1).mean(0)
    torch.testing.assert_close(information(random), divergence.double())


def test_solutions_are_those_of_sklearn_and_keep_their_sides() -> None:
    generator = torch.Generator().manual_seed(3)
    rows = torch.randn(12, 40, dtype=torch.float64, generator=generator) * torch.linspace(
        4, 0.1, 40
    )
    place = Solutions()
    found, ratios = place.place(rows)
    other = PCA(2).fit(rows.numpy())
    expected = other.transform(rows.numpy())
    np.testing.assert_allclose(found.abs(), np.abs(expected), atol=1e-9)
    np.testing.assert_allclose(ratios, other.explained_variance_ratio_)
    for step in range(5):
        moved, _ = place.place(rows + 0.01 * step)
        torch.testing.assert_close(moved, found)
    alike, none = place.place(torch.ones(4, 40))
    assert (alike.abs().max(), none) == (0, [0.0, 0.0])
    assert Solutions().place(torch.ones(1, 3))[0].shape == (1, 2)


@pytest.mark.parametrize("count", [1, 4, 16, 64, 256])
def test_a_frame_has_so_many_answers_as_there_is_time_for(count: int) -> None:
    side = resolution_for(count, resting=False)
    assert LEAST <= side <= MOST
    assert side == LEAST or side * side * count <= RUNNING
    assert resolution_for(count, resting=True) >= side


def test_memory_grows_with_the_number_of_networks() -> None:
    needs = [Seeds(experiment=SMALL, count=count).needs(None) for count in (1, 10, 100)]
    assert needs[0] > 0
    assert needs[2] - needs[1] == pytest.approx(10 * (needs[1] - needs[0]), rel=0.05)
    assert math.isfinite(needs[2])
