"""What a data set is to the rest of the core: a schema that costs nothing, a maker of points."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

if TYPE_CHECKING:
    from playground.core.data.table import Table
    from playground.core.experiment import Data
    from playground.core.random import Stream

Task = Literal["binary", "multiclass", "regression"]
Family = Literal["points", "line", "table", "csv", "formula", "own"]
Domain = tuple[tuple[float, float], tuple[float, float]]


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


@dataclass(frozen=True, eq=False)
class Raw:
    """Points as they are made, before the split, the features and the scaling.

    Attributes:
        inputs: float64 (n, d); NaN marks a missing value of a visitor's table.
        targets: (n,) int64 class indices, or float64 values.
    """

    inputs: np.ndarray
    targets: np.ndarray


@dataclass(frozen=True)
class DataSet:
    """One entry of the registry.

    Attributes:
        name: its key in experiments, links and language catalogs.
        family: which kind of set it is.
        knobs: the fields of `Data` that change it, besides the share for training and the scaling.
        schema: what the set holds under these settings; loads neither torch nor scikit-learn.
        make: the points, drawn from the stream; the table is the visitor's, for `csv` alone.
        proposal: changes to a fresh Experiment that suit the set, nested like its JSON.
        filled: the points lie all over the window, and only their classes show the shape.
    """

    name: str
    family: Family
    knobs: frozenset[str]
    schema: Callable[[Data, Table | None], Schema]
    make: Callable[[Data, Stream, Table | None], Raw]
    proposal: Mapping[str, Any] = field(default_factory=dict)
    filled: bool = False
