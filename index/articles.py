"""Articles, their versions, and the spans in them: frozen values.

Every offset in Dateline counts Unicode code points of a version's stored `text`,
so `text[start:end]` in Python is the quoted passage, to the character.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, date, datetime
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from index.errors import InputError

__all__ = [
    "MAX_ID_CHARS",
    "MAX_TEXT_CHARS",
    "MAX_TITLE_CHARS",
    "MAX_URL_CHARS",
    "Article",
    "ArticleFilter",
    "ArticleVersion",
    "Chunk",
    "Collection",
    "Span",
    "canonical_url",
    "make_article",
    "normalise_line",
    "normalise_text",
    "normalise_time",
]

MAX_TEXT_CHARS = 2_000_000
MAX_TITLE_CHARS = 500
MAX_ID_CHARS = 120
MAX_URL_CHARS = 2_000


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Half-open range of code points in an article version's text."""

    start: int
    end: int

    def of(self, text: str) -> str:
        """Return the characters of `text` that this span covers."""
        return text[self.start : self.end]

    def overlaps(self, other: Span) -> bool:
        """Say whether the two share at least one character."""
        return self.start < other.end and other.start < self.end


@dataclass(frozen=True, slots=True)
class Article:
    """A source text with what is known about it, normalised and ready to store."""

    id: str
    title: str
    text: str
    url: str | None = None
    source: str | None = None
    authors: tuple[str, ...] = ()
    published_at: str | None = None
    language: str | None = None

    @property
    def content_hash(self) -> str:
        """SHA-256 over everything but the id: equal hashes need no re-indexing."""
        fields = [self.title, self.text, self.url, self.source, self.authors, self.published_at, self.language]
        return hashlib.sha256(json.dumps(fields, ensure_ascii=False).encode()).hexdigest()

    @property
    def has_derived_id(self) -> bool:
        """Say whether the id stands for this very title and text, no URL and no id having been given."""
        return self.id == _derived_id(None, self.title, self.text)

    @property
    def has_id_of_url(self) -> bool:
        """Say whether the id stands for the URL, no id having been given."""
        return self.url is not None and self.id == _derived_id(self.url, self.title, self.text)

    @property
    def has_derived_title(self) -> bool:
        """Say whether the title only repeats the text's first words, none having been given."""
        return self.title == _title_of("", self.text)


@dataclass(frozen=True, slots=True)
class ArticleVersion:
    """An article as stored at one time; `number` counts from 1 and is never reused."""

    article: Article
    number: int
    stored_at: datetime
    is_current: bool


@dataclass(frozen=True, slots=True)
class Chunk:
    """An indexed span of whole sentences; `sentences` lie inside `span`, in order, not overlapping."""

    ordinal: int
    span: Span
    sentences: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Collection:
    """What a folder of articles says of itself: its name, a description, and questions worth asking it."""

    name: str | None = None
    description: str | None = None
    questions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ArticleFilter:
    """What an article must satisfy to be used; None leaves a field open.

    Times are as `normalise_time` gives them, both ends included: a day as upper end includes all of that day.
    An article without a date satisfies no bound on dates.
    """

    sources: tuple[str, ...] | None = None
    published_from: str | None = None
    published_to: str | None = None
    article_ids: tuple[str, ...] | None = None

    @property
    def is_open(self) -> bool:
        """Say whether every article passes."""
        return self == ArticleFilter()


def make_article(
    *,
    text: str,
    title: str | None = None,
    id: str | None = None,
    url: str | None = None,
    source: str | None = None,
    authors: tuple[str, ...] | list[str] | str | None = None,
    published_at: str | date | datetime | None = None,
    language: str | None = None,
) -> Article:
    """Normalise every field once and give the article its id.

    The id is the one given, else derived from the canonical URL, else from title and text.
    A missing title becomes the text's first words. Raises InputError on an empty or
    over-long text, an id with other characters than URLs keep as they are, or a bad date or URL.
    """
    text = normalise_text(text)
    if not text:
        raise InputError("The article has no text. Give at least one sentence in 'text'.")
    if len(text) > MAX_TEXT_CHARS:
        raise InputError(f"The article has {len(text):,} characters; at most {MAX_TEXT_CHARS:,} are allowed. Split it.")
    title = _title_of(normalise_line(title or ""), text)
    url = canonical_url(url) if url else None
    names = [authors] if isinstance(authors, str) else list(authors or ())
    return Article(
        id=_checked_id(id) if id is not None else _derived_id(url, title, text),
        title=title,
        text=text,
        url=url,
        source=normalise_line(source or "")[:MAX_TITLE_CHARS] or None,
        authors=tuple(name for name in map(normalise_line, names) if name),
        published_at=normalise_time(published_at) if published_at else None,
        language=normalise_line(language or "")[:20] or None,
    )


def normalise_text(text: str) -> str:
    """Return NFC text with single spaces, blank-line paragraphs, and no control characters.

    Lines wrapped at a fixed width are joined, so that a newline always ends a paragraph or a list item.
    """
    text = unicodedata.normalize("NFC", text.translate(_CHARACTERS).replace("\r\n", "\n").replace("\r", "\n"))
    text = _SURROGATES.sub("\N{REPLACEMENT CHARACTER}", text)
    lines = [_SPACES.sub(" ", line).strip() for line in text.split("\n")]
    blocks = re.split(r"\n{2,}", "\n".join(lines).strip("\n"))
    return "\n\n".join(_unwrapped(block) for block in blocks if block)


