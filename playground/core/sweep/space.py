"""The space that a sweep searches: knobs, each a setting with the values that it takes.

A knob names a setting as the rest of the project does, "optimizer.learning_rate" or
"layers.0.units". Three more names stand for several settings: "layers.*.units" and
"layers.*.activation" for every block that has such a setting, and "layers.depth" for how many
blocks there are: the first so many, or the last one again until there are enough.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, model_validator

from playground.core.errors import PlaygroundError
from playground.core.experiment import MAX_LAYERS, Experiment, experiment_from
from playground.core.settings import Settings, setting
from playground.core.sweep.places import Place, of_kind, place_of

MAX_KNOBS = 8
MAX_CHOICES = 64
DEPTH = "layers.depth"
EVERY = "layers.*."
DIGITS = 4  # of drawn numbers: a table, a link and a file then say the same

Value = bool | int | float | str
Point = dict[str, Value]
Path = Annotated[str, Field(min_length=1, max_length=80, pattern=r"^[a-z0-9_.*]+$")]
Choice = (
    bool | int | Annotated[float, Field(allow_inf_nan=False)] | Annotated[str, Field(max_length=80)]
)


class Choices(Settings):
    """A setting that takes the values of a list."""

    kind: Literal["choices"] = "choices"
    path: Path = setting("optimizer.learning_rate")
    values: tuple[Choice, ...] = setting((0.01, 0.1), min_length=1, max_length=MAX_CHOICES)

    @model_validator(mode="after")
    def _different(self) -> Choices:
        if len({json.dumps(value) for value in self.values}) < len(self.values):
            raise ValueError("the same value twice")
        return self

    def grid(self, whole: bool) -> tuple[Value, ...]:
        return self.values

    def at(self, share: float, whole: bool) -> Value:
        return self.values[min(int(share * len(self.values)), len(self.values) - 1)]


class Range(Settings):
    """A number between two bounds, both included.

    Attributes:
        log: whether factors are alike rather than differences.
        step: the distance of two values; 0 where any number will do.
        count: how many values a grid takes where there is no step.
    """

    kind: Literal["range"] = "range"
    path: Path = setting("optimizer.learning_rate")
    low: float = setting(0.001, ge=-1e9, le=1e9)
    high: float = setting(1.0, ge=-1e9, le=1e9)
    log: bool = setting(False)
    step: float = setting(0.0, ge=0, le=1e9)
    count: int = setting(5, ge=2, le=MAX_CHOICES)

    @model_validator(mode="after")
    def _ordered(self) -> Range:
        if not self.low < self.high or (self.log and (self.low <= 0 or self.step)):
            raise ValueError("not a range")
        if self.step and (self.high - self.low) / self.step >= 10_000:
            raise ValueError("too many steps")
        return self

    @property
    def _places(self) -> int:
        """How many values there are with a step."""
        return math.floor((self.high - self.low) / self.step + 1e-9) + 1

    def grid(self, whole: bool) -> tuple[Value, ...]:
        """The values of a grid, in order; a whole number's are rounded, none comes twice."""
        if self.step:
            if self._places > MAX_CHOICES:
                raise PlaygroundError("sweep_many_values", path=self.path, most=MAX_CHOICES)
            shares = [place / self._places for place in range(self._places)]
        else:
            shares = [place / (self.count - 1) for place in range(self.count)]
        return tuple(dict.fromkeys(self.at(share, whole) for share in shares))

    def at(self, share: float, whole: bool) -> Value:
        """The value at a share of the way, 0 … 1, from the lower bound to the upper."""
        if self.step:
            place = min(int(share * self._places + 1e-9), self._places - 1)
            return self._tidy(self.low + place * self.step, whole)
        if self.log:
            low, high = math.log(self.low), math.log(self.high)
            return self._tidy(math.exp(low + share * (high - low)), whole)
        return self._tidy(self.low + share * (self.high - self.low), whole)

    def _tidy(self, number: float, whole: bool) -> Value:
        number = min(max(number, self.low), self.high)
        if whole:
            return min(max(round(number), math.ceil(self.low)), math.floor(self.high))
        return min(max(float(f"{number:.{DIGITS}g}"), self.low), self.high)


Knob = Annotated[Choices | Range, Field(discriminator="kind")]
Knobs = Annotated[tuple[Knob, ...], Field(min_length=1, max_length=MAX_KNOBS)]


# ---- what a point is ---------------------------------------------------------------------------


def _rank(path: str) -> int:
    """Kinds and numbers of blocks first: other settings are theirs."""
    if path in (DEPTH, "optimizer.name", "schedule.name", "data.name"):
        return 0
    return 1 if path.startswith(EVERY) else 2


