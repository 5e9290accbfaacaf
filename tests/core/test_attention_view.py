"""Attention in frames, against what the network's own calls mixed and a plain softmax(QKᵀ/√d)."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional
from torch.overrides import TorchFunctionMode

from playground.core.replica import Replica
from playground.core.run import Run
from tests.core.helpers import run_of, small
from tests.core.viewing import frame

TWO = {"heads": 2}
STACKS: dict[str, tuple[str, list[dict[str, Any]]]] = {
    "text": ("text", [{"kind": "transformer", "causal": True, **TWO}]),
    "names": ("surnames", [{"kind": "attention", "heads": 4}, {"kind": "global_pool"}]),
    "dates": ("translation", [{"kind": "transformer", **TWO}, {"kind": "decoder", **TWO}]),
    "apart": (
        "translation",
        [{"kind": "attention", "causal": True, "heads": 1}, {"kind": "cross_attention", **TWO}],
    ),
}


class Listen(TorchFunctionMode):
    """Hears every call of scaled_dot_product_attention: queries, keys, mask, values, result."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[tuple[Tensor, Tensor, Tensor | None, Tensor, Tensor]] = []

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        result = func(*args, **(kwargs or {}))
        if func is functional.scaled_dot_product_attention:
            queries, keys, values, *rest = args
            self.heard.append((queries, keys, rest[0] if rest else None, values, result))
        return result


def run_for(name: str) -> Run:
    data, stack = STACKS[name]
    layers = [{"kind": "embedding", "width": 8}, {"kind": "positions"}, *stack]
    changes: dict[str, Any] = {"layers": layers, "loss": "cross_entropy"}
    if data != "surnames":
        changes["data"] = {"samples": 40, "sequences": {"length": 10}}
    run = run_of(small(data, **changes))
    run.advance(3)
    return run


def seen(run: Run, sample: dict[str, Any] | None = None, **options: Any) -> tuple[Any, Any]:
    wants = {"attention": options, "sample": sample or {}}
    header, arrays = frame(run, analysis="attention", options=wants)
    return header["attention"], arrays


def by_loop(queries: Tensor, keys: Tensor, mask: Tensor | None) -> np.ndarray:
    """softmax(QKᵀ / √d) of one head, number by number."""
    rows = []
    allowed = None if mask is None else mask.reshape(-1, len(keys)).expand(len(queries), -1)
    for i, query in enumerate(queries.tolist()):
        powers = [
            math.exp(sum(a * b for a, b in zip(query, key, strict=True)) / math.sqrt(len(query)))
            if allowed is None or bool(allowed[i, k])
            else 0.0
            for k, key in enumerate(keys.tolist())
        ]
        rows.append([power / sum(powers) for power in powers])
    return np.array(rows)


@pytest.mark.parametrize("name", STACKS)
@torch.no_grad()
def test_every_head_of_every_block_is_what_the_network_itself_mixes(name):
    run = run_for(name)
    inputs = torch.from_numpy(run.data.inputs_test[2:3])
    listen = Listen()
    with listen:
        Replica(run).output(inputs)
    calls = iter(listen.heard)
    sample = {"part": "test", "index": 2}
    blocks = seen(run, sample)[0]["blocks"]
    assert len(blocks) == sum("attention" in b.kind or b.kind in STACKED for b in run.blocks)
    for block in blocks:
        told, _ = seen(run, sample, block=block)
        for number in range(len(told["maps"])):
            queries, keys, mask, values, result = next(calls)
            for head in range(told["heads"]):
                found, arrays = seen(run, sample, block=block, map=number, head=head)
                assert (found["block"], found["map"], found["head"]) == (block, number, head)
                expected = by_loop(queries[0, head], keys[0, head], mask)
                np.testing.assert_allclose(arrays["attention"], expected, atol=1e-6)
                mixed = torch.from_numpy(expected) @ values[0, head]
                torch.testing.assert_close(mixed, result[0, head], atol=1e-10, rtol=0)
                thumb = arrays["attention_heads"][head] / 255
                assert np.abs(thumb - expected).max() <= 0.5 / 255 + 1e-6
                allowed = np.ones(expected.shape) if mask is None else expected > 0
                np.testing.assert_array_equal(arrays["attention_seen"], allowed)
    assert next(calls, None) is None


STACKED = ("transformer", "decoder")


@torch.no_grad()
def test_without_a_wish_one_sees_the_mean_of_the_last_cross_attention():
    run = run_for("dates")
    told, arrays = seen(run)
    source = 18
    assert told["maps"] == [
        {"name": "self", "asking": source, "asked": source},
        {"name": "cross", "asking": source, "asked": 0},
    ]
    assert (told["block"], told["map"], told["head"]) == (told["blocks"][-1], 1, -1)
    heads = [seen(run, head=head)[1]["attention"] for head in (0, 1)]
    np.testing.assert_allclose(arrays["attention"], np.mean(heads, axis=0), atol=1e-7)
    assert arrays["attention"].shape == (run.schema.steps - source, source)


@torch.no_grad()
def test_tokens_and_what_is_said_stand_beside_it():
    run = run_for("text")
    told, arrays = seen(run, {"part": "train", "index": 1})
    vocabulary = run.schema.vocabulary
    assert told["tokens"] == [vocabulary[token] for token in run.data.inputs_train[1]]
    output = Replica(run).output(torch.from_numpy(run.data.inputs_train[1:2]))[0]
    assert told["said"] == [vocabulary[int(place.argmax())] for place in output]
    assert (np.triu(arrays["attention"], 1) == 0).all(), "no place sees a later one"
    assert (arrays["attention_seen"] == np.tril(np.ones((10, 10)))).all()


def test_other_wishes_and_networks_without_attention():
    run = run_for("names")
    bad: dict[str, Any]
    for bad in ({"block": 9}, {"block": "x"}, {"map": 7}, {"head": 99}, {"head": -5, "map": True}):
        told, arrays = seen(run, **bad)
        assert told["block"] == 3 and arrays["attention"].shape == (15, 15)
    told, arrays = seen(run_of(small("surnames")))
    assert told["maps"] == [] and "attention" not in arrays
