"""What time a question means, and how well an article's date agrees with it."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from qa.time_words import Days, NamedDays, named_days, shifted

__all__ = ["AskedTime", "Period", "asked_time", "time_preferences"]

# News tells of a day after it, and of a week when it is over.
_SLACK_DAYS = 3


@dataclass(frozen=True, slots=True)
class Period:
    """Days as ISO dates, both ends included; None leaves an end open."""

    start: str | None
    end: str | None

    def holds(self, day: str, slack_days: int = 0) -> bool:
        """Say whether a day lies in the period, or so few days after its end."""
        if self.end is None:
            return (self.start or "") <= day
        return (self.start or "") <= day <= shifted(date.fromisoformat(self.end), slack_days).isoformat()


@dataclass(frozen=True, slots=True)
class AskedTime:
    """The periods that a question's words name, and whether they ask for what is newest."""

    periods: tuple[Period, ...] = ()
    prefers_newest: bool = False


def asked_time(question: str, today: date) -> AskedTime:
    """Return the time that a question means when it is asked on a day.

    A month, day or season without its year is the last one that has begun. Whatever need not be a time at all, as
    "may" and "May" need not, counts as none.
    """
    named = named_days(question)
    periods: list[Period] = []
    while named:
        first = named.pop(0)
        until = named[0] if named and _is_range(question, first, named[0]) else None
        if until:
            named.pop(0)
            period = _range(first, until, today)
        else:
            days = first.days(today)
            period = _bounded(days, question[: first.start], question[first.end :], today) if days else None
        if period:
            periods.append(period)
    return AskedTime(tuple(dict.fromkeys(periods)), _NEWEST.search(question) is not None)


def time_preferences(asked: AskedTime, published: Sequence[str | None]) -> list[float]:
    """Return in [0, 1] how well each article's time of publication agrees with what was asked for.

    In a period or shortly after its end, that is 1. Where the newest is asked for, it is the share of the other
    days that are earlier. An article without a date has 0, and every one has where no time is asked for: a
    preference only adds.
    """
    days = [moment[:10] if moment else None for moment in published]
    if asked.periods:
        return [float(any(p.holds(day, _SLACK_DAYS) for p in asked.periods)) if day else 0.0 for day in days]
    order = sorted({day for day in days if day})
    if not asked.prefers_newest or len(order) < 2:
        return [0.0] * len(days)
    return [bisect_left(order, day) / (len(order) - 1) if day else 0.0 for day in days]


def _is_range(question: str, first: NamedDays, last: NamedDays) -> bool:
    join = _JOIN.fullmatch(question[first.end : last.start])
    # "In March and in May" is not what lies between them.
    return join is not None and (not join["and"] or _BETWEEN.search(question[: first.start]) is not None)


def _range(first: NamedDays, last: NamedDays, today: date) -> Period | None:
    end, begin = last.days(today), first.days(today)
    if end and begin and begin[0] > end[1]:
        # In "from November to February 2024" only the end tells its year.
        begin = first.days(end[1])
    return _period(begin[0], end[1]) if begin and end and begin[0] <= end[1] else None


def _bounded(days: Days, before: str, after: str, today: date) -> Period | None:
    """Return the period that days mean together with the words around them: since Monday, before 2020."""
    first, last = days
    if _SINCE.search(before) or _ONWARDS.match(after):
        return _period(first, None)
    if _AFTER.search(before):
        return _period(shifted(last, 1), None)
    if match := _UNTIL.search(before):
        end = shifted(first, -1) if match["before"] else last
        # Whatever there is was published before a day to come.
        return _period(None, end) if end < today else None
    return _period(first, last)


def _period(first: date | None, last: date | None) -> Period:
    return Period(first.isoformat() if first else None, last.isoformat() if last else None)


_JOIN = re.compile(r"\s*(?:(?P<and>and)|to|until|till|through|[-–—])\s*(?:on\s|in\s)?(?:the\s)?\s*", re.IGNORECASE)
_BETWEEN = re.compile(r"\bbetween\s+(?:the\s+)?$", re.IGNORECASE)
_SINCE = re.compile(r"\bsince\s+(?:the\s+)?$", re.IGNORECASE)
_ONWARDS = re.compile(r"\s+onwards?\b", re.IGNORECASE)
_AFTER = re.compile(r"\bafter\s+(?:the\s+)?$", re.IGNORECASE)
_UNTIL = re.compile(
    r"\b(?:(?P<before>before|prior\s+to)|until|till|up\s+to|by|as\s+of)\s+(?:the\s+)?$",
    re.IGNORECASE,
)
_NEWEST = re.compile(
    r"\b(?:latest|newest|(?:most\s+)?recent(?:ly)?|current(?:ly)?|now(?!-)|nowadays|at\s+present|at\s+the\s+moment"
    r"|these\s+days|so\s+far|to\s+date|up[\s-]to[\s-]date|still|any\s+longer|any\s?more)\b",
    re.IGNORECASE,
)
