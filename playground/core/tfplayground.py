"""A link of TensorFlow Playground, read into the experiment that replays it.

Its address holds everything behind the `#`, as `key=value` joined by `&`. What a key means, and
what happens to a value that makes no sense, follows that page: booleans are true unless they say
"false", unknown names take the default, the seed is a text and not a number. Whatever cannot be
honoured here is named in a notice. This module loads without torch.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from string import punctuation
from typing import Any
from urllib.parse import quote, unquote

from playground.core.data.registry import schema_of
from playground.core.errors import Notice, PlaygroundError
from playground.core.experiment import Experiment
from playground.core.lesson import Control
from playground.core.proposal import tfplayground_mode

SITE = "playground.tensorflow.org"
MAX_LENGTH = 8000
MAX_KEYS = 100
SEED = re.compile(r"0\.(\d{5})")
"""How its page writes a seed that it drew itself; a link may hold any other text."""

FEATURES = {
    "x": "x",
    "y": "y",
    "xSquared": "x2",
    "ySquared": "y2",
    "xTimesY": "xy",
    "sinX": "sin_x",
    "sinY": "sin_y",
}
"""Its input features by their keys, and what they are called here."""

SAMPLES = {"classification": 500, "regression": 1200}

_DATASETS = ("circle", "xor", "gauss", "spiral")
_VALUE_SETS = ("reg-plane", "reg-gauss")
_ACTIVATIONS = ("tanh", "relu", "sigmoid", "linear")
_DEFAULTS = {
    "activation": "tanh",
    "regularization": "none",
    "batchSize": "10",
    "dataset": "circle",
    "regDataset": "reg-plane",
    "learningRate": "0.03",
    "regularizationRate": "0",
    "noise": "0",
    "networkShape": "4,2",
    "percTrainData": "50",
    "problem": "classification",
    "x": "true",
    "y": "true",
}
_SWITCHES = ("showTestData", "discretize", "initZero")
_ABSENT = ("cosX", "cosY", "collectStats", "hideText", "tutorial")
_KNOWN = {*_DEFAULTS, *FEATURES, *_SWITCHES, *_ABSENT, "seed"}
_HIDE = "_hide"
_HIDDEN: dict[str, Control] = {
    "learningRate": "optimizer.learning_rate",
    "regularization": "regularization",
    "dataset": "data.name",
    "noise": "data.noise",
    "percTrainData": "data.train_percent",
    "batchSize": "training.batch_size",
    "numHiddenLayers": "layers",
}
"""Its controls that a link may hide and that stand alone here too."""
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_MOST_NAMED = 12


@dataclass(frozen=True)
class Replay:
    """What a link of TensorFlow Playground describes.

    Attributes:
        experiment: the same points, first weights, batches and updates, in float64.
        notices: what of the link could not be honoured.
        show_test: test points are to be shown on the map.
        discretize: the map is to be shown in steps.
        hidden: controls that are not to be shown, as a `Lesson` names them.
    """

    experiment: Experiment
    notices: tuple[Notice, ...]
    show_test: bool
    discretize: bool
    hidden: tuple[Control, ...] = ()


def read_link(link: str) -> Replay:
    """Reads a link, or only what stands behind its `#`.

    Raises:
        PlaygroundError: it is none of TensorFlow Playground's.
    """
    values = _values_of(link.strip())
    reading = _Reading(values)
    experiment = reading.experiment()
    return Replay(
        experiment=experiment,
        notices=reading.notices(),
        show_test=reading.flag("showTestData"),
        discretize=reading.flag("discretize"),
        hidden=reading.hidden(),
    )


def _values_of(link: str) -> dict[str, str]:
    """The keys of a link with their texts, as the page's own script takes them apart."""
    if len(link) > MAX_LENGTH:
        raise PlaygroundError("tfplayground_not_a_link", site=SITE)
    address, mark, content = link.partition("#")
    if not mark and "=" in address:
        content = address.rpartition("?")[2]
    values: dict[str, str] = {}
    for pair in content.split("&")[:MAX_KEYS]:
        key, _, value = pair.partition("=")
        if key:
            values[key] = value.partition("=")[0]
    if not _KNOWN & values.keys() and SITE not in address:
        raise PlaygroundError("tfplayground_not_a_link", site=SITE)
    return values


