"""From addresses on the web to articles: pages as such, feeds entry by entry, sitemaps page by page."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Literal

from index.articles import Article, canonical_url
from index.decoding import decode
from index.errors import FetchError, InputError, SourceError, TryLater
from index.extraction import extract
from index.feeds import FeedEntry, parse_feed
from index.fetching import ANY_TYPES, PAGE_BYTES, PAGE_TYPES, Fetched, Fetcher, Unmodified
from index.lines import count_words
from index.listings import Kind, kind_of
from index.pages import feeds_in
from index.requesting import decompressed
from index.sitemaps import SITEMAP_BYTES, parse_sitemap
from index.sources import RawDocument, Unreadable
from index.visits import Memory, Validators, Visit

__all__ = ["Gathered", "Gatherer", "Unchanged", "kind_at"]

_MOST_PAGES = 5_000
_MOST_SITEMAPS = 500
_SITEMAP_DEPTH = 3
_FEED_WORDS_MINIMUM = 80

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Gathered:
    """An article from the web; `origin` is the address that was asked for."""

    origin: str
    article: Article


@dataclass(frozen=True, slots=True)
class Unchanged:
    """An address whose article is stored already, and that has not changed since."""

    origin: str


Found = Gathered | Unreadable | Unchanged


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A page to fetch, with what the feed or sitemap says that led there."""

    url: str
    stamp: str = ""
    published_at: str | None = None
    entry: FeedEntry | None = None


