"""Proposals: what works for each data set, and what stays of a visitor's own network."""

from __future__ import annotations

import pytest

from playground import words
from playground.core.data import DATASETS, schema_of
from playground.core.data.csv_reader import read_table
from playground.core.errors import PlaygroundError
from playground.core.experiment import Experiment
from playground.core.layers import Dense
from playground.core.losses import fits
from playground.core.network import checked
from playground.core.optimizers import SGD
from playground.core.proposal import (
    choose_data,
    fit_to_task,
    is_proposed,
    propose,
    tfplayground_mode,
)
from tests.core.helpers import CSV, HERE, POINT_SETS, run_of, table_for

NAMES = POINT_SETS
OWN = Experiment().with_changes(
    {
        "layers": [{"kind": "dense", "units": 7, "activation": "gelu"}],
        "optimizer": {"name": "sgd", "momentum": 0.5},
        "training": {"seed": 3, "batch_size": 17, "precision": "float64"},
        "regularization": {"l2": 0.1},
    }
)


POINTS = {"data": {"points": [[1, 1, 1], [2, -1, 1], [-2, 1, 0], [-1, -2, 0]]}}


@pytest.mark.parametrize("name", NAMES)
def test_what_is_proposed_trains(name):
    run = run_of(propose(name, table=table_for(name)).with_changes(POINTS if name == "own" else {}))
    first = run.metrics.train_loss
    assert first is not None
    for _ in range(6):
        run.advance(5 * run.batches_per_epoch)
        run.measure()
    assert run.state == "ready"
    assert run.metrics.train_loss is not None
    assert run.metrics.train_loss < 0.8 * first
    assert (run.metrics.test_loss is None) == (name == "own")


@pytest.mark.parametrize("name", NAMES)
def test_a_proposal_knows_itself(name):
    table = table_for(name)
    made = propose(name, table=table)
    assert is_proposed(made, table)
    assert not is_proposed(made.with_changes({"layers": [{"kind": "dense", "units": 77}]}), table)
    assert fit_to_task(made, schema_of(made.data, table)) == (made, ())
    assert is_proposed(made.with_changes({"training": {"seed": 9}, "data": {"noise": 1}}), table)


def test_the_opening_is_the_circles_proposal():
    assert propose("circle") == Experiment()


@pytest.mark.parametrize("name", NAMES)
def test_seed_device_and_precision_are_the_visitors(name):
    current = Experiment().with_changes(
        {"training": {"seed": 77, "device": "cpu", "precision": "float64", "batch_size": 3}}
    )
    made = propose(name, current, table_for(name))
    training = made.training
    assert (training.seed, training.device, training.precision) == (77, "cpu", "float64")
    assert training.batch_size == propose(name, table=table_for(name)).training.batch_size


@pytest.mark.parametrize("after", NAMES)
@pytest.mark.parametrize("before", NAMES)
def test_a_proposed_network_gives_way(before, after):
    start = propose(before, table=table_for(before))
    assert choose_data(after, start, CSV) == propose(after, start, table_for(after))


@pytest.mark.parametrize("after", NAMES)
@pytest.mark.parametrize("before", ["circle", "iris", "sine"])
def test_a_visitors_own_network_stays(before, after):
    start, _ = fit_to_task(
        OWN.with_changes({"data": {"name": before}}),
        schema_of(OWN.with_changes({"data": {"name": before}}).data),
    )
    chosen = choose_data(after, start, CSV)
    assert chosen.data.name == after
    assert chosen.layers == (Dense(units=7, activation="gelu"),)
    assert chosen.optimizer == SGD(momentum=0.5)
    assert chosen.training == start.training
    assert chosen.regularization == start.regularization
    assert chosen.data == propose(after, start, table_for(after)).data
    schema = schema_of(chosen.data, table_for(after))
    checked(chosen, schema)
    assert fits(chosen.loss, schema.task, chosen.output_activation) is None
    run = run_of(chosen)
    run.advance(3)


def test_a_loss_stays_where_it_fits():
    start = OWN.with_changes({"loss": "huber"})
    for name in NAMES:
        assert choose_data(name, start, CSV).loss == "huber"


