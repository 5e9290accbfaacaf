"""The tables of embeddings: their rows in a plane or in space, neighbours, analogies.

What a viewer may ask for (`Want.options["embeddings"]`):

    block    whose tables, from 1; the nearest that has any
    table    which of them, from 0; −1 for users and items in one plane
    axes     "factors" (of two tables whose products are taken), "pca", or "raw"
    units    three numbers of the vectors, where axes are "raw"
    chosen   row of the entry that is looked at, by its number over all shown tables
    measure  "cosine" or "euclidean"
    terms    three rows a, b, c of one table, for a − b + c
    have     the key of the names that the viewer has
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from playground.core.analysis.analogies import Factors, analogy, factors, nearest, steady
from playground.core.analysis.maps import single
from playground.core.analysis.pca import MOST_RATIOS, SHOWN, Basis
from playground.core.analysis.views import Arrays, Header, Sight, View
from playground.core.modules.embedding import DotProduct, embedding_tables

if TYPE_CHECKING:
    from playground.core.analysis.analogies import Measure
    from playground.core.want import Want

BOTH = -1
NEIGHBOURS = 10
KEYS = 900_000_000  # an option of a view is not larger, see `want.py`
LARGEST = 1e100  # squares of larger numbers leave the range of float64


@dataclass(frozen=True, eq=False)
class _Table:
    """One table of a block.

    Attributes:
        vectors: (entries, d) float64, without the biases.
        biases: (entries,) where the network adds one to each product, else None.
        first: place in the schema's vocabulary of its first entry's name.
    """

    vectors: Tensor
    biases: Tensor | None
    first: int


class EmbeddingsView(View):
    """See the module. Axes keep their signs from frame to frame."""

    kinds = frozenset({"sequences", "ratings"})

    def __init__(self, sight: Sight) -> None:
        super().__init__(sight)
        modules = sight.replica().modules
        self._blocks = [i for i, module in enumerate(modules, 1) if embedding_tables(module)]
        self._bases: dict[tuple[int, int], Basis] = {}
        self._factors: dict[int, Factors] = {}
        names = "\0".join(self.run.schema.vocabulary)
        self._key = zlib.crc32(names.encode()) % KEYS

    def add(self, want: Want, header: Header, arrays: Arrays) -> None:
        """`header["embeddings"]`: tables, axes and their shares, neighbours, analogy; the names of
        the entries where the viewer lacks them. `embeddings` (entries, 3) float32: their places;
        `embeddings_bias` (entries,) float32 where there are biases."""
        told: Header = {"blocks": self._blocks, "block": 0}
        header["embeddings"] = told
        if not self._blocks:
            return
        options = want.of("embeddings")
        block = options.get("block")
        if block not in self._blocks:
            block = self._blocks[0]
        tables = self._tables(block)
        number = options.get("table")
        many = len(tables) > 1
        if not isinstance(number, int) or not (BOTH if many else 0) <= number < len(tables):
            number = BOTH if many else 0
        shown = tables if number == BOTH else [tables[number]]
        sizes = [len(one.vectors) for one in shown]
        multiplied = self._multiplies(block)
        axes = _axes(options.get("axes"), multiplied and number == BOTH)
        places, ratios, units = self._placed(block, number, axes, shown, options)
        told |= {
            "block": block,
            "table": number,
            "tables": [len(one.vectors) for one in tables],
            "sizes": sizes,
            "firsts": [one.first for one in shown],
            "width": shown[0].vectors.shape[1],
            "axes": axes,
            "multiplied": multiplied,
            "ratios": ratios,
            "units": units,
            "key": self._key,
        }
        if options.get("have") != self._key:
            told["names"] = list(self.run.schema.vocabulary)
        arrays["embeddings"] = single(places).contiguous().numpy()
        if shown[0].biases is not None:
            biases = torch.cat([one.biases for one in shown if one.biases is not None])
            arrays["embeddings_bias"] = single(biases).contiguous().numpy()
        told |= _relations(shown, options, multiplied)

    # ---- tables

    def _tables(self, block: int) -> list[_Table]:
        """Those of one block; the vocabulary has their names one after the other."""
        found, first = [], 0
        with torch.no_grad():
            for table in embedding_tables(self.sight.replica().modules[block - 1]):
                values = table.detach().double().clamp(-LARGEST, LARGEST)
                biased = self._biased(block)
                vectors = values[:, :-1] if biased else values
                found.append(_Table(vectors, values[:, -1] if biased else None, first))
                first += len(values)
        return found

    def _product(self, block: int) -> DotProduct | None:
        """The product that is taken of what this block gives, where nothing lies between."""
        modules = self.sight.replica().modules
        if block >= len(modules):
            return None
        return next(
            (part for part in modules[block].children() if isinstance(part, DotProduct)), None
        )

    def _multiplies(self, block: int) -> bool:
        return self._product(block) is not None

    def _biased(self, block: int) -> bool:
        product = self._product(block)
        return product is not None and product.biased

    # ---- axes

    def _placed(
        self,
        block: int,
        number: int,
        axes: str,
        shown: list[_Table],
        options: Mapping[str, Any],
    ) -> tuple[Tensor, list[float], list[int] | None]:
        """Places (entries, SHOWN), shares of the axes, and the units where they are the axes."""
        vectors = torch.cat([one.vectors for one in shown])
        if axes == "factors":
            first, second = (one.vectors for one in shown)
            found = steady(factors(first, second), self._factors.get(block))
            self._factors[block] = found
            return _three(torch.cat((found.first, found.second))), found.ratios[:MOST_RATIOS], None
        if axes == "raw":
            units = _units(options.get("units"), vectors.shape[1])
            return _three(vectors[:, units]), [], units
        found = self._bases.setdefault((block, number), Basis()).follow(vectors)
        return found.scores(vectors), found.ratios, None


def _axes(asked: object, factors: bool) -> str:
    if asked in ("pca", "raw"):
        return str(asked)
    return "factors" if factors else "pca"


def _units(asked: object, width: int) -> list[int]:
    """Three numbers of a vector of this width, the first ones by default; fewer where it is
    narrower."""
    wanted = asked if isinstance(asked, list | tuple) and asked else range(SHOWN)
    return [min(max(int(unit), 0), width - 1) for unit in list(wanted)[: min(SHOWN, width)]]


def _three(places: Tensor) -> Tensor:
    """The first SHOWN columns; 0 for one that there is not."""
    found = places[:, :SHOWN]
    return nn.functional.pad(found, (0, SHOWN - found.shape[1]))


# ---- who is near whom


def _relations(shown: list[_Table], options: Mapping[str, Any], multiplied: bool) -> Header:
    """Neighbours of the chosen entry in its own table and best products in the other; analogy.

    Rows are numbers over all shown tables.
    """
    measure: Measure = "euclidean" if options.get("measure") == "euclidean" else "cosine"
    told: Header = {"measure": measure, "chosen": None, "analogy": None}
    starts, total = [], 0
    for one in shown:
        starts.append(total)
        total += len(one.vectors)

    def place(row: object) -> tuple[int, int] | None:
        """Which table a row is of, and its number there."""
        if not isinstance(row, int) or isinstance(row, bool) or not 0 <= row < total:
            return None
        table = max(i for i, start in enumerate(starts) if start <= row)
        return table, row - starts[table]

    chosen = place(options.get("chosen"))
    if chosen is not None:
        table, row = chosen
        mine = shown[table]
        near = nearest(mine.vectors, mine.vectors[row], measure, NEIGHBOURS, (row,))
        told["chosen"] = {
            "row": options["chosen"],
            "length": mine.vectors[row].norm().item(),
            "near": [[starts[table] + other, value] for other, value in near],
        }
        if multiplied and len(shown) == 2:
            other = 1 - table
            told["chosen"]["products"] = [
                [starts[other] + best, value] for best, value in _products(mine, row, shown[other])
            ]
    terms = options.get("terms")
    found = [place(row) for row in terms] if isinstance(terms, list | tuple) else []
    if len(found) == 3 and all(found) and len({one[0] for one in found if one}) == 1:
        table = found[0][0] if found[0] else 0
        rows = [one[1] for one in found if one]
        best = analogy(shown[table].vectors, (rows[0], rows[1], rows[2]), measure, NEIGHBOURS)
        told["analogy"] = {
            "terms": list(terms or ()),
            "found": [[starts[table] + other, value] for other, value in best],
        }
    return told


def _products(mine: _Table, row: int, other: _Table) -> list[tuple[int, float]]:
    """The entries of the other table with the largest product, biases included: what the network
    takes for the best match, but for the constants of its head."""
    values = other.vectors @ mine.vectors[row]
    if mine.biases is not None and other.biases is not None:
        values = values + other.biases + mine.biases[row]
    best = values.sort(descending=True, stable=True).indices[:NEIGHBOURS].tolist()
    return [(one, values[one].item()) for one in best]
