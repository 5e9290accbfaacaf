"""The panes of sequences: what a frame says is what the network says, whole and finite."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
import torch

from playground.core.data.registry import proposal_for
from playground.core.data.sequences.entries import ENTRIES
from playground.core.data.sequences.text_file import TextFile
from playground.core.experiment import Data, Experiment
from playground.core.observe import Observer, observe
from playground.core.run import Run

SMALL = {"samples": 60}
LAYERS = {
    "waves": [{"kind": "rnn", "units": 4, "states": "all"}],
    "text": [{"kind": "embedding", "width": 4}, {"kind": "rnn", "units": 6, "states": "all"}],
    "own_text": [{"kind": "embedding", "width": 4}, {"kind": "gru", "units": 6, "states": "all"}],
}


OWN = TextFile("own.txt", "The quick brown fox jumps over the lazy dog.\n" * 40)


def run_of(name: str, layers: list | None = None, **sequences) -> Run:
    own = OWN if name == "own_text" else None
    upload = {"filename": own.filename, "sha256": own.sha256} if own else None
    data = Data(name=name)
    changes = {**proposal_for(data, own)}
    more = {**changes.get("data", {}), "name": name, **SMALL}
    more["sequences"] = {**more.get("sequences", {}), **sequences}
    if "length" in more["sequences"]:
        more["sequences"]["length"] = min(more["sequences"]["length"], 12)
    changes["data"] = more
    changes["layers"] = layers or LAYERS.get(name) or changes["layers"]
    changes["data"]["upload"] = upload
    return Run(Experiment().with_changes(changes), own, device="cpu")


def frame(run: Run, output: dict | None = None, sample: dict | None = None, resting=True):
    want = {
        "map": True,
        "neurons": False,
        "resting": resting,
        "options": {"output": output or {}, "sample": sample or {}},
    }
    header, arrays = observe(run, want, (-1, 0), True)
    json.dumps(header, allow_nan=False)
    return header["output"], arrays


def work(run: Run, output: dict | None = None, sample: dict | None = None, most: int = 300):
    """Frames and work in turns, as the scheduler gives them, until nothing is left."""
    found = frame(run, output, sample)
    observer = run.observer
    assert isinstance(observer, Observer)
    while observer.studying:
        most -= 1
        assert most, "the work never ends"
        observer.study(0.01)
        found = frame(run, output, sample)
    return found


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_every_set_trains_and_shows_finite_numbers(entry):
    run = run_of(entry.name)
    run.advance(3)
    output, arrays = frame(run, resting=False)
    assert output["sample"]["part"] == "test"
    for name, values in arrays.items():
        if values.dtype.kind == "f" and name != "history":
            assert np.isfinite(values).all(), name


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_training_and_test_sequences_differ(entry):
    data = run_of(entry.name).data
    if entry.name in ("text", "own_text"):
        return  # held by the windows' own test: repeated lines may be alike
    train = {row.tobytes() for row in data.raw_train}
    assert not train & {row.tobytes() for row in data.raw_test}


# ---- text ---------------------------------------------------------------------------------------


def test_a_text_is_written_to_its_length():
    run = run_of("text", text="zen")
    output, _ = work(run, {"prompt": "The ", "length": 30, "temperature": 1.0})
    assert output["finished"] and output["text"].startswith("The ")
    assert len(output["text"]) == 34 and output["prompt"] == 4 and not output["blind"]
    again, _ = work(run, {"prompt": "The ", "length": 30, "temperature": 1.0})
    assert again["text"] == output["text"]
    other, _ = work(run, {"prompt": "The ", "length": 30, "temperature": 1.0, "again": 1})
    assert other["text"] != output["text"]


def test_greedy_text_is_the_likeliest_character_each_time():
    run = run_of("text", text="zen")
    run.advance(40)
    output, _ = work(run, {"prompt": "Now", "length": 6, "temperature": 0})
    known = run.schema.vocabulary
    text = "Now"
    for _ in range(6):
        row = torch.tensor([[known.index(c) for c in text[-12:]]])
        values = run.engine.output(run.engine.prepare(row))
        text += known[int(values[len(text[-12:]) - 1, :, 0].argmax())]
    assert output["text"] == text


def test_bars_are_the_softmax_of_the_network():
    run = run_of("text", text="zen")
    output, _ = frame(run, {"prompt": "a", "top_k": 3})
    row = torch.tensor([[run.schema.vocabulary.index("a")]])
    chances = torch.softmax(run.engine.output(row)[0, :, 0].double(), 0)
    tokens, plain, drawn = zip(*output["next"], strict=True)
    assert list(plain) == sorted(plain, reverse=True)
    np.testing.assert_allclose(plain, chances[list(tokens)], rtol=1e-5)
    assert drawn[3:] == (0.0,) * 7 and sum(drawn) == pytest.approx(1)


def test_perplexity_by_hand():
    run = run_of("text", text="zen")
    run.advance(5)
    output, _ = frame(run)
    surprises = []
    for row, answers in zip(run.data.inputs_test, run.data.targets_test, strict=True):
        values = run.engine.output(run.engine.prepare(torch.from_numpy(row[None])))[..., 0]
        for place, answer in enumerate(answers):
            weights = [math.exp(float(value)) for value in values[place]]
            surprises.append(-math.log(weights[answer] / sum(weights)))
    expected = math.exp(sum(surprises) / len(surprises))
    assert output["perplexity"][1] == pytest.approx(expected, rel=1e-4)


def test_unknown_characters_of_a_prompt_are_named():
    run = run_of("text", text="zen")
    output, _ = frame(run, {"prompt": "Thé 中"})
    assert output["problem"]["code"] == "text_unknown_characters"
    assert output["text"].startswith("Th ")


def test_a_network_that_looks_ahead_says_so():
    both = [
        {"kind": "embedding", "width": 4},
        {"kind": "rnn", "units": 4, "states": "all", "bidirectional": True},
    ]
    output, _ = work(run_of("text", both, text="zen"), {"prompt": "a"})
    assert output["blind"] and output["text"] == "a"


def test_a_kept_text_stays_while_the_network_learns():
    run = run_of("text", text="zen")
    asked = {"prompt": "a", "length": 8, "frozen": True}
    before, _ = work(run, asked)
    run.advance(30)
    for _ in range(3):
        after, _ = frame(run, asked, resting=False)
    assert after["text"] == before["text"]


# ---- translation --------------------------------------------------------------------------------


def test_translation_says_what_greedy_decoding_says():
    run = run_of("translation")
    run.advance(5)
    output, _ = work(run)
    exact = output["exact"]
    assert exact["of"] == len(run.data.raw_test)
    assert sum(said == truth for _, said, truth in output["examples"]) == exact["right"]
    assert len(output["sure"]) >= len(output["said"])


def test_a_typed_date_is_translated():
    run = run_of("translation")
    output, _ = frame(run, sample={"text": "March 5, 2021"})
    assert output["sample"]["part"] == "own" and output["source"] == "march 5, 2021"
    assert output["truth"] is None
    wrong, _ = frame(run, sample={"text": "märz"})
    assert wrong["sample"]["problem"]["code"] == "text_unknown_characters"


# ---- series -------------------------------------------------------------------------------------


def test_a_forecast_on_its_own_reads_itself():
    run = run_of("waves")
    run.advance(10)
    output, arrays = work(run)
    truth, free = arrays["series_truth"], arrays["series_free"]
    known = output["known"]
    assert len(truth) == 13 and len(free) == 13 - known
    series = list(truth[:known])
    for _ in range(13 - known):
        row = torch.tensor(series + [0.0] * (12 - len(series)))[None, :, None]
        series.append(float(run.engine.output(row)[len(series) - 1, 0, 0]))
    np.testing.assert_allclose(free, series[known:], rtol=1e-4, atol=1e-5)
    gap = arrays["series_ahead"] - truth[1:]
    assert output["errors"]["ahead"] == pytest.approx(np.sqrt((gap**2).mean()), rel=1e-4)


# ---- puzzles and names --------------------------------------------------------------------------


def test_answers_at_asked_places_alone():
    run = run_of("copying")
    output, _ = frame(run)
    places = run.schema.steps
    assert output["asked"] == list(range(places // 2, places))
    assert len(output["said"]) == len(output["truth"]) == places // 2
    assert output["truth"] == run.data.targets_test[0][places // 2 :].tolist()
    assert output["whole"]["of"] == min(64, len(run.data.raw_test))


def test_a_typed_name_has_scores():
    run = run_of("surnames")
    output, arrays = frame(run, sample={"text": "Müller"})
    scores = arrays["class_scores"]
    assert scores.shape == (10,) and scores.sum() == pytest.approx(1, abs=1e-5)
    assert output["said"] == [int(scores.argmax())] and output["truth"] == [None]


def test_a_typed_sequence_must_fit():
    run = run_of("parity")
    output, _ = frame(run, sample={"text": "010101010101"})
    assert output["sample"]["part"] == "own" and output["tokens"] == [0, 1] * 6
    short, _ = frame(run, sample={"text": "01"})
    assert short["sample"]["problem"]["code"] == "text_wrong_length"


def test_sums_are_said_in_the_units_of_the_data():
    run = run_of("adding")
    output, _ = frame(run)
    values, marks = np.array(output["values"]), np.array(output["marks"])
    assert output["truth"][0] == pytest.approx(values[marks].sum(), abs=1e-3)
