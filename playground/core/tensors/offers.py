"""What the workbench offers, by name. Loads without torch, so that a page can list it."""

from __future__ import annotations

from playground.core.data import DATASETS
from playground.core.data.tables import BREAST_CANCER, DIABETES, IRIS, WINE

TAKES: dict[str, tuple[int, tuple[str, ...]]] = {
    "matmul": (2, ()),
    "add": (2, ()),
    "multiply": (2, ()),
    "einsum": (0, ("expression",)),
    "add_number": (1, ("number",)),
    "times_number": (1, ("number",)),
    "transpose": (1, ()),
    "permute": (1, ("order",)),
    "reshape": (1, ("shape",)),
    "expand": (1, ("shape",)),
    "norm": (1, ("power", "along")),
}
"""Operations: how many tensors each takes (0: one or two, as einsum's expression says), and the
names of the texts that it takes beside."""

DTYPES = (
    "bool", "uint8", "int16", "int32", "int64", "float16", "bfloat16", "float32", "float64",
    "complex64", "complex128",
)  # fmt: skip
FILLINGS = ("zeros", "ones", "arange", "eye", "randn", "rand")
WRITINGS = ("codepoints", "utf8", "onehot")
TABLES = {table.name: table for table in (IRIS, WINE, BREAST_CANCER, DIABETES)}
POINT_SETS = tuple(name for name, entry in DATASETS.items() if entry.family == "points")
MAX_POINTS = 50
DIGITS = 1797
STEPS = (1, 2, 4, 8)
MAX_WAV_BYTES = 2 * 2**20
