"""What data look like on a card: their own pictures, and nothing else."""

from __future__ import annotations

import numpy as np
import pytest

from playground.core.data import DATASETS
from playground.core.data.prepare import prepare
from playground.core.faces import ACROSS, face
from playground.core.proposal import propose
from playground.core.random import TorchStream
from tests.core.helpers import HERE

OFFERED = [name for name in HERE if DATASETS[name].kind != "points" and not DATASETS[name].brings]


@pytest.mark.parametrize("name", OFFERED)
def test_every_kind_of_data_has_a_face(name):
    found = face(propose(name))
    assert found.dtype in (np.uint8, np.float32)
    assert found.ndim in (1, 2, 3)
    assert found.min() < found.max()
    np.testing.assert_array_equal(found, face(propose(name)))


def test_the_first_picture_stands_in_the_corner():
    experiment = propose("digits")
    data = prepare(experiment, None, TorchStream(experiment.training.seed, "data"))
    found = face(experiment)
    height, width = data.raw_train.shape[2:]
    times = found.shape[0] // (ACROSS * (height + 1) - 1)
    corner = found[: height * times : times, : width * times : times, 0]
    np.testing.assert_array_equal(corner, data.raw_train[0, 0])
