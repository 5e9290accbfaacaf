"""One contract over every registered set: what the schema promises, the points keep."""

import subprocess
import sys

import numpy as np
import pytest

from playground import words
from playground.core.data import DATASETS, TASK_LOSSES, proposal_for, schema_of
from playground.core.data.csv_reader import read_table
from playground.core.data.features import applicable, input_labels
from playground.core.data.pictures.settings import PictureSettings
from playground.core.data.prepare import prepare
from playground.core.data.ratings.settings import RatingSettings
from playground.core.data.sequences.settings import SequenceSettings
from playground.core.experiment import Data, Experiment
from playground.core.losses import LOSSES
from playground.core.random import SeedRandom, TorchStream

CSV = read_table(
    b"size,colour,kind\n" + b"1.5,red,a\n2,blue,b\n,red,a\n3.25,,b\n4,green,a\n" * 10, "own.csv"
)


def table_for(name: str):
    return CSV if name == "csv" else None


WHOLE = {"pictures", "sequences", "ratings"}  # families held to a contract of their own
POINTS = [name for name, entry in DATASETS.items() if entry.family not in WHOLE]
DRAWN = [name for name in POINTS if name != "own"]  # there one paints


def variants(name: str) -> list[Data]:
    """Settings that exercise every knob of the set."""
    found = [
        Data(name=name),
        Data(name=name, scaling="standard"),
        Data(name=name, scaling="minmax"),
    ]
    knobs = DATASETS[name].knobs
    if "noise" in knobs:
        found.append(Data(name=name, noise=50, samples=11))
    if "classes" in knobs:
        found += [Data(name=name, classes=count, samples=100) for count in range(2, 7)]
    if "columns" in knobs:
        columns = schema_of(Data(name=name), table_for(name)).columns
        first = "size" if name == "csv" else columns[0]
        found.append(Data(name=name, columns=(first,)))
    if name == "formula":
        found.append(Data(name=name, formula="sin(3*x)*y"))
    if name == "own":
        found.append(Data(name=name, own_values=True))
    if "missing" in knobs:
        found.append(Data(name=name, missing="impute"))
    return found


CASES = [(name, place) for name in POINTS for place in range(len(variants(name)))]


@pytest.mark.parametrize(("name", "place"), CASES)
def test_the_points_keep_what_the_schema_promises(name, place):
    data = variants(name)[place]
    schema = schema_of(data, table_for(name))
    raw = DATASETS[name].make(data, TorchStream(1, "data"), table_for(name))
    assert raw.inputs.shape == (schema.samples, len(schema.columns))
    assert raw.targets.shape == (schema.samples,)
    assert raw.inputs.dtype == np.float64
    assert len(set(schema.columns)) == len(schema.columns)
    if schema.task == "regression":
        assert raw.targets.dtype == np.float64
        assert schema.class_names == ()
    else:
        assert raw.targets.dtype == np.int64
        drawn = range(len(schema.class_names)) if name != "own" else ()  # there one paints
        assert set(raw.targets.tolist()) == set(drawn)
        assert schema.task == "multiclass" or len(schema.class_names) == 2
        assert len(set(schema.class_names)) == len(schema.class_names)
    assert np.all(np.isfinite(raw.targets))


@pytest.mark.parametrize(("name", "place"), CASES)
def test_every_set_is_split_filled_in_and_scaled(name, place):
    experiment = Experiment(data=variants(name)[place])
    made = prepare(experiment, table_for(name), SeedRandom("0.42000"))
    total = made.schema.samples
    assert (total == 0) == (name == "own")
    assert len(made.targets_train) == len(made.inputs_train) == total * 50 // 100
    assert len(made.targets_test) == len(made.inputs_test) == total - total * 50 // 100
    for part in (made.raw_train, made.raw_test, made.inputs_train, made.inputs_test):
        assert np.all(np.isfinite(part))
    assert made.inputs_train.shape[1] == made.inputs_test.shape[1] == len(made.input_labels)
    np.testing.assert_array_equal(made.to_inputs(made.raw_test), made.inputs_test)


