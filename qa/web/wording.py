"""Dates, numbers, confidences and links, as the pages write them."""

from __future__ import annotations

import re
from datetime import date, datetime
from urllib.parse import quote, urlencode, urlsplit

from index.articles import Span
from qa.answers import ArticleReference, Question, Reason

__all__ = [
    "ask_link",
    "counted",
    "excerpt_link",
    "human_date",
    "language_tag",
    "reason_told",
    "seconds",
    "support",
    "web_address",
    "web_host",
]


def human_date(moment: str) -> str:
    """Return an ISO day or moment as people write it: `27 February 2025, 14:05 UTC`."""
    try:
        if len(moment) == 10:
            return _day(date.fromisoformat(moment))
        at = datetime.fromisoformat(moment)
    except ValueError:
        return moment
    return f"{_day(at.date())}, {at:%H:%M} UTC"


def counted(number: int, thing: str) -> str:
    """Return `1 article`, `2,300 articles`."""
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}s"


def seconds(milliseconds: float) -> str:
    """Return a time as short as it is still true: `1.2 s`, `26 ms`."""
    return f"{milliseconds / 1000:.1f} s" if milliseconds >= 1000 else f"{max(1, round(milliseconds))} ms"


def support(confidence: float) -> str:
    """Return in a word how well a citation supports its statement; a number would promise too much."""
    return next(word for least, word in ((0.85, "Strong"), (0.65, "Fair"), (0.0, "Some")) if confidence >= least)


def reason_told(reason: Reason | None) -> str:
    """Return in a sentence why the articles do not answer."""
    told: dict[Reason | None, str] = {
        "off_topic": "Nothing in them is about this.",
        "not_told": "Some are about this, but none tells what was asked.",
        "outside_dates": "Outside the dates that were set, there is an answer.",
    }
    return told.get(reason, "")


def ask_link(question: Question, path: str = "/ask") -> str:
    """Return the permalink of a question, without what is left at its default; the JSON API reads the same."""
    filters = question.filters
    asked = {
        "question": question.text,
        "source": filters.sources,
        "published_from": filters.published_from,
        "published_to": filters.published_to,
        "as_of": question.as_of,
        "max_citations": None if question.max_citations == Question("").max_citations else question.max_citations,
    }
    return f"{path}?" + urlencode({name: value for name, value in asked.items() if value}, doseq=True)


def excerpt_link(article: ArticleReference, span: Span) -> str:
    """Return the address of the article version with the span marked in it."""
    query = urlencode({"version": article.version, "start": span.start, "end": span.end})
    return f"/articles/{quote(article.id, safe=':')}?{query}#excerpt"


def web_address(url: str | None) -> str | None:
    """Return the URL if a browser may be sent there; an article can claim any, `javascript:` among them."""
    try:
        parts = urlsplit(url or "")
    except ValueError:
        return None
    return url if parts.scheme in ("http", "https") and parts.netloc else None


def web_host(url: str) -> str:
    """Return the host of a web address, for a reader to know where a link leads."""
    return urlsplit(url).hostname or ""


def language_tag(language: str | None) -> str | None:
    """Return the language if it is one that an HTML `lang` attribute can hold, such as `en` or `pt-BR`."""
    return language if language and re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", language) else None


def _day(day: date) -> str:
    # strftime would take the month from the server's locale.
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
