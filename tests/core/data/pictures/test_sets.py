import dataclasses
import json

import numpy as np
import pytest

from playground.core.data import DATASETS, schema_of
from playground.core.data.pictures import openml
from playground.core.data.pictures.album import album_of
from playground.core.data.pictures.digits import COUNTS as DIGITS_COUNTS
from playground.core.data.pictures.drawn import KINDS
from playground.core.data.prepare import prepare
from playground.core.errors import PlaygroundError
from playground.core.experiment import Data, Experiment, Upload
from playground.core.random import TorchStream
from tests.core.helpers import CSV


def data(name, **changes):
    return Data.model_validate_json(json.dumps({"name": name, **changes}))


def made(chosen, own=None, seed=0):
    return DATASETS[chosen.name].make(chosen, TorchStream(seed, "data"), own)


def test_the_digits_are_as_many_as_the_schema_says():
    whole = made(data("digits"))
    assert tuple(np.bincount(whole.targets)) == DIGITS_COUNTS
    assert whole.inputs.shape == (1797, 1, 8, 8) and whole.inputs.max() == 255
    low = data("digits", pictures={"classes": ["0", "1", "2", "3", "4"]})
    high = data("digits", pictures={"classes": ["5", "6", "7", "8", "9"]})
    parts = [made(low), made(high)]
    assert sum(len(part.targets) for part in parts) == 1797
    for chosen, part in zip((low, high), parts, strict=True):
        assert schema_of(chosen).samples == len(part.targets)
        assert set(part.targets) == set(range(5))
    np.testing.assert_array_equal(parts[1].inputs, whole.inputs[whole.targets >= 5])
    np.testing.assert_array_equal(parts[1].targets, whole.targets[whole.targets >= 5] - 5)
    assert schema_of(high).class_names == ("5", "6", "7", "8", "9")


@pytest.mark.parametrize("classes", [["3"], ["nobody"], ["nobody", "else", "3"]])
def test_one_class_is_too_few(classes):
    with pytest.raises(PlaygroundError) as caught:
        schema_of(data("digits", pictures={"classes": classes}))
    assert caught.value.code == "pictures_two_classes"


def test_shapes_follow_their_settings():
    chosen = data("shapes", samples=60, pictures={"classes": ["star", "circle"], "colors": "fixed"})
    assert schema_of(chosen).class_names == ("circle", "star")
    part = made(chosen)
    assert set(part.targets) == {0, 1} and part.inputs.shape == (60, 3, 32, 32)
    assert part.inputs[:, 0].max() <= 243
    noisy = made(data("shapes", samples=60, noise=30))
    assert noisy.inputs.min() == 0 and noisy.inputs.max() == 255
    assert len(schema_of(data("shapes")).class_names) == len(KINDS) == 10


def test_cuts_are_of_both_photographs():
    part = made(data("photographs", samples=40, pictures={"cut": 200}))
    assert part.inputs.shape == (40, 3, 32, 32)
    means = [part.inputs[part.targets == k].mean(axis=(0, 2, 3)) for k in (0, 1)]
    # The temple stands under a bright sky; the flower is red on dark leaves.
    assert means[0][2] > means[1][2] + 40


@pytest.fixture
def small_mnist(tmp_path, monkeypatch):
    """MNIST as if it had 300 pictures, fetched."""
    monkeypatch.setenv("PLAYGROUND_CACHE", str(tmp_path))
    source = dataclasses.replace(openml.SOURCES["mnist"], count=300)
    monkeypatch.setitem(openml.SOURCES, "mnist", source)
    pictures = np.random.default_rng(0).integers(0, 256, (300, 1, 28, 28)).astype(np.uint8)
    pictures[:, 0, 0, 0] = np.arange(300) % 10
    np.save(tmp_path / "mnist-pictures.npy", pictures)
    np.save(tmp_path / "mnist-labels.npy", (np.arange(300) % 10).astype(np.uint8))


def test_so_many_of_a_fetched_set_as_are_asked_for(small_mnist):
    chosen = data("mnist", pictures={"most": 100, "classes": ["2", "5", "7"]})
    part = made(chosen)
    assert len(part.targets) == 90 and set(part.targets) == {0, 1, 2}
    # The mark in the corner says which picture it was.
    np.testing.assert_array_equal(np.array([2, 5, 7])[part.targets], part.inputs[:, 0, 0, 0])
    whole = made(data("mnist", pictures={"most": 100}))
    assert len(whole.targets) == 100
    assert not np.array_equal(
        whole.inputs, made(data("mnist", pictures={"most": 100}), seed=1).inputs
    )


def test_what_was_not_fetched_says_so(tmp_path, monkeypatch):
    monkeypatch.setenv("PLAYGROUND_CACHE", str(tmp_path))
    for name in openml.SOURCES:
        with pytest.raises(PlaygroundError) as caught:
            schema_of(data(name))
        assert caught.value.code == "openml_not_here"


def album():
    rng = np.random.default_rng(0)
    found = [("ab"[k % 2], rng.integers(0, 256, (12, 12, 3)).astype(np.uint8)) for k in range(30)]
    return album_of("mine.zip", [*found, ("c", found[0][1])])


def test_own_pictures_are_learned_only_where_they_are_those_of_the_link():
    own = album()
    upload = Upload(filename="mine.zip", sha256=own.sha256).model_dump()
    chosen = data("album", upload=upload, pictures={"classes": ["a", "b"]})
    schema = schema_of(chosen, own)
    assert (schema.samples, schema.shape, schema.class_names) == (30, (3, 12, 12), ("a", "b"))
    np.testing.assert_array_equal(made(chosen, own).inputs, own.pictures[own.labels < 2])
    other = upload | {"sha256": "0" * 64}
    for bad, brought in ((chosen, None), (data("album", upload=other), own), (data("album"), CSV)):
        with pytest.raises(PlaygroundError) as caught:
            schema_of(bad, brought)
        assert caught.value.code == "album_wanted"


def test_preprocessing_gives_the_network_what_the_schema_promises():
    settings = {"side": 12, "channels": "grey", "scale": "signed", "normalize": True}
    experiment = Experiment().with_changes(
        {"data": {"name": "shapes", "samples": 80, "pictures": settings}}
    )
    prepared = prepare(experiment, None, TorchStream(0, "data"))
    assert prepared.schema.shape == (1, 12, 12)
    assert prepared.inputs_train.shape[1:] == (1, 12, 12)
    assert prepared.inputs_train.dtype == np.float32
    assert abs(prepared.inputs_train.mean()) < 1e-4
    assert prepared.inputs_train.std() == pytest.approx(1, abs=1e-3)
    np.testing.assert_array_equal(prepared.to_inputs(prepared.raw_test), prepared.inputs_test)