class _Reading:
    """One link being read: its values, and what could not be made of them."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values
        self._unread: dict[str, str] = {}
        self._idle: list[str] = []
        self._said: list[Notice] = []
        self._made = Experiment()

    # ---- single values

    def _text(self, key: str) -> str:
        """The text of a key; a blank one counts as left out."""
        text = unquote(self._values.get(key, "")).strip()
        return text or _DEFAULTS.get(key, "")

    def flag(self, key: str) -> bool:
        text = self._text(key)
        return bool(text) and text != "false"

    def _one_of(self, key: str, known: Iterable[str]) -> str:
        text = self._text(key)
        if text in known:
            return text
        self._unread[key] = text
        return _DEFAULTS[key]

    def _number(self, key: str, text: str | None = None) -> float | None:
        """A number as JavaScript reads one; whole ones as int. None where it is none."""
        found = self._text(key) if text is None else text.strip()
        if not _NUMBER.fullmatch(found):
            return None
        number = float(found)
        return int(number) if number.is_integer() else number

    def _set(self, key: str, *path: str, whole: bool = True) -> None:
        """Writes the number of a key into the experiment; what does not fit stays the default."""
        number = self._number(key)
        value: Any = number if whole or number is None else float(number)
        changes: Any = value
        for part in reversed(path):
            changes = {part: changes}
        try:
            self._made = self._made.with_changes(changes)
        except PlaygroundError:
            self._unread[key] = self._text(key)

    # ---- parts of the experiment

    def experiment(self) -> Experiment:
        problem = self._one_of("problem", SAMPLES)
        drawn = self._one_of("dataset", _DATASETS)
        valued = self._one_of("regDataset", _VALUE_SETS)
        name, unused = (drawn, "regDataset")
        if problem == "regression":
            name, unused = valued, "dataset"
        if self._text(unused) != _DEFAULTS[unused] and unused not in self._unread:
            self._idle.append(unused)
        self._change({"data": {"name": name, "samples": SAMPLES[problem]}})
        self._set("noise", "data", "noise")
        self._set("percTrainData", "data", "train_percent")
        self._change({"optimizer": {"name": "sgd"}})
        self._set("learningRate", "optimizer", "learning_rate", whole=False)
        self._features()
        self._layers()
        self._change({"training": {"precision": "float64"}})
        self._made = tfplayground_mode(self._made, schema_of(self._made.data))
        self._batches()
        self._penalty()
        self._seed()
        if self.flag("initZero"):
            self._change({"initialization": "zeros"})
        return self._made

    def _change(self, changes: dict[str, Any]) -> None:
        self._made = self._made.with_changes(changes)

    def _features(self) -> None:
        chosen = [ours for theirs, ours in FEATURES.items() if self.flag(theirs)]
        if chosen:
            self._change({"features": chosen})
        else:
            self._said.append(Notice("tfplayground_no_features"))

    def _layers(self) -> None:
        activation = self._one_of("activation", _ACTIVATIONS)
        for text in (self._values.get("networkShape"), _DEFAULTS["networkShape"]):
            if text is None:
                continue
            # Blank is no default here but a network without a hidden layer.
            units = [part for part in unquote(text).strip().split(",") if text.strip()]
            layers = [
                {"kind": "dense", "units": self._number("", part), "activation": activation}
                for part in units
            ]
            try:
                self._change({"layers": layers})
            except PlaygroundError:
                self._unread["networkShape"] = text
            else:
                break

    def _batches(self) -> None:
        self._set("batchSize", "training", "batch_size")
        train = self._made.data.samples * self._made.data.train_percent // 100
        if self._made.training.batch_size > train:
            # Such a batch is never full there, and nothing is ever learned.
            self._unread["batchSize"] = self._text("batchSize")
            self._change({"training": {"batch_size": int(_DEFAULTS["batchSize"])}})

    def _penalty(self) -> None:
        kind = self._one_of("regularization", ("none", "L1", "L2"))
        if kind != "none":
            self._set("regularizationRate", "regularization", kind.lower(), whole=False)
            if self._number("regularizationRate") == 0:
                self._idle.append("regularization")
        elif self._number("regularizationRate") != 0:
            self._idle.append("regularizationRate")

    def _seed(self) -> None:
        # The page's script sees the text as the browser keeps it in an address, and the text of
        # a seed is not taken apart any further.
        seed = quote(self._values.get("seed", ""), safe=punctuation, errors="replace")
        if not seed.strip():
            self._said.append(
                Notice("tfplayground_no_seed", {"seed": f"{self._made.training.seed / 1e5:.5f}"})
            )
            return
        drawn = SEED.fullmatch(seed)
        changes = {"seed": int(drawn[1])} if drawn else {"seed_text": seed}
        try:
            self._change({"training": changes})
        except PlaygroundError:
            self._unread["seed"] = seed

    def hidden(self) -> tuple[Control, ...]:
        """The controls that the link hides and that can be hidden here."""
        return tuple(ours for theirs, ours in _HIDDEN.items() if self.flag(theirs + _HIDE))

    # ---- what is to be said

    def notices(self) -> tuple[Notice, ...]:
        """What of the link could not be honoured, a sentence for each reason."""
        said = list(self._said)
        shown_here = [
            key
            for key in self._values
            if key.endswith(_HIDE) and self.flag(key) and key.removesuffix(_HIDE) not in _HIDDEN
        ]
        unknown = [key for key in self._values if key not in _KNOWN and not key.endswith(_HIDE)]
        unread = {**self._unread, **{key: self._values[key] for key in unknown}}
        if unread:
            values = [f"{key[:40]} = {text[:40]}" for key, text in unread.items()]
            said.append(Notice("tfplayground_unread", {"values": _listed(values)}))
        absent = [key for key in _ABSENT if self.flag(key)] + [key[:40] for key in shown_here]
        if absent:
            said.append(Notice("tfplayground_absent", {"keys": _listed(absent)}))
        if self._idle:
            said.append(Notice("tfplayground_idle", {"keys": _listed(self._idle)}))
        return tuple(said)


def _listed(names: list[str]) -> str:
    return ", ".join(names[:_MOST_NAMED]) + (" …" if len(names) > _MOST_NAMED else "")
