"""Where the tensors of the workbench come from, each with the lines of PyTorch that make it.

A source is described by JSON that comes from the open network: every field is checked here.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor

from playground.core.data import DATASETS
from playground.core.errors import PlaygroundError
from playground.core.photos import SAMPLES, decode_photo, photo_code, sample_photo
from playground.core.random import TorchStream
from playground.core.tensors.dtypes import DTYPES, convert
from playground.core.tensors.offers import (
    DIGITS,
    FILLINGS,
    MAX_POINTS,
    POINT_SETS,
    STEPS,
    TABLES,
)
from playground.core.tensors.sound import read_wav, tones, tones_code, wav_code
from playground.core.tensors.typed import (
    Nested,
    flat,
    read_tensor,
    read_whole_numbers,
    written_shape,
)

MAX_MADE = 65_536
"""Most numbers of a tensor that is filled or drawn at random."""
MAX_TEXT = 200
LONGEST = 512
"""Pixels on the longer side of an uploaded picture."""
Files = Mapping[str, bytes]


@dataclass(frozen=True, eq=False)
class Made:
    """A tensor with what is known of it.

    Attributes:
        tensor: itself.
        code: lines of Python that make it, under the name that was asked for.
        imports: lines that the code needs beside `import torch`.
        view: how it may be looked at: "picture" (height, width, channels), "sound" with "rate",
            "text" with "letters", one for each place along the first dimension.
        notes: sentences about it, as code and facts.
    """

    tensor: Tensor
    code: list[str]
    imports: tuple[str, ...] = ()
    view: dict[str, Any] = field(default_factory=dict)
    notes: list[tuple[str, dict[str, Any]]] = field(default_factory=list)


def make(source: Mapping[str, Any], name: str, files: Files | None = None) -> Made:
    """The tensor that a description stands for.

    Args:
        source: {"kind": one of SOURCES, …its settings, "dtype": name or null, "then": {"transpose":
            true} or {"reshape": [sides]} or null}.
        name: of the variable in the code.
        files: contents of uploaded files, by the names that descriptions call them.

    Raises:
        PlaygroundError: whatever cannot be made of it.
    """
    kind = source.get("kind")
    if kind not in SOURCES:
        raise PlaygroundError("tensor_source", name=str(kind)[:40])
    made = SOURCES[kind](source, name, files or {})
    dtype = source.get("dtype")
    if dtype:
        tensor, lost = convert(made.tensor, str(dtype))
        if tensor is not made.tensor:
            # `Tensor.to` drops an imaginary part with a warning; `.real` says what is meant.
            real = ".real" if made.tensor.is_complex() and not tensor.is_complex() else ""
            real = "" if dtype == "bool" else real
            made = replace(
                made, tensor=tensor, code=[*made.code, f"{name} = {name}{real}.to(torch.{dtype})"]
            )
        if lost:
            made = replace(made, notes=[*made.notes, ("changed", lost)])
    return _then(made, source.get("then"), name)


def _then(made: Made, then: object, name: str) -> Made:
    """What the visitor took up of what would fit: a transposition or another shape."""
    match then:
        case {"transpose": True} if made.tensor.dim() == 2:
            return replace(made, tensor=made.tensor.T, code=[*made.code, f"{name} = {name}.T"])
        case {"reshape": [*sides]} if _fills(sides, made.tensor):
            code = f"{name} = {name}.reshape{written_shape(tuple(sides))}"
            return replace(made, tensor=made.tensor.reshape(sides), code=[*made.code, code])
    return made


def _fills(sides: list[Any], tensor: Tensor) -> bool:
    whole = all(isinstance(side, int) and side > 0 for side in sides)
    return whole and len(sides) <= 8 and math.prod(sides) == tensor.numel()


# ---- by hand ---------------------------------------------------------------------------------


def _typed(source: Mapping[str, Any], name: str, _files: Files) -> Made:
    typed = read_tensor(str(source.get("text", "")))
    numbers = flat(typed.nested)
    dtypes = {"bool": torch.bool, "integer": torch.int64, "float": torch.float32}
    dtype, said = dtypes.get(typed.kind, torch.complex64), ""
    if source.get("dtype") in ("complex128", *(["float64"] if typed.kind != "complex" else [])):
        # Not by way of 32 bits, which would lose digits that were typed.
        dtype, said = DTYPES[source["dtype"]], f", dtype=torch.{source['dtype']}"
    tensor = torch.tensor(numbers, dtype=dtype)
    notes = []
    if typed.kind in ("float", "complex"):
        large = sum(
            math.isinf(abs(kept)) and not math.isinf(abs(complex(meant)))
            for kept, meant in zip(tensor.tolist(), numbers, strict=True)
        )
        if large:
            notes.append(("overflow", {"count": large}))
    code = f"{name} = torch.tensor({written(typed.nested)}{said})"
    return Made(tensor.reshape(typed.shape), [code], notes=notes)


def written(nested: Nested) -> str:
    """Nested lists as Python reads them, NaN and infinity as well."""
    if isinstance(nested, list):
        return f"[{', '.join(written(part) for part in nested)}]"
    if isinstance(nested, complex):
        if nested.real == 0 and math.isfinite(nested.imag):
            return f"{nested.imag!r}j".replace(".0j", "j")
        if math.isfinite(nested.real) and math.isfinite(nested.imag):
            return repr(nested).strip("()")
        return f"complex({written(nested.real)}, {written(nested.imag)})"
    if isinstance(nested, float) and not math.isfinite(nested):
        return f"float('{nested}')"
    return repr(nested)


def _filled(source: Mapping[str, Any], name: str, _files: Files) -> Made:
    how = source.get("how")
    if how not in FILLINGS:
        raise PlaygroundError("tensor_source", name=str(how)[:40])
    shape = read_whole_numbers(str(source.get("shape", "")))
    if not shape or min(shape) < 1 or len(shape) > 6:
        raise PlaygroundError("tensor_shape", shape=written_shape(shape))
    if how == "eye" and len(shape) == 1:
        shape = (shape[0], shape[0])
    if how == "eye" and len(shape) != 2:
        raise PlaygroundError("tensor_eye", shape=written_shape(shape))
    if math.prod(shape) > MAX_MADE:
        raise PlaygroundError("tensor_too_large", count=math.prod(shape), limit=MAX_MADE)
    seed = source.get("seed")
    seed = seed if isinstance(seed, int) and 0 <= seed < 2**31 else 0
    sides = ", ".join(map(str, shape))
    if how in ("randn", "rand"):
        generator = torch.Generator().manual_seed(seed)
        tensor = getattr(torch, how)(shape, generator=generator)
        code = [f"generator = torch.Generator().manual_seed({seed})",
                f"{name} = torch.{how}({sides}, generator=generator)"]  # fmt: skip
    elif how == "arange":
        tensor = torch.arange(math.prod(shape)).reshape(shape)
        code = [f"{name} = torch.arange({math.prod(shape)}).reshape({sides})"]
    else:
        tensor = torch.eye(*shape) if how == "eye" else getattr(torch, how)(shape)
        code = [f"{name} = torch.{how}({sides})"]
    return Made(tensor, code)


# ---- data ------------------------------------------------------------------------------------


def _points(source: Mapping[str, Any], name: str, _files: Files) -> Made:
    from playground.core.experiment import Data

    chosen = source.get("set")
    if chosen not in POINT_SETS:
        raise PlaygroundError("tensor_source", name=str(chosen)[:40])
    count = _whole(source, "count", 1, MAX_POINTS, 8)
    entry = DATASETS[chosen]
    raw = entry.make(Data(name=chosen, samples=max(10, count)), TorchStream(0, "data"), None)
    inputs = raw.inputs[:: max(1, len(raw.inputs) // count)][:count]
    tensor = torch.tensor(inputs.round(3), dtype=torch.float32)
    return Made(tensor, [f"{name} = torch.tensor({written(inputs.round(3).tolist())})"])


def _table(source: Mapping[str, Any], name: str, _files: Files) -> Made:
    from sklearn import datasets

    table = TABLES.get(str(source.get("table")))
    if table is None:
        raise PlaygroundError("tensor_source", name=str(source.get("table"))[:40])
    loader = f"load_{table.name}"
    options = dict(table.options or {})
    inputs, _ = getattr(datasets, loader)(return_X_y=True, **options)
    given = ", ".join(f"{key}={value!r}" for key, value in options.items())
    return Made(
        torch.from_numpy(inputs),
        [f"{name} = torch.from_numpy({loader}({given}).data)"],
        (f"from sklearn.datasets import {loader}",),
        {"columns": list(table.columns)},
    )


def _digits(source: Mapping[str, Any], name: str, _files: Files) -> Made:
    from sklearn.datasets import load_digits

    index = _whole(source, "index", 0, DIGITS - 1, 0)
    count = min(_whole(source, "count", 1, 64, 1), DIGITS - index)
    images = torch.from_numpy(getattr(load_digits(), "images"))  # noqa: B009 - of a Bunch
    one = count == 1
    place = str(index) if one else f"{index}:{index + count}"
    return Made(
        images[index] if one else images[index : index + count],
        [f"{name} = torch.from_numpy(load_digits().images)[{place}]"],
        ("from sklearn.datasets import load_digits",),
        {"grey": True},
    )


# ---- pictures, text, sound -------------------------------------------------------------------


def _photo(source: Mapping[str, Any], name: str, _files: Files) -> Made:
    chosen = str(source.get("name"))
    picture = torch.from_numpy(sample_photo(chosen).copy())
    code = f"torch.from_numpy(load_sample_image('{SAMPLES[chosen]}').copy())"
    tensor, coarse = _coarse(picture, source)
    return Made(
        tensor,
        [f"{name} = {code}{coarse}"],
        ("from sklearn.datasets import load_sample_image",),
        {"picture": True},
    )


def _coarse(picture: Tensor, source: Mapping[str, Any]) -> tuple[Tensor, str]:
    """Every so manyth pixel of both directions."""
    step = source.get("step", 1)
    if step not in STEPS or step == 1:
        return picture, ""
    return picture[::step, ::step], f"[::{step}, ::{step}]"


def _picture_file(source: Mapping[str, Any], name: str, files: Files) -> Made:
    content, filename = _content(source, files), _filename(source)
    pixels = decode_photo(content, LONGEST)
    tensor, coarse = _coarse(torch.from_numpy(pixels), source)
    imports, code = photo_code(filename, LONGEST, pixels)
    made = f"{name} = torch.from_numpy(np.array(image)){coarse}"
    return Made(tensor, [*code, made], tuple(imports), {"picture": True})


def _sound_file(source: Mapping[str, Any], name: str, files: Files) -> Made:
    sound = read_wav(_content(source, files))
    code = wav_code(_filename(source), sound, name)
    return Made(sound.samples, code, ("import wave",), {"sound": True, "rate": sound.rate})


def _tones(source: Mapping[str, Any], name: str, _files: Files) -> Made:
    given = str(source.get("frequencies"))
    numbers, seconds = flat(read_tensor(given).nested), source.get("seconds", 0.5)
    frequencies = [float(hertz) for hertz in numbers if not isinstance(hertz, complex)]
    if len(frequencies) < len(numbers) or not isinstance(seconds, int | float):
        raise PlaygroundError("tensor_syntax", text=given[:60])
    sound = tones(frequencies, seconds)
    code = tones_code(frequencies, seconds, name)
    return Made(sound.samples, code, view={"sound": True, "rate": sound.rate})


def _text(source: Mapping[str, Any], name: str, _files: Files) -> Made:
    text = str(source.get("text", "")).encode("utf-8", "ignore").decode()
    if not text:
        raise PlaygroundError("tensor_text_empty")
    if len(text) > MAX_TEXT:
        raise PlaygroundError("tensor_text_long", limit=MAX_TEXT)
    way = source.get("writing")
    if way == "utf8":
        tensor = torch.tensor(list(text.encode()), dtype=torch.uint8)
        code = [f"{name} = torch.tensor(list({text!r}.encode()), dtype=torch.uint8)"]
        letters = [letter for letter in text for _ in letter.encode()]
    elif way == "onehot":
        known = sorted(set(text))
        places = torch.tensor([known.index(letter) for letter in text])
        tensor = torch.nn.functional.one_hot(places, len(known))
        code = [
            f"text = {text!r}",
            "letters = sorted(set(text))",
            "places = torch.tensor([letters.index(letter) for letter in text])",
            f"{name} = torch.nn.functional.one_hot(places, len(letters))",
        ]
        return Made(tensor, code, view={"letters": list(text), "columns": known})
    elif way == "codepoints":
        tensor = torch.tensor([ord(letter) for letter in text])
        code = [f"{name} = torch.tensor([ord(letter) for letter in {text!r}])"]
        letters = list(text)
    else:
        raise PlaygroundError("tensor_source", name=str(way)[:40])
    return Made(tensor, code, view={"letters": letters})


def _content(source: Mapping[str, Any], files: Files) -> bytes:
    content = files.get(str(source.get("file")))
    if content is None:
        raise PlaygroundError("file_needed", name=_filename(source))
    return content


def _filename(source: Mapping[str, Any]) -> str:
    return str(source.get("filename") or "file")[:120]


def _whole(source: Mapping[str, Any], key: str, low: int, high: int, default: int) -> int:
    value = source.get(key, default)
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise PlaygroundError("tensor_out_of_range", value=str(value)[:20], low=low, high=high)
    return value


SOURCES: dict[str, Callable[[Mapping[str, Any], str, Files], Made]] = {
    "typed": _typed,
    "filled": _filled,
    "points": _points,
    "table": _table,
    "digits": _digits,
    "photo": _photo,
    "picture": _picture_file,
    "text": _text,
    "tones": _tones,
    "sound": _sound_file,
}
