"""Hidden states and gates over a sequence in frames, against torch's modules and differences."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from playground.core.analysis.states import at_last, passed, state_gradients
from playground.core.analysis.states_view import MOST_UNITS
from playground.core.modules.recurrent import Recurrent
from playground.core.observe import Observer
from playground.core.replica import Replica
from playground.core.run import Run
from tests.core.helpers import run_of, small
from tests.core.viewing import frame

EMBEDDING = {"kind": "embedding", "width": 5}
CELLS = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}
# torch's names of what a course tells, by the order in its weights.
OF_TORCH = {"lstm": ("input", "forget", "candidate", "output"), "gru": ("reset", "update")}


def run_with(*layers: dict[str, Any], data: str = "surnames", **changes: Any) -> Run:
    base = {"layers": list(layers), "training": {"batch_size": 32}}
    if data != "surnames":
        base["data"] = {"samples": 60, "sequences": {"length": 12}}
    return run_of(small(data, **base, **changes))


def seen(run: Run, sample: dict[str, Any] | None = None, **options: Any) -> tuple[Any, Any]:
    wants = {"states": options, "sample": sample or {}}
    header, arrays = frame(run, analysis="states", options=wants)
    return header["states"], arrays


def torchs(run: Run, block: int, kind: str) -> nn.RNNBase:
    """torch's module with the weights of a recurrent block."""
    replica = Replica(run)
    (ours,) = [part for part in replica.modules[block - 1].modules() if isinstance(part, Recurrent)]
    theirs = CELLS[kind](
        ours.cell.input_size,
        ours.cell.hidden_size,
        batch_first=True,
        bidirectional=ours.cell.bidirectional,
        dtype=torch.float64,
    )
    theirs.load_state_dict(ours.cell.state_dict())
    return theirs


@pytest.mark.parametrize(("kind", "both"), list(itertools.product(CELLS, (False, True))))
@torch.no_grad()
def test_states_are_those_of_torch_and_gates_those_of_its_formulas(kind, both):
    run = run_with(EMBEDDING, {"kind": kind, "units": 4, "bidirectional": both})
    run.advance(5)
    told, _ = seen(run, {"part": "train", "index": 7})
    assert (told["block"], told["kind"]) == (2, kind)
    replica = Replica(run)
    inputs = torch.from_numpy(run.data.inputs_train[7:8])
    values = replica.modules[0](inputs)
    found = passed(replica, 2, inputs, None)
    states, _ = torchs(run, 2, kind)(values)
    ways = states.split(4, dim=2)
    assert len(found.courses) == len(told["courses"]) == 1 + both
    for course, expected in zip(found.courses, ways, strict=True):
        torch.testing.assert_close(course.values["state"], expected, atol=1e-10, rtol=0)
        assert_gates(course.values, values, torchs(run, 2, kind), course.name == "backward")


def assert_gates(
    told: dict[str, Tensor], values: Tensor, module: nn.RNNBase, backwards: bool
) -> None:
    """The gates by one product of torch's stacked weights with what each place is given, and the
    states by the formulas of torch's documentation."""
    if module.mode not in ("LSTM", "GRU"):
        return
    end = "_reverse" if backwards else ""
    ahead, again, shift, shift_again = (
        getattr(module, f"{name}_l0{end}")
        for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    )
    state = told["state"].flip(1) if backwards else told["state"]
    given = values.flip(1) if backwards else values
    parts = {name: part.flip(1) if backwards else part for name, part in told.items()}
    before = torch.cat((torch.zeros_like(state[:, :1]), state[:, :-1]), 1)
    names = OF_TORCH[module.mode.lower()]
    sums = given @ ahead.t() + shift, before @ again.t() + shift_again
    count = 4 if module.mode == "LSTM" else 3
    come, stay = (part.chunk(count, -1) for part in sums)
    for number, name in enumerate(names):
        bend = torch.tanh if name == "candidate" else torch.sigmoid
        torch.testing.assert_close(parts[name], bend(come[number] + stay[number]))
    if module.mode == "LSTM":
        memory = torch.zeros_like(state[:, 0])
        for place in range(state.shape[1]):
            memory = (
                parts["forget"][:, place] * memory
                + parts["input"][:, place] * parts["candidate"][:, place]
            )
            torch.testing.assert_close(parts["memory"][:, place], memory)
        again_ = parts["output"] * parts["memory"].tanh()
    else:
        candidate = (come[2] + parts["reset"] * stay[2]).tanh()
        torch.testing.assert_close(parts["candidate"], candidate)
        again_ = (1 - parts["update"]) * candidate + parts["update"] * before
    torch.testing.assert_close(again_, state, atol=1e-10, rtol=0)


