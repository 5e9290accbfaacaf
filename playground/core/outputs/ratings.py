"""Of ratings: the matrix of what is known beside what the network says of every pair, the errors
of network and baselines, and what it would recommend to one user."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from playground.core.analysis.views import Arrays, Header, Sight
from playground.core.changes import data_stream
from playground.core.data.ratings import baselines, hidden
from playground.core.data.wholes import sample_stream
from playground.core.finite import finite
from playground.core.outputs.base import Output

if TYPE_CHECKING:
    from playground.core.run import Run
    from playground.core.want import Want

MOST_ROWS, MOST_COLUMNS = 120, 80  # of the pictured matrix
MOST_PAIRS = 4000  # of each part, of which the errors are measured
BEST = 5  # items of a list
GAP, TRAIN, TEST = 0, 1, 2
REST = 10  # times as long as it took, the matrix rests before it is computed anew


class RatingsOutput(Output):
    """Of the users and items with the most ratings, in their order, as many as can be pictured.

    Scene: "ratings" with the names of all users and items, the numbers of those in the picture
    ("rows", "columns"), the ends of the scale, counts, and the baselines' errors; arrays
    `ratings_known` (rows, columns) uint8, see GAP, TRAIN and TEST, and `ratings_truth` float32
    (rows, columns): ratings where they are known, else what was hidden, NaN where nobody knows;
    `ratings_index` int32 (rows, columns): a known pair's place in its part, else −1.

    Header `output`: "errors" of the network and the "user" that is looked at, see `_user`; array
    `ratings_said` (rows, columns) float32.
    """

    def __init__(self, sight: Sight) -> None:
        super().__init__(sight)
        run = self.run
        self._users, self._items = hidden.sides(run.schema)
        self._known = _matrix(run, self._users, self._items)
        self._truth = hidden_truth(run)
        self._baselines = baselines.fit(
            run.data.raw_train, run.data.targets_train, self._users, self._items
        )
        state, _ = self._known
        self._rows = _busiest((state != GAP).sum(axis=1), MOST_ROWS)
        self._columns = _busiest((state != GAP).sum(axis=0), MOST_COLUMNS)
        self._parts = _parts(run, state, self._truth)
        self._grid = _pairs(self._rows, self._columns)
        self._said: np.ndarray | None = None
        self._errors: dict[str, float | None] = {}
        self._moment = (-1, -1)
        self._due = 0.0

    # ---- what stays

    def scene(self, header: Header, arrays: Arrays) -> None:
        run = self.run
        state, ratings = self._known
        every = np.concatenate((run.data.targets_train, run.data.targets_test))
        warm = _warm(state)
        header["ratings"] = {
            "users": list(run.schema.vocabulary[: self._users]),
            "items": list(run.schema.vocabulary[self._users :]),
            "rows": self._rows.tolist(),
            "columns": self._columns.tolist(),
            "lowest": float(every.min()),
            "highest": float(every.max()),
            "counts": {
                "train": len(run.data.targets_train),
                "test": len(run.data.targets_test),
                "gaps": int((state == GAP).sum()),
                "cold_users": int((~warm[0]).sum()),
                "cold_items": int((~warm[1]).sum()),
                "cold": len(self._parts["cold"][0]),
            },
            "hidden": self._truth is not None,
            "baselines": self._baseline_errors(),
        }
        shown = np.ix_(self._rows, self._columns)
        truth = ratings if self._truth is None else np.where(state == GAP, self._truth, ratings)
        arrays["ratings_known"] = np.ascontiguousarray(state[shown])
        arrays["ratings_truth"] = truth[shown].astype(np.float32)
        places = np.full(state.shape, -1, dtype=np.int32)
        for pairs in (run.data.raw_train, run.data.raw_test):
            places[tuple(pairs.T)] = np.arange(len(pairs))
        arrays["ratings_index"] = np.ascontiguousarray(places[shown])

    def _baseline_errors(self) -> dict[str, dict[str, float | None]]:
        """RMSE of every baseline on every part."""
        found: dict[str, dict[str, float | None]] = {}
        for part, (pairs, truth) in self._parts.items():
            for name, said in self._baselines.predictions(pairs).items():
                found.setdefault(name, {})[part] = baselines.rmse(said, truth)
        return found

    # ---- what moves

    def add(self, want: Want, header: Header, arrays: Arrays) -> None:
        self._measure()
        assert self._said is not None
        header["output"] = {
            "errors": self._errors,
            "user": self._user(want.of("output").get("user")),
        }
        arrays["ratings_said"] = self._said

    def _measure(self) -> None:
        """The matrix and the errors now; where they take long, they are a little older."""
        run = self.run
        moment, begin = (run.generation, run.step), time.perf_counter()
        if moment == self._moment or (self._said is not None and begin < self._due):
            return
        self._moment = moment
        sizes = [len(pairs) for pairs, _ in self._parts.values()]
        every = np.concatenate((self._grid, *(pairs for pairs, _ in self._parts.values())))
        grid, *parts = np.split(self._predict(every), np.cumsum([len(self._grid), *sizes])[:-1])
        shape = len(self._rows), len(self._columns)
        self._said = grid.reshape(shape).astype(np.float32)
        self._errors = {
            name: finite(baselines.rmse(said, truth))
            for (name, (_, truth)), said in zip(self._parts.items(), parts, strict=True)
        }
        took = time.perf_counter() - begin
        self._due = begin + took * (1 + REST) if took > 0.005 else 0.0

    @torch.no_grad()
    def _predict(self, pairs: np.ndarray) -> np.ndarray:
        """Ratings that the network gives to pairs (n, 2), float64 (n,)."""
        run = self.run
        inputs = torch.from_numpy(run.data.to_inputs(pairs))
        output: Tensor = run.loss.prediction(run.engine.output(run.engine.prepare(inputs)))[0]
        return output.double().cpu().numpy() * run.data.target_std + run.data.target_mean

    def _user(self, wanted: object) -> dict[str, Any]:
        """One user: how many ratings there are, the best rated items, and what is recommended.

        Returns:
            "best": (item, said, hidden truth or None) of items without a rating; "liked":
            (item, rating, said) of training ratings; both from the highest.
        """
        state, ratings = self._known
        user = wanted if isinstance(wanted, int) and 0 <= wanted < self._users else None
        user = int(self._rows[0]) if user is None else user
        row = np.stack((np.full(self._items, user), np.arange(self._items)), axis=1)
        said = self._predict(row)
        gaps, train = np.flatnonzero(state[user] == GAP), np.flatnonzero(state[user] == TRAIN)
        best = gaps[np.argsort(-said[gaps], kind="stable")[:BEST]]
        liked = train[np.argsort(-ratings[user, train], kind="stable")[:BEST]]
        truth = self._truth
        return {
            "user": user,
            "train": len(train),
            "test": int((state[user] == TEST).sum()),
            "best": [
                [int(i), finite(float(said[i])), None if truth is None else float(truth[user, i])]
                for i in best
            ],
            "liked": [[int(i), float(ratings[user, i]), finite(float(said[i]))] for i in liked],
        }


def hidden_truth(run: Run) -> np.ndarray | None:
    """What every user thinks of every item, (users, items); None of a visitor's table."""
    data, seed = run.experiment.data, run.experiment.training.seed
    if data.name != "ratings":
        return None
    stream = sample_stream(data, seed) if data.draw else data_stream(run.experiment)
    return hidden.draw(data.ratings, stream).truth