def in_order(knobs: Sequence[Knob]) -> list[Knob]:
    """Those first on which the others' settings depend."""
    return sorted(knobs, key=lambda knob: _rank(knob.path))


def apply(experiment: Experiment, point: Mapping[str, Value]) -> Experiment:
    """The experiment with a point's values.

    Raises:
        PlaygroundError: a setting that is not there or not a sweep's to change, or a value that
            does not fit; names the setting.
    """
    for path in sorted(point, key=_rank):
        experiment = _with(experiment, path, point[path])
    return experiment


def _with(experiment: Experiment, path: str, value: Value) -> Experiment:
    if path == DEPTH:
        return _deep(experiment, value)
    if path.startswith(EVERY):
        name, found = path.removeprefix(EVERY), experiment
        for index in _blocks_with(experiment, name):
            found = _with(found, f"layers.{index}.{name}", value)
        return found
    place = place_of(experiment, path)
    if place.kind == "number" and type(value) is int:
        value = float(value)
    content = experiment.model_dump(mode="json")
    *parts, last = path.split(".")
    if last == "name" and parts[0] in ("optimizer", "schedule"):
        if value == place.value:
            return experiment
        # Another kind begins with its own settings, as it does when a visitor chooses it.
        content[parts[0]] = {"name": value}
        return experiment_from(content)
    part: Any = content
    for name in parts:
        part = part[int(name)] if isinstance(part, list) else part[name]
    part[last] = value
    return experiment_from(content)


def _deep(experiment: Experiment, value: Value) -> Experiment:
    if type(value) is not int or not 0 <= value <= MAX_LAYERS:
        raise PlaygroundError(
            "experiment_out_of_bounds", where=DEPTH, value=str(value), bound=f"0 … {MAX_LAYERS}"
        )
    blocks = experiment.model_dump(mode="json")["layers"]
    if not blocks and value:
        raise PlaygroundError("sweep_no_block", path=DEPTH)
    blocks = blocks[:value] + blocks[-1:] * (value - len(blocks))
    return experiment.with_changes({"layers": blocks})


def _blocks_with(experiment: Experiment, name: str) -> list[int]:
    found = [
        index for index, layer in enumerate(experiment.layers) if name in type(layer).model_fields
    ]
    if not found:
        raise PlaygroundError("sweep_no_block", path=f"{EVERY}{name}")
    return found


def settled(experiment: Experiment, point: Mapping[str, Value]) -> Point:
    """The point without the settings that its optimizer, schedule or depth does not have."""
    kinds = {part: point.get(f"{part}.name") for part in ("optimizer", "schedule")}
    depth = point.get(DEPTH)
    found: Point = {}
    for path, value in point.items():
        head, _, rest = path.partition(".")
        kind = kinds.get(head)
        if isinstance(kind, str) and rest != "name" and of_kind(head, kind, rest) is None:
            continue
        block = rest.partition(".")[0]
        if head == "layers" and block.isdecimal() and type(depth) is int and int(block) >= depth:
            continue
        found[path] = value
    return found


# ---- what a knob may be ------------------------------------------------------------------------


def setting_of(experiment: Experiment, path: str, kinds: Sequence[Knob] = ()) -> Place:
    """The setting that a knob turns; of several blocks the first one's.

    Args:
        kinds: the sweep's knobs: a setting may be one of an optimizer that only they choose.
    """
    if path == DEPTH:
        depth = len(experiment.layers)
        return Place(DEPTH, Experiment, "layers", "whole", (), 0, MAX_LAYERS, (), depth)
    if path.startswith(EVERY):
        name = path.removeprefix(EVERY)
        first = _blocks_with(experiment, name)[0]
        return place_of(experiment, f"layers.{first}.{name}")
    head, _, rest = path.partition(".")
    if head in ("optimizer", "schedule") and rest != "name":
        for knob in kinds:
            if knob.path == f"{head}.name" and isinstance(knob, Choices):
                for kind in knob.values:
                    found = of_kind(head, str(kind), rest) if _known(head, kind) else None
                    if found is not None:
                        return found
    if head == "layers":
        deepest = max((value for value in _depths(kinds) if type(value) is int), default=0)
        if deepest > len(experiment.layers) > 0:
            experiment = _deep(experiment, min(deepest, MAX_LAYERS))
    return place_of(experiment, path)


def _known(part: str, kind: Value) -> bool:
    try:
        of_kind(part, str(kind), "")
    except KeyError:
        return False
    return True


def _depths(kinds: Sequence[Knob]) -> Iterator[Value]:
    for knob in kinds:
        if knob.path == DEPTH:
            yield from knob.grid(True)


