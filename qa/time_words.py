"""Words that name days: `last week`, `in early March`, `27 February 2025`, `three days ago`."""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

__all__ = ["Days", "NamedDays", "named_days", "shifted"]

Days = tuple[date, date]


@dataclass(frozen=True, slots=True)
class NamedDays:
    """Where a text names days, from `start` to `end`; `days` tells the first and last, seen from some day.

    It gives None for what no calendar has.
    """

    start: int
    end: int
    days: Callable[[date], Days | None]


def named_days(text: str) -> list[NamedDays]:
    """Return where a text names days, in order, not overlapping: what one rule has read, no later one reads."""
    found: list[NamedDays] = []
    for pattern, is_time, read in _RULES:
        for match in pattern.finditer(text):
            start, end = match.span("when")
            if is_time(match) and all(end <= other.start or other.end <= start for other in found):
                found.append(NamedDays(start, end, _reader(read, match)))
    return sorted(found, key=lambda named: named.start)


def shifted(day: date, days: int) -> date:
    """Return the day so many days later, at most the calendar's first or last."""
    return date.fromordinal(min(max(day.toordinal() + days, date.min.toordinal()), date.max.toordinal()))


_Match = re.Match[str]


def _reader(read: Callable[[_Match, date], Days | None], match: _Match) -> Callable[[date], Days | None]:
    return lambda today: read(match, today)


# From words to days


def _iso_day(match: _Match, _: date) -> Days | None:
    return _day(int(match["year"]), int(match["number"]), int(match["day"]))


def _day_of_month(match: _Match, today: date) -> Days | None:
    """Read `27 February`, `March 3-5, 2025`."""
    month, first, last = _month_number(match), int(match["day"]), int(match["last"] or match["day"])

    def of(year: int) -> Days | None:
        begin, end = _day(year, month, first), _day(year, month, last)
        return (begin[0], end[1]) if begin and end and begin <= end else None

    return of(int(match["year"])) if match["year"] else _last_begun(of, today)


def _month(match: _Match, today: date) -> Days | None:
    """Read `March`, `early March 2025`, `last March`."""
    month = _month_number(match)
    return _share(_yearly(match, lambda year: _months(year, month, 1), today), match["share"])


def _week_of_month(match: _Match, today: date) -> Days | None:
    """Read `the second week of March`."""
    number = _month_number(match)
    days = _months(int(match["year"]), number, 1) if match["year"] else None
    days = days or _last_begun(lambda year: _months(year, number, 1), today)
    week = ("first", "second", "third", "fourth", "last").index(match["ordinal"].casefold())
    if days is None:
        return None
    first = shifted(days[1], -6) if week == 4 else shifted(days[0], 7 * week)
    return first, shifted(first, 6)


def _season(match: _Match, today: date) -> Days | None:
    month = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9, "winter": 12}[match["season"].casefold()]
    return _share(_yearly(match, lambda year: _months(year, month, 3), today), match["share"])


def _quarter(match: _Match, _: date) -> Days | None:
    number = match["number"] or 1 + ("first", "second", "third", "fourth").index(match["ordinal"].casefold())
    return _months(int(match["year"]), 3 * int(number) - 2, 3)


def _year(match: _Match, _: date) -> Days | None:
    return _share(_months(int(match["year"]), 1, 12), match["share"])


def _stretch(match: _Match, today: date) -> Days | None:
    """Read `the past three days`."""
    return shifted(today, -_length(match)), today


def _ago(match: _Match, today: date) -> Days | None:
    """Read `three weeks ago`: give or take half a week."""
    then, give = shifted(today, -_length(match)), _UNIT_DAYS[match["unit"].casefold().rstrip("s")] // 2
    return shifted(then, -give), min(shifted(then, give), today)


