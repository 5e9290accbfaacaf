"""The plane of the pictures, against scikit-learn and by its own round trip."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler

from playground.core.analysis.plane import Plane, plane_for
from playground.core.data.prepare import Prepared, prepare
from playground.core.experiment import View
from playground.core.random import TorchStream
from tests.core.helpers import small, table_for


def data_of(name: str, **changes: object) -> Prepared:
    experiment = small(name, **changes)
    return prepare(experiment, table_for(name), TorchStream(3, "data"))


PLANES = [
    ("circle", View(), "xy"),
    ("breast_cancer", View(), "pca"),
    ("csv", View(), "pca"),
    ("wine", View(plane="columns", x_column=3, y_column=12), "columns"),
    ("iris", View(plane="columns", x_column=1000, y_column=0), "columns"),
    ("sine", View(), "line"),
]


@pytest.mark.parametrize(("name", "view", "kind"), PLANES)
def test_grid_points_lie_where_they_are_drawn(name, view, kind):
    data = data_of(name)
    plane = plane_for(data, view)
    assert plane.kind == kind
    size = 7
    grid = plane.grid(size)
    u0, u1, v0, v1 = plane.domain
    u = np.linspace(u0, u1, size)
    where = plane.project(grid)
    if kind == "line":
        assert grid.shape == (size, 1)
        np.testing.assert_allclose(where[:, 0], u)
        np.testing.assert_allclose(grid[:, 0], u)
        return
    assert grid.shape == (size * size, len(data.schema.columns))
    v = np.linspace(v0, v1, size)
    for row in range(size):  # row 0 is the lowest v
        for column in range(size):
            np.testing.assert_allclose(where[row * size + column], [u[column], v[row]], atol=1e-9)
    points = plane.project(np.concatenate((data.raw_train, data.raw_test)))
    if data.domain is None:
        assert (points[:, 0] > u0).all() and (points[:, 0] < u1).all()
        assert (points[:, 1] > v0).all() and (points[:, 1] < v1).all()


def test_two_inputs_are_their_own_plane():
    data = data_of("circle")
    plane = plane_for(data, View(plane="pca"))
    assert plane.domain == (-6, 6, -6, 6)
    assert plane.labels == ("x", "y")
    np.testing.assert_array_equal(plane.project(data.raw_test), data.raw_test)
    two = data_of("iris", data={"columns": ["petal width (cm)", "sepal length (cm)"]})
    plane = plane_for(two, View())
    assert plane.kind == "xy"
    np.testing.assert_array_equal(plane.project(two.raw_test), two.raw_test)


def test_other_columns_stay_at_their_training_mean():
    data = data_of("wine")
    plane = plane_for(data, View(plane="columns", x_column=3, y_column=12))
    assert plane.labels == (data.schema.columns[3], data.schema.columns[12])
    grid = plane.grid(5)
    others = [k for k in range(13) if k not in (3, 12)]
    expected = np.broadcast_to(data.raw_train.mean(axis=0)[others], (25, 11))
    np.testing.assert_allclose(grid[:, others], expected, rtol=1e-12)
    np.testing.assert_array_equal(plane.project(data.raw_test), data.raw_test[:, [3, 12]])


def test_one_column_on_both_axes():
    plane = plane_for(data_of("iris"), View(plane="columns", x_column=1, y_column=1))
    assert np.isfinite(plane.grid(5)).all()


@pytest.mark.parametrize("name", ["iris", "wine", "breast_cancer", "diabetes"])
def test_the_principal_plane_is_scikit_learns(name):
    data = data_of(name)
    plane = plane_for(data, View())
    scaler = StandardScaler().fit(data.raw_train)
    expected = PCA(2).fit(scaler.transform(data.raw_train))
    theirs = expected.transform(scaler.transform(data.raw_test))
    ours = plane.project(data.raw_test)
    signs = np.sign((ours * theirs).sum(axis=0))
    np.testing.assert_allclose(ours, theirs * signs, atol=1e-8)
    assert plane.explained == pytest.approx(tuple(expected.explained_variance_ratio_))
    # Back in the raw inputs a point of the plane is the inverse transformation.
    corner = plane.origin + np.array([1.5, -0.5]) @ plane.axes
    inverse = scaler.inverse_transform(expected.inverse_transform([[1.5, -0.5] * signs]))
    np.testing.assert_allclose(corner, inverse[0], rtol=1e-9)
    loadings = plane.axes / scaler.scale_
    assert (loadings[np.arange(2), np.abs(loadings).argmax(axis=1)] > 0).all()


@pytest.mark.parametrize(
    "raw", [np.ones((6, 3)), np.eye(3)[:1].repeat(6, 0), np.arange(18.0).reshape(6, 3)]
)
def test_a_plane_for_data_without_two_directions(raw):
    """Constant columns, or all points on one line: still a window that can be drawn."""
    base = data_of("iris", data={"columns": list(data_of("iris").schema.columns[:3])})
    data = Prepared(
        base.schema, base.features, base.form, raw[:4], raw[4:], raw[:4], raw[4:],
        np.zeros(4, dtype=np.int64), np.zeros(2, dtype=np.int64),
    )  # fmt: skip
    plane = plane_for(data, View())
    u0, u1, v0, v1 = plane.domain
    assert u0 < u1
    assert v0 < v1
    assert np.isfinite(plane.grid(4)).all()
    assert np.isfinite(plane.project(raw)).all()
    assert plane.explained is not None
    assert all(0 <= share <= 1 for share in plane.explained)


def test_a_line_has_its_values_as_second_axis():
    data = data_of("line")
    plane = plane_for(data, View())
    assert isinstance(plane, Plane)
    values = np.concatenate((data.targets_train, data.targets_test))
    assert plane.domain[2] < values.min() < values.max() < plane.domain[3]
    assert plane.domain[:2] == (-2.5, 2.5)
