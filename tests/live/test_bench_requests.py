"""Tensors and pictures by way of a worker's requests."""

from __future__ import annotations

import base64
import io

import numpy as np
import pytest
import torch
from PIL import Image

from playground.core.errors import PlaygroundError
from playground.core.linalg.compress import channels_of
from playground.core.photos import sample_photo
from playground.live.frames import decode, encode
from playground.live.requests import answer

CHINA = {"picture": {"name": "china"}, "size": 320, "grey": False}


def asked(name, params):
    """The answer as it comes out of a frame."""
    found = answer(name, params)
    if not isinstance(found, tuple):
        while True:
            try:
                next(found)
            except StopIteration as done:
                found = done.value
                break
    return decode(encode(*found))


def summed(arrays, k):
    """What the browser makes of the first k terms."""
    left, right = arrays["left"][:, :k].astype(float), arrays["right"][:, :k].astype(float)
    scale = arrays["scale"][:, :k]
    return np.einsum("ckm,ck,ckn->cmn", left, scale, right)


def test_what_the_browser_sums_is_the_approximation():
    header, arrays = asked("compress", CHINA)
    pixels = sample_photo("china")[::2, ::2]
    np.testing.assert_array_equal(arrays["picture"], pixels)
    assert (header["channels"], header["rows"], header["columns"]) == (3, 214, 320)
    matrices = channels_of(pixels, grey=False).numpy()
    for k in (1, 30, 214):
        for i in range(3):
            left, values, right = np.linalg.svd(matrices[i], full_matrices=False)
            wanted = left[:, :k] * values[:k] @ right[:k]
            np.testing.assert_allclose(summed(arrays, k)[i], wanted, atol=0.1)
    squares = (matrices**2).sum()
    error = ((matrices - summed(arrays, 30)) ** 2).sum()
    assert arrays["energy"][30] == pytest.approx(1 - error / squares, abs=1e-5)


def test_rivals_have_their_numbers():
    header, arrays = asked("rivals", {**CHINA, "k": 20})
    found = header["rivals"]
    assert {*found} == {*arrays} == {"svd", "columns", "random", "waves", "blocks", "cosines"}
    budget = found["svd"]["numbers"]
    assert budget == 3 * 20 * (214 + 320 + 1)
    for name, rival in found.items():
        assert rival["numbers"] <= budget, name
        assert arrays[name].shape == (214, 320, 3)
        if rival["kind"] == "rank":
            assert rival["error"] >= found["svd"]["error"]


def test_a_file_comes_along_once():
    kept = io.BytesIO()
    Image.fromarray(sample_photo("flower")[:40, :60]).save(kept, "PNG")
    picture = {"file": "some-hash-of-a-test", "filename": "f.png"}
    params = {"picture": picture, "size": 640, "grey": True}
    with pytest.raises(PlaygroundError) as caught:
        asked("compress", params)
    assert caught.value.code == "file_needed"
    files = {"some-hash-of-a-test": base64.b64encode(kept.getvalue()).decode()}
    header, arrays = asked("compress", {**params, "files": files})
    assert header["channels"] == 1
    np.testing.assert_array_equal(arrays["picture"], sample_photo("flower")[:40, :60])
    assert asked("rivals", {**params, "k": 3})[0]["k"] == 3


@pytest.mark.parametrize("grey", [False, True])
def test_the_code_gives_the_error_that_is_shown(grey):
    header, arrays = asked("compress", {**CHINA, "grey": grey})
    names: dict = {}
    exec(header["code"].replace("{k}", "15"), names)
    assert names["error"].item() == pytest.approx((1 - arrays["energy"][15]) ** 0.5, rel=1e-9)


def test_of_a_large_picture_the_leading_part(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    photo = Image.fromarray(sample_photo("china")).resize((1100, 1030))
    photo.save("large.png")
    content = base64.b64encode((tmp_path / "large.png").read_bytes()).decode()
    picture = {"file": "large-of-a-test", "filename": "large.png"}
    params = {"picture": picture, "size": 1536, "grey": True}
    header, arrays = asked("compress", {**params, "files": {"large-of-a-test": content}})
    assert not header["exact"] and header["terms"] == 128
    matrix = channels_of(np.asarray(photo), grey=True)[0]
    values = torch.linalg.svdvals(matrix)
    np.testing.assert_allclose(arrays["values"][0], values[:128], rtol=1e-3)
    wanted = (values[:40] ** 2).sum() / (values**2).sum()
    assert arrays["energy"][40] == pytest.approx(wanted.item(), abs=1e-6)
    names: dict = {}
    exec(header["code"].replace("{k}", "40"), names)
    assert names["error"].item() == pytest.approx((1 - wanted.item()) ** 0.5, rel=1e-2)


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"size": 100_000}, "picture_size"),
        ({"picture": {"name": "nobody"}}, "photo_unknown"),
        ({"files": {"x": "no base64!"}}, "photo_unreadable"),
    ],
)
def test_what_cannot_be_is_refused(changed, code):
    with pytest.raises(PlaygroundError) as caught:
        asked("compress", {**CHINA, **changed})
    assert caught.value.code == code


def test_tensors_come_in_a_frame():
    header, arrays = asked(
        "tensors",
        {
            "a": {"kind": "typed", "text": "[[1, 2], [3, nan]]"},
            "b": {"kind": "filled", "how": "eye", "shape": "2"},
            "operation": "multiply",
        },
    )
    assert header["problem"] is None
    np.testing.assert_array_equal(arrays["C/values"][0, :, :, 0], [[1, 0], [0, np.nan]])
