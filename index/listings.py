"""What an answer from the web is, by its first characters: a page, a feed or a sitemap."""

from __future__ import annotations

import re
from typing import Literal

from index.errors import FetchError
from index.requesting import GZIP_MARK

__all__ = ["Kind", "kind_of"]

Kind = Literal["page", "feed", "sitemap"]

_OPENING_BYTES = 4096


def kind_of(content: bytes, media_type: str) -> Kind:
    """Return what the content is; what the server calls it decides only where the content does not tell.

    Raises FetchError where it is none of them.
    """
    if content.startswith(GZIP_MARK):
        return "sitemap"  # nothing else is served as a gzip file
    opening = content[:_OPENING_BYTES].removeprefix(b"\xef\xbb\xbf")
    root = _ROOT.match(opening)
    if root and (kind := _ROOTS.get(root[1].lower())):
        return kind
    if media_type in ("text/html", "application/xhtml+xml"):
        return "page"
    if media_type == "text/plain" and opening.lstrip().startswith((b"http://", b"https://")):
        return "sitemap"
    raise FetchError("It is neither a page nor a feed nor a sitemap. Give the address of one of these.")


_ROOT = re.compile(
    rb"(?:\s|<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^>\[]*(?:\[.*?\]\s*)?>)*+<(?:[\w.-]+:)?([\w.-]+)", re.DOTALL | re.IGNORECASE
)
_ROOTS: dict[bytes, Kind] = {
    b"html": "page",
    b"rss": "feed",
    b"feed": "feed",
    b"rdf": "feed",
    b"urlset": "sitemap",
    b"sitemapindex": "sitemap",
}
