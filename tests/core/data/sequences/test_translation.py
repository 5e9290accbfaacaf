"""Numbers and dates in words: read back by grammars of their own."""

from __future__ import annotations

import datetime

import numpy as np
import pytest

from playground.core.data.sequences import notation, translation
from playground.core.data.sequences.settings import SequenceSettings
from playground.core.errors import PlaygroundError

SMALL = {word: k for k, word in enumerate(notation.EN_ONES)} | {
    word: 10 * k for k, word in enumerate(notation.EN_TENS, start=2)
}


def read_english(text: str) -> int:
    total = part = 0
    for word in text.replace("-", " ").replace(" and ", " ").split():
        if word == "thousand":
            total, part = part * 1000, 0
        elif word == "hundred":
            part *= 100
        else:
            part += SMALL[word]
    return total + part


def read_chinese(text: str) -> int:
    units = {"十": 10, "百": 100, "千": 1000}
    total = section = digit = 0
    for k, c in enumerate(text):
        if c in units:
            section += (1 if k == 0 else digit) * units[c] if digit == 0 else digit * units[c]
            digit = 0
        elif c == "万":
            total, section, digit = (section + digit) * 10_000, 0, 0
        else:
            digit = notation.ZH_DIGITS.index(c)
    return total + section + digit


NUMBERS = [*range(2000), *range(2000, 1_000_000, 997), 10_000, 100_010, 110_000, 300_500, 999_999]


def test_numbers_are_read_back():
    assert [read_english(notation.english(n)) for n in NUMBERS] == NUMBERS
    assert [read_chinese(notation.chinese(n)) for n in NUMBERS] == NUMBERS


@pytest.mark.parametrize(
    ("number", "english", "chinese"),
    [
        (0, "zero", "零"),
        (10, "ten", "十"),
        (15, "fifteen", "十五"),
        (40, "forty", "四十"),
        (110, "one hundred and ten", "一百一十"),
        (305, "three hundred and five", "三百零五"),
        (1005, "one thousand and five", "一千零五"),
        (1050, "one thousand and fifty", "一千零五十"),
        (12_345, "twelve thousand three hundred and forty-five", "一万二千三百四十五"),
        (100_010, "one hundred thousand and ten", "十万零一十"),
        (305_000, "three hundred and five thousand", "三十万五千"),
        (300_500, "three hundred thousand five hundred", "三十万零五百"),
    ],
)
def test_numbers_as_people_write_them(number, english, chinese):
    assert notation.english(number) == english
    assert notation.chinese(number) == chinese


def test_dates_as_people_write_them():
    day = datetime.date(2021, 3, 5)
    assert [notation.written_date(day, "en", k) for k in range(3)] == [
        "march 5, 2021",
        "5 march 2021",
        "mar 5, 2021",
    ]
    assert notation.written_date(day, "zh") == "二〇二一年三月五日"
    assert notation.written_date(datetime.date(1919, 12, 31), "zh") == "一九一九年十二月三十一日"


VARIANTS = [
    {"pairs": pairs, "direction": direction, "language": language, "largest": largest}
    for pairs, sizes in (("dates", ("999",)), ("numbers", ("999", "9999", "999999")))
    for largest in sizes
    for direction in ("read", "write")
    for language in ("en", "zh")
]


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda v: "-".join(v.values()))
def test_pairs_fit_their_layout_and_none_comes_twice(variant):
    settings = SequenceSettings(**variant)
    layout = translation.pairing_of(settings)
    count = min(600, layout.possible)
    pairs = translation.made(np.random.default_rng(3), count, settings)
    assert len(pairs) == count
    assert len({read for read, _ in pairs}) == count
    inputs, targets = translation.encoded(pairs, settings)
    assert inputs.shape == targets.shape == (count, layout.places)
    assert inputs.min() >= 0 and inputs.max() < len(layout.vocabulary)
    for (read, written), row, answers in zip(pairs, inputs, targets, strict=True):
        assert layout.read(row) == read and layout.truth(answers) == written
        said = answers[layout.source :]
        said = said[said >= 0]
        # Every written place is given what stands before it, and nothing of itself.
        assert row[layout.source] == layout.vocabulary.numbers["▷"]
        assert row[layout.source + 1 : layout.source + len(said)].tolist() == said[:-1].tolist()
        assert (answers[: layout.source] == -1).all()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_longest_number_is_as_long_as_the_layout(language):
    settings = SequenceSettings(pairs="numbers", language=language, largest="999999")
    write = notation.chinese if language == "zh" else notation.english
    rng = np.random.default_rng(0)
    drawn = rng.integers(0, 1_000_000, 40_000).tolist()
    longest = max(len(write(number)) for number in [*drawn, 777_777, 373_373, 999_999])
    assert translation.pairing_of(settings).source == longest


def test_a_leap_day_is_drawn_like_any_other():
    first, last = translation.FIRST_DAY, translation.LAST_DAY
    assert first + datetime.timedelta(translation.DAYS - 1) == last
    assert translation.DAYS == 73_049


def test_typed_text_is_checked():
    layout = translation.pairing_of(SequenceSettings())
    with pytest.raises(PlaygroundError) as caught:
        layout.source_tokens("märz 5")
    assert caught.value.code == "text_unknown_characters"
    assert caught.value.params["characters"] == "ä z"
    with pytest.raises(PlaygroundError) as caught:
        layout.source_tokens("5" * 60)
    assert caught.value.code == "text_too_many"
