"""Ratings: the hidden structure they are drawn from, a visitor's table, and the baselines."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import Ridge

from playground.core.data.csv_reader import read_table
from playground.core.data.ratings import baselines, hidden, table
from playground.core.data.ratings.settings import RatingSettings
from playground.core.data.registry import schema_of
from playground.core.errors import PlaygroundError
from playground.core.experiment import Data
from playground.core.random import TorchStream


def drawn(seed: int = 1, **settings: object) -> hidden.Hidden:
    return hidden.draw(RatingSettings(**settings), TorchStream(seed, "data"))  # type: ignore[arg-type]


def test_known_ratings_are_stars_near_the_truth_and_no_pair_comes_twice():
    made = drawn(noise=30)
    assert made.truth.shape == (60, 40)
    assert len(made.known) == len(made.ratings) == 960
    assert len(set(made.known.tolist())) == 960
    assert set(made.ratings.tolist()) <= {1.0, 2.0, 3.0, 4.0, 5.0}
    assert made.truth.min() >= 1
    assert made.truth.max() <= 5
    off = made.ratings - made.truth.reshape(-1)[made.known]
    # Noise of 0.3 and rounding to whole stars: √(0.3² + 1/12) = 0.42, less where the scale ends.
    assert 0.3 < np.sqrt(np.mean(off**2)) < 0.45


def test_without_noise_and_rounding_the_ratings_are_the_truth():
    made = drawn(noise=0, stars="exact")
    np.testing.assert_array_equal(made.ratings, made.truth.reshape(-1)[made.known])


def test_the_truth_has_the_rank_that_was_asked_for():
    """Behind the scale's ends nothing is linear, so the cut is undone by a wide scale."""
    for rank in (1, 3):
        made = drawn(rank=rank, users=80, items=50)
        inside = np.clip(made.truth, 1, 5)
        values = np.linalg.svd(inside - inside.mean(), compute_uv=False)
        # Two more for the biases of users and of items.
        assert np.sum(values[: rank + 2] ** 2) > 0.93 * np.sum(values**2)


def test_an_uneven_sample_has_users_of_many_and_of_few_ratings():
    def spread(uneven: int) -> float:
        often = np.bincount(drawn(uneven=uneven).known // 40, minlength=60)
        return often.std()

    assert spread(0) < 4 < 6 < spread(150)


def test_the_same_stream_draws_the_same_and_noise_moves_no_gap():
    first, again = drawn(3), drawn(3)
    np.testing.assert_array_equal(first.ratings, again.ratings)
    other = drawn(3, noise=100)
    np.testing.assert_array_equal(first.known, other.known)
    np.testing.assert_array_equal(first.truth, other.truth)
    assert not np.array_equal(first.truth, drawn(4).truth)


def test_schema_and_points_agree():
    data = Data(name="ratings")
    schema = schema_of(data)
    raw = hidden.make(data, TorchStream(1, "data"))
    assert schema.kind == "ratings"
    assert hidden.sides(schema) == (60, 40)
    assert len(schema.vocabulary) == 100
    assert raw.inputs.shape == (schema.samples, 2)
    assert raw.inputs.dtype == np.int64
    assert raw.inputs.min(axis=0).min() >= 0
    assert raw.inputs.max(axis=0).tolist() <= [59, 39]


def test_newcomers_have_no_rating_to_learn_from():
    def parts(newcomers: int, percent: int = 60) -> tuple[np.ndarray, np.ndarray]:
        settings = {"train_percent": percent, "ratings": {"newcomers": newcomers}}
        data = Data.model_validate({"name": "ratings", **settings})
        raw = hidden.make(data, TorchStream(1, "data"))
        test = np.zeros(len(raw.targets), dtype=bool) if raw.test is None else raw.test
        return raw.inputs[~test], raw.inputs[test]

    def missing(train: np.ndarray) -> list[int]:
        return [count - len(np.unique(train[:, k])) for k, count in ((0, 60), (1, 40))]

    assert len(parts(0)[1]) == 0  # it is split like everything else
    train, test = parts(10)
    assert len(train) == 960 * 60 // 100
    assert len(train) + len(test) == 960
    users, items = missing(train)
    assert users >= 6
    assert items >= 4
    # The share for training holds as long as there is enough for it.
    assert len(parts(30, 90)[0]) < 960 * 90 // 100


# ---- a visitor's table --------------------------------------------------------------------------


def read(text: str, **columns: str) -> table.Known:
    own = read_table(text.encode(), "ratings.csv")
    data = Data.model_validate({"name": "ratings_csv", "ratings": columns})
    return table.read(data, own)


def lines(head: str, rows: int = 30) -> str:
    """So many rows of user, item, rating, no pair twice."""
    body = (f"{row % 6},film {row // 6},{1 + row % 5}" for row in range(rows))
    return "\n".join((head, *body))


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("userId,movieId,rating", ("userId", "movieId", "rating")),
        ("stars,title,user_name", ("user_name", "title", "stars")),
        ("用户,电影,评分", ("用户", "电影", "评分")),
        ("a,b,c", ("a", "b", "c")),
        ("ID,Book ID,Score", ("ID", "Book ID", "Score")),
    ],
)
def test_columns_are_found_by_their_names_or_places(head, expected):
    names = head.split(",")
    columns = {name: list(range(1, 4)) for name in names}
    text = "\n".join((head, *(",".join(str(columns[name][k]) for name in names) for k in range(3))))
    found = table.guessed(read_table(text.encode(), "x.csv"))
    assert (found["user"], found["item"], found["rating"]) == expected