@dataclass(slots=True)
class Gatherer:
    """Follows addresses to articles, and remembers which of them need not be fetched again.

    Whoever takes an article reports with `settle` that it is durable; only then is its visit noted, and that of a
    feed or sitemap only in the end, when all that it lists is dealt with. `since` leaves out what feeds and sitemaps
    say is older; it is as `normalise_time` gives it. `expected` is how many documents are known by now. One run an
    object, one thread at a time.
    """

    fetcher: Fetcher
    memory: Memory
    since: str | None = None
    is_cancelled: Callable[[], bool] = lambda: False
    expected: int = 0
    _pages: dict[str, Visit] = field(default_factory=dict)
    _lists: list[Visit] = field(default_factory=list)
    _seen: set[str] = field(default_factory=set)
    _is_incomplete: bool = False

    def gather(
        self, urls: Sequence[str] = (), feeds: Sequence[str] = (), sitemaps: Sequence[str] = ()
    ) -> Iterator[Found]:
        """Yield what is found, in order; an address that gives nothing is an Unreadable, and stops nothing.

        `urls` may be addresses of pages, feeds or sitemaps: which, their content tells.
        """
        asked: list[tuple[str, Kind | None]] = [(url, None) for url in urls]
        asked += [*((url, "feed") for url in feeds), *((url, "sitemap") for url in sitemaps)]
        self.expected += len(asked)
        for url, kind in asked:
            yield from self._asked(url, kind)

    def settle(self, origins: Iterable[str]) -> None:
        """Note that the articles from these addresses are stored."""
        self.memory.note_visits([self._pages.pop(origin) for origin in origins if origin in self._pages])

    def finish(self) -> None:
        """Note the feeds and sitemaps, unless something that they list was left out or is to be tried again."""
        if not self._is_incomplete and not self._pages and self.since is None:
            self.memory.note_visits(self._lists)
        self._lists = []

    def _asked(self, url: str, kind: Kind | None, depth: int = 1) -> Iterator[Found]:
        """Follow one address, which must be of the kind, where one is named."""
        try:
            yield from self._fetched(url, kind, depth)
        except SourceError as error:
            self._is_incomplete = True
            yield Unreadable(url, str(error))

    def _fetched(self, url: str, kind: Kind | None, depth: int) -> Iterator[Found]:
        visit = self.memory.visit(url)
        fetched = self._fetch(url, visit, ANY_TYPES, SITEMAP_BYTES)
        if isinstance(fetched, Unmodified):
            if visit and visit.is_list:
                self.expected -= 1
            else:
                yield self._unmodified(_Wanted(url), visit)
            return
        match kind_of(fetched.content, fetched.media_type):
            case "feed" if kind != "sitemap":
                yield from self._feed(url, fetched)
            case "sitemap" if kind != "feed":
                yield from self._sitemap(url, fetched, depth)
            case "page" if kind is None:
                yield self._article(_Wanted(url), fetched)
            case found:
                raise FetchError(f"It is a {found}, not a {kind}.{_feed_of(fetched) if found == 'page' else ''}")

    def _fetch(
        self, url: str, visit: Visit | None, media_types: frozenset[str], max_bytes: int
    ) -> Fetched | Unmodified:
        return self.fetcher.fetch(
            url,
            media_types=media_types,
            max_bytes=max_bytes,
            validators=visit.validators if visit else None,
            is_cancelled=self.is_cancelled,
        )

    def _feed(self, url: str, fetched: Fetched) -> Iterator[Found]:
        _check_size(fetched, "feed")
        entries = parse_feed(fetched.content, fetched.url)[:_MOST_PAGES]
        recent = [entry for entry in entries if self._is_recent(entry.updated_at)]
        yield from self._followed(
            [_Wanted(entry.url or f"{url}#{entry.stamp}", entry.stamp, entry.published_at, entry) for entry in recent]
        )
        self._lists.append(Visit(url, fetched.validators, is_list=True))

    def _sitemap(self, url: str, fetched: Fetched, depth: int) -> Iterator[Found]:
        sitemap = parse_sitemap(decompressed(fetched.content, SITEMAP_BYTES))
        pages = [page for page in sitemap.pages if self._is_recent(page.changed_at)]
        yield from self._followed(
            [_Wanted(page.url, page.changed_at or "", page.published_at) for page in pages[:_MOST_PAGES]]
        )
        inner = [one for one in sitemap.sitemaps if self._is_recent(one.changed_at)]
        if inner and depth == _SITEMAP_DEPTH:
            raise FetchError("It leads to sitemaps that lead to sitemaps again. Give one of those further down.")
        self.expected += len(inner[:_MOST_SITEMAPS])
        for one in inner[:_MOST_SITEMAPS]:
            yield from self._asked(one.url, "sitemap", depth + 1)
        if len(pages) > _MOST_PAGES or len(inner) > _MOST_SITEMAPS:
            raise FetchError(_TOO_MANY)
        if not inner:  # an index may stay the same while what it lists changes
            self._lists.append(Visit(url, fetched.validators, is_list=True))

    def _is_recent(self, moment: str | None) -> bool:
        return self.since is None or moment is None or moment >= self.since

    def _followed(self, wanted: Sequence[_Wanted]) -> Iterator[Found]:
        fresh = {_key_of(one): one for one in reversed(wanted)}
        fresh = {key: one for key, one in reversed(fresh.items()) if key not in self._seen}
        self._seen.update(fresh)
        self.expected += len(fresh) - 1  # the list itself is no document
        for one in fresh.values():
            yield self._page(one)

    def _page(self, wanted: _Wanted) -> Found:
        visit = self.memory.visit(wanted.url)
        if visit and visit.stamp and visit.stamp == wanted.stamp:
            return self._unmodified(wanted, visit)
        if wanted.entry and not wanted.entry.url:
            return self._refused(wanted, Validators(), "The feed gives no address of a page.")
        try:
            fetched = self._fetch(wanted.url, visit, PAGE_TYPES, PAGE_BYTES)
        except TryLater as error:
            self._is_incomplete = True
            return Unreadable(wanted.url, str(error))
        except FetchError as error:
            return self._refused(wanted, Validators(), str(error))
        return self._unmodified(wanted, visit) if isinstance(fetched, Unmodified) else self._article(wanted, fetched)

    def _unmodified(self, wanted: _Wanted, visit: Visit | None) -> Found:
        if visit and visit.stamp != wanted.stamp and wanted.stamp:
            self.memory.note_visits([replace(visit, stamp=wanted.stamp)])
        return Unreadable(wanted.url, visit.refusal) if visit and visit.refusal else Unchanged(wanted.url)

    def _article(self, wanted: _Wanted, fetched: Fetched) -> Found:
        try:
            _check_size(fetched, "page")
            text = decode(fetched.content, is_html=True, declared=fetched.charset)
            document = RawDocument(
                wanted.url, "html", text, datetime.now(UTC), url=fetched.url, published_at=wanted.published_at
            )
            return self._found(wanted, fetched.validators, extract(document))
        except InputError as error:
            return self._refused(wanted, fetched.validators, str(error))

    def _refused(self, wanted: _Wanted, validators: Validators, reason: str) -> Found:
        """Take the article from the feed, where that has all of it, else note why there is none."""
        content = _content_of(wanted)
        if content is not None:
            try:
                found = self._found(wanted, validators, extract(content))
                _log.warning("%s: taken as it stands in the feed, because of its page: %s", wanted.url, reason)
                return found
            except InputError as error:
                _log.debug("%s: not taken from the feed: %s", wanted.url, error)
        self.memory.note_visits([Visit(wanted.url, validators, wanted.stamp, reason)])
        return Unreadable(wanted.url, reason)

    def _found(self, wanted: _Wanted, validators: Validators, article: Article) -> Gathered:
        self._pages[wanted.url] = Visit(wanted.url, validators, wanted.stamp)
        return Gathered(wanted.url, article)


