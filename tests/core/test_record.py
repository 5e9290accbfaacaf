"""Records that grow: deltas, jumps, breaks, thinning."""

from __future__ import annotations

import numpy as np

from playground.core.analysis.record import MOST_ROWS, Record


def told(record: Record, has: object = None) -> np.ndarray:
    return record.since(has)[1]


def test_a_viewer_is_told_what_it_lacks():
    record = Record()
    assert told(record).shape == (0, 2)
    for epoch in range(5):
        record.add(epoch, [epoch * 10.0, 1.0], epoch)
    start, rows = record.since([record.version, 3])
    assert start == 2, "the last row that the viewer has may have been replaced"
    np.testing.assert_array_equal(rows, [[e, 0, e * 10, 1] for e in (2, 3, 4)])
    for stranger in (None, [record.version + 1, 3], "x", [record.version], [record.version, 99]):
        start, rows = record.since(stranger)
        assert len(rows) == 5 - start
    assert record.since([record.version - 1, 3])[0] == 0


def test_what_happens_at_one_epoch_is_a_jump():
    record = Record()
    record.add(0, [1.0], 1)
    version = record.version
    for value in (2.0, 3.0, 4.0):
        record.add(1, [value], int(value))
    np.testing.assert_array_equal(told(record), [[0, 0, 1], [1, 0, 2], [1, 0, 4]])
    assert record.version == version


def test_going_back_forgets_what_came_after():
    record = Record()
    for epoch in range(6):
        record.add(epoch, [1.0], epoch)
    version = record.version
    record.add(2.5, [9.0], 6)
    np.testing.assert_array_equal(told(record)[:, 0], [0, 1, 2, 2.5])
    assert record.version != version
    assert record.since([version, 5])[0] == 0


def test_a_view_that_was_closed_leaves_a_break():
    record = Record()
    for frame, epoch in [(7, 0), (8, 1), (9, 200), (14, 200), (15, 201), (30, 250), (31, 251)]:
        record.add(epoch, [1.0], frame)
    assert told(record)[:, 1].tolist() == [0, 0, 0, 0, 0, 1, 0], "none where nothing moved"


def test_a_long_record_is_thinned_and_keeps_ends_and_breaks():
    record = Record()
    versions = set()
    for step in range(5000):
        record.add(step if step < 300 else step + 1000, [float(step)], step + (step >= 300))
        versions.add(record.version)
        assert len(record) <= MOST_ROWS
    rows = told(record)
    assert rows[0, 0] == 0 and rows[-1, 2] == 4999
    assert 2 < len(versions) < 60
    broken = rows[rows[:, 1] > 0]
    assert len(broken) == 1 and 1300 <= broken[0, 0] < 1400
    assert (np.diff(rows[:, 0]) > 0).all()
