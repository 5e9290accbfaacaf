"""Small curves as SVG: one or two lines over a cross of axes, with alt text of their own."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from urllib.parse import quote

from playground.figures.palette import NEGATIVE, POSITIVE, POSITIVE_DARK

Points = Sequence[float]


@dataclass(frozen=True)
class Curve:
    """One line of a sparkline; values that are not finite leave a gap."""

    x: Points
    y: Points
    color: str
    dashed: bool = False


def sparkline(
    curves: Sequence[Curve],
    *,
    title: str,
    width: int = 120,
    height: int = 56,
    y_range: tuple[float, float] | None = None,
) -> str:
    """An SVG of the curves.

    Args:
        curves: drawn in order, all over one window.
        title: what the picture shows, for those who cannot see it.
        width, height: of the view box, in pixels.
        y_range: what is shown of y; all of it by default.
    """
    window = _Window.around(curves, width, height, y_range)
    name = escape(title)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" role="img" aria-label="{name}">',
        f"<title>{name}</title>",
        *window.axes(),
    ]
    for curve in curves:
        dash = ' stroke-dasharray="4 3"' if curve.dashed else ""
        parts.append(
            f'<path d="{window.path(curve)}" fill="none" stroke="{curve.color}" '
            f'stroke-width="2" stroke-linecap="round" stroke-linejoin="round"{dash}/>'
        )
    return "".join([*parts, "</svg>"])


def picture(svg: str) -> str:
    """The SVG as the address of an image."""
    return f"data:image/svg+xml,{quote(svg)}"


def line_colors(dark: bool) -> tuple[str, str]:
    """The colours of a function and of its derivative on a light or a dark page."""
    return (POSITIVE_DARK if dark else POSITIVE), NEGATIVE


@dataclass(frozen=True)
class _Window:
    """What part of the plane is shown, and where it lies in the picture."""

    x_low: float
    x_high: float
    y_low: float
    y_high: float
    width: int
    height: int
    margin: float = 3.0

    @classmethod
    def around(
        cls,
        curves: Sequence[Curve],
        width: int,
        height: int,
        y_range: tuple[float, float] | None,
    ) -> "_Window":
        xs = [x for curve in curves for x in curve.x]
        ys = [y for curve in curves for y in curve.y if abs(y) < float("inf")]
        low, high = y_range or (min([*ys, 0.0]), max([*ys, 0.0]))
        if low == high:
            low, high = low - 1, high + 1
        return cls(min(xs), max(xs), low, high, width, height)

    def at(self, x: float, y: float) -> tuple[float, float]:
        across = (x - self.x_low) / (self.x_high - self.x_low)
        up = (y - self.y_low) / (self.y_high - self.y_low)
        inner_width = self.width - 2 * self.margin
        inner_height = self.height - 2 * self.margin
        return self.margin + across * inner_width, self.margin + (1 - up) * inner_height

    def axes(self) -> list[str]:
        found = []
        ink = 'stroke="#888" stroke-opacity="0.45" stroke-width="1"'
        if self.y_low <= 0 <= self.y_high:
            y = self.at(self.x_low, 0)[1]
            found.append(f'<path d="M0 {y:.1f}H{self.width}" {ink}/>')
        if self.x_low <= 0 <= self.x_high:
            x = self.at(0, self.y_low)[0]
            found.append(f'<path d="M{x:.1f} 0V{self.height}" {ink}/>')
        return found

    def path(self, curve: Curve) -> str:
        steps, pen = [], "M"
        for x, y in zip(curve.x, curve.y, strict=True):
            if not abs(y) < float("inf"):
                pen = "M"
                continue
            across, down = self.at(x, min(max(y, self.y_low - 1e3), self.y_high + 1e3))
            steps.append(f"{pen}{across:.1f} {down:.1f}")
            pen = "L"
        return "".join(steps)
