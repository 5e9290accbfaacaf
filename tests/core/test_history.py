"""The curves of a run: rows, gaps, thinning, versions."""

import numpy as np

from playground.core.history import MOST_POINTS, History, Metrics


def metrics(loss: float) -> Metrics:
    return Metrics(loss, None, 0.0, 0.5, None)


def test_history_rows_and_gaps():
    history = History()
    history.append(0.0, metrics(1.0))
    history.append(0.5, metrics(0.5))
    rows = history.since(0)
    assert rows.dtype == np.float32
    assert rows.shape == (2, 9)
    assert rows[1, :2].tolist() == [0.5, 0.5]
    assert np.isnan(rows[:, [2, 5]]).all()
    assert history.since(1).shape == (1, 9)
    assert history.since(2).shape == (0, 9)


def test_a_second_measurement_of_a_moment_replaces_the_first():
    history = History()
    for epoch in (0.0, 1.0, 2.0, 3.0):
        history.append(epoch, metrics(epoch))
    version = history.version
    history.append(2.0, metrics(7.0))  # after divergence the run is back at an earlier moment
    assert [row[:2] for row in history.state()] == [[0, 0], [1, 1], [2, 7]]
    assert history.version > version, "whoever holds a copy must take it anew"


def test_a_long_history_is_thinned_evenly():
    history = History()
    end = 20 * MOST_POINTS
    for epoch in range(end + 1):
        version = history.version
        history.append(float(epoch), metrics(1.0))
        if history.version != version or epoch == end:
            epochs = np.array([row[0] for row in history.state()])
            assert (epochs[0], epochs[-1]) == (0, epoch)
            gaps = np.diff(epochs)
            assert (gaps > 0).all(), "no moment stands in it twice"
            assert gaps.max() <= epoch / 150, "even on a linear axis"
            assert (gaps / (1 + epochs[:-1])).max() <= 1, "and on a logarithmic one"
            assert MOST_POINTS // 4 < len(history) <= MOST_POINTS
    assert 5 < history.version < end // 500


def test_only_thinning_and_replacing_change_the_version():
    history = History()
    for epoch in range(MOST_POINTS):
        history.append(float(epoch), metrics(1.0))
    assert history.version == 0


def test_what_float32_cannot_hold_is_a_gap():
    history = History()
    history.append(0.0, metrics(1e300))
    history.append(1.0, metrics(1e30))
    found = history.since(0)[:, 1]
    assert np.isnan(found[0])
    assert found[1] == np.float32(1e30)


def test_later_rows_are_forgotten():
    history = History()
    for epoch in range(5):
        history.append(float(epoch), metrics(1.0))
    history.forget_after(4.0)
    assert (len(history), history.version) == (5, 0)
    history.forget_after(2.5)
    assert (len(history), history.version) == (3, 1)
