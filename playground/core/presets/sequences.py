"""Presets whose data are sequences."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from playground.core.presets.base import Preset, adam, test_loss, test_score

if TYPE_CHECKING:
    from playground.core.run import Run

TEXT = {"name": "text"}


def _cell(kind: str) -> list[dict[str, Any]]:
    """A character model with one recurrent block."""
    return [
        {"kind": "embedding", "width": 16},
        {"kind": kind, "units": 64, "states": "all"},
    ]


def _transformer() -> list[dict[str, Any]]:
    """A character model of two causal blocks."""
    block = {"kind": "transformer", "heads": 4, "factor": 2, "causal": True}
    return [{"kind": "embedding", "width": 48}, {"kind": "positions"}, block, dict(block)]


def exact(run: Run | None) -> float:
    """Share of the test examples whose whole translation is right."""
    from playground.core.data.sequences.translation import pairing_of
    from playground.core.outputs.writing import translator_of

    if not _reads(run, "translation"):
        return -1.0
    assert run is not None
    layout = pairing_of(run.experiment.data.sequences)
    translator = translator_of(run, run.data.raw_test[:, : layout.source])
    while not translator.finished:
        translator.write()
    asked = run.data.targets_test[:, layout.source :]
    right = (translator.said.numpy() == asked) | (asked < 0)
    return float(right.all(1).mean())


def _reads(run: Run | None, name: str) -> bool:
    return run is not None and run.experiment.data.name == name


ENTRIES = (
    Preset(
        "char_rnn",
        {"layers": _cell("rnn")},
        4,
        lambda run, _: _reads(run, "text") and test_loss(run) < 2.2,
        data=TEXT,
        heavy=True,
    ),
    Preset(
        "char_lstm",
        {"layers": _cell("lstm"), "optimizer": adam(0.01)},
        8,
        lambda run, other: test_loss(run) < test_loss(other) < 2.2,
        beside={"layers": _cell("rnn"), "optimizer": adam(0.005)},
        data=TEXT,
        heavy=True,
    ),
    Preset(
        "char_transformer",
        {"layers": _transformer(), "optimizer": adam(0.003)},
        8,
        lambda run, other: test_loss(run) < test_loss(other) < 2.2,
        beside={"layers": _cell("rnn"), "optimizer": adam(0.005)},
        data=TEXT,
        heavy=True,
    ),
    Preset(
        "surnames_rnn",
        {
            "layers": [
                {"kind": "embedding", "width": 16},
                {"kind": "rnn", "units": 64, "states": "last"},
            ]
        },
        10,
        lambda run, _: _reads(run, "surnames") and test_score(run) > 0.6,
        data={"name": "surnames"},
    ),
    Preset(
        "dates",
        {},
        16,
        lambda run, _: exact(run) >= 0.95,
        data={"name": "translation"},
        heavy=True,
    ),
    Preset(
        "long_memory",
        {"data": {"sequences": {"length": 40}}},
        12,
        lambda run, other: test_score(run) > 0.9 and test_score(other) < 0.5,
        beside={"layers": [{"kind": "rnn", "units": 24, "states": "last"}]},
        data={"name": "adding"},
        heavy=True,
    ),
)
