"""The workbench: one or two tensors, an operation on them, and the result with its reasons."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import Any

import numpy as np
from torch import Tensor

from playground.core.errors import PlaygroundError
from playground.core.tensors import sight
from playground.core.tensors.dtypes import facts
from playground.core.tensors.fitting import Misfit
from playground.core.tensors.offers import TAKES
from playground.core.tensors.operations import (
    Result,
    operate,
    place_of,
    terms_of,
)
from playground.core.tensors.sources import Files, Made, make

MOST_TERMS = 24
_SAME_SOUND = ("add", "add_number", "times_number", "multiply")
Observation = tuple[dict[str, Any], dict[str, np.ndarray]]


def work(a: Mapping[str, Any], b: Mapping[str, Any], operation: str, **more: Any) -> Observation:
    """All of `steps`, at once."""
    working = steps(a, b, operation, **more)
    while True:
        try:
            next(working)
        except StopIteration as done:
            return done.value


def steps(
    a: Mapping[str, Any],
    b: Mapping[str, Any],
    operation: str,
    *,
    settings: Mapping[str, Any] | None = None,
    at: Mapping[str, Any] | None = None,
    files: Files | None = None,
) -> Generator[dict[str, Any], None, Observation]:
    """Makes the tensors, computes the operation, and tells all of it.

    Args:
        a, b: sources, see `sources.make`; b is only made where the operation takes it.
        operation: one of OPERATIONS.
        settings: what the visitor typed for it.
        at: where the windows upon A, B and C stand.
        files: contents of uploaded files, by name.

    Returns:
        header: "tensors": for A, B, C as far as there are any, `facts`, window, whole, "view",
        "notes", "shares" (with whom it shares its numbers); "code": the whole script, "line": of
        the operation; "how", "scalar", "power", "terms_of_each" of the result; "problem": None or
        {"where": "A", "B" or "operation", "code", "params", "fits", "clash"}. Arrays: of each
        tensor under "<name>/", see `sight`; `terms` i4 (cells of C's window, terms, operands) with
        −1 where there is none, `term_values` f8 (…, 2).

    Raises:
        PlaygroundError: a file's content is needed.
    """
    bench = _Bench(dict(at or {}), files or {})
    settings = {str(key): str(value) for key, value in (settings or {}).items()}
    names = "AB"[: _operands(operation, settings)]
    for name, source in zip(names, (a, b), strict=False):
        bench.make(name, source)
        yield {"made": name}
    if bench.problem is None:
        bench.operate(operation, settings)
        yield {"made": "C"}
    return (yield from bench.answer(operation))


def _operands(operation: str, settings: Mapping[str, str]) -> int:
    operands, _ = TAKES.get(operation, (1, ()))
    return operands or min(2, settings.get("expression", "").replace("，", ",").count(",") + 1)


class _Bench:
    def __init__(self, at: dict[str, Any], files: Files) -> None:
        self.at = at
        self.files = files
        self.made: dict[str, Made] = {}
        self.result: Result | None = None
        self.problem: dict[str, Any] | None = None

    def make(self, name: str, source: Mapping[str, Any]) -> None:
        try:
            self.made[name] = make(source, name, self.files)
        except PlaygroundError as error:
            if error.code == "file_needed":
                raise
            if self.problem is None:
                self.problem = {**_problem(error), "where": name}

    def operate(self, operation: str, settings: dict[str, str]) -> None:
        tensors = [made.tensor for made in self.made.values()]
        try:
            self.result = operate(operation, tensors, settings)
        except PlaygroundError as error:
            self.problem = {**_problem(error), "where": "operation"}

    def answer(self, operation: str) -> Generator[dict[str, Any], None, Observation]:
        tensors: dict[str, Any] = {}
        arrays: dict[str, np.ndarray] = {}
        for name, made in self.made.items():
            tensors[name], seen = self.sight(name, made.tensor, made.view)
            tensors[name]["notes"] = [{"code": code, "params": p} for code, p in made.notes]
            arrays |= seen
            yield {"seen": name}
        header: dict[str, Any] = {"tensors": tensors, "problem": self.problem, "code": self.code()}
        if self.result is not None:
            view = self.made["A"].view
            kept = view if operation in _SAME_SOUND and view.get("sound") else {}
            tensors["C"], seen = self.sight("C", self.result.tensor, kept)
            tensors["C"]["shares"] = _shares(self.result.tensor, self.made["A"].tensor)
            tensors["C"]["notes"] = []
            arrays |= seen
            yield {"seen": "C"}
            told, seen = self.terms(arrays["C/cells"])
            header |= told
            arrays |= seen
        return header, arrays

    def sight(self, name: str, tensor: Tensor, view: Mapping[str, Any]) -> Observation:
        """One tensor: what it is and what is looked at."""
        place, arrays = sight.window(tensor, self.at.get(name))
        over, pictures = sight.whole(tensor, self.at.get(name))
        arrays |= pictures
        arrays["stored"] = sight.stored(tensor)
        if view.get("sound"):
            samples = sight.played(tensor)
            if samples is not None:
                arrays["played"] = samples
        header = {**facts(tensor), "window": place, "whole": over, "view": dict(view)}
        return header, {f"{name}/{key}": np.ascontiguousarray(a) for key, a in arrays.items()}

    def terms(self, cells: np.ndarray) -> Observation:
        """What the cells of the result's window read."""
        result = self.result
        assert result is not None
        operands = [made.tensor.reshape(-1) for made in self.made.values()]
        operands = operands[: len(result.reading.steps)]
        shape = tuple(result.tensor.shape)
        listed, total = [], 1
        for cell in cells.reshape(-1).tolist():
            terms, total = terms_of(result.reading, place_of(cell, shape), MOST_TERMS)
            listed.append(terms)
        terms = np.array(listed, dtype=np.int32)
        terms = terms.reshape(len(listed), -1, len(operands))
        values = np.stack(
            [
                sight.parts(numbers[terms[:, :, i].reshape(-1).astype(np.int64)])
                for i, numbers in enumerate(operands)
            ],
            axis=1,
        ).reshape(*terms.shape, 2)
        number = complex(result.number or 0)
        header = {
            "how": result.reading.how,
            "line": f"C = {result.code}",
            "scalar": None if result.number is None else [number.real, number.imag],
            "power": "inf" if result.power == float("inf") else result.power,
            "terms_of_each": total,
        }
        return header, {"terms": terms, "term_values": np.ascontiguousarray(values)}

    def code(self) -> str:
        """The script that computes what is shown."""
        needed = [line for made in self.made.values() for line in made.imports]
        lines = ["import torch", *sorted(set(needed)), ""]
        lines += [line for made in self.made.values() for line in made.code]
        if self.result is not None:
            lines += [f"C = {self.result.code}", "print(C.shape, C.dtype, C)"]
        return "\n".join(lines)


def _shares(tensor: Tensor, other: Tensor) -> bool:
    """Whether two tensors are two views of the same numbers in memory."""
    return tensor.untyped_storage().data_ptr() == other.untyped_storage().data_ptr()


def _problem(error: PlaygroundError) -> dict[str, Any]:
    told = {**error.notice().as_dict(), "fits": [], "clash": {}}
    if isinstance(error, Misfit):
        told["clash"] = error.clash
        told["fits"] = [
            {"code": fit.code, "change": fit.change, "shape": fit.shape and list(fit.shape)}
            for fit in error.fits
        ]
    return told