def check_knobs(experiment: Experiment, knobs: Sequence[Knob]) -> None:
    """That every value of every knob fits by itself.

    Raises:
        PlaygroundError: two knobs of one setting, a setting that no sweep changes, a range of
            something that is no number, a value that does not fit.
    """
    paths = [knob.path for knob in knobs]
    for path in paths:
        if paths.count(path) > 1:
            raise PlaygroundError("sweep_twice", path=path)
    # Kinds first: a value of one of them may be what makes another knob's setting exist.
    for knob in in_order(knobs):
        place = setting_of(experiment, knob.path, knobs)
        if isinstance(knob, Range) and place.kind not in ("whole", "number"):
            raise PlaygroundError("sweep_no_number", path=knob.path)
        whole = place.kind == "whole"
        if isinstance(knob, Range) and whole and math.ceil(knob.low) > math.floor(knob.high):
            raise PlaygroundError("sweep_no_whole", path=knob.path)
        ends = knob.values if isinstance(knob, Choices) else (knob.at(0, whole), knob.at(1, whole))
        for value in ends:
            _check_value(experiment, knobs, place, value)


def _check_value(experiment: Experiment, knobs: Sequence[Knob], place: Place, value: Value) -> None:
    """Tries one value, in whichever of the other knobs' kinds has the setting."""
    head = place.path.partition(".")[0]
    others: list[Point] = [{}]
    for knob in knobs:
        mine = knob.path == DEPTH if head == "layers" else knob.path == f"{head}.name"
        if mine and knob.path != place.path:
            others += [{knob.path: other} for other in knob.grid(True)]
    trouble: PlaygroundError | None = None
    for other in others:
        try:
            apply(experiment, {**other, place.path: value})
        except PlaygroundError as error:
            trouble = trouble or error
            continue
        return
    assert trouble is not None
    raise trouble


def wholes(experiment: Experiment, knobs: Sequence[Knob]) -> dict[str, bool]:
    """Which knobs turn whole numbers."""
    return {knob.path: setting_of(experiment, knob.path, knobs).kind == "whole" for knob in knobs}


def grid_size(experiment: Experiment, knobs: Sequence[Knob]) -> int:
    """How many points a grid has before those that are the same are left out."""
    whole = wholes(experiment, knobs)
    return math.prod(len(knob.grid(whole[knob.path])) for knob in knobs)


def grid(experiment: Experiment, knobs: Sequence[Knob]) -> Iterator[Point]:
    """The points of a grid, the last knob turning fastest; each once."""
    whole = wholes(experiment, knobs)
    seen: set[str] = set()
    for values in product(*(knob.grid(whole[knob.path]) for knob in knobs)):
        names = (knob.path for knob in knobs)
        point = settled(experiment, dict(zip(names, values, strict=True)))
        key = json.dumps(point, sort_keys=True)
        if key not in seen:
            seen.add(key)
            yield point


def largest(experiment: Experiment, knobs: Sequence[Knob]) -> Experiment:
    """The experiment with every number at its greatest value: what needs the most memory. A value
    with which it would be none is left as it is."""
    whole = wholes(experiment, knobs)
    for knob in in_order(knobs):
        values = [value for value in knob.grid(whole[knob.path]) if type(value) in (int, float)]
        if isinstance(knob, Range):
            values.append(knob.at(1.0, whole[knob.path]))
        if not values:
            continue
        try:
            experiment = apply(experiment, {knob.path: max(values)})
        except PlaygroundError:
            continue
    return experiment


# ---- a knob as text ----------------------------------------------------------------------------


def knob_from(text: str) -> Knob:
    """A knob as the command line writes it.

    `PATH=1,2,4` is a list, `PATH=log:0.001:0.3` a range by factors, `PATH=linear:0:1` one by
    differences, both with a fourth part `:N` for how many values a grid takes;
    `PATH=steps:4:16:4` goes in steps of 4.

    Raises:
        PlaygroundError: this is no knob.
    """
    path, equals, values = text.partition("=")
    kind, *numbers = values.split(":")
    content: dict[str, Any] = {"path": path}
    try:
        if not equals or not values:
            raise ValueError(text)
        if kind in ("log", "linear", "steps") and numbers:
            low, high, *rest = (json.loads(number) for number in numbers)
            content |= {"kind": "range", "low": low, "high": high, "log": kind == "log"}
            if len(rest) > 1 or (kind == "steps" and not rest):
                raise ValueError(text)
            if rest:
                content["step" if kind == "steps" else "count"] = rest[0]
            return Range.model_validate_json(json.dumps(content))
        content["values"] = [_scalar(value) for value in values.split(",")]
        return Choices.model_validate_json(json.dumps(content))
    except (ValueError, ValidationError, RecursionError) as error:
        raise PlaygroundError("sweep_knob", text=text[:80]) from error


def _scalar(text: str) -> Value:
    try:
        found = json.loads(text)
    except ValueError:
        return text
    return found if isinstance(found, bool | int | float) else text
