"""The Experiment: strict, round-tripping, and clear about what is wrong and what must reset."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from playground.core.differences import reset_reasons
from playground.core.errors import PlaygroundError
from playground.core.experiment import (
    MAX_LAYERS,
    Data,
    Experiment,
    Upload,
    describe_schema,
    experiment_from,
)
from playground.core.layers import LAYERS, Dense, Dropout
from playground.core.optimizers import OPTIMIZERS, SGD, Adam
from playground.core.settings import Settings, bounds_of, is_live, steps_of
from tests.strategies import experiments

ROOT = Path(__file__).parents[2]


def models() -> list[type[Settings]]:
    """Every settings model that an experiment is made of."""
    found: list[type[Settings]] = [Experiment, Upload, *LAYERS.values(), *OPTIMIZERS.values()]
    for field in Experiment.model_fields.values():
        if isinstance(field.annotation, type) and issubclass(field.annotation, Settings):
            found.append(field.annotation)
    return found


FIELDS = [(model, name) for model in models() for name in model.model_fields]


def test_the_app_opens_on_the_circle():
    opening = Experiment()
    assert (opening.data.name, opening.data.samples, opening.data.train_percent) == (
        "circle",
        500,
        50,
    )
    assert opening.features == ("x", "y")
    assert opening.layers == (
        Dense(units=4, activation="tanh"),
        Dense(units=2, activation="tanh"),
    )
    assert (opening.loss, opening.output_activation) == ("bce", "linear")
    assert opening.optimizer == Adam(learning_rate=0.03)
    assert (opening.training.batch_size, opening.initialization) == (10, "pytorch")


@given(experiments())
def test_json_round_trip(experiment):
    assert Experiment.from_json(experiment.to_json()) == experiment
    assert Experiment.from_json(experiment.to_json().encode()) == experiment
    assert experiment_from(json.loads(experiment.to_json())) == experiment


@given(experiments(), experiments())
def test_any_experiment_turns_into_any_other(one, other):
    changed = one.with_changes(other.model_dump(mode="json"))
    assert changed == other


@pytest.mark.parametrize(("model", "name"), FIELDS)
def test_bounds_hold(model, name):
    """Just outside its bounds a value is refused, and the default lies within them."""
    field = model.model_fields[name]
    low, high = bounds_of(field)
    if low is None and high is None:
        return
    start: dict[str, Any] = {"sha256": "0" * 64} if model is Upload else {}
    assert low is not None and high is not None, "a number has two bounds"
    optional = field.default is None
    assert optional or low <= field.default <= high
    refused = (low - 1, high + 1, float("nan"), float("inf"), "much")
    for value in refused if optional else (*refused, None):
        with pytest.raises(ValidationError):
            model.model_validate({**start, name: value})
    for step in steps_of(field) or ():
        assert getattr(model.model_validate({**start, name: step}), name) == step


@pytest.mark.parametrize("model", models())
def test_every_part_is_frozen_and_knows_its_names(model):
    start = {"sha256": "0" * 64} if model is Upload else {}
    part = model.model_validate(start)
    with pytest.raises(ValidationError):
        model.model_validate({**start, "nonsense": 1})
    with pytest.raises(ValidationError):
        setattr(part, next(iter(model.model_fields)), 1)


BROKEN: list[tuple[dict[str, Any], str]] = [
    ({"nonsense": 1}, "nonsense"),
    ({"data": {"name": "no-such-set"}}, "data.name"),
    ({"data": {"samples": 9}}, "data.samples"),
    ({"data": "circle"}, "data"),
    ({"features": []}, "features"),
    ({"features": ["z"]}, "features"),
    ({"layers": [{"kind": "conv"}]}, "layers.0"),
    ({"layers": [{"kind": "dense", "units": 513}]}, "layers.0.dense.units"),
    ({"layers": [{"kind": "dense", "activation": "cube"}]}, "layers.0.dense.activation"),
    ({"layers": [{"kind": "dropout", "rate": 0.95}]}, "layers.0.dropout.rate"),
    ({"layers": [{"kind": "dense"}] * (MAX_LAYERS + 1)}, "layers"),
    ({"optimizer": {"name": "newton"}}, "optimizer"),
    ({"optimizer": {"name": "sgd", "momentum": 1.0}}, "optimizer.sgd.momentum"),
    ({"optimizer": {"name": "adagrad", "momentum": 0.5}}, "optimizer.adagrad.momentum"),
    ({"loss": "regret"}, "loss"),
    ({"initialization": "spectral"}, "initialization"),
    ({"training": {"seed": -1}}, "training.seed"),
    ({"training": {"seed": [1]}}, "training.seed"),
    ({"training": None}, "training"),
    ({"data": {"upload": {"filename": "a.csv", "sha256": "xyz"}}}, "data.upload.sha256"),
    ({"data": {"columns": [""]}}, "data.columns.0"),
    ({"training": {"seed": "42"}}, "training.seed"),
    ({"training": {"seed": 42.0}}, "training.seed"),
    ({"training": {"seed": True}}, "training.seed"),
    ({"regularization": {"sticky_l1": 1}}, "regularization.sticky_l1"),
    ({"regularization": {"l1": "0.1"}}, "regularization.l1"),
    ({"data": {"target": 3}}, "data.target"),
]


@pytest.mark.parametrize(("content", "where"), BROKEN, ids=str)
def test_what_does_not_fit_is_named(content, where):
    with pytest.raises(PlaygroundError) as caught:
        experiment_from(content)
    assert caught.value.code in {
        "experiment_invalid",
        "experiment_unknown_setting",
        "experiment_not_offered",
        "experiment_out_of_bounds",
    }
    assert caught.value.params["where"] == where
    for language in ("en", "zh"):
        assert where in caught.value.sentence(language)


@pytest.mark.parametrize("version", [0, 2, "1", None, [], 1.5])
def test_an_unknown_version_is_said_to_be_one(version):
    with pytest.raises(PlaygroundError) as caught:
        experiment_from({"version": version})
    assert caught.value.code in {"experiment_version", "experiment_invalid"}
    assert str(caught.value)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", "1", '"a"', "[" * 100_000, b"\xff\xfe", b"\x00", "{'a': 1}"]
)
def test_what_is_no_json_object_is_refused(text):
    with pytest.raises(PlaygroundError) as caught:
        Experiment.from_json(text)
    assert caught.value.code == "experiment_not_json"


PLAIN = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
PARTS = st.lists(PLAIN, max_size=3) | st.dictionaries(st.text(max_size=8), PLAIN, max_size=3)
ANYTHING = PLAIN | PARTS | st.lists(PARTS, max_size=3)


@given(
    st.dictionaries(
        st.sampled_from([*Experiment.model_fields, "other"]),
        st.one_of(
            ANYTHING,
            st.dictionaries(st.sampled_from([name for _, name in FIELDS]), ANYTHING, max_size=3),
        ),
        max_size=4,
    )
)
def test_no_content_can_do_more_than_be_refused(content):
    try:
        made = experiment_from(content)
    except PlaygroundError as error:
        assert str(error)
    else:
        assert Experiment.from_json(made.to_json()) == made


# ---- changes


def test_changes_merge_and_replace():
    start = Experiment()
    changed = start.with_changes({"data": {"noise": 10}, "training": {"seed": 1}})
    assert (changed.data.noise, changed.data.name, changed.training.seed) == (10, "circle", 1)
    assert changed.training.batch_size == start.training.batch_size
    other = changed.with_changes({"data": {"name": "xor"}})
    assert (other.data.name, other.data.noise) == ("xor", 10)
    rate = start.with_changes({"optimizer": {"beta1": 0.5}}).with_changes(
        {"optimizer": {"learning_rate": 1}}
    )
    assert rate.optimizer == Adam(learning_rate=1, beta1=0.5)
    sgd = rate.with_changes({"optimizer": {"name": "sgd", "momentum": 0.9}})
    assert sgd.optimizer == SGD(momentum=0.9), "nothing of the old optimizer lingers"
    assert start == Experiment()
    with pytest.raises(PlaygroundError):
        start.with_changes({"optimizer": {"momentum": 0.9}})


def test_features_keep_their_own_order():
    experiment = Experiment().with_changes({"features": ["sin_x", "y", "x", "y"]})
    assert experiment.features == ("x", "y", "sin_x")


# ---- what must reset

RICH = Experiment().with_changes(
    {
        "data": {"name": "wine", "upload": {"filename": "a.csv", "sha256": "0" * 64}},
        "layers": [{"kind": "dense"}, {"kind": "dropout"}, {"kind": "dense", "units": 3}],
    }
)
OTHER_VALUES: dict[str, Any] = {
    "data.formula": "x > y",
    "data.points": [[1.0, 2.0, 1.0]],
    "data.left_out": [2, 5],
    "typed_features": ["x*y*y"],
    "data.name": "iris",
    "data.target": "kind",
    "data.columns": ["hue"],
    "data.pictures.classes": ["a", "b"],
    "data.upload.filename": "b.csv",
    "data.upload.sha256": "1" * 64,
    "features": ["x2"],
    "initialization": "he",
    "loss": "mse",
    "schedule.name": "cosine",
    "training.seed_text": "another",
    "data.ratings.user_column": "who",
    "data.ratings.item_column": "what",
    "data.ratings.rating_column": "how",
    "transfer.source": "digits_low",
}


def leaves(part: Settings, prefix: str = "") -> list[tuple[str, type[Settings], str]]:
    """Dotted path, model and name of every single setting of an experiment."""
    found = []
    for name in type(part).model_fields:
        value, path = getattr(part, name), f"{prefix}{name}"
        if isinstance(value, Settings):
            found += leaves(value, f"{path}.")
        elif name == "layers":
            for index, layer in enumerate(value):
                found += leaves(layer, f"{path}.{index}.")
        else:
            found.append((path, type(part), name))
    return found


LEAVES = {
    path: (experiment, model, name)
    for optimizer in OPTIMIZERS
    for experiment in [RICH.with_changes({"optimizer": {"name": optimizer}})]
    for path, model, name in leaves(experiment)
    if name not in {"version", "kind"} and path != "optimizer.name"
    for path in [f"{path}" if "optimizer" not in path else f"{optimizer}:{path}"]
}


def another_value(model: type[Settings], name: str, path: str, now: Any) -> Any:
    if path in OTHER_VALUES:
        return OTHER_VALUES[path]
    field = model.model_fields[name]
    low, _ = bounds_of(field)
    if isinstance(now, bool):
        return not now
    if isinstance(now, int) and low is not None:
        return int(low) + (now == low)
    if isinstance(now, float) and low is not None:
        return now / 2 if now / 2 > low else low + 0.5
    if name == "activation":
        return "relu"
    if name == "formula":
        return "sin(z)"
    if name == "initialization" and now is None:
        return "he"
    if now is None and low is not None:
        return low + 0.5
    options = [value for value in field.annotation.__args__ if value != now]  # type: ignore
    return options[0]


def changed_at(experiment: Experiment, path: str, value: Any) -> Experiment:
    """A copy with one setting changed, through its JSON."""
    content = experiment.model_dump(mode="json")
    *parents, last = path.split(".")
    place: Any = content
    for part in parents:
        place = place[int(part) if part.isdigit() else part]
    place[last] = value
    return experiment_from(content)


@pytest.mark.parametrize("key", list(LEAVES))
def test_a_setting_resets_unless_it_is_declared_live(key):
    experiment, model, name = LEAVES[key]
    path = key.rsplit(":", 1)[-1]
    now: Any = experiment
    for part in path.split("."):
        now = now[int(part)] if part.isdigit() else getattr(now, part)
    changed = changed_at(experiment, path, another_value(model, name, path, now))
    assert changed != experiment
    # The whole schedule may change, from one kind to another too
    live = is_live(model.model_fields[name]) or path.startswith("schedule.")
    expected = () if live else (path,)
    assert reset_reasons(experiment, changed) == expected
    assert reset_reasons(changed, experiment) == expected


LIVE_PARTS = {name for name, field in Experiment.model_fields.items() if is_live(field)}


def test_what_must_be_able_to_change_live():
    every = {f"{model.__name__}.{name}": model.model_fields[name] for model, name in FIELDS}
    live = {name for name, field in every.items() if is_live(field)}
    assert {
        "Adam.learning_rate", "SGD.momentum", "Regularization.l1", "Regularization.l2",
        "Training.batch_size", "Dropout.rate", "Training.stop_epochs", "View.plane",
        "Experiment.loss", "Dense.activation", "Experiment.schedule", "Experiment.optimizer",
        "Data.samples", "Data.noise", "Data.train_percent", "Training.order",
    } <= live | {f"Experiment.{name}" for name in LIVE_PARTS}  # fmt: skip
    assert not {"Data.name", "Training.seed", "Dense.units", "Data.classes"} & live


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"layers": []}, ("layers",)),
        ({"layers": [{"kind": "dense"}] * 3}, ("layers.1", "layers.2.units")),
        ({"data": {"upload": None, "classes": 5}}, ("data.classes", "data.upload")),
        ({"training": {"seed": 1, "batch_size": 1}, "loss": "mse"}, ("training.seed",)),
    ],
)
def test_several_reasons_are_all_named(changes, expected):
    assert reset_reasons(RICH, RICH.with_changes(changes)) == expected


@settings(max_examples=50)
@given(experiments(), experiments())
def test_no_reason_is_missed(one, other):
    """Without a reason two experiments differ in live settings alone."""
    if reset_reasons(one, other):
        return
    assert fixed(one.data) == fixed(other.data)
    assert fixed(one.training) == fixed(other.training)
    assert [type(layer) for layer in one.layers] == [type(layer) for layer in other.layers]
    assert [fixed(layer) for layer in one.layers] == [fixed(layer) for layer in other.layers]
    assert (one.features, one.typed_features) == (other.features, other.typed_features)


def fixed(part: Settings) -> dict[str, Any]:
    """The settings that do not change mid-run, with their values."""
    fields = type(part).model_fields.items()
    return {name: getattr(part, name) for name, field in fields if not is_live(field)}


def test_equal_experiments_need_no_reset():
    assert reset_reasons(RICH, RICH.model_copy(deep=True)) == ()
    assert RICH.layers[1] == Dropout()
    assert isinstance(RICH.data, Data)


# ---- the schema in docs/


def test_the_schema_in_docs_is_the_present_one():
    """Written by `python -m playground schema > docs/experiment.schema.json`."""
    expected = json.dumps(describe_schema(), indent=2, ensure_ascii=False) + "\n"
    found = (ROOT / "docs" / "experiment.schema.json").read_text(encoding="utf-8")
    assert found == expected


def test_the_schema_spells_out_the_registered_names():
    schema = describe_schema()
    assert "circle" in schema["$defs"]["Data"]["properties"]["name"]["enum"]
    assert "gelu" in schema["$defs"]["Dense"]["properties"]["activation"]["enum"]
    assert schema["properties"]["loss"]["enum"]
    assert schema["additionalProperties"] is False
