"""Numbers and dates, written out in English and in Chinese."""

from __future__ import annotations

import datetime

MONTHS = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
EN_ONES = (
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
)
EN_TENS = (
    "twenty",
    "thirty",
    "forty",
    "fifty",
    "sixty",
    "seventy",
    "eighty",
    "ninety",
)
ZH_DIGITS = "零一二三四五六七八九"
ZH_YEAR_DIGITS = "〇一二三四五六七八九"
_ZH_UNITS = ("", "十", "百", "千")

DATE_NOTATIONS = {"en": 3, "zh": 1}
"""How many ways there are to write a date out."""


def english(number: int) -> str:
    """A number below a million: three hundred and five."""
    if number < 20:
        return EN_ONES[number]
    if number < 100:
        tens, ones = divmod(number, 10)
        return EN_TENS[tens - 2] + (f"-{EN_ONES[ones]}" if ones else "")
    if number < 1000:
        hundreds, rest = divmod(number, 100)
        return f"{EN_ONES[hundreds]} hundred" + (f" and {english(rest)}" if rest else "")
    thousands, rest = divmod(number, 1000)
    joint = " and " if rest < 100 else " "
    return f"{english(thousands)} thousand" + (joint + english(rest) if rest else "")


def chinese(number: int) -> str:
    """A number below a hundred million: 三百零五."""
    if number == 0:
        return ZH_DIGITS[0]
    large, small = divmod(number, 10_000)
    text = _section(large) + "万" if large else ""
    if small:
        gap = ZH_DIGITS[0] if large and small < 1000 else ""
        text += gap + _section(small)
    return text.removeprefix("一") if text.startswith("一十") else text


def _section(number: int) -> str:
    """1 to 9999, a run of empty places read as one zero."""
    text, gap = "", False
    for power in (3, 2, 1, 0):
        digit = number // 10**power % 10
        if digit:
            text += (ZH_DIGITS[0] if gap and text else "") + ZH_DIGITS[digit] + _ZH_UNITS[power]
        gap = not digit
    return text


def written_date(day: datetime.date, language: str, notation: int = 0) -> str:
    """A date written out: march 5, 2021 · 5 march 2021 · mar 5, 2021 · 二〇二一年三月五日.

    Args:
        language: "en" or "zh".
        notation: which of the language's `DATE_NOTATIONS`.
    """
    if language == "zh":
        year = "".join(ZH_YEAR_DIGITS[int(digit)] for digit in str(day.year))
        return f"{year}年{chinese(day.month)}月{chinese(day.day)}日"
    month = MONTHS[day.month - 1]
    return (
        f"{month} {day.day}, {day.year}",
        f"{day.day} {month} {day.year}",
        f"{month[:3]} {day.day}, {day.year}",
    )[notation]
