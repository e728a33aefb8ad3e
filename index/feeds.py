"""RSS and Atom: a feed's bytes → its entries, each with its page's address."""

from __future__ import annotations

import hashlib
import io
from calendar import timegm
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from index.articles import normalise_line, normalise_time
from index.errors import SourceError

__all__ = ["FeedEntry", "parse_feed"]


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """What a feed says of one article.

    `content` is the article as HTML, as far as the feed gives more than a summary of it, else empty. Times are as
    `normalise_time` gives them. `stamp` is equal as long as the feed says the same of the article.
    """

    url: str | None
    title: str
    authors: tuple[str, ...]
    published_at: str | None
    updated_at: str | None
    content: str
    stamp: str


def parse_feed(content: bytes, url: str) -> list[FeedEntry]:
    """Return the entries of a feed, in its order; links in it are taken as relative to `url`.

    Raises SourceError where it is no feed. Entries of a feed that breaks off are returned as far as it goes.
    """
    import feedparser  # slow to import, and needed for feeds alone

    # As a stream: a text would be opened, were it the name of a file or a URL.
    parsed = feedparser.parse(io.BytesIO(content), response_headers={"content-location": url})
    if not parsed.get("version"):
        raise SourceError("It is no RSS or Atom feed that can be read. Open it in a browser to see what it is.")
    # Its own dictionaries give "published" for a missing "updated", and warn of it.
    return [_entry(dict(entry)) for entry in parsed.entries]


def _entry(entry: Mapping[str, Any]) -> FeedEntry:
    contents = [part.get("value", "") for part in entry.get("content", ())]
    title, link = _plain(entry.get("title", "")), str(entry.get("link", "")).strip()
    said = repr((link, title, entry.get("updated"), entry.get("published"), entry.get("summary"), contents))
    return FeedEntry(
        url=link or None,
        title=title,
        authors=tuple(filter(None, (_plain(author.get("name", "")) for author in entry.get("authors", ())))),
        published_at=_moment(entry.get("published_parsed") or entry.get("updated_parsed")),
        updated_at=_moment(entry.get("updated_parsed") or entry.get("published_parsed")),
        content=max(contents, key=len, default=""),
        stamp=hashlib.sha256(said.encode("utf-8", "replace")).hexdigest()[:16],
    )


def _plain(text: str) -> str:
    """Return a title or name without the markup that feeds put in it."""
    if "<" not in text:
        return normalise_line(text)
    from lxml.html import fragment_fromstring

    return normalise_line(fragment_fromstring(text, create_parent="p").text_content())


def _moment(parsed: Any) -> str | None:
    try:
        return normalise_time(datetime.fromtimestamp(timegm(parsed), UTC)) if parsed else None
    except (ValueError, OverflowError, OSError):
        return None
