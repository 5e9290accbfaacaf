"""The pane of ratings: matrices, errors and recommendations, counted again by plain loops."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from playground.core.data.csv_reader import read_table
from playground.core.observe import observe
from playground.core.outputs import ratings as pane
from playground.core.proposal import propose
from playground.core.run import Run


def frame(run: Run, **options: Any) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    return observe(run, {"map": True, "options": {"output": options}}, (-1, 0), True)


@pytest.fixture(scope="module")
def run() -> Run:
    made = Run(propose("ratings"), device="cpu")
    made.advance(60)
    return made


def said(run: Run, pairs: list[list[int]]) -> np.ndarray:
    """Ratings by the network's own numbers: biases and the product of two rows of its tables."""
    tables = list(run.engine.extras().values())
    users, items = (table.double().numpy() for table in tables)
    (weight, bias) = run.engine.parameters()[-1]
    found = []
    for user, item in pairs:
        u, i = users[user], items[item]
        dot = float(u[:-1] @ i[:-1] + u[-1] + i[-1])
        found.append(dot * weight.item() + bias.item())
    return np.array(found) * run.data.target_std + run.data.target_mean


def test_the_matrices_hold_what_is_known_and_what_the_network_says(run):
    header, arrays = frame(run)
    facts = header["scene"]["ratings"]
    assert (len(facts["users"]), len(facts["items"])) == (60, 40)
    known, truth = arrays["ratings_known"], arrays["ratings_truth"]
    for mark, part in ((pane.TRAIN, "train"), (pane.TEST, "test")):
        pairs, ratings = getattr(run.data, f"raw_{part}"), getattr(run.data, f"targets_{part}")
        assert int((known == mark).sum()) == len(pairs) == facts["counts"][part]
        for index, ((user, item), rating) in enumerate(zip(pairs, ratings, strict=True)):
            assert known[user, item] == mark
            assert truth[user, item] == rating
            assert arrays["ratings_index"][user, item] == index
    gaps = np.argwhere(known == pane.GAP)
    assert len(gaps) == facts["counts"]["gaps"] == 60 * 40 - 960
    assert (arrays["ratings_index"][known == pane.GAP] == -1).all()
    hidden = pane.hidden_truth(run)
    assert hidden is not None
    np.testing.assert_allclose(truth[known == pane.GAP], hidden[known == pane.GAP], rtol=1e-6)
    some = [[3, 4], [59, 39], [0, 0], *gaps[::97].tolist()]
    expected = said(run, some)
    found = [arrays["ratings_said"][user, item] for user, item in some]
    np.testing.assert_allclose(found, expected, atol=1e-4)


def test_errors_are_those_of_a_plain_loop_cold_start_and_gaps_apart(run):
    header, arrays = frame(run)
    facts, errors = header["scene"]["ratings"], header["output"]["errors"]
    data = run.data
    users = set(data.raw_train[:, 0].tolist())
    items = set(data.raw_train[:, 1].tolist())
    cold = [k for k, (u, i) in enumerate(data.raw_test) if u not in users or i not in items]
    assert facts["counts"]["cold"] == len(cold) > 0
    assert facts["counts"]["cold_users"] == 60 - len(users) > 0
    assert facts["counts"]["cold_items"] == 40 - len(items) > 0

    def rmse(pairs: np.ndarray, truth: np.ndarray) -> float:
        return float(np.sqrt(np.mean((said(run, pairs.tolist()) - truth) ** 2)))

    assert errors["test"] == pytest.approx(rmse(data.raw_test, data.targets_test), rel=1e-4)
    assert errors["train"] == pytest.approx(rmse(data.raw_train, data.targets_train), rel=1e-4)
    assert errors["cold"] == pytest.approx(
        rmse(data.raw_test[cold], data.targets_test[cold]), rel=1e-4
    )
    gaps = np.argwhere(arrays["ratings_known"] == pane.GAP)
    hidden = pane.hidden_truth(run)
    assert hidden is not None
    assert errors["gaps"] == pytest.approx(rmse(gaps, hidden[tuple(gaps.T)]), rel=1e-4)
    # Of a cold item its mean is the mean of all.
    means = facts["baselines"]
    assert set(means) == {"global", "user", "item", "bias"}
    assert set(means["item"]) == {"train", "test", "cold", "gaps"}


def test_what_is_recommended_was_never_rated_and_is_said_to_be_best(run):
    user = 17
    header, arrays = frame(run, user=user)
    told = header["output"]["user"]
    assert told["user"] == user
    gaps = [item for item in range(40) if arrays["ratings_known"][user, item] == pane.GAP]
    row = said(run, [[user, item] for item in range(40)])
    best = sorted(gaps, key=lambda item: -row[item])[: pane.BEST]
    assert [item for item, _, _ in told["best"]] == best
    for item, value, truth in told["best"]:
        assert value == pytest.approx(row[item], abs=1e-4)
        assert truth == pytest.approx(arrays["ratings_truth"][user, item], rel=1e-5)
    liked = [rating for _, rating, _ in told["liked"]]
    assert liked == sorted(liked, reverse=True)
    # A user who is not there is nobody: the first one is shown.
    assert frame(run, user=999)[0]["output"]["user"]["user"] == 0


def test_a_large_table_shows_those_with_the_most_ratings():
    rows = ["user,item,rating"]
    for user in range(150):
        # The later the user, the more ratings.
        rows += [
            f"{user},{(user * 7 + k * 13) % 100},{1 + (user + k) % 5}" for k in range(2 + user)
        ]
    table = read_table("\n".join(rows).encode(), "many.csv")
    run = Run(propose("ratings_csv", table=table), table, device="cpu")
    header, arrays = frame(run)
    facts = header["scene"]["ratings"]
    assert arrays["ratings_said"].shape == (pane.MOST_ROWS, pane.MOST_COLUMNS)
    assert len(facts["users"]) == 150
    assert facts["hidden"] is False
    assert "gaps" not in facts["baselines"]["item"]
    shown = {facts["users"][row] for row in facts["rows"]}
    assert {str(user) for user in range(110, 150)} <= shown
    assert np.isnan(arrays["ratings_truth"][arrays["ratings_known"] == pane.GAP]).all()
    assert header["output"]["user"]["best"][0][2] is None
