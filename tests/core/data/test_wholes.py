"""One contract over every set whose points are whole pictures, sequences or ratings."""

from __future__ import annotations

import numpy as np
import pytest

from playground.core.answers import asked
from playground.core.data import DATASETS, TASK_LOSSES, schema_of
from playground.core.data.model import Schema
from playground.core.data.pictures.openml import SOURCES
from playground.core.data.prepare import Prepared, prepare
from playground.core.errors import PlaygroundError
from playground.core.experiment import Data, Experiment
from playground.core.losses import LOSSES
from playground.core.network import checked
from playground.core.proposal import propose
from playground.core.random import TorchStream
from playground.core.run import Run
from playground.core.shapes import Tokens
from tests.core.helpers import BROUGHT, table_for

KINDS = ("pictures", "sequences", "ratings")
WHOLE = [
    name for name, entry in DATASETS.items() if entry.family in KINDS and name not in SOURCES
]  # what is fetched first has tests of its own


def proposed(name: str) -> Experiment:
    return propose(name, table=table_for(name))


def prepared(name: str, seed: int = 1) -> Prepared:
    return prepare(proposed(name), table_for(name), TorchStream(seed, "data"))


@pytest.mark.parametrize("name", WHOLE)
def test_the_points_keep_what_the_schema_promises(name):
    experiment = proposed(name)
    schema = schema_of(experiment.data, table_for(name))
    assert schema.kind == DATASETS[name].family
    assert schema.shape is not None
    made = prepared(name)
    total = len(made.inputs_train) + len(made.inputs_test)
    assert total == schema.samples
    for inputs, targets in (
        (made.inputs_train, made.targets_train),
        (made.inputs_test, made.targets_test),
    ):
        assert inputs.shape == (len(targets), *schema.shape)
        assert np.isfinite(inputs).all()
        _check_inputs(schema, inputs)
        _check_targets(schema, targets)


def _check_inputs(schema: Schema, inputs: np.ndarray) -> None:
    if isinstance(schema.shape, Tokens):
        assert inputs.dtype == np.int64
        assert inputs.min() >= 0
        assert (inputs.max(0) < np.broadcast_to(schema.shape.vocabularies, inputs.shape[1:])).all()
    else:
        assert inputs.dtype == np.float32


def _check_targets(schema: Schema, targets: np.ndarray) -> None:
    shape = (len(targets), schema.steps) if schema.steps else (len(targets),)
    if schema.outputs > 1:
        shape = (len(targets), schema.outputs)
    assert targets.shape == shape
    if schema.task == "regression":
        assert targets.dtype == np.float64
        assert schema.class_names == ()
        return
    assert targets.dtype == np.int64
    known = targets[targets >= 0] if schema.steps else targets
    assert known.min() >= 0
    assert known.max() < len(schema.class_names)


@pytest.mark.parametrize("name", WHOLE)
def test_the_seed_decides_everything(name):
    one, same, other = prepared(name), prepared(name), prepared(name, 2)
    np.testing.assert_array_equal(one.inputs_train, same.inputs_train)
    np.testing.assert_array_equal(one.targets_test, same.targets_test)
    assert not np.array_equal(one.inputs_train, other.inputs_train)


@pytest.mark.parametrize("name", WHOLE)
def test_raw_points_come_into_form_as_the_data_did(name):
    made = prepared(name)
    np.testing.assert_array_equal(made.to_inputs(made.raw_test), made.inputs_test)


@pytest.mark.parametrize("name", WHOLE)
def test_the_proposal_fits_and_learns(name):
    """A few steps of what is proposed: the loss falls on what it was trained on."""
    experiment = proposed(name)
    schema = schema_of(experiment.data, table_for(name))
    assert schema.task in LOSSES[experiment.loss].tasks
    assert experiment.loss == TASK_LOSSES[schema.task]
    assert all(block.problem is None for block in checked(experiment, schema))
    run = Run(experiment, table_for(name), device="cpu")
    before = run.metrics.train_loss
    assert before is not None
    run.advance(12)
    after = run.measure().train_loss
    assert after is not None
    assert after < before


@pytest.mark.parametrize("name", WHOLE)
def test_places_without_a_question_have_no_answer(name):
    run = Run(proposed(name), table_for(name), device="cpu")
    output = run.output()
    train, test = run.meter.counts
    truth = [run.targets("train")[:train], run.targets("test")[:test]]
    rows = [int(asked(part).sum()) if run.schema.steps else len(part) for part in truth]
    assert output.shape[1] == len(run.truth) == sum(rows)
    assert run.split == rows[0]


def test_a_split_that_leaves_a_part_empty_is_refused():
    from playground.core.data.model import Raw
    from playground.core.data.wholes import parts_of

    nothing = Raw(np.zeros((4, 2)), np.zeros(4), test=np.zeros(4, dtype=bool))
    with pytest.raises(PlaygroundError) as caught:
        parts_of(nothing, np.arange(4), Data())
    assert caught.value.code == "split_empty"


@pytest.mark.parametrize("name", [n for n, entry in DATASETS.items() if entry.brings])
def test_what_is_of_another_kind_counts_as_not_brought(name):
    """A visitor's table is no text: the page asks for the file, and nothing breaks."""
    others = [own for own in BROUGHT.values() if own.holds != DATASETS[name].brings]
    assert others
    for own in others:
        with pytest.raises(PlaygroundError):
            schema_of(Data(name=name), own)
