import dataclasses
import os
import sys
from types import SimpleNamespace
from urllib.error import HTTPError, URLError

import numpy as np
import pytest

from playground.core.data.pictures import openml
from playground.core.errors import PlaygroundError


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """An empty folder, and sets as if they had 30 pictures."""
    monkeypatch.setenv("PLAYGROUND_CACHE", str(tmp_path / "kept"))
    for name, source in openml.SOURCES.items():
        monkeypatch.setitem(openml.SOURCES, name, dataclasses.replace(source, count=30))
    return tmp_path / "kept"


def bunch(name="mnist", count=30, target=str):
    """What `fetch_openml` returns: rows of numbers, and targets as text."""
    size = int(np.prod(openml.SOURCES[name].shape))
    drawn = np.random.default_rng(0).integers(0, 256, (count, size))
    return SimpleNamespace(data=drawn, target=np.array([target(k % 10) for k in range(count)]))


@pytest.mark.parametrize("name", list(openml.SOURCES))
def test_what_was_fetched_is_kept_as_bytes(name, cache):
    asked = {}

    def fetch(**options):
        asked.update(options)
        return bunch(name)

    with pytest.raises(PlaygroundError) as caught:
        openml.load(name)
    assert caught.value.code == "openml_not_here"
    openml.keep(name, fetch, cache / "raw")
    assert asked["name"] == openml.SOURCES[name].dataset and asked["as_frame"] is False
    pictures, labels = openml.load(name)
    np.testing.assert_array_equal(
        pictures, bunch(name).data.reshape(-1, *openml.SOURCES[name].shape)
    )
    np.testing.assert_array_equal(labels, np.arange(30) % 10)
    assert sorted(os.listdir(cache)) == [f"{name}-labels.npy", f"{name}-pictures.npy"]
    assert list(openml.fetching(name)) == []  # it is here


def test_a_damaged_copy_is_not_believed(cache):
    openml.keep("mnist", lambda **_: bunch(), cache)
    (cache / "mnist-pictures.npy").write_bytes(b"\x93NUMPY no more")
    with pytest.raises(PlaygroundError) as caught:
        openml.load("mnist")
    assert caught.value.code == "openml_damaged"
    np.save(cache / "mnist-pictures.npy", np.zeros((3, 1, 28, 28), np.uint8))
    with pytest.raises(PlaygroundError):
        openml.load("mnist")


def script(text):
    return lambda name, folder: [sys.executable, "-c", text, name, folder]


def test_a_process_of_its_own_fetches_and_is_followed(cache, monkeypatch):
    monkeypatch.setattr(openml, "_POLL", 0.01)
    text = """
import sys, pathlib, time
import numpy as np
from types import SimpleNamespace
from playground.core.data.pictures import openml
folder = pathlib.Path(sys.argv[2])
(folder / "part").write_bytes(bytes(3 * 2**20))
time.sleep(0.1)
rows = np.full((30, 784), 7.0)
openml.keep(sys.argv[1], lambda **_: SimpleNamespace(data=rows, target=["3"] * 30), folder)
"""
    said = list(openml.fetching("mnist", script(text)))
    assert max(word["megabytes"] for word in said) == pytest.approx(3)
    pictures, labels = openml.load("mnist")
    assert (pictures == 7).all() and (labels == 3).all()
    assert not list(cache.glob("fetching-*"))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('print(\'{"trouble": "network"}\'); raise SystemExit(1)', "openml_no_network"),
        ('print(\'{"trouble": "disk"}\'); raise SystemExit(1)', "openml_disk"),
        ("raise SystemExit(1)", "openml_failed"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "openml_failed"),
    ],
)
def test_why_it_did_not_come(text, code, cache):
    with pytest.raises(PlaygroundError) as caught:
        list(openml.fetching("mnist", script(text)))
    assert caught.value.code == code
    assert "{" not in caught.value.sentence("en") + caught.value.sentence("zh")
    assert os.listdir(cache) == []


def test_fetching_that_is_given_up_leaves_nothing(cache):
    steps = openml.fetching("mnist", script("import time; time.sleep(60)"))
    next(steps)
    steps.close()
    assert os.listdir(cache) == []


def test_the_fetching_process_says_what_went_wrong(monkeypatch, capsys, tmp_path):
    import sklearn.datasets

    def unreachable(**_):
        raise URLError("no such host")

    monkeypatch.setattr(sklearn.datasets, "fetch_openml", unreachable)
    assert openml.main("mnist", str(tmp_path)) == 1
    assert capsys.readouterr().out == '{"trouble": "network"}\n'
    refused = HTTPError("https://x", 500, "broken", None, None)  # pyright: ignore[reportArgumentType]
    found = [
        openml.trouble_of(error) for error in (refused, OSError(), MemoryError(), ValueError())
    ]
    assert found == ["server", "disk", "memory", "other"]
    with pytest.raises(PlaygroundError) as caught:
        list(openml.fetching("../x"))
    assert caught.value.code == "openml_unknown"


def test_where_it_is_kept(monkeypatch):
    monkeypatch.delenv("PLAYGROUND_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere")
    assert str(openml.cache_folder()) == os.path.join("/somewhere", "network-playground")