def _calendar_unit(match: _Match, today: date) -> Days | None:
    """Read `last week`, `this month`, `last year`, `the weekend`."""
    back, unit = int(match["which"].casefold() != "this"), match["unit"].casefold()
    if unit == "weekend":
        saturday = shifted(today, -((today.weekday() - 5) % 7))
        return saturday, shifted(saturday, 1)
    if unit == "week":
        monday = shifted(today, -7 * back - today.weekday())
        return monday, shifted(monday, 6)
    if unit == "year":
        return _months(today.year - back, 1, 12)
    month = today.year * 12 + today.month - 1 - back
    return _months(month // 12, month % 12 + 1, 1)


def _weekday(match: _Match, today: date) -> Days | None:
    """Read `on Monday`, which is today or in the six days before; `last Monday` is not today."""
    name = match["weekday"].casefold()
    back = (today.weekday() - _WEEKDAYS.index(name)) % 7
    day = shifted(today, -(back or 7 if (match["which"] or "").casefold() == "last" else back))
    return day, day


def _near_day(match: _Match, today: date) -> Days | None:
    """Read `yesterday`, `this morning`."""
    words = " ".join(match["when"].casefold().split())
    first = shifted(today, {"the day before yesterday": -2, "yesterday": -1, "last night": -1}.get(words, 0))
    return first, today if words == "last night" else first


def _yearly(match: _Match, of: Callable[[int], Days | None], today: date) -> Days | None:
    if match["year"]:
        return of(int(match["year"]))
    return _last_begun(of, today, is_over=(match["which"] or "").casefold() == "last")


def _last_begun(of: Callable[[int], Days | None], today: date, *, is_over: bool = False) -> Days | None:
    """Return the last of something yearly that has begun, or is over; the 29th of February may be eight years ago."""
    made = (of(year) for year in range(today.year, today.year - 9, -1))
    return next((days for days in made if days and (days[1] < today if is_over else days[0] <= today)), None)


def _day(year: int, month: int, day: int) -> Days | None:
    try:
        return date(year, month, day), date(year, month, day)
    except ValueError:
        return None


def _months(year: int, month: int, count: int) -> Days | None:
    """Return a run of months, which may reach into the next year."""
    last = year * 12 + month + count - 2
    if not 1 <= year <= last // 12 <= 9999:
        return None
    end_year, end_month = last // 12, last % 12 + 1
    return date(year, month, 1), date(end_year, end_month, calendar.monthrange(end_year, end_month)[1])


def _share(days: Days | None, share: str | None) -> Days | None:
    """Return the first, middle or last third of a stretch of days."""
    if days is None or not share:
        return days
    third = 0 if re.search("early|beginning|start", share, re.IGNORECASE) else 1 if "mid" in share.casefold() else 2
    length = (days[1] - days[0]).days + 1
    return shifted(days[0], length * third // 3), shifted(days[0], length * (third + 1) // 3 - 1)


def _month_number(match: _Match) -> int:
    return 1 + ("JanFebMarAprMayJunJulAugSepOctNovDec".index(match["month"][:3].capitalize())) // 3


def _length(match: _Match) -> int:
    """Return a number of days: `two weeks`, `24 hours`."""
    words = " ".join((match["count"] or "a").casefold().split())
    number = int(words) if words.isdigit() else _COUNTS[words]
    unit = match["unit"].casefold().rstrip("s")
    return -(-number // 24) if unit == "hour" else number * _UNIT_DAYS[unit]


# Which words are a time at all


def _always(_: _Match) -> bool:
    return True


def _is_month(match: _Match) -> bool:
    """Tell March from a march and May from what may be, or from her whose name it is."""
    name, fields = match["month"], match.groupdict()
    before, after = match.string[: match.start("when")], match.string[match.end("when") :]
    if _NEXT.search(before):
        return False
    is_marked = bool(fields["year"] or fields.get("day") or fields.get("share") or fields.get("which"))
    if name.casefold() in _OFTEN_NO_MONTHS:
        if name.islower() and name in ("may", "march") and not fields["year"]:
            return _IN.search(before) is not None or bool(fields.get("share"))
        return is_marked or bool(_IN.search(before) or _MONTH_TO.search(before) or _TO_MONTH.match(after))
    return is_marked or _BEFORE_MONTH.search(before) is not None


def _is_season(match: _Match) -> bool:
    before = match.string[: match.start("when")]
    return bool(match["year"] or match["which"] or _IN.search(before))


def _is_year(match: _Match) -> bool:
    """Tell 2024 from 2024 soldiers."""
    before, after = match.string[: match.start("when")], match.string[match.end("when") :]
    return bool(match["share"] or _BEFORE_YEAR.search(before)) or not _COUNTED.match(after)


def _is_weekday(match: _Match) -> bool:
    before = match.string[: match.start("when")]
    return bool(match["which"] or match["of"] or _BEFORE_WEEKDAY.search(before))


def _is_near_day(match: _Match) -> bool:
    """Tell today from a newspaper of that name."""
    return match.start("when") == 0 or not match["when"][0].isupper() or match.string.isupper()


# The rules, the most telling first

_UNIT_DAYS = {"hour": 0, "day": 1, "week": 7, "fortnight": 14, "month": 30, "year": 365}
_COUNTS = {
    "a": 1, "an": 1, "one": 1, "two": 2, "couple of": 2, "a couple of": 2, "three": 3, "few": 3, "a few": 3, "four": 4,
    "several": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12,
}  # fmt: skip
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_OFTEN_NO_MONTHS = frozenset({"may", "march", "mar", "jan", "april", "june", "jun", "august", "dec"})

_MONTHS = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)\b"
)
_MONTH = rf"\b(?P<month>{_MONTHS})\.?"
_YEAR = r"(?<![\w$€£.])(?P<year>(?:19|20)\d\d)(?![\w%]|[.,:]\d)"
_OF_YEAR = rf"(?:,?\s+(?:of\s+)?{_YEAR})?"
_DAY = r"(?P<day>[0-3]?\d)(?:st|nd|rd|th)?(?!\d)(?:\s*(?:-|–|to|and)\s*(?P<last>[0-3]?\d)(?:st|nd|rd|th)?(?!\d))?"
_SHARE = r"(?:\b(?P<share>early|mid|late|(?:the\s+)?(?:beginning|start|middle|end)\s+of)[\s-]+(?:the\s+)?)?"
_WHICH = r"(?:\b(?P<which>last|this)\s+)?"
_UNIT = r"(?P<unit>(?:hour|day|week|fortnight|month|year)s?)\b"
_COUNT = rf"(?P<count>\d{{1,4}}|{'|'.join(sorted(_COUNTS, key=len, reverse=True))})".replace(" ", r"\s+")

_NEXT = re.compile(r"\b(?:next|every|each)\s+$", re.IGNORECASE)
_IN = re.compile(r"\b(?:in|on|during|since|until|till|throughout)\s+(?:the\s+)?$", re.IGNORECASE)
_BEFORE_MONTH = re.compile(
    r"(?:\b(?:in|during|since|until|till|throughout|before|after|by|from|of|between|and|to|around|through|for|as)"
    r"|[-–])\s*$",
    re.IGNORECASE,
)
_MONTH_TO = re.compile(rf"\b{_MONTHS}\.?(?:\s+\d{{4}})?\s*(?:and|to|until|till|through|[-–])\s*$", re.IGNORECASE)
_TO_MONTH = re.compile(rf"\s*(?:and|to|until|till|through|[-–])\s*{_MONTHS}", re.IGNORECASE)
_BEFORE_YEAR = re.compile(
    r"\b(?:in|during|since|until|till|throughout|before|after|by|from|between|the|year|its|his|her|their)\s+$",
    re.IGNORECASE,
)
_COUNTED = re.compile(r"\s+(?:\w+\s+)?(?:[a-z]\w*s|people|men|women|children|troops)\b")
_BEFORE_WEEKDAY = re.compile(
    r"(?:\b(?:on|since|until|till|before|after|by|from|between|and|to|of)\s+|[-–]\s*)$", re.IGNORECASE
)


def _rule(
    pattern: str, is_time: Callable[[_Match], bool], read: Callable[[_Match, date], Days | None]
) -> tuple[re.Pattern[str], Callable[[_Match], bool], Callable[[_Match, date], Days | None]]:
    return re.compile(pattern, re.IGNORECASE), is_time, read


_RULES = (
    _rule(r"\b(?P<when>(?P<year>\d{4})-(?P<number>\d\d)-(?P<day>\d\d))\b", _always, _iso_day),
    _rule(rf"(?P<when>\b{_DAY}\s+(?:of\s+)?{_MONTH}{_OF_YEAR})", _is_month, _day_of_month),
    _rule(rf"(?P<when>{_MONTH}\s+{_DAY}{_OF_YEAR})", _is_month, _day_of_month),
    _rule(
        rf"(?P<when>\b(?P<ordinal>first|second|third|fourth|last)\s+week\s+of\s+{_MONTH}{_OF_YEAR})",
        _always,
        _week_of_month,
    ),
    _rule(rf"(?P<when>{_SHARE}{_WHICH}{_MONTH}{_OF_YEAR})", _is_month, _month),
    _rule(
        rf"(?P<when>{_SHARE}{_WHICH}\b(?P<season>spring|summer|autumn|fall|winter)\b{_OF_YEAR})(?!\s+of\b)",
        _is_season,
        _season,
    ),
    _rule(
        rf"(?P<when>\b(?:(?P<ordinal>first|second|third|fourth)\s+quarter|q(?P<number>[1-4])){_OF_YEAR})",
        lambda match: bool(match["year"]),
        _quarter,
    ),
    _rule(rf"(?P<when>{_SHARE}{_YEAR})", _is_year, _year),
    _rule(rf"\b(?P<when>{_COUNT}\s+{_UNIT}\s+ago)\b", _always, _ago),
    _rule(
        rf"\b(?P<when>(?:past|(?:last|previous)(?=\s+{_COUNT.replace('?P<count>', '?:')}\s))(?:\s+{_COUNT})?\s+{_UNIT})"
        r"(?!\s+of\b)",
        _always,
        _stretch,
    ),
    _rule(
        r"\b(?P<when>(?P<which>last|this|(?:over|at|on)\s+the(?=\s+weekend))\s+(?P<unit>week|weekend|month|year))\b"
        r"(?!\s+of\b)",
        _always,
        _calendar_unit,
    ),
    _rule(
        rf"(?P<when>\b(?:(?P<which>last|this|past)\s+)?(?P<weekday>{'|'.join(_WEEKDAYS)})\b(?P<of>['’]s\b)?)",
        _is_weekday,
        _weekday,
    ),
    _rule(
        r"\b(?P<when>the\s+day\s+before\s+yesterday|yesterday|today|tonight|last\s+night"
        r"|this\s+(?:morning|afternoon|evening))\b",
        _is_near_day,
        _near_day,
    ),
)
