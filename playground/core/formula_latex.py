"""How the pieces of a typed formula are written in LaTeX."""

from __future__ import annotations


def written_number(value: float) -> str:
    """A number without needless digits: 3, 0.25, 1.5 · 10⁻⁷."""
    text = f"{value:.6g}"
    if "e" not in text:
        return text
    mantissa, power = text.split("e")
    return rf"{mantissa} \cdot 10^{{{int(power)}}}"


def applied(name: str, *arguments: str) -> str:
    """name(a, b) with parentheses that grow."""
    return rf"{name}\left({', '.join(arguments)}\right)"
