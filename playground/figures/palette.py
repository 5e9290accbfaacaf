"""The colours of the project, in one place.

Two classes, signs of weights and values run from orange (−) to blue (+). More classes take the
ten colours of Petroff (2021, arXiv:2107.02270), which colour-blind eyes tell apart. The browser
is given this palette with the live view.
"""

from typing import Any

NEGATIVE = "#f59322"
POSITIVE = "#0877bd"
POSITIVE_DARK = "#2f9be6"
MIDDLE = "#e8eaeb"
MIDDLE_DARK = "#2a2f37"
CLASSES = (
    "#3f90da",
    "#ffa90e",
    "#bd1f01",
    "#94a4a2",
    "#832db6",
    "#a96b59",
    "#e76300",
    "#b9ac70",
    "#717581",
    "#92dadd",
)


def palette() -> dict[str, Any]:
    """The palette as the live view takes it."""
    return {
        "negative": NEGATIVE,
        "positive": POSITIVE,
        "positive_dark": POSITIVE_DARK,
        "middle": MIDDLE,
        "middle_dark": MIDDLE_DARK,
        "classes": list(CLASSES),
    }