def kind_at(fetcher: Fetcher, url: str, is_cancelled: Callable[[], bool]) -> Literal["feed", "sitemap"]:
    """Return what an address leads to; raises FetchError when it is a page, and names the feed that the page has."""
    fetched = fetcher.fetch(url, max_bytes=SITEMAP_BYTES, is_cancelled=is_cancelled)
    if isinstance(fetched, Unmodified):
        raise FetchError("It was not asked whether it is unchanged, and yet that is the answer.")
    kind = kind_of(fetched.content, fetched.media_type)
    if kind == "page":
        raise FetchError(f"It is a page, not a feed or sitemap.{_feed_of(fetched)}")
    return kind


def _check_size(fetched: Fetched, kind: str) -> None:
    # Only a sitemap may be larger, and what comes is known for one when it is there.
    if len(fetched.content) > PAGE_BYTES:
        raise FetchError(f"The {kind} is larger than {PAGE_BYTES >> 20} MiB, which is the most it may be.")


def _feed_of(fetched: Fetched) -> str:
    feeds = feeds_in(decode(fetched.content, is_html=True, declared=fetched.charset), fetched.url)
    return f" Its feed is {feeds[0][:200]}: give that." if feeds else ""


def _content_of(wanted: _Wanted) -> RawDocument | None:
    """Return the article as the feed has it, None where the feed has less than an article."""
    from trafilatura import html2txt

    entry = wanted.entry
    text = html2txt(f"<html><body>{entry.content}</body></html>") if entry and entry.content else ""
    if entry is None or count_words(text) < _FEED_WORDS_MINIMUM or _CUT_OFF.search(text.rstrip()[-100:]):
        return None
    record: dict[str, object] = {"title": entry.title, "text": text, "authors": list(entry.authors)}
    record |= {"url": entry.url} if entry.url else {}
    record |= {"published_at": entry.published_at} if entry.published_at else {}
    return RawDocument(wanted.url, "record", record, datetime.now(UTC))


def _key_of(wanted: _Wanted) -> str:
    try:
        return wanted.url if wanted.entry and not wanted.entry.url else canonical_url(wanted.url)
    except InputError:
        return wanted.url


_CUT_OFF = re.compile(r"(?:…|\.\.\.|\[(?:…|\.\.\.)\]|\b(?:read|continue) (?:more|reading)\W*)$", re.IGNORECASE)
_TOO_MANY = (
    f"It lists more than the {_MOST_PAGES:,} pages or {_MOST_SITEMAPS} sitemaps that one may at a time; the newest of"
    " them were taken. Give a sitemap of its index, or a day to begin with (--since)."
)
