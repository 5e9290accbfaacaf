"""What several tests of the core need: small experiments, and networks built a second way."""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from playground.core.activations import ACTIVATIONS
from playground.core.data import DATASETS
from playground.core.data.brought import Brought
from playground.core.data.csv_reader import read_table
from playground.core.data.pictures.album import Album, album_of
from playground.core.data.pictures.openml import SOURCES
from playground.core.data.sequences.text_file import TextFile
from playground.core.engine import ENGINES
from playground.core.experiment import Experiment
from playground.core.layers import LAYERS, Dense, Dropout
from playground.core.optimizers import OPTIMIZERS
from playground.core.run import Run

CSV = read_table(
    b"size,colour,weight,kind\n"
    + b"1.5,red,3,a\n2,blue,1,b\n,red,2.5,a\n3.25,,0,b\n4,green,7,a\n2.2,blue,5,b\n" * 8,
    "own.csv",
)


# Points for the set that has none of its own.
PAINTED = [
    [round(4 * math.cos(k), 2), round(4 * math.sin(k), 2), int(math.sin(k) > 0.2)]
    for k in range(30)
]


def engine_cases() -> list[tuple[str, str]]:
    """Every optimizer with every engine that can run it."""
    return [
        (name, engine)
        for name, kind in OPTIMIZERS.items()
        for engine in ENGINES
        if kind.flat or engine == "autograd"
    ]


def _album() -> Album:
    """Squares of noise, bright ones and dark ones."""
    rng = np.random.default_rng(0)
    found = []
    for k in range(60):
        low = 99 * (k % 2)
        noise = rng.integers(low, low + 156, (12, 12, 3)).astype(np.uint8)
        found.append(("bright" if low else "dark", noise))
    return album_of("mine.zip", found)


_STARS = "\n".join(f"{k % 9},film {k // 9},{1 + (k * k) % 5}" for k in range(60))
BROUGHT: dict[str, Brought] = {
    "csv": CSV,
    "album": _album(),
    "own_text": TextFile("fox.txt", "The quick brown fox jumps over the lazy dog.\n" * 60),
    "ratings_csv": read_table(f"user,film,stars\n{_STARS}".encode(), "stars.csv"),
}


def table_for(name: str) -> Brought | None:
    """What a visitor brings, where the set needs it."""
    return BROUGHT.get(name)


def merged(*parts: Mapping[str, Any]) -> dict[str, Any]:
    """Nested dictionaries as one; the later wins."""
    found: dict[str, Any] = {}
    for part in parts:
        for key, value in part.items():
            before = found.get(key)
            if isinstance(before, Mapping) and isinstance(value, Mapping):
                found[key] = merged(before, value)
            else:
                found[key] = copy.deepcopy(value)
    return found


HERE = [name for name in DATASETS if name not in SOURCES]  # all but what is fetched first
POINT_SETS = [name for name, entry in DATASETS.items() if entry.kind == "points"]
POINT_BLOCKS = [name for name, kind in LAYERS.items() if "points" in kind.kinds]


def small(name: str = "circle", **changes: Any) -> Experiment:
    """An experiment on few points that fits its data set; float64 unless said otherwise."""
    from playground.core.proposal import propose

    drawn = {"points": PAINTED} if name == "own" else {}
    base = {
        "data": {"samples": 60} if "samples" in DATASETS[name].knobs else drawn,
        "training": {"precision": "float64", "device": "cpu"},
    }
    return propose(name, table=table_for(name)).with_changes(merged(base, changes))


def run_of(experiment: Experiment, **options: Any) -> Run:
    return Run(experiment, table_for(experiment.data.name), **options)


class Sine(nn.Module):
    """What the line of code of the sine activation stands for."""

    def forward(self, z: Tensor) -> Tensor:
        return torch.sin(z)


class Gaussian(nn.Module):
    """What the line of code of the Gaussian activation stands for."""

    def forward(self, z: Tensor) -> Tensor:
        return torch.exp(-z * z)


class Step(nn.Module):
    """A step with a straight-through gradient, by detaching instead of a rule of its own."""

    def forward(self, z: Tensor) -> Tensor:
        soft = z.clamp(-1, 1)
        # The clamp's gradient is 1 at its very ends too.
        return soft + (torch.heaviside(z, torch.zeros_like(z)) - soft).detach()


class Formula(nn.Module):
    """What the line of code of a typed activation stands for, in tests of trusted texts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self._text = text

    def forward(self, z: Tensor) -> Tensor:
        known = {"z": z, "abs": torch.abs, "sin": torch.sin, "exp": torch.exp}
        return eval(self._text, {"__builtins__": {}}, known)


def module_from_code(code: str) -> nn.Module:
    """The module that an entry's line of PyTorch makes."""
    own = {kind.__name__: kind for kind in (Sine, Gaussian, Step, Formula)}
    return eval(code, {"nn": nn, **own})


def independent_model(run: Run, *, dropout: bool = False) -> nn.Sequential:
    """The network of a run as plain float64 torch modules with copies of its present weights.

    Nothing of the engines or of `network.build` takes part. Without `dropout` those blocks are
    left out, as they do nothing outside training.
    """
    parts: list[nn.Module] = []
    parameters = iter(run.engine.parameters())
    names = [layer.activation for layer in run.experiment.layers if isinstance(layer, Dense)]
    activations = iter([*names, run.experiment.output_activation])
    for layer in (*run.experiment.layers, None):
        if isinstance(layer, Dropout):
            if dropout:
                parts.append(nn.Dropout(layer.rate))
            continue
        weight, bias = next(parameters)
        linear = nn.Linear(weight.shape[1], weight.shape[0], dtype=torch.float64)
        with torch.no_grad():
            linear.weight.copy_(weight)
            linear.bias.copy_(bias)
        parts += [linear, module_from_code(ACTIVATIONS[next(activations)].code).double()]
    return nn.Sequential(*parts)


def model_inputs(run: Run) -> Tensor:
    """All points as the network is given them, train then test, float64 (n, features)."""
    parts = (run.data.inputs_train, run.data.inputs_test)
    return torch.from_numpy(np.concatenate(parts))


def flat(run: Run) -> Tensor:
    """All weights and biases of a run as one float64 vector, a copy."""
    parts = [part.flatten() for pair in run.engine.parameters() for part in pair]
    return torch.cat(parts).double().clone()


def states_equal(one: Run, other: Run) -> bool:
    """Whether two engines hold the same tensors, bit for bit."""
    left, right = one.engine.state(), other.engine.state()
    return left.keys() == right.keys() and all(torch.equal(left[k], right[k]) for k in left)
