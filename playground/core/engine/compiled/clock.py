"""What an optimizer's step owes to its number alone, computed ahead for thousands of steps."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from playground.core.engine.compiled.rules import Rule

AHEAD = 8192  # steps: a table of them is made in less time than a hundred of them take


class Clock:
    """Rows of `Rule.ticks` for the steps to come.

    Args:
        rule: one that has ticks.
        settings: of the optimizer.
        memory: what the dense engine's optimizer remembers; the single numbers in it are read
            when the rows are made, and say which row is the next.

    Attributes:
        counts: these numbers, as `Rule.counts` has them, the number of steps first.
        rows: float32 (steps, ticks).
        behind: steps taken before the first of them.
    """

    def __init__(self, rule: Rule, settings: Any, memory: dict[str, Tensor]) -> None:
        self._rule, self._settings = rule, settings
        self.counts = {name: memory[name] for name in rule.counts}
        self.behind = 0
        self.rows = torch.empty(0, len(rule.ticks))

    def set(self, settings: Any) -> None:
        """Takes over settings, and whatever was written to the numbers: `wind` comes."""
        self._settings, self.rows = settings, self.rows[:0]

    def wind(self, steps: int) -> None:
        """Makes rows for at least so many steps from now."""
        assert self._rule.wind is not None
        counts = {name: one.item() for name, one in self.counts.items()}
        self.behind = int(counts["steps"])
        rows = self._rule.wind(self._settings, counts, max(steps, AHEAD))
        self.rows = rows.to(torch.float32).contiguous()
