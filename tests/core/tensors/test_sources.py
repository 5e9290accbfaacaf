"""Tensors that are typed, filled, drawn from data; pictures, text and sound; their code."""

from __future__ import annotations

import io
import math
import wave
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from playground.core import photos
from playground.core.errors import PlaygroundError
from playground.core.tensors.dtypes import DTYPES, convert, facts
from playground.core.tensors.offers import FILLINGS, POINT_SETS, TABLES, WRITINGS
from playground.core.tensors.sight import layout, played, whole, window
from playground.core.tensors.sources import SOURCES, make
from playground.core.tensors.typed import read_tensor
from playground.core.tensors.workbench import work

CHINESE = "学而时习之, ok"
GIVEN = [
    {"kind": "typed", "text": "[[1, 2], [3, 4]]"},
    {"kind": "typed", "text": "[1, 2.5, nan, -inf]"},
    {"kind": "typed", "text": "[1+2j, -3j]"},
    {"kind": "typed", "text": "[complex]".replace("complex", "1+2j, nan")},
    {"kind": "typed", "text": "[True, False]", "dtype": "float32"},
    {"kind": "typed", "text": "0.1", "dtype": "float64"},
    {"kind": "typed", "text": "[1.7, -2, 300]", "dtype": "uint8"},
    {"kind": "typed", "text": "[3+4j, 1]", "dtype": "float32"},
    {"kind": "typed", "text": "[3+4j, 0]", "dtype": "bool"},
    {"kind": "typed", "text": "[[1, 2, 3]]", "then": {"transpose": True}},
    {"kind": "typed", "text": "[1, 2, 3, 4]", "then": {"reshape": [2, 2]}},
    *({"kind": "filled", "how": how, "shape": "2, 3", "seed": 3} for how in FILLINGS),
    {"kind": "points", "set": "moons", "count": 6},
    *({"kind": "table", "table": name} for name in TABLES),
    {"kind": "digits", "index": 7},
    {"kind": "digits", "index": 7, "count": 4},
    {"kind": "photo", "name": "flower", "step": 8},
    *({"kind": "text", "text": CHINESE, "writing": way} for way in WRITINGS),
    {"kind": "tones", "frequencies": "440 660", "seconds": 0.1},
    {"kind": "tones", "frequencies": [440], "seconds": 0.1},
    {"kind": "picture", "file": "p", "filename": "own picture.png", "step": 2},
    {"kind": "picture", "file": "j", "filename": "own.jpg", "step": 1},
    {"kind": "picture", "file": "t", "filename": "own.gif"},
    {"kind": "sound", "file": "s", "filename": "own.wav"},
]  # fmt: skip


def png(width=40, height=30) -> bytes:
    pixels = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    kept = io.BytesIO()
    Image.fromarray(pixels).save(kept, "PNG")
    return kept.getvalue()


