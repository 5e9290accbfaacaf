"""What a data set is to the rest of the core: a schema that costs nothing, a maker of points."""

from __future__ import annotations

import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

if TYPE_CHECKING:
    from playground.core.experiment import Data
    from playground.core.random import Stream
    from playground.core.shapes import Shape

Task = Literal["binary", "multiclass", "regression"]
Family = Literal[
    "points", "line", "table", "csv", "formula", "own", "pictures", "sequences", "ratings"
]
Kind = Literal["points", "pictures", "sequences", "ratings"]
Holds = Literal["table", "pictures", "text"]
FOLLOWING = "next"
"""The target of sequences in which every place is asked for what follows."""

_WHOLE = ("pictures", "sequences", "ratings")
Domain = tuple[tuple[float, float], tuple[float, float]]


class Brought(ABC):
    """What a visitor brings: a table, pictures, a text. It travels to a worker as bytes, by its
    hash; `brought.read` makes it of them again.

    Attributes:
        filename: what the visitor called it.
        holds: what it is, as data sets say what they are made of.
    """

    filename: str
    holds: ClassVar[Holds]

    @abstractmethod
    def parts(self, filename: str) -> list[bytes]:
        """Its bytes: one line of JSON, with this file name and with whose the rest is in it, then
        whatever it likes."""

    @cached_property
    def sha256(self) -> str:
        """Hash of what it says, whatever its file is called and however that is encoded.

        It is computed here and never taken from outside: nothing can pass for something else.
        """
        digest = hashlib.sha256()
        for part in self.parts(""):
            digest.update(part)
        return digest.hexdigest()

    def to_bytes(self) -> bytes:
        """One line of JSON, then the rest."""
        return b"".join(self.parts(self.filename))


def parted(content: bytes) -> tuple[dict[str, Any], bytes]:
    """The header of what `to_bytes` wrote, and the rest.

    Raises:
        ValueError: the first line is no JSON.
    """
    line, _, rest = content.partition(b"\n")
    return json.loads(line), rest


@dataclass(frozen=True)
class Schema:
    """What is known of a data set before a single point is made.

    Attributes:
        task: what is to be learned.
        columns: names of the d raw inputs.
        class_names: names of the classes in the order of their indices; () for regression.
        samples: number of points, both parts together.
        target: name of what is predicted.
        domain: the window (xmin, xmax), (ymin, ymax) in which the points are drawn; None for
            tables. Of a one-dimensional set the second pair is the range of the target.
        one_hot: (start, stop) of the raw inputs that encode one text column, for each such column.
        free: values may be of any size: they are standardised for training, and pictured over
            the range that they have.
        dropped: rows left out because a value was missing.
        imputed: missing values that are filled in.
        kind: what one point is: numbers in columns, a picture, a sequence, a user's rating.
        shape: of one point as the network is given it; None for columns, whose features it gets.
        steps: places of each point that ask for an answer; 0 where the whole point asks for one.
        outputs: numbers of each answer in a regression.
        vocabulary: what the tokens stand for, in the order of their numbers.
    """

    task: Task
    columns: tuple[str, ...]
    class_names: tuple[str, ...]
    samples: int
    target: str
    domain: Domain | None = None
    one_hot: tuple[tuple[int, int], ...] = ()
    dropped: int = 0
    imputed: int = 0
    free: bool = False
    kind: Kind = "points"
    shape: Shape | None = None
    steps: int = 0
    outputs: int = 1
    vocabulary: tuple[str, ...] = ()

    @property
    def follows(self) -> bool:
        """Whether every place of a sequence is asked for what follows it there."""
        return self.kind == "sequences" and self.target == FOLLOWING

    @property
    def pane(self) -> str:
        """What shows the network's answer on the right: the map of a plane, or one for each kind;
        pictures that are learned as values, as an autoencoder does, have one of their own."""
        return "codes" if self.kind == "pictures" and self.task == "regression" else self.kind


@dataclass(frozen=True, eq=False)
class Raw:
    """Points as they are made, before the split, the features and the scaling.

    Attributes:
        inputs: float64 (n, d); NaN marks a missing value of a visitor's table. Of other kinds
            (n, *shape): pictures uint8, series float32, tokens and ratings int64.
        targets: (n,) int64 class indices, or float64 values; (n, steps) with −1 or NaN where
            nothing is asked; (n, outputs) float64.
        test: bool (n,), which points are to test on, where the set says so itself.
    """

    inputs: np.ndarray
    targets: np.ndarray
    test: np.ndarray | None = None


@dataclass(frozen=True)
class DataSet:
    """One entry of the registry.

    Attributes:
        name: its key in experiments, links and language catalogs.
        family: which kind of set it is.
        knobs: the fields of `Data`, and of its part for this kind, that change it, besides
            the share for training and the scaling.
        schema: what the set holds under these settings; loads neither torch nor scikit-learn.
        make: the points, drawn from the stream; what a visitor brought goes to sets that are made
            of it.
        proposal: changes to a fresh Experiment that suit the set, nested like its JSON.
        filled: the points lie all over the window, and only their classes show the shape.
        brings: what a visitor has to bring for it, if anything.
    """

    name: str
    family: Family
    knobs: frozenset[str]
    schema: Callable[[Data, Any], Schema]
    make: Callable[[Data, Stream, Any], Raw]
    proposal: Mapping[str, Any] = field(default_factory=dict)
    filled: bool = False
    brings: Holds | None = None

    def suited(self, own: Brought | None) -> Any:
        """What a visitor brought, where this set is made of such a thing; else None."""
        return own if own is not None and own.holds == self.brings else None

    @property
    def kind(self) -> Kind:
        """What one point of the set is."""
        return self.family if self.family in _WHOLE else "points"  # type: ignore[return-value]
