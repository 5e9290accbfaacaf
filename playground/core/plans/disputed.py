"""Of data that are no points of a plane: what many networks disagree on most.

A picture, a sequence or a rating has no place in a map. So the points of the test part are put in
order by how far the networks' answers lie apart, and one of them is looked at: what each network
says of it, as votes for classes or whole answers, as values, as curves or as pictures.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from playground.core.analysis.maps import single
from playground.core.analysis.views import Arrays, Header
from playground.core.answers import asked, measured
from playground.core.data.sequences.vocabulary import END
from playground.core.finite import finite
from playground.core.network import flops
from playground.core.outputs.code import grey
from playground.core.outputs.reading import reader_of
from playground.core.picture import answer
from playground.core.plans.bands import LEVELS
from playground.core.plans.crowd import MEASURES
from playground.core.plans.ranking import Ranking
from playground.core.population import Population

SHOWN = 24  # points of the list
VOTES = 8  # different answers that are told
POINTS, FEWEST = 400, 8  # that are compared
NUMBERS = 4_000_000  # of all networks' answers to them
OTHER = 255  # an answer that is not among those told


@dataclass(frozen=True, eq=False)
class Said:
    """What K networks say to n points at T places (1 where the whole point asks for an answer).

    Attributes:
        values: (K, T, units, n), probabilities, or values in their own units.
        choices: (K, T, n) the class that is said; None of values.
    """

    values: Tensor
    choices: np.ndarray | None


class Disputed:
    """Points of one population's data.

    Attributes:
        part: whose points are compared: "test", or "train" where there are no others.
        count: how many, from the first on.
        form: of an answer: "class", "classes" (one at each place), "value", "values" (a series),
            "picture".
    """

    def __init__(self, population: Population) -> None:
        data, schema = population.data, population.schema
        self._population = population
        self.part = "test" if len(data.inputs_test) else "train"
        self._raw = getattr(data, f"raw_{self.part}")
        self._inputs = getattr(data, f"inputs_{self.part}")
        targets = getattr(data, f"targets_{self.part}")
        each = max(schema.steps, 1) * schema.outputs * population.count
        room = measured(POINTS, flops(population.blocks) * population.count)
        self.count = min(len(targets), max(min(room, NUMBERS // each), FEWEST))
        self._targets = np.asarray(targets)[: self.count]
        several = "values" if schema.steps else "picture" if schema.pane == "codes" else "value"
        classes = "classes" if schema.steps else "class"
        self.form = several if schema.task == "regression" else classes
        rows = self._targets.reshape(self.count, -1) if schema.steps else self._targets[:, None]
        places = torch.from_numpy(np.ascontiguousarray(rows))
        one = np.ones((self.count, 1), dtype=bool)
        self._asked = asked(places).numpy() if schema.steps else one  # (n, T)
        self._truths = rows
        self._read = reader_of(schema, population.experiments[0])
        self._ranking = Ranking()

    @property
    def inputs(self) -> np.ndarray:
        """The points, as the networks are given them."""
        return self._inputs[: self.count]

    def hear(self, outputs: Tensor) -> Said:
        """What `Population.outputs` of the points says."""
        if outputs.ndim == 3:
            outputs = outputs.unsqueeze(1)
        values = answer(self._population, outputs, 2).nan_to_num(0.0).cpu()
        if self.form in ("value", "values", "picture"):
            return Said(values, None)
        units = values.shape[2]
        chosen = values.argmax(2) if units > 1 else (values[:, :, 0] > 0.5).long()
        return Said(values, chosen.numpy().astype(np.int32))

    def rows(self, said: Said) -> Tensor:
        """All that the networks are asked for, (K, answers, units)."""
        return said.values.permute(0, 3, 1, 2)[:, torch.from_numpy(self._asked)]

    def spread(self, said: Said, measure: str) -> np.ndarray:
        """How far the networks disagree about each point, (n,): on the mean of its places."""
        values = said.values
        if said.choices is None:
            apart = values.double().var(0, correction=0).mean(1).sqrt()
        else:
            count, places, units, points = values.shape
            flat = values.transpose(1, 2).reshape(count, units, places * points)
            apart = MEASURES[measure](flat).reshape(places, points)
        mask = self._asked.T
        found = np.where(mask, apart.numpy(), 0.0).sum(0)
        return found / np.maximum(mask.sum(0), 1)

    def told(
        self, said: Said, wishes: Mapping[str, Any], member: int, resting: bool
    ) -> tuple[Header, Arrays]:
        """The list, and what is said of one of its points.

        Args:
            wishes: of a viewer: "measure", and "point", the place in the part that is looked at;
                else the one that is disputed most.
            member: the network that is looked at; below 0 for none.
        """
        whole = wishes.get("measure") == "information" and said.choices is not None
        measure = "information" if whole else "deviation"
        spread = self.spread(said, measure)
        order = self._ranking.of(measure, spread, resting)[:SHOWN]
        chosen = self._point(wishes.get("point"), order)
        header: Header = {
            "part": self.part, "of": self.count, "form": self.form, "measure": measure,
            "rows": [self._row(said, at, float(spread[at])) for at in order], "chosen": None,
        }  # fmt: skip
        arrays: Arrays = {}
        if self._population.schema.kind == "pictures":
            arrays["disputed_pictures"] = np.ascontiguousarray(self._raw[order])
        if chosen >= 0:
            header["chosen"] = self._row(said, chosen, float(spread[chosen]))
            header["chosen"] |= self._answers(said, chosen, member, arrays)
        return header, arrays

    def _point(self, asked: object, order: list[int]) -> int:
        """The point that is looked at; -1 where there is none."""
        if isinstance(asked, int) and not isinstance(asked, bool) and 0 <= asked < self.count:
            return asked
        return order[0] if order else -1

    def _row(self, said: Said, at: int, spread: float) -> Header:
        row: Header = {"index": at, "spread": finite(spread), "read": self._read(self._raw[at])}
        if said.choices is not None:
            votes = self._votes(said, at)
            first, agree = votes.most_common(1)[0]
            truth = self._truths[at][self._asked[at]].astype(np.int32)
            return row | {
                "said": self._name(first), "truth": self._name(truth.tobytes()), "agree": agree,
                "right": votes[truth.tobytes()],
            }  # fmt: skip
        if self.form == "value":
            mean = said.values[:, 0, 0, at].double().mean().item()
            row |= {"said": finite(mean), "truth": finite(float(self._truths[at, 0]))}
        return row

    def _votes(self, said: Said, at: int) -> Counter[bytes]:
        """How many networks give each answer to a point; of equally many the smallest first."""
        assert said.choices is not None
        chosen = said.choices[:, self._asked[at], at]
        found = Counter(row.tobytes() for row in np.ascontiguousarray(chosen))
        return Counter(dict(sorted(found.items())))

    def _name(self, answers: bytes) -> str:
        """An answer as a text: the name of a class, or of those at all places in a row."""
        names = self._population.schema.class_names
        return "".join(names[k] for k in np.frombuffer(answers, np.int32)).removesuffix(END)

    def _answers(self, said: Said, at: int, member: int, arrays: Arrays) -> Header:
        """What all networks, and one of them, say of a point."""
        if self._population.schema.kind == "pictures":
            arrays["disputed_picture"] = np.ascontiguousarray(self._raw[at])
        if said.choices is not None:
            return self._chosen(said, at, arrays)
        values = said.values[:, :, :, at]
        if self.form == "value":
            arrays["disputed_values"] = single(values[:, 0, 0]).numpy()
            return {}
        if self.form == "picture":
            return self._pictures(values[:, 0], at, member, arrays)
        series = values[:, :, 0].double()
        levels = torch.tensor(LEVELS, dtype=torch.float64)
        arrays["disputed_fan"] = single(torch.quantile(series, levels, dim=0)).numpy()
        arrays["disputed_truth"] = self._truths[at].astype(np.float32)
        if member >= 0:
            arrays["disputed_own"] = single(series[member]).numpy()
        return {}

    def _chosen(self, said: Said, at: int, arrays: Arrays) -> Header:
        assert said.choices is not None
        votes = self._votes(said, at).most_common()
        places = {name: min(k, OTHER) for k, (name, _) in enumerate(votes[:VOTES])}
        truth = self._truths[at][self._asked[at]].astype(np.int32).tobytes()
        chosen = said.choices[:, self._asked[at], at]
        each = [places.get(row.tobytes(), OTHER) for row in np.ascontiguousarray(chosen)]
        arrays["disputed_each"] = np.array(each, np.uint8)
        told: Header = {
            "votes": [
                {"said": self._name(name), "count": count, "right": name == truth}
                for name, count in votes[:VOTES]
            ],
            "others": [len(votes[VOTES:]), sum(count for _, count in votes[VOTES:])],
        }
        if self.form == "class":
            for vote, (name, _) in zip(told["votes"], votes, strict=False):
                vote["class"] = int(np.frombuffer(name, np.int32)[0])
            return told
        right = chosen == self._truths[at][self._asked[at]]
        arrays["disputed_hits"] = right.sum(1).astype(np.int32)
        return told | {"places": self._places(chosen, at)}

    def _places(self, chosen: np.ndarray, at: int) -> list[Header]:
        """Of each place that asks: what most networks say there, how many of them, what is right.

        Args:
            chosen: (K, places) the classes that are said.
        """
        names = self._population.schema.class_names
        truths = self._truths[at][self._asked[at]]
        found = []
        for column, truth in zip(chosen.T, truths, strict=True):
            counts = np.bincount(column, minlength=len(names))
            most = int(counts.argmax())
            found.append({"said": names[most], "agree": int(counts[most]), "truth": names[truth]})
        return found

    def _pictures(self, values: Tensor, at: int, member: int, arrays: Arrays) -> Header:
        """Mean and deviation of the pictures (K, pixels) that are drawn, and one of them."""
        side = self._raw.shape[-2:]
        mean, apart = values.mean(0), values.double().var(0, correction=0).sqrt()
        top = float(apart.max())
        arrays["disputed_mean"] = grey(mean.reshape(1, *side))
        arrays["disputed_apart"] = grey((apart / top if top > 0 else apart).reshape(1, *side))
        if member >= 0:
            arrays["disputed_own"] = grey(values[member].reshape(1, *side))
        return {"top": finite(top)}