def wav(width=2, channels=2, count=50) -> bytes:
    kept = io.BytesIO()
    with wave.open(kept, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(8000)
        file.writeframes(bytes(range(200)) * (width * channels * count // 200 + 1))
    return kept.getvalue()


def jpeg() -> bytes:
    """A large one, on its side."""
    kept = io.BytesIO()
    turned = Image.Exif()
    turned[274] = 6
    photo = Image.fromarray(photos.sample_photo("china")).resize((2000, 1400))
    photo.save(kept, "JPEG", exif=turned)
    return kept.getvalue()


def see_through() -> bytes:
    kept = io.BytesIO()
    picture = Image.new("RGBA", (12, 9), (200, 30, 30, 255))
    picture.paste((0, 0, 0, 0), (3, 3, 9, 6))
    picture.save(kept, "PNG")
    return kept.getvalue()


FILES = {"p": png(), "s": wav(), "j": jpeg(), "t": see_through()}


@pytest.mark.parametrize("source", GIVEN, ids=str)
def test_the_code_beside_a_tensor_makes_it(
    source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own picture.png").write_bytes(FILES["p"])
    (tmp_path / "own.jpg").write_bytes(FILES["j"])
    (tmp_path / "own.gif").write_bytes(FILES["t"])
    (tmp_path / "own.wav").write_bytes(FILES["s"])
    made = make(source, "A", FILES)
    names: dict = {}
    exec("\n".join(["import torch", *made.imports, *made.code]), names)
    found = names["A"]
    assert (found.dtype, found.shape, found.stride()) == (
        made.tensor.dtype, made.tensor.shape, made.tensor.stride(),
    )  # fmt: skip
    torch.testing.assert_close(found, made.tensor, rtol=0, atol=0, equal_nan=True)


def test_every_source_is_tried():
    assert {source["kind"] for source in GIVEN} == set(SOURCES)
    assert "moons" in POINT_SETS


@pytest.mark.parametrize(
    ("text", "shape", "kind"),
    [
        ("3", (), "integer"),
        ("-0.5", (), "float"),
        ("[[1, 2], [3, 4]]", (2, 2), "integer"),
        ("[[1 2]\n [3 4]]", (2, 2), "integer"),
        ("1 2 3", (3,), "integer"),
        ("1, 2; 3, 4", (2, 2), "integer"),
        ("1\t2\n3\t4.5", (2, 2), "float"),
        ("【1，2，3】", (3,), "integer"),
        ("[[[1], [2]], [[3], [4]]]", (2, 2, 1), "integer"),
        ("[1 - 2j, 3]", (2,), "complex"),
        ("[nan, inf]", (2,), "float"),
        ("[True, 2]", (2,), "integer"),
        ("[true, false]", (2,), "bool"),
        ("((1, 2), (3, 4))", (2, 2), "integer"),
    ],
)
def test_what_can_be_typed(text, shape, kind):
    typed = read_tensor(text)
    assert (typed.shape, typed.kind) == (shape, kind)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "tensor_empty"),
        ("[]", "tensor_empty"),
        ("[[], []]", "tensor_empty"),
        ("[[1, 2], [3]]", "tensor_ragged"),
        ("[[1, 2], []]", "tensor_ragged"),
        ("[[[1, 2]], [[3, 4], [5, 6]]]", "tensor_ragged"),
        ("1 2\n3", "tensor_ragged"),
        ("[[1, 2], 3]", "tensor_mixed"),
        ("[[1, 2], [3, 4]", "tensor_brackets"),
        ("[1, 'a']", "tensor_character"),
        ("[__import__]", "tensor_syntax"),
        ("[abs(1)]", "tensor_syntax"),
        ("[2**99999]", "tensor_syntax"),
        ("[1,,2]", "tensor_syntax"),
        ("[" * 7 + "1" + "]" * 7, "tensor_too_deep"),
        ("[" * 3000 + "]" * 3000, "tensor_too_deep"),
        ("[" + "1," * 5000 + "1]", "tensor_typed_large"),
        ("1" * 30_000, "tensor_too_long"),
        ("9007199254740993", "tensor_number_large"),
    ],
)
def test_what_cannot_be_typed_has_its_sentence(text, code):
    with pytest.raises(PlaygroundError) as caught:
        read_tensor(text)
    assert caught.value.code == code
    assert "{" not in caught.value.sentence("en") + caught.value.sentence("zh")


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ({"kind": "nothing"}, "tensor_source"),
        ({}, "tensor_source"),
        ({"kind": "typed", "text": "[nan]", "dtype": "int64"}, "tensor_no_integer"),
        ({"kind": "typed", "text": "[1]", "dtype": "int3"}, "tensor_dtype"),
        ({"kind": "filled", "how": "ones", "shape": "1000, 1000"}, "tensor_too_large"),
        ({"kind": "filled", "how": "ones", "shape": "2, 0"}, "tensor_shape"),
        ({"kind": "filled", "how": "eye", "shape": "2, 2, 2"}, "tensor_eye"),
        ({"kind": "filled", "how": "twos", "shape": "2"}, "tensor_source"),
        ({"kind": "points", "set": "csv"}, "tensor_source"),
        ({"kind": "points", "set": "moons", "count": 10_000}, "tensor_out_of_range"),
        ({"kind": "table", "table": "titanic"}, "tensor_source"),
        ({"kind": "digits", "index": -1}, "tensor_out_of_range"),
        ({"kind": "photo", "name": "../x"}, "photo_unknown"),
        ({"kind": "text", "text": "", "writing": "utf8"}, "tensor_text_empty"),
        ({"kind": "text", "text": "x" * 300, "writing": "utf8"}, "tensor_text_long"),
        ({"kind": "text", "text": "x", "writing": "braille"}, "tensor_source"),
        ({"kind": "tones", "frequencies": "5000"}, "sound_frequency"),
        ({"kind": "tones", "frequencies": "nan"}, "sound_frequency"),
        ({"kind": "tones", "frequencies": "1 2 3 4 5 6 7"}, "sound_tones"),
        ({"kind": "tones", "frequencies": "440", "seconds": 9}, "sound_seconds"),
        ({"kind": "picture", "file": "gone", "filename": "x.png"}, "file_needed"),
        ({"kind": "picture", "file": "s", "filename": "x.png"}, "photo_unreadable"),
        ({"kind": "sound", "file": "p", "filename": "x.wav"}, "sound_unreadable"),
    ],
)
def test_what_cannot_be_made_has_its_sentence(source, code):
    with pytest.raises(PlaygroundError) as caught:
        make(source, "A", FILES)
    assert caught.value.code == code
    assert "{" not in caught.value.sentence("en") + caught.value.sentence("zh")


