"""How sure a network is of sequences and ratings: its numbers, written out answer by answer."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from playground.core.observe import Observer
from playground.core.run import Run
from tests.core.helpers import run_of, small
from tests.core.viewing import frame

CELL = {"kind": "gru", "units": 4, "states": "all"}
SHORT = {"samples": 40, "train_percent": 50, "sequences": {"length": 6}}


def told(run: Run) -> tuple[dict, dict]:
    options = {"certainty": {"round": 1, "members": 4, "passes": 30}}
    while True:
        header, arrays = frame(run, analysis=["certainty"], options=options)
        if header["studies"]["certainty"]["state"] != "working":
            return header["studies"]["certainty"], arrays
        assert isinstance(run.observer, Observer)
        run.observer.study(0.05)


def test_every_answer_of_a_sequence_counts_once():
    """Confidence and truth place by place, in a plain loop, in ten bins."""
    run = run_of(small("brackets", layers=[{"kind": "embedding", "width": 3}, CELL], data=SHORT))
    run.advance(30)
    study, arrays = told(run)
    assert study["state"] == "done", study["problem"]
    found = study["result"]["methods"]["plain"]
    output = run.engine.output(run.engine.prepare(torch.from_numpy(run.data.inputs_test)))
    pairs, nll, brier = [], [], []
    entropies = []
    for point, answers in enumerate(run.data.targets_test):
        own = []
        for place, truth in enumerate(answers):
            if truth < 0:
                continue
            logits = output[place, :, point].double().numpy()
            shares = np.exp(logits) / np.exp(logits).sum()
            pairs.append((shares.max(), shares.argmax() == truth))
            nll.append(-math.log(shares[truth]))
            brier.append(((shares - np.eye(len(shares))[truth]) ** 2).sum())
            own.append(-(shares * np.log(shares)).sum() / math.log(len(shares)))
        entropies.append(np.mean(own))
    ece = 0.0
    for low in range(10):
        inside = [(c, r) for c, r in pairs if low / 10 < c <= (low + 1) / 10]
        if inside:
            confidence, right = np.mean(np.array(inside, dtype=float), axis=0)
            ece += len(inside) / len(pairs) * abs(confidence - right)
    assert study["result"]["tested"] == len(pairs)
    assert found["accuracy"] == pytest.approx(np.mean([right for _, right in pairs]))
    assert found["nll"] == pytest.approx(np.mean(nll))
    assert found["brier"] == pytest.approx(np.mean(brier))
    assert found["ece"] == pytest.approx(ece)
    assert arrays["certainty_curve_plain"][2].sum() == len(pairs)
    examples = study["result"]["examples"]
    order = [examples["points"][i]["index"] for i in examples["order"]["plain"]["least"]]
    assert order == np.argsort(-np.array(entropies), kind="stable")[: len(order)].tolist()


def test_ratings_are_covered_as_counted():
    run = run_of(small("ratings", data={"ratings": {"users": 20, "items": 15}}))
    run.advance(40)
    study, arrays = told(run)
    found = study["result"]["methods"]["plain"]
    data = run.data
    said = [
        run.engine.output(run.engine.prepare(torch.from_numpy(part)))[0].double().numpy()
        * data.target_std
        + data.target_mean
        for part in (data.inputs_train, data.inputs_test)
    ]
    noise = math.sqrt(np.mean((said[0] - data.targets_train) ** 2))
    off = np.abs(said[1] - data.targets_test)
    assert found["noise"] == pytest.approx(noise)
    assert found["rmse"] == pytest.approx(math.sqrt(np.mean(off**2)))
    from scipy.stats import norm

    for nominal, covered in arrays["certainty_curve_plain"].T:
        assert covered == pytest.approx(
            np.mean(off <= norm.ppf(0.5 + nominal / 2) * noise), abs=1e-6
        )


def test_what_gives_many_numbers_is_refused_with_a_sentence():
    layers = [{"kind": "flatten"}, {"kind": "dense", "units": 3}]
    run = run_of(small("digits_code", layers=layers, data={"train_percent": 10}))
    study, _ = told(run)
    assert study["problem"]["code"] == "certainty_several"