def normalise_line(text: str) -> str:
    """Return the text as one line, normalised like an article's."""
    return " ".join(normalise_text(text).split())


def normalise_time(value: str | date | datetime) -> str:
    """Return an ISO 8601 day (`2025-02-27`), or moment in UTC (`2025-02-27T14:05:00Z`).

    Plain string order of what it returns is order in time. Raises InputError on anything else.
    """
    if isinstance(value, datetime):
        moment = value if value.tzinfo else value.replace(tzinfo=UTC)
        try:
            return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ").rjust(20, "0")
        except OverflowError as error:
            raise InputError(f"The date {value.isoformat()} cannot be told in UTC.") from error
    if isinstance(value, date):
        return value.isoformat()
    text = value.strip()
    try:
        return normalise_time(date.fromisoformat(text) if len(text) <= 10 else datetime.fromisoformat(text))
    except ValueError as error:
        raise InputError(
            f"The date {text[:60]!r} is not understood. Write a day as 2025-02-27 or a moment as 2025-02-27T14:05:00Z."
        ) from error


def canonical_url(url: str) -> str:
    """Return the http(s) URL without fragment and tracking parameters, host in lower case (RFC 3986, 6.2.2)."""
    try:
        parts = urlsplit(_SURROGATES.sub("\N{REPLACEMENT CHARACTER}", url).strip())
        port = parts.port
    except ValueError as error:
        raise InputError(f"The URL {url[:200]!r} is not valid: {error}.") from error
    if parts.scheme.lower() not in ("http", "https") or not parts.hostname:
        raise InputError(f"The URL {url[:200]!r} is not an http or https address.")
    host = parts.hostname.lower()
    if ":" in host:
        host = f"[{host}]"
    if port and port != {"http": 80, "https": 443}[parts.scheme.lower()]:
        host = f"{host}:{port}"
    kept = [(k, v) for k, v in parse_qsl(parts.query, keep_blank_values=True) if not _is_tracking(k)]
    path = _ESCAPED.sub(lambda byte: byte[0].upper(), quote(parts.path, safe="/%:@!$&'()*+,;=~")) or "/"
    canonical = urlunsplit((parts.scheme.lower(), host, path, urlencode(kept), ""))
    if len(canonical) > MAX_URL_CHARS:
        raise InputError(f"The URL has {len(canonical):,} characters; at most {MAX_URL_CHARS:,} are allowed.")
    return canonical


def _is_tracking(name: str) -> bool:
    """Say whether a parameter tells who sent the reader, and not which article."""
    return name.lower().startswith("utm_") or name.lower() in _TRACKING


def _checked_id(id: str) -> str:
    if not _ID.fullmatch(id):
        raise InputError(
            f"The article id {id[:150]!r} is not allowed. Use 1 to {MAX_ID_CHARS} letters, digits and . _ ~ : -"
            " characters, beginning with a letter or digit."
        )
    return id


def _derived_id(url: str | None, title: str, text: str) -> str:
    basis = f"url\n{url}" if url else f"text\n{title}\n{text}"
    return hashlib.sha256(basis.encode()).hexdigest()[:20]


def _title_of(title: str, text: str) -> str:
    if title:
        return title if len(title) <= MAX_TITLE_CHARS else title[: MAX_TITLE_CHARS - 1] + "…"
    first_line = text.split("\n", 1)[0]
    if len(first_line) <= 100:
        return first_line
    return first_line[:100].rsplit(" ", 1)[0].rstrip(",;:- ") + "…"


def _unwrapped(block: str) -> str:
    lines = block.split("\n")
    lengths = [len(line) for line in lines[:-1]]
    is_even = len(lengths) > 1 and min(lengths) >= 45 and max(lengths) <= 100 and max(lengths) - min(lengths) <= 25
    # Of two lines the first may be a title, unless the second goes on in the middle of a sentence.
    goes_on = len(lengths) == 1 and 45 <= lengths[0] <= 100 and lines[1][0].islower()
    return (" " if is_even or goes_on else "\n").join(lines)


_ID = re.compile(rf"[A-Za-z0-9][A-Za-z0-9._~:-]{{0,{MAX_ID_CHARS - 1}}}")
_TRACKING = frozenset({
    "__twitter_impression", "_ga", "_gl", "_hsenc", "_hsmi", "at_campaign", "at_medium", "cmpid", "dclid", "fbclid",
    "gbraid", "gclid", "gclsrc", "igsh", "igshid", "li_fat_id", "mc_cid", "mc_eid", "mkt_tok", "msclkid", "ns_campaign",
    "ns_mchannel", "ns_source", "ttclid", "twclid", "wbraid", "yclid",
})  # fmt: skip
_ESCAPED = re.compile(r"%[0-9A-Fa-f]{2}")
_SPACES = re.compile(r"[^\S\n]+")
_SURROGATES = re.compile(r"[\ud800-\udfff]")
# Line separators become line ends; control and invisible format characters go,
# except the joiners that Persian, Hindi and emoji spelling needs.
_CHARACTERS: dict[int, str | None] = {
    **{code: None for code in (*range(0x20), *range(0x7F, 0xA0), 0xAD, 0x200B, 0x2060, 0xFEFF)},
    **{code: chr(code) for code in (0x09, 0x0A, 0x0D)},
    **{code: "\n" for code in (0x0B, 0x0C, 0x85, 0x2028, 0x2029)},
    **{code: None for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))},
}