@pytest.mark.parametrize(
    "content", [b"", b"GIF89a", b"\x89PNG\r\n\x1a\n" + b"\0" * 40, b"x" * 9_000_000]
)
def test_a_broken_picture_is_refused(content):
    with pytest.raises(PlaygroundError) as caught:
        photos.decode_photo(content, 64)
    assert caught.value.code in ("photo_unreadable", "photo_bytes")


def test_a_picture_of_too_many_pixels_is_refused_before_it_is_decoded():
    kept = io.BytesIO()
    Image.new("1", (30_000, 1_000)).save(kept, "PNG")
    with pytest.raises(PlaygroundError) as caught:
        photos.decode_photo(kept.getvalue(), 64)
    assert caught.value.code == "photo_pixels"
    with pytest.raises(PlaygroundError) as caught:
        photos.decode_photo(png(1, 50), 64)
    assert caught.value.code == "photo_small"


def test_a_picture_is_brought_down_and_laid_upon_white():
    assert photos.decode_photo(png(200, 100), 50).shape == (25, 50, 3)
    assert photos.decode_photo(png(20, 10), 50).shape == (10, 20, 3)
    kept = io.BytesIO()
    Image.new("RGBA", (4, 4), (0, 0, 0, 0)).save(kept, "PNG")
    assert (photos.decode_photo(kept.getvalue(), 50) == 255).all()


@pytest.mark.parametrize(("width", "dtype"), [(1, torch.uint8), (2, torch.int16), (4, torch.int32)])
def test_a_wav_file_in_its_own_kind_of_number(width, dtype):
    made = make({"kind": "sound", "file": "w", "filename": "w.wav"}, "A", {"w": wav(width, 1)})
    assert made.tensor.dtype == dtype
    assert made.view["rate"] == 8000
    kinds = {1: np.uint8, 2: np.int16, 4: np.int32}
    with wave.open(io.BytesIO(wav(width, 1))) as file:
        wanted = np.frombuffer(file.readframes(file.getnframes()), kinds[width])
    np.testing.assert_array_equal(made.tensor.numpy(), wanted)
    samples = played(made.tensor)
    assert samples is not None and np.abs(samples).max() <= 1


def test_sounds_that_are_refused():
    for content, code in (
        (wav(3, 1), "sound_width"), (wav(1, 1, 300_000), "sound_long"),
        (b"RIFF" + b"\0" * 3_000_000, "sound_bytes"), (wav()[:30], "sound_unreadable"),
    ):  # fmt: skip
        with pytest.raises(PlaygroundError) as caught:
            make({"kind": "sound", "file": "w"}, "A", {"w": content})
        assert caught.value.code == code


def test_text_is_numbers():
    codes = make({"kind": "text", "text": "中a", "writing": "codepoints"}, "A").tensor
    assert codes.tolist() == [0x4E2D, 97]
    made = make({"kind": "text", "text": "中a", "writing": "utf8"}, "A")
    assert made.tensor.tolist() == [0xE4, 0xB8, 0xAD, 97]
    assert made.view["letters"] == ["中", "中", "中", "a"]
    one_hot = make({"kind": "text", "text": "aba", "writing": "onehot"}, "A").tensor
    assert one_hot.tolist() == [[1, 0], [0, 1], [1, 0]]


def test_tones_are_the_mean_of_sines():
    t = np.arange(80) / 8000
    wanted = (np.sin(2 * np.pi * 440 * t) + np.sin(2 * np.pi * 660 * t)) / 2
    found = make({"kind": "tones", "frequencies": "440, 660", "seconds": 0.01}, "A").tensor
    np.testing.assert_allclose(found.numpy(), wanted, atol=2e-5)


@pytest.mark.parametrize("name", DTYPES)
def test_facts_against_numpy(name):
    tensor = torch.arange(12).reshape(3, 4).to(DTYPES[name])
    told = facts(tensor.T)
    assert told["order"] == 2 and told["shape"] == [4, 3] and told["strides"] == [1, 4]
    assert not told["contiguous"] and told["dtype"] == name
    if name != "bfloat16":
        array = tensor.numpy()
        assert told["bytes"] == array.nbytes and told["item_bytes"] == array.itemsize
    assert facts(tensor[1:])["offset"] == 4
    stretched = facts(torch.ones(1, 3).expand(5, 3))
    assert (stretched["bytes"], stretched["held_bytes"]) == (60, 12)


def test_a_conversion_says_what_it_changed():
    tensor, lost = convert(torch.tensor([1.5, 2.0, -1.0]), "uint8")
    assert tensor.tolist() == [1, 2, 255]
    assert lost == {"changed": 2, "largest": 256.0, "imaginary": 0}
    _, lost = convert(torch.tensor([3 + 4j, 1]), "float32")
    assert lost == {"changed": 1, "largest": 4.0, "imaginary": 1}
    assert convert(torch.tensor([1, 2]), "float64")[1] is None
    assert convert(torch.tensor([math.nan]), "float64")[1] is None
    assert facts(torch.tensor([math.nan, math.inf, 1.0]))["not_finite"] == 2


