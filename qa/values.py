"""Numbers and days as values: whether two answers tell the same one, and when they tell different ones."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

from qa.wordforms import plain, stems

__all__ = ["Day", "Quantity", "day_of", "days_between", "quantity_of"]


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number with what it counts, in stems, and whether it is only a bound or a rough figure."""

    number: float
    unit: frozenset[str]
    is_rough: bool

    def is_same(self, other: Quantity) -> bool:
        """Say whether both tell the same value: of the rough, a tenth more or less is the same."""
        leeway = 0.1 * max(abs(self.number), abs(other.number)) if self.is_rough or other.is_rough else 1e-9
        return abs(self.number - other.number) <= leeway and self.is_alike(other)

    def is_alike(self, other: Quantity) -> bool:
        """Say whether both count the same thing, as far as they say what."""
        return not self.unit or not other.unit or not self.unit.isdisjoint(other.unit)


@dataclass(frozen=True, slots=True)
class Day:
    """What is told of a day; None is not told."""

    year: int | None = None
    month: int | None = None
    day: int | None = None
    weekday: int | None = None

    def is_same(self, other: Day) -> bool:
        """Say whether nothing that both tell differs; a weekday and a date are the same unless they are told apart."""
        pairs = [(getattr(self, name), getattr(other, name)) for name in ("year", "month", "day", "weekday")]
        return all(one is None or another is None or one == another for one, another in pairs)


def quantity_of(text: str) -> Quantity | None:
    """Return the first number that the words tell: "at least 1.2 million people", "twelve"; None without one."""
    words = plain(text)
    found = _NUMBER.search(words)
    if not found:
        return None
    number = _value(found)
    unit = words[found.end() :] + {"$": " dollar", "€": " euro", "£": " pound"}.get(found["sign"] or "", "")
    counted = [word for word in re.findall(r"[^\W\d_]+|%", unit) if word not in _NO_UNIT][:4]
    is_rough = _ROUGH.search(words[: found.start()]) is not None
    return Quantity(number, stems("percent" if word in ("%", "cent") else word for word in counted), is_rough)


def day_of(text: str, published_at: str | None) -> Day | None:
    """Return the day that the words tell; a weekday is the one on which or before which the article appeared."""
    words = plain(text)
    month = _MONTH.search(words)
    year = re.search(r"\b(?:1[5-9]|20)\d\d\b", words)
    weekday = _WEEKDAY.search(words)
    number = re.search(r"\b(\d{1,2})(?:st|nd|rd|th)?\b(?![:.]\d|,\d| ?[ap]\.?m| ?percent|%)", words) if month else None
    if not (month or year or weekday):
        return None
    day = Day(
        int(year[0]) if year else None,
        _MONTHS.index(month[1][:3]) + 1 if month else None,
        int(number[1]) if number else None,
        _WEEKDAYS.index(weekday[1]) if weekday else None,
    )
    published = _date(published_at)
    if published and weekday and not month and not _NOT_LAST.search(words):
        then = published - timedelta(days=(published.weekday() - _WEEKDAYS.index(weekday[1])) % 7)
        return Day(day.year, then.month, then.day, then.weekday())
    return day


def days_between(one: str | None, other: str | None) -> int | None:
    """Return how many days lie between two publication dates, 0 or more; None where one is not known."""
    first, second = _date(one), _date(other)
    return abs((first - second).days) if first and second else None


def _date(published_at: str | None) -> date | None:
    try:
        return date.fromisoformat((published_at or "")[:10])
    except ValueError:
        return None


def _value(found: re.Match[str]) -> float:
    digits = found["digits"]
    number = float(digits.replace(",", "")) if digits else sum(_WORDS[part] for part in re.split("[ -]", found["word"]))
    for multiplier in re.findall(r"[a-z]+", found["times"] or ""):
        number *= _TIMES[multiplier]
    return number


_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = re.compile(
    r"\b(january|jan|february|feb|march|mar|april|apr|may|june|jun|july|jul|august|aug|september|sept|sep|october|oct"
    r"|november|nov|december|dec)\b"
)
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_WEEKDAY = re.compile(rf"\b({'|'.join(_WEEKDAYS)})\b")
_NOT_LAST = re.compile(r"\b(?:next|last|every|each|coming|following|mondays|tuesdays|sundays)\b")
_SMALL = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_WORDS = {
    **{word: float(number) for number, word in enumerate(_SMALL)},
    **{word: 10.0 * number for number, word in enumerate(_TENS, start=2)},
    "dozen": 12.0,
    "half": 0.5,
}
_TIMES = {
    "hundred": 100.0,
    "thousand": 1e3,
    "million": 1e6,
    "m": 1e6,
    "billion": 1e9,
    "bn": 1e9,
    "trillion": 1e12,
    "dozen": 12.0,
}
_NUMBER = re.compile(
    r"(?P<sign>[$€£])?(?:(?P<digits>\d+(?:,\d{3})*(?:\.\d+)?)"
    rf"|\b(?P<word>(?:{'|'.join(_WORDS)})(?:[ -](?:{'|'.join(_SMALL)}))?)\b)"
    rf"(?P<times>(?: ?(?:{'|'.join(_TIMES)})\b)*)"
)
_ROUGH = re.compile(
    r"\b(?:about|around|nearly|almost|roughly|approximately|some|estimated|more than|less than|fewer than|at least"
    r"|at most|up to|as many as|as much as)\b"
)
_NO_UNIT = frozenset(
    {"of", "the", "a", "an", "in", "and", "were", "was", "other", "more", "others", "have", "had", "per"}
)