def test_what_had_to_change_is_told():
    start = OWN.with_changes({"features": ["y"], "output_activation": "tanh", "loss": "hinge"})
    line = start.with_changes({"data": {"name": "line"}})
    fitted, notices = fit_to_task(line, schema_of(line.data))
    assert (fitted.loss, fitted.features) == ("mse", ("x",))
    assert fitted.output_activation == "tanh", "which fits a regression, if badly"
    assert [notice.code for notice in notices] == ["loss_replaced", "features_replaced"]
    assert notices[0].params == {"before": "hinge", "after": "mse"}
    for notice in notices:
        for language in words.LANGUAGES:
            assert notice.sentence(language)


def test_a_loss_of_logits_brings_a_linear_head():
    start = OWN.with_changes({"loss": "bce", "output_activation": "tanh"})
    fitted, notices = fit_to_task(start, schema_of(start.data))
    assert (fitted.loss, fitted.output_activation) == ("bce", "linear")
    assert len(notices) == 1
    iris = start.with_changes({"data": {"name": "iris"}})
    fitted, _ = fit_to_task(iris, schema_of(iris.data))
    assert (fitted.loss, fitted.output_activation) == ("cross_entropy", "linear")


def test_features_that_still_apply_stay():
    start = OWN.with_changes({"features": ["y", "sin_x"], "data": {"name": "sine"}, "loss": "mse"})
    assert fit_to_task(start, schema_of(start.data)) == (start, ())


def test_a_table_that_is_gone_holds_nobody_back():
    """A link to a visitor's file, opened elsewhere: another set can still be chosen."""
    stranded = propose("csv", table=CSV)
    assert not is_proposed(stranded, None)
    for name in NAMES:
        if name == "csv":
            with pytest.raises(PlaygroundError) as caught:
                choose_data(name, stranded, None)
            assert caught.value.code == "table_wanted"
            continue
        chosen = choose_data(name, stranded, None)
        checked(chosen, schema_of(chosen.data))


def test_the_choice_of_columns_stays_with_the_table():
    chosen = {"name": "csv", "target": "size", "columns": ["weight", "kind"], "missing": "impute"}
    current = Experiment().with_changes({"data": chosen})
    made = propose("csv", current, CSV)
    assert made.data.target == "size"
    assert made.data.columns == ("weight", "kind")
    assert made.data.missing == "impute"
    assert made.loss == "mse"
    assert made.data.scaling == "standard"


@pytest.mark.parametrize("name", NAMES)
def test_tensorflow_playgrounds_mode_fits_every_set(name):
    table = table_for(name)
    start = propose(name, table=table)
    made = tfplayground_mode(start, schema_of(start.data, table))
    made = made.with_changes(POINTS if name == "own" else {})
    assert made.layers == start.layers
    assert made.optimizer == SGD(learning_rate=start.optimizer.learning_rate)
    run = run_of(made)
    run.advance(run.batches_per_epoch)
    assert run.measure().train_loss is not None
    assert run.notice is None


def test_a_table_gets_its_proposal_where_the_network_was_proposed():
    """Bringing in a table right after the page opened: nobody has made the network yet."""
    rows = "\n".join(f"{i % 5},{i % 3},{'left' if i % 5 > 2 else 'right'}" for i in range(30))
    table = read_table(f"a,b,side\n{rows}".encode(), "sides.csv")
    data = {"upload": {"filename": "sides.csv", "sha256": table.sha256}, "target": "side"}
    made = choose_data("csv", Experiment(), table, data=data)
    assert made.layers == propose("csv", made, table).layers
    assert made.layers != Experiment().layers
    assert made.data.target == "side"
    assert made.data.scaling == "standard"

    own = Experiment().with_changes({"layers": [{"kind": "dense", "units": 3}]})
    assert choose_data("csv", own, table, data=data).layers == own.layers


@pytest.mark.parametrize("name", [name for name in HERE if name not in POINT_SETS])
def test_an_address_that_names_no_blocks_gets_what_suits_the_data(name):
    if DATASETS[name].brings:
        return
    bare = Experiment().with_changes({"data": {"name": name}})
    made, notices = fit_to_task(bare, schema_of(bare.data))
    assert notices == ()
    proposed = propose(name)
    for part in ("layers", "optimizer", "loss"):
        assert getattr(made, part) == getattr(proposed, part)
    own = bare.with_changes({"layers": [{"kind": "flatten"}]})
    assert fit_to_task(own, schema_of(own.data))[0].layers == own.layers
