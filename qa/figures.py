"""Text → the numbers, dates and days it tells, each in one spelling, so that two texts can be compared."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

__all__ = ["figures"]


def figures(text: str) -> frozenset[str]:
    """Return what a text counts and dates: "twelve" and "12" are alike, and so are "1.2 million" and "1,200,000".

    A percentage is another thing than the bare number, and a day of a month another than that number and that month.
    """
    return frozenset([*_numbers(text), *_times(text)])


def _numbers(text: str) -> Iterator[str]:
    for match in _DIGITS.finditer(text):
        scale = _SCALES.get((match["scale"] or "").strip(" -").casefold(), Decimal(1))
        yield _written(_decimal(match["number"]) * scale, match["percent"])
    # "1.2 million" is not a million.
    for match in _WORDS.finditer(_COUNTS_NOTHING.sub(" ", _DIGITS.sub(" ", text))):
        *firsts, last = _spelled(re.findall(r"[a-z]+", match["number"].casefold()))
        yield from (_written(value, None) for value in firsts)
        yield _written(last, match["percent"])
    yield from (match[0].casefold() for match in _VAGUE.finditer(text))


def _written(value: Decimal, percent: str | None) -> str:
    return f"{value.normalize():f}{'%' if percent else ''}"


def _decimal(digits: str) -> Decimal:
    """Read a number with either sign between thousands; a comma before fewer than three digits is a decimal one."""
    if re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?", digits):
        return Decimal(digits.replace(",", ""))
    if re.fullmatch(r"\d{1,3}(?:\.\d{3}){2,}", digits):
        return Decimal(digits.replace(".", ""))
    whole, _, rest = digits.replace(",", ".").partition(".")
    return Decimal(f"{whole}.{rest.replace('.', '') or '0'}")


def _spelled(words: list[str]) -> Iterator[Decimal]:
    """Yield the numbers that number words spell: "two hundred and four" is one, "ten and twelve" are two."""
    thousands, rest, last = Decimal(0), Decimal(0), ""
    for position, word in enumerate(words):
        if word == "and":
            continue
        goes_on = word in _LARGE or last in _LARGE or (last in _TENS and word in _BELOW_TEN)
        if last and not (goes_on and (words[position - 1] != "and" or last in _LARGE)):
            yield thousands + rest
            thousands, rest = Decimal(0), Decimal(0)
        if word in _SMALL:
            rest += _SMALL[word]
        elif _LARGE[word] < 1_000:
            rest = (rest or 1) * _LARGE[word]
        else:
            thousands, rest = thousands + (rest or 1) * _LARGE[word], Decimal(0)
        last = word
    yield thousands + rest


def _times(text: str) -> Iterator[str]:
    for match in _DAY_OF_MONTH.finditer(text):
        month = _MONTHS[(match["month"] or match["month_first"])[:3].casefold()]
        yield f"day {month}-{int(match['day'] or match['day_after'])}"
    for match in _ISO_DAY.finditer(text):
        month, day = int(match[1]), int(match[2])
        yield from (f"day {month}-{day}", f"month {month}")
    yield from (f"month {_MONTHS[match[0][:3].casefold()]}" for match in _MONTH_NAME.finditer(text))
    yield from (f"weekday {match[0][:3].casefold()}" for match in _WEEKDAY.finditer(text))
    yield from (" ".join(match[0].casefold().split()) for match in _RELATIVE.finditer(text))


_UNITS = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_TENTH_NAMES = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
_TENS = {name: Decimal(10 * number) for number, name in enumerate(_TENTH_NAMES, start=2)}
_SMALL = (
    {name: Decimal(number) for number, name in enumerate(_UNITS)}
    | {name: Decimal(number) for number, name in enumerate(_ORDINALS, start=1)}
    | {"single": Decimal(1)}
    | _TENS
)
_BELOW_TEN = frozenset([*_UNITS[1:10], *_ORDINALS[:9]])
_LARGE = {name: Decimal(size) for name, size in (("dozen", 12), ("hundred", 100), ("thousand", 10**3))} | {
    name: Decimal(10**power) for name, power in (("million", 6), ("billion", 9), ("trillion", 12))
}
_SCALES = _LARGE | {name: Decimal(10**power) for name, power in (("k", 3), ("m", 6), ("mn", 6), ("bn", 9), ("tn", 12))}
_PERCENT = r"(?P<percent>\s?%|[\s-]per[\s-]?cent\b|\spercentage\spoint)?"
_DIGITS = re.compile(
    r"(?<![^\W_])(?P<number>\d+(?:[.,]\d+)*)(?:st|nd|rd|th)?"
    rf"(?P<scale>(?:[\s-]?(?:{'|'.join(_LARGE)})|k|m|mn|bn|tn)\b)?{_PERCENT}",
    re.IGNORECASE,
)
_NUMBER_WORD = "|".join(sorted([*_SMALL, *_LARGE], key=len, reverse=True))
_WORDS = re.compile(
    rf"\b(?P<number>(?:{_NUMBER_WORD})(?:(?:\sand)?[\s-](?:{_NUMBER_WORD}))*)\b{_PERCENT}", re.IGNORECASE
)
_COUNTS_NOTHING = re.compile(r"\b(?:(?:no|any|every|each)\sone|one\s(?:of|another))\b", re.IGNORECASE)
_VAGUE = re.compile(r"\b(?:dozens|hundreds|thousands|millions|billions|half|twice)\b", re.IGNORECASE)

_MONTHS = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), start=1
    )
}
_MONTH = (
    r"(?:January|February|March|April|May|June|July|August|September|October|November|December"
    r"|(?:Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\b\.?)"
)
_MONTH_NAME = re.compile(rf"\b{_MONTH}")
_DAY_OF_MONTH = re.compile(
    rf"\b(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?: of)? (?P<month>{_MONTH})"
    rf"|\b(?P<month_first>{_MONTH}) (?P<day_after>\d{{1,2}})(?:st|nd|rd|th)?\b(?!:\d)"
)
_ISO_DAY = re.compile(r"\b\d{4}-(\d\d)-(\d\d)")
_WEEKDAY = re.compile(r"\b(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)\.")
_RELATIVE = re.compile(
    r"\b(?:yesterday|today|tonight|tomorrow|(?:last|next|this)\s(?:night|week|weekend|month|year|spring|summer|autumn"
    r"|winter))\b",
    re.IGNORECASE,
)
