"""The real tables that scikit-learn bundles.

Names of columns and classes are written down here, so that a page can show them without loading
scikit-learn; the values are read by the process that trains.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from playground.core.data.model import DataSet, Raw, Schema, Task
from playground.core.errors import PlaygroundError

if TYPE_CHECKING:
    from playground.core.data.table import Table
    from playground.core.experiment import Data
    from playground.core.random import Stream


@dataclass(frozen=True)
class BundledTable:
    """What is known of a table of scikit-learn without reading it.

    Attributes:
        name: as in `sklearn.datasets.load_<name>`.
        rows: number of rows.
        columns: names of the inputs.
        target: name of what is predicted.
        classes: names of the classes; () for regression.
        options: arguments of the loader.
    """

    name: str
    rows: int
    columns: tuple[str, ...]
    target: str
    classes: tuple[str, ...] = ()
    options: Mapping[str, Any] | None = None

    @property
    def task(self) -> Task:
        if not self.classes:
            return "regression"
        return "binary" if len(self.classes) == 2 else "multiclass"

    def schema(self, data: Data, _table: Table | None = None) -> Schema:
        columns = tuple(self.columns[k] for k in self._chosen(data))
        return Schema(self.task, columns, self.classes, self.rows, self.target)

    def make(self, data: Data, _stream: Stream, _table: Table | None = None) -> Raw:
        from sklearn import datasets

        loader = getattr(datasets, f"load_{self.name}")
        inputs, targets = loader(return_X_y=True, **(self.options or {}))
        inputs = np.asarray(inputs, dtype=np.float64)[:, list(self._chosen(data))]
        return Raw(inputs, np.asarray(targets, dtype=np.int64 if self.classes else np.float64))

    def _chosen(self, data: Data) -> tuple[int, ...]:
        """Places of the chosen columns, in the table's own order."""
        if data.columns is None:
            return tuple(range(len(self.columns)))
        for name in data.columns:
            if name not in self.columns:
                raise PlaygroundError("table_no_such_column", column=name)
        found = tuple(k for k, name in enumerate(self.columns) if name in data.columns)
        if not found:
            raise PlaygroundError("table_no_inputs")
        return found

    def entry(self, proposal: Mapping[str, Any]) -> DataSet:
        return DataSet(
            name=self.name,
            family="table",
            knobs=frozenset({"columns"}),
            schema=self.schema,
            make=self.make,
            proposal=proposal,
        )


def _cell_columns() -> tuple[str, ...]:
    """Ten measures of the cell nuclei in a picture, each as mean, standard error and worst."""
    measures = (
        "radius",
        "texture",
        "perimeter",
        "area",
        "smoothness",
        "compactness",
        "concavity",
        "concave points",
        "symmetry",
        "fractal dimension",
    )
    means = tuple(f"mean {measure}" for measure in measures)
    errors = tuple(f"{measure} error" for measure in measures)
    return means + errors + tuple(f"worst {measure}" for measure in measures)


IRIS = BundledTable(
    "iris",
    150,
    ("sepal length (cm)", "sepal width (cm)", "petal length (cm)", "petal width (cm)"),
    "species",
    ("setosa", "versicolor", "virginica"),
)

WINE = BundledTable(
    "wine",
    178,
    (
        "alcohol",
        "malic_acid",
        "ash",
        "alcalinity_of_ash",
        "magnesium",
        "total_phenols",
        "flavanoids",
        "nonflavanoid_phenols",
        "proanthocyanins",
        "color_intensity",
        "hue",
        "od280/od315_of_diluted_wines",
        "proline",
    ),
    "cultivar",
    ("class_0", "class_1", "class_2"),
)

BREAST_CANCER = BundledTable(
    "breast_cancer", 569, _cell_columns(), "diagnosis", ("malignant", "benign")
)

DIABETES = BundledTable(
    "diabetes",
    442,
    ("age", "sex", "bmi", "bp", "s1", "s2", "s3", "s4", "s5", "s6"),
    "progression",
    options={"scaled": False},
)
