"""The link codec: any experiment survives it, and nothing that stands in a link is fatal."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.core.experiment import MAX_LAYERS, Experiment
from playground.core.layers import Dense, Dropout
from playground.core.layers.norm import LayerNorm
from playground.core.layers.residual import Residual
from playground.core.link import MAX_KEYS, MAX_LENGTH, decode, encode
from tests.core.test_experiment import LEAVES
from tests.strategies import experiments

KEYS = sorted(
    {key.rsplit(":", 1)[-1] for key in LEAVES}
    | {"data", "optimizer", "layers", "version", "training", "data.upload", "features"}
    | {"", ".", "..", "data.", ".data", "data.name.x", "layers.0.units", "optimizer.momentum.x"}
)
TEXTS = st.sampled_from(
    ["", "0", "1", "-1", "1e999", "nan", "inf", "true", "none", "x", "x,y", ",", ":", "dense",
     "dense:", "dense:4:tanh:1", "dropout:2", "circle", "csv", "sgd", "adamw", "1" * 5000,
     "[" * 3000, "%", "%zz", "%E4%BD", "\x00", "你好", "١٢"]
) | st.text(max_size=20)  # fmt: skip


@given(experiments())
def test_any_experiment_survives(experiment):
    query = encode(experiment)
    assert decode(query) == (experiment, ())
    # and the address that a browser makes of it
    again = dict(parse_qsl(urlencode(query), keep_blank_values=True))
    assert decode(again) == (experiment, ())


def test_the_default_needs_no_link():
    assert encode(Experiment()) == {}
    assert decode({}) == (Experiment(), ())


def test_a_link_can_be_read_by_people():
    experiment = Experiment().with_changes(
        {
            "data": {"name": "spiral", "noise": 10},
            "layers": [
                {"kind": "dense", "units": 8, "activation": "relu"},
                {"kind": "dropout", "rate": 0.25},
            ],
            "optimizer": {"name": "sgd", "momentum": 0.9},
            "features": ["x", "sin_x"],
            "regularization": {"sticky_l1": True},
        }
    )
    assert encode(experiment) == {
        "data": "spiral",
        "data.noise": "10",
        "layers": "dense:8:relu,dropout:0.25",
        "optimizer": "sgd",
        "optimizer.momentum": "0.9",
        "features": "x,sin_x",
        "regularization.sticky_l1": "1",
    }


def test_what_is_left_out_takes_its_default():
    experiment, notices = decode({"layers": "dense:7,dropout,dense"})
    assert notices == ()
    assert experiment.layers == (Dense(units=7), Dropout(), Dense())


def test_a_block_says_by_name_what_is_unusual_about_it():
    text = "dense:7:relu:l2=0.003:bias=0,residual:tanh:frozen=1:initialization=he,layer_norm"
    experiment, notices = decode({"layers": text})
    assert notices == ()
    first = Dense(units=7, activation="relu", bias=False, l2=0.003)
    second = Residual(activation="tanh", frozen=True, initialization="he")
    assert experiment.layers == (first, second, LayerNorm())
    assert encode(experiment)["layers"] == text


@given(st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=20), TEXTS, max_size=12))
def test_no_query_is_fatal(query):
    experiment, notices = decode(query)
    assert isinstance(experiment, Experiment)
    assert Experiment.from_json(experiment.to_json()) == experiment
    assert decode(encode(experiment)) == (experiment, ())
    for notice in notices:
        for language in ("en", "zh"):
            assert notice.sentence(language)
    told = {notice.params.get("key") for notice in notices}
    for key in query:
        if key.split(".")[0] not in Experiment.model_fields:
            assert key[:40] in told, "an unknown setting is told"


@given(experiments(), st.text(max_size=20), TEXTS)
def test_one_bad_setting_spoils_no_other(experiment, key, value):
    query = encode(experiment)
    if key.split(".")[0] in Experiment.model_fields:
        return
    found, notices = decode({key: value, **query})
    assert found == experiment
    assert [notice.code for notice in notices] == ["link_ignored"]


BAD = [
    ("data", "no_such_set"),
    ("data.samples", "9"),
    ("data.samples", "many"),
    ("data.samples", "50.5"),
    ("data.upload", "x"),
    ("data.upload.sha256", "short"),
    ("data.columns", ","),
    ("layers", "conv:3"),
    ("layers", "dense:0:tanh"),
    ("layers", "dense:4:tanh:9"),
    ("layers", ",".join(["dense"] * (MAX_LAYERS + 1))),
    ("layers.0.units", "5"),
    ("optimizer", "newton"),
    ("optimizer.momentum", "0.5"),  # Adam, the default, has none
    ("optimizer.learning_rate", "-1"),
    ("optimizer.learning_rate", "nan"),
    ("features", ""),
    ("features", "x,z"),
    ("loss", "regret"),
    ("version", "2"),
    ("version", "[1]"),
    ("regularization.sticky_l1", "yes"),
    ("training.seed", "1e3"),
    ("training", "fast"),
    ("__class__", "x"),
    ("data.__class__", "x"),
    ("data.model_fields", "x"),
]


@pytest.mark.parametrize(("key", "value"), BAD)
def test_what_does_not_fit_gives_a_notice_and_the_default(key, value):
    experiment, notices = decode({key: value, "data.noise": "7"})
    assert experiment == Experiment().with_changes({"data": {"noise": 7}})
    (notice,) = notices
    assert notice.code == "link_ignored"
    assert notice.params == {"key": key, "value": value[:40]}


def test_the_order_of_a_link_does_not_matter():
    query = {"optimizer.momentum": "0.5", "data.noise": "3", "optimizer": "sgd", "data": "xor"}
    forwards, backwards = decode(query), decode(dict(reversed(query.items())))
    assert forwards == backwards
    assert forwards[1] == ()


def test_a_very_long_link_is_cut_and_says_so():
    query = {f"unknown{number}": "1" for number in range(MAX_KEYS + 50)}
    experiment, notices = decode(query)
    assert experiment == Experiment()
    assert notices[-1].code == "link_too_long"
    assert len(notices) == MAX_KEYS + 1


def test_a_very_long_value_is_not_cut_into_another_one():
    names = ",".join(["a" * 150] * (MAX_LENGTH // 150 + 2))
    experiment, notices = decode({"data.columns": names})
    assert experiment.data.columns is None
    assert [notice.code for notice in notices] == ["link_ignored"]


@pytest.mark.parametrize(
    "columns", [(), ("a",), ("a,b", "c:d"), ("你好", " "), ("100%", "%2C"), ("a&b=c", "#", "?")]
)
def test_names_of_columns_hold_anything(columns):
    experiment = Experiment().with_changes({"data": {"name": "csv", "columns": list(columns)}})
    assert decode(encode(experiment)) == (experiment, ())


def test_the_visitors_own_file_is_named():
    upload = {"filename": "my table.csv", "sha256": "ab" * 32}
    experiment = Experiment().with_changes({"data": {"name": "csv", "upload": upload}})
    query = encode(experiment)
    assert query == {
        "data": "csv",
        "data.upload.filename": "my table.csv",
        "data.upload.sha256": "ab" * 32,
    }
    assert decode(query) == (experiment, ())