def _matrix(run: Run, users: int, items: int) -> tuple[np.ndarray, np.ndarray]:
    """What is known of each pair, uint8, and its rating, NaN in the gaps: (users, items) each."""
    state = np.zeros((users, items), dtype=np.uint8)
    ratings = np.full((users, items), np.nan)
    for mark, part in ((TRAIN, "train"), (TEST, "test")):
        at = tuple(getattr(run.data, f"raw_{part}").T)
        state[at], ratings[at] = mark, getattr(run.data, f"targets_{part}")
    return state, ratings


def _warm(state: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Which users and which items have a rating to learn from."""
    known = state == TRAIN
    return known.any(axis=1), known.any(axis=0)


def _busiest(counts: np.ndarray, most: int) -> np.ndarray:
    """The places with the greatest counts, in their own order."""
    return np.sort(np.argsort(-counts, kind="stable")[:most])


def _pairs(rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """All pairs, row by row: int64 (rows · columns, 2)."""
    first, second = np.meshgrid(rows, columns, indexing="ij")
    return np.stack((first.ravel(), second.ravel()), axis=1).astype(np.int64)


def _parts(
    run: Run, state: np.ndarray, truth: np.ndarray | None
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Pairs and what they should be: of the parts, of cold pairs, and of the gaps where known.

    A pair of the test part is cold where its user or its item has no rating to learn from. The
    parts are in random order, so their first pairs are a sample.
    """
    data = run.data
    warm = _warm(state)
    cold = ~(warm[0][data.raw_test[:, 0]] & warm[1][data.raw_test[:, 1]])
    found = {
        "train": (data.raw_train[:MOST_PAIRS], data.targets_train[:MOST_PAIRS]),
        "test": (data.raw_test[:MOST_PAIRS], data.targets_test[:MOST_PAIRS]),
        "cold": (data.raw_test[cold][:MOST_PAIRS], data.targets_test[cold][:MOST_PAIRS]),
    }
    if truth is not None:
        gaps = np.argwhere(state == GAP)
        # Evenly, since gaps have no order of their own.
        chosen = gaps[:: max(1, len(gaps) // MOST_PAIRS)]
        found["gaps"] = (chosen, truth[tuple(chosen.T)])
    return found