@pytest.mark.parametrize("name", DRAWN)
def test_the_seed_decides_everything(name):
    def values(seed: int) -> list[np.ndarray]:
        made = prepare(Experiment(data=Data(name=name)), table_for(name), TorchStream(seed, "data"))
        return [made.inputs_train, made.targets_train, made.inputs_test, made.targets_test]

    for one, other in zip(values(1), values(1), strict=True):
        np.testing.assert_array_equal(one, other)
    assert not all(np.array_equal(a, b) for a, b in zip(values(1), values(2), strict=True))


@pytest.mark.parametrize("name", POINTS)
def test_the_proposal_is_a_valid_experiment_for_the_task(name):
    start = Experiment(data=Data(name=name))
    experiment = start.with_changes(proposal_for(start.data, table_for(name)))
    schema = schema_of(experiment.data, table_for(name))
    assert schema.task in LOSSES[experiment.loss].tasks
    assert experiment.loss == TASK_LOSSES[schema.task]
    assert experiment.data.name == name
    assert input_labels(experiment.features, schema)
    assert experiment.data.scaling == ("standard" if schema.domain is None else "none")
    prepare(experiment, table_for(name), TorchStream(1, "data"))


def test_the_proposal_leaves_the_choice_of_columns_alone():
    data = Data(name="csv", target="size", columns=("kind",), missing="impute")
    start = Experiment(data=data)
    experiment = start.with_changes(proposal_for(data, CSV))
    assert (experiment.data.target, experiment.data.columns) == ("size", ("kind",))
    assert experiment.loss == "mse"


@pytest.mark.parametrize("name", DRAWN)
def test_generated_points_lie_in_their_window(name):
    schema = schema_of(Data(name=name), table_for(name))
    assert (schema.domain is None) == (DATASETS[name].family in {"table", "csv"})
    if schema.domain is None:
        assert applicable(schema) == ()
        return
    experiment = Experiment(data=Data(name=name))
    raw = DATASETS[name].make(experiment.data, TorchStream(5, "data"), None)
    corner = raw.inputs
    if DATASETS[name].family == "line":
        corner = np.column_stack([raw.inputs, raw.targets])
    (x_low, x_high), (y_low, y_high) = schema.domain
    inside = (corner[:, 0] > x_low) & (corner[:, 0] < x_high)
    inside &= (corner[:, 1] > y_low) & (corner[:, 1] < y_high)
    assert np.mean(inside) > 0.99


@pytest.mark.parametrize("language", words.LANGUAGES)
@pytest.mark.parametrize("name", POINTS)
def test_every_set_has_a_name_and_a_help_text(name, language):
    assert words.text(language, f"data.{name}.name")
    assert words.text(language, f"data.{name}.help")


def test_names_and_knobs_are_known():
    assert all(entry.name == name for name, entry in DATASETS.items())
    knobs = set().union(*(entry.knobs for entry in DATASETS.values()))
    parts = (Data, PictureSettings, SequenceSettings, RatingSettings)
    assert knobs <= set().union(*(part.model_fields for part in parts))


def test_schemas_and_csv_need_neither_torch_nor_scikit_learn():
    script = """
import sys
from playground.core.data import DATASETS, proposal_for, schema_of
from playground.core.data.csv_reader import read_table
from playground.core.data.features import input_labels
from playground.core.data.sequences.text_file import read_text
from playground.core.experiment import Data
import playground.core.data.prepare
rows = "".join(f"{k};i{k % 5};{k % 3}\\n" for k in range(30))
table = read_table(f"a;b;c\\n{rows}".encode(), "t.csv")
from playground.core.data.pictures.openml import SOURCES
text = read_text(b"No letter of this is heavy. " * 60, "t.txt")
for name, entry in DATASETS.items():
    if name not in (*SOURCES, "album"):
        data, own = Data(name=name), text if entry.brings == "text" else table
        input_labels(("x", "y"), schema_of(data, own))
        proposal_for(data, own)
heavy = {"torch", "sklearn", "pandas", "scipy", "streamlit", "plotly"} & set(sys.modules)
assert not heavy, heavy
"""
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)
