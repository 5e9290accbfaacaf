"""The table of brushed points, and the loss of each."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tests.core.helpers import independent_model, model_inputs, run_of, small
from tests.core.test_pca_view import PRECISE, seen
from tests.core.viewing import answer, trained

# ---- the table of brushed points


@pytest.mark.parametrize("name", ["circle", "iris", "reg-plane", "csv"])
def test_the_table_of_brushed_points(name):
    run = trained(name, changes=PRECISE)
    train = len(run.data.inputs_train)
    places = [train - 1, 0, train, 3]
    table = seen(run, brushed=places)[0]["table"]
    assert table["columns"] == list(run.schema.columns)
    assert [(row["part"], row["index"]) for row in table["rows"]] == [
        ("train", train - 1), ("train", 0), ("test", 0), ("train", 3),
    ]  # fmt: skip
    with torch.no_grad():
        output = independent_model(run)(model_inputs(run))[places]
    said = answer(run, output)
    raw = np.concatenate((run.data.raw_train, run.data.raw_test))
    targets = np.concatenate((run.data.targets_train, run.data.targets_test))
    for place, row, one, shares in zip(places, table["rows"], output, said, strict=True):
        np.testing.assert_allclose(row["values"], raw[place], rtol=1e-5)
        assert row["truth"] == pytest.approx(targets[place], rel=1e-5)
        if run.schema.task == "regression":
            assert row["prediction"] == pytest.approx(shares[0], rel=1e-4)
            assert row["share"] is None
            truth = (targets[place] - run.data.target_mean) / run.data.target_std
            expected = (one[0].item() - truth) ** 2
        elif len(shares) == 1:
            assert row["prediction"] == float(shares[0] > 0.5)
            assert row["share"] == pytest.approx(max(shares[0], 1 - shares[0]), rel=1e-5)
            expected = -np.log(shares[0] if targets[place] else 1 - shares[0])
        else:
            assert row["prediction"] == shares.argmax()
            assert row["share"] == pytest.approx(shares.max(), rel=1e-5)
            expected = -np.log(shares[int(targets[place])])
        assert row["loss"] == pytest.approx(expected, rel=1e-4)


def test_a_long_table_is_cut():
    run = trained("circle")
    table = seen(run, brushed=[*list(range(60)), 5, 5])[0]["table"]
    assert len(table["rows"]) == 60


def test_the_loss_of_one_point_is_that_of_every_loss():
    """One by one, as the whole run's loss is of all: for each loss of the catalogue."""
    from playground.core.losses import LOSSES

    for name, loss in LOSSES.items():
        task = next(iter(sorted(loss.tasks)))
        data = {"binary": "circle", "multiclass": "iris", "regression": "reg-plane"}[task]
        if loss.rates:
            continue  # its data are counts
        run = run_of(small(data, loss=name, **PRECISE))
        rows = seen(run, brushed=[0, 1, 2])[0]["table"]["rows"]
        output = run.engine.activations(run.points)[-1][:, :3]
        encoded = run.examples("train")[1][:3].t()
        each = [run.loss.value(output[:, i : i + 1], encoded[:, i : i + 1], 0) for i in range(3)]
        assert [row["loss"] for row in rows] == pytest.approx([one.item() for one in each], 1e-5)
