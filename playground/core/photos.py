"""Pictures as arrays of bytes: scikit-learn's photographs, and files of the visitor's own.

A file comes from the open network: only plain formats are opened, its size is looked at before a
single pixel is decoded, and nothing of it is kept but the pixels.
"""

from __future__ import annotations

import io
import warnings

import numpy as np

from playground.core.errors import PlaygroundError

SAMPLES = {"china": "china.jpg", "flower": "flower.jpg"}
"""Names of the photographs that scikit-learn bundles; 427 × 640 pixels each."""
LONG_SIDE = 640
FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP")
MAX_BYTES = 8 * 2**20
MAX_PIXELS = 25_000_000
MIN_SIDE = 2


def sample_photo(name: str) -> np.ndarray:
    """u1 (427, 640, 3).

    Raises:
        PlaygroundError: there is none of this name.
    """
    if name not in SAMPLES:
        raise PlaygroundError("photo_unknown", name=str(name)[:40], known=", ".join(SAMPLES))
    from sklearn.datasets import load_sample_image

    return np.asarray(load_sample_image(SAMPLES[name]))


def decode_photo(content: bytes, longest: int) -> np.ndarray:
    """The pixels of a picture file.

    Args:
        content: the file.
        longest: more pixels on the longer side are brought down to this, by Lanczos' filter.

    Returns:
        u1 (height, width, 3), upright as the camera meant it.

    Raises:
        PlaygroundError: too large, too small, damaged, or no picture at all.
    """
    from PIL import Image, ImageOps

    if len(content) > MAX_BYTES:
        size = f"{len(content) / 2**20:.1f}"
        raise PlaygroundError("photo_bytes", size=size, limit=MAX_BYTES // 2**20)
    try:
        with warnings.catch_warnings():
            # Pillow warns from 89 million pixels on and refuses twice as many; our limit is lower.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            picture = Image.open(io.BytesIO(content), formats=FORMATS)
    except Image.DecompressionBombError as error:
        raise PlaygroundError("photo_bomb", limit=f"{MAX_PIXELS / 1e6:.0f}") from error
    except Exception as error:  # a decoder may stumble in any way over a strange file
        raise PlaygroundError("photo_unreadable", formats=", ".join(FORMATS)) from error
    width, height = picture.size
    if width * height > MAX_PIXELS:
        raise PlaygroundError(
            "photo_pixels", width=width, height=height, limit=f"{MAX_PIXELS / 1e6:.0f}"
        )
    if min(width, height) < MIN_SIDE:
        raise PlaygroundError("photo_small", width=width, height=height, limit=MIN_SIDE)
    try:
        # Of a large JPEG only as many pixels are decoded as will be looked at.
        picture.draft("RGB", (longest, longest))
        upright = ImageOps.exif_transpose(picture)
        plain = _without_transparency(upright)
        share = longest / max(plain.size)
        if share < 1:
            sides = [max(MIN_SIDE, round(side * share)) for side in plain.size]
            plain = plain.resize((sides[0], sides[1]), Image.Resampling.LANCZOS)
        return np.array(plain)
    except Exception as error:
        raise PlaygroundError("photo_unreadable", formats=", ".join(FORMATS)) from error


def photo_code(filename: str, longest: int, pixels: np.ndarray) -> tuple[list[str], list[str]]:
    """The lines that make of a file what `decode_photo` does: imports, and those that make `image`.

    Args:
        filename: as the visitor called it.
        longest: as it was decoded with.
        pixels: what came of it.
    """
    height, width = pixels.shape[:2]
    return ["import numpy as np", "from PIL import Image, ImageOps"], [
        f"image = Image.open({filename!r})",
        f"image.draft('RGB', ({longest}, {longest}))  # of a large JPEG",
        "image = ImageOps.exif_transpose(image).convert('RGBA')",
        "image = Image.alpha_composite(Image.new('RGBA', image.size, 'white'), image)",
        f"image = image.convert('RGB').resize(({width}, {height}), Image.Resampling.LANCZOS)",
    ]


def _without_transparency(picture):  # noqa: ANN001, ANN202 - Pillow is imported by who calls
    """The picture in red, green and blue, upon white where it is transparent."""
    from PIL import Image

    if picture.mode.startswith("I"):  # 16 bits a pixel, which `convert` would cut off at 255
        picture = Image.fromarray((np.asarray(picture) >> 8).clip(0, 255).astype(np.uint8))
    if "A" in picture.getbands() or "transparency" in picture.info:
        over = picture.convert("RGBA")
        white = Image.new("RGBA", over.size, "white")
        return Image.alpha_composite(white, over).convert("RGB")
    return picture.convert("RGB")
