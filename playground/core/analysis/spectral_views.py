"""Singular values and eigenvalues of every weight matrix, now and since the view was opened."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from playground.core.analysis import random_matrix
from playground.core.analysis.maps import single
from playground.core.analysis.record import Record
from playground.core.analysis.spectra import Spectrum, eigenvalues, singular_spectrum
from playground.core.analysis.views import Arrays, Header, Sight, View
from playground.core.analysis.weights import Matrix, matrices
from playground.core.layers.base import EVERY_KIND
from playground.core.want import Want

MOST_LINES = 48  # of one matrix in the record
MOST_TRAILS = 64  # eigenvalues of a matrix up to which each leaves a trail


def chosen(count: int) -> list[int]:
    """Places, from 0, of those values that the record keeps: all, or some evenly among them."""
    if count <= MOST_LINES:
        return list(range(count))
    return [round(i * (count - 1) / (MOST_LINES - 1)) for i in range(MOST_LINES)]


class SpectralView(View):
    """A view with a record of what it showed since it was opened."""

    name: ClassVar[str]
    kinds = frozenset(EVERY_KIND)

    def keep(self, row: list[float], widths: list[int], want: Want) -> tuple[Header, Arrays]:
        """Enters a row into the record.

        Args:
            row: the values now; none where they are not all numbers.
            widths: how many values of a row belong to each matrix.

        Returns:
            What the viewer lacks. `<name>_record` in the header has the record's version, the
            first row told, how many there are, and `widths`; that among the arrays the rows.
        """
        record: Record = self.sight.kept.setdefault(self.name, Record())
        if row:
            record.add(self.run.exact_epoch, row, self.sight.frames)
        start, rows = record.since(want.of(self.name).get("have"))
        head = {
            "version": record.version,
            "start": start,
            "total": len(record),
            "widths": widths,
        }
        return {f"{self.name}_record": head}, {f"{self.name}_record": rows}


class SingularView(SpectralView):
    """Singular values of every weight matrix, and the band that chance would fill."""

    name: ClassVar[str] = "singular"

    def __init__(self, sight: Sight) -> None:
        super().__init__(sight)
        self._starts: dict[str, Tensor | None] = {}

    def add(self, want: Want, header: Header, arrays: Arrays) -> None:
        """`header["spectra"]` says of each matrix what `_describe` does; `arrays["sv_<key>"]` has
        its values, `arrays["mp_<key>"]` where they would lie if its entries were chance with
        deviation 1."""
        header["spectra"], row, widths = [], [], []
        found_all = matrices(self.run)
        finite = [one for one in found_all if torch.isfinite(one.values).all()]
        for matrix in finite:
            found = singular_spectrum(matrix.values, self._starts.get(matrix.key))
            self._starts[matrix.key] = found.vectors
            lines = chosen(len(found.values))
            header["spectra"].append({**self._describe(matrix, found), "lines": lines})
            values = single(found.values)
            arrays[f"sv_{matrix.key}"] = values.numpy()
            expected = random_matrix.expected(*matrix.values.shape)[: len(values)]
            arrays[f"mp_{matrix.key}"] = np.asarray(expected, np.float32)
            row += values[lines].tolist()
            widths.append(len(lines))
        head, rows = self.keep(row if len(finite) == len(found_all) else [], widths, want)
        header |= head
        arrays |= rows

    def _describe(self, matrix: Matrix, found: Spectrum) -> Header:
        rows, columns = matrix.values.shape
        number = matrix.number
        return {
            "block": matrix.block,
            "key": matrix.key,
            "part": matrix.part,
            "rows": rows,
            "cols": columns,
            "rank": found.rank,
            "condition": found.condition,
            "norm": found.norm,
            "stable_rank": found.stable_rank,
            "count": min(rows, columns),
            "first": random_matrix.spread(matrix.first),
            "now": random_matrix.spread(matrix.values),
            "held": number is not None,
            "cut": number is not None and bool(self.run.hands.cuts(number).any()),
        }


class EigenView(SpectralView):
    """Eigenvalues of every square weight matrix."""

    name: ClassVar[str] = "eigen"

    def __init__(self, sight: Sight) -> None:
        super().__init__(sight)
        self._before: dict[str, Tensor] = {}

    def add(self, want: Want, header: Header, arrays: Arrays) -> None:
        """`arrays["ev_<key>"]` has real and imaginary parts, the largest first; in the record
        each keeps its place from row to row."""
        header["eigen"], row, widths = [], [], []
        every = [part for one in matrices(self.run) for part in _apart(one)]
        square = [one for one in every if len(set(one.values.shape)) == 1]
        finite = [one for one in square if torch.isfinite(one.values).all()]
        for matrix in finite:
            rows = len(matrix.values)
            found = eigenvalues(matrix.values)
            trails = rows <= MOST_TRAILS
            header["eigen"].append(
                {
                    "block": matrix.block,
                    "key": matrix.key,
                    "part": matrix.part,
                    "size": rows,
                    "recurrent": matrix.recurrent,
                    "trails": trails,
                }
            )
            arrays[f"ev_{matrix.key}"] = single(found).numpy()
            if trails:
                steady = followed(found, self._before.get(matrix.key))
                self._before[matrix.key] = steady
                row += single(steady).flatten().tolist()
            widths.append(2 * rows if trails else 0)
        head, rows = self.keep(row if len(finite) == len(square) else [], widths, want)
        header |= head
        arrays |= rows


GATES = {
    4: ("input", "forget", "candidate", "output"),
    3: ("reset", "update", "candidate"),
}


def _apart(matrix: Matrix) -> list[Matrix]:
    """A recurrent matrix gate by gate: what a gate makes of the state is square."""
    rows, columns = matrix.values.shape
    names = GATES.get(rows // max(columns, 1), ())
    if not matrix.recurrent or rows != len(names) * columns:
        return [matrix]
    pairs = zip(matrix.values.split(columns), matrix.first.split(columns), strict=True)
    return [
        replace(matrix, values=values, first=first, part=f"{matrix.part}_{name}")
        for name, (values, first) in zip(names, pairs, strict=True)
    ]


def followed(values: Tensor, before: Tensor | None) -> Tensor:
    """Eigenvalues (n, 2) in the order of those before: each where the nearest one was.

    The closest two are matched first, then the closest two that are left.
    """
    if before is None or before.shape != values.shape:
        return values
    away = torch.cdist(before, values)
    found = torch.empty_like(values)
    for _ in range(len(values)):
        at = int(away.argmin())
        old, new = divmod(at, len(values))
        found[old] = values[new]
        away[old], away[:, new] = torch.inf, torch.inf
    return found
