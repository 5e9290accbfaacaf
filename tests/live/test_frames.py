"""Frames: what goes in comes out, laid out as a browser needs it."""

import json
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from playground.live.frames import DTYPES, decode, encode

ARRAYS = st.dictionaries(
    st.text(max_size=12),
    st.sampled_from(list(DTYPES.values())).flatmap(
        lambda dtype: hnp.arrays(dtype, hnp.array_shapes(min_dims=0, max_dims=4, min_side=0))
    ),
    max_size=5,
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
HEADERS = st.dictionaries(st.text(max_size=8).filter(lambda key: key != "arrays"), VALUES)


@given(header=HEADERS, arrays=ARRAYS)
def test_round_trip(header, arrays):
    seen, found = decode(encode(header, arrays))
    assert seen == header
    assert list(found) == list(arrays)
    for name, array in arrays.items():
        assert found[name].dtype == array.dtype
        np.testing.assert_array_equal(found[name], array)


@given(arrays=ARRAYS)
def test_everything_is_aligned_for_typed_views(arrays):
    frame = encode({}, arrays)
    (length,) = struct.unpack_from("<I", frame)
    assert (4 + length) % 8 == 0
    assert len(frame) % 8 == 0
    index = json.loads(frame[4 : 4 + length])["arrays"]
    assert all(offset % 8 == 0 for _, _, offset in index.values())


def test_numbers_that_json_lacks_become_null():
    header, _ = decode(encode({"loss": float("nan"), "list": [1.5, float("inf")]}, {}))
    assert header == {"loss": None, "list": [1.5, None]}


def test_a_view_of_part_of_an_array_is_sent_as_it_reads():
    table = np.arange(12, dtype=np.float32).reshape(3, 4)
    _, arrays = decode(encode({}, {"column": table[:, 1], "turned": table.T}))
    np.testing.assert_array_equal(arrays["column"], [1, 5, 9])
    np.testing.assert_array_equal(arrays["turned"], table.T)


def test_other_dtypes_are_refused_by_name():
    with pytest.raises(ValueError, match="'flags' has dtype bool"):
        encode({}, {"flags": np.ones(3, bool)})


@given(st.binary(max_size=64))
def test_other_bytes_are_refused(content):
    with pytest.raises(ValueError):
        decode(content)