@torch.no_grad()
def test_a_frame_shows_all_of_it_for_the_chosen_sequence():
    run = run_with(EMBEDDING, {"kind": "gru", "units": 6})
    run.advance(3)
    told, arrays = seen(run, {"part": "test", "index": 4}, sort="activity")
    replica = Replica(run)
    (course,) = passed(replica, 2, torch.from_numpy(run.data.inputs_test[4:5]), None).courses
    (shown,) = told["courses"]
    assert shown["parts"] == list(course.values) and shown["of"] == 6
    activity = course.values["state"][0].abs().mean(0)
    assert shown["units"] == activity.sort(descending=True).indices.tolist()
    for number, part in enumerate(shown["parts"]):
        expected = course.values[part][0][:, shown["units"]].t().numpy()
        np.testing.assert_allclose(arrays["states_0"][number], expected, atol=1e-6)
    vocabulary = run.schema.vocabulary
    assert told["tokens"] == [vocabulary[token] for token in run.data.inputs_test[4]]
    assert told["asked"] is None and told["loss"] > 0


def test_units_stay_in_their_order_while_the_network_trains():
    run = run_with(EMBEDDING, {"kind": "rnn", "units": 8})
    wants = {"states": {"sort": "activity"}}

    def order(resting: bool) -> list[int]:
        header, _ = frame(run, analysis="states", options=wants, resting=resting)
        return header["states"]["courses"][0]["units"]

    first = order(False)
    run.advance(60)
    assert order(False) == first
    values = seen(run, sort="activity")[1]["states_0"][0]
    activity = np.abs(values).mean(1)
    assert (np.diff(activity) <= 1e-7).all(), "at rest they are sorted anew"


def test_of_a_wide_layer_the_most_active_units_are_shown():
    run = run_with(EMBEDDING, {"kind": "rnn", "units": MOST_UNITS + 12})
    told, arrays = seen(run)
    assert arrays["states_0"].shape[1] == MOST_UNITS == len(told["courses"][0]["units"])
    assert told["courses"][0]["of"] == MOST_UNITS + 12
    assert told["courses"][0]["units"] == sorted(told["courses"][0]["units"])


def test_blocks_without_a_state_show_their_values_and_bad_wishes_the_first_state():
    run = run_with(EMBEDDING, {"kind": "gru", "units": 3, "states": "all"}, {"kind": "global_pool"})
    told, arrays = seen(run, block=1)
    assert told["blocks"] == [1, 2] and told["kind"] is None
    (course,) = told["courses"]
    assert course["parts"] == ["values"]
    expected = Replica(run).modules[0](torch.from_numpy(run.data.inputs_test[:1]))[0].t()
    np.testing.assert_allclose(arrays["states_0"][0], expected.detach().numpy(), atol=1e-6)
    for bad in (99, "x", None, -1, 3):
        assert seen(run, block=bad)[0]["block"] == 2


# ---- gradients


def loss_with(run: Run, block: int, place: int, change: Tensor, target: Tensor) -> float:
    """The loss when the state of one place is moved and all that follows goes on from there."""
    replica = Replica(run)
    values = replica.modules[0](torch.from_numpy(run.data.inputs_train[3:4]))
    (cell,) = [part for part in replica.modules[block - 1].modules() if isinstance(part, Recurrent)]
    states, memory = [], None
    for at in range(values.shape[1]):
        _, memory = cell.cell(values[:, at : at + 1], memory)
        if at == place:
            lstm = isinstance(memory, tuple)
            memory = (memory[0] + change, memory[1]) if lstm else memory + change
        states.append((memory[0] if isinstance(memory, tuple) else memory)[0])
    found = torch.stack(states, 1)
    for module in replica.modules[block:]:
        found = module(found)
    return replica.loss_of(found, target).item()