def test_a_window_shows_the_numbers_of_its_place():
    tensor = torch.arange(2 * 20 * 30).reshape(2, 20, 30)
    header, arrays = window(tensor, [5, 7, 0])
    assert header["at"] == [5, 7, 0] and header["whole"] == [2, 20, 30]
    np.testing.assert_array_equal(arrays["values"][..., 0], tensor[:, 5:13, 7:15])
    np.testing.assert_array_equal(arrays["cells"], tensor[:, 5:13, 7:15])
    header, arrays = window(tensor, [99, -4, 99])
    assert header["at"] == [12, 0, 0]
    np.testing.assert_array_equal(arrays["values"][..., 0], tensor[:, 12:, :8])
    assert window(tensor, "anywhere")[0]["at"] == [0, 0, 0]


def test_a_picture_is_shown_in_planes():
    picture = torch.from_numpy(photos.sample_photo("china").copy())
    assert layout(picture).planes
    _, arrays = window(picture, [100, 200, 0])
    np.testing.assert_array_equal(
        arrays["values"][..., 0], picture[100:105, 200:203].permute(2, 0, 1)
    )
    told, seen = whole(picture)
    assert told["coarse"] == 2
    np.testing.assert_array_equal(seen["picture"], picture[::2, ::2])
    told, seen = whole(picture.double().mean(2) - 128)
    assert told["colors"] == "diverging" and seen["picture"].shape == (214, 320)
    assert whole(torch.ones(3, 3)) == ({}, {})


@pytest.mark.parametrize("text", ["nan", "[nan, nan]", "[[0, 0], [0, 0]]", "5", "[[inf, 1e300]]"])
def test_the_workbench_takes_degenerate_tensors(text):
    source = {"kind": "typed", "text": text}
    for name, settings in (
        ("add", {}), ("norm", {"power": "2"}), ("times_number", {"number": "nan"}),
        ("reshape", {"shape": "-1"}), ("matmul", {}),
    ):  # fmt: skip
        header, arrays = work(source, source, name, settings=settings)
        assert header["problem"] is None or header["problem"]["code"]
        if header["problem"] is None:
            assert arrays["C/values"].shape[-1] == 2


def test_the_workbench_tells_the_arithmetic():
    header, arrays = work(
        {"kind": "typed", "text": "[[1, 2, 3], [4, 5, 6]]"},
        {"kind": "typed", "text": "[[7, 8], [9, 10], [11, 12]]"},
        "matmul",
    )
    assert header["line"] == "C = A @ B" and header["terms_of_each"] == 3
    assert arrays["C/values"][0, :, :, 0].tolist() == [[58, 64], [139, 154]]
    assert arrays["terms"][1].tolist() == [[0, 1], [1, 3], [2, 5]]
    assert arrays["term_values"][1, :, :, 0].tolist() == [[1, 8], [2, 10], [3, 12]]
    names: dict = {}
    exec(header["code"], names)
    assert names["C"].tolist() == [[58, 64], [139, 154]]


def test_the_workbench_says_who_is_at_fault():
    good, bad = {"kind": "typed", "text": "[1, 2]"}, {"kind": "typed", "text": "[[1, 2], [3]]"}
    header, arrays = work(bad, good, "add")
    assert header["problem"]["where"] == "A" and header["problem"]["code"] == "tensor_ragged"
    assert "B/values" in arrays, "the tensor that is whole is shown"
    header, _ = work(good, bad, "transpose")
    assert header["problem"]["where"] == "operation"
    assert header["problem"]["code"] == "tensor_transpose"
    header, arrays = work(good, {"kind": "typed", "text": "[1, 2, 3]"}, "add")
    assert header["problem"]["clash"] == {"A": [0], "B": [0]}
    assert header["problem"]["fits"]


def test_a_view_is_said_to_share():
    source = {"kind": "typed", "text": "[[1, 2], [3, 4]]"}
    assert work(source, source, "transpose")[0]["tensors"]["C"]["shares"]
    assert not work(source, source, "times_number", settings={"number": "2"})[0]["tensors"]["C"][
        "shares"
    ]


def test_two_tones_make_a_chord():
    tones = [{"kind": "tones", "frequencies": str(hertz), "seconds": 0.1} for hertz in (440, 660)]
    header, arrays = work(tones[0], tones[1], "add")
    assert header["tensors"]["C"]["view"]["rate"] == 8000
    wanted = np.clip(arrays["A/played"] + arrays["B/played"], -1, 1)
    np.testing.assert_allclose(arrays["C/played"], wanted, atol=1e-6)