def test_a_time_stamp_behind_the_rating_is_left_alone():
    own = read_table(b"userId,movieId,rating,timestamp\n1,2,3.5,964982703\n1,3,4,964982704\n", "m")
    assert table.guessed(own) == {"user": "userId", "item": "movieId", "rating": "rating"}
    # Nobody named the columns: the third one is the rating, not the time.
    own = read_table(b"a,b,c,d\n1,2,3.5,964982703\n1,3,4,964982704\n", "m")
    assert table.guessed(own) == {"user": "a", "item": "b", "rating": "c"}


def test_pairs_are_numbered_and_the_last_of_a_pair_counts():
    text = lines("user,film,rating") + "\n0,film 0,5\n3,,2\n"
    known = read(text)
    assert known.users == ("0", "1", "2", "3", "4", "5")
    assert known.items == tuple(f"film {k}" for k in range(5))
    assert len(known.ratings) == 30
    assert known.dropped == 2
    at = np.flatnonzero((known.pairs == (0, 0)).all(axis=1))
    assert known.ratings[at].tolist() == [5.0]
    for (user, item), rating in zip(known.pairs[1:], known.ratings[1:], strict=True):
        row = int(known.users[user]) + 6 * int(known.items[item][5:])
        assert rating == (1 + row % 5 if row else 5)


def test_chosen_columns_win_over_names():
    text = lines("rating,item,user")  # the names lie
    known = read(text, user_column="rating", rating_column="user")
    assert known.users == ("0", "1", "2", "3", "4", "5")
    assert known.ratings.max() == 5


def grid(rows: int, *divisors: int) -> str:
    """Rows whose cells are the row's number, or its remainder by a divisor above 0."""
    cells = (",".join(str(row % by if by else row) for by in divisors) for row in range(rows))
    return "\n".join(("user,item,rating", *cells))


@pytest.mark.parametrize(
    ("text", "columns", "code"),
    [
        ("user,rating\n" + "1,2\n" * 30, {}, "ratings_need_columns"),
        (grid(12, 0, 7, 5), {}, "ratings_too_few"),
        (
            grid(40, 0, 7, 5),
            {"user_column": "item", "item_column": "item"},
            "ratings_same_column",
        ),
        (grid(40, 0, 7, 5), {"item_column": "film"}, "table_no_such_column"),
        (lines("rating,item,x"), {"rating_column": "item"}, "ratings_are_text"),
        (grid(40, 0, 7, 1), {}, "ratings_alike"),
        (grid(40, 1, 0, 5), {}, "ratings_one_name"),
        (grid(1200, 0, 7, 5), {}, "ratings_many_users"),
        (grid(1200, 7, 0, 5), {}, "ratings_many_items"),
    ],
)
def test_a_broken_table_is_refused_in_plain_words(text, columns, code):
    with pytest.raises(PlaygroundError) as caught:
        read(text, **columns)
    assert caught.value.code == code
    assert "{" not in caught.value.notice().sentence()


# ---- baselines ----------------------------------------------------------------------------------


@st.composite
def rated(draw):
    users, items = draw(st.integers(1, 6)), draw(st.integers(1, 6))
    pairs = st.tuples(st.integers(0, users - 1), st.integers(0, items - 1))
    chosen = draw(st.lists(pairs, min_size=1, max_size=30))
    values = st.floats(1, 5)
    ratings = draw(st.lists(values, min_size=len(chosen), max_size=len(chosen)))
    return np.array(chosen, dtype=np.int64), np.array(ratings), users, items


@given(rated())
def test_baselines_are_those_of_a_plain_loop_and_of_ridge_regression(case):
    pairs, ratings, users, items = case
    found = baselines.fit(pairs, ratings, users, items)
    mean = sum(ratings.tolist()) / len(ratings)
    for side, means, count in ((0, found.user_means, users), (1, found.item_means, items)):
        for number in range(count):
            own = [
                r
                for p, r in zip(pairs.tolist(), ratings.tolist(), strict=True)
                if p[side] == number
            ]
            assert means[number] == pytest.approx(sum(own) / len(own) if own else mean)
    one_hot = np.concatenate((np.eye(users)[pairs[:, 0]], np.eye(items)[pairs[:, 1]]), axis=1)
    ridge = Ridge(alpha=baselines.RIDGE, fit_intercept=False, solver="cholesky")
    ridge.fit(one_hot, ratings - mean)
    biases = np.concatenate((found.user_biases, found.item_biases))
    np.testing.assert_allclose(biases, ridge.coef_, atol=1e-9)
    said = found.predictions(pairs)
    np.testing.assert_allclose(said["bias"], mean + one_hot @ ridge.coef_, atol=1e-9)
    np.testing.assert_array_equal(said["item"], found.item_means[pairs[:, 1]])


def test_who_never_rated_gets_the_mean_and_no_bias():
    pairs = np.array([[0, 0], [0, 1], [1, 1]])
    found = baselines.fit(pairs, np.array([1.0, 2.0, 4.0]), 3, 4)
    cold = found.predictions(np.array([[2, 3]]))
    assert all(value[0] == pytest.approx(7 / 3) for value in cold.values())


def test_rmse_of_nothing_is_none():
    assert baselines.rmse(np.array([]), np.array([])) is None
    assert baselines.rmse(np.array([1.0, 2.0]), np.array([1.0, 4.0])) == pytest.approx(2**0.5)
