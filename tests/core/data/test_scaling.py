"""Scaling, held against scikit-learn; constant and nearly constant columns."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from playground.core.data.scaling import SCALINGS


@pytest.mark.parametrize(
    ("name", "theirs"), [("standard", StandardScaler()), ("minmax", MinMaxScaler())]
)
def test_agrees_with_scikit_learn(name, theirs):
    generator = np.random.default_rng(0)
    train = generator.normal(50, [1e-3, 1, 1e6, 3], (40, 4))
    train[:, 3] = 7.7  # constant
    test = generator.normal(50, 10, (25, 4))
    scaler = SCALINGS[name](train)
    np.testing.assert_allclose(
        scaler.transform(train), theirs.fit_transform(train), rtol=1e-9, atol=1e-9
    )
    np.testing.assert_allclose(scaler.transform(test), theirs.transform(test), rtol=1e-9)


def test_none_changes_nothing():
    values = np.array([[1.0, -3e7], [2.5, 0.0]])
    np.testing.assert_array_equal(SCALINGS["none"](values).transform(values), values)


@pytest.mark.parametrize("name", list(SCALINGS))
def test_a_constant_column_becomes_zero_at_most(name):
    train = np.full((10, 1), 0.1) + np.array([0.0] * 9 + [1e-17])[:, None]
    scaled = SCALINGS[name](train).transform(train)
    np.testing.assert_allclose(scaled, 0.1 if name == "none" else 0.0, atol=1e-16)


@settings(max_examples=60, deadline=None)
@given(
    arrays(
        np.float64, st.tuples(st.integers(1, 8), st.integers(1, 4)), elements=st.floats(-1e30, 1e30)
    )
)
def test_whatever_is_scaled_is_finite(train):
    for name, fit in SCALINGS.items():
        scaler = fit(train)
        assert np.all(scaler.unit != 0)
        scaled = scaler.transform(train)
        assert np.all(np.isfinite(scaled))
        if name == "minmax":
            assert np.all((scaled >= 0) & (scaled <= 1 + 1e-12))
        if name == "standard":
            assert np.all(np.abs(scaled) <= np.sqrt(len(train)) * (1 + 1e-6))
