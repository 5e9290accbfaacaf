"""Tables of embeddings in frames: places, neighbours, analogies, products, steady signs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from playground.core.replica import Replica
from playground.core.run import Run
from tests.core.helpers import run_of, small
from tests.core.viewing import frame


def names_run(width: int = 6) -> Run:
    layers = [{"kind": "embedding", "width": width}, {"kind": "gru", "units": 4}]
    run = run_of(small("surnames", layers=layers))
    run.advance(3)
    return run


def ratings_run(*behind: dict[str, Any], width: int = 4) -> Run:
    layers = [{"kind": "embedding", "width": width}, *behind]
    run = run_of(small("ratings", layers=layers))
    run.advance(20)
    return run


def seen(run: Run, **options: Any) -> tuple[Any, Any]:
    header, arrays = frame(run, analysis="embeddings", options={"embeddings": options})
    return header["embeddings"], arrays


def tables(run: Run) -> list[np.ndarray]:
    found = dict(Replica(run).modules[0].named_parameters())
    return [part.detach().numpy() for name, part in found.items() if "tables" in name]


def test_places_are_the_scores_on_numpys_principal_components():
    run = names_run()
    told, arrays = seen(run)
    (table,) = tables(run)
    off = table - table.mean(0)
    _, values, axes = np.linalg.svd(off, full_matrices=False)
    np.testing.assert_allclose(np.abs(arrays["embeddings"]), np.abs(off @ axes[:3].T), atol=1e-5)
    np.testing.assert_allclose(told["ratios"], values**2 / (values**2).sum(), atol=1e-9)
    assert (told["sizes"], told["width"], told["axes"]) == ([len(table)], 6, "pca")


def test_names_are_told_once():
    run = names_run()
    told, _ = seen(run)
    assert told["names"] == list(run.schema.vocabulary)
    assert "names" not in seen(run, have=told["key"])[0]
    assert told["key"] <= 1e9, "an option of a view is no larger"


def test_signs_stay_while_the_network_trains():
    run = names_run()
    before = seen(run)[1]["embeddings"]
    for _ in range(12):
        run.advance(2)
        found = seen(run)[1]["embeddings"]
        for axis in range(3):
            assert found[:, axis] @ before[:, axis] > 0
        before = found


@pytest.mark.parametrize("measure", ["cosine", "euclidean"])
def test_neighbours_and_analogies_are_those_of_numpy(measure):
    run = names_run()
    (table,) = tables(run)
    unit = table / np.linalg.norm(table, axis=1, keepdims=True)
    told, _ = seen(run, chosen=5, measure=measure, terms=[3, 8, 12])
    closeness = unit @ unit[5] if measure == "cosine" else -np.linalg.norm(table - table[5], axis=1)
    expected = [row for row in np.argsort(-closeness) if row != 5][:10]
    assert [row for row, _ in told["chosen"]["near"]] == expected
    assert told["chosen"]["row"] == 5
    assert told["chosen"]["length"] == pytest.approx(np.linalg.norm(table[5]))
    rows = unit if measure == "cosine" else table
    goal = rows[3] - rows[8] + rows[12]
    if measure == "cosine":
        closeness = unit @ (goal / np.linalg.norm(goal))
    else:
        closeness = -np.linalg.norm(table - goal, axis=1)
    expected = [row for row in np.argsort(-closeness) if row not in (3, 8, 12)][:10]
    assert [row for row, _ in told["analogy"]["found"]] == expected
    best = told["analogy"]["found"][0][1]
    assert best == pytest.approx(abs(closeness[expected[0]])) or measure == "cosine"


def test_numbers_of_the_vectors_as_axes():
    run = names_run()
    (table,) = tables(run)
    told, arrays = seen(run, axes="raw", units=[4, 0, 99])
    assert told["units"] == [4, 0, 5]
    np.testing.assert_allclose(arrays["embeddings"], table[:, [4, 0, 5]], atol=1e-6)
    narrow = names_run(width=2)
    told, arrays = seen(narrow, axes="raw")
    assert told["units"] == [0, 1] and (arrays["embeddings"][:, 2] == 0).all()


# ---- users and items


def test_users_and_items_lie_in_one_plane_that_keeps_their_products():
    run = ratings_run({"kind": "dot"}, width=4)
    told, arrays = seen(run)
    users, items = (table[:, :-1] for table in tables(run))
    assert told["axes"] == "factors" and told["table"] == -1
    assert (told["sizes"], told["firsts"]) == ([len(users), len(items)], [0, len(users)])
    places = arrays["embeddings"].astype(float)
    np.testing.assert_allclose(
        places[: len(users)] @ places[len(users) :].T, users @ items.T, atol=1e-5
    )
    np.testing.assert_allclose(
        arrays["embeddings_bias"], np.concatenate([t[:, -1] for t in tables(run)]), atol=1e-6
    )
    strengths = np.linalg.svd(users @ items.T, compute_uv=False)[:3]
    np.testing.assert_allclose(told["ratios"], strengths**2 / (strengths**2).sum(), atol=1e-9)
    assert len(told["names"]) == len(users) + len(items)


@pytest.mark.parametrize("biases", [True, False])
@torch.no_grad()
def test_best_products_of_a_user_are_the_networks_best_ratings(biases):
    run = ratings_run({"kind": "dot", "biases": biases})
    told, arrays = seen(run, chosen=7)
    users = told["sizes"][0]
    assert ("embeddings_bias" in arrays) is biases
    pairs = torch.tensor([[7, item] for item in range(told["sizes"][1])])
    replica = Replica(run)
    behind = replica.values(pairs)[1][:, 0]
    best = behind.sort(descending=True).indices[:10].tolist()
    assert [row - users for row, _ in told["chosen"]["products"]] == best
    values = [value for _, value in told["chosen"]["products"]]
    assert values == pytest.approx(behind[best].tolist())
    assert all(row < users for row, _ in told["chosen"]["near"]), "users are near users"


def test_one_table_alone_and_a_network_that_takes_no_product():
    run = ratings_run({"kind": "dot"})
    told, arrays = seen(run, table=1, axes="factors", chosen=3, terms=[0, 1, 2])
    assert told["axes"] == "pca" and told["sizes"] == [told["tables"][1]]
    assert told["firsts"] == [told["tables"][0]], "its names stand behind those of the users"
    assert "products" not in told["chosen"] and len(arrays["embeddings"]) == told["tables"][1]
    neural = ratings_run({"kind": "flatten"}, {"kind": "dense", "units": 4})
    told, arrays = seen(neural, chosen=2)
    assert (told["axes"], told["multiplied"]) == ("pca", False)
    assert len(arrays["embeddings"]) == sum(told["sizes"]) and "products" not in told["chosen"]


@pytest.mark.parametrize(
    "bad",
    [
        {"chosen": 9999},
        {"chosen": "U1"},
        {"chosen": True},
        {"terms": [0, 1]},
        {"terms": [0, 1, 99999]},
        {"terms": [0, 1, 70]},  # two users and an item have no difference in common
        {"block": 7, "table": 12, "axes": "x", "measure": 3},
    ],
)
def test_wishes_that_make_no_sense(bad):
    told, arrays = seen(ratings_run({"kind": "dot"}), **bad)
    assert told["chosen"] is None and told["analogy"] is None
    assert np.isfinite(arrays["embeddings"]).all()


def test_without_an_embedding_there_is_nothing_to_see():
    run = run_of(small("waves", layers=[{"kind": "rnn", "units": 3, "states": "all"}]))
    told, arrays = seen(run)
    assert told == {"blocks": [], "block": 0} and "embeddings" not in arrays
