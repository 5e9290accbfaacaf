"""The chosen point on its way through the network: its own values, plainly laid out."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch

from playground.core.network import describe
from playground.core.observe import observe
from playground.core.picture import NEURON_PIXELS
from playground.core.proposal import propose
from playground.core.run import Run


@pytest.fixture(scope="module")
def run() -> Run:
    made = Run(propose("digits"), device="cpu")
    made.advance(20)
    return made


def seen(run: Run, **want: object) -> tuple[dict, dict]:
    return observe(run, {"map": True, "neurons": True, **want}, (-1, 0), True)


def test_the_input_is_the_picture_itself(run: Run):
    header, arrays = seen(run, options={"sample": {"part": "train", "index": 3}})
    given = run.data.inputs_train[3, 0].astype(float)
    most = np.abs(given).max()
    tile = arrays["neurons"][0][::-1]
    middle = (np.arange(8) * NEURON_PIXELS // 8) + NEURON_PIXELS // 16
    shown = (tile[np.ix_(middle, middle)].astype(float) - 128) / 127 * most
    assert np.abs(shown - given).max() <= most / 126
    assert (header["output"]["sample"]["part"], header["output"]["sample"]["index"]) == ("train", 3)


def test_units_show_what_the_network_makes_of_the_point(run: Run):
    header, arrays = seen(run, focus=[1, 2], options={"sample": {"part": "test", "index": 1}})
    replica = run.observer.replica()  # type: ignore[union-attr]
    values = replica.values(torch.from_numpy(run.data.inputs_test[1:2]))
    map_of_unit = values[0][0, 2].detach().numpy()
    shown = (arrays["focus"][::-1].astype(float) - 128) / 127 * header["focus"]["scale"]
    assert np.abs(shown - map_of_unit).max() <= header["focus"]["scale"] / 126
    # Numbers in a row share one scale: the last tiles are the head's.
    head = values[-1][0].detach().numpy()
    assert arrays["neuron_scale"][-1] == pytest.approx(np.abs(head).max(), rel=1e-5)


def test_links_and_tiles_are_as_many_as_are_drawn(run: Run):
    _, arrays = seen(run)
    scene = seen(run)[0]["scene"]
    shown = [len(block["shown"]) for block in scene["blocks"] if block["shown"]]
    assert len(arrays["neurons"]) == sum(shown)
    assert len(arrays["links"]) == sum(
        after * (before + 1) for before, after in itertools.pairwise(shown)
    )


def test_the_nearest_point_is_taken(run: Run):
    for asked, found in (
        ({"part": "test", "index": 10**6}, ("test", len(run.data.raw_test) - 1)),
        ({"part": "nonsense", "index": -5}, ("test", 0)),
        ({"index": "two"}, ("test", 0)),
    ):
        header, _ = seen(run, options={"sample": asked})
        assert tuple(header["output"]["sample"].values())[:2] == found


def test_shapes_flow_and_the_block_that_does_not_fit_names_its_mend():
    experiment = propose("digits").with_changes({"layers": [{"kind": "conv2d"}, {"kind": "dense"}]})
    from playground.core.data import schema_of

    blocks = describe(experiment, schema_of(experiment.data))
    assert [block.after for block in blocks[:2]] == [(1, 8, 8), (8, 8, 8)]
    assert blocks[2].problem is not None
    assert blocks[2].mends[0] == "flatten"


def test_tokens_are_shown_as_what_they_stand_for():
    made = Run(propose("text"), device="cpu")
    header, _ = seen(made, options={"sample": {"part": "train", "index": 2}})
    shown = header["scene"]["blocks"][0]["shown"]
    vocabulary = made.schema.vocabulary
    assert header["tokens"] == [vocabulary[made.data.inputs_train[2, place]] for place in shown]


def test_a_user_and_an_item_are_called_by_their_own_names():
    made = Run(propose("ratings"), device="cpu")
    header, _ = seen(made, options={"sample": {"part": "train", "index": 3}})
    user, item = made.data.inputs_train[3].tolist()
    assert header["tokens"] == [f"U{user + 1}", f"I{item + 1}"]
