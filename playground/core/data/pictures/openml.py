"""MNIST, Fashion-MNIST and CIFAR-10, fetched from openml.org once and kept on disk as bytes.

scikit-learn fetches and checks them as text files that take gigabytes of memory when they are
read, so that happens in a process of its own (`python -m playground.core.data.pictures.openml`),
which leaves an array of bytes behind. Nothing here loads scikit-learn before that.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path
from subprocess import PIPE, Popen
from typing import Any

import numpy as np

from playground.core.errors import PlaygroundError
from playground.core.folders import cache_folder

_POLL = 0.1  # s between two looks at a fetching process
_DIGITS = tuple(str(digit) for digit in range(10))


@dataclass(frozen=True)
class Source:
    """One of the sets.

    Attributes:
        name: in experiments.
        title: as people call it.
        dataset, version: openml.org's.
        shape: of a picture.
        class_names: in the order of the labels 0 to 9.
        count: how many pictures there are.
    """

    name: str
    title: str
    dataset: str
    version: int
    shape: tuple[int, int, int]
    class_names: tuple[str, ...]
    count: int


SOURCES = {
    source.name: source
    for source in (
        Source("mnist", "MNIST", "mnist_784", 1, (1, 28, 28), _DIGITS, 70_000),
        Source(
            "fashion_mnist",
            "Fashion-MNIST",
            "Fashion-MNIST",
            1,
            (1, 28, 28),
            (
                "T-shirt/top",
                "trouser",
                "pullover",
                "dress",
                "coat",
                "sandal",
                "shirt",
                "sneaker",
                "bag",
                "ankle boot",
            ),
            70_000,
        ),
        Source(
            "cifar10",
            "CIFAR-10",
            "CIFAR_10",
            1,
            (3, 32, 32),
            (
                "airplane",
                "automobile",
                "bird",
                "cat",
                "deer",
                "dog",
                "frog",
                "horse",
                "ship",
                "truck",
            ),
            60_000,
        ),
    )
}


def _files(name: str) -> tuple[Path, Path]:
    folder = cache_folder()
    return folder / f"{name}-pictures.npy", folder / f"{name}-labels.npy"


def is_here(name: str) -> bool:
    """Whether a set was fetched."""
    return all(path.is_file() for path in _files(name))


def load(name: str) -> tuple[np.ndarray, np.ndarray]:
    """A fetched set: uint8 (n, channels, height, width), read from disk as it is looked at, and
    int64 (n,) labels.

    Raises:
        PlaygroundError: it was not fetched, or the kept files are damaged.
    """
    source = SOURCES[name]
    if not is_here(name):
        raise PlaygroundError("openml_not_here", name=source.title)
    pictures_file, labels_file = _files(name)
    try:
        pictures = np.load(pictures_file, mmap_mode="r", allow_pickle=False)
        labels = np.load(labels_file, allow_pickle=False).astype(np.int64)
    except (OSError, ValueError, EOFError) as error:
        raise PlaygroundError("openml_damaged", name=source.title) from error
    sound = pictures.shape == (source.count, *source.shape) and len(labels) == source.count
    sound = sound and pictures.dtype == np.uint8
    if not sound or labels.min(initial=0) < 0 or labels.max(initial=0) >= len(source.class_names):
        raise PlaygroundError("openml_damaged", name=source.title)
    return pictures, labels


def keep(name: str, fetch: Callable[..., Any], folder: Path) -> None:
    """Fetches a set and keeps it as bytes.

    Args:
        name: in `SOURCES`.
        fetch: scikit-learn's `fetch_openml`, or what behaves like it.
        folder: for what is fetched on the way; the caller clears it away.
    """
    source = SOURCES[name]
    bunch = fetch(
        name=source.dataset,
        version=source.version,
        as_frame=False,
        data_home=str(folder),
        n_retries=1,
    )
    values = np.asarray(bunch.data)
    pictures = np.empty((len(values), *source.shape), np.uint8)
    for start in range(0, len(values), 4096):  # a whole copy may be too large
        part = values[start : start + 4096]
        pictures[start : start + 4096] = np.round(part).reshape(-1, *source.shape)
    labels = np.asarray(bunch.target).astype(np.float64).astype(np.uint8)
    for path, array in zip(_files(name), (pictures, labels), strict=True):
        path.parent.mkdir(parents=True, exist_ok=True)
        # Under another name until it is whole: a worker may look at any moment.
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as written:
            np.save(written, array, allow_pickle=False)
        os.replace(written.name, path)


def command(name: str, folder: str) -> list[str]:
    """What starts the fetching process."""
    return [sys.executable, "-m", __name__, name, folder]


def fetching(
    name: str, start: Callable[[str, str], list[str]] = command
) -> Generator[dict[str, float]]:
    """Fetches a set in a process of its own; ends it when the generator is closed.

    Waits between two words, so it belongs in a thread that has nothing else to do.

    Yields:
        {"megabytes": on disk so far, "seconds": since the start}.

    Raises:
        PlaygroundError: no network, no room, or whatever else went wrong.
    """
    if name not in SOURCES:
        raise PlaygroundError("openml_unknown", name=str(name)[:40], known=", ".join(SOURCES))
    if is_here(name):
        return
    title = SOURCES[name].title
    try:
        cache_folder().mkdir(parents=True, exist_ok=True)
        folder = tempfile.mkdtemp(dir=cache_folder(), prefix="fetching-")
    except OSError as error:
        raise PlaygroundError("openml_no_folder", folder=str(cache_folder())) from error
    began = time.monotonic()
    child = Popen(start(name, folder), stdout=PIPE, text=True)
    try:
        while child.poll() is None:
            yield {"megabytes": _size(folder) / 2**20, "seconds": time.monotonic() - began}
            time.sleep(_POLL)
        said = child.stdout.read() if child.stdout else ""
        _judge(said, child.returncode, title)
    finally:
        if child.poll() is None:
            child.kill()
        child.wait()
        if child.stdout:
            child.stdout.close()
        shutil.rmtree(folder, ignore_errors=True)


def _judge(said: str, code: int, title: str) -> None:
    """
    Raises:
        PlaygroundError: the process did not do what it was to do; says why, as far as it said.
    """
    if code == 0:
        return
    try:
        trouble = str(json.loads(said.strip().splitlines()[-1])["trouble"])
    except (ValueError, KeyError, IndexError, TypeError):
        trouble = "ended"
    codes = {"network": "openml_no_network", "disk": "openml_disk", "memory": "openml_memory"}
    raise PlaygroundError(codes.get(trouble, "openml_failed"), name=title)


def _size(folder: str) -> int:
    """Bytes in a folder that another process writes to."""
    total = 0
    for path in Path(folder).rglob("*"):
        try:
            total += path.stat().st_size if path.is_file() else 0
        except OSError:  # gone meanwhile
            continue
    return total


def trouble_of(error: BaseException) -> str:
    """One word for what went wrong while fetching."""
    from http.client import HTTPException
    from urllib.error import HTTPError, URLError

    if isinstance(error, MemoryError):
        return "memory"
    if isinstance(error, HTTPError):
        return "server"
    if isinstance(error, URLError | HTTPException | ConnectionError | TimeoutError):
        return "network"
    return "disk" if isinstance(error, OSError) else "other"


def main(name: str, folder: str) -> int:
    """The fetching process: 0, or 1 and a line of JSON that says why."""
    from sklearn.datasets import fetch_openml

    warnings.simplefilter("ignore")  # of a second try, which is told in the end if it fails
    try:
        keep(name, fetch_openml, Path(folder))
    except Exception as error:
        sys.stdout.write(json.dumps({"trouble": trouble_of(error)}) + "\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
