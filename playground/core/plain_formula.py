"""The formulas of the registries as plain text, where nothing sets LaTeX: in a chart, in a table.

Only what those formulas are made of is known; a command that is not becomes its own name.
"""

from __future__ import annotations

import re

_SIGNS = {
    "sigma": "σ", "Phi": "Φ", "phi": "φ", "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ",
    "lambda": "λ", "tau": "τ", "theta": "θ", "pi": "π", "epsilon": "ε", "varepsilon": "ε",
    "mu": "μ", "le": "≤", "leq": "≤", "ge": "≥", "geq": "≥", "ne": "≠", "neq": "≠", "cdot": "·",
    "times": "×", "infty": "∞", "sum": "Σ", "in": "∈", "to": "→", "approx": "≈", "pm": "±",
    "quad": "  ", "qquad": "  ", "left": "", "right": "", "big": "", "Big": "", "ldots": "…",
    "dots": "…", "sqrt": "√", "hat": "", "bar": "",
}  # fmt: skip
_POWERS = str.maketrans("0123456789-+n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺ⁿ")
_GROUP = r"\{((?:[^{}]|\{[^{}]*\})*)\}"


def plain(latex: str) -> str:
    """A formula in characters: `\\tfrac{1}{2}(o - t)^2` as "½(o − t)²"."""
    text = re.sub(r"\\[,;:! ]", " ", latex)
    text = re.sub(r"\\[{}]", lambda match: "⦃" if match[0][1] == "{" else "⦄", text)
    text = re.sub(r"\\(?:text|mathrm|operatorname|mathbf|mathit)\s*" + _GROUP, r"\1", text)
    while (shorter := _once(text)) != text:
        text = shorter
    text = re.sub(r"\\([A-Za-z]+)(?=(.?))", _sign, text)
    text = text.replace("{", "").replace("}", "").replace("⦃", "{").replace("⦄", "}")
    text = text.replace("\\", " ").replace("-", "−").replace("&", "")
    text = re.sub(r"\s+", " ", text).strip()
    text = re.sub(r"\((\w)\)/", r"\1/", re.sub(r"/\((\w)\)", r"/\1", text))
    return re.sub(r"(?<![\w)])1/2(?!\d)", "½", text)


def _once(text: str) -> str:
    """Fractions and powers, innermost first, one round."""
    text = re.sub(r"\\[td]?frac\s*" + _GROUP + r"\s*" + _GROUP, r"(\1)/(\2)", text)
    text = re.sub(r"\^" + _GROUP, lambda match: _power(match[1]), text)
    text = re.sub(r"\^([0-9n])", lambda match: _power(match[1]), text)
    return re.sub(r"_" + _GROUP, r"_\1", text)


def _sign(match: re.Match[str]) -> str:
    """A command as its sign, or as its name, apart from a letter behind it."""
    if match[1] in _SIGNS:
        return _SIGNS[match[1]]
    return match[1] + (" " if match[2].isalnum() or match[2] == "\\" else "")


def _power(exponent: str) -> str:
    raised = exponent.replace("−", "-").translate(_POWERS)
    simple = len(exponent) <= 3 and all(character in "0123456789-+n" for character in exponent)
    if simple:
        return raised
    return f"^{exponent}" if len(exponent) == 1 else f"^({exponent})"


def with_numbers(formula: str, output: float, target: float) -> str:
    """A plain formula of one output o and one target t with their numbers in it."""

    def number(value: float) -> str:
        written = f"{value:.4g}".replace("-", "−")
        return f"({written})" if value < 0 else written

    filled = re.sub(r"(?<![A-Za-z_])o(?![A-Za-z_])", number(output), formula)
    filled = re.sub(r"(?<![A-Za-z_])t(?![A-Za-z_])", number(target), filled)
    return re.sub(r"\(\((−[^()]*)\)\)", r"(\1)", filled)
