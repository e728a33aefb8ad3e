"""Sitemaps (sitemaps.org): their bytes → the pages they list, or the sitemaps that an index of them lists."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from index.articles import normalise_line, normalise_time
from index.errors import InputError, SourceError

__all__ = ["SITEMAP_BYTES", "Listed", "Sitemap", "parse_sitemap"]

# What the protocol allows a sitemap, unpacked.
SITEMAP_BYTES = 50 * 2**20


@dataclass(frozen=True, slots=True)
class Listed:
    """An address in a sitemap; `changed_at` and, of a news sitemap, `published_at` as `normalise_time` gives them."""

    url: str
    changed_at: str | None
    published_at: str | None = None


@dataclass(frozen=True, slots=True)
class Sitemap:
    """What a sitemap lists: pages, or other sitemaps."""

    pages: tuple[Listed, ...] = ()
    sitemaps: tuple[Listed, ...] = ()


def parse_sitemap(content: bytes) -> Sitemap:
    """Return what an unpacked sitemap lists, newest first where it tells times; a text has one address a line.

    Raises SourceError where it is none. One that breaks off is taken as far as it goes.
    """
    if not content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        lines = content.decode("utf-8", "replace").split()
        if not lines or not all(line.startswith(("http://", "https://")) for line in lines):
            raise SourceError("It is no sitemap: a text may hold addresses only, one on each line.")
        return Sitemap(pages=tuple(Listed(line, None) for line in lines))
    from lxml.etree import XMLSyntaxError

    pages: list[Listed] = []
    sitemaps: list[Listed] = []
    try:
        for kind, listed in _listed(content):
            (pages if kind == "url" else sitemaps).append(listed)
    except XMLSyntaxError as error:
        if not pages and not sitemaps:
            raise SourceError(f"It is no sound XML, so no sitemap: {error.msg}.") from error
    return Sitemap(_newest_first(pages), _newest_first(sitemaps))


def _listed(content: bytes) -> Iterator[tuple[str, Listed]]:
    """Yield each url or sitemap element; entities are not expanded, and nothing is loaded from elsewhere."""
    from lxml.etree import iterparse

    parser = iterparse(
        io.BytesIO(content), events=("end",), resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )
    for _, element in parser:
        name = _name(element)
        if name not in ("url", "sitemap"):
            continue
        told: dict[str, str] = {}
        for inner in (*element, *element.iter()):  # its own parts first: an image in it has a loc, too
            told.setdefault(_name(inner), normalise_line(inner.text or ""))
        element.clear()
        if told.get("loc"):
            published_at = _time(told.get("publication_date"))
            yield (
                name,
                Listed(told["loc"], _time(told.get("lastmod")) or published_at, published_at),
            )


def _name(element: Any) -> str:
    # A comment's tag is a function.
    return str(element.tag).rpartition("}")[2].lower() if isinstance(element.tag, str) else ""


def _time(text: str | None) -> str | None:
    written = _YEAR_OR_MONTH.sub(lambda match: f"{match[1]}-{match[2] or '01'}-01", text or "")
    try:
        return normalise_time(written) if written else None
    except InputError:
        return None


def _newest_first(listed: list[Listed]) -> tuple[Listed, ...]:
    return tuple(sorted(listed, key=lambda one: one.changed_at or "", reverse=True))


_YEAR_OR_MONTH = re.compile(r"^(\d{4})(?:-(\d\d))?$")