@pytest.mark.parametrize("kind", ["rnn", "lstm", "gru"])
@torch.no_grad()
def test_gradients_of_states_are_central_differences(kind):
    layers = EMBEDDING, {"kind": kind, "units": 3, "states": "all"}
    run = run_with(*layers, data="parity", loss="cross_entropy")
    run.advance(4)
    told, _ = seen(run, {"part": "train", "index": 3})
    last = run.schema.steps - 1
    assert told["asked"] == last
    target = torch.full((1, run.schema.steps), -1)
    target[0, last] = int(run.data.targets_train[3, last])
    norms, h = told["courses"][0]["gradients"], 1e-6
    for place in (0, 5, last):
        slopes = []
        for unit in range(3):
            change = torch.zeros(1, 1, 3, dtype=torch.float64)
            change[..., unit] = h
            up, down = (loss_with(run, 2, place, sign * change, target) for sign in (1, -1))
            slopes.append((up - down) / (2 * h))
        assert norms[place] == pytest.approx(float(np.linalg.norm(slopes)), rel=1e-5, abs=1e-9)


def test_a_gradient_vanishes_where_little_is_handed_on():
    run = run_with(EMBEDDING, {"kind": "rnn", "units": 6})
    for name, part in run.engine.extras().items():
        if "weight_hh" in name:
            part.copy_(torch.eye(6) * 0.3)
    told, _ = seen(run)
    norms = told["courses"][0]["gradients"]
    assert all(a <= 0.31 * b for a, b in itertools.pairwise(norms)), "0.3, and a slope up to 1"


def test_what_has_no_way_to_the_loss_has_no_gradient():
    assert state_gradients(torch.tensor(1.0), [[torch.zeros(1, 2)]]) == [[0.0]]
    assert state_gradients(torch.tensor(1.0, requires_grad=True), []) == []
    state = torch.ones(1, 2, requires_grad=True)
    other = torch.ones(1, 2, requires_grad=True)
    assert state_gradients((3 * state).sum(), [[state, other]]) == [[pytest.approx(18**0.5), 0.0]]


@pytest.mark.parametrize(
    ("target", "place"),
    [([-1, 2, 0, -1], 2), ([-1, -1, -1, -1], None), ([float("nan"), 1.5, float("nan"), 0.5], 3)],
)
def test_the_last_place_that_is_asked(target, place):
    alone, found = at_last(torch.tensor([target]))
    assert found == place
    if place is not None:
        asked = alone.isfinite() if alone.is_floating_point() else alone >= 0
        assert asked[0].nonzero().flatten().tolist() == [place]
        assert alone[0, place] == target[place]


# ---- reading and writing


@torch.no_grad()
def test_a_cell_that_writes_begins_where_the_reader_ended():
    layers = EMBEDDING, {"kind": "lstm", "units": 4, "states": "all"}
    run = run_with(*layers, data="translation", loss="cross_entropy")
    told, arrays = seen(run)
    reading, writing = told["courses"]
    assert (reading["name"], writing["name"]) == ("forward", "written")
    source = arrays["states_0"].shape[2]
    assert writing["start"] == source and source + arrays["states_1"].shape[2] == run.schema.steps
    memory, forget, entry, candidate = (
        arrays["states_1"][writing["parts"].index(part)][:, 0]
        for part in ("memory", "forget", "input", "candidate")
    )
    handed = arrays["states_0"][reading["parts"].index("memory")][:, -1]
    np.testing.assert_allclose(memory, forget * handed + entry * candidate, atol=1e-6)
    assert told["courses"][0]["gradients"][0] > 0, "what is read matters to the last thing written"


def test_frames_in_training_are_calm_and_others_current():
    run = run_with(EMBEDDING, {"kind": "gru", "units": 3})
    first = seen(run)[1]["states_0"]
    np.testing.assert_array_equal(seen(run)[1]["states_0"], first)
    run.advance(5)
    assert (seen(run)[1]["states_0"] != first).any(), "at rest the picture is of this step"
    assert isinstance(run.observer, Observer)
