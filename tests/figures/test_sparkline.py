"""Small curves: they say what they show, and no value can break them."""

import math
from urllib.parse import unquote
from xml.etree import ElementTree

from playground.figures.palette import CLASSES, palette
from playground.figures.sparkline import Curve, picture, sparkline

SVG = "{http://www.w3.org/2000/svg}"


def drawn(svg: str) -> ElementTree.Element:
    return ElementTree.fromstring(svg)


def test_a_curve_has_alt_text_and_axes() -> None:
    svg = drawn(sparkline([Curve([-1, 0, 1], [1, 0, 1], "#123456")], title="x² & more"))
    assert svg.get("aria-label") == "x² & more"
    assert svg.findtext(f"{SVG}title") == "x² & more"
    paths = svg.findall(f"{SVG}path")
    assert len(paths) == 3, "two axes and a curve"
    assert paths[-1].get("stroke") == "#123456"


def test_values_that_are_not_finite_leave_a_gap() -> None:
    curve = Curve([0, 1, 2, 3], [0.0, math.nan, math.inf, 1.0], "#000")
    path = drawn(sparkline([curve], title="gap")).findall(f"{SVG}path")[-1].get("d") or ""
    assert path.count("M") == 2
    assert "nan" not in path
    assert "inf" not in path


def test_a_flat_curve_is_drawn() -> None:
    assert drawn(sparkline([Curve([0, 1], [0, 0], "#000")], title="flat")) is not None


def test_a_picture_is_an_address_of_its_own() -> None:
    svg = sparkline([Curve([0, 1], [0, 1], "#000")], title="line")
    address = picture(svg)
    assert address.startswith("data:image/svg+xml,")
    assert not set(address) & set("\"<>#' ")
    assert unquote(address.partition(",")[2]) == svg


def test_the_palette_is_complete() -> None:
    assert palette()["classes"] == list(CLASSES)
    assert len(set(CLASSES)) == 10
