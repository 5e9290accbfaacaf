"""What many networks disagree on most, of data without a plane, against plain loops."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest
import torch

from playground.core import proposal
from playground.core.analysis.views import Arrays, Header
from playground.core.experiment import Experiment
from playground.core.plans.crowd import information
from playground.core.plans.disputed import OTHER, VOTES
from playground.core.plans.ranking import Ranking
from playground.core.plans.seeds import Seeds
from playground.core.plans.seeds_run import SeedsRun
from playground.core.run import Run
from playground.core.want import Want

COUNT = 3


def trained(name: str, steps: int = 3, count: int = COUNT) -> SeedsRun:
    experiment = proposal.choose_data(name, Experiment(), None)
    run = Seeds(experiment=experiment, count=count).build(None, None)
    run.advance(steps)
    return run


def shown(run: SeedsRun, **wishes: object) -> tuple[Header, Arrays]:
    want = Want.read({"options": {"plan": wishes}, "neurons": False})
    header, arrays = run.frame(want, (-1, 0), True)
    return header["disputed"], arrays


def said_by(run: SeedsRun, inputs: np.ndarray) -> np.ndarray:
    """What each network, opened by itself, answers: (K, units, points) or (K, T, units, points)."""
    found = []
    for member in range(run.population.count):
        alone: Run = run.part(member)
        output = alone.engine.output(alone.engine.prepare(torch.from_numpy(inputs)))
        if alone.schema.task == "regression":
            data = alone.data
            values = alone.loss.prediction(output) * data.target_std + data.target_mean
            found.append(values.detach().numpy())
        else:
            found.append(output.softmax(-2).detach().numpy())
    return np.stack(found)


def test_votes_are_those_of_the_networks_opened_one_by_one() -> None:
    run = trained("surnames")
    found, arrays = shown(run)
    said = said_by(run, run.population.data.inputs_test[: found["of"]])
    top = said.mean(0).argmax(0)
    spread = said.std(0)[top, np.arange(said.shape[2])]
    order = np.argsort(-spread, kind="stable")[:24]
    np.testing.assert_allclose([row["spread"] for row in found["rows"]], spread[order], rtol=1e-3)
    names = run.population.schema.class_names
    for row in found["rows"]:
        votes = Counter(said[:, :, row["index"]].argmax(1).tolist())
        assert row["agree"] == max(votes.values())
        truth = int(run.population.data.targets_test[row["index"]])
        assert (row["truth"], row["right"]) == (names[truth], votes[truth])
    chosen = found["chosen"]
    assert chosen["index"] == found["rows"][0]["index"]
    each = said[:, :, chosen["index"]].argmax(1)
    assert [chosen["votes"][k]["said"] for k in arrays["disputed_each"]] == [names[k] for k in each]
    assert sum(vote["count"] for vote in chosen["votes"]) == COUNT
    by_information, _ = shown(run, measure="information")
    expected = information(torch.from_numpy(said)).numpy()
    values = [row["spread"] for row in by_information["rows"]]
    np.testing.assert_allclose(values, np.sort(expected)[::-1][:24], rtol=1e-3, atol=1e-6)


def test_places_are_counted_where_something_is_asked() -> None:
    run = trained("copying")
    found, arrays = shown(run, point=5)
    chosen = found["chosen"]
    assert chosen["index"] == 5
    data, names = run.population.data, run.population.schema.class_names
    said = said_by(run, data.inputs_test[:6])[:, :, :, 5]
    asked = np.flatnonzero(data.targets_test[5] >= 0)
    assert len(chosen["places"]) == len(asked) < said.shape[1]
    each = said.argmax(2)[:, asked]
    for column, place in zip(each.T, chosen["places"], strict=True):
        votes = Counter(names[k] for k in column)
        assert place["agree"] == votes[place["said"]] == max(votes.values())
    truth = data.targets_test[5][asked]
    assert [place["truth"] for place in chosen["places"]] == [names[k] for k in truth]
    np.testing.assert_array_equal(arrays["disputed_hits"], (each == truth).sum(1))


@pytest.mark.parametrize("name", ["ratings", "waves", "digits_code"])
def test_values_are_in_their_own_units(name: str) -> None:
    run = trained(name)
    found, arrays = shown(run, member=1)
    data, chosen = run.population.data, found["chosen"]["index"]
    said = said_by(run, data.inputs_test[: found["of"]])
    if said.ndim == 3:
        spread = np.sqrt(said.var(0).mean(0))
    else:
        spread = np.sqrt(said.var(0).mean(1)).mean(0)
    assert chosen == spread.argmax()
    assert found["chosen"]["spread"] == pytest.approx(spread.max(), rel=1e-4)
    if name == "ratings":
        np.testing.assert_allclose(arrays["disputed_values"], said[:, 0, chosen], rtol=1e-4)
        assert found["chosen"]["said"] == pytest.approx(said[:, 0, chosen].mean(), rel=1e-4)
        assert found["chosen"]["truth"] == data.targets_test[chosen]
    elif name == "waves":
        series = said[:, :, 0, chosen]
        np.testing.assert_allclose(arrays["disputed_fan"][2], np.median(series, 0), atol=1e-5)
        np.testing.assert_allclose(arrays["disputed_own"], series[1], atol=1e-5)
        np.testing.assert_allclose(arrays["disputed_truth"], data.targets_test[chosen], atol=1e-6)
    else:
        mean = said[:, :, chosen].mean(0).clip(0, 1).reshape(1, 8, 8) * 255
        np.testing.assert_allclose(arrays["disputed_mean"], mean, atol=1)
        assert found["chosen"]["top"] == pytest.approx(said[:, :, chosen].std(0).max(), rel=1e-4)


@pytest.mark.parametrize("wish", [10**6, -4, True, "1", None, 2.0])
def test_a_point_that_is_not_there_is_the_most_disputed(wish: Any) -> None:
    run = trained("ratings")
    found, _ = shown(run, point=wish)
    assert found["chosen"]["index"] == found["rows"][0]["index"]


def test_many_answers_are_told_as_others() -> None:
    run = trained("parity", steps=1, count=VOTES + 4)
    with torch.no_grad():
        for one in range(5):
            found, arrays = shown(run, point=one)
            told, (kinds, rest) = found["chosen"]["votes"], found["chosen"]["others"]
            assert sum(vote["count"] for vote in told) + rest == VOTES + 4
            assert (arrays["disputed_each"] == OTHER).sum() == rest
            assert len(told) <= VOTES
            assert (kinds == 0) == (rest == 0)


def test_an_order_is_calm_while_networks_train_and_exact_while_they_rest() -> None:
    ranking = Ranking()
    assert ranking.of("a", np.array([1.0, np.nan, 3.0]), False) == [2, 0, 1]
    assert ranking.of("a", np.array([5.0, np.nan, 3.0]), False) == [2, 0, 1]
    assert ranking.of("b", np.array([5.0, np.nan, 3.0]), False) == [0, 2, 1]
    assert ranking.of("b", np.array([1.0, 9.0, 3.0]), True) == [1, 2, 0]
    assert ranking.of("b", np.array([1.0, 9.0]), False) == [1, 0]
